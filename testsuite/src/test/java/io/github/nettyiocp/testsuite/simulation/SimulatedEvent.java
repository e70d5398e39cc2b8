/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

/** An event. An automatic one loses its signal to the first wait that it satisfies. */
final class SimulatedEvent extends SimulatedWaitable {

    final boolean manual;
    private boolean signaled;

    SimulatedEvent(SimulatedKernel kernel, boolean manual, boolean signaled) {
        super(kernel);
        this.manual = manual;
        this.signaled = signaled;
    }

    void set() {
        signaled = true;
        signaled();
    }

    void reset() {
        signaled = false;
    }

    @Override
    boolean isSignaled() {
        return signaled;
    }

    @Override
    void satisfied() {
        if (!manual) {
            signaled = false;
        }
    }

    @Override
    String kind() {
        return "event";
    }
}
