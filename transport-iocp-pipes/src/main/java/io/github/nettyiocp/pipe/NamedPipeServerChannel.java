/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.github.nettyiocp.IocpIoHandle;
import io.github.nettyiocp.IocpRegistration;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.ObjectKind;
import io.github.nettyiocp.internal.Operation;
import io.github.nettyiocp.internal.StatusTable;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.Win32Access;
import io.github.nettyiocp.internal.WinError;
import io.netty.channel.AbstractChannel;
import io.netty.channel.Channel;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.ServerChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.PromiseNotifier;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A server of a named pipe: several instances of it wait for clients ({@link NamedPipeOption#POSTED_INSTANCES}), and
 * the next instance is made before a client is handed out, so that the name always exists. Clients are handed out when
 * a read is pending, as {@link NamedPipeChannel}s that can be registered with any loop.
 *
 * <p>{@code bind()} wants a {@link NamedPipeAddress} of this machine. It fails with a {@link java.net.BindException} if
 * the name exists, whoever made it.
 *
 * <p>An instance that fails is about the client that went away meanwhile: it is
 * {@linkplain io.github.nettyiocp.IocpMetrics#failedAccepts() counted} and replaced. When all instances that there may
 * be are connected, clients are told that the pipe is busy until one of them was closed. When Windows has no memory or
 * no handles, {@code exceptionCaught} is fired, and the server goes on after a second.
 *
 * <p>It may be deregistered and registered again, with any loop. Its instances go on listening; clients that come
 * meanwhile are handed out afterwards.
 *
 * <p>After {@code close()} no client is accepted; the accepted ones live on, and Windows keeps the name until the last
 * of them was closed: until then {@code bind()} to the name fails.
 */
public final class NamedPipeServerChannel extends AbstractChannel implements ServerChannel {

    private static final InternalLogger logger = InternalLoggerFactory.getInstance(NamedPipeServerChannel.class);
    private static final ChannelMetadata METADATA = new ChannelMetadata(false, 16);
    private static final long BACK_OFF_MILLIS = 1000;
    private static final long BUSY_MILLIS = 50;
    /** Clients that went away one after another, without one that stayed, before it is about the server. */
    private static final int MAX_FAILURES = 64;

    private final NamedPipeServerChannelConfig config = new NamedPipeServerChannelConfig(this);
    private final List<PipeInstance> listening = new ArrayList<>();
    private final ArrayDeque<PipeInstance> connected = new ArrayDeque<>();
    /** Deregistrations that were asked for while a close waits, which deregisters too. */
    private final List<ChannelPromise> deregisteredByClose = new ArrayList<>(0);
    /** {@code null} while there is no loop. */
    private IoRegistration registration;
    private IocpRegistration door;
    private PipeFactory factory;
    private volatile NamedPipeAddress local;
    private volatile boolean active;
    private volatile boolean closed;
    private boolean closing;
    /** A deregistration was asked for and is done by a task that is queued. */
    private boolean leaving;
    private boolean readPending;
    private boolean handOutScheduled;
    private boolean fillScheduled;
    private int failures;
    /** Instances that failed and are still to be replaced. */
    private int failing;

    /** Makes a channel that is not bound. */
    public NamedPipeServerChannel() {
        super(null);
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    @Override
    public NamedPipeServerChannelConfig config() {
        return config;
    }

    @Override
    public boolean isOpen() {
        return !closed;
    }

    @Override
    public boolean isActive() {
        return active;
    }

    @Override
    public NamedPipeAddress localAddress() {
        return (NamedPipeAddress) super.localAddress();
    }

    /** Always {@code null}. */
    @Override
    public NamedPipeAddress remoteAddress() {
        return null;
    }

    @Override
    protected SocketAddress localAddress0() {
        return local;
    }

    @Override
    protected SocketAddress remoteAddress0() {
        return null;
    }

    @Override
    protected AbstractUnsafe newUnsafe() {
        return new ServerUnsafe();
    }

    // ---- registration

    @Override
    protected boolean isCompatible(EventLoop loop) {
        return loop instanceof IoEventLoop && ((IoEventLoop) loop).isCompatible(IocpIoHandle.class);
    }

    @Override
    protected void doRegister(ChannelPromise promise) {
        ((IoEventLoop) eventLoop()).register((ServerUnsafe) unsafe())
                .addListener((Future<IoRegistration> registered) -> {
                    if (!registered.isSuccess()) {
                        promise.setFailure(registered.cause());
                        return;
                    }
                    registration = registered.getNow();
                    door = registration.attachment();
                    promise.setSuccess();
                    fill();
                    if (readPending && !connected.isEmpty()) {
                        scheduleHandOut();
                    }
                });
    }

    /**
     * Instances go on listening; what happens to them is noticed after the next registration, which may be with another
     * loop: what was to be done by this one isn't any more.
     */
    @Override
    protected void doDeregister() {
        leaving = false;
        if (registration == null) {
            // It was asked for twice.
            return;
        }
        listening.forEach(PipeInstance::detach);
        registration.cancel();
        registration = null;
        handOutScheduled = false;
        fillScheduled = false;
        failing = 0;
        for (ChannelPromise promise : deregisteredByClose) {
            // After channelInactive and channelUnregistered, which follow in this task.
            eventLoop().execute(promise::trySuccess);
        }
        deregisteredByClose.clear();
    }

    // ---- binding

    @Override
    protected void doBind(SocketAddress address) throws Exception {
        if (!(address instanceof NamedPipeAddress)) {
            throw new UnsupportedAddressTypeException();
        }
        NamedPipeAddress name = (NamedPipeAddress) address;
        if (name.isRemote()) {
            throw new IllegalArgumentException("a pipe can be served on this machine only: " + name);
        }
        if (config.getReadMode() == PipeType.MESSAGE && config.getPipeType() != PipeType.MESSAGE) {
            throw new IllegalArgumentException("READ_MODE is MESSAGE, but PIPE_TYPE is BYTE: " + name);
        }
        if (factory != null) {
            throw new IllegalStateException("bound already: " + local);
        }
        Win32 win32 = door.win32();
        PipeFactory newFactory = PipeFactory.open(name, config, door.win32Access());
        int status = newFactory.create(win32);
        if (NtStatus.isError(status)) {
            newFactory.close();
            throw StatusTable.exception(win32, ObjectKind.PIPE, Operation.BIND, status, name);
        }
        factory = newFactory;
        local = name;
        active = true;
        listen(newFactory.handle());
        fill();
    }

    // ---- listening

    /** Makes as many instances listen as the options say, less the clients that wait to be handed out. */
    private void fill() {
        if (!active || closing || fillScheduled || registration == null) {
            return;
        }
        for (PipeInstance instance : listening.toArray(new PipeInstance[0])) {
            attach(instance);
        }
        int wanted = Math.min(config.getPostedInstances(), config.getMaxInstances());
        while (!fillScheduled && listening.size() + connected.size() + failing < wanted) {
            int status = add();
            if (NtStatus.isError(status)) {
                missing(status);
                return;
            }
        }
    }

    private int add() {
        int status = factory.create(door.win32());
        if (!NtStatus.isError(status)) {
            listen(factory.handle());
        }
        return status;
    }

    private void missing(int status) {
        if (StatusTable.errorOf(ObjectKind.PIPE, status) == WinError.ERROR_PIPE_BUSY) {
            // All that there may be: one that is closed makes room, a moment later.
            fillLater(BUSY_MILLIS);
        } else {
            backOff(StatusTable.exception(door.win32(), ObjectKind.PIPE, Operation.ACCEPT, status, local));
        }
    }

    /** Out of handles or memory: tells the user, and tries again later. */
    private void backOff(Throwable cause) {
        fillLater(BACK_OFF_MILLIS);
        pipeline().fireExceptionCaught(cause);
    }

    /** A task of this registration: whoever has deregistered the channel meanwhile has given it up. */
    private Runnable whileRegistered(Runnable task) {
        IoRegistration here = registration;
        return () -> {
            if (registration == here) {
                task.run();
            }
        };
    }

    private void fillLater(long millis) {
        fillScheduled = true;
        eventLoop().schedule(whileRegistered(() -> {
            fillScheduled = false;
            fill();
        }), millis, TimeUnit.MILLISECONDS);
    }

    /** Takes the handle over. */
    private void listen(long handle) {
        Win32Access access = door.win32Access();
        PipeInstance instance;
        try {
            instance = new PipeInstance(this, access, door.config().blockingExecutor(), handle);
        } catch (IOException cause) {
            access.ofThisThread().closeHandle(handle);
            backOff(cause);
            return;
        }
        int error = instance.listen();
        if (error == 0) {
            listening.add(instance);
            attach(instance);
        } else if (error == WinError.ERROR_PIPE_CONNECTED) {
            connected(instance);
        } else {
            failed(instance, error);
        }
    }

    /** An instance that can't be waited for now takes clients all the same; they are noticed when it can. */
    private void attach(PipeInstance instance) {
        if (fillScheduled || registration == null) {
            return;
        }
        try {
            instance.attach(door);
        } catch (IOException cause) {
            backOff(cause);
        }
    }

    /** A listening instance has its outcome. */
    void ended(PipeInstance instance, int error) {
        listening.remove(instance);
        if (closing) {
            instance.close();
            ((ServerUnsafe) unsafe()).closeIfDrained();
        } else if (error == 0) {
            connected(instance);
        } else {
            failed(instance, error);
        }
    }

    private void connected(PipeInstance instance) {
        failures = 0;
        connected.add(instance);
        if (readPending) {
            scheduleHandOut();
        }
    }

    /** The client came and went, or the thread ended that listened. */
    private void failed(PipeInstance instance, int error) {
        logger.debug("{} An instance failed before it was accepted: error {}", this, error);
        door.acceptFailed();
        failing++;
        IoRegistration here = registration;
        // The next instance first, so that the name exists.
        door.ready(() -> {
            if (registration != here) {
                instance.close();
                return;
            }
            failing--;
            boolean often = ++failures >= MAX_FAILURES;
            if (active && !closing && !often && !fillScheduled) {
                add();
            }
            instance.close();
            if (often) {
                failures = 0;
                backOff(StatusTable.exception(door.win32(), ObjectKind.PIPE, Operation.ACCEPT,
                        NtStatus.ofError(error), local));
            } else {
                fill();
            }
        });
    }

    // ---- accepting

    @Override
    protected void doBeginRead() {
        readPending = true;
        if (!connected.isEmpty()) {
            scheduleHandOut();
        }
    }

    void clearReadPending() {
        if (!isRegistered() || eventLoop().inEventLoop()) {
            readPending = false;
        } else {
            eventLoop().execute(() -> readPending = false);
        }
    }

    /** After the round's packets, so that several clients make one read loop, and none starts inside read(). */
    private void scheduleHandOut() {
        if (!handOutScheduled && registration != null) {
            handOutScheduled = true;
            door.ready(whileRegistered(this::handOut));
        }
    }

    private void handOut() {
        handOutScheduled = false;
        if (!readPending || closing || closed || connected.isEmpty()) {
            return;
        }
        readPending = false;
        var handle = unsafe().recvBufAllocHandle();
        handle.reset(config);
        handle.attemptedBytesRead(1);
        do {
            PipeInstance instance = connected.poll();
            fill();
            handle.lastBytesRead(1);
            handle.incMessagesRead(1);
            NamedPipeChannel child = newChild(instance);
            if (child != null) {
                pipeline().fireChannelRead(child);
            }
        } while (!connected.isEmpty() && !closing && handle.continueReading());
        handle.readComplete();
        pipeline().fireChannelReadComplete();
    }

    /** {@code null}, with the client refused, if there is no memory for a channel. */
    private NamedPipeChannel newChild(PipeInstance instance) {
        Win32Access access = door.win32Access();
        long pipe = instance.takeHandle();
        try {
            return new NamedPipeChannel(this, pipe, handle -> access.ofThisThread().closeHandle(handle), local);
        } catch (Throwable cause) {
            logger.warn("Failed to create a new channel of an accepted client.", cause);
            door.acceptFailed();
            access.ofThisThread().closeHandle(pipe);
            return null;
        }
    }

    // ---- the end

    @Override
    protected void doClose() {
        if (closed) {
            // A forced close tells nobody; who closes then gets here again.
            return;
        }
        closed = true;
        active = false;
        closing = true;
        connected.forEach(PipeInstance::close);
        connected.clear();
        listening.forEach(PipeInstance::close);
        if (factory != null) {
            factory.close();
        }
    }

    @Override
    protected void doDisconnect() {
        throw new UnsupportedOperationException();
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer in) {
        throw new UnsupportedOperationException();
    }

    @Override
    protected Object filterOutboundMessage(Object message) {
        throw new UnsupportedOperationException();
    }

    /** The registered half of the channel. */
    private final class ServerUnsafe extends AbstractUnsafe implements IocpIoHandle {

        private ChannelPromise closePromise;
        private Throwable closeCause;
        private ClosedChannelException closedException;

        @Override
        public Channel channel() {
            return NamedPipeServerChannel.this;
        }

        @Override
        public void handle(IoRegistration inner, IoEvent event) {
            throw new IllegalStateException("instances have no operations on a port");
        }

        /** The loop shuts down. */
        @Override
        public void close() {
            close(voidPromise());
        }

        @Override
        public void connect(SocketAddress remoteAddress, SocketAddress localAddress, ChannelPromise promise) {
            promise.tryFailure(new UnsupportedOperationException());
        }

        /** A close that waits for instances deregisters too; nobody would notice that they ended otherwise. */
        @Override
        public void deregister(ChannelPromise promise) {
            if (closing && !closed && isRegistered()) {
                deregisteredByClose.add(promise);
            } else {
                leaving = isRegistered();
                super.deregister(promise);
            }
        }

        /** Windows gives each instance back that listens, before the channel is closed. */
        @Override
        protected void close(ChannelPromise promise, Throwable cause, ClosedChannelException exception) {
            if (closing) {
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
            closing = true;
            closePromise = promise;
            closeCause = cause;
            closedException = exception;
            connected.forEach(PipeInstance::close);
            connected.clear();
            if (isRegistered()) {
                for (PipeInstance instance : listening.toArray(new PipeInstance[0])) {
                    if (instance.isAttached()) {
                        instance.cancel();
                    } else {
                        listening.remove(instance);
                        instance.close();
                    }
                }
                eventLoop().schedule(this::closeNow, 2 * door.config().closeTimeoutMillis(), TimeUnit.MILLISECONDS);
                if (leaving) {
                    // First the one, then the other, as they were asked for.
                    eventLoop().execute(this::closeNow);
                } else {
                    closeIfDrained();
                }
            } else {
                closeNow();
            }
        }

        void closeIfDrained() {
            if (listening.isEmpty() && !leaving) {
                closeNow();
            }
        }

        private void closeNow() {
            ChannelPromise promise = closePromise;
            if (promise != null) {
                closePromise = null;
                super.close(promise, closeCause, closedException);
            }
        }
    }
}
