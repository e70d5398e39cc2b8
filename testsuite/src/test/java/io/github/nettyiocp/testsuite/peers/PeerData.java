/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.peers;

import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;

/** What peers send: the same seed gives the same bytes in all languages. */
public final class PeerData {

    private PeerData() {
    }

    /** So many bytes of a seed. */
    public static byte[] bytes(int size, int seed) {
        byte[] bytes = new byte[size + 3 & ~3];
        int x = seed;
        for (int i = 0; i < bytes.length; i += 4) {
            x = next(x);
            for (int j = 0; j < 4; j++) {
                bytes[i + j] = (byte) (x >>> 8 * j);
            }
        }
        return Arrays.copyOf(bytes, size);
    }

    /** The values of the mark of so many bytes of a seed that were sent or received. */
    public static List<String> sum(int size, int seed) {
        return sum(bytes(size, seed));
    }

    /** The values of the mark of bytes that were sent or received. */
    public static List<String> sum(byte[] bytes) {
        CRC32 sum = new CRC32();
        sum.update(bytes);
        return sum(bytes.length, sum);
    }

    /** The values of the mark of bytes that were sent or received. */
    public static List<String> sum(long size, CRC32 sum) {
        return List.of(Long.toString(size), String.format("%08x", sum.getValue()));
    }

    /** The next number of the generator. */
    static int next(int state) {
        int x = state;
        x ^= x << 13;
        x ^= x >>> 17;
        return x ^ x << 5;
    }
}
