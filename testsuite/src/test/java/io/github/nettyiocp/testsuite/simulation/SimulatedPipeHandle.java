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

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A handle of an end of a pipe: operations on it, when they end, and what is refused. Methods that are named after
 * calls of {@code kernel32} return {@code 0}, {@link WinError#ERROR_IO_PENDING} or another error.
 */
final class SimulatedPipeHandle extends SimulatedHandle {

    private static final int[] UNKNOWN_STATUSES = { 0xC0000001, 0xC0ABC123, 0xC00000E9 };
    private static final int LOCAL_INFORMATION_SIZE = 40;
    private static final int ERROR_PIPE_LOCAL = 229;

    final PipeEnd end;
    private final List<Pending> pending = new ArrayList<>();
    /** What is done, but its packet is still on its way. */
    private final List<SimulatedOperation> ending = new ArrayList<>();
    private long lastReadEnd;
    private long lastWriteEnd;

    SimulatedPipeHandle(SimulatedKernel kernel, PipeEnd end, boolean overlapped) {
        super(kernel, overlapped);
        this.end = end;
    }

    @Override
    String kind() {
        return end.isServer ? "server pipe" : "client pipe";
    }

    @Override
    int fileType() {
        return WinConst.FILE_TYPE_PIPE;
    }

    /** An operation that waits in the driver. */
    private final class Pending implements PipeQueue.Request {
        private final SimulatedOperation operation;

        Pending(SimulatedOperation operation) {
            this.operation = operation;
        }

        @Override
        public void ended(int status, int bytes, byte[] data) {
            pending.remove(this);
            operation.receive(data);
            finish(operation, status, bytes);
        }
    }

    // ---- operations

    @Override
    int read(long buffer, int length, long transferred, long overlappedAddress) {
        if (!end.may(WinConst.FILE_READ_DATA)) {
            return WinError.ERROR_ACCESS_DENIED;
        }
        if (length < 0 || length > 0 && !kernel.memory().check(buffer, length, "the buffer of a read")) {
            return WinError.ERROR_NOACCESS;
        }
        if (!overlapped) {
            return readSynchronously(buffer, length, transferred, overlappedAddress);
        }
        int error = checkOverlapped(transferred, overlappedAddress);
        if (error != 0) {
            return error;
        }
        if (kernel.faults().happens(Faults.Kind.PIPE_READ_FAILS_AT_ONCE)) {
            return failure();
        }
        SimulatedOperation operation = new SimulatedOperation(this, SimulatedOperation.Kind.READ, overlappedAddress);
        if (length > 0) {
            operation.lendTarget("the buffer", buffer, length);
        }
        Pending request = new Pending(operation);
        PipeQueue.Result result = end.read(length, request);
        operation.receive(result.data());
        return started(operation, request, result, transferred, Faults.Kind.PIPE_READ_FAILS_LATER);
    }

    @Override
    int write(long buffer, int length, long transferred, long overlappedAddress) {
        if (!end.may(WinConst.FILE_WRITE_DATA)) {
            return WinError.ERROR_ACCESS_DENIED;
        }
        if (length < 0 || length > 0 && !kernel.memory().check(buffer, length, "the data of a write")) {
            return WinError.ERROR_NOACCESS;
        }
        byte[] data = length == 0 ? new byte[0] : NativeMemory.copy(buffer, length);
        if (!overlapped) {
            return writeSynchronously(data, transferred, overlappedAddress);
        }
        int error = checkOverlapped(transferred, overlappedAddress);
        if (error != 0) {
            return error;
        }
        if (kernel.faults().happens(Faults.Kind.PIPE_WRITE_FAILS_AT_ONCE)) {
            return failure();
        }
        SimulatedOperation operation = new SimulatedOperation(this, SimulatedOperation.Kind.WRITE, overlappedAddress);
        if (length > 0) {
            operation.lendSource("the data", buffer, length);
        }
        Pending request = new Pending(operation);
        PipeQueue.Result result = end.write(data, kernel.threads().token(), request);
        if (length == 0 && end.instance() != null && !end.instance().pipe.messageType
                && kernel.faults().happens(Faults.Kind.EMPTY_WRITE_WAKES)) {
            end.instance().writeQueue(end).wakeReader();
        }
        return started(operation, request, result, transferred, Faults.Kind.PIPE_WRITE_FAILS_LATER);
    }

    /** {@code ConnectNamedPipe}. */
    int connect(long overlappedAddress) {
        if (!overlapped) {
            return connectSynchronously();
        }
        int error = checkOverlapped(0, overlappedAddress);
        if (error != 0) {
            return error;
        }
        if (kernel.faults().happens(Faults.Kind.LISTEN_FAILS)) {
            return failure();
        }
        SimulatedOperation operation = new SimulatedOperation(this, SimulatedOperation.Kind.LISTEN, overlappedAddress);
        Pending request = new Pending(operation);
        int status = end.listen(request);
        if (status == NtStatus.STATUS_PENDING) {
            pending.add(request);
            failLater(request, Faults.Kind.LISTEN_FAILS_LATER);
            return WinError.ERROR_IO_PENDING;
        }
        operation.refused();
        return DosErrors.of(status);
    }

    private int checkOverlapped(long transferred, long overlappedAddress) {
        if (overlappedAddress == 0) {
            return WinError.ERROR_INVALID_PARAMETER;
        }
        if (!kernel.memory().check(overlappedAddress, Layout.OVERLAPPED_SIZE, "the OVERLAPPED")
                || transferred != 0 && !kernel.memory().check(transferred, 4, "the number of bytes")) {
            return WinError.ERROR_NOACCESS;
        }
        if (transferred != 0) {
            // What is left there when the call doesn't succeed at once is worth nothing.
            Memory.putInt(transferred, kernel.faults().dice().below(1 << 20));
        }
        return SimulatedOperation.isEventValid(kernel, overlappedAddress) ? 0 : WinError.ERROR_INVALID_HANDLE;
    }

    private int failure() {
        return kernel.faults().dice().pick(new Integer[] { WinError.ERROR_NO_SYSTEM_RESOURCES,
                WinError.ERROR_NOT_ENOUGH_MEMORY, WinError.ERROR_NOT_ENOUGH_QUOTA });
    }

    /** The driver answered a read or a write. */
    private int started(SimulatedOperation operation, Pending request, PipeQueue.Result result, long transferred,
                        Faults.Kind later) {
        if (result.isPending()) {
            pending.add(request);
            failLater(request, later);
            return WinError.ERROR_IO_PENDING;
        }
        boolean warningWithPacket = isSkipOnSuccess() && port() != null
                && result.status() == NtStatus.STATUS_BUFFER_OVERFLOW;
        if (warningWithPacket || kernel.faults().happens(NtStatus.isError(result.status())
                ? Faults.Kind.PIPE_ERROR_PENDS : Faults.Kind.PEND_THOUGH_READY)) {
            // A part of a message is no success that could be skipped: since Windows 8 it pends instead.
            finish(operation, result.status(), result.bytes(), warningWithPacket ? 0 : kernel.completionDelay());
            return WinError.ERROR_IO_PENDING;
        }
        if (NtStatus.isError(result.status())) {
            operation.refused();
            return DosErrors.of(result.status());
        }
        if (transferred != 0) {
            Memory.putInt(transferred, result.bytes());
        }
        kernel.log("%s on %s %d is done at once: %d bytes", operation.kind, kind(), id, result.bytes());
        if (isSkipOnSuccess() && port() != null) {
            operation.endedInline(result.bytes());
        } else {
            finish(operation, result.status(), result.bytes());
        }
        return DosErrors.of(result.status());
    }

    private void finish(SimulatedOperation operation, int status, int bytes) {
        finish(operation, status, bytes, 0);
    }

    /** The operation is done; its packet follows after a while, in the order of its kind. */
    private void finish(SimulatedOperation operation, int status, int bytes, long least) {
        long delay = kernel.faults().happens(Faults.Kind.SLOW_COMPLETION) ? kernel.slowDelay() : 0;
        long time = kernel.schedule().now() + Math.max(least, delay);
        if (operation.kind == SimulatedOperation.Kind.READ) {
            time = lastReadEnd = Math.max(lastReadEnd, time);
        } else if (operation.kind == SimulatedOperation.Kind.WRITE) {
            time = lastWriteEnd = Math.max(lastWriteEnd, time);
        }
        if (time <= kernel.schedule().now()) {
            operation.ended(status, bytes);
            return;
        }
        ending.add(operation);
        kernel.schedule().at(time, () -> {
            ending.remove(operation);
            operation.ended(status, bytes);
        });
    }

    private void failLater(Pending request, Faults.Kind kind) {
        if (!kernel.faults().happens(kind)) {
            return;
        }
        Dice dice = kernel.faults().dice();
        int status = dice.pick(new Integer[] { NtStatus.STATUS_INSUFFICIENT_RESOURCES,
                NtStatus.STATUS_NETWORK_NAME_DELETED, UNKNOWN_STATUSES[dice.below(UNKNOWN_STATUSES.length)] });
        kernel.schedule().after(dice.nanosBetween(1_000, 20_000_000), () -> withdraw(request, status));
    }

    private void withdraw(Pending request, int status) {
        if (end.withdraw(request)) {
            request.ended(status, 0, null);
        }
    }

    @Override
    boolean hasOperations() {
        return !pending.isEmpty() || !ending.isEmpty();
    }

    @Override
    boolean cancel(long overlappedAddress) {
        boolean found = false;
        for (Pending request : new ArrayList<>(pending)) {
            if (overlappedAddress != 0 && request.operation.overlappedAddress() != overlappedAddress) {
                continue;
            }
            found = true;
            if (request.operation.cancelRequested) {
                continue;
            }
            request.operation.cancelRequested = true;
            if (kernel.faults().happens(Faults.Kind.CANCEL_IS_IGNORED)
                    || kernel.faults().happens(Faults.Kind.CANCEL_IS_SLOW)) {
                kernel.schedule().after(kernel.slowDelay(), () -> withdraw(request, NtStatus.STATUS_CANCELLED));
            } else {
                withdraw(request, NtStatus.STATUS_CANCELLED);
            }
        }
        if (found) {
            return true;
        }
        for (SimulatedOperation operation : ending) {
            if (overlappedAddress == 0 || operation.overlappedAddress() == overlappedAddress) {
                return kernel.faults().dice().chance(0.5);
            }
        }
        return false;
    }

    // ---- calls that wait

    /** A call that blocks its thread until the driver has done it. */
    private final class Blocked implements PipeQueue.Request {
        private PipeQueue.Result result;

        @Override
        public void ended(int status, int bytes, byte[] data) {
            result = new PipeQueue.Result(status, bytes, data);
            kernel.changed();
        }

        /** Waits for the end, or for who cancels it. */
        PipeQueue.Result await(PipeQueue.Result atOnce, String what) {
            if (!atOnce.isPending()) {
                return atOnce;
            }
            kernel.blockingCall(what);
            if (!kernel.threads().block(() -> result != null, Long.MAX_VALUE) && end.withdraw(this)) {
                return PipeQueue.Result.of(NtStatus.STATUS_CANCELLED);
            }
            if (result == null) {
                // Cancelled, but not by us any more: the other end did something at the same moment.
                kernel.await(() -> result != null, Long.MAX_VALUE);
            }
            return result;
        }
    }

    private int readSynchronously(long buffer, int length, long transferred, long overlappedAddress) {
        checkSynchronous(overlappedAddress);
        Blocked request = new Blocked();
        PipeQueue.Result result = request.await(end.read(length, request), "ReadFile of a synchronous handle");
        if (result.data() != null) {
            NativeMemory.write(buffer, result.data(), 0, result.data().length);
        }
        return synchronousResult(result, transferred);
    }

    private int writeSynchronously(byte[] data, long transferred, long overlappedAddress) {
        checkSynchronous(overlappedAddress);
        Blocked request = new Blocked();
        return synchronousResult(request.await(end.write(data, kernel.threads().token(), request),
                "WriteFile of a synchronous handle"), transferred);
    }

    private int connectSynchronously() {
        Blocked request = new Blocked();
        return DosErrors.of(request.await(PipeQueue.Result.of(end.listen(request)),
                "ConnectNamedPipe of a synchronous handle").status());
    }

    private void checkSynchronous(long overlappedAddress) {
        if (overlappedAddress != 0) {
            kernel.violation("an OVERLAPPED for %s, which is synchronous", this);
        }
    }

    private int synchronousResult(PipeQueue.Result result, long transferred) {
        if (transferred != 0 && kernel.memory().check(transferred, 4, "the number of bytes")) {
            Memory.putInt(transferred, result.bytes());
        }
        return DosErrors.of(result.status());
    }

    @Override
    int flush() {
        if (kernel.faults().happens(Faults.Kind.FLUSH_FAILS)) {
            return WinError.ERROR_NO_SYSTEM_RESOURCES;
        }
        kernel.blockingCall("FlushFileBuffers of a pipe");
        Blocked request = new Blocked();
        return DosErrors.of(request.await(PipeQueue.Result.of(end.flush(request)), "FlushFileBuffers").status());
    }

    // ---- queries

    /** {@code PeekNamedPipe}. */
    int peek(long buffer, int size, long read, long available, long left) {
        if (!end.may(WinConst.FILE_READ_DATA)) {
            return WinError.ERROR_ACCESS_DENIED;
        }
        PipeInstance instance = end.instance();
        if (instance == null) {
            return WinError.ERROR_PIPE_NOT_CONNECTED;
        }
        PipeQueue queue = instance.readQueue(end);
        if (instance.state() == PipeInstance.State.CLOSING && queue.isEmpty()) {
            return WinError.ERROR_BROKEN_PIPE;
        }
        if (instance.state() == PipeInstance.State.LISTENING
                || instance.state() == PipeInstance.State.DISCONNECTED) {
            return WinError.ERROR_BAD_PIPE;
        }
        PipeQueue.Peek peek = queue.peek(buffer == 0 ? 0 : size, instance.pipe.messageType);
        if (peek.data().length > 0) {
            NativeMemory.write(buffer, peek.data(), 0, peek.data().length);
        }
        put(read, peek.data().length);
        put(available, peek.available());
        put(left, peek.leftInMessage());
        return 0;
    }

    private void put(long address, int number) {
        if (address != 0 && kernel.memory().check(address, 4, "a number")) {
            Memory.putInt(address, number);
        }
    }

    /** {@code GetNamedPipeInfo}. */
    int info(long flags, long outQuota, long inQuota, long maxInstances) {
        int error = checkQuery();
        if (error != 0) {
            return error;
        }
        PipeInstance instance = end.instance();
        put(flags, (end.isServer ? WinConst.PIPE_SERVER_END : 0)
                | (instance.pipe.messageType ? WinConst.PIPE_TYPE_MESSAGE : 0));
        put(outQuota, instance.writeQueue(end).quota());
        put(inQuota, instance.readQueue(end).quota());
        put(maxInstances, instance.pipe.maxInstances);
        return 0;
    }

    private int quota(PipeInstance instance, boolean outbound) {
        return (outbound == end.isServer ? instance.writeQueue(end) : instance.readQueue(end)).quota();
    }

    private int checkQuery() {
        if (!end.may(WinConst.FILE_READ_ATTRIBUTES)) {
            return WinError.ERROR_ACCESS_DENIED;
        }
        return end.instance() == null ? WinError.ERROR_PIPE_NOT_CONNECTED
                : kernel.faults().happens(Faults.Kind.QUERY_FAILS) ? WinError.ERROR_NO_SYSTEM_RESOURCES : 0;
    }

    /** {@code GetNamedPipeHandleStateW}. */
    int state(long state, long instances, long maxCollectionCount, long collectDataTimeout, long userName) {
        if (maxCollectionCount != 0 || collectDataTimeout != 0) {
            return WinError.ERROR_INVALID_PARAMETER;
        }
        if (userName != 0) {
            kernel.violation("GetNamedPipeHandleStateW for the user's name, which is not simulated");
        }
        int error = checkQuery();
        if (error == 0) {
            put(state, end.readsMessages() ? WinConst.PIPE_READMODE_MESSAGE : 0);
            put(instances, end.instance().pipe.instanceCount());
        }
        return error;
    }

    /** {@code SetNamedPipeHandleState}. */
    int setState(long mode, long maxCollectionCount, long collectDataTimeout) {
        if (maxCollectionCount != 0 || collectDataTimeout != 0) {
            return WinError.ERROR_INVALID_PARAMETER;
        }
        if (mode == 0) {
            return 0;
        }
        if (!kernel.memory().check(mode, 4, "the mode")
                || (Memory.getInt(mode) & ~WinConst.PIPE_READMODE_MESSAGE) != 0) {
            return WinError.ERROR_INVALID_PARAMETER;
        }
        if (kernel.faults().happens(Faults.Kind.QUERY_FAILS)) {
            return WinError.ERROR_NO_SYSTEM_RESOURCES;
        }
        return DosErrors.of(end.readMode(Memory.getInt(mode) == WinConst.PIPE_READMODE_MESSAGE));
    }

    /** {@code GetNamedPipe(Client|Server)(Process|Session)Id}. */
    int peerId(boolean ofClient, boolean session, long id) {
        PipeInstance instance = end.instance();
        SimulatedProcess process = instance == null ? null : !ofClient ? instance.pipe.creator
                : instance.clientProcess();
        if (process == null) {
            return WinError.ERROR_PIPE_NOT_CONNECTED;
        }
        if (kernel.faults().happens(Faults.Kind.QUERY_FAILS)) {
            return WinError.ERROR_NO_SYSTEM_RESOURCES;
        }
        put(id, session ? process.session : process.id);
        return 0;
    }

    /** {@code GetNamedPipeClientComputerNameW}: fails for a client of the same machine, as Windows does. */
    int clientComputer(long name, int size) {
        PipeInstance instance = end.instance();
        if (instance == null || instance.clientProcess() == null) {
            return WinError.ERROR_PIPE_NOT_CONNECTED;
        }
        if (!instance.isClientRemote()) {
            return ERROR_PIPE_LOCAL;
        }
        byte[] text = (SimulatedKernel.COMPUTER_NAME + '\0').getBytes(StandardCharsets.UTF_16LE);
        if (size < text.length) {
            return WinError.ERROR_INSUFFICIENT_BUFFER;
        }
        NativeMemory.write(name, text, 0, text.length);
        return 0;
    }

    /** {@code FilePipeLocalInformation}, the only class of information about pipes that is simulated. */
    @Override
    int queryInformation(int informationClass, long information, int length) {
        if (informationClass != WinConst.FILE_PIPE_LOCAL_INFORMATION) {
            return NtStatus.STATUS_INVALID_PARAMETER;
        }
        if (length < LOCAL_INFORMATION_SIZE) {
            return DosErrors.STATUS_INFO_LENGTH_MISMATCH;
        }
        if (!end.may(WinConst.FILE_READ_ATTRIBUTES)) {
            return NtStatus.STATUS_ACCESS_DENIED;
        }
        PipeInstance instance = end.instance();
        if (instance == null) {
            return NtStatus.STATUS_PIPE_DISCONNECTED;
        }
        if (kernel.faults().happens(Faults.Kind.QUERY_FAILS)) {
            return NtStatus.STATUS_INSUFFICIENT_RESOURCES;
        }
        kernel.memory().check(information, LOCAL_INFORMATION_SIZE, "the FILE_PIPE_LOCAL_INFORMATION");
        PipeQueue writes = instance.writeQueue(end);
        int[] fields = { instance.pipe.messageType ? 1 : 0, instance.pipe.direction - 1,
                instance.pipe.maxInstances == SimulatedPipe.UNLIMITED ? -1 : instance.pipe.maxInstances,
                instance.pipe.instanceCount(), quota(instance, false), instance.readQueue(end).available(),
                quota(instance, true), writes.quota() - writes.charged(), instance.state().number(),
                end.isServer ? 1 : 0 };
        for (int i = 0; i < fields.length; i++) {
            Memory.putInt(information + 4L * i, fields[i]);
        }
        return NtStatus.STATUS_SUCCESS;
    }

    // ---- the end

    /**
     * Closes the handle. What was written stays readable. Operations whose packets would go to a port, and that have no
     * event, are cancelled, which Windows does since Vista when a process closes its last handle: what is left of a
     * write that pends is lost. A write of another kind goes on.
     */
    @Override
    void close() {
        for (Pending request : new ArrayList<>(pending)) {
            if (request.operation.kind != SimulatedOperation.Kind.LISTEN) {
                kernel.closedInFlight(this, request.operation.kind == SimulatedOperation.Kind.READ);
            }
            if (port() != null && !request.operation.hasEvent()) {
                withdraw(request, closeStatus());
            }
        }
        end.close();
    }
}
