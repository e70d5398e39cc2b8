/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** Many runs on several threads, and what they came to in all. */
final class SimulationRuns {

    /** Hears of every run. */
    interface Progress {
        void ran(RandomProgram.Result result);
    }

    private final List<RandomProgram.Result> failed = new ArrayList<>();
    private final Map<Faults.Kind, Long> injected = new EnumMap<>(Faults.Kind.class);
    private final Map<Faults.Kind, Long> offered = new EnumMap<>(Faults.Kind.class);
    private final Map<Faults.Kind, Long> seedsWith = new EnumMap<>(Faults.Kind.class);
    private long runs;
    private long calls;
    private long operations;
    private long events;

    /** Runs the seeds from {@code first} on and returns when all ran. */
    void run(long first, long count, int threads, Progress progress) {
        AtomicLong next = new AtomicLong(first);
        Thread[] workers = new Thread[threads];
        for (int i = 0; i < threads; i++) {
            workers[i] = new Thread(() -> {
                for (long seed = next.getAndIncrement(); seed < first + count; seed = next.getAndIncrement()) {
                    RandomProgram.Result result = RandomProgram.run(seed, null);
                    synchronized (this) {
                        add(result);
                        if (progress != null) {
                            progress.ran(result);
                        }
                    }
                }
            }, "simulation " + i);
            workers[i].start();
        }
        boolean interrupted = false;
        for (Thread worker : workers) {
            while (worker.isAlive()) {
                try {
                    worker.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                    next.set(first + count);
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void add(RandomProgram.Result result) {
        runs++;
        calls += result.calls();
        operations += result.operations();
        events += result.events();
        result.faults().counts().forEach((kind, count) -> {
            injected.merge(kind, count, Long::sum);
            seedsWith.merge(kind, 1L, Long::sum);
        });
        for (Faults.Kind kind : Faults.Kind.values()) {
            offered.merge(kind, result.faults().offered(kind), Long::sum);
        }
        if (result.error() != null) {
            failed.add(result);
        }
    }

    /** The runs that failed, in the order of their seeds. */
    synchronized List<RandomProgram.Result> failed() {
        List<RandomProgram.Result> sorted = new ArrayList<>(failed);
        sorted.sort(Comparator.comparingLong(RandomProgram.Result::seed));
        return sorted;
    }

    synchronized long runs() {
        return runs;
    }

    synchronized long calls() {
        return calls;
    }

    synchronized long operations() {
        return operations;
    }

    synchronized long events() {
        return events;
    }

    /** How often a fault happened, in all. */
    synchronized long injected(Faults.Kind kind) {
        return injected.getOrDefault(kind, 0L);
    }

    /** How often a fault could have happened, in all. */
    synchronized long offered(Faults.Kind kind) {
        return offered.getOrDefault(kind, 0L);
    }

    /** In how many runs a fault happened. */
    synchronized long seedsWith(Faults.Kind kind) {
        return seedsWith.getOrDefault(kind, 0L);
    }
}
