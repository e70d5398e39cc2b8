/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Steps of {@linkplain ConformanceScript scripts} with the directory of the neighbour, which is watched. */
public final class DirectorySteps {

    private static final int NAMES = 0x1 | 0x2;
    private static final int PATH_UNITS = 1024;
    private static final int SHARE = WinConst.FILE_SHARE_READ | WinConst.FILE_SHARE_WRITE | WinConst.FILE_SHARE_DELETE;

    private final Win32Steps steps;

    DirectorySteps(Win32Steps steps) {
        this.steps = steps;
    }

    // ---- calls

    /** Opens the directory; overlapped handles are associated with the port. */
    public int open(String handle, int access) {
        return open(handle, steps.neighbour().directory(), access);
    }

    private int open(String handle, String path, int access) {
        long value = steps.win32().createFile(steps.pipes().string(path), access, SHARE, 0, WinConst.OPEN_EXISTING,
                WinConst.FILE_FLAG_BACKUP_SEMANTICS | WinConst.FILE_FLAG_OVERLAPPED);
        boolean failed = value == WinConst.INVALID_HANDLE_VALUE;
        int error = steps.call("open " + handle, failed ? steps.win32().lastError() : 0);
        if (!failed) {
            steps.handle(handle, value);
            steps.associate(handle);
        }
        return error;
    }

    public DirectorySteps open(String handle) {
        open(handle, WinConst.FILE_LIST_DIRECTORY);
        return this;
    }

    public int openMissing(String handle) {
        return open(handle, steps.neighbour().directory() + "\\missing", WinConst.FILE_LIST_DIRECTORY);
    }

    /** Reads changes of names. */
    public int read(String operation, String handle, int length, boolean subtree) {
        return read(operation, handle, length, subtree, NAMES);
    }

    public int read(String operation, String handle, int length, boolean subtree, int filter) {
        Win32Steps.Operation begun = steps.begin(operation, handle, steps.memory(length), length);
        return steps.began(begun, steps.win32().readDirectoryChanges(steps.handle(handle), begun.buffer, length,
                subtree ? 1 : 0, filter, begun.overlapped));
    }

    /** As {@link #read}, with details. */
    public void readDetails(String operation, String handle, int length) {
        Win32Steps.Operation begun = steps.begin(operation, handle, steps.memory(length), length);
        steps.began(begun, steps.win32().readDirectoryChangesEx(steps.handle(handle), begun.buffer, length, 0, NAMES,
                begun.overlapped, WinConst.READ_DIRECTORY_NOTIFY_EXTENDED_INFORMATION));
    }

    /** Waits for the packet, and notes the changes. */
    public void changes(String operation) {
        note(operation, Layout.FILE_NOTIFY_INFORMATION_FILE_NAME_LENGTH, Layout.FILE_NOTIFY_INFORMATION_FILE_NAME);
    }

    /** Waits for the packet of {@link #readDetails}, and notes the changes. */
    public void details(String operation) {
        note(operation, Layout.FILE_NOTIFY_EXTENDED_INFORMATION_FILE_NAME_LENGTH,
                Layout.FILE_NOTIFY_EXTENDED_INFORMATION_FILE_NAME);
    }

    private void note(String operation, int lengthAt, int nameAt) {
        steps.await(operation);
        StringBuilder text = new StringBuilder();
        // Not how many bytes: Wine does not fill the last record up.
        append(steps.operation(operation), lengthAt, nameAt, text);
        steps.note(operation, text);
    }

    private static int append(Win32Steps.Operation read, int lengthAt, int nameAt, StringBuilder text) {
        int count = 0;
        for (int at = 0; at < read.bytes;) {
            long record = read.buffer + at;
            byte[] name = new byte[Memory.getInt(record + lengthAt)];
            Memory.getBytes(record + nameAt, name);
            text.append(count++ == 0 ? "" : ", ").append(Memory.getInt(record
                    + Layout.FILE_NOTIFY_INFORMATION_ACTION)).append(' ')
                    .append(new String(name, StandardCharsets.UTF_16LE));
            int next = Memory.getInt(record);
            at = next == 0 ? read.bytes : at + next;
        }
        return count;
    }

    /** Reads until so many changes are told, which may come in any number of packets, or until some are lost. */
    public void readAll(String operation, String handle, int length, int count) {
        int told = 0;
        StringBuilder text = new StringBuilder();
        while (told < count) {
            Win32Steps.Operation read = steps.begin(operation, handle, steps.memory(length), length);
            int error = steps.win32().readDirectoryChanges(steps.handle(handle), read.buffer, length, 0, NAMES,
                    read.overlapped);
            if (error == 0 || error == WinError.ERROR_IO_PENDING) {
                steps.await(operation);
            }
            if (error == WinError.ERROR_NOTIFY_ENUM_DIR || read.status == NtStatus.STATUS_NOTIFY_ENUM_DIR
                    || read.status == 0 && read.bytes == 0) {
                steps.note(operation, "changes were lost");
                return;
            }
            text.append(told == 0 ? "" : ", ");
            told += append(read, Layout.FILE_NOTIFY_INFORMATION_FILE_NAME_LENGTH,
                    Layout.FILE_NOTIFY_INFORMATION_FILE_NAME, text);
        }
        steps.note(operation, text);
    }

    /** Notes whether Windows gives a handle of the directory the name that it was opened by. */
    public void finalPath(String handle) {
        String opened = steps.neighbour().directory();
        long path = steps.memory(2L * PATH_UNITS);
        int units = steps.win32().getFinalPathNameByHandle(steps.handle(handle), path, PATH_UNITS, 0);
        byte[] name = new byte[2 * units];
        Memory.getBytes(path, name);
        String last = opened.substring(opened.lastIndexOf('\\') + 1);
        steps.note("the final path ends with the name", new String(name, StandardCharsets.UTF_16LE).endsWith(last));
        steps.note("it needs room for one more", steps.win32().getFinalPathNameByHandle(steps.handle(handle), path, 1,
                0) == units + 1);
    }

    // ---- changes

    private interface Change {
        void make() throws IOException;
    }

    private DirectorySteps other(Change change) {
        try {
            change.make();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    public DirectorySteps create(String... names) {
        return other(() -> {
            for (String name : names) {
                steps.neighbour().create(name);
            }
        });
    }

    public DirectorySteps createDirectory(String name) {
        return other(() -> steps.neighbour().createDirectory(name));
    }

    public DirectorySteps rename(String name, String newName) {
        return other(() -> steps.neighbour().rename(name, newName));
    }

    public DirectorySteps delete(String name) {
        return other(() -> steps.neighbour().delete(name));
    }

    public void deleteSelf() {
        other(steps.neighbour()::close);
    }
}
