/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

/** A handle on which no operation can be in flight, and whose object doesn't mind that it is closed. */
abstract class PassiveHandle extends SimulatedHandle {

    PassiveHandle(SimulatedKernel kernel) {
        super(kernel, false);
    }

    @Override
    final boolean cancel(long overlappedAddress) {
        return false;
    }

    @Override
    final void close() {
        // Nothing depends on it.
    }
}
