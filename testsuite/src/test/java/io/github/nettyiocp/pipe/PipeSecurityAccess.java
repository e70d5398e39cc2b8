/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.Win32Access;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.LongUnaryOperator;

/** Lets tests of other packages use the parts of pipes one by one. */
public final class PipeSecurityAccess {

    private PipeSecurityAccess() {
    }

    /** Calls a function with a {@code SECURITY_ATTRIBUTES}. */
    public static long withAttributes(PipeSecurity security, Win32 win32, LongUnaryOperator function)
            throws IOException {
        try (SecurityAttributes attributes = security.attributes(win32)) {
            return function.applyAsLong(attributes.address());
        }
    }

    /** The flags of a client for {@code CreateFileW}. */
    public static int flags(ImpersonationLevel level) {
        return level.flags();
    }

    /** What a client's handle needs. */
    public static int access(ServerVerification verification) {
        return verification.access();
    }

    /** Verifies the server of a client's handle. */
    public static void check(ServerVerification verification, Win32 win32, long handle, Object address)
            throws IOException {
        verification.check(win32, handle, address);
    }

    /** Runs a task as the client of a server's handle. */
    public static <T> Future<T> impersonate(Win32Access access, Executor executor, EventExecutor loop, long pipe,
                                            Callable<T> task) {
        return Impersonation.call(access, executor, loop, pipe, task);
    }

    /** Runs a task as the client of a server's handle, on this thread. */
    public static <T> T impersonate(Win32 win32, long pipe, Callable<T> task, Consumer<String> halt) throws Exception {
        return Impersonation.call(win32, pipe, task, halt);
    }

    /** Looks at the client of a server's handle. */
    public static Future<NamedPipePeer> client(Win32Access access, Executor executor, EventExecutor loop, long pipe) {
        return PeerLookup.ofClient(access, executor, loop, pipe);
    }

    /** Looks at the server of a client's handle. */
    public static Future<NamedPipePeer> server(Win32Access access, Executor executor, EventExecutor loop, long pipe) {
        return PeerLookup.ofServer(access, executor, loop, pipe);
    }
}
