/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.util.ArrayDeque;

/** Bytes in order: what waits in a socket's buffers. */
final class ByteQueue {

    private final ArrayDeque<byte[]> chunks = new ArrayDeque<>();
    private int firstOffset;
    private int size;

    void add(byte[] bytes) {
        if (bytes.length > 0) {
            chunks.add(bytes);
            size += bytes.length;
        }
    }

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** Takes the first bytes, at most {@code length}. */
    byte[] take(int length) {
        byte[] bytes = new byte[Math.min(length, size)];
        int done = 0;
        while (done < bytes.length) {
            byte[] first = chunks.peek();
            int n = Math.min(first.length - firstOffset, bytes.length - done);
            System.arraycopy(first, firstOffset, bytes, done, n);
            done += n;
            firstOffset += n;
            if (firstOffset == first.length) {
                chunks.poll();
                firstOffset = 0;
            }
        }
        size -= done;
        return bytes;
    }

    void clear() {
        chunks.clear();
        firstOffset = 0;
        size = 0;
    }
}
