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
import io.github.nettyiocp.internal.ExtensionFunctions;
import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.ObjectKind;
import io.github.nettyiocp.internal.Operation;
import io.github.nettyiocp.internal.SocketAddresses;
import io.github.nettyiocp.internal.StatusTable;
import io.github.nettyiocp.internal.Win32Access;
import io.github.nettyiocp.internal.WinConst;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.FileRegion;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * A TCP connection on an I/O completion port: {@code ConnectEx}, {@code WSARecv}, {@code WSASend}.
 *
 * <p>By default the socket talks both IPv6 and IPv4 where the machine has IPv6. The channel owns the socket and closes
 * it. Once registered it stays with its loop.
 */
public final class IocpSocketChannel extends AbstractIocpStreamChannel implements SocketChannel {

    private static final InternalLogger logger = InternalLoggerFactory.getInstance(IocpSocketChannel.class);

    /** More than that does not go with a connect: a first packet takes less than two thousand bytes. */
    private static final int MAX_FIRST_BYTES = 1 << 16;

    private final WinSocket socket;
    private final IocpSocketChannelConfig config;
    private boolean bound;

    private Overlapped connectOperation;
    private InetSocketAddress connectTarget;
    /** Where the bytes are that go with the connect; {@code null} if none do. */
    private ChannelOutboundBuffer firstBytesFrom;

    /** Makes a channel that is not connected. */
    public IocpSocketChannel() {
        this((SocketProtocolFamily) null);
    }

    /**
     * Makes a channel that is not connected, for one protocol family.
     *
     * @param family {@code INET}, or {@code INET6} for one that talks IPv4 too; {@code null} for the default
     */
    public IocpSocketChannel(SocketProtocolFamily family) {
        this(WinSocket.nativeAccess(), family);
    }

    /**
     * Makes a channel of an existing {@code SOCKET}, connected or not. It must have been made for overlapped I/O and
     * must not be bound to a completion port. The channel owns it from now on.
     */
    public IocpSocketChannel(long socket) {
        this(null, WinSocket.adopt(socket));
        setAddresses(this.socket.localAddress(), this.socket.remoteAddress());
    }

    /** For simulations. */
    IocpSocketChannel(Win32Access access, SocketProtocolFamily family) {
        this(null, WinSocket.stream(access, family));
    }

    /** An accepted connection. */
    IocpSocketChannel(Channel parent, WinSocket socket, InetSocketAddress local, InetSocketAddress remote) {
        this(parent, socket);
        setAddresses(local, remote);
    }

    private IocpSocketChannel(Channel parent, WinSocket socket) {
        super(parent, false);
        this.socket = socket;
        config = new IocpSocketChannelConfig(this, socket);
    }

    /** {@code null} for what the socket has not; with a peer it is connected. */
    private void setAddresses(InetSocketAddress local, InetSocketAddress remote) {
        setLocalAddress(local);
        setRemoteAddress(remote);
        bound = local != null;
        if (remote != null) {
            setActive();
        }
    }

    @Override
    public ServerSocketChannel parent() {
        return (ServerSocketChannel) super.parent();
    }

    @Override
    public IocpSocketChannelConfig config() {
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
        return (InetSocketAddress) super.remoteAddress();
    }

    @Override
    protected AbstractUnsafe newUnsafe() {
        return new SocketUnsafe();
    }

    @Override
    ObjectKind kind() {
        return ObjectKind.SOCKET;
    }

    @Override
    boolean isAllowHalfClosure() {
        return config.isAllowHalfClosure();
    }

    @Override
    ReceiveMode receiveMode() {
        return config.getReceiveMode();
    }

    @Override
    boolean isAbortive() {
        return config.linger() == 0;
    }

    @Override
    void bindHandle(Binding newBinding, IocpRegistration newDoor) throws Exception {
        socket.attach(newDoor.win32(), eventLoop()::inEventLoop);
        if (config.isSkipOnSuccess() && socket.canSkipOnSuccess()) {
            newBinding.bind(socket.handle(), handle -> closeSocket(), Binding.Mode.SKIP_ON_SUCCESS);
        } else {
            newBinding.bind(socket.handle(), handle -> closeSocket());
        }
        super.bindHandle(newBinding, newDoor);
    }

    @Override
    int startRead(long overlapped, long transferred, long address, int length) {
        WsaBuffers buffers = WsaBuffers.ofThisThread().single(address, length);
        return win32().wsaRecv(socket.handle(), buffers.address(), 1, transferred, buffers.flags(), overlapped);
    }

    @Override
    WriteBuffers writeBuffers() {
        return WsaBuffers.ofThisThread();
    }

    @Override
    int startWrite(long overlapped, long transferred) {
        WsaBuffers buffers = WsaBuffers.ofThisThread();
        return win32().wsaSend(socket.handle(), buffers.address(), buffers.count(), transferred, 0, overlapped);
    }

    @Override
    Transmission transmission(FileRegion region) throws IOException {
        if (!(region instanceof IocpFileRegion)) {
            return null;
        }
        IocpFileRegion file = (IocpFileRegion) region;
        long function = socket.extensions().transmitFile();
        if (function == 0 || !file.isTransmittable() || file.isSent()) {
            return null;
        }
        TransmitSlots slots = TransmitSlots.of(socket.access());
        return slots.tryTake() ? new Transmission(binding(), win32(), function, file, slots) : null;
    }

    @Override
    void completed(Overlapped operation) {
        if (operation == connectOperation) {
            connectCompleted();
        } else {
            super.completed(operation);
        }
    }

    @Override
    void cancelWaiting() {
        super.cancelWaiting();
        if (connectOperation != null && isClosing()) {
            connectOperation.cancel();
        }
    }

    @Override
    void closeUnbound() {
        socket.close();
    }

    private void closeSocket() {
        if (config.linger() > 0 && eventLoop().inEventLoop()) {
            // Only a close that can't go to another thread comes here. Windows sends what is left in the background.
            try {
                socket.setLinger(-1);
            } catch (ChannelException closed) {
                logger.debug("{} Cannot switch SO_LINGER off", this, closed);
            }
        }
        socket.close();
    }

    @Override
    protected void doBind(SocketAddress address) throws Exception {
        socket.bind(checkType(address), config.isExclusiveAddressUse());
        bound = true;
        setLocalAddress(socket.localAddress());
    }

    @Override
    void doShutdownInput() throws Exception {
        checkConnected();
        socket.shutdown(WinConst.SD_RECEIVE);
    }

    @Override
    protected void doShutdownOutput() throws Exception {
        checkConnected();
        socket.shutdown(WinConst.SD_SEND);
        setOutputShutdown();
    }

    @Override
    void sendEnd() {
        // Whatever it says, the socket is closed next.
        win32().shutdown(socket.handle(), WinConst.SD_SEND);
    }

    private void checkConnected() {
        if (!isActive()) {
            throw new NotYetConnectedException();
        }
    }

    static InetSocketAddress checkType(SocketAddress address) {
        if (!(address instanceof InetSocketAddress)) {
            throw new UnsupportedAddressTypeException();
        }
        InetSocketAddress inet = (InetSocketAddress) address;
        if (inet.isUnresolved()) {
            throw new UnresolvedAddressException();
        }
        return inet;
    }

    // ---- connect

    @Override
    void startConnect(SocketAddress remoteAddress, SocketAddress localAddress) throws Exception {
        InetSocketAddress target = connectable(checkType(remoteAddress));
        if (localAddress != null) {
            doBind(localAddress);
        } else if (!bound) {
            // ConnectEx wants a bound socket. This option leaves the choice of the port to the connect, so that ports
            // are shared between connections to different peers; where it is missing, nothing but that is lost.
            reuseUnicastPort();
            socket.bind(new InetSocketAddress(0), false);
            bound = true;
        }
        if (target.getAddress().isLoopbackAddress()) {
            socket.disableSynRetransmissions();
        }
        ExtensionFunctions extensions = socket.extensions();
        ByteBuf name = alloc().directBuffer(Layout.SOCKADDR_STORAGE_SIZE);
        connectOperation = binding().overlapped();
        connectOperation.own(name);
        int length = SocketAddresses.write(name.memoryAddress(), socket.family(), target);
        ByteBuf first = config.isTcpFastOpenConnect() ? firstBytes() : null;
        if (first == null) {
            connectOperation.submit((overlapped, transferred) -> win32().connectEx(extensions.connectEx(),
                    socket.handle(), name.memoryAddress(), length, 0, 0, transferred, overlapped));
        } else {
            connectOperation.own(first);
            connectOperation.submit((overlapped, transferred) -> win32().connectEx(extensions.connectEx(),
                    socket.handle(), name.memoryAddress(), length, first.memoryAddress() + first.readerIndex(),
                    Math.min(first.readableBytes(), MAX_FIRST_BYTES), transferred, overlapped));
        }
        connectTarget = target;
    }

    /** A reference to what goes with the connect; {@code null} for nothing. */
    private ByteBuf firstBytes() {
        ChannelOutboundBuffer outbound = unsafe().outboundBuffer();
        if (outbound == null) {
            return null;
        }
        outbound.addFlush();
        if (!(outbound.current() instanceof ByteBuf) || !((ByteBuf) outbound.current()).isReadable()) {
            return null;
        }
        firstBytesFrom = outbound;
        ByteBuf first = (ByteBuf) outbound.current();
        return first.hasMemoryAddress() ? first.retain() : directCopy(first);
    }

    /** What is flushed meanwhile would fail, because the channel is not connected yet. */
    @Override
    boolean isSendingFirst() {
        return firstBytesFrom != null;
    }

    private void reuseUnicastPort() {
        if (!config.isReuseUnicastPort()) {
            return;
        }
        try {
            socket.setInt(WinConst.SOL_SOCKET, WinConst.SO_REUSE_UNICASTPORT, 1);
        } catch (ChannelException ignore) {
            // An older Windows.
        }
    }

    private void connectCompleted() {
        Overlapped operation = connectOperation;
        connectOperation = null;
        operation.release();
        ChannelOutboundBuffer firstBytes = firstBytesFrom;
        firstBytesFrom = null;
        if (!isConnecting()) {
            return;
        }
        try {
            if (!NtStatus.isSuccess(operation.status())) {
                throw StatusTable.exception(win32(), kind(), Operation.CONNECT, operation.status(), null);
            }
            // Without it shutdown() and getpeername() fail.
            socket.set(WinConst.SOL_SOCKET, WinConst.SO_UPDATE_CONNECT_CONTEXT, 0, 0);
        } catch (Throwable cause) {
            connectFailed(cause);
            return;
        }
        if (firstBytes != null && firstBytes == unsafe().outboundBuffer()) {
            // Before handlers hear of the connection and flush, who would send them again.
            firstBytes.removeBytes(operation.transferred());
            if (!isConnecting()) {
                return;
            }
        }
        setAddresses(socket.localAddress(), connectTarget);
        connectSucceeded();
    }

    /** Windows has no address to connect to in the wildcard, which means this machine elsewhere. */
    static InetSocketAddress connectable(InetSocketAddress address) throws IOException {
        InetAddress ip = address.getAddress();
        if (!ip.isAnyLocalAddress()) {
            return address;
        }
        byte[] loopback = ip instanceof Inet6Address ? new byte[16] : new byte[] { 127, 0, 0, 1 };
        loopback[loopback.length - 1] = 1;
        return new InetSocketAddress(InetAddress.getByAddress(loopback), address.getPort());
    }

    private final class SocketUnsafe extends StreamUnsafe {

        @Override
        protected Executor prepareToClose() {
            // closesocket() blocks while the socket lingers. What the kernel still has something of is cancelled on the
            // loop, and a loop that ends would refuse the second half of the close: there the socket does not linger.
            return config.linger() > 0 && binding() != null && binding().outstanding() == 0
                    && !eventLoop().isShuttingDown() ? this::executeBlocking : null;
        }

        private void executeBlocking(Runnable task) {
            try {
                door().config().blockingExecutor().execute(task);
            } catch (RejectedExecutionException refused) {
                logger.warn("{} The executor for blocking calls refused a close: it does not linger",
                        IocpSocketChannel.this, refused);
                task.run();
            }
        }
    }
}
