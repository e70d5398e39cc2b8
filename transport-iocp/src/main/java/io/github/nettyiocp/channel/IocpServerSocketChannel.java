/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.Binding;
import io.github.nettyiocp.IocpRegistration;
import io.github.nettyiocp.Overlapped;
import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.ObjectKind;
import io.github.nettyiocp.internal.Operation;
import io.github.nettyiocp.internal.SocketAddresses;
import io.github.nettyiocp.internal.StatusTable;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.Win32Access;
import io.github.nettyiocp.internal.WinConst;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;

/**
 * A TCP listener on an I/O completion port: several {@code AcceptEx} are posted, so that Windows accepts connections
 * without waiting for the loop. Connections are handed out when a read is pending; each is bound to the port of the
 * loop that the child group picks, when it is registered there.
 *
 * <p>An accept that fails is about the connection that went away meanwhile: it is dropped,
 * {@linkplain io.github.nettyiocp.IocpMetrics#failedAccepts() counted}, and the next one posted. When there are no more
 * handles or there is no more memory, {@code exceptionCaught} is fired, and the listener goes on after a second.
 */
public final class IocpServerSocketChannel extends AbstractIocpChannel implements ServerSocketChannel {

    private static final InternalLogger logger = InternalLoggerFactory.getInstance(IocpServerSocketChannel.class);
    private static final ChannelMetadata METADATA = new ChannelMetadata(false, 16);
    private static final long BACK_OFF_MILLIS = 1000;
    /** Accepts that fail one after another, without one that succeeds, before it is about the listener. */
    private static final int MAX_FAILURES = 64;

    private final WinSocket socket;
    private final IocpServerSocketChannelConfig config;
    private final ArrayDeque<IocpSocketChannel> accepted = new ArrayDeque<>();
    private final Runnable handOut = this::handOut;
    private Accept[] accepts = {};
    private boolean readPending;
    private boolean handOutScheduled;
    private boolean backingOff;
    private int failures;

    /** Makes a channel that is not bound. */
    public IocpServerSocketChannel() {
        this((SocketProtocolFamily) null);
    }

    /**
     * Makes a channel that is not bound, for one protocol family.
     *
     * @param family {@code INET}, or {@code INET6} for one that listens for IPv4 too; {@code null} for the default
     */
    public IocpServerSocketChannel(SocketProtocolFamily family) {
        this(WinSocket.nativeAccess(), family);
    }

    /**
     * Makes a channel of an existing {@code SOCKET} that listens. It must have been made for overlapped I/O and must
     * not be bound to a completion port. The channel owns it from now on.
     */
    public IocpServerSocketChannel(long socket) {
        this(WinSocket.adopt(socket));
        setLocalAddress(this.socket.localAddress());
        if (localAddress() != null) {
            setActive();
        }
    }

    /** For simulations. */
    IocpServerSocketChannel(Win32Access access, SocketProtocolFamily family) {
        this(WinSocket.stream(access, family));
    }

    private IocpServerSocketChannel(WinSocket socket) {
        super(null, false);
        this.socket = socket;
        config = new IocpServerSocketChannelConfig(this, socket);
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    @Override
    public IocpServerSocketChannelConfig config() {
        return config;
    }

    /** The {@code SOCKET}; {@code INVALID_SOCKET} (-1) after the channel was closed. */
    public long socket() {
        return socket.openHandle();
    }

    @Override
    public InetSocketAddress localAddress() {
        return (InetSocketAddress) super.localAddress();
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return null;
    }

    @Override
    protected AbstractUnsafe newUnsafe() {
        return new ServerUnsafe();
    }

    @Override
    protected void doBind(SocketAddress address) throws Exception {
        socket.bind(IocpSocketChannel.checkType(address), config.isExclusiveAddressUse());
        socket.listen(config.getBacklog());
        setLocalAddress(socket.localAddress());
        setActive();
        if (readPending) {
            post();
        }
    }

    @Override
    void bindHandle(Binding newBinding, IocpRegistration newDoor) throws Exception {
        socket.attach(newDoor.win32(), eventLoop()::inEventLoop);
        newBinding.bind(socket.handle(), handle -> socket.close());
    }

    @Override
    void closeUnbound() {
        socket.close();
    }

    // ---- accepting

    @Override
    protected void doBeginRead() throws Exception {
        readPending = true;
        if (!accepted.isEmpty()) {
            scheduleHandOut();
        }
        post();
    }

    void clearReadPending() {
        if (!isRegistered() || eventLoop().inEventLoop()) {
            readPending = false;
        } else {
            eventLoop().execute(() -> readPending = false);
        }
    }

    /** Posts as many accepts as the option says, less the connections that wait to be handed out. */
    private void post() {
        if (!isActive() || isEnding() || backingOff) {
            return;
        }
        try {
            if (accepts.length == 0) {
                accepts = newAccepts(config.getPostedAccepts());
            }
            int waiting = accepted.size();
            for (Accept accept : accepts) {
                if (!accept.operation.isInFlight()) {
                    if (waiting > 0) {
                        waiting--;
                    } else {
                        accept.post();
                    }
                }
            }
        } catch (Throwable cause) {
            backOff(cause);
        }
    }

    private Accept[] newAccepts(int count) {
        Accept[] made = new Accept[count];
        int i = 0;
        try {
            for (; i < count; i++) {
                made[i] = new Accept();
            }
            return made;
        } finally {
            if (i < count) {
                for (int j = 0; j < i; j++) {
                    made[j].operation.release();
                    made[j].release();
                }
            }
        }
    }

    /** Out of handles or memory: tells the user, and tries again later. */
    private void backOff(Throwable cause) {
        backingOff = true;
        eventLoop().schedule(() -> {
            backingOff = false;
            post();
        }, BACK_OFF_MILLIS, TimeUnit.MILLISECONDS);
        pipeline().fireExceptionCaught(cause);
    }

    @Override
    void completed(Overlapped operation) {
        for (Accept accept : accepts) {
            if (accept.operation == operation) {
                accept.completed();
                return;
            }
        }
    }

    private void accepted(IocpSocketChannel child) {
        failures = 0;
        accepted.add(child);
        if (readPending) {
            scheduleHandOut();
        }
    }

    private void failed(int status) {
        logger.debug("{} A connection ended before it was accepted: status 0x{}", this, Integer.toHexString(status));
        if (isEnding()) {
            return;
        }
        door().acceptFailed();
        if (++failures < MAX_FAILURES) {
            post();
        } else {
            failures = 0;
            backOff(StatusTable.exception(win32(), ObjectKind.SOCKET, Operation.ACCEPT, status, localAddress()));
        }
    }

    /** After the round's packets, so that several connections make one read loop, and none starts inside read(). */
    private void scheduleHandOut() {
        if (!handOutScheduled) {
            handOutScheduled = true;
            door().ready(handOut);
        }
    }

    private void handOut() {
        handOutScheduled = false;
        if (!readPending || isEnding() || accepted.isEmpty()) {
            return;
        }
        readPending = false;
        var handle = unsafe().recvBufAllocHandle();
        handle.reset(config);
        handle.attemptedBytesRead(1);
        do {
            handle.lastBytesRead(1);
            handle.incMessagesRead(1);
            pipeline().fireChannelRead(accepted.poll());
        } while (!accepted.isEmpty() && !isEnding() && handle.continueReading());
        handle.readComplete();
        post();
        pipeline().fireChannelReadComplete();
    }

    // ---- the end

    @Override
    void cancelWaiting() {
        for (Accept accept : accepts) {
            accept.operation.cancel();
        }
    }

    @Override
    void closing(Throwable cause) {
        closeAccepted();
    }

    /** Connections that nobody was told of. */
    private void closeAccepted() {
        for (IocpSocketChannel child = accepted.poll(); child != null; child = accepted.poll()) {
            child.unsafe().closeForcibly();
        }
    }

    @Override
    void startReading() {
        if (readPending && !accepted.isEmpty()) {
            scheduleHandOut();
        }
        post();
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

    @Override
    protected void doClose() throws Exception {
        super.doClose();
        closeAccepted();
        for (Accept accept : accepts) {
            accept.release();
        }
    }

    /** One posted {@code AcceptEx}: the socket that it fills and the memory of the two addresses. */
    private final class Accept {

        private final Overlapped operation = binding().overlapped().prepare(this::submit);
        private final ByteBuf addresses = alloc().directBuffer(2 * Layout.ACCEPT_ADDRESS_SIZE + 4 * Long.BYTES);
        private final long output = addresses.memoryAddress();
        private final long scratch = output + 2 * Layout.ACCEPT_ADDRESS_SIZE;
        private long acceptSocket = WinConst.INVALID_SOCKET;
        private boolean released;

        void post() throws IOException {
            Win32 win32 = win32();
            acceptSocket = WinSocket.create(win32, socket.family(), WinConst.SOCK_STREAM, WinConst.IPPROTO_TCP);
            if (acceptSocket == WinConst.INVALID_SOCKET) {
                throw StatusTable.exception(win32, ObjectKind.SOCKET, Operation.OPEN,
                        NtStatus.ofError(win32.lastError()), "a socket to accept with");
            }
            operation.submit();
        }

        private int submit(long overlapped, long transferred) throws IOException {
            // Data is not waited for: a client that sends none would keep the connection from being accepted.
            return win32().acceptEx(socket.extensions().acceptEx(), socket.handle(), acceptSocket, output, 0,
                    Layout.ACCEPT_ADDRESS_SIZE, Layout.ACCEPT_ADDRESS_SIZE, transferred, overlapped);
        }

        void completed() {
            long handle = acceptSocket;
            acceptSocket = WinConst.INVALID_SOCKET;
            int status = operation.status();
            if (NtStatus.isSuccess(status) && !isClosing()) {
                status = adopt(handle);
            } else {
                win32().closesocket(handle);
            }
            release0();
            if (!NtStatus.isSuccess(status)) {
                failed(status);
            }
        }

        /** Makes the child; returns the status of what failed. */
        private int adopt(long handle) {
            Win32 win32 = win32();
            try {
                Memory.putLong(scratch, socket.handle());
                // First of all: without it most calls on the new socket fail. It copies the listener's options too.
                int error = win32.setsockopt(handle, WinConst.SOL_SOCKET, WinConst.SO_UPDATE_ACCEPT_CONTEXT, scratch,
                        Long.BYTES);
                if (error != 0) {
                    win32.closesocket(handle);
                    return NtStatus.ofError(error);
                }
                // Taken from the buffer: getpeername() fails when the peer has reset the connection meanwhile.
                long sizes = scratch + 2 * Long.BYTES;
                win32.getAcceptExSockaddrs(socket.extensions().getAcceptExSockaddrs(), output, 0,
                        Layout.ACCEPT_ADDRESS_SIZE, Layout.ACCEPT_ADDRESS_SIZE, scratch, sizes, scratch + Long.BYTES,
                        sizes + Integer.BYTES);
                InetSocketAddress localAddress = SocketAddresses.read(Memory.getLong(scratch));
                InetSocketAddress remoteAddress = SocketAddresses.read(Memory.getLong(scratch + Long.BYTES));
                accepted(new IocpSocketChannel(IocpServerSocketChannel.this,
                        WinSocket.accepted(socket.access(), handle, socket.family()), localAddress, remoteAddress));
                return NtStatus.STATUS_SUCCESS;
            } catch (Throwable cause) {
                win32.closesocket(handle);
                logger.warn("Failed to create a new channel from an accepted socket.", cause);
                return NtStatus.STATUS_REQUEST_ABORTED;
            }
        }

        /** Frees the memory of the addresses when the kernel has it no more. */
        void release() {
            released = true;
            release0();
        }

        private void release0() {
            if (released && !operation.isInFlight() && addresses.refCnt() > 0) {
                addresses.release();
            }
        }
    }

    /** The registered half of a server channel. */
    private final class ServerUnsafe extends IocpUnsafe {

        @Override
        public void connect(SocketAddress remoteAddress, SocketAddress localAddress, ChannelPromise promise) {
            promise.setFailure(new UnsupportedOperationException());
        }
    }
}
