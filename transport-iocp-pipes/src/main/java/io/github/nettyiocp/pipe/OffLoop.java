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
import io.netty.util.concurrent.Promise;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.concurrent.Executor;

/**
 * Calls about a pipe that can block, on the executor for such calls. They get a handle of their own, a duplicate, which
 * is closed when they are done: the channel may close its handle meanwhile, and Windows give the number to another
 * object. The pipe's end is closed when both are.
 */
final class OffLoop {

    /** What runs on the executor's thread. */
    @FunctionalInterface
    interface Call<T> {

        /** @param win32 of the thread */
        T call(Win32 win32, long pipe) throws Exception;
    }

    private OffLoop() {
    }

    /**
     * Starts a call. To be called where the handle is known to be open: on the loop of its channel.
     *
     * @return on the loop; cancelling it has an effect only before the call begins
     */
    static <T> Future<T> call(Win32Access access, Executor executor, EventExecutor loop, long pipe, Call<T> call) {
        long own;
        try {
            own = duplicate(access.ofThisThread(), pipe);
        } catch (IOException e) {
            return loop.newFailedFuture(e);
        }
        Promise<T> promise = loop.newPromise();
        try {
            executor.execute(() -> run(access.ofThisThread(), loop, own, call, promise));
        } catch (Throwable refused) {
            access.ofThisThread().closeHandle(own);
            promise.tryFailure(refused);
        }
        return promise;
    }

    private static <T> void run(Win32 win32, EventExecutor loop, long own, Call<T> call, Promise<T> promise) {
        T result = null;
        Throwable failure = null;
        try {
            try {
                if (promise.setUncancellable()) {
                    checkThread(loop);
                    result = call.call(win32, own);
                }
            } finally {
                win32.closeHandle(own);
            }
        } catch (Throwable t) {
            failure = t;
        }
        if (failure == null) {
            promise.trySuccess(result);
        } else {
            promise.tryFailure(failure);
        }
    }

    /** Windows' state of a thread, such as whom it impersonates, is that of the carrier of a virtual thread. */
    private static void checkThread(EventExecutor loop) {
        if (Thread.currentThread().isVirtual()) {
            throw new IllegalStateException("the executor for blocking calls runs them on a virtual thread, "
                    + Thread.currentThread() + "; it must have platform threads");
        }
        if (loop.inEventLoop()) {
            throw new IllegalStateException("the executor for blocking calls runs them on the event loop's own thread, "
                    + Thread.currentThread());
        }
    }

    /** Another handle of the same end; the caller closes it. */
    static long duplicate(Win32 win32, long handle) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long target = arena.allocate(Long.BYTES, Long.BYTES).address();
            int error = win32.duplicateHandle(WinConst.CURRENT_PROCESS, handle, WinConst.CURRENT_PROCESS, target, 0, 0,
                    WinConst.DUPLICATE_SAME_ACCESS);
            if (error != 0) {
                throw new IOException("The pipe's handle can't be duplicated (DuplicateHandle, error " + error + ')');
            }
            return Memory.getLong(target);
        }
    }
}
