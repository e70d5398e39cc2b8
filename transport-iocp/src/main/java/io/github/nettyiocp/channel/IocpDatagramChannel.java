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
import io.github.nettyiocp.internal.Win32Access;
import io.github.nettyiocp.internal.WinConst;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;

import static io.netty.util.internal.ObjectUtil.checkNotNull;

/**
 * UDP on an I/O completion port: {@code WSARecvFrom}, {@code WSASendTo}.
 *
 * <p>By default the socket talks both IPv6 and IPv4 where the machine has IPv6. The channel owns the socket and closes
 * it. Once registered it stays with its loop.
 *
 * <p><b>Reading.</b> While the channel is bound, several receives are posted, also with autoRead off. Each has a buffer
 * of its own and memory for the sender's address, which belong to the kernel until the outcome and are freed after it.
 * Datagrams are handed out in the order in which their receives were posted; those that come with no read pending are
 * kept. A datagram that is larger than its buffer is a {@link TruncatedDatagramException}; that and other errors are
 * reported in their turn, and the channel goes on. That nobody listens where a datagram went
 * ({@link java.net.PortUnreachableException}) is reported while the channel is connected only.
 *
 * <p><b>Writing.</b> A {@link DatagramPacket}, another {@link AddressedEnvelope} of a {@link ByteBuf} or, if the
 * channel is connected, a {@code ByteBuf} is one datagram; it may be empty. Datagrams go out in the order of the
 * writes. One that can't be sent fails its own promise and no other. Windows takes nearly all at once; where it does
 * not, the next waits for the outcome.
 */
public final class IocpDatagramChannel extends AbstractIocpChannel implements DatagramChannel {

    private static final InternalLogger logger = InternalLoggerFactory.getInstance(IocpDatagramChannel.class);
    private static final ChannelMetadata METADATA = new ChannelMetadata(true, 16);

    private final WinSocket socket;
    private final IocpDatagramChannelConfig config;
    private final Multicast multicast;
    private final DatagramReader reader;
    private final DatagramWriter writer;
    private volatile boolean connected;
    private boolean bound;

    /** Makes a channel that is not bound. */
    public IocpDatagramChannel() {
        this((SocketProtocolFamily) null);
    }

    /**
     * Makes a channel that is not bound, for one protocol family.
     *
     * @param family {@code INET}, or {@code INET6} for one that talks IPv4 too; {@code null} for the default
     */
    public IocpDatagramChannel(SocketProtocolFamily family) {
        this(WinSocket.nativeAccess(), family);
    }

    /**
     * Makes a channel of an existing {@code SOCKET} of datagrams, bound and connected or not. It must have been made
     * for overlapped I/O and must not be bound to a completion port. The channel owns it from now on.
     */
    public IocpDatagramChannel(long socket) {
        this(WinSocket.adopt(socket));
        setLocalAddress(this.socket.localAddress());
        bound = localAddress() != null;
        setRemoteAddress(bound ? this.socket.remoteAddress() : null);
        connected = remoteAddress() != null;
        if (bound) {
            setActive();
        }
        control(WinConst.SIO_UDP_CONNRESET, connected);
        control(WinConst.SIO_UDP_NETRESET, false);
    }

    /** For simulations. */
    IocpDatagramChannel(Win32Access access, SocketProtocolFamily family) {
        this(WinSocket.datagram(access, family));
        control(WinConst.SIO_UDP_CONNRESET, false);
        control(WinConst.SIO_UDP_NETRESET, false);
    }

    private IocpDatagramChannel(WinSocket socket) {
        super(null, false);
        this.socket = socket;
        config = new IocpDatagramChannelConfig(this, socket);
        multicast = new Multicast(socket);
        reader = new DatagramReader(this, socket);
        writer = new DatagramWriter(this, socket);
    }

    /**
     * Whether Windows tells that nobody listens where a datagram went, or that it was under way for too long: as the
     * failure of a receive, which does not say whose datagram it was, and so makes sense on a connected socket only.
     */
    private void control(int code, boolean report) {
        try {
            if (!socket.control(code, report)) {
                // Wine does not know SIO_UDP_NETRESET. What it would tell is ignored unless the channel is connected.
                logger.debug("{} Windows does not know the control code 0x{}", this, Integer.toHexString(code));
            }
        } catch (IOException closed) {
            logger.debug("{} The socket was closed", this, closed);
        }
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    @Override
    public IocpDatagramChannelConfig config() {
        return config;
    }

    /** The {@code SOCKET}; {@code INVALID_SOCKET} (-1) after the channel was closed. */
    public long socket() {
        return socket.openHandle();
    }

    /**
     * Whether the channel is open and bound; with {@link ChannelOption#DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION}, open
     * and registered.
     */
    @Override
    @SuppressWarnings("deprecation")
    public boolean isActive() {
        return isOpen() && (super.isActive() || config.isActiveOnRegistration() && isRegistered());
    }

    @Override
    public boolean isConnected() {
        return connected && isOpen();
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
        return new DatagramUnsafe();
    }

    // ---- bind and connect

    @Override
    void bindHandle(Binding newBinding, IocpRegistration newDoor) throws Exception {
        socket.attach(newDoor.win32(), eventLoop()::inEventLoop);
        // Never skip-on-success: a receive of a truncated datagram posts a packet or not as the provider likes.
        newBinding.bind(socket.handle(), handle -> socket.close());
    }

    /** Whether the socket has an address, and can receive. */
    boolean isBound() {
        return bound;
    }

    @Override
    protected void doBind(SocketAddress address) throws Exception {
        InetSocketAddress requested = IocpSocketChannel.checkType(address);
        if (bound) {
            throw new AlreadyBoundException();
        }
        socket.bind(requested, config.isExclusiveAddressUse());
        bound = true;
        setLocalAddress(socket.localAddress());
        setActive();
        reader.post();
    }

    /** Winsock binds a socket by its first send or its connect, but doesn't tell the address before. */
    void ensureBound() throws Exception {
        if (!bound) {
            doBind(new InetSocketAddress(
                    InetAddress.getByAddress(new byte[socket.family() == WinConst.AF_INET6 ? 16 : 4]), 0));
        }
    }

    private void connect(InetSocketAddress target) throws IOException {
        socket.connect(target);
        setRemoteAddress(target);
        connected = true;
        control(WinConst.SIO_UDP_CONNRESET, true);
        updateLocalAddress();
        // What came before: a connected channel hears its peer only.
        reader.dropOthers();
    }

    /** A connect chooses the interface, and with it the address; the end of the connection takes it back. */
    private void updateLocalAddress() {
        InetSocketAddress now = socket.localAddress();
        // Wine tells no port after a disconnect, although the socket has one as soon as it sends.
        if (now != null && now.getPort() != 0) {
            setLocalAddress(now);
        }
    }

    @Override
    protected void doDisconnect() throws Exception {
        if (isConnected()) {
            socket.disconnect();
            connected = false;
            setRemoteAddress(null);
            control(WinConst.SIO_UDP_CONNRESET, false);
            updateLocalAddress();
            reader.dropUnreachable();
        }
    }

    // ---- reading and writing

    @Override
    void startReading() {
        reader.start();
        flushNow();
    }

    @Override
    protected void doBeginRead() {
        reader.read();
    }

    /** AutoRead was switched off. */
    void clearReadPending() {
        if (!isRegistered() || eventLoop().inEventLoop()) {
            reader.clearReadPending();
        } else {
            eventLoop().execute(reader::clearReadPending);
        }
    }

    @Override
    protected Object filterOutboundMessage(Object message) {
        return writer.accept(message);
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer outbound) {
        writer.write(outbound, maxMessagesPerWrite());
    }

    /** Sends what was flushed. */
    void flushNow() {
        ((DatagramUnsafe) unsafe()).flush0();
    }

    @Override
    void completed(Overlapped operation) {
        if (!reader.completed(operation)) {
            writer.completed(operation);
        }
    }

    // ---- the end

    @Override
    void cancelWaiting() {
        // Sends end by themselves, and what was flushed is to go out.
        reader.cancel();
    }

    @Override
    void closing(Throwable cause) {
        reader.dropAll();
    }

    @Override
    void closeUnbound() {
        socket.close();
    }

    @Override
    protected void doClose() throws Exception {
        super.doClose();
        reader.end();
        writer.end();
    }

    /** The registered half of a datagram channel. */
    private final class DatagramUnsafe extends IocpUnsafe {

        @Override
        public void connect(SocketAddress remoteAddress, SocketAddress localAddress, ChannelPromise promise) {
            if (!promise.setUncancellable() || !ensureOpen(promise)) {
                return;
            }
            if (isEnding()) {
                promise.tryFailure(isClosing() ? new ClosedChannelException()
                        : new IllegalStateException("the channel is being deregistered"));
                return;
            }
            if (connected) {
                // The connection that there is is not harmed.
                promise.tryFailure(new AlreadyConnectedException());
                return;
            }
            boolean wasActive = isActive();
            try {
                InetSocketAddress target = IocpSocketChannel.connectable(IocpSocketChannel.checkType(remoteAddress));
                if (localAddress != null) {
                    doBind(localAddress);
                }
                ensureBound();
                connectOrClose(target);
            } catch (Throwable cause) {
                promise.tryFailure(annotateConnectException(cause, remoteAddress));
                return;
            } finally {
                if (!wasActive && isActive()) {
                    // Never inside the user's call.
                    eventLoop().execute(this::fireActive);
                }
            }
            promise.trySuccess();
        }

        /** A connect that Windows refuses closes the channel, as it does with NIO. */
        private void connectOrClose(InetSocketAddress target) throws IOException {
            try {
                IocpDatagramChannel.this.connect(target);
            } catch (IOException cause) {
                close(voidPromise());
                throw cause;
            }
        }

        private void fireActive() {
            if (isActive()) {
                pipeline().fireChannelActive();
            }
        }

        @Override
        protected void flush0() {
            if (writer.isReady() && !isEnding()) {
                super.flush0();
            }
        }
    }

    // ---- multicast

    /** One change of a membership. */
    @FunctionalInterface
    private interface Change {
        void make(InetAddress group, NetworkInterface networkInterface, InetAddress source) throws IOException;
    }

    private static ChannelFuture change(Change change, InetAddress group, NetworkInterface networkInterface,
                                        InetAddress source, ChannelPromise promise) {
        try {
            change.make(group, networkInterface, source);
            promise.setSuccess();
        } catch (Throwable cause) {
            promise.setFailure(cause);
        }
        return promise;
    }

    /** That of {@link ChannelOption#IP_MULTICAST_IF}, of the local address, or {@code null}: Windows' choice. */
    private NetworkInterface defaultInterface() throws SocketException {
        NetworkInterface configured = config.getNetworkInterface();
        InetSocketAddress address = localAddress();
        return configured != null || address == null || address.getAddress().isAnyLocalAddress() ? configured
                : NetworkInterface.getByInetAddress(address.getAddress());
    }

    private ChannelFuture changeByDefault(Change change, InetAddress group, InetAddress source,
                                          ChannelPromise promise) {
        NetworkInterface networkInterface;
        try {
            networkInterface = defaultInterface();
        } catch (Throwable cause) {
            return promise.setFailure(cause);
        }
        return change(change, group, networkInterface, source, promise);
    }

    @Override
    public ChannelFuture joinGroup(InetAddress multicastAddress) {
        return joinGroup(multicastAddress, newPromise());
    }

    @Override
    public ChannelFuture joinGroup(InetAddress multicastAddress, ChannelPromise promise) {
        checkNotNull(multicastAddress, "multicastAddress");
        return changeByDefault(multicast::join, multicastAddress, null, promise);
    }

    @Override
    public ChannelFuture joinGroup(InetSocketAddress multicastAddress, NetworkInterface networkInterface) {
        return joinGroup(multicastAddress, networkInterface, newPromise());
    }

    @Override
    public ChannelFuture joinGroup(InetSocketAddress multicastAddress, NetworkInterface networkInterface,
                                   ChannelPromise promise) {
        return joinGroup(multicastAddress.getAddress(), networkInterface, null, promise);
    }

    @Override
    public ChannelFuture joinGroup(InetAddress multicastAddress, NetworkInterface networkInterface,
                                   InetAddress source) {
        return joinGroup(multicastAddress, networkInterface, source, newPromise());
    }

    /**
     * Joins a group on an interface, for one source or ({@code null}) for all. A source of IPv6 needs
     * {@code MCAST_JOIN_SOURCE_GROUP}, which Wine lacks.
     */
    @Override
    public ChannelFuture joinGroup(InetAddress multicastAddress, NetworkInterface networkInterface, InetAddress source,
                                   ChannelPromise promise) {
        checkNotNull(multicastAddress, "multicastAddress");
        checkNotNull(networkInterface, "networkInterface");
        return change(multicast::join, multicastAddress, networkInterface, source, promise);
    }

    @Override
    public ChannelFuture leaveGroup(InetAddress multicastAddress) {
        return leaveGroup(multicastAddress, newPromise());
    }

    @Override
    public ChannelFuture leaveGroup(InetAddress multicastAddress, ChannelPromise promise) {
        checkNotNull(multicastAddress, "multicastAddress");
        return changeByDefault(multicast::leave, multicastAddress, null, promise);
    }

    @Override
    public ChannelFuture leaveGroup(InetSocketAddress multicastAddress, NetworkInterface networkInterface) {
        return leaveGroup(multicastAddress, networkInterface, newPromise());
    }

    @Override
    public ChannelFuture leaveGroup(InetSocketAddress multicastAddress, NetworkInterface networkInterface,
                                    ChannelPromise promise) {
        return leaveGroup(multicastAddress.getAddress(), networkInterface, null, promise);
    }

    @Override
    public ChannelFuture leaveGroup(InetAddress multicastAddress, NetworkInterface networkInterface,
                                    InetAddress source) {
        return leaveGroup(multicastAddress, networkInterface, source, newPromise());
    }

    @Override
    public ChannelFuture leaveGroup(InetAddress multicastAddress, NetworkInterface networkInterface, InetAddress source,
                                    ChannelPromise promise) {
        checkNotNull(multicastAddress, "multicastAddress");
        checkNotNull(networkInterface, "networkInterface");
        return change(multicast::leave, multicastAddress, networkInterface, source, promise);
    }

    @Override
    public ChannelFuture block(InetAddress multicastAddress, NetworkInterface networkInterface,
                               InetAddress sourceToBlock) {
        return block(multicastAddress, networkInterface, sourceToBlock, newPromise());
    }

    /** Takes no more from one source, of a group that was joined for all. */
    @Override
    public ChannelFuture block(InetAddress multicastAddress, NetworkInterface networkInterface,
                               InetAddress sourceToBlock, ChannelPromise promise) {
        checkNotNull(multicastAddress, "multicastAddress");
        checkNotNull(networkInterface, "networkInterface");
        checkNotNull(sourceToBlock, "sourceToBlock");
        return change(multicast::block, multicastAddress, networkInterface, sourceToBlock, promise);
    }

    @Override
    public ChannelFuture block(InetAddress multicastAddress, InetAddress sourceToBlock) {
        return block(multicastAddress, sourceToBlock, newPromise());
    }

    @Override
    public ChannelFuture block(InetAddress multicastAddress, InetAddress sourceToBlock, ChannelPromise promise) {
        checkNotNull(multicastAddress, "multicastAddress");
        checkNotNull(sourceToBlock, "sourceToBlock");
        return changeByDefault(multicast::block, multicastAddress, sourceToBlock, promise);
    }
}
