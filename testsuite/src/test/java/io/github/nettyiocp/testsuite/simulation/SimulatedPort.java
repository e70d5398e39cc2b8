/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.util.ArrayDeque;

/** A completion port: packets in the order in which they were queued. */
final class SimulatedPort extends SimulatedHandle {

    private final ArrayDeque<Packet> packets = new ArrayDeque<>();
    private boolean closed;

    SimulatedPort(SimulatedKernel kernel) {
        super(kernel, false);
    }

    void queue(Packet packet) {
        if (closed) {
            if (packet.waitPacket != null) {
                packet.waitPacket.taken();
            }
            if (packet.operation != null) {
                kernel.violation("%s ended after its port had been closed", packet.operation);
                packet.operation.giveBack(packet.status, packet.bytes);
            }
            return;
        }
        packets.add(packet);
        kernel.changed();
    }

    Packet poll() {
        Packet packet = packets.poll();
        if (packet != null && packet.waitPacket != null) {
            packet.waitPacket.taken();
        }
        return packet;
    }

    void remove(Packet packet) {
        packets.remove(packet);
    }

    /**
     * Takes back stale packets whose {@code OVERLAPPED} is in use again: nobody could tell them apart, and a run must
     * not depend on that.
     */
    void dropAmbiguous() {
        packets.removeIf(packet -> packet.stale && kernel.memory().isLent(packet.overlapped));
    }

    /**
     * How many packets a call may take at once: a stale one goes alone, or what is dispatched before it in its batch
     * might bring its {@code OVERLAPPED} into use again.
     */
    int batch() {
        int size = 0;
        for (Packet packet : packets) {
            if (packet.stale) {
                return Math.max(size, 1);
            }
            size++;
        }
        return size;
    }

    boolean isEmpty() {
        return packets.isEmpty();
    }

    boolean isClosed() {
        return closed;
    }

    /** How many packets are queued that no operation caused. */
    int posted() {
        return (int) packets.stream().filter(packet -> packet.operation == null && packet.overlapped == 0
                && packet.key == 0).count();
    }

    @Override
    void close() {
        closed = true;
        for (Packet packet : packets) {
            if (packet.waitPacket != null) {
                packet.waitPacket.taken();
            }
            if (packet.operation != null) {
                kernel.violation("%s was never taken from its port, which is closed now", packet.operation);
                packet.operation.giveBack(packet.status, packet.bytes);
            }
        }
        packets.clear();
        kernel.changed();
    }

    @Override
    boolean cancel(long overlappedAddress) {
        return false;
    }

    @Override
    String kind() {
        return "port";
    }

    /** What is queued at a port. */
    static final class Packet {
        final long key;
        /** {@code null} for what was posted. */
        final SimulatedOperation operation;
        final long overlapped;
        final int status;
        final int bytes;
        /** See {@link Faults.Kind#STALE_PACKET}. */
        boolean stale;
        /** Set if a wait completion packet queued it. */
        SimulatedWaitPacket waitPacket;

        Packet(long key, SimulatedOperation operation, long overlapped, int status, int bytes) {
            this.key = key;
            this.operation = operation;
            this.overlapped = overlapped;
            this.status = status;
            this.bytes = bytes;
        }
    }
}
