/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpIoHandlerConfig;
import io.github.nettyiocp.channel.IocpSocketChannel;
import io.github.nettyiocp.testsuite.windows.TcpFixture.Mode;
import io.github.nettyiocp.testsuite.windows.TcpFixture.Pair;
import io.github.nettyiocp.testsuite.windows.TcpFixture.Server;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.Promise;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

import static io.github.nettyiocp.testsuite.windows.WindowsTestSupport.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

@Timeout(240)
class TcpCloseOnWindowsTest {

    @ParameterizedTest
    @EnumSource
    void whatWasWrittenBeforeTheCloseArrives(Mode mode) throws Exception {
        try (TcpFixture fixture = new TcpFixture(mode, 1)) {
            for (int i = 0; i < 20; i++) {
                Pair pair = fixture.pair();
                pair.channel().write(fixture.allocator.directBuffer().writeZero(10_000));
                ChannelFuture write = pair.channel().writeAndFlush(fixture.allocator.directBuffer().writeByte(9));
                pair.channel().close().sync();
                assertThat(write.isSuccess()).isTrue();
                byte[] received = pair.peer().getInputStream().readAllBytes();
                assertThat(received).hasSize(10_001);
            }
        }
    }

    @Test
    void aWriteInFlightHasItsTimeToEndAfterTheClose() throws Exception {
        try (TcpFixture fixture = new TcpFixture(Mode.DEFAULT, 1,
                new IocpIoHandlerConfig().closeTimeoutMillis(20_000))) {
            Pair pair = fixture.pair();
            ByteBuf data = fixture.allocator.directBuffer().writeZero(4 << 20);
            pair.channel().writeAndFlush(data);
            await("it is in flight", () -> fixture.group.metrics().outstanding() == 2);
            ChannelFuture closed = pair.channel().close();
            Thread.sleep(100);
            assertThat(closed.isDone()).isFalse();
            assertThat(data.refCnt()).isPositive();
            // One call takes at most a mebibyte, and the kernel had that when the close came.
            assertThat(pair.peer().getInputStream().readAllBytes().length).isGreaterThanOrEqualTo(1 << 20);
            assertThat(closed.await(60, TimeUnit.SECONDS)).isTrue();
            await("it is released", () -> data.refCnt() == 0);
        }
    }

    @Test
    void aWriteThatThePeerDoesNotReadKeepsTheCloseWaitingNoLongerThanItsTimeout() throws Exception {
        try (TcpFixture fixture = new TcpFixture(Mode.DEFAULT, 1, new IocpIoHandlerConfig().closeTimeoutMillis(300))) {
            Pair pair = fixture.pair();
            ByteBuf data = fixture.allocator.directBuffer().writeZero(16 << 20);
            ChannelFuture write = pair.channel().writeAndFlush(data);
            await("it is in flight", () -> fixture.group.metrics().outstanding() == 2);
            long start = System.nanoTime();
            assertThat(pair.channel().close().await(60, TimeUnit.SECONDS)).isTrue();
            long millis = (System.nanoTime() - start) / 1_000_000;
            assertThat(millis).isBetween(250L, 5_000L);
            assertThat(write.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(write.cause()).isInstanceOf(ClosedChannelException.class);
            pair.recorder().awaitInactive();
            await("it is released", () -> data.refCnt() == 0);
        }
    }

    @Test
    void aTimeoutOfZeroCancelsTheWriteAtOnce() throws Exception {
        try (TcpFixture fixture = new TcpFixture(Mode.DEFAULT, 1, new IocpIoHandlerConfig().closeTimeoutMillis(0))) {
            Pair pair = fixture.pair();
            pair.channel().writeAndFlush(fixture.allocator.directBuffer().writeZero(16 << 20));
            await("it is in flight", () -> fixture.group.metrics().outstanding() == 2);
            assertThat(pair.channel().close().await(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void closingAgainWhileTheCloseWaitsGivesTheSameEnd() throws Exception {
        try (TcpFixture fixture = new TcpFixture(Mode.DEFAULT, 1, new IocpIoHandlerConfig().closeTimeoutMillis(200))) {
            Pair pair = fixture.pair();
            pair.channel().writeAndFlush(fixture.allocator.directBuffer().writeZero(16 << 20));
            await("it is in flight", () -> fixture.group.metrics().outstanding() == 2);
            List<ChannelFuture> ends = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                ends.add(pair.channel().close());
                ends.add(pair.channel().disconnect());
                ends.add(pair.channel().deregister());
            }
            for (ChannelFuture end : ends) {
                assertThat(end.await(60, TimeUnit.SECONDS)).isTrue();
            }
            await("inactive is told", () -> pair.recorder().log.contains("inactive"));
            assertThat(pair.recorder().log).containsOnlyOnce("inactive");
            ChannelFuture late = pair.channel().close();
            assertThat(late.await(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aLingerOfZeroResets() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            Pair pair = fixture.pair(Map.of(ChannelOption.SO_LINGER, 0));
            pair.channel().close().sync();
            assertThatThrownBy(() -> {
                if (pair.peer().getInputStream().read() == -1) {
                    throw new AssertionError("an orderly end");
                }
            }).isInstanceOf(IOException.class);
        }
    }

    @Test
    void aSocketThatLingersIsClosedOffTheLoop() throws Exception {
        List<Thread> threads = new CopyOnWriteArrayList<>();
        Promise<Void> loopGoesOn = GlobalEventExecutor.INSTANCE.newPromise();
        IocpIoHandlerConfig config = new IocpIoHandlerConfig().closeTimeoutMillis(200).blockingExecutor(task -> {
            Thread thread = new Thread(() -> {
                loopGoesOn.awaitUninterruptibly();
                task.run();
            }, "the-closing-thread");
            threads.add(thread);
            thread.start();
        });
        try (TcpFixture fixture = new TcpFixture(Mode.DEFAULT, 1, config)) {
            Pair pair = fixture.pair(Map.of(ChannelOption.SO_LINGER, 2));
            pair.channel().writeAndFlush(fixture.allocator.directBuffer().writeZero(100_000));
            ChannelFuture closed = pair.channel().close();
            fixture.group.submit(() -> { }).sync();
            loopGoesOn.setSuccess(null);
            assertThat(closed.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(closed.isSuccess()).isTrue();
            assertThat(threads).hasSize(1);
            assertThat(pair.peer().getInputStream().readAllBytes()).hasSize(100_000);
            pair.recorder().awaitInactive();
        }
    }

    @Test
    void closingInChannelActiveInAReadInReadCompleteAndInInactiveWorks() throws Exception {
        for (String where : List.of("active", "read", "readComplete", "inactive")) {
            try (TcpFixture fixture = new TcpFixture()) {
                Server server = fixture.server(fixture.group, Map.of(), Map.of(), new ChannelInboundHandlerAdapter() {
                    @Override
                    public boolean isSharable() {
                        return true;
                    }

                    private void closeAt(String place, ChannelHandlerContext context) {
                        if (place.equals(where)) {
                            context.close();
                        }
                    }

                    @Override
                    public void channelActive(ChannelHandlerContext context) {
                        closeAt("active", context);
                        context.fireChannelActive();
                    }

                    @Override
                    public void channelRead(ChannelHandlerContext context, Object message) {
                        closeAt("read", context);
                        context.fireChannelRead(message);
                    }

                    @Override
                    public void channelReadComplete(ChannelHandlerContext context) {
                        closeAt("readComplete", context);
                        context.fireChannelReadComplete();
                    }

                    @Override
                    public void channelInactive(ChannelHandlerContext context) {
                        closeAt("inactive", context);
                        context.fireChannelInactive();
                    }
                });
                Socket socket = fixture.socket(server.address());
                if (!where.equals("active")) {
                    socket.getOutputStream().write(1);
                }
                if (where.equals("inactive")) {
                    socket.close();
                }
                TcpRecorder recorder = server.next();
                recorder.awaitInactive();
                assertThat(recorder.log).as(where).containsOnlyOnce("inactive");
                assertThat(recorder.exceptions).as(where).isEmpty();
            }
        }
    }

    @Test
    void addressesAreRememberedAfterTheClose() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            Server server = fixture.server();
            Channel client = fixture.client().connect(server.address()).sync().channel();
            Channel accepted = server.next().channel;
            InetSocketAddress local = (InetSocketAddress) client.localAddress();
            assertThat(client.remoteAddress()).isEqualTo(server.address());
            assertThat(accepted.remoteAddress()).isEqualTo(local);
            assertThat(accepted.localAddress()).isEqualTo(server.address());
            client.close().sync();
            assertThat(accepted.closeFuture().await(60, TimeUnit.SECONDS)).isTrue();
            InetSocketAddress listening = server.address();
            server.channel().close().sync();
            assertThat(client.localAddress()).isEqualTo(local);
            assertThat(client.remoteAddress()).isEqualTo(listening);
            assertThat(accepted.localAddress()).isEqualTo(listening);
            assertThat(accepted.remoteAddress()).isEqualTo(local);
            assertThat(server.channel().localAddress()).isEqualTo(listening);
            assertThat(((IocpSocketChannel) client).socket()).isEqualTo(-1);
        }
    }

    @Test
    void aChannelCanBeClosedForciblyAtEveryMoment() throws Exception {
        int handles;
        try (TcpFixture fixture = new TcpFixture()) {
            // Never registered.
            new IocpSocketChannel().unsafe().closeForcibly();
            handles = WindowsTestSupport.handles();
            for (int round = 0; round < 3; round++) {
                // Registered.
                IocpSocketChannel registered = new IocpSocketChannel();
                fixture.group.register(registered).sync();
                forcibly(registered);
                // Connecting.
                ChannelFuture connecting = fixture.client().connect("198.51.100.254", 9);
                forcibly(connecting.channel());
                assertThat(connecting.await(60, TimeUnit.SECONDS)).isTrue();
                assertThat(connecting.isSuccess()).isFalse();
                // Reading, keeping, writing, half closed, closing, deregistered.
                Pair reading = fixture.pair();
                forcibly(reading.channel());
                Pair keeping = fixture.pair(Map.of(ChannelOption.AUTO_READ, false));
                keeping.send((byte) 1);
                Thread.sleep(5);
                forcibly(keeping.channel());
                Pair writing = fixture.pair();
                writing.channel().writeAndFlush(fixture.allocator.directBuffer().writeZero(16 << 20));
                forcibly(writing.channel());
                Pair half = fixture.pair(Map.of(ChannelOption.ALLOW_HALF_CLOSURE, true));
                half.channel().shutdownOutput().sync();
                forcibly(half.channel());
                Pair closing = fixture.pair();
                closing.channel().writeAndFlush(fixture.allocator.directBuffer().writeZero(16 << 20));
                closing.channel().close();
                forcibly(closing.channel());
                Pair deregistered = fixture.pair();
                deregistered.channel().deregister().sync();
                deregistered.channel().unsafe().closeForcibly();
                assertThat(deregistered.channel().isOpen()).isFalse();
                // A server.
                Server server = fixture.server();
                forcibly(server.channel());
            }
            await("the kernel gave all back", () -> fixture.group.metrics().outstanding() == 0);
        }
        WindowsTestSupport.assertNoMoreHandlesThan(handles, 4);
    }

    private static void forcibly(Channel channel) throws Exception {
        channel.eventLoop().submit(() -> channel.unsafe().closeForcibly()).sync();
        // As with all transports: the close future is not done by it.
        assertThat(channel.isOpen()).isFalse();
        assertThat(channel.close().await(60, TimeUnit.SECONDS)).as("closed: " + channel).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void nothingIsLeftOverAfterManyConnectionsThatEndInAllWays(Mode mode) throws Exception {
        int before = 0;
        for (int round = 0; round < 2; round++) {
            try (TcpFixture fixture = new TcpFixture(mode, 2)) {
                Server server = fixture.server(fixture.group, Map.of(), Map.of(), new LoopOnWindowsTest.Echo());
                for (int i = 0; i < 60; i++) {
                    Channel client = fixture.client().connect(server.address()).sync().channel();
                    client.writeAndFlush(fixture.allocator.directBuffer().writeZero(
                            ThreadLocalRandom.current().nextInt(100_000)));
                    switch (i % 5) {
                        case 0 -> client.close().sync();
                        case 1 -> {
                            client.config().setOption(ChannelOption.SO_LINGER, 0);
                            client.close().sync();
                        }
                        case 2 -> client.eventLoop().submit(() -> client.unsafe().closeForcibly()).sync();
                        case 3 -> server.next().channel.close().await(60, TimeUnit.SECONDS);
                        default -> fixture.add(client);
                    }
                    if (i % 5 == 3) {
                        client.close().sync();
                    }
                }
            }
            if (round == 0) {
                before = WindowsTestSupport.handles();
            }
        }
        WindowsTestSupport.assertNoMoreHandlesThan(before, 2);
    }
}
