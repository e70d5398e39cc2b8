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
import io.github.nettyiocp.internal.WinError;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Runs something as the client of a pipe, on one thread, and always reverts to the process' own identity.
 *
 * <p>Between the two the thread has the client's rights, which at {@link ImpersonationLevel#IDENTIFICATION} means none:
 * even to open a file for a class to load fails. So nothing is done here in that time that was not done before, and
 * messages are made after it.
 */
final class Impersonation {

    private Impersonation() {
    }

    /** Runs a task as the client, on the executor for blocking calls; see {@link OffLoop#call} for how. */
    static <T> Future<T> call(Win32Access access, Executor executor, EventExecutor loop, long pipe, Callable<T> task) {
        return OffLoop.call(access, executor, loop, pipe, (win32, own) -> call(win32, own, task, Impersonation::halt));
    }

    /** A token of the client, which the caller closes. The thread is its own again. */
    static long clientToken(Win32 win32, long pipe) throws Exception {
        try (Arena arena = Arena.ofConfined()) {
            long pointer = arena.allocate(Long.BYTES, Long.BYTES).address();
            int error = call(win32, pipe, () -> openThreadToken(win32, pointer), Impersonation::halt);
            checkIdentified(error);
            return Memory.getLong(pointer);
        }
    }

    /**
     * Runs a task on this thread as the client of a pipe.
     *
     * @param pipe the server's end
     * @param halt ends the process, for a thread that can't revert
     */
    static <T> T call(Win32 win32, long pipe, Callable<T> task, Consumer<String> halt) throws Exception {
        try (Arena arena = Arena.ofConfined()) {
            long pointer = arena.allocate(Long.BYTES, Long.BYTES).address();
            rehearse(win32, pointer);
            int error = win32.impersonateNamedPipeClient(pipe);
            if (error != 0) {
                throw notImpersonated(error);
            }
            T result = null;
            try {
                // Anonymous clients are impersonated too, but nothing that the task could do would work.
                error = openThreadToken(win32, pointer);
                if (error == 0) {
                    win32.closeHandle(Memory.getLong(pointer));
                    result = task.call();
                }
            } finally {
                revert(win32, halt);
            }
            checkIdentified(error);
            return result;
        }
    }

    /** Makes all the calls once while the thread may still load what they need, and finds that it is its own. */
    private static void rehearse(Win32 win32, long pointer) throws IOException {
        int error = openThreadToken(win32, pointer);
        if (error == 0) {
            win32.closeHandle(Memory.getLong(pointer));
            throw new IllegalStateException("the thread impersonates somebody already: " + Thread.currentThread());
        }
        if (error != WinError.ERROR_NO_TOKEN) {
            throw new IOException("Client not impersonated (OpenThreadToken, error " + error + ')');
        }
        error = win32.revertToSelf();
        if (error != 0) {
            throw new IOException("Client not impersonated (RevertToSelf, error " + error + ')');
        }
    }

    private static int openThreadToken(Win32 win32, long pointer) {
        // As the process, because the client may have no right to its own token.
        return win32.openThreadToken(WinConst.CURRENT_THREAD, WinConst.TOKEN_QUERY, 1, pointer);
    }

    private static void revert(Win32 win32, Consumer<String> halt) {
        String reason;
        try {
            int error = win32.revertToSelf();
            if (error == 0) {
                return;
            }
            reason = "error " + error;
        } catch (Throwable t) {
            reason = t.toString();
        }
        // Whatever this thread did next would be done as somebody else.
        String message = "A thread that acted as the client of a named pipe can't revert to the process' own identity"
                + " (RevertToSelf, " + reason + "): the process ends";
        halt.accept(message);
        throw new IllegalStateException(message);
    }

    private static void checkIdentified(int error) throws IOException {
        if (error == WinError.ERROR_CANT_OPEN_ANONYMOUS) {
            throw new ClientNotIdentifiedException(
                    "The client connected anonymously (OpenThreadToken, error " + error + ')');
        }
        if (error != 0) {
            throw new IOException("Client not impersonated (OpenThreadToken, error " + error + ')');
        }
    }

    private static IOException notImpersonated(int error) {
        String where = " (ImpersonateNamedPipeClient, error " + error + ')';
        if (error == WinError.ERROR_CANNOT_IMPERSONATE) {
            return new ClientNotIdentifiedException("There is no client, or it connected without an impersonation level"
                    + " and nothing was read from it yet" + where);
        }
        return new IOException("Client not impersonated" + where);
    }

    /** No shutdown hooks, no log: with this thread nothing can be trusted to work. */
    private static void halt(String message) {
        System.err.println(message);
        Runtime.getRuntime().halt(1);
    }
}
