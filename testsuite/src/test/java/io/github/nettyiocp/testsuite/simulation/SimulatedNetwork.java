/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.NtStatus;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The network around one simulated machine: who has which port, who listens, what is reachable. The machine has the
 * loopback addresses, {@link #HOST} and {@link #HOST6}; scripted peers live at {@link #FAR}.
 */
public final class SimulatedNetwork {

    /** An address of the simulated machine. */
    public static final InetAddress HOST = address(192, 0, 2, 1);
    /** The IPv6 address of the simulated machine. */
    public static final InetAddress HOST6 = address6(0xfd, 1);
    /** A machine far away, where scripted peers live. */
    public static final InetAddress FAR = address(198, 51, 100, 7);
    /** Nobody answers there. */
    public static final InetAddress SILENT = address(203, 0, 113, 1);
    /** The network tells that the host is not there. */
    public static final InetAddress HOST_UNREACHABLE = address(203, 0, 113, 2);
    /** No route leads there. */
    public static final InetAddress NETWORK_UNREACHABLE = address(203, 0, 113, 3);
    /** The loopback address. */
    public static final InetAddress LOOPBACK = address(127, 0, 0, 1);
    /** All IPv4 addresses of the machine. */
    static final InetAddress ANY = address(0, 0, 0, 0);
    /** All addresses of the machine. */
    static final InetAddress ANY6 = address6(0, 0);
    /** The loopback address of IPv6. */
    public static final InetAddress LOOPBACK6 = address6(0, 1);

    private static final int SYN_ATTEMPTS = 3;
    private static final long SYN_RETRY_NANOS = 500_000_000L;
    private static final long CONNECT_TIMEOUT_NANOS = 21_000_000_000L;

    private final SimulatedKernel kernel;
    private final Dice dice;
    private final PortTable ports;
    private final List<Listener> listeners = new ArrayList<>();

    SimulatedNetwork(SimulatedKernel kernel, long seed) {
        this.kernel = kernel;
        dice = new Dice(seed);
        ports = new PortTable(dice.below(1000));
    }

    // ---- time

    Faults faults() {
        return kernel.faults();
    }

    Dice dice() {
        return dice;
    }

    void log(String format, Object... args) {
        kernel.log(format, args);
    }

    Schedule.Event after(long nanos, Runnable action) {
        return kernel.schedule().after(nanos, action);
    }

    Schedule.Event at(long time, Runnable action) {
        return kernel.schedule().at(time, action);
    }

    /** When something that is sent now arrives. */
    long arrival() {
        long nanos = faults().happens(Faults.Kind.SLOW_NETWORK) ? dice.nanosBetween(100_000, 300_000_000L)
                : dice.nanosBetween(1_000, 100_000);
        return kernel.schedule().now() + nanos;
    }

    // ---- ports

    PortTable ports() {
        return ports;
    }

    static boolean isLocal(InetAddress ip) {
        return ip.isLoopbackAddress() || ip.equals(HOST) || ip.equals(HOST6);
    }

    /** The address of the machine from which it talks to another. */
    static InetAddress sourceFor(InetAddress remote) {
        if (isLocal(remote)) {
            return remote;
        }
        return remote instanceof Inet4Address ? HOST : HOST6;
    }

    // ---- listening

    /** Somebody who accepts connections at an address. */
    static final class Listener {
        final InetSocketAddress address;
        private final boolean ipv6;
        private final boolean dual;
        private final int backlog;
        private final int receiveLimit;
        private final Runnable arrived;
        final ArrayDeque<TcpEndpoint> queue = new ArrayDeque<>();
        /** How many connections are asked for at this moment; they don't count for the backlog. */
        int asked;

        Listener(InetSocketAddress address, boolean ipv6, boolean dual, int backlog, int receiveLimit,
                 Runnable arrived) {
            this.address = address;
            this.ipv6 = ipv6;
            this.dual = dual;
            this.backlog = backlog;
            this.receiveLimit = receiveLimit;
            this.arrived = arrived;
        }

        private boolean accepts(InetSocketAddress to) {
            InetAddress ip = to.getAddress();
            return to.getPort() == address.getPort() && (address.getAddress().isAnyLocalAddress()
                    ? ipv6 != ip instanceof Inet4Address || dual : ip.equals(address.getAddress()));
        }
    }

    void listen(Listener listener) {
        listeners.add(listener);
    }

    void stopListening(Listener listener) {
        listeners.remove(listener);
        for (TcpEndpoint end : listener.queue) {
            end.close(true);
        }
        listener.queue.clear();
    }

    private Listener find(InetSocketAddress to) {
        Listener found = null;
        for (Listener listener : listeners) {
            if (listener.accepts(to) && (found == null || found.address.getAddress().isAnyLocalAddress())) {
                found = listener;
            }
        }
        return found;
    }

    // ---- connecting

    /** Hears how a connect ended: an end, or a status. */
    interface ConnectCallback {
        void connected(TcpEndpoint end);

        void failed(int status);
    }

    /** A connect under way. */
    final class Attempt {
        private final InetSocketAddress from;
        private final InetSocketAddress to;
        private final int receiveLimit;
        private final int attempts;
        private final ConnectCallback callback;
        private int attempt;
        private boolean over;

        private Attempt(InetSocketAddress from, InetSocketAddress to, int receiveLimit, int attempts,
                        ConnectCallback callback) {
            this.from = from;
            this.to = to;
            this.receiveLimit = receiveLimit;
            this.attempts = attempts;
            this.callback = callback;
        }

        /** Gives up; the callback hears nothing more. */
        void abandon() {
            over = true;
        }

        private void start() {
            InetAddress ip = to.getAddress();
            if (ip.equals(SILENT)) {
                fail(CONNECT_TIMEOUT_NANOS, NtStatus.STATUS_IO_TIMEOUT);
            } else if (ip.equals(HOST_UNREACHABLE)) {
                fail(SYN_RETRY_NANOS, NtStatus.STATUS_HOST_UNREACHABLE);
            } else if (ip.equals(NETWORK_UNREACHABLE)) {
                fail(1_000, NtStatus.STATUS_NETWORK_UNREACHABLE);
            } else {
                at(arrival(), this::syn);
            }
        }

        private void fail(long nanos, int status) {
            after(nanos, () -> {
                if (!over) {
                    over = true;
                    callback.failed(status);
                }
            });
        }

        private void syn() {
            if (over) {
                return;
            }
            Listener listener = find(to);
            if (listener == null || listener.queue.size() >= listener.backlog + listener.asked) {
                if (++attempt < attempts) {
                    // Windows asks again although it was refused: "refused" takes a second and more.
                    after(SYN_RETRY_NANOS, this::syn);
                } else {
                    fail(1_000, NtStatus.STATUS_CONNECTION_REFUSED);
                }
                return;
            }
            int id = kernel.nextId();
            TcpEndpoint client = new TcpEndpoint(SimulatedNetwork.this, id, from, to, receiveLimit);
            TcpEndpoint server = new TcpEndpoint(SimulatedNetwork.this, kernel.nextId(), to, from,
                    listener.receiveLimit);
            client.connect(server);
            log("connection %d from port %d to port %d", id, from.getPort(), to.getPort());
            listener.queue.add(server);
            listener.arrived.run();
            at(arrival(), () -> {
                if (over) {
                    // The caller has gone meanwhile.
                    client.reset();
                } else {
                    over = true;
                    callback.connected(client);
                }
            });
        }
    }

    /** Begins to connect. Without SYN retransmissions a refusal comes at once. */
    Attempt connect(InetSocketAddress from, InetSocketAddress to, int receiveLimit, boolean retransmit,
                    ConnectCallback callback) {
        Attempt attempt = new Attempt(from, to, receiveLimit, retransmit ? SYN_ATTEMPTS : 1, callback);
        attempt.start();
        return attempt;
    }

    private static InetAddress address(int... bytes) {
        return address(new byte[] { (byte) bytes[0], (byte) bytes[1], (byte) bytes[2], (byte) bytes[3] });
    }

    private static InetAddress address6(int first, int last) {
        byte[] bytes = new byte[16];
        bytes[0] = (byte) first;
        bytes[15] = (byte) last;
        return address(bytes);
    }

    private static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }
}
