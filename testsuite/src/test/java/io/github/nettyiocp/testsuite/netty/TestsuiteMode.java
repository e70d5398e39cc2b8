/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.netty;

import io.github.nettyiocp.IocpIoHandlerConfig;
import io.github.nettyiocp.SimulationAccess;
import io.github.nettyiocp.channel.ReceiveMode;
import io.github.nettyiocp.testsuite.faults.FaultKind;
import io.github.nettyiocp.testsuite.faults.FaultyWin32Access;

/**
 * How the channels work that Netty's testsuite runs over: {@code -Diocp.testsuite.mode} chooses {@code default}, {@code
 * zero-byte} or {@code no-skip}, or {@code faults} for loops whose calls do all that Windows may do ({@code
 * -Diocp.testsuite.seed} repeats the dice of a run, {@code -Diocp.testsuite.without} names kinds that must not happen).
 * {@code nio} runs the same classes over NIO alone, for comparison.
 */
public final class TestsuiteMode {

    public static final ReceiveMode RECEIVE_MODE;
    public static final boolean SKIP_ON_SUCCESS;

    private static final String MODE = System.getProperty("iocp.testsuite.mode", "default");
    private static final FaultyWin32Access FAULTS = MODE.equals("faults") ? newFaults() : null;

    /** NIO with NIO instead of IOCP. */
    static final boolean NIO = MODE.equals("nio");

    static {
        switch (MODE) {
            case "default", "zero-byte", "no-skip", "faults", "nio" -> {
                RECEIVE_MODE = MODE.equals("zero-byte") ? ReceiveMode.ZERO_BYTE : ReceiveMode.BUFFER;
                SKIP_ON_SUCCESS = !MODE.equals("no-skip");
            }
            default -> throw new IllegalArgumentException("iocp.testsuite.mode: " + MODE);
        }
    }

    private TestsuiteMode() {
    }

    /** Of a group of loops. */
    public static IocpIoHandlerConfig config() {
        return FAULTS == null ? new IocpIoHandlerConfig() : SimulationAccess.config(FAULTS);
    }

    /** The faults of all loops; {@code null} in the other modes. */
    static FaultyWin32Access faults() {
        return FAULTS;
    }

    private static FaultyWin32Access newFaults() {
        long seed = Long.getLong("iocp.testsuite.seed", System.nanoTime());
        FaultyWin32Access access = FaultyWin32Access.harmless(seed);
        for (String kind : System.getProperty("iocp.testsuite.without", "").split(",", -1)) {
            if (!kind.isEmpty()) {
                access.with(FaultKind.valueOf(kind), 0);
            }
        }
        System.out.println("FAULTS seed " + seed);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("FAULTS " + access)));
        return access;
    }
}
