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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A TCP socket of the simulated Windows: what {@code afd.sys} and {@code tcpip.sys} do with it, and what they refuse.
 * Methods return {@code 0}, {@link WinError#ERROR_IO_PENDING} or another error.
 */
final class SimulatedSocket extends SocketHandle implements TcpEndpoint.Owner {

    /** One that no documentation of these calls names. */
    private static final int UNKNOWN_ERROR = 31_337;
    private static final int MAX_BUFFERS = 1024;
    private static final int DEFAULT_BACKLOG = 200;
    /** What a file has to be in the cache for, so that it is sent at once. */
    private static final int MAX_FAST_TRANSMIT = 1 << 16;

    private PortTable.Claim claim;
    private SimulatedNetwork.Listener listener;
    private SimulatedNetwork.Attempt attempt;
    private TcpEndpoint end;
    /** AcceptEx or ConnectEx was called for it, once and for all. */
    private boolean used;
    /** The listening socket that accepted it. */
    private SimulatedSocket acceptedBy;
    private boolean accepting;
    /** SO_UPDATE_ACCEPT_CONTEXT or SO_UPDATE_CONNECT_CONTEXT was set. */
    private boolean updated;
    private final ArrayDeque<SimulatedOperation> receives = new ArrayDeque<>();
    private final ArrayDeque<SimulatedOperation> sends = new ArrayDeque<>();
    private final ArrayDeque<SimulatedOperation> accepts = new ArrayDeque<>();
    private SimulatedOperation connect;
    private boolean serving;
    private boolean shutdownAfterSends;
    private boolean closed;

    SimulatedSocket(SimulatedKernel kernel, int family, boolean overlapped) {
        super(kernel, family, overlapped, new SocketOptions(family, kernel.sendBufferSize(),
                kernel.receiveBufferSize()));
    }

    TcpEndpoint end() {
        return end;
    }

    /** Whether somebody waits for connections at a listening socket. */
    boolean isAccepting() {
        return !accepts.isEmpty() || ending.stream().anyMatch(o -> o.kind == SimulatedOperation.Kind.ACCEPT);
    }

    @Override
    boolean isBound() {
        return claim != null;
    }

    boolean isUnused() {
        return claim == null && end == null && listener == null && !used && !accepting;
    }

    // ---- bind, listen

    @Override
    int bind(long name, int nameLength) {
        if (nameLength < SocketAddresses.size(family)) {
            return WinError.WSAEFAULT;
        }
        if (!kernel.memory().check(name, SocketAddresses.size(family), "the name for bind")) {
            return WinError.WSAEFAULT;
        }
        if (SocketAddresses.family(name) != family) {
            return WinError.WSAEFAULT;
        }
        if (claim != null || end != null || accepting) {
            return WinError.WSAEINVAL;
        }
        if (kernel.faults().happens(Faults.Kind.BIND_FAILS)) {
            return WinError.WSAENOBUFS;
        }
        InetSocketAddress address = SocketAddresses.read(name);
        if (SocketAddresses.isMapped(name) && !options.isDualStack()) {
            return WinError.WSAEADDRNOTAVAIL;
        }
        PortTable.BindResult result = kernel.network().ports().bind(address, family == WinConst.AF_INET6,
                options.isDualStack(), options.isExclusive(), options.isReuse());
        claim = result.claim();
        return result.error();
    }

    int listen(int backlog) {
        if (claim == null) {
            return WinError.WSAEINVAL;
        }
        if (end != null || used) {
            return WinError.WSAEISCONN;
        }
        if (listener != null) {
            return 0;
        }
        // SOMAXCONN_HINT(n) is -n.
        int length = backlog == WinConst.SOMAXCONN ? DEFAULT_BACKLOG : backlog < 0 ? Math.max(200, -backlog)
                : Math.max(1, Math.min(DEFAULT_BACKLOG, backlog));
        listener = new SimulatedNetwork.Listener(claim.address, family == WinConst.AF_INET6, options.isDualStack(),
                length, options.receiveBufferSize(), this::serveAccepts);
        kernel.network().listen(listener);
        return 0;
    }

    // ---- accept

    int accept(SimulatedSocket socket, long output, int receiveLength, int localLength, int remoteLength,
               long overlappedAddress) {
        if (listener == null) {
            return WinError.WSAEINVAL;
        }
        if (!socket.isUnused() || socket.family != family || !socket.overlapped) {
            return WinError.WSAEINVAL;
        }
        int least = SocketAddresses.size(family) + 16;
        if (localLength < least || remoteLength < least) {
            return WinError.WSAEFAULT;
        }
        if (receiveLength != 0) {
            kernel.violation("AcceptEx waits for data: a silent client blocks the accept");
            return WinError.WSAEINVAL;
        }
        if (kernel.faults().happens(Faults.Kind.ACCEPT_FAILS_AT_ONCE)) {
            return errorAtOnce();
        }
        SimulatedOperation operation = new SimulatedOperation(this, SimulatedOperation.Kind.ACCEPT, overlappedAddress);
        operation.lendTarget("the output buffer", output, localLength + remoteLength);
        operation.capacity = localLength;
        operation.acceptSocket = socket;
        socket.accepting = true;
        accepts.add(operation);
        listener.asked = accepts.size();
        if (listener.queue.isEmpty() || accepts.size() > 1) {
            return WinError.ERROR_IO_PENDING;
        }
        if (kernel.faults().happens(Faults.Kind.PEND_THOUGH_READY)) {
            kernel.schedule().after(kernel.completionDelay(), this::serveAccepts);
            return WinError.ERROR_IO_PENDING;
        }
        accepts.remove(operation);
        listener.asked = 0;
        int status = accepted(operation, listener.queue.poll());
        if (status != NtStatus.STATUS_SUCCESS) {
            finish(operation, status, 0);
            return WinError.ERROR_IO_PENDING;
        }
        return endInline(operation, 0);
    }

    private void serveAccepts() {
        while (listener != null && !accepts.isEmpty() && !listener.queue.isEmpty()) {
            SimulatedOperation operation = accepts.poll();
            listener.asked = accepts.size();
            finish(operation, accepted(operation, listener.queue.poll()), 0);
        }
    }

    private int accepted(SimulatedOperation operation, TcpEndpoint newEnd) {
        SimulatedSocket socket = operation.acceptSocket;
        if (kernel.faults().happens(Faults.Kind.ACCEPT_FAILS_LATER)) {
            newEnd.reset();
        }
        if (newEnd.isBroken() || socket.closed) {
            newEnd.close(true);
            socket.used = true;
            socket.accepting = false;
            return NtStatus.STATUS_CONNECTION_RESET;
        }
        socket.accepting = false;
        socket.used = true;
        socket.end = newEnd;
        socket.acceptedBy = this;
        newEnd.owner(socket);
        int localLength = operation.capacity;
        byte[] output = new byte[localLength * 2];
        AcceptOutput.write(output, family, localLength, newEnd.local, newEnd.remote);
        operation.receive(output);
        return NtStatus.STATUS_SUCCESS;
    }

    int updateAcceptContext(SimulatedSocket listening) {
        if (end == null || acceptedBy == null) {
            return WinError.WSAENOTCONN;
        }
        if (listening != acceptedBy) {
            kernel.violation("SO_UPDATE_ACCEPT_CONTEXT of %s with a socket that did not accept it", this);
            return WinError.WSAEINVAL;
        }
        if (end.isBroken()) {
            return WinError.WSAENOTCONN;
        }
        updated = true;
        // The options of the listening socket are copied, whatever was set before.
        options.inherit(listening.options);
        end.receiveLimit(options.receiveBufferSize());
        return 0;
    }

    // ---- connect

    int connect(long name, int nameLength, long sendBuffer, int sendLength, long overlappedAddress) {
        if (nameLength < SocketAddresses.size(family)) {
            return WinError.WSAEFAULT;
        }
        if (!kernel.memory().check(name, SocketAddresses.size(family), "the name for ConnectEx")) {
            return WinError.WSAEFAULT;
        }
        if (end != null) {
            return WinError.WSAEISCONN;
        }
        if (claim == null || listener != null || used || accepting) {
            // Not bound, or spoilt by an earlier ConnectEx.
            return WinError.WSAEINVAL;
        }
        if (SocketAddresses.family(name) != family) {
            return WinError.WSAEAFNOSUPPORT;
        }
        boolean withData = sendBuffer != 0 && sendLength != 0;
        if (withData && !kernel.memory().check(sendBuffer, sendLength, "the send buffer of ConnectEx")) {
            return WinError.WSAEFAULT;
        }
        InetSocketAddress to = SocketAddresses.read(name);
        if (to.getPort() == 0 || to.getAddress().isAnyLocalAddress()) {
            return WinError.WSAEADDRNOTAVAIL;
        }
        if (SocketAddresses.isMapped(name) && !options.isDualStack()) {
            return WinError.WSAENETUNREACH;
        }
        if (kernel.faults().happens(Faults.Kind.CONNECT_FAILS_AT_ONCE)) {
            used = true;
            return kernel.faults().dice().pick(new Integer[] { WinError.WSAENOBUFS, WinError.WSAENETUNREACH,
                    WinError.WSAEACCES });
        }
        used = true;
        SimulatedOperation operation = new SimulatedOperation(this, SimulatedOperation.Kind.CONNECT, overlappedAddress);
        operation.lendSource("the name", name, nameLength);
        if (withData) {
            operation.data = NativeMemory.copy(sendBuffer, sendLength);
            operation.lendSource("the send buffer", sendBuffer, sendLength);
        }
        connect = operation;
        InetSocketAddress from = new InetSocketAddress(claim.address.getAddress().isAnyLocalAddress()
                ? SimulatedNetwork.sourceFor(to.getAddress()) : claim.address.getAddress(), claim.address.getPort());
        attempt = kernel.network().connect(from, to, options.receiveBufferSize(), options.isRetransmittingSyn(),
                new SimulatedNetwork.ConnectCallback() {
                    @Override
                    public void connected(TcpEndpoint newEnd) {
                        connect = null;
                        end = newEnd;
                        end.owner(SimulatedSocket.this);
                        finish(operation, NtStatus.STATUS_SUCCESS, sendFirst(operation.data));
                    }

                    @Override
                    public void failed(int status) {
                        connect = null;
                        finish(operation, status, 0);
                    }
                });
        if (kernel.faults().happens(Faults.Kind.CONNECT_FAILS_LATER)) {
            int status = kernel.faults().dice().pick(new Integer[] { NtStatus.STATUS_CONNECTION_REFUSED,
                    NtStatus.STATUS_IO_TIMEOUT, NtStatus.STATUS_HOST_UNREACHABLE, NtStatus.STATUS_NETWORK_UNREACHABLE,
                    NtStatus.STATUS_ADDRESS_ALREADY_EXISTS, unknownStatus() });
            kernel.schedule().after(kernel.faults().dice().nanosBetween(1_000, 3_000_000_000L), () -> {
                if (connect == operation) {
                    attempt.abandon();
                    connect = null;
                    finish(operation, status, 0);
                }
            });
        }
        return WinError.ERROR_IO_PENDING;
    }

    /** What ConnectEx sends; how much of it before it says that it is connected, only it knows. */
    private int sendFirst(byte[] data) {
        if (data == null || end.isBroken()) {
            // The peer may have reset already.
            return 0;
        }
        int sent = kernel.faults().happens(Faults.Kind.SMALL_SEGMENTS)
                ? kernel.faults().dice().below(data.length + 1) : data.length;
        end.send(Arrays.copyOf(data, sent));
        return sent;
    }

    int updateConnectContext() {
        if (end == null || acceptedBy != null || end.isBroken()) {
            return WinError.WSAENOTCONN;
        }
        updated = true;
        return 0;
    }

    // ---- receive

    @Override
    int receive(long buffers, int count, long bytes, long flags, long overlappedAddress) {
        int error = checkBuffers(buffers, count, bytes, overlappedAddress);
        if (error != 0) {
            return error;
        }
        if (!kernel.memory().check(flags, 4, "the flags for WSARecv")) {
            return WinError.WSAEFAULT;
        }
        if (Memory.getInt(flags) != 0) {
            kernel.violation("WSARecv with flags 0x%x, which is not simulated", Memory.getInt(flags));
            return WinError.WSAEOPNOTSUPP;
        }
        if (end == null) {
            return WinError.WSAENOTCONN;
        }
        if (end.isBroken()) {
            return brokenError();
        }
        if (end.isReceiveShutdown()) {
            return WinError.WSAESHUTDOWN;
        }
        if (kernel.faults().happens(Faults.Kind.RECEIVE_FAILS_AT_ONCE)) {
            return failAtOnce();
        }
        SimulatedOperation operation = new SimulatedOperation(this, SimulatedOperation.Kind.RECEIVE, overlappedAddress);
        lendTargets(operation, buffers, count);
        receives.add(operation);
        if (receives.size() == 1 && end.isReadable()) {
            if (!kernel.faults().happens(Faults.Kind.PEND_THOUGH_READY)) {
                receives.poll();
                int received = fill(operation);
                Memory.putInt(bytes, received);
                return endInline(operation, received);
            }
            kernel.schedule().after(kernel.completionDelay(), this::serveReceives);
        }
        if (kernel.faults().happens(Faults.Kind.RECEIVE_FAILS_LATER)) {
            failLater(operation, receives);
        }
        return WinError.ERROR_IO_PENDING;
    }

    private int fill(SimulatedOperation operation) {
        int most = Math.min(operation.capacity, end.available());
        if (most > 1 && kernel.faults().happens(Faults.Kind.PARTIAL_RECEIVE)) {
            most = kernel.faults().dice().sizeBetween(1, most);
        }
        operation.receive(end.take(most));
        return most;
    }

    private void serveReceives() {
        while (!receives.isEmpty() && end != null && !end.isBroken() && end.isReadable()) {
            SimulatedOperation operation = receives.poll();
            finish(operation, NtStatus.STATUS_SUCCESS, fill(operation));
        }
    }

    @Override
    public void readable() {
        serveReceives();
    }

    // ---- send

    @Override
    int send(long buffers, int count, long bytes, int flags, long overlappedAddress) {
        int error = checkBuffers(buffers, count, bytes, overlappedAddress);
        if (error != 0) {
            return error;
        }
        if (flags != 0) {
            kernel.violation("WSASend with flags 0x%x, which is not simulated", flags);
            return WinError.WSAEOPNOTSUPP;
        }
        if (end == null) {
            return WinError.WSAENOTCONN;
        }
        if (end.isBroken()) {
            return brokenError();
        }
        if (end.isSendShutdown()) {
            return WinError.WSAESHUTDOWN;
        }
        if (count > MAX_BUFFERS) {
            return WinError.WSAEMSGSIZE;
        }
        if (kernel.faults().happens(Faults.Kind.SEND_FAILS_AT_ONCE)) {
            return failAtOnce();
        }
        SimulatedOperation operation = new SimulatedOperation(this, SimulatedOperation.Kind.SEND, overlappedAddress);
        lendSources(operation, buffers, count);
        if (kernel.faults().happens(Faults.Kind.SEND_FAILS_LATER)) {
            sends.add(operation);
            failLater(operation, sends);
            return WinError.ERROR_IO_PENDING;
        }
        boolean takenAtOnce = sends.isEmpty() && hasSendRoom() && options.sendBufferSize() > 0;
        if (takenAtOnce && !kernel.faults().happens(Faults.Kind.PEND_THOUGH_READY)) {
            end.send(operation.data);
            Memory.putInt(bytes, operation.data.length);
            return endInline(operation, operation.data.length);
        }
        sends.add(operation);
        if (takenAtOnce || options.sendBufferSize() == 0) {
            kernel.schedule().after(kernel.completionDelay(), this::serveSends);
        }
        return WinError.ERROR_IO_PENDING;
    }

    /** {@code TransmitFile}: reads a part, sends it when there is room, and so on. */
    int transmit(SimulatedFileHandle file, int length, long overlappedAddress) {
        if (length <= 0) {
            // Windows would send the whole file, whatever that is by now.
            kernel.violation("TransmitFile of %d bytes", length);
            return WinError.WSAEINVAL;
        }
        long position = Memory.getLong(overlappedAddress + Layout.OVERLAPPED_OFFSET);
        if (position < 0) {
            return WinError.WSAEINVAL;
        }
        if (end == null) {
            return WinError.WSAENOTCONN;
        }
        if (end.isBroken()) {
            return brokenError();
        }
        if (end.isSendShutdown()) {
            return WinError.WSAESHUTDOWN;
        }
        if (!SimulatedFileHandle.reads(file.access)) {
            return WinError.WSAEACCES;
        }
        if (kernel.faults().happens(Faults.Kind.TRANSMIT_REFUSED)) {
            return kernel.faults().dice().chance(0.5) ? WinError.WSAEOPNOTSUPP : WinError.WSAEINVAL;
        }
        if (kernel.faults().happens(Faults.Kind.SEND_FAILS_AT_ONCE)) {
            return WinError.WSAENOBUFS;
        }
        SimulatedOperation operation = new SimulatedOperation(this, SimulatedOperation.Kind.TRANSMIT,
                overlappedAddress);
        operation.transmit(file, position, length);
        boolean first = sends.isEmpty();
        sends.add(operation);
        if (kernel.faults().happens(Faults.Kind.SEND_FAILS_LATER)) {
            failLater(operation, sends);
        } else if (first && hasSendRoom() && file.file.size() - position >= length && length <= MAX_FAST_TRANSMIT
                && !kernel.faults().happens(Faults.Kind.PEND_THOUGH_READY)) {
            sends.remove(operation);
            end.send(operation.nextOfFile(length));
            return endInline(operation, length);
        } else {
            kernel.schedule().after(kernel.completionDelay(), this::serveSends);
        }
        return WinError.ERROR_IO_PENDING;
    }

    /** Sends the next part of a file, and ends with the last. */
    private void sendOfFile(SimulatedOperation operation) {
        byte[] part = operation.nextOfFile(kernel.faults().dice().sizeBetween(1, 1 << 16));
        if (part.length > 0) {
            end.send(part);
            operation.sentOfFile(part.length);
        }
        boolean ended = part.length == 0;
        if (operation.left > 0 && !ended && !kernel.faults().happens(Faults.Kind.TRANSMIT_ENDS_SHORT)) {
            return;
        }
        if (!sends.remove(operation)) {
            // The connection broke, and what waited with it.
            return;
        }
        finish(operation, ended && kernel.faults().dice().chance(0.5) ? NtStatus.STATUS_END_OF_FILE
                : NtStatus.STATUS_SUCCESS, operation.sent);
    }

    /** AFD takes a send whole as long as less than the buffer's size waits. */
    private boolean hasSendRoom() {
        return end.unsent() < Math.max(1, options.sendBufferSize());
    }

    private void serveSends() {
        if (serving) {
            return;
        }
        serving = true;
        try {
            while (!sends.isEmpty() && end != null && !end.isBroken() && !end.isSendShutdown() && hasSendRoom()) {
                SimulatedOperation operation = sends.peek();
                if (operation.kind == SimulatedOperation.Kind.TRANSMIT) {
                    sendOfFile(operation);
                    continue;
                }
                sends.poll();
                end.send(operation.data);
                finish(operation, NtStatus.STATUS_SUCCESS, operation.data.length);
            }
            if (sends.isEmpty() && shutdownAfterSends && end != null) {
                end.shutdownSend();
            }
        } finally {
            serving = false;
        }
    }

    @Override
    public void writable() {
        serveSends();
    }

    // ---- the ways in which operations end

    private void failLater(SimulatedOperation operation, ArrayDeque<SimulatedOperation> queue) {
        Dice dice = kernel.faults().dice();
        int status = dice.pick(new Integer[] { NtStatus.STATUS_INSUFFICIENT_RESOURCES, NtStatus.STATUS_CONNECTION_RESET,
                NtStatus.STATUS_CONNECTION_ABORTED, NtStatus.STATUS_CONNECTION_DISCONNECTED,
                NtStatus.STATUS_REMOTE_DISCONNECT, unknownStatus() });
        kernel.schedule().after(dice.nanosBetween(1_000, 20_000_000), () -> {
            if (!queue.remove(operation)) {
                return;
            }
            if (isSend(operation) && !end.isBroken() && !end.isSendShutdown()) {
                byte[] unsent = operation.unsent();
                end.send(Arrays.copyOf(unsent, dice.below(unsent.length + 1)));
            }
            finish(operation, status, 0);
            if (status != NtStatus.STATUS_INSUFFICIENT_RESOURCES) {
                end.breakBothSides(status);
            } else if (isSend(operation)) {
                serveSends();
            }
        });
    }

    @Override
    public void broken(int status) {
        while (!receives.isEmpty()) {
            finish(receives.poll(), status, 0);
        }
        while (!sends.isEmpty()) {
            finish(sends.poll(), status, 0);
        }
    }

    /** What a call says that fails at once: often that there is no memory. */
    private int errorAtOnce() {
        return kernel.faults().dice().pick(new Integer[] { WinError.WSAENOBUFS, WinError.WSAENOBUFS,
                WinError.WSAECONNABORTED, WinError.WSAECONNRESET, UNKNOWN_ERROR });
    }

    /** Fails a call on a connection; one that is said to be aborted or reset is no more. */
    private int failAtOnce() {
        int error = errorAtOnce();
        if (error == WinError.WSAECONNABORTED) {
            end.breakBothSides(NtStatus.STATUS_CONNECTION_ABORTED);
        } else if (error == WinError.WSAECONNRESET) {
            end.breakBothSides(NtStatus.STATUS_CONNECTION_RESET);
        }
        return error;
    }

    private int brokenError() {
        switch (end.brokenStatus()) {
            case NtStatus.STATUS_CONNECTION_ABORTED:
            case NtStatus.STATUS_LOCAL_DISCONNECT:
                return WinError.WSAECONNABORTED;
            case NtStatus.STATUS_IO_TIMEOUT:
                return WinError.WSAETIMEDOUT;
            default:
                return WinError.WSAECONNRESET;
        }
    }

    // ---- cancel, shutdown, close

    @Override
    void collect(List<SimulatedOperation> open) {
        open.addAll(receives);
        open.addAll(sends);
        open.addAll(accepts);
        if (connect != null) {
            open.add(connect);
        }
    }

    @Override
    boolean withdraw(SimulatedOperation operation) {
        switch (operation.kind) {
            case RECEIVE:
                return receives.remove(operation);
            case SEND:
            case TRANSMIT:
                if (!sends.remove(operation)) {
                    return false;
                }
                if (end != null && !end.isBroken() && !end.isSendShutdown()) {
                    // Nobody knows how much had left.
                    byte[] unsent = operation.unsent();
                    end.send(Arrays.copyOf(unsent, kernel.faults().dice().below(unsent.length + 1)));
                }
                return true;
            case ACCEPT:
                if (!accepts.remove(operation)) {
                    return false;
                }
                if (listener != null) {
                    listener.asked = accepts.size();
                }
                operation.acceptSocket.accepting = false;
                return true;
            default:
                if (connect != operation) {
                    return false;
                }
                connect = null;
                attempt.abandon();
                return true;
        }
    }

    @Override
    int shutdown(int how) {
        if (end == null || !updated || end.isBroken()) {
            return WinError.WSAENOTCONN;
        }
        if (how < WinConst.SD_RECEIVE || how > WinConst.SD_BOTH) {
            return WinError.WSAEINVAL;
        }
        if (how != WinConst.SD_SEND) {
            end.shutdownReceive();
        }
        if (how != WinConst.SD_RECEIVE) {
            if (sends.isEmpty()) {
                end.shutdownSend();
            } else {
                shutdownAfterSends = true;
            }
        }
        return 0;
    }

    @Override
    void close() {
        closed = true;
        boolean receivePending = !receives.isEmpty();
        boolean sendPending = !sends.isEmpty();
        if (end != null && !options.isAbortive() && (receivePending || sendPending) && !end.isBroken()) {
            kernel.closedInFlight(this, receivePending);
        }
        if (end != null) {
            if (options.isAbortive() || sendPending) {
                end.reset();
            } else {
                lingerUntilSent();
                end.close(receivePending);
            }
            end.close(false);
        }
        if (listener != null) {
            kernel.network().stopListening(listener);
            listener = null;
        }
        if (attempt != null) {
            attempt.abandon();
        }
        if (claim != null) {
            kernel.network().ports().unbind(claim);
        }
        List<SimulatedOperation> open = new ArrayList<>();
        collect(open);
        receives.clear();
        sends.clear();
        accepts.clear();
        connect = null;
        for (SimulatedOperation operation : open) {
            if (operation.acceptSocket != null) {
                operation.acceptSocket.accepting = false;
            }
            finish(operation, closeStatus(), 0);
        }
        kernel.socketClosed(this);
    }

    /** The operations of a listener that were to make this socket a connection. */
    void abandonAccept(SimulatedSocket closedSocket) {
        for (SimulatedOperation operation : new ArrayList<>(accepts)) {
            if (operation.acceptSocket == closedSocket) {
                cancelled(operation);
            }
        }
    }

    private void lingerUntilSent() {
        int seconds = options.lingerSeconds();
        if (seconds > 0 && !end.isBroken() && end.unsent() > 0) {
            kernel.blockingCall("closesocket that lingers");
            end.shutdownSend();
            kernel.turns().await(() -> end.isDrained(), kernel.schedule().now() + seconds * 1_000_000_000L);
            if (!end.isDrained()) {
                end.reset();
            }
        }
    }

    // ---- names

    @Override
    int localName(long name, long nameLength) {
        if (acceptedBy != null && !updated || claim == null && end == null) {
            return WinError.WSAEINVAL;
        }
        // The address of a socket bound to "any" is known after SO_UPDATE_CONNECT_CONTEXT.
        return writeName(end != null && updated ? end.local : claim.address, name, nameLength);
    }

    @Override
    int peerName(long name, long nameLength) {
        if (end == null || !updated || end.isBroken()) {
            return WinError.WSAENOTCONN;
        }
        return writeName(end.remote, name, nameLength);
    }
}
