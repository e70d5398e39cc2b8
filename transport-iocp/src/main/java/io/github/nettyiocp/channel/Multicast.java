/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.SocketAddresses;
import io.github.nettyiocp.internal.WinConst;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;

import static io.netty.util.internal.ObjectUtil.checkNotNull;

/**
 * The multicast groups that a datagram socket is a member of. May be used from any thread.
 *
 * <p>Groups of IPv4 are joined by the interface's first IPv4 address, also on a socket of IPv6, which is a dual one;
 * groups of IPv6 by the interface's index. No interface means the one that Windows chooses.
 */
final class Multicast {

    private static final int IPV4_LENGTH = 4;

    /** {@code source} is {@code null} where all are taken; 0 is the interface of Windows' choice. */
    private record Membership(InetAddress group, int networkInterface, InetAddress source) {

        boolean isOfGroup(Membership other) {
            return group.equals(other.group) && networkInterface == other.networkInterface;
        }
    }

    private final WinSocket socket;
    private final Set<Membership> memberships = new HashSet<>();
    /** The sources that are blocked, of groups that were joined for all. */
    private final Set<Membership> blocked = new HashSet<>();

    Multicast(WinSocket socket) {
        this.socket = socket;
    }

    /**
     * Joins the group for all sources or for one; does nothing if the socket is a member already.
     *
     * @throws IllegalStateException if it was joined on that interface for all sources and shall be for one, or the
     *         other way round
     */
    synchronized void join(InetAddress group, NetworkInterface networkInterface, InetAddress source)
            throws IOException {
        checkGroup(group);
        checkSource(group, source);
        Membership membership = membership(group, networkInterface, source);
        if (!memberships.contains(membership)) {
            for (Membership other : memberships) {
                if (other.isOfGroup(membership) && (source == null || other.source == null)) {
                    throw new IllegalStateException("already a member of the group " + group
                            + (source == null ? " for one source" : " for all sources"));
                }
            }
            change(membership, networkInterface, WinConst.IP_ADD_MEMBERSHIP, WinConst.IP_ADD_SOURCE_MEMBERSHIP,
                    WinConst.IPV6_ADD_MEMBERSHIP, WinConst.MCAST_JOIN_SOURCE_GROUP);
            memberships.add(membership);
        }
    }

    /** Leaves the group; does nothing if the socket is no member, as NIO does. */
    synchronized void leave(InetAddress group, NetworkInterface networkInterface, InetAddress source)
            throws IOException {
        Membership membership = membership(group, networkInterface, source);
        if (memberships.contains(membership)) {
            change(membership, networkInterface, WinConst.IP_DROP_MEMBERSHIP, WinConst.IP_DROP_SOURCE_MEMBERSHIP,
                    WinConst.IPV6_DROP_MEMBERSHIP, WinConst.MCAST_LEAVE_SOURCE_GROUP);
            memberships.remove(membership);
            if (source == null) {
                blocked.removeIf(membership::isOfGroup);
            }
        }
    }

    /** Takes no more from one source, of a group joined for all sources; does nothing if that is so already. */
    synchronized void block(InetAddress group, NetworkInterface networkInterface, InetAddress source)
            throws IOException {
        checkNotNull(source, "sourceToBlock");
        checkSource(group, source);
        if (!memberships.contains(membership(group, networkInterface, null))) {
            throw new IllegalStateException("not a member of the group " + group + " for all sources");
        }
        Membership block = membership(group, networkInterface, source);
        if (blocked.contains(block)) {
            return;
        }
        if (group instanceof Inet4Address) {
            changeIpv4(group, ipv4(networkInterface), source, WinConst.IP_BLOCK_SOURCE);
        } else {
            changeIpv6(group, block.networkInterface, source, WinConst.MCAST_BLOCK_SOURCE);
        }
        blocked.add(block);
    }

    private static Membership membership(InetAddress group, NetworkInterface networkInterface, InetAddress source)
            throws SocketException {
        return new Membership(group, networkInterface == null ? 0 : index(networkInterface), source);
    }

    private void change(Membership membership, NetworkInterface networkInterface, int ipv4Option, int ipv4SourceOption,
                        int ipv6Option, int ipv6SourceOption) throws IOException {
        InetAddress source = membership.source;
        if (membership.group instanceof Inet4Address) {
            changeIpv4(membership.group, ipv4(networkInterface), source,
                    source == null ? ipv4Option : ipv4SourceOption);
        } else {
            changeIpv6(membership.group, membership.networkInterface, source,
                    source == null ? ipv6Option : ipv6SourceOption);
        }
    }

    private void changeIpv4(InetAddress group, InetAddress networkInterface, InetAddress source, int option)
            throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long value = arena.allocate(Layout.IP_MREQ_SOURCE_SIZE, Integer.BYTES).address();
            if (source == null) {
                Memory.putBytes(value + Layout.IP_MREQ_MULTIADDR, group.getAddress());
                Memory.putBytes(value + Layout.IP_MREQ_INTERFACE, networkInterface.getAddress());
                socket.set(WinConst.IPPROTO_IP, option, value, Layout.IP_MREQ_SIZE);
            } else {
                Memory.putBytes(value + Layout.IP_MREQ_SOURCE_MULTIADDR, group.getAddress());
                Memory.putBytes(value + Layout.IP_MREQ_SOURCE_SOURCEADDR, source.getAddress());
                Memory.putBytes(value + Layout.IP_MREQ_SOURCE_INTERFACE, networkInterface.getAddress());
                socket.set(WinConst.IPPROTO_IP, option, value, Layout.IP_MREQ_SOURCE_SIZE);
            }
        }
    }

    private void changeIpv6(InetAddress group, int networkInterface, InetAddress source, int option)
            throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            if (source == null) {
                long value = arena.allocate(Layout.IPV6_MREQ_SIZE, Integer.BYTES).address();
                Memory.putBytes(value + Layout.IPV6_MREQ_MULTIADDR, group.getAddress());
                Memory.putInt(value + Layout.IPV6_MREQ_INTERFACE, networkInterface);
                socket.set(WinConst.IPPROTO_IPV6, option, value, Layout.IPV6_MREQ_SIZE);
                return;
            }
            long value = arena.allocate(Layout.GROUP_SOURCE_REQ_SIZE, Long.BYTES).address();
            Memory.putInt(value + Layout.GROUP_SOURCE_REQ_INTERFACE, networkInterface);
            SocketAddresses.write(value + Layout.GROUP_SOURCE_REQ_GROUP, WinConst.AF_INET6,
                    new InetSocketAddress(group, 0));
            SocketAddresses.write(value + Layout.GROUP_SOURCE_REQ_SOURCE, WinConst.AF_INET6,
                    new InetSocketAddress(source, 0));
            // Wine has none of the MCAST_ options.
            socket.set(WinConst.IPPROTO_IPV6, option, value, Layout.GROUP_SOURCE_REQ_SIZE);
        }
    }

    private void checkGroup(InetAddress group) {
        if (!group.isMulticastAddress()) {
            throw new IllegalArgumentException("Group not a multicast address: " + group);
        }
        if (group instanceof Inet6Address && socket.family() != WinConst.AF_INET6) {
            throw new IllegalArgumentException("Only IPv6 sockets can join IPv6 multicast group: " + group);
        }
    }

    private static void checkSource(InetAddress group, InetAddress source) {
        if (source != null) {
            if (source.isAnyLocalAddress() || source.isMulticastAddress()) {
                throw new IllegalArgumentException("Source address is not that of a machine: " + source);
            }
            if (source.getClass() != group.getClass()) {
                throw new IllegalArgumentException("Source address is different type to group: " + source);
            }
        }
    }

    /** The index by which Windows knows the interface. */
    static int index(NetworkInterface networkInterface) throws SocketException {
        if (networkInterface == null) {
            return 0;
        }
        int index = networkInterface.getIndex();
        if (index < 0) {
            throw new SocketException("Network interface cannot be identified: " + networkInterface);
        }
        return index;
    }

    private static InetAddress ipv4(NetworkInterface networkInterface) throws IOException {
        if (networkInterface == null) {
            return InetAddress.getByAddress(new byte[IPV4_LENGTH]);
        }
        InetAddress address = firstIpv4(networkInterface);
        if (address == null) {
            throw new SocketException("Network interface not configured for IPv4: " + networkInterface);
        }
        return address;
    }

    /** The interface's first IPv4 address; {@code null} if it has none. */
    static InetAddress firstIpv4(NetworkInterface networkInterface) {
        for (InetAddress address : Collections.list(networkInterface.getInetAddresses())) {
            if (address instanceof Inet4Address) {
                return address;
            }
        }
        return null;
    }
}
