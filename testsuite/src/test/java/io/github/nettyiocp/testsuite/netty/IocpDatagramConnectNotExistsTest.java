/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.netty;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapFactory;
import io.netty.testsuite.transport.socket.DatagramConnectNotExistsTest;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.ImmediateEventExecutor;
import io.netty.util.concurrent.Promise;

import java.net.PortUnreachableException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

class IocpDatagramConnectNotExistsTest extends DatagramConnectNotExistsTest {

    private static final int UNUSED_PORT = 65535;

    @Override
    protected List<BootstrapFactory<Bootstrap>> newFactories() {
        return IocpSocketTestPermutation.INSTANCE.datagramSocket();
    }

    /** Netty's own leaves Windows out. */
    @Override
    public void testConnectNotExists(Bootstrap bootstrap) {
        Promise<Throwable> caught = ImmediateEventExecutor.INSTANCE.newPromise();
        bootstrap.handler(new ChannelInboundHandlerAdapter() {
            @Override
            public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                caught.trySuccess(cause);
            }
        });
        Channel channel = bootstrap.connect(NetUtil.LOCALHOST, UNUSED_PORT).syncUninterruptibly().channel();
        try {
            assertThat(channel.isActive()).isTrue();
            channel.writeAndFlush(Unpooled.copiedBuffer("test", StandardCharsets.US_ASCII)).syncUninterruptibly();
            assertThat(caught.awaitUninterruptibly(60, TimeUnit.SECONDS)).isTrue();
            assertThat(caught.getNow()).isInstanceOf(PortUnreachableException.class);
            assertThat(channel.isActive()).isTrue();
        } finally {
            channel.close().syncUninterruptibly();
        }
    }
}
