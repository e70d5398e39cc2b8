/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import io.github.nettyiocp.Iocp;
import io.github.nettyiocp.IocpEventLoopGroup;
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
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;

import java.lang.reflect.Modifier;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Prints the table of {@code docs/errors.md}: what goes wrong with sockets, and the exceptions that the channels of NIO
 * and of this library have for it.
 */
final class SocketErrors {

    private static final int TIMEOUT_SECONDS = 20;
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    /** The two transports in question. */
    private record Transport(EventLoopGroup group, Class<? extends SocketChannel> channel,
                             Class<? extends ServerChannel> server) {

        Bootstrap client(Seen seen) {
            return new Bootstrap().group(group).channel(channel).handler(seen);
        }

        ChannelFuture bind(SocketAddress address) {
            return new ServerBootstrap().group(group).channel(server).childHandler(new Seen()).bind(address);
        }
    }

    /** Something that goes wrong. */
    private interface Case {
        /** Gives the exception; {@code null} if there is none. */
        Throwable run(Transport transport) throws Exception;
    }

    private record Row(String what, Case test) {
    }

    private SocketErrors() {
    }

    /** Prints the table, in Markdown. */
    public static void main(String[] args) throws Exception {
        Iocp.ensureAvailability();
        List<Transport> transports = List.of(
                new Transport(new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory()), NioSocketChannel.class,
                        NioServerSocketChannel.class),
                new Transport(new IocpEventLoopGroup(1), IocpSocketChannel.class, IocpServerSocketChannel.class));
        System.out.println("On " + Iocp.featureString() + ", Java " + Runtime.version() + ":");
        System.out.println();
        System.out.println("| what | NIO | IOCP |");
        System.out.println("|---|---|---|");
        try {
            for (Row row : rows()) {
                StringBuilder line = new StringBuilder("| " + row.what);
                for (Transport transport : transports) {
                    line.append(" | ").append(text(row.test.run(transport)));
                }
                System.out.println(line.append(" |"));
            }
        } finally {
            transports.forEach(transport -> transport.group.shutdownGracefully(0, 1, TimeUnit.SECONDS));
        }
    }

    private static List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        rows.add(new Row("connect: nobody listens", transport -> {
            ServerSocket server = new ServerSocket(0, 1, LOOPBACK);
            server.close();
            return cause(transport.client(new Seen()).connect(server.getLocalSocketAddress()));
        }));
        rows.add(new Row("connect: no answer in `CONNECT_TIMEOUT_MILLIS`", transport ->
                withBusyServer(address -> cause(transport.client(new Seen())
                        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 500).connect(address)))));
        rows.add(new Row("connect: broadcast address", transport ->
                cause(transport.client(new Seen()).connect("255.255.255.255", 8))));
        rows.add(new Row("connect: name that was not resolved", transport ->
                cause(connected(transport.client(new Seen()).register(),
                        InetSocketAddress.createUnresolved("nobody.invalid", 1)))));
        rows.add(new Row("connect: not an `InetSocketAddress`", transport ->
                cause(connected(transport.client(new Seen()).register(), new LocalAddress("x")))));
        rows.add(new Row("connect: again while connected", transport -> withPeer(transport, (channel, seen, peer) ->
                cause(channel.connect(channel.remoteAddress())))));
        rows.add(new Row("connect: again while connecting", transport -> withBusyServer(address -> {
            Channel channel = transport.client(new Seen()).register().sync().channel();
            channel.connect(address);
            Throwable cause = cause(channel.connect(address));
            channel.close().sync();
            return cause;
        })));
        rows.add(new Row("connect: closed meanwhile", transport -> withBusyServer(address -> {
            Channel channel = transport.client(new Seen()).register().sync().channel();
            ChannelFuture connect = channel.connect(address);
            channel.close().sync();
            return cause(connect);
        })));
        rows.add(new Row("bind: address in use", transport -> {
            try (ServerSocket other = new ServerSocket(0, 1, LOOPBACK)) {
                return cause(transport.bind(other.getLocalSocketAddress()));
            }
        }));
        rows.add(new Row("bind: address of another machine", transport ->
                cause(transport.bind(new InetSocketAddress("198.51.100.254", 0)))));
        rows.add(new Row("bind: name that was not resolved", transport ->
                cause(transport.bind(InetSocketAddress.createUnresolved("nobody.invalid", 1)))));
        rows.add(new Row("read: reset by the peer (`exceptionCaught`)", transport ->
                withPeer(transport, (channel, seen, peer) -> {
                    reset(peer);
                    return seen.exception.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
                })));
        rows.add(new Row("write: a while after a reset by the peer, autoRead off", transport ->
                withPeer(transport, (channel, seen, peer) -> {
                    channel.config().setAutoRead(false);
                    reset(peer);
                    Thread.sleep(500);
                    return writeUntilItFails(channel);
                })));
        rows.add(new Row("write: after `close()`", transport -> withPeer(transport, (channel, seen, peer) -> {
            channel.close().sync();
            return cause(channel.writeAndFlush(Unpooled.wrappedBuffer(new byte[1])));
        })));
        rows.add(new Row("write: after `shutdownOutput()`", transport -> withPeer(transport, (channel, seen, peer) -> {
            ((SocketChannel) channel).shutdownOutput().sync();
            return cause(channel.writeAndFlush(Unpooled.wrappedBuffer(new byte[1])));
        })));
        rows.add(new Row("write: not flushed, then `close()`", transport ->
                withPeer(transport, (channel, seen, peer) -> {
                    ChannelFuture write = channel.write(Unpooled.wrappedBuffer(new byte[1]));
                    channel.close().sync();
                    return cause(write);
                })));
        rows.add(new Row("write: not connected yet", transport -> {
            Channel channel = transport.client(new Seen()).register().sync().channel();
            Throwable cause = cause(channel.writeAndFlush(Unpooled.wrappedBuffer(new byte[1])));
            channel.close().sync();
            return cause;
        }));
        rows.add(new Row("write: not a `ByteBuf` or `FileRegion`", transport ->
                withPeer(transport, (channel, seen, peer) -> cause(channel.writeAndFlush("text")))));
        rows.add(new Row("option: after `close()`", transport -> withPeer(transport, (channel, seen, peer) -> {
            channel.close().sync();
            try {
                channel.config().setOption(ChannelOption.TCP_NODELAY, true);
                return null;
            } catch (RuntimeException e) {
                return e;
            }
        })));
        return rows;
    }

    private interface ConnectingCase {
        Throwable run(SocketAddress address) throws Exception;
    }

    /** A listener that accepts nobody, with a full backlog: Linux lets the next ones wait, Windows refuses them. */
    private static Throwable withBusyServer(ConnectingCase test) throws Exception {
        List<java.nio.channels.SocketChannel> others = new ArrayList<>();
        try (ServerSocket server = new ServerSocket(0, 1, LOOPBACK)) {
            for (int i = 0; i < 8; i++) {
                java.nio.channels.SocketChannel other = java.nio.channels.SocketChannel.open();
                others.add(other);
                other.configureBlocking(false);
                other.connect(server.getLocalSocketAddress());
            }
            return test.run(server.getLocalSocketAddress());
        } finally {
            for (java.nio.channels.SocketChannel other : others) {
                other.close();
            }
        }
    }

    private interface ConnectedCase {
        Throwable run(Channel channel, Seen seen, Socket peer) throws Exception;
    }

    /** A connection to a plain socket. */
    private static Throwable withPeer(Transport transport, ConnectedCase test) throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, LOOPBACK)) {
            Seen seen = new Seen();
            Channel channel = transport.client(seen).connect(server.getLocalSocketAddress()).sync().channel();
            try (Socket peer = server.accept()) {
                return test.run(channel, seen, peer);
            } finally {
                channel.close().sync();
            }
        }
    }

    private static void reset(Socket peer) throws Exception {
        peer.setSoLinger(true, 0);
        peer.close();
    }

    private static Throwable writeUntilItFails(Channel channel) throws InterruptedException {
        Throwable cause = null;
        for (int i = 0; i < 100 && cause == null; i++) {
            cause = cause(channel.writeAndFlush(Unpooled.wrappedBuffer(new byte[64])));
            Thread.sleep(20);
        }
        return cause;
    }

    private static Future<?> connected(ChannelFuture registered, SocketAddress address) throws InterruptedException {
        return registered.sync().channel().connect(address);
    }

    private static Throwable cause(Future<?> future) throws InterruptedException {
        if (!future.await(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException("no outcome in " + TIMEOUT_SECONDS + " seconds");
        }
        return future.cause();
    }

    private static String text(Throwable cause) {
        if (cause == null) {
            return "none";
        }
        // Addresses and ports differ from run to run.
        String text = '`' + name(cause.getClass()) + '`'
                + (cause.getMessage() == null ? "" : ": " + cause.getMessage().replaceAll(":\\d{4,5}\\b", ":PORT"));
        for (Throwable each = cause.getCause(); each != null; each = each.getCause()) {
            if (!name(each.getClass()).equals(name(cause.getClass()))) {
                text += ", caused by `" + name(each.getClass()) + '`';
            }
        }
        return text;
    }

    /** The first class that a program can name: Netty annotates some exceptions by private subclasses. */
    private static String name(Class<?> type) {
        return Modifier.isPublic(type.getModifiers()) ? type.getSimpleName()
                : name(type.getSuperclass());
    }

    /** Remembers the first exception. */
    private static final class Seen extends ChannelInboundHandlerAdapter {

        private final CompletableFuture<Throwable> exception = new CompletableFuture<>();

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ReferenceCountUtil.release(message);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            exception.complete(cause);
        }
    }
}
