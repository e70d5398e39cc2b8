/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.NtStatus;

import java.util.ArrayList;
import java.util.List;

/** One instance of a pipe: a server's end, at most one client's end, and what goes between them. */
final class PipeInstance {

    /** The states, and the numbers that Windows has for them. */
    enum State {
        DISCONNECTED, LISTENING, CONNECTED, CLOSING;

        int number() {
            return ordinal() + 1;
        }
    }

    /**
     * What a client allows a server to do with its identity.
     *
     * @param dynamic the identity that a client has whenever it writes counts, not the one that it had when it opened
     */
    record Qos(SimulatedProcess.Level level, boolean dynamic) {

        /** What counts where a client says nothing. */
        static final Qos NONE = new Qos(SimulatedProcess.Level.IMPERSONATION, true);
    }

    final SimulatedPipe pipe;
    final int id;
    private final PipeQueue inbound;
    private final PipeQueue outbound;
    private final List<PipeQueue.Request> listens = new ArrayList<>();
    private State state;
    private PipeEnd server;
    private PipeEnd client;
    private Qos qos = Qos.NONE;
    private SimulatedProcess.Token openedBy;
    private SimulatedProcess.Token clientToken;
    private int lost;

    PipeInstance(SimulatedPipe pipe, int id, boolean listening, int inboundQuota, int outboundQuota) {
        this.pipe = pipe;
        this.id = id;
        state = listening ? State.LISTENING : State.DISCONNECTED;
        inbound = new PipeQueue(inboundQuota);
        outbound = new PipeQueue(outboundQuota);
    }

    void server(PipeEnd end) {
        server = end;
    }

    PipeEnd server() {
        return server;
    }

    PipeEnd client() {
        return client;
    }

    State state() {
        return state;
    }

    /** What an end reads from. */
    PipeQueue readQueue(PipeEnd end) {
        return end.isServer ? inbound : outbound;
    }

    PipeQueue writeQueue(PipeEnd end) {
        return end.isServer ? outbound : inbound;
    }

    PipeEnd other(PipeEnd end) {
        return end.isServer ? client : server;
    }

    // ---- connecting

    void connected(PipeEnd newClient, Qos newQos, SimulatedProcess.Token token) {
        state = State.CONNECTED;
        client = newClient;
        clientToken = token;
        qos = newQos;
        openedBy = qos.dynamic ? null : new SimulatedProcess.Token(token.process(), qos.level, token.remote());
        endListens(NtStatus.STATUS_SUCCESS);
    }

    int listen(PipeQueue.Request request) {
        switch (state) {
            case CONNECTED:
                return NtStatus.STATUS_PIPE_CONNECTED;
            case CLOSING:
                return NtStatus.STATUS_PIPE_CLOSING;
            default:
                state = State.LISTENING;
                listens.add(request);
                pipe.changed();
                return NtStatus.STATUS_PENDING;
        }
    }

    private void endListens(int status) {
        List<PipeQueue.Request> waiting = new ArrayList<>(listens);
        listens.clear();
        for (PipeQueue.Request request : waiting) {
            request.ended(status, 0, null);
        }
    }

    boolean withdraw(PipeQueue.Request request) {
        return listens.remove(request) || inbound.withdraw(request) || outbound.withdraw(request);
    }

    int disconnect() {
        switch (state) {
            case DISCONNECTED:
                return NtStatus.STATUS_PIPE_DISCONNECTED;
            case LISTENING:
                endListens(NtStatus.STATUS_PIPE_DISCONNECTED);
                break;
            default:
                lost += outbound.unreadAccepted();
                inbound.drop(NtStatus.STATUS_PIPE_DISCONNECTED);
                outbound.drop(NtStatus.STATUS_PIPE_DISCONNECTED);
                if (client != null) {
                    client.detached();
                    client = null;
                }
                openedBy = null;
                clientToken = null;
                inbound.forgetContext();
                break;
        }
        state = State.DISCONNECTED;
        pipe.changed();
        return NtStatus.STATUS_SUCCESS;
    }

    /** The bytes of the server that were written, and that a disconnect took from the client before it read them. */
    int lostByDisconnect() {
        return lost;
    }

    // ---- who the client is

    /** Whose identity goes with what an end writes now. */
    SimulatedProcess.Token contextOf(PipeEnd end, SimulatedProcess.Token writer) {
        return end.isServer || !qos.dynamic ? null
                : new SimulatedProcess.Token(writer.process(), qos.level, writer.remote());
    }

    /** The process that opened the client's end; {@code null} if none did. */
    SimulatedProcess clientProcess() {
        return clientToken == null ? null : clientToken.process();
    }

    boolean isClientRemote() {
        return clientToken.remote();
    }

    /** Whom the server can be taken for; {@code null} if it knows nobody yet. */
    SimulatedProcess.Token clientContext() {
        return openedBy != null ? openedBy : inbound.context();
    }

    // ---- closing

    void closed(PipeEnd end) {
        switch (state) {
            case LISTENING:
                endListens(NtStatus.STATUS_PIPE_BROKEN);
                break;
            case CONNECTED:
                state = State.CLOSING;
                // What the other end wrote is lost, what this one wrote can still be read.
                readQueue(end).drop(NtStatus.STATUS_PIPE_BROKEN);
                writeQueue(end).endReaders(NtStatus.STATUS_PIPE_BROKEN);
                break;
            case CLOSING:
                readQueue(end).drop(NtStatus.STATUS_PIPE_BROKEN);
                break;
            default:
                break;
        }
        if (!end.isServer) {
            client = null;
        }
    }
}
