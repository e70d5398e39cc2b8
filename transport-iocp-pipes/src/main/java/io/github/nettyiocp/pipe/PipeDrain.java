/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.github.nettyiocp.IocpRegistration;
import io.github.nettyiocp.channel.HandleChannel;
import io.github.nettyiocp.internal.BlockingCall;
import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.ObjectKind;
import io.github.nettyiocp.internal.Operation;
import io.github.nettyiocp.internal.StatusTable;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import io.netty.channel.ChannelFutureListener;
import io.netty.util.concurrent.Promise;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * Waits until the peer has read all that was written. {@code FlushFileBuffers} does so, but blocks a thread for as long
 * as the peer likes: it is given a moment ({@code CancelSynchronousIo}) and is tried again later, so that peers that
 * don't read don't use up the threads for blocking calls.
 */
final class PipeDrain {

    private static final int SLICE_MILLIS = 20;
    private static final int MAX_PAUSE_MILLIS = 500;

    private final IocpRegistration registration;
    private final HandleChannel channel;
    private final Promise<Void> drained;
    private final ChannelFutureListener closed = future -> end(new ClosedChannelException());
    private BlockingCall flush;
    private int pauseMillis = SLICE_MILLIS;

    PipeDrain(IocpRegistration registration, HandleChannel channel, Promise<Void> drained) {
        this.registration = registration;
        this.channel = channel;
        this.drained = drained;
    }

    /** Called on the loop. */
    void start() {
        channel.closeFuture().addListener(closed);
        if (isOpen() && isEmpty()) {
            end(null);
        } else {
            flush();
        }
    }

    /** A forced close tells nobody. */
    private boolean isOpen() {
        return channel.handle() != WinConst.INVALID_HANDLE_VALUE;
    }

    private void end(Throwable failure) {
        channel.closeFuture().removeListener(closed);
        cancel(flush);
        if (failure == null) {
            drained.trySuccess(null);
        } else {
            drained.tryFailure(failure);
        }
    }

    /** Whether Windows says that there is nothing unread. It doesn't say so where the peer waits for data. */
    private boolean isEmpty() {
        try (Arena arena = Arena.ofConfined()) {
            long statusBlock = arena.allocate(Layout.IO_STATUS_BLOCK_SIZE, Long.BYTES).address();
            long information = arena.allocate(Layout.FILE_PIPE_LOCAL_INFORMATION_SIZE, Long.BYTES).address();
            int status = registration.win32().ntQueryInformationFile(channel.handle(), statusBlock, information,
                    Layout.FILE_PIPE_LOCAL_INFORMATION_SIZE, WinConst.FILE_PIPE_LOCAL_INFORMATION);
            // An end that only writes may lack the right to ask.
            return NtStatus.isSuccess(status)
                    && Memory.getInt(information + Layout.FILE_PIPE_LOCAL_INFORMATION_WRITE_QUOTA)
                    == Memory.getInt(information + Layout.FILE_PIPE_LOCAL_INFORMATION_OUTBOUND_QUOTA);
        }
    }

    private void flush() {
        if (drained.isDone()) {
            return;
        }
        if (!isOpen()) {
            end(new ClosedChannelException());
            return;
        }
        BlockingCall call = new BlockingCall();
        long own;
        try {
            // The channel may close its handle meanwhile, and Windows give the number to another object.
            own = OffLoop.duplicate(registration.win32(), channel.handle());
        } catch (IOException gone) {
            end(gone);
            return;
        }
        try {
            registration.config().blockingExecutor().execute(() -> makeCall(call, own));
        } catch (RejectedExecutionException refused) {
            registration.win32().closeHandle(own);
            end(refused);
            return;
        }
        flush = call;
        channel.eventLoop().schedule(() -> cancel(call), SLICE_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** On a thread that may block. */
    private void makeCall(BlockingCall call, long own) {
        Win32 win32 = registration.win32Access().ofThisThread();
        int error = WinError.ERROR_OPERATION_ABORTED;
        if (call.begin(win32)) {
            try {
                error = win32.flushFileBuffers(own);
            } finally {
                call.end();
            }
        }
        win32.closeHandle(own);
        flushed(error);
    }

    private void flushed(int error) {
        try {
            channel.eventLoop().execute(() -> flushed0(error));
        } catch (RejectedExecutionException loopEnded) {
            // So has the channel, which ended this.
        }
    }

    private void flushed0(int error) {
        if (drained.isDone()) {
            return;
        }
        if (error == 0) {
            end(null);
        } else if (error == WinError.ERROR_OPERATION_ABORTED) {
            channel.eventLoop().schedule(this::flush, pauseMillis, TimeUnit.MILLISECONDS);
            pauseMillis = Math.min(2 * pauseMillis, MAX_PAUSE_MILLIS);
        } else {
            end(StatusTable.exception(registration.win32(), ObjectKind.PIPE, Operation.WRITE, NtStatus.ofError(error),
                    "the peer has not read everything"));
        }
    }

    private void cancel(BlockingCall call) {
        if (call != null && !call.cancel(registration.win32()) && !channel.eventLoop().isShuttingDown()) {
            channel.eventLoop().schedule(() -> cancel(call), SLICE_MILLIS, TimeUnit.MILLISECONDS);
        }
    }
}
