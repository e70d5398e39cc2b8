/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.CallCounts.Function;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.pipe.NamedPipeAddress;
import io.github.nettyiocp.pipe.NamedPipeChannel;
import io.github.nettyiocp.pipe.NamedPipeServerChannel;
import io.github.nettyiocp.pipe.NamedPipeServerChannelConfig;
import io.github.nettyiocp.pipe.PipeDirection;
import io.github.nettyiocp.pipe.PipeMessage;
import io.github.nettyiocp.pipe.PipeSecurity;
import io.github.nettyiocp.pipe.PipeType;
import io.netty.buffer.ByteBufHolder;
import io.netty.buffer.DefaultByteBufHolder;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import static org.assertj.core.api.Assertions.assertThat;

/** The rules of named pipes, each once, without chance. */
@Timeout(120)
class PipeRulesTest {

    private static final String NAME = "ruled";
    private static final NamedPipeAddress ADDRESS = new NamedPipeAddress(NAME);
    private static final int OTHER_PROCESS = 4300;

    private final DirectedRun run = new DirectedRun(Faults.none());
    private final SimulatedKernel kernel = run.kernel;
    private final Recorder events = new Recorder();
    private final List<SimulatedPipePeer> peers = new ArrayList<>();
    private NamedPipeChannel channel;

    @AfterEach
    void end() {
        events.children().forEach(child -> child.unsafe().closeForcibly());
        peers.forEach(SimulatedPipePeer::close);
        run.close();
    }

    /** Writes down messages as well. */
    private static final class Recorder extends EventRecorder {

        private final List<String> messages = new ArrayList<>();

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (message instanceof PipeMessage part) {
                messages.add(part.content().readableBytes() + (part.isLast() ? " last" : " of more"));
                part.release();
            } else {
                super.channelRead(ctx, message);
            }
        }
    }

    // ---- helpers

    private static SecurityDescriptor anybody() {
        return new SecurityDescriptor(null, null, null);
    }

    /** Connects a channel to a server in another process. */
    private SimulatedPipePeer connected(Consumer<SimulatedPipePeer.Server> server, Consumer<NamedPipeChannel> client) {
        return connected(server, client, peer -> { });
    }

    private SimulatedPipePeer connected(Consumer<SimulatedPipePeer.Server> server, Consumer<NamedPipeChannel> client,
                                        Consumer<SimulatedPipePeer> script) {
        SimulatedProcess other = kernel.startProcess(OTHER_PROCESS, SimulatedProcess.ALICE, 1);
        SimulatedPipePeer.Server far = SimulatedPipePeer.server(kernel, NAME, other, peer -> {
            script.accept(peer);
            peers.add(peer);
        }).descriptor(anybody());
        server.accept(far);
        assertThat(far.listen(1)).isZero();
        channel = client(client, events);
        run.sync(channel.connect(ADDRESS));
        run.until("a peer", () -> !peers.isEmpty() && channel.isActive());
        far.close();
        return peers.get(0);
    }

    private NamedPipeChannel client(Consumer<NamedPipeChannel> configure) {
        return client(configure, new Recorder());
    }

    private NamedPipeChannel client(Consumer<NamedPipeChannel> configure, Recorder recorder) {
        NamedPipeChannel client = run.runtime.pipe();
        configure.accept(client);
        client.pipeline().addLast(recorder);
        run.sync(run.loop().register(client));
        return client;
    }

    private NamedPipeServerChannel serve(int posted, Consumer<NamedPipeServerChannelConfig> configure) {
        return serve(posted, configure, events);
    }

    private NamedPipeServerChannel serve(int posted, Consumer<NamedPipeServerChannelConfig> configure,
                                         Recorder recorder) {
        NamedPipeServerChannel server = run.runtime.pipeServer();
        server.config().setPostedInstances(posted);
        configure.accept(server.config());
        server.pipeline().addLast(recorder);
        run.sync(run.loop().register(server));
        run.sync(server.bind(ADDRESS));
        run.millis(5);
        return server;
    }

    private SimulatedPipePeer dial() {
        return dial(opened -> { });
    }

    private SimulatedPipePeer dial(Consumer<SimulatedPipePeer> script) {
        SimulatedPipePeer peer = SimulatedPipePeer.client(kernel, NAME).open(script);
        peers.add(peer);
        return peer;
    }

    // ---- serving

    @Test
    void anInstanceThatFailsConcernsItsClientAlone() {
        NamedPipeServerChannel server = serve(2, config -> { });
        kernel.faults().with(Faults.Kind.LISTEN_FAILS_LATER, 1);
        for (int i = 0; i < 5; i++) {
            dial();
            run.millis(20);
        }
        kernel.faults().with(Faults.Kind.LISTEN_FAILS_LATER, 0);
        run.millis(20);
        assertThat(run.metrics().failedAccepts())
                .isBetween(5L, kernel.faults().injected(Faults.Kind.LISTEN_FAILS_LATER));
        int before = events.children().size();
        dial();
        run.until("the next", () -> events.children().size() > before);
        assertThat(events.exceptions()).isEmpty();
        assertThat(server.isActive()).isTrue();
    }

    /** {@code ConnectNamedPipe} answers at once, by {@code ERROR_PIPE_CONNECTED}. */
    @ParameterizedTest
    @ValueSource(ints = { 1, 3 })
    void aClientThatComesBeforeItsInstanceListensIsAcceptedOnce(int posted) {
        AtomicInteger first = new AtomicInteger(20);
        kernel.pipes().beforeListen(() -> {
            if (first.getAndDecrement() > 0) {
                dial();
            }
        });
        NamedPipeServerChannel server = serve(posted, config -> config.setAutoRead(false));
        assertThat(events.children()).isEmpty();
        // Nobody else is let in until these are handed out.
        assertThat(peers).hasSize(posted);
        server.config().setAutoRead(true);
        run.until("all", () -> events.children().size() == 20);
        run.millis(20);
        assertThat(events.children()).hasSize(20);
        assertThat(peers).hasSize(20).noneMatch(peer -> peer.failure() != 0);
        for (Channel child : events.children()) {
            run.sync(run.loop().register(child));
            child.writeAndFlush(run.buffer(10));
        }
        run.until("the bytes", () -> peers.stream().allMatch(peer -> peer.receivedBytes() == 10));
        dial();
        run.until("one that comes later", () -> events.children().size() == 21);
        assertThat(events.exceptions()).isEmpty();
    }

    /** {@code ConnectNamedPipe} answers at once, by {@code ERROR_NO_DATA}. */
    @ParameterizedTest
    @ValueSource(ints = { 1, 3 })
    void aClientThatComesAndGoesBeforeItsInstanceListensConcernsNobodyElse(int posted) {
        AtomicInteger first = new AtomicInteger(40);
        kernel.pipes().beforeListen(() -> {
            if (first.getAndDecrement() > 0) {
                dial().close();
            }
        });
        NamedPipeServerChannel server = serve(posted, config -> { });
        run.until("all of them", () -> first.get() < 0);
        run.millis(20);
        assertThat(events.children()).isEmpty();
        assertThat(events.exceptions()).isEmpty();
        int handles = kernel.openHandles();
        dial();
        run.until("one that stays", () -> events.children().size() == 1);
        assertThat(peers.get(peers.size() - 1).failure()).isZero();
        events.children().get(0).unsafe().closeForcibly();
        run.until("no handles", () -> kernel.openHandles() == handles);
        assertThat(server.isActive()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = { 1, 3 })
    void aServerWhoseInstancesCannotListenBacksOffAndGoesOn(int posted) {
        NamedPipeServerChannel server = serve(posted, config -> { });
        int handles = kernel.openHandles();
        kernel.faults().with(Faults.Kind.LISTEN_FAILS, 1);
        for (int i = 1; i <= posted; i++) {
            int expected = i;
            dial();
            run.until("the next", () -> events.children().size() == expected);
        }
        run.until("what is wrong", () -> !events.exceptions().isEmpty());
        run.millis(5000);
        assertThat(events.exceptions()).allMatch(IOException.class::isInstance).hasSizeBetween(2, 10);
        kernel.faults().with(Faults.Kind.LISTEN_FAILS, 0);
        run.millis(1500);
        dial();
        run.until("one more", () -> events.children().size() == posted + 1);
        assertThat(server.isActive()).isTrue();
        events.children().forEach(child -> child.unsafe().closeForcibly());
        peers.forEach(SimulatedPipePeer::close);
        run.until("no handles", () -> kernel.openHandles() == handles);
    }

    @Test
    void anInstanceWhoseEventOthersCloseIsReplaced() {
        run.expectLog("[id");
        kernel.withoutWaitPackets();
        NamedPipeServerChannel server = serve(2, config -> { });
        kernel.breakWaits(handle -> handle instanceof SimulatedEvent event && event.manual
                && !event.isSignaled());
        dial();
        run.until("the first", () -> events.children().size() == 1);
        kernel.breakWaits(handle -> false);
        run.millis(20);
        for (int i = 2; i < 6; i++) {
            dial();
            int expected = i;
            run.until("the next", () -> events.children().size() == expected);
        }
        assertThat(server.isActive()).isTrue();
        run.sync(server.close());
    }

    @Test
    void aServerWithoutHandlesBacksOffAndGoesOn() {
        NamedPipeServerChannel server = serve(1, config -> { });
        kernel.faults().with(Faults.Kind.PIPE_CREATE_FAILS, 1);
        dial();
        run.until("the first", () -> events.children().size() == 1);
        run.millis(100);
        kernel.faults().with(Faults.Kind.PIPE_CREATE_FAILS, 0);
        run.millis(1500);
        assertThat(server.isActive()).isTrue();
        dial();
        run.until("the second", () -> events.children().size() == 2);
    }

    @Test
    void theNameIsNeverFreeAndNobodyElseGetsIt() {
        NamedPipeServerChannel server = serve(1, config -> config.setSecurity(PipeSecurity.authenticatedUsers()));
        kernel.pipes().watch(NAME);
        SimulatedProcess stranger = kernel.startProcess(OTHER_PROCESS, SimulatedProcess.BOB, 2);
        for (int i = 1; i <= 20; i++) {
            SimulatedPipePeer client = SimulatedPipePeer.client(kernel, NAME).patient(1_000_000_000)
                    .open(opened -> { });
            int expected = i;
            run.until("client " + i, () -> events.children().size() == expected);
            assertThat(SimulatedPipePeer.server(kernel, NAME, stranger, peer -> { }).listen(1))
                    .isEqualTo(NtStatus.STATUS_ACCESS_DENIED);
            client.close();
        }
        kernel.pipes().watchNoMore(NAME);
        run.sync(server.close());
    }

    @Test
    void everyClientGetsAnInstanceOfItsOwn() {
        serve(2, config -> { });
        Set<Integer> instances = new HashSet<>();
        for (int i = 1; i <= 5; i++) {
            SimulatedPipePeer peer = dial();
            int expected = i;
            run.until("client " + i, () -> events.children().size() == expected);
            assertThat(instances.add(peer.end().instance().id)).isTrue();
            peer.close();
            run.millis(10);
        }
    }

    @Test
    void aClientThatIsThereAtOnceIsNotHandedOutInsideACallOfTheUser() {
        for (int moment = 0; moment < 60; moment++) {
            Recorder recorder = new Recorder();
            NamedPipeServerChannel server = run.runtime.pipeServer();
            server.config().setPostedInstances(2);
            server.pipeline().addLast(recorder);
            run.sync(run.loop().register(server));
            // Before the instances are there, or between the call that makes one and the call that listens.
            kernel.schedule().after(moment * 100L, () -> peers.add(SimulatedPipePeer.client(kernel, NAME)
                    .patient(1_000_000_000).open(opened -> { })));
            server.bind(ADDRESS);
            assertThat(recorder.children()).as("in bind, moment %s", moment).isEmpty();
            run.until("the first", () -> recorder.children().size() == 1);
            server.config().setAutoRead(false);
            dial();
            run.millis(20);
            int before = recorder.events().size();
            server.read();
            server.read();
            assertThat(recorder.events()).as("in read").hasSize(before);
            run.until("the second", () -> recorder.children().size() == 2);
            run.sync(server.close());
            recorder.children().forEach(child -> child.unsafe().closeForcibly());
            peers.forEach(SimulatedPipePeer::close);
            peers.clear();
            run.millis(5);
        }
    }

    @Test
    void clientsAreHandedOutOnlyWhenAReadIsPending() {
        NamedPipeServerChannel server = serve(3, config -> { });
        server.config().setAutoRead(false);
        run.millis(10);
        for (int i = 0; i < 3; i++) {
            dial();
        }
        run.millis(100);
        int before = events.children().size();
        assertThat(before).isLessThanOrEqualTo(1);
        server.read();
        run.until("more", () -> events.children().size() > before);
    }

    @Test
    void afterTheCloseAcceptedChannelsLiveOnAndKeepTheName() {
        NamedPipeServerChannel server = serve(2, config -> { });
        SimulatedPipePeer peer = dial();
        run.until("the client", () -> events.children().size() == 1);
        NamedPipeChannel child = (NamedPipeChannel) events.children().get(0);
        run.sync(run.loop().register(child));
        run.sync(server.close());
        assertThat(dial().failure()).isEqualTo(NtStatus.STATUS_PIPE_NOT_AVAILABLE);
        run.sync(child.writeAndFlush(run.buffer("still here")));
        run.until("the bytes", () -> peer.receivedBytes() == 10);
        NamedPipeServerChannel second = run.runtime.pipeServer();
        run.sync(run.loop().register(second));
        assertThat(run.await(second.bind(ADDRESS)).cause()).isInstanceOf(java.net.BindException.class);
        run.sync(child.close());
        peer.close();
        run.millis(10);
        NamedPipeServerChannel third = run.runtime.pipeServer();
        run.sync(run.loop().register(third));
        run.sync(third.bind(ADDRESS));
    }

    @Test
    void theOrderOfOptionsDoesNotMatterAndRemoteClientsAreRefused() {
        for (int seed = 0; seed < 20; seed++) {
            List<Consumer<NamedPipeServerChannelConfig>> setters = new ArrayList<>(List.of(
                    config -> config.setPipeType(PipeType.MESSAGE), config -> config.setReadMode(PipeType.MESSAGE),
                    config -> config.setMaxInstances(7), config -> config.setInQuota(100),
                    config -> config.setOutQuota(200), config -> config.setRemoteClients(false),
                    config -> config.setSecurity(PipeSecurity.authenticatedUsers())));
            Collections.shuffle(setters, new Random(seed));
            Recorder accepted = new Recorder();
            NamedPipeServerChannel server = serve(1, config -> setters.forEach(setter -> setter.accept(config)),
                    accepted);
            SimulatedPipePeer remote = SimulatedPipePeer.client(kernel, NAME).remote().open(opened -> { });
            assertThat(remote.failure()).isNotZero();
            SimulatedPipePeer local = dial();
            assertThat(local.failure()).isZero();
            SimulatedPipe pipe = kernel.pipes().pipe(NAME);
            assertThat(pipe.messageType).isTrue();
            // One more keeps the name.
            assertThat(pipe.maxInstances).isEqualTo(7 + 1);
            local.close();
            run.sync(server.close());
            run.millis(100);
            accepted.children().forEach(child -> child.unsafe().closeForcibly());
            run.millis(100);
        }
    }

    // ---- connecting

    @Test
    void aBusyPipeIsTriedAgainUntilTheTimeout() {
        serve(1, config -> config.setMaxInstances(1));
        dial();
        run.until("the client", () -> events.children().size() == 1);
        NamedPipeChannel waiting = client(client -> client.config().setConnectTimeoutMillis(500));
        long start = run.now();
        ChannelFuture connected = run.await(waiting.connect(ADDRESS));
        assertThat(connected.cause()).isInstanceOf(ConnectException.class).hasMessageContaining("500 ms")
                .hasMessageContaining(NAME).hasRootCauseInstanceOf(ConnectException.class);
        assertThat(run.millisSince(start)).isBetween(500L, 600L);
    }

    @Test
    void aConnectThatIsCancelledAtAnyMomentLeavesNoHandle() {
        serve(4, config -> { });
        run.millis(100);
        int before = kernel.openHandles();
        for (Faults.Kind kind : List.of(Faults.Kind.PIPE_OPEN_BUSY, Faults.Kind.PIPE_OPEN_BLOCKS)) {
            kernel.faults().with(kind, 0.5);
            for (int i = 0; i < 60; i++) {
                NamedPipeChannel client = client(any -> { });
                ChannelFuture connected = client.connect(ADDRESS);
                run.runtime.sleep(i * 50L, java.util.concurrent.TimeUnit.MICROSECONDS);
                connected.cancel(false);
                client.close();
                run.await(client.closeFuture());
            }
            kernel.faults().with(kind, 0);
        }
        run.millis(2000);
        events.children().forEach(child -> child.unsafe().closeForcibly());
        run.millis(2000);
        assertThat(kernel.openHandles()).isEqualTo(before);
    }

    @Test
    void aClientAsksForWhatItNeedsAndNoMore() throws Exception {
        // SYNCHRONIZE, FILE_READ_ATTRIBUTES, FILE_WRITE_DATA and FILE_READ_DATA.
        SecurityDescriptor little = SecurityDescriptor.parse("D:P(A;;0x00100083;;;WD)");
        SimulatedProcess other = kernel.startProcess(OTHER_PROCESS, SimulatedProcess.BOB, 1);
        SimulatedPipePeer.Server far = SimulatedPipePeer.server(kernel, NAME, other, peers::add).descriptor(little)
                .messages(true);
        assertThat(far.listen(1)).isZero();
        NamedPipeChannel messages = client(client -> client.config().setReadMode(PipeType.MESSAGE));
        // To change the read mode takes FILE_WRITE_ATTRIBUTES.
        assertThat(run.await(messages.connect(ADDRESS)).cause()).isInstanceOf(ConnectException.class);
        channel = client(client -> { });
        run.sync(channel.connect(ADDRESS));
    }

    @Test
    void theDesiredAccessOfAClientTakesThePlaceOfWhatItNeeds() throws Exception {
        // SYNCHRONIZE, FILE_READ_ATTRIBUTES and FILE_READ_DATA.
        int reading = 0x00100081;
        SecurityDescriptor readers = SecurityDescriptor.parse("D:P(A;;0x00100081;;;WD)");
        SimulatedProcess other = kernel.startProcess(OTHER_PROCESS, SimulatedProcess.BOB, 1);
        SimulatedPipePeer.Server far = SimulatedPipePeer.server(kernel, NAME, other, peers::add).descriptor(readers);
        assertThat(far.listen(1)).isZero();
        assertRefused(ADDRESS, ConnectException.class, "Permission denied");
        channel = client(client -> client.config().setDesiredAccess(reading), events);
        run.sync(channel.connect(ADDRESS));
        run.until("a peer", () -> !peers.isEmpty());
        far.close();
        assertThat(run.await(channel.writeAndFlush(run.buffer("x"))).cause())
                .isInstanceOf(UnsupportedOperationException.class);
        peers.get(0).send(new byte[] { 1, 2, 3 });
        run.until("the bytes", () -> events.received() == 3);
        assertThat(channel.isActive()).isTrue();
    }

    @Test
    void aClientOfAnotherDirectionIsRefusedAndOneThatOnlyWritesIsNotRead() {
        serve(2, config -> config.setDirection(PipeDirection.INBOUND));
        assertRefused(ADDRESS, ConnectException.class, "Permission denied");
        channel = client(client -> client.config().setDirection(PipeDirection.INBOUND));
        run.sync(channel.connect(ADDRESS));
        run.until("the client", () -> events.children().size() == 1);
        Recorder recorder = new Recorder();
        events.children().get(0).pipeline().addLast(recorder);
        run.sync(run.loop().register(events.children().get(0)));
        run.sync(channel.writeAndFlush(run.buffer("in")));
        run.until("the bytes", () -> recorder.received() == 2);
        assertThat(channel.isActive()).isTrue();
    }

    @Test
    void whyAConnectFailsIsSaidWithThePipe() throws Exception {
        assertRefused(ADDRESS, ConnectException.class, "Connection refused: no such pipe");
        assertRefused(new NamedPipeAddress("\\\\nowhere\\pipe\\ruled"), NoRouteToHostException.class,
                "No route to host");
        SimulatedProcess other = kernel.startProcess(OTHER_PROCESS, SimulatedProcess.BOB, 1);
        assertThat(SimulatedPipePeer.server(kernel, NAME, other, peers::add)
                .descriptor(SecurityDescriptor.parse("D:P(A;;GA;;;" + SimulatedProcess.BOB.sid() + ')')).listen(1))
                .isZero();
        assertRefused(ADDRESS, ConnectException.class, "Permission denied");
    }

    private void assertRefused(NamedPipeAddress address, Class<?> type, String why) {
        assertThat(run.await(client(any -> { }).connect(address)).cause()).isInstanceOf(type)
                .hasMessageContaining(why).hasMessageContaining(address.toString());
    }

    @Test
    void aPipeIsReachedThroughItsMachineWhereTheServerAllowsIt() {
        NamedPipeAddress address = new NamedPipeAddress("\\\\localhost\\pipe\\ruled");
        NamedPipeServerChannel closed = serve(1, config -> { }, new Recorder());
        assertRefused(address, ConnectException.class, "Permission denied");
        run.sync(closed.close());
        run.millis(100);
        serve(1, config -> config.setRemoteClients(true));
        channel = client(any -> { });
        run.sync(channel.connect(address));
        assertThat(channel.remoteAddress()).isEqualTo(address);
    }

    // ---- reading

    @Test
    void theEndComesAfterAllDataAndIsNoException() {
        SimulatedPipePeer peer = connected(server -> { }, client -> { });
        peer.send(new byte[100_000]).closeWhenSent();
        run.until("the end", () -> events.saw("inactive"));
        assertThat(events.received()).isEqualTo(100_000);
        assertThat(events.exceptions()).isEmpty();
    }

    @Test
    void aServerThatDisconnectsEndsTheInputWithoutAnException() {
        SimulatedPipePeer peer = connected(server -> { }, client -> { });
        peer.send(new byte[1000]);
        run.until("the data", () -> events.received() == 1000);
        peer.disconnect();
        run.until("the end", () -> events.saw("inactive"));
        assertThat(events.exceptions()).isEmpty();
    }

    @Test
    void anEmptyWriteToAPipeOfBytesIsNothing() {
        SimulatedPipePeer peer = connected(server -> { },
                client -> client.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true));
        peer.send(new byte[0]).send(new byte[5]).send(new byte[0]);
        run.until("the data", () -> events.received() == 5);
        run.millis(100);
        assertThat(events.saw("ChannelInputShutdownEvent")).isFalse();
        assertThat(channel.isActive()).isTrue();
    }

    @Test
    void anEmptyMessageIsTheEndWhereMessagesAreReadAsBytes() {
        SimulatedPipePeer peer = connected(server -> server.messages(true),
                client -> client.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true));
        peer.send(new byte[7]).send(new byte[0]);
        run.until("the end", () -> events.saw("ChannelInputShutdownEvent"));
        assertThat(events.received()).isEqualTo(7);
        peer.send(new byte[5]);
        run.sync(channel.writeAndFlush(run.buffer("answer")));
        run.until("the answer", () -> peer.receivedBytes() == 6);
        run.millis(100);
        // The end stays the end.
        assertThat(events.received()).isEqualTo(7);
        assertThat(events.exceptions()).isEmpty();
    }

    @Test
    void emptyMessagesAreMessagesBothWaysWhereMessagesAreRead() {
        List<Integer> lengths = new ArrayList<>();
        SimulatedPipePeer peer = connected(server -> server.messages(true),
                client -> client.config().setReadMode(PipeType.MESSAGE));
        peer.readTo((bytes, last) -> lengths.add(bytes.length));
        peer.send(new byte[3]).send(new byte[0]).send(new byte[4]);
        run.until("three messages", () -> events.messages.size() == 3);
        assertThat(events.messages).containsExactly("3 last", "0 last", "4 last");
        channel.write(run.buffer(2));
        channel.write(PipeMessage.empty());
        run.sync(channel.writeAndFlush(run.buffer(1)));
        run.until("three messages there", () -> lengths.size() == 3);
        assertThat(lengths).containsExactly(2, 0, 1);
    }

    @Test
    void aMessageThatIsLongerThanTheBufferComesInPartsOfWhichTheLastIsMarked() {
        SimulatedPipePeer peer = connected(server -> server.messages(true), client -> {
            client.config().setReadMode(PipeType.MESSAGE);
            client.config().setRecvByteBufAllocator(new FixedRecvByteBufAllocator(100));
        });
        peer.send(new byte[250]).send(new byte[100]);
        run.until("all parts", () -> events.messages.size() == 4);
        assertThat(events.messages).containsExactly("100 of more", "100 of more", "50 last", "100 last");
    }

    // ---- writing

    @Test
    void aMessageLargerThanTheQuotaArrivesWholeWhileOthersAreReceived() {
        List<Integer> lengths = new ArrayList<>();
        SimulatedPipePeer peer = connected(server -> server.messages(true).quota(1000),
                client -> client.config().setReadMode(PipeType.MESSAGE));
        peer.readTo((bytes, last) -> lengths.add(last ? bytes.length : -bytes.length));
        for (int i = 0; i < 10; i++) {
            peer.send(new byte[500]);
        }
        run.sync(channel.writeAndFlush(run.buffer(50_000)));
        run.until("all", () -> lengths.size() == 1 && events.messages.size() == 10);
        assertThat(lengths).containsExactly(50_000);
    }

    @Test
    void whatIsNoWholeMessageIsRefusedAndDoesNoHarm() {
        List<Integer> lengths = new ArrayList<>();
        SimulatedPipePeer peer = connected(server -> server.messages(true), client -> { });
        peer.readTo((bytes, last) -> lengths.add(bytes.length));
        ByteBufHolder part = new PipeMessage(run.buffer(3), false);
        for (ByteBufHolder refused : List.of(part, new PipeMessage(Unpooled.EMPTY_BUFFER, false),
                new DefaultByteBufHolder(Unpooled.EMPTY_BUFFER))) {
            assertThat(run.await(channel.writeAndFlush(refused)).cause())
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining(refused.getClass().getSimpleName());
        }
        assertThat(part.refCnt()).isZero();
        run.sync(channel.writeAndFlush(PipeMessage.of(run.buffer(4))));
        run.until("the message", () -> lengths.size() == 1);
        assertThat(lengths).containsExactly(4);
    }

    @Test
    void anEmptyBufferIsNoCall() {
        connected(server -> server.messages(true), client -> { });
        run.millis(100);
        long before = kernel.calls();
        ChannelFuture written = channel.writeAndFlush(Unpooled.EMPTY_BUFFER);
        assertThat(written.isSuccess()).isTrue();
        assertThat(kernel.calls()).isEqualTo(before);
    }

    @Test
    void aWriteToAPeerThatIsGoneFailsWithAnIOException() {
        SimulatedPipePeer peer = connected(server -> { }, client -> {
            client.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        });
        peer.close();
        run.until("the end", () -> events.saw("ChannelInputShutdownEvent"));
        ChannelFuture written = run.await(channel.writeAndFlush(run.buffer(10)));
        assertThat(written.cause()).isInstanceOf(IOException.class);
    }

    @Test
    void everyWriteHasOneOutcomeWhateverFails() {
        connected(server -> server.quota(100), client -> { }, SimulatedPipePeer::stopReading);
        List<Boolean> outcomes = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            channel.writeAndFlush(run.buffer(200)).addListener(done -> outcomes.add(done.isSuccess()));
        }
        run.millis(10);
        run.sync(channel.close());
        run.millis(3000);
        assertThat(outcomes).hasSize(20).contains(false);
        // What succeeded comes first.
        assertThat(outcomes.subList(outcomes.indexOf(false), 20)).containsOnly(false);
    }

    // ---- ends

    @Test
    void whatWasWrittenIsReadableAfterTheClose() {
        SimulatedPipePeer peer = connected(server -> server.quota(100_000), client -> { },
                SimulatedPipePeer::stopReading);
        run.sync(channel.writeAndFlush(run.buffer(50_000)));
        run.sync(channel.close());
        run.millis(3000);
        peer.startReading();
        run.until("all", peer::isAtEnd);
        assertThat(peer.receivedBytes()).isEqualTo(50_000);
    }

    @Test
    void closeNeitherWaitsForTheReaderNorTakesFromHimWhatIsBeingWritten() {
        SimulatedPipePeer peer = connected(server -> server.quota(100), client -> { },
                SimulatedPipePeer::stopReading);
        channel.writeAndFlush(run.buffer(5000));
        run.millis(10);
        long start = run.now();
        run.sync(channel.close());
        assertThat(run.millisSince(start)).isLessThan(1500);
        run.millis(5000);
        peer.startReading();
        run.until("all", () -> peer.receivedBytes() >= 5000 || peer.isAtEnd());
        assertThat(peer.receivedBytes()).isEqualTo(5000);
    }

    @Test
    void disconnectGivesTheReaderItsTimeAndNoMore() {
        serve(1, config -> config.setOutQuota(100_000));
        SimulatedPipePeer peer = dial(SimulatedPipePeer::stopReading);
        run.until("the client", () -> events.children().size() == 1);
        NamedPipeChannel child = (NamedPipeChannel) events.children().get(0);
        run.sync(run.loop().register(child));
        run.sync(child.writeAndFlush(run.buffer(30_000)));
        peer.after(300_000_000, peer::startReading);
        long start = run.now();
        run.sync(child.disconnect());
        assertThat(run.millisSince(start)).isBetween(200L, 1500L);
        assertThat(peer.receivedBytes()).isEqualTo(30_000);
        SimulatedPipePeer stuck = dial(SimulatedPipePeer::stopReading);
        run.until("the second", () -> events.children().size() == 2);
        NamedPipeChannel second = (NamedPipeChannel) events.children().get(1);
        run.sync(run.loop().register(second));
        run.sync(second.writeAndFlush(run.buffer(30_000)));
        start = run.now();
        run.sync(second.disconnect());
        assertThat(run.millisSince(start)).isBetween(900L, 2500L);
        stuck.startReading();
        run.until("the end", stuck::isAtEnd);
        assertThat(stuck.receivedBytes()).isLessThan(30_000);
    }

    /** Where a peer waits for data, Windows doesn't say that nothing is unread. */
    @Test
    void disconnectFlushesNothingWhereNothingWasWritten() {
        serve(1, config -> config.setOutQuota(100_000));
        dial(SimulatedPipePeer::stopReading);
        run.until("the client", () -> events.children().size() == 1);
        NamedPipeChannel child = (NamedPipeChannel) events.children().get(0);
        run.sync(run.loop().register(child));
        run.sync(child.disconnect());
        assertThat(kernel.calls(Function.FlushFileBuffers)).isZero();
        SimulatedPipePeer reader = dial(SimulatedPipePeer::stopReading);
        run.until("the second", () -> events.children().size() == 2);
        NamedPipeChannel second = (NamedPipeChannel) events.children().get(1);
        run.sync(run.loop().register(second));
        run.sync(second.writeAndFlush(run.buffer(1000)));
        reader.after(100_000_000, reader::startReading);
        run.sync(second.disconnect());
        assertThat(kernel.calls(Function.FlushFileBuffers)).isPositive();
        assertThat(reader.receivedBytes()).isEqualTo(1000);
    }

    @Test
    void abortEndsTheConnectionAtOnce() {
        serve(1, config -> config.setOutQuota(100_000));
        SimulatedPipePeer peer = dial(SimulatedPipePeer::stopReading);
        run.until("the client", () -> events.children().size() == 1);
        NamedPipeChannel child = (NamedPipeChannel) events.children().get(0);
        run.sync(run.loop().register(child));
        run.sync(child.writeAndFlush(run.buffer(30_000)));
        long start = run.now();
        run.sync(child.abort());
        assertThat(run.millisSince(start)).isLessThan(100);
        peer.startReading();
        run.until("the end", peer::isAtEnd);
        assertThat(peer.receivedBytes()).isLessThan(30_000);
    }

    @Test
    void theOutputOfAPipeOfMessagesEndsWhenThePeerHasReadEverything() {
        List<Integer> lengths = new ArrayList<>();
        SimulatedPipePeer peer = connected(server -> server.messages(false).quota(100_000),
                client -> client.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true),
                far -> far.readTo((bytes, last) -> lengths.add(bytes.length)).stopReading());
        channel.writeAndFlush(run.buffer(1000));
        ChannelFuture ended = channel.shutdownOutput();
        run.millis(3000);
        assertThat(ended.isDone()).isFalse();
        peer.startReading();
        run.sync(ended);
        run.until("the end", () -> lengths.contains(0));
        assertThat(lengths.stream().mapToInt(Integer::intValue).sum()).isEqualTo(1000);
        assertThat(lengths.get(lengths.size() - 1)).isZero();
        peer.send(new byte[9]);
        run.until("the answer", () -> events.received() == 9);
        assertThat(run.await(channel.writeAndFlush(run.buffer(1))).cause()).isInstanceOf(IOException.class);
    }

    @Test
    void theOutputEndsAlsoWhereEverythingWasReadAndNobodyReadsNow() {
        SimulatedPipePeer peer = connected(server -> server.messages(false),
                client -> client.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true));
        peer.stopReading();
        channel.writeAndFlush(run.buffer(1000));
        run.sync(channel.shutdownOutput());
        assertThat(peer.receivedBytes()).isEqualTo(1000);
    }

    @Test
    void theOutputThatCannotBeEndedKeepsNothingBack() {
        SimulatedPipePeer peer = connected(server -> server.messages(false),
                client -> client.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true));
        run.millis(10);
        kernel.faults().with(Faults.Kind.EXECUTOR_REFUSES, 1).with(Faults.Kind.QUERY_FAILS, 1);
        ChannelFuture ended = channel.shutdownOutput();
        ChannelFuture written = channel.writeAndFlush(run.buffer(10));
        assertThat(run.await(ended).isSuccess()).isFalse();
        kernel.faults().with(Faults.Kind.EXECUTOR_REFUSES, 0).with(Faults.Kind.QUERY_FAILS, 0);
        run.sync(written);
        run.until("the bytes", () -> peer.receivedBytes() == 10);
    }

    @Test
    void theOutputOfAPipeThatWasClosedByForceCannotEnd() {
        connected(server -> server.messages(false),
                client -> client.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true));
        ChannelFuture[] ended = new ChannelFuture[1];
        run.runtime.loop().execute(() -> {
            channel.unsafe().closeForcibly();
            // Netty forgets what is to be written only in a close of its own.
            ended[0] = channel.shutdownOutput();
            channel.close();
        });
        run.until("an outcome", () -> ended[0] != null && ended[0].isDone());
        assertThat(ended[0].cause()).isInstanceOf(ClosedChannelException.class);
    }

    @Test
    void theOutputOfAPipeOfBytesCannotEndAndWhatIsQueuedIsSent() {
        SimulatedPipePeer peer = connected(server -> server.quota(100), client -> { });
        channel.writeAndFlush(run.buffer(5000));
        ChannelFuture ended = run.await(channel.shutdownOutput());
        assertThat(ended.cause()).isInstanceOf(UnsupportedOperationException.class);
        run.until("all", () -> peer.receivedBytes() == 5000);
        assertThat(channel.isActive()).isTrue();
    }

    @Test
    void whatANameOfAPipeLeadsToAndIsNoPipeIsRefusedAndClosed() {
        kernel.pipes().leadElsewhere(NAME);
        NamedPipeChannel client = client(any -> { });
        int handles = kernel.openHandles();
        ChannelFuture connected = run.await(client.connect(ADDRESS));
        assertThat(connected.cause()).isInstanceOf(ConnectException.class).hasMessageContaining("not a pipe")
                .hasMessageContaining(NAME);
        assertThat(client.isOpen()).isFalse();
        assertThat(kernel.openHandles()).isEqualTo(handles);
    }

    @Test
    void aClientThatArrivesWhileTheServerIsBeingClosedIsNoChildAfterwardsAndLeavesNothing() {
        int handles = kernel.openHandles();
        for (int moment = 0; moment < 60; moment++) {
            Recorder recorder = new Recorder();
            NamedPipeServerChannel server = serve(2, config -> { }, recorder);
            kernel.schedule().after(moment * 100L, this::dial);
            run.sync(server.close());
            int children = recorder.children().size();
            run.millis(20);
            assertThat(recorder.children()).as("moment %s", moment).hasSize(children);
            assertThat(recorder.exceptions()).isEmpty();
            recorder.children().forEach(child -> child.unsafe().closeForcibly());
            peers.forEach(SimulatedPipePeer::close);
            peers.clear();
            run.millis(5);
            assertThat(kernel.openHandles()).as("moment %s", moment).isEqualTo(handles);
        }
    }

    @Test
    void aConnectThatIsUnderWayWhenTheChannelIsClosedFailsAndIsNotHandedOut() {
        serve(2, config -> { });
        NamedPipeChannel client = client(any -> { });
        ChannelFuture connected = client.connect(ADDRESS);
        run.sync(client.close());
        run.await(connected);
        assertThat(connected.cause()).isInstanceOf(ClosedChannelException.class);
        assertThat(events.saw("exception")).isFalse();
    }
}
