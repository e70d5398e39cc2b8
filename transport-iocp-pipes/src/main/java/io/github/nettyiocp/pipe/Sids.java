/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** Security identifiers (SIDs), by which Windows knows users and groups, in their text form {@code S-1-5-...}. */
final class Sids {

    /** The longest SID has 68 bytes; the structures of a token that hold one have not much more. */
    private static final int TOKEN_INFORMATION_SIZE = 256;
    private static final int NAME_UNITS = 512;
    private static final Pattern TEXT = Pattern.compile("S-1-(0|[1-9][0-9]{0,9})(-(0|[1-9][0-9]{0,9})){1,15}");

    private Sids() {
    }

    /** Whether this is a SID in the form in which Windows prints it. */
    static boolean isSid(String text) {
        return TEXT.matcher(text).matches();
    }

    /** The user that this process runs as, whoever its threads impersonate. */
    static String ofCurrentUser(Win32 win32) throws IOException {
        return ofProcess(win32, WinConst.CURRENT_PROCESS, WinConst.TOKEN_USER_CLASS, 0);
    }

    /** The logon session of this process. Not all have one: that of the system account doesn't. */
    static String ofCurrentLogonSession(Win32 win32) throws IOException {
        return ofProcess(win32, WinConst.CURRENT_PROCESS, WinConst.TOKEN_LOGON_SID_CLASS, Layout.TOKEN_GROUPS_GROUPS);
    }

    /** The user that a process runs as. */
    static String ofUser(Win32 win32, long process) throws IOException {
        return ofProcess(win32, process, WinConst.TOKEN_USER_CLASS, 0);
    }

    private static String ofProcess(Win32 win32, long process, int informationClass, int offset) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long pointer = pointer(arena);
            check(win32.openProcessToken(process, WinConst.TOKEN_QUERY, pointer), "OpenProcessToken");
            long token = Memory.getLong(pointer);
            try {
                return ofToken(win32, token, informationClass, offset);
            } finally {
                win32.closeHandle(token);
            }
        }
    }

    /** The user of a token. */
    static String ofToken(Win32 win32, long token) throws IOException {
        return ofToken(win32, token, WinConst.TOKEN_USER_CLASS, 0);
    }

    /** Of the {@code SID_AND_ATTRIBUTES} at {@code offset}; before it is nothing, or how many there are. */
    private static String ofToken(Win32 win32, long token, int informationClass, int offset) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long information = arena.allocate(TOKEN_INFORMATION_SIZE, Long.BYTES).address();
            int error = win32.getTokenInformation(token, informationClass, information, TOKEN_INFORMATION_SIZE,
                    pointer(arena));
            check(error, "GetTokenInformation");
            if (offset > 0 && Memory.getInt(information) == 0) {
                throw failure("GetTokenInformation", WinError.ERROR_NOT_FOUND);
            }
            return text(win32, Memory.getLong(information + offset + Layout.SID_AND_ATTRIBUTES_SID));
        }
    }

    /** The owner of a pipe, by a handle with {@code READ_CONTROL}. */
    static String ofOwner(Win32 win32, long pipe) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long owner = pointer(arena);
            long descriptor = pointer(arena);
            check(win32.getSecurityInfo(pipe, WinConst.SE_KERNEL_OBJECT, WinConst.OWNER_SECURITY_INFORMATION, owner,
                    0, 0, 0, descriptor), "GetSecurityInfo");
            try {
                // The SID lies in the descriptor. An object can have no owner.
                long sid = Memory.getLong(owner);
                return sid == 0 ? null : text(win32, sid);
            } finally {
                win32.localFree(Memory.getLong(descriptor));
            }
        }
    }

    /**
     * The name {@code DOMAIN\name} of an account, or {@code null} if there is none or it isn't found. Blocks: it can
     * ask other machines.
     */
    static String accountName(Win32 win32, String sid) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long pointer = pointer(arena);
            check(win32.convertStringSidToSid(wide(arena, sid), pointer), "ConvertStringSidToSidW");
            long binary = Memory.getLong(pointer);
            try {
                long name = arena.allocate(NAME_UNITS * 2L, 2).address();
                long domain = arena.allocate(NAME_UNITS * 2L, 2).address();
                long sizes = arena.allocate(3 * Integer.BYTES, Integer.BYTES).address();
                Memory.putInt(sizes, NAME_UNITS);
                Memory.putInt(sizes + Integer.BYTES, NAME_UNITS);
                if (win32.lookupAccountSid(0, binary, name, sizes, domain, sizes + Integer.BYTES,
                        sizes + 2 * Integer.BYTES) != 0) {
                    return null;
                }
                String domainName = wide(domain);
                return domainName.isEmpty() ? wide(name) : domainName + '\\' + wide(name);
            } finally {
                win32.localFree(binary);
            }
        }
    }

    private static String text(Win32 win32, long sid) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long pointer = pointer(arena);
            check(win32.convertSidToStringSid(sid, pointer), "ConvertSidToStringSidW");
            long text = Memory.getLong(pointer);
            try {
                return wide(text);
            } finally {
                win32.localFree(text);
            }
        }
    }

    // ---- native memory

    private static long pointer(Arena arena) {
        return arena.allocate(Long.BYTES, Long.BYTES).address();
    }

    /** The address of a text for Windows, which ends in a zero. */
    static long wide(Arena arena, String text) {
        return arena.allocateFrom(text, StandardCharsets.UTF_16LE).address();
    }

    /** The text at an address, up to the zero that ends it. */
    static String wide(long address) {
        int length = 0;
        while (Memory.getShort(address + length) != 0) {
            length += Short.BYTES;
        }
        byte[] units = new byte[length];
        Memory.getBytes(address, units);
        return new String(units, StandardCharsets.UTF_16LE);
    }

    private static void check(int error, String function) throws IOException {
        if (error != 0) {
            throw failure(function, error);
        }
    }

    private static IOException failure(String function, int error) {
        return new IOException("Windows doesn't tell who it is (" + function + ", error " + error + ')');
    }
}
