/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
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

/**
 * Knows a channel that carries a stream. What is sent follows from a key that both ends know, the direction and the
 * position.
 */
abstract class StreamOracle extends ChannelOracle {

    private static final int FLUSH_EVERY = 4;

    private final StreamProgram<?> program;
    private final Channel channel;
    final boolean client;
    private final int toSend;
    private final int maxChunk;
    private final ArrayDeque<Write> writes = new ArrayDeque<>();
    private int key;
    private long quietDelivered;
    private long queued;
    private long acknowledged;
    private int numbers;
    private int firstFailure = Integer.MAX_VALUE;
    private boolean writeFailed;
    private boolean exceptionSeen;
    /** The stream was ended by the user, or shall be. */
    boolean ended;
    boolean inputShutdownRequested;

    StreamOracle(StreamProgram<?> program, String name, boolean client, Channel channel) {
        super(program, name, channel);
        this.program = program;
        this.client = client;
        this.channel = channel;
        drawEnding();
        toSend = dice.chance(0.1) ? 0 : program.sendsFiles() ? dice.between(1, program.maxBytes())
                : dice.sizeBetween(1, program.maxBytes());
        maxChunk = dice.sizeBetween(16, 40_000);
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

    /** Whether an outcome of this kind may be. */
    abstract boolean isLegal(Throwable cause);

    /** When nothing has moved for a while, and all that came was delivered or isn't wanted. */
    abstract void checkStill(boolean wantsData);

    /** A refused task of a lingering close fails it. */
    @Override
    final boolean mayFailToClose(Throwable cause) {
        return isLegal(cause);
    }

    /** How much of the stream the next write has. */
    int nextLength(int most) {
        return dice.chance(0.05) ? 0 : Math.min(most, dice.sizeBetween(1, maxChunk));
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

    final boolean hasWriteFailed() {
        return writeFailed;
    }

    final boolean hasWrites() {
        return !writes.isEmpty();
    }

    final boolean isExceptionSeen() {
        return exceptionSeen;
    }

    // ---- events

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        kernel.log("%s active", name);
        life.active();
        if (channel.localAddress() == null || channel.remoteAddress() == null) {
            fail("channelActive without addresses");
            return;
        }
        key = connected();
        lookBehindTheHandle();
        ctx.fireChannelActive();
        writeSome();
        act("channelActive");
        startTimer();
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
        writeSome();
        act("channelReadComplete");
        ctx.fireChannelReadComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        writeSome();
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
        checkEnd("channelInactive");
        super.channelInactive(ctx);
    }

    /** Everything that receives took must have been delivered by now, unless the user wanted no more. */
    private void checkEnd(String event) {
        if (hasConnection() && !isCloseRequested() && !inputShutdownRequested && !writeFailed
                && !program.isShuttingDown() && delivered() != totalTaken()) {
            fail(event + " after " + delivered() + " bytes were delivered of " + totalTaken() + " that had come");
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        kernel.log("%s exception: %s", name, cause.getClass().getSimpleName());
        exceptionSeen = true;
        if (!(cause instanceof TestException) && !isLegal(cause)) {
            fail("exceptionCaught", cause);
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
            return ended || isClosedForcibly() || cause.getCause() != null && isLegal(cause.getCause());
        }
        return cause instanceof IOException && (hasConnection() && isBroken() || kernel.faults().failures() > 0
                || cause instanceof ClosedChannelException);
    }

    // ---- writing

    @Override
    final void writeSome() {
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
        for (int i = dice.between(1, 5); i > 0 && queued < toSend && !writeFailed; i--) {
            int length = (int) Math.min(toSend - queued, dice.sizeBetween(1, maxChunk));
            Write write = new Write(length, numbers++);
            ByteBuf message = buffer(Pattern.bytes(key, client, queued, length));
            queued += length;
            writes.add(write);
            channel.write(message).addListener(future -> written(write, (ChannelFuture) future));
        }
    }

    /** The next bytes of the stream, in a buffer of some kind. */
    final Object buffer(int length) {
        Object other = dice.below(8) == 0 ? otherMessage(length) : null;
        return other != null ? other : buffer(Pattern.bytes(key, client, queued, length));
    }

    /** The next bytes of the stream in what is no buffer; {@code null} if there is nothing of that kind. */
    Object otherMessage(int length) {
        return null;
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
                fail("a write fails by", future.cause());
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

    // ---- what must be true when nothing moves any more

    final void beginQuiet() {
        quietDelivered = delivered();
    }

    final void checkQuiet() {
        if (!hasConnection() || !isAtWork()) {
            return;
        }
        if (delivered() != quietDelivered) {
            // Slow, but not still.
            return;
        }
        life.still();
        checkStill(channel.config().isAutoRead() || life.isReadRequested());
    }

    @Override
    final int openWrites() {
        return writes.size();
    }

    @Override
    final void forgetWrites() {
        writes.clear();
    }

    @Override
    final void closeForcibly() {
        program.abortsAreExpected();
        super.closeForcibly();
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
