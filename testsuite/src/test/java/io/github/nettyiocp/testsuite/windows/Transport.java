/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.channel.IocpServerSocketChannel;
import io.github.nettyiocp.channel.IocpSocketChannel;
import io.github.nettyiocp.pipe.NamedPipeAddress;
import io.github.nettyiocp.pipe.NamedPipeChannel;
import io.github.nettyiocp.pipe.NamedPipeServerChannel;
import io.netty.channel.Channel;
import io.netty.channel.ServerChannel;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;

/** What a protocol runs over in a test. */
enum Transport {
    TCP(IocpServerSocketChannel.class, IocpSocketChannel.class, InetSocketAddress.class) {
        @Override
        SocketAddress newAddress() {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        }

        @Override
        SocketAddress address(String peer, List<String> listening) {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(listening.get(0)));
        }

        @Override
        String newPeerAddress() {
            return "tcp";
        }
    },
    PIPE(NamedPipeServerChannel.class, NamedPipeChannel.class, NamedPipeAddress.class) {
        @Override
        SocketAddress newAddress() {
            return NamedPipeAddress.random();
        }

        @Override
        SocketAddress address(String peer, List<String> listening) {
            return new NamedPipeAddress(peer);
        }

        @Override
        String newPeerAddress() {
            return NamedPipeAddress.random().toString();
        }
    };

    final Class<? extends ServerChannel> server;
    final Class<? extends Channel> client;
    final Class<? extends SocketAddress> address;

    Transport(Class<? extends ServerChannel> server, Class<? extends Channel> client,
              Class<? extends SocketAddress> address) {
        this.server = server;
        this.client = client;
        this.address = address;
    }

    /** An address that a server can be bound to; clients connect to the one that it then has. */
    abstract SocketAddress newAddress();

    /** What a peer that shall be a server is given. */
    abstract String newPeerAddress();

    /** Where a client reaches a peer that was given this and listens there. */
    abstract SocketAddress address(String peer, List<String> listening);
}
