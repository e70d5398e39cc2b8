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

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A handle of a directory, as {@code FsRtlNotify...} keeps it: a buffer of the kernel, whose size, filter and depth the
 * first read fixes, for what changes while no read waits; what doesn't fit there is lost, all that was in it too, and
 * the next read says so.
 */
final class SimulatedDirectoryHandle extends SimulatedHandle {

    private static final int MAX_REMOTE_BUFFER = 64 * 1024;
    private static final int GARBAGE = 0xCC;

    private final SimulatedDirectory directory;
    private final boolean listable;
    /** Bytes of the kernel's buffer; {@code 0} before the first read. */
    private int capacity;
    private int filter;
    private boolean subtree;
    private boolean extended;
    private final List<Change> changes = new ArrayList<>();
    private int bytes;
    private boolean overflowed;
    private SimulatedOperation pending;
    private final List<SimulatedOperation> ending = new ArrayList<>();
    private long lastEnd;

    /** A record in the kernel's buffer. */
    private record Change(int action, String name) {
    }

    SimulatedDirectoryHandle(SimulatedKernel kernel, SimulatedDirectory directory, boolean listable,
                             boolean overlapped) {
        super(kernel, overlapped);
        this.directory = directory;
        this.listable = listable;
        directory.watched(this);
    }

    @Override
    String kind() {
        return "directory";
    }

    @Override
    int fileType() {
        return WinConst.FILE_TYPE_DISK;
    }

    String path() {
        return directory.path;
    }

    @Override
    int queryInformation(int informationClass, long information, int length) {
        if (informationClass != WinConst.FILE_STANDARD_INFORMATION
                || length < Layout.FILE_STANDARD_INFORMATION_SIZE) {
            return NtStatus.STATUS_INVALID_PARAMETER;
        }
        kernel.memory().check(information, length, "the FILE_STANDARD_INFORMATION");
        Memory.putByte(information + Layout.FILE_STANDARD_INFORMATION_DELETE_PENDING, directory.isDeleted() ? 1 : 0);
        Memory.putByte(information + Layout.FILE_STANDARD_INFORMATION_DIRECTORY, 1);
        return NtStatus.STATUS_SUCCESS;
    }

    // ---- the call

    int readChanges(long buffer, int length, boolean below, int flags, long overlappedAddress, boolean details) {
        if (!overlapped) {
            kernel.violation("%s is read for changes, and is synchronous", this);
        }
        if (!listable) {
            return WinError.ERROR_ACCESS_DENIED;
        }
        if ((buffer & (details ? 7 : 3)) != 0) {
            kernel.violation("the buffer for the changes of %s is not aligned", this);
            return WinError.ERROR_NOACCESS;
        }
        if (flags == 0 || length <= 0 || directory.remote && length > MAX_REMOTE_BUFFER) {
            return WinError.ERROR_INVALID_PARAMETER;
        }
        if (details && !directory.detailed) {
            return kernel.faults().dice().pick(new Integer[] { WinError.ERROR_INVALID_FUNCTION,
                    WinError.ERROR_NOT_SUPPORTED, WinError.ERROR_INVALID_PARAMETER });
        }
        if (directory.isDeleted()) {
            return WinError.ERROR_ACCESS_DENIED;
        }
        if (!kernel.memory().check(buffer, length, "the buffer for changes")
                || !kernel.memory().check(overlappedAddress, Layout.OVERLAPPED_SIZE, "the OVERLAPPED")) {
            return WinError.ERROR_NOACCESS;
        }
        if (kernel.faults().happens(Faults.Kind.NOTIFY_FAILS_AT_ONCE)) {
            return WinError.ERROR_NO_SYSTEM_RESOURCES;
        }
        if (pending != null) {
            kernel.violation("%s has a read for changes already", this);
        }
        if (capacity == 0) {
            capacity = length;
            filter = flags;
            subtree = below;
        }
        extended = details;
        if (overflowed && kernel.faults().happens(Faults.Kind.OVERFLOW_AT_ONCE)) {
            overflowed = false;
            return WinError.ERROR_NOTIFY_ENUM_DIR;
        }
        SimulatedOperation operation = new SimulatedOperation(this, SimulatedOperation.Kind.NOTIFY,
                overlappedAddress);
        operation.lendTarget("the buffer", buffer, length);
        pending = operation;
        if (overflowed || !changes.isEmpty()) {
            complete();
        } else {
            endLater(operation, Faults.Kind.NOTIFY_FAILS_LATER, NtStatus.STATUS_INSUFFICIENT_RESOURCES);
            endLater(operation, Faults.Kind.NOTIFY_IS_CANCELLED, NtStatus.STATUS_CANCELLED);
        }
        // TRUE says no more than that it began.
        return kernel.faults().happens(Faults.Kind.PEND_THOUGH_READY) ? WinError.ERROR_IO_PENDING : 0;
    }

    private void endLater(SimulatedOperation operation, Faults.Kind kind, int status) {
        if (kernel.faults().happens(kind)) {
            kernel.schedule().after(kernel.slowDelay(), () -> withdraw(operation, status));
        }
    }

    private void withdraw(SimulatedOperation operation, int status) {
        if (pending == operation) {
            pending = null;
            finish(operation, status, 0);
        }
    }

    // ---- changes

    void changed(int action, String name, int change) {
        if (capacity == 0 || (filter & change) == 0 || !subtree && SimulatedDirectory.isBelow(name) || overflowed) {
            return;
        }
        int size = size(name);
        if (bytes + size > capacity || kernel.faults().happens(Faults.Kind.NOTIFY_OVERFLOWS)) {
            kernel.log("the buffer of %s overflows", this);
            overflowed = true;
            changes.clear();
            bytes = 0;
        } else {
            changes.add(new Change(action, name));
            bytes += size;
        }
        // Both names of a rename come together, if there is room for both.
        if (pending != null && (overflowed || action != WinConst.FILE_ACTION_RENAMED_OLD_NAME
                || kernel.faults().happens(Faults.Kind.RENAME_IN_TWO))) {
            complete();
        } else if (pending != null) {
            SimulatedOperation waiting = pending;
            kernel.schedule().after(1, () -> {
                if (pending == waiting && !changes.isEmpty()) {
                    complete();
                }
            });
        }
    }

    void directoryDeleted() {
        if (pending != null) {
            withdraw(pending, NtStatus.STATUS_DELETE_PENDING);
        }
    }

    private int nameAt() {
        return extended ? Layout.FILE_NOTIFY_EXTENDED_INFORMATION_FILE_NAME
                : Layout.FILE_NOTIFY_INFORMATION_FILE_NAME;
    }

    private int size(String name) {
        int alignment = extended ? 8 : 4;
        return nameAt() + 2 * name.length() + alignment - 1 & -alignment;
    }

    private void complete() {
        SimulatedOperation operation = pending;
        pending = null;
        if (overflowed) {
            overflowed = false;
            finish(operation, kernel.faults().dice().chance(0.5) ? NtStatus.STATUS_NOTIFY_ENUM_DIR
                    : NtStatus.STATUS_SUCCESS, 0);
            return;
        }
        byte[] records = records();
        changes.clear();
        bytes = 0;
        operation.receive(records);
        finish(operation, NtStatus.STATUS_SUCCESS, records.length);
    }

    private byte[] records() {
        ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        java.util.Arrays.fill(buffer.array(), (byte) GARBAGE);
        int at = 0;
        for (int i = 0; i < changes.size(); i++) {
            Change change = changes.get(i);
            byte[] name = change.name.getBytes(StandardCharsets.UTF_16LE);
            buffer.putInt(at, i + 1 < changes.size() ? size(change.name) : 0);
            buffer.putInt(at + Layout.FILE_NOTIFY_INFORMATION_ACTION, change.action);
            buffer.putInt(at + (extended ? Layout.FILE_NOTIFY_EXTENDED_INFORMATION_FILE_NAME_LENGTH
                    : Layout.FILE_NOTIFY_INFORMATION_FILE_NAME_LENGTH), name.length);
            buffer.put(at + nameAt(), name);
            at += size(change.name);
        }
        return buffer.array();
    }

    /** The read is done; its packet follows after a while. */
    private void finish(SimulatedOperation operation, int status, int count) {
        long delay = kernel.faults().happens(Faults.Kind.SLOW_COMPLETION) ? kernel.slowDelay() : 0;
        long time = lastEnd = Math.max(lastEnd, kernel.schedule().now() + delay);
        if (time <= kernel.schedule().now()) {
            operation.ended(status, count);
            return;
        }
        ending.add(operation);
        kernel.schedule().at(time, () -> {
            ending.remove(operation);
            operation.ended(status, count);
        });
    }

    // ---- cancel and close

    @Override
    boolean hasOperations() {
        return pending != null || !ending.isEmpty();
    }

    @Override
    boolean cancel(long overlappedAddress) {
        SimulatedOperation operation = pending;
        if (operation != null && (overlappedAddress == 0 || operation.overlappedAddress() == overlappedAddress)) {
            if (!operation.cancelRequested) {
                operation.cancelRequested = true;
                if (kernel.faults().happens(Faults.Kind.CANCEL_IS_SLOW)) {
                    kernel.schedule().after(kernel.slowDelay(),
                            () -> withdraw(operation, NtStatus.STATUS_CANCELLED));
                } else {
                    withdraw(operation, NtStatus.STATUS_CANCELLED);
                }
            }
            return true;
        }
        return false;
    }

    @Override
    void close() {
        directory.watchedNoMore(this);
        if (pending != null) {
            withdraw(pending, NtStatus.STATUS_NOTIFY_CLEANUP);
        }
    }
}
