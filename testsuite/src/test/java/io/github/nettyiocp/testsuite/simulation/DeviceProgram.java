/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.channel.DeviceAddress;
import io.github.nettyiocp.channel.HandleChannel;
import io.github.nettyiocp.channel.HandleStrategy;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;

import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * A random program about what has a name below {@code \\.\}: {@linkplain MailslotScenario mailslots}, a
 * {@linkplain SerialScenario serial port}, or {@linkplain RequestScenario requests} to a device.
 */
final class DeviceProgram extends RandomProgram {

    private static final long CLOSE_SECONDS = 60;

    DeviceProgram(long seed, Appendable trace) {
        super(seed, trace);
        for (Faults.Kind kind : new Faults.Kind[] { Faults.Kind.PEND_THOUGH_READY, Faults.Kind.SLOW_COMPLETION,
                Faults.Kind.CANCEL_IS_SLOW, Faults.Kind.CANCEL_IS_IGNORED, Faults.Kind.DEVICE_OPEN_BLOCKS }) {
            if (dice.chance(0.15)) {
                kernel.faults().with(kind, 0.3);
            }
        }
        chooseWildness();
    }

    /** What is done, and what must be true then. */
    interface Scenario {

        /** Begins; what follows is scheduled. */
        void start(long nanos);

        /** Nothing goes wrong any more. */
        void beginQuiet();

        /** Says what must have come to be when nothing went wrong for a while. */
        void checkQuiet();

        void close();

        boolean isClosed();

        /** Milliseconds that a close may take while cancels and wake-ups work. */
        long closeMillis();

        /** The loop has ended. */
        void checkAtEnd();
    }

    @Override
    void runAll() {
        boolean threads = dice.chance(0.1);
        try (SimulatedRuntime opened = new SimulatedRuntime(kernel, 1, threads, config -> { })) {
            runtime = opened;
            Scenario scenario = switch (dice.below(3)) {
                case 0 -> new MailslotScenario(this);
                case 1 -> new SerialScenario(this);
                default -> new RequestScenario(this);
            };
            long time = dice.nanosBetween(10_000_000, 10_000_000_000L);
            scenario.start(time);
            runtime.await(() -> !kernel.violations().isEmpty(), time, TimeUnit.NANOSECONDS);
            kernel.check();
            if (dice.chance(0.7)) {
                quiet = true;
                kernel.faults().suspend();
                kernel.log("nothing goes wrong any more");
                scenario.beginQuiet();
                runtime.sleep(20, TimeUnit.SECONDS);
                scenario.checkQuiet();
                kernel.check();
                kernel.faults().resume();
            }
            shuttingDown = true;
            if (dice.chance(0.6)) {
                long start = kernel.schedule().now();
                scenario.close();
                // A channel whose loop can't be woken closes when the loop wakes by itself.
                kernel.faults().suspend();
                if (!runtime.await(scenario::isClosed, CLOSE_SECONDS, TimeUnit.SECONDS)
                        && !happened(Faults.Kind.POST_REFUSED)) {
                    fail("something doesn't close");
                }
                if (!happened(Faults.Kind.CANCEL_IS_IGNORED)
                        && !happened(Faults.Kind.POST_REFUSED)
                        && kernel.schedule().now() - start > TimeUnit.MILLISECONDS.toNanos(scenario.closeMillis())) {
                    fail("the close takes too long");
                }
                kernel.faults().resume();
            }
            kernel.check();
            opened.shutdown(0, 5000);
            scenario.checkAtEnd();
            kernel.check();
        }
    }

    // ---- what scenarios use

    EventLoop loop() {
        return runtime.loop();
    }

    /** Does something at a moment before the time is over, on the loop. */
    void at(long nanos, Runnable action) {
        loop().schedule(() -> {
            if (!quiet && !shuttingDown) {
                action.run();
            }
        }, dice.nanosBetween(1, nanos), TimeUnit.NANOSECONDS);
    }

    /** Has another program do something at a moment before the time is over. */
    void elsewhere(long nanos, Runnable action) {
        kernel.schedule().after(dice.nanosBetween(1, nanos), () -> {
            if (!quiet && !shuttingDown) {
                action.run();
            }
        });
    }

    /** Whether something that failed may fail so. */
    boolean isLegal(Throwable cause, boolean expected) {
        return (expected || shuttingDown || kernel.faults().failures() > 0)
                && (cause instanceof IOException || cause instanceof RejectedExecutionException
                || cause instanceof CancellationException
                || (cause instanceof IllegalStateException || cause instanceof IllegalArgumentException
                || cause instanceof OutOfMemoryError) && kernel.faults().failures() > 0);
    }

    /** A channel, its life, and that nothing is read that nobody asked for. */
    abstract class Line extends ChannelDuplexHandler {

        final String name;
        final HandleChannel channel;
        private ChannelFuture connected;
        private boolean requested;
        private boolean inRead;
        private boolean insideUserCall;
        private boolean active;
        private boolean inactive;
        boolean closedByProgram;
        boolean failed;

        Line(String name, HandleStrategy strategy) {
            this.name = name;
            channel = new HandleChannel(strategy);
            channel.config().setAllocator(allocator());
            channel.config().setAutoRead(!dice.chance(0.2));
            channel.config().setConnectTimeoutMillis(dice.between(1, 3000));
            channel.pipeline().addLast(this);
        }

        /** Registers and connects. */
        void connect(DeviceAddress address) {
            promised(name + ": a registration", loop().register(channel)).addListener(registered -> {
                if (!registered.isSuccess()) {
                    failed = true;
                    return;
                }
                insideUserCall = true;
                connected = promised(name + ": a connect", channel.connect(address));
                insideUserCall = false;
                connected.addListener(done -> {
                    if (!done.isSuccess()) {
                        failed = true;
                        Throwable cause = done.cause();
                        if (!isLegal(cause, closedByProgram || cause instanceof ConnectTimeoutException
                                || cause instanceof CancellationException
                                || mayFailToConnect(cause))) {
                            fail(name + ": connect fails by " + cause, cause);
                        }
                    }
                });
                if (dice.chance(wildness)) {
                    at(10_000_000, dice.chance(0.5) ? () -> connected.cancel(false) : this::close);
                }
            });
        }

        boolean mayFailToConnect(Throwable cause) {
            return false;
        }

        /** Whether the channel may end by itself. */
        boolean mayEnd() {
            return failed || closedByProgram || shuttingDown || kernel.faults().failures() > 0;
        }

        boolean isActive() {
            return active && !inactive;
        }

        /** Something that a user does. */
        void act() {
            if (!channel.isOpen() || !channel.isRegistered()) {
                return;
            }
            insideUserCall = true;
            switch (dice.below(4)) {
                case 0 -> {
                    requested &= !channel.config().isAutoRead();
                    channel.config().setAutoRead(false);
                }
                case 1 -> channel.config().setAutoRead(true);
                case 2 -> channel.read();
                default -> {
                    if (dice.chance(wildness)) {
                        close();
                    }
                }
            }
            insideUserCall = false;
        }

        void beginQuiet() {
            if (channel.isRegistered()) {
                loop().execute(() -> channel.config().setAutoRead(true));
            }
        }

        void close() {
            closedByProgram = true;
            if (channel.isRegistered()) {
                promised(name + ": a close", channel.close());
            } else {
                channel.unsafe().closeForcibly();
            }
        }

        boolean isClosed() {
            // Nobody tells the future of a channel that is not registered.
            return channel.closeFuture().isDone() || !channel.isRegistered() && !channel.isOpen();
        }

        void checkAtEnd() {
            if (channel.isOpen()) {
                if (channel.isRegistered()) {
                    fail(name + ": is open at the end", null);
                }
                channel.unsafe().closeForcibly();
            }
            if (connected != null && !connected.isDone()) {
                fail(name + ": connect has no outcome", null);
            }
        }

        // ---- what the channel tells

        /** What came; it is released by the caller. */
        abstract void received(Object message);

        @Override
        public void read(ChannelHandlerContext context) throws Exception {
            requested = true;
            super.read(context);
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            active = true;
            context.fireChannelActive();
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            try {
                if (!active || inactive || insideUserCall || !requested && !inRead) {
                    fail(name + (!active || inactive ? ": data of a channel that is not active" : insideUserCall
                            ? ": data inside a call of the user" : ": data without read()"), null);
                }
                requested = false;
                inRead = true;
                received(message);
            } finally {
                io.netty.util.ReferenceCountUtil.release(message);
            }
            if (!quiet && dice.chance(wildness / 20)) {
                switch (dice.below(3)) {
                    case 0 -> close();
                    case 1 -> throw new TestException("in channelRead");
                    default -> channel.config().setAutoRead(dice.chance(0.5));
                }
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            inRead = false;
            context.fireChannelReadComplete();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (cause instanceof TestException) {
                return;
            }
            if (!isLegal(cause, mayEnd())) {
                fail(name + ": exceptionCaught " + cause, cause);
            }
            failed = true;
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (inRead || inactive || !active) {
                fail(name + ": channelInactive at the wrong time", null);
            }
            inactive = true;
            if (!mayEnd()) {
                fail(name + ": closed itself", null);
            }
        }

        @Override
        public String toString() {
            return name;
        }
    }
}
