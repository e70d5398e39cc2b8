/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.channel.IocpServerSocketChannel;
import io.github.nettyiocp.channel.IocpSocketChannel;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.TimeUnit;

/**
 * An echo server on I/O completion ports, and three clients that send it data and compare what comes back: one on
 * completion ports too, one on NIO, and a plain {@link Socket}.
 */
public final class EchoExample {

    private EchoExample() {
    }

    /** Runs the server and the clients. The exit code is 1 if anything is not as it was sent. */
    public static void main(String[] args) {
        ExampleRun.checkAvailable();
        IocpEventLoopGroup serverGroup = new IocpEventLoopGroup(1);
        IocpEventLoopGroup iocpGroup = new IocpEventLoopGroup(1);
        EventLoopGroup nioGroup = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        ExampleRun.run("Echo", () -> run(serverGroup, iocpGroup, nioGroup), nioGroup, iocpGroup, serverGroup);
    }

    private static void run(IocpEventLoopGroup serverGroup, EventLoopGroup iocpGroup, EventLoopGroup nioGroup)
            throws Exception {
        EchoHandler echo = new EchoHandler();
        Channel server = new ServerBootstrap().group(serverGroup).channel(IocpServerSocketChannel.class)
                .childHandler(echo).bind(InetAddress.getLoopbackAddress(), 0).sync().channel();
        InetSocketAddress address = (InetSocketAddress) server.localAddress();
        System.out.println("Server:  " + server.getClass().getSimpleName() + " on " + address);

        long sent = 0;
        try (EchoClient client = new NettyEchoClient(iocpGroup, IocpSocketChannel.class, address)) {
            sent += EchoExchange.run(client, serverGroup);
        }
        try (EchoClient client = new NettyEchoClient(nioGroup, NioSocketChannel.class, address)) {
            sent += EchoExchange.run(client, serverGroup);
        }
        try (EchoClient client = new PlainClient(address)) {
            sent += EchoExchange.run(client, serverGroup);
        }

        server.close().sync();
        System.out.printf("%nThe server echoed %,d bytes on 3 connections; all came back as they were sent.%n",
                echo.bytes());
        if (echo.bytes() != sent) {
            throw new IOException("the clients sent " + sent + " bytes");
        }
    }

    private static final class PlainClient implements EchoClient {

        private final Socket socket;

        PlainClient(InetSocketAddress server) throws IOException {
            socket = new Socket(server.getAddress(), server.getPort());
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(TIMEOUT_SECONDS));
        }

        @Override
        public String description() {
            return "java.net.Socket from " + socket.getLocalSocketAddress();
        }

        @Override
        public byte[] roundTrip(byte[] message) throws IOException {
            socket.getOutputStream().write(message);
            byte[] answer = new byte[message.length];
            new DataInputStream(socket.getInputStream()).readFully(answer);
            return answer;
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
