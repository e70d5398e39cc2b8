/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.Overlapped;
import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.ObjectKind;
import io.github.nettyiocp.internal.Operation;
import io.github.nettyiocp.internal.SocketAddresses;
import io.github.nettyiocp.internal.StatusTable;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.DefaultAddressedEnvelope;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.internal.StringUtil;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetConnectedException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The sends of a datagram channel: one for each datagram, in the order of the writes. What Windows takes at once is
 * removed from the outbound buffer at once; where it does not, the next waits for the outcome. A datagram in flight is
 * retained by its operation. Used on the loop.
 */
final class DatagramWriter {

    private static final String EXPECTED_TYPES = " (expected: " + StringUtil.simpleClassName(DatagramPacket.class)
            + ", " + StringUtil.simpleClassName(AddressedEnvelope.class) + '<'
            + StringUtil.simpleClassName(ByteBuf.class) + ", " + StringUtil.simpleClassName(InetSocketAddress.class)
            + ">, " + StringUtil.simpleClassName(ByteBuf.class) + ')';

    /** Datagrams that were taken by Windows and whose packets were not dequeued yet. */
    private static final int MAX_SENDS = 16;

    private final IocpDatagramChannel channel;
    private final WinSocket socket;
    private final List<Send> sends = new ArrayList<>();
    private final ArrayDeque<Send> sending = new ArrayDeque<>();
    private final ArrayDeque<Send> idle = new ArrayDeque<>();
    /** The send whose datagram is still the first of {@link #pendingFrom}. */
    private Send pendingSend;
    private ChannelOutboundBuffer pendingFrom;
    private boolean waitsForSend;
    private boolean flushScheduled;
    private final Runnable flushAgain = this::flushAgain;

    DatagramWriter(IocpDatagramChannel channel, WinSocket socket) {
        this.channel = channel;
        this.socket = socket;
    }

    // ---- messages

    /** The message, or one that the kernel can read in its place. */
    Object accept(Object message) {
        if (message instanceof DatagramPacket) {
            DatagramPacket packet = (DatagramPacket) message;
            checkRecipient(packet.recipient());
            return channel.isReadableByKernel(packet.content()) ? packet
                    : moved(packet, packet.replace(channel.directCopy(packet.content())));
        }
        if (message instanceof ByteBuf) {
            ByteBuf buffer = (ByteBuf) message;
            return channel.isReadableByKernel(buffer) ? buffer : moved(buffer, channel.directCopy(buffer));
        }
        if (message instanceof AddressedEnvelope && ((AddressedEnvelope<?, ?>) message).content() instanceof ByteBuf) {
            AddressedEnvelope<?, ?> envelope = (AddressedEnvelope<?, ?>) message;
            ByteBuf content = (ByteBuf) envelope.content();
            SocketAddress recipient = envelope.recipient();
            checkRecipient(recipient);
            if (channel.isReadableByKernel(content)) {
                return envelope;
            }
            ByteBuf copy = channel.directCopy(content);
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

    // ---- sending

    /** Whether a flush may send now; otherwise one follows. */
    boolean isReady() {
        return !flushScheduled && pendingSend == null;
    }

    /** Sends what was flushed, at most so many datagrams before others of the loop have their turn. */
    void write(ChannelOutboundBuffer outbound, int maxMessages) {
        for (int left = maxMessages; left > 0; left--) {
            Object message = outbound.current();
            if (message == null || channel.isEnding()) {
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
        boolean connected = channel.isConnected();
        if (recipient == null && !connected) {
            throw new NotYetConnectedException();
        }
        if (recipient != null && connected) {
            if (!recipient.equals(channel.remoteAddress())) {
                throw new AlreadyConnectedException();
            }
            recipient = null;
        }
        channel.ensureBound();
        Send send = idle.poll();
        if (send == null) {
            send = new Send();
            sends.add(send);
        }
        return send.start(data, recipient);
    }

    /** Takes the outcome of a send. */
    void completed(Overlapped operation) {
        for (Send send : sending) {
            if (send.operation == operation) {
                sent(send);
                return;
            }
        }
    }

    private void sent(Send send) {
        sending.remove(send);
        idle.add(send);
        if (send == pendingSend) {
            pendingSend = null;
            ChannelOutboundBuffer outbound = pendingFrom;
            pendingFrom = null;
            if (outbound == channel.unsafe().outboundBuffer()) {
                int status = send.operation.status();
                if (NtStatus.isSuccess(status)) {
                    outbound.remove();
                } else {
                    // What completes after our own close means nothing.
                    outbound.remove(channel.isOpen() ? send.exception(status) : new ClosedChannelException());
                }
            }
        }
        if (channel.isClosing()) {
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
            channel.door().ready(flushAgain);
        }
    }

    private void flushAgain() {
        flushScheduled = false;
        if (!channel.isEnding()) {
            channel.flushNow();
        }
    }

    /** The channel was closed. */
    void end() {
        sends.forEach(Send::end);
    }

    /** One {@code WSASendTo}: the memory of the recipient's address. */
    private final class Send extends DatagramSlot {

        private int nameLength;

        Send() {
            super(channel, Layout.SOCKADDR_IN6_SIZE);
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
                (ended ? idle : sending).add(this);
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
                    ? channel.win32().wsaSend(socket.handle(), buffers.address(), buffers.count(), transferred, 0,
                            overlapped)
                    : channel.win32().wsaSendTo(socket.handle(), buffers.address(), buffers.count(), transferred, 0,
                            memory.memoryAddress(), nameLength, overlapped);
        }

        IOException exception(int status) {
            InetSocketAddress recipient = nameLength == 0 ? channel.remoteAddress()
                    : SocketAddresses.read(memory.memoryAddress());
            return StatusTable.exception(channel.win32(), ObjectKind.DATAGRAM, Operation.WRITE, status, recipient);
        }
    }
}
