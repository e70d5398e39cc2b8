/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.netty.util.concurrent.Ticker;

import java.util.concurrent.TimeUnit;

/** The virtual time for Netty's executors. */
public final class SimulatedTicker implements Ticker {

    private final SimulatedKernel kernel;

    public SimulatedTicker(SimulatedKernel kernel) {
        this.kernel = kernel;
    }

    @Override
    public long initialNanoTime() {
        return Schedule.START;
    }

    @Override
    public long nanoTime() {
        // Nobody reads a clock twice in the same nanosecond; an event loop that shuts down sleeps really if it does.
        return kernel.readClock();
    }

    @Override
    public void sleep(long delay, TimeUnit unit) {
        kernel.sleep(unit.toNanos(delay));
    }
}
