/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import ch.qos.logback.classic.spi.ILoggingEvent;
import io.github.nettyiocp.IocpIoHandlerConfig;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A random program over the public API, made by a seed: channels and what uses them, other programs, handlers that do
 * what the dice say, faults, and an end at any moment. Whatever it does, the oracles must hold. What it is about says
 * {@link ProgramKind}.
 */
public abstract class RandomProgram {

    /** How many kernels have a provider whose handles are not the file system's. */
    private static final double LAYERED = 1 / 8.0;

    final Dice dice;
    final SimulatedKernel kernel;
    private final Promises promises;
    /** How often handlers do something that they were not asked for; a probability. */
    double wildness;
    SimulatedRuntime runtime;
    /** Nothing is done any more, so everything must come to rest. */
    boolean quiet;
    boolean shuttingDown;

    RandomProgram(long seed, Appendable trace) {
        dice = new Dice(seed * 7919 + 17);
        kernel = new SimulatedKernel(seed, Faults.random(seed * 104729 + 5));
        promises = new Promises(kernel);
        if (trace != null) {
            kernel.traceTo(trace);
        }
        // By dice of its own, so that all other programs are what they are without it.
        if (new Dice(seed * 15_485_863 + 3).chance(LAYERED)) {
            kernel.log("sockets are those of a layered provider");
            kernel.layeredProvider();
        }
    }

    /** What a run did. */
    public record Result(long seed, SimulationError error, long calls, long operations, long events, long digest,
                         Faults faults) {
    }

    /** Runs the program of a seed; what happens is written to the trace, unless it is {@code null}. */
    public static Result run(long seed, Appendable trace) {
        return ProgramKind.of(seed).make(seed, trace).run();
    }

    /** Does everything, from the start of the loops to their end. */
    abstract void runAll();

    /** Runs, and listens to what is logged meanwhile. */
    private Result run() {
        SimulationError error = null;
        LogOracle.listen(kernel, this::isExpectedLog);
        try {
            runAll();
            promises.checkAtEnd(isOutlived());
            kernel.check();
        } catch (SimulationError e) {
            error = e;
        } catch (Throwable t) {
            kernel.failed(t);
            try {
                kernel.check();
            } catch (SimulationError e) {
                error = e;
            }
        } finally {
            LogOracle.listenNoMore();
        }
        return new Result(kernel.seed(), error, kernel.calls(), kernel.operations(), kernel.events().count(),
                kernel.events().digest(), kernel.faults());
    }

    /** Whether a warning has its reason in a fault or in what the program does. */
    boolean isExpectedLog(ILoggingEvent event) {
        String message = event.getFormattedMessage();
        if (message.startsWith("Dropped a completion whose OVERLAPPED")
                || message.startsWith("Dropped a packet with")) {
            return happened(Faults.Kind.FOREIGN_PACKET);
        }
        if (message.contains("The executor for blocking calls refused")) {
            return happened(Faults.Kind.EXECUTOR_REFUSES);
        }
        if (message.startsWith("Cannot wake the loop") || message.startsWith("Cannot tell a loop")) {
            return happened(Faults.Kind.POST_REFUSED);
        }
        if (message.startsWith("GetQueuedCompletionStatusEx failed")) {
            return happened(Faults.Kind.POLL_FAILS);
        }
        if (message.startsWith("WaitForMultipleObjects failed")) {
            return happened(Faults.Kind.WAIT_FAILS);
        }
        if (message.startsWith("Failed to create a new channel from an accepted socket")
                || message.startsWith("Force-closing a channel") || message.startsWith("An exceptionCaught() event")
                || message.startsWith("An exception 'io.github.nettyiocp.testsuite.simulation.TestException")
                || message.startsWith("An exception was thrown by a user handler's exceptionCaught()")) {
            return kernel.faults().failures() > 0 || message.contains("TestException") || wildness > 0;
        }
        if (message.startsWith("An exception was thrown by") || message.startsWith("A task raised an exception")) {
            return event.getThrowableProxy() != null
                    && (event.getThrowableProxy().getClassName().endsWith("TestException")
                    || event.getThrowableProxy().getClassName().endsWith("SimulatedOutOfMemoryError"));
        }
        return false;
    }

    // ---- what programs, their scenarios and their oracles use

    SimulatedKernel kernel() {
        return kernel;
    }

    Dice dice() {
        return dice;
    }

    QuarantineAllocator allocator() {
        return runtime.allocator();
    }

    double wildness() {
        return wildness;
    }

    boolean isQuiet() {
        return quiet;
    }

    boolean isShuttingDown() {
        return shuttingDown;
    }

    /** Whether something is still to come when the loops have ended. */
    boolean isOutlived() {
        return runtime.isOutlived();
    }

    /** One of the loops. */
    final EventLoop anyLoop() {
        return runtime.loop(dice.below(runtime.loopCount()));
    }

    /** A future that a call of this kind gave: it must have an outcome when the loops have ended. */
    <F extends Future<?>> F promised(String what, F future) {
        return promises.add(what, future);
    }

    void fail(String what, Throwable cause) {
        kernel.failed(new SimulationError(what, cause));
    }

    void fail(String what) {
        fail(what, null);
    }

    boolean happened(Faults.Kind kind) {
        return kernel.faults().injected(kind) > 0;
    }

    /** Throws the dice for how wild handlers are. */
    void chooseWildness() {
        wildness = dice.chance(0.3) ? 0 : dice.nanosBetween(1, 200) / 1000.0;
    }

    /** Throws the dice for what the handlers do: each action by chance, or what a theme brings together. */
    <A> List<A> chooseActions(A[] all, double chanceOfTheme, List<Theme<A>> themes) {
        if (!dice.chance(chanceOfTheme)) {
            chooseWildness();
            return Stream.of(all).filter(action -> dice.chance(0.4)).toList();
        }
        Theme<A> theme = themes.get(dice.below(themes.size()));
        kernel.log("theme: %s", theme.name());
        wildness = dice.nanosBetween(50, 300) / 1000.0;
        for (Faults.Kind kind : theme.kinds()) {
            kernel.faults().with(kind, dice.chance(0.5) ? 0.5 : 0.1);
        }
        return theme.actions();
    }

    /** What comes together by chance too seldom. */
    record Theme<A>(String name, List<A> actions, List<Faults.Kind> kinds) { }

    /** Starts one to three loops. */
    SimulatedRuntime startLoops(Consumer<IocpIoHandlerConfig> settings) {
        int loops = dice.chance(0.75) ? 1 : dice.between(1, 3);
        // Nobody is woken who is called on his own thread.
        boolean threads = loops > 1 || dice.chance(kernel.faults().probability(Faults.Kind.POST_REFUSED) > 0
                ? 0.9 : 0.1);
        int batch = dice.sizeBetween(1, 64);
        return new SimulatedRuntime(kernel, loops, threads, config -> settings.accept(config.batchSize(batch)));
    }

    /** Closes them; all must be closed some time later. */
    <T> void closeAll(List<T> open, Consumer<T> close, Predicate<T> isClosed) {
        kernel.log("everything is closed");
        if (happened(Faults.Kind.POST_REFUSED)) {
            // From now on posts are taken again: whoever is woken must wake.
            kernel.faults().suspend();
        }
        open.forEach(close);
        boolean closed = runtime.await(() -> open.stream().allMatch(isClosed), 40, TimeUnit.SECONDS);
        kernel.faults().resume();
        if (!closed) {
            fail("channels don't close: " + open.stream().filter(isClosed.negate()).toList());
        }
    }
}
