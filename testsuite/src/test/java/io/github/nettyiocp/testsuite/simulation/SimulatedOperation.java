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

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * One overlapped operation, from the call to the moment when its packet is handed out, or to the call's return if no
 * packet comes. Until then its memory is lent to the kernel.
 */
final class SimulatedOperation {

    /** What an operation does. */
    enum Kind { RECEIVE, SEND, TRANSMIT, ACCEPT, CONNECT, READ, WRITE, LISTEN, NOTIFY, LOCK, CONTROL }

    final SimulatedHandle handle;
    final Kind kind;
    /** When it was begun, in virtual nanoseconds. */
    final long begun;
    private final SimulatedKernel kernel;
    private final int id;
    private final KernelMemory.Loan overlapped;
    private final SimulatedEvent event;
    private final boolean packetSuppressed;
    private final List<KernelMemory.Loan> loans = new ArrayList<>(2);
    private byte[] received;
    private KernelMemory.Loan senderName;
    private KernelMemory.Loan senderLength;
    private InetSocketAddress sender;
    private boolean statusStaysPending;
    private boolean ended;

    /** A receive: how much it takes. A send: what it sends. */
    int capacity;
    byte[] data;
    /** A send of a datagram: where to. */
    InetSocketAddress recipient;
    /** An accept: the socket that becomes the connection. */
    SimulatedSocket acceptSocket;
    /** A transmission: of which file, from where, how much is still to be sent, and how much was. */
    SimulatedFileHandle file;
    long filePosition;
    int left;
    int sent;
    /** A cancellation was requested that has not taken effect. */
    boolean cancelRequested;

    /** Begins an operation; the {@code OVERLAPPED} at the address now belongs to the kernel. */
    SimulatedOperation(SimulatedHandle handle, Kind kind, long overlappedAddress) {
        this.handle = handle;
        this.kind = kind;
        kernel = handle.kernel;
        id = kernel.nextId();
        begun = kernel.schedule().now();
        overlapped = kernel.memory().lendForUpdate(this, "the OVERLAPPED", overlappedAddress, Layout.OVERLAPPED_SIZE);
        overlapped.writeLong(Layout.OVERLAPPED_INTERNAL, NtStatus.STATUS_PENDING);
        overlapped.writeLong(Layout.OVERLAPPED_INTERNAL_HIGH, 0);
        long eventField = Memory.getLong(overlappedAddress + Layout.OVERLAPPED_EVENT);
        packetSuppressed = (eventField & 1) != 0;
        event = eventField == 0 ? null : (SimulatedEvent) kernel.handle(eventField & ~1L, "OVERLAPPED.hEvent");
        if (event != null) {
            event.reset();
            if (handle.port() != null && !packetSuppressed) {
                kernel.violation("%s has an event, although packets say the outcome of what %s does", this, handle);
            }
        }
        kernel.operationStarted();
    }

    /** Whether an {@code OVERLAPPED} has no event, or one that is. */
    static boolean isEventValid(SimulatedKernel kernel, long overlappedAddress) {
        long eventField = Memory.getLong(overlappedAddress + Layout.OVERLAPPED_EVENT);
        return eventField == 0
                || kernel.handle(eventField & ~1L, "OVERLAPPED.hEvent") instanceof SimulatedEvent;
    }

    /** Whether the lowest bit of the event says that no packet shall be queued. */
    boolean isPacketSuppressed() {
        return packetSuppressed;
    }

    boolean hasEvent() {
        return event != null;
    }

    void signalEvent() {
        if (event != null) {
            event.set();
        }
    }

    long overlappedAddress() {
        return overlapped.address;
    }

    /** Lends a buffer that will be filled. */
    void lendTarget(String what, long address, int length) {
        loans.add(kernel.memory().lendForWriting(this, what, address, length));
        capacity += length;
    }

    /** Lends memory that will be read. */
    void lendSource(String what, long address, int length) {
        loans.add(kernel.memory().lendForReading(this, what, address, length));
    }

    /** Sets what will come to lie in the targets when the memory is given back. */
    void receive(byte[] bytes) {
        received = bytes;
    }

    /** Sets what a transmission sends. */
    void transmit(SimulatedFileHandle source, long position, int length) {
        file = source;
        filePosition = position;
        left = length;
        file.transmitting(this);
    }

    /** What is to be sent next, {@code most} bytes at most; a file can end before. */
    byte[] nextOfFile(int most) {
        return file.file.read(filePosition + sent, Math.min(most, left));
    }

    /** So much of it was sent. */
    void sentOfFile(int bytes) {
        left -= bytes;
        sent += bytes;
    }

    /** What of it may have been sent when nobody knows how far it came. */
    byte[] unsent() {
        return kind == Kind.TRANSMIT ? nextOfFile(1 << 16) : data;
    }

    /** Lends the memory for the address of a datagram's sender, and the cell of its length. */
    void lendSender(long address, long lengthCell) {
        senderName = kernel.memory().lendForWriting(this, "the sender's address", address,
                Memory.getInt(lengthCell));
        senderLength = kernel.memory().lendForUpdate(this, "the length of the sender's address", lengthCell,
                Integer.BYTES);
    }

    /** Sets what datagram will come to lie in the targets when the memory is given back. */
    void receive(byte[] bytes, InetSocketAddress from) {
        received = bytes;
        sender = from;
    }

    boolean isEnded() {
        return ended;
    }

    /** The operation succeeded within the call, and no packet comes. */
    void endedInline(int bytes) {
        checkFirstEnd();
        statusStaysPending = kernel.faults().happens(Faults.Kind.STATUS_STAYS_PENDING);
        giveBack(NtStatus.STATUS_SUCCESS, bytes);
        signalEvent();
        if (kernel.faults().happens(Faults.Kind.STALE_PACKET)) {
            SimulatedPort.Packet stale = new SimulatedPort.Packet(handle.key(), null, overlappedAddress(), 0, bytes);
            stale.stale = true;
            handle.port().queue(stale);
        }
    }

    /** The call failed: nothing began. */
    void refused() {
        checkFirstEnd();
        // Whatever the OVERLAPPED says then says nothing.
        statusStaysPending = true;
        giveBack(NtStatus.STATUS_SUCCESS, 0);
    }

    /** The operation ended: its packet is queued. */
    void ended(int status, int bytes) {
        checkFirstEnd();
        int reported = bytes;
        if (NtStatus.isError(status)) {
            received = null;
            sender = null;
            reported = kernel.faults().dice().below(1 << 20);
        }
        kernel.log("%s %d ended on %s %d: 0x%08x, %d bytes", kind, id, handle.kind(), handle.id, status, bytes);
        handle.completed(this, status, reported);
    }

    private void checkFirstEnd() {
        if (ended) {
            throw new SimulationError("bug of the simulation: " + this + " ends twice");
        }
        ended = true;
        if (file != null) {
            file.transmitted(this);
        }
    }

    /** The packet is handed out: the results are written, and the memory belongs to the process again. */
    void giveBack(int status, int bytes) {
        if (kernel.memory().giveBack(overlapped) && !statusStaysPending) {
            Memory.putLong(overlapped.address + Layout.OVERLAPPED_INTERNAL, status & 0xffffffffL);
            Memory.putLong(overlapped.address + Layout.OVERLAPPED_INTERNAL_HIGH, bytes & 0xffffffffL);
        }
        int done = 0;
        for (KernelMemory.Loan loan : loans) {
            boolean usable = kernel.memory().giveBack(loan);
            if (received != null && loan.isWritten()) {
                int n = Math.min(loan.length, received.length - done);
                if (usable) {
                    NativeMemory.write(loan.address, received, done, n);
                }
                done += n;
            }
        }
        if (senderName != null) {
            giveSenderBack();
        }
        kernel.operationGivenBack();
    }

    private void giveSenderBack() {
        boolean usable = kernel.memory().giveBack(senderName) & kernel.memory().giveBack(senderLength);
        if (usable && sender != null) {
            int family = ((SocketHandle) handle).family;
            SocketAddresses.write(senderName.address, family, sender);
            Memory.putInt(senderLength.address, SocketAddresses.size(family));
        }
    }

    @Override
    public String toString() {
        return kind + " " + id + " on " + handle;
    }
}
