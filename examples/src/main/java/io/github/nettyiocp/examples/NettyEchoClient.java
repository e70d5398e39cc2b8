/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;

import java.io.EOFException;
import java.net.SocketAddress;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A client on a Netty channel of any kind. */
final class NettyEchoClient extends SimpleChannelInboundHandler<ByteBuf> implements EchoClient {

    /** What is received after the last part. */
    private static final byte[] END = {};

    private final BlockingQueue<byte[]> received = new LinkedBlockingQueue<>();
    private final Channel channel;

    NettyEchoClient(EventLoopGroup group, Class<? extends Channel> type, SocketAddress server)
            throws InterruptedException {
        channel = new Bootstrap().group(group).channel(type).handler(this).connect(server).sync().channel();
    }

    @Override
    public String description() {
        return channel.getClass().getSimpleName() + " from " + channel.localAddress();
    }

    @Override
    public byte[] roundTrip(byte[] message) throws Exception {
        channel.writeAndFlush(Unpooled.wrappedBuffer(message));
        byte[] answer = new byte[message.length];
        for (int length = 0; length < answer.length;) {
            byte[] part = received.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            if (part == null || part.length == 0) {
                throw new EOFException((part == null ? "nothing came for " + TIMEOUT_SECONDS + " s"
                        : "the connection ended") + " after " + length + " of " + answer.length + " bytes");
            }
            System.arraycopy(part, 0, answer, length, part.length);
            length += part.length;
        }
        return answer;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, ByteBuf part) {
        received.add(ByteBufUtil.getBytes(part));
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        received.add(END);
    }

    @Override
    public void close() {
        channel.close().syncUninterruptibly();
    }
}
