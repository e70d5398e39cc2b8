/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.channel.IocpDatagramChannel;
import io.github.nettyiocp.internal.WinConst;
import io.netty.channel.ChannelFuture;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The multicast groups of a channel of a random program: joins, leaves and blocks as the dice say, and knows by a model
 * of its own which of that is refused, and what the socket must be a member of after it.
 */
final class GroupOracle {

    /** Those to which datagrams are sent. */
    static final InetAddress[] GROUPS = { address("239.1.2.3"), address("239.1.2.4") };
    private static final InetAddress[] SOURCES = { SimulatedNetwork.FAR, SimulatedNetwork.HOST };
    private static final InetAddress[] GROUPS_OF_IPV6 = { address("ff15::3"), address("ff15::4") };
    private static final InetAddress[] SOURCES_OF_IPV6 = { SimulatedNetwork.HOST6, address("2001:db8::7") };
    /** The one that both families have everywhere; the simulated machine takes each for its only network. */
    private static final NetworkInterface INTERFACE = loopback();

    private enum Change { JOIN, JOIN_SOURCE, LEAVE, LEAVE_SOURCE, BLOCK }

    /** A group that was joined for all sources but those, or for those sources. */
    record Membership(boolean forAll, Set<String> sources) {
    }

    private final SimulatedKernel kernel;
    private final Dice dice;
    private final String name;
    private final IocpDatagramChannel channel;
    private final SimulatedDatagramSocket socket;
    private final Map<InetAddress, Membership> joined = new HashMap<>();

    GroupOracle(SimulatedKernel kernel, Dice dice, String name, IocpDatagramChannel channel,
                SimulatedDatagramSocket socket) {
        this.kernel = kernel;
        this.dice = dice;
        this.name = name;
        this.channel = channel;
        this.socket = socket;
    }

    /** Does a few things with a group and a source of it. */
    void change() {
        boolean ipv6 = socket.family == WinConst.AF_INET6 && dice.chance(0.3);
        InetAddress group = dice.pick(ipv6 ? GROUPS_OF_IPV6 : GROUPS);
        InetAddress source = dice.pick(ipv6 ? SOURCES_OF_IPV6 : SOURCES);
        for (int left = dice.below(8); left >= 0 && channel.isOpen(); left--) {
            change(dice.pick(Change.values()), group, source);
        }
    }

    private void change(Change change, InetAddress group, InetAddress source) {
        boolean refused = isRefused(change, joined.get(group));
        long failures = kernel.faults().injected(Faults.Kind.OPTION_FAILS);
        ChannelFuture future = switch (change) {
            case JOIN -> channel.joinGroup(group, INTERFACE, null);
            case JOIN_SOURCE -> channel.joinGroup(group, INTERFACE, source);
            case LEAVE -> channel.leaveGroup(group, INTERFACE, null);
            case LEAVE_SOURCE -> channel.leaveGroup(group, INTERFACE, source);
            case BLOCK -> channel.block(group, INTERFACE, source);
        };
        kernel.log("%s: %s %s of %s: %s", name, change, group, source, future);
        Throwable cause = future.cause();
        if (!channel.isOpen()) {
            return;
        }
        if (future.isSuccess() ? refused : !(refused && cause instanceof IllegalStateException
                || cause instanceof IOException && kernel.faults().injected(Faults.Kind.OPTION_FAILS) > failures)) {
            kernel.failed(new SimulationError(name + ": " + change + " of a group joined as " + joined.get(group)
                    + ": " + (cause == null ? "done" : cause.toString()), cause));
        }
        if (future.isSuccess()) {
            changed(change, group, source.getHostAddress());
        }
        Map<InetAddress, Membership> memberships = socket.groups();
        if (!memberships.equals(joined)) {
            kernel.failed(new SimulationError(name + ": after " + change + " the socket is a member of " + memberships
                    + ", not of " + joined));
        }
    }

    private static boolean isRefused(Change change, Membership membership) {
        return switch (change) {
            case JOIN -> membership != null && !membership.forAll;
            case JOIN_SOURCE -> membership != null && membership.forAll;
            case BLOCK -> membership == null || !membership.forAll;
            default -> false;
        };
    }

    private void changed(Change change, InetAddress group, String source) {
        Membership membership = joined.get(group);
        switch (change) {
            case JOIN -> joined.putIfAbsent(group, new Membership(true, new TreeSet<>()));
            case JOIN_SOURCE -> joined.computeIfAbsent(group, first -> new Membership(false, new TreeSet<>()))
                    .sources.add(source);
            case BLOCK -> membership.sources.add(source);
            case LEAVE -> {
                if (membership != null && membership.forAll) {
                    joined.remove(group);
                }
            }
            default -> {
                if (membership != null && !membership.forAll && membership.sources.remove(source)
                        && membership.sources.isEmpty()) {
                    joined.remove(group);
                }
            }
        }
    }

    private static InetAddress address(String text) {
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private static NetworkInterface loopback() {
        try {
            return NetworkInterface.getByInetAddress(SimulatedNetwork.LOOPBACK);
        } catch (SocketException e) {
            throw new AssertionError(e);
        }
    }
}
