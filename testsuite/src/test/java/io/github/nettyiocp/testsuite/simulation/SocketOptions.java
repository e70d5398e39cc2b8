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

import java.util.HashMap;
import java.util.Map;

/** The options of a TCP socket, with the defaults of Windows. */
class SocketOptions {

    private static final int IFS_PROVIDER_CATALOG_ENTRY = 1001;

    private final int family;
    private final Map<Long, byte[]> values = new HashMap<>();
    private boolean retransmitSyn = true;
    private boolean layered;

    SocketOptions(int family, int sendBufferSize, int receiveBufferSize) {
        this.family = family;
        put(WinConst.SOL_SOCKET, WinConst.SO_REUSEADDR, 0);
        put(WinConst.SOL_SOCKET, WinConst.SO_EXCLUSIVEADDRUSE, 0);
        put(WinConst.SOL_SOCKET, WinConst.SO_KEEPALIVE, 0);
        put(WinConst.SOL_SOCKET, WinConst.SO_SNDBUF, sendBufferSize);
        put(WinConst.SOL_SOCKET, WinConst.SO_RCVBUF, receiveBufferSize);
        put(WinConst.SOL_SOCKET, WinConst.SO_REUSE_UNICASTPORT, 0);
        values.put(key(WinConst.SOL_SOCKET, WinConst.SO_LINGER), new byte[Layout.LINGER_SIZE]);
        put(WinConst.IPPROTO_TCP, WinConst.TCP_NODELAY, 0);
        put(WinConst.IPPROTO_TCP, WinConst.TCP_KEEPIDLE, 7200);
        put(WinConst.IPPROTO_TCP, WinConst.TCP_KEEPINTVL, 1);
        put(WinConst.IPPROTO_TCP, WinConst.TCP_KEEPCNT, 10);
        put(WinConst.IPPROTO_TCP, WinConst.TCP_MAXRT, 10);
        put(WinConst.IPPROTO_TCP, WinConst.TCP_FASTOPEN, 0);
        put(WinConst.IPPROTO_IP, WinConst.IP_TOS, 0);
        if (family == WinConst.AF_INET6) {
            put(WinConst.IPPROTO_IPV6, WinConst.IPV6_V6ONLY, 1);
            put(WinConst.IPPROTO_IPV6, WinConst.IPV6_TCLASS, 0);
        }
    }

    int set(int level, int option, byte[] value, boolean bound) {
        byte[] old = values.get(key(level, option));
        if (old == null) {
            return WinError.WSAENOPROTOOPT;
        }
        if (value.length < old.length && !(value.length == 1 && option == WinConst.TCP_NODELAY)) {
            return WinError.WSAEFAULT;
        }
        if (level == WinConst.SOL_SOCKET) {
            boolean on = value[0] != 0;
            if (option == WinConst.SO_REUSEADDR && on && isExclusive()
                    || option == WinConst.SO_EXCLUSIVEADDRUSE && on && isReuse()) {
                return WinError.WSAEINVAL;
            }
            if (bound && (option == WinConst.SO_EXCLUSIVEADDRUSE || option == WinConst.SO_REUSE_UNICASTPORT)) {
                return WinError.WSAEINVAL;
            }
        }
        if (level == WinConst.IPPROTO_IPV6 && option == WinConst.IPV6_V6ONLY && bound) {
            return WinError.WSAEINVAL;
        }
        byte[] copy = new byte[old.length];
        System.arraycopy(value, 0, copy, 0, Math.min(value.length, copy.length));
        values.put(key(level, option), copy);
        return 0;
    }

    /** The value, {@code null} if there is no such option. */
    byte[] get(int level, int option) {
        if (level == WinConst.SOL_SOCKET) {
            switch (option) {
                case WinConst.SO_ERROR:
                    return bytes(0);
                case WinConst.SO_TYPE:
                    return bytes(WinConst.SOCK_STREAM);
                case WinConst.SO_PROTOCOL_INFOW:
                    return protocolInfo();
                default:
            }
        }
        return values.get(key(level, option));
    }

    private byte[] protocolInfo() {
        byte[] info = new byte[Layout.WSAPROTOCOL_INFOW_SIZE];
        int flags = (layered ? 0 : WinConst.XP1_IFS_HANDLES) | 0x66;
        System.arraycopy(bytes(flags), 0, info, Layout.WSAPROTOCOL_INFOW_SERVICE_FLAGS1, 4);
        System.arraycopy(bytes(IFS_PROVIDER_CATALOG_ENTRY), 0, info, Layout.WSAPROTOCOL_INFOW_CATALOG_ENTRY_ID, 4);
        System.arraycopy(bytes(layered ? 2 : 1), 0, info, Layout.WSAPROTOCOL_INFOW_CHAIN_LEN, 4);
        return info;
    }

    /** Whether the provider is not the base one, and its handles are not the file system's. */
    void layered(boolean newLayered) {
        layered = newLayered;
    }

    boolean isLayered() {
        return layered;
    }

    void inherit(SocketOptions listening) {
        values.putAll(listening.values);
    }

    void noSynRetransmissions() {
        retransmitSyn = false;
    }

    boolean isRetransmittingSyn() {
        return retransmitSyn;
    }

    boolean isReuse() {
        return number(WinConst.SOL_SOCKET, WinConst.SO_REUSEADDR) != 0;
    }

    boolean isExclusive() {
        return number(WinConst.SOL_SOCKET, WinConst.SO_EXCLUSIVEADDRUSE) != 0;
    }

    boolean isDualStack() {
        return family == WinConst.AF_INET6 && number(WinConst.IPPROTO_IPV6, WinConst.IPV6_V6ONLY) == 0;
    }

    int sendBufferSize() {
        return number(WinConst.SOL_SOCKET, WinConst.SO_SNDBUF);
    }

    int receiveBufferSize() {
        return Math.max(1, number(WinConst.SOL_SOCKET, WinConst.SO_RCVBUF));
    }

    private byte[] linger() {
        return values.get(key(WinConst.SOL_SOCKET, WinConst.SO_LINGER));
    }

    /** Whether closing resets the connection. */
    boolean isAbortive() {
        return linger()[Layout.LINGER_ONOFF] != 0 && lingerSeconds() == 0;
    }

    /** How long closing blocks while something is unsent. */
    int lingerSeconds() {
        byte[] linger = linger();
        return linger[Layout.LINGER_ONOFF] == 0 ? 0
                : linger[Layout.LINGER_SECONDS] & 0xff | (linger[Layout.LINGER_SECONDS + 1] & 0xff) << 8;
    }

    final int number(int level, int option) {
        byte[] value = values.get(key(level, option));
        return value[0] & 0xff | (value[1] & 0xff) << 8 | (value[2] & 0xff) << 16 | (value[3] & 0xff) << 24;
    }

    final void put(int level, int option, int value) {
        values.put(key(level, option), bytes(value));
    }

    static byte[] bytes(int value) {
        return new byte[] { (byte) value, (byte) (value >>> 8), (byte) (value >>> 16), (byte) (value >>> 24) };
    }

    /** There is no such option here. */
    final void remove(int level, int option) {
        values.remove(key(level, option));
    }

    private static long key(int level, int option) {
        return (long) level << 32 | option & 0xffffffffL;
    }
}
