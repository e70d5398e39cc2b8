/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.WinError;

import java.util.ArrayList;
import java.util.List;

/**
 * A device that takes requests, any number at a time, and ends them in any order. What it reads and writes belongs to
 * the driver until the request ends, as with {@code METHOD_NEITHER}.
 */
final class SimulatedDevice implements SimulatedDevices.Openable {

    /** Answers what it is told; an answer that is too long is given in part, with a warning. */
    static final int ECHO = 0x222003;
    /** Waits for {@link #signal}, and answers what that says. */
    static final int WAIT = 0x222007;
    /** Is refused. */
    static final int REFUSED = 0x22200B;
    /** Fails after a while. */
    static final int FAILS = 0x22200F;
    /** The call doesn't return: the function is missing. */
    static final int MISSING = 0x222013;

    private static final int STATUS_IO_DEVICE_ERROR = 0xC0000185;

    private final SimulatedKernel kernel;
    private final List<Waiting> waiting = new ArrayList<>();
    private int openHandles;

    SimulatedDevice(SimulatedKernel kernel) {
        this.kernel = kernel;
    }

    private record Waiting(Handle handle, SimulatedOperation operation, int room) {
    }

    /** Ends all that wait. */
    void signal(byte[] answer) {
        for (Waiting request : new ArrayList<>(waiting)) {
            request.handle.answer(request.operation, answer, request.room);
        }
        waiting.clear();
        kernel.changed();
    }

    /** How many requests wait for a signal. */
    int waiting() {
        return waiting.size();
    }

    boolean isOpen() {
        return openHandles > 0;
    }

    @Override
    public int open(int access, int share) {
        return 0;
    }

    @Override
    public DeviceHandle handle(int access, boolean overlapped) {
        openHandles++;
        return new Handle(overlapped);
    }

    private final class Handle extends DeviceHandle {

        Handle(boolean overlapped) {
            super(SimulatedDevice.this.kernel, overlapped);
        }

        @Override
        int control(int code, long in, int inLength, long out, int outLength, long transferred,
                    long overlappedAddress) {
            int error = check(in, inLength, transferred, overlappedAddress);
            if (error == 0) {
                error = check(out, outLength, transferred, overlappedAddress);
            }
            if (error == 0 && kernel.faults().happens(Faults.Kind.DEVICE_FAILS_AT_ONCE)) {
                error = WinError.ERROR_NO_SYSTEM_RESOURCES;
            }
            if (error != 0) {
                return error;
            }
            if (code == MISSING) {
                throw new UnsatisfiedLinkError("DeviceIoControl");
            }
            if (code == REFUSED) {
                return WinError.ERROR_INVALID_PARAMETER;
            }
            if (code != ECHO && code != WAIT && code != FAILS) {
                return WinError.ERROR_INVALID_FUNCTION;
            }
            byte[] question = inLength == 0 ? new byte[0] : NativeMemory.copy(in, inLength);
            SimulatedOperation operation = new SimulatedOperation(this, SimulatedOperation.Kind.CONTROL,
                    overlappedAddress);
            if (inLength > 0) {
                operation.lendSource("the request", in, inLength);
            }
            if (outLength > 0) {
                operation.lendTarget("the answer", out, outLength);
            }
            if (code == ECHO && question.length <= outLength && kernel.faults().dice().chance(0.5)) {
                operation.receive(question);
                return endAtOnce(operation, question.length, transferred);
            }
            pend(operation);
            switch (code) {
                case ECHO -> kernel.schedule().after(kernel.slowDelay(),
                        () -> answer(operation, question, outLength));
                case FAILS -> kernel.schedule().after(kernel.slowDelay(),
                        () -> withdraw(operation, STATUS_IO_DEVICE_ERROR));
                default -> waiting.add(new Waiting(this, operation, outLength));
            }
            return WinError.ERROR_IO_PENDING;
        }

        private void answer(SimulatedOperation operation, byte[] answer, int room) {
            if (!isPending(operation)) {
                return;
            }
            int count = Math.min(answer.length, room);
            operation.receive(java.util.Arrays.copyOf(answer, count));
            end(operation, count < answer.length ? NtStatus.STATUS_BUFFER_OVERFLOW : NtStatus.STATUS_SUCCESS, count);
        }

        @Override
        void withdrawn(SimulatedOperation operation) {
            waiting.removeIf(request -> request.operation == operation);
        }

        @Override
        void close() {
            super.close();
            openHandles--;
        }

        @Override
        String kind() {
            return "device";
        }
    }
}
