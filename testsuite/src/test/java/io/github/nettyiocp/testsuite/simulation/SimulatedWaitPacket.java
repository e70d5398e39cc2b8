/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.NtStatus;

/**
 * A wait completion packet: waits for one object, once, and is queued at a port when that is signaled. It can be
 * associated again after it was taken from the port, or after its cancellation succeeded.
 */
final class SimulatedWaitPacket extends SimulatedHandle {

    private static final int STATUS_INVALID_PARAMETER_1 = 0xC00000EF;

    private enum State { IDLE, WAITING, SIGNALED, QUEUED }

    private State state = State.IDLE;
    private SimulatedWaitable target;
    private SimulatedPort to;
    private SimulatedPort.Packet packet;

    SimulatedWaitPacket(SimulatedKernel kernel) {
        super(kernel, false);
    }

    /** {@code NtAssociateWaitCompletionPacket}; an {@code NTSTATUS}. */
    int associate(SimulatedPort newPort, SimulatedWaitable object, long key, long context, int status, int bytes) {
        if (state != State.IDLE) {
            return STATUS_INVALID_PARAMETER_1;
        }
        to = newPort;
        packet = new SimulatedPort.Packet(key, null, context, status, bytes);
        packet.waitPacket = this;
        if (object.isSignaled()) {
            object.satisfied();
            signaled();
        } else {
            state = State.WAITING;
            target = object;
            object.await(this);
        }
        return NtStatus.STATUS_SUCCESS;
    }

    /** The object is signaled. */
    void signaled() {
        target = null;
        if (kernel.faults().happens(Faults.Kind.SLOW_COMPLETION)) {
            state = State.SIGNALED;
            SimulatedPort.Packet late = packet;
            kernel.schedule().after(kernel.slowDelay(), () -> queue(late));
        } else {
            queue(packet);
        }
    }

    private void queue(SimulatedPort.Packet signaled) {
        state = State.QUEUED;
        kernel.log("wait packet %d is queued at port %d", id, to.id);
        to.queue(signaled);
    }

    /** It was taken from its port, or the port is no more. */
    void taken() {
        state = State.IDLE;
        packet = null;
    }

    /** {@code NtCancelWaitCompletionPacket}; an {@code NTSTATUS}. */
    int cancelWait(boolean removeSignaled) {
        switch (state) {
            case WAITING:
                target.awaitNoMore(this);
                taken();
                return NtStatus.STATUS_SUCCESS;
            case SIGNALED:
                // Between the object and the port: it can't be caught there.
                return NtStatus.STATUS_PENDING;
            case QUEUED:
                if (!removeSignaled) {
                    return NtStatus.STATUS_PENDING;
                }
                to.remove(packet);
                taken();
                return NtStatus.STATUS_SUCCESS;
            default:
                return NtStatus.STATUS_CANCELLED;
        }
    }

    @Override
    boolean cancel(long overlappedAddress) {
        return false;
    }

    /** Ends the wait. What is queued already still comes. */
    @Override
    void close() {
        if (state == State.WAITING) {
            target.awaitNoMore(this);
            taken();
        }
    }

    @Override
    String kind() {
        return "wait packet";
    }
}
