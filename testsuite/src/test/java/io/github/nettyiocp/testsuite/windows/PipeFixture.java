/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.IocpIoHandlerConfig;
import io.github.nettyiocp.pipe.NamedPipeAddress;
import io.github.nettyiocp.pipe.NamedPipeChannel;
import io.github.nettyiocp.pipe.NamedPipeServerChannel;
import io.github.nettyiocp.testsuite.peers.PeerData;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import org.assertj.core.api.Assertions;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A server or clients of one pipe, for a test; {@link #close()} ends them and looks for what was left over. */
final class PipeFixture implements AutoCloseable {

    static final int TIMEOUT_MILLIS = 60_000;

    final NamedPipeAddress address = NamedPipeAddress.random("netty-iocp-test-");
    final String pipe = address.toString();
    final IocpEventLoopGroup group;
    /** Of all channels: knows to the byte what was not released. */
    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
    private final List<Channel> channels = new CopyOnWriteArrayList<>();
    private final BlockingQueue<TcpRecorder> accepted = new LinkedBlockingQueue<>();

    PipeFixture() {
        this(new IocpIoHandlerConfig());
    }

    PipeFixture(IocpIoHandlerConfig config) {
        group = new IocpEventLoopGroup(2, config);
    }

    /** Starts a server whose accepted channels have the handlers, and a recorder behind them. */
    @SuppressWarnings("unchecked")
    NamedPipeServerChannel serve(Map<ChannelOption<?>, Object> options, ChannelHandler... handlers)
            throws InterruptedException {
        ServerBootstrap bootstrap = new ServerBootstrap().group(group).channel(NamedPipeServerChannel.class)
                .childOption(ChannelOption.ALLOCATOR, allocator)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        TcpRecorder recorder = new TcpRecorder();
                        channel.pipeline().addLast(handlers).addLast(recorder);
                        channels.add(channel);
                        accepted.add(recorder);
                    }
                });
        options.forEach((option, value) -> bootstrap.option((ChannelOption<Object>) option, value));
        Channel channel = bootstrap.bind(address).sync().channel();
        channels.add(channel);
        return (NamedPipeServerChannel) channel;
    }

    /** The next client that the server has accepted. */
    TcpRecorder accepted() throws InterruptedException {
        TcpRecorder recorder = accepted.poll(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
        Assertions.assertThat(recorder).as("an accepted client").isNotNull();
        return recorder;
    }

    /** Connects a client, with the handlers and a recorder behind them. */
    TcpRecorder dial(Map<ChannelOption<?>, Object> options, ChannelHandler... handlers) throws InterruptedException {
        TcpRecorder recorder = new TcpRecorder();
        connect(options, recorder, handlers).sync();
        return recorder;
    }

    /** Starts to connect a client. */
    @SuppressWarnings("unchecked")
    ChannelFuture connect(Map<ChannelOption<?>, Object> options, TcpRecorder recorder, ChannelHandler... handlers) {
        Bootstrap bootstrap = new Bootstrap().group(group).channel(NamedPipeChannel.class)
                .option(ChannelOption.ALLOCATOR, allocator)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, TIMEOUT_MILLIS)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(handlers).addLast(recorder);
                    }
                });
        options.forEach((option, value) -> bootstrap.option((ChannelOption<Object>) option, value));
        ChannelFuture connected = bootstrap.connect(address);
        channels.add(connected.channel());
        return connected;
    }

    /** Writes so many bytes of a seed, in pieces of all sizes; returns the last write's outcome. */
    static ChannelFuture send(Channel channel, int size, int seed) {
        byte[] all = PeerData.bytes(size, seed);
        Random sizes = new Random(seed);
        for (int sent = 0;;) {
            int piece = Math.min(1 + sizes.nextInt(1 << 1 + sizes.nextInt(17)), size - sent);
            ChannelFuture written = channel.write(Unpooled.wrappedBuffer(all, sent, piece));
            sent += piece;
            if (sent == size) {
                channel.flush();
                return written;
            }
        }
    }

    @Override
    public void close() {
        channels.forEach(Channel::close);
        for (Channel channel : channels) {
            Assertions.assertThat(channel.closeFuture().awaitUninterruptibly(60, TimeUnit.SECONDS))
                    .as("closed: " + channel).isTrue();
        }
        WindowsTestSupport.shutDown(group);
        Assertions.assertThat(allocator.metric().usedDirectMemory()).as("bytes of buffers not released").isZero();
    }
}
