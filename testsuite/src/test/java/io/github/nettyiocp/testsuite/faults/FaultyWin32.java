/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.faults;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import io.netty.util.collection.LongObjectHashMap;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/**
 * Makes the real calls, but lets happen what seldom happens on a quiet machine: {@link FaultKind}. Everything that it
 * does Windows may do.
 *
 * <p>Packets are held back here, each for a while of its own, and leave in the order of their time. The loop's wait is
 * shortened so that it ends when the next one is due. What is said to be pending although it succeeded at once gets a
 * packet from here. An operation is known by the address of its {@code OVERLAPPED} from its call to the delivery of its
 * packet.
 *
 * <p>An instance that made a port belongs to the loop of that port, and its operations and packets to the loop's
 * thread. Overlapped calls by other instances go through unchanged.
 */
final class FaultyWin32 extends ForwardingWin32 {

    private static final int ENTRIES = 64;
    private static final int MAX_BUFFERS = 1025;
    private static final long NANOS_PER_MILLI = TimeUnit.MILLISECONDS.toNanos(1);
    /** What a close by ourselves may give instead of {@code STATUS_CANCELLED}. */
    private static final int[] CLOSE_STATUSES = { NtStatus.STATUS_LOCAL_DISCONNECT,
        NtStatus.STATUS_NETWORK_NAME_DELETED, NtStatus.STATUS_CONNECTION_ABORTED };

    private enum Call { RECEIVE, SEND, ACCEPT, CONNECT, OTHER }

    private enum State { DEFERRED, KERNEL, HELD }

    private final FaultyWin32Access access;
    private final SplittableRandom dice;
    private final LongObjectHashMap<FaultyHandle> handles = new LongObjectHashMap<>();
    /** From the call to the delivery of the packet, by the address of the {@code OVERLAPPED}. */
    private final LongObjectHashMap<Pending> pending = new LongObjectHashMap<>();
    private final PriorityQueue<Packet> held = new PriorityQueue<>(
            Comparator.comparingLong(Packet::due).thenComparingLong(Packet::number));
    private final PriorityQueue<Task> tasks = new PriorityQueue<>(Comparator.comparingLong(Task::due));
    private final MemorySegment memory = Arena.ofAuto().allocate(
            (long) Layout.OVERLAPPED_ENTRY_SIZE * (ENTRIES + 1) + (long) Layout.WSABUF_SIZE * (MAX_BUFFERS + 1), 16);
    private final long entries = memory.address();
    /** A {@code ULONG} for the count of entries, one for the bytes and one for the flags of a call. */
    private final long removed = entries + (long) Layout.OVERLAPPED_ENTRY_SIZE * ENTRIES;
    private final long transferred = removed + Integer.BYTES;
    private final long flagsCell = transferred + Integer.BYTES;
    private final long array = removed + Layout.OVERLAPPED_ENTRY_SIZE;

    private long port;
    private int injectedError;
    private long sequence;
    private long lastDelivered;
    private long lastRawDue = System.nanoTime();

    FaultyWin32(FaultyWin32Access access, Win32 real, long seed) {
        super(real);
        this.access = access;
        dice = new SplittableRandom(seed);
    }

    // ---- the dice

    private boolean happens(FaultKind kind) {
        double probability = access.probability(kind);
        if (probability == 0 || dice.nextDouble() >= probability) {
            return false;
        }
        access.happened(kind);
        return true;
    }

    /** Mostly less than 5 ms, seldom up to 30; short ones are as likely as long ones. */
    private long delay() {
        double millis = dice.nextInt(50) == 0 ? 5 + 25 * dice.nextDouble() : Math.exp(-3 + 4.6 * dice.nextDouble());
        return (long) (millis * NANOS_PER_MILLI);
    }

    private int pick(int... choices) {
        return choices[dice.nextInt(choices.length)];
    }

    @Override
    public int lastError() {
        return injectedError != 0 ? injectedError : super.lastError();
    }

    // ---- memory

    @Override
    public long virtualAlloc(long address, long size, int allocationType, int protect) {
        injectedError = 0;
        if (allocationType == WinConst.MEM_COMMIT && happens(FaultKind.COMMIT_FAILS)) {
            injectedError = WinError.ERROR_NOT_ENOUGH_MEMORY;
            return 0;
        }
        long allocated = super.virtualAlloc(address, size, allocationType, protect);
        if (allocated != 0 && (allocationType & WinConst.MEM_RESERVE) != 0) {
            access.reservation(1);
        }
        return allocated;
    }

    @Override
    public int virtualFree(long address, long size, int freeType) {
        int error = super.virtualFree(address, size, freeType);
        if (error == 0 && freeType == WinConst.MEM_RELEASE) {
            access.reservation(-1);
        }
        return error;
    }

    // ---- handles

    @Override
    public long createIoCompletionPort(long handle, long existingPort, long key, int concurrency) {
        injectedError = 0;
        if (existingPort == 0) {
            long made = super.createIoCompletionPort(handle, 0, key, concurrency);
            if (made != 0) {
                port = made;
                access.port(1);
            }
            return made;
        }
        if (happens(FaultKind.ASSOCIATE_FAILS)) {
            injectedError = WinError.ERROR_NO_SYSTEM_RESOURCES;
            return 0;
        }
        long result = super.createIoCompletionPort(handle, existingPort, key, concurrency);
        if (result != 0 && existingPort == port) {
            FaultyHandle associated = new FaultyHandle(handle, key, kindOf(handle));
            handles.put(handle, associated);
            access.associated(handle, associated);
        }
        return result;
    }

    private FaultyHandle.Kind kindOf(long handle) {
        Memory.putInt(removed, Integer.BYTES);
        if (super.getsockopt(handle, WinConst.SOL_SOCKET, WinConst.SO_TYPE, transferred, removed) == 0) {
            return Memory.getInt(transferred) == WinConst.SOCK_STREAM ? FaultyHandle.Kind.STREAM_SOCKET
                    : FaultyHandle.Kind.DATAGRAM_SOCKET;
        }
        if (super.getFileType(handle) == WinConst.FILE_TYPE_PIPE
                && super.getNamedPipeInfo(handle, transferred, 0, 0, 0) == 0) {
            return (Memory.getInt(transferred) & WinConst.PIPE_TYPE_MESSAGE) == 0 ? FaultyHandle.Kind.BYTE_PIPE
                    : FaultyHandle.Kind.MESSAGE_PIPE;
        }
        return FaultyHandle.Kind.OTHER;
    }

    @Override
    public int setFileCompletionNotificationModes(long handle, int flags) {
        if (happens(FaultKind.MODES_FAIL)) {
            return WinError.ERROR_NO_SYSTEM_RESOURCES;
        }
        int error = super.setFileCompletionNotificationModes(handle, flags);
        FaultyHandle associated = handles.get(handle);
        if (error == 0 && associated != null) {
            // Can never be cleared.
            associated.skipOnSuccess |= (flags & WinConst.FILE_SKIP_COMPLETION_PORT_ON_SUCCESS) != 0;
        }
        return error;
    }

    @Override
    public int closeHandle(long handle) {
        closing(handle);
        boolean own = handle == port && port != 0;
        if (own) {
            access.lost(pending.size());
            pending.clear();
            held.clear();
            tasks.clear();
            port = 0;
        }
        int error = super.closeHandle(handle);
        if (error == 0) {
            if (own) {
                access.port(-1);
            } else {
                access.handle(-1);
            }
        }
        return error;
    }

    @Override
    public int closesocket(long socket) {
        closing(socket);
        int error = super.closesocket(socket);
        if (error == 0) {
            access.socket(-1);
        }
        return error;
    }

    /** Before the call: after it the value may be somebody else's. */
    private void closing(long value) {
        access.closing(value);
        FaultyHandle handle = port == 0 ? null : handles.remove(value);
        if (handle != null) {
            handle.closed = true;
            for (Pending operation : operationsOf(handle)) {
                if (operation.state == State.DEFERRED) {
                    hold(operation, NtStatus.STATUS_CANCELLED, 0, delay());
                }
            }
        }
    }

    private List<Pending> operationsOf(FaultyHandle handle) {
        List<Pending> operations = new ArrayList<>();
        for (Pending operation : pending.values()) {
            if (operation.handle == handle) {
                operations.add(operation);
            }
        }
        return operations;
    }

    @Override
    public int cancelIoEx(long handle, long overlapped) {
        Pending operation = port == 0 ? null : pending.get(overlapped);
        if (operation == null || operation.handle.value != handle) {
            return super.cancelIoEx(handle, overlapped);
        }
        switch (operation.state) {
            case DEFERRED:
                hold(operation, NtStatus.STATUS_CANCELLED, 0, delay());
                return 0;
            case HELD:
                return happens(FaultKind.CANCEL_RACE) ? 0 : WinError.ERROR_NOT_FOUND;
            default:
                if (happens(FaultKind.LATE_CANCEL)) {
                    later(delay(), () -> cancel(operation));
                    return 0;
                }
                return super.cancelIoEx(handle, overlapped);
        }
    }

    /** Cancels it if the kernel still has it: its address and its handle can't be somebody else's then. */
    private void cancel(Pending operation) {
        if (operation.state == State.KERNEL && !operation.handle.closed) {
            super.cancelIoEx(operation.handle.value, operation.overlapped);
        }
    }

    // ---- the port

    @Override
    public int postQueuedCompletionStatus(long target, int bytes, long key, long overlapped) {
        return happens(FaultKind.POST_REFUSED) ? WinError.ERROR_NO_SYSTEM_RESOURCES
                : super.postQueuedCompletionStatus(target, bytes, key, overlapped);
    }

    @Override
    public int getQueuedCompletionStatusEx(long from, long target, int count, long targetCount, int millis) {
        if (from != port || port == 0) {
            return super.getQueuedCompletionStatusEx(from, target, count, targetCount, millis);
        }
        long start = System.nanoTime();
        long limit = millis * NANOS_PER_MILLI;
        if (millis > 1 && happens(FaultKind.EARLY_TIMEOUT)) {
            limit = (long) (limit * dice.nextDouble());
        }
        int batch = happens(FaultKind.SHORT_BATCH) ? 1 + dice.nextInt(Math.min(count, 3)) : count;
        for (;;) {
            runTasks();
            long spent = System.nanoTime() - start;
            long left = millis == WinConst.INFINITE ? Long.MAX_VALUE : Math.max(0, limit - spent);
            int error = super.getQueuedCompletionStatusEx(from, entries, Math.min(count, ENTRIES), removed,
                    toMillis(Math.min(left, nanosToNext())));
            if (error == 0) {
                take(Memory.getInt(removed));
            } else if (error != WinError.WAIT_TIMEOUT) {
                return error;
            }
            int delivered = deliver(target, batch);
            if (delivered > 0) {
                Memory.putInt(targetCount, delivered);
                return 0;
            }
            if (left == 0 || millis != WinConst.INFINITE && System.nanoTime() - start >= limit) {
                return WinError.WAIT_TIMEOUT;
            }
        }
    }

    /** Rounded up. */
    private static int toMillis(long nanos) {
        return nanos == Long.MAX_VALUE ? WinConst.INFINITE
                : (int) Math.min(Integer.MAX_VALUE, (nanos + NANOS_PER_MILLI - 1) / NANOS_PER_MILLI);
    }

    /** Until a packet or a task is due. */
    private long nanosToNext() {
        long now = System.nanoTime();
        long next = Long.MAX_VALUE;
        if (!held.isEmpty()) {
            next = Math.max(0, held.peek().due - now);
        }
        if (!tasks.isEmpty()) {
            next = Math.min(next, Math.max(0, tasks.peek().due - now));
        }
        return next;
    }

    private void runTasks() {
        long now = System.nanoTime();
        while (!tasks.isEmpty() && tasks.peek().due - now <= 0) {
            tasks.poll().action.run();
        }
    }

    private void later(long delay, Runnable action) {
        tasks.add(new Task(System.nanoTime() + delay, action));
    }

    /** Takes over what came from the real port. */
    private void take(int count) {
        for (int i = 0; i < count; i++) {
            long entry = entries + (long) i * Layout.OVERLAPPED_ENTRY_SIZE;
            long key = Memory.getLong(entry + Layout.OVERLAPPED_ENTRY_KEY);
            long overlapped = Memory.getLong(entry + Layout.OVERLAPPED_ENTRY_OVERLAPPED);
            int status = (int) Memory.getLong(entry + Layout.OVERLAPPED_ENTRY_INTERNAL);
            int bytes = Memory.getInt(entry + Layout.OVERLAPPED_ENTRY_BYTES);
            long delay = happens(FaultKind.DELAYED) ? delay() : 0;
            Pending operation = pending.get(overlapped);
            if (operation != null && operation.state == State.KERNEL && operation.handle.key == key) {
                completed(operation, status, bytes, delay);
            } else {
                // Posted by somebody: packets that were posted keep their order.
                lastRawDue = Math.max(lastRawDue, System.nanoTime() + delay);
                held.add(new Packet(lastRawDue, sequence++, key, overlapped, status, bytes, null));
            }
        }
    }

    private void completed(Pending operation, int status, int bytes, long delay) {
        FaultyHandle handle = operation.handle;
        int outcome = status;
        if (NtStatus.isError(status)) {
            if (handle.reset && status == NtStatus.STATUS_CANCELLED) {
                outcome = resetStatus(handle);
            } else if (handle.closed && happens(FaultKind.CLOSE_STATUS)) {
                outcome = pick(CLOSE_STATUSES);
            }
        } else if (!handle.closed && operation.call != Call.OTHER && !operation.succeeded
                && happens(FaultKind.RESET)) {
            outcome = reset(operation);
        }
        hold(operation, outcome, bytes, delay);
    }

    /** The connection ends here: what came with this packet is lost, and all that follows fails. */
    private int reset(Pending operation) {
        FaultyHandle handle = operation.handle;
        switch (operation.call) {
            case ACCEPT:
                // Concerns the connection alone, not the listener.
                return pick(NtStatus.STATUS_CONNECTION_RESET, NtStatus.STATUS_REMOTE_DISCONNECT);
            case CONNECT:
                return pick(NtStatus.STATUS_CONNECTION_REFUSED, NtStatus.STATUS_IO_TIMEOUT,
                        NtStatus.STATUS_HOST_UNREACHABLE);
            default:
                handle.reset = true;
                for (Pending other : operationsOf(handle)) {
                    if (other != operation && other.state == State.KERNEL) {
                        cancel(other);
                    } else if (other.state == State.DEFERRED) {
                        hold(other, resetStatus(handle), 0, delay());
                    }
                }
                return resetStatus(handle);
        }
    }

    /** What an operation fails with whose connection has ended: no status that says "end of the data". */
    private int resetStatus(FaultyHandle handle) {
        return handle.kind.isPipe() ? NtStatus.STATUS_NETWORK_NAME_DELETED
                : pick(NtStatus.STATUS_CONNECTION_RESET, NtStatus.STATUS_CONNECTION_ABORTED);
    }

    /** What a call fails with at once whose connection has ended. */
    private static int resetError(FaultyHandle handle) {
        return handle.kind.isPipe() ? WinError.ERROR_NETNAME_DELETED : WinError.WSAECONNRESET;
    }

    private void hold(Pending operation, int status, int bytes, long delay) {
        FaultyHandle handle = operation.handle;
        operation.state = State.HELD;
        long due = System.nanoTime() + delay;
        if (handle.kind == FaultyHandle.Kind.DATAGRAM_SOCKET) {
            due = Math.max(due, handle.lastDue);
            handle.lastDue = due;
        }
        int count = NtStatus.isError(status) && happens(FaultKind.GARBAGE_BYTES) ? dice.nextInt(1 << 20) : bytes;
        held.add(new Packet(due, sequence++, handle.key, operation.overlapped, status, count, operation));
    }

    private int deliver(long target, int limit) {
        long now = System.nanoTime();
        int count = 0;
        while (count < limit && !held.isEmpty() && held.peek().due - now <= 0) {
            Packet packet = held.peek();
            if (packet.stale && count > 0) {
                // First in a batch or not at all: what precedes it might submit an operation with this address.
                break;
            }
            held.poll();
            if (packet.stale) {
                if (pending.containsKey(packet.overlapped)) {
                    continue;
                }
                access.happened(FaultKind.STALE_PACKET);
            } else if (packet.operation != null) {
                pending.remove(packet.overlapped);
            }
            if (packet.number < lastDelivered) {
                access.happened(FaultKind.REORDERED);
            }
            lastDelivered = Math.max(lastDelivered, packet.number);
            long entry = target + (long) count++ * Layout.OVERLAPPED_ENTRY_SIZE;
            Memory.putLong(entry + Layout.OVERLAPPED_ENTRY_KEY, packet.key);
            Memory.putLong(entry + Layout.OVERLAPPED_ENTRY_OVERLAPPED, packet.overlapped);
            Memory.putLong(entry + Layout.OVERLAPPED_ENTRY_INTERNAL, packet.status & 0xffffffffL);
            Memory.putInt(entry + Layout.OVERLAPPED_ENTRY_BYTES, packet.bytes);
        }
        return count;
    }

    // ---- overlapped calls

    /** What is said of a call that was made. */
    private int started(FaultyHandle handle, Call call, long overlapped, long bytes, int error) {
        if (handle == null) {
            return error;
        }
        if (error == 0 && handle.skipOnSuccess) {
            if (happens(FaultKind.PENDING)) {
                hold(add(handle, call, overlapped, State.KERNEL), NtStatus.STATUS_SUCCESS, Memory.getInt(bytes),
                        delay());
                return WinError.ERROR_IO_PENDING;
            }
            if (happens(FaultKind.STATUS_STAYS_PENDING)) {
                Memory.putLong(overlapped + Layout.OVERLAPPED_INTERNAL, NtStatus.STATUS_PENDING);
            }
            double stale = access.probability(FaultKind.STALE_PACKET);
            if (stale > 0 && dice.nextDouble() < stale) {
                // Counted when it is delivered.
                Packet packet = new Packet(System.nanoTime() + delay(), sequence++, handle.key, overlapped,
                        NtStatus.STATUS_SUCCESS, Memory.getInt(bytes), null);
                packet.stale = true;
                held.add(packet);
            }
            return 0;
        }
        if (error == 0) {
            Pending operation = add(handle, call, overlapped, State.KERNEL);
            operation.succeeded = !happens(FaultKind.PENDING);
            return operation.succeeded ? 0 : WinError.ERROR_IO_PENDING;
        }
        if (error == WinError.ERROR_IO_PENDING
                || error == WinError.WSAEMSGSIZE && call == Call.OTHER
                || error == WinError.ERROR_MORE_DATA && call == Call.RECEIVE && handle.kind.isPipe()) {
            Pending operation = add(handle, call, overlapped, State.KERNEL);
            if (happens(FaultKind.CANCELLED)) {
                later(delay(), () -> cancel(operation));
            }
        }
        return error;
    }

    private Pending add(FaultyHandle handle, Call call, long overlapped, State state) {
        Pending operation = new Pending(handle, call, overlapped, state);
        if (pending.put(overlapped, operation) != null) {
            throw new IllegalStateException("OVERLAPPED 0x" + Long.toHexString(overlapped) + " is in flight already");
        }
        return operation;
    }

    private FaultyHandle handle(long value) {
        return port == 0 ? null : handles.get(value);
    }

    @Override
    public int wsaRecv(long socket, long buffers, int bufferCount, long bytes, long flags, long overlapped) {
        FaultyHandle handle = handle(socket);
        if (handle == null || handle.kind != FaultyHandle.Kind.STREAM_SOCKET) {
            return started(handle, Call.OTHER, overlapped, bytes,
                    super.wsaRecv(socket, buffers, bufferCount, bytes, flags, overlapped));
        }
        if (handle.reset) {
            return resetError(handle);
        }
        if (happens(FaultKind.RECEIVE_FAILS)) {
            return fails(handle);
        }
        long from = buffers;
        int length = Memory.getInt(buffers + Layout.WSABUF_LEN);
        if (bufferCount == 1 && length > 1 && happens(FaultKind.SHORT_RECEIVE)) {
            from = array;
            Memory.putInt(array + Layout.WSABUF_LEN, shorter(length));
            Memory.putLong(array + Layout.WSABUF_BUF, Memory.getLong(buffers + Layout.WSABUF_BUF));
        }
        if (happens(FaultKind.DEFERRED)) {
            int flagBits = Memory.getInt(flags);
            deferSocketCall(handle, Call.RECEIVE, from, bufferCount, overlapped, () -> {
                Memory.putInt(flagsCell, flagBits);
                return super.wsaRecv(socket, array, bufferCount, transferred, flagsCell, overlapped);
            });
            return WinError.ERROR_IO_PENDING;
        }
        return started(handle, Call.RECEIVE, overlapped, bytes,
                super.wsaRecv(socket, from, bufferCount, bytes, flags, overlapped));
    }

    @Override
    public int wsaSend(long socket, long buffers, int bufferCount, long bytes, int flags, long overlapped) {
        FaultyHandle handle = handle(socket);
        if (handle == null || handle.kind != FaultyHandle.Kind.STREAM_SOCKET) {
            return started(handle, Call.OTHER, overlapped, bytes,
                    super.wsaSend(socket, buffers, bufferCount, bytes, flags, overlapped));
        }
        if (handle.reset) {
            return resetError(handle);
        }
        if (happens(FaultKind.SEND_FAILS)) {
            return fails(handle);
        }
        if (total(buffers, bufferCount) > 1 << 16 && happens(FaultKind.SEND_TOO_LARGE)) {
            return WinError.WSAENOBUFS;
        }
        if (bufferCount <= MAX_BUFFERS && happens(FaultKind.DEFERRED)) {
            deferSocketCall(handle, Call.SEND, buffers, bufferCount, overlapped, () ->
                    super.wsaSend(socket, array, bufferCount, transferred, flags, overlapped));
            return WinError.ERROR_IO_PENDING;
        }
        return started(handle, Call.SEND, overlapped, bytes,
                super.wsaSend(socket, buffers, bufferCount, bytes, flags, overlapped));
    }

    private static long total(long buffers, int bufferCount) {
        long total = 0;
        for (int i = 0; i < bufferCount; i++) {
            total += Integer.toUnsignedLong(Memory.getInt(buffers + (long) i * Layout.WSABUF_SIZE
                    + Layout.WSABUF_LEN));
        }
        return total;
    }

    private int shorter(int length) {
        int shorter = (int) Math.exp(Math.log(length) * dice.nextDouble());
        return Math.max(1, Math.min(length - 1, shorter));
    }

    private int fails(FaultyHandle handle) {
        int error = handle.kind.isPipe() ? pick(WinError.ERROR_NO_SYSTEM_RESOURCES, WinError.ERROR_NETNAME_DELETED)
                : pick(WinError.WSAENOBUFS, WinError.WSAECONNRESET, WinError.WSAECONNABORTED);
        handle.reset |= error != WinError.WSAENOBUFS && error != WinError.ERROR_NO_SYSTEM_RESOURCES;
        return error;
    }

    /** Windows copies the array of buffers, so it is copied here. */
    private void deferSocketCall(FaultyHandle handle, Call call, long buffers, int count, long overlapped,
                                 IntSupplier real) {
        byte[] copy = new byte[count * Layout.WSABUF_SIZE];
        Memory.getBytes(buffers, copy);
        defer(handle, call, overlapped, () -> {
            Memory.putBytes(array, copy);
            return real.getAsInt();
        });
    }

    /** Makes the call later. */
    private void defer(FaultyHandle handle, Call call, long overlapped, IntSupplier real) {
        Pending operation = add(handle, call, overlapped, State.DEFERRED);
        operation.deferred = real;
        later(delay(), () -> startDeferred(operation));
    }

    private void startDeferred(Pending operation) {
        if (operation.state != State.DEFERRED) {
            return;
        }
        FaultyHandle handle = operation.handle;
        if (handle.closed) {
            hold(operation, NtStatus.STATUS_CANCELLED, 0, 0);
            return;
        }
        Memory.putInt(transferred, 0);
        int error = operation.deferred.getAsInt();
        operation.deferred = null;
        operation.state = State.KERNEL;
        if (error == 0) {
            if (handle.skipOnSuccess) {
                hold(operation, NtStatus.STATUS_SUCCESS, Memory.getInt(transferred), 0);
            }
        } else if (error != WinError.ERROR_IO_PENDING && error != WinError.ERROR_MORE_DATA) {
            // A failure of what is pending comes by its packet.
            hold(operation, statusOf(error), 0, 0);
        }
    }

    private static int statusOf(int error) {
        switch (error) {
            case WinError.WSAECONNRESET:
                return NtStatus.STATUS_CONNECTION_RESET;
            case WinError.WSAECONNABORTED:
                return NtStatus.STATUS_CONNECTION_ABORTED;
            case WinError.WSAESHUTDOWN:
                return NtStatus.STATUS_PIPE_DISCONNECTED;
            case WinError.WSAENOTCONN:
                return NtStatus.STATUS_INVALID_CONNECTION;
            case WinError.WSAENOBUFS:
                return NtStatus.STATUS_INSUFFICIENT_RESOURCES;
            case WinError.ERROR_BROKEN_PIPE:
                return NtStatus.STATUS_PIPE_BROKEN;
            case WinError.ERROR_PIPE_NOT_CONNECTED:
                return NtStatus.STATUS_PIPE_DISCONNECTED;
            case WinError.ERROR_NO_DATA:
                return NtStatus.STATUS_PIPE_CLOSING;
            default:
                return NtStatus.ofError(error);
        }
    }

    /** What was to be sent goes ahead of the end, and a receive that pends began before it. */
    @Override
    public int shutdown(long socket, int how) {
        FaultyHandle handle = handle(socket);
        if (handle != null) {
            for (Pending operation : operationsOf(handle)) {
                startDeferred(operation);
            }
        }
        return super.shutdown(socket, how);
    }

    @Override
    public int wsaRecvFrom(long socket, long buffers, int bufferCount, long bytes, long flags, long from,
                           long fromLength, long overlapped) {
        return started(handle(socket), Call.OTHER, overlapped, bytes,
                super.wsaRecvFrom(socket, buffers, bufferCount, bytes, flags, from, fromLength, overlapped));
    }

    @Override
    public int wsaSendTo(long socket, long buffers, int bufferCount, long bytes, int flags, long name, int nameLength,
                         long overlapped) {
        return started(handle(socket), Call.OTHER, overlapped, bytes,
                super.wsaSendTo(socket, buffers, bufferCount, bytes, flags, name, nameLength, overlapped));
    }

    @Override
    public int acceptEx(long function, long listenSocket, long acceptSocket, long output, int receiveLength,
                        int localLength, int remoteLength, long bytes, long overlapped) {
        FaultyHandle handle = handle(listenSocket);
        if (handle != null && happens(FaultKind.ACCEPT_FAILS)) {
            return pick(WinError.WSAENOBUFS, WinError.WSAECONNRESET);
        }
        return started(handle, Call.ACCEPT, overlapped, bytes, super.acceptEx(function, listenSocket, acceptSocket,
                output, receiveLength, localLength, remoteLength, bytes, overlapped));
    }

    @Override
    public int connectEx(long function, long socket, long name, int nameLength, long sendBuffer, int sendLength,
                         long bytes, long overlapped) {
        FaultyHandle handle = handle(socket);
        if (handle != null && happens(FaultKind.CONNECT_FAILS)) {
            return pick(WinError.WSAENOBUFS, WinError.WSAECONNREFUSED, WinError.WSAENETUNREACH);
        }
        return started(handle, Call.CONNECT, overlapped, bytes, super.connectEx(function, socket, name, nameLength,
                sendBuffer, sendLength, bytes, overlapped));
    }

    @Override
    public int transmitFile(long function, long socket, long file, int length, int bytesPerSend, long overlapped,
                            int flags) {
        FaultyHandle handle = handle(socket);
        if (handle == null) {
            return super.transmitFile(function, socket, file, length, bytesPerSend, overlapped, flags);
        }
        if (handle.reset) {
            return resetError(handle);
        }
        if (happens(FaultKind.SEND_FAILS)) {
            return fails(handle);
        }
        if (happens(FaultKind.DEFERRED)) {
            defer(handle, Call.SEND, overlapped, () -> {
                Memory.putInt(transferred, length);
                return super.transmitFile(function, socket, file, length, bytesPerSend, overlapped, flags);
            });
            return WinError.ERROR_IO_PENDING;
        }
        int error = super.transmitFile(function, socket, file, length, bytesPerSend, overlapped, flags);
        Memory.putInt(transferred, length);
        return started(handle, Call.SEND, overlapped, transferred, error);
    }

    // ---- files and pipes

    @Override
    public int readFile(long handle, long buffer, int length, long bytes, long overlapped) {
        FaultyHandle associated = handle(handle);
        if (associated == null || !associated.kind.isPipe()) {
            return started(associated, Call.OTHER, overlapped, bytes,
                    super.readFile(handle, buffer, length, bytes, overlapped));
        }
        if (associated.reset) {
            return resetError(associated);
        }
        if (happens(FaultKind.RECEIVE_FAILS)) {
            return fails(associated);
        }
        // A part of a message is told apart from a whole one, but nobody reads less than his buffer holds of it.
        int wanted = associated.kind == FaultyHandle.Kind.BYTE_PIPE && length > 1
                && happens(FaultKind.SHORT_RECEIVE) ? shorter(length) : length;
        if (happens(FaultKind.DEFERRED)) {
            defer(associated, Call.RECEIVE, overlapped, () ->
                    super.readFile(handle, buffer, wanted, transferred, overlapped));
            return WinError.ERROR_IO_PENDING;
        }
        return started(associated, Call.RECEIVE, overlapped, bytes,
                super.readFile(handle, buffer, wanted, bytes, overlapped));
    }

    @Override
    public int writeFile(long handle, long buffer, int length, long bytes, long overlapped) {
        FaultyHandle associated = handle(handle);
        if (associated == null || !associated.kind.isPipe()) {
            return started(associated, Call.OTHER, overlapped, bytes,
                    super.writeFile(handle, buffer, length, bytes, overlapped));
        }
        if (associated.reset) {
            return resetError(associated);
        }
        if (happens(FaultKind.SEND_FAILS)) {
            return fails(associated);
        }
        if (associated.kind == FaultyHandle.Kind.BYTE_PIPE && length > 1 << 16
                && happens(FaultKind.SEND_TOO_LARGE)) {
            return WinError.ERROR_NO_SYSTEM_RESOURCES;
        }
        if (happens(FaultKind.DEFERRED)) {
            defer(associated, Call.SEND, overlapped, () ->
                    super.writeFile(handle, buffer, length, transferred, overlapped));
            return WinError.ERROR_IO_PENDING;
        }
        return started(associated, Call.SEND, overlapped, bytes,
                super.writeFile(handle, buffer, length, bytes, overlapped));
    }

    @Override
    public long createFile(long name, int desiredAccess, int shareMode, long security, int disposition, int flags) {
        injectedError = 0;
        if (happens(FaultKind.PIPE_BUSY)) {
            injectedError = WinError.ERROR_PIPE_BUSY;
            return WinConst.INVALID_HANDLE_VALUE;
        }
        return made(super.createFile(name, desiredAccess, shareMode, security, disposition, flags));
    }

    @Override
    public long createNamedPipe(long name, int openMode, int pipeMode, int maxInstances, int outQuota, int inQuota,
                                int defaultTimeout, long security) {
        injectedError = 0;
        // The first instance makes the name, and is what a bind of pipes may fail with.
        boolean first = (openMode & WinConst.FILE_FLAG_FIRST_PIPE_INSTANCE) != 0;
        if (happens(first ? FaultKind.BIND_FAILS : FaultKind.SOCKET_FAILS)) {
            injectedError = WinError.ERROR_NO_SYSTEM_RESOURCES;
            return WinConst.INVALID_HANDLE_VALUE;
        }
        return made(super.createNamedPipe(name, openMode, pipeMode, maxInstances, outQuota, inQuota, defaultTimeout,
                security));
    }

    @Override
    public int ntCreateNamedPipeFile(long handle, int desiredAccess, long attributes, long ioStatusBlock,
                                     int shareAccess, int disposition, int options, int pipeType, int readMode,
                                     int completionMode, int maxInstances, int inQuota, int outQuota,
                                     long defaultTimeout) {
        int status = super.ntCreateNamedPipeFile(handle, desiredAccess, attributes, ioStatusBlock, shareAccess,
                disposition, options, pipeType, readMode, completionMode, maxInstances, inQuota, outQuota,
                defaultTimeout);
        if (NtStatus.isSuccess(status)) {
            access.handle(1);
        }
        return status;
    }

    @Override
    public int ntOpenFile(long handle, int desiredAccess, long attributes, long ioStatusBlock, int shareAccess,
                          int options) {
        int status = super.ntOpenFile(handle, desiredAccess, attributes, ioStatusBlock, shareAccess, options);
        if (NtStatus.isSuccess(status)) {
            access.handle(1);
        }
        return status;
    }

    @Override
    public int connectNamedPipe(long pipe, long overlapped) {
        return happens(FaultKind.INSTANCE_FAILS) ? WinError.ERROR_NO_DATA : super.connectNamedPipe(pipe, overlapped);
    }

    @Override
    public int duplicateHandle(long sourceProcess, long source, long targetProcess, long target, int desiredAccess,
                               int inherit, int options) {
        int error = super.duplicateHandle(sourceProcess, source, targetProcess, target, desiredAccess, inherit,
                options);
        if (error == 0) {
            access.handle(1);
        }
        return error;
    }

    @Override
    public long createEvent(int manualReset, int initialState) {
        injectedError = 0;
        if (happens(FaultKind.EVENT_FAILS)) {
            injectedError = WinError.ERROR_NOT_ENOUGH_MEMORY;
            return 0;
        }
        return made(super.createEvent(manualReset, initialState));
    }

    @Override
    public long openThread(int desiredAccess, int inherit, int threadId) {
        injectedError = 0;
        return made(super.openThread(desiredAccess, inherit, threadId));
    }

    @Override
    public int ntCreateWaitCompletionPacket(long packet, int desiredAccess, long attributes) {
        int status = super.ntCreateWaitCompletionPacket(packet, desiredAccess, attributes);
        if (NtStatus.isSuccess(status)) {
            access.handle(1);
        }
        return status;
    }

    @Override
    public long openProcess(int desiredAccess, int inherit, int processId) {
        injectedError = 0;
        return made(super.openProcess(desiredAccess, inherit, processId));
    }

    @Override
    public int openProcessToken(long process, int desiredAccess, long token) {
        int error = super.openProcessToken(process, desiredAccess, token);
        if (error == 0) {
            access.handle(1);
        }
        return error;
    }

    @Override
    public int openThreadToken(long thread, int desiredAccess, int openAsSelf, long token) {
        int error = super.openThreadToken(thread, desiredAccess, openAsSelf, token);
        if (error == 0) {
            access.handle(1);
        }
        return error;
    }

    private long made(long handle) {
        if (handle != 0 && handle != WinConst.INVALID_HANDLE_VALUE) {
            access.handle(1);
        }
        return handle;
    }

    // ---- other calls

    @Override
    public long wsaSocket(int family, int type, int protocol, int flags) {
        injectedError = 0;
        if (happens(FaultKind.SOCKET_FAILS)) {
            injectedError = pick(WinError.WSAEMFILE, WinError.WSAENOBUFS);
            return WinConst.INVALID_SOCKET;
        }
        long socket = super.wsaSocket(family, type, protocol, flags);
        if (socket != WinConst.INVALID_SOCKET) {
            access.socket(1);
        }
        return socket;
    }

    @Override
    public int bind(long socket, long name, int nameLength) {
        return happens(FaultKind.BIND_FAILS) ? WinError.WSAENOBUFS : super.bind(socket, name, nameLength);
    }

    @Override
    public int setsockopt(long socket, int level, int option, long value, int valueLength) {
        boolean context = level == WinConst.SOL_SOCKET
                && (option == WinConst.SO_UPDATE_ACCEPT_CONTEXT || option == WinConst.SO_UPDATE_CONNECT_CONTEXT);
        return context && happens(FaultKind.OPTION_FAILS) ? WinError.WSAENOBUFS
                : super.setsockopt(socket, level, option, value, valueLength);
    }

    /** An operation whose packet was not delivered yet. */
    private static final class Pending {

        final FaultyHandle handle;
        final Call call;
        final long overlapped;
        State state;
        /** The call said so, and only the packet is still to come. */
        boolean succeeded;
        /** The call that is to be made later; says what it returned. */
        IntSupplier deferred;

        Pending(FaultyHandle handle, Call call, long overlapped, State state) {
            this.handle = handle;
            this.call = call;
            this.overlapped = overlapped;
            this.state = state;
        }
    }

    private record Task(long due, Runnable action) { }

    /** A packet to deliver. */
    private static final class Packet {

        final long due;
        final long number;
        final long key;
        final long overlapped;
        final int status;
        final int bytes;
        final Pending operation;
        boolean stale;

        Packet(long due, long number, long key, long overlapped, int status, int bytes, Pending operation) {
            this.due = due;
            this.number = number;
            this.key = key;
            this.overlapped = overlapped;
            this.status = status;
            this.bytes = bytes;
            this.operation = operation;
        }

        long due() {
            return due;
        }

        long number() {
            return number;
        }
    }
}
