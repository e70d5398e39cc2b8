/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;

import java.io.IOException;
import java.lang.foreign.Arena;

/** Makes the ends of a pair without a name, by {@code NtCreateNamedPipeFile}: no other process can get at them. */
final class UnnamedEnds {

    private static final long DEFAULT_TIMEOUT = -500_000;

    private UnnamedEnds() {
    }

    /**
     * Makes two ends.
     *
     * @param ofServer what the server's end does
     * @param direction what the client's end may do
     * @return {@code null} if this Windows makes no pipes without a name
     */
    static PairEnds make(Win32 win32, PipeDirection ofServer, PipeDirection direction, boolean inheritable)
            throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long cell = arena.allocate(Long.BYTES, Long.BYTES).address();
            long statusBlock = arena.allocate(Layout.IO_STATUS_BLOCK_SIZE, Long.BYTES).address();
            int status = makeServer(win32, arena, cell, statusBlock, ofServer);
            if (isNoSuchThing(status)) {
                return null;
            }
            long server = handle(cell, status, "NtCreateNamedPipeFile");
            try {
                status = openClient(win32, arena, cell, statusBlock, server, direction, inheritable);
                if (isNoSuchThing(status)) {
                    win32.closeHandle(server);
                    return null;
                }
                return new PairEnds(server, handle(cell, status, "NtOpenFile"));
            } catch (Throwable cause) {
                win32.closeHandle(server);
                throw cause;
            }
        }
    }

    private static int makeServer(Win32 win32, Arena arena, long cell, long statusBlock, PipeDirection direction) {
        int access = WinConst.SYNCHRONIZE | WinConst.GENERIC_READ;
        long fileSystem = NtObject.attributes(arena, 0, "\\Device\\NamedPipe\\", WinConst.OBJ_CASE_INSENSITIVE, 0);
        int status = win32.ntOpenFile(cell, access, fileSystem, statusBlock,
                WinConst.FILE_SHARE_READ | WinConst.FILE_SHARE_WRITE, WinConst.FILE_SYNCHRONOUS_IO_NONALERT);
        if (NtStatus.isError(status)) {
            return status;
        }
        long root = Memory.getLong(cell);
        try {
            long timeout = arena.allocate(Long.BYTES, Long.BYTES).address();
            Memory.putLong(timeout, DEFAULT_TIMEOUT);
            return win32.ntCreateNamedPipeFile(cell, PairEnds.access(direction.serverReads(), direction.serverWrites()),
                    NtObject.attributes(arena, root, "", 0, 0), statusBlock, share(direction), WinConst.FILE_CREATE, 0,
                    0, 0, WinConst.FILE_PIPE_QUEUE_OPERATION, 1, PairEnds.QUOTA, PairEnds.QUOTA, timeout);
        } finally {
            win32.closeHandle(root);
        }
    }

    private static int openClient(Win32 win32, Arena arena, long cell, long statusBlock, long server,
                                  PipeDirection direction, boolean inheritable) {
        return win32.ntOpenFile(cell, PairEnds.access(direction.serverWrites(), direction.serverReads()),
                NtObject.attributes(arena, server, "", inheritable ? WinConst.OBJ_INHERIT : 0, 0), statusBlock,
                WinConst.FILE_SHARE_READ | WinConst.FILE_SHARE_WRITE,
                WinConst.FILE_SYNCHRONOUS_IO_NONALERT | WinConst.FILE_NON_DIRECTORY_FILE);
    }

    private static int share(PipeDirection direction) {
        return (direction.serverWrites() ? WinConst.FILE_SHARE_READ : 0)
                | (direction.serverReads() ? WinConst.FILE_SHARE_WRITE : 0);
    }

    /** The file system of pipes, its root or a pipe without a name is unknown or forbidden: a name may do. */
    private static boolean isNoSuchThing(int status) {
        switch (status) {
            case NtStatus.STATUS_NOT_IMPLEMENTED:
            case NtStatus.STATUS_NOT_SUPPORTED:
            case NtStatus.STATUS_INVALID_PARAMETER:
            case NtStatus.STATUS_OBJECT_NAME_INVALID:
            case NtStatus.STATUS_OBJECT_NAME_NOT_FOUND:
            case NtStatus.STATUS_OBJECT_PATH_NOT_FOUND:
            case NtStatus.STATUS_ACCESS_DENIED:
                return true;
            default:
                return false;
        }
    }

    private static long handle(long cell, int status, String function) throws IOException {
        if (NtStatus.isError(status)) {
            throw new IOException("cannot make a pair of pipe ends: " + function + ", status 0x"
                    + Integer.toHexString(status));
        }
        return Memory.getLong(cell);
    }
}
