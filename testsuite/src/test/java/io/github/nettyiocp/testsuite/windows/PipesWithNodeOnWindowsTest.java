/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.testsuite.peers.Peer;
import io.github.nettyiocp.testsuite.peers.PeerData;
import io.github.nettyiocp.testsuite.peers.Program;
import org.junit.jupiter.api.Test;

import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

/** Programs on Node's {@code net} module. */
class PipesWithNodeOnWindowsTest extends PipeInterop {

    PipesWithNodeOnWindowsTest() {
        super(Program.NODE);
    }

    /** Node closes a pipe whole a moment after its {@code end()}: pipes of bytes have no half close. */
    @Test
    void allThatItsClientSentBeforeItEndedItsOutputArrives() throws Exception {
        try (PipeFixture fixture = new PipeFixture()) {
            fixture.serve(Map.of());
            try (Peer client = program.dial(fixture.pipe, "transfer", send(SOME), "end=half")) {
                TcpRecorder server = fixture.accepted();
                client.await("HALF-CLOSED");
                server.awaitInactive();
                assertThat(PeerData.sum(server.received())).isEqualTo(PeerData.sum(SOME, 1));
                assertThat(server.exceptions).isEmpty();
                client.awaitDone();
            }
        }
    }
}
