/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.channel.IocpChannelOption;
import io.github.nettyiocp.channel.IocpServerSocketChannel;
import io.github.nettyiocp.channel.IocpSocketChannel;
import io.github.nettyiocp.channel.ReceiveMode;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketProtocolFamily;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A random program of TCP: servers, clients, and scripted peers at either end. */
final class TcpProgram extends StreamProgram<ConnectionOracle> {

    private static final List<Theme<ConnectionOracle.Action>> THEMES = List.of(
            new Theme<>("reregister", List.of(ConnectionOracle.Action.REREGISTER, ConnectionOracle.Action.WRITE),
                    List.of(Faults.Kind.CANCEL_IS_SLOW, Faults.Kind.SLOW_COMPLETION)),
            new Theme<>("end while writing", List.of(ConnectionOracle.Action.CLOSE_FORCIBLY,
                    ConnectionOracle.Action.SHUTDOWN_OUTPUT, ConnectionOracle.Action.CLOSE,
                    ConnectionOracle.Action.WRITE), List.of(Faults.Kind.PEND_THOUGH_READY,
                    Faults.Kind.SLOW_COMPLETION)),
            new Theme<>("reads on request", List.of(ConnectionOracle.Action.AUTO_READ_OFF,
                    ConnectionOracle.Action.AUTO_READ_ON, ConnectionOracle.Action.READ),
                    List.of(Faults.Kind.PARTIAL_RECEIVE, Faults.Kind.PEND_THOUGH_READY)),
            new Theme<>("half closes", List.of(ConnectionOracle.Action.SHUTDOWN_INPUT,
                    ConnectionOracle.Action.SHUTDOWN_OUTPUT, ConnectionOracle.Action.SHUTDOWN,
                    ConnectionOracle.Action.WRITE), List.of(Faults.Kind.CANCEL_IS_SLOW,
                    Faults.Kind.PEND_THOUGH_READY)),
            new Theme<>("wake ups", List.of(ConnectionOracle.Action.EXECUTE, ConnectionOracle.Action.CLOSE_LATER),
                    List.of(Faults.Kind.POST_REFUSED)),
            new Theme<>("lingering", List.of(ConnectionOracle.Action.LINGER, ConnectionOracle.Action.CLOSE,
                    ConnectionOracle.Action.CLOSE_LATER), List.of(Faults.Kind.EXECUTOR_REFUSES,
                    Faults.Kind.CANCEL_IS_IGNORED)));

    private final List<PeerOracle> peers = new ArrayList<>();
    private final List<ServerOracle> servers = new ArrayList<>();
    private final List<IocpServerSocketChannel> serverChannels = new ArrayList<>();
    private final List<ConnectionOracle.Action> actions;
    /** Whether the first bytes go with the connect. */
    private final boolean opensFast;
    private int names;

    TcpProgram(long seed, Appendable trace) {
        super(seed, trace);
        if (dice.chance(0.5)) {
            kernel.bufferSizes(dice.sizeBetween(1, 65536), dice.sizeBetween(64, 65536));
        }
        kernel.ipv6(!dice.chance(0.2));
        opensFast = dice.chance(0.2);
        actions = chooseActions(ConnectionOracle.Action.values(), 0.3, THEMES);
    }

    ConnectionOracle.Action pickAction() {
        return actions.isEmpty() ? null : actions.get(dice.below(actions.size()));
    }

    // ---- the program

    @Override
    void runAll() {
        try (SimulatedRuntime opened = startLoops(config -> { })) {
            runtime = opened;
            int servers = dice.chance(0.8) ? 1 : 0;
            InetSocketAddress server = servers == 0 ? null : startServer();
            InetSocketAddress far = SimulatedPeer.listen(kernel, 700, 5, peer -> peers.add(new PeerOracle(this, peer,
                    false)));
            int clients = dice.sizeBetween(1, 8);
            for (int i = 0; i < clients; i++) {
                startClient(server, far);
            }
            runFor(dice.nanosBetween(1_000_000, 20_000_000_000L), true);
            kernel.check();
            if (dice.chance(0.7)) {
                checkQuiet();
            }
            end();
            kernel.check();
            opened.shutdown(0, dice.pick(new Integer[] { 0, 100, 5000 }));
            kernel.check();
            connections.forEach(ConnectionOracle::closeUnregistered);
            connections.forEach(ConnectionOracle::checkAtEnd);
            for (int i = 0; i < serverChannels.size(); i++) {
                this.servers.get(i).closeUnregistered(serverChannels.get(i));
                this.servers.get(i).checkAtEnd();
            }
            checkNothingWasAborted();
            kernel.check();
        }
    }

    @Override
    boolean isServerStalled() {
        for (IocpServerSocketChannel server : serverChannels) {
            SimulatedSocket socket = kernel.socketBehind(server.socket());
            if (server.isActive() && server.isRegistered() && server.config().isAutoRead() && socket != null
                    && !socket.isAccepting()) {
                return true;
            }
        }
        return false;
    }

    private InetSocketAddress startServer() {
        IocpServerSocketChannel channel;
        kernel.faults().suspend();
        try {
            channel = runtime.server(family());
            if (opensFast) {
                channel.config().setTcpFastopen(5);
            }
        } finally {
            kernel.faults().resume();
        }
        ServerOracle oracle = new ServerOracle(this) {
            @Override
            ChannelOracle child(Channel child) {
                configure((IocpSocketChannel) child);
                return add("child", false, (IocpSocketChannel) child);
            }
        };
        servers.add(oracle);
        channel.config().setOption(IocpChannelOption.POSTED_ACCEPTS, dice.sizeBetween(1, 8));
        channel.config().setBacklog(dice.sizeBetween(1, 50));
        if (dice.chance(0.3)) {
            channel.config().setOption(IocpChannelOption.SKIP_ON_SUCCESS, false);
        }
        serverChannels.add(channel);
        if (!bind(channel, oracle, () -> channel.bind(new InetSocketAddress(address(), 0)))) {
            return null;
        }
        int clients = dice.sizeBetween(1, 5) - 1;
        for (int i = 0; i < clients; i++) {
            InetSocketAddress to = new InetSocketAddress(channel.localAddress().getAddress().isLoopbackAddress()
                    ? channel.localAddress().getAddress() : SimulatedNetwork.HOST, channel.localAddress().getPort());
            peers.add(new PeerOracle(this, to));
        }
        return channel.localAddress();
    }

    private SocketProtocolFamily family() {
        int choice = dice.below(3);
        return choice == 0 ? SocketProtocolFamily.INET : choice == 1 && kernel.hasIpv6() ? SocketProtocolFamily.INET6
                : null;
    }

    private InetAddress address() {
        return dice.chance(0.5) ? SimulatedNetwork.LOOPBACK : new InetSocketAddress(0).getAddress();
    }

    private void startClient(InetSocketAddress server, InetSocketAddress far) {
        IocpSocketChannel channel;
        try {
            channel = runtime.socket(family());
        } catch (RuntimeException e) {
            if (kernel.faults().failures() == 0) {
                kernel.failed(e);
            }
            return;
        }
        configure(channel);
        ConnectionOracle oracle = add("client", true, channel);
        InetSocketAddress to = target(server, far);
        oracle.register(anyLoop()).addListener(registered -> {
            if (!registered.isSuccess()) {
                checkCause("a registration", registered.cause());
                return;
            }
            channel.eventLoop().execute(() -> connect(oracle, to));
        });
    }

    private void connect(ConnectionOracle oracle, InetSocketAddress to) {
        IocpSocketChannel channel = oracle.channel;
        if (!channel.isRegistered()) {
            return;
        }
        if (dice.chance(0.1)) {
            channel.config().setConnectTimeoutMillis(dice.between(1, 3000));
        }
        if (opensFast && channel.isOpen()) {
            writeFirst(oracle);
        }
        ChannelFuture[] future = new ChannelFuture[1];
        oracle.life.userCall(() -> future[0] = oracle.promised("a connect", channel.connect(to)));
        future[0].addListener(connected -> {
            kernel.log("connect: %s", connected.isSuccess() ? "ok" : connected.cause().getClass().getSimpleName());
            if (!connected.isSuccess()) {
                if (!oracle.isReregistering()) {
                    checkCause("a connect", connected.cause());
                    checkConnectFailure(connected.cause());
                }
            } else if (!channel.isActive() && channel.isOpen()) {
                kernel.failed(new SimulationError("connected, but not active"));
            }
        });
        if (wildness > 0 && dice.chance(0.05)) {
            channel.eventLoop().schedule(() -> future[0].cancel(false), dice.nanosBetween(1000, 100_000_000),
                    TimeUnit.NANOSECONDS);
        }
    }

    /** Binds, which tells the key of the connection, and writes what shall go with the connect. */
    private void writeFirst(ConnectionOracle oracle) {
        try {
            oracle.channel.config().setTcpFastOpenConnect(true);
        } catch (ChannelException e) {
            checkCause("an option", e);
        }
        oracle.promised("a bind", oracle.channel.bind(new InetSocketAddress(0))).addListener(bound -> {
            if (bound.isSuccess()) {
                oracle.writeBefore(oracle.channel.localAddress().getPort());
            }
        });
    }

    /** Without faults a connect is refused, times out or finds no route; any other failure is our own. */
    private void checkConnectFailure(Throwable cause) {
        if (kernel.faults().failures() == 0 && cause instanceof IOException && !(cause instanceof ConnectException)
                && !(cause instanceof NoRouteToHostException) && !(cause instanceof ClosedChannelException)
                && !cause.getMessage().startsWith("Network is unreachable")
                // The peer reset the connection before it was complete.
                && !cause.getMessage().startsWith("Socket is not connected")) {
            kernel.failed(new SimulationError("a connect fails by " + cause, cause));
        }
    }

    private InetSocketAddress target(InetSocketAddress server, InetSocketAddress far) {
        int choice = dice.below(20);
        if (choice == 0) {
            return new InetSocketAddress(dice.pick(new InetAddress[] { SimulatedNetwork.SILENT,
                    SimulatedNetwork.HOST_UNREACHABLE, SimulatedNetwork.NETWORK_UNREACHABLE }), 9);
        }
        if (choice == 1) {
            return new InetSocketAddress(SimulatedNetwork.LOOPBACK, 9);
        }
        if (server == null || choice < 6) {
            return far;
        }
        return server.getAddress().isAnyLocalAddress() ? new InetSocketAddress(SimulatedNetwork.LOOPBACK,
                server.getPort()) : server;
    }

    /** Makes an oracle for a channel and puts it into the pipeline. */
    ConnectionOracle add(String kind, boolean client, IocpSocketChannel channel) {
        ConnectionOracle oracle = new ConnectionOracle(this, kind + ' ' + ++names, client, channel);
        connections.add(oracle);
        channel.pipeline().addLast(oracle);
        return oracle;
    }

    void configure(IocpSocketChannel channel) {
        channel.config().setAllocator(runtime.allocator());
        channel.config().setAutoRead(!dice.chance(0.2));
        channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, dice.chance(0.5));
        channel.config().setOption(IocpChannelOption.SKIP_ON_SUCCESS, dice.chance(0.6));
        channel.config().setOption(IocpChannelOption.RECEIVE_MODE, dice.pick(ReceiveMode.values()));
        if (dice.chance(0.5)) {
            channel.config().setRecvByteBufAllocator(new FixedRecvByteBufAllocator(dice.sizeBetween(1, 20_000))
                    .maxMessagesPerRead(dice.between(1, 16)));
        }
        if (dice.chance(0.3)) {
            int low = dice.sizeBetween(1, 1000);
            channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(low, low + dice.sizeBetween(1, 64_000)));
        }
        if (dice.chance(0.3)) {
            channel.config().setWriteSpinCount(dice.between(1, 4));
        }
    }
}
