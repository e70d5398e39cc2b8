/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.ObjectKind;
import io.github.nettyiocp.internal.Operation;
import io.github.nettyiocp.internal.OverlappedResult;
import io.github.nettyiocp.internal.StatusTable;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;

/**
 * Calls about an overlapped file that wait for their end, for threads that may. The event of each has its lowest bit
 * set, which tells Windows to queue no packet at the port that the handle is bound to.
 */
final class FileCalls {

    /** {@code OVERLAPPED.Offset} of a write that goes to the end. */
    static final long END = -1;

    private FileCalls() {
    }

    /** Starts an overlapped call. */
    private interface Start {
        int start(long transferred, long overlapped);
    }

    /** Writes all of it at the position; {@link #END} appends. */
    static void write(Win32 win32, long handle, long address, int length, long position, Path path)
            throws IOException {
        for (int done = 0; done < length;) {
            int from = done;
            Outcome outcome = await(win32, handle, position == END ? END : position + done, (transferred, overlapped) ->
                    win32.writeFile(handle, address + from, length - from, transferred, overlapped));
            outcome.check(win32, Operation.WRITE, path);
            if (outcome.bytes == 0) {
                throw new EOFException("nothing was written to " + path);
            }
            done += outcome.bytes;
        }
    }

    /** Reads once; {@code -1} at the end of the file. */
    static int read(Win32 win32, long handle, long address, int length, long position, Path path) throws IOException {
        Outcome outcome = await(win32, handle, position, (transferred, overlapped) ->
                win32.readFile(handle, address, length, transferred, overlapped));
        if (outcome.error == WinError.ERROR_HANDLE_EOF) {
            return -1;
        }
        outcome.check(win32, Operation.READ, path);
        return outcome.bytes == 0 ? -1 : outcome.bytes;
    }

    /** Locks if nobody else has locked; {@code false} if somebody has. */
    static boolean tryLock(Win32 win32, long handle, long position, long size, boolean shared, Path path)
            throws IOException {
        Outcome outcome = await(win32, handle, position, (transferred, overlapped) -> win32.lockFileEx(handle,
                lockFlags(shared) | WinConst.LOCKFILE_FAIL_IMMEDIATELY, (int) size, (int) (size >>> 32), overlapped));
        if (outcome.error == WinError.ERROR_LOCK_VIOLATION) {
            return false;
        }
        outcome.check(win32, Operation.LOCK, path);
        return true;
    }

    static int lockFlags(boolean shared) {
        return shared ? 0 : WinConst.LOCKFILE_EXCLUSIVE_LOCK;
    }

    static void unlock(Win32 win32, long handle, long position, long size, Path path) throws IOException {
        await(win32, handle, position, (transferred, overlapped) ->
                win32.unlockFileEx(handle, (int) size, (int) (size >>> 32), overlapped))
                .check(win32, Operation.UNLOCK, path);
    }

    static void setSparse(Win32 win32, long handle) {
        await(win32, handle, 0, (transferred, overlapped) ->
                win32.deviceIoControl(handle, WinConst.FSCTL_SET_SPARSE, 0, 0, 0, 0, transferred, overlapped));
    }

    static void setSize(Win32 win32, long handle, long size, Path path) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long information = arena.allocate(Long.BYTES, Long.BYTES).address();
            Memory.putLong(information, size);
            check(win32, Operation.RESIZE, win32.setFileInformationByHandle(handle, WinConst.FILE_END_OF_FILE_INFO,
                    information, Long.BYTES), path);
        }
    }

    static void flush(Win32 win32, long handle, Path path) throws IOException {
        check(win32, Operation.FLUSH, win32.flushFileBuffers(handle), path);
    }

    static long size(Win32 win32, long handle, Path path) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long information = query(win32, handle, WinConst.FILE_STANDARD_INFORMATION,
                    Layout.FILE_STANDARD_INFORMATION_SIZE, arena, path);
            return Memory.getLong(information + Layout.FILE_STANDARD_INFORMATION_END_OF_FILE);
        }
    }

    /** Whether the file's own attributes make each call wait: Windows packs and encrypts in the calling thread. */
    static boolean isSynchronous(Win32 win32, long handle, Path path) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long information = query(win32, handle, WinConst.FILE_BASIC_INFORMATION,
                    Layout.FILE_BASIC_INFORMATION_SIZE, arena, path);
            return (Memory.getInt(information + Layout.FILE_BASIC_INFORMATION_ATTRIBUTES)
                    & (WinConst.FILE_ATTRIBUTE_COMPRESSED | WinConst.FILE_ATTRIBUTE_ENCRYPTED)) != 0;
        }
    }

    private static long query(Win32 win32, long handle, int informationClass, int size, Arena arena, Path path)
            throws IOException {
        long information = arena.allocate(size, Long.BYTES).address();
        int status = win32.ntQueryInformationFile(handle, arena.allocate(Layout.IO_STATUS_BLOCK_SIZE,
                Long.BYTES).address(), information, size, informationClass);
        if (NtStatus.isError(status)) {
            throw StatusTable.exception(win32, ObjectKind.FILE, Operation.QUERY, status, path);
        }
        return information;
    }

    private static Outcome await(Win32 win32, long handle, long position, Start start) {
        try (Arena arena = Arena.ofConfined()) {
            long overlapped = arena.allocate(Layout.OVERLAPPED_SIZE, Long.BYTES).address();
            long transferred = arena.allocate(Long.BYTES, Long.BYTES).address();
            long event = win32.createEvent(1, 0);
            if (event == 0) {
                return new Outcome(win32.lastError(), 0);
            }
            try {
                Memory.putLong(overlapped + Layout.OVERLAPPED_OFFSET, position);
                Memory.putLong(overlapped + Layout.OVERLAPPED_EVENT, event | 1);
                int error = start.start(transferred, overlapped);
                if (error == WinError.ERROR_IO_PENDING) {
                    error = OverlappedResult.await(win32, handle, overlapped, transferred);
                }
                return new Outcome(error, error == 0 ? Memory.getInt(transferred) : 0);
            } finally {
                win32.closeHandle(event);
            }
        }
    }

    private static void check(Win32 win32, Operation operation, int error, Path path) throws IOException {
        if (error != 0) {
            throw StatusTable.exception(win32, ObjectKind.FILE, operation, NtStatus.ofError(error), path);
        }
    }

    /** How a call ended. */
    private record Outcome(int error, int bytes) {

        void check(Win32 win32, Operation operation, Path path) throws IOException {
            FileCalls.check(win32, operation, error, path);
        }
    }
}
