/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.channel.DeviceAddress;
import io.github.nettyiocp.channel.HandleChannel;
import io.github.nettyiocp.channel.SerialStrategy;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Sends back what comes on a serial port, until the port is unplugged; or, with {@code ping}, sends lines to a port
 * whose other end does that.
 */
public final class SerialEchoExample {

    private static final int DEFAULT_BAUD_RATE = 115_200;
    private static final String LINE = "hello, serial port\n";
    private static final int ROUNDS = 10;
    private static final int TIMEOUT_SECONDS = 20;

    private SerialEchoExample() {
    }

    /** Takes the port, for instance {@code COM3}, the bits a second, and {@code ping}. */
    public static void main(String[] args) {
        if (args.length == 0) {
            System.err.println("usage: serial-echo PORT [BAUD [ping]], for instance serial-echo COM3 115200");
            System.exit(2);
        }
        DeviceAddress port = new DeviceAddress(args[0]);
        int baudRate = args.length > 1 ? Integer.parseInt(args[1]) : DEFAULT_BAUD_RATE;
        IocpEventLoopGroup group = new IocpEventLoopGroup(1);
        ExampleRun.run("Serial port " + port, () -> {
            if (args.length > 2) {
                ping(group, port, baudRate);
            } else {
                echo(group, port, baudRate);
            }
        }, group);
    }

    private static Bootstrap bootstrap(IocpEventLoopGroup group, int baudRate) {
        return new Bootstrap().group(group).channelFactory(() -> new HandleChannel(
                new SerialStrategy().baudRate(baudRate)));
    }

    private static void echo(IocpEventLoopGroup group, DeviceAddress port, int baudRate) throws InterruptedException {
        Channel channel = bootstrap(group, baudRate).handler(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                context.writeAndFlush(message);
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                System.out.println("  unplugged: " + cause.getMessage());
            }
        }).connect(port).sync().channel();
        System.out.println("  echoes at " + baudRate + " baud");
        channel.closeFuture().sync();
    }

    private static void ping(IocpEventLoopGroup group, DeviceAddress port, int baudRate)
            throws IOException, InterruptedException {
        Semaphore received = new Semaphore(0);
        AtomicInteger reads = new AtomicInteger();
        Channel channel = bootstrap(group, baudRate).handler(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                reads.incrementAndGet();
                received.release(((io.netty.buffer.ByteBuf) message).readableBytes());
                ReferenceCountUtil.release(message);
            }
        }).connect(port).sync().channel();
        long start = System.nanoTime();
        for (int i = 0; i < ROUNDS; i++) {
            channel.writeAndFlush(Unpooled.copiedBuffer(LINE, StandardCharsets.US_ASCII)).sync();
            if (!received.tryAcquire(LINE.length(), TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException("the other end of " + port + " doesn't answer");
            }
        }
        System.out.printf("  %d lines there and back in %d reads, %.1f ms each%n", ROUNDS, reads.get(),
                (System.nanoTime() - start) / 1e6 / ROUNDS);
        channel.close().sync();
    }
}
