/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.util.function.BooleanSupplier;

/** Waits really, for tests with threads that run at the same time. */
final class RealTimeWaiting implements Waiting {

    private static final long OFFSET = System.nanoTime() - Schedule.START;

    private final SimulatedKernel kernel;

    RealTimeWaiting(SimulatedKernel kernel) {
        this.kernel = kernel;
    }

    static long now() {
        return System.nanoTime() - OFFSET;
    }

    @Override
    public boolean await(BooleanSupplier ready, long deadline) {
        boolean interrupted = false;
        try {
            for (;;) {
                kernel.schedule().advanceTo(now());
                if (ready.getAsBoolean()) {
                    return true;
                }
                long nanos = Math.min(deadline, kernel.schedule().next()) - now();
                if (now() >= deadline) {
                    return false;
                }
                if (nanos > 0) {
                    try {
                        kernel.wait(Math.min(nanos / 1_000_000, 1000), (int) (nanos % 1_000_000));
                    } catch (InterruptedException e) {
                        interrupted = true;
                    }
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void mayYield() {
        // The threads run as they want.
    }

    @Override
    public void changed() {
        kernel.notifyAll();
    }
}
