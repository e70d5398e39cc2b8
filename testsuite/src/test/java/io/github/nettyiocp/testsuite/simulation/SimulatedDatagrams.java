/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * UDP in the simulated network: who has which port, and how datagrams travel. They take time; two on the same way come
 * in the order in which they were sent, none is lost and none doubled, unless {@link Faults} say so.
 */
final class SimulatedDatagrams {

    /** The most bytes that a datagram carries; {@code SO_MAX_MSG_SIZE}. */
    static final int MAX_SIZE = 65507;
    /** All machines of the network. */
    static final InetAddress BROADCAST = broadcast();

    /** A datagram under way. */
    record Datagram(int id, InetSocketAddress from, InetSocketAddress to, byte[] bytes) {

        boolean isIpv4() {
            return to.getAddress() instanceof Inet4Address;
        }

        @Override
        public String toString() {
            return "datagram " + id + " of " + bytes.length + " bytes from " + from + " to " + to;
        }
    }

    private record Way(InetSocketAddress from, InetSocketAddress to) {
    }

    private final SimulatedKernel kernel;
    private final PortTable ports;
    private final List<SimulatedDatagramSocket> sockets = new ArrayList<>();
    private final List<SimulatedDatagramPeer> peers = new ArrayList<>();
    private final Map<Way, Long> lastArrivals = new HashMap<>();

    SimulatedDatagrams(SimulatedKernel kernel, long seed) {
        this.kernel = kernel;
        ports = new PortTable(new Dice(seed).below(1000));
    }

    PortTable ports() {
        return ports;
    }

    void opened(SimulatedDatagramSocket socket) {
        sockets.add(socket);
    }

    void closed(SimulatedDatagramSocket socket) {
        sockets.remove(socket);
    }

    void opened(SimulatedDatagramPeer peer) {
        peers.add(peer);
    }

    void closed(SimulatedDatagramPeer peer) {
        peers.remove(peer);
    }

    // ---- the way of a datagram

    /** Sends; {@code sender} hears if nobody listens there, and is {@code null} for peers. */
    void send(Datagram datagram, SimulatedDatagramSocket sender) {
        Faults faults = kernel.faults();
        if (faults.happens(Faults.Kind.DATAGRAM_LOST)) {
            kernel.log("%s is lost", datagram);
            return;
        }
        int copies = faults.happens(Faults.Kind.DATAGRAM_DOUBLED) ? 2 : 1;
        for (int i = 0; i < copies; i++) {
            long time = kernel.network().arrival();
            if (faults.happens(Faults.Kind.DATAGRAM_OVERTAKEN)) {
                time += faults.dice().nanosBetween(1_000, 50_000_000);
            } else {
                Way way = new Way(datagram.from, datagram.to);
                time = Math.max(time, lastArrivals.getOrDefault(way, 0L));
                lastArrivals.put(way, time);
            }
            kernel.schedule().at(time, () -> arrive(datagram, sender));
        }
    }

    private void arrive(Datagram datagram, SimulatedDatagramSocket sender) {
        InetAddress to = datagram.to.getAddress();
        boolean many = to.isMulticastAddress() || to.equals(BROADCAST);
        if (!many && kernel.faults().happens(Faults.Kind.DATAGRAM_REFUSED)) {
            refuse(datagram, sender);
            return;
        }
        boolean heard = false;
        for (SimulatedDatagramPeer peer : List.copyOf(peers)) {
            if (peer.hears(datagram)) {
                heard = true;
                peer.arrived(datagram);
            }
        }
        if (many) {
            for (SimulatedDatagramSocket socket : List.copyOf(sockets)) {
                if (socket.hears(datagram)) {
                    socket.arrived(datagram);
                }
            }
            return;
        }
        SimulatedDatagramSocket best = null;
        for (SimulatedDatagramSocket socket : sockets) {
            if (socket.isAt(datagram.to)) {
                heard = true;
                if (socket.hears(datagram) && (best == null || socket.isMoreSpecific(best))) {
                    best = socket;
                }
            }
        }
        if (best != null) {
            best.arrived(datagram);
        } else if (!heard && !to.equals(SimulatedNetwork.SILENT) && !to.equals(SimulatedNetwork.HOST_UNREACHABLE)) {
            refuse(datagram, sender);
        }
    }

    /** Nobody listens there, says ICMP. */
    private void refuse(Datagram datagram, SimulatedDatagramSocket sender) {
        kernel.log("nobody listens for %s", datagram);
        if (sender != null) {
            kernel.schedule().at(kernel.network().arrival(), () -> sender.unreachable(datagram.to));
        }
    }

    private static InetAddress broadcast() {
        try {
            return InetAddress.getByAddress(new byte[] { -1, -1, -1, -1 });
        } catch (java.net.UnknownHostException e) {
            throw new AssertionError(e);
        }
    }
}
