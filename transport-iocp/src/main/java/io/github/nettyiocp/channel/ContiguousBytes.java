/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.concurrent.FastThreadLocal;

import java.lang.foreign.MemorySegment;

/**
 * The bytes of one {@code WriteFile}, which takes one piece of memory: a buffer where it is, or small ones copied
 * together, because a call costs more than the copy.
 */
final class ContiguousBytes extends WriteBuffers {

    /** Buffers are copied together up to so many bytes; a buffer of more goes alone. */
    private static final int COPY_LIMIT = 1 << 14;
    private static final int FIRST_CAPACITY = 1 << 10;

    private static final FastThreadLocal<ContiguousBytes> OF_THREAD = new FastThreadLocal<>() {
        @Override
        protected ContiguousBytes initialValue() {
            return new ContiguousBytes();
        }
    };

    private ByteBufAllocator allocator;
    private ByteBuf single;
    private ByteBuf copy;
    private long bytes;
    private long limit;

    private ContiguousBytes() {
    }

    static ContiguousBytes ofThisThread() {
        return OF_THREAD.get();
    }

    ContiguousBytes allocator(ByteBufAllocator copyAllocator) {
        allocator = copyAllocator;
        return this;
    }

    @Override
    void clear(long byteLimit) {
        forget();
        bytes = 0;
        limit = byteLimit;
    }

    @Override
    public boolean processMessage(Object message) {
        if (!(message instanceof ByteBuf)) {
            return false;
        }
        ByteBuf buffer = (ByteBuf) message;
        int length = buffer.readableBytes();
        if (length == 0) {
            return true;
        }
        if (single == null) {
            single = buffer;
            bytes = Math.min(length, limit);
            return length < COPY_LIMIT && length < limit;
        }
        if (bytes + length > Math.min(COPY_LIMIT, limit)) {
            return false;
        }
        if (copy == null) {
            copy = allocator.directBuffer(FIRST_CAPACITY, COPY_LIMIT);
            copy.writeBytes(single, single.readerIndex(), single.readableBytes());
        }
        copy.writeBytes(buffer, buffer.readerIndex(), length);
        bytes += length;
        return true;
    }

    /** Where the bytes are. */
    long address() {
        ByteBuf buffer = buffer(0);
        if (buffer == null) {
            return 0;
        }
        return buffer.hasMemoryAddress() ? buffer.memoryAddress() + buffer.readerIndex()
                : MemorySegment.ofBuffer(buffer.nioBuffer()).address();
    }

    @Override
    long bytes() {
        return bytes;
    }

    @Override
    int bufferCount() {
        return single == null ? 0 : 1;
    }

    @Override
    ByteBuf buffer(int index) {
        return copy != null ? copy : single;
    }

    @Override
    void forget() {
        single = null;
        if (copy != null) {
            copy.release();
            copy = null;
        }
    }
}
