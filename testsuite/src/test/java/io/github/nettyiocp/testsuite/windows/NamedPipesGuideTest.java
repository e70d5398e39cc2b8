/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.pipe.NamedPipeAddress;
import io.github.nettyiocp.pipe.NamedPipeChannel;
import io.github.nettyiocp.pipe.NamedPipeOption;
import io.github.nettyiocp.pipe.NamedPipePeer;
import io.github.nettyiocp.pipe.NamedPipeServerChannel;
import io.github.nettyiocp.pipe.PipeMessage;
import io.github.nettyiocp.pipe.PipeMessageAggregator;
import io.github.nettyiocp.pipe.PipeSecurity;
import io.github.nettyiocp.pipe.PipeType;
import io.github.nettyiocp.pipe.ServerVerification;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.codec.string.StringDecoder;
import io.netty.handler.codec.string.StringEncoder;
import io.netty.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

/** The code of docs/named-pipes.md, run; the last test sees that it is the same code. */
@Timeout(240)
class NamedPipesGuideTest {

    private static final BlockingQueue<String> RECEIVED = new LinkedBlockingQueue<>();

    private final IocpEventLoopGroup group = new IocpEventLoopGroup();

    @AfterEach
    void shutDown() {
        WindowsTestSupport.shutDown(group);
        RECEIVED.clear();
    }

    @Test
    void aServerAndAClient() throws Exception {
        EventLoopGroup group = new IocpEventLoopGroup();

        Channel server = new ServerBootstrap().group(group)
                .channel(NamedPipeServerChannel.class)
                .childHandler(new ChannelInitializer<NamedPipeChannel>() {
                    @Override
                    protected void initChannel(NamedPipeChannel channel) {
                        channel.pipeline().addLast(new LineBasedFrameDecoder(1_000), new StringDecoder(),
                                new StringEncoder(), new Greeter());
                    }
                }).bind(new NamedPipeAddress("my-service")).sync().channel();

        Channel client = new Bootstrap().group(group)
                .channel(NamedPipeChannel.class)
                .handler(new ChannelInitializer<NamedPipeChannel>() {
                    @Override
                    protected void initChannel(NamedPipeChannel channel) {
                        channel.pipeline().addLast(new LineBasedFrameDecoder(1_000), new StringDecoder(),
                                new StringEncoder(), new Printer());
                    }
                }).connect(new NamedPipeAddress("my-service")).sync().channel();
        client.writeAndFlush("world\n");

        assertThat(next()).isEqualTo("hello, world");
        client.close().sync();
        server.close().sync();
        group.shutdownGracefully(0, 15, TimeUnit.SECONDS).sync();
    }

    @Test
    void names() {
        NamedPipeAddress address = new NamedPipeAddress("my-service");
        assert address.toString().equals("\\\\.\\pipe\\my-service");
        assert address.equals(new NamedPipeAddress("//./pipe/My-Service"));
        assert address.equals(new NamedPipeAddress("npipe:////./pipe/my-service"));
    }

    @Test
    void aNameThatNobodyGuesses() {
        NamedPipeAddress address = NamedPipeAddress.random("my-service-");
        assertThat(address.name()).startsWith("my-service-").hasSize(51);
    }

    @Test
    void messagesStayApart() throws Exception {
        ServerBootstrap messages = new ServerBootstrap().group(group)
                .channel(NamedPipeServerChannel.class)
                .option(NamedPipeOption.PIPE_TYPE, PipeType.MESSAGE)
                .option(NamedPipeOption.READ_MODE, PipeType.MESSAGE)
                .childHandler(new ChannelInitializer<NamedPipeChannel>() {
                    @Override
                    protected void initChannel(NamedPipeChannel channel) {
                        channel.pipeline().addLast(new PipeMessageAggregator(1_000_000), new Echo());
                    }
                });
        Bootstrap client = new Bootstrap().group(group)
                .channel(NamedPipeChannel.class)
                .option(NamedPipeOption.READ_MODE, PipeType.MESSAGE)
                .handler(new ChannelInitializer<NamedPipeChannel>() {
                    @Override
                    protected void initChannel(NamedPipeChannel channel) {
                        channel.pipeline().addLast(new PipeMessageAggregator(1_000_000), new Collector());
                    }
                });
        Channel server = messages.bind(NamedPipeAddress.random()).sync().channel();
        Channel channel = client.connect(server.localAddress()).sync().channel();
        String large = "x".repeat(500_000);
        channel.write(Unpooled.copiedBuffer("one", StandardCharsets.US_ASCII));
        channel.write(Unpooled.EMPTY_BUFFER);
        channel.write(Unpooled.copiedBuffer(large, StandardCharsets.US_ASCII));
        channel.writeAndFlush(Unpooled.copiedBuffer("two", StandardCharsets.US_ASCII));
        assertThat(List.of(next(), next(), next())).containsExactly("one", large, "two");
        channel.writeAndFlush(PipeMessage.empty());
        WindowsTestSupport.await("the empty message was written", channel::isWritable);
        channel.writeAndFlush(Unpooled.copiedBuffer("three", StandardCharsets.US_ASCII));
        assertThat(next()).as("an echo of an empty buffer is nothing").isEqualTo("three");
        channel.close().sync();
        server.close().sync();
    }

    @Test
    void halfClose() throws Exception {
        ServerBootstrap collector = new ServerBootstrap().group(group).channel(NamedPipeServerChannel.class)
                .option(NamedPipeOption.PIPE_TYPE, PipeType.MESSAGE)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true).childHandler(new AnswersAtTheEnd());
        Channel server = collector.bind(NamedPipeAddress.random()).sync().channel();
        Bootstrap client = new Bootstrap().group(group)
                .channel(NamedPipeChannel.class)
                .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .handler(new Collector());
        NamedPipeChannel channel = (NamedPipeChannel) client.connect(server.localAddress()).sync().channel();
        channel.writeAndFlush(Unpooled.copiedBuffer("all of my input", StandardCharsets.US_ASCII));
        channel.shutdownOutput().sync();                                    // the answer can still be read
        assertThat(next()).isEqualTo("15 bytes");
        channel.close().sync();
        server.close().sync();
    }

    @Test
    void aPipeOfBytesHasNoHalfCloseAndIsNotHarmed() throws Exception {
        Channel server = new ServerBootstrap().group(group).channel(NamedPipeServerChannel.class)
                .childHandler(new Echo()).bind(NamedPipeAddress.random()).sync().channel();
        NamedPipeChannel channel = (NamedPipeChannel) new Bootstrap().group(group).channel(NamedPipeChannel.class)
                .handler(new Collector()).connect(server.localAddress()).sync().channel();
        assertThat(channel.shutdownOutput().await().cause()).isInstanceOf(UnsupportedOperationException.class);
        channel.writeAndFlush(Unpooled.copiedBuffer("still there", StandardCharsets.US_ASCII));
        assertThat(next()).isEqualTo("still there");
        channel.close().sync();
        server.close().sync();
    }

    @Test
    void aClientThatWaitsForItsServer() throws Exception {
        Bootstrap client = new Bootstrap().group(group)
                .channel(NamedPipeChannel.class)
                .option(NamedPipeOption.WAIT_FOR_PIPE, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 10_000)
                .handler(new Collector());
        NamedPipeAddress address = NamedPipeAddress.random();
        assertThat(client.clone().option(NamedPipeOption.WAIT_FOR_PIPE, false).connect(address).await().cause())
                .isInstanceOf(ConnectException.class);
        ChannelFuture connect = client.connect(address);
        assertThat(connect.await(300)).isFalse();
        Channel server = new ServerBootstrap().group(group).channel(NamedPipeServerChannel.class)
                .childHandler(new Echo()).bind(address).sync().channel();
        connect.sync().channel().close().sync();
        server.close().sync();
    }

    @Test
    void twoClientsAtMost() throws Exception {
        ServerBootstrap two = new ServerBootstrap().group(group)
                .channel(NamedPipeServerChannel.class)
                .option(NamedPipeOption.MAX_INSTANCES, 2)
                .option(NamedPipeOption.POSTED_INSTANCES, 1)
                .childHandler(new Echo());
        Channel server = two.bind(NamedPipeAddress.random()).sync().channel();
        Bootstrap client = new Bootstrap().group(group).channel(NamedPipeChannel.class).handler(new Collector());
        Channel first = client.connect(server.localAddress()).sync().channel();
        Channel second = client.connect(server.localAddress()).sync().channel();
        ChannelFuture third = client.connect(server.localAddress());
        assertThat(third.await(500)).isFalse();
        first.close().sync();
        third.sync().channel().close().sync();
        second.close().sync();
        server.close().sync();
    }

    @Test
    void whoIsThere() throws Exception {
        ServerBootstrap service = new ServerBootstrap().group(group)
                .channel(NamedPipeServerChannel.class)
                .option(NamedPipeOption.SECURITY, PipeSecurity.authenticatedUsers())
                .childHandler(new WhoIsThere());
        Bootstrap client = new Bootstrap().group(group)
                .channel(NamedPipeChannel.class)
                .option(NamedPipeOption.SERVER_VERIFICATION, ServerVerification.ownedByCurrentUser())
                .handler(new Collector());
        Channel server = service.bind(NamedPipeAddress.random()).sync().channel();
        Channel channel = client.connect(server.localAddress()).sync().channel();
        assertThat(next()).endsWith(", process " + ProcessHandle.current().pid());
        channel.close().sync();
        server.close().sync();
    }

    @Test
    void theGuideHasThisCode() throws IOException {
        Path checkout = Path.of(System.getProperty("checkout"));
        List<String> code = lines(checkout.resolve("testsuite/src/test/java/io/github/nettyiocp/testsuite/windows/"
                + NamedPipesGuideTest.class.getSimpleName() + ".java"));
        List<List<String>> blocks = new ArrayList<>();
        boolean inBlock = false;
        for (String line : lines(checkout.resolve("docs/named-pipes.md"))) {
            if (line.startsWith("```")) {
                inBlock = line.equals("```java");
                if (inBlock) {
                    blocks.add(new ArrayList<>());
                }
            } else if (inBlock) {
                blocks.getLast().add(line);
            }
        }
        assertThat(blocks).hasSize(10).allSatisfy(block ->
                assertThat(Collections.indexOfSubList(code, block)).as(String.join("\n", block)).isNotNegative());
    }

    /** Without indentation and empty lines. */
    private static List<String> lines(Path file) throws IOException {
        return Files.readAllLines(file).stream().map(String::strip).filter(line -> !line.isEmpty()).toList();
    }

    private static String next() throws InterruptedException {
        String next = RECEIVED.poll(60, TimeUnit.SECONDS);
        assertThat(next).as("something to come").isNotNull();
        return next;
    }

    // ---- the handlers that the guide doesn't show

    private static final class Greeter extends SimpleChannelInboundHandler<String> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, String name) {
            context.writeAndFlush("hello, " + name + '\n');
        }
    }

    private static final class Printer extends SimpleChannelInboundHandler<String> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, String line) {
            RECEIVED.add(line);
        }
    }

    @ChannelHandler.Sharable
    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.writeAndFlush(message);
        }
    }

    @ChannelHandler.Sharable
    private static final class Collector extends SimpleChannelInboundHandler<ByteBuf> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf message) {
            RECEIVED.add(message.toString(StandardCharsets.UTF_8));
        }
    }

    private static final class AnswersAtTheEnd extends SimpleChannelInboundHandler<ByteBuf> {

        private int bytes;

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf message) {
            bytes += message.readableBytes();
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event == ChannelInputShutdownEvent.INSTANCE) {
                context.writeAndFlush(Unpooled.copiedBuffer(bytes + " bytes", StandardCharsets.US_ASCII));
            }
        }
    }

    private static final class WhoIsThere extends ChannelInboundHandlerAdapter {
        @Override
        public void channelActive(ChannelHandlerContext context) {
            NamedPipeChannel channel = (NamedPipeChannel) context.channel();
            channel.peer().addListener((Future<NamedPipePeer> peer) -> {
                String who = peer.getNow().userName() + ", process " + peer.getNow().processId();
                context.writeAndFlush(Unpooled.copiedBuffer(who, StandardCharsets.UTF_8));
            });
        }
    }
}
