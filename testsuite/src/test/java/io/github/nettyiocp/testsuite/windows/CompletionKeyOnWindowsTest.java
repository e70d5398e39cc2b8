/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.CompletionKey;
import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.internal.NativeWin32;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import static io.github.nettyiocp.testsuite.windows.WindowsTestSupport.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

@Timeout(240)
class CompletionKeyOnWindowsTest {

    private final IocpEventLoopGroup group = new IocpEventLoopGroup(1);
    private final IoEventLoop loop = group.next();

    @AfterEach
    void shutDown() {
        WindowsTestSupport.end(group);
    }

    @Test
    void packetsFromEightThreadsAllComeAndInTheOrderOfEach() throws Exception {
        int threads = 8;
        int packetsOfEach = 5_000;
        AtomicInteger received = new AtomicInteger();
        long[] last = new long[threads];
        AtomicInteger disorder = new AtomicInteger();
        CompletionKey key = open((k, bytes, payload) -> {
            if (last[bytes] + 1 != payload) {
                disorder.incrementAndGet();
            }
            last[bytes] = payload;
            received.incrementAndGet();
        });
        List<Thread> posters = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            int number = i;
            Thread poster = new Thread(() -> {
                try {
                    for (int n = 1; n <= packetsOfEach; n++) {
                        key.post(number, n);
                    }
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            poster.start();
            posters.add(poster);
        }
        for (Thread poster : posters) {
            poster.join();
        }
        await("all packets came", () -> received.get() == threads * packetsOfEach);
        assertThat(disorder).hasValue(0);
        key.close();
    }

    @Test
    void thePayloadIsHandedOverRawAndNeverFollowed() throws Exception {
        long[] payloads = { 0, 1, -1, 0xDEADBEEFL, Long.MIN_VALUE, Long.MAX_VALUE, 0x7FFE0000L };
        BlockingQueue<Long> received = new LinkedBlockingQueue<>();
        BlockingQueue<Integer> sizes = new LinkedBlockingQueue<>();
        CompletionKey key = open((k, bytes, payload) -> {
            received.add(payload);
            sizes.add(bytes);
        });
        for (long payload : payloads) {
            key.post(-7, payload);
        }
        for (long payload : payloads) {
            assertThat(received.poll(60, TimeUnit.SECONDS)).isEqualTo(payload);
            assertThat(sizes.poll(60, TimeUnit.SECONDS)).isEqualTo(-7);
        }
    }

    @Test
    void packetsOfKeysGoToTheirOwnHandlers() throws Exception {
        BlockingQueue<String> received = new LinkedBlockingQueue<>();
        CompletionKey one = open((k, bytes, payload) -> received.add("one " + payload));
        CompletionKey other = open((k, bytes, payload) -> received.add("other " + payload));
        assertThat(one.value()).isNotEqualTo(other.value());
        assertThat(one.port()).isEqualTo(other.port());
        one.post(0, 1);
        other.post(0, 2);
        one.post(0, 3);
        assertThat(List.of(received.take(), received.take(), received.take()))
                .containsExactly("one 1", "other 2", "one 3");
    }

    @Test
    void aClosedKeyRefusesPostsAndDropsWhatIsStillQueued() throws Exception {
        AtomicInteger received = new AtomicInteger();
        CompletionKey key = open((k, bytes, payload) -> received.incrementAndGet());
        loop.submit(() -> {
            for (int i = 0; i < 5; i++) {
                post(key.port(), 0, key.value(), i);
            }
            key.close();
        }).sync();
        assertThat(key.isOpen()).isFalse();
        assertThatThrownBy(() -> key.post(0, 0)).isInstanceOf(ClosedChannelException.class);
        await("they were counted", () -> group.metrics().stalePackets() == 5);
        assertThat(received).hasValue(0);
        key.close();
        assertThat(key.closeFuture().await(60, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void theEndOfTheLoopClosesItsKeys() throws Exception {
        CompletionKey key = open((k, bytes, payload) -> { });
        WindowsTestSupport.end(group);
        assertThat(key.isOpen()).isFalse();
        assertThat(key.closeFuture().isDone()).isTrue();
        assertThatThrownBy(() -> key.post(0, 0)).isInstanceOf(ClosedChannelException.class);
        key.close();
    }

    @Test
    void postsThatRaceWithTheEndOfTheLoopFailOrAreDroppedButNeverReachAnotherPort() throws Exception {
        for (int round = 0; round < 20; round++) {
            IocpEventLoopGroup other = new IocpEventLoopGroup(1);
            CompletionKey key = CompletionKey.open(other.next(), (k, bytes, payload) -> { }).sync().getNow();
            AtomicLong posted = new AtomicLong();
            Thread poster = new Thread(() -> {
                try {
                    while (true) {
                        key.post(0, 0);
                        posted.incrementAndGet();
                    }
                } catch (ClosedChannelException expected) {
                    return;
                } catch (IOException e) {
                    posted.set(-1_000_000);
                }
            });
            poster.start();
            await("it posts", () -> posted.get() > 3);
            other.shutdownGracefully(0, 10, TimeUnit.SECONDS).await();
            poster.join(10_000);
            assertThat(poster.isAlive()).isFalse();
            assertThat(posted.get()).isPositive();
        }
    }

    @Test
    void aHandlerThatThrowsHarmsNeitherTheLoopNorTheRestOfTheBatch() throws Exception {
        AtomicInteger received = new AtomicInteger();
        CompletionKey key = open((k, bytes, payload) -> {
            received.incrementAndGet();
            throw new IllegalStateException("expected");
        });
        loop.submit(() -> {
            for (int i = 0; i < 20; i++) {
                post(key.port(), 0, key.value(), i);
            }
        }).sync();
        await("all were told", () -> received.get() == 20);
    }

    @Test
    void packetsWithABogusPointerAreCountedAndDropped() throws Exception {
        CompletionKey key = open((k, bytes, payload) -> { });
        // 1 is the key of operations.
        for (long pointer : new long[] { 0, 8, 0xDEADBEEFL, -1, Long.MIN_VALUE, 0x7FFE0000L }) {
            post(key.port(), 5, 1, pointer);
        }
        await("they were counted", () -> group.metrics().foreignPackets() == 6);
        loop.submit(() -> { }).sync();
    }

    @Test
    void packetsWithAnUnknownKeyAreCountedAndDropped() throws Exception {
        CompletionKey key = open((k, bytes, payload) -> { });
        post(key.port(), 5, 1_000_000, 0);
        post(key.port(), 5, -1, 0);
        await("they were counted", () -> group.metrics().foreignPackets() == 2);
    }

    @Test
    void aWakeUpThatSomebodyElsePostsDoesNoHarm() throws Exception {
        CompletionKey key = open((k, bytes, payload) -> { });
        for (int i = 0; i < 100; i++) {
            post(key.port(), 0, 0, 0);
            loop.submit(() -> { }).sync();
        }
        await("they were counted", () -> group.metrics().wakeUps() >= 100);
    }

    @Test
    void theMessagesOfAJobCome() throws Exception {
        BlockingQueue<long[]> messages = new LinkedBlockingQueue<>();
        CompletionKey key = open((k, message, processId) -> messages.add(new long[] { message, processId }));
        long job = WindowsCalls.createJobObject();
        assertThat(WindowsCalls.associateJob(job, key.value(), key.port())).isZero();
        // Waits for its standard input to end, so that it is in the job before it exits.
        Process child = new ProcessBuilder("cmd.exe", "/c", "set /p x= & exit 3").start();
        assertThat(WindowsCalls.assignProcess(job, child.pid())).isZero();
        awaitMessage(messages, WindowsCalls.JOB_MESSAGE_NEW_PROCESS, child.pid());
        child.getOutputStream().close();
        assertThat(child.waitFor()).isEqualTo(3);
        awaitMessage(messages, WindowsCalls.JOB_MESSAGE_EXIT_PROCESS, child.pid());
        awaitMessage(messages, WindowsCalls.JOB_MESSAGE_ACTIVE_PROCESS_ZERO, 0);
        WindowsCalls.closeHandle(job);
        key.close();
    }

    /** There may be others: a console program brings a console host with it. */
    private static void awaitMessage(BlockingQueue<long[]> messages, int message, long processId) throws Exception {
        long[] next;
        do {
            next = messages.poll(60, TimeUnit.SECONDS);
            assertThat(next).as("message %s", message).isNotNull();
        } while (next[0] != message || processId != 0 && next[1] != processId);
    }

    private CompletionKey open(io.github.nettyiocp.RawCompletionHandler handler) throws Exception {
        Future<CompletionKey> opened = CompletionKey.open(loop, handler);
        return opened.sync().getNow();
    }

    private static void post(long port, int bytes, long key, long overlapped) {
        assertThat(NativeWin32.ACCESS.ofThisThread().postQueuedCompletionStatus(port, bytes, key, overlapped))
                .isZero();
    }
}
