/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

import java.io.EOFException;

import static io.netty.util.internal.ObjectUtil.checkPositive;

/**
 * Makes one {@link ByteBuf} of each message: of its one {@link PipeMessage}, or of its fragments, which are put
 * together without being copied. An empty message becomes an empty buffer. Everything else passes as it is.
 *
 * <p>A message that is too long is reported to {@code exceptionCaught} as soon as that is known, by a {@link
 * MessageTooLongException}; the rest of it is dropped, and the next message is read as usual. If the channel ends
 * within a message, that is reported by a {@link EOFException}. Without auto-read, a read goes on until the next
 * handler has got something.
 *
 * <p>Each channel needs an aggregator of its own.
 */
public final class PipeMessageAggregator extends ChannelInboundHandlerAdapter {

    private final int maxLength;
    /** The fragments so far, or null. Owned by this handler until the last one came. */
    private CompositeByteBuf message;
    /** Whether the fragments up to the next last one are of a message that was too long. */
    private boolean skipping;
    /** What happened since the last {@link #channelReadComplete}. */
    private boolean kept;
    private boolean passed;

    /**
     * @param maxLength the length of the longest message that is accepted, in bytes
     * @throws IllegalArgumentException if that isn't positive
     */
    public PipeMessageAggregator(int maxLength) {
        this.maxLength = checkPositive(maxLength, "maxLength");
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object read) {
        if (read instanceof PipeMessage fragment) {
            kept = true;
            fragmentRead(context, fragment);
        } else {
            pass(context, read);
        }
    }

    private void fragmentRead(ChannelHandlerContext context, PipeMessage fragment) {
        boolean last = fragment.isLast();
        ByteBuf content = fragment.content();
        if (skipping) {
            content.release();
            skipping = !last;
        } else if (content.readableBytes() > maxLength - length()) {
            content.release();
            releaseMessage();
            skipping = !last;
            context.fireExceptionCaught(new MessageTooLongException(
                    "a message of more than " + maxLength + " bytes: dropped"));
        } else if (last && message == null) {
            pass(context, content);
        } else {
            append(context, content);
            if (last) {
                ByteBuf whole = message;
                message = null;
                pass(context, whole);
            }
        }
    }

    private int length() {
        return message == null ? 0 : message.readableBytes();
    }

    private void append(ChannelHandlerContext context, ByteBuf content) {
        if (message == null) {
            message = context.alloc().compositeBuffer(Integer.MAX_VALUE);   // with a limit, it would copy beyond that
        }
        message.addFlattenedComponents(true, content);
    }

    private void pass(ChannelHandlerContext context, Object read) {
        passed = true;
        context.fireChannelRead(read);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        boolean wanted = kept && !passed;
        kept = false;
        passed = false;
        if (wanted && !context.channel().config().isAutoRead()) {
            context.read();
        }
        context.fireChannelReadComplete();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (message != null) {
            int length = length();
            releaseMessage();
            context.fireExceptionCaught(new EOFException(
                    "the channel ended after " + length + " bytes of a message"));
        }
        context.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        releaseMessage();
    }

    private void releaseMessage() {
        if (message != null) {
            message.release();
            message = null;
        }
    }
}
