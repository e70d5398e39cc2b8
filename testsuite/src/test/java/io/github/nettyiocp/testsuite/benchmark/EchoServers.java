/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.benchmark;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.IocpMetrics;
import io.github.nettyiocp.channel.IocpServerSocketChannel;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;

/**
 * The servers that {@link EchoLoad} measures side by side: one echo server on IOCP and one on NIO, of one thread each,
 * in one JVM on Windows or Wine. A connection that sends the byte {@code 'q'} first gets the counters of the IOCP loop
 * as text; any other is echoed.
 */
final class EchoServers {

    private static final CountDownLatch STOP = new CountDownLatch(1);

    private EchoServers() {
    }

    public static void main(String[] args) throws Exception {
        IocpEventLoopGroup iocp = new IocpEventLoopGroup(1);
        EventLoopGroup nio = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        int iocpPort = start(iocp, IocpServerSocketChannel.class);
        int nioPort = start(nio, NioServerSocketChannel.class);
        IocpMetrics[] last = { iocp.metrics() };
        Channel control = new ServerBootstrap().group(nio).channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInboundHandlerAdapter() {
                    @Override
                    public boolean isSharable() {
                        return true;
                    }

                    @Override
                    public void channelActive(ChannelHandlerContext ctx) {
                        // Each connection gets what was counted since the one before.
                        IocpMetrics now = iocp.metrics();
                        IocpMetrics since = now.minus(last[0]);
                        last[0] = now;
                        String text = since.totalCalls() + " " + since.calls("GetQueuedCompletionStatusEx") + " "
                                + since.completions() + " " + since.inlineCompletions() + "\n";
                        ctx.writeAndFlush(ctx.alloc().buffer().writeBytes(text.getBytes(StandardCharsets.US_ASCII)))
                                .addListener(done -> ctx.close());
                    }
                }).bind("127.0.0.1", 0).sync().channel();
        System.out.println("PORTS " + iocpPort + " " + nioPort + " "
                + ((InetSocketAddress) control.localAddress()).getPort());
        System.out.flush();
        STOP.await();
    }

    private static int start(EventLoopGroup group, Class<? extends ServerChannel> type) throws InterruptedException {
        return ((InetSocketAddress) new ServerBootstrap().group(group).channel(type).childHandler(new Echo())
                .bind("127.0.0.1", 0).sync().channel().localAddress()).getPort();
    }

    @Sharable
    private static final class Echo extends ChannelInboundHandlerAdapter {

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.writeAndFlush(message, ctx.voidPromise());
        }
    }
}
