/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.IocpIoHandlerConfig;
import io.github.nettyiocp.IocpMetrics;
import io.github.nettyiocp.channel.IocpServerSocketChannel;
import io.github.nettyiocp.channel.IocpSocketChannel;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.concurrent.AutoScalingEventExecutorChooserFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

import static io.github.nettyiocp.testsuite.windows.WindowsTestSupport.await;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Many connections that echo, a slow reader before a fast writer, clients that come, reset and go, on loops that
 * suspend and scale; and in the middle of it the group is shut down. {@code -Diocp.load.connections=2000} for the full
 * size.
 */
@Timeout(600)
class EverythingAtOnceOnWindowsTest {

    private static final int CONNECTIONS = Integer.getInteger("iocp.load.connections", 50);
    private static final int ROUNDS = 10;
    private static final int COMERS = 2;
    private static final int COMINGS = 15;
    private static final int CHUNK = 4 * 1024;
    private static final int SLOW_BYTES = 1 << 19;
    private static final int HIGH_WATER_MARK = 128 * 1024;

    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
    private final Queue<ChannelFuture> writes = new ConcurrentLinkedQueue<>();
    private final Queue<Channel> channels = new ConcurrentLinkedQueue<>();
    private final Queue<Throwable> wrong = new ConcurrentLinkedQueue<>();
    private final AtomicLong echoed = new AtomicLong();
    private final AtomicLong readSlowly = new AtomicLong();
    private final AtomicLong mostPending = new AtomicLong();
    private final AtomicInteger cameAndWent = new AtomicInteger();
    private volatile boolean ending;
    private IocpEventLoopGroup group;

    @Test
    void aGroupThatIsShutDownInTheMiddleOfEverythingLosesNothing() throws Exception {
        int handles = WindowsTestSupport.handles();
        group = new IocpEventLoopGroup(4, null, new AutoScalingEventExecutorChooserFactory(1, 4, 50,
                TimeUnit.MILLISECONDS, 0.1, 0.4, 4, 4, 1), new IocpIoHandlerConfig());
        SocketAddress echo = server(Echo::new);
        SocketAddress slow = server(SlowReader::new);
        connect(slow, new FastWriter());
        for (int i = 0; i < CONNECTIONS; i++) {
            connect(echo, new EchoClient());
        }
        List<Thread> comers = new ArrayList<>();
        for (int i = 0; i < COMERS; i++) {
            Random random = new Random(i);
            comers.add(new Thread(() -> comeAndGo(echo, random), "comer " + i));
        }
        comers.forEach(Thread::start);
        // As long as it takes, or the test may.
        while (wrong.isEmpty() && (echoed.get() < (long) CONNECTIONS * ROUNDS
                || cameAndWent.get() < COMERS * COMINGS || readSlowly.get() < SLOW_BYTES)) {
            Thread.sleep(10);
        }

        ending = true;
        assertThat(group.shutdownGracefully(0, 60, TimeUnit.SECONDS).await(120, TimeUnit.SECONDS)).isTrue();
        for (Thread comer : comers) {
            comer.join();
        }

        assertThat(wrong).isEmpty();
        assertThat(mostPending.get()).isBetween((long) HIGH_WATER_MARK, HIGH_WATER_MARK + 2L * CHUNK);
        assertThat(writes).allMatch(ChannelFuture::isDone);
        assertThat(channels).noneMatch(Channel::isOpen);
        IocpMetrics metrics = group.metrics();
        assertThat(metrics.outstanding()).as("operations in flight").isZero();
        assertThat(metrics.leakedOperations()).as("operations that the kernel kept").isZero();
        assertThat(metrics.stalePackets()).as("stale packets").isZero();
        assertThat(metrics.foreignPackets()).as("foreign packets").isZero();
        await("all buffers are released", () -> allocator.metric().usedDirectMemory() == 0
                && allocator.metric().usedHeapMemory() == 0);
        WindowsTestSupport.assertNoMoreHandlesThan(handles, 20);
        WindowsTestSupport.print("everything at once: %d connections, %d echoes, %d came and went, %d writes",
                CONNECTIONS, echoed.get(), cameAndWent.get(), writes.size());
    }

    private SocketAddress server(Supplier<ChannelHandler> handlers) throws InterruptedException {
        Channel server = new ServerBootstrap().group(group).channel(IocpServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, 1024).option(ChannelOption.ALLOCATOR, allocator)
                .childOption(ChannelOption.ALLOCATOR, allocator).childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channels.add(channel);
                        channel.pipeline().addLast(handlers.get());
                    }
                }).bind(TcpFixture.LOOPBACK, 0).sync().channel();
        channels.add(server);
        return server.localAddress();
    }

    private Bootstrap client(ChannelHandler handler) {
        return new Bootstrap().group(group).channel(IocpSocketChannel.class).option(ChannelOption.ALLOCATOR, allocator)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(HIGH_WATER_MARK / 2, HIGH_WATER_MARK)).handler(handler);
    }

    private Channel connect(SocketAddress address, ChannelHandler handler) throws InterruptedException {
        Channel channel = client(handler).connect(address).sync().channel();
        channels.add(channel);
        return channel;
    }

    /** Connects, writes, and closes or resets, again and again. */
    private void comeAndGo(SocketAddress address, Random random) {
        while (!ending) {
            ChannelFuture connected = client(new Ignorer()).option(ChannelOption.SO_LINGER,
                    random.nextInt(3) == 0 ? -1 : 0).connect(address);
            channels.add(connected.channel());
            if (connected.awaitUninterruptibly().isSuccess()) {
                for (int message = random.nextInt(4); message > 0; message--) {
                    write(connected.channel(), 0, 1 + random.nextInt(50_000));
                }
                connected.channel().close().awaitUninterruptibly(60_000);
                cameAndWent.incrementAndGet();
            } else if (!ending) {
                wrong.add(connected.cause());
            }
        }
    }

    private void write(Channel channel, long from, int length) {
        ByteBuf buffer = allocator.directBuffer(length);
        for (int i = 0; i < length; i++) {
            buffer.writeByte(at(from + i));
        }
        writes.add(channel.writeAndFlush(buffer));
    }

    private static byte at(long position) {
        return (byte) (position * 31 + (position >> 13));
    }

    private final class Echo extends ChannelInboundHandlerAdapter {

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            writes.add(context.writeAndFlush(message));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            // A client that resets.
            context.close();
        }
    }

    private static final class Ignorer extends ChannelInboundHandlerAdapter {

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ((ByteBuf) message).release();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }

    /** Compares what comes with the pattern. */
    private class Checker extends ChannelInboundHandlerAdapter {

        private long read;

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf buffer = (ByteBuf) message;
            while (buffer.isReadable()) {
                if (buffer.readByte() != at(read++)) {
                    wrong.add(new AssertionError("a wrong byte at " + (read - 1)));
                }
            }
            buffer.release();
            hasRead(context, read);
        }

        void hasRead(ChannelHandlerContext context, long total) {
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (!ending) {
                wrong.add(cause);
            }
            context.close();
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (!ending) {
                wrong.add(new AssertionError(context.channel() + " ended after " + read + " bytes"));
            }
        }
    }

    /** Sends a chunk whenever the last one came back. */
    private final class EchoClient extends Checker {

        private long sent;

        @Override
        public void channelActive(ChannelHandlerContext context) {
            sendNext(context);
        }

        private void sendNext(ChannelHandlerContext context) {
            long from = sent;
            sent += CHUNK;
            write(context.channel(), from, CHUNK);
        }

        @Override
        void hasRead(ChannelHandlerContext context, long total) {
            if (total == sent) {
                echoed.incrementAndGet();
                sendNext(context);
            }
        }
    }

    private final class SlowReader extends Checker {

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            context.channel().config().setAutoRead(false);
            context.executor().scheduleAtFixedRate(context::read, 1, 1, TimeUnit.MILLISECONDS);
        }

        @Override
        void hasRead(ChannelHandlerContext context, long total) {
            readSlowly.set(total);
        }
    }

    /** Sends as long as the channel is writable. */
    private final class FastWriter extends Checker {

        private long sent;

        @Override
        public void channelActive(ChannelHandlerContext context) {
            fill(context);
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            fill(context);
        }

        private void fill(ChannelHandlerContext context) {
            Channel channel = context.channel();
            while (channel.isActive() && channel.isWritable()) {
                long from = sent;
                sent += CHUNK;
                write(channel, from, CHUNK);
                if (channel.unsafe().outboundBuffer() != null) {
                    mostPending.accumulateAndGet(channel.unsafe().outboundBuffer().totalPendingWriteBytes(), Math::max);
                }
            }
        }
    }
}
