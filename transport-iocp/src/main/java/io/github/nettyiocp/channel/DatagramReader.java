/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.Overlapped;
import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.ObjectKind;
import io.github.nettyiocp.internal.Operation;
import io.github.nettyiocp.internal.SocketAddresses;
import io.github.nettyiocp.internal.StatusTable;
import io.github.nettyiocp.internal.WinError;
import io.netty.buffer.ByteBuf;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.UncheckedBooleanSupplier;

import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * The receives of a datagram channel: posts them while the channel is bound, keeps their outcomes until a read is
 * pending, and hands them out in the order of posting. Owns the buffers of the receives. Used on the loop.
 */
final class DatagramReader {

    private static final long BACK_OFF_MILLIS = 1000;
    /** Receives that fail one after another, without one that succeeds, before the next waits. */
    private static final int MAX_FAILURES = 64;

    private final IocpDatagramChannel channel;
    private final WinSocket socket;
    private final List<Receive> receives = new ArrayList<>();
    /** The receives that the kernel has or whose outcomes were not handed out, in the order of posting. */
    private final ArrayDeque<Receive> posted = new ArrayDeque<>();
    private final ArrayDeque<Receive> idle = new ArrayDeque<>();
    private final Runnable handOut = this::handOut;
    private boolean readPending;
    private boolean handOutScheduled;
    private boolean handingOut;
    private boolean backingOff;
    private boolean outOfBuffers;
    private int failures;

    DatagramReader(IocpDatagramChannel channel, WinSocket socket) {
        this.channel = channel;
        this.socket = socket;
    }

    // ---- posting

    /** The channel was registered, and is active. */
    void start() {
        post();
        if (readPending) {
            scheduleHandOut();
        }
    }

    void read() {
        readPending = true;
        if (!handingOut) {
            scheduleHandOut();
            post();
        }
    }

    void clearReadPending() {
        readPending = false;
    }

    @SuppressWarnings("deprecation")
    private RecvByteBufAllocator.Handle recvBufAllocHandle() {
        return channel.unsafe().recvBufAllocHandle();
    }

    /** Posts all receives that are idle. */
    void post() {
        if (!channel.isBound() || channel.isEnding() || channel.binding() == null || backingOff || outOfBuffers) {
            return;
        }
        try {
            for (int i = receives.size(); i < channel.config().getPostedReceives(); i++) {
                Receive receive = new Receive();
                receives.add(receive);
                idle.add(receive);
            }
            if (!idle.isEmpty()) {
                recvBufAllocHandle().reset(channel.config());
            }
            while (!idle.isEmpty()) {
                Receive receive = idle.peek();
                receive.allocate();
                idle.remove();
                posted.add(receive);
                receive.operation.submit();
            }
        } catch (Throwable cause) {
            // No buffers: the channel ends, as it does with NIO.
            outOfBuffers = true;
            channel.closeFor(cause);
        }
    }

    // ---- outcomes

    /** Takes the outcome of a receive; {@code false} if the operation is none. */
    boolean completed(Overlapped operation) {
        // Outcomes come in the order of the calls, so the first one that is looked at is nearly always the one.
        for (Receive receive : posted) {
            if (receive.operation == operation) {
                received(receive);
                return true;
            }
        }
        return false;
    }

    private void received(Receive receive) {
        if (channel.isClosing()) {
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
            handOutWhatWasBehind();
        }
    }

    /** What is kept can be the first one now. */
    private void handOutWhatWasBehind() {
        if (readPending) {
            scheduleHandOut();
        }
    }

    private boolean isWorthTelling(Receive receive, int status) {
        if (NtStatus.isSuccess(status) || isTruncated(status)) {
            failures = 0;
            return !receive.isOfOthers();
        }
        if (isUnreachable(status)) {
            return channel.isConnected();
        }
        int error = StatusTable.errorOf(ObjectKind.DATAGRAM, status);
        if (error == WinError.ERROR_OPERATION_ABORTED && channel.isEnding()) {
            // Our own cancel, of a deregistration.
            return false;
        }
        if (++failures >= MAX_FAILURES) {
            failures = 0;
            backingOff = true;
            channel.eventLoop().schedule(() -> {
                backingOff = false;
                post();
            }, BACK_OFF_MILLIS, TimeUnit.MILLISECONDS);
        }
        // A lifetime that ended under way: it may be anybody's datagram, like an unreachable port.
        return error != WinError.ERROR_OPERATION_ABORTED
                && (channel.isConnected() || error != WinError.WSAENETRESET);
    }

    private static boolean isTruncated(int status) {
        return StatusTable.errorOf(ObjectKind.DATAGRAM, status) == WinError.WSAEMSGSIZE;
    }

    private static boolean isUnreachable(int status) {
        int error = StatusTable.errorOf(ObjectKind.DATAGRAM, status);
        return error == WinError.WSAECONNRESET || error == WinError.WSAECONNREFUSED;
    }

    // ---- handing out

    private boolean hasKept() {
        Receive first = posted.peek();
        return first != null && first.done;
    }

    /** After the round's packets, so that several datagrams make one read loop, and none starts inside read(). */
    private void scheduleHandOut() {
        if (!handOutScheduled && hasKept() && !channel.isEnding()) {
            handOutScheduled = true;
            channel.door().ready(handOut);
        }
    }

    private void handOut() {
        handOutScheduled = false;
        if (!readPending || channel.isEnding() || !hasKept()) {
            return;
        }
        var handle = recvBufAllocHandle();
        handle.reset(channel.config());
        boolean delivered = false;
        handingOut = true;
        try {
            do {
                delivered |= deliver(posted.peek(), handle);
            } while (hasKept() && !channel.isEnding() && continueReading(handle));
        } finally {
            handingOut = false;
        }
        if (delivered) {
            handle.readComplete();
        }
        post();
        if (delivered) {
            channel.pipeline().fireChannelReadComplete();
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
            channel.pipeline().fireChannelRead(new DatagramPacket(buffer.writerIndex(buffer.writerIndex() + bytes),
                    channel.localAddress(), sender));
            return true;
        }
        Throwable cause;
        if (isTruncated(status)) {
            cause = new TruncatedDatagramException(receive.sender(), receive.buffer.writableBytes());
        } else {
            cause = StatusTable.exception(channel.win32(), ObjectKind.DATAGRAM, Operation.READ, status,
                    channel.remoteAddress());
        }
        receive.drop();
        if (isUnreachable(status)) {
            // One answer fails all receives that are posted.
            while (hasKept() && isUnreachable(posted.peek().operation.status())) {
                posted.peek().drop();
            }
        }
        channel.pipeline().fireExceptionCaught(cause);
        return false;
    }

    // ---- dropping and the end

    /** Drops what others sent before the channel was connected: a connected channel hears its peer only. */
    void dropOthers() {
        drop(Receive::isOfOthers);
    }

    /** Drops what was told of ports without listener. */
    void dropUnreachable() {
        drop(receive -> isUnreachable(receive.operation.status()));
    }

    /** Drops all that is kept. */
    void dropAll() {
        drop(receive -> true);
    }

    private void drop(Predicate<Receive> which) {
        for (Receive receive : receives) {
            if (receive.done && which.test(receive)) {
                receive.drop();
            }
        }
        if (!handingOut) {
            post();
            handOutWhatWasBehind();
        }
    }

    void cancel() {
        for (Receive receive : receives) {
            receive.operation.cancel();
        }
    }

    /** The channel was closed. */
    void end() {
        dropAll();
        receives.forEach(Receive::end);
    }

    /** One posted {@code WSARecvFrom}: its buffer, and the memory of the sender's address. */
    private final class Receive extends DatagramSlot {

        private static final int FROM_LENGTH = Layout.SOCKADDR_STORAGE_SIZE;
        private static final int FLAGS = FROM_LENGTH + Integer.BYTES;
        private static final int SIZE = FLAGS + Integer.BYTES;

        /** Released here, in the outcome or when the outcome was handed out. */
        private ByteBuf buffer;
        /** The outcome waits for a read. */
        private boolean done;

        Receive() {
            super(channel, SIZE);
            operation.prepare(this::submit);
        }

        void allocate() {
            // A datagram that finds no room is lost.
            buffer = channel.writableByKernel(recvBufAllocHandle().allocate(channel.alloc()));
        }

        private int submit(long overlapped, long transferred) {
            long address = memory.memoryAddress();
            Memory.putInt(address + FROM_LENGTH, Layout.SOCKADDR_STORAGE_SIZE);
            Memory.putInt(address + FLAGS, 0);
            WsaBuffers buffers = WsaBuffers.ofThisThread().single(buffer.memoryAddress() + buffer.writerIndex(),
                    buffer.writableBytes());
            return channel.win32().wsaRecvFrom(socket.handle(), buffers.address(), 1, transferred, address + FLAGS,
                    address, address + FROM_LENGTH, overlapped);
        }

        InetSocketAddress sender() {
            return Memory.getInt(memory.memoryAddress() + FROM_LENGTH) == 0 ? channel.remoteAddress()
                    : SocketAddresses.read(memory.memoryAddress());
        }

        /** Whether it is a datagram that the connected channel is not to hear. */
        boolean isOfOthers() {
            InetSocketAddress peer = channel.remoteAddress();
            int status = operation.status();
            if (!channel.isConnected() || peer.getAddress().isMulticastAddress()
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
            idle.add(this);
            return taken;
        }

        void drop() {
            take().release();
        }
    }
}
