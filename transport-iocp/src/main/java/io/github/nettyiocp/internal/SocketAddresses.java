/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.internal;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;

/** Writes and reads {@code sockaddr_in} and {@code sockaddr_in6}. Never asks a name service. */
public final class SocketAddresses {

    private static final int IPV4_LENGTH = 4;
    private static final int IPV6_LENGTH = 16;
    /** Where the IPv4 address starts in {@code ::ffff:a.b.c.d}. */
    private static final int MAPPED_OFFSET = 12;

    private SocketAddresses() {
    }

    /**
     * Writes an address for a socket of a family. A socket of IPv6, which is a dual one, gets an IPv4 address as
     * {@code ::ffff:a.b.c.d}, and the IPv4 wildcard as {@code ::}, which is that of both.
     *
     * @param memory at least {@link Layout#SOCKADDR_IN6_SIZE} bytes
     * @param family {@link WinConst#AF_INET} or {@link WinConst#AF_INET6}
     * @return the length of the structure
     * @throws UnresolvedAddressException      if the address was not resolved
     * @throws UnsupportedAddressTypeException if it is an IPv6 address and the family is IPv4
     */
    public static int write(long memory, int family, InetSocketAddress address) {
        InetAddress ip = address.getAddress();
        if (ip == null) {
            throw new UnresolvedAddressException();
        }
        return switch (family) {
            case WinConst.AF_INET -> writeIpv4(memory, ip, address.getPort());
            case WinConst.AF_INET6 -> writeIpv6(memory, ip, address.getPort());
            default -> throw new UnsupportedAddressTypeException();
        };
    }

    /**
     * Reads an address. A mapped IPv4 address becomes an IPv4 address, as it does in NIO; a scope id is kept.
     *
     * @return {@code null} if it is none of IPv4 or IPv6, which is how Windows says that there is no address
     */
    public static InetSocketAddress read(long memory) {
        return switch (Memory.getShort(memory + Layout.SOCKADDR_FAMILY)) {
            case WinConst.AF_INET -> {
                byte[] ip = new byte[IPV4_LENGTH];
                Memory.getBytes(memory + Layout.SOCKADDR_IN_ADDR, ip);
                yield new InetSocketAddress(address(ip), port(memory));
            }
            case WinConst.AF_INET6 -> {
                byte[] ip = new byte[IPV6_LENGTH];
                Memory.getBytes(memory + Layout.SOCKADDR_IN6_ADDR, ip);
                int scopeId = Memory.getInt(memory + Layout.SOCKADDR_IN6_SCOPE_ID);
                yield new InetSocketAddress(scopeId == 0 ? address(ip) : scoped(ip, scopeId), port(memory));
            }
            default -> null;
        };
    }

    private static int writeIpv4(long memory, InetAddress ip, int port) {
        if (!(ip instanceof Inet4Address)) {
            throw new UnsupportedAddressTypeException();
        }
        Memory.clear(memory, Layout.SOCKADDR_IN_SIZE);
        writeFamilyAndPort(memory, WinConst.AF_INET, port);
        Memory.putBytes(memory + Layout.SOCKADDR_IN_ADDR, ip.getAddress());
        return Layout.SOCKADDR_IN_SIZE;
    }

    private static int writeIpv6(long memory, InetAddress ip, int port) {
        Memory.clear(memory, Layout.SOCKADDR_IN6_SIZE);
        writeFamilyAndPort(memory, WinConst.AF_INET6, port);
        long target = memory + Layout.SOCKADDR_IN6_ADDR;
        if (ip instanceof Inet6Address ipv6) {
            Memory.putBytes(target, ipv6.getAddress());
            Memory.putInt(memory + Layout.SOCKADDR_IN6_SCOPE_ID, ipv6.getScopeId());
        } else if (!ip.isAnyLocalAddress()) {
            Memory.putByte(target + MAPPED_OFFSET - 2, 0xff);
            Memory.putByte(target + MAPPED_OFFSET - 1, 0xff);
            Memory.putBytes(target + MAPPED_OFFSET, ip.getAddress());
        }
        return Layout.SOCKADDR_IN6_SIZE;
    }

    private static void writeFamilyAndPort(long memory, int family, int port) {
        Memory.putShort(memory + Layout.SOCKADDR_FAMILY, family);
        Memory.putShort(memory + Layout.SOCKADDR_PORT, Short.reverseBytes((short) port));
    }

    /** The port is in the byte order of the network, Windows is little-endian. */
    private static int port(long memory) {
        return Short.toUnsignedInt(Short.reverseBytes(Memory.getShort(memory + Layout.SOCKADDR_PORT)));
    }

    /** Unmaps by itself. */
    private static InetAddress address(byte[] ip) {
        try {
            return InetAddress.getByAddress(ip);
        } catch (UnknownHostException impossible) {
            throw new AssertionError(impossible);
        }
    }

    private static InetAddress scoped(byte[] ip, int scopeId) {
        try {
            InetAddress address = InetAddress.getByAddress(ip);
            return address instanceof Inet6Address ? Inet6Address.getByAddress(null, ip, scopeId) : address;
        } catch (UnknownHostException impossible) {
            throw new AssertionError(impossible);
        }
    }
}
