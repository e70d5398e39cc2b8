/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.internal;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.HexFormat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

class SocketAddressesTest {

    private final Arena arena = Arena.ofConfined();
    private final long memory = arena.allocate(Layout.SOCKADDR_STORAGE_SIZE, 8).fill((byte) 0x5a).address();

    @AfterEach
    void free() {
        arena.close();
    }

    @Test
    void anIpv4AddressOnAnIpv4Socket() throws Exception {
        InetSocketAddress address = new InetSocketAddress(ip("127.0.0.1"), 0x1234);
        assertEquals(16, SocketAddresses.write(memory, WinConst.AF_INET, address));
        assertEquals("0200" + "1234" + "7f000001" + "0000000000000000", hex(16));
        assertEquals(address, SocketAddresses.read(memory));
    }

    @Test
    void thePortIsUnsigned() throws Exception {
        SocketAddresses.write(memory, WinConst.AF_INET, new InetSocketAddress(ip("1.2.3.4"), 65535));
        assertEquals(65535, SocketAddresses.read(memory).getPort());
    }

    @Test
    void anIpv4AddressOnAnIpv6SocketIsMapped() throws Exception {
        InetSocketAddress address = new InetSocketAddress(ip("10.1.2.3"), 80);
        assertEquals(28, SocketAddresses.write(memory, WinConst.AF_INET6, address));
        assertEquals("1700" + "0050" + "00000000" + "00000000000000000000ffff0a010203" + "00000000", hex(28));
        InetSocketAddress read = SocketAddresses.read(memory);
        assertInstanceOf(Inet4Address.class, read.getAddress());
        assertEquals(address, read);
    }

    @Test
    void theIpv4WildcardOnAnIpv6SocketIsTheWildcardOfBoth() throws Exception {
        assertEquals(28, SocketAddresses.write(memory, WinConst.AF_INET6, new InetSocketAddress(ip("0.0.0.0"), 7)));
        assertEquals("1700" + "0007" + "00".repeat(24), hex(28));
        assertEquals(new InetSocketAddress(ip("::"), 7), SocketAddresses.read(memory));
    }

    @Test
    void anIpv6AddressKeepsItsScope() throws Exception {
        byte[] bytes = ip("fe80::1").getAddress();
        InetSocketAddress address = new InetSocketAddress(Inet6Address.getByAddress(null, bytes, 5), 443);
        assertEquals(28, SocketAddresses.write(memory, WinConst.AF_INET6, address));
        assertEquals("1700" + "01bb" + "00000000" + "fe800000000000000000000000000001" + "05000000", hex(28));
        InetSocketAddress read = SocketAddresses.read(memory);
        assertEquals(address, read);
        assertEquals(5, assertInstanceOf(Inet6Address.class, read.getAddress()).getScopeId());
    }

    @Test
    void anIpv6AddressWithoutScopeHasNone() throws Exception {
        InetSocketAddress address = new InetSocketAddress(ip("2001:db8::7"), 443);
        SocketAddresses.write(memory, WinConst.AF_INET6, address);
        assertEquals(address, SocketAddresses.read(memory));
    }

    @Test
    void aMappedAddressWithAScopeIsStillUnmapped() throws Exception {
        SocketAddresses.write(memory, WinConst.AF_INET6, new InetSocketAddress(ip("10.1.2.3"), 80));
        Memory.putInt(memory + Layout.SOCKADDR_IN6_SCOPE_ID, 3);
        assertEquals(new InetSocketAddress(ip("10.1.2.3"), 80), SocketAddresses.read(memory));
    }

    @Test
    void anIpv6AddressOnAnIpv4SocketIsRefused() throws Exception {
        InetSocketAddress address = new InetSocketAddress(ip("::1"), 1);
        assertThrows(UnsupportedAddressTypeException.class,
                () -> SocketAddresses.write(memory, WinConst.AF_INET, address));
    }

    @Test
    void anUnknownFamilyIsRefused() throws Exception {
        InetSocketAddress address = new InetSocketAddress(ip("127.0.0.1"), 1);
        assertThrows(UnsupportedAddressTypeException.class, () -> SocketAddresses.write(memory, 1, address));
    }

    @Test
    void anUnresolvedAddressIsRefused() {
        InetSocketAddress address = InetSocketAddress.createUnresolved("localhost", 1);
        assertThrows(UnresolvedAddressException.class,
                () -> SocketAddresses.write(memory, WinConst.AF_INET6, address));
    }

    @Test
    void noAddressIsNull() {
        Memory.clear(memory, Layout.SOCKADDR_STORAGE_SIZE);
        assertNull(SocketAddresses.read(memory));
    }

    /** A literal: no name service is asked. */
    private static InetAddress ip(String literal) throws Exception {
        return InetAddress.getByName(literal);
    }

    private String hex(int length) {
        byte[] bytes = new byte[length];
        Memory.getBytes(memory, bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
