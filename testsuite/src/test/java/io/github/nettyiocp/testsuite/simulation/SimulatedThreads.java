/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.util.HashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** What threads are to Windows: their ids, whom they impersonate, and whether a call blocks them. */
final class SimulatedThreads {

    private static final int FIRST_ID = 5000;

    private final SimulatedKernel kernel;
    private final Map<Thread, State> states = new HashMap<>();

    private static final class State {
        private final int id;
        private SimulatedProcess.Token impersonated;
        private boolean blocked;
        private boolean cancelled;

        State(int id) {
            this.id = id;
        }
    }

    SimulatedThreads(SimulatedKernel kernel) {
        this.kernel = kernel;
    }

    private State current() {
        return states.computeIfAbsent(Thread.currentThread(), thread -> new State(FIRST_ID + 4 * states.size()));
    }

    int id() {
        return current().id;
    }

    boolean exists(int id) {
        return states.values().stream().anyMatch(state -> state.id == id);
    }

    // ---- who the thread is

    /** Whom the calling thread is taken for. */
    SimulatedProcess.Token token() {
        SimulatedProcess.Token impersonated = current().impersonated;
        return impersonated != null ? impersonated : kernel.process().token();
    }

    /** Whom the calling thread impersonates; {@code null} if nobody. */
    SimulatedProcess.Token impersonated() {
        return current().impersonated;
    }

    void impersonate(SimulatedProcess.Token token) {
        current().impersonated = token;
    }

    // ---- calls that block

    /** Blocks the calling thread; {@code false} if the time is over or somebody ended the call. */
    boolean block(BooleanSupplier ready, long deadline) {
        State state = current();
        state.blocked = true;
        state.cancelled = false;
        kernel.await(() -> state.cancelled || ready.getAsBoolean(), deadline);
        state.blocked = false;
        return ready.getAsBoolean();
    }

    /** Whether the call of the calling thread that blocked last was ended by somebody else. */
    boolean wasCancelled() {
        return current().cancelled;
    }

    /** {@code CancelSynchronousIo}: {@code false} if no call blocks the thread. */
    boolean cancelBlocked(int id) {
        for (State state : states.values()) {
            if (state.id == id && state.blocked) {
                state.cancelled = true;
                kernel.changed();
                return true;
            }
        }
        return false;
    }

    /** A handle of a thread. */
    static final class ThreadHandle extends PassiveHandle {
        final int threadId;

        ThreadHandle(SimulatedKernel kernel, int threadId) {
            super(kernel);
            this.threadId = threadId;
        }

        @Override
        String kind() {
            return "thread";
        }
    }
}
