/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The multicast groups of a socket, as its options change them. The machine has one network, so that a group is joined
 * once, on whatever interface.
 */
final class Memberships {

    private static final int INTERFACES = 2;

    /** One group: the sources that are heard, or those that are not. */
    private static final class Membership {
        private final boolean includes;
        private final Set<InetAddress> sources = new HashSet<>();

        private Membership(boolean includes) {
            this.includes = includes;
        }
    }

    private final Map<InetAddress, Membership> groups = new HashMap<>();

    /** Whether {@link #set} knows the option. */
    static boolean isOption(int level, int option) {
        if (level == WinConst.IPPROTO_IP) {
            return option >= WinConst.IP_ADD_MEMBERSHIP && option <= WinConst.IP_BLOCK_SOURCE
                    && option != WinConst.IP_DROP_MEMBERSHIP + 1;
        }
        return level == WinConst.IPPROTO_IPV6 && (option == WinConst.IPV6_ADD_MEMBERSHIP
                || option == WinConst.IPV6_DROP_MEMBERSHIP || option == WinConst.MCAST_JOIN_SOURCE_GROUP
                || option == WinConst.MCAST_LEAVE_SOURCE_GROUP || option == WinConst.MCAST_BLOCK_SOURCE);
    }

    int set(int level, int option, byte[] value) {
        if (level == WinConst.IPPROTO_IP) {
            return setIpv4(option, value);
        }
        boolean source = option != WinConst.IPV6_ADD_MEMBERSHIP && option != WinConst.IPV6_DROP_MEMBERSHIP;
        if (value.length < (source ? Layout.GROUP_SOURCE_REQ_SIZE : Layout.IPV6_MREQ_SIZE)) {
            return WinError.WSAEFAULT;
        }
        int networkInterface = number(value, source ? Layout.GROUP_SOURCE_REQ_INTERFACE
                : Layout.IPV6_MREQ_INTERFACE);
        if (networkInterface < 0 || networkInterface > INTERFACES) {
            return WinError.WSAEADDRNOTAVAIL;
        }
        if (!source) {
            InetAddress group = address(value, Layout.IPV6_MREQ_MULTIADDR, 16);
            return option == WinConst.IPV6_ADD_MEMBERSHIP ? join(group) : leave(group);
        }
        InetAddress group = address(value, Layout.GROUP_SOURCE_REQ_GROUP + Layout.SOCKADDR_IN6_ADDR, 16);
        InetAddress from = address(value, Layout.GROUP_SOURCE_REQ_SOURCE + Layout.SOCKADDR_IN6_ADDR, 16);
        return option == WinConst.MCAST_JOIN_SOURCE_GROUP ? joinSource(group, from)
                : option == WinConst.MCAST_LEAVE_SOURCE_GROUP ? leaveSource(group, from) : block(group, from);
    }

    private int setIpv4(int option, byte[] value) {
        boolean source = option > WinConst.IP_DROP_MEMBERSHIP;
        if (value.length < (source ? Layout.IP_MREQ_SOURCE_SIZE : Layout.IP_MREQ_SIZE)) {
            return WinError.WSAEFAULT;
        }
        InetAddress networkInterface = address(value, source ? Layout.IP_MREQ_SOURCE_INTERFACE
                : Layout.IP_MREQ_INTERFACE, 4);
        if (!networkInterface.isAnyLocalAddress() && !SimulatedNetwork.isLocal(networkInterface)) {
            return WinError.WSAEADDRNOTAVAIL;
        }
        InetAddress group = address(value, Layout.IP_MREQ_MULTIADDR, 4);
        if (!source) {
            return option == WinConst.IP_ADD_MEMBERSHIP ? join(group) : leave(group);
        }
        InetAddress from = address(value, Layout.IP_MREQ_SOURCE_SOURCEADDR, 4);
        return option == WinConst.IP_ADD_SOURCE_MEMBERSHIP ? joinSource(group, from)
                : option == WinConst.IP_DROP_SOURCE_MEMBERSHIP ? leaveSource(group, from) : block(group, from);
    }

    private int join(InetAddress group) {
        if (!group.isMulticastAddress()) {
            return WinError.WSAEADDRNOTAVAIL;
        }
        return groups.putIfAbsent(group, new Membership(false)) == null ? 0 : WinError.WSAEINVAL;
    }

    private int leave(InetAddress group) {
        return groups.remove(group) != null ? 0 : WinError.WSAEADDRNOTAVAIL;
    }

    private int joinSource(InetAddress group, InetAddress source) {
        if (!group.isMulticastAddress()) {
            return WinError.WSAEADDRNOTAVAIL;
        }
        Membership membership = groups.computeIfAbsent(group, first -> new Membership(true));
        return !membership.includes ? WinError.WSAEINVAL
                : membership.sources.add(source) ? 0 : WinError.WSAEADDRNOTAVAIL;
    }

    private int leaveSource(InetAddress group, InetAddress source) {
        Membership membership = groups.get(group);
        if (membership == null || !membership.includes || !membership.sources.remove(source)) {
            return WinError.WSAEADDRNOTAVAIL;
        }
        if (membership.sources.isEmpty()) {
            groups.remove(group);
        }
        return 0;
    }

    private int block(InetAddress group, InetAddress source) {
        Membership membership = groups.get(group);
        return membership == null || membership.includes ? WinError.WSAEINVAL
                : membership.sources.add(source) ? 0 : WinError.WSAEADDRNOTAVAIL;
    }

    /** All groups. */
    Map<InetAddress, GroupOracle.Membership> all() {
        Map<InetAddress, GroupOracle.Membership> all = new HashMap<>();
        groups.forEach((group, membership) -> {
            Set<String> sources = new TreeSet<>();
            membership.sources.forEach(source -> sources.add(source.getHostAddress()));
            all.put(group, new GroupOracle.Membership(!membership.includes, sources));
        });
        return all;
    }

    /** Whether what a source sends to a group is heard. */
    boolean hears(InetAddress group, InetAddress source) {
        Membership membership = groups.get(group);
        return membership != null && membership.includes == membership.sources.contains(source);
    }

    private static int number(byte[] value, long offset) {
        int at = (int) offset;
        return value[at] & 0xff | (value[at + 1] & 0xff) << 8 | (value[at + 2] & 0xff) << 16 | value[at + 3] << 24;
    }

    private static InetAddress address(byte[] value, long offset, int length) {
        try {
            return InetAddress.getByAddress(Arrays.copyOfRange(value, (int) offset, (int) offset + length));
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }
}
