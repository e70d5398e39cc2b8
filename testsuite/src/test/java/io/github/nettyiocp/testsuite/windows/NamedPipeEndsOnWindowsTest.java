/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpIoHandlerConfig;
import io.github.nettyiocp.pipe.NamedPipeChannel;
import io.github.nettyiocp.testsuite.peers.PeerData;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerAdapter;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

/** What close, disconnect and abort do with what the peer of a pipe has not read. */
@Timeout(240)
class NamedPipeEndsOnWindowsTest {

    /** Less than the quota: Windows has taken it when the write is done. */
    private static final int TAKEN = 30_000;
    /** More than the quota: Windows takes it only as it is read. */
    private static final int LARGE = 1 << 20;
    private static final long LONG_MILLIS = 120_000;
    private static final long SHORT_MILLIS = 500;

    /** Reads nothing by itself. */
    @Sharable
    private static final class Slow extends ChannelHandlerAdapter {
        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            context.channel().config().setAutoRead(false);
        }
    }

    private static PipeFixture fixture(long closeTimeoutMillis) {
        return new PipeFixture(new IocpIoHandlerConfig().closeTimeoutMillis(closeTimeoutMillis));
    }

    private static ChannelFuture write(Channel channel, int size) {
        return channel.writeAndFlush(Unpooled.wrappedBuffer(PeerData.bytes(size, 1)));
    }

    /** A client that does not read, and who has served it. */
    private static TcpRecorder slowClient(PipeFixture fixture) throws InterruptedException {
        fixture.serve(Map.of());
        return fixture.dial(Map.of(ChannelOption.AUTO_READ, false));
    }

    /** The server's end, of which Windows has taken something that nobody has read. */
    private static NamedPipeChannel childThatWrote(PipeFixture fixture) throws InterruptedException {
        NamedPipeChannel child = (NamedPipeChannel) fixture.accepted().channel;
        write(child, TAKEN).sync();
        return child;
    }

    private static void assertDone(ChannelFuture future) throws InterruptedException {
        assertThat(future.await(PipeFixture.TIMEOUT_MILLIS)).as("done").isTrue();
        assertThat(future.cause()).isNull();
    }

    private static void assertAllArrivesAndThenTheEnd(TcpRecorder reader, int size) throws InterruptedException {
        reader.channel.config().setAutoRead(true);
        reader.awaitInactive();
        assertThat(reader.received()).isEqualTo(PeerData.bytes(size, 1));
        assertThat(reader.exceptions).isEmpty();
    }

    /** That there is no more of it than the beginning, and no exception. */
    private static void assertTheRestIsLost(TcpRecorder reader, int size) throws InterruptedException {
        reader.channel.config().setAutoRead(true);
        reader.awaitInactive();
        byte[] received = reader.received();
        assertThat(received.length).isLessThan(size);
        assertThat(received).isEqualTo(Arrays.copyOf(PeerData.bytes(size, 1), received.length));
        assertThat(reader.exceptions).isEmpty();
    }

    @Test
    void disconnectGivesASlowReaderEverything() throws Exception {
        try (PipeFixture fixture = fixture(LONG_MILLIS)) {
            TcpRecorder reader = slowClient(fixture);
            NamedPipeChannel child = childThatWrote(fixture);
            ChannelFuture disconnected = child.disconnect();
            assertThat(disconnected.await(SHORT_MILLIS)).as("it waits for the reader").isFalse();
            assertThat(child.isActive()).isTrue();
            assertAllArrivesAndThenTheEnd(reader, TAKEN);
            assertDone(disconnected);
            assertThat(child.isOpen()).isFalse();
        }
    }

    @Test
    void disconnectGivesAReaderThatDoesNotReadItsTimeAndNoMore() throws Exception {
        try (PipeFixture fixture = fixture(SHORT_MILLIS)) {
            TcpRecorder reader = slowClient(fixture);
            NamedPipeChannel child = childThatWrote(fixture);
            long start = System.nanoTime();
            assertDone(child.disconnect());
            // A timer of Windows may be a little early.
            assertThat(System.nanoTime() - start).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(SHORT_MILLIS - 50));
            assertThat(child.isOpen()).isFalse();
            assertTheRestIsLost(reader, TAKEN);
        }
    }

    @Test
    void abortOfTheServersEndIsDoneAtOnceAndLosesWhatIsUnread() throws Exception {
        try (PipeFixture fixture = fixture(LONG_MILLIS)) {
            TcpRecorder reader = slowClient(fixture);
            NamedPipeChannel child = childThatWrote(fixture);
            assertDone(child.abort());
            assertTheRestIsLost(reader, TAKEN);
        }
    }

    @Test
    void abortOfTheClientsEndLosesOnlyWhatWindowsHasNotTaken() throws Exception {
        try (PipeFixture fixture = fixture(LONG_MILLIS)) {
            fixture.serve(Map.of(), new Slow());
            NamedPipeChannel client = (NamedPipeChannel) fixture.dial(Map.of()).channel;
            TcpRecorder reader = fixture.accepted();
            write(client, TAKEN).sync();
            assertDone(client.abort());
            assertAllArrivesAndThenTheEnd(reader, TAKEN);

            client = (NamedPipeChannel) fixture.dial(Map.of()).channel;
            reader = fixture.accepted();
            ChannelFuture written = write(client, LARGE);
            assertDone(client.abort());
            assertThat(written.await(PipeFixture.TIMEOUT_MILLIS)).isTrue();
            assertThat(written.cause()).isInstanceOf(IOException.class);
            assertTheRestIsLost(reader, LARGE);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = { true, false })
    void closeNeitherWaitsForTheReaderNorTakesFromHimWhatIsBeingWritten(boolean ofServer) throws Exception {
        try (PipeFixture fixture = fixture(SHORT_MILLIS)) {
            fixture.serve(Map.of(), new Slow());
            TcpRecorder client = fixture.dial(Map.of(ChannelOption.AUTO_READ, false));
            TcpRecorder server = fixture.accepted();
            Channel writer = ofServer ? server.channel : client.channel;
            TcpRecorder reader = ofServer ? client : server;
            ChannelFuture written = write(writer, LARGE);
            writer.eventLoop().submit(() -> { }).sync();
            assertThat(written.isDone()).as("Windows has not taken it").isFalse();
            assertDone(writer.close());
            assertAllArrivesAndThenTheEnd(reader, LARGE);
        }
    }
}
