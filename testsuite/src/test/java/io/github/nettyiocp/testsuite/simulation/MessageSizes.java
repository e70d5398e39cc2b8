/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

/** How long the messages of a stream are: follows from its key, its direction and their number. */
final class MessageSizes {

    private MessageSizes() {
    }

    static int of(int key, boolean fromClient, int number, int most, boolean emptyOnes) {
        long hash = (key * 1_000_003L + number) * 0x9E3779B97F4A7C15L + (fromClient ? 0x5DEECE66DL : 0);
        hash = (hash ^ hash >>> 29) * 0xBF58476D1CE4E5B9L;
        hash ^= hash >>> 32;
        if (emptyOnes && (hash & 7) == 0) {
            return 0;
        }
        int magnitude = 1 << (int) (hash >>> 8 & 31) % (33 - Integer.numberOfLeadingZeros(Math.max(1, most)));
        return 1 + (int) Math.floorMod(hash >>> 16, (long) Math.min(magnitude, most));
    }
}
