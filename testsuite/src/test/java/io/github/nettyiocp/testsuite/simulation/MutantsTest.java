/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The simulation bites: each realistic bug is found by random programs. {@link MutantsMain} counts more exactly. */
@Timeout(300)
class MutantsTest {

    private static final int LIMIT = 2000;

    private static MutantLoader original;

    @BeforeAll
    static void load() throws IOException {
        original = new MutantLoader(null);
    }

    @AfterAll
    static void close() throws IOException {
        original.close();
    }

    static List<Mutant> mutants() {
        return Mutants.all();
    }

    @Test
    void everyMutantStandsInATable() throws IOException {
        String page = Files.readString(Path.of(System.getProperty("checkout"), "docs", "simulation.md"));
        List<String> rows = page.substring(page.indexOf("## Mutants")).lines()
                .filter(line -> line.startsWith("| ") && !line.startsWith("| mutant "))
                .map(line -> line.substring(2, line.indexOf(" |", 2))).toList();
        assertEquals(new TreeSet<>(Mutants.all().stream().map(Mutant::name).toList()), new TreeSet<>(rows));
    }

    @ParameterizedTest
    @MethodSource("mutants")
    void mutantIsFound(Mutant mutant) throws Exception {
        String[] reason = { null };
        long seeds = MutantsMain.seedsToFind(mutant, original, 1, LIMIT, reason);
        assertTrue(seeds <= LIMIT, () -> "no random program out of " + LIMIT + " finds: " + mutant);
    }
}
