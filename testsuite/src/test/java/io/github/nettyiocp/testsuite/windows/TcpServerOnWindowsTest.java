/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.channel.IocpChannelOption;
import io.github.nettyiocp.channel.IocpSocketChannel;
import io.github.nettyiocp.testsuite.windows.TcpFixture.Mode;
import io.github.nettyiocp.testsuite.windows.TcpFixture.Server;
import io.netty.channel.ChannelOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.Socket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import static io.github.nettyiocp.testsuite.windows.WindowsTestSupport.await;
import static org.assertj.core.api.Assertions.assertThat;

@Timeout(240)
class TcpServerOnWindowsTest {

    @ParameterizedTest
    @ValueSource(ints = { 1, 16 })
    void aStormOfConnectionsIsSpreadOverTheLoops(int postedAccepts) throws Exception {
        try (TcpFixture fixture = new TcpFixture(Mode.DEFAULT, 4)) {
            Server server = fixture.server(fixture.group, Map.of(IocpChannelOption.POSTED_ACCEPTS, postedAccepts),
                    Map.of(), new LoopOnWindowsTest.Echo());
            int connections = 200;
            List<Thread> threads = new ArrayList<>();
            List<Throwable> failures = new java.util.concurrent.CopyOnWriteArrayList<>();
            for (int t = 0; t < 4; t++) {
                Thread thread = new Thread(() -> {
                    try {
                        for (int i = 0; i < connections / 4; i++) {
                            try (Socket socket = new Socket(server.address().getAddress(),
                                    server.address().getPort())) {
                                socket.setSoTimeout(60_000);
                                socket.getOutputStream().write(i);
                                assertThat(socket.getInputStream().read()).isEqualTo(i);
                            }
                        }
                    } catch (Throwable cause) {
                        failures.add(cause);
                    }
                });
                thread.start();
                threads.add(thread);
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(failures).isEmpty();
            Map<Object, Integer> loops = new HashMap<>();
            for (int i = 0; i < connections; i++) {
                TcpRecorder recorder = server.next();
                recorder.awaitInactive();
                loops.merge(recorder.channel.eventLoop(), 1, Integer::sum);
            }
            assertThat(loops).hasSize(4);
            assertThat(loops.values()).allMatch(count -> count == connections / 4);
        }
    }

    @Test
    void withAutoReadOffConnectionsAreHandedOutByReadOnly() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            Server server = fixture.server(fixture.group, Map.of(ChannelOption.AUTO_READ, false,
                    IocpChannelOption.POSTED_ACCEPTS, 2), Map.of());
            for (int i = 0; i < 6; i++) {
                fixture.socket(server.address());
            }
            Thread.sleep(100);
            assertThat(server.accepted()).isEmpty();
            server.channel().read();
            server.next();
            server.channel().config().setAutoRead(true);
            for (int i = 1; i < 6; i++) {
                server.next();
            }
            server.channel().config().setAutoRead(false);
            Thread.sleep(20);
            fixture.socket(server.address());
            Thread.sleep(50);
            assertThat(server.accepted().size()).isLessThanOrEqualTo(1);
            server.channel().config().setAutoRead(true);
            server.next();
        }
    }

    @Test
    void connectionsThatWereNotHandedOutAreClosedWithTheServer() throws Exception {
        int handles;
        try (TcpFixture fixture = new TcpFixture()) {
            Server server = fixture.server(fixture.group, Map.of(ChannelOption.AUTO_READ, false), Map.of());
            handles = WindowsTestSupport.handles();
            List<Socket> sockets = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                sockets.add(fixture.socket(server.address()));
            }
            Thread.sleep(100);
            server.channel().close().sync();
            for (Socket socket : sockets) {
                try {
                    assertThat(socket.getInputStream().read()).isEqualTo(-1);
                } catch (java.io.IOException reset) {
                    // Good as well.
                    continue;
                }
            }
        }
        WindowsTestSupport.assertNoMoreHandlesThan(handles, 0);
    }

    @Test
    void aClientThatResetBeforeItWasAcceptedConcernsNobodyElse() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            Server server = fixture.server(fixture.group, Map.of(ChannelOption.AUTO_READ, false,
                    IocpChannelOption.POSTED_ACCEPTS, 1), Map.of());
            TcpRecorder serverRecorder = new TcpRecorder();
            server.channel().pipeline().addLast(serverRecorder);
            for (int i = 0; i < 5; i++) {
                Socket socket = new Socket(server.address().getAddress(), server.address().getPort());
                socket.setSoLinger(true, 0);
                socket.close();
            }
            Socket good = fixture.socket(server.address());
            server.channel().config().setAutoRead(true);
            TcpRecorder recorder = server.next();
            while (!recorder.channel.remoteAddress().equals(good.getLocalSocketAddress())) {
                recorder.awaitInactive();
                recorder = server.next();
            }
            good.getOutputStream().write(1);
            assertThat(recorder.awaitBytes(1)).containsExactly(1);
            assertThat(serverRecorder.exceptions).isEmpty();
        }
    }

    @Test
    void childrenCanBeOnAnotherGroup() throws Exception {
        IocpEventLoopGroup children = new IocpEventLoopGroup(2);
        try (TcpFixture fixture = new TcpFixture()) {
            Server server = fixture.server(children, Map.of(), Map.of(), new LoopOnWindowsTest.Echo());
            for (int i = 0; i < 4; i++) {
                Socket socket = fixture.socket(server.address());
                socket.getOutputStream().write(i);
                assertThat(socket.getInputStream().read()).isEqualTo(i);
                TcpRecorder recorder = server.next();
                assertThat(recorder.channel.eventLoop().parent()).isSameAs(children);
                assertThat(recorder.channel).isInstanceOf(IocpSocketChannel.class);
                assertThat(recorder.channel.parent()).isSameAs(server.channel());
                recorder.channel.close().sync();
            }
        }
        WindowsTestSupport.shutDown(children);
    }

    @Test
    void optionsOfTheChildrenAreSetOnThem() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            Server server = fixture.server(fixture.group, Map.of(), Map.of(ChannelOption.SO_KEEPALIVE, true,
                    ChannelOption.TCP_NODELAY, false, ChannelOption.AUTO_READ, false));
            fixture.socket(server.address());
            IocpSocketChannel child = (IocpSocketChannel) server.next().channel;
            await("it is registered", child::isRegistered);
            assertThat(child.config().isKeepAlive()).isTrue();
            assertThat(child.config().isTcpNoDelay()).isFalse();
            assertThat(child.config().isAutoRead()).isFalse();
        }
    }

    @Test
    void aServerCannotWriteOrConnect() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            Server server = fixture.server();
            assertThat(server.channel().connect(server.address()).await().cause())
                    .isInstanceOf(UnsupportedOperationException.class);
            assertThat(server.channel().writeAndFlush(fixture.allocator.directBuffer()).await().cause())
                    .isInstanceOf(UnsupportedOperationException.class);
            assertThat(server.channel().remoteAddress()).isNull();
            fixture.socket(server.address());
            server.next();
        }
    }

    @Test
    void aPortCanBeListenedOnAgainAtOnceAfterTheServerWasClosed() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            Server server = fixture.server();
            Socket socket = fixture.socket(server.address());
            server.next().channel.close().sync();
            server.channel().close().sync();
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
            fixture.add(new io.netty.bootstrap.ServerBootstrap().group(fixture.group)
                    .channel(io.github.nettyiocp.channel.IocpServerSocketChannel.class)
                    .option(ChannelOption.SO_REUSEADDR, true).childHandler(new TcpRecorder()).bind(server.address())
                    .sync().channel());
        }
    }
}
