/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.Win32Access;
import io.github.nettyiocp.internal.WinConst;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.concurrent.Executor;

/** Finds out about the other end of a pipe, on the executor for blocking calls; see {@link OffLoop#call} for how. */
final class PeerLookup {

    /** The longest name of a computer has 255 units; with the zero that ends it. */
    private static final int COMPUTER_NAME_UNITS = 256;

    private PeerLookup() {
    }

    /** @param pipe the server's end */
    static Future<NamedPipePeer> ofClient(Win32Access access, Executor executor, EventExecutor loop, long pipe) {
        return OffLoop.call(access, executor, loop, pipe, (win32, own) -> {
            String user = userOfClient(win32, own);
            return new NamedPipePeer(number(own, win32::getNamedPipeClientProcessId),
                    (int) number(own, win32::getNamedPipeClientSessionId), user, name(win32, user),
                    computerName(win32, own));
        });
    }

    /** @param pipe the client's end */
    static Future<NamedPipePeer> ofServer(Win32Access access, Executor executor, EventExecutor loop, long pipe) {
        return OffLoop.call(access, executor, loop, pipe, (win32, own) -> {
            long process = number(own, win32::getNamedPipeServerProcessId);
            String user = process == -1 ? null : userOfProcess(win32, (int) process);
            return new NamedPipePeer(process, (int) number(own, win32::getNamedPipeServerSessionId), user,
                    name(win32, user), null);
        });
    }

    private static String userOfClient(Win32 win32, long pipe) throws Exception {
        long token;
        try {
            token = Impersonation.clientToken(win32, pipe);
        } catch (ClientNotIdentifiedException unknown) {
            return null;
        }
        try {
            return Sids.ofToken(win32, token);
        } finally {
            win32.closeHandle(token);
        }
    }

    /** {@code null} if the process has ended, or is one that this process may not look into. */
    private static String userOfProcess(Win32 win32, int id) {
        long process = win32.openProcess(WinConst.PROCESS_QUERY_LIMITED_INFORMATION, 0, id);
        if (process == 0) {
            return null;
        }
        try {
            return Sids.ofUser(win32, process);
        } catch (IOException refused) {
            return null;
        } finally {
            win32.closeHandle(process);
        }
    }

    private static String name(Win32 win32, String user) throws IOException {
        return user == null ? null : Sids.accountName(win32, user);
    }

    /** {@code null} for a client on this machine: Windows says ERROR_PIPE_LOCAL then. */
    private static String computerName(Win32 win32, long pipe) {
        try (Arena arena = Arena.ofConfined()) {
            long name = arena.allocate(COMPUTER_NAME_UNITS * 2L, 2).address();
            int error = win32.getNamedPipeClientComputerName(pipe, name, COMPUTER_NAME_UNITS * 2);
            return error == 0 ? Sids.wide(name) : null;
        }
    }

    /** What a function gives by pointer to a {@code ULONG}; {@code -1} if it fails. */
    private static long number(long pipe, NumberOf function) {
        try (Arena arena = Arena.ofConfined()) {
            long number = arena.allocate(Integer.BYTES, Integer.BYTES).address();
            return function.get(pipe, number) == 0 ? Integer.toUnsignedLong(Memory.getInt(number)) : -1;
        }
    }

    @FunctionalInterface
    private interface NumberOf {

        int get(long pipe, long number);
    }
}
