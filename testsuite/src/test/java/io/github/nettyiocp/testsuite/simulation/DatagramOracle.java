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
import io.netty.buffer.CompositeByteBuf;
import io.netty.channel.ChannelDuplexHandler;
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
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * One production channel of a random program about datagrams: does what the dice say in every callback, and knows what
 * must be true of what it sees. What receives got is delivered in this order, once and whole; what sends gave to the
 * network is what was written, in this order, once.
 */
final class DatagramOracle extends ChannelDuplexHandler {

    /** What a handler may do. */
    enum Action {
        WRITE, CONNECT, DISCONNECT, CLOSE, CLOSE_LATER, CLOSE_FORCIBLY, AUTO_READ_OFF, AUTO_READ_ON, READ, REREGISTER,
        EXECUTE, THROW
    }

    private static final int MAX_ACTIONS = 200;
    private static final long CLOSE_LIMIT_NANOS = 5_000_000_000L;

    final IocpDatagramChannel channel;
    final LifeCycle life;
    private final DatagramProgram program;
    private final SimulatedKernel kernel;
    private final SimulatedDatagramSocket socket;
    private final Dice dice;
    private final String name;
    /** {@code null} in programs without. */
    private final GroupOracle groups;
    private final int toWrite;
    private final List<Write> writes = new ArrayList<>();
    private final ArrayDeque<Write> open = new ArrayDeque<>();
    private final Set<InetSocketAddress> connectedTo = new HashSet<>();
    private final Set<InetSocketAddress> emptyOnes = new HashSet<>();
    private ChannelHandlerContext context;
    private int handedOut;
    private int actions;
    private boolean closeRequested;
    private boolean closedForcibly;
    private boolean closedUnregistered;
    private boolean reregistering;
    private boolean timerRunning;

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
        this.program = program;
        this.name = name;
        this.channel = channel;
        kernel = program.kernel();
        dice = program.dice();
        life = new LifeCycle(kernel, name);
        socket = kernel.datagramsBehind(channel.socket());
        groups = program.hasGroups() ? new GroupOracle(kernel, dice, name, channel, socket) : null;
        toWrite = dice.sizeBetween(1, 300);
        channel.closeFuture().addListener(future -> {
            kernel.log("%s is closed", name);
            if (!life.isRegistered() || reregistering) {
                closedUnregistered = true;
            }
        });
    }

    private void fail(String what) {
        kernel.failed(new SimulationError(name + ": " + what));
    }

    @Override
    public String toString() {
        return name;
    }

    // ---- events

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    @Override
    public void channelRegistered(ChannelHandlerContext ctx) {
        life.registered();
        ctx.fireChannelRegistered();
        act("channelRegistered");
    }

    @Override
    public void channelUnregistered(ChannelHandlerContext ctx) {
        life.unregistered();
        ctx.fireChannelUnregistered();
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        kernel.log("%s active", name);
        life.active();
        ctx.fireChannelActive();
        writeSome();
        act("channelActive");
        if (!timerRunning) {
            timerRunning = true;
            schedule(dice.nanosBetween(100_000, 50_000_000));
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        kernel.log("%s inactive", name);
        life.inactive(closeRequested);
        if (channel.isActive() || channel.isOpen()) {
            fail("channelInactive of a channel that is open");
        }
        if (!closeRequested && !program.isShuttingDown() && kernel.faults().failures() == 0) {
            fail("the channel closed itself");
        }
        act("channelInactive");
        ctx.fireChannelInactive();
    }

    @Override
    public void read(ChannelHandlerContext ctx) {
        life.readRequested();
        life.userCall(ctx::read);
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
            kernel.failed(new SimulationError(name + ": exceptionCaught " + cause, cause));
        }
        if (!channel.isOpen() && !(cause instanceof TestException)) {
            fail("exceptionCaught " + cause + " of a channel that is closed");
        }
        act("exceptionCaught");
    }

    // ---- writing

    private void writeSome() {
        for (int i = dice.sizeBetween(1, 20); i > 0 && writes.size() < toWrite && !closeRequested; i--) {
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
        ByteBuf content = content(bytes);
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

    private ByteBuf content(byte[] bytes) {
        kernel.faults().suspend();
        try {
            switch (dice.below(6)) {
                case 0:
                    return program.allocator().heapBuffer(Math.max(1, bytes.length)).writeBytes(bytes);
                case 1:
                    CompositeByteBuf composite = program.allocator().compositeDirectBuffer(64);
                    int parts = dice.between(1, 20);
                    for (int i = 0; i < parts; i++) {
                        int from = (int) ((long) bytes.length * i / parts);
                        int to = (int) ((long) bytes.length * (i + 1) / parts);
                        composite.addComponent(true, direct(bytes, from, to - from));
                    }
                    return composite;
                case 2:
                    return direct(bytes, 0, bytes.length).asReadOnly();
                default:
                    return direct(bytes, 0, bytes.length);
            }
        } finally {
            kernel.faults().resume();
        }
    }

    private ByteBuf direct(byte[] bytes, int from, int length) {
        return program.allocator().directBuffer(Math.max(1, length)).writeBytes(bytes, from, length);
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
            kernel.failed(new SimulationError(name + ": a write fails by " + cause, cause));
        }
        if (!closeRequested && channel.isOpen() && !program.isShuttingDown()
                && socket.accepted().stream().anyMatch(accepted -> !accepted.failed() && isOf(accepted, write))) {
            fail("a write fails by " + cause + " although Windows took the datagram");
        }
    }

    private static boolean isOf(SimulatedDatagramSocket.Accepted accepted, Write write) {
        return (write.to == null || accepted.to().equals(write.to)) && Arrays.equals(accepted.bytes(), write.bytes);
    }

    private void schedule(long nanos) {
        try {
            context.executor().schedule(this::tick, nanos, TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            timerRunning = false;
        }
    }

    private void tick() {
        if (!channel.isOpen() || program.isQuiet()) {
            timerRunning = false;
            return;
        }
        if (!channel.config().isAutoRead() && dice.chance(0.3)) {
            if (dice.chance(0.3)) {
                channel.config().setAutoRead(true);
            } else {
                channel.read();
            }
        }
        if (channel.isRegistered()) {
            writeSome();
        }
        try {
            act("timer");
        } catch (TestException e) {
            // A task of the user may throw; Netty logs it, which is not of interest here.
            kernel.log("%s: a task throws", name);
        }
        schedule(dice.nanosBetween(100_000, 200_000_000));
    }

    // ---- what the dice say

    private void act(String where) {
        if (groups != null && !program.isQuiet() && channel.isOpen() && dice.chance(0.1)) {
            groups.change();
        }
        Action action = program.isQuiet() || actions > MAX_ACTIONS || !dice.chance(program.wildness()) ? null
                : program.pickAction();
        if (action == null || (action == Action.CONNECT || action == Action.REREGISTER) && !life.wasActive()) {
            // While Netty's own registration is not over, it would tell a second time that the channel is active.
            return;
        }
        actions++;
        kernel.log("%s: %s in %s", name, action, where);
        switch (action) {
            case WRITE:
                writeSome();
                break;
            case CONNECT:
                connect(program.pickTarget());
                break;
            case DISCONNECT:
                life.userCall(channel::disconnect);
                break;
            case CLOSE:
                close();
                break;
            case CLOSE_LATER:
                channel.eventLoop().schedule((Runnable) this::close, dice.nanosBetween(1_000, 500_000_000),
                        TimeUnit.NANOSECONDS);
                break;
            case CLOSE_FORCIBLY:
                closeRequested = true;
                closedForcibly = true;
                channel.unsafe().closeForcibly();
                channel.eventLoop().execute(this::close);
                break;
            case AUTO_READ_OFF:
                if (channel.config().isAutoRead()) {
                    life.readNoLongerRequested();
                }
                channel.config().setAutoRead(false);
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
                channel.eventLoop().execute(() -> {
                    if (channel.isRegistered()) {
                        writeSome();
                    }
                });
                break;
            default:
                throw new TestException(where);
        }
    }

    void connect(InetSocketAddress to) {
        if (!channel.isRegistered()) {
            return;
        }
        boolean already = channel.isConnected();
        connectedTo.add(to);
        ChannelFuture[] future = new ChannelFuture[1];
        life.userCall(() -> future[0] = channel.connect(to));
        future[0].addListener(done -> {
            kernel.log("%s: connect %s", name, done.isSuccess() ? "ok" : done.cause().toString());
            if (!done.isSuccess() && !already && !(done.cause() instanceof IllegalStateException)) {
                // As with NIO, whose channel closes.
                closeRequested = true;
            }
        });
    }

    void close() {
        closeRequested = true;
        long start = kernel.schedule().now();
        long refused = kernel.faults().injected(Faults.Kind.POST_REFUSED);
        channel.close().addListener(done -> {
            long nanos = kernel.schedule().now() - start;
            // A loop that was not woken doesn't know of the close.
            if (nanos > CLOSE_LIMIT_NANOS && kernel.faults().injected(Faults.Kind.POST_REFUSED) == refused) {
                fail("a close took " + nanos / 1_000_000 + " ms");
            }
            if (!done.isSuccess()) {
                kernel.failed(new SimulationError(name + ": a close fails by " + done.cause(), done.cause()));
            }
        });
    }

    private void reregister() {
        if (reregistering || !channel.isRegistered() || !channel.isOpen()) {
            // A deregistration inside the close itself makes Netty forget channelInactive.
            return;
        }
        reregistering = true;
        var loop = channel.eventLoop();
        channel.deregister().addListener(done -> {
            Runnable again = () -> {
                if (channel.isOpen() && !channel.isRegistered() && !program.isShuttingDown()) {
                    loop.register(channel).addListener(registered -> reregistering = false);
                } else {
                    reregistering = channel.isOpen();
                }
            };
            if (dice.chance(0.5)) {
                loop.execute(again);
            } else {
                loop.schedule(again, dice.nanosBetween(1000, 50_000_000), TimeUnit.NANOSECONDS);
            }
        });
    }

    // ---- what must be true when nothing moves any more

    void checkQuiet() {
        if (!channel.isOpen() || !channel.isActive() || !channel.isRegistered() || reregistering || closeRequested
                || !socket.isBound()) {
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

    /** A channel that was deregistered and not registered again belongs to no loop: its user closes it, anywhere. */
    void closeUnregistered() {
        if (!isClosed() && !channel.isRegistered()) {
            closedForcibly = true;
            channel.unsafe().close(channel.voidPromise());
            // Their outcomes would be told on a loop that is no more.
            open.clear();
        }
    }

    void checkAtEnd() {
        life.ended(closedUnregistered || reregistering || closedForcibly);
        if (!open.isEmpty()) {
            fail(open.size() + " writes have no outcome");
        }
        if (!isClosed() && !closedForcibly) {
            fail("was not closed");
        }
        if (channel.isActive()) {
            fail("is active although it was closed");
        }
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

    boolean isClosed() {
        return channel.closeFuture().isDone();
    }
}
