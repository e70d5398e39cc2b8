/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import io.netty.channel.ChannelException;

/**
 * A completion port and the array that packets are dequeued into. Concurrency is 1: one thread dequeues. Belongs to the
 * loop's thread.
 */
final class CompletionPort {

    private static final int MAX_ENTRIES = 4096;

    private final Win32 win32;
    private final long handle;
    private long memory;
    private int capacity;

    CompletionPort(Win32 win32, int entries) {
        this.win32 = win32;
        handle = win32.createIoCompletionPort(WinConst.INVALID_HANDLE_VALUE, 0, 0, 1);
        if (handle == 0) {
            throw new ChannelException("cannot create a completion port: CreateIoCompletionPort, error "
                    + win32.lastError());
        }
        if (!allocate(entries)) {
            int error = win32.lastError();
            win32.closeHandle(handle);
            throw new OutOfMemoryError("cannot allocate " + entries + " completion entries: VirtualAlloc, error "
                    + error);
        }
    }

    long handle() {
        return handle;
    }

    /** Associates a handle; returns {@code 0} or the Windows error. */
    int associate(long ioHandle, long key) {
        return win32.createIoCompletionPort(ioHandle, handle, key, 0) == 0 ? win32.lastError() : 0;
    }

    /**
     * Takes packets off the port, waiting for the first one.
     *
     * @param millis how long to wait; {@link WinConst#INFINITE} for ever
     * @return the number of packets, or a negative Windows error
     */
    int dequeue(int millis) {
        int error = win32.getQueuedCompletionStatusEx(handle, entry(0), capacity, memory, millis);
        if (error == 0) {
            return Memory.getInt(memory);
        }
        return error == WinError.WAIT_TIMEOUT ? 0 : -error;
    }

    int capacity() {
        return capacity;
    }

    /** Doubles the array, up to a limit; leaves it as it is if there is no memory. Its contents are lost. */
    void grow() {
        long old = memory;
        if (capacity < MAX_ENTRIES && allocate(Math.min(capacity * 2, MAX_ENTRIES))) {
            release(old);
        }
    }

    long key(int index) {
        return Memory.getLong(entry(index) + Layout.OVERLAPPED_ENTRY_KEY);
    }

    long overlapped(int index) {
        return Memory.getLong(entry(index) + Layout.OVERLAPPED_ENTRY_OVERLAPPED);
    }

    /** The status that the kernel delivered with the packet. */
    int status(int index) {
        return (int) Memory.getLong(entry(index) + Layout.OVERLAPPED_ENTRY_INTERNAL);
    }

    int bytes(int index) {
        return Memory.getInt(entry(index) + Layout.OVERLAPPED_ENTRY_BYTES);
    }

    void close() {
        release(memory);
        int error = win32.closeHandle(handle);
        if (error != 0) {
            throw new IllegalStateException("cannot close the completion port: CloseHandle, error " + error);
        }
    }

    private long entry(int index) {
        return memory + (long) (index + 1) * Layout.OVERLAPPED_ENTRY_SIZE;
    }

    /** The count of entries comes first, in the room of one entry. */
    private boolean allocate(int entries) {
        long bytes = (entries + 1L) * Layout.OVERLAPPED_ENTRY_SIZE;
        long allocated = win32.virtualAlloc(0, bytes, WinConst.MEM_RESERVE | WinConst.MEM_COMMIT,
                WinConst.PAGE_READWRITE);
        if (allocated == 0) {
            return false;
        }
        memory = allocated;
        capacity = entries;
        return true;
    }

    private void release(long allocated) {
        int error = win32.virtualFree(allocated, 0, WinConst.MEM_RELEASE);
        if (error != 0) {
            throw new IllegalStateException("cannot free the completion entries: VirtualFree, error " + error);
        }
    }
}
