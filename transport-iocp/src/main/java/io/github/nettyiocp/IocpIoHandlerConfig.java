/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import io.github.nettyiocp.internal.NativeWin32;
import io.github.nettyiocp.internal.Win32Access;

import java.util.concurrent.Executor;

import static io.netty.util.internal.ObjectUtil.checkInRange;
import static io.netty.util.internal.ObjectUtil.checkNotNull;
import static io.netty.util.internal.ObjectUtil.checkPositiveOrZero;

/**
 * Settings of the loops that {@link IocpIoHandler#newFactory(IocpIoHandlerConfig)} makes. A factory takes a copy: later
 * changes concern later factories only. Not thread-safe.
 */
public final class IocpIoHandlerConfig {

    private int batchSize = 64;
    private int maxOperations = 1 << 20;
    private long closeTimeoutMillis = 1000;
    private Executor blockingExecutor;
    private Win32Access win32Access;

    /** Makes the default settings. */
    public IocpIoHandlerConfig() {
    }

    IocpIoHandlerConfig(IocpIoHandlerConfig other) {
        batchSize = other.batchSize;
        maxOperations = other.maxOperations;
        closeTimeoutMillis = other.closeTimeoutMillis;
        blockingExecutor = other.blockingExecutor;
        win32Access = other.win32Access;
    }

    /**
     * How many packets are taken off the port by one {@code GetQueuedCompletionStatusEx}, at first; a loop that gets a
     * full batch doubles it, up to 4,096. Default 64.
     *
     * @param batchSize 1 to 4,096
     */
    public IocpIoHandlerConfig batchSize(int batchSize) {
        this.batchSize = checkInRange(batchSize, 1, 4096, "batchSize");
        return this;
    }

    /** See {@link #batchSize(int)}. */
    public int batchSize() {
        return batchSize;
    }

    /**
     * How many {@link Overlapped} operations a loop can have, in flight or not. A TCP connection takes 2. It reserves
     * 128 bytes of addresses for each (not memory). Default 1,048,576.
     *
     * @param maxOperations 1 to 16,777,216
     */
    public IocpIoHandlerConfig maxOperations(int maxOperations) {
        this.maxOperations = checkInRange(maxOperations, 1, 1 << 24, "maxOperations");
        return this;
    }

    /** See {@link #maxOperations(int)}. */
    public int maxOperations() {
        return maxOperations;
    }

    /**
     * How long a close waits for the write that the kernel has, before it cancels it, and how long the loop waits at
     * its end for the kernel to give operations back. In milliseconds; {@code 0} cancels at once. Default 1,000.
     */
    public IocpIoHandlerConfig closeTimeoutMillis(long closeTimeoutMillis) {
        this.closeTimeoutMillis = checkPositiveOrZero(closeTimeoutMillis, "closeTimeoutMillis");
        return this;
    }

    /** See {@link #closeTimeoutMillis(long)}. */
    public long closeTimeoutMillis() {
        return closeTimeoutMillis;
    }

    /**
     * Runs calls that can block, such as {@code closesocket} of a socket that lingers. It needs platform threads. By
     * default the library's own: up to 16 daemon threads that end when they have been idle for 10 seconds.
     */
    public IocpIoHandlerConfig blockingExecutor(Executor blockingExecutor) {
        this.blockingExecutor = checkNotNull(blockingExecutor, "blockingExecutor");
        return this;
    }

    /** See {@link #blockingExecutor(Executor)}. */
    public Executor blockingExecutor() {
        return blockingExecutor == null ? BlockingExecutor.INSTANCE : blockingExecutor;
    }

    /** The native calls to use instead of the real ones, for tests. */
    IocpIoHandlerConfig win32Access(Win32Access win32Access) {
        this.win32Access = checkNotNull(win32Access, "win32Access");
        return this;
    }

    Win32Access win32Access() {
        if (win32Access == null) {
            Iocp.ensureAvailability();
            return NativeWin32.ACCESS;
        }
        return win32Access;
    }
}
