/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.OverlappedResult;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * Makes the ends of a pair by a name, where Windows makes no pipes without one. The name can't be guessed, must be new,
 * and has one instance for the current user on this machine: whoever came in between all the same would have taken the
 * place of one of the two ends. So Windows is asked whose both are, and a random number goes from one to the other
 * before anything else does.
 */
final class NamedEnds {

    private static final int NONCE_BYTES = 16;
    private static final String STRANGER = "cannot make a pair of pipe ends: somebody else has the other end";

    private NamedEnds() {
    }

    /**
     * Makes two ends.
     *
     * @param ofServer what the server's end does
     * @param direction what the client's end may do
     */
    static PairEnds make(Win32 win32, PipeDirection ofServer, PipeDirection direction, boolean inheritable)
            throws IOException {
        try (Arena arena = Arena.ofConfined();
             SecurityAttributes security = PipeSecurity.currentUser().attributes(win32)) {
            long name = Sids.wide(arena, NamedPipeAddress.random().toString());
            long server = handle(win32, win32.createNamedPipe(name, openMode(ofServer),
                    WinConst.PIPE_REJECT_REMOTE_CLIENTS, 1, PairEnds.QUOTA, PairEnds.QUOTA, 0, security.address()),
                    "CreateNamedPipeW");
            long client = WinConst.INVALID_HANDLE_VALUE;
            try {
                client = handle(win32, win32.createFile(name,
                        PairEnds.access(direction.serverWrites(), direction.serverReads()), 0,
                        attributes(arena, inheritable), WinConst.OPEN_EXISTING, ImpersonationLevel.ANONYMOUS.flags()),
                        "CreateFileW");
                checkProcesses(win32, arena, server, client);
                checkNonce(win32, arena, server, client, direction.serverWrites());
                return new PairEnds(server, client);
            } catch (Throwable cause) {
                win32.closeHandle(server);
                if (client != WinConst.INVALID_HANDLE_VALUE) {
                    win32.closeHandle(client);
                }
                throw cause;
            }
        }
    }

    private static int openMode(PipeDirection ofServer) {
        return (ofServer.serverReads() ? WinConst.PIPE_ACCESS_INBOUND : 0)
                | (ofServer.serverWrites() ? WinConst.PIPE_ACCESS_OUTBOUND : 0)
                | WinConst.FILE_FLAG_FIRST_PIPE_INSTANCE | WinConst.FILE_FLAG_OVERLAPPED;
    }

    private static long attributes(Arena arena, boolean inheritable) {
        long attributes = arena.allocate(Layout.SECURITY_ATTRIBUTES_SIZE, Long.BYTES).address();
        Memory.putInt(attributes + Layout.SECURITY_ATTRIBUTES_LENGTH, Layout.SECURITY_ATTRIBUTES_SIZE);
        Memory.putInt(attributes + Layout.SECURITY_ATTRIBUTES_INHERIT, inheritable ? 1 : 0);
        return attributes;
    }

    /** Both ends are of the process that made the server's: this one. */
    private static void checkProcesses(Win32 win32, Arena arena, long server, long client) throws IOException {
        long id = arena.allocate(Integer.BYTES, Integer.BYTES).address();
        check(win32.getNamedPipeServerProcessId(server, id), "GetNamedPipeServerProcessId");
        int own = Memory.getInt(id);
        check(win32.getNamedPipeServerProcessId(client, id), "GetNamedPipeServerProcessId");
        boolean ours = Memory.getInt(id) == own;
        check(win32.getNamedPipeClientProcessId(server, id), "GetNamedPipeClientProcessId");
        if (!ours || Memory.getInt(id) != own) {
            throw new IOException(STRANGER);
        }
    }

    /** Nothing here waits: there is room for what is written, and only what is there is read. */
    private static void checkNonce(Win32 win32, Arena arena, long server, long client, boolean serverWrites)
            throws IOException {
        byte[] nonce = new byte[NONCE_BYTES];
        new SecureRandom().nextBytes(nonce);
        long event = win32.createEvent(1, 0);
        if (event == 0) {
            throw new IOException("cannot make a pair of pipe ends: CreateEventW, error " + win32.lastError());
        }
        try {
            long overlapped = arena.allocate(Layout.OVERLAPPED_SIZE, Long.BYTES).address();
            Memory.putLong(overlapped + Layout.OVERLAPPED_EVENT, event);
            long count = arena.allocate(Integer.BYTES, Integer.BYTES).address();
            long sent = arena.allocate(NONCE_BYTES).address();
            Memory.putBytes(sent, nonce);
            long received = arena.allocate(NONCE_BYTES).address();
            long writer = serverWrites ? server : client;
            long reader = serverWrites ? client : server;
            long ofWriter = writer == server ? overlapped : 0;
            check(end(win32, writer, ofWriter, count, win32.writeFile(writer, sent, NONCE_BYTES, count, ofWriter)),
                    "WriteFile");
            check(win32.peekNamedPipe(reader, 0, 0, 0, count, 0), "PeekNamedPipe");
            if (Memory.getInt(count) != NONCE_BYTES) {
                throw new IOException(STRANGER);
            }
            long ofReader = reader == server ? overlapped : 0;
            check(end(win32, reader, ofReader, count, win32.readFile(reader, received, NONCE_BYTES, count, ofReader)),
                    "ReadFile");
            byte[] echoed = new byte[NONCE_BYTES];
            Memory.getBytes(received, echoed);
            if (Memory.getInt(count) != NONCE_BYTES || !Arrays.equals(nonce, echoed)) {
                throw new IOException(STRANGER);
            }
        } finally {
            win32.closeHandle(event);
        }
    }

    /** The outcome of a call; that of an overlapped one may still be to come. */
    private static int end(Win32 win32, long handle, long overlapped, long count, int error) {
        boolean goesOn = overlapped != 0 && (error == WinError.ERROR_SUCCESS || error == WinError.ERROR_IO_PENDING);
        return goesOn ? OverlappedResult.await(win32, handle, overlapped, count) : error;
    }

    private static void check(int error, String function) throws IOException {
        if (error != 0) {
            throw new IOException("cannot make a pair of pipe ends: " + function + ", error " + error);
        }
    }

    private static long handle(Win32 win32, long handle, String function) throws IOException {
        if (handle == WinConst.INVALID_HANDLE_VALUE) {
            check(win32.lastError(), function);
        }
        return handle;
    }
}
