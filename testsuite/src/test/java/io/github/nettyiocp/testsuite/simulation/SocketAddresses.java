/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.WinConst;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/** Reads and writes {@code SOCKADDR_IN} and {@code SOCKADDR_IN6}. */
final class SocketAddresses {

    private SocketAddresses() {
    }

    static int size(int family) {
        return family == WinConst.AF_INET ? Layout.SOCKADDR_IN_SIZE : Layout.SOCKADDR_IN6_SIZE;
    }

    static int family(long name) {
        return Memory.getShort(name + Layout.SOCKADDR_FAMILY) & 0xffff;
    }

    /** An IPv4 address that is mapped into IPv6 comes as IPv4. */
    static InetSocketAddress read(long name) {
        boolean ipv4 = family(name) == WinConst.AF_INET;
        int port = Short.reverseBytes(Memory.getShort(name + Layout.SOCKADDR_PORT)) & 0xffff;
        byte[] bytes = NativeMemory.copy(name + (ipv4 ? Layout.SOCKADDR_IN_ADDR : Layout.SOCKADDR_IN6_ADDR),
                ipv4 ? 4 : 16);
        try {
            return new InetSocketAddress(InetAddress.getByAddress(bytes), port);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    static boolean isMapped(long name) {
        if (family(name) == WinConst.AF_INET) {
            return false;
        }
        byte[] bytes = NativeMemory.copy(name + Layout.SOCKADDR_IN6_ADDR, 12);
        for (int i = 0; i < 10; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return bytes[10] == -1 && bytes[11] == -1;
    }

    /** Writes an address in the form of the family. */
    static void write(long name, int family, InetSocketAddress address) {
        Memory.clear(name, size(family));
        Memory.putShort(name + Layout.SOCKADDR_FAMILY, family);
        Memory.putShort(name + Layout.SOCKADDR_PORT, Short.reverseBytes((short) address.getPort()));
        byte[] bytes = address.getAddress().getAddress();
        if (family == WinConst.AF_INET) {
            Memory.putBytes(name + Layout.SOCKADDR_IN_ADDR, bytes.length == 4 ? bytes : new byte[4]);
        } else if (address.getAddress() instanceof Inet4Address && !address.getAddress().isAnyLocalAddress()) {
            Memory.putByte(name + Layout.SOCKADDR_IN6_ADDR + 10, 0xff);
            Memory.putByte(name + Layout.SOCKADDR_IN6_ADDR + 11, 0xff);
            Memory.putBytes(name + Layout.SOCKADDR_IN6_ADDR + 12, bytes);
        } else if (address.getAddress() instanceof Inet6Address) {
            Memory.putBytes(name + Layout.SOCKADDR_IN6_ADDR, bytes);
            Memory.putInt(name + Layout.SOCKADDR_IN6_SCOPE_ID, ((Inet6Address) address.getAddress()).getScopeId());
        }
    }
}
