/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.LongPath;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.ObjectKind;
import io.github.nettyiocp.internal.Operation;
import io.github.nettyiocp.internal.StatusTable;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;

/** The calls about a directory that can block, as those of a network path may. */
final class DirectoryHandles {

    private static final int SHARE_ALL =
            WinConst.FILE_SHARE_READ | WinConst.FILE_SHARE_WRITE | WinConst.FILE_SHARE_DELETE;

    private DirectoryHandles() {
    }

    /** Opens a directory to be watched. It can be renamed and deleted as if it were not. */
    static long open(Win32 win32, Path directory) throws IOException {
        long handle;
        try (Arena arena = Arena.ofConfined()) {
            handle = win32.createFile(arena.allocateFrom(LongPath.of(directory.toString()),
                    StandardCharsets.UTF_16LE).address(), WinConst.FILE_LIST_DIRECTORY | WinConst.SYNCHRONIZE,
                    SHARE_ALL, 0, WinConst.OPEN_EXISTING,
                    WinConst.FILE_FLAG_BACKUP_SEMANTICS | WinConst.FILE_FLAG_OVERLAPPED);
        }
        if (handle == WinConst.INVALID_HANDLE_VALUE) {
            throw StatusTable.exception(win32, ObjectKind.FILE, Operation.OPEN, NtStatus.ofError(win32.lastError()),
                    directory);
        }
        try {
            checkDirectory(win32, handle, directory);
        } catch (Throwable cause) {
            win32.closeHandle(handle);
            throw cause;
        }
        return handle;
    }

    /** Fails if the handle is of a file: Windows opens that as well, and says "invalid parameter" only later. */
    static void checkDirectory(Win32 win32, long handle, Path directory) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long statusBlock = arena.allocate(Layout.IO_STATUS_BLOCK_SIZE, Long.BYTES).address();
            long information = arena.allocate(Layout.FILE_STANDARD_INFORMATION_SIZE, Long.BYTES).address();
            int status = win32.ntQueryInformationFile(handle, statusBlock, information,
                    Layout.FILE_STANDARD_INFORMATION_SIZE, WinConst.FILE_STANDARD_INFORMATION);
            if (NtStatus.isSuccess(status)
                    && Memory.getByte(information + Layout.FILE_STANDARD_INFORMATION_DIRECTORY) == 0) {
                throw new NotDirectoryException(directory.toString());
            }
        }
    }

    /** Where the directory is now. */
    static Path currentPath(Win32 win32, long handle, Path directory) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            int units = WinConst.MAX_PATH;
            while (true) {
                MemorySegment path = arena.allocate(2L * units, 2);
                int needed = win32.getFinalPathNameByHandle(handle, path.address(), units, 0);
                if (needed == 0) {
                    throw StatusTable.exception(win32, ObjectKind.FILE, Operation.OPEN,
                            NtStatus.ofError(win32.lastError()), directory);
                }
                if (needed < units) {
                    String name = path.getString(0, StandardCharsets.UTF_16LE);
                    return Path.of(name.startsWith(LongPath.UNC_PREFIX)
                            ? "\\\\" + name.substring(LongPath.UNC_PREFIX.length())
                            : name.startsWith(LongPath.PREFIX) ? name.substring(LongPath.PREFIX.length()) : name);
                }
                units = needed + 1;
            }
        }
    }
}
