/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Writes down what a channel's handler is told. */
class EventRecorder extends ChannelInboundHandlerAdapter {

    private final List<String> events = new ArrayList<>();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final List<Channel> children = new ArrayList<>();
    private final List<Throwable> exceptions = new ArrayList<>();

    List<String> events() {
        return events;
    }

    boolean saw(String event) {
        return events.contains(event);
    }

    long count(String event) {
        return events.stream().filter(event::equals).count();
    }

    int received() {
        return bytes.size();
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }

    String text() {
        return bytes.toString(StandardCharsets.US_ASCII);
    }

    List<Channel> children() {
        return children;
    }

    List<Throwable> exceptions() {
        return exceptions;
    }

    @Override
    public void channelRegistered(ChannelHandlerContext ctx) {
        events.add("registered");
    }

    @Override
    public void channelUnregistered(ChannelHandlerContext ctx) {
        events.add("unregistered");
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        events.add("active");
        ctx.fireChannelActive();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        events.add("inactive");
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        events.add("read");
        if (message instanceof ByteBuf buffer) {
            try {
                byte[] part = new byte[buffer.readableBytes()];
                buffer.readBytes(part);
                bytes.writeBytes(part);
            } finally {
                ReferenceCountUtil.release(buffer);
            }
        } else {
            children.add((Channel) message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        events.add("readComplete");
        ctx.fireChannelReadComplete();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        events.add(event.getClass().getSimpleName());
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        events.add("exception");
        exceptions.add(cause);
    }
}
