/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.soak;

import io.netty.buffer.ByteBuf;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * One connection and what is known of both its ends. The client sends a stream that follows from {@link #id}, the
 * server sends back what it gets.
 */
final class Link {

    static final int HEADER = Long.BYTES;
    private static final int PERIOD = 1 << 20;
    private static final byte[] PATTERN = pattern();

    /** How a client ends its connection once all came back. */
    enum Ending { CLOSE, HALF_CLOSE, RESET, IDLE, CLOSE_EARLY, FORCIBLY_EARLY }

    final long id;
    final long total;
    final Ending ending;
    final Medium medium;
    volatile End client;
    volatile End server;

    Link(long id, long total, Ending ending, Medium medium) {
        this.id = id;
        this.total = total;
        this.ending = ending;
        this.medium = medium;
    }

    private static byte[] pattern() {
        byte[] bytes = new byte[2 * PERIOD];
        new SplittableRandom(1).nextBytes(bytes);
        System.arraycopy(bytes, 0, bytes, PERIOD, PERIOD);
        return bytes;
    }

    /** The stream from one position; the header is in front of a pattern that starts somewhere else for each. */
    byte[] stream(long from, int length) {
        byte[] bytes = new byte[length];
        int at = 0;
        for (; at < length && from + at < HEADER; at++) {
            bytes[at] = (byte) (id >>> 8 * (from + at));
        }
        while (at < length) {
            int start = (int) ((from + at + id * 7919) % PERIOD);
            int part = Math.min(length - at, PERIOD);
            System.arraycopy(PATTERN, start, bytes, at, part);
            at += part;
        }
        return bytes;
    }

    /** Whether the readable bytes are those of the stream at the position. */
    boolean matches(long from, ByteBuf buffer) {
        byte[] bytes = new byte[buffer.readableBytes()];
        buffer.getBytes(buffer.readerIndex(), bytes);
        return Arrays.equals(bytes, stream(from, bytes.length));
    }
}
