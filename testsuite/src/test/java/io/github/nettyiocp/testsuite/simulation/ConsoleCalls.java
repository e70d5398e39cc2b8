/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.Memory;

import java.util.LinkedHashMap;
import java.util.Map;

/** The calls on pseudo consoles; each gives an {@code HRESULT}. */
final class ConsoleCalls {

    static final int E_INVALIDARG = 0x80070057;
    private static final int E_HANDLE = 0x80070006;
    private static final int E_OUTOFMEMORY = 0x8007000E;
    private static final long FIRST = 0x7c00_0000_0000L;
    private static final int DISTANCE = 16;

    private final SimulatedKernel kernel;
    /** By their values, which are no handles. */
    private final Map<Long, SimulatedConsole> open = new LinkedHashMap<>();
    private int made;

    ConsoleCalls(SimulatedKernel kernel) {
        this.kernel = kernel;
    }

    /** Before Windows 11 24H2 a close waits. */
    private boolean closeWaits() {
        return Math.floorMod(kernel.seed() >> 4, 2) == 0;
    }

    private static boolean isSize(int size) {
        return (short) size > 0 && size >> 16 > 0;
    }

    int create(int size, long input, long output, int flags, long console) {
        kernel.blockingCall("CreatePseudoConsole");
        if (!isSize(size) || flags != 0 || !kernel.memory().check(console, Long.BYTES, "the HPCON")) {
            return E_INVALIDARG;
        }
        if (!(kernel.handle(input, "CreatePseudoConsole") instanceof SimulatedPipeHandle reads)
                || !(kernel.handle(output, "CreatePseudoConsole") instanceof SimulatedPipeHandle writes)) {
            return E_HANDLE;
        }
        if (reads.overlapped || writes.overlapped) {
            kernel.violation("a pseudo console is given an overlapped handle");
        }
        if (kernel.faults().happens(Faults.Kind.CONSOLE_FAILS)) {
            return E_OUTOFMEMORY;
        }
        long value = FIRST + (long) DISTANCE * ++made;
        open.put(value, new SimulatedConsole(kernel, reads, writes));
        Memory.putLong(console, value);
        return 0;
    }

    int resize(long value, int size) {
        if (console(value, "ResizePseudoConsole") == null || !isSize(size)) {
            return E_INVALIDARG;
        }
        return kernel.faults().happens(Faults.Kind.CONSOLE_FAILS) ? E_OUTOFMEMORY : 0;
    }

    void close(long value) {
        kernel.blockingCall("ClosePseudoConsole");
        SimulatedConsole console = console(value, "ClosePseudoConsole");
        if (console == null) {
            return;
        }
        open.remove(value);
        kernel.log("%s is closed", console);
        console.close();
        if (closeWaits()) {
            kernel.await(console::hasEnded, Long.MAX_VALUE);
        }
    }

    /** {@code null}, and a violation, if there is none. */
    SimulatedConsole console(long value, String function) {
        SimulatedConsole console = open.get(value);
        if (console == null) {
            kernel.violation("%s with 0x%x, which is no pseudo console", function, value);
        }
        return console;
    }

    void checkAtEnd() {
        for (SimulatedConsole console : open.values()) {
            kernel.violation("%s was never closed", console);
        }
    }
}
