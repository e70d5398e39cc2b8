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
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

/** With programs that close one direction of a pipe of messages by an empty message. */
abstract class MessagePipeInterop extends PipeInterop {

    private static final String MESSAGES = "type=message";
    private static final String EMPTY_IS_END = "empty=end";

    MessagePipeInterop(Program program) {
        super(program);
    }

    @Test
    void itsServerAnswersAfterOurClientHasHalfClosed() throws Exception {
        try (PipeFixture fixture = new PipeFixture();
                Peer server = program.serve(fixture.pipe, "echo", "clients=1", MESSAGES, EMPTY_IS_END)) {
            TcpRecorder client = fixture.dial(Map.of());
            PipeFixture.send(client.channel, SOME, 7);
            ((DuplexChannel) client.channel).shutdownOutput().sync();
            assertThat(((DuplexChannel) client.channel).isOutputShutdown()).isTrue();
            client.awaitInactive();
            assertThat(PeerData.sum(client.received())).isEqualTo(PeerData.sum(SOME, 7));
            assertThat(client.exceptions).isEmpty();
            assertThat(server.await("CLOSED")).isEqualTo(List.of(Integer.toString(SOME)));
            server.awaitDone();
        }
    }

    @Test
    void ourServerAnswersAfterItsClientHasHalfClosed() throws Exception {
        try (PipeFixture fixture = new PipeFixture()) {
            fixture.serve(Map.of(NamedPipeOption.PIPE_TYPE, PipeType.MESSAGE));
            try (Peer client = program.dial(fixture.pipe, "transfer", send(SOME), "end=half", EMPTY_IS_END)) {
                TcpRecorder server = fixture.accepted();
                server.channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
                assertThat(PeerData.sum(server.awaitBytes(SOME))).isEqualTo(PeerData.sum(SOME, 1));
                assertThat(server.awaitEvent()).isEqualTo(ChannelInputShutdownEvent.INSTANCE);
                assertThat(((DuplexChannel) server.channel).isInputShutdown()).isTrue();
                client.await("HALF-CLOSED");
                PipeFixture.send(server.channel, SOME, 5).addListener(written -> server.channel.close());
                client.await("END");
                assertThat(client.await("RECEIVED")).isEqualTo(PeerData.sum(SOME, 5));
                client.awaitDone();
            }
        }
    }

    @Test
    void itsClientAnswersAfterOurServerHasHalfClosed() throws Exception {
        try (PipeFixture fixture = new PipeFixture()) {
            fixture.serve(Map.of(NamedPipeOption.PIPE_TYPE, PipeType.MESSAGE));
            try (Peer client = program.dial(fixture.pipe, "transfer", send(SOME), EMPTY_IS_END)) {
                TcpRecorder server = fixture.accepted();
                PipeFixture.send(server.channel, SOME, 5);
                ((DuplexChannel) server.channel).shutdownOutput().sync();
                assertThat(client.await("RECEIVED")).isEqualTo(PeerData.sum(SOME, 5));
                server.awaitInactive();
                assertThat(PeerData.sum(server.received())).isEqualTo(PeerData.sum(SOME, 1));
                client.awaitDone();
            }
        }
    }
}
