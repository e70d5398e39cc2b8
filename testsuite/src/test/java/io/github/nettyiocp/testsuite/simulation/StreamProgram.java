/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A random program of connections that carry streams, of sockets or of pipes.
 *
 * @param <O> what knows a connection
 */
abstract class StreamProgram<O extends StreamOracle> extends RandomProgram {

    final List<O> connections = new ArrayList<>();
    private final Set<O> openAtShutdown = new HashSet<>();
    private final boolean sendsFiles = dice.chance(0.04);
    private final int maxBytes = sendsFiles ? 300_000 : dice.sizeBetween(10, 100_000);
    private boolean abortsExpected;

    StreamProgram(long seed, Appendable trace) {
        super(seed, trace);
    }

    /** The most that one end of a connection sends. */
    int maxBytes() {
        return maxBytes;
    }

    /** Whether whole files are sent, most of which don't fit into one chunk. */
    boolean sendsFiles() {
        return sendsFiles;
    }

    /** From now on connections may be closed with operations in flight. */
    void abortsAreExpected() {
        abortsExpected = true;
    }

    boolean wasOpenAtShutdown(O connection) {
        return openAtShutdown.contains(connection);
    }

    void runFor(long nanos, boolean untilOver) {
        runtime.await(() -> untilOver && connections.stream().allMatch(StreamOracle::isOver)
                && !connections.isEmpty() || !kernel.violations().isEmpty(), nanos, TimeUnit.NANOSECONDS);
    }

    void checkQuiet() {
        quiet = true;
        kernel.faults().suspend();
        kernel.log("nothing is done any more");
        // Longer than anything may take that is under way.
        runFor(2_500_000_000L, false);
        connections.forEach(StreamOracle::beginQuiet);
        runFor(1_500_000_000L, false);
        connections.forEach(StreamOracle::checkQuiet);
        if (isServerStalled()) {
            fail("stalled: the server accepts no more");
        }
        kernel.check();
        kernel.faults().resume();
    }

    /** Registers and binds a server as {@code ServerBootstrap} does; {@code false} if that fails. */
    final boolean bind(Channel server, ServerOracle oracle, Supplier<ChannelFuture> bind) {
        server.pipeline().addLast(oracle);
        EventLoop loop = runtime.loop();
        ChannelFuture[] bound = new ChannelFuture[1];
        promised("the server's registration", loop.register(server)).addListener(registered -> {
            if (registered.isSuccess()) {
                // Netty's own registration is not over yet.
                loop.execute(() -> bound[0] = promised("the server's bind", bind.get()));
            }
        });
        runtime.await(() -> !server.isOpen() || bound[0] != null && bound[0].isDone(), 10, TimeUnit.SECONDS);
        if (bound[0] != null && bound[0].isSuccess()) {
            return true;
        }
        if (kernel.faults().failures() == 0 && !oracle.isClosedByProgram()) {
            fail("the server is not bound", bound[0] == null ? null : bound[0].cause());
        }
        promised("the server's close", server.close());
        return false;
    }

    /** Fails if this can't be why something failed. */
    final void checkCause(String what, Throwable cause) {
        boolean legal = cause instanceof IOException || cause instanceof RejectedExecutionException
                || cause instanceof CancellationException
                || kernel.faults().failures() > 0 && !(cause instanceof NullPointerException)
                && !(cause instanceof AssertionError) && !(cause instanceof IllegalStateException);
        if (!legal && !(cause instanceof ClosedChannelException) && !shuttingDown) {
            kernel.failed(new SimulationError(what + " fails by " + cause, cause));
        }
    }

    /** Whether a server that should accept does not. */
    abstract boolean isServerStalled();

    /** Closes everything or nothing, before the loops are shut down. */
    void end() {
        // Else handlers go on doing what they do while the loops are shut down.
        quiet |= dice.chance(0.5);
        if (dice.chance(0.5)) {
            closeAll(List.copyOf(connections), StreamOracle::close, StreamOracle::isClosed);
        }
        kernel.log("the loops are shut down");
        connections.stream().filter(connection -> !connection.isClosed()).forEach(openAtShutdown::add);
        shuttingDown = true;
    }

    void checkNothingWasAborted() {
        if (!abortsExpected && kernel.closedInFlight() > 0) {
            fail("a connection was closed with an operation in flight");
        }
    }
}
