/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.channel.DeviceAddress;
import io.github.nettyiocp.channel.HandleChannel;
import io.github.nettyiocp.channel.MailslotStrategy;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.util.CharsetUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Mailslots, servers and clients. */
@Timeout(240)
class MailslotOnWindowsTest {

    private final DeviceAddress address = new DeviceAddress("mailslot\\netty-iocp-" + System.nanoTime());
    private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
    private IocpEventLoopGroup group;

    @BeforeEach
    void start() {
        group = new IocpEventLoopGroup(1);
    }

    @AfterEach
    void end() {
        WindowsTestSupport.shutDown(group);
    }

    private ChannelFuture connect(MailslotStrategy strategy, DeviceAddress to) {
        return new Bootstrap().group(group).channelFactory(() -> new HandleChannel(strategy))
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(16))
                .handler(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelRead(ChannelHandlerContext context, Object message) {
                        messages.add(((ByteBuf) message).toString(CharsetUtil.UTF_8));
                        ((ByteBuf) message).release();
                    }
                }).connect(to);
    }

    private Channel server() throws InterruptedException {
        return connect(MailslotStrategy.server(1000), address).sync().channel();
    }

    private Channel client() throws InterruptedException {
        return connect(MailslotStrategy.client(), address).sync().channel();
    }

    private static ChannelFuture send(Channel channel, String text) {
        return channel.writeAndFlush(Unpooled.copiedBuffer(text, CharsetUtil.UTF_8));
    }

    private String next() throws InterruptedException {
        return messages.poll(60, TimeUnit.SECONDS);
    }

    @Test
    void eachMessageOfEachClientArrivesAsOne() throws Exception {
        Channel server = server();
        Channel[] clients = { client(), client(), client() };
        for (int i = 0; i < 30; i++) {
            String text = i + " " + "x".repeat(i * 30);
            send(clients[i % clients.length], text).sync();
            assertThat(next()).isEqualTo(text);
        }
        for (int i = 0; i < 50; i++) {
            send(clients[0], "many " + i);
        }
        for (int i = 0; i < 50; i++) {
            assertThat(next()).isEqualTo("many " + i);
        }
        server.close().sync();
    }

    @Test
    void messagesThatCameBeforeTheReadAreKept() throws Exception {
        Channel server = connect(MailslotStrategy.server(1000), address).sync().channel();
        server.config().setAutoRead(false);
        Channel client = client();
        for (int i = 0; i < 10; i++) {
            send(client, "message " + i).sync();
        }
        server.config().setAutoRead(true);
        for (int i = 0; i < 10; i++) {
            assertThat(next()).isEqualTo("message " + i);
        }
    }

    @Test
    void anIdleServerIsClosedAndItsNameIsFreeAgain() throws Exception {
        for (int i = 0; i < 10; i++) {
            assertThat(server().close().await(60_000)).isTrue();
        }
    }

    @Test
    void aNameThatIsTakenAndOneThatIsNotThereAreTold() throws Exception {
        assertThatThrownBy(this::client).isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining(address.toString());
        server();
        assertThatThrownBy(this::server).isInstanceOf(FileAlreadyExistsException.class)
                .hasMessageContaining(address.toString());
    }

    @Test
    void aMessageThatIsTooLongIsRefusedToItsSenderAndHarmsNobody() throws Exception {
        Assumptions.assumeFalse(WindowsTestSupport.isWine(),
                "Wine takes messages that are larger than the largest of the mailslot");
        server();
        Channel client = client();
        assertThat(send(client, "x".repeat(1001)).await().cause()).isInstanceOf(IOException.class);
        send(client(), "the next").sync();
        assertThat(next()).isEqualTo("the next");
    }

    @Test
    void aServerIsOfThisMachine() {
        assertThatThrownBy(() -> connect(MailslotStrategy.server(10), new DeviceAddress("\\\\far\\mailslot\\x")).sync())
                .isInstanceOf(UnsupportedAddressTypeException.class);
        assertThatThrownBy(() -> MailslotStrategy.server(0)).isInstanceOf(IllegalArgumentException.class);
    }
}
