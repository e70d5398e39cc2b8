/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

/** What a {@link RandomProgram} is about, which the seed says. */
enum ProgramKind {

    PIPES(4, 2, PipeProgram::new),
    DATAGRAMS(8, 5, DatagramProgram::new),
    DIRECTORIES(16, 7, DirectoryProgram::new),
    FILES(16, 9, FileProgram::new),
    PROCESSES(16, 15, ProcessProgram::new),
    /** Mailslots, serial ports and devices. */
    DEVICES(16, 11, DeviceProgram::new),
    /** All that is left. */
    TCP(1, 0, TcpProgram::new);

    private interface Maker {
        RandomProgram make(long seed, Appendable trace);
    }

    private final int share;
    private final int remainder;
    private final Maker maker;

    /** Of as many seeds as the share is, one is of this kind: that with this remainder. */
    ProgramKind(int share, int remainder, Maker maker) {
        this.share = share;
        this.remainder = remainder;
        this.maker = maker;
    }

    static ProgramKind of(long seed) {
        for (ProgramKind kind : values()) {
            if (Math.floorMod(seed, kind.share) == kind.remainder) {
                return kind;
            }
        }
        throw new AssertionError(seed);
    }

    RandomProgram make(long seed, Appendable trace) {
        return maker.make(seed, trace);
    }
}
