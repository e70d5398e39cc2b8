/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

/** The content of a stream: follows from its key, its direction and the position, so that any part can be checked. */
final class Pattern {

    private Pattern() {
    }

    static byte at(int key, boolean fromClient, long position) {
        return (byte) (key * 31L + position * 7 + (position >>> 8) * 13 + (fromClient ? 101 : 0));
    }

    static byte[] bytes(int key, boolean fromClient, long position, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = at(key, fromClient, position + i);
        }
        return bytes;
    }
}
