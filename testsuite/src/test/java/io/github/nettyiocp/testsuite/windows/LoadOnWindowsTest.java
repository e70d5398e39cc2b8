/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.IocpMetrics;
import io.github.nettyiocp.channel.IocpServerSocketChannel;
import io.github.nettyiocp.channel.IocpSocketChannel;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.concurrent.Promise;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

import static org.assertj.core.api.Assertions.assertThat;

/** Much at once: nothing is lost, doubled or left over. */
@Timeout(240)
class LoadOnWindowsTest {

    private static final int CONNECTIONS = 2000;
    private static final int CYCLES = 10_000;
    private static final int CLIENT_THREADS = 8;
    private static final long STREAM_BYTES = 200L * 1024 * 1024;

    private final AtomicInteger open = new AtomicInteger();
    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
    private final Queue<ChannelFuture> writes = new ConcurrentLinkedQueue<>();
    private int handles;
    private IocpEventLoopGroup group;

    @BeforeEach
    void start() {
        handles = WindowsTestSupport.handles();
        group = new IocpEventLoopGroup(4);
    }

    @AfterEach
    void nothingIsLeftOver() throws Exception {
        group.shutdownGracefully(0, 10, TimeUnit.SECONDS).sync();
        IocpMetrics metrics = group.metrics();
        assertThat(metrics.outstanding()).as("operations in flight").isZero();
        assertThat(metrics.leakedOperations()).as("leaked operations").isZero();
        assertThat(metrics.stalePackets()).as("stale packets").isZero();
        assertThat(metrics.foreignPackets()).as("foreign packets").isZero();
        assertThat(open).as("connections that are still open").hasValue(0);
        assertThat(writes).as("writes").isNotEmpty();
        assertThat(writes.stream().filter(write -> !write.isDone())).as("writes without an outcome").isEmpty();
        assertThat(allocator.metric().usedDirectMemory()).as("bytes of direct buffers").isZero();
        assertThat(allocator.metric().usedHeapMemory()).as("bytes of heap buffers").isZero();
        WindowsTestSupport.assertNoMoreHandlesThan(handles, 20);
    }

    @Test
    void twoThousandConnectionsEchoAtOnce() throws Exception {
        Channel server = server(Echo::new);
        List<Promise<Void>> done = new ArrayList<>();
        List<Channel> clients = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS; i++) {
            Promise<Void> promise = group.next().newPromise();
            done.add(promise);
            // Connected one after another, so that no backlog is the limit; then all talk at once.
            clients.add(client().handler(new EchoClient(i, 4096, promise))
                    .connect(server.localAddress()).sync().channel());
        }
        for (Channel client : clients) {
            client.pipeline().fireUserEventTriggered(EchoClient.START);
        }
        for (Promise<Void> promise : done) {
            promise.sync();
        }
        server.close().sync();
        awaitAllClosed();
    }

    @Test
    void tenThousandConnectionsComeAndGo() throws Exception {
        Channel server = server(Echo::new);
        InetSocketAddress address = (InetSocketAddress) server.localAddress();
        ExecutorService threads = Executors.newFixedThreadPool(CLIENT_THREADS);
        try {
            List<Callable<Integer>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENT_THREADS; i++) {
                clients.add(() -> cycles(address, CYCLES / CLIENT_THREADS));
            }
            int echoed = 0;
            for (Future<Integer> client : threads.invokeAll(clients)) {
                echoed += client.get();
            }
            assertThat(echoed).isEqualTo(CYCLES);
        } finally {
            threads.shutdownNow();
        }
        server.close().sync();
        awaitAllClosed();
    }

    private static int cycles(InetSocketAddress address, int count) throws IOException {
        int echoed = 0;
        for (int i = 0; i < count; i++) {
            try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
                socket.setTcpNoDelay(true);
                socket.setSoTimeout(60_000);
                socket.getOutputStream().write(i);
                echoed += socket.getInputStream().read() == (i & 0xff) ? 1 : 0;
                if (i % 4 == 0) {
                    // Some end by a reset.
                    socket.setSoLinger(true, 0);
                }
            }
        }
        return echoed;
    }

    @Test
    void twoHundredMegabytesGoEachWay() throws Exception {
        Promise<Void> here = group.next().newPromise();
        Promise<Void> there = group.next().newPromise();
        Streamer accepted = new Streamer(1, 2, there);
        Streamer connected = new Streamer(2, 1, here);
        Channel server = server(() -> accepted);
        Channel client = client().handler(connected).connect(server.localAddress()).sync().channel();
        here.sync();
        there.sync();
        // Each side reads to the end of the other: a byte too many would still come.
        ((SocketChannel) client).shutdownOutput().sync();
        awaitAllClosed();
        assertThat(accepted.read).isEqualTo(STREAM_BYTES);
        assertThat(connected.read).isEqualTo(STREAM_BYTES);
        server.close().sync();
    }

    @Test
    void aGroupThatShutsDownInTheMiddleEndsInTime() throws Exception {
        Promise<Void> never = group.next().newPromise();
        Channel server = server(() -> new Streamer(1, 2, never));
        for (int i = 0; i < 20; i++) {
            client().handler(new Streamer(2, 1, group.next().newPromise())).connect(server.localAddress()).sync();
        }
        Thread.sleep(500);
        assertThat(group.shutdownGracefully(0, 10, TimeUnit.SECONDS).await(60, TimeUnit.SECONDS)).isTrue();
        // What a loop that ends with a quiet period of 0 could not tell its handlers any more.
        open.set(0);
    }

    private Channel server(Supplier<ChannelHandler> handlers) throws Exception {
        return new ServerBootstrap().group(group).channel(IocpServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, 1024).option(ChannelOption.ALLOCATOR, allocator)
                .childOption(ChannelOption.ALLOCATOR, allocator).childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(handlers.get());
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0).sync().channel();
    }

    private Bootstrap client() {
        return new Bootstrap().group(group).channel(IocpSocketChannel.class)
                .option(ChannelOption.ALLOCATOR, allocator);
    }

    private void awaitAllClosed() throws Exception {
        WindowsTestSupport.await("all connections are closed", () -> open.get() == 0);
    }

    /** Counts the connections that are open. */
    private class Counting extends ChannelInboundHandlerAdapter {

        @Override
        public void channelActive(ChannelHandlerContext ctx) throws Exception {
            open.incrementAndGet();
            super.channelActive(ctx);
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) throws Exception {
            open.decrementAndGet();
            super.channelInactive(ctx);
        }
    }

    private final class Echo extends Counting {

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            writes.add(ctx.writeAndFlush(message));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            // A client that ends by a reset.
            ctx.close();
        }
    }

    /** Sends bytes of a seed and compares what comes back. */
    private final class EchoClient extends Counting {

        static final Object START = new Object();

        private final Random expected;
        private final Random sent;
        private final Promise<Void> done;
        private int left;

        EchoClient(int seed, int bytes, Promise<Void> done) {
            expected = new Random(seed);
            sent = new Random(seed);
            left = bytes;
            this.done = done;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event == START) {
                writes.add(ctx.writeAndFlush(random(ctx, sent, left)));
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf buffer = (ByteBuf) message;
            try {
                left -= buffer.readableBytes();
                while (buffer.isReadable()) {
                    if (buffer.readByte() != (byte) expected.nextInt()) {
                        done.tryFailure(new AssertionError("a byte came back changed"));
                    }
                }
            } finally {
                buffer.release();
            }
            if (left == 0) {
                done.trySuccess(null);
                ctx.close();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            done.tryFailure(cause);
            ctx.close();
        }
    }

    private static ByteBuf random(ChannelHandlerContext ctx, Random random, int bytes) {
        ByteBuf buffer = ctx.alloc().buffer(bytes);
        for (int i = 0; i < bytes; i++) {
            buffer.writeByte(random.nextInt());
        }
        return buffer;
    }

    /** Sends a stream in chunks of random size and kind, while it reads another with autoRead toggled at random. */
    private final class Streamer extends Counting {

        private static final int PATTERN = 1 << 20;

        private final Random random;
        private final byte[] outbound;
        private final byte[] inbound;
        private final Promise<Void> done;
        private long sent;
        private long read;

        Streamer(int seed, int peerSeed, Promise<Void> done) {
            random = new Random(seed);
            outbound = pattern(seed);
            inbound = pattern(peerSeed);
            this.done = done;
        }

        private byte[] pattern(int seed) {
            byte[] bytes = new byte[2 * PATTERN];
            new Random(seed).nextBytes(bytes);
            System.arraycopy(bytes, 0, bytes, PATTERN, PATTERN);
            return bytes;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) throws Exception {
            super.channelActive(ctx);
            send(ctx);
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            send(ctx);
        }

        private void send(ChannelHandlerContext ctx) {
            while (sent < STREAM_BYTES && ctx.channel().isWritable()) {
                if (random.nextInt(6) == 0) {
                    writes.add(ctx.write(Unpooled.EMPTY_BUFFER));
                }
                int bytes = (int) Math.min(random.nextInt(100_000), STREAM_BYTES - sent);
                writes.add(ctx.write(chunk(ctx, (int) (sent % PATTERN), Math.min(bytes, PATTERN))));
                sent += bytes;
                ctx.flush();
            }
        }

        private ByteBuf chunk(ChannelHandlerContext ctx, int from, int bytes) {
            switch (random.nextInt(5)) {
                case 0:
                    return Unpooled.wrappedBuffer(outbound, from, bytes);
                case 1:
                    return Unpooled.wrappedBuffer(outbound, from, bytes).asReadOnly();
                case 2:
                    CompositeByteBuf composite = ctx.alloc().compositeDirectBuffer();
                    composite.addComponent(true, ctx.alloc().directBuffer().writeBytes(outbound, from, bytes / 2));
                    composite.addComponent(true, Unpooled.EMPTY_BUFFER);
                    return composite.addComponent(true,
                            ctx.alloc().directBuffer().writeBytes(outbound, from + bytes / 2, bytes - bytes / 2));
                default:
                    return ctx.alloc().directBuffer(Math.max(bytes, 1)).writeBytes(outbound, from, bytes);
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf buffer = (ByteBuf) message;
            byte[] bytes = new byte[buffer.readableBytes()];
            buffer.readBytes(bytes);
            buffer.release();
            for (int at = 0; at < bytes.length;) {
                int from = (int) (read % PATTERN);
                int length = Math.min(bytes.length - at, PATTERN);
                if (!Arrays.equals(bytes, at, at + length, inbound, from, from + length)) {
                    done.tryFailure(new AssertionError("wrong bytes after " + read));
                    ctx.close();
                    return;
                }
                read += length;
                at += length;
            }
            if (read >= STREAM_BYTES) {
                done.trySuccess(null);
            } else if (random.nextInt(50) == 0) {
                ctx.channel().config().setAutoRead(false);
                ctx.executor().schedule(() -> ctx.channel().config().setAutoRead(true), random.nextInt(3),
                        TimeUnit.MILLISECONDS);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            done.tryFailure(cause);
            ctx.close();
        }
    }
}
