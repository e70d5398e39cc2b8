/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.channel.IocpSocketChannel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
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
 * One production channel of a random program: does what the dice say in every callback, and knows what must be true of
 * what it sees.
 */
final class ConnectionOracle extends ChannelDuplexHandler {

    /** How a side ends its stream when it has sent everything. */
    enum Ending { NOTHING, SHUTDOWN_OUTPUT, CLOSE, RESET }

    /** What a handler may do in a callback. */
    enum Action {
        THROW, CLOSE, CLOSE_LATER, CLOSE_FORCIBLY, DISCONNECT, REREGISTER, WRITE, FLUSH, AUTO_READ_OFF, AUTO_READ_ON,
                READ,
        SHUTDOWN_OUTPUT, SHUTDOWN_INPUT, SHUTDOWN, LINGER, OPTIONS, EXECUTE
    }

    private static final int FLUSH_EVERY = 4;
    private static final long CLOSE_LIMIT_NANOS = 5_000_000_000L;

    private final RandomProgram program;
    private final SimulatedKernel kernel;
    private final Dice dice;
    private final String name;
    final boolean client;
    final IocpSocketChannel channel;
    final LifeCycle life;
    private final Ending ending;
    private final int toSend;
    private final int maxChunk;
    private final ArrayDeque<Write> writes = new ArrayDeque<>();
    private int key;
    private TcpEndpoint end;
    private long delivered;
    private long quietDelivered;
    private long queued;
    private long acknowledged;
    private int actions;
    private int numbers;
    private int firstFailure = Integer.MAX_VALUE;
    private boolean writeFailed;
    private boolean ended;
    private boolean closeRequested;
    private boolean inputShutdownRequested;
    private boolean reregistering;
    private boolean closedUnregistered;
    private boolean closedForcibly;
    private boolean lingering;
    private boolean exceptionSeen;
    private boolean timerRunning;
    private ChannelHandlerContext context;

    ConnectionOracle(RandomProgram program, String name, boolean client, IocpSocketChannel channel) {
        this.program = program;
        this.name = name;
        this.client = client;
        this.channel = channel;
        kernel = program.kernel();
        dice = program.dice();
        life = new LifeCycle(kernel, name);
        ending = dice.pick(Ending.values());
        toSend = dice.chance(0.1) ? 0 : dice.sizeBetween(1, program.maxBytes());
        maxChunk = dice.sizeBetween(16, 40_000);
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
        key = client ? channel.localAddress().getPort() : channel.remoteAddress().getPort();
        SimulatedSocket socket = kernel.socketBehind(channel.socket());
        end = socket == null ? null : socket.end();
        if (end != null && (!end.local.equals(channel.localAddress()) || !end.remote.equals(channel.remoteAddress()))
                && !end.isBroken()) {
            fail("has the addresses " + channel.localAddress() + " and " + channel.remoteAddress());
        }
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
        ByteBuf buffer = (ByteBuf) message;
        try {
            kernel.log("%s reads %d bytes at %d", name, buffer.readableBytes(), delivered);
            if (!buffer.isReadable()) {
                fail("an empty buffer was read");
            }
            while (buffer.isReadable()) {
                byte value = buffer.readByte();
                if (value != Pattern.at(key, !client, delivered)) {
                    fail("wrong byte at " + delivered + " of the stream");
                    return;
                }
                delivered++;
            }
        } finally {
            buffer.release();
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
        if (end != null && !closeRequested && !inputShutdownRequested && !writeFailed && !program.isShuttingDown()
                && delivered != end.totalTaken()) {
            fail(event + " after " + delivered + " bytes were delivered of " + end.totalTaken() + " that had come");
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

    private boolean isLegal(Throwable cause) {
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
        return cause instanceof IOException && (end != null && end.isBroken() || kernel.faults().failures() > 0
                || cause instanceof ClosedChannelException);
    }

    // ---- writing

    private void pump() {
        for (int i = 0; i < FLUSH_EVERY && !ended && !writeFailed && channel.isActive() && queued < toSend
                && channel.isWritable(); i++) {
            write();
        }
        channel.flush();
        endIfSent();
    }

    private void write() {
        if (key == 0 || writeFailed || ended) {
            return;
        }
        int length = dice.chance(0.05) ? 0 : (int) Math.min(Math.max(0, toSend - queued),
                dice.sizeBetween(1, maxChunk));
        Write write = new Write(length, numbers++);
        Object message = message(length);
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

    private Object message(int length) {
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
                if (length > 0) {
                    return new GeneratedRegion(key, client, queued, length, dice.sizeBetween(1, 70_000));
                }
                return direct(bytes, 0, length);
            default:
                return direct(bytes, 0, length);
        }
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
            if (end != null && end.totalSent() < acknowledged) {
                fail("a promise succeeds before Windows took the bytes: " + end.totalSent() + " of " + acknowledged);
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
        kernel.log("%s has sent %d bytes and does now: %s", name, queued, ending.name());
        switch (ending) {
            case SHUTDOWN_OUTPUT:
                channel.shutdownOutput().addListener(done -> {
                    if (!done.isSuccess() && !isLegal(done.cause())) {
                        kernel.failed(new SimulationError(name + ": shutdownOutput fails by " + done.cause(),
                                done.cause()));
                    }
                });
                break;
            case CLOSE:
                close();
                break;
            case RESET:
                setLinger(0);
                close();
                break;
            default:
                break;
        }
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
    void act(String where) {
        if (program.isQuiet() || actions > 200 || !dice.chance(program.wildness())) {
            return;
        }
        Action action = program.pickAction();
        if (action == null || action == Action.THROW && where.equals("write promise")) {
            return;
        }
        actions++;
        kernel.log("%s in " + where + ": %s", name, action.name());
        perform(action, where);
    }

    private void perform(Action action, String where) {
        switch (action) {
            case THROW:
                throw new TestException(where);
            case CLOSE:
                close();
                break;
            case CLOSE_LATER:
                channel.eventLoop().schedule((Runnable) this::close, dice.nanosBetween(1_000, 500_000_000),
                        TimeUnit.NANOSECONDS);
                break;
            case CLOSE_FORCIBLY:
                closeForcibly();
                break;
            case DISCONNECT:
                watchClose(channel::disconnect);
                break;
            case REREGISTER:
                reregister();
                break;
            case WRITE:
                if (channel.isActive()) {
                    write();
                }
                break;
            case FLUSH:
                channel.flush();
                break;
            case AUTO_READ_OFF:
                if (channel.config().isAutoRead()) {
                    // Takes back what was asked for.
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
            case SHUTDOWN_OUTPUT:
                ended = true;
                channel.shutdownOutput();
                break;
            case SHUTDOWN_INPUT:
                shutdownInput();
                break;
            case SHUTDOWN:
                ended = true;
                inputShutdownRequested = true;
                channel.shutdown();
                break;
            case LINGER:
                setLinger(dice.between(-1, 2));
                break;
            case OPTIONS:
                setOptions();
                break;
            default:
                channel.eventLoop().execute(() -> {
                    if (channel.isRegistered()) {
                        pump();
                    }
                });
                break;
        }
    }

    /** What Netty does when it can't do better; only {@code close()} tells the handlers and the promises. */
    private void closeForcibly() {
        closeRequested = true;
        closedForcibly = true;
        program.abortsAreExpected();
        channel.unsafe().closeForcibly();
        channel.eventLoop().execute(this::close);
    }

    void close() {
        watchClose(channel::close);
    }

    private void watchClose(Supplier<ChannelFuture> close) {
        closeRequested = true;
        long start = kernel.schedule().now();
        boolean mayLinger = lingering;
        long refused = kernel.faults().injected(Faults.Kind.POST_REFUSED);
        ChannelFuture future = close.get();
        future.addListener(done -> {
            long nanos = kernel.schedule().now() - start;
            // A loop that was not woken doesn't know of the close.
            boolean asleep = kernel.faults().injected(Faults.Kind.POST_REFUSED) > refused;
            if (nanos > CLOSE_LIMIT_NANOS && !mayLinger && !lingering && !asleep) {
                fail("a close took " + nanos / 1_000_000 + " ms");
            }
            // A refused task of a lingering close fails it.
            if (!done.isSuccess() && !isLegal(done.cause())) {
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

    private void shutdownInput() {
        inputShutdownRequested = true;
        channel.shutdownInput().addListener(done -> {
            if (done.isSuccess()) {
                life.inputShutdownByUser();
            }
        });
    }

    private void setLinger(int seconds) {
        try {
            channel.config().setSoLinger(seconds);
            lingering |= seconds > 0;
            if (seconds == 0) {
                program.abortsAreExpected();
            }
        } catch (RuntimeException e) {
            checkOptionFailure(e);
        }
    }

    private void setOptions() {
        try {
            switch (dice.below(6)) {
                case 0:
                    channel.config().setTcpNoDelay(dice.chance(0.5));
                    break;
                case 1:
                    channel.config().setSendBufferSize(dice.sizeBetween(1, 100_000));
                    break;
                case 2:
                    channel.config().setReceiveBufferSize(dice.sizeBetween(100, 100_000));
                    break;
                case 3:
                    channel.config().setWriteSpinCount(dice.between(1, 16));
                    break;
                case 4:
                    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, dice.chance(0.5));
                    break;
                default:
                    channel.config().setKeepAlive(dice.chance(0.5));
                    break;
            }
        } catch (RuntimeException e) {
            checkOptionFailure(e);
        }
    }

    private void checkOptionFailure(RuntimeException e) {
        if (channel.isOpen() && kernel.faults().injected(Faults.Kind.OPTION_FAILS) == 0
                && !(e.getCause() instanceof ClosedChannelException) && (end == null || !end.isBroken())) {
            kernel.failed(new SimulationError(name + ": an option can't be set: " + e, e));
        }
    }

    // ---- what must be true when nothing moves any more

    void beginQuiet() {
        quietDelivered = delivered;
    }

    void checkQuiet() {
        if (end == null || end.isVanished() || !channel.isOpen() || !channel.isActive() || !channel.isRegistered()
                || reregistering
                || closeRequested) {
            return;
        }
        if (delivered != quietDelivered) {
            // Slow, but not still.
            return;
        }
        life.still();
        boolean allDelivered = delivered == end.totalReceived();
        boolean wantsData = channel.config().isAutoRead() || life.isReadRequested();
        if (wantsData && !allDelivered && !life.isInputShutdown() && !inputShutdownRequested && !end.isBroken()) {
            fail("stalled: " + delivered + " bytes were delivered of " + end.totalReceived() + " that came");
        }
        boolean over = end.isBroken() || end.isFinReceived() && allDelivered;
        if (over && delivered == end.totalTaken() && !life.isInputShutdown() && !inputShutdownRequested
                && !exceptionSeen) {
            fail("the end of the input was not noticed");
        }
        if (!writes.isEmpty() && end.unsent() == 0 && !writeFailed && !end.isBroken()
                && channel.unsafe().outboundBuffer() != null && channel.unsafe().outboundBuffer().size() > 0) {
            fail("stalled: " + writes.size() + " writes are pending although Windows has room");
        }
    }

    /** A channel that was deregistered and not registered again belongs to no loop: its user closes it, anywhere. */
    void closeUnregistered() {
        if (!isClosed() && !channel.isRegistered()) {
            closedForcibly = true;
            channel.unsafe().close(channel.voidPromise());
            // Their outcomes would be told on a loop that is no more.
            writes.clear();
        }
    }

    void checkAtEnd() {
        if (lingering && program.wasOpenAtShutdown(this)) {
            // Its close ends on another thread, after the loop, and Netty tells nobody then.
            return;
        }
        life.ended(closedUnregistered || reregistering || closedForcibly);
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

    boolean isReregistering() {
        return reregistering;
    }

    boolean isClosed() {
        return channel.closeFuture().isDone();
    }

    boolean isOver() {
        return isClosed() || ended && ending == Ending.NOTHING && life.isInputShutdown();
    }

    /** What the stream of a fully served peer must look like. */
    int key() {
        return key;
    }

    static void releaseQuietly(Object message) {
        ReferenceCountUtil.release(message);
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
