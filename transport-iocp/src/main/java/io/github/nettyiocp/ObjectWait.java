/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import io.github.nettyiocp.internal.NtStatus;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;

import java.io.IOException;

import static io.netty.util.internal.ObjectUtil.checkNotNull;

/**
 * Waits, on behalf of a loop, for an object to be signalled: an event, a process, a thread, a semaphore, a timer. Not
 * for a mutex, which belongs to the thread that waited for it.
 *
 * <p>Each {@link #arm()} is one wait, which takes what a successful wait takes of the object (an auto-reset event is
 * reset). Windows itself posts a packet to the loop's port for it ({@code NtAssociateWaitCompletionPacket}); where it
 * can't, a thread waits for up to 63 objects at a time. There is never a thread for each object.
 *
 * <p>The object stays the caller's, who must keep it open until the wait was closed and says so:
 * {@link #closeFuture()}. Methods are called on the loop's thread and throw {@link IllegalStateException} elsewhere,
 * except where they say otherwise.
 */
public final class ObjectWait {

    private final IocpIoHandler loop;
    private final IocpRegistration registration;
    private final long object;
    private final ObjectWaitHandler handler;
    private final CompletionKey key;
    private final WaitMechanism mechanism;
    private final Promise<Void> closed;
    private long generation;
    private boolean armed;
    private boolean closing;

    ObjectWait(IocpIoHandler loop, IocpRegistration registration, long object, ObjectWaitHandler handler)
            throws IOException {
        this.loop = loop;
        this.registration = registration;
        this.object = object;
        this.handler = handler;
        closed = loop.newPromise();
        closed.setUncancellable();
        key = loop.openKey(this::packet);
        try {
            mechanism = loop.newWaitMechanism(object, key);
        } catch (Throwable cause) {
            loop.closeKey(key.value());
            throw cause;
        }
        registration.started();
    }

    /**
     * Registers with a loop and makes a wait, which is not armed yet. The registration ends when the wait was closed;
     * when the loop shuts down, it closes the wait. May be called from any thread.
     *
     * @param loop a loop of an {@link IocpIoHandler}
     * @param object the handle of the object, with the right {@code SYNCHRONIZE}
     * @return the wait; can't be cancelled. Fails with an {@link IllegalArgumentException} if the loop is another's,
     *         and with an {@link IOException} if Windows has no memory for it
     */
    public static Future<ObjectWait> open(IoEventLoop loop, long object, ObjectWaitHandler handler) {
        checkNotNull(handler, "handler");
        return BoundHandle.open(loop, new BoundHandle<ObjectWait>() {
            @Override
            ObjectWait create(IocpRegistration registration) throws IOException {
                return registration.newWait(object, handler);
            }

            @Override
            Future<?> closeFuture(ObjectWait wait) {
                return wait.closed;
            }

            @Override
            void close(ObjectWait wait) {
                wait.close();
            }
        });
    }

    /** The handle of the object. Any thread. */
    public long object() {
        return object;
    }

    /** Whether the object's signal is waited for. */
    public boolean isArmed() {
        return armed;
    }

    /**
     * Waits for the object's next signal, or for the present one if it is signalled
     * ({@code NtAssociateWaitCompletionPacket}, or {@code WaitForMultipleObjects} in a thread). The handler is called
     * later, never from inside this method.
     *
     * @throws IllegalStateException if the wait is armed, or was closed
     * @throws IllegalArgumentException if the object is none that can be waited for
     * @throws IOException if the object is not open, lacks the right {@code SYNCHRONIZE}, or Windows has no memory
     */
    public void arm() throws IOException {
        loop.checkThread();
        if (armed || closing) {
            throw new IllegalStateException(this + (closing ? " was closed" : " is armed"));
        }
        generation++;
        if (mechanism.arm(generation)) {
            loop.waitStarted();
            armed = true;
        } else {
            // Signalled, and what a wait takes was taken.
            loop.waitStarted();
            armed = true;
            long signalled = generation;
            loop.ready(() -> signalled(signalled));
        }
    }

    /**
     * Ends the wait; the handler isn't called any more. May be called from any thread, and again.
     *
     * @return done when Windows no longer has the object, so that it can be closed
     */
    public Future<Void> close() {
        loop.executeQuietly(this::close0);
        return closed;
    }

    /** Done when Windows no longer has the object. Any thread. */
    public Future<Void> closeFuture() {
        return closed;
    }

    private void close0() {
        if (!closing) {
            closing = true;
            if (!armed || mechanism.disarm()) {
                finish();
            }
        }
    }

    private void packet(CompletionKey from, int event, long payload) {
        switch (event) {
            case WaitMechanism.SIGNALLED -> signalled(payload);
            case WaitMechanism.DISARMED -> finish();
            default -> failed(payload);
        }
    }

    private void signalled(long armedAs) {
        if (armed && armedAs == generation && !closing) {
            ended();
            handler.signalled(this);
        }
    }

    private void failed(long error) {
        if (armed && !closing) {
            ended();
            handler.failed(this, WaitMechanism.exception(object, NtStatus.ofError((int) error)));
        }
    }

    private void ended() {
        armed = false;
        loop.waitEnded();
    }

    private void finish() {
        if (closed.isDone()) {
            return;
        }
        if (armed) {
            ended();
        }
        mechanism.close();
        loop.closeKey(key.value());
        closed.trySuccess(null);
        registration.ended();
        registration.removeIfDrained();
    }

    @Override
    public String toString() {
        return "ObjectWait(object 0x" + Long.toHexString(object) + (closing ? ", closed)" : armed ? ", armed)" : ")");
    }
}
