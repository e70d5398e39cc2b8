/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.channel.IocpChannelOption;
import io.github.nettyiocp.channel.IocpDatagramChannel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.socket.SocketProtocolFamily;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * A random program about datagrams, made by a seed: channels that are bound and connected, join groups, and send to
 * each other, to groups and to programs of other machines, a network that loses, doubles and mixes up, handlers that do
 * what the dice say, and shutdown at any moment.
 */
final class DatagramProgram extends RandomProgram {

    private static final List<Theme<DatagramOracle.Action>> THEMES = List.of(
            new Theme<>("reregister", List.of(DatagramOracle.Action.REREGISTER, DatagramOracle.Action.WRITE),
                    List.of(Faults.Kind.CANCEL_IS_SLOW, Faults.Kind.SLOW_COMPLETION)),
            new Theme<>("end while sending", List.of(DatagramOracle.Action.CLOSE_FORCIBLY,
                    DatagramOracle.Action.CLOSE, DatagramOracle.Action.WRITE), List.of(Faults.Kind.PEND_THOUGH_READY,
                    Faults.Kind.SLOW_COMPLETION)),
            new Theme<>("sends that fail", List.of(DatagramOracle.Action.WRITE),
                    List.of(Faults.Kind.SEND_FAILS_AT_ONCE, Faults.Kind.SEND_FAILS_LATER,
                    Faults.Kind.PEND_THOUGH_READY)),
            new Theme<>("reads on request", List.of(DatagramOracle.Action.AUTO_READ_OFF,
                    DatagramOracle.Action.AUTO_READ_ON, DatagramOracle.Action.READ),
                    List.of(Faults.Kind.PEND_THOUGH_READY, Faults.Kind.SLOW_COMPLETION)),
            new Theme<>("connections", List.of(DatagramOracle.Action.CONNECT, DatagramOracle.Action.DISCONNECT,
                    DatagramOracle.Action.WRITE, DatagramOracle.Action.AUTO_READ_OFF,
                    DatagramOracle.Action.AUTO_READ_ON), List.of(Faults.Kind.DATAGRAM_REFUSED,
                    Faults.Kind.SLOW_COMPLETION)),
            new Theme<>("unreliable", List.of(DatagramOracle.Action.WRITE), List.of(Faults.Kind.DATAGRAM_LOST,
                    Faults.Kind.DATAGRAM_DOUBLED, Faults.Kind.DATAGRAM_OVERTAKEN, Faults.Kind.SLOW_COMPLETION)));

    private static final int FAR_PORT = 700;

    private final List<DatagramOracle> channels = new ArrayList<>();
    private final List<SimulatedDatagramPeer> peers = new ArrayList<>();
    private final List<DatagramOracle.Action> actions;
    private final boolean groups;
    private int numbers;

    DatagramProgram(long seed, Appendable trace) {
        super(seed, trace);
        groups = dice.chance(0.3);
        if (dice.chance(0.5)) {
            kernel.bufferSizes(dice.sizeBetween(1, 65536), dice.sizeBetween(64, 65536));
        }
        kernel.ipv6(!dice.chance(0.2));
        actions = chooseActions(DatagramOracle.Action.values(), 0.4, THEMES);
    }

    // ---- what oracles ask

    DatagramOracle.Action pickAction() {
        return actions.isEmpty() ? null : dice.pick(actions.toArray(new DatagramOracle.Action[0]));
    }

    /** Where a channel may send, or connect to. */
    InetSocketAddress pickTarget() {
        int choice = dice.below(20);
        if (choice == 0) {
            return new InetSocketAddress(dice.pick(new InetAddress[] { SimulatedNetwork.SILENT,
                    SimulatedNetwork.HOST_UNREACHABLE, SimulatedNetwork.NETWORK_UNREACHABLE,
                    SimulatedDatagrams.BROADCAST }), FAR_PORT);
        }
        if (choice == 1) {
            return new InetSocketAddress(dice.chance(0.5) ? SimulatedNetwork.LOOPBACK : SimulatedNetwork.FAR, 9);
        }
        if (choice < 8 || channels.isEmpty()) {
            return dice.pick(peers.toArray(new SimulatedDatagramPeer[0])).address();
        }
        InetSocketAddress address = dice.pick(channels.toArray(new DatagramOracle[0])).channel.localAddress();
        if (address == null) {
            return peers.get(0).address();
        }
        return address.getAddress().isAnyLocalAddress() ? new InetSocketAddress(dice.chance(0.5)
                ? SimulatedNetwork.LOOPBACK : SimulatedNetwork.HOST, address.getPort()) : address;
    }

    /** Whether channels join multicast groups. */
    boolean hasGroups() {
        return groups;
    }

    /** Where a channel or a peer sends: a target, or a group at the port of a channel. */
    InetSocketAddress pickRecipient() {
        InetSocketAddress target = pickTarget();
        return groups && dice.chance(0.2) ? new InetSocketAddress(dice.pick(GroupOracle.GROUPS), target.getPort())
                : target;
    }

    /** What nobody else has sent: begins with a number. */
    byte[] nextContent() {
        int number = ++numbers;
        int length = dice.chance(0.02) ? dice.between(60_000, 66_000) : Math.max(8, dice.sizeBetween(8, 3000));
        byte[] bytes = Pattern.bytes(number, true, 0, length);
        ByteBuffer.wrap(bytes).putInt(0x64670000).putInt(number);
        return bytes;
    }

    // ---- the program

    @Override
    void runAll() {
        try (SimulatedRuntime opened = startLoops(config -> { })) {
            runtime = opened;
            for (int i = dice.between(1, 3); i > 0; i--) {
                startPeer(i);
            }
            for (int i = dice.sizeBetween(1, 6); i > 0; i--) {
                startChannel();
            }
            runFor(dice.nanosBetween(1_000_000, 10_000_000_000L), true);
            kernel.check();
            if (dice.chance(0.7)) {
                checkQuiet();
            }
            end();
            kernel.check();
            opened.shutdown(0, dice.pick(new Integer[] { 0, 100, 5000 }));
            kernel.check();
            channels.forEach(DatagramOracle::closeUnregistered);
            channels.forEach(DatagramOracle::checkAtEnd);
            kernel.check();
        }
    }

    private void runFor(long nanos, boolean untilOver) {
        runtime.await(() -> untilOver && channels.stream().allMatch(DatagramOracle::isClosed)
                || !kernel.violations().isEmpty(), nanos, TimeUnit.NANOSECONDS);
    }

    private void checkQuiet() {
        quiet = true;
        kernel.faults().suspend();
        kernel.log("nothing is done any more");
        // Longer than anything may take that is under way.
        runFor(3_000_000_000L, false);
        channels.forEach(DatagramOracle::checkQuiet);
        kernel.check();
        kernel.faults().resume();
    }

    private void end() {
        quiet = true;
        if (dice.chance(0.5)) {
            closeAll(channels, DatagramOracle::close, DatagramOracle::isClosed);
        }
        kernel.log("the loops are shut down");
        shuttingDown = true;
    }

    /** A program that answers, and sends by itself. */
    private void startPeer(int number) {
        SimulatedDatagramPeer peer = SimulatedDatagramPeer.far(kernel, FAR_PORT + number);
        peers.add(peer);
        peer.receiveTo(datagram -> {
            if (!quiet && dice.chance(0.5)) {
                peer.send(datagram.from(), nextContent());
            }
        });
        int rounds = dice.sizeBetween(1, 50);
        long pause = dice.nanosBetween(1_000, 100_000_000);
        kernel.schedule().after(pause, () -> sendFrom(peer, rounds, pause));
    }

    private void sendFrom(SimulatedDatagramPeer peer, int rounds, long pause) {
        if (quiet || rounds == 0) {
            return;
        }
        for (int i = dice.sizeBetween(1, 20); i > 0; i--) {
            InetSocketAddress to = dice.chance(0.05) ? new InetSocketAddress(SimulatedDatagrams.BROADCAST,
                    pickTarget().getPort()) : pickRecipient();
            if (SimulatedNetwork.isLocal(to.getAddress()) || to.getAddress().isMulticastAddress()
                    || to.getAddress().equals(SimulatedDatagrams.BROADCAST)) {
                peer.send(new InetSocketAddress(to.getAddress().isLoopbackAddress() ? SimulatedNetwork.HOST
                        : to.getAddress(), to.getPort()), nextContent());
            }
        }
        kernel.schedule().after(pause, () -> sendFrom(peer, rounds - 1, pause));
    }

    private void startChannel() {
        IocpDatagramChannel channel;
        try {
            channel = runtime.datagrams(family());
        } catch (RuntimeException e) {
            if (kernel.faults().failures() == 0) {
                kernel.failed(e);
            }
            return;
        }
        configure(channel);
        DatagramOracle oracle = new DatagramOracle(this, "channel " + (channels.size() + 1), channel);
        channels.add(oracle);
        channel.pipeline().addLast(oracle);
        oracle.register(anyLoop()).addListener(registered -> {
            if (registered.isSuccess()) {
                channel.eventLoop().execute(() -> begin(oracle));
            } else {
                checkCause("a registration", registered.cause());
            }
        });
    }

    private SocketProtocolFamily family() {
        int choice = dice.below(3);
        return choice == 0 ? SocketProtocolFamily.INET : choice == 1 && kernel.hasIpv6() ? SocketProtocolFamily.INET6
                : null;
    }

    private void configure(IocpDatagramChannel channel) {
        channel.config().setAutoRead(!dice.chance(0.2));
        channel.config().setOption(IocpChannelOption.POSTED_RECEIVES, dice.sizeBetween(1, 16));
        channel.config().setRecvByteBufAllocator(new FixedRecvByteBufAllocator(dice.chance(0.5) ? 2048
                : dice.sizeBetween(1, 4000)).maxMessagesPerRead(dice.between(1, 16)));
        channel.config().setMaxMessagesPerWrite(dice.sizeBetween(1, 32));
        try {
            if (dice.chance(0.3)) {
                channel.config().setBroadcast(true);
            }
            if (dice.chance(0.2)) {
                channel.config().setReuseAddress(true);
            }
        } catch (io.netty.channel.ChannelException e) {
            if (kernel.faults().failures() == 0) {
                kernel.failed(e);
            }
        }
        if (dice.chance(0.1)) {
            activeOnRegistration(channel);
        }
    }

    @SuppressWarnings("deprecation")
    private static void activeOnRegistration(IocpDatagramChannel channel) {
        channel.config().setOption(ChannelOption.DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION, true);
    }

    private void begin(DatagramOracle oracle) {
        if (!oracle.channel.isRegistered()) {
            return;
        }
        if (dice.chance(0.15)) {
            oracle.connect(pickTarget());
            return;
        }
        InetAddress address = dice.pick(new InetAddress[] { SimulatedNetwork.LOOPBACK, SimulatedNetwork.HOST,
                SimulatedNetwork.ANY, SimulatedNetwork.ANY });
        ChannelFuture[] future = new ChannelFuture[1];
        oracle.life.userCall(() -> future[0] = oracle.promised("a bind",
                oracle.channel.bind(new InetSocketAddress(address, 0))));
        future[0].addListener(bound -> {
            if (!bound.isSuccess()) {
                checkCause("a bind", bound.cause());
            } else if (dice.chance(0.2)) {
                oracle.connect(pickTarget());
            }
        });
    }

    void checkCause(String what, Throwable cause) {
        boolean legal = kernel.faults().failures() > 0 && !(cause instanceof NullPointerException)
                && !(cause instanceof AssertionError) || cause instanceof RejectedExecutionException && shuttingDown
                || cause instanceof ClosedChannelException
                // By a write of a channel that is active without.
                || cause instanceof AlreadyBoundException;
        if (!legal) {
            kernel.failed(new SimulationError(what + " fails by " + cause, cause));
        }
    }

    boolean isFailureOfFaults(Throwable cause) {
        return kernel.faults().failures() > 0 && (cause instanceof IOException || cause instanceof OutOfMemoryError
                || cause instanceof io.netty.channel.ChannelException || cause instanceof RejectedExecutionException);
    }
}
