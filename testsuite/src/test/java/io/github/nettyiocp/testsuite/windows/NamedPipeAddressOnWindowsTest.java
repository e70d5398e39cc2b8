/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.internal.NativeWin32;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import io.github.nettyiocp.pipe.NamedPipeAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/** Addresses mean the pipes that Windows means by the same text. */
@Timeout(240)
class NamedPipeAddressOnWindowsTest {

    private final Win32 win32 = NativeWin32.ACCESS.ofThisThread();
    private final List<Long> handles = new ArrayList<>();
    private final String unique = NamedPipeAddress.random().name();

    @AfterEach
    void closeHandles() {
        handles.forEach(win32::closeHandle);
    }

    @Test
    void windowsFindsThePipeByEachFormThatItKnowsItself() {
        for (String name : List.of(unique, unique + "\\sql\\query", "LOCAL\\" + unique,
                unique + " with spaces, {x};")) {
            create(new NamedPipeAddress(name));
            for (String form : List.of("\\\\.\\pipe\\" + name, "//./pipe/" + name.replace('\\', '/'),
                    "\\\\?\\pipe\\" + name, "\\\\.\\PIPE\\" + name.toUpperCase(Locale.ROOT))) {
                assertThat(open(form)).as(form).isZero();
                assertThat(new NamedPipeAddress(form)).isEqualTo(new NamedPipeAddress(name));
            }
        }
    }

    @Test
    void windowsFindsThePipeByTheCanonicalFormOfAnyOther() {
        create(new NamedPipeAddress(unique + "\\x"));
        for (String form : List.of("npipe:////./pipe/" + unique + "/x",
                "npipe:\\\\\\\\.\\\\pipe\\\\" + unique + "\\\\x",
                unique + "/x")) {
            assertThat(open(new NamedPipeAddress(form).toString())).as(form).isZero();
        }
    }

    @Test
    void equalAddressesAreOnePipeAndOthersAreNot() {
        Random random = new Random(7);
        for (int i = 0; i < 200; i++) {
            StringBuilder letters = new StringBuilder();
            for (int n = 0; n < 8; n++) {
                letters.append(letter(random));
            }
            var address = new NamedPipeAddress(unique + letters);
            create(address);
            StringBuilder otherCase = new StringBuilder();
            letters.chars().forEach(c -> otherCase.append(Character.toChars(random.nextBoolean() ? c
                    : Character.isUpperCase(c) ? Character.toLowerCase(c) : Character.toUpperCase(c))));
            var equal = new NamedPipeAddress(unique + otherCase);
            assertThat(equal).isEqualTo(address);
            assertThat(open(equal.toString())).as(equal + " for " + address).isZero();
            assertThat(open(address + "x")).isEqualTo(WinError.ERROR_FILE_NOT_FOUND);
        }
    }

    @Test
    void aNameOf256CharactersIsTheLongest() {
        var longest = new NamedPipeAddress(unique + "n".repeat(256 - "\\\\.\\pipe\\".length() - unique.length()));
        create(longest);
        assertThat(open(longest.toString())).isZero();
        assertThatIllegalArgumentException().isThrownBy(() -> new NamedPipeAddress(longest + "n"));
    }

    /** Latin, Greek and Cyrillic, of which each letter has just one other. */
    private static char letter(Random random) {
        int[][] ranges = {{'a', 'z'}, {0xe0, 0xf6}, {0x100, 0x12f}, {0x3b1, 0x3c1}, {0x430, 0x44f}, {'0', '9'}};
        int[] range = ranges[random.nextInt(ranges.length)];
        return (char) (range[0] + random.nextInt(range[1] - range[0] + 1));
    }

    private void create(NamedPipeAddress address) {
        try (Arena arena = Arena.ofConfined()) {
            long handle = win32.createNamedPipe(text(arena, address.toString()), WinConst.PIPE_ACCESS_DUPLEX
                    | WinConst.FILE_FLAG_OVERLAPPED, WinConst.PIPE_TYPE_BYTE, WinConst.PIPE_UNLIMITED_INSTANCES,
                    4096, 4096, 0, 0);
            assertThat(handle).as(address + ": " + win32.lastError()).isNotEqualTo(WinConst.INVALID_HANDLE_VALUE);
            handles.add(handle);
        }
    }

    /** Opens a pipe by a text as it is; a server end is made again for the next one. The error, or 0. */
    private int open(String path) {
        try (Arena arena = Arena.ofConfined()) {
            long handle = win32.createFile(text(arena, path), WinConst.GENERIC_READ | WinConst.GENERIC_WRITE, 0, 0,
                    WinConst.OPEN_EXISTING, 0);
            if (handle == WinConst.INVALID_HANDLE_VALUE) {
                return win32.lastError();
            }
            handles.add(handle);
            create(new NamedPipeAddress(path));
            return 0;
        }
    }

    private static long text(Arena arena, String text) {
        return arena.allocateFrom(text, StandardCharsets.UTF_16LE).address();
    }
}
