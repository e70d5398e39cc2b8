/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.netty.channel.ChannelFuture;
import io.netty.util.concurrent.Future;

import java.util.ArrayList;
import java.util.List;

/**
 * The futures that a random program was given: each must have an outcome at the end, and keeps the one that it had
 * first. Who completes one a second time is told by the log ({@link LogOracle}) or by an exception.
 */
final class Promises {

    private final SimulatedKernel kernel;
    private final List<Promise> given = new ArrayList<>();

    private record Promise(String what, Future<?> future) {
    }

    Promises(SimulatedKernel kernel) {
        this.kernel = kernel;
    }

    /** Remembers what was given by a call of this kind. */
    synchronized <F extends Future<?>> F add(String what, F future) {
        given.add(new Promise(what, future));
        return future;
    }

    /**
     * When all loops have ended.
     *
     * @param outlived whether a blocking call went on then: who asks for a close that such a call does already hears of
     *                 it by a task of the loop that is no more, on NIO too
     */
    synchronized void checkAtEnd(boolean outlived) {
        for (Promise promise : given) {
            boolean lost = outlived && promise.future instanceof ChannelFuture told
                    && told.channel().closeFuture().isDone();
            if (!promise.future.isDone() && !lost) {
                kernel.failed(new SimulationError("a future of " + promise.what + " has no outcome"));
            }
        }
    }
}
