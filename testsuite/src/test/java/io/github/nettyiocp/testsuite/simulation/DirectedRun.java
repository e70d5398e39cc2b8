/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import ch.qos.logback.classic.spi.ILoggingEvent;
import io.github.nettyiocp.IocpIoHandle;
import io.github.nettyiocp.IocpMetrics;
import io.github.nettyiocp.IocpRegistration;
import io.github.nettyiocp.channel.IocpChannelOption;
import io.github.nettyiocp.channel.IocpServerSocketChannel;
import io.github.nettyiocp.channel.IocpSocketChannel;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.util.concurrent.Future;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** What directed tests start from: a simulated Windows, a loop, and a channel that talks to a scripted peer. */
final class DirectedRun implements AutoCloseable {

    static final int PORT = 700;

    final SimulatedKernel kernel;
    final SimulatedRuntime runtime;
    final EventRecorder events = new EventRecorder();
    IocpSocketChannel channel;
    SimulatedPeer peer;
    private Predicate<ILoggingEvent> expectedLog = event -> false;

    DirectedRun(Faults faults) {
        this(faults, 1, false);
    }

    DirectedRun(Faults faults, int loops, boolean threads) {
        this(faults, loops, threads, 42);
    }

    /** One where nothing goes wrong until a test says so; how it does is by the seed. */
    DirectedRun(long seed) {
        this(Faults.none(seed), 1, false, seed);
    }

    private DirectedRun(Faults faults, int loops, boolean threads, long seed) {
        kernel = new SimulatedKernel(seed, faults);
        LogOracle.listen(kernel, event -> expectedLog.test(event));
        runtime = new SimulatedRuntime(kernel, loops, threads, config -> { });
    }

    DirectedRun expectLog(String start) {
        expectedLog = event -> event.getFormattedMessage().startsWith(start);
        return this;
    }

    EventLoop loop() {
        return runtime.loop();
    }

    /** Connects a channel to a peer. */
    DirectedRun connected(Consumer<IocpSocketChannel> configure, Consumer<SimulatedPeer> script) {
        InetSocketAddress address = SimulatedPeer.listen(kernel, PORT, 5, connected -> {
            peer = connected;
            script.accept(connected);
        });
        channel = runtime.socket(SocketProtocolFamily.INET);
        configure.accept(channel);
        channel.pipeline().addLast(events);
        sync(loop().register(channel));
        sync(channel.connect(address));
        until("a peer", () -> peer != null && channel.isActive());
        return this;
    }

    DirectedRun connected() {
        return connected(channel -> { }, peer -> { });
    }

    /** A channel that is bound and listens. */
    IocpServerSocketChannel server(EventRecorder recorder, int accepts) {
        IocpServerSocketChannel server = runtime.server(SocketProtocolFamily.INET);
        server.config().setOption(IocpChannelOption.POSTED_ACCEPTS, accepts);
        server.pipeline().addLast(recorder);
        sync(loop().register(server));
        sync(server.bind(new InetSocketAddress(SimulatedNetwork.HOST, 0)));
        return server;
    }

    /** What the loop has counted. */
    IocpMetrics metrics() {
        IoRegistration asked = success(((IoEventLoop) loop()).register(new IocpIoHandle() {
            @Override
            public void handle(IoRegistration registration, IoEvent event) {
                throw new IllegalStateException("has no operations");
            }

            @Override
            public void close() {
                // There is nothing to close.
            }
        }));
        IocpMetrics metrics = asked.<IocpRegistration>attachment().metrics();
        asked.cancel();
        return metrics;
    }

    ByteBuf buffer(String text) {
        return runtime.allocator().directBuffer(Math.max(1, text.length()))
                .writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    }

    ByteBuf buffer(int length) {
        return runtime.allocator().directBuffer(length).writeZero(length);
    }

    void until(String what, BooleanSupplier condition) {
        runtime.require(what, condition);
    }

    /** Waits for the outcome. */
    ChannelFuture await(ChannelFuture future) {
        until("an outcome", future::isDone);
        return future;
    }

    ChannelFuture sync(ChannelFuture future) {
        await(future);
        if (!future.isSuccess()) {
            throw new AssertionError(future.cause());
        }
        return future;
    }

    /** Waits for the outcome, which must be a success. */
    <V> V success(Future<V> future) {
        until("an outcome", future::isDone);
        if (!future.isSuccess()) {
            throw new AssertionError(future.cause());
        }
        return future.getNow();
    }

    void millis(long millis) {
        runtime.sleep(millis, TimeUnit.MILLISECONDS);
    }

    long now() {
        return kernel.schedule().now();
    }

    long millisSince(long start) {
        return TimeUnit.NANOSECONDS.toMillis(now() - start);
    }

    /** Checks that nothing is left. */
    @Override
    public void close() {
        try {
            runtime.close();
        } finally {
            LogOracle.listenNoMore();
        }
    }
}
