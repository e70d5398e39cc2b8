/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.WinConst;

import java.util.ArrayList;
import java.util.List;

/** A pipe: a name and its instances. The name lives until the server's ends of all instances are closed. */
final class SimulatedPipe {

    /** {@code PIPE_UNLIMITED_INSTANCES}. */
    static final int UNLIMITED = 255;

    private final SimulatedPipes pipes;
    /** {@code null} for a pipe without a name. */
    final String name;
    final boolean messageType;
    /** {@code PIPE_ACCESS_*}, as seen from the server. */
    final int direction;
    final int maxInstances;
    final boolean rejectsRemoteClients;
    final SecurityDescriptor descriptor;
    /** The process that made the first instance. */
    final SimulatedProcess creator;
    private final List<PipeInstance> instances = new ArrayList<>();

    SimulatedPipe(SimulatedPipes pipes, String name, SimulatedPipes.Options options, SecurityDescriptor descriptor,
                  SimulatedProcess creator) {
        this.pipes = pipes;
        this.name = name;
        messageType = options.messageType();
        direction = options.direction();
        maxInstances = options.maxInstances();
        rejectsRemoteClients = options.rejectsRemoteClients();
        this.descriptor = descriptor;
        this.creator = creator;
    }

    /** Whether bytes go from the server to the client, or the other way. */
    boolean carries(boolean fromServer) {
        return (direction & (fromServer ? 2 : 1)) != 0;
    }

    boolean isFull() {
        return maxInstances != UNLIMITED && instances.size() >= maxInstances;
    }

    int instanceCount() {
        return instances.size();
    }

    PipeEnd add(int id, SimulatedPipes.Options options, SimulatedProcess process, int granted) {
        // What can neither be read nor written takes no clients, it only holds the name.
        boolean listening = (granted & (WinConst.FILE_READ_DATA | WinConst.FILE_WRITE_DATA)) != 0;
        PipeInstance instance = new PipeInstance(this, id, listening, options.inboundQuota(), options.outboundQuota());
        PipeEnd server = new PipeEnd(instance, true, process, granted, options.readsMessages());
        instance.server(server);
        instances.add(instance);
        changed();
        return server;
    }

    /** An instance that waits for a client; {@code null} if there is none. */
    PipeInstance listening() {
        for (PipeInstance instance : instances) {
            if (instance.state() == PipeInstance.State.LISTENING) {
                return instance;
            }
        }
        return null;
    }

    /** The server's end of an instance is closed; its client, if there is one, may still read. */
    void remove(PipeInstance instance) {
        instances.remove(instance);
        if (instances.isEmpty()) {
            pipes.remove(this);
        }
        changed();
    }

    /** An instance listens now, or doesn't any more. */
    void changed() {
        pipes.changed(this);
    }

    @Override
    public String toString() {
        return "pipe " + name;
    }
}
