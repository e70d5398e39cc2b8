/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.netty.util.NettyRuntime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.List;
import java.util.StringJoiner;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.fail;

/**
 * Random programs on the simulated Windows, a fixed range of seeds; {@link SimulationMain} runs as many as one wants.
 *
 * <p>{@code -Dsimulation.seeds=N} and {@code -Dsimulation.first=N} choose others.
 */
class RandomProgramTest {

    private static final int SEEDS = Integer.getInteger("simulation.seeds", 1500);
    private static final int ENOUGH_FOR_ALL_FAULTS = 1500;
    private static final long FIRST = Long.getLong("simulation.first", 1);

    @Test
    @Timeout(300)
    void everyRandomProgramKeepsTheRules() {
        SimulationRuns runs = new SimulationRuns();
        runs.run(FIRST, SEEDS, Math.min(2, NettyRuntime.availableProcessors()), null);
        List<RandomProgram.Result> failed = runs.failed();
        if (!failed.isEmpty()) {
            StringJoiner seeds = new StringJoiner(", ");
            failed.forEach(result -> seeds.add(Long.toString(result.seed())));
            fail(failed.size() + " of " + SEEDS + " seeds fail: " + seeds + "\nreplay by: ./simulate.sh --replay "
                    + failed.get(0).seed(), failed.get(0).error());
        }
        if (SEEDS >= ENOUGH_FOR_ALL_FAULTS) {
            // Nobody writes nothing to a pipe of bytes; SimulatedPipesTest does.
            assertEquals(List.of(Faults.Kind.EMPTY_WRITE_WAKES), Stream.of(Faults.Kind.values())
                    .filter(kind -> runs.offered(kind) == 0).toList(), "faults that could never have happened");
        }
    }

    @Test
    void theSameSeedGivesTheSameRun() {
        for (long seed = 1; seed <= 40; seed++) {
            RandomProgram.Result first = RandomProgram.run(seed, null);
            RandomProgram.Result second = RandomProgram.run(seed, null);
            assertEquals(first.digest(), second.digest(), "seed " + seed);
            assertEquals(first.calls(), second.calls(), "seed " + seed);
            assertNull(first.error());
        }
    }
}
