/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.CallCounts;
import io.github.nettyiocp.internal.CallCounts.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

/** The scripts on the simulated Windows; {@code ConformanceOnWindowsTest} compares them with the real calls. */
class ConformanceTest {

    /** What a machine says of its folders and streams is its own. */
    private static final EnumSet<Function> IN_NO_SCRIPT = EnumSet.of(Function.GetStdHandle,
            Function.GetConsoleWindow, Function.GetModuleFileNameW, Function.GetSystemDirectoryW,
            Function.GetFileAttributesW);

    @ParameterizedTest
    @EnumSource(ConformanceScript.class)
    void scriptBreaksNoRuleAndLeavesNothing(ConformanceScript script) {
        assertFalse(run(script, new SimulatedKernel(1)).isEmpty());
    }

    @ParameterizedTest
    @EnumSource(ConformanceScript.class)
    void scriptSaysTheSameWhateverTheSeed(ConformanceScript script) {
        List<String> first = run(script, new SimulatedKernel(1));
        for (int seed = 2; seed < 12; seed++) {
            assertEquals(first, run(script, new SimulatedKernel(seed)), "seed " + seed);
        }
    }

    @ParameterizedTest
    @EnumSource(value = ConformanceScript.class, mode = EnumSource.Mode.EXCLUDE, names = { "SKIP_ON_SUCCESS",
            "PIPE_SKIP_ON_SUCCESS", "BACK_PRESSURE" })
    void scriptSaysTheSameHoweverSlowTheMachineIs(ConformanceScript script) {
        List<String> quiet = run(script, new SimulatedKernel(1));
        for (int seed = 2; seed < 12; seed++) {
            Faults faults = Faults.none().with(Faults.Kind.PEND_THOUGH_READY, 0.5)
                    .with(Faults.Kind.STATUS_STAYS_PENDING, 0.5).with(Faults.Kind.SHORT_BATCH, 0.5);
            assertEquals(quiet, run(script, new SimulatedKernel(seed, faults)), "seed " + seed);
        }
    }

    @Test
    void everyCallThatTheSimulationHasIsInAScript() {
        Set<Function> missing = EnumSet.complementOf(IN_NO_SCRIPT);
        for (ConformanceScript script : ConformanceScript.values()) {
            SimulatedKernel kernel = new SimulatedKernel(1);
            run(script, kernel, counts -> missing.removeAll(counts.snapshot().keySet()));
        }
        assertEquals(Set.of(), missing);
    }

    private static List<String> run(ConformanceScript script, SimulatedKernel kernel) {
        return run(script, kernel, counts -> { });
    }

    private static List<String> run(ConformanceScript script, SimulatedKernel kernel, Consumer<CallCounts> called) {
        try (kernel) {
            Win32Steps steps = new Win32Steps(kernel.access(), Neighbour.simulated(kernel));
            kernel.mayBlock();
            script.run(steps);
            steps.close();
            called.accept(steps.win32().counts());
            kernel.checkNothingLeft();
            return steps.record();
        }
    }
}
