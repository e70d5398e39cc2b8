/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.soak;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.ChannelInputShutdownEvent;

/** Sends back what it gets, and knows what it should get once the link's id came. */
final class ServerEnd extends End {

    private Link link;
    private long headerBits;
    private ChannelFuture lastWrite;
    private boolean inputOver;

    ServerEnd(Era era, long seed) {
        super(era, seed, true);
    }

    @Override
    String name() {
        return "server of " + (link == null ? "?" : link.id);
    }

    @Override
    void take(ByteBuf buffer) {
        int length = buffer.readableBytes();
        long before = received;
        for (int i = 0; i < length && before + i < Link.HEADER; i++) {
            headerBits |= (buffer.getByte(buffer.readerIndex() + i) & 0xffL) << 8 * (before + i);
        }
        received = before + length;
        if (link == null && received >= Link.HEADER) {
            link = era.links.get(headerBits);
            if (link == null) {
                fail("a connection with the unknown id " + headerBits);
            } else if (link.server != null) {
                fail("two connections with the id " + headerBits);
            } else {
                link.server = this;
            }
        }
        if (link != null && (received > link.total || !link.matches(before, buffer))) {
            fail("wrong bytes at " + before + " (" + length + " of " + link.total + ')');
        }
        lastWrite = write(buffer);
        if (!context.channel().isWritable()) {
            context.channel().config().setAutoRead(false);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        ctx.flush();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (ctx.channel().isWritable()) {
            resumeReading();
        }
    }

    @Override
    void resumeReading() {
        if (context.channel().isWritable()) {
            super.resumeReading();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE) {
            if (inputOver) {
                fail("the end of input was told twice");
            }
            inputOver = true;
            ctx.flush();
            Channel channel = ctx.channel();
            if (lastWrite == null) {
                ctx.close();
            } else {
                lastWrite.addListener(future -> channel.close());
            }
        }
    }
}
