/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import io.netty.util.concurrent.EventExecutor;

import java.util.concurrent.TimeUnit;

/** How long an event loop keeps others waiting: by how much a timer that ticks every 5 ms is late. */
final class LoopDelay {

    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final EventExecutor loop;
    private long due;
    private long longest;

    private LoopDelay(EventExecutor loop) {
        this.loop = loop;
    }

    /** Measures until the loop ends. */
    static LoopDelay start(EventExecutor loop) throws InterruptedException {
        LoopDelay delay = new LoopDelay(loop);
        loop.submit(delay::schedule).sync();
        return delay;
    }

    private void schedule() {
        due = System.nanoTime() + TICK_NANOS;
        loop.schedule(this::tick, TICK_NANOS, TimeUnit.NANOSECONDS);
    }

    private void tick() {
        longest = Math.max(longest, System.nanoTime() - due);
        schedule();
    }

    /** The longest delay since the call before, in milliseconds. */
    double takeMillis() throws InterruptedException {
        return loop.submit(() -> {
            // A tick that is overdue counts too.
            double millis = Math.max(longest, System.nanoTime() - due) / 1e6;
            longest = 0;
            return millis;
        }).sync().getNow();
    }

    /** Does nothing for a while and says how late the timer was. */
    void printIdle() throws InterruptedException {
        takeMillis();
        TimeUnit.MILLISECONDS.sleep(500);
        System.out.printf("A timer on the idle loop is late by at most %.1f ms.%n", takeMillis());
    }

    /** Says how late the timer was since {@link #printIdle}. */
    void printBusy(String doing) throws InterruptedException {
        System.out.printf("While %s on the same loop it was late by at most %.1f ms.%n", doing, takeMillis());
    }
}
