/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.netty.buffer.ByteBuf;

import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** Takes what fits into a buffer, so that a {@link io.netty.channel.FileRegion} can be read in parts. */
final class ByteBufWritableChannel implements WritableByteChannel {

    private final ByteBuf target;

    ByteBufWritableChannel(ByteBuf target) {
        this.target = target;
    }

    @Override
    public int write(ByteBuffer source) {
        int bytes = Math.min(source.remaining(), target.writableBytes());
        int limit = source.limit();
        source.limit(source.position() + bytes);
        target.writeBytes(source);
        source.limit(limit);
        return bytes;
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() {
        // The buffer stays with who gave it.
    }
}
