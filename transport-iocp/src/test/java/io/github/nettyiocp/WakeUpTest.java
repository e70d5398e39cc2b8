/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import io.github.nettyiocp.internal.WinError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import static org.assertj.core.api.Assertions.assertThat;

@Timeout(60)
class WakeUpTest {

    private static final long KEY = 7;

    private final AtomicInteger posted = new AtomicInteger();

    private WakeUp wakeUp(int error) {
        return new WakeUp((bytes, key, payload) -> {
            assertThat(key).isEqualTo(KEY);
            posted.incrementAndGet();
            return error;
        }, KEY);
    }

    @Test
    void aLoopThatDoesNotBlockIsNotWoken() {
        WakeUp wakeUp = wakeUp(0);
        assertThat(wakeUp.wake()).isZero();
        wakeUp.aboutToBlock();
        wakeUp.awake();
        assertThat(wakeUp.wake()).isZero();
        assertThat(posted).hasValue(0);
    }

    @Test
    void aBlockedLoopIsWokenByOnePacketHoweverManyAsk() {
        WakeUp wakeUp = wakeUp(0);
        wakeUp.aboutToBlock();
        for (int i = 0; i < 10; i++) {
            wakeUp.wake();
        }
        assertThat(posted).hasValue(1);
    }

    @Test
    void aPacketThatIsStillQueuedServesTheNextBlockingToo() {
        WakeUp wakeUp = wakeUp(0);
        wakeUp.aboutToBlock();
        wakeUp.wake();
        // The loop was woken by another packet.
        wakeUp.awake();
        wakeUp.aboutToBlock();
        wakeUp.wake();
        assertThat(posted).hasValue(1);
    }

    @Test
    void afterThePacketWasTakenTheNextWakePostsAgain() {
        WakeUp wakeUp = wakeUp(0);
        wakeUp.aboutToBlock();
        wakeUp.wake();
        wakeUp.awake();
        wakeUp.dequeued();
        wakeUp.aboutToBlock();
        wakeUp.wake();
        assertThat(posted).hasValue(2);
    }

    @Test
    void aPostThatFailsTellsItsErrorAndTheNextWakeTriesAgain() {
        WakeUp wakeUp = wakeUp(WinError.ERROR_NO_SYSTEM_RESOURCES);
        wakeUp.aboutToBlock();
        assertThat(wakeUp.wake()).isEqualTo(WinError.ERROR_NO_SYSTEM_RESOURCES);
        assertThat(wakeUp.wake()).isEqualTo(WinError.ERROR_NO_SYSTEM_RESOURCES);
        assertThat(posted).hasValue(2);
    }

    @Test
    void aPostThatThrowsLeavesTheGateFree() {
        WakeUp wakeUp = new WakeUp((bytes, key, payload) -> {
            throw new IllegalStateException("expected");
        }, KEY);
        try {
            wakeUp.post(0, KEY, 0);
        } catch (IllegalStateException expected) {
            assertThat(expected).hasMessage("expected");
        }
        // Would wait for ever for the thread inside.
        wakeUp.close();
        assertThat(wakeUp.isClosed()).isTrue();
    }

    @Test
    void aClosedGateNeverPosts() {
        WakeUp wakeUp = wakeUp(0);
        wakeUp.aboutToBlock();
        wakeUp.close();
        assertThat(wakeUp.wake()).isZero();
        assertThat(wakeUp.post(1, KEY, 2)).isEqualTo(WinError.ERROR_INVALID_HANDLE);
        assertThat(posted).hasValue(0);
    }

    @Test
    void theGateMayBeClosedAgain() {
        WakeUp wakeUp = wakeUp(0);
        wakeUp.close();
        wakeUp.close();
        assertThat(wakeUp.isClosed()).isTrue();
    }

    @Test
    void closingWaitsForThePostThatIsUnderWay() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        AtomicBoolean left = new AtomicBoolean();
        WakeUp wakeUp = new WakeUp((bytes, key, payload) -> {
            inside.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            left.set(true);
            return 0;
        }, KEY);
        Thread poster = new Thread(() -> wakeUp.post(0, KEY, 0));
        poster.start();
        inside.await();
        AtomicBoolean leftBeforeClosed = new AtomicBoolean();
        Thread closer = new Thread(() -> {
            wakeUp.close();
            leftBeforeClosed.set(left.get());
        });
        closer.start();
        while (!wakeUp.isClosed()) {
            Thread.onSpinWait();
        }
        assertThat(closer.isAlive()).isTrue();
        go.countDown();
        closer.join();
        poster.join();
        assertThat(leftBeforeClosed).isTrue();
    }

    /** A loop and eight wakers with a semaphore for a port: what the protocol promises, under real interleavings. */
    @Test
    void noWakeUpIsLostAndAtMostOnePacketIsQueued() throws Exception {
        int threads = 8;
        int tasksOfEach = 50_000;
        Semaphore port = new Semaphore(0);
        AtomicInteger mostQueued = new AtomicInteger();
        WakeUp wakeUp = new WakeUp((bytes, key, payload) -> {
            port.release();
            mostQueued.accumulateAndGet(port.availablePermits(), Math::max);
            return 0;
        }, KEY);
        AtomicInteger tasks = new AtomicInteger();
        AtomicReference<String> failure = new AtomicReference<>();
        Thread loop = new Thread(() -> {
            int done = 0;
            while (done < threads * tasksOfEach) {
                wakeUp.aboutToBlock();
                if (tasks.get() == 0) {
                    boolean woken = false;
                    try {
                        woken = port.tryAcquire(10, TimeUnit.SECONDS);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    wakeUp.awake();
                    if (!woken) {
                        failure.set("no packet, but " + tasks + " tasks after " + done);
                        return;
                    }
                    wakeUp.dequeued();
                } else {
                    wakeUp.awake();
                    if (port.tryAcquire()) {
                        wakeUp.dequeued();
                    }
                }
                done += tasks.getAndSet(0);
            }
        });
        loop.start();
        CyclicBarrier start = new CyclicBarrier(threads);
        List<Thread> wakers = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            Thread waker = new Thread(() -> {
                try {
                    start.await();
                } catch (Exception e) {
                    failure.set(e.toString());
                }
                for (int n = 0; n < tasksOfEach; n++) {
                    tasks.incrementAndGet();
                    wakeUp.wake();
                }
            });
            waker.start();
            wakers.add(waker);
        }
        for (Thread waker : wakers) {
            waker.join();
        }
        loop.join();
        assertThat(failure).hasValue(null);
        assertThat(mostQueued.get()).isLessThanOrEqualTo(1);
    }

    @Test
    void nobodyPostsAfterTheGateWasClosedWhileManyDo() throws Exception {
        for (int round = 0; round < 200; round++) {
            AtomicBoolean closed = new AtomicBoolean();
            AtomicInteger late = new AtomicInteger();
            WakeUp wakeUp = new WakeUp((bytes, key, payload) -> {
                if (closed.get()) {
                    late.incrementAndGet();
                }
                return 0;
            }, KEY);
            CountDownLatch running = new CountDownLatch(4);
            List<Thread> posters = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                Thread poster = new Thread(() -> {
                    running.countDown();
                    while (wakeUp.post(0, KEY, 0) == 0) {
                        Thread.onSpinWait();
                    }
                });
                poster.start();
                posters.add(poster);
            }
            running.await();
            wakeUp.close();
            closed.set(true);
            for (Thread poster : posters) {
                poster.join();
            }
            assertThat(late).hasValue(0);
        }
    }
}
