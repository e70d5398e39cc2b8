/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NativeWin32;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import io.github.nettyiocp.pipe.PipeSecurity;
import io.github.nettyiocp.pipe.PipeSecurityAccess;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.UUID;

import static org.assertj.core.api.Assertions.assertThat;

/** Two ends of a pipe by single calls, without channels. What was opened is closed by {@link #close}. */
final class RawPipe implements AutoCloseable {

    static final boolean WINE = NativeWin32.ACCESS.ofThisThread().wineGetVersion() != 0;
    /** What a client needs. */
    static final int CLIENT_ACCESS = WinConst.FILE_READ_DATA | WinConst.FILE_WRITE_DATA | WinConst.FILE_READ_ATTRIBUTES
            | WinConst.SYNCHRONIZE;
    private static final int QUOTA = 4096;
    private static final int INSTANCES = 10;

    final Win32 win32 = NativeWin32.ACCESS.ofThisThread();
    final String name;
    private final Deque<Long> handles = new ArrayDeque<>();

    /** A pipe that nobody else has. */
    RawPipe() {
        this("\\\\.\\pipe\\netty-iocp-test-" + UUID.randomUUID());
    }

    /** A pipe of somebody else. */
    RawPipe(String name) {
        this.name = name;
    }

    /** A server's end, of the first instance; fails the test if it can't be made. */
    long server(PipeSecurity security) throws IOException {
        long handle = PipeSecurityAccess.withAttributes(security, win32,
                attributes -> instance(attributes, WinConst.FILE_FLAG_FIRST_PIPE_INSTANCE));
        assertThat(handle).as("CreateNamedPipeW, error " + win32.lastError())
                .isNotEqualTo(WinConst.INVALID_HANDLE_VALUE);
        return handle;
    }

    /** A server's end, or {@code INVALID_HANDLE_VALUE}. */
    long instance(long attributes, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            return keep(win32.createNamedPipe(wide(arena, name),
                    WinConst.PIPE_ACCESS_DUPLEX | WinConst.FILE_FLAG_OVERLAPPED | flags,
                    WinConst.PIPE_REJECT_REMOTE_CLIENTS, INSTANCES, QUOTA, QUOTA, 0, attributes));
        }
    }

    /** How many instances Windows counts of the pipe of a server's end. */
    int instances(long server) {
        try (Arena arena = Arena.ofConfined()) {
            long count = arena.allocate(4, 4).address();
            assertThat(win32.getNamedPipeHandleState(server, 0, count, 0, 0, 0, 0)).isZero();
            return Memory.getInt(count);
        }
    }

    /** A client's end; fails the test if it can't be opened. */
    long client(int access, int flags) {
        long handle = open(access, flags);
        assertThat(handle).as("CreateFileW, error " + win32.lastError()).isNotEqualTo(WinConst.INVALID_HANDLE_VALUE);
        return handle;
    }

    /** A client's end, or {@code INVALID_HANDLE_VALUE}. */
    long open(int access, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            return keep(win32.createFile(wide(arena, name), access, 0, 0, WinConst.OPEN_EXISTING,
                    WinConst.FILE_FLAG_OVERLAPPED | flags));
        }
    }

    /** Sends a byte one way and waits for it at the other end. */
    void transfer(long from, long to) {
        write(from);
        read(to);
    }

    /** Sends a byte. */
    void write(long handle) {
        try (Arena arena = Arena.ofConfined()) {
            long overlapped = overlapped(arena);
            finish(handle, overlapped, win32.writeFile(handle, arena.allocate(1).address(), 1, 0, overlapped));
        }
    }

    /** Waits for a byte. */
    void read(long handle) {
        try (Arena arena = Arena.ofConfined()) {
            long overlapped = overlapped(arena);
            finish(handle, overlapped, win32.readFile(handle, arena.allocate(1).address(), 1, 0, overlapped));
        }
    }

    private long overlapped(Arena arena) {
        long overlapped = arena.allocate(Layout.OVERLAPPED_SIZE, 8).address();
        Memory.putLong(overlapped + Layout.OVERLAPPED_EVENT, keep(win32.createEvent(1, 0)));
        return overlapped;
    }

    private void finish(long handle, long overlapped, int error) {
        assertThat(error).isIn(0, WinError.ERROR_IO_PENDING);
        try (Arena arena = Arena.ofConfined()) {
            long transferred = arena.allocate(8, 8).address();
            assertThat(win32.getOverlappedResult(handle, overlapped, transferred, 1)).isZero();
            assertThat(Memory.getInt(transferred)).isOne();
        }
    }

    /** What Windows says of owner and rights by a handle with {@code READ_CONTROL}, without the list's flags. */
    String descriptor(long handle) {
        try (Arena arena = Arena.ofConfined()) {
            long pointer = arena.allocate(8, 8).address();
            int information = WinConst.OWNER_SECURITY_INFORMATION | WinConst.DACL_SECURITY_INFORMATION;
            assertThat(win32.getSecurityInfo(handle, WinConst.SE_KERNEL_OBJECT, information, 0, 0, 0, 0, pointer))
                    .isZero();
            return text(Memory.getLong(pointer));
        }
    }

    /** A text as Windows itself would write it, without the list's flags. */
    String canonical(String sddl) {
        try (Arena arena = Arena.ofConfined()) {
            long pointer = arena.allocate(8, 8).address();
            assertThat(win32.convertStringSecurityDescriptorToSecurityDescriptor(wide(arena, sddl),
                    WinConst.SDDL_REVISION_1, pointer, 0)).isZero();
            return text(Memory.getLong(pointer));
        }
    }

    private String text(long descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            long pointer = arena.allocate(8, 8).address();
            long units = arena.allocate(8, 8).address();
            int information = WinConst.OWNER_SECURITY_INFORMATION | WinConst.DACL_SECURITY_INFORMATION;
            assertThat(win32.convertSecurityDescriptorToStringSecurityDescriptor(descriptor, WinConst.SDDL_REVISION_1,
                    information, pointer, units)).isZero();
            byte[] text = new byte[Memory.getInt(units) * 2];
            Memory.getBytes(Memory.getLong(pointer), text);
            win32.localFree(Memory.getLong(pointer));
            win32.localFree(descriptor);
            String sddl = new String(text, StandardCharsets.UTF_16LE);
            int end = sddl.indexOf('\0');
            return (end < 0 ? sddl : sddl.substring(0, end)).replaceFirst("D:[A-Z]*\\(", "D:(");
        }
    }

    private long keep(long handle) {
        if (handle != WinConst.INVALID_HANDLE_VALUE) {
            handles.push(handle);
        }
        return handle;
    }

    static long wide(Arena arena, String text) {
        return arena.allocateFrom(text, StandardCharsets.UTF_16LE).address();
    }

    @Override
    public void close() {
        while (!handles.isEmpty()) {
            win32.closeHandle(handles.pop());
        }
    }
}
