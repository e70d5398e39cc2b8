/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.netty.pipe;

import io.github.nettyiocp.pipe.NamedPipeAddress;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.testsuite.transport.socket.SocketMultipleConnectTest;

import java.net.SocketAddress;
import java.nio.channels.AlreadyConnectedException;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** Netty's test binds to an address of the Internet: this is the same with pipes. */
class NamedPipeMultipleConnectTest extends SocketMultipleConnectTest {

    @Override
    protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
        return NamedPipeTestPermutation.INSTANCE.pipes();
    }

    @Override
    protected SocketAddress newSocketAddress() {
        return NamedPipeAddress.random();
    }

    @Override
    public void testMultipleConnect(ServerBootstrap sb, Bootstrap cb) throws Exception {
        Channel server = sb.childHandler(new ChannelInboundHandlerAdapter()).bind().sync().channel();
        Channel client = cb.handler(new ChannelInboundHandlerAdapter()).register().sync().channel();
        client.connect(server.localAddress()).sync();
        assertThat(client.connect(server.localAddress()).await().cause())
                .isInstanceOf(AlreadyConnectedException.class);
        assertThat(client.isActive()).isTrue();
        client.close().sync();
        server.close().sync();
    }
}
