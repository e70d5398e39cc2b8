/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;

/** Runs blocking calls on a thread that takes part in the simulation; it ends when there is nothing to do. */
final class SimulatedExecutor implements Executor {

    private final SimulatedKernel kernel;
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private final BooleanSupplier loopEnded;
    private boolean running;
    private volatile boolean outlived;

    SimulatedExecutor(SimulatedKernel kernel, BooleanSupplier loopEnded) {
        this.kernel = kernel;
        this.loopEnded = loopEnded;
    }

    /** Whether a call went on when a loop had ended. */
    boolean isOutlived() {
        return outlived;
    }

    @Override
    public void execute(Runnable task) {
        synchronized (kernel) {
            if (kernel.faults().happens(Faults.Kind.EXECUTOR_REFUSES)) {
                kernel.log("the executor refuses a task");
                throw new RejectedExecutionException("simulated");
            }
            tasks.add(task);
            if (!running) {
                running = true;
                kernel.turns().spawn("blocking calls", this::run);
            }
        }
    }

    private void run() {
        for (;;) {
            Runnable task;
            synchronized (kernel) {
                task = tasks.poll();
                if (task == null) {
                    running = false;
                    return;
                }
            }
            task.run();
            outlived |= loopEnded.getAsBoolean();
        }
    }
}
