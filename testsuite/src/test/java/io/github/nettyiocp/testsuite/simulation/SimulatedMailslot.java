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

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A mailslot, as {@code msfs.sys} keeps it: messages of any number of writers for one reader. A message that is larger
 * than the buffer of a read stays, and the read fails.
 */
final class SimulatedMailslot {

    /** A read timeout. */
    static final long FOR_EVER = -1;

    /** What a writer may get whose reader is gone. */
    private static final Integer[] GONE = { WinError.ERROR_NETNAME_DELETED, WinError.ERROR_BROKEN_PIPE,
            WinError.ERROR_FILE_NOT_FOUND };

    final String name;
    private final SimulatedKernel kernel;
    private final int maxMessageSize;
    private final long timeoutNanos;
    private final Deque<byte[]> messages = new ArrayDeque<>();
    private Reader reader;
    private boolean closed;

    /**
     * Makes one.
     *
     * @param maxMessageSize bytes; {@code 0} for any size
     * @param timeoutNanos how long a read waits, or {@link #FOR_EVER}
     */
    SimulatedMailslot(SimulatedKernel kernel, String name, int maxMessageSize, long timeoutNanos) {
        this.kernel = kernel;
        this.name = name;
        this.maxMessageSize = maxMessageSize;
        this.timeoutNanos = timeoutNanos;
    }

    /** The handle of its reader. */
    DeviceHandle reader(boolean overlapped) {
        reader = new Reader(overlapped);
        return reader;
    }

    /** A handle of a writer. */
    DeviceHandle writer(int access, boolean overlapped) {
        return new Writer(access, overlapped);
    }

    /** Takes a message of anybody; {@code 0} or a Win32 error. */
    int take(byte[] message) {
        if (maxMessageSize > 0 && message.length > maxMessageSize) {
            return WinError.ERROR_INVALID_PARAMETER;
        }
        if (closed) {
            // Nobody reads it; whether its writer is told is not documented.
            return kernel.faults().dice().chance(0.5) ? 0 : kernel.faults().dice().pick(GONE);
        }
        messages.add(message);
        reader.retry();
        return 0;
    }

    private final class Reader extends DeviceHandle {

        private final Map<SimulatedOperation, Integer> reads = new LinkedHashMap<>();

        Reader(boolean overlapped) {
            super(SimulatedMailslot.this.kernel, overlapped);
        }

        @Override
        int read(long buffer, int length, long transferred, long overlappedAddress) {
            int error = check(buffer, length, transferred, overlappedAddress);
            if (error != 0) {
                return error;
            }
            if (kernel.faults().happens(Faults.Kind.DEVICE_FAILS_AT_ONCE)) {
                return WinError.ERROR_NO_SYSTEM_RESOURCES;
            }
            byte[] message = messages.peek();
            if (message != null && message.length > length) {
                return WinError.ERROR_INSUFFICIENT_BUFFER;
            }
            SimulatedOperation operation = new SimulatedOperation(this, SimulatedOperation.Kind.READ,
                    overlappedAddress);
            operation.lendTarget("the buffer", buffer, length);
            if (message != null) {
                operation.receive(messages.remove());
                return endAtOnce(operation, message.length, transferred);
            }
            reads.put(operation, length);
            if (timeoutNanos != FOR_EVER) {
                kernel.schedule().after(timeoutNanos, () -> withdraw(operation, NtStatus.STATUS_IO_TIMEOUT));
            }
            return pend(operation);
        }

        void retry() {
            Iterator<Map.Entry<SimulatedOperation, Integer>> waiting = reads.entrySet().iterator();
            while (waiting.hasNext() && !messages.isEmpty()) {
                Map.Entry<SimulatedOperation, Integer> read = waiting.next();
                waiting.remove();
                byte[] message = messages.peek();
                if (message.length > read.getValue()) {
                    end(read.getKey(), NtStatus.STATUS_BUFFER_TOO_SMALL, 0);
                } else {
                    read.getKey().receive(messages.remove());
                    end(read.getKey(), NtStatus.STATUS_SUCCESS, message.length);
                }
            }
        }

        @Override
        int write(long buffer, int length, long transferred, long overlappedAddress) {
            return WinError.ERROR_ACCESS_DENIED;
        }

        @Override
        void withdrawn(SimulatedOperation operation) {
            reads.remove(operation);
        }

        @Override
        void close() {
            closed = true;
            messages.clear();
            kernel.devices().remove(SimulatedMailslot.this);
            super.close();
        }

        @Override
        String kind() {
            return "mailslot";
        }
    }

    private final class Writer extends DeviceHandle {

        private final int access;

        Writer(int access, boolean overlapped) {
            super(SimulatedMailslot.this.kernel, overlapped);
            this.access = access;
        }

        @Override
        int read(long buffer, int length, long transferred, long overlappedAddress) {
            return WinError.ERROR_ACCESS_DENIED;
        }

        @Override
        int write(long buffer, int length, long transferred, long overlappedAddress) {
            if ((access & (WinConst.GENERIC_WRITE | WinConst.FILE_WRITE_DATA)) == 0) {
                return WinError.ERROR_ACCESS_DENIED;
            }
            int error = check(buffer, length, transferred, overlappedAddress);
            if (error == 0 && kernel.faults().happens(Faults.Kind.DEVICE_FAILS_AT_ONCE)) {
                error = WinError.ERROR_NO_SYSTEM_RESOURCES;
            }
            if (error != 0) {
                return error;
            }
            byte[] message = length == 0 ? new byte[0] : NativeMemory.copy(buffer, length);
            error = take(message);
            if (error != 0) {
                return error;
            }
            SimulatedOperation operation = new SimulatedOperation(this, SimulatedOperation.Kind.WRITE,
                    overlappedAddress);
            if (length > 0) {
                operation.lendSource("the message", buffer, length);
            }
            return endAtOnce(operation, length, transferred);
        }

        @Override
        void withdrawn(SimulatedOperation operation) {
            throw new SimulationError("bug of the simulation: a message pends");
        }

        @Override
        String kind() {
            return "mailslot's writer";
        }
    }
}
