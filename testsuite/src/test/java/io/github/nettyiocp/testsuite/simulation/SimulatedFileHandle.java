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

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A handle of a file: its operations, at once or by packets, in no order. A write that makes the file longer, and
 * everything of a compressed file, makes its caller wait. The bytes of a read are those of the moment when it ends; a
 * write has its effect then. Methods that are named after calls of {@code kernel32} return {@code 0}, {@link
 * WinError#ERROR_IO_PENDING} or another error.
 */
final class SimulatedFileHandle extends SimulatedHandle {

    private static final int[] UNKNOWN_STATUSES = { 0xC0000001, 0xC000009C, 0xC00000E9 };

    final SimulatedFile file;
    final int access;
    final int share;
    private final boolean deleteOnClose;
    private final List<Pending> pending = new ArrayList<>();
    private final List<SimulatedOperation> transmissions = new ArrayList<>();

    SimulatedFileHandle(SimulatedKernel kernel, SimulatedFile file, int access, int share, boolean overlapped,
                        boolean deleteOnClose) {
        super(kernel, overlapped);
        this.file = file;
        this.access = access;
        this.share = share;
        this.deleteOnClose = deleteOnClose;
    }

    static boolean reads(int access) {
        return (access & (WinConst.GENERIC_READ | WinConst.FILE_READ_DATA)) != 0;
    }

    static boolean writes(int access) {
        return (access & (WinConst.GENERIC_WRITE | WinConst.FILE_WRITE_DATA | WinConst.FILE_APPEND_DATA)) != 0;
    }

    static boolean onlyAppends(int access) {
        return (access & (WinConst.GENERIC_WRITE | WinConst.FILE_WRITE_DATA)) == 0;
    }

    static boolean isShared(int access, int share) {
        return (!reads(access) || (share & WinConst.FILE_SHARE_READ) != 0)
                && (!writes(access) || (share & WinConst.FILE_SHARE_WRITE) != 0);
    }

    /** What the file system does when an operation ends: a status, and the number of bytes. */
    private interface Effect {
        int apply(SimulatedOperation operation);
    }

    private final class Pending {
        private final SimulatedOperation operation;
        private final Effect effect;
        private int bytes;

        Pending(SimulatedOperation operation, Effect effect) {
            this.operation = operation;
            this.effect = effect;
        }

        void end(int status) {
            if (pending.remove(this)) {
                operation.ended(status, bytes);
            }
        }
    }

    @Override
    int read(long buffer, int length, long transferred, long overlappedAddress) {
        if (!reads(access)) {
            return WinError.ERROR_ACCESS_DENIED;
        }
        int error = check(buffer, length, transferred, overlappedAddress);
        if (error != 0) {
            return error;
        }
        long position = Memory.getLong(overlappedAddress + Layout.OVERLAPPED_OFFSET);
        if (position < 0) {
            return WinError.ERROR_INVALID_PARAMETER;
        }
        if (file.compressed) {
            kernel.blockingCall("ReadFile of a compressed file");
        }
        if (kernel.faults().happens(Faults.Kind.FILE_READ_FAILS_AT_ONCE)) {
            return WinError.ERROR_NO_SYSTEM_RESOURCES;
        }
        SimulatedOperation operation = new SimulatedOperation(this, SimulatedOperation.Kind.READ, overlappedAddress);
        operation.lendTarget("the buffer", buffer, length);
        return start(operation, op -> {
            if (file.isLockedFor(this, position, length, false)) {
                return NtStatus.STATUS_FILE_LOCK_CONFLICT;
            }
            if (position >= file.size()) {
                return NtStatus.STATUS_END_OF_FILE;
            }
            byte[] bytes = file.read(position, length);
            op.receive(bytes);
            return -bytes.length;
        }, transferred, Faults.Kind.FILE_READ_FAILS_LATER);
    }

    @Override
    int write(long buffer, int length, long transferred, long overlappedAddress) {
        if (!writes(access)) {
            return WinError.ERROR_ACCESS_DENIED;
        }
        int error = check(buffer, length, transferred, overlappedAddress);
        if (error != 0) {
            return error;
        }
        long asked = Memory.getLong(overlappedAddress + Layout.OVERLAPPED_OFFSET);
        boolean appends = asked == -1 || onlyAppends(access);
        if (asked < 0 && !appends) {
            return WinError.ERROR_INVALID_PARAMETER;
        }
        if (appends || asked + length > file.size() || file.compressed) {
            kernel.blockingCall("WriteFile that makes the file longer, or packs,");
        }
        if (kernel.faults().happens(Faults.Kind.FILE_WRITE_FAILS_AT_ONCE)) {
            return kernel.faults().dice().chance(0.5) ? WinError.ERROR_DISK_FULL : WinError.ERROR_NO_SYSTEM_RESOURCES;
        }
        byte[] data = NativeMemory.copy(buffer, length);
        SimulatedOperation operation = new SimulatedOperation(this, SimulatedOperation.Kind.WRITE, overlappedAddress);
        operation.lendSource("the data", buffer, length);
        return start(operation, op -> {
            long position = appends ? file.size() : asked;
            if (file.isLockedFor(this, position, length, true)) {
                return NtStatus.STATUS_FILE_LOCK_CONFLICT;
            }
            int written = !appends && length > 1 && kernel.faults().happens(Faults.Kind.FILE_WRITES_PART)
                    ? 1 + kernel.faults().dice().below(length - 1) : length;
            file.write(position, Arrays.copyOf(data, written));
            return -written;
        }, transferred, Faults.Kind.FILE_WRITE_FAILS_LATER);
    }

    private int check(long buffer, int length, long transferred, long overlappedAddress) {
        if (!overlapped) {
            throw new UnsupportedOperationException("synchronous files are not simulated");
        }
        if (overlappedAddress == 0 || length < 0) {
            return WinError.ERROR_INVALID_PARAMETER;
        }
        if (length > 0 && !kernel.memory().check(buffer, length, "the buffer of a file")
                || !kernel.memory().check(overlappedAddress, Layout.OVERLAPPED_SIZE, "the OVERLAPPED")
                || transferred != 0 && !kernel.memory().check(transferred, 4, "the number of bytes")) {
            return WinError.ERROR_NOACCESS;
        }
        if (transferred != 0) {
            Memory.putInt(transferred, kernel.faults().dice().below(1 << 20));
        }
        return SimulatedOperation.isEventValid(kernel, overlappedAddress) ? 0 : WinError.ERROR_INVALID_HANDLE;
    }

    /** Begins an operation, whose effect is minus the number of bytes, or a status of failure. */
    private int start(SimulatedOperation operation, Effect effect, long transferred, Faults.Kind later) {
        Pending request = new Pending(operation, effect);
        if (kernel.faults().happens(Faults.Kind.PEND_THOUGH_READY)) {
            long delay = kernel.faults().happens(Faults.Kind.SLOW_COMPLETION) ? kernel.slowDelay()
                    : kernel.completionDelay();
            pend(request, delay, kernel.faults().happens(later));
            return WinError.ERROR_IO_PENDING;
        }
        int outcome = effect.apply(operation);
        // An end of the file that is known at once needs no packet; it may have one all the same.
        if (NtStatus.isError(outcome) && !isBytes(outcome)) {
            if (kernel.faults().happens(Faults.Kind.FILE_END_PENDS)) {
                pending.add(request);
                kernel.schedule().after(kernel.completionDelay(), () -> request.end(outcome));
                return WinError.ERROR_IO_PENDING;
            }
            operation.refused();
            return DosErrors.of(outcome);
        }
        int bytes = -outcome;
        if (transferred != 0) {
            Memory.putInt(transferred, bytes);
        }
        return succeeded(operation, bytes);
    }

    /** It succeeds at once. */
    private int succeeded(SimulatedOperation operation, int bytes) {
        if (isSkipOnSuccess() && port() != null && !operation.isPacketSuppressed()) {
            operation.endedInline(bytes);
        } else {
            operation.ended(NtStatus.STATUS_SUCCESS, bytes);
        }
        return 0;
    }

    /** Statuses of failure are far below any number of bytes. */
    private static boolean isBytes(int outcome) {
        return outcome <= 0 && outcome > -(1 << 29);
    }

    private void pend(Pending request, long delay, boolean fails) {
        pending.add(request);
        kernel.schedule().after(delay, () -> {
            if (!pending.contains(request)) {
                return;
            }
            if (fails) {
                Dice dice = kernel.faults().dice();
                request.end(dice.pick(new Integer[] { NtStatus.STATUS_INSUFFICIENT_RESOURCES,
                        NtStatus.STATUS_DISK_FULL, UNKNOWN_STATUSES[dice.below(UNKNOWN_STATUSES.length)] }));
                return;
            }
            int outcome = request.effect.apply(request.operation);
            if (isBytes(outcome)) {
                request.bytes = -outcome;
                request.end(NtStatus.STATUS_SUCCESS);
            } else {
                request.end(outcome);
            }
        });
    }

    // ---- locks

    int lock(int flags, long size, long overlappedAddress) {
        int error = check(0, 0, 0, overlappedAddress);
        if (error != 0) {
            return error;
        }
        long position = Memory.getLong(overlappedAddress + Layout.OVERLAPPED_OFFSET);
        boolean shared = (flags & WinConst.LOCKFILE_EXCLUSIVE_LOCK) == 0;
        if (position < 0 || size <= 0 || !(shared ? reads(access) || writes(access) : writes(access))) {
            return position < 0 ? WinError.ERROR_INVALID_PARAMETER : WinError.ERROR_ACCESS_DENIED;
        }
        SimulatedOperation operation = new SimulatedOperation(this, SimulatedOperation.Kind.LOCK, overlappedAddress);
        Effect effect = op -> {
            if (file.isTaken(position, size, shared)) {
                return DosErrors.STATUS_LOCK_NOT_GRANTED;
            }
            file.locks.add(new SimulatedFile.Lock(this, position, size, shared));
            return 0;
        };
        int outcome = effect.apply(operation);
        if (outcome == 0) {
            return succeeded(operation, 0);
        }
        if ((flags & WinConst.LOCKFILE_FAIL_IMMEDIATELY) != 0) {
            operation.refused();
            return WinError.ERROR_LOCK_VIOLATION;
        }
        Pending request = new Pending(operation, effect);
        pending.add(request);
        return WinError.ERROR_IO_PENDING;
    }

    int unlock(long size, long overlappedAddress) {
        int error = check(0, 0, 0, overlappedAddress);
        if (error != 0) {
            return error;
        }
        long position = Memory.getLong(overlappedAddress + Layout.OVERLAPPED_OFFSET);
        if (!file.locks.removeIf(lock -> lock.owner() == this && lock.position() == position
                && lock.size() == size)) {
            return DosErrors.of(DosErrors.STATUS_RANGE_NOT_LOCKED);
        }
        retryLocks();
        return 0;
    }

    /** Something was unlocked: whoever waits for a lock has it now, or goes on waiting. */
    private void retryLocks() {
        for (SimulatedFileHandle handle : new ArrayList<>(file.handles)) {
            for (Pending request : new ArrayList<>(handle.pending)) {
                if (request.operation.kind == SimulatedOperation.Kind.LOCK
                        && request.effect.apply(request.operation) == 0) {
                    request.end(NtStatus.STATUS_SUCCESS);
                }
            }
        }
    }

    /** {@code FSCTL_SET_SPARSE}: what was never written takes no place anyway. */
    int setSparse(long transferred, long overlappedAddress) {
        int error = check(0, 0, transferred, overlappedAddress);
        if (error != 0) {
            return error;
        }
        if (!writes(access)) {
            return WinError.ERROR_ACCESS_DENIED;
        }
        return succeeded(new SimulatedOperation(this, SimulatedOperation.Kind.CONTROL, overlappedAddress), 0);
    }

    // ---- what waits

    @Override
    int flush() {
        kernel.blockingCall("FlushFileBuffers");
        if (!writes(access)) {
            return WinError.ERROR_ACCESS_DENIED;
        }
        if (kernel.faults().happens(Faults.Kind.FILE_IS_SLOW)) {
            kernel.sleep(kernel.slowDelay());
        }
        return kernel.faults().happens(Faults.Kind.FLUSH_FAILS) ? WinError.ERROR_NO_SYSTEM_RESOURCES : 0;
    }

    int setInformation(int informationClass, long information, int length) {
        kernel.blockingCall("SetFileInformationByHandle");
        if (informationClass != WinConst.FILE_END_OF_FILE_INFO || length != Long.BYTES) {
            return WinError.ERROR_INVALID_PARAMETER;
        }
        if (!writes(access) || onlyAppends(access)) {
            return WinError.ERROR_ACCESS_DENIED;
        }
        kernel.memory().check(information, length, "the new end of a file");
        if (Memory.getLong(information) < 0) {
            return WinError.ERROR_INVALID_PARAMETER;
        }
        if (kernel.faults().happens(Faults.Kind.FILE_WRITE_FAILS_AT_ONCE)) {
            return WinError.ERROR_DISK_FULL;
        }
        file.resize(Memory.getLong(information));
        return 0;
    }

    @Override
    int queryInformation(int informationClass, long information, int length) {
        switch (informationClass) {
            case WinConst.FILE_STANDARD_INFORMATION:
                kernel.memory().check(information, Layout.FILE_STANDARD_INFORMATION_SIZE, "the information");
                Memory.clear(information, Layout.FILE_STANDARD_INFORMATION_SIZE);
                Memory.putLong(information + Layout.FILE_STANDARD_INFORMATION_END_OF_FILE, file.size());
                return NtStatus.STATUS_SUCCESS;
            case WinConst.FILE_BASIC_INFORMATION:
                kernel.memory().check(information, Layout.FILE_BASIC_INFORMATION_SIZE, "the information");
                Memory.clear(information, Layout.FILE_BASIC_INFORMATION_SIZE);
                Memory.putInt(information + Layout.FILE_BASIC_INFORMATION_ATTRIBUTES, file.compressed
                        ? WinConst.FILE_ATTRIBUTE_COMPRESSED : WinConst.FILE_ATTRIBUTE_NORMAL);
                return NtStatus.STATUS_SUCCESS;
            default:
                return NtStatus.STATUS_INVALID_INFO_CLASS;
        }
    }

    @Override
    int fileType() {
        return WinConst.FILE_TYPE_DISK;
    }

    // ---- what sockets send of it

    void transmitting(SimulatedOperation operation) {
        transmissions.add(operation);
        kernel.files().transmitting(1);
    }

    void transmitted(SimulatedOperation operation) {
        transmissions.remove(operation);
        kernel.files().transmitting(-1);
    }

    // ---- the end

    @Override
    boolean hasOperations() {
        return !pending.isEmpty();
    }

    @Override
    boolean cancel(long overlappedAddress) {
        boolean found = false;
        for (Pending request : new ArrayList<>(pending)) {
            if (overlappedAddress != 0 && request.operation.overlappedAddress() != overlappedAddress) {
                continue;
            }
            found = true;
            boolean lock = request.operation.kind == SimulatedOperation.Kind.LOCK;
            if (!lock && kernel.faults().happens(Faults.Kind.CANCEL_IS_IGNORED)) {
                continue;
            }
            if (kernel.faults().happens(Faults.Kind.CANCEL_IS_SLOW)) {
                kernel.schedule().after(kernel.slowDelay(), () -> request.end(NtStatus.STATUS_CANCELLED));
            } else {
                request.end(NtStatus.STATUS_CANCELLED);
            }
        }
        return found;
    }

    @Override
    void close() {
        if (!pending.isEmpty()) {
            kernel.violation("%s is closed with operations in flight: %s", this, pending.get(0).operation);
        }
        if (!transmissions.isEmpty()) {
            kernel.violation("%s is closed while a socket sends it: %s", this, transmissions.get(0));
        }
        for (Pending request : new ArrayList<>(pending)) {
            request.end(NtStatus.STATUS_CANCELLED);
        }
        file.handles.remove(this);
        if (file.locks.removeIf(lock -> lock.owner() == this)) {
            retryLocks();
        }
        file.deletePending |= deleteOnClose;
        if (file.deletePending && file.handles.isEmpty()) {
            kernel.files().delete(file);
        }
    }

    @Override
    String kind() {
        return "file";
    }
}
