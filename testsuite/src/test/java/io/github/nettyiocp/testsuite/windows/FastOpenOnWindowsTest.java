/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.SimulationAccess;
import io.github.nettyiocp.channel.IocpChannelOption;
import io.github.nettyiocp.channel.IocpServerSocketChannel;
import io.github.nettyiocp.channel.IocpSocketChannel;
import io.github.nettyiocp.channel.SimulatedChannels;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.Win32Access;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.testsuite.faults.ForwardingWin32;
import io.github.nettyiocp.testsuite.faults.ForwardingWin32Access;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** Data that goes with the connect. Wine sends it, but has no {@code TCP_FASTOPEN}. */
@Timeout(240)
class FastOpenOnWindowsTest {

    private static final int ROUNDS = 3;

    private IocpEventLoopGroup group;

    @AfterEach
    void end() {
        WindowsTestSupport.shutDown(group);
    }

    /** The real calls, but that the option is accepted where there is none: Windows then sends after the handshake. */
    private static final class Pretending extends ForwardingWin32Access {

        @Override
        protected Win32 around(Win32 real) {
            return new ForwardingWin32(real) {
                @Override
                public int setsockopt(long socket, int level, int option, long value, int valueLength) {
                    return level == WinConst.IPPROTO_TCP && option == WinConst.TCP_FASTOPEN ? 0
                            : super.setsockopt(socket, level, option, value, valueLength);
                }
            };
        }
    }

    @ParameterizedTest
    @ValueSource(ints = { 1, 1000, 1 << 16, 1 << 20 })
    void dataThatGoesWithTheConnectArrivesOnce(int size) throws Exception {
        Win32Access calls = new Pretending();
        group = new IocpEventLoopGroup(1, SimulationAccess.config(calls));
        byte[] expected = new byte[2 * size];
        for (int i = 0; i < expected.length; i++) {
            expected[i] = (byte) (i * 31 + (i >> 8));
        }
        try (ServerSocket listener = new ServerSocket(0, 1, TcpFixture.LOOPBACK)) {
            IocpSocketChannel channel = SimulatedChannels.socket(calls, null);
            channel.config().setOption(ChannelOption.TCP_FASTOPEN_CONNECT, true);
            group.register(channel).sync();
            ChannelFuture first = channel.write(Unpooled.wrappedBuffer(expected, 0, size));
            channel.connect(listener.getLocalSocketAddress()).sync();
            try (Socket peer = listener.accept()) {
                peer.setSoTimeout(60_000);
                ChannelFuture second = channel.writeAndFlush(Unpooled.wrappedBuffer(expected, size, size));
                assertThat(peer.getInputStream().readNBytes(2 * size)).isEqualTo(expected);
                first.sync();
                second.sync();
                channel.close().sync();
                assertThat(peer.getInputStream().read()).isEqualTo(-1);
            }
        }
    }

    @Test
    void fastOpenBothWaysOnWindows() throws Exception {
        group = new IocpEventLoopGroup(1);
        assumeTrue(isSupported(ChannelOption.TCP_FASTOPEN_CONNECT), "this Windows has no TCP_FASTOPEN; Wine hasn't");
        BlockingQueue<TcpRecorder> accepted = new LinkedBlockingQueue<>();
        Channel server = new ServerBootstrap().group(group).channel(IocpServerSocketChannel.class)
                .option(ChannelOption.TCP_FASTOPEN, 5).childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        TcpRecorder recorder = new TcpRecorder();
                        channel.pipeline().addLast(recorder);
                        accepted.add(recorder);
                    }
                }).bind(TcpFixture.LOOPBACK, 0).sync().channel();
        // From the second connection on there is a cookie.
        for (int i = 0; i < ROUNDS; i++) {
            Channel client = new Bootstrap().group(group).channel(IocpSocketChannel.class)
                    .option(ChannelOption.TCP_FASTOPEN_CONNECT, true).handler(new ChannelInboundHandlerAdapter())
                    .register().sync().channel();
            ByteBuf hello = Unpooled.copiedBuffer("hello", StandardCharsets.US_ASCII);
            ChannelFuture first = client.write(hello);
            client.connect(server.localAddress()).sync();
            first.sync();
            client.writeAndFlush(Unpooled.copiedBuffer("again", StandardCharsets.US_ASCII)).sync();
            client.close().sync();
            TcpRecorder recorder = accepted.poll(60, TimeUnit.SECONDS);
            assertThat(recorder).as("the accepted channel").isNotNull();
            recorder.awaitInactive();
            assertThat(recorder.exceptions).isEmpty();
            assertThat(new String(recorder.received(), StandardCharsets.US_ASCII)).isEqualTo("helloagain");
        }
        assertThat(accepted).as("further connections").isEmpty();
        server.close().sync();
    }

    @Test
    void retransmissionIsLimitedOnWindows() throws Exception {
        group = new IocpEventLoopGroup(1);
        assumeTrue(isSupported(IocpChannelOption.TCP_MAXRT), "this Windows has no TCP_MAXRT; Wine hasn't");
        try (ServerSocket listener = new ServerSocket(0, 1, TcpFixture.LOOPBACK)) {
            Channel client = new Bootstrap().group(group).channel(IocpSocketChannel.class)
                    .option(IocpChannelOption.TCP_MAXRT, 7).handler(new ChannelInboundHandlerAdapter())
                    .connect(listener.getLocalSocketAddress()).sync().channel();
            assertThat(client.config().getOption(IocpChannelOption.TCP_MAXRT)).isEqualTo(7);
            client.close().sync();
        }
    }

    @SuppressWarnings("unchecked")
    private static boolean isSupported(ChannelOption<?> option) {
        IocpSocketChannel channel = new IocpSocketChannel();
        try {
            Object value = option == (Object) IocpChannelOption.TCP_MAXRT ? (Object) 7 : (Object) true;
            return channel.config().setOption((ChannelOption<Object>) option, value);
        } catch (ChannelException e) {
            assertThat(e).hasCauseInstanceOf(UnsupportedOperationException.class).hasMessageContaining(option.name());
            return false;
        } finally {
            channel.unsafe().closeForcibly();
        }
    }
}
