/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import io.github.nettyiocp.Iocp;
import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.IocpMetrics;
import io.github.nettyiocp.channel.IocpServerSocketChannel;
import io.github.nettyiocp.channel.IocpSocketChannel;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import java.util.zip.CRC32;

/**
 * An echo server on I/O completion ports, and three clients that send it data and compare what comes back: one on
 * completion ports too, one on NIO, and a plain {@link Socket}.
 */
public final class EchoExample {

    private static final int SMALL = 64;
    private static final int SMALL_COUNT = 1000;
    private static final int[] LARGER = { 1, 1_000, 16_384, 65_536, 1_000_000, 4_000_000 };
    private static final int TIMEOUT_SECONDS = 20;

    private EchoExample() {
    }

    /** Runs the server and the clients. The exit code is 1 if anything is not as it was sent. */
    public static void main(String[] args) {
        if (!Iocp.isAvailable()) {
            System.err.println("Cannot run: " + Iocp.unavailabilityCause().getMessage());
            System.exit(1);
        }
        System.out.println("Echo on " + Iocp.featureString() + ", Java " + Runtime.version());
        IocpEventLoopGroup serverGroup = new IocpEventLoopGroup(1);
        IocpEventLoopGroup iocpGroup = new IocpEventLoopGroup(1);
        EventLoopGroup nioGroup = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        int exitCode = 0;
        try {
            run(serverGroup, iocpGroup, nioGroup);
        } catch (Exception cause) {
            System.err.println("FAILED: " + cause);
            cause.printStackTrace();
            exitCode = 1;
        } finally {
            for (EventLoopGroup group : new EventLoopGroup[] { nioGroup, iocpGroup, serverGroup }) {
                group.shutdownGracefully(0, TIMEOUT_SECONDS, TimeUnit.SECONDS).syncUninterruptibly();
            }
        }
        System.exit(exitCode);
    }

    private static void run(IocpEventLoopGroup serverGroup, EventLoopGroup iocpGroup, EventLoopGroup nioGroup)
            throws Exception {
        EchoHandler echo = new EchoHandler();
        Channel server = new ServerBootstrap().group(serverGroup).channel(IocpServerSocketChannel.class)
                .childHandler(echo).bind(InetAddress.getLoopbackAddress(), 0).sync().channel();
        InetSocketAddress address = (InetSocketAddress) server.localAddress();
        System.out.println("Server:  " + server.getClass().getSimpleName() + " on " + address);

        long sent = 0;
        try (EchoClient client = new NettyClient(iocpGroup, IocpSocketChannel.class, address)) {
            sent += exchange(client, serverGroup);
        }
        try (EchoClient client = new NettyClient(nioGroup, NioSocketChannel.class, address)) {
            sent += exchange(client, serverGroup);
        }
        try (EchoClient client = new PlainClient(address)) {
            sent += exchange(client, serverGroup);
        }

        server.close().sync();
        System.out.printf("%nThe server echoed %,d bytes on 3 connections; all came back as they were sent.%n",
                echo.bytes.sum());
        if (echo.bytes.sum() != sent) {
            throw new IOException("the clients sent " + sent + " bytes");
        }
    }

    /** Sends messages and compares what comes back; returns how many bytes that were. */
    private static long exchange(EchoClient client, IocpEventLoopGroup serverGroup) throws Exception {
        System.out.printf("%nClient:  %s from %s%n", client.transport(), client.localAddress());
        Random random = new Random(SMALL);
        CRC32 sum = new CRC32();
        long bytes = 0;

        IocpMetrics before = serverGroup.metrics();
        for (int i = 0; i < SMALL_COUNT; i++) {
            bytes += roundTrip(client, SMALL, random, sum);
        }
        System.out.printf("  %,d round trips of %d bytes; the server made for each%n    %s%n", SMALL_COUNT, SMALL,
                callsPerRoundTrip(serverGroup.metrics().minus(before)));

        for (int size : LARGER) {
            bytes += roundTrip(client, size, random, sum);
        }
        System.out.printf("  %d of 1 to %,d bytes; in all %,d bytes there and back unchanged, CRC-32 %08x%n",
                LARGER.length, LARGER[LARGER.length - 1], bytes, sum.getValue());
        return bytes;
    }

    /** The server's loop has no other work: what it calls is for the round trips, or for the accept before them. */
    private static String callsPerRoundTrip(IocpMetrics counted) {
        String functions = counted.calls().entrySet().stream().filter(call -> call.getValue() >= SMALL_COUNT / 10)
                .sorted(Map.Entry.comparingByKey())
                .map(call -> String.format("%s %.2f", call.getKey(), (double) call.getValue() / SMALL_COUNT))
                .collect(Collectors.joining(", "));
        return String.format("%.2f native calls (%s)", (double) counted.totalCalls() / SMALL_COUNT, functions);
    }

    private static int roundTrip(EchoClient client, int size, Random random, CRC32 sum) throws Exception {
        byte[] message = new byte[size];
        random.nextBytes(message);
        byte[] answer = client.roundTrip(message);
        int mismatch = Arrays.mismatch(message, answer);
        if (mismatch >= 0) {
            throw new IOException(client.transport() + ": byte " + mismatch + " of " + size + " came back changed");
        }
        sum.update(answer);
        return size;
    }

    /** The whole server. */
    @ChannelHandler.Sharable
    private static final class EchoHandler extends ChannelInboundHandlerAdapter {

        private final LongAdder bytes = new LongAdder();

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            bytes.add(((ByteBuf) message).readableBytes());
            context.write(message, context.voidPromise());
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }
    }

    /** One connection that sends a message and waits until as many bytes have come back. */
    private interface EchoClient extends AutoCloseable {

        String transport();

        SocketAddress localAddress();

        byte[] roundTrip(byte[] message) throws Exception;

        @Override
        void close() throws IOException;
    }

    private static final class NettyClient extends SimpleChannelInboundHandler<ByteBuf> implements EchoClient {

        /** What is received after the last part. */
        private static final byte[] END = {};

        private final BlockingQueue<byte[]> received = new LinkedBlockingQueue<>();
        private final Channel channel;

        NettyClient(EventLoopGroup group, Class<? extends SocketChannel> type, SocketAddress server)
                throws InterruptedException {
            channel = new Bootstrap().group(group).channel(type).handler(this).connect(server).sync().channel();
        }

        @Override
        public String transport() {
            return channel.getClass().getSimpleName();
        }

        @Override
        public SocketAddress localAddress() {
            return channel.localAddress();
        }

        @Override
        public byte[] roundTrip(byte[] message) throws Exception {
            channel.writeAndFlush(Unpooled.wrappedBuffer(message));
            byte[] answer = new byte[message.length];
            for (int length = 0; length < answer.length;) {
                byte[] part = received.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS);
                if (part == null || part.length == 0) {
                    throw new EOFException((part == null ? "nothing came for " + TIMEOUT_SECONDS + " s"
                            : "the connection ended") + " after " + length + " of " + answer.length + " bytes");
                }
                System.arraycopy(part, 0, answer, length, part.length);
                length += part.length;
            }
            return answer;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf part) {
            received.add(ByteBufUtil.getBytes(part));
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            received.add(END);
        }

        @Override
        public void close() {
            channel.close().syncUninterruptibly();
        }
    }

    private static final class PlainClient implements EchoClient {

        private final Socket socket;

        PlainClient(InetSocketAddress server) throws IOException {
            socket = new Socket(server.getAddress(), server.getPort());
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(TIMEOUT_SECONDS));
        }

        @Override
        public String transport() {
            return "java.net.Socket";
        }

        @Override
        public SocketAddress localAddress() {
            return socket.getLocalSocketAddress();
        }

        @Override
        public byte[] roundTrip(byte[] message) throws IOException {
            socket.getOutputStream().write(message);
            byte[] answer = new byte[message.length];
            new DataInputStream(socket.getInputStream()).readFully(answer);
            return answer;
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
