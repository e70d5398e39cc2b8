/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.internal;

import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.reflect.Proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class WindowsVersionTest {

    @Test
    void aClient() {
        assertEquals("Windows 10.0.26100", WindowsVersion.of(windows(1, null, 0)).toString());
    }

    @Test
    void aServer() {
        WindowsVersion version = WindowsVersion.of(windows(3, null, 0));
        assertTrue(version.server());
        assertEquals("Windows Server 10.0.26100", version.toString());
    }

    @Test
    void wineSaysSo() {
        WindowsVersion version = WindowsVersion.of(windows(1, "10.0", 0));
        assertEquals("10.0", version.wine());
        assertEquals("Windows 10.0.26100 (Wine 10.0)", version.toString());
    }

    @Test
    void aFailureIsNotAVersion() {
        assertThrows(IllegalStateException.class,
                () -> WindowsVersion.of(windows(1, null, NtStatus.STATUS_INVALID_PARAMETER)));
    }

    @Test
    void versionsAreComparedFromTheLeft() {
        WindowsVersion version = new WindowsVersion(10, 0, 17763, false, null);
        assertTrue(version.isAtLeast(6, 3, 99999));
        assertTrue(version.isAtLeast(10, 0, 17763));
        assertFalse(version.isAtLeast(10, 0, 17764));
        assertFalse(version.isAtLeast(10, 1, 0));
        assertFalse(version.isAtLeast(11, 0, 0));
    }

    private static Win32 windows(int productType, String wine, int status) {
        return (Win32) Proxy.newProxyInstance(Win32.class.getClassLoader(), new Class<?>[] { Win32.class },
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "rtlGetVersion" -> {
                        long info = (long) arguments[0];
                        assertEquals(Layout.OSVERSIONINFOEXW_SIZE, Memory.getInt(info));
                        Memory.putInt(info + Layout.OSVERSIONINFOEXW_MAJOR, 10);
                        Memory.putInt(info + Layout.OSVERSIONINFOEXW_BUILD, 26100);
                        Memory.putByte(info + Layout.OSVERSIONINFOEXW_PRODUCT_TYPE, productType);
                        yield status;
                    }
                    case "wineGetVersion" -> wine == null ? 0L
                            : Arena.global().allocateFrom(wine).address();
                    default -> throw new AssertionError("unexpected call: " + method);
                });
    }
}
