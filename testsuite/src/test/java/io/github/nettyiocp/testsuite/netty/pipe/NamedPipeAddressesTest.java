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
import io.netty.testsuite.transport.socket.SocketAddressesTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

import java.net.SocketAddress;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

class NamedPipeAddressesTest extends SocketAddressesTest {

    @Override
    protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
        return NamedPipeTestPermutation.INSTANCE.pipes();
    }

    @Override
    protected SocketAddress newSocketAddress() {
        return NamedPipeAddress.random();
    }

    @Override
    protected void assertAddress(SocketAddress address) {
        assertThat(address).isInstanceOf(NamedPipeAddress.class);
    }

    /** A client's end of a pipe has no address of its own: one that is asked for is refused. */
    @Test
    @Timeout(30)
    @Override
    public void testAddresses(TestInfo testInfo) throws Throwable {
        run(testInfo, (sb, cb) -> {
            Channel server = sb.childHandler(new ChannelInboundHandlerAdapter()).bind().sync().channel();
            assertThat(cb.handler(new ChannelInboundHandlerAdapter())
                    .connect(server.localAddress(), newSocketAddress()).await().cause())
                    .isInstanceOf(UnsupportedOperationException.class);
            server.close().sync();
        });
    }
}
