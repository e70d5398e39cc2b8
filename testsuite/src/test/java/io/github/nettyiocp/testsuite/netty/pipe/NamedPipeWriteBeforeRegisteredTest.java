/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.netty.pipe;

import io.github.nettyiocp.pipe.NamedPipeAddress;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapFactory;
import io.netty.testsuite.transport.socket.WriteBeforeRegisteredTest;

import java.net.SocketAddress;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** Netty's test wants a {@code SocketChannel}: this is the same with a pipe that doesn't exist. */
class NamedPipeWriteBeforeRegisteredTest extends WriteBeforeRegisteredTest {

    @Override
    protected List<BootstrapFactory<Bootstrap>> newFactories() {
        return NamedPipeTestPermutation.INSTANCE.clients();
    }

    @Override
    protected SocketAddress newSocketAddress() {
        return NamedPipeAddress.random();
    }

    @Override
    public void testWriteBeforeConnect(Bootstrap cb) throws Exception {
        Channel channel = cb.handler(new ChannelInboundHandlerAdapter()).connect(newSocketAddress()).channel();
        ChannelFuture written = channel.writeAndFlush(channel.alloc().buffer().writeByte(1)).await();
        assertThat(written.isSuccess()).isFalse();
        channel.close().sync();
    }
}
