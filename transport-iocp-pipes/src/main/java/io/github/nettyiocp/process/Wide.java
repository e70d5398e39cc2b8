/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.process;

import io.github.nettyiocp.internal.Memory;

import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;

/** Texts as Windows has them, in UTF-16. */
final class Wide {

    private Wide() {
    }

    /** The address of a text, which ends in a zero. */
    static long string(Arena arena, String text) {
        return arena.allocateFrom(text, StandardCharsets.UTF_16LE).address();
    }

    /** A text that Windows wrote. */
    static String string(long address, int units) {
        byte[] bytes = new byte[units * 2];
        Memory.getBytes(address, bytes);
        return new String(bytes, StandardCharsets.UTF_16LE);
    }
}
