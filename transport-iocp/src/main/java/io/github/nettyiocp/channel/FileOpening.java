/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.internal.HandleMode;
import io.github.nettyiocp.internal.LongPath;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.ObjectKind;
import io.github.nettyiocp.internal.Operation;
import io.github.nettyiocp.internal.StatusTable;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;
import java.nio.file.StandardOpenOption;
import java.util.EnumSet;
import java.util.Set;

import static io.netty.util.internal.ObjectUtil.checkNotNull;

/** What to open, and how: the options of {@link StandardOpenOption} with the meaning that {@code FileChannel} gives. */
final class FileOpening {

    private final Path path;
    private final Set<StandardOpenOption> options = EnumSet.noneOf(StandardOpenOption.class);

    FileOpening(Path path, OpenOption... openOptions) {
        this.path = checkNotNull(path, "path");
        if (path.getFileSystem() != FileSystems.getDefault()) {
            throw new ProviderMismatchException(path + " is of " + path.getFileSystem());
        }
        for (OpenOption option : openOptions) {
            if (!(checkNotNull(option, "option") instanceof StandardOpenOption)) {
                throw new UnsupportedOperationException(option + " (expected: options of StandardOpenOption)");
            }
            options.add((StandardOpenOption) option);
        }
        if (isAppend() && options.contains(StandardOpenOption.READ)) {
            throw new IllegalArgumentException("READ + APPEND not allowed");
        }
        if (isAppend() && options.contains(StandardOpenOption.TRUNCATE_EXISTING)) {
            throw new IllegalArgumentException("APPEND + TRUNCATE_EXISTING not allowed");
        }
    }

    Path path() {
        return path;
    }

    boolean isAppend() {
        return options.contains(StandardOpenOption.APPEND);
    }

    boolean isWrite() {
        return options.contains(StandardOpenOption.WRITE) || isAppend();
    }

    boolean isRead() {
        return options.contains(StandardOpenOption.READ) || !isWrite();
    }

    /** Opens the file, overlapped; blocks. The handle is the caller's. */
    long open(Win32 win32) throws IOException {
        long handle;
        try (Arena arena = Arena.ofConfined()) {
            handle = win32.createFile(arena.allocateFrom(LongPath.of(path.toAbsolutePath().toString()),
                    StandardCharsets.UTF_16LE).address(), access(),
                    WinConst.FILE_SHARE_READ | WinConst.FILE_SHARE_WRITE | WinConst.FILE_SHARE_DELETE, 0,
                    disposition(), flags());
        }
        if (handle == WinConst.INVALID_HANDLE_VALUE) {
            throw StatusTable.exception(win32, ObjectKind.FILE, Operation.OPEN, NtStatus.ofError(win32.lastError()),
                    path);
        }
        try {
            if (win32.getFileType(handle) != WinConst.FILE_TYPE_DISK || HandleMode.isSynchronous(win32, handle)) {
                throw new FileSystemException(path.toString(), null, "not a file");
            }
            if (isNew() && options.contains(StandardOpenOption.SPARSE)) {
                // A hint: not all file systems have sparse files.
                FileCalls.setSparse(win32, handle);
            }
            if (isWrite() && options.contains(StandardOpenOption.TRUNCATE_EXISTING) && !isNew()) {
                FileCalls.setSize(win32, handle, 0, path);
            }
        } catch (Throwable cause) {
            win32.closeHandle(handle);
            throw cause;
        }
        return handle;
    }

    private int access() {
        int access = 0;
        if (isRead()) {
            access |= WinConst.GENERIC_READ;
        }
        if (isAppend()) {
            // Without FILE_WRITE_DATA each write goes to the end, wherever others have moved it meanwhile.
            access |= WinConst.FILE_APPEND_DATA | WinConst.FILE_READ_ATTRIBUTES | WinConst.FILE_WRITE_ATTRIBUTES
                    | WinConst.SYNCHRONIZE;
        } else if (isWrite()) {
            access |= WinConst.GENERIC_WRITE;
        }
        return access;
    }

    private boolean isNew() {
        return isWrite() && options.contains(StandardOpenOption.CREATE_NEW);
    }

    private int disposition() {
        // Not CREATE_ALWAYS, which would change the attributes of a file that is there, and fails if it is hidden.
        return isNew() ? WinConst.CREATE_NEW
                : isWrite() && options.contains(StandardOpenOption.CREATE) ? WinConst.OPEN_ALWAYS
                : WinConst.OPEN_EXISTING;
    }

    private int flags() {
        int flags = WinConst.FILE_FLAG_OVERLAPPED | WinConst.FILE_ATTRIBUTE_NORMAL;
        if (options.contains(StandardOpenOption.SYNC) || options.contains(StandardOpenOption.DSYNC)) {
            flags |= WinConst.FILE_FLAG_WRITE_THROUGH;
        }
        if (options.contains(StandardOpenOption.DELETE_ON_CLOSE)) {
            flags |= WinConst.FILE_FLAG_DELETE_ON_CLOSE;
        }
        return flags;
    }
}
