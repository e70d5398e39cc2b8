/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.internal;

import java.lang.foreign.Arena;

/** How a handle was opened. */
public final class HandleMode {

    private static final int ALL = -1;

    private HandleMode() {
    }

    /**
     * Whether a handle was opened without {@code FILE_FLAG_OVERLAPPED} ({@code NtQueryInformationFile}). The question
     * itself waits for what another thread does with such a handle: it is not for a loop, unless nobody can.
     */
    public static boolean isSynchronous(Win32 win32, long handle) {
        return (query(win32, handle, WinConst.FILE_MODE_INFORMATION, 0)
                & (WinConst.FILE_SYNCHRONOUS_IO_ALERT | WinConst.FILE_SYNCHRONOUS_IO_NONALERT)) != 0;
    }

    /**
     * The rights that a handle was opened with ({@code FILE_ACCESS_INFORMATION}), all of them if Windows doesn't tell.
     * Waits as {@link #isSynchronous} does.
     */
    public static int grantedAccess(Win32 win32, long handle) {
        return query(win32, handle, WinConst.FILE_ACCESS_INFORMATION, ALL);
    }

    /** What Windows says in one {@code ULONG}; {@code unknown} if it doesn't. */
    private static int query(Win32 win32, long handle, int informationClass, int unknown) {
        try (Arena arena = Arena.ofConfined()) {
            long statusBlock = arena.allocate(Layout.IO_STATUS_BLOCK_SIZE, Long.BYTES).address();
            long answer = arena.allocate(Integer.BYTES, Integer.BYTES).address();
            int status = win32.ntQueryInformationFile(handle, statusBlock, answer, Integer.BYTES, informationClass);
            return NtStatus.isSuccess(status) ? Memory.getInt(answer) : unknown;
        }
    }
}
