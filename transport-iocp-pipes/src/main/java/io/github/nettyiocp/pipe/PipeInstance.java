/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.github.nettyiocp.IocpRegistration;
import io.github.nettyiocp.ObjectWait;
import io.github.nettyiocp.ObjectWaitHandler;
import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.OverlappedResult;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.Win32Access;
import io.github.nettyiocp.internal.WinError;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * An instance of a server's pipe that waits for a client. It isn't bound to a port: the connection is this very
 * instance, and belongs to the loop that the child group picks. So Windows signals an event instead of posting a
 * packet, and the loop of the server waits for the event.
 *
 * <p>The {@code OVERLAPPED} and the event belong to Windows while the instance listens, and are freed after that only.
 */
final class PipeInstance {

    private static final InternalLogger logger = InternalLoggerFactory.getInstance(PipeInstance.class);

    private final NamedPipeServerChannel server;
    private final Win32Access access;
    private final Executor blockingExecutor;
    private final ByteBuf memory = Unpooled.directBuffer(Layout.OVERLAPPED_SIZE + Integer.BYTES);
    private final long overlapped = memory.memoryAddress();
    private final long event;
    private final long handle;
    private ObjectWait wait;
    private boolean listening;
    private boolean closed;

    /** Takes the handle over if it returns. */
    PipeInstance(NamedPipeServerChannel server, Win32Access access, Executor blockingExecutor, long handle)
            throws IOException {
        this.server = server;
        this.access = access;
        this.blockingExecutor = blockingExecutor;
        this.handle = handle;
        Win32 win32 = access.ofThisThread();
        event = win32.createEvent(1, 0);
        if (event == 0) {
            memory.release();
            throw new IOException("CreateEventW failed: error " + win32.lastError());
        }
    }

    /**
     * Waits for a client.
     *
     * @return {@code 0} if it waits, {@code ERROR_PIPE_CONNECTED} if there is a client, otherwise what failed
     */
    int listen() {
        Memory.clear(overlapped, Layout.OVERLAPPED_SIZE);
        Memory.putLong(overlapped + Layout.OVERLAPPED_EVENT, event);
        int error = access.ofThisThread().connectNamedPipe(handle, overlapped);
        listening = error == WinError.ERROR_SUCCESS || error == WinError.ERROR_IO_PENDING;
        return listening ? 0 : error;
    }

    /** Lets a loop wait for the event; one that was signalled meanwhile is noticed. */
    void attach(IocpRegistration registration) throws IOException {
        if (listening && wait == null) {
            ObjectWait newWait = registration.newWait(event, new ObjectWaitHandler() {
                @Override
                public void signalled(ObjectWait source) {
                    PipeInstance.this.signalled();
                }

                @Override
                public void failed(ObjectWait source, IOException cause) {
                    source.close();
                    waitFailed(cause);
                }
            });
            try {
                newWait.arm();
            } catch (Throwable cause) {
                newWait.close();
                throw cause;
            }
            wait = newWait;
        }
    }

    /** Whether a loop will notice the outcome. */
    boolean isAttached() {
        return wait != null;
    }

    /**
     * The loop no longer waits for the event; Windows still waits for a client. A closed instance's end is waited for
     * still, as its memory belongs to Windows until then.
     */
    void detach() {
        if (wait != null && !closed) {
            wait.close();
            wait = null;
        }
    }

    private void signalled() {
        int error = closed ? WinError.ERROR_OPERATION_ABORTED : access.ofThisThread()
                .getOverlappedResult(handle, overlapped, overlapped + Layout.OVERLAPPED_SIZE, 0);
        listening = false;
        if (closed) {
            free();
        }
        server.ended(this, error);
    }

    /** Somebody else closed the event: another instance takes the place of this one. */
    private void waitFailed(IOException cause) {
        logger.warn("{} The event of an instance that listens can't be waited for any more", server, cause);
        wait = null;
        server.ended(this, WinError.ERROR_INVALID_HANDLE);
    }

    /** Requests the end of the listening. */
    void cancel() {
        access.ofThisThread().cancelIoEx(handle, overlapped);
    }

    /** Gives the pipe away, when it doesn't listen. */
    long takeHandle() {
        free();
        return handle;
    }

    /** Closes the pipe; what Windows still has is freed when it gives it back. */
    void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (listening && wait == null) {
            closeUnattached();
        } else {
            access.ofThisThread().closeHandle(handle);
            if (!listening) {
                free();
            }
        }
    }

    /** No loop would notice when Windows gives the memory back. */
    private void closeUnattached() {
        try {
            blockingExecutor.execute(() -> {
                Win32 win32 = access.ofThisThread();
                win32.cancelIoEx(handle, overlapped);
                OverlappedResult.await(win32, handle, overlapped, overlapped + Layout.OVERLAPPED_SIZE);
                win32.closeHandle(handle);
                free();
            });
        } catch (RejectedExecutionException refused) {
            logger.warn("The executor for blocking calls refused to end an instance that listens; its memory is kept",
                    refused);
            access.ofThisThread().closeHandle(handle);
        }
    }

    /** The event must stay open until nobody waits for it. */
    private void free() {
        memory.release();
        if (wait == null) {
            access.ofThisThread().closeHandle(event);
        } else {
            wait.close().addListener(done -> access.ofThisThread().closeHandle(event));
            wait = null;
        }
    }
}
