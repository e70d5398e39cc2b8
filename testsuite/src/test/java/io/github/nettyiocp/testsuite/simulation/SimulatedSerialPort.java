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

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/**
 * A serial port with a line, as {@code serial.sys} drives it: bytes take the time that the baud rate gives them, a read
 * ends when the {@code COMMTIMEOUTS} say so, a write when its last byte is sent, which is never while the far end says
 * that it has to wait. Bytes in a read that is cancelled are lost. One program at a time has it open. When it is
 * unplugged, everything that is in flight fails, each operation by another status.
 */
final class SimulatedSerialPort implements SimulatedDevices.Openable {

    private static final int MAXDWORD = -1;
    private static final int BITS = 10;
    /** {@code STATUS_TIMEOUT}, which is a success: the time was over, and these are the bytes. */
    private static final int STATUS_TIMEOUT = 0x102;
    private static final int STATUS_DEVICE_REMOVED = 0xC00002B6;
    private static final int STATUS_NO_SUCH_DEVICE = 0xC000000E;
    private static final Integer[] UNPLUGGED_STATUSES = { STATUS_DEVICE_REMOVED, STATUS_NO_SUCH_DEVICE,
            NtStatus.STATUS_DELETE_PENDING, NtStatus.STATUS_CANCELLED, 0xC0000001 };
    private static final Integer[] UNPLUGGED_ERRORS = { WinError.ERROR_ACCESS_DENIED, WinError.ERROR_FILE_NOT_FOUND,
            22, 31, 1617 };

    // The bit field of a DCB.
    private static final int BINARY = 1;
    private static final int ABORT_ON_ERROR = 1 << 14;

    private final SimulatedKernel kernel;
    private final Consumer<byte[]> farEnd;
    private final byte[] state = new byte[Layout.DCB_SIZE];
    private final int[] timeouts = new int[Layout.COMMTIMEOUTS_SIZE / Integer.BYTES];
    private int baudRate = 9600;
    private final ByteQueue received = new ByteQueue();
    private Handle opened;
    private boolean held;
    private boolean unplugged;

    /**
     * Plugs one in.
     *
     * @param farEnd gets what is sent
     */
    SimulatedSerialPort(SimulatedKernel kernel, Consumer<byte[]> farEnd) {
        this.kernel = kernel;
        this.farEnd = farEnd;
        state[Layout.DCB_LENGTH] = Layout.DCB_SIZE;
        state[Layout.DCB_FLAGS] = BINARY;
        state[Layout.DCB_BYTE_SIZE] = 7;
        // What the program before left behind: reads that wait for ever, and reads that don't wait at all.
        timeouts[0] = kernel.faults().dice().chance(0.5) ? MAXDWORD : 0;
    }

    /** The far end sends bytes; nobody gets them while the port is not open. */
    void arrive(byte[] bytes) {
        if (opened != null && !unplugged) {
            received.add(bytes);
            opened.retryRead();
            kernel.changed();
        }
    }

    /** The far end says whether to wait. */
    void hold(boolean wait) {
        held = wait;
        if (opened != null) {
            opened.transmit();
        }
    }

    void unplug() {
        unplugged = true;
        received.clear();
        if (opened != null) {
            opened.withdrawAll(UNPLUGGED_STATUSES);
        }
        kernel.changed();
    }

    boolean isOpen() {
        return opened != null;
    }

    int baudRate() {
        return baudRate;
    }

    byte[] state() {
        return state.clone();
    }

    @Override
    public int open(int access, int share) {
        if (unplugged) {
            return WinError.ERROR_FILE_NOT_FOUND;
        }
        if (share != 0) {
            return WinError.ERROR_INVALID_PARAMETER;
        }
        return opened != null ? WinError.ERROR_ACCESS_DENIED : 0;
    }

    @Override
    public DeviceHandle handle(int access, boolean overlapped) {
        opened = new Handle(overlapped);
        return opened;
    }

    private int gone() {
        return kernel.faults().dice().pick(UNPLUGGED_ERRORS);
    }

    final class Handle extends DeviceHandle {

        private Read read;
        private final Deque<Write> writes = new ArrayDeque<>();
        private boolean sending;

        Handle(boolean overlapped) {
            super(SimulatedSerialPort.this.kernel, overlapped);
        }

        private final class Read {
            private final SimulatedOperation operation;
            private final int length;
            private final ByteQueue bytes = new ByteQueue();
            private int changes;

            Read(SimulatedOperation operation, int length) {
                this.operation = operation;
                this.length = length;
            }

            void end(int status) {
                read = null;
                int count = bytes.size();
                operation.receive(bytes.take(count));
                Handle.this.end(operation, status, count);
            }
        }

        private final class Write {
            private final SimulatedOperation operation;
            private final byte[] data;
            private int sent;

            Write(SimulatedOperation operation, byte[] data) {
                this.operation = operation;
                this.data = data;
            }
        }

        // ---- settings

        int getState(long address) {
            if (unplugged) {
                return gone();
            }
            Memory.putBytes(address, state);
            return 0;
        }

        int setState(long address) {
            if (unplugged) {
                return gone();
            }
            byte[] wanted = NativeMemory.copy(address, Layout.DCB_SIZE);
            int flags = Memory.getInt(address + Layout.DCB_FLAGS);
            int rate = Memory.getInt(address + Layout.DCB_BAUD_RATE);
            int bits = wanted[Layout.DCB_BYTE_SIZE];
            int stops = wanted[Layout.DCB_STOP_BITS];
            if (Memory.getInt(address + Layout.DCB_LENGTH) != Layout.DCB_SIZE || (flags & BINARY) == 0 || rate <= 0
                    || bits < 5 || bits > 8 || bits == 5 && stops == 2 || bits > 5 && stops == 1
                    || wanted[Layout.DCB_PARITY] > 4
                    || wanted[Layout.DCB_XON_CHAR] == wanted[Layout.DCB_XOFF_CHAR]) {
                return WinError.ERROR_INVALID_PARAMETER;
            }
            if ((flags & ABORT_ON_ERROR) != 0) {
                kernel.violation("%s would end everything at a wrong bit", this);
            }
            System.arraycopy(wanted, 0, state, 0, state.length);
            baudRate = rate;
            return 0;
        }

        int setTimeouts(long address) {
            if (unplugged) {
                return gone();
            }
            for (int i = 0; i < timeouts.length; i++) {
                timeouts[i] = Memory.getInt(address + (long) i * Integer.BYTES);
            }
            return timeouts[0] == MAXDWORD && timeouts[1] == MAXDWORD && timeouts[2] == MAXDWORD
                    ? WinError.ERROR_INVALID_PARAMETER : 0;
        }

        // ---- reading

        @Override
        int read(long buffer, int length, long transferred, long overlappedAddress) {
            int error = check(buffer, length, transferred, overlappedAddress);
            if (error == 0) {
                error = unplugged ? gone() : kernel.faults().happens(Faults.Kind.DEVICE_FAILS_AT_ONCE)
                        ? WinError.ERROR_NO_SYSTEM_RESOURCES : 0;
            }
            if (error != 0) {
                return error;
            }
            if (read != null) {
                kernel.violation("%s has a read already: which of the two gets what is not said", this);
            }
            SimulatedOperation operation = new SimulatedOperation(this, SimulatedOperation.Kind.READ,
                    overlappedAddress);
            if (length == 0) {
                return endAtOnce(operation, 0, transferred);
            }
            operation.lendTarget("the buffer", buffer, length);
            read = new Read(operation, length);
            long total = timeouts[1] == MAXDWORD ? timeouts[2] & 0xffffffffL
                    : (timeouts[1] & 0xffffffffL) * length + (timeouts[2] & 0xffffffffL);
            boolean doesNotWait = timeouts[0] == MAXDWORD && total == 0;
            read.bytes.add(received.take(length));
            if (read.bytes.size() == length || doesNotWait
                    || timeouts[0] == MAXDWORD && timeouts[1] == MAXDWORD && !read.bytes.isEmpty()) {
                byte[] bytes = read.bytes.take(length);
                read = null;
                operation.receive(bytes);
                return endAtOnce(operation, bytes.length, transferred);
            }
            pend(operation);
            Read begun = read;
            if (total > 0) {
                kernel.schedule().after(total * 1_000_000, () -> timeOut(begun));
            }
            limitInterval();
            return WinError.ERROR_IO_PENDING;
        }

        private void retryRead() {
            Read waiting = read;
            if (waiting == null || received.isEmpty()) {
                return;
            }
            waiting.bytes.add(received.take(waiting.length - waiting.bytes.size()));
            if (waiting.bytes.size() == waiting.length || timeouts[0] == MAXDWORD && timeouts[1] == MAXDWORD) {
                waiting.end(NtStatus.STATUS_SUCCESS);
            } else {
                limitInterval();
            }
        }

        /** A read that has got something ends when nothing more has come for a while. */
        private void limitInterval() {
            Read waiting = read;
            if (waiting.bytes.isEmpty() || timeouts[0] == 0 || timeouts[0] == MAXDWORD) {
                return;
            }
            int change = ++waiting.changes;
            kernel.schedule().after((timeouts[0] & 0xffffffffL) * 1_000_000, () -> {
                if (waiting.changes == change) {
                    timeOut(waiting);
                }
            });
        }

        private void timeOut(Read late) {
            if (read == late) {
                late.end(STATUS_TIMEOUT);
            }
        }

        // ---- writing

        @Override
        int write(long buffer, int length, long transferred, long overlappedAddress) {
            int error = check(buffer, length, transferred, overlappedAddress);
            if (error == 0) {
                error = unplugged ? gone() : kernel.faults().happens(Faults.Kind.DEVICE_FAILS_AT_ONCE)
                        ? WinError.ERROR_NO_SYSTEM_RESOURCES : 0;
            }
            if (error != 0) {
                return error;
            }
            SimulatedOperation operation = new SimulatedOperation(this, SimulatedOperation.Kind.WRITE,
                    overlappedAddress);
            if (length == 0) {
                return endAtOnce(operation, 0, transferred);
            }
            operation.lendSource("the bytes", buffer, length);
            writes.add(new Write(operation, NativeMemory.copy(buffer, length)));
            pend(operation);
            transmit();
            return WinError.ERROR_IO_PENDING;
        }

        /** Sends the next bytes, if nobody sends already. */
        private void transmit() {
            Write write = writes.peek();
            if (write == null || sending || held || unplugged) {
                return;
            }
            int most = Math.min(write.data.length - write.sent, 4096);
            int count = kernel.faults().happens(Faults.Kind.SMALL_SEGMENTS) ? kernel.faults().dice().between(1, most)
                    : most;
            sending = true;
            kernel.schedule().after(count * (long) BITS * 1_000_000_000 / baudRate, () -> sent(write, count));
        }

        private void sent(Write write, int count) {
            sending = false;
            if (writes.peek() == write && !unplugged) {
                byte[] bytes = java.util.Arrays.copyOfRange(write.data, write.sent, write.sent + count);
                write.sent += count;
                farEnd.accept(bytes);
                if (write.sent == write.data.length) {
                    writes.remove();
                    end(write.operation, NtStatus.STATUS_SUCCESS, write.sent);
                }
            }
            transmit();
        }

        @Override
        void withdrawn(SimulatedOperation operation) {
            if (read != null && read.operation == operation) {
                read = null;
            }
            writes.removeIf(write -> write.operation == operation);
        }

        @Override
        void close() {
            super.close();
            opened = null;
            received.clear();
        }

        @Override
        int fileType() {
            // FILE_TYPE_CHAR
            return 2;
        }

        @Override
        String kind() {
            return "serial port";
        }
    }
}
