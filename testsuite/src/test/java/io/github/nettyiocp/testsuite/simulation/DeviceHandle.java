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
import io.github.nettyiocp.internal.WinError;

import java.util.ArrayList;
import java.util.List;

/**
 * A handle of what a driver offers that is no file and no pipe: operations that end by themselves, by a cancellation,
 * or with the device, in no order. Nothing is synchronous here: who opens such a handle without
 * {@code FILE_FLAG_OVERLAPPED} can't use it.
 */
abstract class DeviceHandle extends SimulatedHandle {

    /** The driver has them. */
    private final List<SimulatedOperation> pending = new ArrayList<>();
    /** They are done, and their packets are on the way. */
    private final List<SimulatedOperation> ending = new ArrayList<>();

    DeviceHandle(SimulatedKernel kernel, boolean overlapped) {
        super(kernel, overlapped);
    }

    /** Looks at the arguments of a call; a Win32 error. */
    final int check(long buffer, int length, long transferred, long overlappedAddress) {
        if (!overlapped) {
            kernel.violation("%s is used, and is synchronous", this);
            return WinError.ERROR_INVALID_PARAMETER;
        }
        if (overlappedAddress == 0 || length < 0) {
            return WinError.ERROR_INVALID_PARAMETER;
        }
        if (length > 0 && !kernel.memory().check(buffer, length, "the buffer of " + this)
                || !kernel.memory().check(overlappedAddress, Layout.OVERLAPPED_SIZE, "the OVERLAPPED")
                || transferred != 0 && !kernel.memory().check(transferred, 4, "the number of bytes")) {
            return WinError.ERROR_NOACCESS;
        }
        if (transferred != 0) {
            Memory.putInt(transferred, kernel.faults().dice().below(1 << 20));
        }
        return SimulatedOperation.isEventValid(kernel, overlappedAddress) ? 0 : WinError.ERROR_INVALID_HANDLE;
    }

    /** {@code DeviceIoControl}. */
    int control(int code, long in, int inLength, long out, int outLength, long transferred, long overlappedAddress) {
        return WinError.ERROR_INVALID_FUNCTION;
    }

    // ---- operations

    /** The driver keeps an operation; what the call says of it. It may fail by itself. */
    final int pend(SimulatedOperation operation) {
        pending.add(operation);
        if (kernel.faults().happens(Faults.Kind.DEVICE_FAILS_LATER)) {
            kernel.schedule().after(kernel.slowDelay(), () -> withdraw(operation,
                    NtStatus.STATUS_INSUFFICIENT_RESOURCES));
        }
        return WinError.ERROR_IO_PENDING;
    }

    final boolean isPending(SimulatedOperation operation) {
        return pending.contains(operation);
    }

    /** The operation could be done within the call; what the call says, which may be that it pends all the same. */
    final int endAtOnce(SimulatedOperation operation, int bytes, long transferred) {
        if (kernel.faults().happens(Faults.Kind.PEND_THOUGH_READY)) {
            finish(operation, NtStatus.STATUS_SUCCESS, bytes, kernel.completionDelay());
            return WinError.ERROR_IO_PENDING;
        }
        if (transferred != 0) {
            Memory.putInt(transferred, bytes);
        }
        if (isSkipOnSuccess() && port() != null && !operation.isPacketSuppressed()) {
            operation.endedInline(bytes);
        } else {
            operation.ended(NtStatus.STATUS_SUCCESS, bytes);
        }
        return 0;
    }

    /** A pending operation is done. */
    final void end(SimulatedOperation operation, int status, int bytes) {
        if (pending.remove(operation)) {
            finish(operation, status, bytes, kernel.faults().happens(Faults.Kind.SLOW_COMPLETION)
                    ? kernel.slowDelay() : 0);
        }
    }

    private void finish(SimulatedOperation operation, int status, int bytes, long delay) {
        if (delay == 0) {
            operation.ended(status, bytes);
            return;
        }
        ending.add(operation);
        kernel.schedule().after(delay, () -> {
            ending.remove(operation);
            operation.ended(status, bytes);
        });
    }

    /** A pending operation ends without having been done. */
    final void withdraw(SimulatedOperation operation, int status) {
        if (pending.remove(operation)) {
            withdrawn(operation);
            operation.ended(status, 0);
        }
    }

    /** All pending operations end without having been done, each by one of these statuses. */
    final void withdrawAll(Integer... statuses) {
        for (SimulatedOperation operation : new ArrayList<>(pending)) {
            withdraw(operation, kernel.faults().dice().pick(statuses));
        }
    }

    /** An operation is no longer pending, and was not done. */
    abstract void withdrawn(SimulatedOperation operation);

    @Override
    final boolean hasOperations() {
        return !pending.isEmpty() || !ending.isEmpty();
    }

    @Override
    final boolean cancel(long overlappedAddress) {
        boolean found = false;
        for (SimulatedOperation operation : new ArrayList<>(pending)) {
            if (overlappedAddress != 0 && operation.overlappedAddress() != overlappedAddress) {
                continue;
            }
            found = true;
            if (operation.cancelRequested || kernel.faults().happens(Faults.Kind.CANCEL_IS_IGNORED)) {
                continue;
            }
            operation.cancelRequested = true;
            if (kernel.faults().happens(Faults.Kind.CANCEL_IS_SLOW)) {
                kernel.schedule().after(kernel.slowDelay(), () -> withdraw(operation, NtStatus.STATUS_CANCELLED));
            } else {
                withdraw(operation, NtStatus.STATUS_CANCELLED);
            }
        }
        return found;
    }

    /** Closing a handle ends what pends on it. */
    @Override
    void close() {
        for (SimulatedOperation operation : new ArrayList<>(pending)) {
            withdraw(operation, closeStatus());
        }
    }
}
