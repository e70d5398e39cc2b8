/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.process;

import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;

/**
 * Handles that a child gets. Windows wants them to be inheritable, and then every child that anybody in this process
 * starts with inheritance and without a list of handles gets them. So they are it for the one call only, and one such
 * call is made at a time.
 */
final class Inheritance {

    private static final Object LOCK = new Object();

    private Inheritance() {
    }

    /**
     * Makes the call while the handles can be inherited.
     *
     * @return what it returned
     * @throws IOException if one of them is not an open handle; the call is not made
     */
    static int during(Win32 win32, List<Long> handles, IntSupplier call) throws IOException {
        synchronized (LOCK) {
            List<Long> changed = new ArrayList<>();
            try {
                for (long handle : handles) {
                    if (!isInheritable(win32, handle)) {
                        check(win32.setHandleInformation(handle, WinConst.HANDLE_FLAG_INHERIT,
                                WinConst.HANDLE_FLAG_INHERIT), handle);
                        changed.add(handle);
                    }
                }
                return call.getAsInt();
            } finally {
                for (long handle : changed) {
                    win32.setHandleInformation(handle, WinConst.HANDLE_FLAG_INHERIT, 0);
                }
            }
        }
    }

    private static boolean isInheritable(Win32 win32, long handle) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long flags = arena.allocate(Integer.BYTES, Integer.BYTES).address();
            check(win32.getHandleInformation(handle, flags), handle);
            return (Memory.getInt(flags) & WinConst.HANDLE_FLAG_INHERIT) != 0;
        }
    }

    private static void check(int error, long handle) throws IOException {
        if (error != 0) {
            throw new IOException("the handle 0x" + Long.toHexString(handle)
                    + " can't be inherited (SetHandleInformation, error " + error + ')');
        }
    }

    /** Another handle of the same object, which is not inherited; the caller closes it. */
    static long duplicate(Win32 win32, long handle) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long target = arena.allocate(Long.BYTES, Long.BYTES).address();
            int error = win32.duplicateHandle(WinConst.CURRENT_PROCESS, handle, WinConst.CURRENT_PROCESS, target, 0, 0,
                    WinConst.DUPLICATE_SAME_ACCESS);
            if (error != 0) {
                throw new IOException("the handle 0x" + Long.toHexString(handle)
                        + " can't be duplicated (DuplicateHandle, error " + error + ')');
            }
            return Memory.getLong(target);
        }
    }
}
