/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.util.List;

/**
 * A place where a {@link ConformanceScript} says on Wine something else than on the simulated Windows, and why. Windows
 * itself is expected to side with the simulation; what is known of it is in the reason.
 */
public record KnownDifference(ConformanceScript script, String simulated, String wine, String reason) {

    private static final String NOTHING = "null";
    private static final String WRITABLE = "Wine doesn't know how much of the quota is free";
    private static final String READ_OF_NOTHING =
            "NPFS, as ReactOS has it, takes nothing for a read of nothing, Wine takes an empty message";
    private static final String CANCELLED_BY_CLOSE = "Since Vista a close cancels what would post packets;"
            + " Wine's own tests say so of reads (test_async_cancel_on_handle_close)";
    private static final String IMPERSONATION = "Wine knows no levels, and impersonates before the first read";
    private static final String NO_CONTEXT = "Wine needs no SO_UPDATE_ACCEPT_CONTEXT and SO_UPDATE_CONNECT_CONTEXT";

    /** All of them. */
    public static final List<KnownDifference> ALL = List.of(
            new KnownDifference(ConformanceScript.CONTEXTS, "getpeername server: WSAENOTCONN",
                    "getpeername server: ok",
                    NO_CONTEXT),
            new KnownDifference(ConformanceScript.CONTEXTS, NOTHING,
                    "remote address of server: 127.0.0.1",
                    NO_CONTEXT),
            new KnownDifference(ConformanceScript.CONTEXTS, "getsockname server: WSAEINVAL",
                    "getsockname server: ok",
                    NO_CONTEXT),
            new KnownDifference(ConformanceScript.CONTEXTS, NOTHING,
                    "local address of server: 127.0.0.1",
                    NO_CONTEXT),
            new KnownDifference(ConformanceScript.CONTEXTS, "getpeername client: WSAENOTCONN",
                    "getpeername client: ok",
                    NO_CONTEXT),
            new KnownDifference(ConformanceScript.CONTEXTS, NOTHING,
                    "remote address of client: 127.0.0.1",
                    NO_CONTEXT),
            new KnownDifference(ConformanceScript.CONTEXTS, "local address of client: 0.0.0.0",
                    "local address of client: 127.0.0.1",
                    NO_CONTEXT),
            new KnownDifference(ConformanceScript.CONTEXTS, "shutdown server 1: WSAENOTCONN",
                    "shutdown server 1: ok",
                    NO_CONTEXT),
            new KnownDifference(ConformanceScript.REFUSED_STARTS, "accept of a socket that doesn't listen: WSAEINVAL",
                    "accept of a socket that doesn't listen: started",
                    "Wine posts any AcceptEx; Windows documents WSAEINVAL"),
            new KnownDifference(ConformanceScript.REFUSED_STARTS, "CancelIoEx: ERROR_NOT_FOUND",
                    "CancelIoEx: ok",
                    "Follows from the accept that Wine posted"),
            new KnownDifference(ConformanceScript.REFUSED_STARTS, "send of an unconnected socket: WSAENOTCONN",
                    "send of an unconnected socket: WSAECONNRESET",
                    "Wine passes on what Linux says (EPIPE)"),
            new KnownDifference(ConformanceScript.REFUSED_STARTS, "SO_UPDATE_CONNECT_CONTEXT a: WSAENOTCONN",
                    "SO_UPDATE_CONNECT_CONTEXT a: ok",
                    "Wine ignores the option"),
            new KnownDifference(ConformanceScript.REFUSED_STARTS,
                    "connect to an address of the wrong family: WSAEAFNOSUPPORT",
                    "connect to an address of the wrong family: WSAEADDRNOTAVAIL",
                    "Wine looks at the address first; Windows documents WSAEAFNOSUPPORT"),
            new KnownDifference(ConformanceScript.REFUSED_STARTS, "accept with a connected socket: WSAEINVAL",
                    "accept with a connected socket: started",
                    "Wine posts any AcceptEx; Windows documents WSAEINVAL"),
            new KnownDifference(ConformanceScript.CONNECTION_REFUSED, "SO_UPDATE_CONNECT_CONTEXT a: WSAENOTCONN",
                    "SO_UPDATE_CONNECT_CONTEXT a: ok",
                    "Wine ignores the option"),
            new KnownDifference(ConformanceScript.RESET, "getpeername server: WSAENOTCONN",
                    "getpeername server: ok",
                    "Wine remembers the address; Windows forgets it with the connection"),
            new KnownDifference(ConformanceScript.RESET, NOTHING,
                    "remote address of server: 127.0.0.1",
                    "Wine remembers the address; Windows forgets it with the connection"),
            new KnownDifference(ConformanceScript.CLOSE_WITH_A_RECEIVE_PENDING,
                    "receive of the closer completes: STATUS_CANCELLED",
                    "receive of the closer completes: STATUS_HANDLES_CLOSED, 0 bytes",
                    "Wine's status for operations that a close ended"),
            new KnownDifference(ConformanceScript.CLOSE_WITH_A_RECEIVE_PENDING,
                    "receive completes: STATUS_CONNECTION_RESET",
                    "receive completes: ok, 0 bytes",
                    "Windows resets a connection that is closed with a receive pending (libuv#3034)"),
            new KnownDifference(ConformanceScript.SKIP_ON_SUCCESS, "unknown modes: ERROR_INVALID_PARAMETER",
                    "unknown modes: ok",
                    "Wine ignores unknown flags"),
            new KnownDifference(ConformanceScript.WRONG_ARGUMENTS, "a poll for no entries: ERROR_INVALID_PARAMETER",
                    "a poll for no entries: ok",
                    "Wine finds no entries, and says that it did"),
            new KnownDifference(ConformanceScript.PIPE_STATES, "DisconnectNamedPipe client: ERROR_PIPE_NOT_CONNECTED",
                    "DisconnectNamedPipe client: ERROR_NOT_SUPPORTED",
                    "Wine's error for what a client can't do"),
            new KnownDifference(ConformanceScript.PIPE_DISCONNECT_WHILE_LISTENING, "DisconnectNamedPipe server: ok",
                    "DisconnectNamedPipe server: ERROR_PIPE_LISTENING",
                    "Wine refuses; NPFS, as ReactOS has it, sends who waits away"),
            new KnownDifference(ConformanceScript.PIPE_DISCONNECT_WHILE_LISTENING,
                    "connect completes: STATUS_PIPE_DISCONNECTED",
                    "connect completes: STATUS_HANDLES_CLOSED",
                    "Wine's status for operations that a close ended"),
            new KnownDifference(ConformanceScript.PIPE_NAMES, "create no name: ERROR_INVALID_NAME",
                    "create no name: ERROR_INVALID_HANDLE",
                    "Wine takes it for the folder"),
            new KnownDifference(ConformanceScript.PIPE_NAMES, "create other machine: ERROR_INVALID_NAME",
                    "create other machine: ERROR_PATH_NOT_FOUND",
                    "Wine has no pipes of other machines"),
            new KnownDifference(ConformanceScript.PIPE_INSTANCES, "create none: ERROR_INVALID_PARAMETER",
                    "create none: ok",
                    "Wine takes any number of instances"),
            new KnownDifference(ConformanceScript.PIPE_INSTANCES, "create too many: ERROR_INVALID_PARAMETER",
                    "create too many: ok",
                    "Wine takes any number of instances"),
            new KnownDifference(ConformanceScript.PIPE_FIRST_INSTANCE, "create first again: ERROR_ACCESS_DENIED",
                    "create first again: ok",
                    "Wine ignores FILE_FLAG_FIRST_PIPE_INSTANCE"),
            new KnownDifference(ConformanceScript.PIPE_ACCESS, "writable: 4096",
                    "writable: 0",
                    WRITABLE),
            new KnownDifference(ConformanceScript.PIPE_ACCESS, "FlushFileBuffers inbound: ERROR_ACCESS_DENIED",
                    "FlushFileBuffers inbound: ok",
                    "Windows documents that flushing needs write access"),
            new KnownDifference(ConformanceScript.PIPE_ACCESS, "SetNamedPipeHandleState exact 2: ERROR_ACCESS_DENIED",
                    "SetNamedPipeHandleState exact 2: ok",
                    "Windows documents that this needs FILE_WRITE_ATTRIBUTES"),
            new KnownDifference(ConformanceScript.PIPE_READS_OF_NOTHING,
                    "read of nothing with a message there completes: ok",
                    "read of nothing with a message there completes: STATUS_BUFFER_OVERFLOW",
                    READ_OF_NOTHING),
            new KnownDifference(ConformanceScript.PIPE_READS_OF_NOTHING,
                    "read of the next completes: ok, 0 bytes",
                    "read of the next completes: ok, 1 bytes",
                    READ_OF_NOTHING),
            new KnownDifference(ConformanceScript.PIPE_READS_OF_NOTHING,
                    "read of the next received: ",
                    "read of the next received: y",
                    READ_OF_NOTHING),
            new KnownDifference(ConformanceScript.PIPE_QUOTA, "writable: 4096",
                    "writable: 0",
                    WRITABLE),
            new KnownDifference(ConformanceScript.PIPE_CLOSE_LOSES_WHAT_IS_BEING_WRITTEN,
                    "write that pends completes: STATUS_CANCELLED",
                    "write that pends completes: STATUS_PIPE_BROKEN",
                    CANCELLED_BY_CLOSE),
            new KnownDifference(ConformanceScript.PIPE_CLOSE_WITH_A_READ_PENDING, "read completes: STATUS_CANCELLED",
                    "read completes: STATUS_PIPE_BROKEN",
                    CANCELLED_BY_CLOSE),
            new KnownDifference(ConformanceScript.PIPE_CLOSE_WITH_A_READ_PENDING, "connect completes: STATUS_CANCELLED",
                    "connect completes: STATUS_HANDLES_CLOSED",
                    CANCELLED_BY_CLOSE),
            new KnownDifference(ConformanceScript.PIPE_QUESTIONS, "writable: 4096",
                    "writable: 0",
                    WRITABLE),
            new KnownDifference(ConformanceScript.PIPE_QUESTIONS, "writable: 4090",
                    "writable: 0",
                    WRITABLE),
            new KnownDifference(ConformanceScript.PIPE_QUESTIONS, "writable: 1096",
                    "writable: 0",
                    WRITABLE),
            new KnownDifference(ConformanceScript.PIPE_IMPERSONATION,
                    "impersonate the client of server 0: ERROR_CANNOT_IMPERSONATE",
                    "impersonate the client of server 0: the user at level 2, reverted: true",
                    IMPERSONATION),
            new KnownDifference(ConformanceScript.PIPE_IMPERSONATION,
                    "impersonate the client of server 1: anonymous, reverted: true",
                    "impersonate the client of server 1: the user at level 2, reverted: true",
                    IMPERSONATION),
            new KnownDifference(ConformanceScript.PIPE_IMPERSONATION,
                    "impersonate the client of server 2: the user at level 1, reverted: true",
                    "impersonate the client of server 2: the user at level 2, reverted: true",
                    IMPERSONATION),
            new KnownDifference(ConformanceScript.PIPE_IMPERSONATION,
                    "impersonate the client of client 1: ERROR_INVALID_FUNCTION",
                    "impersonate the client of client 1: ERROR_NOT_SUPPORTED",
                    "Wine's error for what a client can't do"));

    /** Whether a difference between two lines is known; {@code null} stands for a line that the other lacks. */
    public static boolean isKnown(ConformanceScript script, String simulated, String wine) {
        for (KnownDifference known : ALL) {
            if (known.script == script && known.simulated.equals(String.valueOf(simulated))
                    && known.wine.equals(String.valueOf(wine))) {
                return true;
            }
        }
        return false;
    }
}
