/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.util.ArrayList;
import java.util.List;

/** What can be waited for: by threads, and by {@linkplain SimulatedWaitPacket wait completion packets}. */
abstract class SimulatedWaitable extends SimulatedHandle {

    private final List<SimulatedWaitPacket> packets = new ArrayList<>();

    SimulatedWaitable(SimulatedKernel kernel) {
        super(kernel, false);
    }

    abstract boolean isSignaled();

    /** A wait was satisfied, which takes the signal of some objects back. */
    abstract void satisfied();

    /** A packet waits from now on. */
    final void await(SimulatedWaitPacket packet) {
        packets.add(packet);
    }

    final void awaitNoMore(SimulatedWaitPacket packet) {
        packets.remove(packet);
    }

    /** The object is signaled: satisfies who waits, in the order in which they came. */
    final void signaled() {
        while (isSignaled() && !packets.isEmpty()) {
            satisfied();
            packets.remove(0).signaled();
        }
        kernel.changed();
    }

    @Override
    boolean cancel(long overlappedAddress) {
        return false;
    }

    @Override
    void close() {
        // Who waits has a reference of its own.
    }
}
