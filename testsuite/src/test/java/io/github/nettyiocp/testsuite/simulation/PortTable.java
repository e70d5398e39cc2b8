/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.WinError;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/** The ports of the machine that sockets of one protocol have bound. */
final class PortTable {

    private static final int FIRST_EPHEMERAL_PORT = 49152;

    private final List<Claim> claims = new ArrayList<>();
    private int nextPort;

    /** The ports that the machine chooses itself begin {@code skip} ports after the first. */
    PortTable(int skip) {
        nextPort = FIRST_EPHEMERAL_PORT + skip;
    }

    /** A port that a socket has bound. */
    static final class Claim {
        final InetSocketAddress address;
        final boolean ipv6;
        final boolean dual;
        private final boolean exclusive;
        private final boolean reuse;

        private Claim(InetSocketAddress address, boolean ipv6, boolean dual, boolean exclusive, boolean reuse) {
            this.address = address;
            this.ipv6 = ipv6;
            this.dual = dual;
            this.exclusive = exclusive;
            this.reuse = reuse;
        }

        private boolean overlaps(boolean otherIpv6, boolean otherDual) {
            return ipv6 == otherIpv6 || dual || otherDual;
        }

        private boolean isWildcard() {
            return address.getAddress().isAnyLocalAddress();
        }
    }

    /** The result of a bind: a claim, or why there is none. */
    record BindResult(Claim claim, int error) {
    }

    /** Binds as {@code bind} does; see the table in "Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE". */
    BindResult bind(InetSocketAddress address, boolean ipv6, boolean dual, boolean exclusive, boolean reuse) {
        InetAddress ip = address.getAddress();
        if (!ip.isAnyLocalAddress() && !SimulatedNetwork.isLocal(ip)) {
            return new BindResult(null, WinError.WSAEADDRNOTAVAIL);
        }
        int port = address.getPort();
        if (port == 0) {
            do {
                port = nextPort;
                nextPort = nextPort == 65535 ? FIRST_EPHEMERAL_PORT : nextPort + 1;
            } while (isClaimed(port));
        } else {
            for (Claim first : claims) {
                int error = first.address.getPort() != port || !first.overlaps(ipv6, dual) ? 0
                        : conflict(first, ip, exclusive, reuse);
                if (error != 0) {
                    return new BindResult(null, error);
                }
            }
        }
        Claim claim = new Claim(new InetSocketAddress(ip, port), ipv6, dual, exclusive, reuse);
        claims.add(claim);
        return new BindResult(claim, 0);
    }

    private static int conflict(Claim first, InetAddress ip, boolean exclusive, boolean reuse) {
        boolean wildcard = ip.isAnyLocalAddress();
        boolean same = first.isWildcard() ? wildcard : ip.equals(first.address.getAddress());
        if (first.exclusive) {
            if (same) {
                return reuse ? WinError.WSAEACCES : WinError.WSAEADDRINUSE;
            }
            return first.isWildcard() ? WinError.WSAEACCES : exclusive && wildcard ? WinError.WSAEADDRINUSE : 0;
        }
        if (same) {
            // Both have to want it: nobody takes the port of one who doesn't.
            return !reuse ? WinError.WSAEADDRINUSE : first.reuse ? 0 : WinError.WSAEACCES;
        }
        return exclusive && wildcard ? WinError.WSAEADDRINUSE : 0;
    }

    private boolean isClaimed(int port) {
        for (Claim claim : claims) {
            if (claim.address.getPort() == port) {
                return true;
            }
        }
        return false;
    }

    void unbind(Claim claim) {
        claims.remove(claim);
    }
}
