/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.netty.util.concurrent.DefaultPromise;
import io.netty.util.concurrent.EventExecutor;

import java.util.concurrent.RejectedExecutionException;

/**
 * The outcome of an operation on a file. Cancelling it is a request: as long as the kernel may use the buffer it is not
 * done, and an operation that was faster has succeeded.
 */
final class FilePromise<V> extends DefaultPromise<V> {

    private FileOperation operation;
    private boolean cancelRequested;
    private boolean cancellable = true;

    FilePromise(EventExecutor loop) {
        super(loop);
    }

    /**
     * Asks for the end of the operation.
     *
     * @return whether it was asked for; the future is done later, and not always as cancelled
     */
    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        synchronized (this) {
            if (isDone() || !cancellable) {
                return false;
            }
            cancelRequested = true;
        }
        try {
            executor().execute(this::cancelOnLoop);
        } catch (RejectedExecutionException loopEnded) {
            // The loop has cancelled everything.
            return true;
        }
        return true;
    }

    private void cancelOnLoop() {
        if (operation != null) {
            operation.cancel();
        }
    }

    /** The operation starts now, on the loop; {@code false} if it was cancelled before. */
    boolean begin(FileOperation begun) {
        synchronized (this) {
            if (cancelRequested) {
                return false;
            }
        }
        operation = begun;
        return true;
    }

    /** The operation starts where it can't be cancelled; {@code false} if it was cancelled before. */
    synchronized boolean beginUncancellable() {
        if (cancelRequested) {
            return false;
        }
        cancellable = false;
        return true;
    }

    void ended() {
        operation = null;
    }

    synchronized boolean isCancelRequested() {
        return cancelRequested;
    }

    /** It ended because that was asked for. */
    void cancelled() {
        super.cancel(false);
    }
}
