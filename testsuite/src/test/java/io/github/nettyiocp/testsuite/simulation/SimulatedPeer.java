/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.net.InetSocketAddress;
import java.util.function.Consumer;

/**
 * A program on the other side of the network that needs no production code: it connects or accepts, and then sends,
 * reads as fast as it is told to, half closes, resets or falls silent. Its actions are events of the {@link Schedule},
 * so it acts while somebody else waits.
 */
public final class SimulatedPeer implements TcpEndpoint.Owner {

    private final SimulatedKernel kernel;
    private final java.io.ByteArrayOutputStream received = new java.io.ByteArrayOutputStream();
    private TcpEndpoint end;
    private Consumer<SimulatedPeer> whenConnected = peer -> { };
    private Consumer<SimulatedPeer> whenChanged = peer -> { };
    private Consumer<byte[]> reader = received::writeBytes;
    private int bytesPerRead = Integer.MAX_VALUE;
    private long readNanos;
    private boolean reading = true;
    private boolean readScheduled;
    private boolean atEnd;
    private boolean refused;
    private int brokenStatus;

    private SimulatedPeer(SimulatedKernel kernel) {
        this.kernel = kernel;
    }

    /** Connects from afar to a port of the machine. */
    public static SimulatedPeer connect(SimulatedKernel kernel, int port, Consumer<SimulatedPeer> whenConnected) {
        return connect(kernel, new InetSocketAddress(SimulatedNetwork.HOST, port), whenConnected);
    }

    public static SimulatedPeer connect(SimulatedKernel kernel, InetSocketAddress to,
                                        Consumer<SimulatedPeer> whenConnected) {
        SimulatedPeer peer = new SimulatedPeer(kernel);
        peer.whenConnected = whenConnected;
        synchronized (kernel) {
            InetSocketAddress from = new InetSocketAddress(to.getAddress().isLoopbackAddress() ? to.getAddress()
                    : SimulatedNetwork.FAR, 1024 + kernel.nextId() % 40000);
            kernel.network().connect(from, to, kernel.receiveBufferSize(), false,
                    new SimulatedNetwork.ConnectCallback() {
                        @Override
                        public void connected(TcpEndpoint newEnd) {
                            peer.begin(newEnd);
                        }

                        @Override
                        public void failed(int status) {
                            peer.refused = true;
                            peer.brokenStatus = status;
                            kernel.changed();
                        }
                    });
        }
        return peer;
    }

    /** Listens at {@link SimulatedNetwork#FAR}; each connection becomes a peer. */
    public static InetSocketAddress listen(SimulatedKernel kernel, int port, int backlog,
                                           Consumer<SimulatedPeer> whenConnected) {
        InetSocketAddress address = new InetSocketAddress(SimulatedNetwork.FAR, port);
        synchronized (kernel) {
            SimulatedNetwork.Listener[] listener = new SimulatedNetwork.Listener[1];
            listener[0] = new SimulatedNetwork.Listener(address, false, false, backlog, kernel.receiveBufferSize(),
                    () -> {
                        TcpEndpoint newEnd;
                        while ((newEnd = listener[0].queue.poll()) != null) {
                            SimulatedPeer peer = new SimulatedPeer(kernel);
                            peer.whenConnected = whenConnected;
                            peer.begin(newEnd);
                        }
                    });
            kernel.network().listen(listener[0]);
        }
        return address;
    }

    private void begin(TcpEndpoint newEnd) {
        end = newEnd;
        end.owner(this);
        whenConnected.accept(this);
        readable();
        kernel.changed();
    }

    // ---- what a script does

    /** Sets what runs whenever bytes, the end or a reset have come. */
    public SimulatedPeer whenChanged(Consumer<SimulatedPeer> action) {
        whenChanged = action;
        return this;
    }

    /** Gives what was read to somebody instead of keeping it. */
    public SimulatedPeer readTo(Consumer<byte[]> target) {
        reader = target;
        return this;
    }

    /** Reads at most so many bytes at a time, and waits in between. */
    public SimulatedPeer readSlowly(int bytes, long nanos) {
        bytesPerRead = bytes;
        readNanos = nanos;
        return this;
    }

    /** Reads nothing any more. */
    public SimulatedPeer stopReading() {
        reading = false;
        return this;
    }

    public SimulatedPeer startReading() {
        synchronized (kernel) {
            reading = true;
            readable();
        }
        return this;
    }

    /** Does something later. */
    public SimulatedPeer after(long nanos, Runnable action) {
        synchronized (kernel) {
            kernel.schedule().after(nanos, action);
        }
        return this;
    }

    /** Sends if it still can; a peer has as much memory as it wants. */
    public SimulatedPeer send(byte[] bytes) {
        synchronized (kernel) {
            if (end != null && !end.isBroken() && !end.isSendShutdown()) {
                end.send(bytes);
            }
        }
        return this;
    }

    public SimulatedPeer shutdownOutput() {
        synchronized (kernel) {
            if (end != null) {
                end.shutdownSend();
            }
        }
        return this;
    }

    public SimulatedPeer reset() {
        synchronized (kernel) {
            if (end != null) {
                kernel.log("the peer resets connection end %d", end.id);
                end.reset();
            }
        }
        return this;
    }

    public SimulatedPeer close() {
        synchronized (kernel) {
            if (end != null) {
                end.close(false);
            }
        }
        return this;
    }

    /** The machine of the peer is gone without a word. */
    public SimulatedPeer vanish() {
        synchronized (kernel) {
            if (end != null) {
                kernel.log("the peer of connection end %d falls silent", end.id);
                end.vanish();
            }
        }
        return this;
    }

    // ---- what it saw

    public boolean isConnected() {
        synchronized (kernel) {
            return end != null;
        }
    }

    public boolean isRefused() {
        synchronized (kernel) {
            return refused;
        }
    }

    public byte[] received() {
        synchronized (kernel) {
            return received.toByteArray();
        }
    }

    public int receivedBytes() {
        synchronized (kernel) {
            return received.size();
        }
    }

    /** Whether the other side ended its stream. */
    public boolean isAtEnd() {
        synchronized (kernel) {
            return atEnd;
        }
    }

    public boolean isBroken() {
        synchronized (kernel) {
            return brokenStatus != 0;
        }
    }

    public int brokenStatus() {
        synchronized (kernel) {
            return brokenStatus;
        }
    }

    public InetSocketAddress localAddress() {
        return end.local;
    }

    public InetSocketAddress remoteAddress() {
        return end.remote;
    }

    // ---- what the network tells

    @Override
    public void readable() {
        if (readScheduled || !reading) {
            return;
        }
        if (readNanos == 0) {
            read();
        } else if (end.isReadable()) {
            readScheduled = true;
            kernel.schedule().after(readNanos, () -> {
                readScheduled = false;
                read();
                if (end.available() > 0) {
                    readable();
                }
            });
        }
    }

    private void read() {
        if (!reading || end.isClosed() || end.isBroken()) {
            return;
        }
        reader.accept(end.take(bytesPerRead));
        atEnd = end.isAtEnd();
        if (readNanos == 0 && end.available() > 0) {
            read();
            return;
        }
        whenChanged.accept(this);
        kernel.changed();
    }

    @Override
    public void writable() {
        // What is to be sent lies in the send buffer already.
    }

    @Override
    public void broken(int status) {
        brokenStatus = status;
        whenChanged.accept(this);
        kernel.changed();
    }
}
