/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.netty;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.channel.IocpServerSocketChannel;
import io.github.nettyiocp.channel.IocpSocketChannel;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.testsuite.transport.AbstractSingleThreadEventLoopTest;

import java.util.concurrent.Executor;

class IocpEventLoopTest extends AbstractSingleThreadEventLoopTest {

    @Override
    @SuppressWarnings("deprecation") // Of Netty's own loops only those of this group list their channels.
    protected EventLoopGroup newEventLoopGroup() {
        return TestsuiteMode.NIO ? new NioEventLoopGroup()
                : new IocpEventLoopGroup(0, TestsuiteMode.config());
    }

    @Override
    protected EventLoopGroup newAutoScalingEventLoopGroup() {
        return TestsuiteMode.NIO
                ? new MultiThreadIoEventLoopGroup(SCALING_MAX_THREADS, (Executor) null, AUTO_SCALING_CHOOSER_FACTORY,
                        NioIoHandler.newFactory())
                : new IocpEventLoopGroup(SCALING_MAX_THREADS, null, AUTO_SCALING_CHOOSER_FACTORY,
                        TestsuiteMode.config());
    }

    @Override
    protected boolean supportsChannelIteration() {
        return true;
    }

    @Override
    protected Channel newChannel() {
        return TestsuiteMode.NIO ? new NioSocketChannel() : new IocpSocketChannel();
    }

    @Override
    protected Class<? extends ServerChannel> serverChannelClass() {
        return TestsuiteMode.NIO ? NioServerSocketChannel.class : IocpServerSocketChannel.class;
    }
}
