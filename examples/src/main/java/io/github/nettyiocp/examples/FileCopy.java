/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import io.github.nettyiocp.channel.OverlappedFile;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;

import java.io.EOFException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Copies a file in chunks, a few of which are under way at any time: each is read by an overlapped call and written
 * when it has come. Everything here happens on the loop of the files, and nothing here waits.
 */
final class FileCopy {

    private static final int CHUNK = 256 * 1024;
    private static final int CHUNKS_AT_A_TIME = 4;

    private final OverlappedFile from;
    private final OverlappedFile to;
    private final long size;
    private final Promise<Void> done;
    private final AtomicLong copied = new AtomicLong();
    private long position;
    private int underWay;
    private Throwable failure;

    /**
     * Prepares a copy.
     *
     * @param size so many bytes are copied
     */
    FileCopy(OverlappedFile from, OverlappedFile to, long size) {
        this.from = from;
        this.to = to;
        this.size = size;
        done = from.loop().newPromise();
    }

    /** Starts; done when no chunk is under way any more. */
    Future<Void> start() {
        from.loop().execute(() -> {
            do {
                next();
            } while (underWay > 0 && underWay < CHUNKS_AT_A_TIME && position < size && failure == null);
        });
        return done;
    }

    /** How many bytes were written. */
    long copied() {
        return copied.get();
    }

    private void next() {
        if (failure != null || position == size) {
            if (underWay == 0) {
                end();
            }
            return;
        }
        long at = position;
        int length = (int) Math.min(CHUNK, size - at);
        position += length;
        underWay++;
        ByteBuf chunk = PooledByteBufAllocator.DEFAULT.directBuffer(length, length);
        from.read(chunk, at).addListener((Future<Integer> read) -> {
            if (!read.isSuccess()) {
                ended(chunk, read.cause());
            } else if (read.getNow() < length) {
                ended(chunk, new EOFException(from.path() + " became shorter"));
            } else {
                to.write(chunk, at).addListener(written -> ended(chunk, written.cause()));
            }
        });
    }

    private void ended(ByteBuf chunk, Throwable cause) {
        if (cause == null) {
            copied.addAndGet(chunk.capacity());
        } else if (failure == null) {
            failure = cause;
        }
        chunk.release();
        underWay--;
        next();
    }

    private void end() {
        if (failure == null) {
            done.setSuccess(null);
        } else {
            done.setFailure(failure);
        }
    }
}
