/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;

/**
 * The order in which a channel's events may come: registered, active, reads each loop of which ends, inactive,
 * unregistered; and no data that nobody asked for.
 */
final class LifeCycle {

    private final SimulatedKernel kernel;
    private final String name;
    private boolean registered;
    private boolean everRegistered;
    private boolean active;
    private boolean inactive;
    private boolean inputShutdown;
    private boolean inputShutdownReadComplete;
    private boolean readRequested;
    private int readsInLoop;
    private boolean autoReadInLoop;
    private int emptyLoops;
    private int insideUserCall;
    private int unregistrations;

    LifeCycle(SimulatedKernel kernel, String name) {
        this.kernel = kernel;
        this.name = name;
    }

    private void expect(boolean legal, String what) {
        if (!legal) {
            kernel.failed(new SimulationError(name + ": " + what));
        }
    }

    /** The user calls something that must not fire an outcome from within. */
    void userCall(Runnable call) {
        insideUserCall++;
        try {
            call.run();
        } finally {
            insideUserCall--;
        }
    }

    void registered() {
        expect(!registered, "channelRegistered twice");
        registered = true;
        everRegistered = true;
    }

    void unregistered() {
        expect(registered, "channelUnregistered without channelRegistered");
        expect(readsInLoop == 0, "channelUnregistered before channelReadComplete");
        registered = false;
        unregistrations++;
    }

    void active() {
        expect(registered, "channelActive before channelRegistered");
        expect(!active, "channelActive twice");
        expect(insideUserCall == 0, "channelActive inside a call of the user");
        active = true;
    }

    /** Who closes in channelRegistered makes Netty skip channelActive. */
    void inactive(boolean closedByUser) {
        expect(active || closedByUser, "channelInactive without channelActive");
        expect(!inactive, "channelInactive twice");
        expect(registered, "channelInactive after channelUnregistered");
        expect(readsInLoop == 0, "channelInactive before channelReadComplete");
        inactive = true;
    }

    void readRequested() {
        readRequested = true;
    }

    void readNoLongerRequested() {
        readRequested = false;
    }

    void read(boolean autoRead) {
        expect(active && registered, "channelRead of a channel that is not active and registered");
        expect(!inactive, "channelRead after channelInactive");
        expect(!inputShutdown, "channelRead after the input was shut down");
        expect(insideUserCall == 0, "channelRead inside a call of the user");
        autoReadInLoop |= autoRead;
        expect(readRequested || readsInLoop > 0 && autoReadInLoop, "channelRead without read()");
        readRequested = false;
        readsInLoop++;
    }

    void readComplete(boolean autoRead) {
        expect(active && registered, "channelReadComplete of a channel that is not active and registered");
        expect(!inactive, "channelReadComplete after channelInactive");
        expect(insideUserCall == 0, "channelReadComplete inside a call of the user");
        if (readsInLoop == 0) {
            // Only when the end or an error came instead of data.
            expect(++emptyLoops <= 2 + unregistrations, "channelReadComplete without channelRead, several times");
        }
        readsInLoop = 0;
        autoReadInLoop = autoRead;
    }

    void userEvent(Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE) {
            expect(!inputShutdown, "ChannelInputShutdownEvent twice");
            expect(active && !inactive, "ChannelInputShutdownEvent of a channel that is not active");
            expect(readsInLoop == 0, "ChannelInputShutdownEvent before channelReadComplete");
            inputShutdown = true;
        } else if (event == ChannelInputShutdownReadComplete.INSTANCE) {
            expect(!inputShutdownReadComplete, "ChannelInputShutdownReadComplete twice");
            inputShutdownReadComplete = true;
        }
    }

    void inputShutdownByUser() {
        inputShutdown = true;
    }

    boolean isActive() {
        return active && !inactive;
    }

    boolean wasActive() {
        return active;
    }

    boolean isRegistered() {
        return registered;
    }

    boolean isInputShutdown() {
        return inputShutdown;
    }

    boolean isReadRequested() {
        return readRequested;
    }

    /** When nothing has happened for a while. */
    void still() {
        expect(readsInLoop == 0, "channelReadComplete is missing");
    }

    /** At the end of the run. */
    void ended(boolean closedUnregistered) {
        expect(!registered, "channelUnregistered is missing");
        expect(!active || inactive || closedUnregistered, "channelInactive is missing");
        expect(!everRegistered || unregistrations > 0, "channelUnregistered is missing");
    }
}
