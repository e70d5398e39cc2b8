/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

/** Something happened in a simulated run that must not happen: a rule was broken, or the run can't go on. */
public final class SimulationError extends AssertionError {

    private static final long serialVersionUID = 1;

    SimulationError(String message) {
        super(message);
    }

    SimulationError(String message, Throwable cause) {
        super(message, cause);
    }
}
