/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.CompletionKey;
import io.github.nettyiocp.channel.DirectoryAddress;
import io.github.nettyiocp.channel.DirectoryWatchChannel;
import io.github.nettyiocp.channel.IocpServerSocketChannel;
import io.github.nettyiocp.channel.IocpSocketChannel;
import io.github.nettyiocp.channel.OverlappedFile;
import io.github.nettyiocp.channel.SimulatedChannels;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.IoEventLoop;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What random programs found wrong once, each as a small program of its own. Others of them are rules: RulesTest. */
@Timeout(60)
class FoundBugsTest {

    // ---- out of memory

    @Test
    void firstReceiveWithoutABufferEndsTheConnectionAlsoWithAutoReadOff() {
        try (DirectedRun run = new DirectedRun(Faults.none())) {
            InetSocketAddress address = SimulatedPeer.listen(run.kernel, DirectedRun.PORT, 5, peer -> { });
            IocpSocketChannel channel = run.runtime.socket(SocketProtocolFamily.INET);
            channel.config().setAutoRead(false);
            channel.pipeline().addLast(run.events);
            run.sync(run.loop().register(channel));
            ChannelFuture connected = channel.connect(address);
            run.kernel.faults().with(Faults.Kind.ALLOCATION_FAILS, 1);
            run.until("the end", () -> run.events.saw("unregistered"));
            run.kernel.faults().with(Faults.Kind.ALLOCATION_FAILS, 0);
            assertTrue(connected.isSuccess());
            assertEquals(1, run.events.count("exception"));
            assertEquals(1, run.events.count("inactive"));
        }
    }

    @Test
    void entriesOfThePortThatCannotGrowServeAsTheyAre() throws Exception {
        try (DirectedRun run = new DirectedRun(Faults.none())) {
            List<Long> packets = new ArrayList<>();
            CompletionKey key = CompletionKey.open((IoEventLoop) run.loop(),
                    (source, bytes, payload) -> packets.add(payload)).getNow();
            run.kernel.faults().with(Faults.Kind.COMMIT_FAILS, 1);
            for (int i = 0; i < 1000; i++) {
                key.post(0, i);
            }
            run.until("the packets", () -> packets.size() == 1000);
            assertTrue(run.kernel.faults().injected(Faults.Kind.COMMIT_FAILS) > 0);
            run.kernel.faults().with(Faults.Kind.COMMIT_FAILS, 0);
            for (int i = 0; i < 1000; i++) {
                assertEquals(i, packets.get(i));
            }
            key.close();
        }
    }

    @Test
    void constructorThatFailsClosesItsSocket() {
        try (DirectedRun run = new DirectedRun(Faults.none())) {
            int before = run.kernel.openHandles();
            run.kernel.faults().with(Faults.Kind.OPTION_FAILS, 1);
            assertThrows(ChannelException.class, () -> SimulatedChannels.socket(run.kernel.access(), null));
            assertThrows(ChannelException.class, () -> SimulatedChannels.server(run.kernel.access(), null));
            run.kernel.faults().with(Faults.Kind.OPTION_FAILS, 0);
            assertEquals(before, run.kernel.openHandles());
        }
    }

    // ---- the end of a loop

    /** A loop that ends may forget what a thread told it, as Netty's ManualIoEventLoop does. */
    @Test
    void whatIsOpenedWhenTheLoopHasEndedIsClosedAndItsFutureDone() {
        for (int micros = 0; micros < 1000; micros += 20) {
            DirectedRun run = new DirectedRun(Faults.none().with(Faults.Kind.DIRECTORY_OPEN_BLOCKS, 1));
            Path path = Path.of("/watched");
            run.kernel.directories().make(path.toString(), false, true);
            run.kernel.files().create(Path.of("file").toAbsolutePath().toString());
            DirectoryWatchChannel watch = run.runtime.watch();
            run.sync(run.loop().register(watch));
            ChannelFuture connected = watch.connect(new DirectoryAddress(path));
            Future<OverlappedFile> file = OverlappedFile.open((IoEventLoop) run.loop(), Path.of("file"));
            run.runtime.sleep(micros, TimeUnit.MICROSECONDS);
            // Checks that no handle is left.
            run.close();
            assertTrue(file.isDone() && connected.isDone(), micros + " us");
            assertTrue(!file.isSuccess() || file.getNow().closeFuture().isDone());
        }
    }

    // ---- accepting

    @Test
    void acceptsOfWhichOnlySomeCanBeMadeAreReleased() {
        try (DirectedRun run = new DirectedRun(Faults.none().with(Faults.Kind.ALLOCATION_FAILS, 0.4))) {
            EventRecorder accepted = new EventRecorder();
            IocpServerSocketChannel server = run.server(accepted, 6);
            run.millis(5500);
            assertTrue(run.kernel.faults().injected(Faults.Kind.ALLOCATION_FAILS) > 0);
            run.kernel.faults().with(Faults.Kind.ALLOCATION_FAILS, 0);
            run.millis(1100);
            SimulatedPeer.connect(run.kernel, server.localAddress().getPort(), peer -> { });
            run.until("a connection", () -> accepted.children().size() == 1);
            accepted.children().get(0).unsafe().closeForcibly();
        }
    }

    @Test
    void listenerWhoseAcceptsAllFailedAcceptsAgainLater() {
        try (DirectedRun run = new DirectedRun(Faults.none())) {
            EventRecorder accepted = new EventRecorder();
            IocpServerSocketChannel server = run.server(accepted, 4);
            run.millis(10);
            run.kernel.faults().with(Faults.Kind.ACCEPT_FAILS_AT_ONCE, 1).with(Faults.Kind.ACCEPT_FAILS_LATER, 1);
            for (int i = 0; i < 4; i++) {
                SimulatedPeer.connect(run.kernel, server.localAddress().getPort(), peer -> { });
            }
            run.millis(3000);
            run.kernel.faults().with(Faults.Kind.ACCEPT_FAILS_AT_ONCE, 0).with(Faults.Kind.ACCEPT_FAILS_LATER, 0);
            run.millis(1100);
            int before = accepted.children().size();
            assertTrue(server.isActive());
            SimulatedPeer.connect(run.kernel, server.localAddress().getPort(), peer -> { });
            run.until("a connection", () -> accepted.children().size() > before);
            accepted.children().forEach(child -> child.unsafe().closeForcibly());
        }
    }

    // ---- the order of events

    @Test
    void connectDuringAQueuedDeregistrationIsRefused() {
        try (DirectedRun run = new DirectedRun(Faults.none())) {
            IocpSocketChannel channel = run.runtime.socket(SocketProtocolFamily.INET);
            run.sync(run.loop().register(channel));
            ChannelFuture deregistered = channel.deregister();
            ChannelFuture connected = channel.connect(new InetSocketAddress(SimulatedNetwork.LOOPBACK, 9));
            run.sync(deregistered);
            assertInstanceOf(IllegalStateException.class, run.await(connected).cause());
            assertTrue(channel.isOpen());
            channel.unsafe().closeForcibly();
        }
    }

    @Test
    void closeInsideAReadLoopCompletesItBeforeTheChannelIsInactive() {
        try (DirectedRun run = new DirectedRun(Faults.none()).connected()) {
            run.channel.pipeline().addFirst(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext ctx, Object message) {
                    ctx.fireChannelRead(message);
                    ctx.close();
                }
            });
            run.peer.send(new byte[100]);
            run.until("the end", () -> run.events.saw("unregistered"));
            assertEquals(List.of("registered", "active", "read", "readComplete", "inactive", "unregistered"),
                    run.events.events());
        }
    }

    @Test
    void readLoopThatAForcedCloseInterruptsIsCompleted() {
        try (DirectedRun run = new DirectedRun(Faults.none()).connected()) {
            run.channel.pipeline().addFirst(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext ctx, Object message) {
                    ctx.fireChannelRead(message);
                    ctx.channel().unsafe().closeForcibly();
                }
            });
            run.peer.send(new byte[100]);
            run.until("the close", () -> !run.channel.isOpen());
            run.channel.close();
            run.millis(100);
            assertEquals(1, run.events.count("read"));
            assertEquals(1, run.events.count("readComplete"));
            assertEquals(0, run.kernel.outstanding());
        }
    }

    // ---- SO_LINGER

    /** Its socket has bytes that the peer has no room for, and no send is in flight. */
    private static DirectedRun withUnsentBytes(Faults faults, int linger) {
        DirectedRun run = new DirectedRun(faults, 1, true).connected(channel -> channel.config().setSoLinger(linger),
                SimulatedPeer::stopReading);
        for (int i = 0; i < 10; i++) {
            run.channel.writeAndFlush(run.buffer(10_000));
        }
        run.millis(20);
        return run;
    }

    @Test
    void lingeringCloseKeepsTheLoopFree() {
        try (DirectedRun run = withUnsentBytes(Faults.none(), 5)) {
            ChannelFuture closed = run.channel.close();
            boolean[] ran = { false };
            run.loop().schedule(() -> {
                ran[0] = true;
            }, 100, TimeUnit.MILLISECONDS);
            run.until("the task", () -> ran[0]);
            assertFalse(closed.isDone());
            run.peer.startReading();
            run.sync(closed);
            run.until("the end", () -> run.peer.isAtEnd());
            assertEquals(100_000, run.peer.receivedBytes());
            assertFalse(run.peer.isBroken());
        }
    }

    @Test
    void lingeringCloseThatTheExecutorRefusesDoesNotLinger() {
        try (DirectedRun run = withUnsentBytes(Faults.none(), 5).expectLog("[id: ")) {
            run.kernel.faults().with(Faults.Kind.EXECUTOR_REFUSES, 1);
            long start = run.now();
            run.sync(run.channel.close());
            assertTrue(run.millisSince(start) < 1000);
            run.peer.startReading();
            run.until("the end", () -> run.peer.isAtEnd());
            assertEquals(100_000, run.peer.receivedBytes());
        }
    }

    @Test
    void lingeringChannelThatIsOpenAtTheShutdownIsClosedOnTheLoop() {
        EventRecorder events;
        try (DirectedRun run = withUnsentBytes(Faults.none(), 5)) {
            events = run.events;
            run.peer.startReading();
        }
        assertEquals(1, events.count("inactive"));
        assertEquals(1, events.count("unregistered"));
    }

    @Test
    void lingeringCloseWithASendInFlightCancelsItOnTheLoop() {
        try (DirectedRun run = withUnsentBytes(Faults.none(), 1)) {
            ChannelFuture first = run.channel.writeAndFlush(run.buffer(200_000));
            ChannelFuture second = run.channel.writeAndFlush(run.buffer(200_000));
            run.millis(20);
            long start = run.now();
            run.await(run.channel.close());
            assertTrue(run.millisSince(start) < 4000);
            assertTrue(first.isDone());
            assertFalse(second.isSuccess());
            assertEquals(1, run.events.count("inactive"));
        }
    }

    @Test
    void deregistrationDuringALingeringCloseComesAfterIt() {
        try (DirectedRun run = withUnsentBytes(Faults.none(), 5)) {
            ChannelFuture closed = run.channel.close();
            ChannelFuture deregistered = run.channel.deregister();
            run.peer.startReading();
            run.sync(closed);
            run.sync(deregistered);
            run.until("the end", () -> run.events.saw("unregistered"));
            List<String> events = run.events.events();
            assertEquals(List.of("inactive", "unregistered"), events.subList(events.size() - 2, events.size()));
        }
    }

    @Test
    void registrationDuringALingeringCloseIsRefusedWhenThatIsDone() {
        try (DirectedRun run = withUnsentBytes(Faults.none(), 5)) {
            run.sync(run.channel.deregister());
            List<ChannelFuture> futures = new ArrayList<>();
            run.loop().execute(() -> {
                futures.add(run.channel.close());
                futures.add(run.loop().register(run.channel));
            });
            run.millis(100);
            assertFalse(futures.get(0).isDone());
            assertFalse(futures.get(1).isDone());
            run.peer.startReading();
            run.sync(futures.get(0));
            run.until("the registration's outcome", futures.get(1)::isDone);
            assertInstanceOf(ClosedChannelException.class, futures.get(1).cause());
            run.until("the end", () -> run.peer.isAtEnd());
            assertEquals(100_000, run.peer.receivedBytes());
            assertFalse(run.peer.isBroken());
        }
    }

    @Test
    void lingerOfZeroDropsWhatWasNotSentAndResets() {
        try (DirectedRun run = withUnsentBytes(Faults.none(), 0)) {
            run.channel.writeAndFlush(run.buffer(200_000));
            ChannelFuture second = run.channel.writeAndFlush(run.buffer(200_000));
            run.millis(20);
            long start = run.now();
            run.sync(run.channel.close());
            assertTrue(run.millisSince(start) < 500);
            assertFalse(second.isSuccess());
            run.until("the reset", () -> run.peer.isBroken());
        }
    }

    // ---- files

    @Test
    void aLockWhoseReleaseFailedCanBeReleasedAgain() {
        try (DirectedRun run = new DirectedRun(Faults.none())) {
            OverlappedFile file = run.success(OverlappedFile.open((IoEventLoop) run.loop(), Path.of("locked"),
                    StandardOpenOption.CREATE, StandardOpenOption.WRITE));
            OverlappedFile.Lock lock = run.success(file.lock(0, 10, false));
            run.kernel.faults().with(Faults.Kind.WAIT_FAILS, 1);
            Future<Void> failed = lock.release();
            run.until("the failure", failed::isDone);
            run.kernel.faults().with(Faults.Kind.WAIT_FAILS, 0);
            assertInstanceOf(IOException.class, failed.cause());
            assertNull(run.success(file.tryLock(0, 10, false)));
            run.success(lock.release());
            assertNotNull(run.success(file.tryLock(0, 10, false)));
            run.success(file.close());
        }
    }

    @Test
    void aWriteThatWasCancelledWhenAPartWasWrittenIsCancelled() {
        try (DirectedRun run = new DirectedRun(Faults.none())) {
            OverlappedFile file = run.success(OverlappedFile.open((IoEventLoop) run.loop(), Path.of("written"),
                    StandardOpenOption.CREATE, StandardOpenOption.WRITE));
            ByteBuf buffer = run.buffer(1000);
            run.success(file.write(buffer, 0));
            buffer.readerIndex(0);
            run.kernel.faults().with(Faults.Kind.FILE_WRITES_PART, 1);
            Future<Integer> write = file.write(buffer, 0);
            assertTrue(write.cancel(true));
            run.until("an outcome", write::isDone);
            run.kernel.faults().with(Faults.Kind.FILE_WRITES_PART, 0);
            assertTrue(write.isCancelled());
            buffer.release();
            run.success(file.close());
        }
    }
}
