/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.netty.pipe;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.channel.IocpChannelOption;
import io.github.nettyiocp.pipe.NamedPipeAddress;
import io.github.nettyiocp.pipe.NamedPipeChannel;
import io.github.nettyiocp.pipe.NamedPipeOption;
import io.github.nettyiocp.pipe.NamedPipeServerChannel;
import io.github.nettyiocp.pipe.PipeType;
import io.github.nettyiocp.testsuite.netty.TestsuiteMode;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoopGroup;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapFactory;
import io.netty.util.concurrent.DefaultThreadFactory;

import java.util.List;

/**
 * The combinations that Netty's testsuite runs over: pipes of bytes, and pipes of messages that are read as bytes, in
 * the {@link TestsuiteMode} (which only pipes of bytes know).
 *
 * <p>Where Netty's test needs no more than another address or another interface, the class here does the same over
 * pipes, and says so. What is left out of Netty's stream tests is listed in {@code exclusions.txt}.
 */
final class NamedPipeTestPermutation {

    static final NamedPipeTestPermutation INSTANCE = new NamedPipeTestPermutation();

    private final EventLoopGroup group =
            new IocpEventLoopGroup(2, new DefaultThreadFactory("testsuite-pipes", true), TestsuiteMode.config());

    private NamedPipeTestPermutation() {
    }

    List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> pipes() {
        return List.of(combo(PipeType.BYTE), combo(PipeType.MESSAGE));
    }

    List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> pipes(PipeType type) {
        return List.of(combo(type));
    }

    List<BootstrapFactory<ServerBootstrap>> servers(PipeType type) {
        return List.of(() -> server(type));
    }

    List<BootstrapFactory<Bootstrap>> clients() {
        return List.of(this::client);
    }

    private BootstrapComboFactory<ServerBootstrap, Bootstrap> combo(PipeType type) {
        return new BootstrapComboFactory<>() {
            @Override
            public ServerBootstrap newServerInstance() {
                return server(type);
            }

            @Override
            public Bootstrap newClientInstance() {
                return client();
            }
        };
    }

    private ServerBootstrap server(PipeType type) {
        // A new name for each bind: Windows keeps one until the last channel that was accepted on it is closed.
        return new ServerBootstrap() {
            @Override
            public ChannelFuture bind() {
                return bind(NamedPipeAddress.random());
            }
        }.group(group).channel(NamedPipeServerChannel.class).option(NamedPipeOption.PIPE_TYPE, type)
                .childOption(IocpChannelOption.RECEIVE_MODE, TestsuiteMode.RECEIVE_MODE)
                .childOption(IocpChannelOption.SKIP_ON_SUCCESS, TestsuiteMode.SKIP_ON_SUCCESS);
    }

    private Bootstrap client() {
        return new Bootstrap().group(group).channel(NamedPipeChannel.class)
                .option(IocpChannelOption.RECEIVE_MODE, TestsuiteMode.RECEIVE_MODE)
                .option(IocpChannelOption.SKIP_ON_SUCCESS, TestsuiteMode.SKIP_ON_SUCCESS);
    }
}
