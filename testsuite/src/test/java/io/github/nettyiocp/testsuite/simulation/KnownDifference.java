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
                    "Wine finds no entries, and says that it did"));

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
