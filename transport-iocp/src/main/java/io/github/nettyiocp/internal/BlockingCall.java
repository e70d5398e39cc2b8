/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.internal;

/**
 * A call that blocks a thread, and that another thread can end ({@code CancelSynchronousIo}). The thread that makes it
 * calls {@link #begin} before and {@link #end} after it, so that nothing else which the thread does is hit.
 */
public final class BlockingCall {

    private int threadId;
    private boolean running;
    private boolean cancelled;

    /**
     * Says that the calling thread is about to make the call.
     *
     * @return {@code false} if it was cancelled already, and must not be made
     */
    public synchronized boolean begin(Win32 win32) {
        if (cancelled) {
            return false;
        }
        threadId = win32.getCurrentThreadId();
        running = true;
        return true;
    }

    /** Says that the call has returned. */
    public synchronized void end() {
        running = false;
    }

    /**
     * Requests the end of the call. It may come too early, when the thread is not in the kernel yet.
     *
     * @return {@code true} if no call is under way any more, else it should be requested again after a while
     */
    public synchronized boolean cancel(Win32 win32) {
        cancelled = true;
        if (!running) {
            return true;
        }
        long thread = win32.openThread(WinConst.THREAD_TERMINATE, 0, threadId);
        if (thread != 0) {
            win32.cancelSynchronousIo(thread);
            win32.closeHandle(thread);
        }
        return false;
    }
}
