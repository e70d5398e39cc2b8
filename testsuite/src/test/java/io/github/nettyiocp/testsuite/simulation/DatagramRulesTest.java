/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.channel.IocpChannelOption;
import io.github.nettyiocp.channel.IocpDatagramChannel;
import io.github.nettyiocp.channel.TruncatedDatagramException;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.DefaultAddressedEnvelope;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.SocketProtocolFamily;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketException;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The rules of datagram channels, each by a directed test on the simulated Windows. */
@Timeout(60)
class DatagramRulesTest {

    private static final InetSocketAddress NOBODY = new InetSocketAddress(SimulatedNetwork.FAR, 9);

    /** Writes down what a channel is told. */
    private static final class Recorder extends ChannelInboundHandlerAdapter {
        private final List<String> events = new ArrayList<>();
        private final List<Throwable> exceptions = new ArrayList<>();

        @Override
        public void channelActive(ChannelHandlerContext context) {
            events.add("active");
            context.fireChannelActive();
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            DatagramPacket packet = (DatagramPacket) message;
            events.add(packet.content().toString(StandardCharsets.US_ASCII));
            packet.release();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            events.add(cause.getClass().getSimpleName());
            exceptions.add(cause);
        }
    }

    /** A channel that is bound, and a program far away. */
    private static final class Run implements AutoCloseable {
        private final DirectedRun run;
        private final Recorder recorder = new Recorder();
        private final SimulatedDatagramPeer peer;
        private final IocpDatagramChannel channel;

        Run(Faults faults, Consumer<IocpDatagramChannel> configure) {
            run = new DirectedRun(faults);
            peer = SimulatedDatagramPeer.far(run.kernel, 700);
            channel = run.runtime.datagrams(SocketProtocolFamily.INET);
            configure.accept(channel);
            channel.pipeline().addLast(recorder);
            run.sync(run.loop().register(channel));
        }

        Run(Faults faults) {
            this(faults, channel -> { });
        }

        Run bound() {
            run.sync(channel.bind(new InetSocketAddress(SimulatedNetwork.HOST, 0)));
            run.until("receives", () -> recorder.events.contains("active"));
            return this;
        }

        SimulatedDatagramSocket socket() {
            return run.kernel.datagramsBehind(channel.socket());
        }

        void receive(String... texts) {
            for (String text : texts) {
                peer.send(channel.localAddress(), text.getBytes(StandardCharsets.US_ASCII));
            }
        }

        ChannelFuture send(Object message) {
            return run.await(channel.writeAndFlush(message));
        }

        DatagramPacket packet(String text) {
            return new DatagramPacket(run.buffer(text), peer.address());
        }

        void until(String event) {
            run.until(event, () -> recorder.events.contains(event));
        }

        @Override
        public void close() {
            run.close();
        }
    }

    private static Run bound() {
        return new Run(Faults.none()).bound();
    }

    @Test
    void truncatedDatagramIsAnErrorOfItselfAlone() {
        try (Run run = new Run(Faults.none(), channel -> channel.config()
                .setRecvByteBufAllocator(new FixedRecvByteBufAllocator(5))).bound()) {
            run.receive("one", "too large", "two");
            run.until("two");
            assertEquals(List.of("active", "one", "TruncatedDatagramException", "two"), run.recorder.events);
            TruncatedDatagramException cause = (TruncatedDatagramException) run.recorder.exceptions.get(0);
            assertEquals(run.peer.address(), cause.sender());
        }
    }

    @Test
    void truncatedDatagramThatWaitedInWindowsHasItsPacketToo() {
        try (Run run = new Run(Faults.none(), channel -> {
            channel.config().setRecvByteBufAllocator(new FixedRecvByteBufAllocator(5));
            channel.config().setOption(IocpChannelOption.POSTED_RECEIVES, 1);
            channel.config().setAutoRead(false);
        }).bound()) {
            run.receive("one", "too large", "two");
            run.run.until("datagrams that wait", () -> run.socket().hasQueued());
            run.run.millis(10);
            run.channel.config().setAutoRead(true);
            run.until("two");
            assertEquals(List.of("active", "one", "TruncatedDatagramException", "two"), run.recorder.events);
        }
    }

    @Test
    void successesOfDatagramSocketsAlwaysPostPackets() {
        try (Run run = bound()) {
            assertFalse(run.socket().isSkipOnSuccess());
        }
    }

    @Test
    void datagramsComeInTheOrderOfTheirReceives() {
        try (Run run = new Run(Faults.none().with(Faults.Kind.SLOW_COMPLETION, 0.5)
                .with(Faults.Kind.SHORT_BATCH, 0.5)).bound()) {
            List<String> expected = new ArrayList<>(List.of("active"));
            for (int i = 0; i < 20; i++) {
                run.receive("number " + i);
                expected.add("number " + i);
            }
            run.until("number 19");
            assertEquals(expected, run.recorder.events);
        }
    }

    @Test
    void nothingIsDeliveredWithoutARead() {
        try (Run run = new Run(Faults.none(), channel -> channel.config().setAutoRead(false)).bound()) {
            run.receive("one", "two");
            run.run.millis(100);
            assertEquals(List.of("active"), run.recorder.events);
            run.channel.read();
            assertEquals(List.of("active"), run.recorder.events, "inside the call");
            run.until("one");
            run.run.millis(100);
            assertEquals(List.of("active", "one"), run.recorder.events);
        }
    }

    @Test
    void datagramThatWinsAgainstTheCancellationOfADeregistrationIsDelivered() {
        try (Run run = new Run(Faults.none().with(Faults.Kind.CANCEL_IS_SLOW, 1)).bound()) {
            ChannelFuture deregistered = run.channel.deregister();
            run.receive("kept");
            run.run.sync(deregistered);
            assertEquals(List.of("active"), run.recorder.events);
            run.run.sync(run.run.loop().register(run.channel));
            run.until("kept");
        }
    }

    @Test
    void portWithoutListenerIsToldToConnectedChannelsOnly() {
        try (Run run = bound()) {
            run.run.sync(run.send(new DatagramPacket(run.run.buffer("x"), NOBODY)));
            run.run.millis(100);
            assertEquals(List.of("active"), run.recorder.events);
            run.run.sync(run.channel.connect(NOBODY));
            run.run.sync(run.send(run.run.buffer("x")));
            run.until("PortUnreachableException");
            assertInstanceOf(PortUnreachableException.class, run.recorder.exceptions.get(0));
            assertTrue(run.channel.isActive());
            run.run.sync(run.channel.disconnect());
            run.run.sync(run.send(new DatagramPacket(run.run.buffer("x"), NOBODY)));
            run.run.millis(100);
            run.receive("goes on");
            run.until("goes on");
            assertEquals(List.of("active", "PortUnreachableException", "goes on"), run.recorder.events);
        }
    }

    @Test
    void unconnectedChannelHearsNothingOfPortsAlsoWhereWindowsGoesOnTelling() {
        try (Run run = new Run(Faults.none().with(Faults.Kind.CONTROL_FAILS, 1)).bound()) {
            run.run.sync(run.send(new DatagramPacket(run.run.buffer("x"), NOBODY)));
            run.run.millis(100);
            run.receive("goes on");
            run.until("goes on");
            assertEquals(List.of("active", "goes on"), run.recorder.events);
        }
    }

    @Test
    void portWithoutListenerIsNotToldAfterADisconnect() {
        try (Run run = new Run(Faults.none(), channel -> channel.config().setAutoRead(false)).bound()) {
            run.run.sync(run.channel.connect(NOBODY));
            run.run.sync(run.send(run.run.buffer("x")));
            run.run.millis(100);
            run.run.sync(run.channel.disconnect());
            run.channel.config().setAutoRead(true);
            run.receive("goes on");
            run.until("goes on");
            assertEquals(List.of("active", "goes on"), run.recorder.events);
        }
    }

    @Test
    void connectedChannelDoesNotDeliverWhatOthersSentBefore() {
        try (Run run = new Run(Faults.none(), channel -> channel.config().setAutoRead(false)).bound()) {
            run.receive("of another");
            run.run.millis(10);
            run.run.sync(run.channel.connect(NOBODY));
            run.channel.config().setAutoRead(true);
            run.run.millis(10);
            assertEquals(List.of("active"), run.recorder.events);
        }
    }

    @Test
    void readThatIsPendingGetsWhatWasKeptBehindADatagramThatAConnectMakesUnwanted() {
        for (int attempt = 0; attempt < 20; attempt++) {
            try (Run run = new Run(Faults.none(attempt).with(Faults.Kind.SLOW_COMPLETION, 1), channel -> {
                channel.config().setAutoRead(false);
                channel.config().setPostedReceives(1);
            }).bound()) {
                SimulatedDatagramPeer.far(run.run.kernel, 701).send(run.channel.localAddress(), new byte[10]);
                run.run.millis(2);
                // Waits in the socket for the second receive, which has it at once, before the first one has ended.
                run.receive("of the peer");
                run.run.millis(2);
                run.channel.config().setPostedReceives(2);
                run.channel.read();
                run.run.sync(run.channel.connect(run.peer.address()));
                run.until("of the peer");
                assertEquals(List.of("active", "of the peer"), run.recorder.events);
            }
        }
    }

    @Test
    void connectThatMakesNoSenseLeavesTheChannelAsItIs() {
        try (Run run = bound()) {
            assertInstanceOf(UnresolvedAddressException.class, run.run.await(run.channel.connect(
                    InetSocketAddress.createUnresolved("nowhere", 9))).cause());
            assertInstanceOf(AlreadyBoundException.class, run.run.await(run.channel.connect(NOBODY,
                    new InetSocketAddress(SimulatedNetwork.HOST, 0))).cause());
            assertTrue(run.channel.isActive());
            assertFalse(run.channel.isConnected());
            run.receive("goes on");
            run.until("goes on");
        }
    }

    @Test
    void connectTellsThatTheChannelIsActiveAfterTheCall() {
        try (Run run = new Run(Faults.none())) {
            ChannelFuture connected = run.channel.connect(run.peer.address());
            assertEquals(List.of(), run.recorder.events);
            run.run.sync(connected);
            run.until("active");
            assertEquals(List.of("active"), run.recorder.events);
        }
    }

    @Test
    void connectInsideAReadLoopDoesNotBeginTheLoopAnew() {
        try (Run run = new Run(Faults.none(), channel -> {
            channel.config().setRecvByteBufAllocator(new FixedRecvByteBufAllocator(64).maxMessagesPerRead(2));
            channel.config().setAutoRead(false);
        }).bound()) {
            run.channel.pipeline().addFirst(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext context, Object message) {
                    context.channel().connect(run.peer.address());
                    context.fireChannelRead(message);
                }

                @Override
                public void channelReadComplete(ChannelHandlerContext context) {
                    run.recorder.events.add("complete");
                }
            });
            run.receive("one", "two", "three", "four");
            run.run.millis(10);
            run.channel.config().setAutoRead(true);
            run.run.millis(10);
            assertEquals(List.of("active", "one", "two", "complete", "three", "four", "complete"), run.recorder.events);
        }
    }

    @Test
    void disconnectOfAConnectedChannelThatWasClosedDoesNothing() {
        try (Run run = bound()) {
            run.run.sync(run.channel.connect(run.peer.address()));
            run.run.sync(run.channel.close());
            run.run.sync(run.channel.disconnect());
            assertEquals(run.peer.address(), run.channel.remoteAddress());
        }
    }

    @Test
    void broadcastWithoutItsOptionFailsItsOwnPromise() {
        try (Run run = bound()) {
            InetSocketAddress everybody = new InetSocketAddress(SimulatedDatagrams.BROADCAST, 700);
            assertInstanceOf(SocketException.class,
                    run.send(new DatagramPacket(run.run.buffer("x"), everybody)).cause());
            run.channel.config().setBroadcast(true);
            run.run.sync(run.send(new DatagramPacket(run.run.buffer("x"), everybody)));
            run.run.until("the datagram", () -> run.peer.received().size() == 1);
        }
    }

    @Test
    void datagramThatIsTooLargeFailsItsOwnPromiseOnly() {
        try (Run run = bound()) {
            ChannelFuture tooLarge = run.channel.write(new DatagramPacket(run.run.buffer(65508), run.peer.address()));
            ChannelFuture next = run.channel.writeAndFlush(run.packet("next"));
            assertInstanceOf(SocketException.class, run.run.await(tooLarge).cause());
            run.run.sync(next);
        }
    }

    @Test
    void sendThatFailsLateFailsItsOwnPromiseAndTheNextFollows() {
        try (Run run = bound()) {
            run.run.kernel.faults().with(Faults.Kind.SEND_FAILS_LATER, 1);
            ChannelFuture failed = run.channel.writeAndFlush(run.packet("one"));
            run.run.kernel.faults().with(Faults.Kind.SEND_FAILS_LATER, 0);
            ChannelFuture next = run.channel.writeAndFlush(run.packet("two"));
            assertFalse(run.run.await(failed).isSuccess());
            run.run.sync(next);
        }
    }

    @Test
    void envelopeOfAHeapBufferThatNamesASenderOnlyGoesToThePeer() {
        try (Run run = bound()) {
            run.run.sync(run.channel.connect(run.peer.address()));
            ByteBuf heap = run.run.runtime.allocator().heapBuffer().writeByte('x');
            run.run.sync(run.send(new DefaultAddressedEnvelope<>(heap, null, run.channel.localAddress())));
            run.run.until("the datagram", () -> run.peer.received().size() == 1);
        }
    }

    @Test
    void channelWithoutBuffersEndsAndItsBindHasAnOutcome() {
        try (Run run = new Run(Faults.none())) {
            run.run.kernel.faults().with(Faults.Kind.ALLOCATION_FAILS, 1);
            run.run.sync(run.channel.bind(new InetSocketAddress(SimulatedNetwork.HOST, 0)));
            run.run.until("the end", () -> !run.channel.isOpen());
            assertEquals(1, run.recorder.exceptions.size());
        }
    }

    @Test
    void channelThatIsClosedIsNotToldThatItHadNoBuffers() {
        try (Run run = new Run(Faults.none())) {
            run.run.kernel.faults().with(Faults.Kind.ALLOCATION_FAILS, 1);
            run.channel.bind(new InetSocketAddress(SimulatedNetwork.HOST, 0));
            run.run.sync(run.channel.close());
            run.run.millis(10);
            assertEquals(List.of(), run.recorder.exceptions);
        }
    }

    @Test
    void sendsThatFindNoMemoryKeepNoOperations() {
        try (Run run = bound()) {
            ByteBuf content = run.run.buffer("x");
            run.run.kernel.faults().with(Faults.Kind.ALLOCATION_FAILS, 1);
            for (int i = 0; i <= SimulatedRuntime.MAX_OPERATIONS; i++) {
                ChannelFuture failed = run.send(new DatagramPacket(content.retain(), run.peer.address()));
                assertInstanceOf(OutOfMemoryError.class, failed.cause());
            }
            run.run.kernel.faults().with(Faults.Kind.ALLOCATION_FAILS, 0);
            run.run.sync(run.send(new DatagramPacket(content, run.peer.address())));
        }
    }

    @Test
    void sendThatOurOwnCloseEndsFailsByThatWhateverWindowsSays() {
        try (Run run = new Run(Faults.none().with(Faults.Kind.PEND_THOUGH_READY, 1)
                .with(Faults.Kind.CANCEL_IS_SLOW, 1).with(Faults.Kind.CLOSE_STATUS_VARIES, 1)).bound()) {
            ChannelFuture write = run.channel.writeAndFlush(run.packet("x"));
            run.channel.unsafe().closeForcibly();
            run.run.until("an outcome", write::isDone);
            assertInstanceOf(ClosedChannelException.class, write.cause());
        }
    }

    @Test
    void forcedCloseLetsThePacketsOfReceivesAndSendsComeLater() {
        try (Run run = new Run(Faults.none().with(Faults.Kind.SLOW_COMPLETION, 1)
                .with(Faults.Kind.CANCEL_IS_SLOW, 1)).bound()) {
            run.channel.writeAndFlush(run.packet("x"));
            run.receive("y");
            run.channel.unsafe().closeForcibly();
            assertFalse(run.channel.isOpen());
            assertTrue(run.run.kernel.outstanding() > 0);
            run.run.until("packets", () -> run.run.kernel.outstanding() == 0);
        }
    }

    @Test
    void datagramsThatFindNoRoomAreLostAndTheChannelGoesOn() {
        try (Run run = new Run(Faults.none(), channel -> {
            channel.config().setReceiveBufferSize(100);
            channel.config().setAutoRead(false);
            channel.config().setOption(IocpChannelOption.POSTED_RECEIVES, 1);
        }).bound()) {
            for (int i = 0; i < 50; i++) {
                run.receive("number " + i);
            }
            run.run.millis(10);
            assertTrue(run.socket().overflows() > 0);
            run.channel.config().setAutoRead(true);
            run.until("number 0");
            run.run.millis(10);
            run.receive("goes on");
            run.until("goes on");
        }
    }

    @Test
    void groupsAreHeardFromJoinToLeave() throws Exception {
        try (Run run = new Run(Faults.none())) {
            InetAddress group = InetAddress.getByName("224.1.2.3");
            run.run.sync(run.channel.bind(new InetSocketAddress(SimulatedNetwork.ANY, 0)));
            InetSocketAddress to = new InetSocketAddress(group, run.channel.localAddress().getPort());
            run.peer.send(to, "before".getBytes(StandardCharsets.US_ASCII));
            run.run.millis(10);
            run.run.sync(run.channel.joinGroup(group));
            run.peer.send(to, "joined".getBytes(StandardCharsets.US_ASCII));
            run.until("joined");
            run.run.sync(run.channel.block(group, run.peer.address().getAddress()));
            run.peer.send(to, "blocked".getBytes(StandardCharsets.US_ASCII));
            run.run.millis(10);
            run.run.sync(run.channel.leaveGroup(group));
            run.peer.send(to, "left".getBytes(StandardCharsets.US_ASCII));
            run.run.millis(10);
            assertEquals(List.of("active", "joined"), run.recorder.events);
        }
    }
}
