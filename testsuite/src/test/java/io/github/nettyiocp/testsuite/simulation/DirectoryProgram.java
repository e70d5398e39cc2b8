/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.channel.DirectoryAddress;
import io.github.nettyiocp.channel.DirectoryEvent;
import io.github.nettyiocp.channel.DirectoryWatchChannel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * A random program about directories, made by a seed: other programs change one, channels watch it, close and move as
 * the dice say. The oracle is a model: who keeps a picture of the directory by the events, and looks again when told
 * so,
 * has in the end a picture that is equal to the directory.
 */
final class DirectoryProgram extends RandomProgram {

    private static final String PATH = "/watched";

    private final SimulatedDirectory directory;
    private final List<Watch> watches = new ArrayList<>();
    private final int changes;

    DirectoryProgram(long seed, Appendable trace) {
        super(seed, trace);
        for (Faults.Kind kind : new Faults.Kind[] { Faults.Kind.RENAME_IN_TWO, Faults.Kind.NOTIFY_IS_CANCELLED,
                Faults.Kind.OVERFLOW_AT_ONCE, Faults.Kind.SLOW_COMPLETION,
                Faults.Kind.DIRECTORY_OPEN_BLOCKS }) {
            if (dice.chance(0.3)) {
                kernel.faults().with(kind, 0.3);
            }
        }
        directory = kernel.directories().make(PATH, dice.chance(0.2), dice.chance(0.5));
        chooseWildness();
        changes = dice.sizeBetween(1, 800);
    }

    @Override
    void runAll() {
        boolean threads = dice.chance(0.1);
        try (SimulatedRuntime opened = new SimulatedRuntime(kernel, 1, threads, config -> { })) {
            runtime = opened;
            int count = dice.sizeBetween(1, 4);
            for (int i = 0; i < count; i++) {
                watches.add(new Watch(i));
            }
            long time = dice.nanosBetween(100_000_000, 20_000_000_000L);
            for (int i = 0; i < changes; i++) {
                kernel.schedule().after(dice.nanosBetween(1, time), this::change);
            }
            if (dice.chance(0.3)) {
                kernel.schedule().after(time + 1, this::leaveFirst);
            }
            if (dice.chance(0.1)) {
                kernel.schedule().after(dice.nanosBetween(time / 2, 2 * time), directory::deleteSelf);
            }
            runtime.await(() -> !kernel.violations().isEmpty(), dice.chance(0.8) ? 2 * time : time / 2,
                    TimeUnit.NANOSECONDS);
            kernel.check();
            if (dice.chance(0.8)) {
                checkQuiet();
            }
            shuttingDown = true;
            if (dice.chance(0.5)) {
                watches.forEach(Watch::close);
                // A channel whose loop can't be woken closes when the loop wakes by itself.
                kernel.faults().suspend();
                runtime.await(() -> watches.stream().allMatch(Watch::isClosed), 40, TimeUnit.SECONDS);
                kernel.faults().resume();
                watches.forEach(Watch::checkClosed);
            }
            kernel.check();
            opened.shutdown(0, 5000);
            watches.forEach(Watch::closeUnregistered);
            watches.forEach(Watch::checkAtEnd);
            kernel.check();
        }
    }

    /** What another program does; in bursts, because the times of many are short. */
    private void change() {
        if (quiet) {
            return;
        }
        String name = name();
        switch (dice.below(8)) {
            case 0, 1, 2 -> directory.create(name);
            case 3 -> directory.modify(name);
            case 4, 5 -> directory.delete(name);
            case 6 -> directory.rename(name, name());
            default -> {
                if (dice.chance(0.3)) {
                    directory.leave(name);
                } else {
                    directory.rename(name, name());
                }
            }
        }
    }

    private void leaveFirst() {
        if (!quiet) {
            directory.names(true).stream().findFirst().ifPresent(directory::leave);
        }
    }

    private String name() {
        String name = "a file with the number ".substring(dice.below(22)) + dice.below(12);
        return dice.chance(0.3) ? "below\\" + name : name;
    }

    private void checkQuiet() {
        quiet = true;
        kernel.faults().suspend();
        kernel.log("nothing is changed any more");
        watches.forEach(Watch::beginQuiet);
        runtime.await(() -> false, 3, TimeUnit.SECONDS);
        watches.forEach(Watch::checkPicture);
        kernel.check();
        kernel.faults().resume();
    }

    /** A channel, and the picture that its user has of the directory. */
    private final class Watch extends ChannelDuplexHandler {

        private final String name;
        private final DirectoryWatchChannel channel = runtime.watch();
        private final boolean subtree = dice.chance(0.5);
        private final Set<Path> picture = new TreeSet<>();
        private ChannelFuture connected;
        private boolean watching;
        private boolean failed;
        private boolean requested;
        private boolean inRead;
        private boolean insideUserCall;
        private boolean closedByProgram;
        private boolean reregistering;
        private boolean inactive;

        Watch(int number) {
            name = "watch " + number;
            channel.config().setSubtree(subtree).setDetails(dice.chance(0.5))
                    .setBufferSize(dice.chance(0.2) ? 100_000 : dice.sizeBetween(1024, 65536));
            channel.config().setConnectTimeoutMillis(dice.between(1, 3000));
            channel.config().setAutoRead(!dice.chance(0.2));
            channel.pipeline().addLast(this);
            promised(name + ": a registration", runtime.loop().register(channel)).addListener(registered -> {
                if (registered.isSuccess()) {
                    loop().execute(this::connect);
                } else {
                    failed = true;
                }
            });
        }

        private EventLoop loop() {
            return runtime.loop();
        }

        private void fail(String what, Throwable cause) {
            kernel.failed(new SimulationError(name + ": " + what, cause));
        }

        private void expect(boolean legal, String what) {
            if (!legal) {
                fail(what, null);
            }
        }

        private void connect() {
            if (!channel.isOpen()) {
                return;
            }
            insideUserCall = true;
            connected = promised(name + ": a connect", channel.connect(new DirectoryAddress(Path.of(PATH))));
            insideUserCall = false;
            connected.addListener(done -> {
                if (done.isSuccess()) {
                    watching = true;
                    look();
                } else {
                    failed = true;
                    Throwable cause = done.cause();
                    // It is an IllegalStateException.
                    boolean cancelled = cause instanceof CancellationException;
                    boolean legal = cancelled || kernel.faults().failures() > 0 || directory.isDeleted()
                            || closedByProgram || shuttingDown || cause instanceof ConnectTimeoutException;
                    if (!legal || cause instanceof NullPointerException
                            || cause instanceof IllegalStateException && !cancelled) {
                        fail("connect fails by " + cause, cause);
                    }
                }
            });
            if (dice.chance(Math.max(wildness, 0.2))) {
                Runnable end = dice.chance(0.5) ? () -> connected.cancel(false) : this::close;
                loop().schedule(end, dice.nanosBetween(1000, 10_000_000), TimeUnit.NANOSECONDS);
            }
            while (dice.chance(0.7)) {
                loop().schedule(this::act, dice.nanosBetween(1000, 20_000_000_000L), TimeUnit.NANOSECONDS);
            }
        }

        /** Something that a user does. */
        private void act() {
            if (quiet || shuttingDown || !channel.isOpen() || reregistering) {
                return;
            }
            insideUserCall = true;
            try {
                switch (dice.below(6)) {
                    case 0 -> {
                        requested &= !channel.config().isAutoRead();
                        channel.config().setAutoRead(false);
                    }
                    case 1 -> channel.config().setAutoRead(true);
                    case 2, 3 -> channel.read();
                    case 4 -> {
                        if (watching) {
                            reregister();
                        }
                    }
                    default -> {
                        if (dice.chance(wildness)) {
                            close();
                        }
                    }
                }
            } finally {
                insideUserCall = false;
            }
        }

        private void reregister() {
            reregistering = true;
            ChannelFuture future = promised(name + ": a deregistration", channel.deregister());
            future.addListener(deregistered -> loop().schedule(() -> {
                if (channel.isOpen() && !channel.isRegistered() && !shuttingDown) {
                    ChannelFuture again = promised(name + ": a registration", runtime.loop().register(channel));
                    again.addListener(registered -> {
                        reregistering = false;
                        failed |= !registered.isSuccess();
                        // Netty itself reads then, and not through the pipeline.
                        requested |= channel.config().isAutoRead();
                    });
                } else {
                    reregistering = false;
                }
            }, dice.nanosBetween(1, 100_000_000), TimeUnit.NANOSECONDS));
        }

        private void look() {
            picture.clear();
            picture.addAll(truth());
        }

        // ---- what the channel tells

        @Override
        public void read(ChannelHandlerContext context) throws Exception {
            requested = true;
            super.read(context);
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            expect(watching && !inactive, "an event of a channel that doesn't watch");
            expect(!insideUserCall, "an event inside a call of the user");
            expect(requested || inRead, "an event without read()");
            requested = false;
            inRead = true;
            kernel.log("%s: %s", name, message.toString());
            switch ((DirectoryEvent) message) {
                case DirectoryEvent.Created created -> picture.add(created.path());
                case DirectoryEvent.Deleted deleted -> picture.remove(deleted.path());
                case DirectoryEvent.Renamed renamed -> {
                    picture.remove(renamed.oldPath());
                    picture.add(renamed.path());
                }
                case DirectoryEvent.Modified ignored -> { }
                case DirectoryEvent.Rescan ignored -> look();
            }
            if (dice.chance(wildness / 20)) {
                switch (dice.below(3)) {
                    case 0 -> close();
                    case 1 -> throw new TestException("in channelRead");
                    default -> channel.config().setAutoRead(dice.chance(0.5) || quiet);
                }
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            expect(inRead, "channelReadComplete without an event");
            inRead = false;
            if (!channel.config().isAutoRead() && dice.chance(0.5)) {
                channel.read();
            }
            context.fireChannelReadComplete();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (cause instanceof TestException) {
                return;
            }
            failed = true;
            if (kernel.faults().failures() == 0 && !directory.isDeleted()) {
                fail("exceptionCaught " + cause, cause);
            } else if (!(cause instanceof IOException) && !(cause instanceof RejectedExecutionException)
                    && !(cause instanceof QuarantineAllocator.SimulatedOutOfMemoryError)) {
                fail("exceptionCaught " + cause, cause);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            expect(!inRead, "channelInactive before channelReadComplete");
            expect(!inactive, "channelInactive twice");
            inactive = true;
            if (watching && !failed && !closedByProgram && !shuttingDown) {
                fail("closed itself", null);
            }
        }

        // ---- the end

        void beginQuiet() {
            loop().execute(() -> channel.config().setAutoRead(true));
        }

        private Set<Path> truth() {
            Set<Path> truth = new TreeSet<>();
            for (String file : directory.names(subtree)) {
                truth.add(Path.of(PATH).resolve(file));
            }
            return truth;
        }

        void checkPicture() {
            if (!watching || reregistering || !channel.isRegistered()) {
                return;
            }
            if (directory.isDeleted()) {
                expect(!channel.isActive(), "doesn't notice that the directory was deleted");
            } else if (!failed && !closedByProgram && !truth().equals(picture)) {
                Set<Path> lost = truth();
                lost.removeAll(picture);
                picture.removeAll(truth());
                fail("the picture of the directory lacks " + lost + " and has still " + picture, null);
            }
        }

        void close() {
            closedByProgram = true;
            if (channel.isRegistered()) {
                promised(name + ": a close", channel.close());
            }
        }

        boolean isClosed() {
            return !channel.isRegistered() || channel.closeFuture().isDone();
        }

        void checkClosed() {
            expect(isClosed(), "doesn't close");
        }

        void closeUnregistered() {
            if (channel.isOpen() && !channel.isRegistered()) {
                channel.unsafe().close(channel.voidPromise());
            }
        }

        void checkAtEnd() {
            expect(!channel.isOpen(), "is open at the end");
        }
    }
}
