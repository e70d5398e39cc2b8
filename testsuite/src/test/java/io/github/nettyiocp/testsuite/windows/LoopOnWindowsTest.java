/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.CompletionKey;
import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.IocpIoHandler;
import io.github.nettyiocp.IocpIoHandlerConfig;
import io.github.nettyiocp.IocpMetrics;
import io.github.nettyiocp.channel.IocpServerSocketChannel;
import io.github.nettyiocp.channel.IocpSocketChannel;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoop;
import io.netty.channel.ManualIoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.AutoScalingEventExecutorChooserFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.MockTicker;
import io.netty.util.concurrent.Ticker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import static io.github.nettyiocp.testsuite.windows.WindowsTestSupport.await;
import static io.github.nettyiocp.testsuite.windows.WindowsTestSupport.print;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

@Timeout(240)
class LoopOnWindowsTest {

    // ---- tasks and time

    @Test
    void aMillionTasksFromEightThreadsAllRun() throws Exception {
        IocpEventLoopGroup group = new IocpEventLoopGroup(1);
        EventExecutor loop = group.next();
        int threads = 8;
        int tasksOfEach = 125_000;
        int[] ran = new int[1];
        CountDownLatch done = new CountDownLatch(1);
        List<Thread> submitters = new ArrayList<>();
        long start = System.nanoTime();
        for (int i = 0; i < threads; i++) {
            Thread submitter = new Thread(() -> {
                for (int n = 0; n < tasksOfEach; n++) {
                    loop.execute(() -> {
                        if (++ran[0] == threads * tasksOfEach) {
                            done.countDown();
                        }
                    });
                    if (n % 5_000 == 0) {
                        // So that the loop blocks now and then.
                        Thread.yield();
                    }
                }
            });
            submitter.start();
            submitters.add(submitter);
        }
        for (Thread submitter : submitters) {
            submitter.join();
        }
        assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
        print("1,000,000 tasks from 8 threads: %d ms, %d wake-ups", (System.nanoTime() - start) / 1_000_000,
                group.metrics().wakeUps());
        WindowsTestSupport.shutDown(group);
    }

    /** The hard case: each task finds the loop blocked, or about to block. */
    @Test
    void noWakeUpIsLostWhenTheLoopIsAboutToBlock() throws Exception {
        IocpEventLoopGroup group = new IocpEventLoopGroup(1);
        EventExecutor loop = group.next();
        for (int i = 0; i < 3_000; i++) {
            assertThat(loop.submit(() -> { }).await(60, TimeUnit.SECONDS)).as("task " + i).isTrue();
            int spins = ThreadLocalRandom.current().nextInt(300);
            for (int n = 0; n < spins; n++) {
                Thread.onSpinWait();
            }
        }
        WindowsTestSupport.shutDown(group);
    }

    @Test
    void scheduledTasksAreNeverEarlyAndLittleLate() throws Exception {
        IocpEventLoopGroup group = new IocpEventLoopGroup(1);
        EventExecutor loop = group.next();
        int tasks = 200;
        long[] lateness = new long[tasks];
        CountDownLatch done = new CountDownLatch(tasks);
        IocpMetrics before = group.metrics();
        for (int i = 0; i < tasks; i++) {
            int task = i;
            long delay = ThreadLocalRandom.current().nextLong(TimeUnit.MILLISECONDS.toNanos(500));
            long due = System.nanoTime() + delay;
            loop.schedule(() -> {
                lateness[task] = System.nanoTime() - due;
                done.countDown();
            }, delay, TimeUnit.NANOSECONDS);
        }
        assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
        Arrays.sort(lateness);
        long waits = group.metrics().minus(before).calls("GetQueuedCompletionStatusEx");
        print("scheduled tasks late by: median %.3f ms, 95%% %.3f ms, worst %.3f ms; %d waits for %d tasks",
                lateness[tasks / 2] / 1e6, lateness[tasks * 95 / 100] / 1e6, lateness[tasks - 1] / 1e6, waits, tasks);
        assertThat(lateness[0]).isNotNegative();
        // Rounding down would make the loop spin through the last millisecond before each task.
        assertThat(waits).isLessThan(5L * tasks);
        WindowsTestSupport.shutDown(group);
    }

    @Test
    void anIdleLoopMakesNoCalls() throws Exception {
        IocpEventLoopGroup group = new IocpEventLoopGroup(1);
        group.submit(() -> { }).sync();
        Thread.sleep(50);
        IocpMetrics before = group.metrics();
        Thread.sleep(300);
        assertThat(group.metrics().minus(before).totalCalls()).isZero();
        WindowsTestSupport.shutDown(group);
    }

    // ---- shutdown

    @Test
    void aHundredIdleGroupsEndAtOnce() throws Exception {
        end("idle", 40, new IocpIoHandlerConfig(), group -> { });
    }

    @Test
    void groupsWithReadsPendingEndAtOnceAndTellTheChannels() throws Exception {
        try (java.net.ServerSocket listener = new java.net.ServerSocket(0, 50, TcpFixture.LOOPBACK)) {
            List<TcpRecorder> recorders = new ArrayList<>();
            end("reads pending", 20, new IocpIoHandlerConfig(), group -> {
                TcpRecorder recorder = new TcpRecorder();
                new Bootstrap().group(group).channel(IocpSocketChannel.class).handler(recorder)
                        .connect(TcpFixture.LOOPBACK, listener.getLocalPort()).sync();
                listener.accept().close();
                recorders.add(recorder);
            });
            for (TcpRecorder recorder : recorders) {
                recorder.awaitInactive();
                assertThat(recorder.channel.closeFuture().isDone()).isTrue();
            }
        }
    }

    @Test
    void groupsWithAcceptsPendingEndAtOnce() throws Exception {
        List<Channel> channels = new ArrayList<>();
        end("accepts pending", 20, new IocpIoHandlerConfig(), group -> channels.add(
                new ServerBootstrap().group(group).channel(IocpServerSocketChannel.class)
                        .childHandler(new ChannelInboundHandlerAdapter())
                .bind(TcpFixture.LOOPBACK, 0).sync().channel()));
        assertThat(channels).hasSize(20).allMatch(channel -> channel.closeFuture().isDone());
    }

    @Test
    void groupsWithWritesThatThePeerDoesNotReadEndInBoundedTime() throws Exception {
        try (java.net.ServerSocket listener = new java.net.ServerSocket(0, 50, TcpFixture.LOOPBACK)) {
            List<java.net.Socket> peers = new ArrayList<>();
            List<ChannelFuture> writes = new ArrayList<>();
            end("writes blocked", 20, new IocpIoHandlerConfig().closeTimeoutMillis(50), group -> {
                Channel channel = new Bootstrap().group(group).channel(IocpSocketChannel.class)
                        .handler(new ChannelInboundHandlerAdapter())
                        .connect(TcpFixture.LOOPBACK, listener.getLocalPort()).sync().channel();
                peers.add(listener.accept());
                writes.add(channel.writeAndFlush(Unpooled.directBuffer().writeZero(16 << 20)));
                await("the write is in flight", () -> group.metrics().outstanding() >= 2);
                if (peers.size() % 2 == 0) {
                    // The loop blocks; else it may end without having asked its handler to prepare.
                    Thread.sleep(20);
                }
            });
            for (ChannelFuture write : writes) {
                assertThat(write.await(60, TimeUnit.SECONDS)).isTrue();
                assertThat(write.isSuccess()).isFalse();
            }
            for (java.net.Socket peer : peers) {
                peer.close();
            }
        }
    }

    /** What a group has when it is told to end. */
    private interface Setting {
        void prepare(IocpEventLoopGroup group) throws Exception;
    }

    private static void end(String what, int times, IocpIoHandlerConfig config, Setting setting) throws Exception {
        int handles = 0;
        long worst = 0;
        for (int i = 0; i < times; i++) {
            IocpEventLoopGroup group = new IocpEventLoopGroup(1, config);
            setting.prepare(group);
            long start = System.nanoTime();
            assertThat(group.shutdownGracefully(0, 0, TimeUnit.SECONDS).await(60, TimeUnit.SECONDS)).isTrue();
            worst = Math.max(worst, System.nanoTime() - start);
            assertThat(group.metrics().outstanding()).as("in flight at the end of " + i).isZero();
            assertThat(group.metrics().leakedOperations()).as("leaked by " + i).isZero();
            if (i == 0) {
                handles = WindowsTestSupport.handles();
            }
        }
        print("shutdownGracefully(0, 0), %s, %d times: worst %.1f ms", what, times, worst / 1e6);
        if (handles > 0) {
            // Their peers, where those stay open: one handle or two each.
            WindowsTestSupport.assertNoMoreHandlesThan(handles, what.equals("writes blocked") ? 2 * times + 4 : 4);
        }
    }

    @Test
    void aGroupThatWasShutDownRefusesChannelsAndClosesThem() throws Exception {
        IocpEventLoopGroup group = new IocpEventLoopGroup(1);
        int handles = WindowsTestSupport.handles();
        WindowsTestSupport.shutDown(group);
        IocpSocketChannel channel = new IocpSocketChannel();
        ChannelFuture registered = group.register(channel);
        assertThat(registered.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(registered.cause()).isInstanceOf(RejectedExecutionException.class);
        assertThat(channel.isOpen()).isFalse();
        WindowsTestSupport.assertNoMoreHandlesThan(handles, 0);
        assertThatThrownBy(() -> CompletionKey.open(group.next(), (k, b, p) -> { }).sync())
                .isInstanceOf(RejectedExecutionException.class);
    }

    @Test
    void tasksAreRefusedAfterTheEnd() {
        IocpEventLoopGroup group = new IocpEventLoopGroup(1);
        WindowsTestSupport.shutDown(group);
        assertThatThrownBy(() -> group.next().execute(() -> { })).isInstanceOf(RejectedExecutionException.class);
    }

    // ---- kinds of groups

    @Test
    void aGroupOfNettysOwnRunsIocpChannelsByTheFactory() throws Exception {
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(2, IocpIoHandler.newFactory());
        try {
            assertThat((group.next()).isIoType(IocpIoHandler.class)).isTrue();
            assertThat((group.next()).isIoType(NioIoHandler.class)).isFalse();
            Channel server = new ServerBootstrap().group(group)
                    .channel(IocpServerSocketChannel.class).childHandler(new Echo()).bind(TcpFixture.LOOPBACK, 0).sync()
                    .channel();
            TcpRecorder recorder = new TcpRecorder();
            Channel client = new Bootstrap().group(group).channel(IocpSocketChannel.class).handler(recorder)
                    .connect(server.localAddress()).sync().channel();
            client.writeAndFlush(Unpooled.wrappedBuffer(new byte[] { 1, 2, 3 })).sync();
            assertThat(recorder.awaitBytes(3)).containsExactly(1, 2, 3);
        } finally {
            assertThat(group.shutdownGracefully(0, 10, TimeUnit.SECONDS).await(60_000)).isTrue();
        }
    }

    @Test
    void aVirtualThreadAsALoopIsRefusedAndTheChannelIsClosed() throws Exception {
        IocpEventLoopGroup group = new IocpEventLoopGroup(1, Thread.ofVirtual().factory());
        IocpSocketChannel channel = new IocpSocketChannel();
        ChannelFuture registered = group.register(channel);
        assertThat(registered.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(registered.cause()).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("platform thread").hasMessageContaining("virtual");
        assertThat(channel.isOpen()).isFalse();
        WindowsTestSupport.shutDown(group);
    }

    @Test
    void anIocpChannelIsRefusedByANioLoopWithoutBeingClosed() throws Exception {
        EventLoopGroup nio = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try (TcpFixture fixture = new TcpFixture()) {
            IocpSocketChannel channel = fixture.add(new IocpSocketChannel());
            ChannelFuture registered = nio.register(channel).await();
            assertThat(registered.cause()).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("incompatible event loop type");
            assertThat(channel.isOpen()).isTrue();
            fixture.group.register(channel).sync();
        } finally {
            nio.shutdownGracefully(0, 10, TimeUnit.SECONDS).await();
        }
    }

    @Test
    void aNioChannelIsRefusedByAnIocpLoopWithoutBeingClosed() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            for (Channel channel : List.of(new NioSocketChannel(), new NioServerSocketChannel())) {
                ChannelFuture registered = fixture.group.register(channel).await();
                assertThat(registered.cause()).isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("incompatible event loop type");
                assertThat(channel.isOpen()).isTrue();
                channel.unsafe().closeForcibly();
            }
        }
    }

    @Test
    void aChannelThatIsBoundToALoopIsRefusedByAnotherWithoutBeingClosed() throws Exception {
        try (TcpFixture fixture = new TcpFixture(TcpFixture.Mode.DEFAULT, 2)) {
            TcpFixture.Pair pair = fixture.pair();
            EventExecutor own = pair.channel().eventLoop();
            pair.channel().deregister().sync();
            IoEventLoop other = fixture.group.next();
            if (other == own) {
                other = fixture.group.next();
            }
            ChannelFuture registered = register(other, pair.channel()).await();
            assertThat(registered.cause()).isInstanceOf(IllegalStateException.class);
            assertThat(pair.channel().isOpen()).isTrue();
            assertThat(pair.channel().isActive()).isTrue();
            register((IoEventLoop) own, pair.channel()).sync();
            pair.send((byte) 9);
            assertThat(pair.recorder().awaitBytes(1)).containsExactly(9);
        }
    }

    // ---- suspension, a loop that is run by hand

    @Test
    void loopsAreSuspendedAndWokenAsChannelsComeAndGo() throws Exception {
        List<Thread> threads = new java.util.concurrent.CopyOnWriteArrayList<>();
        IocpEventLoopGroup group = new IocpEventLoopGroup(3, task -> {
            Thread thread = new io.netty.util.concurrent.FastThreadLocalThread(task);
            threads.add(thread);
            thread.start();
        }, new AutoScalingEventExecutorChooserFactory(1, 3, 50, TimeUnit.MILLISECONDS, 0.2, 0.9, 3, 3, 2),
                new IocpIoHandlerConfig());
        try {
            for (int round = 0; round < 2; round++) {
                Channel server = new ServerBootstrap().group(group)
                        .channel(IocpServerSocketChannel.class).childHandler(new Echo())
                        .bind(TcpFixture.LOOPBACK, 0).sync().channel();
                List<Channel> clients = new ArrayList<>();
                for (int i = 0; i < 6; i++) {
                    TcpRecorder recorder = new TcpRecorder();
                    Channel client = new Bootstrap().group(group).channel(IocpSocketChannel.class).handler(recorder)
                            .connect(server.localAddress()).sync().channel();
                    client.writeAndFlush(Unpooled.wrappedBuffer(new byte[] { (byte) i })).sync();
                    assertThat(recorder.awaitBytes(1)).containsExactly(i);
                    clients.add(client);
                }
                for (Channel client : clients) {
                    client.close().sync();
                }
                server.close().sync();
                await("two loops are suspended", () -> WindowsTestSupport.suspended(group) == 2);
                await("their threads ended", () -> threads.stream().filter(Thread::isAlive).count() == 1);
            }
        } finally {
            WindowsTestSupport.shutDown(group);
        }
    }

    @Test
    void aLoopIsNotSuspendedUnderAnOpenKey() throws Exception {
        IocpEventLoopGroup group = new IocpEventLoopGroup(1);
        SingleThreadIoEventLoop loop = (SingleThreadIoEventLoop) group.next();
        CountDownLatch packet = new CountDownLatch(1);
        CompletionKey key = CompletionKey.open(loop, (k, bytes, payload) -> packet.countDown()).sync().getNow();
        Thread thread = loop.submit(Thread::currentThread).sync().getNow();
        assertThat(loop.trySuspend()).isTrue();
        Thread.sleep(100);
        assertThat(thread.isAlive()).isTrue();
        key.post(0, 0);
        assertThat(packet.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(thread.isAlive()).isTrue();
        key.close();
        thread.join(5_000);
        assertThat(thread.isAlive()).isFalse();
        assertThat(loop.isSuspended()).isTrue();
        // And woken by the next task.
        loop.submit(() -> { }).sync();
        WindowsTestSupport.shutDown(group);
    }

    @Test
    void aSuspendedLoopGoesOnWithAnotherThread() throws Exception {
        IocpEventLoopGroup group = new IocpEventLoopGroup(1);
        SingleThreadIoEventLoop loop = (SingleThreadIoEventLoop) group.next();
        Thread first = loop.submit(Thread::currentThread).sync().getNow();
        assertThat(loop.trySuspend()).isTrue();
        first.join(5_000);
        assertThat(first.isAlive()).isFalse();
        Thread second = loop.submit(Thread::currentThread).sync().getNow();
        assertThat(second).isNotSameAs(first);
        try (java.net.ServerSocket listener = new java.net.ServerSocket(0, 1, TcpFixture.LOOPBACK)) {
            Channel channel = new Bootstrap().group(group).channel(IocpSocketChannel.class).handler(new TcpRecorder())
                    .connect(TcpFixture.LOOPBACK, listener.getLocalPort()).sync().channel();
            channel.close().sync();
        }
        WindowsTestSupport.shutDown(group);
    }

    @Test
    void aLoopThatIsRunByHandKeepsTheTimeOfItsTicker() throws Exception {
        MockTicker ticker = Ticker.newMockTicker();
        ManualIoEventLoop loop = new ManualIoEventLoop(null, Thread.currentThread(), IocpIoHandler.newFactory(),
                ticker);
        AtomicInteger ran = new AtomicInteger();
        loop.schedule(() -> {
            ran.incrementAndGet();
        }, 1, TimeUnit.HOURS);
        loop.runNow();
        assertThat(ran).hasValue(0);
        ticker.advance(59, TimeUnit.MINUTES);
        loop.runNow();
        assertThat(ran).hasValue(0);
        ticker.advance(1, TimeUnit.MINUTES);
        loop.runNow();
        assertThat(ran).hasValue(1);
        // Blocks for real until the port has something.
        CompletionKey[] key = new CompletionKey[1];
        Future<CompletionKey> opened = CompletionKey.open(loop, (k, bytes, payload) -> ran.addAndGet(bytes));
        while (!opened.isDone()) {
            loop.runNow();
        }
        key[0] = opened.getNow();
        Thread poster = new Thread(() -> {
            try {
                Thread.sleep(50);
                key[0].post(10, 0);
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        poster.start();
        for (int i = 0; i < 100 && ran.get() < 11; i++) {
            loop.run(TimeUnit.SECONDS.toNanos(5), 0);
        }
        assertThat(ran).hasValue(11);
        poster.join();
        loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
        for (int i = 0; i < 100 && !loop.isTerminated(); i++) {
            // Netty waits for the time to go on.
            ticker.advanceMillis(1);
            loop.runNow();
        }
        assertThat(loop.isTerminated()).isTrue();
        assertThat(key[0].isOpen()).isFalse();
    }

    @Test
    void aLoopThatIsRunByHandRunsChannels() throws Exception {
        MockTicker ticker = Ticker.newMockTicker();
        ManualIoEventLoop loop = new ManualIoEventLoop(null, Thread.currentThread(), IocpIoHandler.newFactory(),
                ticker);
        try (java.net.ServerSocket listener = new java.net.ServerSocket(0, 1, TcpFixture.LOOPBACK)) {
            TcpRecorder recorder = new TcpRecorder();
            ChannelFuture connected = new Bootstrap().group(loop).channel(IocpSocketChannel.class).handler(recorder)
                    .connect(TcpFixture.LOOPBACK, listener.getLocalPort());
            run(loop, connected);
            connected.sync();
            java.net.Socket peer = listener.accept();
            peer.getOutputStream().write(5);
            for (int i = 0; i < 1000 && recorder.received().length == 0; i++) {
                loop.run(TimeUnit.MILLISECONDS.toNanos(10), 0);
            }
            assertThat(recorder.received()).containsExactly(5);
            ChannelFuture closed = connected.channel().close();
            run(loop, closed);
            closed.sync();
            assertThat(peer.getInputStream().read()).isEqualTo(-1);
            peer.close();
        }
        loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
        for (int i = 0; i < 100 && !loop.isTerminated(); i++) {
            // Netty waits for the time to go on.
            ticker.advanceMillis(1);
            loop.runNow();
        }
        assertThat(loop.isTerminated()).isTrue();
    }

    private static void run(ManualIoEventLoop loop, Future<?> until) {
        for (int i = 0; i < 1000 && !until.isDone(); i++) {
            loop.run(TimeUnit.MILLISECONDS.toNanos(10), 0);
        }
        assertThat(until.isDone()).isTrue();
    }

    // ---- deregister

    private static ChannelFuture register(EventLoop loop, Channel channel) {
        return loop.register(channel);
    }

    @Test
    void whatComesWhileAChannelIsDeregisteredIsNotLost() throws Exception {
        for (TcpFixture.Mode mode : TcpFixture.Mode.values()) {
            try (TcpFixture fixture = new TcpFixture(mode, 1)) {
                TcpFixture.Pair pair = fixture.pair();
                IoEventLoop loop = (IoEventLoop) pair.channel().eventLoop();
                byte next = 0;
                for (int round = 0; round < 20; round++) {
                    // Some of it just before, some while nobody reads.
                    pair.send(next++);
                    pair.channel().deregister().sync();
                    pair.send(next++);
                    if (round % 2 == 0) {
                        Thread.sleep(5);
                    }
                    register(loop, pair.channel()).sync();
                    byte[] bytes = pair.recorder().awaitBytes(next);
                    assertThat(bytes).as("%s round %s", mode, round).hasSize(next);
                    assertThat(pair.recorder().log).doesNotContain("inactive");
                    for (int i = 0; i < next; i++) {
                        assertThat(bytes[i]).isEqualTo((byte) i);
                    }
                }
                assertThat(pair.recorder().exceptions).isEmpty();
            }
        }
    }

    @Test
    void aWriteThatIsInFlightWhenAChannelIsDeregisteredRunsToItsEnd() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            TcpFixture.Pair pair = fixture.pair(Map.of(ChannelOption.SO_SNDBUF, 16384));
            IoEventLoop loop = (IoEventLoop) pair.channel().eventLoop();
            int size = 8 << 20;
            byte[] data = new byte[size];
            ThreadLocalRandom.current().nextBytes(data);
            ChannelFuture written = pair.channel().writeAndFlush(Unpooled.directBuffer(size).writeBytes(data));
            await("the write is in flight", () -> fixture.group.metrics().outstanding() >= 2);
            ChannelFuture deregistered = pair.channel().deregister();
            Thread.sleep(50);
            assertThat(deregistered.isDone()).isFalse();
            java.util.concurrent.CompletableFuture<byte[]> read = java.util.concurrent.CompletableFuture.supplyAsync(
                    () -> {
                        try {
                            return pair.peer().getInputStream().readNBytes(size);
                        } catch (java.io.IOException e) {
                            throw new java.io.UncheckedIOException(e);
                        }
                    });
            assertThat(deregistered.await(60, TimeUnit.SECONDS)).isTrue();
            register(loop, pair.channel()).sync();
            assertThat(written.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(written.isSuccess()).isTrue();
            assertThat(read.get(60, TimeUnit.SECONDS)).isEqualTo(data);
        }
    }

    @Test
    void aServerGoesOnAcceptingAfterItWasRegisteredAgain() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            TcpFixture.Server server = fixture.server();
            IoEventLoop loop = (IoEventLoop) server.channel().eventLoop();
            for (int round = 0; round < 3; round++) {
                server.channel().deregister().sync();
                fixture.socket(server.address());
                register(loop, server.channel()).sync();
                server.next();
                fixture.socket(server.address());
                server.next();
            }
        }
    }

    /** Writes back what it reads. */
    @io.netty.channel.ChannelHandler.Sharable
    static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.write(message, context.voidPromise());
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }
    }
}
