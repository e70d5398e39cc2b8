/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.Binding;
import io.github.nettyiocp.CompletionHandler;
import io.github.nettyiocp.IocpIoEvent;
import io.github.nettyiocp.IocpIoHandle;
import io.github.nettyiocp.IocpRegistration;
import io.github.nettyiocp.Overlapped;
import io.github.nettyiocp.internal.Win32;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AbstractChannel;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.PromiseNotifier;
import io.netty.util.concurrent.ScheduledFuture;

import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What all channels have that sit on a {@link Binding}: registration, the way operations' outcomes come in, and an end
 * that waits for the kernel.
 *
 * <p><b>Close.</b> A handle is closed when nothing is in flight on it: a TCP socket that is closed with a receive
 * pending is reset, and the peer loses data. So {@code close()} stops new operations, asks for the cancellation of what
 * waits for the peer, gives a write its time, and goes on when the last outcome came. {@code closeForcibly()} can't
 * wait: it cancels all, closes, and lets the packets come later; the buffers of operations in flight are released by
 * their outcomes alone.
 *
 * <p><b>Deregister.</b> The same way, but nothing is lost: the receive is cancelled and its data kept if the cancel was
 * too late; a write runs to its end. The binding stays, so that the channel can be registered with the same loop again.
 * It can't move to another loop, since Windows associates a handle with one port for life.
 */
abstract class AbstractIocpChannel extends AbstractChannel {

    private enum End { NONE, DEREGISTER, CLOSE }

    /** Buffers of a composite that are sent without being copied. */
    private static final int MAX_COMPONENTS = 16;

    private Binding binding;
    private IoEventLoop boundLoop;
    private IoRegistration registration;
    private IocpRegistration door;
    private End ending = End.NONE;
    /** Deregistrations that were asked for while a close waits, which deregisters too. */
    private final List<ChannelPromise> deregisteredByClose = new ArrayList<>(0);
    private volatile SocketAddress local;
    private volatile SocketAddress remote;
    /** A close that waited goes on. */
    private boolean finishing;
    private volatile boolean active;
    private volatile boolean closed;

    AbstractIocpChannel(Channel parent, boolean active) {
        super(parent);
        this.active = active;
    }

    // ---- what subclasses do

    /** What has to be done before {@link #bindHandle}, on the loop; {@code null} for nothing. */
    Future<?> prepareToBind() {
        return null;
    }

    /** Associates the handle with the loop's port, by {@link Binding#bind}. Called once. */
    abstract void bindHandle(Binding newBinding, IocpRegistration newDoor) throws Exception;

    /** An operation has its outcome: {@link Overlapped#status()} and {@link Overlapped#transferred()}. */
    abstract void completed(Overlapped operation);

    /**
     * Cancels what waits for the peer without anything being lost by it; a channel that closes loses no more either.
     */
    abstract void cancelWaiting();

    /** Called once when a close begins and has to wait for operations. */
    abstract void closing(Throwable cause);

    /** Closes a handle that was never bound. */
    abstract void closeUnbound();

    /** Gives the bound handle up when a close has waited for what it waits for. */
    void releaseBinding() {
        binding.abort();
    }

    /** Called when the channel is registered, and active. */
    void startReading() {
    }

    // ---- state

    /** Whether no new operation may be started. */
    final boolean isEnding() {
        return ending != End.NONE || closed;
    }

    final boolean isClosing() {
        return ending == End.CLOSE || closed;
    }

    final void setActive() {
        active = true;
    }

    final Binding binding() {
        return binding;
    }

    final IocpRegistration door() {
        return door;
    }

    final Win32 win32() {
        return door.win32();
    }

    @Override
    public boolean isOpen() {
        return !closed;
    }

    @Override
    public boolean isActive() {
        return active;
    }

    // ---- addresses, which are remembered after the close

    final void setLocalAddress(SocketAddress address) {
        local = address;
    }

    final void setRemoteAddress(SocketAddress address) {
        remote = address;
    }

    @Override
    public SocketAddress localAddress() {
        return local;
    }

    @Override
    public SocketAddress remoteAddress() {
        return remote;
    }

    @Override
    protected final SocketAddress localAddress0() {
        return local;
    }

    @Override
    protected final SocketAddress remoteAddress0() {
        return remote;
    }

    // ---- memory that the kernel can have

    /** The buffer, or another of its size: only off-heap memory reaches the kernel, and it must have room. */
    final ByteBuf writableByKernel(ByteBuf buffer) {
        if (buffer.hasMemoryAddress() && buffer.isWritable()) {
            return buffer;
        }
        int capacity = Math.max(buffer.writableBytes(), 1);
        buffer.release();
        return alloc().directBuffer(capacity);
    }

    /** Whether the kernel can read the buffer where it is. */
    boolean isReadableByKernel(ByteBuf buffer) {
        return buffer.hasMemoryAddress() || buffer.isDirect() && buffer.nioBufferCount() <= MAX_COMPONENTS;
    }

    /** A copy that the kernel can read; the buffer remains the caller's. */
    final ByteBuf directCopy(ByteBuf buffer) {
        ByteBuf copy = alloc().directBuffer(Math.max(buffer.readableBytes(), 1));
        return copy.writeBytes(buffer, buffer.readerIndex(), buffer.readableBytes());
    }

    // ---- registration

    @Override
    protected boolean isCompatible(EventLoop loop) {
        return loop instanceof IoEventLoop && ((IoEventLoop) loop).isCompatible(IocpUnsafe.class)
                && (boundLoop == null || boundLoop == loop);
    }

    @Override
    protected void doRegister(ChannelPromise promise) {
        if (isClosing() && !closed) {
            // Another thread closes the socket, which lingers. Netty closes what can't be registered: not meanwhile.
            closeFuture().addListener(done -> promise.setFailure(new ClosedChannelException()));
            return;
        }
        ((IoEventLoop) eventLoop()).register((IocpUnsafe) unsafe()).addListener((Future<IoRegistration> registered) -> {
            if (!registered.isSuccess()) {
                promise.setFailure(registered.cause());
                return;
            }
            registration = registered.getNow();
            door = registration.attachment();
            Future<?> prepared = binding == null ? prepareToBind() : null;
            if (prepared == null) {
                bindAndStart(promise);
            } else {
                prepared.addListener(future -> {
                    if (future.isSuccess()) {
                        bindAndStart(promise);
                    } else {
                        refuseRegistration(promise, future.cause());
                    }
                });
            }
        });
    }

    private void bindAndStart(ChannelPromise promise) {
        try {
            if (closed) {
                throw new ClosedChannelException();
            }
            if (binding == null) {
                Binding newBinding = door.newBinding();
                bindHandle(newBinding, door);
                binding = newBinding;
                boundLoop = (IoEventLoop) eventLoop();
            } else {
                binding.attach(door);
            }
        } catch (Throwable cause) {
            refuseRegistration(promise, cause);
            return;
        }
        ending = End.NONE;
        promise.setSuccess();
        if (isActive() && !isEnding()) {
            startReading();
        }
    }

    private void refuseRegistration(ChannelPromise promise, Throwable cause) {
        if (registration != null) {
            registration.cancel();
            registration = null;
        }
        promise.setFailure(cause);
    }

    @Override
    protected void doDeregister() {
        cancelRegistration();
        for (ChannelPromise promise : deregisteredByClose) {
            // After channelInactive and channelUnregistered, which follow in this task.
            eventLoop().execute(promise::trySuccess);
        }
        deregisteredByClose.clear();
    }

    /** The registration that the loop counts ends after the last outcome. */
    private void cancelRegistration() {
        if (registration != null && (binding == null || binding.outstanding() == 0)) {
            IoRegistration cancelled = registration;
            registration = null;
            cancelled.cancel();
        }
    }

    /** The channel can't go on: tells why and closes, never inside a call of the user. */
    final void closeFor(Throwable cause) {
        door().ready(() -> {
            if (!isClosing()) {
                pipeline().fireExceptionCaught(cause);
                unsafe().close(unsafe().voidPromise());
            }
        });
    }

    @Override
    protected void doDisconnect() throws Exception {
        doClose();
    }

    @Override
    protected void doClose() throws Exception {
        closed = true;
        active = false;
        if (binding == null) {
            closeUnbound();
        } else if (finishing) {
            releaseBinding();
        } else {
            binding.abort();
        }
        if (registration != null && eventLoop().inEventLoop()) {
            // closeForcibly() is not followed by doDeregister().
            cancelRegistration();
        }
    }

    /** The registered half of a channel. */
    abstract class IocpUnsafe extends AbstractUnsafe implements IocpIoHandle {

        private ChannelPromise endPromise;
        private Throwable closeCause;
        private ClosedChannelException closedException;
        private ScheduledFuture<?> closeTimeout;

        @Override
        public final Channel channel() {
            return AbstractIocpChannel.this;
        }

        @Override
        public final void handle(IoRegistration inner, IoEvent event) {
            deliver(((IocpIoEvent) event).overlapped(), null);
        }

        /** Gives an outcome to a handler, {@code null} for the channel itself; a close may have waited for it. */
        final void deliver(Overlapped operation, CompletionHandler handler) {
            try {
                if (handler == null) {
                    completed(operation);
                } else {
                    handler.completed(operation, operation.status(), operation.transferred());
                }
            } catch (Throwable cause) {
                // A handler of the user never throws to here; what does is this channel's affair, not the loop's.
                pipeline().fireExceptionCaught(cause);
            } finally {
                endIfDrained();
            }
        }

        /** The loop shuts down. */
        @Override
        public final void close() {
            if (closed && binding != null) {
                // A handle that its channel left open for what is still being written.
                binding.abort();
            }
            close(voidPromise());
        }

        @Override
        protected void close(ChannelPromise promise, Throwable cause, ClosedChannelException exception) {
            if (ending == End.CLOSE) {
                if (closed) {
                    super.close(promise, cause, exception);
                } else if (!promise.isVoid()) {
                    PromiseNotifier.cascade(false, closeFuture(), promise);
                }
                return;
            }
            if (!promise.setUncancellable()) {
                return;
            }
            if (ending == End.DEREGISTER && endPromise != null) {
                deregisteredByClose.add(endPromise);
            }
            ending = End.CLOSE;
            closing(cause);
            endPromise = promise;
            closeCause = cause;
            closedException = exception;
            if (binding != null && binding.outstanding() > 0) {
                cancelWaiting();
                // A driver may ignore a cancel. Twice: first for the write in flight, then for what was cancelled.
                closeTimeout = eventLoop().schedule(this::closeNow, 2 * door.config().closeTimeoutMillis(),
                        TimeUnit.MILLISECONDS);
            }
            endIfDrained();
        }

        @Override
        public final void deregister(ChannelPromise promise) {
            if (ending == End.CLOSE && isRegistered()) {
                deregisteredByClose.add(promise);
                return;
            }
            if (ending == End.DEREGISTER && endPromise != null) {
                if (!promise.isVoid()) {
                    PromiseNotifier.cascade(false, endPromise, promise);
                }
                return;
            }
            if (!isRegistered()) {
                super.deregister(promise);
                return;
            }
            if (!promise.setUncancellable()) {
                return;
            }
            ending = End.DEREGISTER;
            endPromise = promise.isVoid() ? newPromise() : promise;
            if (binding.outstanding() > 0) {
                cancelWaiting();
            }
            endIfDrained();
        }

        /** Goes on with a close or a deregistration that waited for the kernel. */
        private void endIfDrained() {
            if (binding != null && binding.outstanding() > 0) {
                return;
            }
            ChannelPromise promise = endPromise;
            if (promise == null) {
                if (closed) {
                    cancelRegistration();
                }
                return;
            }
            endPromise = null;
            if (ending == End.CLOSE) {
                finishClose(promise);
            } else {
                super.deregister(promise);
            }
        }

        /** Closes although the kernel has not given everything back: the outcomes come later. */
        final void closeNow() {
            ChannelPromise promise = endPromise;
            if (promise != null) {
                endPromise = null;
                finishClose(promise);
            }
        }

        private void finishClose(ChannelPromise promise) {
            if (closeTimeout != null) {
                closeTimeout.cancel(false);
                closeTimeout = null;
            }
            finishing = true;
            super.close(promise, closeCause, closedException);
            finishing = false;
        }
    }
}
