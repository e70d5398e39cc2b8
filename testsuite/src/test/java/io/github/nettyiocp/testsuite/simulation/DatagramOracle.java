/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.channel.IocpDatagramChannel;
import io.github.nettyiocp.channel.TruncatedDatagramException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultAddressedEnvelope;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.ReferenceCountUtil;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Knows a channel of datagrams. What receives got is delivered in this order, once and whole; what sends gave to the
 * network is what was written, in this order, once.
 */
final class DatagramOracle extends ChannelOracle {

    /** What a handler may do. */
    enum Action {
        WRITE, CONNECT, DISCONNECT, CLOSE, CLOSE_LATER, CLOSE_FORCIBLY, AUTO_READ_OFF, AUTO_READ_ON, READ, REREGISTER,
        EXECUTE, THROW
    }

    final IocpDatagramChannel channel;
    private final DatagramProgram program;
    private final SimulatedDatagramSocket socket;
    /** {@code null} in programs without. */
    private final GroupOracle groups;
    private final int toWrite;
    private final List<Write> writes = new ArrayList<>();
    private final ArrayDeque<Write> open = new ArrayDeque<>();
    private final Set<InetSocketAddress> connectedTo = new HashSet<>();
    private final Set<InetSocketAddress> emptyOnes = new HashSet<>();
    private int handedOut;

    private static final class Write {
        private final byte[] bytes;
        /** {@code null} for the peer of the moment when it is sent. */
        private final InetSocketAddress to;
        /** May be refused without a fault. */
        private final boolean risky;
        private boolean done;
        private boolean success;

        private Write(byte[] bytes, InetSocketAddress to, boolean risky) {
            this.bytes = bytes;
            this.to = to;
            this.risky = risky;
        }
    }

    DatagramOracle(DatagramProgram program, String name, IocpDatagramChannel channel) {
        super(program, name, channel);
        this.program = program;
        this.channel = channel;
        socket = kernel.datagramsBehind(channel.socket());
        groups = program.hasGroups() ? new GroupOracle(kernel, dice, name, channel, socket) : null;
        toWrite = dice.sizeBetween(1, 300);
    }

    // ---- events

    @Override
    long handle() {
        return channel.socket();
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        kernel.log("%s active", name);
        life.active();
        ctx.fireChannelActive();
        writeSome();
        act("channelActive");
        startTimer();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (!isCloseRequested() && !program.isShuttingDown() && kernel.faults().failures() == 0) {
            fail("the channel closed itself");
        }
        super.channelInactive(ctx);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        life.read(channel.config().isAutoRead());
        DatagramPacket packet = (DatagramPacket) message;
        try {
            byte[] bytes = ByteBufUtil.getBytes(packet.content());
            handedOut(packet.sender(), bytes, false);
            if (channel.isConnected() && !packet.sender().equals(channel.remoteAddress())) {
                fail("hears " + packet.sender() + " although it is connected to " + channel.remoteAddress());
            }
            if (packet.recipient().getPort() != channel.localAddress().getPort()) {
                fail("a datagram for " + packet.recipient() + " at " + channel.localAddress());
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
        if (!program.isQuiet() && dice.chance(0.1)) {
            write(packet.sender());
            channel.flush();
        }
        act("channelRead");
    }

    /** The next outcome of a receive is told. */
    private void handedOut(InetSocketAddress from, byte[] bytes, boolean truncated) {
        List<SimulatedDatagramSocket.Handed> handed = socket.handed();
        while (handedOut < handed.size()) {
            SimulatedDatagramSocket.Handed next = handed.get(handedOut++);
            if (next.truncated() == truncated && next.from().equals(from)
                    && (truncated || Arrays.equals(next.bytes(), bytes))) {
                return;
            }
            if (!mayBeDropped(next)) {
                fail("got a datagram from " + from + " before another from " + next.from());
                return;
            }
        }
        fail("got a datagram from " + from + " that no receive got");
    }

    /** A connected channel hears its peer only. */
    private boolean mayBeDropped(SimulatedDatagramSocket.Handed datagram) {
        return connectedTo.stream().anyMatch(peer -> !peer.equals(datagram.from()));
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        life.readComplete(channel.config().isAutoRead());
        act("channelReadComplete");
        ctx.fireChannelReadComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        act("channelWritabilityChanged");
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        kernel.log("%s exception: %s", name, cause.getClass().getSimpleName());
        if (cause instanceof TruncatedDatagramException) {
            handedOut(((TruncatedDatagramException) cause).sender(), null, true);
        } else if (cause instanceof PortUnreachableException) {
            if (!channel.isConnected()) {
                fail("is told of a port without listener, although it is not connected");
            }
        } else if (!(cause instanceof TestException) && !program.isFailureOfFaults(cause)) {
            fail("exceptionCaught", cause);
        }
        if (!channel.isOpen() && !(cause instanceof TestException)) {
            fail("exceptionCaught " + cause + " of a channel that is closed");
        }
        act("exceptionCaught");
    }

    // ---- writing

    @Override
    void writeSome() {
        for (int i = dice.sizeBetween(1, 20); i > 0 && writes.size() < toWrite && !isCloseRequested(); i--) {
            write(program.pickRecipient());
        }
        channel.flush();
    }

    private void write(InetSocketAddress target) {
        boolean wrongFamily = socket.family != io.github.nettyiocp.internal.WinConst.AF_INET6
                && target.getAddress() instanceof java.net.Inet6Address;
        boolean byDefault = channel.isConnected() && dice.chance(0.7);
        byte[] bytes = !byDefault && dice.chance(0.05) && emptyOnes.add(target) ? new byte[0] : program.nextContent();
        Write write = new Write(bytes, byDefault ? null : target, wrongFamily || byDefault
                || bytes.length > SimulatedDatagrams.MAX_SIZE
                || target.getAddress().equals(SimulatedDatagrams.BROADCAST)
                || target.getAddress().equals(SimulatedNetwork.NETWORK_UNREACHABLE)
                || isOnLoopback() != target.getAddress().isLoopbackAddress());
        writes.add(write);
        open.add(write);
        ByteBuf content = buffer(bytes);
        Object message = byDefault ? content : dice.chance(0.2) ? new DefaultAddressedEnvelope<>(content, target)
                : new DatagramPacket(content, target);
        ChannelPromise promise = channel.newPromise();
        promise.addListener(future -> written(write, (ChannelFuture) future));
        channel.write(message, promise);
    }

    private boolean isOnLoopback() {
        InetSocketAddress local = channel.localAddress();
        return local != null && local.getAddress().isLoopbackAddress();
    }

    private void written(Write write, ChannelFuture future) {
        if (write.done) {
            fail("a promise completes twice");
        }
        write.done = true;
        write.success = future.isSuccess();
        if (write.success) {
            if (open.peek() != write) {
                fail("promises complete out of order");
            }
            if (socket.accepted().stream().noneMatch(accepted -> isOf(accepted, write))) {
                fail("a promise succeeds before Windows took the datagram");
            }
        } else {
            checkFailure(write, future.cause());
        }
        open.remove(write);
        act("write promise");
    }

    private void checkFailure(Write write, Throwable cause) {
        boolean legal = cause instanceof ClosedChannelException || cause instanceof NotYetConnectedException
                || cause instanceof AlreadyConnectedException
                || (cause instanceof IOException || cause instanceof UnsupportedAddressTypeException) && write.risky
                || program.isFailureOfFaults(cause);
        if (!legal) {
            fail("a write fails by", cause);
        }
        if (!isCloseRequested() && channel.isOpen() && !program.isShuttingDown()
                && socket.accepted().stream().anyMatch(accepted -> !accepted.failed() && isOf(accepted, write))) {
            fail("a write fails by " + cause + " although Windows took the datagram");
        }
    }

    private static boolean isOf(SimulatedDatagramSocket.Accepted accepted, Write write) {
        return (write.to == null || accepted.to().equals(write.to)) && Arrays.equals(accepted.bytes(), write.bytes);
    }

    // ---- what the dice say

    @Override
    void act(String where) {
        if (groups != null && !program.isQuiet() && channel.isOpen() && dice.chance(0.1)) {
            groups.change();
        }
        super.act(where);
    }

    @Override
    boolean actAtRandom(String where) {
        Action action = program.pickAction();
        if (action == null || (action == Action.CONNECT || action == Action.REREGISTER) && !life.wasActive()) {
            // While Netty's own registration is not over, it would tell a second time that the channel is active.
            return false;
        }
        kernel.log("%s: %s in %s", name, action, where);
        switch (action) {
            case WRITE:
                writeSome();
                break;
            case CONNECT:
                connect(program.pickTarget());
                break;
            case DISCONNECT:
                life.userCall(() -> promised("a disconnect", channel.disconnect()));
                break;
            case CLOSE:
                close();
                break;
            case CLOSE_LATER:
                closeLater();
                break;
            case CLOSE_FORCIBLY:
                closeForcibly();
                break;
            case AUTO_READ_OFF:
                autoReadOff();
                break;
            case AUTO_READ_ON:
                channel.config().setAutoRead(true);
                break;
            case READ:
                channel.read();
                break;
            case REREGISTER:
                reregister();
                break;
            case EXECUTE:
                writeInATask();
                break;
            default:
                throwException(where);
        }
        return true;
    }

    void connect(InetSocketAddress to) {
        if (!channel.isRegistered()) {
            return;
        }
        boolean already = channel.isConnected();
        connectedTo.add(to);
        ChannelFuture[] future = new ChannelFuture[1];
        life.userCall(() -> future[0] = promised("a connect", channel.connect(to)));
        future[0].addListener(done -> {
            kernel.log("%s: connect %s", name, done.isSuccess() ? "ok" : done.cause().toString());
            if (!done.isSuccess() && !already && !(done.cause() instanceof IllegalStateException)) {
                // As with NIO, whose channel closes.
                expectClose();
            }
        });
    }

    // ---- what must be true when nothing moves any more

    void checkQuiet() {
        if (!isAtWork() || !socket.isBound()) {
            return;
        }
        life.still();
        if (!open.isEmpty()) {
            fail("stalled: " + open.size() + " writes have no outcome");
        }
        List<SimulatedDatagramSocket.Handed> handed = socket.handed();
        boolean wantsData = channel.config().isAutoRead() || life.isReadRequested();
        if (wantsData && handed.subList(handedOut, handed.size()).stream().anyMatch(next -> !mayBeDropped(next))) {
            fail("stalled: " + (handed.size() - handedOut) + " datagrams that came are not delivered");
        }
        // What failed waits for its turn.
        boolean receivesFailed = kernel.faults().injected(Faults.Kind.RECEIVE_FAILS_AT_ONCE) > 0
                || kernel.faults().injected(Faults.Kind.RECEIVE_FAILS_LATER) > 0;
        if (channel.config().isAutoRead() && socket.postedReceives() < (receivesFailed ? 1
                : channel.config().getPostedReceives())) {
            fail("stalled: " + socket.postedReceives() + " receives are posted of "
                    + channel.config().getPostedReceives());
        }
    }

    @Override
    int openWrites() {
        return open.size();
    }

    @Override
    void forgetWrites() {
        open.clear();
    }

    @Override
    void checkAtEnd() {
        super.checkAtEnd();
        // What was sent is what was written, in this order, each at most once.
        int written = 0;
        for (SimulatedDatagramSocket.Accepted accepted : socket.accepted()) {
            while (written < writes.size() && !isOf(accepted, writes.get(written))) {
                if (writes.get(written).success) {
                    fail("a datagram is missing that was said to be sent");
                }
                written++;
            }
            if (written++ >= writes.size()) {
                fail("a datagram was sent twice, out of order, or was never written: to " + accepted.to());
                return;
            }
        }
    }
}
