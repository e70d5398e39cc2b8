/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.soak;

import io.github.nettyiocp.channel.SimulatedChannels;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.BitSet;
import java.util.SplittableRandom;
import java.util.concurrent.RejectedExecutionException;

/**
 * Datagrams to a channel that sends them back: what arrives is whole, from whom it says it is, comes once. That some
 * are lost is in their nature. A channel that an error closed is replaced by the next. All but the handlers belongs to
 * the thread of the soak.
 */
final class DatagramLoad {

    private static final int CLIENTS = 4;
    private static final int HEADER = Long.BYTES + 2 * Integer.BYTES;
    private static final int LARGEST = 1900;

    private final Era era;
    private final SplittableRandom dice;
    private final EventLoopGroup servers;
    private final EventLoopGroup clients;
    private final EventLoopGroup nio;
    private final ByteBufAllocator allocator;
    private final Client[] senders = new Client[CLIENTS];
    private Channel echo;
    private long nextId;

    DatagramLoad(Era era, long seed, EventLoopGroup servers, EventLoopGroup clients, EventLoopGroup nio,
                 ByteBufAllocator allocator) {
        this.era = era;
        this.servers = servers;
        this.clients = clients;
        this.nio = nio;
        this.allocator = allocator;
        dice = new SplittableRandom(seed);
    }

    /** Sends some, of one of the clients. */
    void send() {
        if (echo == null || !echo.isActive()) {
            echo = bind(servers, new Echo());
            if (echo == null) {
                return;
            }
        }
        int index = dice.nextInt(CLIENTS);
        Client client = senders[index];
        if (client == null || !client.channel.isActive() || !client.target.equals(echo.localAddress())
                || dice.nextInt(500) == 0) {
            if (client != null) {
                client.channel.close();
            }
            client = new Client(++nextId, (InetSocketAddress) echo.localAddress());
            senders[index] = client;
            client.channel = bind(index == 0 ? nio : clients, client);
            if (client.channel == null) {
                senders[index] = null;
                return;
            }
        }
        if (client.isFull()) {
            senders[index] = null;
            client.channel.close();
        } else {
            client.send(1 + dice.nextInt(8), dice.nextLong());
        }
    }

    /** {@code null} if a fault prevented it. */
    private Channel bind(EventLoopGroup group, ChannelHandler handler) {
        Bootstrap bootstrap = new Bootstrap().group(group).handler(handler).option(ChannelOption.ALLOCATOR, allocator);
        if (group == nio) {
            bootstrap.channel(NioDatagramChannel.class);
        } else {
            bootstrap.channelFactory(() -> SimulatedChannels.datagram(era.access, null));
        }
        ChannelFuture bound = bootstrap.bind(InetAddress.getLoopbackAddress(), 0).awaitUninterruptibly();
        return bound.isSuccess() ? bound.channel() : null;
    }

    /** Ends those that are not of the era's groups. */
    void close() {
        if (senders[0] != null) {
            senders[0].channel.close().awaitUninterruptibly();
        }
    }

    private static void fill(ByteBuf buffer, long id, int number, int length) {
        SplittableRandom bytes = new SplittableRandom(id * 1_000_003 + number);
        buffer.writeLong(id).writeInt(number).writeInt(length);
        for (int i = 0; i < length; i++) {
            buffer.writeByte(bytes.nextInt());
        }
    }

    /** Sends back what comes, but for what it has no room for. */
    private static final class Echo extends SimpleChannelInboundHandler<DatagramPacket> {

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket packet) {
            if (ctx.channel().isWritable()) {
                ctx.write(new DatagramPacket(packet.content().retain(), packet.sender()));
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            ctx.flush();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            // Of one datagram: the next may come.
        }
    }

    /** Sends, and compares what comes back. All but {@link #send} belongs to the channel's loop. */
    private final class Client extends SimpleChannelInboundHandler<DatagramPacket> {

        private static final int MOST = 20_000;

        private final long id;
        private final InetSocketAddress target;
        private final BitSet back = new BitSet();
        private volatile int sent;
        Channel channel;

        Client(long id, InetSocketAddress target) {
            this.id = id;
            this.target = target;
        }

        boolean isFull() {
            return sent >= MOST;
        }

        void send(int count, long seed) {
            try {
                channel.eventLoop().execute(() -> send0(count, new SplittableRandom(seed)));
            } catch (RejectedExecutionException ended) {
                // The era ends.
                return;
            }
            era.tally.datagrams.add(count);
        }

        private void send0(int count, SplittableRandom lengths) {
            for (int i = 0; i < count && channel.isActive(); i++) {
                ByteBuf buffer = channel.alloc().directBuffer(HEADER + LARGEST);
                fill(buffer, id, sent, lengths.nextInt(LARGEST));
                // Written by the loop alone.
                int next = sent + 1;
                sent = next;
                channel.write(new DatagramPacket(buffer, target)).addListener(new ChannelFutureListener() {
                    private boolean told;

                    @Override
                    public void operationComplete(ChannelFuture future) {
                        if (told) {
                            era.tally.fail("the promise of a datagram completed twice: client " + id + " of " + era);
                        }
                        told = true;
                    }
                });
            }
            channel.flush();
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket packet) {
            ByteBuf content = packet.content();
            int length = content.readableBytes();
            if (!packet.sender().equals(target)) {
                fail("a datagram of " + packet.sender() + " instead of " + target);
            } else if (length < HEADER || content.getLong(0) != id || content.getInt(Long.BYTES + Integer.BYTES)
                    != length - HEADER) {
                fail("a datagram that was not sent: " + length + " bytes");
            } else {
                check(content, content.getInt(Long.BYTES));
            }
        }

        private void check(ByteBuf content, int number) {
            ByteBuf expected = allocator.heapBuffer(content.readableBytes());
            try {
                fill(expected, id, number, content.readableBytes() - HEADER);
                if (number < 0 || number >= sent || !expected.equals(content)) {
                    fail("a datagram with wrong bytes, number " + number + " of " + sent);
                } else if (back.get(number)) {
                    fail("datagram " + number + " came twice");
                } else {
                    back.set(number);
                    era.tally.datagramsBack.increment();
                }
            } finally {
                expected.release();
            }
        }

        private void fail(String what) {
            era.tally.fail(what + ": client " + id + " of " + era);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            // Of one datagram: the next may come.
        }
    }
}
