/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import io.github.nettyiocp.internal.WinError;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Wakes a loop that is blocked at its completion port, by a packet.
 *
 * <p>A packet is posted only if the loop blocks or is about to, and only if none is queued already. None is lost: the
 * loop first says that it is about to block, then looks for tasks again, then blocks; a waker first queues its task,
 * then looks whether the loop blocks. No packet is posted to a port that was closed, whose handle value may belong to
 * somebody else by then: {@link #close()} shuts a gate and waits for those inside.
 */
final class WakeUp {

    private static final int CLOSED = 1 << 30;

    /** Posts a packet. */
    interface Poster {
        /** Returns {@code 0} or a Windows error. */
        int post(int bytes, long key, long payload);
    }

    private final Poster poster;
    private final long key;
    private final AtomicBoolean blocking = new AtomicBoolean();
    private final AtomicBoolean queued = new AtomicBoolean();
    /** Threads inside the gate, and the bit {@link #CLOSED}. */
    private final AtomicInteger gate = new AtomicInteger();

    WakeUp(Poster poster, long key) {
        this.poster = poster;
        this.key = key;
    }

    /** Called by the loop before it looks a last time whether it may block. */
    void aboutToBlock() {
        blocking.set(true);
    }

    /** Called by the loop when it does not block or does so no longer. */
    void awake() {
        // Read first: most rounds of a busy loop never blocked.
        if (blocking.get()) {
            blocking.set(false);
        }
    }

    /** Called by the loop when it took the packet off the port. */
    void dequeued() {
        queued.set(false);
    }

    /**
     * Called by any thread after it queued a task.
     *
     * @return {@code 0}, or the Windows error if no packet could be posted; the next call tries again
     */
    int wake() {
        if (!blocking.get() || !queued.compareAndSet(false, true)) {
            return 0;
        }
        int error = post(0, key, 0);
        if (error != 0) {
            queued.set(false);
        }
        return isClosed() ? 0 : error;
    }

    /** Posts a packet from any thread; {@code ERROR_INVALID_HANDLE} if the gate is closed. */
    int post(int bytes, long packetKey, long payload) {
        try {
            if ((gate.incrementAndGet() & CLOSED) != 0) {
                return WinError.ERROR_INVALID_HANDLE;
            }
            return poster.post(bytes, packetKey, payload);
        } finally {
            gate.decrementAndGet();
        }
    }

    boolean isClosed() {
        return (gate.get() & CLOSED) != 0;
    }

    /** Shuts the gate: when this returns no thread posts any more, and none will. */
    void close() {
        int inside = gate.get();
        while (!gate.compareAndSet(inside, inside | CLOSED)) {
            inside = gate.get();
        }
        while (gate.get() != CLOSED) {
            Thread.onSpinWait();
        }
    }
}
