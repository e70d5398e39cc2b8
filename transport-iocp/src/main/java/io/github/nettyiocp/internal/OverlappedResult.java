/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.internal;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The outcome of an operation that a thread waits for by an event of its own, {@code OVERLAPPED.hEvent}. */
public final class OverlappedResult {

    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private OverlappedResult() {
    }

    /**
     * Waits until Windows has given the memory of a pending operation back ({@code GetOverlappedResult}). A wait that
     * fails by itself, because somebody closed the event for instance, says nothing about the operation, and is
     * repeated.
     *
     * @return {@code 0}, or the Windows error that the operation ended with
     */
    public static int await(Win32 win32, long handle, long overlapped, long transferred) {
        while (true) {
            int error = win32.getOverlappedResult(handle, overlapped, transferred, 1);
            if (error == 0 || Memory.getLong(overlapped + Layout.OVERLAPPED_INTERNAL) != NtStatus.STATUS_PENDING) {
                return error;
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }
}
