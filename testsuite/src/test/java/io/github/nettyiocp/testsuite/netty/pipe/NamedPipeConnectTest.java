/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.netty.pipe;

import io.github.nettyiocp.pipe.NamedPipeAddress;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.testsuite.transport.socket.SocketConnectTest;

import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;

import static org.assertj.core.api.Assertions.assertThat;

/** Where Netty's test wants {@code SocketChannel}s or {@code InetSocketAddress}es, this is the same with pipes. */
class NamedPipeConnectTest extends SocketConnectTest {

    @Override
    protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
        return NamedPipeTestPermutation.INSTANCE.pipes();
    }

    @Override
    protected SocketAddress newSocketAddress() {
        return NamedPipeAddress.random();
    }

    @Override
    public void testLocalAddressAfterConnect(ServerBootstrap sb, Bootstrap cb) throws Exception {
        BlockingQueue<SocketAddress> accepted = new LinkedBlockingQueue<>();
        Channel server = sb.childHandler(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelActive(ChannelHandlerContext context) {
                accepted.add(context.channel().localAddress());
            }
        }).bind().sync().channel();
        Channel client = cb.handler(new ChannelInboundHandlerAdapter()).register().sync().channel();
        assertThat(client.localAddress()).isNull();
        assertThat(client.remoteAddress()).isNull();

        client.connect(server.localAddress()).sync();
        assertThat(client.localAddress()).isEqualTo(server.localAddress());
        assertThat(client.remoteAddress()).isEqualTo(server.localAddress());
        assertThat(accepted.take()).isEqualTo(server.localAddress());

        client.close().sync();
        server.close().sync();
    }

    /** A pipe knows nothing of fast open; what is written before the connect is sent after it. */
    @Override
    protected void testWriteWithFastOpenBeforeConnect(ServerBootstrap sb, Bootstrap cb,
            Function<Channel, ByteBuf> initialData, String expectedInitialData) throws Exception {
        enableTcpFastOpen(sb, cb);
        Channel server = sb.childHandler(new Echo()).bind().sync().channel();
        for (int i = 0; i < 2; i++) {
            BlockingQueue<String> echoed = new LinkedBlockingQueue<>();
            Channel client = cb.handler(new SimpleChannelInboundHandler<ByteBuf>() {
                @Override
                protected void channelRead0(ChannelHandlerContext context, ByteBuf message) {
                    echoed.add(message.toString(StandardCharsets.US_ASCII));
                }
            }).register().sync().channel();
            ChannelFuture early = client.write(initialData.apply(client));
            client.connect(server.localAddress()).sync();
            client.writeAndFlush(Unpooled.copiedBuffer("[normal data]", StandardCharsets.US_ASCII)).sync();
            early.sync();
            String expected = expectedInitialData + "[normal data]";
            StringBuilder all = new StringBuilder();
            while (all.length() < expected.length()) {
                all.append(echoed.take());
            }
            assertThat(all).hasToString(expected);
            client.disconnect().sync();
        }
        server.close().sync();
    }

    @ChannelHandler.Sharable
    private static final class Echo extends ChannelInboundHandlerAdapter {

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.writeAndFlush(message);
        }
    }
}
