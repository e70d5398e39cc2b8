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
import io.github.nettyiocp.internal.Win32Access;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultAddressedEnvelope;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.UncheckedBooleanSupplier;
import io.netty.util.internal.StringUtil;
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
import java.nio.channels.NotYetConnectedException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

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
    private static final String EXPECTED_TYPES = " (expected: " + StringUtil.simpleClassName(DatagramPacket.class)
            + ", " + StringUtil.simpleClassName(AddressedEnvelope.class) + '<'
            + StringUtil.simpleClassName(ByteBuf.class) + ", " + StringUtil.simpleClassName(InetSocketAddress.class)
            + ">, " + StringUtil.simpleClassName(ByteBuf.class) + ')';

    /** Datagrams that were taken by Windows and whose packets were not dequeued yet. */
    private static final int MAX_SENDS = 16;
    private static final long BACK_OFF_MILLIS = 1000;
    /** Receives that fail one after another, without one that succeeds, before the next waits. */
    private static final int MAX_FAILURES = 64;

    private final WinSocket socket;
    private final IocpDatagramChannelConfig config;
    private final Multicast multicast;
    private volatile boolean connected;
    private boolean bound;

    private final List<Receive> receives = new ArrayList<>();
    /** The receives that the kernel has or whose outcomes were not handed out, in the order of posting. */
    private final ArrayDeque<Receive> posted = new ArrayDeque<>();
    private final ArrayDeque<Receive> idleReceives = new ArrayDeque<>();
    private final Runnable handOut = this::handOut;
    private boolean readPending;
    private boolean handOutScheduled;
    private boolean handingOut;
    private boolean backingOff;
    private boolean outOfBuffers;
    private int failures;

    private final List<Send> sends = new ArrayList<>();
    private final ArrayDeque<Send> sending = new ArrayDeque<>();
    private final ArrayDeque<Send> idleSends = new ArrayDeque<>();
    /** The send whose datagram is still the first of {@link #pendingFrom}. */
    private Send pendingSend;
    private ChannelOutboundBuffer pendingFrom;
    private boolean waitsForSend;
    private boolean flushScheduled;
    private final Runnable flushAgain = this::flushAgain;

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
        post();
    }

    /** Winsock binds a socket by its first send or its connect, but doesn't tell the address before. */
    private void ensureBound() throws Exception {
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
        dropKept(Receive::isOfOthers);
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
            dropKept(receive -> isUnreachable(receive.operation.status()));
        }
    }

    // ---- reading

    @Override
    void startReading() {
        post();
        if (readPending) {
            scheduleHandOut();
        }
        ((DatagramUnsafe) unsafe()).flush0();
    }

    @Override
    protected void doBeginRead() {
        readPending = true;
        if (!handingOut) {
            scheduleHandOut();
            post();
        }
    }

    /** AutoRead was switched off. */
    void clearReadPending() {
        if (!isRegistered() || eventLoop().inEventLoop()) {
            readPending = false;
        } else {
            eventLoop().execute(() -> readPending = false);
        }
    }

    @SuppressWarnings("deprecation")
    private RecvByteBufAllocator.Handle recvBufAllocHandle() {
        return unsafe().recvBufAllocHandle();
    }

    /** Posts all receives that are idle. */
    private void post() {
        if (!bound || isEnding() || binding() == null || backingOff || outOfBuffers) {
            return;
        }
        try {
            for (int i = receives.size(); i < config.getPostedReceives(); i++) {
                Receive receive = new Receive();
                receives.add(receive);
                idleReceives.add(receive);
            }
            if (!idleReceives.isEmpty()) {
                recvBufAllocHandle().reset(config);
            }
            while (!idleReceives.isEmpty()) {
                Receive receive = idleReceives.peek();
                receive.allocate();
                idleReceives.remove();
                posted.add(receive);
                receive.operation.submit();
            }
        } catch (Throwable cause) {
            // No buffers: the channel ends, as it does with NIO.
            outOfBuffers = true;
            closeFor(cause);
        }
    }

    @Override
    void completed(Overlapped operation) {
        // Outcomes come in the order of the calls, so the first one that is looked at is nearly always the one.
        for (Receive receive : posted) {
            if (receive.operation == operation) {
                received(receive);
                return;
            }
        }
        for (Send send : sending) {
            if (send.operation == operation) {
                sent(send);
                return;
            }
        }
    }

    private void received(Receive receive) {
        if (isClosing()) {
            // What completes after our own close means nothing.
            receive.drop();
            receive.freeIfIdle();
            return;
        }
        int status = receive.operation.status();
        if (isWorthTelling(receive, status)) {
            receive.done = true;
            if (readPending) {
                scheduleHandOut();
            }
        } else {
            receive.drop();
            post();
        }
    }

    private boolean isWorthTelling(Receive receive, int status) {
        if (NtStatus.isSuccess(status) || isTruncated(status)) {
            failures = 0;
            return !receive.isOfOthers();
        }
        if (isUnreachable(status)) {
            return connected;
        }
        int error = StatusTable.errorOf(ObjectKind.DATAGRAM, status);
        if (error == WinError.ERROR_OPERATION_ABORTED && isEnding()) {
            // Our own cancel, of a deregistration.
            return false;
        }
        if (++failures >= MAX_FAILURES) {
            failures = 0;
            backingOff = true;
            eventLoop().schedule(() -> {
                backingOff = false;
                post();
            }, BACK_OFF_MILLIS, TimeUnit.MILLISECONDS);
        }
        // A lifetime that ended under way: it may be anybody's datagram, like an unreachable port.
        return error != WinError.ERROR_OPERATION_ABORTED && (connected || error != WinError.WSAENETRESET);
    }

    private static boolean isTruncated(int status) {
        return StatusTable.errorOf(ObjectKind.DATAGRAM, status) == WinError.WSAEMSGSIZE;
    }

    private static boolean isUnreachable(int status) {
        int error = StatusTable.errorOf(ObjectKind.DATAGRAM, status);
        return error == WinError.WSAECONNRESET || error == WinError.WSAECONNREFUSED;
    }

    private boolean hasKept() {
        Receive first = posted.peek();
        return first != null && first.done;
    }

    /** After the round's packets, so that several datagrams make one read loop, and none starts inside read(). */
    private void scheduleHandOut() {
        if (!handOutScheduled && hasKept() && !isEnding()) {
            handOutScheduled = true;
            door().ready(handOut);
        }
    }

    private void handOut() {
        handOutScheduled = false;
        if (!readPending || isEnding() || !hasKept()) {
            return;
        }
        var handle = recvBufAllocHandle();
        handle.reset(config);
        boolean delivered = false;
        handingOut = true;
        try {
            do {
                delivered |= deliver(posted.peek(), handle);
            } while (hasKept() && !isEnding() && continueReading(handle));
        } finally {
            handingOut = false;
        }
        if (delivered) {
            handle.readComplete();
        }
        post();
        if (delivered) {
            pipeline().fireChannelReadComplete();
        }
        if (readPending) {
            scheduleHandOut();
        }
    }

    @SuppressWarnings("deprecation")
    private static boolean continueReading(RecvByteBufAllocator.Handle handle) {
        // That a datagram is smaller than its buffer says nothing about whether there are more.
        return handle instanceof RecvByteBufAllocator.ExtendedHandle
                ? ((RecvByteBufAllocator.ExtendedHandle) handle).continueReading(UncheckedBooleanSupplier.TRUE_SUPPLIER)
                : handle.continueReading();
    }

    /** Hands the outcome of the first receive out; {@code true} if it was a datagram, {@code false} for an error. */
    @SuppressWarnings("deprecation")
    private boolean deliver(Receive receive, RecvByteBufAllocator.Handle handle) {
        int status = receive.operation.status();
        if (NtStatus.isSuccess(status)) {
            InetSocketAddress sender = receive.sender();
            ByteBuf buffer = receive.take();
            int bytes = receive.operation.transferred();
            handle.attemptedBytesRead(buffer.writableBytes());
            handle.lastBytesRead(bytes);
            handle.incMessagesRead(1);
            readPending = false;
            pipeline().fireChannelRead(new DatagramPacket(buffer.writerIndex(buffer.writerIndex() + bytes),
                    localAddress(), sender));
            return true;
        }
        Throwable cause;
        if (isTruncated(status)) {
            cause = new TruncatedDatagramException(receive.sender(), receive.buffer.writableBytes());
        } else {
            cause = StatusTable.exception(win32(), ObjectKind.DATAGRAM, Operation.READ, status, remoteAddress());
        }
        receive.drop();
        if (isUnreachable(status)) {
            // One answer fails all receives that are posted.
            while (hasKept() && isUnreachable(posted.peek().operation.status())) {
                posted.peek().drop();
            }
        }
        pipeline().fireExceptionCaught(cause);
        return false;
    }

    // ---- writing

    @Override
    protected Object filterOutboundMessage(Object message) {
        if (message instanceof DatagramPacket) {
            DatagramPacket packet = (DatagramPacket) message;
            checkRecipient(packet.recipient());
            return isReadableByKernel(packet.content()) ? packet
                    : moved(packet, packet.replace(directCopy(packet.content())));
        }
        if (message instanceof ByteBuf) {
            ByteBuf buffer = (ByteBuf) message;
            return isReadableByKernel(buffer) ? buffer : moved(buffer, directCopy(buffer));
        }
        if (message instanceof AddressedEnvelope && ((AddressedEnvelope<?, ?>) message).content() instanceof ByteBuf) {
            AddressedEnvelope<?, ?> envelope = (AddressedEnvelope<?, ?>) message;
            ByteBuf content = (ByteBuf) envelope.content();
            SocketAddress recipient = envelope.recipient();
            checkRecipient(recipient);
            if (isReadableByKernel(content)) {
                return envelope;
            }
            ByteBuf copy = directCopy(content);
            return moved(envelope, recipient == null ? copy : new DefaultAddressedEnvelope<>(copy, recipient));
        }
        throw new UnsupportedOperationException(
                "unsupported message type: " + StringUtil.simpleClassName(message) + EXPECTED_TYPES);
    }

    private static void checkRecipient(SocketAddress recipient) {
        if (recipient != null) {
            IocpSocketChannel.checkType(recipient);
        }
    }

    private static Object moved(Object original, Object copy) {
        ReferenceCountUtil.safeRelease(original);
        return copy;
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer outbound) {
        for (int left = maxMessagesPerWrite(); left > 0; left--) {
            Object message = outbound.current();
            if (message == null || isEnding()) {
                return;
            }
            if (sending.size() == MAX_SENDS) {
                // Their packets are on the way.
                waitsForSend = true;
                return;
            }
            try {
                if (!send(message)) {
                    pendingFrom = outbound;
                    waitsForSend = true;
                    return;
                }
            } catch (Throwable cause) {
                // About this datagram: the next may go elsewhere.
                outbound.remove(cause);
                continue;
            }
            outbound.remove();
        }
        if (outbound.current() != null) {
            scheduleFlush();
        }
    }

    /** Sends one datagram; {@code false} if the outcome comes later. */
    private boolean send(Object message) throws Exception {
        ByteBuf data;
        InetSocketAddress recipient = null;
        if (message instanceof ByteBuf) {
            data = (ByteBuf) message;
        } else {
            data = (ByteBuf) ((AddressedEnvelope<?, ?>) message).content();
            recipient = (InetSocketAddress) ((AddressedEnvelope<?, ?>) message).recipient();
        }
        if (recipient == null && !connected) {
            throw new NotYetConnectedException();
        }
        if (recipient != null && connected) {
            if (!recipient.equals(remoteAddress())) {
                throw new AlreadyConnectedException();
            }
            recipient = null;
        }
        ensureBound();
        Send send = idleSends.poll();
        if (send == null) {
            send = new Send();
            sends.add(send);
        }
        return send.start(data, recipient);
    }

    private void sent(Send send) {
        sending.remove(send);
        idleSends.add(send);
        if (send == pendingSend) {
            pendingSend = null;
            ChannelOutboundBuffer outbound = pendingFrom;
            pendingFrom = null;
            if (outbound == unsafe().outboundBuffer()) {
                int status = send.operation.status();
                if (NtStatus.isSuccess(status)) {
                    outbound.remove();
                } else {
                    // What completes after our own close means nothing.
                    outbound.remove(isOpen() ? send.exception(status) : new ClosedChannelException());
                }
            }
        }
        if (isClosing()) {
            send.freeIfIdle();
        } else if (waitsForSend && pendingSend == null) {
            waitsForSend = false;
            scheduleFlush();
        }
    }

    /** After the round's packets, so that all sends that ended are used, and others of this loop have their turn. */
    private void scheduleFlush() {
        if (!flushScheduled) {
            flushScheduled = true;
            door().ready(flushAgain);
        }
    }

    private void flushAgain() {
        flushScheduled = false;
        if (!isEnding()) {
            ((DatagramUnsafe) unsafe()).flush0();
        }
    }

    // ---- the end

    @Override
    void cancelWaiting() {
        // Sends end by themselves, and what was flushed is to go out.
        for (Receive receive : receives) {
            receive.operation.cancel();
        }
    }

    @Override
    void closing(Throwable cause) {
        dropKept(receive -> true);
    }

    private void dropKept(Predicate<Receive> which) {
        for (Receive receive : receives) {
            if (receive.done && which.test(receive)) {
                receive.drop();
            }
        }
        if (!handingOut) {
            post();
        }
    }

    @Override
    void closeUnbound() {
        socket.close();
    }

    @Override
    protected void doClose() throws Exception {
        super.doClose();
        dropKept(receive -> true);
        receives.forEach(Receive::end);
        sends.forEach(Send::end);
    }

    /** An operation and memory for an address, which the kernel has until the outcome. */
    private abstract class Slot {

        final Overlapped operation;
        final ByteBuf memory;
        private boolean ended;

        Slot(int size) {
            memory = alloc().directBuffer(size);
            Overlapped taken = null;
            try {
                taken = binding().overlapped();
            } finally {
                if (taken == null) {
                    memory.release();
                }
            }
            operation = taken;
        }

        /** The channel was closed. */
        final void end() {
            ended = true;
            freeIfIdle();
        }

        final void freeIfIdle() {
            if (ended && !operation.isInFlight() && memory.refCnt() > 0) {
                memory.release();
            }
        }
    }

    /** One posted {@code WSARecvFrom}: its buffer, and the memory of the sender's address. */
    private final class Receive extends Slot {

        private static final int FROM_LENGTH = Layout.SOCKADDR_STORAGE_SIZE;
        private static final int FLAGS = FROM_LENGTH + Integer.BYTES;
        private static final int SIZE = FLAGS + Integer.BYTES;

        /** Released here, in the outcome or when the outcome was handed out. */
        ByteBuf buffer;
        /** The outcome waits for a read. */
        boolean done;

        Receive() {
            super(SIZE);
            operation.prepare(this::submit);
        }

        void allocate() {
            // A datagram that finds no room is lost.
            buffer = writableByKernel(recvBufAllocHandle().allocate(alloc()));
        }

        private int submit(long overlapped, long transferred) {
            long address = memory.memoryAddress();
            Memory.putInt(address + FROM_LENGTH, Layout.SOCKADDR_STORAGE_SIZE);
            Memory.putInt(address + FLAGS, 0);
            WsaBuffers buffers = WsaBuffers.ofThisThread().single(buffer.memoryAddress() + buffer.writerIndex(),
                    buffer.writableBytes());
            return win32().wsaRecvFrom(socket.handle(), buffers.address(), 1, transferred, address + FLAGS, address,
                    address + FROM_LENGTH, overlapped);
        }

        InetSocketAddress sender() {
            return Memory.getInt(memory.memoryAddress() + FROM_LENGTH) == 0 ? remoteAddress()
                    : SocketAddresses.read(memory.memoryAddress());
        }

        /** Whether it is a datagram that the connected channel is not to hear. */
        boolean isOfOthers() {
            InetSocketAddress peer = remoteAddress();
            int status = operation.status();
            if (!connected || peer.getAddress().isMulticastAddress()
                    || !NtStatus.isSuccess(status) && !isTruncated(status)) {
                return false;
            }
            InetSocketAddress sender = sender();
            return sender != null && !sender.equals(peer);
        }

        /** Gives the buffer away, and the receive can be posted again. */
        ByteBuf take() {
            ByteBuf taken = buffer;
            buffer = null;
            done = false;
            posted.remove(this);
            idleReceives.add(this);
            return taken;
        }

        void drop() {
            take().release();
        }
    }

    /** One {@code WSASendTo}: the memory of the recipient's address. */
    private final class Send extends Slot {

        private int nameLength;

        Send() {
            super(Layout.SOCKADDR_IN6_SIZE);
            operation.sends().prepare(this::submit);
        }

        /** Starts the send; {@code false} if the outcome comes later. A failure at once is an exception. */
        boolean start(ByteBuf data, InetSocketAddress recipient) throws IOException {
            boolean ended = true;
            WsaBuffers buffers = WsaBuffers.ofThisThread();
            buffers.clear(Long.MAX_VALUE);
            try {
                nameLength = recipient == null ? 0
                        : SocketAddresses.write(memory.memoryAddress(), socket.family(), recipient);
                buffers.processMessage(data);
                if (buffers.count() == 0) {
                    buffers.single(0, 0);
                }
                ended = operation.retain(data).start();
            } finally {
                buffers.forget();
                (ended ? idleSends : sending).add(this);
            }
            if (ended) {
                if (!NtStatus.isSuccess(operation.status())) {
                    throw exception(operation.status());
                }
                return true;
            }
            if (operation.isSuccessPending()) {
                // Windows has taken the datagram; only the packet is still to come.
                return true;
            }
            pendingSend = this;
            return false;
        }

        private int submit(long overlapped, long transferred) {
            WsaBuffers buffers = WsaBuffers.ofThisThread();
            return nameLength == 0
                    ? win32().wsaSend(socket.handle(), buffers.address(), buffers.count(), transferred, 0, overlapped)
                    : win32().wsaSendTo(socket.handle(), buffers.address(), buffers.count(), transferred, 0,
                            memory.memoryAddress(), nameLength, overlapped);
        }

        IOException exception(int status) {
            InetSocketAddress recipient = nameLength == 0 ? remoteAddress()
                    : SocketAddresses.read(memory.memoryAddress());
            return StatusTable.exception(win32(), ObjectKind.DATAGRAM, Operation.WRITE, status, recipient);
        }
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
            if (!flushScheduled && pendingSend == null && !isEnding()) {
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
