/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.netty;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.channel.IocpChannelOption;
import io.github.nettyiocp.channel.IocpDatagramChannel;
import io.github.nettyiocp.channel.IocpServerSocketChannel;
import io.github.nettyiocp.channel.IocpSocketChannel;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapFactory;
import io.netty.testsuite.transport.socket.SocketTestPermutation;
import io.netty.util.concurrent.DefaultThreadFactory;

import java.util.ArrayList;
import java.util.List;

/**
 * The combinations of servers and clients that Netty's testsuite runs over: IOCP with IOCP, and with NIO both ways, in
 * the {@link TestsuiteMode}.
 */
final class IocpSocketTestPermutation extends SocketTestPermutation {

    static final IocpSocketTestPermutation INSTANCE = new IocpSocketTestPermutation();

    private final EventLoopGroup group =
            new IocpEventLoopGroup(NUM_THREADS, new DefaultThreadFactory("testsuite-iocp", true),
                    TestsuiteMode.config());

    private IocpSocketTestPermutation() {
    }

    @Override
    public List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> socket() {
        if (TestsuiteMode.NIO) {
            return super.socket();
        }
        List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> list = combo(serverSocket(), clientSocket());
        // NIO with NIO.
        list.remove(list.size() - 1);
        return list;
    }

    @Override
    public List<BootstrapFactory<ServerBootstrap>> serverSocket() {
        if (TestsuiteMode.NIO) {
            return super.serverSocket();
        }
        List<BootstrapFactory<ServerBootstrap>> factories = new ArrayList<>();
        factories.add(() -> new ServerBootstrap().group(group).channel(IocpServerSocketChannel.class)
                .childOption(IocpChannelOption.RECEIVE_MODE, TestsuiteMode.RECEIVE_MODE)
                .childOption(IocpChannelOption.SKIP_ON_SUCCESS, TestsuiteMode.SKIP_ON_SUCCESS));
        factories.addAll(super.serverSocket());
        return factories;
    }

    @Override
    public List<BootstrapFactory<Bootstrap>> clientSocket() {
        if (TestsuiteMode.NIO) {
            return super.clientSocket();
        }
        List<BootstrapFactory<Bootstrap>> factories = new ArrayList<>();
        factories.add(() -> new Bootstrap().group(group).channel(IocpSocketChannel.class)
                .option(IocpChannelOption.RECEIVE_MODE, TestsuiteMode.RECEIVE_MODE)
                .option(IocpChannelOption.SKIP_ON_SUCCESS, TestsuiteMode.SKIP_ON_SUCCESS));
        factories.addAll(super.clientSocket());
        return factories;
    }

    @Override
    public List<BootstrapComboFactory<Bootstrap, Bootstrap>> datagram(SocketProtocolFamily family) {
        if (TestsuiteMode.NIO) {
            return super.datagram(family);
        }
        List<BootstrapFactory<Bootstrap>> factories = List.of(iocpDatagram(family), nioDatagram(family));
        List<BootstrapComboFactory<Bootstrap, Bootstrap>> list = combo(factories, factories);
        // NIO with NIO.
        list.remove(list.size() - 1);
        return list;
    }

    @Override
    public List<BootstrapFactory<Bootstrap>> datagramSocket() {
        return TestsuiteMode.NIO ? super.datagramSocket() : List.of(iocpDatagram(null));
    }

    private BootstrapFactory<Bootstrap> iocpDatagram(SocketProtocolFamily family) {
        return () -> new Bootstrap().group(group).channelFactory(new ChannelFactory<>() {
            @Override
            public Channel newChannel() {
                return new IocpDatagramChannel(family);
            }

            @Override
            public String toString() {
                return "IocpDatagramChannel";
            }
        });
    }

    private BootstrapFactory<Bootstrap> nioDatagram(SocketProtocolFamily family) {
        return () -> new Bootstrap().group(NIO_GROUP).channelFactory(new ChannelFactory<>() {
            @Override
            public Channel newChannel() {
                return new NioDatagramChannel(family);
            }

            @Override
            public String toString() {
                return "NioDatagramChannel";
            }
        });
    }
}
