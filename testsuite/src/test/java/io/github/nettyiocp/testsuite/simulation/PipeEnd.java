/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.WinConst;

/**
 * One end of an instance of a pipe: what a file object leads to, be it of the process under test
 * ({@link SimulatedPipeHandle}) or of another ({@link SimulatedPipePeer}). Methods return an {@code NTSTATUS}.
 */
final class PipeEnd {

    final boolean isServer;
    /** The process that opened it. */
    final SimulatedProcess process;
    /** What its handle may be used for. */
    final int granted;
    private PipeInstance instance;
    private boolean readsMessages;
    private boolean closed;

    PipeEnd(PipeInstance instance, boolean isServer, SimulatedProcess process, int granted, boolean readsMessages) {
        this.instance = instance;
        this.isServer = isServer;
        this.process = process;
        this.granted = granted;
        this.readsMessages = readsMessages;
    }

    /** {@code null} for a client that was disconnected. */
    PipeInstance instance() {
        return instance;
    }

    boolean may(int access) {
        return (granted & access) != 0;
    }

    boolean readsMessages() {
        return readsMessages;
    }

    /** The server ended the connection: this end leads nowhere any more. */
    void detached() {
        instance = null;
    }

    int listen(PipeQueue.Request request) {
        return isServer ? instance.listen(request) : DosErrors.STATUS_ILLEGAL_FUNCTION;
    }

    int disconnect() {
        return isServer ? instance.disconnect()
                : instance == null ? NtStatus.STATUS_PIPE_DISCONNECTED : DosErrors.STATUS_ILLEGAL_FUNCTION;
    }

    PipeQueue.Result read(int capacity, PipeQueue.Request request) {
        if (instance == null) {
            return PipeQueue.Result.of(NtStatus.STATUS_PIPE_DISCONNECTED);
        }
        switch (instance.state()) {
            case DISCONNECTED:
                return PipeQueue.Result.of(NtStatus.STATUS_PIPE_DISCONNECTED);
            case LISTENING:
                return PipeQueue.Result.of(NtStatus.STATUS_PIPE_LISTENING);
            default:
                if (!instance.pipe.carries(!isServer)) {
                    return PipeQueue.Result.of(NtStatus.STATUS_INVALID_PARAMETER);
                }
                return instance.readQueue(this).read(capacity, readsMessages,
                        instance.state() == PipeInstance.State.CLOSING, request);
        }
    }

    PipeQueue.Result write(byte[] data, SimulatedProcess.Token writer, PipeQueue.Request request) {
        if (instance == null) {
            return PipeQueue.Result.of(NtStatus.STATUS_PIPE_DISCONNECTED);
        }
        switch (instance.state()) {
            case DISCONNECTED:
                return PipeQueue.Result.of(NtStatus.STATUS_PIPE_DISCONNECTED);
            case LISTENING:
                return PipeQueue.Result.of(NtStatus.STATUS_PIPE_LISTENING);
            case CLOSING:
                return PipeQueue.Result.of(NtStatus.STATUS_PIPE_CLOSING);
            default:
                if (!instance.pipe.carries(isServer)) {
                    return PipeQueue.Result.of(NtStatus.STATUS_INVALID_PARAMETER);
                }
                PipeEnd other = instance.other(this);
                return instance.writeQueue(this).write(data, instance.pipe.messageType,
                        other != null && other.readsMessages, instance.contextOf(this, writer), request);
        }
    }

    /** Waits until the other end has read everything. */
    int flush(PipeQueue.Request request) {
        if (!may(WinConst.FILE_WRITE_DATA | WinConst.FILE_CREATE_PIPE_INSTANCE)) {
            return NtStatus.STATUS_ACCESS_DENIED;
        }
        if (instance == null) {
            return NtStatus.STATUS_PIPE_DISCONNECTED;
        }
        return instance.writeQueue(this).flush(request);
    }

    /** Changes the mode in which it reads. */
    int readMode(boolean messages) {
        if (!may(WinConst.FILE_WRITE_ATTRIBUTES)) {
            return NtStatus.STATUS_ACCESS_DENIED;
        }
        if (instance == null) {
            return NtStatus.STATUS_PIPE_DISCONNECTED;
        }
        if (messages && !instance.pipe.messageType) {
            return NtStatus.STATUS_INVALID_PARAMETER;
        }
        readsMessages = messages;
        return NtStatus.STATUS_SUCCESS;
    }

    /** Takes an operation back that waits; {@code false} if it is done. */
    boolean withdraw(PipeQueue.Request request) {
        return instance != null && instance.withdraw(request);
    }

    void close() {
        if (closed) {
            throw new SimulationError("bug of the simulation: an end of a pipe is closed twice");
        }
        closed = true;
        if (instance == null) {
            return;
        }
        instance.closed(this);
        if (isServer) {
            instance.pipe.remove(instance);
        }
    }

    boolean isClosed() {
        return closed;
    }
}
