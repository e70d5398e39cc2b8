/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.IocpIoHandler;
import io.github.nettyiocp.IocpIoHandlerConfig;
import io.netty.channel.ManualIoEventLoop;

/** A loop of the production code that a test drives in virtual time. */
final class DrivenLoop extends ManualIoEventLoop {

    /**
     * A loop without anything to do waits so long; whatever is done after a wait of this length was forgotten before.
     */
    private static final long WAIT_NANOS = 30_000_000_000L;
    private static final long SECOND_NANOS = 1_000_000_000L;
    /** So many passes in a second may move nothing; random programs have 300 at most. */
    private static final int MAX_PASSES_IN_VAIN = 500;

    private final SimulatedKernel kernel;
    private final int id;
    private long second;
    private int passesInVain;

    DrivenLoop(SimulatedKernel kernel, int id, Thread owner, IocpIoHandlerConfig config) {
        super(null, owner, IocpIoHandler.newFactory(config), new SimulatedTicker(kernel));
        this.kernel = kernel;
        this.id = id;
    }

    /** One pass, which waits at most until {@code deadline}. */
    void pass(long deadline) {
        long scheduled = nextScheduledTaskDeadlineNanos();
        long refused = kernel.faults().injected(Faults.Kind.POST_REFUSED);
        long progress = kernel.progress();
        int done = run(Math.max(1_000_000, Math.min(WAIT_NANOS, deadline - kernel.schedule().now())), 0);
        if (done > 0 && kernel.lastPollTimedOut() && !isShuttingDown() && kernel.turns().isAlone()
                && kernel.faults().injected(Faults.Kind.POST_REFUSED) == refused
                && (scheduled == -1 || scheduled - Schedule.START > kernel.schedule().now() - Schedule.START)) {
            kernel.failed(new SimulationError("loop " + id + " slept although it had " + done + " things to do"));
        }
        if (kernel.progress() == progress) {
            passedInVain();
        }
    }

    /**
     * Counts passes that took no packet and began no operation, whether they ran tasks or not: a loop that looks each
     * millisecond, or makes a call that fails again and again, has too many in a second.
     */
    private void passedInVain() {
        long now = kernel.schedule().now();
        if (now - second >= SECOND_NANOS) {
            second = now;
            passesInVain = 0;
        }
        if (++passesInVain == MAX_PASSES_IN_VAIN) {
            kernel.failed(new SimulationError("loop " + id + " spins: " + passesInVain
                    + " passes within a second took no packet and began no operation"));
        }
    }

    /** The body of a thread that is the loop's own. */
    void runUntilTerminated() {
        while (!isTerminated()) {
            pass(Long.MAX_VALUE);
        }
    }

    @Override
    public String toString() {
        return "loop " + id;
    }
}
