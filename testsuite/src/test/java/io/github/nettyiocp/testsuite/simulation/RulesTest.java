/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.Binding;
import io.github.nettyiocp.CompletionKey;
import io.github.nettyiocp.HandleAlreadyBoundException;
import io.github.nettyiocp.HandleCloser;
import io.github.nettyiocp.NotOverlappedException;
import io.github.nettyiocp.Overlapped;
import io.github.nettyiocp.channel.IocpChannelOption;
import io.github.nettyiocp.channel.IocpServerSocketChannel;
import io.github.nettyiocp.channel.IocpSocketChannel;
import io.github.nettyiocp.channel.ReceiveMode;
import io.github.nettyiocp.internal.CallCounts.Function;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.IoEventLoop;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The rules of the design, each by a directed test on the simulated Windows; docs/simulation.md has the table. */
@Timeout(60)
class RulesTest {

    // ---- rules 1, 2: bind once, own after success

    @Test
    void channelIsAssociatedOnceAlthoughItIsRegisteredTwice() {
        try (DirectedRun run = new DirectedRun(Faults.none()).connected()) {
            run.sync(run.channel.deregister());
            run.sync(run.loop().register(run.channel));
            run.peer.send("again".getBytes(StandardCharsets.US_ASCII));
            run.until("data", () -> run.events.received() == 5);
            assertEquals(2, run.events.count("registered"));
            assertEquals(1, run.events.count("active"));
        }
    }

    @Test
    void channelDoesNotMoveToAnotherLoopAndIsNotClosedForThat() {
        try (DirectedRun run = new DirectedRun(Faults.none(), 2, true).connected()) {
            run.sync(run.channel.deregister());
            ChannelFuture refused = run.await(run.runtime.loop(1).register(run.channel));
            assertInstanceOf(IllegalStateException.class, refused.cause());
            assertTrue(run.channel.isOpen());
            run.sync(run.loop().register(run.channel));
            run.sync(run.channel.close());
        }
    }

    @Test
    void failedAssociationClosesTheChannelAndLeavesNothing() {
        try (DirectedRun run = new DirectedRun(Faults.none().with(Faults.Kind.ASSOCIATE_FAILS, 1))) {
            IocpSocketChannel channel = run.runtime.socket(null);
            assertNotNull(run.await(run.loop().register(channel)).cause());
            assertFalse(channel.isOpen());
        }
    }

    @Test
    void synchronousAndForeignHandlesAreToldApartAndStayTheCallers() {
        try (DirectedRun run = new DirectedRun(Faults.none())) {
            Win32 win32 = run.kernel.access().ofThisThread();
            long synchronous = win32.wsaSocket(WinConst.AF_INET, WinConst.SOCK_STREAM, WinConst.IPPROTO_TCP, 0);
            Future<Binding> refused = Binding.open((IoEventLoop) run.loop(), synchronous);
            assertInstanceOf(NotOverlappedException.class, refused.cause());
            long bound = win32.wsaSocket(WinConst.AF_INET, WinConst.SOCK_STREAM, WinConst.IPPROTO_TCP, 1);
            Future<Binding> first = Binding.open((IoEventLoop) run.loop(), bound, HandleCloser.NONE);
            assertTrue(first.isSuccess());
            Future<Binding> second = Binding.open((IoEventLoop) run.loop(), bound, HandleCloser.NONE);
            assertInstanceOf(HandleAlreadyBoundException.class, second.cause());
            first.getNow().close();
            assertEquals(0, win32.closesocket(synchronous));
            assertEquals(0, win32.closesocket(bound));
        }
    }

    // ---- rule 3: on the loop only

    @Test
    void overlappedCallsFromAnotherThreadAreRefused() {
        try (DirectedRun run = new DirectedRun(Faults.none(), 1, true)) {
            long socket = run.kernel.access().ofThisThread().wsaSocket(WinConst.AF_INET, WinConst.SOCK_STREAM,
                    WinConst.IPPROTO_TCP, 1);
            Future<Binding> opened = Binding.open((IoEventLoop) run.loop(), socket, handle ->
                    run.kernel.access().ofThisThread().closesocket(handle));
            run.until("a binding", opened::isDone);
            Binding binding = opened.getNow();
            assertThrows(IllegalStateException.class, binding::overlapped);
            Future<Void> closed = binding.close();
            run.until("the close", closed::isDone);
        }
    }

    @Test
    void unregisteredChannelMayBeClosedFromAnyThread() {
        try (DirectedRun run = new DirectedRun(Faults.none(), 1, true)) {
            IocpSocketChannel channel = run.runtime.socket(null);
            channel.unsafe().closeForcibly();
            assertFalse(channel.isOpen());
            assertEquals(1, run.kernel.openHandles());
        }
    }

    // ---- rule 4: classify by the call, read the packet

    @Test
    void statusThatStaysPendingInTheOverlappedMisleadsNobody() {
        try (DirectedRun run = new DirectedRun(Faults.none().with(Faults.Kind.STATUS_STAYS_PENDING, 1)).connected()) {
            run.channel.writeAndFlush(run.buffer("hello"));
            run.until("the bytes", () -> run.peer.receivedBytes() == 5);
            run.peer.send(new byte[3000]).after(1000, () -> run.peer.send(new byte[3000]));
            run.until("the answer", () -> run.events.received() == 6000);
        }
    }

    @Test
    void successWithoutSkippingIsDoneAtOnceAndItsMemoryWaitsForThePacket() {
        try (DirectedRun run = new DirectedRun(Faults.none()).connected(
                channel -> channel.config().setOption(IocpChannelOption.SKIP_ON_SUCCESS, false), peer -> { })) {
            ByteBuf buffer = run.buffer("hello");
            run.loop().execute(() -> {
                ChannelFuture written = run.channel.writeAndFlush(buffer);
                assertTrue(written.isSuccess());
                assertEquals(1, buffer.refCnt());
            });
            run.until("the packet", () -> buffer.refCnt() == 0);
        }
    }

    @Test
    void successesAreNotSkippedWhereTheProviderOfTheSocketIsALayeredOne() {
        try (DirectedRun run = new DirectedRun(Faults.none())) {
            run.kernel.layeredProvider();
            run.connected();
            ByteBuf buffer = run.buffer("hello");
            run.loop().execute(() -> {
                assertTrue(run.channel.writeAndFlush(buffer).isSuccess());
                assertEquals(1, buffer.refCnt());
            });
            run.until("the packet", () -> buffer.refCnt() == 0);
            run.peer.send(new byte[3000]);
            run.until("the answer", () -> run.events.received() == 3000);
            run.server(new EventRecorder(), 2);
        }
    }

    @Test
    void byteCountOfAnErrorIsNotData() {
        try (DirectedRun run = new DirectedRun(Faults.none()).connected()) {
            run.peer.reset();
            run.until("the reset", () -> run.events.saw("inactive"));
            assertEquals(0, run.events.received());
            assertEquals(List.of("registered", "active", "readComplete", "exception", "inactive", "unregistered"),
                    run.events.events());
        }
    }

    // ---- rules 5, 6: one outcome a submit, none is used in flight

    @Test
    void operationInFlightCannotBeSubmittedAgain() {
        try (DirectedRun run = new DirectedRun(Faults.none())) {
            Win32 win32 = run.kernel.access().ofThisThread();
            Win32Steps steps = new Win32Steps(run.kernel.access());
            steps.unassociated("listener", WinConst.AF_INET).bindLoopback("listener");
            steps.listen("listener", 1);
            Binding binding = Binding.open((IoEventLoop) run.loop(), steps.handle("listener"),
                    HandleCloser.NONE).getNow();
            List<Integer> outcomes = new ArrayList<>();
            Overlapped accept = binding.overlapped((operation, status, transferred) -> outcomes.add(status));
            long accepted = win32.wsaSocket(WinConst.AF_INET, WinConst.SOCK_STREAM, WinConst.IPPROTO_TCP, 1);
            long output = steps.memory(400);
            accept.submit((overlapped, transferred) ->
                    win32.acceptEx(0x7ff0_0000_0000L + WinConst.AF_INET * 0x1000L + 0x10,
                    steps.handle("listener"), accepted, output, 0, 144, 144, transferred, overlapped));
            assertTrue(accept.isInFlight());
            assertThrows(IllegalStateException.class, () -> accept.submit((overlapped, transferred) -> 0));
            assertThrows(IllegalStateException.class, () -> accept.offset(1));
            accept.cancel();
            accept.cancel();
            assertTrue(outcomes.isEmpty());
            run.until("the outcome", () -> !outcomes.isEmpty());
            assertEquals(1, outcomes.size());
            assertFalse(accept.isInFlight());
            binding.close();
            win32.closesocket(accepted);
            steps.close("listener");
            steps.close();
        }
    }

    @Test
    void submissionThatFailsAtOnceHasItsOutcomeInTheHandlerAndNotInTheCall() {
        try (DirectedRun run = new DirectedRun(Faults.none())) {
            long socket = run.kernel.access().ofThisThread().wsaSocket(WinConst.AF_INET, WinConst.SOCK_STREAM,
                    WinConst.IPPROTO_TCP, 1);
            Binding binding = Binding.open((IoEventLoop) run.loop(), socket,
                    handle -> run.kernel.access().ofThisThread().closesocket(handle)).getNow();
            List<Integer> outcomes = new ArrayList<>();
            Overlapped operation = binding.overlapped((done, status, transferred) -> outcomes.add(status));
            operation.submit((overlapped, transferred) -> 10057);
            assertTrue(outcomes.isEmpty());
            run.until("the outcome", () -> outcomes.size() == 1);
            binding.close();
        }
    }

    @Test
    void buffersOfAWriteInFlightSurviveTheEndOfTheOutput() {
        try (DirectedRun run = new DirectedRun(Faults.none()).connected(channel -> { }, SimulatedPeer::stopReading)) {
            run.channel.write(run.buffer(300_000));
            run.channel.writeAndFlush(run.buffer(300_000));
            run.millis(10);
            ChannelFuture shutdown = run.channel.shutdownOutput();
            run.peer.startReading();
            run.await(shutdown);
            run.until("all bytes", () -> run.peer.receivedBytes() >= 300_000);
        }
    }

    // ---- rule 7: cancel is a request

    @Test
    void dataThatWinsAgainstACancellationIsDelivered() {
        Faults faults = Faults.none().with(Faults.Kind.CANCEL_IS_SLOW, 1);
        try (DirectedRun run = new DirectedRun(faults).connected()) {
            ChannelFuture deregistered = run.channel.deregister();
            run.peer.send("not lost".getBytes(StandardCharsets.US_ASCII));
            run.sync(deregistered);
            assertEquals("", run.events.text());
            run.sync(run.loop().register(run.channel));
            run.until("the data", () -> run.events.text().equals("not lost"));
        }
    }

    // ---- rule 8: close

    @Test
    void closeAwaitsTheCancelledReceiveSoThatThePeerIsNotReset() {
        for (Faults.Kind kind : new Faults.Kind[] { Faults.Kind.CANCEL_IS_SLOW, Faults.Kind.SLOW_COMPLETION }) {
            try (DirectedRun run = new DirectedRun(Faults.none().with(kind, 1)).connected()) {
                run.channel.writeAndFlush(run.buffer("last words"));
                run.sync(run.channel.close());
                run.until("the end", () -> run.peer.isAtEnd());
                assertEquals(10, run.peer.receivedBytes());
                assertFalse(run.peer.isBroken());
                assertEquals(0, run.kernel.closedInFlight());
            }
        }
    }

    @Test
    void closeGivesTheWriteInFlightItsTime() {
        try (DirectedRun run = new DirectedRun(Faults.none()).connected(channel -> { },
                peer -> peer.readSlowly(50_000, 10_000_000))) {
            ChannelFuture first = run.channel.writeAndFlush(run.buffer(200_000));
            run.channel.writeAndFlush(run.buffer(200_000));
            run.millis(1);
            run.sync(run.channel.close());
            assertTrue(first.isDone());
            run.until("the end", () -> run.peer.isAtEnd());
            assertFalse(run.peer.isBroken());
        }
    }

    @Test
    void closeInThePromiseOfAWriteComesBeforeAResetThatTheWriteMade() {
        for (boolean skipOnSuccess : new boolean[] { false, true }) {
            // Success without skipping has a packet to come, a send that pends has all of its outcome to come.
            Faults faults = Faults.none().with(Faults.Kind.PEND_THOUGH_READY, skipOnSuccess ? 1 : 0);
            try (DirectedRun run = new DirectedRun(faults).connected(channel -> {
                channel.config().setOption(IocpChannelOption.SKIP_ON_SUCCESS, skipOnSuccess);
            }, peer -> { })) {
                boolean[] written = { false };
                run.channel.pipeline().addFirst(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelRead(ChannelHandlerContext ctx, Object message) {
                        ctx.fireChannelRead(message);
                        ctx.writeAndFlush(run.buffer("bye too")).addListener(done -> {
                            written[0] = done.isSuccess();
                            ctx.close();
                        });
                        run.kernel.sleep(10_000_000);
                        run.peer.reset();
                        run.kernel.sleep(10_000_000);
                    }
                });
                run.peer.send(new byte[3]);
                run.until("the end", () -> run.events.saw("unregistered"));
                assertTrue(written[0]);
                assertFalse(run.events.saw("exception"), () -> run.events.exceptions().toString());
            }
        }
    }

    @Test
    void resetIsToldOnceAndNothingIsSentAgainAlthoughAWriteWasInFlight() {
        try (DirectedRun run = new DirectedRun(Faults.none()).connected(channel -> { }, SimulatedPeer::stopReading)) {
            run.channel.writeAndFlush(run.buffer(200_000));
            ChannelFuture second = run.channel.writeAndFlush(run.buffer(200_000));
            run.millis(10);
            assertFalse(second.isDone());
            run.channel.pipeline().addFirst(new ChannelInboundHandlerAdapter() {
                @Override
                public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
                    ctx.writeAndFlush(run.buffer("too late"));
                    ctx.fireExceptionCaught(cause);
                }
            });
            run.peer.reset();
            run.until("the end", () -> run.events.saw("unregistered"));
            assertFalse(second.isSuccess());
            assertEquals(1, run.events.count("exception"));
        }
    }

    @Test
    void closeDoesNotWaitForeverForAPeerThatReadsNothing() {
        for (double ignored = 0; ignored <= 1; ignored++) {
            Faults faults = Faults.none().with(Faults.Kind.CANCEL_IS_IGNORED, ignored);
            try (DirectedRun run = new DirectedRun(faults).connected(channel -> { }, SimulatedPeer::stopReading)) {
                List<ChannelFuture> writes = new ArrayList<>();
                for (int i = 0; i < 5; i++) {
                    writes.add(run.channel.writeAndFlush(run.buffer(100_000)));
                }
                run.millis(10);
                long start = run.now();
                run.sync(run.channel.close());
                assertTrue(run.millisSince(start) < 4000, "it took " + run.millisSince(start) + " ms");
                assertTrue(writes.stream().allMatch(ChannelFuture::isDone));
                assertFalse(writes.get(4).isSuccess());
            }
        }
    }

    @Test
    void closingTwiceIsClosingOnce() {
        try (DirectedRun run = new DirectedRun(Faults.none().with(Faults.Kind.CANCEL_IS_SLOW, 1)).connected()) {
            ChannelFuture first = run.channel.close();
            ChannelFuture second = run.channel.close();
            ChannelFuture third = run.channel.disconnect();
            run.sync(first);
            run.sync(second);
            run.sync(third);
            assertEquals(1, run.events.count("inactive"));
        }
    }

    @Test
    void forcedCloseLetsThePacketsComeLater() {
        try (DirectedRun run = new DirectedRun(Faults.none().with(Faults.Kind.SLOW_COMPLETION, 1)).connected()) {
            run.channel.unsafe().closeForcibly();
            assertEquals(1, run.kernel.outstanding());
            run.channel.close();
            run.until("the packet", () -> run.kernel.outstanding() == 0);
        }
    }

    // ---- rule 9: registrations end last

    @Test
    void channelIsUnregisteredAfterItsLastPacket() {
        try (DirectedRun run = new DirectedRun(Faults.none().with(Faults.Kind.CANCEL_IS_SLOW, 1)).connected()) {
            int[] outstanding = { -1 };
            run.channel.pipeline().addFirst(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelUnregistered(ChannelHandlerContext ctx) {
                    outstanding[0] = run.kernel.outstanding();
                    ctx.fireChannelUnregistered();
                }
            });
            run.sync(run.channel.close());
            run.until("unregistered", () -> run.events.saw("unregistered"));
            assertEquals(0, outstanding[0]);
        }
    }

    // ---- rule 10: shutdown

    @Test
    void shutdownClosesAndDrainsEverything() {
        Faults faults = Faults.none().with(Faults.Kind.CANCEL_IS_SLOW, 0.5).with(Faults.Kind.SLOW_COMPLETION, 0.5);
        try (DirectedRun run = new DirectedRun(faults).connected()) {
            EventRecorder server = new EventRecorder();
            run.server(server, 8);
            run.runtime.shutdown(0, 5000);
            assertTrue(run.events.saw("inactive") && run.events.saw("unregistered"));
            assertTrue(server.saw("inactive") && server.saw("unregistered"));
            assertEquals(0, run.kernel.outstanding());
            assertEquals(0, run.kernel.openHandles());
        }
    }

    // ---- rule 11: exceptions

    @Test
    void exceptionInAHandlerDoesNotKeepOthersFromTheirPackets() {
        try (DirectedRun run = new DirectedRun(Faults.none())) {
            EventRecorder accepted = new EventRecorder();
            IocpServerSocketChannel server = run.server(accepted, 4);
            List<EventRecorder> recorders = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                SimulatedPeer.connect(run.kernel, server.localAddress().getPort(), peer -> peer.send(new byte[10]));
            }
            run.until("connections", () -> accepted.children().size() == 4);
            run.kernel.sleep(TimeUnit.MILLISECONDS.toNanos(10));
            accepted.children().forEach(child -> {
                EventRecorder recorder = new EventRecorder();
                recorders.add(recorder);
                child.config().setAllocator(run.runtime.allocator());
                child.pipeline().addLast(recorder);
                child.pipeline().addFirst(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelRead(ChannelHandlerContext ctx, Object message) {
                        ctx.fireChannelRead(message);
                        throw new TestException("channelRead");
                    }

                    @Override
                    public void channelReadComplete(ChannelHandlerContext ctx) {
                        ctx.fireChannelReadComplete();
                        throw new TestException("channelReadComplete");
                    }
                });
                run.loop().register(child);
            });
            run.until("data for all", () -> recorders.stream().allMatch(recorder -> recorder.received() == 10));
            run.until("exceptions", () -> recorders.stream().allMatch(recorder -> recorder.exceptions().size() == 2));
        }
    }

    // ---- rule 12: stale packets

    @Test
    void packetThatNobodyExpectsIsDropped() {
        try (DirectedRun run = new DirectedRun(Faults.none().with(Faults.Kind.STALE_PACKET, 1)).connected()) {
            for (int i = 0; i < 20; i++) {
                run.sync(run.channel.writeAndFlush(run.buffer("0123456789")));
                run.millis(1);
            }
            run.until("the bytes", () -> run.peer.receivedBytes() == 200);
            assertTrue(run.kernel.faults().injected(Faults.Kind.STALE_PACKET) >= 20);
        }
    }

    @Test
    void packetOfSomebodyElseIsDropped() {
        try (DirectedRun run = new DirectedRun(Faults.none().with(Faults.Kind.FOREIGN_PACKET, 1))
                .expectLog("Dropped a ").connected()) {
            run.sync(run.channel.writeAndFlush(run.buffer("0123456789")));
            run.until("the bytes", () -> run.peer.receivedBytes() == 10);
        }
    }

    // ---- packets and polls that fail

    @Test
    void pollsThatFailLoseNothingDoubleNothingAndAreNotRepeatedAtOnce() {
        try (DirectedRun run = new DirectedRun(Faults.none()).expectLog("GetQueuedCompletionStatusEx failed")
                .connected()) {
            run.kernel.faults().with(Faults.Kind.POLL_FAILS, 1);
            run.peer.send("while no poll ".getBytes(StandardCharsets.US_ASCII));
            run.peer.stopReading();
            run.channel.writeAndFlush(run.buffer(300_000));
            // Pends until the first one was taken.
            ChannelFuture written = run.channel.writeAndFlush(run.buffer(100_000));
            run.millis(2000);
            assertEquals(20, run.kernel.faults().injected(Faults.Kind.POLL_FAILS), 1);
            assertEquals(0, run.events.received());
            assertFalse(written.isDone());
            run.peer.startReading();
            run.kernel.faults().with(Faults.Kind.POLL_FAILS, 0.5);
            run.sync(written);
            run.peer.send("works".getBytes(StandardCharsets.US_ASCII));
            run.until("all that came", () -> run.events.text().equals("while no poll works"));
            run.until("all that was written", () -> run.peer.receivedBytes() == 400_000);
            run.sync(run.channel.close());
            assertEquals(0, run.kernel.closedInFlight());
        }
    }

    @Test
    void tasksRunAlthoughNoPollSucceeds() {
        try (DirectedRun run = new DirectedRun(Faults.none(), 1, true)
                .expectLog("GetQueuedCompletionStatusEx failed")) {
            run.kernel.faults().with(Faults.Kind.POLL_FAILS, 1);
            List<Integer> ran = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                int number = i;
                run.loop().execute(() -> ran.add(number));
                run.until("the task", () -> ran.size() > number);
            }
            assertEquals(List.of(0, 1, 2), ran);
            run.kernel.faults().with(Faults.Kind.POLL_FAILS, 0);
        }
    }

    // ---- rule 13: nothing inside the user's call

    @Test
    void readDeliversNothingInsideTheCall() {
        try (DirectedRun run = new DirectedRun(Faults.none())
                .connected(channel -> channel.config().setAutoRead(false), peer -> peer.send(new byte[100]))) {
            run.millis(10);
            assertEquals(0, run.events.received());
            run.loop().execute(() -> {
                run.channel.read();
                assertEquals(0, run.events.received());
            });
            run.until("the data", () -> run.events.received() == 100);
        }
    }

    @Test
    void aConnectionThatIsAcceptedAtOnceIsNotHandedOutInsideTheReadOfItsServer() {
        try (DirectedRun run = new DirectedRun(Faults.none())) {
            EventRecorder accepted = new EventRecorder();
            IocpServerSocketChannel server = run.runtime.server(SocketProtocolFamily.INET);
            server.config().setAutoRead(false);
            server.config().setOption(IocpChannelOption.POSTED_ACCEPTS, 2);
            server.pipeline().addLast(accepted);
            run.sync(run.loop().register(server));
            run.sync(server.bind(new InetSocketAddress(SimulatedNetwork.HOST, 0)));
            for (int i = 0; i < 2; i++) {
                SimulatedPeer.connect(run.kernel, server.localAddress().getPort(), peer -> { });
            }
            run.millis(20);
            assertFalse(run.kernel.socketBehind(server.socket()).isAccepting());
            List<String> before = List.copyOf(accepted.events());
            server.read();
            // Both accepts were made in the call, and ended there.
            assertEquals(2, run.kernel.events().last(60).stream().filter(line -> line.contains("ACCEPT")
                    && line.contains("succeeds at once")).count());
            assertEquals(before, accepted.events());
            run.until("the first", () -> accepted.children().size() == 1);
            run.millis(20);
            // The second waits to be asked for.
            before = List.copyOf(accepted.events());
            server.read();
            assertEquals(before, accepted.events());
            run.until("the second", () -> accepted.children().size() == 2);
            assertEquals(2, accepted.count("readComplete"));
            accepted.children().forEach(child -> child.unsafe().closeForcibly());
        }
    }

    @Test
    void dataIsNotDeliveredWithoutARead() {
        for (ReceiveMode mode : ReceiveMode.values()) {
            try (DirectedRun run = new DirectedRun(Faults.none()).connected(channel -> {
                channel.config().setAutoRead(false);
                channel.config().setOption(IocpChannelOption.RECEIVE_MODE, mode);
                channel.config().setRecvByteBufAllocator(new FixedRecvByteBufAllocator(1000));
            }, peer -> peer.send(new byte[10_000]))) {
                run.millis(100);
                assertEquals(0, run.events.count("read"));
                for (int reads = 1; reads <= 3; reads++) {
                    run.channel.read();
                    run.millis(100);
                    assertEquals(reads, run.events.count("read"));
                    assertEquals(reads, run.events.count("readComplete"));
                }
            }
        }
    }

    // ---- rule 14: wake-ups (LostWakeUpTest has threads)

    @Test
    void refusedWakeUpIsPostedAgainByTheNext() {
        try (DirectedRun run = new DirectedRun(Faults.none(), 1, true).expectLog("Cannot wake the loop")) {
            run.millis(10);
            run.kernel.faults().with(Faults.Kind.POST_REFUSED, 1);
            boolean[] ran = new boolean[2];
            run.loop().execute(() -> ran[0] = true);
            run.millis(10);
            assertFalse(ran[0]);
            run.kernel.faults().with(Faults.Kind.POST_REFUSED, 0);
            run.loop().execute(() -> ran[1] = true);
            run.millis(10);
            assertTrue(ran[0] && ran[1]);
        }
    }

    @Test
    void keyOfItsOwnHandsThePayloadOverRaw() throws Exception {
        try (DirectedRun run = new DirectedRun(Faults.none())) {
            List<String> packets = new ArrayList<>();
            CompletionKey key = CompletionKey.open((IoEventLoop) run.loop(),
                    (source, bytes, payload) -> packets.add(bytes + " " + payload)).getNow();
            key.post(6, 0x1234_5678_9ABCL);
            run.until("the packet", () -> !packets.isEmpty());
            assertEquals(List.of("6 " + 0x1234_5678_9ABCL), packets);
            key.close();
        }
    }

    // ---- rule 15: time

    @Test
    void timeComesFromTheTickerOfTheLoop() {
        try (DirectedRun run = new DirectedRun(Faults.none())) {
            boolean[] ran = new boolean[1];
            run.loop().schedule(() -> {
                ran[0] = true;
            }, 45, TimeUnit.SECONDS);
            long real = System.nanoTime();
            long start = run.now();
            run.until("the task", () -> ran[0]);
            assertEquals(45_000, run.millisSince(start), 20);
            assertTrue(System.nanoTime() - real < TimeUnit.SECONDS.toNanos(20));
        }
    }

    // ---- reading

    @Test
    void endOfTheInputIsNoticedWithAutoReadOff() {
        for (ReceiveMode mode : ReceiveMode.values()) {
            try (DirectedRun run = new DirectedRun(Faults.none()).connected(channel -> {
                channel.config().setAutoRead(false);
                channel.config().setOption(IocpChannelOption.RECEIVE_MODE, mode);
            }, SimulatedPeer::close)) {
                run.until("the end", () -> run.events.saw("inactive"));
            }
        }
    }

    @Test
    void resetIsNoticedWithAutoReadOff() {
        try (DirectedRun run = new DirectedRun(Faults.none())
                .connected(channel -> channel.config().setAutoRead(false), peer -> { })) {
            run.peer.reset();
            run.until("the reset", () -> run.events.saw("inactive"));
        }
    }

    @Test
    void bytesBeforeTheEndAreDeliveredBeforeTheEnd() {
        for (ReceiveMode mode : ReceiveMode.values()) {
            try (DirectedRun run = new DirectedRun(Faults.none()).connected(
                    channel -> channel.config().setOption(IocpChannelOption.RECEIVE_MODE, mode),
                    peer -> peer.send(new byte[50_000]).shutdownOutput())) {
                run.until("the end", () -> run.events.saw("inactive"));
                assertEquals(50_000, run.events.received());
            }
        }
    }

    @Test
    void allocatorThatFailsEndsTheConnectionAsWithNio() {
        try (DirectedRun run = new DirectedRun(Faults.none()).connected()) {
            run.kernel.faults().with(Faults.Kind.ALLOCATION_FAILS, 1);
            run.peer.send(new byte[100]);
            run.until("the end", () -> run.events.saw("inactive"));
            run.kernel.faults().with(Faults.Kind.ALLOCATION_FAILS, 0);
        }
    }

    @Test
    void halfClosedChannelStillSends() {
        try (DirectedRun run = new DirectedRun(Faults.none()).connected(
                channel -> channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true),
                SimulatedPeer::shutdownOutput)) {
            run.until("the event", () -> run.events.saw("ChannelInputShutdownEvent"));
            assertTrue(run.channel.isActive());
            run.sync(run.channel.writeAndFlush(run.buffer("still here")));
            run.until("the bytes", () -> run.peer.receivedBytes() == 10);
        }
    }

    // ---- writing

    @Test
    void sendThatFailedLateIsNotRepeated() {
        for (int seed = 0; seed < 10; seed++) {
            try (DirectedRun run = new DirectedRun(seed).connected()) {
                run.kernel.faults().with(Faults.Kind.SEND_FAILS_LATER, 1);
                ChannelFuture written = run.channel.writeAndFlush(run.buffer(1000));
                run.await(written);
                run.kernel.faults().with(Faults.Kind.SEND_FAILS_LATER, 0);
                run.millis(100);
                assertFalse(written.isSuccess());
                assertTrue(run.peer.receivedBytes() <= 1000);
            }
        }
    }

    @Test
    void promisesCompleteInOrderAndOnlyWhenWindowsTookTheBytes() {
        try (DirectedRun run = new DirectedRun(Faults.none().with(Faults.Kind.PEND_THOUGH_READY, 0.5))
                .connected(channel -> { }, peer -> peer.readSlowly(20_000, 1_000_000))) {
            List<Integer> order = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                int number = i;
                run.channel.write(run.buffer(5000)).addListener(done -> order.add(number));
            }
            run.channel.flush();
            run.until("all", () -> order.size() == 50);
            for (int i = 0; i < 50; i++) {
                assertEquals(i, order.get(i));
            }
            run.until("all bytes", () -> run.peer.receivedBytes() == 250_000);
        }
    }

    // ---- accepting

    @Test
    void connectionThatEndedBeforeItWasAcceptedConcernsNobodyElse() {
        try (DirectedRun run = new DirectedRun(Faults.none())) {
            EventRecorder accepted = new EventRecorder();
            IocpServerSocketChannel server = run.server(accepted, 1);
            run.kernel.faults().with(Faults.Kind.ACCEPT_FAILS_LATER, 1);
            for (int i = 0; i < 3; i++) {
                SimulatedPeer.connect(run.kernel, server.localAddress().getPort(), peer -> { });
            }
            run.millis(50);
            run.kernel.faults().with(Faults.Kind.ACCEPT_FAILS_LATER, 0);
            assertEquals(3, run.metrics().failedAccepts());
            assertTrue(accepted.exceptions().isEmpty(), () -> accepted.exceptions().toString());
            SimulatedPeer.connect(run.kernel, server.localAddress().getPort(), peer -> { });
            run.until("the next", () -> accepted.children().size() == 1);
            accepted.children().get(0).unsafe().closeForcibly();
        }
    }

    @Test
    void serverWithoutHandlesBacksOffAndGoesOn() {
        try (DirectedRun run = new DirectedRun(Faults.none())) {
            EventRecorder accepted = new EventRecorder();
            IocpServerSocketChannel server = run.server(accepted, 1);
            run.millis(10);
            run.kernel.faults().with(Faults.Kind.SOCKET_FAILS, 1);
            SimulatedPeer.connect(run.kernel, server.localAddress().getPort(), peer -> { });
            run.until("the first", () -> accepted.children().size() == 1);
            run.millis(1500);
            assertTrue(server.isActive());
            run.kernel.faults().with(Faults.Kind.SOCKET_FAILS, 0);
            SimulatedPeer.connect(run.kernel, server.localAddress().getPort(), peer -> { });
            run.until("the second", () -> accepted.children().size() == 2);
            accepted.children().forEach(child -> child.unsafe().closeForcibly());
        }
    }

    @Test
    void serverWhoseAllocatorFailsBacksOffAndGoesOn() {
        try (DirectedRun run = new DirectedRun(Faults.none())) {
            run.kernel.faults().with(Faults.Kind.ALLOCATION_FAILS, 1);
            EventRecorder accepted = new EventRecorder();
            IocpServerSocketChannel server = run.server(accepted, 2);
            run.millis(1500);
            run.kernel.faults().with(Faults.Kind.ALLOCATION_FAILS, 0);
            SimulatedPeer.connect(run.kernel, server.localAddress().getPort(), peer -> { });
            run.until("a connection", () -> accepted.children().size() == 1);
            accepted.children().get(0).unsafe().closeForcibly();
        }
    }

    @Test
    void socketsAreHandedOutOnlyWhenAReadIsPending() {
        try (DirectedRun run = new DirectedRun(Faults.none())) {
            EventRecorder accepted = new EventRecorder();
            IocpServerSocketChannel server = run.server(accepted, 2);
            server.config().setAutoRead(false);
            run.millis(10);
            for (int i = 0; i < 3; i++) {
                SimulatedPeer.connect(run.kernel, server.localAddress().getPort(), peer -> { });
            }
            run.millis(100);
            int before = accepted.children().size();
            assertTrue(before <= 1);
            for (int i = before + 1; i <= 3; i++) {
                server.read();
                int expected = i;
                run.until("one more", () -> accepted.children().size() == expected);
                run.millis(100);
                assertEquals(expected, accepted.children().size());
            }
            accepted.children().forEach(child -> child.unsafe().closeForcibly());
        }
    }

    // ---- connecting

    @Test
    void refusedConnectOnThisMachineFailsAtOnce() {
        try (DirectedRun run = new DirectedRun(Faults.none())) {
            IocpSocketChannel channel = run.runtime.socket(SocketProtocolFamily.INET);
            run.sync(run.loop().register(channel));
            long start = run.now();
            ChannelFuture connected = run.await(channel.connect(new InetSocketAddress(SimulatedNetwork.LOOPBACK, 9)));
            assertInstanceOf(ConnectException.class, connected.cause());
            assertTrue(connected.cause().getMessage().contains("127.0.0.1"), connected.cause().getMessage());
            assertTrue(run.millisSince(start) < 100);
        }
    }

    @Test
    void connectThatTimesOutLeavesNothing() {
        try (DirectedRun run = new DirectedRun(Faults.none())) {
            IocpSocketChannel channel = run.runtime.socket(SocketProtocolFamily.INET);
            channel.config().setConnectTimeoutMillis(500);
            run.sync(run.loop().register(channel));
            long start = run.now();
            ChannelFuture connected = run.await(channel.connect(new InetSocketAddress(SimulatedNetwork.SILENT, 9)));
            assertInstanceOf(ConnectException.class, connected.cause());
            assertEquals(500, run.millisSince(start), 50);
            run.await(channel.closeFuture());
            assertEquals(1, run.kernel.openHandles());
        }
    }

    @Test
    void cancelledConnectLeavesNothing() {
        try (DirectedRun run = new DirectedRun(Faults.none().with(Faults.Kind.CANCEL_IS_SLOW, 1))) {
            IocpSocketChannel channel = run.runtime.socket(SocketProtocolFamily.INET);
            run.sync(run.loop().register(channel));
            ChannelFuture connected = channel.connect(new InetSocketAddress(SimulatedNetwork.SILENT, 9));
            run.millis(1);
            assertTrue(connected.cancel(false));
            run.await(channel.closeFuture());
            assertEquals(1, run.kernel.openHandles());
        }
    }

    @Test
    void closeDuringAConnectFailsThePromise() {
        try (DirectedRun run = new DirectedRun(Faults.none())) {
            IocpSocketChannel channel = run.runtime.socket(SocketProtocolFamily.INET);
            run.sync(run.loop().register(channel));
            ChannelFuture connected = channel.connect(new InetSocketAddress(SimulatedNetwork.SILENT, 9));
            run.millis(1);
            run.sync(channel.close());
            assertInstanceOf(ClosedChannelException.class, connected.cause());
        }
    }

    @Test
    void idleEchoNeedsTwoCallsAndAPoll() {
        try (DirectedRun run = new DirectedRun(Faults.none()).connected()) {
            long before = run.kernel.calls();
            for (int i = 0; i < 10; i++) {
                int expected = (i + 1) * 10;
                run.peer.send(new byte[10]);
                run.until("the bytes", () -> run.events.received() == expected);
                run.channel.writeAndFlush(run.buffer(10));
            }
            // A receive, a send and a poll for each round trip, one more to notice that the last one is done.
            assertTrue(run.kernel.calls() - before <= 31, "calls: " + (run.kernel.calls() - before));
            assertTrue(run.kernel.access().ofThisThread().counts().get(Function.WSARecv) == 0);
        }
    }
}
