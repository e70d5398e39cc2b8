/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.channel.HandleChannel;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;

/** A channel over a kind of handle that the library has no class for, by a strategy of the user's own. */
public final class OwnStrategyExample {

    private static final int SIZE = 3_000_000;
    private static final int TIMEOUT_SECONDS = 60;

    private OwnStrategyExample() {
    }

    /** Reads a file through Netty handlers. */
    public static void main(String[] args) {
        IocpEventLoopGroup group = new IocpEventLoopGroup(1);
        ExampleRun.run("A file as a channel, by FileStreamStrategy", () -> {
            Path file = Files.createTempFile("netty-iocp", ".bin");
            byte[] bytes = new byte[SIZE];
            new Random(1).nextBytes(bytes);
            Files.write(file, bytes);
            CRC32 expected = new CRC32();
            expected.update(bytes);
            CRC32 read = new CRC32();
            boolean ended = new Bootstrap().group(group)
                    .channelFactory(() -> new HandleChannel(new FileStreamStrategy()))
                    .handler(new SimpleChannelInboundHandler<ByteBuf>() {
                        @Override
                        protected void channelRead0(ChannelHandlerContext context, ByteBuf part) {
                            read.update(part.nioBuffer());
                        }
                    }).connect(new FileStreamStrategy.FileAddress(file)).sync().channel()
                    .closeFuture().await(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            Files.delete(file);
            if (!ended || read.getValue() != expected.getValue()) {
                throw new IOException("the file was not read as it is");
            }
            System.out.printf("  %,d bytes read to the end, CRC-32 %08x%n", SIZE, read.getValue());
        }, group);
    }
}
