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
import io.netty.channel.ChannelFuture;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

/** Our server and our clients with somebody else's program. */
abstract class PipeInterop extends PipeClientInterop {

    PipeInterop(Program program) {
        super(program);
    }

    @Test
    void ourClientGetsBackWhatItSendsToItsServer() throws Exception {
        try (PipeFixture fixture = new PipeFixture(); Peer server = program.serve(fixture.pipe, "echo", "clients=1")) {
            TcpRecorder client = fixture.dial(Map.of());
            PipeFixture.send(client.channel, MUCH, 7).sync();
            assertThat(PeerData.sum(client.awaitBytes(MUCH))).isEqualTo(PeerData.sum(MUCH, 7));
            client.channel.close().sync();
            server.await("END");
            assertThat(server.await("CLOSED")).isEqualTo(List.of(Integer.toString(MUCH)));
            server.awaitDone();
            assertThat(client.exceptions).isEmpty();
        }
    }

    @Test
    void ourClientAndItsServerSendToEachOtherAtOnce() throws Exception {
        try (PipeFixture fixture = new PipeFixture();
                Peer server = program.serve(fixture.pipe, "transfer", send(MUCH), "seed=3", receive(2 * MUCH))) {
            TcpRecorder client = fixture.dial(Map.of());
            PipeFixture.send(client.channel, 2 * MUCH, 5).sync();
            assertThat(PeerData.sum(client.awaitBytes(MUCH))).isEqualTo(PeerData.sum(MUCH, 3));
            client.awaitInactive();
            server.awaitDone();
            assertThat(server.values("RECEIVED")).isEqualTo(PeerData.sum(2 * MUCH, 5));
            assertThat(client.exceptions).isEmpty();
        }
    }

    @Test
    void ourClientGetsAllThatItsServerSentBeforeItClosed() throws Exception {
        try (PipeFixture fixture = new PipeFixture();
                Peer server = program.serve(fixture.pipe, "transfer", send(SOME), "seed=5", receive(0))) {
            TcpRecorder client = fixture.dial(Map.of());
            client.awaitInactive();
            assertThat(PeerData.sum(client.received())).isEqualTo(PeerData.sum(SOME, 5));
            assertThat(client.exceptions).isEmpty();
            server.awaitDone();
        }
    }

    @Test
    void itsServerGetsAllThatOurClientSentBeforeItClosed() throws Exception {
        try (PipeFixture fixture = new PipeFixture(); Peer server = program.serve(fixture.pipe, "transfer")) {
            TcpRecorder client = fixture.dial(Map.of());
            PipeFixture.send(client.channel, SOME, 5).addListener(written -> client.channel.close());
            server.await("END");
            assertThat(server.await("RECEIVED")).isEqualTo(PeerData.sum(SOME, 5));
            server.awaitDone();
        }
    }

    @Test
    void manyOfOurClientsThatConnectAtOnceAreServed() throws Exception {
        try (PipeFixture fixture = new PipeFixture(); Peer server = program.serve(fixture.pipe, "echo")) {
            List<TcpRecorder> clients = new ArrayList<>();
            List<ChannelFuture> connecting = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                clients.add(new TcpRecorder());
                connecting.add(fixture.connect(Map.of(), clients.get(i)));
            }
            for (int i = 0; i < 16; i++) {
                connecting.get(i).sync();
                PipeFixture.send(clients.get(i).channel, SOME, 20 + i);
            }
            for (int i = 0; i < 16; i++) {
                assertThat(PeerData.sum(clients.get(i).awaitBytes(SOME))).isEqualTo(PeerData.sum(SOME, 20 + i));
            }
            assertThat(server.hasPrinted("BROKEN")).as(server.toString()).isFalse();
        }
    }

    @Test
    void allThatItsServerSentBeforeItDiedArrives() throws Exception {
        try (PipeFixture fixture = new PipeFixture();
                Peer server = program.serve(fixture.pipe, "transfer", send(MUCH), receive(0),
                        "die-after-sent=1000000")) {
            assertAllArrivesThatWasSentBefore(server, fixture.dial(Map.of()));
        }
    }

    @Test
    void ourClientIsToldOfAWriteThatADeadServerDidNotTake() throws Exception {
        try (PipeFixture fixture = new PipeFixture(); Peer server = program.serve(fixture.pipe, "echo")) {
            TcpRecorder client = fixture.dial(Map.of());
            ChannelFuture written = PipeFixture.send(client.channel, 10 * MUCH, 1);
            client.awaitBytes(1);
            server.kill();
            assertThat(written.await().cause()).isInstanceOf(IOException.class);
            client.awaitInactive();
        }
    }

    @Test
    void itsServerGetsAllThatOurClientSentBeforeItDied() throws Exception {
        try (PipeFixture fixture = new PipeFixture();
                Peer server = program.serve(fixture.pipe, "transfer");
                Peer client = Program.NETTY.dial(fixture.pipe, "transfer", send(MUCH), "die-after-sent=1000000")) {
            client.await("DYING");
            assertThat(client.awaitExit()).isEqualTo(9);
            server.await("END");
            assertThat(Integer.parseInt(server.await("RECEIVED").get(0))).isBetween(1_000_000, MUCH);
            server.awaitDone();
        }
    }
}
