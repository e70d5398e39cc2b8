/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;

import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * One production channel of a random program: does what the dice say in every callback, and knows what must be true of
 * what it sees.
 */
abstract class ChannelOracle extends ChannelDuplexHandler {

    private static final int MAX_ACTIONS = 200;
    private static final long SHORTEST_CLOSE_TIMEOUT_NANOS = 500_000_000L;
    private static final long CLOSE_LIMIT_NANOS = 5_000_000_000L;

    final SimulatedKernel kernel;
    final Dice dice;
    final String name;
    final LifeCycle life;
    private final RandomProgram program;
    private final Channel channel;
    private ChannelHandlerContext context;
    private int actions;
    private boolean closeRequested;
    private boolean closedForcibly;
    private boolean closedUnregistered;
    private boolean closeTold;
    private boolean reregistering;
    private boolean timerRunning;
    /** What is behind the channel's handle, which it may have closed since. */
    private SimulatedHandle object;

    ChannelOracle(RandomProgram program, String name, Channel channel) {
        this.program = program;
        this.name = name;
        this.channel = channel;
        kernel = program.kernel();
        dice = program.dice();
        life = new LifeCycle(kernel, name);
        channel.closeFuture().addListener(future -> {
            kernel.log("%s is closed", name);
            closeTold = true;
            if (!life.isRegistered() || reregistering) {
                closedUnregistered = true;
            }
        });
    }

    // ---- what differs

    /** The present value of the channel's handle; {@code 0} or less if it has none. */
    abstract long handle();

    /** Writes some more, if there is more. */
    abstract void writeSome();

    /** Picks something that a handler may do and does it; {@code false} if there is nothing. */
    abstract boolean actAtRandom(String where);

    /** How many writes have no outcome. */
    abstract int openWrites();

    /** The outcomes of writes would be told on a loop that is no more. */
    abstract void forgetWrites();

    /** Whether a close may take longer than its time. */
    boolean mayCloseSlowly() {
        return false;
    }

    /** Whether a close may fail so. */
    boolean mayFailToClose(Throwable cause) {
        return false;
    }

    // ---- what it knows

    /** A future of this channel that must have an outcome at the end. */
    final ChannelFuture promised(String what, ChannelFuture future) {
        return program.promised(what + " of " + name, future);
    }

    /** Registers it. A manual loop that is ending can lose what it is given then. */
    final ChannelFuture register(EventLoop loop) {
        boolean ending = loop.isShuttingDown();
        ChannelFuture future = loop.register(channel);
        return ending ? future : promised("a registration", future);
    }

    final void fail(String what) {
        kernel.failed(new SimulationError(name + ": " + what));
    }

    final void fail(String what, Throwable cause) {
        kernel.failed(new SimulationError(name + ": " + what + ' ' + cause, cause));
    }

    final boolean isCloseRequested() {
        return closeRequested;
    }

    /** From now on it may close by itself. */
    final void expectClose() {
        closeRequested = true;
    }

    final boolean isClosedForcibly() {
        return closedForcibly;
    }

    final boolean isReregistering() {
        return reregistering;
    }

    final boolean isClosed() {
        return channel.closeFuture().isDone();
    }

    /** Whether it has a loop, and nobody has begun to end it. */
    final boolean isAtWork() {
        return channel.isOpen() && channel.isActive() && channel.isRegistered() && !reregistering && !closeRequested;
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
        kernel.log("%s registered", name);
        life.registered();
        lookBehindTheHandle();
        ctx.fireChannelRegistered();
        act("channelRegistered");
    }

    @Override
    public void channelUnregistered(ChannelHandlerContext ctx) {
        kernel.log("%s unregistered", name);
        life.unregistered();
        checkNothingInFlight();
        act("channelUnregistered");
        ctx.fireChannelUnregistered();
    }

    /** The channel may have got its handle; some get it by a connect. */
    final void lookBehindTheHandle() {
        SimulatedHandle present = kernel.behind(handle());
        if (present != null) {
            object = present;
        }
    }

    /**
     * A channel that leaves its loop has nothing in flight there, unless its user forced it to, or Windows has not
     * given an operation back in the time that a close has.
     */
    private void checkNothingInFlight() {
        if (object == null || closedForcibly) {
            return;
        }
        List<SimulatedOperation> inFlight = kernel.inFlightSince(object, kernel.schedule().now()
                - SHORTEST_CLOSE_TIMEOUT_NANOS);
        if (!inFlight.isEmpty()) {
            fail("channelUnregistered with operations in flight: " + inFlight);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        kernel.log("%s inactive", name);
        life.inactive(closeRequested);
        if (channel.isActive() || channel.isOpen()) {
            fail("channelInactive of a channel that is open");
        }
        act("channelInactive");
        ctx.fireChannelInactive();
    }

    @Override
    public void read(ChannelHandlerContext ctx) {
        life.readRequested();
        life.userCall(ctx::read);
    }

    // ---- buffers

    /** These bytes, in a buffer of some kind. */
    final ByteBuf buffer(byte[] bytes) {
        kernel.faults().suspend();
        try {
            switch (dice.below(8)) {
                case 0:
                    return heap(bytes, 0, bytes.length);
                case 1:
                    return direct(bytes, 0, bytes.length).asReadOnly();
                case 2:
                    return composite(bytes);
                case 3:
                    ByteBuf buffer = direct(bytes, 0, bytes.length);
                    ByteBuf slice = buffer.readRetainedSlice(bytes.length);
                    buffer.release();
                    return slice;
                default:
                    return direct(bytes, 0, bytes.length);
            }
        } finally {
            kernel.faults().resume();
        }
    }

    private ByteBuf heap(byte[] bytes, int offset, int length) {
        return program.allocator().heapBuffer(Math.max(1, length)).writeBytes(bytes, offset, length);
    }

    private ByteBuf direct(byte[] bytes, int offset, int length) {
        return program.allocator().directBuffer(Math.max(1, length)).writeBytes(bytes, offset, length);
    }

    private ByteBuf composite(byte[] bytes) {
        CompositeByteBuf composite = program.allocator().compositeDirectBuffer(64);
        int parts = dice.between(1, 20);
        for (int i = 0; i < parts; i++) {
            int from = (int) ((long) bytes.length * i / parts);
            int to = (int) ((long) bytes.length * (i + 1) / parts);
            composite.addComponent(true, dice.below(4) == 0 ? heap(bytes, from, to - from)
                    : direct(bytes, from, to - from));
        }
        return composite;
    }

    // ---- what the dice say

    /** Perhaps does something, be it wise or not. */
    void act(String where) {
        if (!program.isQuiet() && actions <= MAX_ACTIONS && dice.chance(program.wildness()) && actAtRandom(where)) {
            actions++;
        }
    }

    /** From now on writes, reads and acts now and then by itself. */
    final void startTimer() {
        if (!timerRunning) {
            timerRunning = true;
            schedule(dice.nanosBetween(100_000, 50_000_000));
        }
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
            if (dice.chance(0.5)) {
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
        schedule(dice.nanosBetween(1_000_000, 200_000_000));
    }

    final void throwException(String where) {
        throw new TestException(where);
    }

    final void autoReadOff() {
        if (channel.config().isAutoRead()) {
            // Takes back what was asked for.
            life.readNoLongerRequested();
        }
        channel.config().setAutoRead(false);
    }

    final void writeInATask() {
        channel.eventLoop().execute(() -> {
            if (channel.isRegistered()) {
                writeSome();
            }
        });
    }

    final void closeLater() {
        channel.eventLoop().schedule((Runnable) this::close, dice.nanosBetween(1_000, 500_000_000),
                TimeUnit.NANOSECONDS);
    }

    /** What Netty does when it can't do better; only {@code close()} tells the handlers and the promises. */
    void closeForcibly() {
        closeRequested = true;
        closedForcibly = true;
        channel.unsafe().closeForcibly();
        channel.eventLoop().execute(this::close);
    }

    final void close() {
        watchClose(channel::close);
    }

    final void watchClose(Supplier<ChannelFuture> close) {
        closeRequested = true;
        long start = kernel.schedule().now();
        boolean maySlowly = mayCloseSlowly();
        long refused = kernel.faults().injected(Faults.Kind.POST_REFUSED);
        promised("a close", close.get()).addListener(done -> {
            long nanos = kernel.schedule().now() - start;
            // A loop that was not woken doesn't know of the close.
            boolean asleep = kernel.faults().injected(Faults.Kind.POST_REFUSED) > refused;
            if (nanos > CLOSE_LIMIT_NANOS && !maySlowly && !mayCloseSlowly() && !asleep) {
                fail("a close took " + nanos / 1_000_000 + " ms");
            }
            if (!done.isSuccess() && !mayFailToClose(done.cause())) {
                fail("a close fails by", done.cause());
            }
        });
    }

    final void reregister() {
        if (reregistering || !channel.isRegistered() || !channel.isOpen()) {
            // A deregistration inside the close itself makes Netty forget channelInactive.
            return;
        }
        reregistering = true;
        var loop = channel.eventLoop();
        promised("a deregistration", channel.deregister()).addListener(done -> {
            kernel.log("%s is deregistered", name);
            Runnable again = () -> {
                if (channel.isOpen() && !channel.isRegistered() && !program.isShuttingDown()) {
                    register(loop).addListener(registered -> {
                        reregistering = false;
                        if (registered.isSuccess()) {
                            writeSome();
                        }
                    });
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

    // ---- the end

    /** A channel that was deregistered and not registered again belongs to no loop: its user closes it, anywhere. */
    final void closeUnregistered() {
        if (!isClosed() && !channel.isRegistered()) {
            closedForcibly = true;
            channel.unsafe().close(channel.voidPromise());
            forgetWrites();
        }
    }

    void checkAtEnd() {
        // Netty tells the end of a close that lingers, and fails what was to be written, by a task of a loop that may
        // have ended meanwhile, on NIO too.
        if (closeTold || !isClosed() || !program.isOutlived()) {
            life.ended(closedUnregistered || reregistering || closedForcibly);
            if (openWrites() > 0) {
                fail(openWrites() + " writes have no outcome");
            }
        } else {
            kernel.leavesWhatWasToBeWritten();
        }
        if (!isClosed() && !closedForcibly) {
            fail("was not closed");
        }
        if (channel.isActive()) {
            fail("is active although it was closed");
        }
    }
}
