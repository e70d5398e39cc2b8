/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.WinConst;

import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A scripted program of another process at one end of a pipe. It needs no production code; the kernel runs it. Reads
 * all the time unless told otherwise.
 */
public final class SimulatedPipePeer {

    /** Hears what is read. */
    public interface Reader {
        /** Some bytes. {@code last} is {@code false} if the rest of the message follows. */
        void read(byte[] bytes, boolean last);
    }

    private static final int CAPACITY = 65536;
    private static final long LATENCY_NANOS = 1_000;

    private final SimulatedKernel kernel;
    private final SimulatedProcess process;
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private final ArrayDeque<byte[]> toSend = new ArrayDeque<>();
    private PipeEnd end;
    private Consumer<SimulatedPipePeer> whenChanged = peer -> { };
    private Reader reader = (bytes, last) -> received.writeBytes(bytes);
    private int bytesPerRead = CAPACITY;
    private long readNanos = LATENCY_NANOS;
    private boolean reading = true;
    private boolean readUnderWay;
    private boolean writing;
    private boolean closeWhenSent;
    private boolean atEnd;
    private int failure;
    private long sent;

    private SimulatedPipePeer(SimulatedKernel kernel, SimulatedProcess process) {
        this.kernel = kernel;
        this.process = process;
    }

    // ---- clients

    /** How a client opens. */
    public static final class Client {
        private final SimulatedKernel kernel;
        private final String name;
        private SimulatedProcess process;
        private int access = accessFor(true, true);
        private int flags = WinConst.SECURITY_SQOS_PRESENT | WinConst.SECURITY_IDENTIFICATION;
        private boolean remote;
        private boolean messages;
        private long patienceNanos;

        private Client(SimulatedKernel kernel, String name) {
            this.kernel = kernel;
            this.name = name;
            process = kernel.process();
        }

        /** Runs in another process than the one under test. */
        Client in(SimulatedProcess other) {
            process = other;
            return this;
        }

        /** Opens for this, not for all that a client may do. */
        public Client access(int mask) {
            access = mask;
            return this;
        }

        /** {@code SECURITY_*} flags. */
        public Client security(int sqosFlags) {
            flags = sqosFlags;
            return this;
        }

        /** Comes over the network. */
        public Client remote() {
            remote = true;
            return this;
        }

        /** Reads messages as such. */
        public Client messages() {
            messages = true;
            return this;
        }

        /** Tries again for so long while the pipe is busy or missing. */
        public Client patient(long nanos) {
            patienceNanos = nanos;
            return this;
        }

        /** Opens; {@code whenConnected} runs if that succeeds. */
        public SimulatedPipePeer open(Consumer<SimulatedPipePeer> whenConnected) {
            synchronized (kernel) {
                SimulatedPipePeer peer = new SimulatedPipePeer(kernel, process);
                tryToOpen(peer, kernel.schedule().now() + patienceNanos, whenConnected);
                return peer;
            }
        }

        private void tryToOpen(SimulatedPipePeer peer, long deadline, Consumer<SimulatedPipePeer> whenConnected) {
            SimulatedProcess.Token token = new SimulatedProcess.Token(process, SimulatedProcess.Level.PRIMARY, remote);
            SimulatedPipes.Opened opened = kernel.pipes().open(token, name, access, PipeCalls.qos(flags));
            boolean temporary = opened.status() == NtStatus.STATUS_PIPE_NOT_AVAILABLE
                    || opened.status() == NtStatus.STATUS_OBJECT_NAME_NOT_FOUND;
            if (temporary && kernel.schedule().now() < deadline) {
                kernel.schedule().after(1_000_000, () -> tryToOpen(peer, deadline, whenConnected));
                return;
            }
            if (opened.status() != NtStatus.STATUS_SUCCESS) {
                peer.failure = opened.status();
                kernel.changed();
                return;
            }
            if (messages) {
                opened.end().readMode(true);
            }
            kernel.log("a peer opens the client's end of instance %d", opened.end().instance().id);
            peer.begin(opened.end(), whenConnected);
        }
    }

    /** What a client asks for that writes, or reads, or both. */
    static int accessFor(boolean writes, boolean reads) {
        return WinConst.FILE_READ_ATTRIBUTES | WinConst.FILE_WRITE_ATTRIBUTES | WinConst.SYNCHRONIZE
                | (reads ? WinConst.FILE_READ_DATA : 0) | (writes ? WinConst.FILE_WRITE_DATA : 0);
    }

    /** A client of the pipe of this name, which is the part behind {@code \\.\pipe\}. */
    public static Client client(SimulatedKernel kernel, String name) {
        return new Client(kernel, name);
    }

    // ---- servers

    /** A server with a number of instances that listen; each that is connected becomes a peer and is replaced. */
    public static final class Server {
        private final SimulatedKernel kernel;
        private final String name;
        private final SimulatedProcess process;
        private final Consumer<SimulatedPipePeer> whenConnected;
        private final List<PipeEnd> listening = new ArrayList<>();
        private boolean messageType;
        private boolean readsMessages;
        private int direction = WinConst.PIPE_ACCESS_DUPLEX;
        private int quota = 4096;
        private int maxInstances = SimulatedPipe.UNLIMITED;
        private SecurityDescriptor descriptor;
        private boolean closed;

        private Server(SimulatedKernel kernel, String name, SimulatedProcess process,
                       Consumer<SimulatedPipePeer> whenConnected) {
            this.kernel = kernel;
            this.name = name;
            this.process = process;
            this.whenConnected = whenConnected;
        }

        public Server messages(boolean readMessages) {
            messageType = true;
            readsMessages = readMessages;
            return this;
        }

        public Server direction(int pipeAccess) {
            direction = pipeAccess;
            return this;
        }

        public Server quota(int bytes) {
            quota = bytes;
            return this;
        }

        public Server maxInstances(int number) {
            maxInstances = number;
            return this;
        }

        Server descriptor(SecurityDescriptor access) {
            descriptor = access;
            return this;
        }

        /** Creates so many instances; the status if that fails. */
        public int listen(int instances) {
            synchronized (kernel) {
                for (int i = 0; i < instances; i++) {
                    int status = listen();
                    if (status != NtStatus.STATUS_SUCCESS) {
                        return status;
                    }
                }
                return NtStatus.STATUS_SUCCESS;
            }
        }

        private int listen() {
            SimulatedPipes.Opened created = kernel.pipes().create(process.token(), name, WinConst.SYNCHRONIZE
                    | WinConst.FILE_READ_DATA | WinConst.FILE_WRITE_DATA | WinConst.FILE_READ_ATTRIBUTES
                    | WinConst.FILE_WRITE_ATTRIBUTES, new SimulatedPipes.Options(false, direction, messageType,
                    readsMessages, true, maxInstances, quota, quota, descriptor));
            if (created.status() == NtStatus.STATUS_SUCCESS) {
                listening.add(created.end());
                created.end().listen((status, bytes, data) -> kernel.schedule().after(LATENCY_NANOS,
                        () -> connected(created.end(), status)));
            }
            return created.status();
        }

        private void connected(PipeEnd end, int status) {
            if (!listening.remove(end)) {
                return;
            }
            if (status != NtStatus.STATUS_SUCCESS) {
                end.close();
                return;
            }
            // The next instance comes first, so that the name always exists.
            listen();
            new SimulatedPipePeer(kernel, process).begin(end, whenConnected);
        }

        /** Listens no more. Who is connected stays so. */
        public void close() {
            synchronized (kernel) {
                if (!closed) {
                    closed = true;
                    for (PipeEnd end : new ArrayList<>(listening)) {
                        listening.remove(end);
                        end.close();
                    }
                }
            }
        }
    }

    /** A server that runs in a process of its own. */
    static Server server(SimulatedKernel kernel, String name, SimulatedProcess process,
                         Consumer<SimulatedPipePeer> whenConnected) {
        return new Server(kernel, name, process, whenConnected);
    }

    /** Takes over an end that the process under test has given away. */
    static SimulatedPipePeer of(SimulatedKernel kernel, PipeEnd end) {
        synchronized (kernel) {
            SimulatedPipePeer peer = new SimulatedPipePeer(kernel, end.process);
            peer.begin(end, connected -> { });
            return peer;
        }
    }

    private void begin(PipeEnd opened, Consumer<SimulatedPipePeer> whenConnected) {
        end = opened;
        whenConnected.accept(this);
        read();
        kernel.changed();
    }

    // ---- what a script does

    /** Sets what runs whenever something was read or written, or the pipe has ended. */
    public SimulatedPipePeer whenChanged(Consumer<SimulatedPipePeer> action) {
        whenChanged = action;
        return this;
    }

    /** Gives what was read to somebody instead of keeping it. */
    public SimulatedPipePeer readTo(Reader target) {
        reader = target;
        return this;
    }

    /** Reads at most so many bytes at a time, and waits in between. */
    public SimulatedPipePeer readSlowly(int bytes, long nanos) {
        bytesPerRead = bytes;
        readNanos = Math.max(LATENCY_NANOS, nanos);
        return this;
    }

    /** Reads nothing any more, once a read that waits is done. */
    public SimulatedPipePeer stopReading() {
        reading = false;
        return this;
    }

    public SimulatedPipePeer startReading() {
        synchronized (kernel) {
            reading = true;
            read();
        }
        return this;
    }

    /** Does something later. */
    public SimulatedPipePeer after(long nanos, Runnable action) {
        synchronized (kernel) {
            kernel.schedule().after(nanos, action);
        }
        return this;
    }

    /** Writes, behind what is being written: a message where the pipe has messages, be it empty. */
    public SimulatedPipePeer send(byte[] bytes) {
        synchronized (kernel) {
            toSend.add(bytes);
            write();
        }
        return this;
    }

    /** Closes when everything was written. */
    public SimulatedPipePeer closeWhenSent() {
        synchronized (kernel) {
            closeWhenSent = true;
            write();
        }
        return this;
    }

    /** Closes, or is killed: what is being written is lost. */
    public SimulatedPipePeer close() {
        synchronized (kernel) {
            if (end != null && !end.isClosed()) {
                kernel.log("the peer closes its end");
                end.close();
                kernel.changed();
            }
        }
        return this;
    }

    /** {@code DisconnectNamedPipe}, if it is a server, and a close. */
    public SimulatedPipePeer disconnect() {
        synchronized (kernel) {
            if (end != null && !end.isClosed()) {
                kernel.log("the peer disconnects");
                end.disconnect();
                close();
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

    /** The status by which opening, reading or writing failed first; {@code 0} if none did. */
    public int failure() {
        synchronized (kernel) {
            return failure;
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

    /** Bytes of the writes that succeeded. */
    public long sentBytes() {
        synchronized (kernel) {
            return sent;
        }
    }

    /** Whether the other side ended, and everything before was read. */
    public boolean isAtEnd() {
        synchronized (kernel) {
            return atEnd;
        }
    }

    public boolean isClosed() {
        synchronized (kernel) {
            return end != null && end.isClosed();
        }
    }

    PipeEnd end() {
        return end;
    }

    // ---- reading and writing

    private void read() {
        if (!reading || readUnderWay || end == null || end.isClosed() || atEnd || !end.may(WinConst.FILE_READ_DATA)) {
            return;
        }
        readUnderWay = true;
        PipeQueue.Result result = end.read(bytesPerRead, (status, bytes, data) -> wasRead(status, data));
        if (!result.isPending()) {
            wasRead(result.status(), result.data());
        }
    }

    private void wasRead(int status, byte[] data) {
        kernel.schedule().after(data == null ? LATENCY_NANOS : readNanos, () -> {
            readUnderWay = false;
            if (end.isClosed()) {
                return;
            }
            if (NtStatus.isError(status)) {
                atEnd = true;
                failed(status);
            } else {
                reader.read(data, status != NtStatus.STATUS_BUFFER_OVERFLOW);
            }
            whenChanged.accept(this);
            kernel.changed();
            read();
        });
    }

    private void write() {
        if (writing || end == null || end.isClosed()) {
            return;
        }
        byte[] next = failure != 0 ? null : toSend.poll();
        if (next == null) {
            if (closeWhenSent) {
                close();
            }
            return;
        }
        writing = true;
        PipeQueue.Result result = end.write(next, process.token(), (status, bytes, data) -> written(status, bytes));
        if (!result.isPending()) {
            written(result.status(), result.bytes());
        }
    }

    private void written(int status, int bytes) {
        kernel.schedule().after(LATENCY_NANOS, () -> {
            writing = false;
            if (NtStatus.isError(status)) {
                failed(status);
            } else {
                sent += bytes;
            }
            whenChanged.accept(this);
            kernel.changed();
            write();
        });
    }

    private void failed(int status) {
        if (failure == 0) {
            failure = status;
        }
    }
}
