/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.pipe.NamedPipeOption;
import io.github.nettyiocp.pipe.PipeType;
import io.github.nettyiocp.testsuite.peers.Peer;
import io.github.nettyiocp.testsuite.peers.PeerData;
import io.github.nettyiocp.testsuite.peers.Program;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

/** Our server with clients that are somebody else's program. */
@Timeout(180)
abstract class PipeClientInterop {

    static final int MUCH = 3_000_000;
    static final int SOME = 300_000;

    final Program program;

    PipeClientInterop(Program program) {
        this.program = program;
    }

    /** Writes back what comes. */
    @Sharable
    static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.writeAndFlush(message, context.voidPromise());
        }
    }

    static String send(int size) {
        return "send=" + size;
    }

    static String receive(int size) {
        return "receive=" + size;
    }

    @ParameterizedTest
    @EnumSource
    void itsClientsGetBackWhatTheySendToOurServer(PipeType type) throws Exception {
        try (PipeFixture fixture = new PipeFixture()) {
            fixture.serve(Map.of(NamedPipeOption.PIPE_TYPE, type), new Echo());
            try (Peer client = program.dial(fixture.pipe, "exchange", send(SOME), "seed=7")) {
                assertThat(client.await("SENT")).isEqualTo(PeerData.sum(SOME, 7));
                assertThat(client.await("RECEIVED")).isEqualTo(PeerData.sum(SOME, 7));
                client.awaitDone();
            }
            TcpRecorder server = fixture.accepted();
            server.awaitInactive();
            assertThat(server.exceptions).isEmpty();
        }
    }

    @Test
    void itsClientAndOurServerSendToEachOtherAtOnce() throws Exception {
        try (PipeFixture fixture = new PipeFixture()) {
            fixture.serve(Map.of());
            try (Peer client = program.dial(fixture.pipe, "transfer", send(MUCH), "seed=3", receive(2 * MUCH))) {
                TcpRecorder server = fixture.accepted();
                PipeFixture.send(server.channel, 2 * MUCH, 5).sync();
                assertThat(PeerData.sum(server.awaitBytes(MUCH))).isEqualTo(PeerData.sum(MUCH, 3));
                client.await("CONNECTED");
                client.awaitDone();
                assertThat(client.values("RECEIVED")).isEqualTo(PeerData.sum(2 * MUCH, 5));
                server.awaitInactive();
                assertThat(server.exceptions).isEmpty();
            }
        }
    }

    @Test
    void itsClientGetsAllThatOurServerSentBeforeItClosed() throws Exception {
        try (PipeFixture fixture = new PipeFixture()) {
            fixture.serve(Map.of());
            try (Peer client = program.dial(fixture.pipe, "transfer")) {
                TcpRecorder server = fixture.accepted();
                PipeFixture.send(server.channel, SOME, 5).addListener(written -> server.channel.close());
                client.await("END");
                assertThat(client.await("RECEIVED")).isEqualTo(PeerData.sum(SOME, 5));
                client.awaitDone();
            }
        }
    }

    @Test
    void severalOfItsClientsAreServedAtOnce() throws Exception {
        try (PipeFixture fixture = new PipeFixture()) {
            fixture.serve(Map.of(), new Echo());
            exchangeWithSeveral(fixture);
        }
    }

    @Test
    void itsClientsWaitWhileAllOurInstancesAreBusy() throws Exception {
        try (PipeFixture fixture = new PipeFixture()) {
            fixture.serve(Map.of(NamedPipeOption.MAX_INSTANCES, 2, NamedPipeOption.POSTED_INSTANCES, 1), new Echo());
            // One stays, so that the name stays with Wine too.
            fixture.dial(Map.of());
            exchangeWithSeveral(fixture);
        }
    }

    private void exchangeWithSeveral(PipeFixture fixture) throws Exception {
        List<Peer> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 4; i++) {
                clients.add(program.dial(fixture.pipe, "exchange", send(SOME), "seed=" + (10 + i), "timeout=60000"));
            }
            for (int i = 0; i < clients.size(); i++) {
                assertThat(clients.get(i).await("RECEIVED")).isEqualTo(PeerData.sum(SOME, 10 + i));
                clients.get(i).awaitDone();
            }
        } finally {
            for (Peer client : clients) {
                client.close();
            }
        }
    }

    @Test
    void allThatItsClientSentBeforeItDiedArrives() throws Exception {
        try (PipeFixture fixture = new PipeFixture()) {
            fixture.serve(Map.of());
            try (Peer client = program.dial(fixture.pipe, "transfer", send(MUCH), receive(0),
                    "die-after-sent=1000000")) {
                assertAllArrivesThatWasSentBefore(client, fixture.accepted());
            }
        }
    }

    /** The peer sends with the seed 1, and dies after 1,000,000 bytes. */
    static void assertAllArrivesThatWasSentBefore(Peer peer, TcpRecorder ours) throws InterruptedException {
        peer.await("DYING");
        assertThat(peer.awaitExit()).isNotZero();
        ours.awaitInactive();
        byte[] received = ours.received();
        assertThat(received.length).isBetween(1_000_000, MUCH);
        assertThat(received).isEqualTo(Arrays.copyOf(PeerData.bytes(MUCH, 1), received.length));
        assertThat(ours.exceptions).isEmpty();
    }

    @Test
    void ourServerIsToldOfAWriteThatADeadClientDidNotTake() throws Exception {
        try (PipeFixture fixture = new PipeFixture()) {
            fixture.serve(Map.of());
            try (Peer client = program.dial(fixture.pipe, "transfer", "die-after=100000")) {
                TcpRecorder server = fixture.accepted();
                ChannelFuture written = PipeFixture.send(server.channel, 10 * MUCH, 1);
                client.await("DYING");
                assertThat(written.await().cause()).isInstanceOf(IOException.class);
                server.awaitInactive();
            }
        }
    }

    @Test
    void itsClientSeesTheEndWhenOurServerDies() throws Exception {
        try (PipeFixture fixture = new PipeFixture();
                Peer server = Program.NETTY.serve(fixture.pipe, "echo", "die-after=100000");
                Peer client = program.dial(fixture.pipe, "transfer", send(SOME), "largest=1000")) {
            server.await("DYING");
            client.awaitExit();
            assertThat(client.hasPrinted("END") || client.hasPrinted("BROKEN") || client.hasPrinted("ERROR"))
                    .as(client.toString()).isTrue();
        }
    }
}
