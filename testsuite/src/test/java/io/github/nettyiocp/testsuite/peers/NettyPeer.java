/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.peers;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.IocpMetrics;
import io.github.nettyiocp.pipe.NamedPipeAddress;
import io.github.nettyiocp.pipe.NamedPipeChannel;
import io.github.nettyiocp.pipe.NamedPipeServerChannel;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32;

/**
 * Our channels as a program of its own, for tests in which it dies and for comparisons with others. Told what to do as
 * the other peers are. One loop, which {@code load} too runs on.
 */
final class NettyPeer {

    private final Map<String, String> options = new HashMap<>();
    private final IocpEventLoopGroup group = new IocpEventLoopGroup(1);
    private final NamedPipeAddress address;

    private NettyPeer(String pipe, String... options) {
        address = new NamedPipeAddress(pipe);
        for (String option : options) {
            String[] parts = option.split("=", 2);
            this.options.put(parts[0], parts[1]);
        }
    }

    public static void main(String[] args) throws Exception {
        ProcessHandle.current().parent().ifPresent(parent ->
                parent.onExit().thenRun(() -> Runtime.getRuntime().halt(3)));
        NettyPeer peer = new NettyPeer(args[1], Arrays.copyOfRange(args, 3, args.length));
        try {
            switch (args[0] + ' ' + args[2]) {
                case "serve echo" -> peer.echo();
                case "dial transfer" -> peer.transfer();
                case "dial load" -> peer.load();
                default -> throw new IllegalArgumentException(args[0] + ' ' + args[2]);
            }
            mark("DONE");
            System.exit(0);
        } catch (Throwable e) {
            mark("ERROR " + e);
            System.exit(1);
        }
    }

    private static void mark(String mark) {
        System.out.println(mark);
        System.out.flush();
    }

    private int number(String name, int otherwise) {
        String value = options.get(name);
        return value == null ? otherwise : Integer.parseInt(value);
    }

    private static void die() {
        mark("DYING");
        Runtime.getRuntime().halt(9);
    }

    // ---- echo

    private void echo() throws InterruptedException {
        Channel server = new ServerBootstrap().group(group).channel(NamedPipeServerChannel.class)
                .childHandler(new Echo()).bind(address).sync().channel();
        mark("LISTENING");
        server.closeFuture().sync();
    }

    @Sharable
    private final class Echo extends ChannelInboundHandlerAdapter {

        private final int dieAfter = number("die-after", Integer.MAX_VALUE);
        private int open;
        private long reads;
        private long echoed;
        private IocpMetrics before = group.metrics();

        @Override
        public void channelActive(ChannelHandlerContext context) {
            open++;
            mark("ACCEPTED");
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            reads++;
            int size = ((ByteBuf) message).readableBytes();
            if (dieAfter == Integer.MAX_VALUE) {
                context.writeAndFlush(message, context.voidPromise());
                return;
            }
            context.writeAndFlush(message).addListener(written -> {
                echoed += size;
                if (echoed >= dieAfter) {
                    die();
                }
            });
        }

        /** Tells, when the last connection has gone, what was called for all that came since the time before. */
        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (--open == 0) {
                IocpMetrics now = group.metrics();
                mark(String.format(Locale.ROOT, "CALLS %.3f a read, %d reads", reads == 0 ? 0
                        : (double) now.minus(before).totalCalls() / reads, reads));
                before = now;
                reads = 0;
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            mark("BROKEN " + cause.getMessage());
            context.close();
        }
    }

    // ---- transfer

    private Channel dial(ChannelInboundHandlerAdapter handler) throws InterruptedException {
        return new Bootstrap().group(group).channel(NamedPipeChannel.class).handler(handler)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, number("timeout", 10_000))
                .connect(address).sync().channel();
    }

    private void transfer() throws Exception {
        Receiver receiver = new Receiver();
        Channel channel = dial(receiver);
        mark("CONNECTED");
        byte[] all = PeerData.bytes(number("send", 0), number("seed", 1));
        int sizes = number("seed", 1) + 1;
        for (int sent = 0; sent < all.length;) {
            sizes = PeerData.next(sizes);
            int size = Math.min(1 + Integer.remainderUnsigned(sizes, number("largest", 65536)), all.length - sent);
            channel.writeAndFlush(Unpooled.wrappedBuffer(all, sent, size)).sync();
            sent += size;
            if (sent >= number("die-after-sent", Integer.MAX_VALUE)) {
                die();
            }
        }
        mark("SENT " + String.join(" ", PeerData.sum(all)));
        channel.closeFuture().sync();
    }

    /** Until the end. */
    private final class Receiver extends ChannelInboundHandlerAdapter {

        private final CRC32 sum = new CRC32();
        private int received;

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf buffer = (ByteBuf) message;
            received += buffer.readableBytes();
            sum.update(buffer.nioBuffer());
            buffer.release();
            if (received >= number("die-after", Integer.MAX_VALUE)) {
                die();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            mark("END");
            mark("RECEIVED " + String.join(" ", PeerData.sum(received, sum)));
        }
    }

    // ---- load

    private void load() throws Exception {
        List<Load> loads = new ArrayList<>();
        for (int i = 0; i < number("connections", 1); i++) {
            Load load = new Load();
            load.channel = dial(load);
            loads.add(load);
        }
        mark("CONNECTED");
        long start = System.nanoTime() + number("warmup", 0) * 1_000_000L;
        long end = start + number("millis", 1000) * 1_000_000L;
        loads.forEach(load -> load.channel.eventLoop().execute(() -> load.start(start, end)));
        TimeUnit.NANOSECONDS.sleep(start - System.nanoTime());
        IocpMetrics before = group.metrics();
        long tripsBefore = trips(loads);
        TimeUnit.NANOSECONDS.sleep(end - System.nanoTime());
        mark(String.format(Locale.ROOT, "CALLS %.3f a round trip", (double) group.metrics().minus(before).totalCalls()
                / Math.max(1, trips(loads) - tripsBefore)));
        for (Load load : loads) {
            load.channel.closeFuture().sync();
        }
        long micros = (System.nanoTime() - start) / 1000;
        mark("TRIPS " + trips(loads) + ' ' + micros + ' '
                + loads.stream().mapToLong(load -> load.trips.get()).min().orElseThrow() + ' '
                + loads.stream().mapToLong(load -> load.trips.get()).max().orElseThrow());
    }

    private static long trips(List<Load> loads) {
        return loads.stream().mapToLong(load -> load.trips.get()).sum();
    }

    /** Round trips on one connection, and how many there were after the warm-up. */
    private final class Load extends ChannelInboundHandlerAdapter {

        private final int size = number("bytes", 64);
        private final ByteBuf message = Unpooled.directBuffer(size).writeZero(size);
        private Channel channel;
        private long start;
        private long end;
        private int received;
        private final AtomicLong trips = new AtomicLong();

        void start(long start, long end) {
            this.start = start;
            this.end = end;
            send();
        }

        private void send() {
            channel.writeAndFlush(message.retainedDuplicate(), channel.voidPromise());
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf buffer = (ByteBuf) message;
            received += buffer.readableBytes();
            buffer.release();
            if (received < size) {
                return;
            }
            received = 0;
            long now = System.nanoTime();
            if (now - start >= 0) {
                trips.incrementAndGet();
            }
            if (now - end < 0) {
                send();
            } else {
                context.close();
            }
        }
    }
}
