/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.netty.pipe;

import io.github.nettyiocp.pipe.NamedPipeAddress;
import io.github.nettyiocp.pipe.PipeType;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapFactory;
import io.netty.testsuite.transport.socket.SocketChannelNotYetConnectedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

import java.net.SocketAddress;
import java.nio.channels.NotYetConnectedException;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

import static org.assertj.core.api.Assertions.assertThat;

/** Netty's test wants {@code SocketChannel}s and a server on NIO: this is the same with pipes. */
class NamedPipeChannelNotYetConnectedTest extends SocketChannelNotYetConnectedTest {

    @Override
    protected List<BootstrapFactory<Bootstrap>> newFactories() {
        return NamedPipeTestPermutation.INSTANCE.clients();
    }

    @Override
    protected SocketAddress newSocketAddress() {
        return NamedPipeAddress.random();
    }

    @Override
    public void testShutdownNotYetConnected(Bootstrap cb) throws Exception {
        DuplexChannel channel =
                (DuplexChannel) cb.handler(new ChannelInboundHandlerAdapter()).register().sync().channel();
        assertThat(channel.shutdownInput().await().cause()).isInstanceOf(NotYetConnectedException.class);
        assertThat(channel.shutdownOutput().await().cause()).isInstanceOf(NotYetConnectedException.class);
        assertThat(channel.isOpen()).isTrue();
        channel.close().sync();
    }

    @Test
    @Timeout(30)
    @Override
    public void readMustBePendingUntilChannelIsActive(TestInfo testInfo) throws Throwable {
        run(testInfo, NamedPipeChannelNotYetConnectedTest::readBeforeConnect);
    }

    private static void readBeforeConnect(Bootstrap cb) throws Exception {
        ServerBootstrap sb = NamedPipeTestPermutation.INSTANCE.servers(PipeType.BYTE).getFirst().newInstance();
        Channel server = sb.childHandler(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelActive(ChannelHandlerContext context) {
                context.writeAndFlush(Unpooled.copyInt(42));
            }
        }).bind().sync().channel();
        BlockingQueue<Integer> received = new LinkedBlockingQueue<>();
        Channel client = cb.handler(new ByteToMessageDecoder() {
            @Override
            public void handlerAdded(ChannelHandlerContext context) {
                assertThat(context.channel().isActive()).isFalse();
                context.read();
            }

            @Override
            protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
                if (in.readableBytes() >= Integer.BYTES) {
                    received.add(in.readInt());
                }
            }
        }).connect(server.localAddress()).sync().channel();
        assertThat(received.take()).isEqualTo(42);
        client.close().sync();
        server.close().sync();
    }
}
