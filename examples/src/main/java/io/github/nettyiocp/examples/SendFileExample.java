/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.IocpMetrics;
import io.github.nettyiocp.channel.IocpServerSocketChannel;
import io.github.nettyiocp.channel.OverlappedFile;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A server that sends a file to whoever connects, and clients that compare what they get: {@code send-file FILE}.
 * Without an argument it takes a file that it makes. Windows itself sends the file ({@code TransmitFile}).
 */
public final class SendFileExample {

    private static final int SAMPLE_MEBIBYTES = 64;
    private static final int DOWNLOADS = 3;
    private static final int TIMEOUT_MILLIS = 30_000;
    private static final int CHUNK = 64 * 1024;

    private SendFileExample() {
    }

    /** Runs the server and its clients. The exit code is 1 if one gets anything else than the file. */
    public static void main(String[] args) {
        ExampleRun.checkAvailable();
        IocpEventLoopGroup group = new IocpEventLoopGroup(1);
        ExampleRun.run("Send file", () -> {
            if (args.length > 0) {
                serve(group, Path.of(args[0]));
            } else {
                try (SampleFile sample = new SampleFile(SAMPLE_MEBIBYTES)) {
                    serve(group, sample.path());
                }
            }
        }, group);
    }

    private static void serve(IocpEventLoopGroup group, Path path) throws Exception {
        OverlappedFile file = OverlappedFile.open(group.next(), path, StandardOpenOption.READ).sync().getNow();
        try {
            long size = file.size().sync().getNow();
            Channel server = new ServerBootstrap().group(group).channel(IocpServerSocketChannel.class)
                    .childHandler(new FileSender(file, size)).bind(InetAddress.getLoopbackAddress(), 0).sync()
                    .channel();
            System.out.printf("Server:  %s, %,d bytes, on %s%n", path.getFileName(), size, server.localAddress());
            for (int i = 0; i < DOWNLOADS; i++) {
                download(group, (InetSocketAddress) server.localAddress(), path);
            }
            server.close().sync();
        } finally {
            file.close().sync();
        }
    }

    private static void download(IocpEventLoopGroup group, InetSocketAddress server, Path path) throws Exception {
        IocpMetrics before = group.metrics();
        long start = System.nanoTime();
        String received;
        try (Socket socket = new Socket(server.getAddress(), server.getPort())) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            received = sha256(socket.getInputStream());
        }
        long millis = (System.nanoTime() - start) / 1_000_000;
        System.out.printf("Client:  SHA-256 %s, in %,d ms; TransmitFile %d, WSASend %d%n", received, millis,
                group.metrics().minus(before).calls("TransmitFile"), group.metrics().minus(before).calls("WSASend"));
        try (InputStream in = Files.newInputStream(path)) {
            if (!received.equals(sha256(in))) {
                throw new IOException("this is not the file");
            }
        }
    }

    private static String sha256(InputStream in) throws IOException, NoSuchAlgorithmException {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        byte[] bytes = new byte[CHUNK];
        for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
            digest.update(bytes, 0, read);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Sends the whole file, and closes. */
    @Sharable
    private static final class FileSender extends ChannelInboundHandlerAdapter {

        private final OverlappedFile file;
        private final long size;

        FileSender(OverlappedFile file, long size) {
            this.file = file;
            this.size = size;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) throws ClosedChannelException {
            context.writeAndFlush(file.region(0, size)).addListener(ChannelFutureListener.CLOSE);
        }
    }
}
