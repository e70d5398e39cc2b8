/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.IocpMetrics;
import io.github.nettyiocp.channel.IocpChannelOption;
import io.github.nettyiocp.channel.ReceiveMode;
import io.github.nettyiocp.pipe.NamedPipeAddress;
import io.github.nettyiocp.pipe.NamedPipeChannel;
import io.github.nettyiocp.pipe.NamedPipeOption;
import io.github.nettyiocp.pipe.NamedPipeServerChannel;
import io.github.nettyiocp.testsuite.peers.Peer;
import io.github.nettyiocp.testsuite.peers.Program;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.CRC32;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Named pipes under load; afterwards the kernel has given everything back, and every buffer is released. The system
 * property {@code iocp.testsuite.load} multiplies the load; 10 is 64 clients with 20 MB each way and 20,000 connections
 * that come and go, for which JUnit's own limit is switched off
 * ({@code -Djunit.jupiter.execution.timeout.mode=disabled}).
 */
@Timeout(900)
class NamedPipeLoadOnWindowsTest {

    private static final int LOAD = Integer.getInteger("iocp.testsuite.load", 1);
    private static final int LIMIT_SECONDS = 800 * LOAD;

    private final NamedPipeAddress address = NamedPipeAddress.random("load-");
    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    /** Clients that the server has now. */
    private final AtomicInteger served = new AtomicInteger();
    private IocpEventLoopGroup group;
    private int handles;

    @BeforeEach
    void start() {
        handles = WindowsTestSupport.handles();
        group = new IocpEventLoopGroup(2);
    }

    @AfterEach
    void end() throws Exception {
        WindowsTestSupport.shutDown(group);
        assertThat(failure.get()).isNull();
        WindowsTestSupport.await("all buffers are released", () -> allocator.metric().usedDirectMemory() == 0
                && allocator.metric().usedHeapMemory() == 0);
        // A thread that waits for objects, and its event, stay for a while.
        WindowsTestSupport.assertNoMoreHandlesThan(handles, 8);
    }

    @Sharable
    private final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelActive(ChannelHandlerContext context) {
            served.incrementAndGet();
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            served.decrementAndGet();
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.write(message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
            context.channel().config().setAutoRead(context.channel().isWritable());
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            context.channel().config().setAutoRead(context.channel().isWritable());
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }

    private ServerBootstrap bootstrap() {
        return new ServerBootstrap().group(group).channel(NamedPipeServerChannel.class)
                .option(NamedPipeOption.POSTED_INSTANCES, 16)
                .childOption(ChannelOption.ALLOCATOR, allocator).childHandler(new Echo());
    }

    private Channel server() throws Exception {
        return bootstrap().bind(address).sync().channel();
    }

    private Bootstrap client(ChannelHandler handler) {
        return new Bootstrap().group(group).channel(NamedPipeChannel.class).handler(handler)
                .option(ChannelOption.ALLOCATOR, allocator);
    }

    /** Writes random bytes as fast as the water marks let it, and compares what comes back. */
    private final class Exchange extends ChannelInboundHandlerAdapter {

        private final long total;
        private final CountDownLatch done;
        private final Random random;
        private final CRC32 sent = new CRC32();
        private final CRC32 received = new CRC32();
        private long sentBytes;
        private long receivedBytes;

        Exchange(long total, long seed, CountDownLatch done) {
            this.total = total;
            this.done = done;
            random = new Random(seed);
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            send(context);
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            send(context);
        }

        private void send(ChannelHandlerContext context) {
            while (context.channel().isWritable() && sentBytes < total) {
                int size = (int) Math.min(total - sentBytes,
                        random.nextInt(4) == 0 ? random.nextInt(100_000) : 1 + random.nextInt(2_000));
                byte[] bytes = new byte[size];
                random.nextBytes(bytes);
                sent.update(bytes);
                sentBytes += size;
                context.write(random.nextBoolean() ? Unpooled.wrappedBuffer(bytes)
                        : context.alloc().directBuffer(Math.max(size, 1)).writeBytes(bytes));
                if (random.nextInt(4) == 0 || sentBytes == total) {
                    context.flush();
                }
            }
            context.flush();
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf buffer = (ByteBuf) message;
            receivedBytes += buffer.readableBytes();
            received.update(buffer.nioBuffer());
            buffer.release();
            if (receivedBytes == total) {
                if (sent.getValue() != received.getValue()) {
                    failure.compareAndSet(null, new AssertionError("wrong bytes"));
                }
                context.close();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (receivedBytes != total) {
                failure.compareAndSet(null, new AssertionError(receivedBytes + " of " + total + " bytes came"));
            }
            done.countDown();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            failure.compareAndSet(null, cause);
            context.close();
        }
    }

    @Test
    void sixtyFourClientsExchangeMegabytesAtOnce() throws Exception {
        Channel server = server();
        CountDownLatch done = new CountDownLatch(64);
        for (int i = 0; i < 64; i++) {
            client(new Exchange(LOAD * (2L << 20), i, done)).connect(address).addListener(connected -> {
                if (!connected.isSuccess()) {
                    failure.compareAndSet(null, connected.cause());
                    done.countDown();
                }
            });
        }
        assertThat(done.await(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        server.close().sync();
    }

    @Test
    void connectionsComeEchoAndGo() throws Exception {
        Channel server = server();
        int cycles = LOAD * 2_000;
        int clients = 8;
        CountDownLatch done = new CountDownLatch(cycles);
        AtomicInteger left = new AtomicInteger(cycles);
        for (int i = 0; i < clients; i++) {
            cycle(left, done);
        }
        assertThat(done.await(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        server.close().sync();
    }

    private void cycle(AtomicInteger left, CountDownLatch done) {
        if (left.getAndDecrement() <= 0) {
            return;
        }
        client(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelActive(ChannelHandlerContext context) {
                context.writeAndFlush(Unpooled.copyLong(42));
            }

            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                if (((ByteBuf) message).readLong() != 42) {
                    failure.compareAndSet(null, new AssertionError("wrong bytes"));
                }
                ((ByteBuf) message).release();
                context.close();
            }

            @Override
            public void channelInactive(ChannelHandlerContext context) {
                done.countDown();
                cycle(left, done);
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                failure.compareAndSet(null, cause);
                context.close();
            }
        }).connect(address).addListener((ChannelFutureListener) connected -> {
            if (!connected.isSuccess()) {
                failure.compareAndSet(null, connected.cause());
                done.countDown();
                cycle(left, done);
            }
        });
    }

    @Test
    void clientsThatAreKilledAtRandomHarmNobodyElse() throws Exception {
        Channel server = server();
        CountDownLatch steady = new CountDownLatch(4);
        for (int i = 0; i < 4; i++) {
            client(new Exchange(LOAD * (4L << 20), i, steady)).connect(address).sync();
        }
        AtomicInteger killed = new AtomicInteger();
        while (steady.getCount() > 0 || killed.get() < 50) {
            Channel victim = client(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext context, Object message) {
                    ((ByteBuf) message).release();
                }

                @Override
                public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                    context.close();
                }
            }).connect(address).sync().channel();
            victim.writeAndFlush(allocator.directBuffer().writeZero(ThreadLocalRandom.current().nextInt(300_000)));
            if (ThreadLocalRandom.current().nextBoolean()) {
                victim.close();
            } else {
                ((NamedPipeChannel) victim).abort();
            }
            assertThat(victim.closeFuture().await(60, TimeUnit.SECONDS)).isTrue();
            killed.incrementAndGet();
        }
        assertThat(steady.await(1, TimeUnit.SECONDS)).isTrue();
        server.close().sync();
    }

    @Test
    void processesThatAreKilledAtRandomHarmNobodyElse() throws Exception {
        Channel server = server();
        CountDownLatch steady = new CountDownLatch(4);
        for (int i = 0; i < 4; i++) {
            client(new Exchange(LOAD * (4L << 20), i, steady)).connect(address).sync();
        }
        for (int i = 0; i < 10; i++) {
            try (Peer victim = Program.C.dial(address.toString(), "transfer", "send=20000000", "timeout=60000")) {
                victim.await("CONNECTED");
                // Whatever it is in the middle of then.
                Thread.sleep(ThreadLocalRandom.current().nextInt(100));
                victim.kill();
            }
        }
        assertThat(steady.await(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        WindowsTestSupport.await("the server has noticed all ends", () -> served.get() == 0);
        server.close().sync();
    }

    @ParameterizedTest
    @EnumSource
    void aThousandIdlePipesAllAnswerInTheEnd(ReceiveMode mode) throws Exception {
        int count = 1_000;
        Channel server = bootstrap().childOption(IocpChannelOption.RECEIVE_MODE, mode).bind(address).sync().channel();
        CountDownLatch answers = new CountDownLatch(count);
        List<Channel> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            clients.add(client(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext context, Object message) {
                    ((ByteBuf) message).release();
                    answers.countDown();
                }
            }).option(IocpChannelOption.RECEIVE_MODE, mode).connect(address).sync().channel());
        }
        WindowsTestSupport.await("the server serves all", () -> served.get() == count);
        long bytes = allocator.metric().usedDirectMemory();
        System.out.println("1,000 idle pipes, both ends, " + mode + ": " + bytes + " bytes of direct memory");
        // A receive is posted at each end, 2 KiB of it at first, or one of nothing.
        assertThat(bytes).isLessThanOrEqualTo(mode == ReceiveMode.BUFFER ? 2 * count * 2048 : 0);
        for (Channel client : clients) {
            client.writeAndFlush(Unpooled.copyInt(1));
        }
        assertThat(answers.await(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        for (Channel client : clients) {
            client.close();
        }
        for (Channel client : clients) {
            assertThat(client.closeFuture().await(60, TimeUnit.SECONDS)).isTrue();
        }
        server.close().sync();
    }

    @ParameterizedTest
    @ValueSource(booleans = { true, false })
    void aRoundTripCostsTheServerTwoCallsAndItsShareOfABatch(boolean skipOnSuccess) throws Exception {
        IocpEventLoopGroup serverGroup = new IocpEventLoopGroup(1);
        Channel server = new ServerBootstrap().group(serverGroup).channel(NamedPipeServerChannel.class)
                .childOption(IocpChannelOption.SKIP_ON_SUCCESS, skipOnSuccess)
                .childHandler(new Echo()).bind(address).sync().channel();
        int rounds = 2_000;
        CountDownLatch warm = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        AtomicReference<IocpMetrics> before = new AtomicReference<>();
        Channel client = client(new ChannelInboundHandlerAdapter() {
            private int count;

            @Override
            public void channelActive(ChannelHandlerContext context) {
                context.writeAndFlush(context.alloc().directBuffer(64).writeZero(64));
            }

            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                count++;
                if (count == 200) {
                    before.set(serverGroup.metrics());
                    warm.countDown();
                } else if (count == 200 + rounds) {
                    ((ByteBuf) message).release();
                    done.countDown();
                    return;
                }
                context.writeAndFlush(message);
            }
        }).connect(address).sync().channel();
        assertThat(warm.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
        IocpMetrics used = serverGroup.metrics().minus(before.get());
        double calls = (used.calls("ReadFile") + used.calls("WriteFile")
                + used.calls("GetQueuedCompletionStatusEx")) / (double) rounds;
        System.out.printf("byte pipe, 1 connection, skip on success %s: %.3f native calls a round trip%n",
                skipOnSuccess, calls);
        // A poll that comes late finds two packets; without the option the write has a packet, which may come alone.
        assertThat(calls).isBetween(2.0, skipOnSuccess ? 3.1 : 4.1);
        client.close().sync();
        server.close().sync();
        WindowsTestSupport.shutDown(serverGroup);
    }
}
