/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The loop's own decisions, with completion ports that are queues. */
@Timeout(60)
class IocpIoHandlerTest {

    private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

    private final FakeWin32 windows = new FakeWin32();
    private IocpEventLoopGroup group;

    private IoEventLoop loop() {
        group = new IocpEventLoopGroup(1,
                new IocpIoHandlerConfig().win32Access(windows.access()).batchSize(2).maxOperations(1000));
        return group.next();
    }

    @AfterEach
    void shutDown() {
        if (group != null) {
            group.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    // ---- time

    @Test
    void aTimeThatIsOverDoesNotBlock() {
        assertThat(IocpIoHandler.toMillis(0)).isZero();
        assertThat(IocpIoHandler.toMillis(-1)).isZero();
        assertThat(IocpIoHandler.toMillis(Long.MIN_VALUE)).isZero();
    }

    @Test
    void aPartOfAMillisecondIsRoundedUpSoThatTheLoopDoesNotSpin() {
        assertThat(IocpIoHandler.toMillis(1)).isEqualTo(1);
        assertThat(IocpIoHandler.toMillis(MILLI - 1)).isEqualTo(1);
        assertThat(IocpIoHandler.toMillis(MILLI + 1)).isEqualTo(2);
        assertThat(IocpIoHandler.toMillis(10 * MILLI - 1)).isEqualTo(10);
    }

    @Test
    void wholeMillisecondsStayAsTheyAre() {
        assertThat(IocpIoHandler.toMillis(MILLI)).isEqualTo(1);
        assertThat(IocpIoHandler.toMillis(1000 * MILLI)).isEqualTo(1000);
    }

    @Test
    void aVeryLongTimeIsTheLongestThatWindowsTakesAndNotForEver() {
        assertThat(IocpIoHandler.toMillis(Long.MAX_VALUE - 1)).isEqualTo(Integer.MAX_VALUE);
        assertThat(IocpIoHandler.toMillis(Integer.MAX_VALUE * MILLI + 1)).isEqualTo(Integer.MAX_VALUE);
        assertThat(IocpIoHandler.toMillis(Integer.MAX_VALUE * MILLI)).isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void withoutAScheduledTaskTheLoopWaitsForEver() {
        assertThat(IocpIoHandler.toMillis(Long.MAX_VALUE)).isEqualTo(WinConst.INFINITE);
    }

    // ---- packets

    @Test
    void aPacketThatIsNobodysIsCountedAndTheLoopLives() throws Exception {
        IoEventLoop loop = loop();
        CompletionKey key = CompletionKey.open(loop, (k, bytes, payload) -> { }).sync().getNow();
        windows.packet(key.port(), 1, 0xDEADBEEFL, 0, 1);
        windows.packet(key.port(), 1, 0, 0, 1);
        windows.packet(key.port(), Long.MIN_VALUE, 0xDEADBEEFL, 0, 1);
        windows.packet(key.port(), 999, 0xDEADBEEFL, 0, 1);
        awaitRound(key);
        assertThat(group.metrics().foreignPackets()).isEqualTo(4);
        key.close();
    }

    @Test
    void aLatePacketOfAClosedKeyIsStaleAndItsNumberIsNotUsedAgain() throws Exception {
        IoEventLoop loop = loop();
        AtomicInteger calls = new AtomicInteger();
        CompletionKey old = CompletionKey.open(loop, (k, bytes, payload) -> calls.incrementAndGet()).sync().getNow();
        CompletionKey key = CompletionKey.open(loop, (k, bytes, payload) -> { }).sync().getNow();
        old.close();
        CompletionKey later = CompletionKey.open(loop, (k, bytes, payload) -> { }).sync().getNow();
        assertThat(later.value()).isNotEqualTo(old.value());
        windows.packet(key.port(), old.value(), 1, 0, 1);
        awaitRound(key);
        assertThat(calls).hasValue(0);
        assertThat(group.metrics().stalePackets()).isEqualTo(1);
        key.close();
        later.close();
    }

    @Test
    void aPacketForASlotThatWaitsForNoneIsStale() throws Exception {
        IoEventLoop loop = loop();
        CompletionKey key = CompletionKey.open(loop, (k, bytes, payload) -> { }).sync().getNow();
        Binding binding = Binding.open(loop, 0x500).sync().getNow();
        AtomicInteger outcomes = new AtomicInteger();
        long[] address = new long[1];
        loop.submit(() -> binding.overlapped((op, status, bytes) -> outcomes.incrementAndGet())
                .submit((overlapped, transferred) -> {
                    address[0] = overlapped;
                    return WinError.ERROR_IO_PENDING;
                })).sync();
        windows.packet(key.port(), 1, address[0], 0, 5);
        awaitRound(key);
        assertThat(outcomes).hasValue(1);
        windows.packet(key.port(), 1, address[0], 0, 5);
        windows.packet(key.port(), 1, address[0] + 32, 0, 5);
        awaitRound(key);
        assertThat(outcomes).hasValue(1);
        assertThat(group.metrics().stalePackets()).isEqualTo(2);
        key.close();
    }

    @Test
    void aFullBatchMakesTheNextOnesLarger() throws Exception {
        IoEventLoop loop = loop();
        AtomicInteger calls = new AtomicInteger();
        CompletionKey key = CompletionKey.open(loop, (k, bytes, payload) -> calls.incrementAndGet()).sync().getNow();
        loop.submit(() -> {
            for (int i = 0; i < 1000; i++) {
                windows.packet(key.port(), key.value(), i, 0, 0);
            }
        }).sync();
        while (calls.get() < 1000) {
            Thread.sleep(1);
        }
        assertThat(windows.entriesAsked()).isGreaterThanOrEqualTo(512);
        key.close();
    }

    @Test
    void oneRoundTakesABoundedNumberOfBatchesBeforeTasksHaveTheirTurn() throws Exception {
        IoEventLoop loop = loop();
        CountDownLatch done = new CountDownLatch(1);
        AtomicInteger left = new AtomicInteger(3_000_000);
        AtomicInteger leftWhenTaskRan = new AtomicInteger();
        CompletionKey[] self = new CompletionKey[1];
        CompletionKey key = CompletionKey.open(loop, (k, bytes, payload) -> {
            // Each packet posts the next: the port is never empty.
            if (left.decrementAndGet() > 0 && done.getCount() > 0) {
                windows.packet(k.port(), k.value(), 0, 0, 0);
            }
        }).sync().getNow();
        self[0] = key;
        for (int i = 0; i < 4096; i++) {
            windows.packet(key.port(), key.value(), 0, 0, 0);
        }
        loop.execute(() -> {
            leftWhenTaskRan.set(left.get());
            done.countDown();
        });
        assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(leftWhenTaskRan.get()).isPositive();
        key.close();
    }

    @Test
    void aPortThatFailsForAWhileNeitherEndsNorSpinsTheLoop() throws Exception {
        IoEventLoop loop = loop();
        loop.submit(() -> { }).sync();
        windows.fail("getQueuedCompletionStatusEx", WinError.ERROR_NO_SYSTEM_RESOURCES);
        Future<?> task = loop.submit(() -> { });
        task.sync();
        long before = System.nanoTime();
        loop.submit(() -> { }).sync();
        loop.submit(() -> { }).sync();
        assertThat(System.nanoTime() - before).isGreaterThan(50 * MILLI);
        windows.fail("getQueuedCompletionStatusEx", 0);
        loop.submit(() -> { }).sync();
    }

    @Test
    void aWakeUpThatCannotBePostedIsTriedAgainByTheNextTask() throws Exception {
        IoEventLoop loop = loop();
        loop.submit(() -> { }).sync();
        Thread.sleep(100);
        windows.fail("postQueuedCompletionStatus", WinError.ERROR_NO_SYSTEM_RESOURCES);
        Future<?> first = loop.submit(() -> { });
        Thread.sleep(100);
        assertThat(first.isDone()).isFalse();
        windows.fail("postQueuedCompletionStatus", 0);
        loop.submit(() -> { }).sync();
        first.sync();
    }

    // ---- life

    @Test
    void whatALoopTookIsGivenBackAtItsEnd() {
        loop();
        group.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
        assertThat(windows.openPorts()).isZero();
        assertThat(windows.blocks()).isZero();
    }

    @Test
    void aLoopThatCannotBeMadeKeepsNothing() {
        for (int after = 0; after < 2; after++) {
            // Memory for the operations, for the entries.
            windows.fail("virtualAlloc", WinError.ERROR_NOT_ENOUGH_MEMORY, after);
            assertThatThrownBy(this::loop).hasStackTraceContaining("error 8");
            assertThat(windows.openPorts()).as("ports, VirtualAlloc works %s times", after).isZero();
            assertThat(windows.blocks()).as("memory, VirtualAlloc works %s times", after).isZero();
        }
        windows.fail("virtualAlloc", 0);
        windows.fail("createIoCompletionPort", WinError.ERROR_NO_SYSTEM_RESOURCES);
        assertThatThrownBy(this::loop).hasStackTraceContaining("error 1450");
        assertThat(windows.blocks()).isZero();
    }

    @Test
    void memoryThatTheKernelMayStillWriteIsLeakedCountedAndNeverFreed() {
        group = new IocpEventLoopGroup(1,
                new IocpIoHandlerConfig().win32Access(windows.access()).closeTimeoutMillis(50));
        IoEventLoop loop = group.next();
        Binding binding = Binding.open(loop, 0x500).syncUninterruptibly().getNow();
        loop.submit(() -> binding.overlapped((op, status, bytes) -> { })
                .submit((overlapped, transferred) -> WinError.ERROR_IO_PENDING)).syncUninterruptibly();
        group.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
        assertThat(group.metrics().leakedOperations()).isEqualTo(1);
        // The operations' memory alone.
        assertThat(windows.blocks()).isEqualTo(1);
        assertThat(windows.openPorts()).isZero();
        assertThat(windows.associations()).isEmpty();
    }

    @Test
    void aVirtualThreadIsRefusedWhenSomethingIsRegistered() {
        group = new IocpEventLoopGroup(1, Thread.ofVirtual().factory(),
                new IocpIoHandlerConfig().win32Access(windows.access()));
        assertThatThrownBy(() -> Binding.open(group.next(), 0x500).sync())
                .isInstanceOf(IllegalStateException.class).hasMessageContaining("platform thread");
        assertThat(windows.associations()).isEmpty();
    }

    @Test
    void aLoopOfAnotherKindIsRefused() {
        try (var other = new MultiThreadIoEventLoopGroup(1, io.netty.channel.nio.NioIoHandler.newFactory())) {
            IoEventLoop loop = other.next();
            assertThatIllegalArgumentException().isThrownBy(() -> Binding.open(loop, 0x500).sync())
                    .withMessageContaining("IocpIoHandler");
            assertThatIllegalArgumentException().isThrownBy(() -> CompletionKey.open(loop, (k, b, p) -> { }).sync());
            other.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    @Test
    void nullIsRefused() {
        IoEventLoop loop = loop();
        assertThatThrownBy(() -> Binding.open(null, 1)).isInstanceOf(NullPointerException.class).hasMessage("loop");
        assertThatThrownBy(() -> CompletionKey.open(null, (k, b, p) -> { })).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> CompletionKey.open(loop, null)).isInstanceOf(NullPointerException.class)
                .hasMessage("handler");
        assertThatThrownBy(() -> new IocpEventLoopGroup(1, (IocpIoHandlerConfig) null))
                .isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> new IocpEventLoopGroup(-1, new IocpIoHandlerConfig()
                .win32Access(windows.access()))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void metricsOfAGroupAreThoseOfItsLoopsTogetherAlsoAfterItsEnd() {
        group = new IocpEventLoopGroup(3, new IocpIoHandlerConfig().win32Access(windows.access()));
        List<CompletionKey> keys = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            CompletionKey key = CompletionKey.open(group.next(), (k, b, p) -> { }).syncUninterruptibly()
                    .getNow();
            windows.packet(key.port(), key.value(), 0, 0, 0);
            awaitRound(key);
            keys.add(key);
        }
        assertThat(group.loopMetrics()).hasSize(3).allMatch(metrics -> metrics.completions() >= 1);
        group.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
        assertThat(group.metrics().completions()).isEqualTo(
                group.loopMetrics().stream().mapToLong(IocpMetrics::completions).sum());
        assertThat(keys).noneMatch(CompletionKey::isOpen);
    }

    /** Waits until the packets that are in the port now were dispatched. */
    private void awaitRound(CompletionKey key) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (windows.packets(key.port()) > 0 && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        // What was taken off the port is dispatched before the loop's next tasks.
        for (IoEventLoop loop : loops()) {
            loop.submit(() -> { }).syncUninterruptibly();
        }
    }

    private List<IoEventLoop> loops() {
        List<IoEventLoop> loops = new ArrayList<>();
        group.forEach(executor -> loops.add((IoEventLoop) executor));
        return loops;
    }
}
