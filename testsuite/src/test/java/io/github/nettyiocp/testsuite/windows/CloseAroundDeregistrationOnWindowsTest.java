/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.channel.IocpServerSocketChannel;
import io.github.nettyiocp.channel.IocpSocketChannel;
import io.github.nettyiocp.pipe.NamedPipeAddress;
import io.github.nettyiocp.pipe.NamedPipeChannel;
import io.github.nettyiocp.pipe.NamedPipeServerChannel;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What handlers are told when a channel is closed around its deregistration. Netty tells {@code channelInactive} to a
 * channel that is registered alone, and takes the handlers of a closed one away in {@code channelUnregistered}: closed
 * in between, a channel has no {@code channelInactive}, on NIO as here. A transport may tell more than NIO, since here
 * a deregistration waits for what is in flight, and a close that comes meanwhile goes first.
 */
@Timeout(120)
class CloseAroundDeregistrationOnWindowsTest {

    enum Kind {
        NIO(NioServerSocketChannel.class, NioSocketChannel.class),
        TCP(IocpServerSocketChannel.class, IocpSocketChannel.class),
        PIPE(NamedPipeServerChannel.class, NamedPipeChannel.class);

        final Class<? extends ServerChannel> server;
        final Class<? extends Channel> client;

        Kind(Class<? extends ServerChannel> server, Class<? extends Channel> client) {
            this.server = server;
            this.client = client;
        }

        EventLoopGroup newGroup() {
            return this == NIO ? new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory())
                    : new IocpEventLoopGroup(1);
        }

        SocketAddress newAddress() {
            return this == PIPE ? NamedPipeAddress.random()
                    : new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void closeThatFollowsTheCallIsToldOnlyWhereTheDeregistrationWaits(Kind kind) throws Exception {
        List<String> told = run(kind, (channel, recorder) -> {
            channel.deregister();
            channel.close();
        });
        assertThat(told).isEqualTo(kind == Kind.NIO ? List.of("unregistered", "removed")
                : List.of("inactive", "unregistered", "removed"));
    }

    @ParameterizedTest
    @EnumSource
    void closeInChannelUnregisteredIsNotTold(Kind kind) throws Exception {
        List<String> told = run(kind, (channel, recorder) -> {
            recorder.closeWhenUnregistered = true;
            channel.deregister();
        });
        assertThat(told).isEqualTo(List.of("unregistered", "removed"));
    }

    @ParameterizedTest
    @EnumSource
    void closeBetweenDeregistrationAndRegistrationIsNotTold(Kind kind) throws Exception {
        List<String> told = run(kind, (channel, recorder) ->
                channel.deregister().addListener(deregistered -> channel.close()));
        assertThat(told).isEqualTo(List.of("unregistered"));
    }

    @ParameterizedTest
    @EnumSource
    void closeAfterTheNextRegistrationIsTold(Kind kind) throws Exception {
        List<String> told = run(kind, (channel, recorder) -> {
            EventLoop loop = channel.eventLoop();
            channel.deregister().addListener(deregistered ->
                    loop.register(channel).addListener(registered -> channel.close()));
        });
        assertThat(told).isEqualTo(List.of("unregistered", "registered", "inactive", "unregistered", "removed"));
    }

    private interface Step {
        void run(Channel channel, Recorder recorder);
    }

    /** What the handler of a client is told from the step on, which is run on its loop. */
    private static List<String> run(Kind kind, Step step) throws Exception {
        EventLoopGroup group = kind.newGroup();
        try {
            Channel server = new ServerBootstrap().group(group).channel(kind.server)
                    .childHandler(new ChannelInboundHandlerAdapter()).bind(kind.newAddress()).sync().channel();
            Recorder recorder = new Recorder();
            Channel client = new Bootstrap().group(group).channel(kind.client).handler(recorder)
                    .connect(server.localAddress()).sync().channel();
            EventLoop loop = client.eventLoop();
            // In a task of its own: what the connect started has started then.
            loop.submit(() -> { }).sync();
            recorder.told.clear();
            loop.execute(() -> step.run(client, recorder));
            assertThat(client.closeFuture().await(100, TimeUnit.SECONDS)).isTrue();
            // What Netty does later is done by tasks of the loop, each of which may add one.
            for (int i = 0; i < 10; i++) {
                loop.submit(() -> { }).sync();
            }
            return recorder.told;
        } finally {
            group.shutdownGracefully(0, 60, TimeUnit.SECONDS).sync();
        }
    }

    private static final class Recorder extends ChannelInboundHandlerAdapter {

        final List<String> told = new CopyOnWriteArrayList<>();
        boolean closeWhenUnregistered;

        @Override
        public void channelRegistered(ChannelHandlerContext context) {
            told.add("registered");
            context.fireChannelRegistered();
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            told.add("inactive");
            context.fireChannelInactive();
        }

        @Override
        public void channelUnregistered(ChannelHandlerContext context) {
            told.add("unregistered");
            if (closeWhenUnregistered) {
                context.close();
            }
            context.fireChannelUnregistered();
        }

        @Override
        public void handlerRemoved(ChannelHandlerContext context) {
            told.add("removed");
        }
    }
}
