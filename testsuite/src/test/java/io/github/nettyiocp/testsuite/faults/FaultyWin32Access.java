/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.faults;

import io.github.nettyiocp.internal.NativeWin32;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.Win32Access;

import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Gives every loop and thread a {@link FaultyWin32} on top of the real calls, and counts what they do. The dice of each
 * follow from one seed and the order in which they were made; what the real sockets do in between does not.
 */
public final class FaultyWin32Access implements Win32Access {

    private static final FaultKind[] KINDS = FaultKind.values();

    private final long seed;
    private final Win32Access real;
    private final double[] probabilities = new double[KINDS.length];
    private final AtomicLongArray injected = new AtomicLongArray(KINDS.length);
    private final AtomicLong instances = new AtomicLong();
    private final AtomicLong sockets = new AtomicLong();
    private final AtomicLong openHandles = new AtomicLong();
    private final AtomicLong ports = new AtomicLong();
    private final AtomicLong reservations = new AtomicLong();
    private final AtomicLong lost = new AtomicLong();
    private final Map<Long, FaultyHandle> handles = new ConcurrentHashMap<>();
    private final ThreadLocal<Win32> ofThread;
    private volatile boolean suspended;
    private volatile Set<FaultKind> excluded = Set.of();

    private FaultyWin32Access(long seed, boolean withErrors) {
        this.seed = seed;
        real = NativeWin32.ACCESS;
        for (FaultKind kind : KINDS) {
            probabilities[kind.ordinal()] = kind.probability(withErrors);
        }
        ofThread = ThreadLocal.withInitial(() -> new FaultyWin32(this, real.ofThisThread(), nextSeed()));
    }

    /** Only what Windows may do at any time: nothing above it may fail by that. */
    public static FaultyWin32Access harmless(long seed) {
        return new FaultyWin32Access(seed, false);
    }

    /** Also errors that end connections. */
    public static FaultyWin32Access withErrors(long seed) {
        return new FaultyWin32Access(seed, true);
    }

    /** Changes how often something happens, from 0 to 1. Before the first loop is made. */
    public FaultyWin32Access with(FaultKind kind, double probability) {
        probabilities[kind.ordinal()] = probability;
        return this;
    }

    /** From now on everything happens but these. */
    public void without(Set<FaultKind> kinds) {
        excluded = kinds;
    }

    @Override
    public Win32 newInstance() {
        return new FaultyWin32(this, real.newInstance(), nextSeed());
    }

    @Override
    public Win32 ofThisThread() {
        return ofThread.get();
    }

    private long nextSeed() {
        return seed * 0x9E3779B97F4A7C15L + instances.getAndIncrement();
    }

    /** From now on nothing more happens; what is held back is delivered. */
    public void suspend() {
        suspended = true;
    }

    public void resume() {
        suspended = false;
    }

    /** How often what happened. */
    public Map<FaultKind, Long> counts() {
        Map<FaultKind, Long> counts = new EnumMap<>(FaultKind.class);
        for (FaultKind kind : KINDS) {
            long count = injected.get(kind.ordinal());
            if (count != 0) {
                counts.put(kind, count);
            }
        }
        return counts;
    }

    public long count(FaultKind kind) {
        return injected.get(kind.ordinal());
    }

    /** Sockets that were made and not closed. */
    public long openSockets() {
        return sockets.get();
    }

    /** Other handles (pipes, events, duplicates) that were made and not closed. */
    public long openHandles() {
        return openHandles.get();
    }

    /** Completion ports that were made and not closed. */
    public long openPorts() {
        return ports.get();
    }

    /** Reservations of memory that were not given back. */
    public long openReservations() {
        return reservations.get();
    }

    /** Operations whose packets had not been delivered when their port was closed. */
    public long lostOperations() {
        return lost.get();
    }

    double probability(FaultKind kind) {
        return suspended || excluded.contains(kind) ? 0 : probabilities[kind.ordinal()];
    }

    void happened(FaultKind kind) {
        injected.incrementAndGet(kind.ordinal());
    }

    void socket(int change) {
        sockets.addAndGet(change);
    }

    void handle(int change) {
        openHandles.addAndGet(change);
    }

    void port(int change) {
        ports.addAndGet(change);
    }

    void reservation(int change) {
        reservations.addAndGet(change);
    }

    void lost(int operations) {
        lost.addAndGet(operations);
    }

    void associated(long value, FaultyHandle handle) {
        handles.put(value, handle);
    }

    /** The handle is about to be closed: its value may be somebody else's right after that. */
    void closing(long value) {
        FaultyHandle handle = handles.remove(value);
        if (handle != null) {
            handle.closed = true;
        }
    }

    @Override
    public String toString() {
        return "FaultyWin32Access(seed " + seed + ", " + counts() + ')';
    }
}
