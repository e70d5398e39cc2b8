/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.IocpIoHandlerConfig;
import io.github.nettyiocp.SimulationAccess;
import io.github.nettyiocp.channel.DirectoryWatchChannel;
import io.github.nettyiocp.channel.IocpDatagramChannel;
import io.github.nettyiocp.channel.IocpServerSocketChannel;
import io.github.nettyiocp.channel.IocpSocketChannel;
import io.github.nettyiocp.channel.SimulatedChannels;
import io.github.nettyiocp.pipe.NamedPipeChannel;
import io.github.nettyiocp.pipe.NamedPipeServerChannel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketProtocolFamily;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * The production code on a simulated Windows: loops in virtual time, channels, and an end that checks that nothing is
 * left. With one loop the test's own thread is the loop's, which is fast; with more, or if a test wants to call from
 * outside, each has a thread and the test's thread is one more.
 */
public final class SimulatedRuntime implements AutoCloseable {

    /** The operations of a loop. */
    static final int MAX_OPERATIONS = 1 << 14;

    private static final long END_SECONDS = 120;

    private final SimulatedKernel kernel;
    private final QuarantineAllocator allocator;
    private final List<DrivenLoop> loops = new ArrayList<>();
    private final SimulatedExecutor executor;
    private final boolean threads;

    /** One loop on the calling thread. */
    public SimulatedRuntime(SimulatedKernel kernel) {
        this(kernel, 1, false, config -> { });
    }

    public SimulatedRuntime(SimulatedKernel kernel, int loopCount, boolean threads,
                            Consumer<IocpIoHandlerConfig> configure) {
        this.kernel = kernel;
        this.threads = threads || loopCount > 1;
        allocator = new QuarantineAllocator(kernel);
        executor = new SimulatedExecutor(kernel, () -> loops.stream().anyMatch(EventLoop::isTerminated));
        for (int i = 0; i < loopCount; i++) {
            IocpIoHandlerConfig config = SimulationAccess.config(kernel.access()).maxOperations(MAX_OPERATIONS)
                    .blockingExecutor(executor);
            configure.accept(config);
            kernel.faults().suspend();
            DrivenLoop loop = new DrivenLoop(kernel, i, this.threads ? null : Thread.currentThread(), config);
            kernel.faults().resume();
            loops.add(loop);
            if (this.threads) {
                loop.setOwningThread(kernel.turns().spawn("loop " + i, loop::runUntilTerminated));
            }
        }
    }

    public SimulatedKernel kernel() {
        return kernel;
    }

    public QuarantineAllocator allocator() {
        return allocator;
    }

    public EventLoop loop() {
        return loops.get(0);
    }

    public EventLoop loop(int index) {
        return loops.get(index);
    }

    public int loopCount() {
        return loops.size();
    }

    // ---- channels

    public IocpSocketChannel socket(SocketProtocolFamily family) {
        IocpSocketChannel channel = SimulatedChannels.socket(kernel.access(), family);
        channel.config().setOption(ChannelOption.ALLOCATOR, allocator);
        return channel;
    }

    public IocpServerSocketChannel server(SocketProtocolFamily family) {
        IocpServerSocketChannel channel = SimulatedChannels.server(kernel.access(), family);
        channel.config().setOption(ChannelOption.ALLOCATOR, allocator);
        return channel;
    }

    public IocpDatagramChannel datagrams(SocketProtocolFamily family) {
        IocpDatagramChannel channel = SimulatedChannels.datagram(kernel.access(), family);
        channel.config().setOption(ChannelOption.ALLOCATOR, allocator);
        return channel;
    }

    public NamedPipeChannel pipe() {
        NamedPipeChannel channel = new NamedPipeChannel();
        channel.config().setAllocator(allocator);
        return channel;
    }

    public NamedPipeServerChannel pipeServer() {
        NamedPipeServerChannel channel = new NamedPipeServerChannel();
        channel.config().setAllocator(allocator);
        return channel;
    }

    public DirectoryWatchChannel watch() {
        DirectoryWatchChannel channel = new DirectoryWatchChannel();
        channel.config().setAllocator(allocator);
        return channel;
    }

    // ---- time

    /** Lets things happen until {@code condition}, or until the virtual time is over; returns the condition. */
    public boolean await(BooleanSupplier condition, long time, TimeUnit unit) {
        long deadline = kernel.schedule().now() + unit.toNanos(time);
        if (threads) {
            return kernel.turns().await(condition, time, unit);
        }
        while (!condition.getAsBoolean()) {
            if (kernel.schedule().now() >= deadline) {
                return false;
            }
            loops.get(0).pass(deadline);
        }
        return true;
    }

    /** As {@link #await}, but what doesn't come to be fails the run. */
    public void require(String what, BooleanSupplier condition) {
        if (!await(condition, 60, TimeUnit.SECONDS)) {
            kernel.failed(new SimulationError("in vain: " + what));
            kernel.check();
        }
    }

    /** Lets time pass. */
    public void sleep(long time, TimeUnit unit) {
        await(() -> false, time, unit);
    }

    // ---- the end

    /** Shuts the loops down and waits for their end. */
    public void shutdown(long quietMillis, long timeoutMillis) {
        for (DrivenLoop loop : loops) {
            loop.shutdownGracefully(quietMillis, timeoutMillis, TimeUnit.MILLISECONDS);
        }
        if (!await(() -> loops.stream().allMatch(EventLoop::isTerminated), END_SECONDS, TimeUnit.SECONDS)) {
            kernel.failed(new SimulationError("a loop does not end"));
        }
        awaitBlockingCalls();
    }

    private void awaitBlockingCalls() {
        kernel.turns().await(() -> kernel.turns().isAlone(), END_SECONDS, TimeUnit.SECONDS);
    }

    /**
     * Whether a blocking call went on when the loops had ended. What it leaves to them is lost: a {@code
     * ManualIoEventLoop} that has ended doesn't refuse other threads' tasks, as all other loops do.
     */
    boolean isOutlived() {
        return executor.isOutlived();
    }

    /** Shuts down if that was not done yet, and checks that nothing is left. */
    @Override
    public void close() {
        try {
            kernel.check();
            kernel.faults().suspend();
            if (!loops.stream().allMatch(EventLoop::isTerminated)) {
                shutdown(0, 5000);
            }
            // What a channel had that was closed after its loop may be closed there.
            awaitBlockingCalls();
            kernel.checkNothingLeft();
        } finally {
            // A thread that does not end may still use the memory: then it is kept.
            if (kernel.turns().finish()) {
                kernel.close();
            }
        }
    }
}
