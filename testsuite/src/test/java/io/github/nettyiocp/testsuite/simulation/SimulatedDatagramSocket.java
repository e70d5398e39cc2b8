/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import io.github.nettyiocp.testsuite.simulation.SimulatedDatagrams.Datagram;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A UDP socket of the simulated Windows. A datagram goes whole to one receive; what doesn't fit is lost, and the
 * receive
 * says so by a warning that posts a packet. What finds no receive waits in the buffer of the socket, and what finds no
 * room there is lost.
 *
 * <p>That nobody listens where a datagram went fails a receive, on unconnected sockets too, unless
 * {@code SIO_UDP_CONNRESET} is off. It is on by default.
 */
final class SimulatedDatagramSocket extends SocketHandle {

    private static final int AF_UNSPEC = 0;
    private static final int MAX_BUFFERS = 1024;

    /** What a receive got; the bytes are those that fitted. */
    record Handed(InetSocketAddress from, byte[] bytes, boolean truncated) {
    }

    /** What a send gave to the network, although it may have failed later. */
    record Accepted(InetSocketAddress to, byte[] bytes, boolean failed) {
    }

    private final DatagramOptions datagramOptions;
    private final Memberships memberships = new Memberships();
    private final ArrayDeque<SimulatedOperation> receives = new ArrayDeque<>();
    private final ArrayDeque<SimulatedOperation> sends = new ArrayDeque<>();
    private final ArrayDeque<Datagram> queue = new ArrayDeque<>();
    private final List<Handed> handed = new ArrayList<>();
    private final List<Accepted> accepted = new ArrayList<>();
    private PortTable.Claim claim;
    private InetSocketAddress local;
    private InetSocketAddress remote;
    private boolean reportsUnreachable = true;
    private boolean unreachable;
    private int queuedBytes;
    private long overflows;
    /** A receive that could have had a datagram pends until then. */
    private long heldUntil;
    private boolean closed;

    SimulatedDatagramSocket(SimulatedKernel kernel, int family, boolean overlapped) {
        this(kernel, family, overlapped, new DatagramOptions(family, kernel.sendBufferSize(),
                kernel.receiveBufferSize()));
    }

    private SimulatedDatagramSocket(SimulatedKernel kernel, int family, boolean overlapped, DatagramOptions options) {
        super(kernel, family, overlapped, options);
        datagramOptions = options;
    }

    // ---- what oracles ask

    /** What receives got, in this order. */
    List<Handed> handed() {
        return handed;
    }

    /** What sends gave to the network, in this order. */
    List<Accepted> accepted() {
        return accepted;
    }

    /** How many datagrams found no room. */
    long overflows() {
        return overflows;
    }

    boolean hasQueued() {
        return !queue.isEmpty();
    }

    int postedReceives() {
        return receives.size();
    }

    // ---- bind, connect

    @Override
    boolean isBound() {
        return claim != null;
    }

    @Override
    int bind(long name, int nameLength) {
        if (nameLength < SocketAddresses.size(family)
                || !kernel.memory().check(name, SocketAddresses.size(family), "the name for bind")
                || SocketAddresses.family(name) != family) {
            return WinError.WSAEFAULT;
        }
        if (claim != null) {
            return WinError.WSAEINVAL;
        }
        if (kernel.faults().happens(Faults.Kind.BIND_FAILS)) {
            return WinError.WSAENOBUFS;
        }
        if (SocketAddresses.isMapped(name) && !options.isDualStack()) {
            return WinError.WSAEADDRNOTAVAIL;
        }
        return bind(SocketAddresses.read(name));
    }

    private int bind(InetSocketAddress address) {
        PortTable.BindResult result = kernel.datagrams().ports().bind(address, family == WinConst.AF_INET6,
                options.isDualStack(), options.isExclusive(), options.isReuse());
        claim = result.claim();
        if (claim != null) {
            local = claim.address;
            kernel.datagrams().opened(this);
        }
        return result.error();
    }

    /** The first send, and a connect, bind the socket. */
    private int ensureBound() {
        return claim != null ? 0 : bind(new InetSocketAddress(family == WinConst.AF_INET ? SimulatedNetwork.ANY
                : SimulatedNetwork.ANY6, 0));
    }

    int connect(long name, int nameLength) {
        if (nameLength < Short.BYTES || !kernel.memory().check(name, nameLength, "the name for connect")) {
            return WinError.WSAEFAULT;
        }
        if (SocketAddresses.family(name) == AF_UNSPEC) {
            return disconnect();
        }
        if (nameLength < SocketAddresses.size(family)) {
            return WinError.WSAEFAULT;
        }
        if (SocketAddresses.family(name) != family) {
            return WinError.WSAEAFNOSUPPORT;
        }
        InetSocketAddress to = SocketAddresses.read(name);
        if (to.getAddress().isAnyLocalAddress() && to.getPort() == 0) {
            return disconnect();
        }
        int error = checkRecipient(to, SocketAddresses.isMapped(name));
        if (error == 0) {
            error = ensureBound();
        }
        if (error == 0 && kernel.faults().happens(Faults.Kind.CONNECT_FAILS_AT_ONCE)) {
            error = kernel.faults().dice().chance(0.5) ? WinError.WSAENOBUFS : WinError.WSAEHOSTUNREACH;
        }
        if (error != 0) {
            return error;
        }
        associate(to, sourceFor(to.getAddress()));
        return 0;
    }

    private int disconnect() {
        if (claim != null) {
            associate(null, claim.address.getAddress());
        }
        return 0;
    }

    private void associate(InetSocketAddress to, InetAddress from) {
        // "Any datagrams queued for receipt are discarded if name is different from the previous connect."
        queue.clear();
        queuedBytes = 0;
        unreachable = false;
        remote = to;
        local = new InetSocketAddress(from, claim.address.getPort());
    }

    private InetAddress sourceFor(InetAddress to) {
        InetAddress own = claim == null ? SimulatedNetwork.ANY : claim.address.getAddress();
        if (!own.isAnyLocalAddress()) {
            return own;
        }
        return to.isMulticastAddress() || to.equals(SimulatedDatagrams.BROADCAST)
                ? to instanceof Inet4Address ? SimulatedNetwork.HOST : SimulatedNetwork.HOST6
                : SimulatedNetwork.sourceFor(to);
    }

    private int checkRecipient(InetSocketAddress to, boolean mapped) {
        InetAddress ip = to.getAddress();
        if (to.getPort() == 0 || ip.isAnyLocalAddress()) {
            return WinError.WSAEADDRNOTAVAIL;
        }
        if (mapped && !options.isDualStack() || ip.equals(SimulatedNetwork.NETWORK_UNREACHABLE)) {
            return WinError.WSAENETUNREACH;
        }
        if (ip.equals(SimulatedDatagrams.BROADCAST) && !datagramOptions.isBroadcast()) {
            return WinError.WSAEACCES;
        }
        // Nothing leaves the machine from its loopback address.
        InetAddress own = sourceFor(ip);
        return own.isLoopbackAddress() && !ip.isMulticastAddress() && !SimulatedNetwork.isLocal(ip)
                || own instanceof Inet4Address != ip instanceof Inet4Address ? WinError.WSAENETUNREACH : 0;
    }

    @Override
    int localName(long name, long nameLength) {
        return claim == null ? WinError.WSAEINVAL : writeName(local, name, nameLength);
    }

    @Override
    int peerName(long name, long nameLength) {
        return remote == null ? WinError.WSAENOTCONN : writeName(remote, name, nameLength);
    }

    @Override
    int shutdown(int how) {
        kernel.violation("shutdown of a datagram socket is not simulated");
        return WinError.WSAENOTCONN;
    }

    @Override
    int control(int code, long in, int inLength) {
        if (code != WinConst.SIO_UDP_CONNRESET && code != WinConst.SIO_UDP_NETRESET) {
            return super.control(code, in, inLength);
        }
        if (inLength < Integer.BYTES || !kernel.memory().check(in, Integer.BYTES, "a BOOL")) {
            return WinError.WSAEFAULT;
        }
        if (kernel.faults().happens(Faults.Kind.CONTROL_FAILS)) {
            return WinError.WSAEINVAL;
        }
        if (code == WinConst.SIO_UDP_CONNRESET) {
            reportsUnreachable = Memory.getInt(in) != 0;
        }
        return 0;
    }

    @Override
    int setOption(int level, int option, byte[] value) {
        return Memberships.isOption(level, option) ? memberships.set(level, option, value)
                : super.setOption(level, option, value);
    }

    /** The multicast groups that it is a member of. */
    Map<InetAddress, GroupOracle.Membership> groups() {
        synchronized (kernel) {
            return memberships.all();
        }
    }

    // ---- receive

    /** Whether the socket is bound where a datagram goes. */
    boolean isAt(InetSocketAddress to) {
        InetAddress ip = to.getAddress();
        InetAddress own = claim.address.getAddress();
        boolean family4 = ip instanceof Inet4Address;
        return claim.address.getPort() == to.getPort() && (own.isAnyLocalAddress()
                ? (ip.isMulticastAddress() || ip.equals(SimulatedDatagrams.BROADCAST) || SimulatedNetwork.isLocal(ip))
                && (family4 ? family == WinConst.AF_INET || options.isDualStack() : family == WinConst.AF_INET6)
                : own.equals(ip) || own instanceof Inet4Address == family4
                && (ip.isMulticastAddress() || ip.equals(SimulatedDatagrams.BROADCAST)));
    }

    boolean hears(Datagram datagram) {
        InetAddress to = datagram.to().getAddress();
        return isAt(datagram.to()) && (remote == null || remote.equals(datagram.from()))
                && (!to.isMulticastAddress() || memberships.hears(to, datagram.from().getAddress())
                && (datagramOptions.hearsOwnMulticast(datagram.isIpv4())
                || !SimulatedNetwork.isLocal(datagram.from().getAddress())));
    }

    /** Which of two sockets at the same port gets what both could have. */
    boolean isMoreSpecific(SimulatedDatagramSocket other) {
        return remote != null && other.remote == null
                || !claim.address.getAddress().isAnyLocalAddress() && other.claim.address.getAddress()
                .isAnyLocalAddress();
    }

    void arrived(Datagram datagram) {
        if (receives.isEmpty() && queuedBytes > 0
                && queuedBytes + datagram.bytes().length > options.receiveBufferSize()) {
            overflows++;
            kernel.log("%s finds no room at socket %d", datagram, id);
            return;
        }
        queue.add(datagram);
        queuedBytes += datagram.bytes().length;
        serveReceives();
    }

    @Override
    int receive(long buffers, int count, long bytes, long flags, long overlappedAddress) {
        return receiveFrom(buffers, count, bytes, flags, 0, 0, overlappedAddress);
    }

    int receiveFrom(long buffers, int count, long bytes, long flags, long from, long fromLength,
                    long overlappedAddress) {
        int error = checkBuffers(buffers, count, bytes, overlappedAddress);
        if (error == 0 && (!kernel.memory().check(flags, Integer.BYTES, "the flags of a receive")
                || from != 0 && !checkSender(from, fromLength))) {
            error = WinError.WSAEFAULT;
        }
        if (error != 0) {
            return error;
        }
        if (Memory.getInt(flags) != 0) {
            kernel.violation("a receive with flags 0x%x, which is not simulated", Memory.getInt(flags));
            return WinError.WSAEOPNOTSUPP;
        }
        if (claim == null) {
            return WinError.WSAEINVAL;
        }
        if (kernel.faults().happens(Faults.Kind.RECEIVE_FAILS_AT_ONCE)) {
            return WinError.WSAENOBUFS;
        }
        if (unreachable && receives.isEmpty()) {
            unreachable = false;
            return WinError.WSAECONNRESET;
        }
        SimulatedOperation operation = new SimulatedOperation(this, SimulatedOperation.Kind.RECEIVE, overlappedAddress);
        lendTargets(operation, buffers, count);
        if (from != 0) {
            operation.lendSender(from, fromLength);
        }
        receives.add(operation);
        if (receives.size() == 1 && !queue.isEmpty()) {
            if (!kernel.faults().happens(Faults.Kind.PEND_THOUGH_READY)) {
                return receiveAtOnce(bytes);
            }
            heldUntil = kernel.schedule().now() + kernel.completionDelay();
            kernel.schedule().at(heldUntil, this::serveReceives);
        }
        if (kernel.faults().happens(Faults.Kind.RECEIVE_FAILS_LATER)) {
            failReceiveLater(operation);
        }
        return WinError.ERROR_IO_PENDING;
    }

    private boolean checkSender(long from, long fromLength) {
        return kernel.memory().check(fromLength, Integer.BYTES, "the length of the sender's address")
                && Memory.getInt(fromLength) >= SocketAddresses.size(family)
                && kernel.memory().check(from, Memory.getInt(fromLength), "the sender's address");
    }

    private int receiveAtOnce(long bytes) {
        SimulatedOperation operation = receives.poll();
        Handed result = fill(operation);
        Memory.putInt(bytes, result.bytes.length);
        if (!result.truncated) {
            return endInline(operation, result.bytes.length);
        }
        if (isSkipOnSuccess() && kernel.faults().dice().chance(0.5)) {
            // Nobody knows whether a warning is a success that posts no packet.
            operation.endedInline(result.bytes.length);
        } else {
            operation.ended(NtStatus.STATUS_BUFFER_OVERFLOW, result.bytes.length);
        }
        return WinError.WSAEMSGSIZE;
    }

    private Handed fill(SimulatedOperation operation) {
        Datagram datagram = queue.poll();
        queuedBytes -= datagram.bytes().length;
        boolean truncated = datagram.bytes().length > operation.capacity;
        byte[] bytes = truncated ? Arrays.copyOf(datagram.bytes(), operation.capacity) : datagram.bytes();
        Handed result = new Handed(datagram.from(), bytes, truncated);
        handed.add(result);
        operation.receive(bytes, datagram.from());
        kernel.log("%s goes to %s%s", datagram, operation, truncated ? ", truncated" : "");
        return result;
    }

    private void serveReceives() {
        while (!receives.isEmpty() && !queue.isEmpty() && kernel.schedule().now() >= heldUntil) {
            SimulatedOperation operation = receives.poll();
            Handed result = fill(operation);
            finish(operation, result.truncated ? NtStatus.STATUS_BUFFER_OVERFLOW : NtStatus.STATUS_SUCCESS,
                    result.bytes.length);
        }
    }

    private void failReceiveLater(SimulatedOperation operation) {
        Dice dice = kernel.faults().dice();
        int status = dice.pick(new Integer[] { NtStatus.STATUS_INSUFFICIENT_RESOURCES,
                NtStatus.STATUS_HOPLIMIT_EXCEEDED, NtStatus.STATUS_CANCELLED, unknownStatus() });
        kernel.schedule().after(dice.nanosBetween(1_000, 20_000_000), () -> {
            if (receives.remove(operation)) {
                finish(operation, status, 0);
            }
        });
    }

    /** ICMP says that nobody listens at an address. */
    void unreachable(InetSocketAddress address) {
        if (closed || !reportsUnreachable || remote != null && !remote.equals(address)) {
            return;
        }
        kernel.log("socket %d hears that nobody listens at %s", id, address);
        unreachable = receives.isEmpty();
        // One answer fails one receive, or all.
        int failing = kernel.faults().dice().chance(0.5) ? 1 : receives.size();
        for (; failing > 0 && !receives.isEmpty(); failing--) {
            finish(receives.poll(), NtStatus.STATUS_PORT_UNREACHABLE, 0);
        }
    }

    // ---- send

    @Override
    int send(long buffers, int count, long bytes, int flags, long overlappedAddress) {
        int error = checkBuffers(buffers, count, bytes, overlappedAddress);
        if (error != 0) {
            return error;
        }
        if (remote == null) {
            return WinError.WSAENOTCONN;
        }
        return send(remote, buffers, count, bytes, flags, 0, 0, overlappedAddress);
    }

    int sendTo(long buffers, int count, long bytes, int flags, long name, int nameLength, long overlappedAddress) {
        if (name == 0) {
            return send(buffers, count, bytes, flags, overlappedAddress);
        }
        int error = checkBuffers(buffers, count, bytes, overlappedAddress);
        if (error == 0 && (nameLength < SocketAddresses.size(family)
                || !kernel.memory().check(name, nameLength, "the name for WSASendTo"))) {
            error = WinError.WSAEFAULT;
        }
        if (error != 0) {
            return error;
        }
        if (remote != null) {
            // "This function is not permitted with a connected socket."
            return WinError.WSAEISCONN;
        }
        if (SocketAddresses.family(name) != family) {
            return WinError.WSAEAFNOSUPPORT;
        }
        InetSocketAddress to = SocketAddresses.read(name);
        error = checkRecipient(to, SocketAddresses.isMapped(name));
        return error != 0 ? error : send(to, buffers, count, bytes, flags, name, nameLength, overlappedAddress);
    }

    private int send(InetSocketAddress to, long buffers, int count, long bytes, int flags, long name, int nameLength,
                     long overlappedAddress) {
        if (flags != 0) {
            kernel.violation("a send with flags 0x%x, which is not simulated", flags);
            return WinError.WSAEOPNOTSUPP;
        }
        if (count > MAX_BUFFERS || totalLength(buffers, count) > SimulatedDatagrams.MAX_SIZE) {
            return WinError.WSAEMSGSIZE;
        }
        if (kernel.faults().happens(Faults.Kind.SEND_FAILS_AT_ONCE)) {
            return kernel.faults().dice().chance(0.5) ? WinError.WSAENOBUFS : WinError.WSAEHOSTUNREACH;
        }
        int error = ensureBound();
        if (error != 0) {
            return error;
        }
        SimulatedOperation operation = new SimulatedOperation(this, SimulatedOperation.Kind.SEND, overlappedAddress);
        lendSources(operation, buffers, count);
        if (name != 0) {
            operation.lendSource("the recipient's address", name, nameLength);
        }
        operation.recipient = to;
        if (kernel.faults().happens(Faults.Kind.SEND_FAILS_LATER)) {
            sends.add(operation);
            failSendLater(operation);
            return WinError.ERROR_IO_PENDING;
        }
        if (sends.isEmpty() && options.sendBufferSize() > 0
                && !kernel.faults().happens(Faults.Kind.PEND_THOUGH_READY)) {
            transmit(operation, false);
            Memory.putInt(bytes, operation.data.length);
            return endInline(operation, operation.data.length);
        }
        sends.add(operation);
        kernel.schedule().after(kernel.completionDelay(), this::serveSends);
        return WinError.ERROR_IO_PENDING;
    }

    private void transmit(SimulatedOperation operation, boolean failed) {
        accepted.add(new Accepted(operation.recipient, operation.data, failed));
        InetSocketAddress from = new InetSocketAddress(sourceFor(operation.recipient.getAddress()),
                claim.address.getPort());
        kernel.datagrams().send(new Datagram(kernel.nextId(), from, operation.recipient, operation.data), this);
    }

    private void serveSends() {
        while (!sends.isEmpty()) {
            SimulatedOperation operation = sends.poll();
            transmit(operation, false);
            finish(operation, NtStatus.STATUS_SUCCESS, operation.data.length);
        }
    }

    private void failSendLater(SimulatedOperation operation) {
        Dice dice = kernel.faults().dice();
        int status = dice.pick(new Integer[] { NtStatus.STATUS_INSUFFICIENT_RESOURCES,
                NtStatus.STATUS_HOST_UNREACHABLE, NtStatus.STATUS_NETWORK_UNREACHABLE, unknownStatus() });
        kernel.schedule().after(dice.nanosBetween(1_000, 20_000_000), () -> {
            if (sends.remove(operation)) {
                perhapsTransmit(operation);
                finish(operation, status, 0);
            }
        });
    }

    private void perhapsTransmit(SimulatedOperation operation) {
        if (kernel.faults().dice().chance(0.5)) {
            transmit(operation, true);
        }
    }

    // ---- the end

    @Override
    void collect(List<SimulatedOperation> open) {
        open.addAll(receives);
        open.addAll(sends);
    }

    @Override
    boolean withdraw(SimulatedOperation operation) {
        if (operation.kind == SimulatedOperation.Kind.RECEIVE) {
            return receives.remove(operation);
        }
        boolean found = sends.remove(operation);
        if (found) {
            perhapsTransmit(operation);
        }
        return found;
    }

    @Override
    void close() {
        closed = true;
        if (claim != null) {
            kernel.datagrams().closed(this);
            kernel.datagrams().ports().unbind(claim);
        }
        List<SimulatedOperation> open = new ArrayList<>();
        collect(open);
        for (SimulatedOperation operation : open) {
            withdraw(operation);
            finish(operation, closeStatus(), 0);
        }
        queue.clear();
    }
}
