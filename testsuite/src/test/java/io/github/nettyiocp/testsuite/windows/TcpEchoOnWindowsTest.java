/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.testsuite.windows.TcpFixture.Mode;
import io.github.nettyiocp.testsuite.windows.TcpFixture.Server;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;

import static org.assertj.core.api.Assertions.assertThat;

/** Much data there and back, in pieces of all sizes, while both sides stop reading now and then. */
@Timeout(240)
class TcpEchoOnWindowsTest {

    private static final int SIZE = 20 << 20;
    private static final long SEED = 42;

    @ParameterizedTest
    @CsvSource({ "DEFAULT, IOCP", "ZERO_BYTE, IOCP", "NO_SKIP, IOCP", "DEFAULT, NIO", "ZERO_BYTE, NIO", "NO_SKIP, NIO",
        "DEFAULT, SOCKET", "ZERO_BYTE, SOCKET", "NO_SKIP, SOCKET" })
    void whatIsSentComesBackUnchanged(Mode mode, String peer) throws Exception {
        long start = System.nanoTime();
        try (TcpFixture fixture = new TcpFixture(mode, 2)) {
            Server server = fixture.server(fixture.group, Map.of(), Map.of(), new TogglingEcho());
            long received = switch (peer) {
                case "IOCP" -> echo(fixture.client(), server);
                case "NIO" -> {
                    EventLoopGroup nio = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
                    try {
                        yield echo(new Bootstrap().group(nio).channel(NioSocketChannel.class), server);
                    } finally {
                        nio.shutdownGracefully(0, 10, TimeUnit.SECONDS).await();
                    }
                }
                default -> echo(fixture.socket(server.address()));
            };
            assertThat(received).isEqualTo(checksum());
            TcpRecorder recorder = server.next();
            recorder.awaitInactive();
            assertThat(recorder.exceptions).isEmpty();
        }
        WindowsTestSupport.print("20 MB echo, %s, peer %s: %d ms", mode, peer,
                (System.nanoTime() - start) / 1_000_000);
    }

    private static long checksum() {
        CRC32 sum = new CRC32();
        Random random = new Random(SEED);
        byte[] block = new byte[1 << 16];
        for (int sent = 0; sent < SIZE; sent += block.length) {
            random.nextBytes(block);
            sum.update(block);
        }
        return sum.getValue();
    }

    private static long echo(Socket socket) throws Exception {
        CompletableFuture<Long> received = CompletableFuture.supplyAsync(() -> {
            try {
                CRC32 sum = new CRC32();
                InputStream in = socket.getInputStream();
                Random sizes = new Random(1);
                byte[] buffer = new byte[1 << 17];
                for (int count = 0; count < SIZE;) {
                    int bytes = in.read(buffer, 0, 1 + sizes.nextInt(buffer.length));
                    if (bytes < 0) {
                        throw new AssertionError("the end after " + count);
                    }
                    sum.update(buffer, 0, bytes);
                    count += bytes;
                }
                return sum.getValue();
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        OutputStream out = socket.getOutputStream();
        Random random = new Random(SEED);
        Random sizes = new Random(2);
        byte[] block = new byte[1 << 16];
        for (int sent = 0; sent < SIZE; sent += block.length) {
            random.nextBytes(block);
            for (int offset = 0; offset < block.length;) {
                int size = Math.min(1 + sizes.nextInt(1 << 16), block.length - offset);
                out.write(block, offset, size);
                offset += size;
            }
        }
        long sum = received.get(60, TimeUnit.SECONDS);
        socket.close();
        return sum;
    }

    private static long echo(Bootstrap bootstrap, Server server) throws Exception {
        CRC32 sum = new CRC32();
        CountDownLatch done = new CountDownLatch(1);
        List<Throwable> exceptions = new java.util.concurrent.CopyOnWriteArrayList<>();
        Channel channel = bootstrap.handler(new ChannelInboundHandlerAdapter() {
            private final Random random = new Random(SEED);
            private final Random sizes = new Random(3);
            private final byte[] block = new byte[1 << 16];
            private int sent;
            private int received;

            @Override
            public void channelActive(ChannelHandlerContext context) {
                send(context);
            }

            @Override
            public void channelWritabilityChanged(ChannelHandlerContext context) {
                send(context);
            }

            private void send(ChannelHandlerContext context) {
                while (sent < SIZE && context.channel().isWritable()) {
                    random.nextBytes(block);
                    sent += block.length;
                    for (int offset = 0; offset < block.length;) {
                        int size = Math.min(1 + sizes.nextInt(1 << 15), block.length - offset);
                        context.write(context.alloc().buffer(size).writeBytes(block, offset, size),
                                context.voidPromise());
                        offset += size;
                    }
                    context.flush();
                }
            }

            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                ByteBuf buffer = (ByteBuf) message;
                received += buffer.readableBytes();
                sum.update(buffer.nioBuffer());
                buffer.release();
                toggle(context, sizes);
                if (received == SIZE) {
                    done.countDown();
                }
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                exceptions.add(cause);
            }
        }).connect(server.address()).sync().channel();
        assertThat(done.await(60, TimeUnit.SECONDS)).as("all came back: " + exceptions).isTrue();
        channel.close().sync();
        assertThat(exceptions).isEmpty();
        return sum.getValue();
    }

    /** Stops reading at times, and goes on a little later. */
    private static void toggle(ChannelHandlerContext context, Random random) {
        switch (random.nextInt(40)) {
            case 0 -> {
                context.channel().config().setAutoRead(false);
                context.executor().execute(() -> context.channel().config().setAutoRead(true));
            }
            case 1 -> {
                context.channel().config().setAutoRead(false);
                context.executor().schedule(() -> {
                    context.channel().config().setAutoRead(true);
                }, random.nextInt(3), TimeUnit.MILLISECONDS);
            }
            case 2 -> {
                context.channel().config().setAutoRead(false);
                context.channel().config().setAutoRead(true);
            }
            default -> {
                return;
            }
        }
    }

    /** Writes back, but no faster than the peer reads. */
    @io.netty.channel.ChannelHandler.Sharable
    private static final class TogglingEcho extends ChannelInboundHandlerAdapter {

        private final Random random = new Random(4);

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.write(message, context.voidPromise());
            if (context.channel().isWritable()) {
                toggle(context, random);
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
            if (!context.channel().isWritable()) {
                context.channel().config().setAutoRead(false);
            }
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            if (context.channel().isWritable()) {
                context.channel().config().setAutoRead(true);
            }
        }
    }
}
