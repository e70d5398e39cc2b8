/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

/** A handle of a token. */
final class SimulatedToken extends PassiveHandle {

    final SimulatedProcess.Token token;

    SimulatedToken(SimulatedKernel kernel, SimulatedProcess.Token token) {
        super(kernel);
        this.token = token;
    }

    @Override
    String kind() {
        return "token";
    }
}
