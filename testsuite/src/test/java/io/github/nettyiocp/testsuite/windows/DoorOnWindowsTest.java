/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.Binding;
import io.github.nettyiocp.HandleAlreadyBoundException;
import io.github.nettyiocp.HandleCloser;
import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.IocpIoEvent;
import io.github.nettyiocp.IocpIoHandle;
import io.github.nettyiocp.IocpMetrics;
import io.github.nettyiocp.IocpRegistration;
import io.github.nettyiocp.NotOverlappedException;
import io.github.nettyiocp.Overlapped;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.util.AbstractReferenceCounted;
import io.netty.util.ReferenceCounted;
import io.netty.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import static io.github.nettyiocp.testsuite.windows.WindowsTestSupport.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The door by its public API alone, with handles that the library has no class for. */
@Timeout(240)
class DoorOnWindowsTest {

    private static final int STATUS_CANCELLED = 0xC0000120;
    private static final AtomicInteger PIPES = new AtomicInteger();

    private final IocpEventLoopGroup group = new IocpEventLoopGroup(1);
    private final IoEventLoop loop = group.next();
    private final List<Long> mine = new ArrayList<>();
    private final BlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>();
    private int lost;

    /** What a handler was given. */
    private record Outcome(Overlapped operation, int status, int transferred) {
    }

    @AfterEach
    void shutDown() throws Exception {
        assertThat(group.shutdownGracefully(0, 15, TimeUnit.SECONDS).await(60_000)).isTrue();
        assertThat(group.metrics().outstanding()).isZero();
        assertThat(group.metrics().leakedOperations()).isEqualTo(lost);
        for (long handle : mine) {
            // Not one that is closed already: its number may be another's by now, and the test of somebody else breaks.
            assertThat(WindowsCalls.closeHandle(handle)).as("0x%x", handle).isZero();
        }
    }

    // ---- binding

    @Test
    void aHandleThatIsNotOverlappedIsRefusedAndStaysTheCallers(@TempDir Path directory) throws Exception {
        long file = WindowsCalls.createFile(directory.resolve("synchronous").toString(),
                WindowsCalls.GENERIC_READ | WindowsCalls.GENERIC_WRITE, WindowsCalls.CREATE_ALWAYS, 0);
        assertThatThrownBy(() -> open(file)).isInstanceOf(NotOverlappedException.class)
                .hasMessageContaining("FILE_FLAG_OVERLAPPED").hasMessageContaining(Long.toHexString(file));
        assertThat(WindowsCalls.closeHandle(file)).isZero();
    }

    @Test
    void aHandleThatIsBoundToThisLoopIsRefused() throws Exception {
        Binding binding = open(pipe()[0]);
        assertThatThrownBy(() -> open(binding.handle())).isInstanceOf(HandleAlreadyBoundException.class);
        assertThat(WindowsCalls.isOpen(binding.handle())).isTrue();
    }

    @Test
    void aHandleThatIsBoundToAnotherLoopIsRefusedAndGoesOnThere() throws Exception {
        IocpEventLoopGroup other = new IocpEventLoopGroup(1);
        long[] pipe = pipe();
        Binding there = Binding.open(other.next(), pipe[0]).sync().getNow();
        mine.remove(pipe[0]);
        assertThatThrownBy(() -> open(pipe[0])).isInstanceOf(HandleAlreadyBoundException.class)
                .hasMessageContaining("bound to a completion port already");
        Binding peer = open(pipe[1]);
        ByteBuf buffer = Unpooled.directBuffer(16);
        other.next().submit(() -> read(there.overlapped(this::record), buffer)).sync();
        write(peer, "still there");
        next();
        next();
        assertThat(buffer.getCharSequence(0, 11, StandardCharsets.US_ASCII)).hasToString("still there");
        buffer.release();
        WindowsTestSupport.shutDown(other);
    }

    @Test
    void aDuplicateOfABoundHandleIsRefusedAsBound() throws Exception {
        long[] pipe = pipe();
        open(pipe[0]);
        long duplicate = WindowsCalls.duplicate(pipe[0]);
        mine.add(duplicate);
        assertThatThrownBy(() -> open(duplicate)).isInstanceOf(HandleAlreadyBoundException.class);
    }

    @Test
    void aHandleThatIsNotOpenIsRefusedAsClosed() throws Exception {
        long closed = pipe()[0];
        WindowsCalls.closeHandle(closed);
        mine.remove(closed);
        for (long handle : new long[] { closed, 0, -1, 0x7fff_fff0L }) {
            assertThatThrownBy(() -> open(handle)).as("0x%x", handle).isInstanceOf(ClosedChannelException.class);
        }
    }

    @Test
    void aBindingThatWasNotMadeLeavesNoRegistrationBehind() throws Exception {
        assertThatThrownBy(() -> open(0)).isInstanceOf(ClosedChannelException.class);
        assertThat(((io.netty.channel.SingleThreadIoEventLoop) loop).trySuspend()).isTrue();
        Thread.sleep(50);
        assertThat(((io.netty.channel.SingleThreadIoEventLoop) loop).isSuspended()).isTrue();
    }

    @Test
    void aBindingIsBoundOnce() throws Exception {
        long[] pipe = pipe();
        IocpRegistration registration = register(new Recorder());
        onLoop(() -> {
            Binding binding = registration.newBinding();
            assertThat(binding.isBound()).isFalse();
            bind(binding, pipe[0]);
            assertThat(binding.isBound()).isTrue();
            assertThatIllegalStateException().isThrownBy(() -> binding.bind(pipe[1]))
                    .withMessageContaining("has a handle already");
            assertThat(binding.handle()).isEqualTo(pipe[0]);
            // And what was refused is still the caller's.
            Binding second = registration.newBinding();
            bind(second, pipe[1]);
            return null;
        });
    }

    @Test
    void aBindingThatWasClosedUnboundCannotBeBound() throws Exception {
        long handle = pipe()[0];
        IocpRegistration registration = register(new Recorder());
        onLoop(() -> {
            Binding binding = registration.newBinding();
            assertThat(binding.close().isSuccess()).isTrue();
            assertThatThrownBy(() -> binding.bind(handle)).isInstanceOf(ClosedChannelException.class);
            assertThatIllegalStateException().isThrownBy(binding::overlapped);
            return null;
        });
        assertThat(WindowsCalls.isOpen(handle)).isTrue();
    }

    @Test
    void aBindFailureLeavesTheBindingFreeForAnotherHandle() throws Exception {
        long handle = pipe()[0];
        IocpRegistration registration = register(new Recorder());
        onLoop(() -> {
            Binding binding = registration.newBinding();
            assertThatThrownBy(() -> binding.bind(0)).isInstanceOf(ClosedChannelException.class);
            bind(binding, handle);
            return null;
        });
    }

    // ---- operations in wrong states

    @Test
    void submittingBeforeTheBindingHasAHandleIsRefused() throws Exception {
        IocpRegistration registration = register(new Recorder());
        AtomicInteger calls = new AtomicInteger();
        onLoop(() -> {
            Overlapped operation = registration.newBinding().overlapped();
            assertThatIllegalStateException().isThrownBy(() -> operation.submit((overlapped, transferred) -> {
                calls.incrementAndGet();
                return 0;
            })).withMessageContaining("no handle");
            assertThat(operation.isInFlight()).isFalse();
            return null;
        });
        assertThat(calls).hasValue(0);
    }

    @Test
    void submittingWithoutAPreparedCallIsRefused() throws Exception {
        Binding binding = open(pipe()[0]);
        onLoop(() -> {
            assertThatIllegalStateException().isThrownBy(binding.overlapped(this::record)::submit)
                    .withMessageContaining("prepared");
            return null;
        });
    }

    @Test
    void submittingAfterTheCloseIsRefused() throws Exception {
        Binding binding = open(pipe()[0]);
        Overlapped operation = onLoop(() -> binding.overlapped(this::record));
        binding.close().sync();
        onLoop(() -> {
            assertThatIllegalStateException().isThrownBy(() -> operation.submit((overlapped, transferred) -> 0));
            assertThatIllegalStateException().isThrownBy(() -> binding.overlapped(this::record));
            return null;
        });
    }

    @Test
    void whatIsInFlightCannotBeSubmittedChangedOrMoved() throws Exception {
        long[] pipe = pipe();
        Binding binding = open(pipe[0]);
        Binding peer = open(pipe[1]);
        ByteBuf buffer = Unpooled.directBuffer(16);
        IocpRegistration other = register(new Recorder());
        onLoop(() -> {
            Overlapped operation = binding.overlapped(this::record);
            read(operation, buffer);
            assertThatIllegalStateException().isThrownBy(() -> operation.submit((overlapped, transferred) -> 0))
                    .withMessageContaining("in flight");
            assertThatIllegalStateException().isThrownBy(operation::start);
            assertThatIllegalStateException().isThrownBy(() -> operation.retain(buffer));
            assertThatIllegalStateException().isThrownBy(() -> operation.own(buffer));
            assertThatIllegalStateException().isThrownBy(() -> operation.offset(5));
            assertThatIllegalStateException().isThrownBy(() -> operation.prepare((overlapped, transferred) -> 0));
            assertThatIllegalStateException().isThrownBy(() -> binding.attach(other))
                    .withMessageContaining("in flight");
            return null;
        });
        // None of it did any harm.
        write(peer, "fine");
        next();
        assertThat(next()).isNotNull();
        assertThat(buffer.getCharSequence(0, 4, StandardCharsets.US_ASCII)).hasToString("fine");
        assertThat(buffer.refCnt()).isEqualTo(1);
        buffer.release();
    }

    @Test
    void callsFromAForeignThreadAreRefused() throws Exception {
        Binding binding = open(pipe()[0]);
        Overlapped operation = onLoop(() -> binding.overlapped(this::record));
        assertThatIllegalStateException().isThrownBy(() -> operation.submit((overlapped, transferred) -> 0))
                .withMessageContaining("not on the thread of the loop");
        assertThatIllegalStateException().isThrownBy(operation::start);
        assertThatIllegalStateException().isThrownBy(operation::cancel);
        assertThatIllegalStateException().isThrownBy(operation::release);
        assertThatIllegalStateException().isThrownBy(() -> operation.retain(Unpooled.EMPTY_BUFFER));
        assertThatIllegalStateException().isThrownBy(() -> binding.overlapped(this::record));
        assertThatIllegalStateException().isThrownBy(() -> binding.bind(5));
        assertThatIllegalStateException().isThrownBy(binding::cancelAll);
        assertThat(binding.isBound()).isTrue();
    }

    @Test
    void afterTheEndOfTheLoopCallsAreRefused() throws Exception {
        Binding binding = open(pipe()[0]);
        Overlapped operation = onLoop(() -> binding.overlapped(this::record));
        WindowsTestSupport.shutDown(group);
        assertThatIllegalStateException().isThrownBy(() -> operation.submit((overlapped, transferred) -> 0));
        assertThat(binding.closeFuture().isSuccess()).isTrue();
        binding.close();
        binding.abort();
    }

    @Test
    void nullIsRefused() throws Exception {
        Binding binding = open(pipe()[0]);
        onLoop(() -> {
            Overlapped operation = binding.overlapped(this::record);
            assertThatThrownBy(() -> operation.retain(null)).isInstanceOf(NullPointerException.class);
            assertThatThrownBy(() -> operation.own(null)).isInstanceOf(NullPointerException.class);
            assertThatThrownBy(() -> operation.submit(null)).isInstanceOf(NullPointerException.class);
            assertThatThrownBy(() -> binding.overlapped(null)).isInstanceOf(NullPointerException.class);
            assertThatThrownBy(() -> binding.attach(null)).isInstanceOf(NullPointerException.class);
            return null;
        });
    }

    @Test
    void aSubmissionThatThrowsHasItsExceptionForAnOutcomeAndItsMemoryIsKept() throws Exception {
        lost = 1;
        Binding binding = open(pipe()[0]);
        ByteBuf buffer = Unpooled.directBuffer(16);
        onLoop(() -> {
            Overlapped operation = binding.overlapped(this::record).own(buffer);
            assertThatThrownBy(() -> operation.submit((overlapped, transferred) -> {
                throw new IOException("expected");
            })).isInstanceOf(IOException.class).hasMessage("expected");
            assertThatIllegalStateException().isThrownBy(() -> operation.submit((overlapped, transferred) -> 0));
            return null;
        });
        assertThat(group.metrics().leakedOperations()).isEqualTo(1);
        assertThat(group.metrics().outstanding()).isZero();
        // The kernel may still write it, for all that is known.
        assertThat(buffer.refCnt()).isEqualTo(1);
        // The others go on.
        assertThat(cancelledRead(binding).status()).isEqualTo(STATUS_CANCELLED);
        binding.close().sync();
        assertThat(outcomes).isEmpty();
        buffer.release();
    }

    // ---- outcomes

    @Test
    void bytesGoThroughAPairOfPipes() throws Exception {
        long[] pipe = pipe();
        Binding server = open(pipe[0]);
        Binding client = open(pipe[1]);
        ByteBuf buffer = Unpooled.directBuffer(64);
        for (int i = 0; i < 50; i++) {
            String text = "message " + i;
            boolean readFirst = i % 2 == 0;
            if (readFirst) {
                onLoop(() -> read(server.overlapped(this::record), buffer));
            }
            write(client, text);
            if (!readFirst) {
                assertThat(next().transferred()).isEqualTo(text.length());
                onLoop(() -> read(server.overlapped(this::record), buffer));
            } else {
                next();
            }
            Outcome outcome = next();
            assertThat(outcome.status()).isZero();
            assertThat(outcome.transferred()).isEqualTo(text.length());
            assertThat(buffer.getCharSequence(0, text.length(), StandardCharsets.US_ASCII)).hasToString(text);
        }
        buffer.release();
    }

    @Test
    void anOutcomeNeverComesInsideTheSubmit() throws Exception {
        long[] pipe = pipe();
        Binding client = open(pipe[1], Binding.Mode.SKIP_ON_SUCCESS);
        onLoop(() -> {
            Overlapped operation = client.overlapped(this::record);
            ByteBuf data = Unpooled.directBuffer(4).writeInt(1);
            operation.own(data).submit((overlapped, transferred) -> WindowsCalls.writeFile(client.handle(),
                    data.memoryAddress(), 4, transferred, overlapped));
            assertThat(outcomes).isEmpty();
            assertThat(operation.isInFlight()).isTrue();
            assertThat(data.refCnt()).isEqualTo(1);
            return null;
        });
        assertThat(next().transferred()).isEqualTo(4);
    }

    @Test
    void anErrorThatTheCallTellsAtOnceComesToTheHandlerAndNotInsideTheSubmit() throws Exception {
        Binding binding = open(pipe()[0]);
        ByteBuf kept = Unpooled.directBuffer(4);
        onLoop(() -> {
            binding.overlapped(this::record).own(kept).submit((overlapped, transferred) -> 1234);
            assertThat(outcomes).isEmpty();
            return null;
        });
        Outcome outcome = next();
        assertThat(outcome.status()).isEqualTo(0xC0070000 | 1234);
        assertThat(outcome.transferred()).isZero();
        await("the buffer is released", () -> kept.refCnt() == 0);
    }

    @Test
    void theFastWayGivesASuccessBackAtOnceAndCallsNoHandler() throws Exception {
        long[] pipe = pipe();
        Binding client = open(pipe[1], Binding.Mode.SKIP_ON_SUCCESS);
        ByteBuf data = Unpooled.directBuffer(4).writeInt(1);
        IocpMetrics before = group.metrics();
        onLoop(() -> {
            Overlapped operation = client.overlapped(this::record).prepare((overlapped, transferred) ->
                    WindowsCalls.writeFile(client.handle(), data.memoryAddress(), 4, transferred, overlapped));
            for (int i = 0; i < 100; i++) {
                assertThat(operation.retain(data).start()).isTrue();
                assertThat(operation.status()).isZero();
                assertThat(operation.transferred()).isEqualTo(4);
                assertThat(operation.isInFlight()).isFalse();
                assertThat(data.refCnt()).isEqualTo(1);
            }
            return null;
        });
        Thread.sleep(50);
        assertThat(outcomes).isEmpty();
        IocpMetrics since = group.metrics().minus(before);
        assertThat(since.inlineCompletions()).isEqualTo(100);
        assertThat(since.completions()).isZero();
        assertThat(since.stalePackets()).isZero();
        data.release();
    }

    @Test
    void theFastWayTellsWhatIsPendingAndItsOutcomeComesToTheHandler() throws Exception {
        long[] pipe = pipe();
        Binding server = open(pipe[0], Binding.Mode.SKIP_ON_SUCCESS);
        Binding client = open(pipe[1]);
        ByteBuf buffer = Unpooled.directBuffer(16);
        onLoop(() -> {
            Overlapped operation = server.overlapped(this::record).prepare((overlapped, transferred) ->
                    WindowsCalls.readFile(server.handle(), buffer.memoryAddress(), 16, transferred, overlapped));
            assertThat(operation.start()).isFalse();
            assertThat(operation.isInFlight()).isTrue();
            return null;
        });
        write(client, "abc");
        assertThat(List.of(next().transferred(), next().transferred())).containsExactly(3, 3);
        buffer.release();
    }

    @Test
    void withoutSkipOnSuccessASuccessIsToldAsPendingAndItsPacketFollows() throws Exception {
        Binding client = open(pipe()[1]);
        ByteBuf data = Unpooled.directBuffer(4).writeInt(1);
        onLoop(() -> {
            Overlapped operation = client.overlapped(this::record).prepare((overlapped, transferred) ->
                    WindowsCalls.writeFile(client.handle(), data.memoryAddress(), 4, transferred, overlapped));
            assertThat(operation.start()).isFalse();
            assertThat(operation.isSuccessPending()).isTrue();
            return null;
        });
        assertThat(next().transferred()).isEqualTo(4);
        data.release();
    }

    @Test
    void whatIsRetainedIsReleasedOnceAfterTheHandler() throws Exception {
        long[] pipe = pipe();
        Binding server = open(pipe[0]);
        Binding client = open(pipe[1]);
        ByteBuf buffer = Unpooled.directBuffer(16);
        ByteBuf[] others = { Unpooled.directBuffer(1), Unpooled.directBuffer(1), Unpooled.directBuffer(1) };
        BlockingQueue<Integer> counts = new LinkedBlockingQueue<>();
        onLoop(() -> {
            Overlapped operation = server.overlapped((op, status, bytes) -> counts.add(buffer.refCnt()));
            operation.retain(buffer);
            for (ByteBuf other : others) {
                operation.retain(other);
            }
            operation.submit((overlapped, transferred) -> WindowsCalls.readFile(server.handle(),
                    buffer.memoryAddress(), 16, transferred, overlapped));
            return null;
        });
        assertThat(buffer.refCnt()).isEqualTo(2);
        assertThat(others[2].refCnt()).isEqualTo(2);
        write(client, "x");
        assertThat(counts.poll(60, TimeUnit.SECONDS)).isEqualTo(2);
        await("released", () -> buffer.refCnt() == 1 && others[0].refCnt() == 1);
        for (ByteBuf other : others) {
            assertThat(other.refCnt()).isEqualTo(1);
            other.release();
        }
        buffer.release();
    }

    @Test
    void aSecondHandleIsKeptOpenUntilTheOutcome() throws Exception {
        long[] pipe = pipe();
        Binding server = open(pipe[0]);
        Binding client = open(pipe[1]);
        long[] second = pipe();
        mine.remove(second[0]);
        AtomicInteger closed = new AtomicInteger();
        ReferenceCounted kept = new AbstractReferenceCounted() {
            @Override
            protected void deallocate() {
                WindowsCalls.closeHandle(second[0]);
                closed.incrementAndGet();
            }

            @Override
            public ReferenceCounted touch(Object hint) {
                return this;
            }
        };
        ByteBuf buffer = Unpooled.directBuffer(16);
        BlockingQueue<Integer> duringTheHandler = new LinkedBlockingQueue<>();
        onLoop(() -> {
            server.overlapped((operation, status, bytes) -> duringTheHandler.add(closed.get())).own(buffer).own(kept)
                    .submit((overlapped, transferred) -> WindowsCalls.readFile(server.handle(),
                            buffer.memoryAddress(), 16, transferred, overlapped));
            return null;
        });
        server.close();
        assertThat(duringTheHandler.poll(60, TimeUnit.SECONDS)).isZero();
        await("closed", () -> closed.get() == 1);
        client.close().sync();
        assertThat(kept.refCnt()).isZero();
        assertThat(buffer.refCnt()).isZero();
    }

    @Test
    void anOpenThatIsCancelledTooLateIsOpenAndItsHandleIsClosedOnce() throws Exception {
        long[] pipe = pipe();
        AtomicInteger closed = new AtomicInteger();
        Future<Binding> opening = Binding.open(loop, pipe[0], handle -> {
            closed.incrementAndGet();
            WindowsCalls.closeHandle(handle);
        });
        mine.remove(pipe[0]);
        assertThat(opening.cancel(true)).isFalse();
        Binding binding = opening.sync().getNow();
        assertThat(binding.isBound()).isTrue();
        assertThat(binding.closeFuture().cancel(true)).isFalse();
        assertThat(closed).hasValue(0);
        binding.close().sync();
        assertThat(closed).hasValue(1);
        open(pipe[1]).close().sync();
    }

    @Test
    void theHandlerMaySubmitAgainWithOtherBuffers() throws Exception {
        long[] pipe = pipe();
        Binding server = open(pipe[0]);
        Binding client = open(pipe[1]);
        List<ByteBuf> buffers = new ArrayList<>();
        AtomicInteger reads = new AtomicInteger();
        AtomicReference<String> failure = new AtomicReference<>();
        int times = 30;
        onLoop(() -> {
            Overlapped[] operation = new Overlapped[1];
            operation[0] = server.overlapped((op, status, bytes) -> {
                ByteBuf finished = buffers.get(buffers.size() - 1);
                if (finished.refCnt() != 1) {
                    failure.set("the buffer of read " + reads + " was released before the handler returned");
                }
                if (reads.incrementAndGet() < times) {
                    ByteBuf buffer = Unpooled.directBuffer(1);
                    buffers.add(buffer);
                    ownedRead(op, buffer);
                }
            });
            ByteBuf first = Unpooled.directBuffer(1);
            buffers.add(first);
            ownedRead(operation[0], first);
            return null;
        });
        write(client, "x".repeat(times));
        await("all reads were done", () -> reads.get() == times);
        await("all are released", () -> buffers.stream().allMatch(buffer -> buffer.refCnt() == 0));
        assertThat(failure).hasValue(null);
    }

    @Test
    void aHandlerThatThrowsHarmsNeitherTheLoopNorTheRestOfTheBatch() throws Exception {
        long[] pipe = pipe();
        Binding client = open(pipe[1]);
        ByteBuf kept = Unpooled.directBuffer(4).writeInt(7);
        onLoop(() -> {
            for (int i = 0; i < 10; i++) {
                Overlapped operation = client.overlapped((op, status, bytes) -> {
                    record(op, status, bytes);
                    throw new IllegalStateException("expected");
                });
                operation.retain(kept).submit((overlapped, transferred) -> WindowsCalls.writeFile(client.handle(),
                        kept.memoryAddress(), 4, transferred, overlapped));
            }
            return null;
        });
        for (int i = 0; i < 10; i++) {
            assertThat(next().transferred()).isEqualTo(4);
        }
        await("released", () -> kept.refCnt() == 1);
        kept.release();
        assertThat(cancelledRead(client).status()).isEqualTo(STATUS_CANCELLED);
    }

    @Test
    void releasedWhileInFlightTheSlotIsGivenBackAfterTheOutcome() throws Exception {
        long[] pipe = pipe();
        Binding server = open(pipe[0]);
        Binding client = open(pipe[1]);
        ByteBuf buffer = Unpooled.directBuffer(16);
        Overlapped operation = onLoop(() -> {
            Overlapped started = server.overlapped(this::record);
            read(started, buffer);
            started.release();
            return started;
        });
        write(client, "late");
        assertThat(next()).isNotNull();
        assertThat(next()).isNotNull();
        onLoop(() -> {
            assertThatIllegalStateException().isThrownBy(() -> operation.submit((overlapped, transferred) -> 0))
                    .withMessageContaining("released");
            operation.release();
            return null;
        });
        buffer.release();
    }

    @Test
    void manyThousandSubmitsUseTheSameSlotsAgain() throws Exception {
        Binding binding = open(pipe()[1]);
        onLoop(() -> {
            // Far more than maxOperations would hold if slots were not given back.
            for (int i = 0; i < 1_100_000; i++) {
                binding.overlapped(this::record).release();
            }
            return null;
        });
    }

    // ---- cancel

    @Test
    void aCancelThatWinsGivesCancelledAndOneOutcome() throws Exception {
        Binding binding = open(pipe()[0]);
        Outcome outcome = cancelledRead(binding);
        assertThat(outcome.status()).isEqualTo(STATUS_CANCELLED);
        assertThat(outcome.transferred()).isZero();
        Thread.sleep(30);
        assertThat(outcomes).isEmpty();
    }

    @Test
    void aCancelThatLosesGivesTheData() throws Exception {
        long[] pipe = pipe();
        Binding server = open(pipe[0]);
        Binding client = open(pipe[1]);
        ByteBuf buffer = Unpooled.directBuffer(16);
        ByteBuf data = Unpooled.directBuffer(4).writeInt(0x01020304);
        onLoop(() -> {
            Overlapped read = server.overlapped(this::record);
            read(read, buffer);
            // Completes the read while its packet can't be dispatched.
            client.overlapped((op, status, bytes) -> { }).submit((overlapped, transferred) -> WindowsCalls.writeFile(
                    client.handle(), data.memoryAddress(), 4, transferred, overlapped));
            read.cancel();
            return null;
        });
        Outcome outcome = next();
        assertThat(outcome.status()).isZero();
        assertThat(outcome.transferred()).isEqualTo(4);
        assertThat(buffer.getInt(0)).isEqualTo(0x01020304);
        buffer.release();
        data.release();
    }

    @Test
    void cancellingWhatIsIdleDoesNothing() throws Exception {
        Binding binding = open(pipe()[0]);
        onLoop(() -> {
            assertThat(binding.overlapped(this::record).cancel()).isFalse();
            binding.cancelAll();
            return null;
        });
    }

    @Test
    void cancellingOneOfTwoLeavesTheOther() throws Exception {
        long[] pipe = pipe();
        Binding server = open(pipe[0]);
        Binding client = open(pipe[1]);
        ByteBuf first = Unpooled.directBuffer(16);
        ByteBuf second = Unpooled.directBuffer(16);
        onLoop(() -> {
            Overlapped one = server.overlapped(this::record);
            Overlapped other = server.overlapped(this::record);
            read(one, first);
            read(other, second);
            assertThat(one.cancel()).isTrue();
            return null;
        });
        assertThat(next().status()).isEqualTo(STATUS_CANCELLED);
        write(client, "for the other");
        next();
        next();
        assertThat(second.getCharSequence(0, 13, StandardCharsets.US_ASCII)).hasToString("for the other");
        first.release();
        second.release();
    }

    // ---- close

    @Test
    void closingCompletesEachOperationOnceAndClosesTheHandleAfterThat() throws Throwable {
        WindowsTestSupport.assertLeavesNoHandles(0, this::closeWithOperationsInFlight);
    }

    private void closeWithOperationsInFlight() throws Exception {
        outcomes.clear();
        long[] pipe = pipe();
        AtomicInteger closes = new AtomicInteger();
        AtomicInteger outcomesBeforeClose = new AtomicInteger();
        Binding binding = Binding.open(loop, pipe[0], handle -> {
            closes.incrementAndGet();
            outcomesBeforeClose.set(outcomes.size());
            assertThat(WindowsCalls.closeHandle(handle)).isZero();
        }).sync().getNow();
        mine.remove(pipe[0]);
        ByteBuf[] buffers = new ByteBuf[20];
        onLoop(() -> {
            for (int i = 0; i < buffers.length; i++) {
                buffers[i] = Unpooled.directBuffer(16);
                read(binding.overlapped(this::record).own(buffers[i]), buffers[i]);
            }
            assertThat(binding.outstanding()).isEqualTo(buffers.length);
            return null;
        });
        Future<Void> closed = binding.close();
        binding.close();
        assertThat(closed.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(outcomes).hasSize(buffers.length);
        assertThat(outcomes).allMatch(outcome -> outcome.status() == STATUS_CANCELLED);
        assertThat(outcomesBeforeClose).hasValue(buffers.length);
        assertThat(closes).hasValue(1);
        await("released", () -> List.of(buffers).stream().allMatch(buffer -> buffer.refCnt() == 0));
        WindowsCalls.closeHandle(pipe[1]);
        mine.remove(pipe[1]);
    }

    @Test
    void abortingClosesAtOnceAndTheOutcomesComeLater() throws Exception {
        long handle = pipe()[0];
        Binding binding = open(handle);
        ByteBuf buffer = Unpooled.directBuffer(16);
        onLoop(() -> {
            read(binding.overlapped(this::record).own(buffer), buffer);
            binding.abort();
            assertThat(binding.closeFuture().isDone()).isTrue();
            assertThat(WindowsCalls.isOpen(handle)).isFalse();
            assertThat(buffer.refCnt()).isEqualTo(1);
            assertThat(outcomes).isEmpty();
            return null;
        });
        assertThat(next().status()).isNegative();
        await("released", () -> buffer.refCnt() == 0);
        binding.abort();
        assertThat(outcomes).isEmpty();
    }

    @Test
    void theEndOfTheLoopClosesBindingsAndCompletesWhatIsInFlight() throws Exception {
        int handles = WindowsTestSupport.handles();
        Binding binding = open(pipe()[0]);
        ByteBuf buffer = Unpooled.directBuffer(16);
        onLoop(() -> read(binding.overlapped(this::record).own(buffer), buffer));
        WindowsTestSupport.shutDown(group);
        assertThat(outcomes).hasSize(1);
        assertThat(buffer.refCnt()).isZero();
        assertThat(binding.closeFuture().isSuccess()).isTrue();
        // The peer's end is open still, the port is closed.
        WindowsTestSupport.assertNoMoreHandlesThan(handles, 1);
    }

    @Test
    void aCloserThatThrowsFailsTheClose() throws Exception {
        long handle = pipe()[0];
        Binding binding = Binding.open(loop, handle, h -> {
            throw new IllegalStateException("expected");
        }).sync().getNow();
        Future<Void> closed = binding.close();
        assertThat(closed.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(closed.cause()).hasMessage("expected");
    }

    @Test
    void aHandleThatStaysTheCallersIsNotClosed() throws Exception {
        long handle = pipe()[0];
        Binding binding = Binding.open(loop, handle, HandleCloser.NONE).sync().getNow();
        binding.close().sync();
        assertThat(WindowsCalls.isOpen(handle)).isTrue();
    }

    // ---- a handle of the user's own

    @Test
    void aHandleOfTheUsersOwnIsGivenTheOutcomes() throws Exception {
        long[] pipe = pipe();
        Recorder handle = new Recorder();
        IoRegistration outer = loop.register(handle).sync().getNow();
        IocpRegistration registration = outer.attachment();
        assertThat(handle.log.poll(60, TimeUnit.SECONDS)).isEqualTo("registered");
        ByteBuf buffer = Unpooled.directBuffer(16);
        Overlapped read = onLoop(() -> {
            Binding binding = registration.newBinding();
            bind(binding, pipe[0]);
            return binding.overlapped().prepare((overlapped, transferred) -> WindowsCalls.readFile(pipe[0],
                    buffer.memoryAddress(), 16, transferred, overlapped));
        });
        Binding client = open(pipe[1]);
        assertThat(onLoop(() -> outer.submit(read))).isZero();
        write(client, "hello");
        assertThat(handle.log.poll(60, TimeUnit.SECONDS)).isEqualTo("0:5");
        // Cancelled with an operation in flight, it ends after the last outcome.
        assertThat(onLoop(() -> outer.submit(read))).isZero();
        outer.cancel();
        assertThat(outer.isValid()).isFalse();
        Thread.sleep(30);
        assertThat(handle.log).isEmpty();
        onLoop(read::cancel);
        assertThat(handle.log.poll(60, TimeUnit.SECONDS)).isEqualTo(STATUS_CANCELLED + ":0");
        assertThat(handle.log.poll(60, TimeUnit.SECONDS)).isEqualTo("unregistered");
        assertThat(onLoop(() -> outer.submit(read))).isEqualTo(-1);
        onLoop(() -> read.binding().close());
        buffer.release();
    }

    @Test
    void aBindingOutlivesItsRegistrationAndIsAttachedToTheNext() throws Exception {
        long[] pipe = pipe();
        Recorder first = new Recorder();
        Recorder second = new Recorder();
        IoRegistration one = loop.register(first).sync().getNow();
        Binding binding = onLoop(() -> {
            Binding made = one.<IocpRegistration>attachment().newBinding();
            bind(made, pipe[0]);
            return made;
        });
        one.cancel();
        assertThat(first.log.poll(60, TimeUnit.SECONDS)).isEqualTo("registered");
        assertThat(first.log.poll(60, TimeUnit.SECONDS)).isEqualTo("unregistered");
        IocpRegistration other = register(second);
        ByteBuf buffer = Unpooled.directBuffer(16);
        onLoop(() -> {
            binding.attach(other);
            read(binding.overlapped(), buffer);
            return null;
        });
        write(open(pipe[1]), "hi");
        assertThat(second.log.poll(60, TimeUnit.SECONDS)).isEqualTo("registered");
        assertThat(second.log.poll(60, TimeUnit.SECONDS)).isEqualTo("0:2");
        onLoop(binding::close);
        buffer.release();
    }

    @Test
    void aBindingNeverMovesToAnotherLoop() throws Exception {
        IocpEventLoopGroup other = new IocpEventLoopGroup(1);
        IocpRegistration there = other.next().register(new Recorder()).sync().getNow().attachment();
        Binding binding = open(pipe()[0]);
        onLoop(() -> {
            assertThatIllegalStateException().isThrownBy(() -> binding.attach(there))
                    .withMessageContaining("another loop");
            return null;
        });
        WindowsTestSupport.shutDown(other);
    }

    @Test
    void ioOpsOfAnotherKindAreRefused() throws Exception {
        IocpRegistration registration = register(new Recorder());
        onLoop(() -> {
            assertThatThrownBy(() -> registration.submit(io.netty.channel.nio.NioIoOps.READ))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("Overlapped");
            return null;
        });
    }

    @Test
    void aUsersHandleThatThrowsHarmsNobodyElse() throws Exception {
        long[] pipe = pipe();
        AtomicInteger calls = new AtomicInteger();
        IocpRegistration registration = register(new Recorder() {
            @Override
            public void handle(IoRegistration inner, IoEvent event) {
                calls.incrementAndGet();
                throw new IllegalStateException("expected");
            }
        });
        ByteBuf data = Unpooled.directBuffer(4).writeInt(1);
        onLoop(() -> {
            Binding binding = registration.newBinding();
            bind(binding, pipe[1]);
            for (int i = 0; i < 5; i++) {
                binding.overlapped().submit((overlapped, transferred) -> WindowsCalls.writeFile(pipe[1],
                        data.memoryAddress(), 4, transferred, overlapped));
            }
            return null;
        });
        await("all were told", () -> calls.get() == 5);
        loop.submit(() -> { }).sync();
        data.release();
    }

    // ---- other things than pipes

    @Test
    void changesOfADirectoryComeAsOutcomes(@TempDir Path directory) throws Exception {
        long handle = WindowsCalls.createFile(directory.toString(), WindowsCalls.FILE_LIST_DIRECTORY,
                WindowsCalls.OPEN_EXISTING,
                WindowsCalls.FILE_FLAG_OVERLAPPED | WindowsCalls.FILE_FLAG_BACKUP_SEMANTICS);
        Binding binding = open(handle);
        ByteBuf buffer = Unpooled.directBuffer(4096);
        List<String> names = new ArrayList<>();
        Overlapped watch = onLoop(() -> binding.overlapped(this::record).prepare((overlapped, transferred) ->
                WindowsCalls.readDirectoryChanges(handle, buffer.memoryAddress(), 4096,
                        WindowsCalls.FILE_NOTIFY_CHANGE_FILE_NAME, overlapped)));
        for (int i = 0; i < 3; i++) {
            onLoop(() -> {
                watch.submit();
                return null;
            });
            Files.createFile(directory.resolve("file" + i));
            Outcome outcome = next();
            assertThat(outcome.status()).isZero();
            assertThat(outcome.transferred()).isPositive();
            int length = buffer.getIntLE(8);
            assertThat(buffer.getIntLE(4)).isEqualTo(WindowsCalls.FILE_ACTION_ADDED);
            names.add(buffer.getCharSequence(12, length, StandardCharsets.UTF_16LE).toString());
        }
        assertThat(names).containsExactly("file0", "file1", "file2");
        onLoop(() -> {
            watch.submit();
            return null;
        });
        binding.close().sync();
        assertThat(next().status()).isNegative();
        buffer.release();
    }

    @Test
    void aFileIsWrittenAndReadAtItsOffsets(@TempDir Path directory) throws Exception {
        Path path = directory.resolve("data");
        long handle = WindowsCalls.createFile(path.toString(), WindowsCalls.GENERIC_READ | WindowsCalls.GENERIC_WRITE,
                WindowsCalls.CREATE_ALWAYS, WindowsCalls.FILE_FLAG_OVERLAPPED);
        Binding binding = open(handle);
        ByteBuf data = Unpooled.directBuffer(8).writeLong(0x0102030405060708L);
        ByteBuf buffer = Unpooled.directBuffer(8);
        onLoop(() -> {
            for (int i = 0; i < 4; i++) {
                binding.overlapped(this::record).offset(8L * i).submit((overlapped, transferred) ->
                        WindowsCalls.writeFile(handle, data.memoryAddress(), 8, transferred, overlapped));
            }
            return null;
        });
        for (int i = 0; i < 4; i++) {
            assertThat(next().transferred()).isEqualTo(8);
        }
        onLoop(() -> {
            binding.overlapped(this::record).offset(20).submit((overlapped, transferred) ->
                    WindowsCalls.readFile(handle, buffer.memoryAddress(), 8, transferred, overlapped));
            return null;
        });
        assertThat(next().transferred()).isEqualTo(8);
        assertThat(buffer.getLong(0)).isEqualTo(0x0506070801020304L);
        // At the end Windows has an error for it, at once or later.
        onLoop(() -> {
            binding.overlapped(this::record).offset(32).submit((overlapped, transferred) ->
                    WindowsCalls.readFile(handle, buffer.memoryAddress(), 8, transferred, overlapped));
            return null;
        });
        Outcome end = next();
        assertThat(end.transferred()).isZero();
        assertThat(end.operation().isSuccess()).isFalse();
        assertThat(Files.size(path)).isEqualTo(32);
        binding.close().sync();
        data.release();
        buffer.release();
    }

    // ---- helpers

    /** An instance with a client: both overlapped, neither bound. They stay the test's until they are bound. */
    private long[] pipe() {
        String name = "\\\\.\\pipe\\netty-iocp-test-" + ProcessHandle.current().pid() + '-' + PIPES.incrementAndGet();
        long server = WindowsCalls.createNamedPipe(name, WindowsCalls.FILE_FLAG_OVERLAPPED);
        long client = WindowsCalls.createFile(name, WindowsCalls.GENERIC_READ | WindowsCalls.GENERIC_WRITE,
                WindowsCalls.OPEN_EXISTING, WindowsCalls.FILE_FLAG_OVERLAPPED);
        mine.add(server);
        mine.add(client);
        return new long[] { server, client };
    }

    private Binding open(long handle, Binding.Mode... modes) throws Exception {
        Future<Binding> opened = Binding.open(loop, handle, null, modes);
        assertThat(opened.await(60, TimeUnit.SECONDS)).isTrue();
        if (!opened.isSuccess()) {
            throw (Exception) opened.cause();
        }
        mine.remove(handle);
        return opened.getNow();
    }

    /** On the loop. */
    private void bind(Binding binding, long handle) throws ClosedChannelException {
        binding.bind(handle);
        mine.remove(handle);
    }

    private IocpRegistration register(Recorder handle) throws Exception {
        return loop.register(handle).sync().getNow().attachment();
    }

    private <T> T onLoop(Callable<T> task) throws Exception {
        Future<T> done = loop.submit(task);
        try {
            return done.get(60, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Error) {
                throw (Error) e.getCause();
            }
            throw (Exception) e.getCause();
        }
    }

    private void record(Overlapped operation, int status, int transferred) {
        outcomes.add(new Outcome(operation, status, transferred));
    }

    private Outcome next() throws InterruptedException {
        Outcome outcome = outcomes.poll(60, TimeUnit.SECONDS);
        assertThat(outcome).as("an outcome").isNotNull();
        return outcome;
    }

    private static Void read(Overlapped operation, ByteBuf buffer) {
        long handle = operation.binding().handle();
        operation.submit((overlapped, transferred) -> WindowsCalls.readFile(handle, buffer.memoryAddress(),
                buffer.capacity(), transferred, overlapped));
        return null;
    }

    private static void ownedRead(Overlapped operation, ByteBuf buffer) {
        read(operation.own(buffer), buffer);
    }

    /** Starts a write whose outcome is recorded too. */
    private void write(Binding binding, String text) throws Exception {
        ByteBuf data = Unpooled.directBuffer().writeBytes(text.getBytes(StandardCharsets.US_ASCII));
        onLoop(() -> {
            binding.overlapped(this::record).own(data).submit((overlapped, transferred) -> WindowsCalls.writeFile(
                    binding.handle(), data.memoryAddress(), data.readableBytes(), transferred, overlapped));
            return null;
        });
    }

    private Outcome cancelledRead(Binding binding) throws Exception {
        ByteBuf buffer = Unpooled.directBuffer(16);
        onLoop(() -> {
            Overlapped operation = binding.overlapped(this::record).own(buffer);
            read(operation, buffer);
            assertThat(operation.cancel()).isTrue();
            return null;
        });
        return next();
    }

    /** Remembers what the loop tells it. */
    private static class Recorder implements IocpIoHandle {

        final BlockingQueue<String> log = new LinkedBlockingQueue<>();

        @Override
        public void handle(IoRegistration inner, IoEvent event) {
            IocpIoEvent outcome = (IocpIoEvent) event;
            log.add(outcome.status() + ":" + outcome.transferred());
        }

        @Override
        public void registered() {
            log.add("registered");
        }

        @Override
        public void unregistered() {
            log.add("unregistered");
        }

        @Override
        public void close() {
            // Each test closes its own bindings, or leaves them to the loop's end.
        }
    }
}
