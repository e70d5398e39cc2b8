/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.internal;

import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;

/**
 * Which Windows this is. For messages and for what can't be detected by trying; it is asked from the kernel
 * ({@code RtlGetVersion}), since {@code GetVersionEx} lies to programs without a manifest.
 *
 * @param server whether it isn't a client edition; those limit some functions ({@code TransmitFile})
 * @param wine   the version of Wine, {@code null} on Windows itself
 */
public record WindowsVersion(int major, int minor, int build, boolean server, String wine) {

    private static final int MAX_WINE_VERSION = 64;

    public static WindowsVersion of(Win32 win32) {
        try (Arena arena = Arena.ofConfined()) {
            long info = arena.allocate(Layout.OSVERSIONINFOEXW_SIZE, Long.BYTES).address();
            Memory.putInt(info + Layout.OSVERSIONINFOEXW_LENGTH, Layout.OSVERSIONINFOEXW_SIZE);
            int status = win32.rtlGetVersion(info);
            if (!NtStatus.isSuccess(status)) {
                throw new IllegalStateException("RtlGetVersion failed: 0x" + Integer.toHexString(status));
            }
            int product = Memory.getByte(info + Layout.OSVERSIONINFOEXW_PRODUCT_TYPE);
            return new WindowsVersion(Memory.getInt(info + Layout.OSVERSIONINFOEXW_MAJOR),
                    Memory.getInt(info + Layout.OSVERSIONINFOEXW_MINOR),
                    Memory.getInt(info + Layout.OSVERSIONINFOEXW_BUILD),
                    product != WinConst.VER_NT_WORKSTATION, asciiString(win32.wineGetVersion()));
        }
    }

    /** Whether this is at least the build of a version, for example {@code (10, 0, 17134)}. */
    public boolean isAtLeast(int major, int minor, int build) {
        if (this.major != major) {
            return this.major > major;
        }
        return this.minor != minor ? this.minor > minor : this.build >= build;
    }

    @Override
    public String toString() {
        String windows = (server ? "Windows Server " : "Windows ") + major + '.' + minor + '.' + build;
        return wine == null ? windows : windows + " (Wine " + wine + ')';
    }

    private static String asciiString(long address) {
        if (address == 0) {
            return null;
        }
        int length = 0;
        while (length < MAX_WINE_VERSION && Memory.getByte(address + length) != 0) {
            length++;
        }
        byte[] text = new byte[length];
        Memory.getBytes(address, text);
        return new String(text, StandardCharsets.US_ASCII);
    }
}
