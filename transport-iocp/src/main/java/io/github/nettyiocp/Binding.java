/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

import static io.netty.util.internal.ObjectUtil.checkNotNull;

/**
 * One handle and its association with the completion port of one loop: the door by which any overlapped handle takes
 * part in a Netty event loop.
 *
 * <p>A binding starts unbound, is {@link #bind bound} once, and owns the handle from then on: it closes it when it is
 * closed itself. Windows associates a file object with one port for life, so the binding outlives the registration it
 * was made for: a channel that is deregistered and registered again on the same loop {@link #attach attaches} it to the
 * new registration. It never moves to another loop.
 *
 * <pre>{@code
 * Binding binding = Binding.open(loop, handle).sync().getNow();       // or registration.newBinding(), bind(handle)
 * Overlapped read = binding.overlapped((op, status, bytes) -> ...);
 * loop.execute(() -> read.retain(buffer).submit((overlapped, transferred) ->
 *         deviceIoControl(handle, ..., transferred, overlapped)));
 * }</pre>
 *
 * <p>All methods are called on the loop's thread and throw {@link IllegalStateException} elsewhere, except where they
 * say otherwise.
 */
public final class Binding {

    private static final InternalLogger logger = InternalLoggerFactory.getInstance(Binding.class);

    /** How a handle's completions are delivered. */
    public enum Mode {
        /**
         * A call that succeeds at once posts no packet ({@code FILE_SKIP_COMPLETION_PORT_ON_SUCCESS}); its byte count
         * is taken from the {@code transferred} cell of the {@link Submission}, which must be passed to the call. Only
         * for handles that the caller made, of byte streams: Windows loses packets with layered socket providers, and
         * is not reliable with datagrams and messages.
         */
        SKIP_ON_SUCCESS
    }

    private static final Overlapped[] NO_OPERATIONS = {};

    private enum State { UNBOUND, BOUND, CLOSING, CLOSED }

    private final IocpIoHandler loop;
    private final List<Overlapped> operations = new ArrayList<>(2);
    private final Promise<Void> closed;
    private IocpRegistration registration;
    private volatile State state = State.UNBOUND;
    private long handle = WinConst.INVALID_HANDLE_VALUE;
    private HandleCloser closer = HandleCloser.NONE;
    private boolean skipOnSuccess;
    private int outstanding;

    Binding(IocpIoHandler loop, IocpRegistration registration) {
        this.loop = loop;
        this.registration = registration;
        closed = loop.newPromise();
        closed.setUncancellable();
    }

    /**
     * Registers with a loop and binds a handle in one step. The registration ends when the binding has been closed;
     * when the loop shuts down, it closes the binding.
     *
     * <p>May be called from any thread.
     *
     * @param loop a loop of an {@link IocpIoHandler}
     * @param handle the handle, opened for overlapped I/O; the binding closes it by {@code CloseHandle}
     * @return the binding; fails as {@link #bind(long)} does, and the handle stays the caller's then. It can't be
     *         cancelled
     */
    public static Future<Binding> open(IoEventLoop loop, long handle) {
        return open(loop, handle, null);
    }

    /**
     * As {@link #open(IoEventLoop, long)}, with a closer and modes.
     *
     * @param closer how the handle is closed, {@code null} for {@code CloseHandle}
     */
    public static Future<Binding> open(IoEventLoop loop, long handle, HandleCloser closer, Mode... modes) {
        return BoundHandle.open(loop, new BoundHandle<Binding>() {
            @Override
            Binding create(IocpRegistration registration) throws ClosedChannelException {
                Binding binding = registration.newBinding();
                binding.bind(handle, closer, modes);
                return binding;
            }

            @Override
            Future<?> closeFuture(Binding binding) {
                return binding.closed;
            }

            @Override
            void close(Binding binding) {
                binding.close();
            }
        });
    }

    /**
     * Associates the handle with the loop's port; the binding closes it by {@code CloseHandle}.
     *
     * @see #bind(long, HandleCloser, Mode...)
     */
    public void bind(long handle) throws ClosedChannelException {
        bind(handle, null);
    }

    /**
     * Associates the handle with the loop's port ({@code CreateIoCompletionPort}). Nothing may be in flight on it. The
     * binding owns the handle if this returns; the caller still does if it throws.
     *
     * @param handle the handle
     * @param closer how the handle is closed, {@code null} for {@code CloseHandle}
     * @param modes how completions are delivered
     * @throws NotOverlappedException if the handle is not open for overlapped I/O
     * @throws HandleAlreadyBoundException if the handle, or a duplicate of it, is bound to a port already
     * @throws ClosedChannelException if the handle is not open, or the binding was closed
     * @throws IllegalStateException if this binding has a handle already
     */
    public void bind(long handle, HandleCloser closer, Mode... modes) throws ClosedChannelException {
        loop.checkThread();
        Set<Mode> set = EnumSet.noneOf(Mode.class);
        set.addAll(Arrays.asList(modes));
        if (state == State.CLOSING || state == State.CLOSED) {
            throw new ClosedChannelException();
        }
        if (state == State.BOUND) {
            throw new IllegalStateException(this + " has a handle already");
        }
        boolean skip = set.contains(Mode.SKIP_ON_SUCCESS);
        loop.associate(handle, skip);
        this.handle = handle;
        this.closer = closer == null ? loop::closeHandle : closer;
        skipOnSuccess = skip;
        state = State.BOUND;
        loop.bound(this);
    }

    /**
     * Makes an operation whose outcomes come to the {@link IocpIoHandle} that is registered. The binding need not be
     * bound yet.
     *
     * @throws IllegalStateException if the binding was closed, or the loop has
     *                               {@link IocpIoHandlerConfig#maxOperations} operations already
     */
    public Overlapped overlapped() {
        return newOverlapped(null);
    }

    /** Makes an operation whose outcomes come to {@code handler}; see {@link #overlapped()}. */
    public Overlapped overlapped(CompletionHandler handler) {
        return newOverlapped(checkNotNull(handler, "handler"));
    }

    private Overlapped newOverlapped(CompletionHandler handler) {
        loop.checkThread();
        if (state == State.CLOSING || state == State.CLOSED) {
            throw new IllegalStateException(this + " was closed");
        }
        Overlapped operation = new Overlapped(this, handler);
        operations.add(operation);
        return operation;
    }

    /**
     * Attaches the binding to the registration that follows the one it was made for, on the same loop. The events of
     * its operations go there from now on.
     *
     * @throws IllegalStateException if the registration is of another loop, or operations are in flight
     */
    public void attach(IocpRegistration newRegistration) {
        checkNotNull(newRegistration, "newRegistration");
        loop.checkThread();
        if (newRegistration.loop() != loop) {
            throw new IllegalStateException(this + " can't move to another loop: Windows associates a handle with one"
                    + " completion port for life");
        }
        if (outstanding != 0) {
            throw new IllegalStateException(this + " has operations in flight");
        }
        registration = newRegistration;
    }

    /** The handle; {@code INVALID_HANDLE_VALUE} (-1) before it was bound and after it was closed. Any thread. */
    public long handle() {
        return state == State.BOUND || state == State.CLOSING ? handle : WinConst.INVALID_HANDLE_VALUE;
    }

    /** Whether there is a handle and {@link #close()} was not called. Any thread. */
    public boolean isBound() {
        return state == State.BOUND;
    }

    /** Whether {@link Mode#SKIP_ON_SUCCESS} is on. */
    public boolean isSkipOnSuccess() {
        return skipOnSuccess;
    }

    /** How many operations have no outcome yet. */
    public int outstanding() {
        return outstanding;
    }

    /** Requests the cancellation of all operations in flight ({@code CancelIoEx}); each still has its outcome. */
    public void cancelAll() {
        loop.checkThread();
        // Not CancelIoEx(handle, NULL): that would also hit what others do on the same file object.
        for (Overlapped operation : operations.toArray(NO_OPERATIONS)) {
            operation.cancel();
        }
    }

    /**
     * Refuses further submits, cancels what is in flight ({@code CancelIoEx}), and when the last outcome was delivered
     * closes the handle.
     * Closing again does nothing. May be called from any thread.
     *
     * @return done when the handle was closed; fails if closing it failed
     */
    public Future<Void> close() {
        if (loop.isInThread()) {
            close0();
        } else if (state != State.CLOSED) {
            loop.execute(this::close0);
        }
        return closed;
    }

    /**
     * Refuses further submits, and closes the handle when the last outcome was delivered, without cancelling anything:
     * what is being written stays readable for the peer, however long that takes. {@link #abort()} ends the waiting.
     * Called on the loop's thread.
     */
    public Future<Void> closeWhenIdle() {
        loop.checkThread();
        if (state == State.UNBOUND || state == State.BOUND) {
            if (outstanding == 0) {
                finish();
            } else {
                state = State.CLOSING;
            }
        }
        return closed;
    }

    /** Done when the handle was closed. Any thread. */
    public Future<Void> closeFuture() {
        return closed;
    }

    /**
     * Cancels what is in flight ({@code CancelIoEx}) and closes the handle at once, although the kernel may still have
     * operations: their outcomes are delivered later, and mean nothing. Once the loop has ended, or while nothing is in
     * flight and no registration is attached, this may be called from any thread.
     */
    public void abort() {
        if (outstanding != 0) {
            cancelAll();
        }
        if (state != State.CLOSED) {
            finish();
        }
    }

    private void close0() {
        if (state == State.UNBOUND || state == State.BOUND) {
            if (outstanding == 0) {
                finish();
            } else {
                state = State.CLOSING;
                cancelAll();
            }
        }
    }

    private void finish() {
        long closing = handle;
        boolean wasBound = state != State.UNBOUND;
        state = State.CLOSED;
        try {
            if (wasBound) {
                loop.unbound(this);
                closer.close(closing);
            }
            closed.trySuccess(null);
        } catch (Throwable cause) {
            logger.warn("Cannot close {}", this, cause);
            closed.tryFailure(cause);
        }
        loop.executeQuietly(this::releaseOperations);
    }

    private void releaseOperations() {
        for (Overlapped operation : operations.toArray(NO_OPERATIONS)) {
            operation.release();
        }
    }

    IocpIoHandler loop() {
        return loop;
    }

    void checkBound() {
        if (state != State.BOUND) {
            throw new IllegalStateException(this + (state == State.UNBOUND ? " has no handle yet" : " was closed"));
        }
    }

    /** Requests the cancellation of one operation; {@code false} if there was nothing to cancel. */
    boolean cancel(long overlapped) {
        if (state == State.CLOSED) {
            return false;
        }
        int error = loop.win32().cancelIoEx(handle, overlapped);
        if (error != 0 && error != WinError.ERROR_NOT_FOUND) {
            // Nothing is lost: the operation ends when it ends. But it was expected to end now.
            logger.warn("CancelIoEx failed for {}: error {}", this, error);
        }
        return error == 0;
    }

    void started() {
        outstanding++;
        if (registration != null) {
            registration.started();
        }
    }

    void ended() {
        outstanding--;
        if (registration != null) {
            registration.ended();
        }
    }

    /** Delivers the outcome of an operation, which is idle again. */
    void completed(Overlapped operation, CompletionHandler handler) {
        IocpRegistration target = registration;
        loop.operationEnded(this);
        try {
            if (handler != null) {
                handler.completed(operation, operation.status(), operation.transferred());
            } else if (target != null) {
                target.handle(operation);
            }
        } finally {
            // After the handler, which may have started the next operation.
            if (target != null) {
                target.removeIfDrained();
            }
            if (state == State.CLOSING && outstanding == 0) {
                finish();
            }
        }
    }

    void removed(Overlapped operation) {
        operations.remove(operation);
    }

    @Override
    public String toString() {
        return "Binding(handle 0x" + Long.toHexString(handle) + ", " + state + ", " + outstanding + " in flight)";
    }
}
