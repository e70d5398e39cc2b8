/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.netty.pipe;

import io.github.nettyiocp.pipe.NamedPipeAddress;
import io.github.nettyiocp.pipe.NamedPipeOption;
import io.github.nettyiocp.pipe.PipeType;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapFactory;
import io.netty.testsuite.transport.socket.SocketConnectionAttemptTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

import java.net.ConnectException;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

import static org.assertj.core.api.Assertions.assertThat;

/** As Netty's test, with a pipe that is busy for a host that doesn't answer, and one that isn't there. */
class NamedPipeConnectionAttemptTest extends SocketConnectionAttemptTest {

    @Override
    protected List<BootstrapFactory<Bootstrap>> newFactories() {
        return NamedPipeTestPermutation.INSTANCE.clients();
    }

    @Override
    protected SocketAddress newSocketAddress() {
        return NamedPipeAddress.random();
    }

    @Override
    public void testConnectTimeout(Bootstrap cb) throws Exception {
        try (BusyPipe pipe = new BusyPipe(cb)) {
            ChannelFuture connect = client(cb).option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 500)
                    .connect(pipe.server.localAddress()).await();
            assertThat(connect.cause()).isInstanceOf(ConnectTimeoutException.class)
                    .hasMessageContaining(pipe.server.localAddress().toString());
            connect.channel().closeFuture().sync();
        }
    }

    @Override
    public void testConnectRefused(Bootstrap cb) throws Exception {
        refused(cb, false);
    }

    @Override
    public void testConnectRefusedHalfClosure(Bootstrap cb) throws Exception {
        refused(cb, true);
    }

    private void refused(Bootstrap cb, boolean halfClosure) throws Exception {
        AtomicBoolean active = new AtomicBoolean();
        ChannelFuture connect = cb.option(ChannelOption.ALLOW_HALF_CLOSURE, halfClosure)
                .handler(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelActive(ChannelHandlerContext context) {
                        active.set(true);
                    }
                }).connect(newSocketAddress()).await();
        assertThat(connect.cause()).isInstanceOf(ConnectException.class);
        connect.channel().closeFuture().sync();
        assertThat(active).isFalse();
    }

    @Test
    @Timeout(30)
    @Override
    public void testConnectCancellation(TestInfo testInfo) throws Throwable {
        run(testInfo, this::testConnectCancellation);
    }

    @Override
    public void testConnectCancellation(Bootstrap cb) throws Exception {
        try (BusyPipe pipe = new BusyPipe(cb)) {
            ChannelFuture connect = client(cb).connect(pipe.server.localAddress());
            assertThat(connect.await(300)).isFalse();
            assertThat(connect.cancel(true)).isTrue();
            connect.channel().closeFuture().sync();
            assertThat(connect.isCancelled()).isTrue();
        }
    }

    private static Bootstrap client(Bootstrap cb) {
        return cb.clone().handler(new ChannelInboundHandlerAdapter());
    }

    /** A pipe whose only instance is taken. */
    private static final class BusyPipe implements AutoCloseable {

        private final Channel server;
        private final Channel client;

        BusyPipe(Bootstrap cb) throws Exception {
            server = NamedPipeTestPermutation.INSTANCE.servers(PipeType.BYTE).getFirst().newInstance()
                    .option(NamedPipeOption.MAX_INSTANCES, 1).childHandler(new ChannelInboundHandlerAdapter())
                    .bind().sync().channel();
            client = client(cb).connect(server.localAddress()).sync().channel();
        }

        @Override
        public void close() {
            client.close().syncUninterruptibly();
            server.close().syncUninterruptibly();
        }
    }
}
