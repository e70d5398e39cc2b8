/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.process;

import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.Win32Access;

import java.io.IOException;
import java.lang.foreign.Arena;

/**
 * A console without a window: what a program draws on it comes as text with control sequences, and what is sent to it
 * are keys ({@code CreatePseudoConsole}, Windows 10 1809 and later).
 */
final class PseudoConsole {

    private static final int MAX_SIZE = Short.MAX_VALUE;
    /** {@code E_NOTIMPL}. */
    private static final int NOT_IMPLEMENTED = 0x80004001;

    /** In characters. */
    record Size(int columns, int rows) {
        Size {
            if (columns < 1 || columns > MAX_SIZE || rows < 1 || rows > MAX_SIZE) {
                throw new IllegalArgumentException("a console of " + columns + " columns and " + rows
                        + " rows (expected: 1 to " + MAX_SIZE + ')');
            }
        }

        /** A {@code COORD}, which Windows takes by value. */
        int coord() {
            return rows << 16 | columns;
        }
    }

    private final Win32Access access;
    /** {@code 0} once it was closed. */
    private long handle;

    private PseudoConsole(Win32Access access, long handle) {
        this.access = access;
        this.handle = handle;
    }

    static boolean isAvailable(Win32 win32) {
        return win32.isExported("kernel32.dll", "CreatePseudoConsole");
    }

    /** Makes one. It has handles of its own to what it is given. */
    static PseudoConsole create(Win32Access access, Size size, long input, long output) throws IOException {
        Win32 win32 = access.ofThisThread();
        if (!isAvailable(win32)) {
            throw new UnsupportedOperationException("this Windows has no pseudo consoles (CreatePseudoConsole)");
        }
        try (Arena arena = Arena.ofConfined()) {
            long console = arena.allocate(Long.BYTES, Long.BYTES).address();
            check(win32.createPseudoConsole(size.coord(), input, output, 0, console), "CreatePseudoConsole");
            return new PseudoConsole(access, Memory.getLong(console));
        }
    }

    private static void check(int result, String function) throws IOException {
        if (result == NOT_IMPLEMENTED) {
            throw new UnsupportedOperationException("this Windows has no " + function);
        }
        if (result < 0) {
            throw new IOException(function + " failed, result 0x" + Integer.toHexString(result));
        }
    }

    synchronized long handle() {
        return handle;
    }

    /** Any thread. */
    synchronized void resize(Size size) throws IOException {
        if (handle != 0) {
            check(access.ofThisThread().resizePseudoConsole(handle, size.coord()), "ResizePseudoConsole");
        }
    }

    /**
     * Ends what still runs on it, and its output. Before Windows 11 24H2 that waits until the output was read or its
     * channel closed, which can be never: so it is done on a thread of its own, which holds up nobody else.
     */
    void close() {
        long console;
        synchronized (this) {
            console = handle;
            handle = 0;
        }
        if (console != 0) {
            access.startThread("iocp-pseudo-console", () -> access.ofThisThread().closePseudoConsole(console));
        }
    }
}
