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
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

import java.net.ConnectException;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

/** Programs in Go, on go-winio. */
class PipesWithGoOnWindowsTest extends MessagePipeInterop {

    PipesWithGoOnWindowsTest() {
        super(Program.GO);
    }

    @Test
    void ourClientConnectsToAServerWhoseDescriptorAllowsIt() throws Exception {
        try (PipeFixture fixture = new PipeFixture();
                Peer server = program.serve(fixture.pipe, "echo", "sddl=D:P(A;;GA;;;SY)(A;;GA;;;AU)")) {
            TcpRecorder client = fixture.dial(Map.of());
            PipeFixture.send(client.channel, SOME, 7);
            assertThat(PeerData.sum(client.awaitBytes(SOME))).isEqualTo(PeerData.sum(SOME, 7));
            server.await("ACCEPTED");
        }
    }

    @Test
    void ourClientIsToldWhenTheServersDescriptorDoesNotAllowIt() throws Exception {
        Assumptions.assumeFalse(RawPipe.WINE, "Wine doesn't look at a pipe's descriptor when it is opened");
        try (PipeFixture fixture = new PipeFixture();
                Peer server = program.serve(fixture.pipe, "echo", "sddl=D:P(A;;GA;;;SY)")) {
            assertThat(fixture.connect(Map.of(), new TcpRecorder()).await().cause())
                    .as(server.toString()).isInstanceOf(ConnectException.class).hasMessageContaining("denied");
        }
    }
}
