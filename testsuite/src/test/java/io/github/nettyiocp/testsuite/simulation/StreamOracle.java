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
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelOutputShutdownException;
import io.netty.util.ReferenceCountUtil;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * One production channel of a random program that carries a stream: does what the dice say in every callback, and knows
 * what must be true of what it sees. What is sent follows from a key that both ends know, the direction and the
 * position.
 */
abstract class StreamOracle extends ChannelDuplexHandler {

    private static final int FLUSH_EVERY = 4;
    private static final int MAX_ACTIONS = 200;
    private static final long CLOSE_LIMIT_NANOS = 5_000_000_000L;

    private final StreamProgram<?> program;
    private final Channel channel;
    final SimulatedKernel kernel;
    final Dice dice;
    final String name;
    final boolean client;
    final LifeCycle life;
    private final int toSend;
    private final int maxChunk;
    private final ArrayDeque<Write> writes = new ArrayDeque<>();
    private int key;
    private long quietDelivered;
    private long queued;
    private long acknowledged;
    private int actions;
    private int numbers;
    private int firstFailure = Integer.MAX_VALUE;
    private boolean writeFailed;
    private boolean closeRequested;
    private boolean reregistering;
    private boolean closedUnregistered;
    private boolean closeTold;
    private boolean exceptionSeen;
    private boolean timerRunning;
    private ChannelHandlerContext context;
    /** The stream was ended by the user, or shall be. */
    boolean ended;
    boolean inputShutdownRequested;
    boolean closedForcibly;

    StreamOracle(StreamProgram<?> program, String name, boolean client, Channel channel) {
        this.program = program;
        this.name = name;
        this.client = client;
        this.channel = channel;
        kernel = program.kernel();
        dice = program.dice();
        life = new LifeCycle(kernel, name);
        drawEnding();
        toSend = dice.chance(0.1) ? 0 : program.sendsFiles() ? dice.between(1, program.maxBytes())
                : dice.sizeBetween(1, program.maxBytes());
        maxChunk = dice.sizeBetween(16, 40_000);
        channel.closeFuture().addListener(future -> {
            kernel.log("%s is closed", name);
            closeTold = true;
            if (!life.isRegistered() || reregistering) {
                closedUnregistered = true;
            }
        });
    }

    // ---- what differs

    /** Throws the dice for how the stream ends; called by the constructor. */
    abstract void drawEnding();

    /** Does what {@link #drawEnding} said, when everything was sent. */
    abstract void end();

    /** Whether nothing more will happen, although the channel is open. */
    abstract boolean isOverThough();

    /** The channel is active: the key of the connection, {@code 0} if it can't be known. */
    abstract int connected();

    /** Whether Windows knows a connection, or has known one. */
    abstract boolean hasConnection();

    /** Whether the connection is no more, so that operations may fail. */
    abstract boolean isBroken();

    /** The bytes that Windows has given to receives. */
    abstract long totalTaken();

    /** The bytes that Windows has taken over from writes. */
    abstract long totalAccepted();

    /** Sends so many bytes of the stream, from where it is; the position may be moved on by a message that is none. */
    abstract Object message(int length);

    /** Checks what was read. */
    abstract void read(Object message);

    /** The bytes that were read. */
    abstract long delivered();

    /** Picks something that a handler may do and does it; {@code false} if there is nothing. */
    abstract boolean actAtRandom(String where);

    /** Whether an outcome of this kind may be. */
    abstract boolean isLegal(Throwable cause);

    /** When nothing has moved for a while, and all that came was delivered or isn't wanted. */
    abstract void checkStill(boolean wantsData);

    /** Whether a close may take longer than its time. */
    boolean mayCloseSlowly() {
        return false;
    }

    /** How much of the stream the next write has. */
    int nextLength(int most) {
        return dice.chance(0.05) ? 0 : Math.min(most, dice.sizeBetween(1, maxChunk));
    }

    final void fail(String what) {
        kernel.failed(new SimulationError(name + ": " + what));
    }

    final int key() {
        return key;
    }

    final long queued() {
        return queued;
    }

    final long acknowledged() {
        return acknowledged;
    }

    final boolean isCloseRequested() {
        return closeRequested;
    }

    final boolean hasWriteFailed() {
        return writeFailed;
    }

    final boolean hasWrites() {
        return !writes.isEmpty();
    }

    final boolean isExceptionSeen() {
        return exceptionSeen;
    }

    final boolean isReregistering() {
        return reregistering;
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
        ctx.fireChannelRegistered();
        act("channelRegistered");
    }

    @Override
    public void channelUnregistered(ChannelHandlerContext ctx) {
        kernel.log("%s unregistered", name);
        life.unregistered();
        ctx.fireChannelUnregistered();
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        kernel.log("%s active", name);
        life.active();
        if (channel.localAddress() == null || channel.remoteAddress() == null) {
            fail("channelActive without addresses");
            return;
        }
        key = connected();
        ctx.fireChannelActive();
        pump();
        act("channelActive");
        startTimer();
    }

    @Override
    public void read(ChannelHandlerContext ctx) {
        life.readRequested();
        life.userCall(ctx::read);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        life.read(channel.config().isAutoRead());
        try {
            read(message);
        } finally {
            ReferenceCountUtil.release(message);
        }
        act("channelRead");
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        kernel.log("%s read complete", name);
        life.readComplete(channel.config().isAutoRead());
        pump();
        act("channelReadComplete");
        ctx.fireChannelReadComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        pump();
        act("channelWritabilityChanged");
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        kernel.log("%s: %s", name, event.getClass().getSimpleName());
        life.userEvent(event);
        if (event == ChannelInputShutdownEvent.INSTANCE) {
            checkEnd("ChannelInputShutdownEvent");
        }
        act("userEventTriggered");
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        kernel.log("%s inactive", name);
        life.inactive(closeRequested);
        if (channel.isActive() || channel.isOpen()) {
            fail("channelInactive of a channel that is open");
        }
        checkEnd("channelInactive");
        act("channelInactive");
        ctx.fireChannelInactive();
    }

    /** Everything that receives took must have been delivered by now, unless the user wanted no more. */
    private void checkEnd(String event) {
        if (hasConnection() && !closeRequested && !inputShutdownRequested && !writeFailed && !program.isShuttingDown()
                && delivered() != totalTaken()) {
            fail(event + " after " + delivered() + " bytes were delivered of " + totalTaken() + " that had come");
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        kernel.log("%s exception: %s", name, cause.getClass().getSimpleName());
        exceptionSeen = true;
        if (!(cause instanceof TestException) && !isLegal(cause)) {
            kernel.failed(new SimulationError(name + ": exceptionCaught " + cause, cause));
        }
        act("exceptionCaught");
    }

    /** What is legal on any stream. */
    final boolean isLegalAnywhere(Throwable cause) {
        if (cause instanceof AssertionError && cause.getStackTrace().length > 0
                && cause.getStackTrace()[0].getClassName().equals("io.netty.channel.ChannelOutboundBuffer")) {
            // Netty's own, in any transport: who ends the output within a write promise empties the buffer that is at
            // work.
            return true;
        }
        if (cause instanceof OutOfMemoryError) {
            return kernel.faults().injected(Faults.Kind.ALLOCATION_FAILS) > 0
                    || kernel.faults().injected(Faults.Kind.COMMIT_FAILS) > 0;
        }
        if (cause instanceof RejectedExecutionException) {
            return kernel.faults().injected(Faults.Kind.EXECUTOR_REFUSES) > 0 || program.isShuttingDown();
        }
        if (cause instanceof ChannelOutputShutdownException) {
            // Netty's answer to what is no IOException, too.
            return ended || closedForcibly || cause.getCause() != null && isLegal(cause.getCause());
        }
        return cause instanceof IOException && (hasConnection() && isBroken() || kernel.faults().failures() > 0
                || cause instanceof ClosedChannelException);
    }

    // ---- writing

    final void pump() {
        for (int i = 0; i < FLUSH_EVERY && !ended && !writeFailed && channel.isActive() && queued < toSend
                && channel.isWritable(); i++) {
            write();
        }
        flush();
        endIfSent();
    }

    /** What waits for the connect would fail if it was flushed before. */
    final void flush() {
        if (life.wasActive() || writes.isEmpty()) {
            channel.flush();
        }
    }

    final void write() {
        if (key == 0 || writeFailed || ended) {
            return;
        }
        int most = (int) Math.max(0, toSend - queued);
        Object file = program.sendsFiles() && dice.chance(0.5) ? otherMessage(most) : null;
        int length = file == null ? nextLength(most) : most;
        Write write = new Write(length, numbers++);
        Object message = file == null ? message(length) : file;
        queued += length;
        writes.add(write);
        ChannelPromise promise = channel.newPromise();
        promise.addListener(future -> written(write, (ChannelFuture) future));
        if (dice.below(FLUSH_EVERY) == 0) {
            channel.writeAndFlush(message, promise);
        } else {
            channel.write(message, promise);
        }
    }

    /** Writes before there is a connection; its key is known. */
    final void writeBefore(int keyOfConnection) {
        key = keyOfConnection;
        for (int i = dice.between(1, 5); i > 0 && queued < toSend; i--) {
            int length = (int) Math.min(toSend - queued, dice.sizeBetween(1, maxChunk));
            Write write = new Write(length, numbers++);
            ByteBuf message = direct(Pattern.bytes(key, client, queued, length), 0, length);
            queued += length;
            writes.add(write);
            channel.write(message).addListener(future -> written(write, (ChannelFuture) future));
        }
    }

    /** The next bytes of the stream, in a buffer of some kind. */
    final Object buffer(int length) {
        byte[] bytes = Pattern.bytes(key, client, queued, length);
        switch (dice.below(8)) {
            case 0:
                return program.allocator().heapBuffer(Math.max(1, length)).writeBytes(bytes);
            case 1:
                return direct(bytes, 0, length).asReadOnly();
            case 2: {
                CompositeByteBuf composite = program.allocator().compositeDirectBuffer(64);
                int parts = dice.between(1, 20);
                for (int i = 0; i < parts; i++) {
                    int from = (int) ((long) length * i / parts);
                    int to = (int) ((long) length * (i + 1) / parts);
                    composite.addComponent(true, dice.below(4) == 0
                            ? program.allocator().heapBuffer(Math.max(1, to - from)).writeBytes(bytes, from, to - from)
                            : direct(bytes, from, to - from));
                }
                return composite;
            }
            case 3: {
                ByteBuf buffer = direct(bytes, 0, length);
                return buffer.readRetainedSlice(length).touch(release(buffer));
            }
            case 4:
                Object other = otherMessage(length);
                return other != null ? other : direct(bytes, 0, length);
            default:
                return direct(bytes, 0, length);
        }
    }

    /** The next bytes of the stream in what is no buffer; {@code null} if there is nothing of that kind. */
    Object otherMessage(int length) {
        return null;
    }

    private static Object release(ByteBuf buffer) {
        buffer.release();
        return null;
    }

    private ByteBuf direct(byte[] bytes, int offset, int length) {
        kernel.faults().suspend();
        try {
            return program.allocator().directBuffer(Math.max(1, length)).writeBytes(bytes, offset, length);
        } finally {
            kernel.faults().resume();
        }
    }

    private void written(Write write, ChannelFuture future) {
        boolean first = write == writes.peek();
        // A message that is refused fails at once, before those that wait.
        writes.remove(write);
        if (future.isSuccess()) {
            if (!first) {
                fail("promises complete out of order");
            }
            if (write.number > firstFailure) {
                fail("a write succeeds after one that failed");
            }
            acknowledged += write.length;
            if (hasConnection() && totalAccepted() < acknowledged) {
                fail("a promise succeeds before Windows took the bytes: " + totalAccepted() + " of " + acknowledged);
            }
            endIfSent();
        } else {
            writeFailed = true;
            firstFailure = Math.min(firstFailure, write.number);
            if (!isLegal(future.cause())) {
                kernel.failed(new SimulationError(name + ": a write fails by " + future.cause(), future.cause()));
            }
        }
        act("write promise");
    }

    private void endIfSent() {
        if (ended || queued < toSend || !writes.isEmpty() || !channel.isActive()) {
            return;
        }
        ended = true;
        kernel.log("%s has sent %d bytes and ends", name, queued);
        end();
    }

    private void startTimer() {
        if (timerRunning) {
            return;
        }
        timerRunning = true;
        schedule(dice.nanosBetween(100_000, 50_000_000));
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
        pump();
        try {
            act("timer");
        } catch (TestException e) {
            // A task of the user may throw; Netty logs it, which is not of interest here.
            kernel.log("%s: a task throws", name);
        }
        schedule(dice.nanosBetween(1_000_000, 200_000_000));
    }

    // ---- what the dice say

    /** Perhaps does something, be it wise or not. */
    final void act(String where) {
        if (!program.isQuiet() && actions <= MAX_ACTIONS && dice.chance(program.wildness()) && actAtRandom(where)) {
            actions++;
        }
    }

    final void throwException(String where) {
        throw new TestException(where);
    }

    final void closeLater() {
        channel.eventLoop().schedule((Runnable) this::close, dice.nanosBetween(1_000, 500_000_000),
                TimeUnit.NANOSECONDS);
    }

    final void autoReadOff() {
        if (channel.config().isAutoRead()) {
            // Takes back what was asked for.
            life.readNoLongerRequested();
        }
        channel.config().setAutoRead(false);
    }

    final void pumpInATask() {
        channel.eventLoop().execute(() -> {
            if (channel.isRegistered()) {
                pump();
            }
        });
    }

    /** What Netty does when it can't do better; only {@code close()} tells the handlers and the promises. */
    final void closeForcibly() {
        closeRequested = true;
        closedForcibly = true;
        program.abortsAreExpected();
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
        ChannelFuture future = close.get();
        future.addListener(done -> {
            long nanos = kernel.schedule().now() - start;
            // A loop that was not woken doesn't know of the close.
            boolean asleep = kernel.faults().injected(Faults.Kind.POST_REFUSED) > refused;
            if (nanos > CLOSE_LIMIT_NANOS && !maySlowly && !mayCloseSlowly() && !asleep) {
                fail("a close took " + nanos / 1_000_000 + " ms");
            }
            // A refused task of a lingering close fails it.
            if (!done.isSuccess() && !isLegal(done.cause())) {
                kernel.failed(new SimulationError(name + ": a close fails by " + done.cause(), done.cause()));
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
        channel.deregister().addListener(done -> {
            kernel.log("%s is deregistered", name);
            Runnable again = () -> {
                if (channel.isOpen() && !channel.isRegistered() && !program.isShuttingDown()) {
                    loop.register(channel).addListener(registered -> {
                        reregistering = false;
                        if (registered.isSuccess()) {
                            pump();
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

    // ---- what must be true when nothing moves any more

    final void beginQuiet() {
        quietDelivered = delivered();
    }

    final void checkQuiet() {
        if (!hasConnection() || !channel.isOpen() || !channel.isActive() || !channel.isRegistered() || reregistering
                || closeRequested) {
            return;
        }
        if (delivered() != quietDelivered) {
            // Slow, but not still.
            return;
        }
        life.still();
        checkStill(channel.config().isAutoRead() || life.isReadRequested());
    }

    /** A channel that was deregistered and not registered again belongs to no loop: its user closes it, anywhere. */
    final void closeUnregistered() {
        if (!isClosed() && !channel.isRegistered()) {
            closedForcibly = true;
            channel.unsafe().close(channel.voidPromise());
            // Their outcomes would be told on a loop that is no more.
            writes.clear();
        }
    }

    void checkAtEnd() {
        // Netty tells the end of a close that lingers to a loop that may have ended meanwhile, on NIO too.
        if (closeTold || !isClosed() || !program.isOutlived()) {
            life.ended(closedUnregistered || reregistering || closedForcibly);
        }
        if (!writes.isEmpty()) {
            fail(writes.size() + " writes have no outcome");
        }
        if (!isClosed() && !closedForcibly) {
            fail("was not closed");
        }
        if (channel.isActive()) {
            fail("is active although it was closed");
        }
    }

    final boolean isClosed() {
        return channel.closeFuture().isDone();
    }

    final boolean isOver() {
        return isClosed() || isOverThough();
    }

    private static final class Write {
        private final int length;
        private final int number;

        private Write(int length, int number) {
            this.length = length;
            this.number = number;
        }
    }
}
