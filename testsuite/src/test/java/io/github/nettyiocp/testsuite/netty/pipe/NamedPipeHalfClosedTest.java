/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.netty.pipe;

import io.github.nettyiocp.pipe.NamedPipeAddress;
import io.github.nettyiocp.pipe.PipeType;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.DuplexChannel;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.testsuite.transport.socket.SocketHalfClosedTest;
import io.netty.util.ReferenceCountUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.CountDownLatch;

class NamedPipeHalfClosedTest extends SocketHalfClosedTest {

    @Override
    protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
        return NamedPipeTestPermutation.INSTANCE.pipes(PipeType.MESSAGE);
    }

    @Override
    protected SocketAddress newSocketAddress() {
        return NamedPipeAddress.random();
    }

    /** Netty's test wants a {@code SocketChannel}: this is the same, with pipes. */
    @Test
    @Override
    public void testHalfClosureReceiveDataOnFinalWait2StateWhenSoLingerSet(TestInfo testInfo) throws Throwable {
        run(testInfo, NamedPipeHalfClosedTest::testDataAfterHalfClosure);
    }

    private static void testDataAfterHalfClosure(ServerBootstrap sb, Bootstrap cb) throws Exception {
        CountDownLatch received = new CountDownLatch(1);
        sb.childOption(ChannelOption.SO_LINGER, 1).childHandler(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelActive(ChannelHandlerContext context) {
                ((DuplexChannel) context.channel()).shutdownOutput();
            }

            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                ReferenceCountUtil.release(message);
                received.countDown();
            }
        });
        cb.option(ChannelOption.ALLOW_HALF_CLOSURE, true).handler(new ChannelInboundHandlerAdapter() {
            @Override
            public void userEventTriggered(ChannelHandlerContext context, Object event) {
                if (event == ChannelInputShutdownEvent.INSTANCE) {
                    context.writeAndFlush(context.alloc().buffer().writeZero(16));
                } else if (event == ChannelInputShutdownReadComplete.INSTANCE) {
                    context.close();
                }
            }
        });
        Channel server = sb.bind().sync().channel();
        Channel client = cb.connect(server.localAddress()).sync().channel();
        received.await();
        client.close().sync();
        server.close().sync();
    }

    /** Reads single bytes, 100,000 times: more native calls than Wine makes in Netty's 20 seconds. */
    @Test
    @Timeout(180)
    @Override
    public void testAllDataReadClosure(TestInfo testInfo) throws Throwable {
        super.testAllDataReadClosure(testInfo);
    }

    /** Reads single bytes, 60,000 times. */
    @Test
    @Timeout(180)
    @Override
    public void testAllDataReadAfterHalfClosure(TestInfo testInfo) throws Throwable {
        super.testAllDataReadAfterHalfClosure(testInfo);
    }
}
