/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.IocpIoHandlerConfig;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.ObjectKind;
import io.github.nettyiocp.internal.Operation;
import io.github.nettyiocp.internal.StatusTable;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.Win32Access;
import io.netty.util.AbstractReferenceCounted;
import io.netty.util.ReferenceCounted;
import io.netty.util.concurrent.Promise;

import java.util.concurrent.RejectedExecutionException;

/**
 * A file's handle, which stays open as long as somebody uses it: its binding, and each call that another thread makes
 * with it. The last one closes it, on the executor for blocking calls, since that can wait for a server.
 */
final class FileHandle extends AbstractReferenceCounted {

    private final long value;
    private final Object subject;
    private final Win32Access access;
    private final IocpIoHandlerConfig config;
    private final Promise<Void> closed;

    /**
     * Owns the handle from now on, with one reference.
     *
     * @param closed told when the handle was closed
     */
    FileHandle(long value, Object subject, Win32Access access, IocpIoHandlerConfig config, Promise<Void> closed) {
        this.value = value;
        this.subject = subject;
        this.access = access;
        this.config = config;
        this.closed = closed;
    }

    long value() {
        return value;
    }

    @Override
    protected void deallocate() {
        try {
            config.blockingExecutor().execute(this::close);
        } catch (RejectedExecutionException refused) {
            close();
        }
    }

    private void close() {
        Win32 win32 = access.ofThisThread();
        int error = win32.closeHandle(value);
        if (error == 0) {
            closed.trySuccess(null);
        } else {
            closed.tryFailure(StatusTable.exception(win32, ObjectKind.FILE, Operation.CLOSE, NtStatus.ofError(error),
                    subject));
        }
    }

    @Override
    public ReferenceCounted touch(Object hint) {
        return this;
    }
}
