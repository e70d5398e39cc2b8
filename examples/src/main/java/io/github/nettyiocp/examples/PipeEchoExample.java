/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.pipe.NamedPipeAddress;
import io.github.nettyiocp.pipe.NamedPipeChannel;
import io.github.nettyiocp.pipe.NamedPipeServerChannel;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;

import java.io.IOException;
import java.io.RandomAccessFile;

/**
 * An echo server on a named pipe, and two clients that send it data and compare what comes back: a {@link
 * NamedPipeChannel}, and a {@link RandomAccessFile}, by which Java without a library can open a pipe.
 */
public final class PipeEchoExample {

    private PipeEchoExample() {
    }

    /** Runs the server and the clients. The exit code is 1 if anything is not as it was sent. */
    public static void main(String[] args) {
        ExampleRun.checkAvailable();
        IocpEventLoopGroup serverGroup = new IocpEventLoopGroup(1);
        IocpEventLoopGroup clientGroup = new IocpEventLoopGroup(1);
        ExampleRun.run("Echo by a named pipe", () -> run(serverGroup, clientGroup), clientGroup, serverGroup);
    }

    private static void run(IocpEventLoopGroup serverGroup, IocpEventLoopGroup clientGroup) throws Exception {
        EchoHandler echo = new EchoHandler();
        NamedPipeAddress address = NamedPipeAddress.random("netty-iocp-echo-");
        Channel server = new ServerBootstrap().group(serverGroup).channel(NamedPipeServerChannel.class)
                .childHandler(echo).bind(address).sync().channel();
        System.out.println("Server:  " + server.getClass().getSimpleName() + " on " + address);

        long sent = 0;
        try (EchoClient client = new NettyEchoClient(clientGroup, NamedPipeChannel.class, address)) {
            sent += EchoExchange.run(client, serverGroup);
        }
        try (EchoClient client = new FileClient(address)) {
            sent += EchoExchange.run(client, serverGroup);
        }

        server.close().sync();
        System.out.printf("%nThe server echoed %,d bytes on 2 pipes; all came back as they were sent.%n",
                echo.bytes());
        if (echo.bytes() != sent) {
            throw new IOException("the clients sent " + sent + " bytes");
        }
    }

    /** Reads and writes in turn, which is all that a pipe opened so can do: each waits for the other. */
    private static final class FileClient implements EchoClient {

        private final RandomAccessFile pipe;

        FileClient(NamedPipeAddress server) throws IOException {
            pipe = new RandomAccessFile(server.toString(), "rw");
        }

        @Override
        public String description() {
            return "java.io.RandomAccessFile";
        }

        @Override
        public byte[] roundTrip(byte[] message) throws IOException {
            pipe.write(message);
            byte[] answer = new byte[message.length];
            pipe.readFully(answer);
            return answer;
        }

        @Override
        public void close() throws IOException {
            pipe.close();
        }
    }
}
