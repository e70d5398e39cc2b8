/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.DefaultByteBufHolder;
import io.netty.buffer.Unpooled;
import io.netty.util.internal.StringUtil;

/**
 * A message of a pipe of message type, or a fragment of one.
 *
 * <p>What a pipe reads as messages arrives as these: a message that fits into one read as one that {@linkplain
 * #isLast() is the last}, a longer one as several, of which only the last says so. {@link PipeMessageAggregator} makes
 * whole messages of them.
 *
 * <p>To write, an ordinary {@link ByteBuf} does: each is a message. An empty one is nothing, as everywhere in Netty; an
 * empty message is {@link #empty()}, which many programs take for the end of the stream. A fragment can't be written.
 *
 * <p>Counts references as its content does: who releases the one has released the other.
 */
public final class PipeMessage extends DefaultByteBufHolder {

    private static final PipeMessage EMPTY = of(Unpooled.EMPTY_BUFFER);

    private final boolean last;

    /**
     * A fragment.
     *
     * @param content is owned by the fragment now
     * @param last whether the message ends with it
     */
    public PipeMessage(ByteBuf content, boolean last) {
        super(content);
        this.last = last;
    }

    /**
     * A whole message.
     *
     * @param content is owned by the message now; if it has nothing to read, the message is an empty one
     */
    public static PipeMessage of(ByteBuf content) {
        return new PipeMessage(content, true);
    }

    /**
     * The message without content. Needs no release. Where {@link NamedPipeOption#EMPTY_MESSAGE_IS_END} holds at the
     * peer it ends what the peer reads, but this end's output goes on, and what the peer has not read yet is not waited
     * for: {@code shutdownOutput()} is what ends it on both sides.
     */
    public static PipeMessage empty() {
        return EMPTY;
    }

    /** Whether the message ends here. */
    public boolean isLast() {
        return last;
    }

    @Override
    public PipeMessage copy() {
        return (PipeMessage) super.copy();
    }

    @Override
    public PipeMessage duplicate() {
        return (PipeMessage) super.duplicate();
    }

    @Override
    public PipeMessage retainedDuplicate() {
        return (PipeMessage) super.retainedDuplicate();
    }

    @Override
    public PipeMessage replace(ByteBuf content) {
        return new PipeMessage(content, last);
    }

    @Override
    public PipeMessage retain() {
        super.retain();
        return this;
    }

    @Override
    public PipeMessage retain(int increment) {
        super.retain(increment);
        return this;
    }

    @Override
    public PipeMessage touch() {
        super.touch();
        return this;
    }

    @Override
    public PipeMessage touch(Object hint) {
        super.touch(hint);
        return this;
    }

    @Override
    public boolean equals(Object other) {
        return super.equals(other) && last == ((PipeMessage) other).last;
    }

    @Override
    public int hashCode() {
        return 31 * super.hashCode() + Boolean.hashCode(last);
    }

    @Override
    public String toString() {
        return StringUtil.simpleClassName(this) + '(' + contentToString() + (last ? ", last)" : ", more follows)");
    }
}
