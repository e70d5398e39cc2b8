/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.WinConst;

/** The options of a UDP socket. */
final class DatagramOptions extends SocketOptions {

    DatagramOptions(int family, int sendBufferSize, int receiveBufferSize) {
        super(family, sendBufferSize, receiveBufferSize);
        remove(WinConst.SOL_SOCKET, WinConst.SO_KEEPALIVE);
        remove(WinConst.SOL_SOCKET, WinConst.SO_LINGER);
        remove(WinConst.SOL_SOCKET, WinConst.SO_REUSE_UNICASTPORT);
        remove(WinConst.IPPROTO_TCP, WinConst.TCP_NODELAY);
        remove(WinConst.IPPROTO_TCP, WinConst.TCP_KEEPIDLE);
        remove(WinConst.IPPROTO_TCP, WinConst.TCP_KEEPINTVL);
        remove(WinConst.IPPROTO_TCP, WinConst.TCP_KEEPCNT);
        put(WinConst.SOL_SOCKET, WinConst.SO_BROADCAST, 0);
        put(WinConst.IPPROTO_IP, WinConst.IP_MULTICAST_IF, 0);
        put(WinConst.IPPROTO_IP, WinConst.IP_MULTICAST_TTL, 1);
        put(WinConst.IPPROTO_IP, WinConst.IP_MULTICAST_LOOP, 1);
        if (family == WinConst.AF_INET6) {
            put(WinConst.IPPROTO_IPV6, WinConst.IPV6_MULTICAST_IF, 0);
            put(WinConst.IPPROTO_IPV6, WinConst.IPV6_MULTICAST_HOPS, 1);
            put(WinConst.IPPROTO_IPV6, WinConst.IPV6_MULTICAST_LOOP, 1);
        }
    }

    @Override
    byte[] get(int level, int option) {
        return level == WinConst.SOL_SOCKET && option == WinConst.SO_TYPE ? bytes(WinConst.SOCK_DGRAM)
                : super.get(level, option);
    }

    boolean isBroadcast() {
        return number(WinConst.SOL_SOCKET, WinConst.SO_BROADCAST) != 0;
    }

    /** Whether the socket hears what its own machine sends to its groups: on Windows the receiver's affair. */
    boolean hearsOwnMulticast(boolean ipv4) {
        return number(ipv4 ? WinConst.IPPROTO_IP : WinConst.IPPROTO_IPV6,
                ipv4 ? WinConst.IP_MULTICAST_LOOP : WinConst.IPV6_MULTICAST_LOOP) != 0;
    }
}
