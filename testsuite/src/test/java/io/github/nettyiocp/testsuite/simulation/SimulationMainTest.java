/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The command that runs seeds and replays them. */
@Timeout(300)
class SimulationMainTest {

    private static final String BUG = "a packet is expected where none comes";

    @TempDir
    private Path folder;

    @Test
    void everyKindOfFaultIsPrintedWithItsCount() throws Exception {
        List<String> lines = run(true, "--first", "1", "--seeds", "20").lines().toList();
        for (Faults.Kind kind : Faults.Kind.values()) {
            assertThat(lines).filteredOn(line -> line.startsWith("  " + kind + ' ')).singleElement().asString()
                    .matches(".* [0-9,]+ times in +[0-9,]+ runs(   never)?");
        }
        assertThat(lines).anyMatch(line -> line.matches(" +20 seeds, .*/s, .* calls, .* operations, .*, 0 failed"));
        assertThat(folder.resolve("failures")).doesNotExist();
    }

    @Test
    void failingSeedsGoToAFileAndOneIsReplayedWithEveryEvent() throws Exception {
        String printed = run(false, "--mutant", BUG, "--first", "1", "--seeds", "40");
        List<String> seeds = Files.readAllLines(folder.resolve("failures"));
        assertThat(seeds).isNotEmpty().doesNotHaveDuplicates();
        for (String seed : seeds) {
            assertThat(printed).contains("FAILED seed " + seed + ": ");
        }

        String trace = run(false, "--mutant", BUG, "--replay", seeds.get(0));
        // When and what, an event a line; then what was wrong.
        assertThat(trace.lines()).filteredOn(line -> line.matches(" *[0-9,]+\\.[0-9]{3} us {2}[^ ].*"))
                .hasSizeGreaterThan(5).anyMatch(line -> line.endsWith(" us  port 1 is created"));
        assertThat(trace).contains("seed " + seeds.get(0) + ", at ");
        assertThat(run(true, "--replay", seeds.get(0)))
                .contains("seed " + seeds.get(0) + " keeps the rules: ");
    }

    @Test
    void whatIsUnknownIsRefused() {
        assertThatThrownBy(() -> run(false, "--sedes", "1")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> run(false, "--mutant", "a bug that nobody made")).hasMessageContaining("nobody made");
    }

    private String run(boolean passes, String... args) throws Exception {
        String[] all = args;
        if (!Arrays.asList(args).contains("--replay")) {
            all = Arrays.copyOf(args, args.length + 2);
            all[args.length] = "--failures";
            all[args.length + 1] = folder.resolve("failures").toString();
        }
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        assertThat(SimulationMain.run(all, new PrintStream(printed, true, StandardCharsets.UTF_8))).isEqualTo(passes);
        return printed.toString(StandardCharsets.UTF_8);
    }
}
