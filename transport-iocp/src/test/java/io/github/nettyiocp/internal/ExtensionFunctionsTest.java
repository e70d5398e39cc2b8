/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.internal;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.reflect.Proxy;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ExtensionFunctionsTest {

    private final List<String> asked = new ArrayList<>();
    private int error;
    private int optionError;
    private int serviceFlags = WinConst.XP1_IFS_HANDLES;
    private int chainLength = 1;

    /** Answers the n-th question for a function with the pointer n. */
    private final Win32 win32 = (Win32) Proxy.newProxyInstance(Win32.class.getClassLoader(),
            new Class<?>[] { Win32.class }, (proxy, method, arguments) -> {
                if (method.getName().equals("getsockopt")) {
                    assertEquals(WinConst.SO_PROTOCOL_INFOW, arguments[2]);
                    assertEquals(Layout.WSAPROTOCOL_INFOW_SIZE, Memory.getInt((long) arguments[4]));
                    long info = (long) arguments[3];
                    Memory.putInt(info + Layout.WSAPROTOCOL_INFOW_SERVICE_FLAGS1, serviceFlags);
                    Memory.putInt(info + Layout.WSAPROTOCOL_INFOW_CHAIN_LEN, chainLength);
                    return optionError;
                }
                assertEquals("wsaIoctl", method.getName());
                assertEquals(WinConst.SIO_GET_EXTENSION_FUNCTION_POINTER, arguments[1]);
                byte[] guid = new byte[(int) arguments[3]];
                Memory.getBytes((long) arguments[2], guid);
                asked.add(HexFormat.of().formatHex(guid));
                assertEquals(8, arguments[5]);
                Memory.putLong((long) arguments[4], asked.size());
                return error;
            });

    @Test
    void eachFunctionIsAskedForByItsGuid() throws IOException {
        ExtensionFunctions functions = ExtensionFunctions.load(win32, 7);
        // The first three parts are little-endian in memory.
        assertEquals(List.of("f17d36b5accbcf1195ca00805f48a192", "b907a225f3dd60468ee976e58c74063e",
                "f27d36b5accbcf1195ca00805f48a192", "f07d36b5accbcf1195ca00805f48a192"), asked);
        assertEquals(1, functions.acceptEx());
        assertEquals(2, functions.connectEx());
        assertEquals(3, functions.getAcceptExSockaddrs());
        assertEquals(4, functions.transmitFile());
    }

    @Test
    void aFamilyIsAskedOnce() throws IOException {
        Win32Access access = access();
        ExtensionFunctions functions = ExtensionFunctions.of(access, win32, WinConst.AF_INET, 7);
        assertSame(functions, ExtensionFunctions.of(access, win32, WinConst.AF_INET, 8));
        assertEquals(4, asked.size());
        assertNotSame(functions, ExtensionFunctions.of(access, win32, WinConst.AF_INET6, 9));
        assertNotSame(functions, ExtensionFunctions.of(access(), win32, WinConst.AF_INET, 10));
        assertEquals(12, asked.size());
    }

    @Test
    void aProviderThatLacksOneIsAnError() {
        error = WinError.WSAEOPNOTSUPP;
        IOException e = assertThrows(SocketException.class, () -> ExtensionFunctions.load(win32, 7));
        assertTrue(e.getMessage().contains("10045"), e.getMessage());
    }

    @Test
    void theBaseProviderSkipsPacketsSafely() throws IOException {
        assertTrue(ExtensionFunctions.load(win32, 7).isSkipOnSuccessSupported());
    }

    @Test
    void aLayeredOrUnknownProviderDoesNot() throws IOException {
        chainLength = 2;
        assertFalse(ExtensionFunctions.load(win32, 7).isSkipOnSuccessSupported());
        chainLength = 1;
        serviceFlags = ~WinConst.XP1_IFS_HANDLES;
        assertFalse(ExtensionFunctions.load(win32, 7).isSkipOnSuccessSupported());
        serviceFlags = WinConst.XP1_IFS_HANDLES;
        optionError = WinError.WSAENOPROTOOPT;
        assertFalse(ExtensionFunctions.load(win32, 7).isSkipOnSuccessSupported());
    }

    @Test
    void aGuidIsWrittenAsCHasIt() {
        try (Arena arena = Arena.ofConfined()) {
            long memory = arena.allocate(Layout.GUID_SIZE, 8).address();
            ExtensionFunctions.writeGuid(memory, "00112233-4455-6677-8899-aabbccddeeff");
            byte[] guid = new byte[Layout.GUID_SIZE];
            Memory.getBytes(memory, guid);
            assertEquals("33221100554477668899aabbccddeeff", HexFormat.of().formatHex(guid));
        }
    }

    private Win32Access access() {
        return new Win32Access() {
            @Override
            public Win32 newInstance() {
                return win32;
            }

            @Override
            public Win32 ofThisThread() {
                return win32;
            }
        };
    }
}
