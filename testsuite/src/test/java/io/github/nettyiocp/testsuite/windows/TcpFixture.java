/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.IocpIoHandlerConfig;
import io.github.nettyiocp.channel.IocpChannelOption;
import io.github.nettyiocp.channel.IocpServerSocketChannel;
import io.github.nettyiocp.channel.IocpSocketChannel;
import io.github.nettyiocp.channel.ReceiveMode;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import org.assertj.core.api.Assertions;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Servers, clients and connections for a test; {@link #close()} ends them and looks for what was left over. */
final class TcpFixture implements Closeable {

    /** How the channels under test work. */
    enum Mode {
        DEFAULT, ZERO_BYTE, NO_SKIP;

        Map<ChannelOption<?>, Object> options() {
            return switch (this) {
                case DEFAULT -> Map.of();
                case ZERO_BYTE -> Map.of(IocpChannelOption.RECEIVE_MODE, ReceiveMode.ZERO_BYTE);
                case NO_SKIP -> Map.of(IocpChannelOption.SKIP_ON_SUCCESS, false);
            };
        }
    }

    static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    final IocpEventLoopGroup group;
    final Mode mode;
    /** Of all channels, unless a test says otherwise: knows to the byte what was not released. */
    final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
    private final List<Channel> channels = new CopyOnWriteArrayList<>();
    private final List<Closeable> sockets = new CopyOnWriteArrayList<>();

    TcpFixture() {
        this(Mode.DEFAULT, 1);
    }

    TcpFixture(Mode mode, int loops) {
        this(mode, new IocpEventLoopGroup(loops));
    }

    TcpFixture(Mode mode, int loops, IocpIoHandlerConfig config) {
        this(mode, new IocpEventLoopGroup(loops, config));
    }

    private TcpFixture(Mode mode, IocpEventLoopGroup group) {
        this.mode = mode;
        this.group = group;
    }

    /** A channel under test and the JDK socket that it is connected with. */
    record Pair(IocpSocketChannel channel, TcpRecorder recorder, Socket peer) {

        void send(byte... bytes) throws IOException {
            try {
                peer.getOutputStream().write(bytes);
                peer.getOutputStream().flush();
            } catch (IOException e) {
                throw new IOException("the channel has seen " + recorder.log + ' ' + recorder.exceptions, e);
            }
        }

        /** Resets the connection from the peer's side. */
        void reset() throws IOException {
            peer.setSoLinger(true, 0);
            peer.close();
        }
    }

    Pair pair() throws Exception {
        return pair(Map.of());
    }

    /** Connects a channel to a JDK socket, with options and handlers before the recorder. */
    Pair pair(Map<ChannelOption<?>, Object> options, ChannelHandler... handlers) throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 1, LOOPBACK)) {
            TcpRecorder recorder = new TcpRecorder();
            Channel channel = client(options, recorder, handlers)
                    .connect(LOOPBACK, listener.getLocalPort()).sync().channel();
            Socket peer = listener.accept();
            peer.setTcpNoDelay(true);
            peer.setSoTimeout(60_000);
            sockets.add(peer);
            channels.add(channel);
            return new Pair((IocpSocketChannel) channel, recorder, peer);
        }
    }

    @SuppressWarnings("unchecked")
    Bootstrap client(Map<ChannelOption<?>, Object> options, TcpRecorder recorder, ChannelHandler... handlers) {
        Bootstrap bootstrap = new Bootstrap().group(group).channel(IocpSocketChannel.class)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(handlers).addLast(recorder);
                    }
                });
        bootstrap.option(ChannelOption.ALLOCATOR, allocator);
        mode.options().forEach((option, value) -> bootstrap.option((ChannelOption<Object>) option, value));
        options.forEach((option, value) -> bootstrap.option((ChannelOption<Object>) option, value));
        return bootstrap;
    }

    Bootstrap client() {
        return client(Map.of(), new TcpRecorder());
    }

    /** A server whose accepted channels are handed out in turn, each with a recorder. */
    Server server() throws InterruptedException {
        return server(group, Map.of(), Map.of());
    }

    @SuppressWarnings("unchecked")
    Server server(EventLoopGroup childGroup, Map<ChannelOption<?>, Object> options,
                  Map<ChannelOption<?>, Object> childOptions, ChannelHandler... handlers) throws InterruptedException {
        BlockingQueue<TcpRecorder> accepted = new LinkedBlockingQueue<>();
        ServerBootstrap bootstrap = new ServerBootstrap().group(group, childGroup)
                .channel(IocpServerSocketChannel.class).childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        TcpRecorder recorder = new TcpRecorder();
                        channel.pipeline().addLast(handlers).addLast(recorder);
                        accepted.add(recorder);
                    }
                });
        options.forEach((option, value) -> bootstrap.option((ChannelOption<Object>) option, value));
        bootstrap.option(ChannelOption.ALLOCATOR, allocator).childOption(ChannelOption.ALLOCATOR, allocator);
        mode.options().forEach((option, value) -> bootstrap.childOption((ChannelOption<Object>) option, value));
        childOptions.forEach((option, value) -> bootstrap.childOption((ChannelOption<Object>) option, value));
        Channel channel = bootstrap.bind(LOOPBACK, 0).sync().channel();
        channels.add(channel);
        return new Server((IocpServerSocketChannel) channel, accepted);
    }

    /** A listening channel and what it accepted. */
    record Server(IocpServerSocketChannel channel, BlockingQueue<TcpRecorder> accepted) {

        InetSocketAddress address() {
            return channel.localAddress();
        }

        TcpRecorder next() throws InterruptedException {
            TcpRecorder recorder = accepted.poll(60, TimeUnit.SECONDS);
            Assertions.assertThat(recorder).as("an accepted connection").isNotNull();
            return recorder;
        }
    }

    /** A JDK socket that is connected to the address. */
    Socket socket(InetSocketAddress address) throws IOException {
        Socket socket = new Socket(address.getAddress(), address.getPort());
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(60_000);
        sockets.add(socket);
        return socket;
    }

    <T extends Channel> T add(T channel) {
        channels.add(channel);
        return channel;
    }

    <T extends Closeable> T add(T closeable) {
        sockets.add(closeable);
        return closeable;
    }

    @Override
    public void close() throws IOException {
        // One that is not registered has no loop that could close it; that does no harm to one that is closed.
        for (Channel channel : channels) {
            if (channel.isRegistered()) {
                channel.close();
            } else {
                channel.unsafe().closeForcibly();
                channels.remove(channel);
            }
        }
        for (Channel channel : channels) {
            Assertions.assertThat(channel.closeFuture().awaitUninterruptibly(60, TimeUnit.SECONDS))
                    .as("closed: " + channel).isTrue();
        }
        for (Closeable socket : sockets) {
            socket.close();
        }
        WindowsTestSupport.shutDown(group);
        Assertions.assertThat(allocator.metric().usedDirectMemory()).as("bytes of buffers not released").isZero();
        Assertions.assertThat(allocator.metric().usedHeapMemory()).as("bytes of buffers not released").isZero();
    }
}
