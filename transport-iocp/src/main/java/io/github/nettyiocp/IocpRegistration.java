/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.Win32Access;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.util.internal.StringUtil;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;

import static io.netty.util.internal.ObjectUtil.checkNotNull;

/**
 * The registration of an {@link IocpIoHandle} with a loop: where {@link Binding}s come from. It is the
 * {@linkplain IoRegistration#attachment() attachment} of the registration that
 * {@link io.netty.channel.IoEventLoop#register(io.netty.channel.IoHandle)} gives:
 *
 * <pre>{@code
 * IoRegistration registration = loop.register(handle).getNow();
 * Binding binding = registration.<IocpRegistration>attachment().newBinding();
 * }</pre>
 *
 * <p>Cancel the registration that {@code register} gave, not this one: the loop counts the former to know whether it
 * may suspend. A registration that is cancelled while operations are in flight stays until their last outcome was
 * delivered; {@link io.netty.channel.IoHandle#unregistered()} is called then.
 */
public final class IocpRegistration implements IoRegistration {

    private final IocpIoHandler loop;
    private final IocpIoHandle handle;
    private final AtomicBoolean cancelled = new AtomicBoolean();
    private int outstanding;
    private boolean removed;

    IocpRegistration(IocpIoHandler loop, IocpIoHandle handle) {
        this.loop = loop;
        this.handle = handle;
    }

    /**
     * Makes an unbound binding on the loop. Called on the loop's thread.
     *
     * @throws IllegalStateException if the registration was cancelled
     */
    public Binding newBinding() {
        loop.checkThread();
        if (!isValid()) {
            throw new IllegalStateException(this + " was cancelled");
        }
        return new Binding(loop, this);
    }

    /**
     * Runs a task on the loop after the packets of this round were dispatched, before the loop blocks again; tasks that
     * are added meanwhile run in the next round. This is how an outcome that is known at once is delivered without
     * calling a user's handler from inside the user's own call. Called on the loop's thread.
     */
    public void ready(Runnable task) {
        loop.checkThread();
        loop.ready(checkNotNull(task, "task"));
    }

    /**
     * Makes a wait for an object to be signalled, not armed yet. The registration lasts until it was closed. Called on
     * the loop's thread.
     *
     * @param object the handle of the object, with the right {@code SYNCHRONIZE}
     * @throws IOException if Windows has no memory for it
     * @throws IllegalStateException if the registration was cancelled
     */
    public ObjectWait newWait(long object, ObjectWaitHandler handler) throws IOException {
        checkNotNull(handler, "handler");
        loop.checkThread();
        if (!isValid()) {
            throw new IllegalStateException(this + " was cancelled");
        }
        return new ObjectWait(loop, this, object, handler);
    }

    /**
     * Opens a key on the loop. Unlike one of {@link CompletionKey#open} it is part of this registration: whoever ends
     * the registration, or is told that the loop shuts down, closes it. Called on the loop's thread.
     *
     * @throws IllegalStateException if the registration was cancelled
     */
    public CompletionKey newKey(RawCompletionHandler handler) {
        checkNotNull(handler, "handler");
        loop.checkThread();
        if (!isValid()) {
            throw new IllegalStateException(this + " was cancelled");
        }
        return loop.openKey(handler);
    }

    /**
     * Counts a connection that failed before its server handed it out. Called on the loop's thread. For the library's
     * own modules.
     */
    public void acceptFailed() {
        loop.acceptFailed();
    }

    /** Native calls for other threads than the loop's. For the library's own modules. */
    public Win32Access win32Access() {
        return loop.config().win32Access();
    }

    /** The loop's native calls, for its thread only. For the library's own modules. */
    public Win32 win32() {
        return loop.win32();
    }

    /** The settings of the loop; changes have no effect. */
    public IocpIoHandlerConfig config() {
        return loop.config();
    }

    /** What the loop has counted. May be called from any thread. */
    public IocpMetrics metrics() {
        return loop.metrics();
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T attachment() {
        return (T) this;
    }

    /**
     * Starts the operation by its {@linkplain Overlapped#prepare prepared} call.
     *
     * @param ops an {@link Overlapped} of this loop
     * @return {@code 0}, or {@code -1} if the registration was cancelled
     */
    @Override
    public long submit(IoOps ops) {
        if (!(ops instanceof Overlapped)) {
            throw new IllegalArgumentException(StringUtil.simpleClassName(ops) + " (expected: Overlapped)");
        }
        if (!isValid()) {
            return -1;
        }
        ((Overlapped) ops).submit();
        return 0;
    }

    @Override
    public boolean isValid() {
        return !cancelled.get();
    }

    @Override
    public boolean cancel() {
        if (!cancelled.compareAndSet(false, true)) {
            return false;
        }
        loop.executeQuietly(this::removeIfDrained);
        return true;
    }

    IocpIoHandler loop() {
        return loop;
    }

    IocpIoHandle ioHandle() {
        return handle;
    }

    void started() {
        outstanding++;
    }

    void ended() {
        outstanding--;
    }

    void handle(Overlapped operation) {
        handle.handle(this, loop.event(operation));
    }

    /** Ends the registration if it was cancelled and the kernel has nothing of it. */
    void removeIfDrained() {
        if (!removed && outstanding == 0 && cancelled.get()) {
            removed = true;
            loop.remove(this);
        }
    }

    @Override
    public String toString() {
        return "IocpRegistration(" + handle + (isValid() ? "" : ", cancelled") + ')';
    }
}
