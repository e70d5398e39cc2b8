/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NativeWin32;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/**
 * Tokens with fewer rights than this process has, to play other users with, and what Windows says that they may do. The
 * library makes none of these calls. Those that fail fail the test.
 */
final class TokenCalls {

    private static final int TOKEN_ALL_ACCESS = 0xF01FF;
    private static final int SECURITY_IMPERSONATION = 2;
    private static final int TOKEN_IMPERSONATION = 2;
    private static final int FILE_GENERIC_READ = 0x120089;
    private static final int FILE_GENERIC_WRITE = 0x120116;
    private static final int FILE_GENERIC_EXECUTE = 0x1200A0;
    private static final int FILE_ALL_ACCESS = 0x1F01FF;
    private static final int PRIVILEGE_SET_SIZE = 1024;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup ADVAPI32 = SymbolLookup.libraryLookup("advapi32.dll", Arena.global());
    private static final MethodHandle CREATE_RESTRICTED_TOKEN = function("CreateRestrictedToken", LONG, INT, INT, LONG,
            INT, LONG, INT, LONG, LONG);
    private static final MethodHandle DUPLICATE_TOKEN_EX =
            function("DuplicateTokenEx", LONG, INT, LONG, INT, INT, LONG);
    private static final MethodHandle SET_THREAD_TOKEN = function("SetThreadToken", LONG, LONG);
    private static final MethodHandle ACCESS_CHECK =
            function("AccessCheck", LONG, LONG, INT, LONG, LONG, LONG, LONG, LONG);

    private final Win32 win32 = NativeWin32.ACCESS.ofThisThread();

    /** An impersonation token of this process' user without some of its users and groups. The caller closes it. */
    long tokenWithout(String... sids) {
        try (Arena arena = Arena.ofConfined()) {
            long pointer = arena.allocate(LONG).address();
            check(win32.openProcessToken(WinConst.CURRENT_PROCESS, TOKEN_ALL_ACCESS, pointer), "OpenProcessToken");
            long process = Memory.getLong(pointer);
            long disabled = arena.allocate((long) Layout.SID_AND_ATTRIBUTES_SIZE * Math.max(1, sids.length), 8)
                    .address();
            for (int i = 0; i < sids.length; i++) {
                Memory.putLong(disabled + (long) i * Layout.SID_AND_ATTRIBUTES_SIZE, sid(arena, sids[i]));
            }
            succeeded(CREATE_RESTRICTED_TOKEN, process, 0, sids.length, sids.length == 0 ? 0 : disabled, 0, 0L, 0, 0L,
                    pointer);
            long restricted = Memory.getLong(pointer);
            succeeded(DUPLICATE_TOKEN_EX, restricted, TOKEN_ALL_ACCESS, 0L, SECURITY_IMPERSONATION, TOKEN_IMPERSONATION,
                    pointer);
            win32.closeHandle(restricted);
            win32.closeHandle(process);
            return Memory.getLong(pointer);
        }
    }

    /** Lets this thread act by a token until {@code RevertToSelf}. */
    void impersonate(long token) {
        succeeded(SET_THREAD_TOKEN, 0L, token);
    }

    /** All rights that a descriptor gives to a token, {@code 0} for none. */
    int granted(String sddl, long token) {
        try (Arena arena = Arena.ofConfined()) {
            long pointer = arena.allocate(LONG).address();
            check(win32.convertStringSecurityDescriptorToSecurityDescriptor(
                    arena.allocateFrom(sddl, StandardCharsets.UTF_16LE).address(), WinConst.SDDL_REVISION_1, pointer,
                    0), sddl);
            MemorySegment mapping = arena.allocateFrom(INT, FILE_GENERIC_READ, FILE_GENERIC_WRITE,
                    FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS);
            MemorySegment result = arena.allocate(INT, 3);
            result.setAtIndex(INT, 2, PRIVILEGE_SET_SIZE);
            succeeded(ACCESS_CHECK, Memory.getLong(pointer), token, WinConst.MAXIMUM_ALLOWED, mapping.address(),
                    arena.allocate(PRIVILEGE_SET_SIZE, 8).address(), result.address() + 8, result.address(),
                    result.address() + 4);
            win32.localFree(Memory.getLong(pointer));
            return result.getAtIndex(INT, 1) == 0 ? 0 : result.getAtIndex(INT, 0);
        }
    }

    /** What stays allocated: tests end. */
    private long sid(Arena arena, String sid) {
        long pointer = arena.allocate(LONG).address();
        check(win32.convertStringSidToSid(arena.allocateFrom(sid, StandardCharsets.UTF_16LE).address(), pointer), sid);
        return Memory.getLong(pointer);
    }

    private static void check(int error, String what) {
        if (error != 0) {
            throw new AssertionError(what + ": error " + error);
        }
    }

    private static void succeeded(MethodHandle function, Object... arguments) {
        int result;
        try {
            result = (int) function.invokeWithArguments(arguments);
        } catch (Throwable cause) {
            throw new AssertionError(cause);
        }
        if (result == 0) {
            throw new AssertionError(function + " failed");
        }
    }

    private static MethodHandle function(String name, ValueLayout... arguments) {
        return LINKER.downcallHandle(ADVAPI32.findOrThrow(name), FunctionDescriptor.of(INT, arguments));
    }
}
