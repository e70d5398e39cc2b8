/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.soak;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;

/** Sends the link's stream in chunks of random size and kind, and compares what comes back. */
final class ClientEnd extends End {

    private final Link link;
    private final int largest;
    private final long early;
    private long sent;
    private boolean sending;

    ClientEnd(Era era, long seed, Link link, boolean iocp) {
        super(era, seed, iocp);
        this.link = link;
        largest = (int) (Math.exp(Math.log(1 << 18) * dice.nextDouble()) + link.total / 200.0) + 1;
        early = link.ending == Link.Ending.CLOSE_EARLY || link.ending == Link.Ending.FORCIBLY_EARLY
                ? dice.nextLong(link.total + 1) : Long.MAX_VALUE;
        link.client = this;
    }

    @Override
    String name() {
        return (iocp ? link.medium + " client of " : "NIO client of ") + link.id;
    }

    @Override
    void started() {
        era.tally.connections.increment();
        send();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        send();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE) {
            // The server sends all before it closes.
            ctx.close();
        }
    }

    private void send() {
        Channel channel = context.channel();
        if (sending || !channel.isActive()) {
            return;
        }
        sending = true;
        ChannelFuture last = null;
        while (sent < link.total && channel.isWritable()) {
            int length = (int) Math.min(link.total - sent, 1 + dice.nextInt(largest));
            ByteBuf buffer = chunk(link.stream(sent, length));
            sent += length;
            last = write(buffer);
            if (dice.nextInt(3) == 0) {
                context.flush();
            }
        }
        context.flush();
        sending = false;
        if (sent == link.total && last != null && link.ending == Link.Ending.HALF_CLOSE) {
            last.addListener(future -> {
                if (future.isSuccess()) {
                    ((DuplexChannel) channel).shutdownOutput().addListener(done -> {
                        if (!done.isSuccess()) {
                            disturbed = true;
                        }
                    });
                }
            });
        }
        if (sent < link.total && channel.isWritable()) {
            // Became writable inside the loop above.
            context.executor().execute(this::send);
        }
    }

    private ByteBuf chunk(byte[] bytes) {
        switch (dice.nextInt(5)) {
            case 0:
                return Unpooled.wrappedBuffer(bytes);
            case 1:
                return Unpooled.wrappedBuffer(bytes).asReadOnly();
            case 2:
                CompositeByteBuf composite = context.alloc().compositeDirectBuffer();
                int half = bytes.length / 2;
                composite.addComponent(true, context.alloc().directBuffer().writeBytes(bytes, 0, half));
                return composite.addComponent(true,
                        context.alloc().directBuffer().writeBytes(bytes, half, bytes.length - half));
            default:
                return context.alloc().directBuffer(bytes.length).writeBytes(bytes);
        }
    }

    @Override
    void take(ByteBuf buffer) {
        try {
            long before = received;
            int length = buffer.readableBytes();
            received = before + length;
            if (received > sent || !link.matches(before, buffer)) {
                fail("wrong bytes came back at " + before + " (" + length + ", sent " + sent + ')');
            }
        } finally {
            buffer.release();
        }
        if (received >= early) {
            disturbed = true;
            if (link.ending == Link.Ending.FORCIBLY_EARLY) {
                closeForcibly();
            } else {
                context.close();
            }
        } else if (received == link.total) {
            whole();
        }
    }

    private void whole() {
        switch (link.ending) {
            case RESET:
                reset();
                break;
            case IDLE:
                schedule(() -> context.close(), dice.nextInt(15_000));
                break;
            case HALF_CLOSE:
                // The server closes.
                break;
            default:
                context.close();
                break;
        }
    }
}
