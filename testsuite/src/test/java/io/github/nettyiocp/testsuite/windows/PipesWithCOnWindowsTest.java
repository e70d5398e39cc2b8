/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.pipe.NamedPipeOption;
import io.github.nettyiocp.pipe.PipeMessage;
import io.github.nettyiocp.pipe.PipeMessageAggregator;
import io.github.nettyiocp.pipe.PipeType;
import io.github.nettyiocp.testsuite.peers.Peer;
import io.github.nettyiocp.testsuite.peers.PeerData;
import io.github.nettyiocp.testsuite.peers.Program;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.SimpleChannelInboundHandler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;

/** Programs in C, with overlapped calls. */
class PipesWithCOnWindowsTest extends MessagePipeInterop {

    /** Empty ones, some of a byte, and some that are larger than the pipe's buffer and than one read. */
    private static final int[] SIZES = { 1, 0, 70_000, 0, 0, 65_536, 5, 200_000, 1, 2, 3, 0, 1_000_000, 4_096 };
    private static final String SIZES_OPTION = "sizes=" + IntStream.of(SIZES).mapToObj(Integer::toString)
            .collect(Collectors.joining(","));
    private static final Map<ChannelOption<?>, Object> READ_MESSAGES =
            Map.of(NamedPipeOption.READ_MODE, PipeType.MESSAGE);
    private static final Map<ChannelOption<?>, Object> MESSAGES =
            Map.of(NamedPipeOption.PIPE_TYPE, PipeType.MESSAGE, NamedPipeOption.READ_MODE, PipeType.MESSAGE);

    PipesWithCOnWindowsTest() {
        super(Program.C);
    }

    /** The messages that came whole. */
    private static final class Messages extends SimpleChannelInboundHandler<ByteBuf> {

        private final BlockingQueue<byte[]> messages = new LinkedBlockingQueue<>();

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf message) {
            messages.add(ByteBufUtil.getBytes(message));
        }

        void assertAll() throws InterruptedException {
            for (int i = 0; i < SIZES.length; i++) {
                assertThat(messages.poll(60, TimeUnit.SECONDS)).as("message " + i)
                        .isEqualTo(PeerData.bytes(SIZES[i], 1 + i));
            }
        }
    }

    private static void sendAll(Channel channel) {
        for (int i = 0; i < SIZES.length; i++) {
            channel.write(SIZES[i] == 0 ? PipeMessage.empty()
                    : Unpooled.wrappedBuffer(PeerData.bytes(SIZES[i], 1 + i)));
        }
        channel.flush();
    }

    private static void assertAll(Peer peer) throws InterruptedException {
        for (int i = 0; i < SIZES.length; i++) {
            assertThat(peer.await("MESSAGE").subList(0, 2)).as("message " + i)
                    .isEqualTo(PeerData.sum(SIZES[i], 1 + i));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = { "io=overlapped", "io=blocking" })
    void messagesOfItsClientArriveWhole(String io) throws Exception {
        Messages messages = new Messages();
        try (PipeFixture fixture = new PipeFixture()) {
            fixture.serve(MESSAGES, new PipeMessageAggregator(1 << 20), messages);
            try (Peer client = program.dial(fixture.pipe, "messages", SIZES_OPTION, "read=message", receive(0), io)) {
                messages.assertAll();
                client.awaitDone();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = { "io=overlapped", "io=blocking" })
    void messagesOfItsServerArriveWhole(String io) throws Exception {
        Messages messages = new Messages();
        try (PipeFixture fixture = new PipeFixture();
                Peer server = program.serve(fixture.pipe, "messages", "type=message", "read=message", SIZES_OPTION,
                        receive(0), io)) {
            fixture.dial(READ_MESSAGES, new PipeMessageAggregator(1 << 20), messages);
            messages.assertAll();
            server.awaitDone();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = { "buffer=4096", "buffer=1048576" })
    void messagesOfOurServerArriveWhole(String buffer) throws Exception {
        try (PipeFixture fixture = new PipeFixture()) {
            fixture.serve(MESSAGES);
            try (Peer client = program.dial(fixture.pipe, "messages", "read=message", receive(SIZES.length), buffer)) {
                sendAll(fixture.accepted().channel);
                assertAll(client);
                client.awaitDone();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = { "buffer=4096", "buffer=1048576" })
    void messagesOfOurClientArriveWhole(String buffer) throws Exception {
        try (PipeFixture fixture = new PipeFixture();
                Peer server = program.serve(fixture.pipe, "messages", "type=message", "read=message",
                        receive(SIZES.length), buffer)) {
            sendAll(fixture.dial(READ_MESSAGES).channel);
            assertAll(server);
            server.awaitDone();
        }
    }

    @Test
    void messagesComeBackWholeWhileOthersAreSent() throws Exception {
        Messages messages = new Messages();
        try (PipeFixture fixture = new PipeFixture();
                Peer server = program.serve(fixture.pipe, "echo", "type=message", "read=message")) {
            TcpRecorder client = fixture.dial(READ_MESSAGES, new PipeMessageAggregator(1 << 20), messages);
            sendAll(client.channel);
            messages.assertAll();
            assertThat(server.hasPrinted("BROKEN")).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = { "io=overlapped", "io=blocking" })
    void aServerThatFlushesAndDisconnectsEndsOurInputAfterAllData(String io) throws Exception {
        try (PipeFixture fixture = new PipeFixture();
                Peer server = program.serve(fixture.pipe, "transfer", send(SOME), receive(0), "end=disconnect", io)) {
            TcpRecorder client = fixture.dial(Map.of());
            client.awaitInactive();
            assertThat(PeerData.sum(client.received())).isEqualTo(PeerData.sum(SOME, 1));
            assertThat(client.exceptions).isEmpty();
            server.await("DISCONNECTED");
            server.awaitDone();
        }
    }

    @Test
    void aServerThatDisconnectsWithoutAFlushEndsOurInputToo() throws Exception {
        try (PipeFixture fixture = new PipeFixture();
                Peer server = program.serve(fixture.pipe, "transfer", send(1000), receive(0), "end=abort")) {
            TcpRecorder client = fixture.dial(Map.of());
            client.awaitInactive();
            assertThat(client.exceptions).isEmpty();
            server.awaitDone();
        }
    }
}
