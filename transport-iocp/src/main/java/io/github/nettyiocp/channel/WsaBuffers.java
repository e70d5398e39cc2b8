/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.FastThreadLocal;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The array of {@code WSABUF}s for one call, shared by the channels of a loop: Windows copies it before the call
 * returns. It also remembers the buffers, for who has to keep them when the call does not end at once.
 */
final class WsaBuffers extends WriteBuffers {

    /** Wine takes no more; Windows has no limit that matters. */
    static final int MAX_COUNT = 1024;

    private static final FastThreadLocal<WsaBuffers> OF_THREAD = new FastThreadLocal<>() {
        @Override
        protected WsaBuffers initialValue() {
            return new WsaBuffers();
        }
    };

    /** A {@code DWORD} for flags, then the array. Freed with this object, which is in use while a call reads it. */
    private final MemorySegment memory =
            Arena.ofAuto().allocate((long) Layout.WSABUF_SIZE * (MAX_COUNT + 1), Layout.WSABUF_SIZE);
    private final long base = memory.address();
    private final ByteBuf[] buffers = new ByteBuf[MAX_COUNT];
    private int count;
    private int bufferCount;
    private long bytes;
    private long limit;

    private WsaBuffers() {
    }

    static WsaBuffers ofThisThread() {
        return OF_THREAD.get();
    }

    /** The last buffer is taken in part if need be. */
    @Override
    void clear(long byteLimit) {
        forget();
        bytes = 0;
        limit = byteLimit;
    }

    @Override
    void forget() {
        Arrays.fill(buffers, 0, bufferCount, null);
        bufferCount = 0;
        count = 0;
    }

    /** Makes the array one buffer of raw memory; a length of 0 makes a receive wait for data without taking it. */
    WsaBuffers single(long address, int length) {
        forget();
        count = 1;
        set(0, address, length);
        return this;
    }

    @Override
    public boolean processMessage(Object message) {
        if (!(message instanceof ByteBuf)) {
            return false;
        }
        ByteBuf buffer = (ByteBuf) message;
        int length = buffer.readableBytes();
        if (length > 0) {
            if (buffer.hasMemoryAddress()) {
                add(buffer.memoryAddress() + buffer.readerIndex(), length);
            } else {
                // A composite of few parts, or a view of a direct ByteBuffer.
                for (ByteBuffer part : buffer.nioBuffers()) {
                    if (part.hasRemaining() && hasRoom()) {
                        add(MemorySegment.ofBuffer(part).address(), part.remaining());
                    }
                }
            }
            buffers[bufferCount++] = buffer;
        }
        return hasRoom();
    }

    private boolean hasRoom() {
        return count < MAX_COUNT && bytes < limit;
    }

    private void add(long address, int length) {
        int taken = (int) Math.min(length, limit - bytes);
        set(count++, address, taken);
        bytes += taken;
    }

    int count() {
        return count;
    }

    @Override
    long bytes() {
        return bytes;
    }

    @Override
    int bufferCount() {
        return bufferCount;
    }

    @Override
    ByteBuf buffer(int index) {
        return buffers[index];
    }

    /** The address of the array. */
    long address() {
        return base + Layout.WSABUF_SIZE;
    }

    /** The address of a {@code DWORD} for flags, which is 0. */
    long flags() {
        Memory.putInt(base, 0);
        return base;
    }

    private void set(int index, long address, int length) {
        long entry = base + (long) (index + 1) * Layout.WSABUF_SIZE;
        Memory.putInt(entry + Layout.WSABUF_LEN, length);
        Memory.putLong(entry + Layout.WSABUF_BUF, address);
    }
}
