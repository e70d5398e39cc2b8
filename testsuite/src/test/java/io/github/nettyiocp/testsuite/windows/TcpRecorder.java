/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import org.assertj.core.api.Assertions;

import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The last handler of a channel: remembers all that comes. */
final class TcpRecorder extends ChannelInboundHandlerAdapter {

    /** Everything but reads, in order. */
    final BlockingQueue<Object> events = new LinkedBlockingQueue<>();
    /** What came in which order: "active", "read", "readComplete", "inactive", event and exception names. */
    final List<String> log = new CopyOnWriteArrayList<>();
    final List<Throwable> exceptions = new CopyOnWriteArrayList<>();
    final CountDownLatch inactive = new CountDownLatch(1);
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    volatile Channel channel;

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        channel = context.channel();
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        log.add("active");
        context.fireChannelActive();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        log.add("read");
        ByteBuf buffer = (ByteBuf) message;
        byte[] part = new byte[buffer.readableBytes()];
        buffer.readBytes(part);
        ReferenceCountUtil.release(message);
        synchronized (bytes) {
            bytes.writeBytes(part);
            bytes.notifyAll();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        log.add("readComplete");
        context.fireChannelReadComplete();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        log.add(event.getClass().getSimpleName());
        events.add(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        log.add(cause.getClass().getSimpleName());
        exceptions.add(cause);
        events.add(cause);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        log.add("inactive");
        inactive.countDown();
    }

    byte[] received() {
        synchronized (bytes) {
            return bytes.toByteArray();
        }
    }

    /** Waits until so many bytes came in all. */
    byte[] awaitBytes(int count) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        synchronized (bytes) {
            while (bytes.size() < count && System.nanoTime() < deadline) {
                bytes.wait(100);
            }
            Assertions.assertThat(bytes.size()).as("bytes received").isGreaterThanOrEqualTo(count);
            return bytes.toByteArray();
        }
    }

    void awaitInactive() throws InterruptedException {
        Assertions.assertThat(inactive.await(60, TimeUnit.SECONDS)).as("the channel became inactive: " + log).isTrue();
    }

    Object awaitEvent() throws InterruptedException {
        Object event = events.poll(60, TimeUnit.SECONDS);
        Assertions.assertThat(event).as("an event after " + log).isNotNull();
        return event;
    }
}
