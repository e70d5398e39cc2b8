/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;

import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** The steps of {@link Win32Steps} with files. */
public final class FileSteps {

    static final int READ_WRITE = WinConst.GENERIC_READ | WinConst.GENERIC_WRITE;
    static final int SHARED = WinConst.FILE_SHARE_READ | WinConst.FILE_SHARE_WRITE | WinConst.FILE_SHARE_DELETE;

    private final Win32Steps steps;
    /** Makes the names of a run its own. */
    private final String nonce = "netty-iocp-" + UUID.randomUUID() + '-';
    private long event;

    FileSteps(Win32Steps steps) {
        this.steps = steps;
    }

    private Win32 win32() {
        return steps.win32();
    }

    private String path(String name) {
        String temporary = System.getProperty("java.io.tmpdir");
        return temporary + (temporary.endsWith("\\") ? "" : "\\") + nonce + name;
    }

    // ---- files

    /** Opens a file, which is deleted with its last handle, and associates it with the port. */
    public int open(String handle, String name, int access, int share, int disposition) {
        long value = win32().createFile(steps.pipes().string(path(name)), access, share, 0, disposition,
                WinConst.FILE_FLAG_OVERLAPPED | WinConst.FILE_ATTRIBUTE_NORMAL | WinConst.FILE_FLAG_DELETE_ON_CLOSE);
        int error = steps.call("open " + handle, value == WinConst.INVALID_HANDLE_VALUE ? win32().lastError() : 0);
        if (error == 0) {
            steps.handle(handle, value);
            steps.associate(handle);
        }
        return error;
    }

    /** Reads, waits and notes the text. */
    public void read(String operation, String file, long position, int length) {
        Win32Steps.Operation begun = at(steps.begin(operation, file, steps.memory(Math.max(1, length)), length),
                position);
        int error = ended(begun, win32().readFile(steps.handle(file), begun.buffer, length, steps.cell(),
                begun.overlapped));
        if (error == 0) {
            steps.received(operation);
        }
    }

    /** Writes and waits. */
    public void write(String operation, String file, long position, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        Win32Steps.Operation begun = at(steps.begin(operation, file, steps.memory(bytes.length), bytes.length),
                position);
        Memory.putBytes(begun.buffer, bytes);
        if (ended(begun, win32().writeFile(steps.handle(file), begun.buffer, bytes.length, steps.cell(),
                begun.overlapped)) == 0) {
            steps.note(operation + " wrote", steps.transferred(operation));
        }
    }

    private static Win32Steps.Operation at(Win32Steps.Operation begun, long position) {
        Memory.putLong(begun.overlapped + Layout.OVERLAPPED_OFFSET, position);
        return begun;
    }

    /** The outcome, which may come from the call or by a packet. */
    private int ended(Win32Steps.Operation begun, int error) {
        int outcome = error == 0 || error == WinError.ERROR_IO_PENDING
                ? win32().rtlNtStatusToDosError(steps.await(begun.name)) : steps.refused(begun, error);
        return steps.call(begun.name, outcome);
    }

    /** Locks what nobody else has locked, without a packet. */
    public void lock(String operation, String file, long position, long size, int flags) {
        steps.call(operation, win32().lockFileEx(steps.handle(file), flags, (int) size, (int) (size >>> 32),
                withoutPacket(position)));
    }

    private long withoutPacket(long position) {
        if (event == 0) {
            event = win32().createEvent(1, 0);
            steps.handle("event of locks", event);
        }
        long overlapped = steps.memory(Layout.OVERLAPPED_SIZE);
        Memory.clear(overlapped, Layout.OVERLAPPED_SIZE);
        Memory.putLong(overlapped + Layout.OVERLAPPED_OFFSET, position);
        Memory.putLong(overlapped + Layout.OVERLAPPED_EVENT, event | 1);
        return overlapped;
    }

    /** Begins to lock; {@link Win32Steps#complete} waits for it. */
    public void beginLock(String operation, String file, long position, long size, int flags) {
        Win32Steps.Operation begun = at(steps.begin(operation, file, 0, 0), position);
        steps.began(begun, win32().lockFileEx(steps.handle(file), flags, (int) size, (int) (size >>> 32),
                begun.overlapped));
    }

    /** Unlocks, which is done when the call returns. */
    public void unlock(String file, long position, long size) {
        steps.call("UnlockFileEx " + file, win32().unlockFileEx(steps.handle(file), (int) size, (int) (size >>> 32),
                withoutPacket(position)));
    }

    public void size(String file) {
        long information = steps.memory(Layout.FILE_STANDARD_INFORMATION_SIZE);
        steps.note("NtQueryInformationFile " + file, Win32Steps.status(win32().ntQueryInformationFile(
                steps.handle(file), steps.memory(Layout.IO_STATUS_BLOCK_SIZE), information,
                Layout.FILE_STANDARD_INFORMATION_SIZE, WinConst.FILE_STANDARD_INFORMATION)));
        steps.note("size of " + file, Memory.getLong(information + Layout.FILE_STANDARD_INFORMATION_END_OF_FILE));
    }

    public void resize(String file, long size) {
        long information = steps.memory(Long.BYTES);
        Memory.putLong(information, size);
        steps.call("FILE_END_OF_FILE_INFO " + file + ' ' + size, win32().setFileInformationByHandle(
                steps.handle(file), WinConst.FILE_END_OF_FILE_INFO, information, Long.BYTES));
    }

    /** {@code FSCTL_SET_SPARSE}, whose outcome may come by a packet. */
    public void sparse(String file) {
        Win32Steps.Operation begun = steps.begin("FSCTL_SET_SPARSE", file, 0, 0);
        ended(begun, win32().deviceIoControl(steps.handle(file), WinConst.FSCTL_SET_SPARSE, 0, 0, 0, 0, steps.cell(),
                begun.overlapped));
    }
}
