/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.IocpIoHandlerConfig;
import io.github.nettyiocp.channel.IocpServerSocketChannel;
import io.github.nettyiocp.channel.IocpSocketChannel;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.concurrent.AutoScalingEventExecutorChooserFactory;
import io.netty.util.concurrent.Promise;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import static org.assertj.core.api.Assertions.assertThat;

/** Connections that come and go in all ways, with counters of promises, bytes of buffers, operations and handles. */
@Timeout(240)
class ChurnOnWindowsTest {

    private static final int SLOW_BYTES = 8 << 20;
    private static final int CHUNK = 16 * 1024;
    private static final int HIGH_WATER_MARK = 128 * 1024;
    private static final int RESETTING_CLIENTS = 200;
    private static final int WAVES = 4;
    private static final int WAVE = 30;

    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
    private final AtomicLong writes = new AtomicLong();
    private final AtomicLong outcomes = new AtomicLong();
    private IocpEventLoopGroup group;

    @AfterEach
    void nothingIsLeftOver() {
        WindowsTestSupport.shutDown(group);
        assertThat(outcomes).as("promises with an outcome").hasValue(writes.get());
        assertThat(allocator.metric().usedDirectMemory()).as("bytes of buffers").isZero();
        assertThat(allocator.metric().usedHeapMemory()).as("bytes of buffers").isZero();
    }

    private ChannelFuture write(Channel channel, ByteBuf buffer) {
        writes.incrementAndGet();
        return channel.writeAndFlush(buffer).addListener(future -> outcomes.incrementAndGet());
    }

    private static byte at(long position) {
        return (byte) (position * 31 + (position >> 13));
    }

    private ByteBuf chunk(long from, int length) {
        ByteBuf buffer = allocator.directBuffer(length);
        for (int i = 0; i < length; i++) {
            buffer.writeByte(at(from + i));
        }
        return buffer;
    }

    private Channel server(ChannelInboundHandlerAdapter handler) throws InterruptedException {
        return new ServerBootstrap().group(group).channel(IocpServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, 1024).option(ChannelOption.ALLOCATOR, allocator)
                .childOption(ChannelOption.ALLOCATOR, allocator).childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(handler);
                    }
                }).bind(TcpFixture.LOOPBACK, 0).sync().channel();
    }

    private Bootstrap client(ChannelInboundHandlerAdapter handler) {
        return new Bootstrap().group(group).channel(IocpSocketChannel.class).option(ChannelOption.ALLOCATOR, allocator)
                .handler(handler);
    }

    /** Sends back what comes; a connection that is reset ends. */
    @Sharable
    private final class Echo extends ChannelInboundHandlerAdapter {

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            write(context.channel(), (ByteBuf) message);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }

    /** Compares what comes with the pattern, up to a number of bytes. */
    private static final class Checker extends ChannelInboundHandlerAdapter {

        private final long expected;
        private final Promise<Void> done;
        private long read;

        Checker(long expected, Promise<Void> done) {
            this.expected = expected;
            this.done = done;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf buffer = (ByteBuf) message;
            while (buffer.isReadable()) {
                if (buffer.readByte() != at(read++)) {
                    done.tryFailure(new AssertionError("a wrong byte at " + (read - 1)));
                }
            }
            buffer.release();
            if (read == expected) {
                done.trySuccess(null);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            done.tryFailure(cause);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            done.tryFailure(new AssertionError("ended after " + read + " bytes of " + expected));
        }
    }

    @Test
    void aSlowReaderHoldsAFastWriterAtItsWaterMark() throws Exception {
        group = new IocpEventLoopGroup(2);
        Promise<Void> done = group.next().newPromise();
        // Nothing is read before the writer is at its mark, or a slow writer never would be.
        Promise<Void> full = group.next().newPromise();
        Checker checker = new Checker(SLOW_BYTES, done);
        Channel server = server(new ChannelInboundHandlerAdapter() {
            @Override
            public void handlerAdded(ChannelHandlerContext context) {
                context.channel().config().setAutoRead(false);
                context.pipeline().addLast(checker);
                // Now and then, as somebody who is busy does.
                full.addListener(mark -> context.executor().scheduleAtFixedRate(context::read, 1, 1,
                        TimeUnit.MILLISECONDS));
            }
        });
        AtomicLong most = new AtomicLong();
        Channel writer = client(new ChannelInboundHandlerAdapter() {
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
                while (sent < SLOW_BYTES && context.channel().isWritable()) {
                    long from = sent;
                    sent += CHUNK;
                    write(context.channel(), chunk(from, CHUNK));
                    most.accumulateAndGet(context.channel().unsafe().outboundBuffer().totalPendingWriteBytes(),
                            Math::max);
                }
                full.trySuccess(null);
            }
        }).option(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(HIGH_WATER_MARK / 2, HIGH_WATER_MARK))
                .connect(server.localAddress()).sync().channel();
        done.sync();
        // One message more than the mark, with what Netty counts beside its bytes.
        assertThat(most.get()).isBetween((long) HIGH_WATER_MARK, HIGH_WATER_MARK + 2L * CHUNK);
        writer.close().sync();
        server.close().sync();
    }

    @Test
    void clientsThatResetAtRandomHarmNobodyElse() throws Exception {
        group = new IocpEventLoopGroup(2);
        Random random = new Random(42);
        Channel server = server(new Echo());
        int handles = WindowsTestSupport.handles();
        Promise<Void> done = group.next().newPromise();
        Channel steady = client(new Checker(RESETTING_CLIENTS * 100L, done)).connect(server.localAddress()).sync()
                .channel();
        for (int i = 0; i < RESETTING_CLIENTS; i++) {
            write(steady, chunk(i * 100L, 100));
            Channel client = client(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext context, Object message) {
                    ((ByteBuf) message).release();
                    if (random.nextInt(3) == 0) {
                        context.close();
                    }
                }

                @Override
                public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                    context.close();
                }
            }).option(ChannelOption.SO_LINGER, random.nextInt(4) == 0 ? -1 : 0).connect(server.localAddress()).sync()
                    .channel();
            for (int message = random.nextInt(4); message > 0; message--) {
                write(client, chunk(0, 1 + random.nextInt(100_000)));
            }
            client.close().sync();
        }
        done.sync();
        steady.close().sync();
        server.close().sync();
        WindowsTestSupport.assertNoMoreHandlesThan(handles, 20);
    }

    @Test
    void loopsThatSuspendAndScaleLoseNothing() throws Exception {
        group = new IocpEventLoopGroup(4, null, new AutoScalingEventExecutorChooserFactory(1, 4, 50,
                TimeUnit.MILLISECONDS, 0.1, 0.4, 4, 4, 1), new IocpIoHandlerConfig());
        Channel server = server(new Echo());
        for (int wave = 0; wave < WAVES; wave++) {
            List<Channel> clients = new ArrayList<>();
            List<Promise<Void>> done = new ArrayList<>();
            for (int i = 0; i < WAVE; i++) {
                Promise<Void> promise = server.eventLoop().newPromise();
                done.add(promise);
                Channel client = client(new Checker(4L * CHUNK, promise)).connect(server.localAddress()).sync()
                        .channel();
                clients.add(client);
                for (int part = 0; part < 4; part++) {
                    write(client, chunk((long) part * CHUNK, CHUNK));
                }
            }
            for (Promise<Void> promise : done) {
                promise.sync();
            }
            for (Channel client : clients) {
                client.close().sync();
            }
            WindowsTestSupport.await("a loop is suspended", () -> WindowsTestSupport.suspended(group) > 0);
        }
        server.close().sync();
    }
}
