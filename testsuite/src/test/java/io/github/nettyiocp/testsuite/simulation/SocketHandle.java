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

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * What sockets of all protocols have: arguments, names, the ways in which operations end, and their cancellation.
 * Methods return {@code 0}, {@link WinError#ERROR_IO_PENDING} or another error.
 */
abstract class SocketHandle extends SimulatedHandle {

    private static final int[] UNKNOWN_STATUSES = { 0xC0000001, 0xC0ABC123, 0xC000A012, 0xC00000E9 };

    final int family;
    final SocketOptions options;
    /** What is done, but its packet is still on its way to the port. */
    final List<SimulatedOperation> ending = new ArrayList<>();
    private long lastReceiveEnd;
    private long lastSendEnd;

    SocketHandle(SimulatedKernel kernel, int family, boolean overlapped, SocketOptions options) {
        super(kernel, overlapped);
        this.family = family;
        this.options = options;
        options.layered(kernel.isLayeredProvider());
    }

    @Override
    final String kind() {
        return "socket";
    }

    @Override
    final int fileType() {
        return WinConst.FILE_TYPE_PIPE;
    }

    @Override
    final void addModes(int flags) {
        if (options.isLayered() && (flags & WinConst.FILE_SKIP_COMPLETION_PORT_ON_SUCCESS) != 0) {
            kernel.violation("%s is to skip packets, which its provider does not know of", this);
            super.addModes(flags & ~WinConst.FILE_SKIP_COMPLETION_PORT_ON_SUCCESS);
        } else {
            super.addModes(flags);
        }
    }

    abstract boolean isBound();

    abstract int bind(long name, int nameLength);

    abstract int localName(long name, long nameLength);

    abstract int peerName(long name, long nameLength);

    abstract int shutdown(int how);

    abstract int receive(long buffers, int count, long bytes, long flags, long overlappedAddress);

    abstract int send(long buffers, int count, long bytes, int flags, long overlappedAddress);

    /** {@code WSAIoctl} with a code that not all sockets know. */
    int control(int code, long in, int inLength) {
        return WinError.WSAEOPNOTSUPP;
    }

    /** {@code setsockopt}. */
    int setOption(int level, int option, byte[] value) {
        return options.set(level, option, value, isBound());
    }

    // ---- the ways in which operations end

    final int endInline(SimulatedOperation operation, int bytes) {
        kernel.log("%s on socket %d succeeds at once: %d bytes", operation.kind, id, bytes);
        if (isSkipOnSuccess()) {
            operation.endedInline(bytes);
        } else {
            operation.ended(NtStatus.STATUS_SUCCESS, bytes);
        }
        return 0;
    }

    /** The operation is done; its packet follows after a while, in the order of its kind. */
    final void finish(SimulatedOperation operation, int status, int bytes) {
        long delay = kernel.faults().happens(Faults.Kind.SLOW_COMPLETION) ? kernel.slowDelay() : 0;
        long time = kernel.schedule().now() + delay;
        if (operation.kind == SimulatedOperation.Kind.RECEIVE) {
            time = lastReceiveEnd = Math.max(lastReceiveEnd, time);
        } else if (isSend(operation)) {
            time = lastSendEnd = Math.max(lastSendEnd, time);
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

    static boolean isSend(SimulatedOperation operation) {
        return operation.kind == SimulatedOperation.Kind.SEND || operation.kind == SimulatedOperation.Kind.TRANSMIT;
    }

    final int unknownStatus() {
        return UNKNOWN_STATUSES[kernel.faults().dice().below(UNKNOWN_STATUSES.length)];
    }

    // ---- cancel

    /** Adds all operations that the driver has not ended. */
    abstract void collect(List<SimulatedOperation> open);

    /** Takes an operation out of its queue; {@code false} if it is done already. */
    abstract boolean withdraw(SimulatedOperation operation);

    @Override
    final boolean hasOperations() {
        List<SimulatedOperation> open = new ArrayList<>(ending);
        collect(open);
        return !open.isEmpty();
    }

    @Override
    final boolean cancel(long overlappedAddress) {
        List<SimulatedOperation> open = new ArrayList<>();
        collect(open);
        List<SimulatedOperation> found = select(open, overlappedAddress);
        for (SimulatedOperation operation : found) {
            if (operation.cancelRequested) {
                continue;
            }
            operation.cancelRequested = true;
            boolean ignored = kernel.faults().happens(Faults.Kind.CANCEL_IS_IGNORED);
            if (ignored && isSend(operation)) {
                // What the network has taken over can't be called back.
                kernel.log("the cancellation of a send on socket %d is ignored", id);
            } else if (ignored || kernel.faults().happens(Faults.Kind.CANCEL_IS_SLOW)) {
                kernel.schedule().after(kernel.slowDelay(), () -> cancelled(operation));
            } else {
                cancelled(operation);
            }
        }
        return !found.isEmpty() || !select(ending, overlappedAddress).isEmpty() && kernel.faults().dice().chance(0.5);
    }

    private static List<SimulatedOperation> select(List<SimulatedOperation> from, long overlappedAddress) {
        List<SimulatedOperation> selected = new ArrayList<>();
        for (SimulatedOperation operation : from) {
            if (overlappedAddress == 0 || operation.overlappedAddress() == overlappedAddress) {
                selected.add(operation);
            }
        }
        return selected;
    }

    final void cancelled(SimulatedOperation operation) {
        if (withdraw(operation)) {
            finish(operation, NtStatus.STATUS_CANCELLED, 0);
        }
    }

    // ---- arguments

    final int writeName(InetSocketAddress address, long name, long nameLength) {
        int size = SocketAddresses.size(family);
        if (!kernel.memory().check(nameLength, 4, "the length of a name") || Memory.getInt(nameLength) < size) {
            return WinError.WSAEFAULT;
        }
        if (!kernel.memory().check(name, size, "a name")) {
            return WinError.WSAEFAULT;
        }
        SocketAddresses.write(name, family, address);
        Memory.putInt(nameLength, size);
        return 0;
    }

    final int checkBuffers(long buffers, int count, long bytes, long overlappedAddress) {
        if (count <= 0) {
            return WinError.WSAEINVAL;
        }
        if (overlappedAddress == 0 || !overlapped) {
            kernel.violation("a call on %s that may block", this);
            return WinError.WSAEINVAL;
        }
        if (!kernel.memory().check(buffers, (long) count * Layout.WSABUF_SIZE, "the array of WSABUF")
                || !kernel.memory().check(overlappedAddress, Layout.OVERLAPPED_SIZE, "the OVERLAPPED")
                || !kernel.memory().check(bytes, 4, "the number of bytes")) {
            return WinError.WSAEFAULT;
        }
        // What is left there when the call doesn't succeed at once is worth nothing.
        Memory.putInt(bytes, kernel.faults().dice().below(1 << 20));
        for (int i = 0; i < count; i++) {
            int length = bufferLength(buffers, i);
            if (length < 0) {
                kernel.violation("a WSABUF of %d bytes", length & 0xffffffffL);
                return WinError.WSAEFAULT;
            }
            if (length > 0 && !kernel.memory().check(bufferAddress(buffers, i), length, "a buffer")) {
                return WinError.WSAEFAULT;
            }
        }
        return 0;
    }

    /** Lends the buffers that a receive fills. */
    final void lendTargets(SimulatedOperation operation, long buffers, int count) {
        for (int i = 0; i < count; i++) {
            int length = bufferLength(buffers, i);
            if (length != 0) {
                operation.lendTarget("a buffer", bufferAddress(buffers, i), length);
            }
        }
    }

    /** Lends the buffers that a send gathers, and copies what they hold. */
    final void lendSources(SimulatedOperation operation, long buffers, int count) {
        byte[] data = new byte[totalLength(buffers, count)];
        int done = 0;
        for (int i = 0; i < count; i++) {
            int n = bufferLength(buffers, i);
            if (n != 0) {
                byte[] part = NativeMemory.copy(bufferAddress(buffers, i), n);
                System.arraycopy(part, 0, data, done, n);
                operation.lendSource("a buffer", bufferAddress(buffers, i), n);
                done += n;
            }
        }
        operation.data = data;
    }

    static int totalLength(long buffers, int count) {
        int length = 0;
        for (int i = 0; i < count; i++) {
            length += bufferLength(buffers, i);
        }
        return length;
    }

    private static int bufferLength(long buffers, int i) {
        return Memory.getInt(buffers + (long) i * Layout.WSABUF_SIZE + Layout.WSABUF_LEN);
    }

    private static long bufferAddress(long buffers, int i) {
        return Memory.getLong(buffers + (long) i * Layout.WSABUF_SIZE + Layout.WSABUF_BUF);
    }
}
