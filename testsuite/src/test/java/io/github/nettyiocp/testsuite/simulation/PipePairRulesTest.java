/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.pipe.PipeDirection;
import io.github.nettyiocp.pipe.PipePair;
import io.github.nettyiocp.pipe.PipePairAccess;
import io.github.nettyiocp.testsuite.faults.NamedPipesOnly;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Pairs of ends on a Windows that makes no pipes without a name, while another process of the same user tries. */
@Timeout(120)
class PipePairRulesTest {

    private static final int OTHER_PROCESS = 4300;
    private static final String PREFIX = "\\\\.\\pipe\\";

    /** With a loop on a thread of its own: a file is opened. */
    private final DirectedRun run = new DirectedRun(Faults.none(), 1, true);
    private final SimulatedKernel kernel = run.kernel;
    private final List<SimulatedPipePeer> strangers = new ArrayList<>();

    @AfterEach
    void end() {
        strangers.forEach(SimulatedPipePeer::close);
        run.close();
    }

    /** What another process does with the name. */
    private abstract class Windows extends NamedPipesOnly {

        Windows() {
            super(kernel.access(), NtStatus.STATUS_NOT_IMPLEMENTED);
        }

        final String name(long address) {
            String path = PipeCalls.string(kernel, address);
            assertThat(path).startsWith(PREFIX);
            return path.substring(PREFIX.length());
        }
    }

    private SimulatedProcess otherProcess() {
        return kernel.startProcess(OTHER_PROCESS, SimulatedProcess.ALICE, 1);
    }

    @Test
    void aPairIsMadeByANameWhereWindowsMakesNoneWithout() throws Exception {
        for (PipeDirection direction : PipeDirection.values()) {
            PipePair pair = PipePairAccess.open(new Windows() { }, direction, true);
            assertThat(pair.channel().isServerEnd()).isTrue();
            pair.close();
        }
    }

    @Test
    void anotherProcessThatComesInBetweenGetsNoEnd() {
        Windows windows = new Windows() {
            @Override
            protected void beforeClient(long name) {
                strangers.add(SimulatedPipePeer.client(kernel, name(name)).in(otherProcess())
                        .open(peer -> { }));
            }
        };
        assertThatThrownBy(() -> PipePairAccess.open(windows, PipeDirection.DUPLEX, false))
                .isInstanceOf(IOException.class).hasMessageContaining("CreateFileW, error 231");
        run.until("the end of the stranger", () -> strangers.get(0).isAtEnd());
        assertThat(strangers.get(0).received()).isEmpty();
    }

    @Test
    void aNameThatAnotherProcessHasIsRefused() {
        List<SimulatedPipePeer.Server> squatters = new ArrayList<>();
        Windows windows = new Windows() {
            @Override
            protected void beforeServer(long name) {
                SimulatedPipePeer.Server squatter = SimulatedPipePeer.server(kernel, name(name), otherProcess(),
                        peer -> { });
                assertThat(squatter.listen(1)).isZero();
                squatters.add(squatter);
            }
        };
        assertThatThrownBy(() -> PipePairAccess.open(windows, PipeDirection.DUPLEX, false))
                .isInstanceOf(IOException.class).hasMessageContaining("CreateNamedPipeW, error");
        squatters.forEach(SimulatedPipePeer.Server::close);
    }
}
