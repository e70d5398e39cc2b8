/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.HandleCloser;
import io.github.nettyiocp.IocpRegistration;
import io.github.nettyiocp.NotOverlappedException;
import io.github.nettyiocp.internal.HandleMode;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.Win32Access;
import io.github.nettyiocp.internal.WinError;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.ScheduledFuture;

import java.lang.foreign.Arena;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * Looks at a handle that somebody else made, before it is bound. A synchronous handle that another thread reads makes
 * everybody wait who asks what it is, or closes it: a loop never does, and only such a handle lets the question take
 * long.
 *
 * <p>The handle stays open until the look is over, also where its channel was closed meanwhile: Windows could give its
 * number to another object, and the look would be at that. A handle that is refused is closed by who looked at it.
 */
final class Adoption {

    private static final long LIMIT_MILLIS = 5000;

    private enum State { LOOKING, GIVEN_UP, ACCEPTED, CLOSED }

    /** Looks whether the handle is of the right kind, on a thread that may block. */
    @FunctionalInterface
    interface Look {

        /** @param win32 of the thread */
        void at(Win32 win32) throws Exception;
    }

    private final Win32Access access;
    private final long handle;
    private final HandleCloser closer;
    private final Look look;
    private final Promise<Void> accepted;
    private State state = State.LOOKING;

    private Adoption(Win32Access access, long handle, HandleCloser closer, Look look, Promise<Void> accepted) {
        this.access = access;
        this.handle = handle;
        this.closer = closer;
        this.look = look;
        this.accepted = accepted;
    }

    /** Starts to look, on the executor for blocking calls. */
    static Adoption start(IocpRegistration door, EventLoop loop, long handle, HandleCloser closer, Look look) {
        Adoption adoption = new Adoption(door.win32Access(), handle, closer, look, loop.newPromise());
        ScheduledFuture<?> limit = loop.schedule(() -> adoption.accepted.tryFailure(adoption.notOverlapped()),
                LIMIT_MILLIS, TimeUnit.MILLISECONDS);
        adoption.accepted.addListener(done -> limit.cancel(false));
        try {
            door.config().blockingExecutor().execute(adoption::run);
        } catch (RejectedExecutionException refused) {
            adoption.over(refused);
        }
        return adoption;
    }

    /**
     * On the loop. Fails with a {@link NotOverlappedException}, with a {@link ClosedChannelException} if the handle is
     * not open, or with what the look threw.
     */
    Future<Void> accepted() {
        return accepted;
    }

    private NotOverlappedException notOverlapped() {
        return new NotOverlappedException("handle 0x" + Long.toHexString(handle)
                + " was not opened for overlapped I/O (FILE_FLAG_OVERLAPPED)");
    }

    private void run() {
        Throwable failure = null;
        try {
            Win32 win32 = access.ofThisThread();
            if (!isOpen(win32)) {
                notOpen();
                return;
            }
            if (HandleMode.isSynchronous(win32, handle)) {
                failure = notOverlapped();
            } else if (isLooking()) {
                look.at(win32);
            }
        } catch (Throwable cause) {
            failure = cause;
        }
        over(failure);
    }

    /** Waits for nobody, whatever the handle is. */
    private boolean isOpen(Win32 win32) {
        try (Arena arena = Arena.ofConfined()) {
            long flags = arena.allocate(Integer.BYTES, Integer.BYTES).address();
            return win32.getHandleInformation(handle, flags) != WinError.ERROR_INVALID_HANDLE;
        }
    }

    private void notOpen() {
        synchronized (this) {
            state = State.CLOSED;
        }
        accepted.tryFailure(new ClosedChannelException());
    }

    private synchronized boolean isLooking() {
        return state == State.LOOKING;
    }

    private void over(Throwable failure) {
        boolean close;
        synchronized (this) {
            close = failure != null || state == State.GIVEN_UP;
            state = close ? State.CLOSED : State.ACCEPTED;
        }
        if (close) {
            closer.close(handle);
        }
        if (failure == null) {
            accepted.trySuccess(null);
        } else {
            accepted.tryFailure(failure);
        }
    }

    /** Closes the handle, which is not bound; now, or when the look is over. */
    void close() {
        synchronized (this) {
            if (state != State.ACCEPTED) {
                state = state == State.LOOKING ? State.GIVEN_UP : state;
                return;
            }
            state = State.CLOSED;
        }
        closer.close(handle);
    }
}
