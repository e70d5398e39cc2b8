/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.util.function.BooleanSupplier;

/** How a thread waits inside a simulated call. Called with the kernel's lock held. */
interface Waiting {

    /** Waits until {@code ready}, or until the virtual time is {@code deadline}; returns whether it is ready. */
    boolean await(BooleanSupplier ready, long deadline);

    /** Another thread may run now, or later, as the dice say. */
    void mayYield();

    /** Something changed that others may wait for. */
    void changed();
}
