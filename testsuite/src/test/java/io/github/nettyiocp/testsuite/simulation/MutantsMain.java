/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.io.PrintStream;
import java.util.Arrays;

/** Prints how many seeds each {@link Mutants mutant} survives, from several first seeds; the table of the docs. */
public final class MutantsMain {

    private static final int LIMIT = 2000;
    private static final long[] FIRST = { 1, 100_001, 200_001, 300_001, 400_001 };

    private MutantsMain() {
    }

    public static void main(String[] args) throws Exception {
        PrintStream out = System.out;
        try (MutantLoader original = new MutantLoader(null)) {
            for (Mutant mutant : Mutants.all()) {
                if (args.length > 0 && !mutant.name().contains(args[0])) {
                    continue;
                }
                long[] seeds = new long[FIRST.length];
                String[] reason = { null };
                for (int i = 0; i < FIRST.length; i++) {
                    seeds[i] = seedsToFind(mutant, original, FIRST[i], LIMIT, reason);
                }
                Arrays.sort(seeds);
                long median = seeds[FIRST.length / 2];
                out.printf("| %s | %s | %s |%n", mutant.name(), median > LIMIT ? "never" : Long.toString(median),
                        reason[0] == null ? "" : reason[0].replaceFirst("^seed \\d+, at [0-9,.]+ us: ", ""));
                out.flush();
            }
        }
    }

    /**
     * How many seeds it takes until the program of one fails that doesn't fail without the mutation; more than the
     * limit if none. Programs of kinds that don't run the changed code are counted, but not run.
     */
    static long seedsToFind(Mutant mutant, MutantLoader original, long first, int limit, String[] reason)
            throws Exception {
        try (MutantLoader loader = new MutantLoader(mutant)) {
            for (long seed = first; seed < first + limit; seed++) {
                String error = mutant.isRunBy(seed) ? loader.run(seed) : null;
                if (error != null && original.run(seed) == null) {
                    reason[0] = error;
                    return seed - first + 1;
                }
            }
        }
        return limit + 1L;
    }
}
