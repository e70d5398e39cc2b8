/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.soak;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.IocpIoHandlerConfig;
import io.github.nettyiocp.IocpMetrics;
import io.github.nettyiocp.SimulationAccess;
import io.github.nettyiocp.channel.IocpChannelOption;
import io.github.nettyiocp.channel.ReceiveMode;
import io.github.nettyiocp.channel.SimulatedChannels;
import io.github.nettyiocp.pipe.NamedPipeAddress;
import io.github.nettyiocp.pipe.NamedPipeChannel;
import io.github.nettyiocp.pipe.NamedPipeOption;
import io.github.nettyiocp.pipe.NamedPipeServerChannel;
import io.github.nettyiocp.pipe.PipeMessageAggregator;
import io.github.nettyiocp.pipe.PipeType;
import io.github.nettyiocp.testsuite.faults.FaultKind;
import io.github.nettyiocp.testsuite.faults.FaultyWin32Access;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.EventExecutor;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.EnumMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One pair of groups, servers' and clients', from its start to its shutdown in the middle of the load, with faults of
 * its own.
 */
final class Era {

    private static final int LOOPS = 2;
    private static final int HEARTBEAT_MILLIS = 100;

    final Tally tally;
    final AtomicInteger open = new AtomicInteger();
    final Map<Long, Link> links = new ConcurrentHashMap<>();
    final FaultyWin32Access access;
    /** Nobody does anything unexpected any more. */
    volatile boolean calm;
    private final String text;
    private final SplittableRandom dice;
    private final ByteBufAllocator allocator;
    private final EventLoopGroup nio;
    private final IocpEventLoopGroup servers;
    private final IocpEventLoopGroup clients;
    private final boolean skipOnSuccess;
    private final ReceiveMode receiveMode;
    private final Map<Medium, Channel> listeners = new EnumMap<>(Medium.class);
    private final DatagramLoad datagrams;
    private final FileLoad files;
    private long nextId;
    private volatile boolean ending;

    Era(Tally tally, long seed, int number, ByteBufAllocator allocator, EventLoopGroup nio)
            throws InterruptedException {
        this.tally = tally;
        this.allocator = allocator;
        this.nio = nio;
        dice = new SplittableRandom(seed + number);
        boolean withErrors = number % 3 != 0;
        access = withErrors ? FaultyWin32Access.withErrors(seed + number) : FaultyWin32Access.harmless(seed + number);
        skipOnSuccess = dice.nextInt(4) != 0;
        receiveMode = dice.nextInt(4) == 0 ? ReceiveMode.ZERO_BYTE : ReceiveMode.BUFFER;
        text = "era " + number + " (" + (withErrors ? "errors" : "harmless") + ", " + receiveMode
                + (skipOnSuccess ? "" : ", no skip") + ')';
        nextId = (long) number << 32;
        IocpIoHandlerConfig config = SimulationAccess.config(access).batchSize(1 + dice.nextInt(64));
        servers = new IocpEventLoopGroup(LOOPS, config);
        clients = new IocpEventLoopGroup(LOOPS, config);
        // Under POST_REFUSED a task may have to wait for the next packet: there is always one soon.
        heartbeat(servers);
        heartbeat(clients);
        for (Medium medium : Medium.values()) {
            listeners.put(medium, bind(medium));
        }
        datagrams = new DatagramLoad(this, dice.nextLong(), servers, clients, nio, allocator);
        files = new FileLoad(this, dice.nextLong(), servers.next(), allocator);
        tally.eras.increment();
    }

    private static void heartbeat(IocpEventLoopGroup group) {
        for (EventExecutor loop : group) {
            loop.scheduleAtFixedRate(() -> { }, HEARTBEAT_MILLIS, HEARTBEAT_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private Channel bind(Medium medium) throws InterruptedException {
        SocketAddress address = medium.isPipe() ? NamedPipeAddress.random("soak-")
                : new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        for (int i = 0; i < 1000; i++) {
            ChannelFuture bound = bootstrap(medium)
                    .option(ChannelOption.ALLOCATOR, allocator)
                    .handler(new AcceptErrors())
                    .childOption(ChannelOption.ALLOCATOR, allocator)
                    .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                    .childHandler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            channel.pipeline().addLast(new ServerEnd(Era.this, channel.id().hashCode()));
                        }
                    })
                    .bind(address).await();
            if (bound.isSuccess()) {
                return bound.channel();
            }
        }
        throw new IllegalStateException("no server could be bound in 1000 attempts: " + medium);
    }

    private ServerBootstrap bootstrap(Medium medium) {
        ServerBootstrap bootstrap = new ServerBootstrap().group(servers);
        if (medium == Medium.MESSAGE_PIPE) {
            return bootstrap.channel(NamedPipeServerChannel.class)
                    .option(NamedPipeOption.PIPE_TYPE, PipeType.MESSAGE);
        }
        if (medium == Medium.BYTE_PIPE) {
            bootstrap.channel(NamedPipeServerChannel.class);
        } else {
            bootstrap.channelFactory(() -> SimulatedChannels.server(access, null));
        }
        return bootstrap.childOption(IocpChannelOption.SKIP_ON_SUCCESS, skipOnSuccess)
                .childOption(IocpChannelOption.RECEIVE_MODE, receiveMode);
    }

    /** Starts one more connection. */
    void connect() {
        tally.attempts.increment();
        Medium medium = dice.nextBoolean() ? Medium.TCP : dice.nextBoolean() ? Medium.BYTE_PIPE : Medium.MESSAGE_PIPE;
        boolean iocp = medium.isPipe() || dice.nextInt(4) != 0;
        boolean messages = medium == Medium.MESSAGE_PIPE && dice.nextBoolean();
        Link.Ending linkEnding = Link.Ending.values()[dice.nextInt(Link.Ending.values().length)];
        if (linkEnding == Link.Ending.HALF_CLOSE && (medium == Medium.BYTE_PIPE || messages)) {
            linkEnding = Link.Ending.CLOSE;
        }
        int bound = linkEnding == Link.Ending.HALF_CLOSE ? 1 << 16 : dice.nextInt(20) == 0 ? 1 << 22 : 1 << 18;
        long total = Link.HEADER + (long) Math.exp(Math.log(bound) * dice.nextDouble());
        Link link = new Link(++nextId, total, linkEnding, medium);
        links.put(link.id, link);
        long seed = dice.nextLong();
        Bootstrap bootstrap = new Bootstrap().option(ChannelOption.ALLOCATOR, allocator)
                .option(ChannelOption.ALLOW_HALF_CLOSURE, linkEnding == Link.Ending.HALF_CLOSE && dice.nextBoolean())
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        if (messages) {
                            channel.pipeline().addLast(new PipeMessageAggregator(Integer.MAX_VALUE));
                        }
                        channel.pipeline().addLast(new ClientEnd(Era.this, seed, link, iocp));
                    }
                });
        if (medium == Medium.MESSAGE_PIPE) {
            bootstrap.group(clients).channel(NamedPipeChannel.class)
                    .option(NamedPipeOption.READ_MODE, messages ? PipeType.MESSAGE : PipeType.BYTE);
        } else if (iocp) {
            bootstrap.group(clients).option(IocpChannelOption.SKIP_ON_SUCCESS, skipOnSuccess)
                    .option(IocpChannelOption.RECEIVE_MODE, receiveMode);
            if (medium == Medium.BYTE_PIPE) {
                bootstrap.channel(NamedPipeChannel.class);
            } else {
                bootstrap.channelFactory(() -> SimulatedChannels.socket(access, null));
            }
        } else {
            bootstrap.group(nio).channel(NioSocketChannel.class);
        }
        SocketAddress target = listeners.get(medium).localAddress();
        int how = calm ? 99 : dice.nextInt(60);
        if (how == 0) {
            // Nobody listens there.
            target = medium.isPipe() ? NamedPipeAddress.random("nobody-")
                    : new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
        } else if (how == 1) {
            bootstrap.option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 1 + dice.nextInt(3));
        }
        ChannelFuture connected = bootstrap.connect(target);
        if (how == 2) {
            connected.cancel(true);
        }
        connected.addListener(future -> {
            if (!future.isSuccess()) {
                tally.refused.increment();
            }
        });
    }

    /** Sends some datagrams. */
    void sendDatagrams() {
        datagrams.send();
    }

    /** Reads or writes a part of a file. */
    void workOnFiles() {
        files.work();
    }

    /** Looks at the links whose ends are both over. */
    void sweep() {
        for (Link link : links.values()) {
            End client = link.client;
            End serverEnd = link.server;
            if (client != null && client.over && serverEnd != null && serverEnd.over) {
                check(link, client, serverEnd);
                links.remove(link.id);
            }
        }
    }

    private void check(Link link, End client, End serverEnd) {
        if (client.received == link.total && serverEnd.received == link.total) {
            tally.whole.increment();
            return;
        }
        tally.broken.increment();
        if (!client.disturbed && !serverEnd.disturbed && !ending) {
            tally.fail("connection " + link.id + " ended early, and nobody knows why: " + link.ending + ", "
                    + serverEnd.received + " of " + link.total + " received by the server, " + client.received
                    + " by the " + client.name() + " of " + this);
        }
    }

    IocpMetrics metrics() {
        return servers.metrics().plus(clients.metrics());
    }

    /** Ends the groups in the middle of what they do, and checks that nothing is left. */
    void end() throws InterruptedException {
        ending = true;
        boolean told = dice.nextInt(3) != 0;
        int quietMillis = told ? 100 + dice.nextInt(200) : 0;
        long start = System.nanoTime();
        servers.shutdownGracefully(quietMillis, 10_000, TimeUnit.MILLISECONDS);
        if (dice.nextBoolean()) {
            Thread.sleep(dice.nextInt(300));
        }
        clients.shutdownGracefully(quietMillis, 10_000, TimeUnit.MILLISECONDS);
        if (!servers.terminationFuture().await(30_000) || !clients.terminationFuture().await(30_000)) {
            tally.fail("a group did not end within 30 seconds: " + this);
            return;
        }
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        datagrams.close();
        files.end();
        // Clients on NIO notice that their servers are gone.
        for (int i = 0; i < 200 && nioOpen(); i++) {
            Thread.sleep(50);
        }
        // A thread for calls that block may be about to close what it opened for somebody who is gone.
        for (int i = 0; i < 200 && access.openHandles() > 0; i++) {
            Thread.sleep(50);
        }
        IocpMetrics metrics = metrics();
        zero("operations outstanding", metrics.outstanding());
        zero("operations leaked", metrics.leakedOperations());
        zero("foreign packets", metrics.foreignPackets());
        zero("stale packets more than injected",
                Math.max(0, metrics.stalePackets() - access.count(FaultKind.STALE_PACKET)));
        zero("sockets open", access.openSockets());
        zero("other handles open", access.openHandles());
        zero("ports open", access.openPorts());
        zero("reservations of memory", access.openReservations());
        zero("packets lost at the port's end", access.lostOperations());
        for (Link link : links.values()) {
            if (link.client != null) {
                link.client.checkEnded(told);
            }
            if (link.server != null) {
                link.server.checkEnded(told);
            }
        }
        System.out.println(this + " ended in " + millis + " ms" + (told ? "" : ", quiet period 0") + "; "
                + access.counts());
    }

    private boolean nioOpen() {
        return links.values().stream().anyMatch(link -> link.client != null && !link.client.iocp && !link.client.over);
    }

    private void zero(String what, long count) {
        if (count != 0) {
            tally.fail(count + " " + what + " at the end of " + this);
        }
    }

    @Override
    public String toString() {
        return text;
    }
}
