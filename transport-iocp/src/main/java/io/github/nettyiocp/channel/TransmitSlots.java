/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.internal.Win32Access;
import io.github.nettyiocp.internal.WindowsVersion;

import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many {@code TransmitFile}s the process may have in flight. Client editions of Windows run two at a time and let
 * the others wait, behind peers that don't read perhaps; who gets no slot reads the file instead. Servers have no
 * limit.
 */
final class TransmitSlots {

    private static final int LIMIT_OF_CLIENTS = 2;

    // One entry for a real process; a test's simulation goes with its entry.
    private static final Map<Win32Access, TransmitSlots> BY_ACCESS = Collections.synchronizedMap(new WeakHashMap<>());

    private final int limit;
    private final AtomicInteger taken = new AtomicInteger();

    private TransmitSlots(int limit) {
        this.limit = limit;
    }

    /** Those of the process. */
    static TransmitSlots of(Win32Access access) {
        return BY_ACCESS.computeIfAbsent(access, key -> new TransmitSlots(
                WindowsVersion.of(key.ofThisThread()).server() ? Integer.MAX_VALUE : LIMIT_OF_CLIENTS));
    }

    boolean tryTake() {
        return taken.getAndUpdate(n -> n < limit ? n + 1 : n) < limit;
    }

    void release() {
        taken.decrementAndGet();
    }
}
