/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** A scripted program that sends and receives datagrams, on another machine or on this one. */
public final class SimulatedDatagramPeer {

    private final SimulatedKernel kernel;
    private final InetSocketAddress address;
    private final Set<InetAddress> groups = new HashSet<>();
    private final List<SimulatedDatagrams.Datagram> received = new ArrayList<>();
    private Consumer<SimulatedDatagrams.Datagram> whenReceived = received::add;

    private SimulatedDatagramPeer(SimulatedKernel kernel, InetSocketAddress address) {
        this.kernel = kernel;
        this.address = address;
    }

    /** Opens one; nobody checks whether the address is free. */
    public static SimulatedDatagramPeer open(SimulatedKernel kernel, InetSocketAddress address) {
        synchronized (kernel) {
            SimulatedDatagramPeer peer = new SimulatedDatagramPeer(kernel, address);
            kernel.datagrams().opened(peer);
            return peer;
        }
    }

    /** One on a machine far away. */
    public static SimulatedDatagramPeer far(SimulatedKernel kernel, int port) {
        return open(kernel, new InetSocketAddress(SimulatedNetwork.FAR, port));
    }

    public InetSocketAddress address() {
        return address;
    }

    /** Gives what comes to somebody instead of keeping it. */
    SimulatedDatagramPeer receiveTo(Consumer<SimulatedDatagrams.Datagram> target) {
        whenReceived = target;
        return this;
    }

    /** What has come. */
    List<SimulatedDatagrams.Datagram> received() {
        return received;
    }

    public SimulatedDatagramPeer join(InetAddress group) {
        groups.add(group);
        return this;
    }

    public void send(InetSocketAddress to, byte[] bytes) {
        synchronized (kernel) {
            kernel.datagrams().send(new SimulatedDatagrams.Datagram(kernel.nextId(), address, to, bytes), null);
        }
    }

    public void close() {
        synchronized (kernel) {
            kernel.datagrams().closed(this);
        }
    }

    boolean hears(SimulatedDatagrams.Datagram datagram) {
        return datagram.to().getPort() == address.getPort() && (datagram.to().equals(address)
                || groups.contains(datagram.to().getAddress())
                || datagram.to().getAddress().equals(SimulatedDatagrams.BROADCAST));
    }

    void arrived(SimulatedDatagrams.Datagram datagram) {
        kernel.log("%s reaches a peer", datagram);
        whenReceived.accept(datagram);
        kernel.changed();
    }
}
