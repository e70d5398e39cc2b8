/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.channel.DeviceAddress;
import io.github.nettyiocp.channel.DeviceStrategy;
import io.github.nettyiocp.channel.HandleChannel;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Requests to drivers: to that of named pipes, which is on every machine. */
@Timeout(240)
class DeviceOnWindowsTest {

    /** Waits for a client; as {@code ConnectNamedPipe} does it. */
    private static final int FSCTL_PIPE_LISTEN = 0x110008;
    private static final int FSCTL_PIPE_PEEK = 0x11400C;
    private static final int PEEK_HEADER = 16;

    private final String name = "\\\\.\\pipe\\device-" + System.nanoTime();
    private final DeviceStrategy device = new DeviceStrategy();
    private IocpEventLoopGroup group;
    private HandleChannel channel;

    @BeforeEach
    void start() throws InterruptedException {
        group = new IocpEventLoopGroup(1);
        channel = new HandleChannel(WindowsCalls.createNamedPipe(name, 0x40000000), device);
        group.register(channel).sync();
    }

    @AfterEach
    void end() {
        WindowsTestSupport.shutDown(group);
    }

    private long client() {
        return WindowsCalls.createFile(name, WindowsCalls.GENERIC_READ | WindowsCalls.GENERIC_WRITE, 3, 0);
    }

    /** What the loop does next comes after the request. */
    private void begun(Future<ByteBuf> request) throws InterruptedException {
        channel.eventLoop().submit(() -> { }).sync();
        assertThat(request.isDone()).isFalse();
    }

    @Test
    void aRequestIsDoneWhenTheDriverHasDoneIt() throws Exception {
        Future<ByteBuf> connected = device.control(FSCTL_PIPE_LISTEN, null, 0);
        begun(connected);
        long client = client();
        connected.sync().getNow().release();
        WindowsCalls.closeHandle(client);
    }

    @Test
    void theAnswerIsWhatTheDriverWrote() throws Exception {
        Future<ByteBuf> connected = device.control(FSCTL_PIPE_LISTEN, null, 0);
        begun(connected);
        long client = client();
        connected.sync().getNow().release();
        try (Arena arena = Arena.ofConfined()) {
            assertThat(WindowsCalls.writeFile(client, arena.allocateFrom("hello").address(), 5,
                    arena.allocate(4, 4).address(), 0)).isZero();
        }
        for (int i = 0; i < 20; i++) {
            ByteBuf answer = device.control(FSCTL_PIPE_PEEK, Unpooled.buffer(), 100).sync().getNow();
            // Wine's packet of a request that was done at once counts no bytes.
            assertThat(answer.readableBytes()).isEqualTo(WindowsTestSupport.isWine() ? 0 : PEEK_HEADER + 5);
            assertThat(answer.toString(PEEK_HEADER, 5, StandardCharsets.US_ASCII)).isEqualTo("hello");
            answer.release();
        }
        WindowsCalls.closeHandle(client);
    }

    @Test
    void whatTheDriverRefusesFailsTheFutureAlone() throws Exception {
        Future<ByteBuf> unknown = device.control(0x7fff0000, Unpooled.copiedBuffer(new byte[10]), 10).await();
        assertThat(unknown.cause()).isInstanceOf(IOException.class).hasMessageContaining("DeviceIoControl");
        assertThat(channel.isActive()).isTrue();
        assertThatThrownBy(() -> device.control(0, null, -1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void closingEndsTheRequestsInFlight() throws Exception {
        Future<ByteBuf> connected = device.control(FSCTL_PIPE_LISTEN, null, 0);
        begun(connected);
        assertThat(channel.close().await(60_000)).isTrue();
        assertThat(connected.await().cause()).isInstanceOf(ClosedChannelException.class);
        assertThat(device.control(FSCTL_PIPE_LISTEN, Unpooled.copiedBuffer(new byte[1]), 0).await().cause())
                .isInstanceOf(ClosedChannelException.class);
    }

    @Test
    void aDeviceThatIsNotThereIsNoSuchFile() throws Exception {
        assertThat(new Bootstrap().group(group).channelFactory(() -> new HandleChannel(new DeviceStrategy()))
                .handler(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                        throw new AssertionError(cause);
                    }
                }).connect(new DeviceAddress("NoSuchDevice")).await().cause()).isInstanceOf(NoSuchFileException.class);
    }
}
