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

    private enum Call { RECEIVE, SEND, ACCEPT, CONNECT, DATAGRAM }

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
            FaultyHandle associated = new FaultyHandle(handle, key, isStream(handle));
            handles.put(handle, associated);
            access.associated(handle, associated);
        }
        return result;
    }

    private boolean isStream(long handle) {
        Memory.putInt(removed, Integer.BYTES);
        int error = super.getsockopt(handle, WinConst.SOL_SOCKET, WinConst.SO_TYPE, transferred, removed);
        return error == 0 && Memory.getInt(transferred) == WinConst.SOCK_STREAM;
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
        if (own && error == 0) {
            access.port(-1);
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
                outcome = NtStatus.STATUS_CONNECTION_RESET;
            } else if (handle.closed && happens(FaultKind.CLOSE_STATUS)) {
                outcome = pick(CLOSE_STATUSES);
            }
        } else if (!handle.closed && operation.call != Call.DATAGRAM && !operation.succeeded
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
                        hold(other, NtStatus.STATUS_CONNECTION_RESET, 0, delay());
                    }
                }
                return pick(NtStatus.STATUS_CONNECTION_RESET, NtStatus.STATUS_CONNECTION_ABORTED);
        }
    }

    private void hold(Pending operation, int status, int bytes, long delay) {
        FaultyHandle handle = operation.handle;
        operation.state = State.HELD;
        long due = System.nanoTime() + delay;
        if (operation.call == Call.DATAGRAM) {
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
                || error == WinError.WSAEMSGSIZE && call == Call.DATAGRAM) {
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
        if (handle == null || !handle.stream) {
            return started(handle, Call.DATAGRAM, overlapped, bytes,
                    super.wsaRecv(socket, buffers, bufferCount, bytes, flags, overlapped));
        }
        if (handle.reset) {
            return WinError.WSAECONNRESET;
        }
        if (happens(FaultKind.RECEIVE_FAILS)) {
            return fails(handle);
        }
        long from = buffers;
        int length = Memory.getInt(buffers + Layout.WSABUF_LEN);
        if (bufferCount == 1 && length > 1 && happens(FaultKind.SHORT_RECEIVE)) {
            from = array;
            int shorter = (int) Math.exp(Math.log(length) * dice.nextDouble());
            Memory.putInt(array + Layout.WSABUF_LEN, Math.max(1, Math.min(length - 1, shorter)));
            Memory.putLong(array + Layout.WSABUF_BUF, Memory.getLong(buffers + Layout.WSABUF_BUF));
        }
        if (happens(FaultKind.DEFERRED)) {
            defer(handle, Call.RECEIVE, from, bufferCount, Memory.getInt(flags), overlapped);
            return WinError.ERROR_IO_PENDING;
        }
        return started(handle, Call.RECEIVE, overlapped, bytes,
                super.wsaRecv(socket, from, bufferCount, bytes, flags, overlapped));
    }

    @Override
    public int wsaSend(long socket, long buffers, int bufferCount, long bytes, int flags, long overlapped) {
        FaultyHandle handle = handle(socket);
        if (handle == null || !handle.stream) {
            return started(handle, Call.DATAGRAM, overlapped, bytes,
                    super.wsaSend(socket, buffers, bufferCount, bytes, flags, overlapped));
        }
        if (handle.reset) {
            return WinError.WSAECONNRESET;
        }
        if (happens(FaultKind.SEND_FAILS)) {
            return fails(handle);
        }
        if (total(buffers, bufferCount) > 1 << 16 && happens(FaultKind.SEND_TOO_LARGE)) {
            return WinError.WSAENOBUFS;
        }
        if (bufferCount <= MAX_BUFFERS && happens(FaultKind.DEFERRED)) {
            defer(handle, Call.SEND, buffers, bufferCount, flags, overlapped);
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

    private int fails(FaultyHandle handle) {
        int error = pick(WinError.WSAENOBUFS, WinError.WSAECONNRESET, WinError.WSAECONNABORTED);
        handle.reset |= error != WinError.WSAENOBUFS;
        return error;
    }

    /** Makes the call later. Windows copies the array of buffers, so it is copied here. */
    private void defer(FaultyHandle handle, Call call, long buffers, int count, int flags, long overlapped) {
        byte[] copy = new byte[count * Layout.WSABUF_SIZE];
        Memory.getBytes(buffers, copy);
        Pending operation = add(handle, call, overlapped, State.DEFERRED);
        operation.buffers = copy;
        operation.flags = flags;
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
        int count = operation.buffers.length / Layout.WSABUF_SIZE;
        Memory.putBytes(array, operation.buffers);
        Memory.putInt(transferred, 0);
        Memory.putInt(flagsCell, operation.flags);
        operation.buffers = null;
        int error = operation.call == Call.RECEIVE
                ? super.wsaRecv(handle.value, array, count, transferred, flagsCell, operation.overlapped)
                : super.wsaSend(handle.value, array, count, transferred, operation.flags, operation.overlapped);
        operation.state = State.KERNEL;
        if (error == 0) {
            if (handle.skipOnSuccess) {
                hold(operation, NtStatus.STATUS_SUCCESS, Memory.getInt(transferred), 0);
            }
        } else if (error != WinError.ERROR_IO_PENDING) {
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
        return started(handle(socket), Call.DATAGRAM, overlapped, bytes,
                super.wsaRecvFrom(socket, buffers, bufferCount, bytes, flags, from, fromLength, overlapped));
    }

    @Override
    public int wsaSendTo(long socket, long buffers, int bufferCount, long bytes, int flags, long name, int nameLength,
                         long overlapped) {
        return started(handle(socket), Call.DATAGRAM, overlapped, bytes,
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
        byte[] buffers;
        int flags;

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
