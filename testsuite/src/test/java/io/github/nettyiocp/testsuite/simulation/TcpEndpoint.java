/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.NtStatus;

import java.net.InetSocketAddress;

/**
 * One end of a TCP connection: a send buffer that empties as the other end's receive window allows, a receive buffer
 * that whoever owns the end reads, and what each side knows about the other's end of the stream. Segments need time but
 * keep their order.
 */
final class TcpEndpoint {

    /** Who uses an end; called when something has changed. */
    interface Owner {
        /** There are bytes, or the end of the stream. */
        void readable();

        /** The send buffer has room, or is empty. */
        void writable();

        /** The connection is no more; the status tells why. */
        void broken(int status);
    }

    private static final int SEGMENT = 1460;
    private static final int SEGMENTS_AT_ONCE = 45;
    private static final long RETRANSMISSION_NANOS = 20_000_000_000L;

    private final SimulatedNetwork network;
    final int id;
    final InetSocketAddress local;
    final InetSocketAddress remote;
    private TcpEndpoint peer;
    private Owner owner;
    private final ByteQueue sendBuffer = new ByteQueue();
    private final ByteQueue receiveBuffer = new ByteQueue();
    private int receiveLimit;
    private int onTheWay;
    private long lastArrival;
    private boolean sendShutdown;
    private boolean finSent;
    private boolean finReceived;
    private boolean receiveShutdown;
    private boolean closed;
    private boolean vanished;
    private boolean timing;
    private int brokenStatus;
    private long totalSent;
    private long totalReceived;
    private long totalTaken;

    TcpEndpoint(SimulatedNetwork network, int id, InetSocketAddress local, InetSocketAddress remote, int receiveLimit) {
        this.network = network;
        this.id = id;
        this.local = local;
        this.remote = remote;
        this.receiveLimit = receiveLimit;
    }

    void connect(TcpEndpoint other) {
        peer = other;
        other.peer = this;
    }

    void owner(Owner newOwner) {
        owner = newOwner;
    }

    void receiveLimit(int bytes) {
        receiveLimit = bytes;
    }

    // ---- sending

    /** Bytes that wait to be sent. */
    int unsent() {
        return sendBuffer.size();
    }

    /** Whether everything that was sent has arrived in the other end's receive buffer. */
    boolean isDrained() {
        return sendBuffer.isEmpty() && (peer.onTheWay == 0 || isBroken());
    }

    void send(byte[] bytes) {
        if (isBroken() || sendShutdown) {
            throw new SimulationError("bug of the simulation: send on an ended " + this);
        }
        totalSent += bytes.length;
        sendBuffer.add(bytes);
        pump();
    }

    void shutdownSend() {
        if (!sendShutdown && !isBroken()) {
            sendShutdown = true;
            pump();
        }
    }

    boolean isSendShutdown() {
        return sendShutdown;
    }

    private void pump() {
        if (isBroken()) {
            return;
        }
        if (vanished) {
            // Nobody answers: the stack tries for a while, then gives up.
            if (!timing && (!sendBuffer.isEmpty() || sendShutdown)) {
                timing = true;
                network.after(RETRANSMISSION_NANOS, () -> breakDown(NtStatus.STATUS_IO_TIMEOUT));
            }
            return;
        }
        while (!sendBuffer.isEmpty()) {
            int window = peer.closed || peer.receiveShutdown ? Integer.MAX_VALUE
                    : peer.receiveLimit - peer.receiveBuffer.size() - peer.onTheWay;
            if (window <= 0) {
                break;
            }
            if (network.faults().happens(Faults.Kind.PEER_VANISHES)) {
                network.log("the other machine of connection %d falls silent", id);
                vanish();
                pump();
                return;
            }
            if (network.faults().happens(Faults.Kind.CONNECTION_RESET)) {
                network.log("connection %d is reset on its way", id);
                breakBothSides(NtStatus.STATUS_CONNECTION_RESET);
                return;
            }
            int most = network.faults().happens(Faults.Kind.SMALL_SEGMENTS) ? network.dice().between(1, 16)
                    : SEGMENT * network.dice().between(1, SEGMENTS_AT_ONCE);
            byte[] bytes = sendBuffer.take(Math.min(window, most));
            TcpEndpoint to = peer;
            to.onTheWay += bytes.length;
            network.at(to.nextArrival(), () -> to.arrived(bytes));
        }
        if (sendBuffer.isEmpty() && sendShutdown && !finSent) {
            finSent = true;
            TcpEndpoint to = peer;
            // The end may come with the last bytes.
            boolean together = to.onTheWay > 0 && network.dice().chance(0.5);
            network.at(together ? to.lastArrival : to.nextArrival(), to::finArrived);
        }
        if (owner != null && !closed) {
            owner.writable();
        }
    }

    private long nextArrival() {
        lastArrival = Math.max(lastArrival, network.arrival());
        return lastArrival;
    }

    // ---- receiving

    private void arrived(byte[] bytes) {
        onTheWay -= bytes.length;
        if (vanished || isBroken()) {
            return;
        }
        if (closed || receiveShutdown) {
            // Data for somebody who doesn't want it: the sender is told by a reset.
            network.log("%d bytes arrive at the closed end %d", bytes.length, id);
            breakBothSides(NtStatus.STATUS_LOCAL_DISCONNECT);
            return;
        }
        totalReceived += bytes.length;
        receiveBuffer.add(bytes);
        if (owner != null) {
            owner.readable();
        }
        if (peer.sendBuffer.isEmpty()) {
            peer.pump();
        }
    }

    private void finArrived() {
        if (!vanished && !isBroken()) {
            finReceived = true;
            if (owner != null && !closed) {
                owner.readable();
            }
        }
    }

    int available() {
        return receiveBuffer.size();
    }

    /** Takes bytes that have arrived, which opens the window. */
    byte[] take(int length) {
        byte[] bytes = receiveBuffer.take(length);
        totalTaken += bytes.length;
        if (bytes.length > 0) {
            // The news travels as everything does; a short way is enough here.
            network.after(1000, peer::pump);
        }
        return bytes;
    }

    /** Whether the other side has ended its stream and everything before was taken. */
    boolean isAtEnd() {
        return finReceived && receiveBuffer.isEmpty();
    }

    boolean isReadable() {
        return finReceived || !receiveBuffer.isEmpty();
    }

    void shutdownReceive() {
        receiveShutdown = true;
    }

    boolean isReceiveShutdown() {
        return receiveShutdown;
    }

    // ---- the end

    boolean isBroken() {
        return brokenStatus != 0;
    }

    int brokenStatus() {
        return brokenStatus;
    }

    /**
     * Closes this end: what was sent still arrives, then the end of the stream. If bytes are unread, or somebody still
     * waits for some, Windows resets the connection instead.
     */
    void close(boolean receivePending) {
        if (closed) {
            return;
        }
        closed = true;
        if (isBroken()) {
            return;
        }
        if (!receiveBuffer.isEmpty() || receivePending) {
            network.log("end %d is closed with %s: a reset", id, receivePending ? "a receive pending" : "unread bytes");
            reset();
        } else {
            sendShutdown = true;
            pump();
        }
    }

    boolean isClosed() {
        return closed;
    }

    /** Ends the connection at once, for both sides; this one's owner does it and need not be told. */
    void reset() {
        if (!isBroken()) {
            owner = null;
            breakBothSides(NtStatus.STATUS_LOCAL_DISCONNECT);
        }
    }

    /** The connection is no more: this side sees {@code status}, the other a reset. */
    void breakBothSides(int status) {
        if (isBroken()) {
            return;
        }
        TcpEndpoint to = peer;
        boolean silent = vanished;
        breakDown(status);
        if (!silent) {
            // Behind what is on its way: a reset that arrives first would make that be lost, which a run gets by the
            // window and the fault of the same name.
            network.at(to.nextArrival(), () -> {
                if (!to.vanished) {
                    to.breakDown(NtStatus.STATUS_CONNECTION_RESET);
                }
            });
        }
    }

    /** The other machine is gone, seen from either side: nothing arrives any more. */
    void vanish() {
        vanished = true;
        peer.vanished = true;
        pump();
        peer.pump();
    }

    boolean isVanished() {
        return vanished;
    }

    private void breakDown(int status) {
        if (isBroken()) {
            return;
        }
        network.log("connection %d broke at this end: 0x%08x, %d bytes unread", id, status, receiveBuffer.size());
        brokenStatus = status;
        sendBuffer.clear();
        // Windows discards what was not read yet.
        receiveBuffer.clear();
        if (owner != null && !closed) {
            owner.broken(status);
        }
    }

    long totalSent() {
        return totalSent;
    }

    long totalReceived() {
        return totalReceived;
    }

    /** The bytes that receives have taken. */
    long totalTaken() {
        return totalTaken;
    }

    boolean isFinReceived() {
        return finReceived;
    }

    @Override
    public String toString() {
        return "end " + id + " from " + local + " to " + remote;
    }
}
