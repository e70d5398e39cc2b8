/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.internal.NativeWin32;
import io.github.nettyiocp.testsuite.simulation.ConformanceScript;
import io.github.nettyiocp.testsuite.simulation.KnownDifference;
import io.github.nettyiocp.testsuite.simulation.Neighbour;
import io.github.nettyiocp.testsuite.simulation.SimulatedKernel;
import io.github.nettyiocp.testsuite.simulation.Win32Steps;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * The simulated Windows says what the real calls say, but for the {@link KnownDifference known differences} of Wine.
 */
@EnabledOnOs(OS.WINDOWS)
@Timeout(240)
class ConformanceOnWindowsTest {

    @ParameterizedTest
    @EnumSource(ConformanceScript.class)
    void realCallsSayWhatTheSimulationSays(ConformanceScript script) throws IOException {
        String missing = script.missing(NativeWin32.ACCESS.ofThisThread());
        assumeTrue(missing == null, () -> "this Windows has no " + missing);
        List<String> simulated;
        try (SimulatedKernel kernel = new SimulatedKernel(1).mayBlock();
             Win32Steps steps = new Win32Steps(kernel.access(), Neighbour.simulated(kernel))) {
            script.run(steps);
            simulated = steps.record();
        }
        List<String> real;
        try (Neighbour neighbour = Neighbour.real();
             Win32Steps steps = new Win32Steps(NativeWin32.ACCESS, neighbour)) {
            script.run(steps);
            real = steps.record();
        }
        boolean wine = NativeWin32.ACCESS.ofThisThread().wineGetVersion() != 0;
        List<KnownDifference> known = wine ? KnownDifference.of(script) : List.of();
        Set<KnownDifference> met = new HashSet<>();
        List<String> differences = new ArrayList<>();
        int s = 0;
        int r = 0;
        while (s < simulated.size() || r < real.size()) {
            String expected = s < simulated.size() ? simulated.get(s) : null;
            String actual = r < real.size() ? real.get(r) : null;
            s++;
            r++;
            if (expected != null && expected.equals(actual)) {
                continue;
            }
            if (isKnown(known, met, expected, actual)) {
                continue;
            }
            // A line more on one side, such as the value of a call that failed on the other?
            if (isKnown(known, met, expected, null)) {
                r--;
                continue;
            }
            if (isKnown(known, met, null, actual)) {
                s--;
                continue;
            }
            differences.add("simulated: " + expected + "\n     real: " + actual);
        }
        assertEquals(List.of(), differences, () -> String.join("\n", differences) + "\n");
        // What Wine has learned meanwhile is no difference any more.
        assertEquals(List.of(), known.stream().filter(difference -> !met.contains(difference)).toList());
    }

    private static boolean isKnown(List<KnownDifference> known, Set<KnownDifference> met, String expected,
                                   String actual) {
        List<KnownDifference> found = known.stream().filter(difference -> difference.is(expected, actual)).toList();
        met.addAll(found);
        return !found.isEmpty();
    }
}
