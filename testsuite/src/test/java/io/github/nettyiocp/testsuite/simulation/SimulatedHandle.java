/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;

/**
 * A file object: what a handle leads to. It is associated with at most one port, for life, and only if it was opened
 * for overlapped I/O.
 */
abstract class SimulatedHandle {

    final SimulatedKernel kernel;
    /** Unlike the handle's value, never used again: names it in the log. */
    final int id;
    final boolean overlapped;
    /** The present value of the handle; {@code 0} once closed. */
    long value;
    boolean inheritable;
    /** How many handles other processes have of it. */
    int heldByOthers;
    private SimulatedPort port;
    private long key;
    private int modes;

    SimulatedHandle(SimulatedKernel kernel, boolean overlapped) {
        this.kernel = kernel;
        this.overlapped = overlapped;
        id = kernel.nextId();
    }

    final SimulatedPort port() {
        return port;
    }

    final long key() {
        return key;
    }

    final boolean isSkipOnSuccess() {
        return (modes & WinConst.FILE_SKIP_COMPLETION_PORT_ON_SUCCESS) != 0;
    }

    /** Associates it with a port; {@code false} if Windows refuses. */
    final boolean associate(SimulatedPort newPort, long newKey) {
        if (port != null || !overlapped) {
            return false;
        }
        if (hasOperations()) {
            kernel.violation("%s is associated with a port while operations on it are in flight", this);
        }
        port = newPort;
        key = newKey;
        return true;
    }

    void addModes(int flags) {
        modes |= flags;
    }

    /** An operation ended: queues its packet, if there is a port to queue it at. */
    final void completed(SimulatedOperation operation, int status, int bytes) {
        if (port == null || operation.isPacketSuppressed()) {
            operation.giveBack(status, bytes);
        } else {
            port.queue(new SimulatedPort.Packet(key, operation, operation.overlappedAddress(), status, bytes));
        }
        operation.signalEvent();
    }

    /**
     * Requests that operations are cancelled: one, or all if the address is {@code 0}. {@code false} if none is
     * there.
     */
    abstract boolean cancel(long overlappedAddress);

    /** Whether operations were begun that the driver has not ended, or whose packets were not queued yet. */
    boolean hasOperations() {
        return false;
    }

    /** The last handle is closed. The caller has taken the handle's value back already. */
    abstract void close();

    // ---- what files, pipes and devices can do; a Win32 error each

    int read(long buffer, int length, long transferred, long overlappedAddress) {
        return WinError.ERROR_INVALID_FUNCTION;
    }

    int write(long buffer, int length, long transferred, long overlappedAddress) {
        return WinError.ERROR_INVALID_FUNCTION;
    }

    int flush() {
        return WinError.ERROR_INVALID_FUNCTION;
    }

    /** {@code NtQueryInformationFile}: an {@code NTSTATUS}. */
    int queryInformation(int informationClass, long information, int length) {
        return NtStatus.STATUS_INVALID_PARAMETER;
    }

    /** {@code GetFileType}. */
    int fileType() {
        return WinConst.FILE_TYPE_UNKNOWN;
    }

    /** A status that a driver may give for an operation which our own close ended. */
    final int closeStatus() {
        if (!kernel.faults().happens(Faults.Kind.CLOSE_STATUS_VARIES)) {
            return NtStatus.STATUS_CANCELLED;
        }
        Integer[] statuses = { NtStatus.STATUS_LOCAL_DISCONNECT, NtStatus.STATUS_CONNECTION_ABORTED,
                NtStatus.STATUS_CONNECTION_DISCONNECTED, NtStatus.STATUS_REQUEST_ABORTED };
        return kernel.faults().dice().pick(statuses);
    }

    abstract String kind();

    @Override
    public String toString() {
        return kind() + ' ' + id;
    }
}
