/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * A bug that somebody could have made: the production code with a few lines changed. It exists in the memory of a test
 * only; see {@link MutantLoader}.
 *
 * @param name what is wrong
 * @param file the source file, below {@code io/github/nettyiocp} in its module
 * @param changes what is replaced; each text must be there exactly once
 */
record Mutant(String name, String file, List<Change> changes) {

    /** A text that is replaced by another. */
    record Change(String original, String replacement) {
    }

    Mutant(String name, String file, String... originalsAndReplacements) {
        this(name, file, pairs(originalsAndReplacements));
    }

    private static List<Change> pairs(String... texts) {
        List<Change> changes = new ArrayList<>();
        for (int i = 0; i < texts.length; i += 2) {
            changes.add(new Change(texts[i], texts[i + 1]));
        }
        return List.copyOf(changes);
    }

    /** Whether the random program of a seed runs the code that is changed. */
    boolean isRunBy(long seed) {
        return kinds().contains(ProgramKind.of(seed));
    }

    private Set<ProgramKind> kinds() {
        if (file.startsWith("process/")) {
            return EnumSet.of(ProgramKind.PROCESSES);
        }
        if (!file.startsWith("channel/") && !file.startsWith("pipe/")) {
            return EnumSet.allOf(ProgramKind.class);
        }
        if (file.contains("Datagram") || file.contains("Multicast")) {
            return EnumSet.of(ProgramKind.DATAGRAMS);
        }
        if (file.contains("Directory")) {
            return EnumSet.of(ProgramKind.DIRECTORIES);
        }
        if (file.contains("File")) {
            return EnumSet.of(ProgramKind.FILES);
        }
        if (file.contains("Device") || file.contains("Serial") || file.contains("Mailslot")) {
            return EnumSet.of(ProgramKind.DEVICES);
        }
        if (file.startsWith("pipe/") || file.contains("HandleChannel")) {
            return EnumSet.of(ProgramKind.PIPES);
        }
        return EnumSet.of(ProgramKind.TCP, ProgramKind.PIPES);
    }

    /** The mutated source. */
    String apply(String source) {
        String mutated = source;
        for (Change change : changes) {
            int first = mutated.indexOf(change.original);
            if (first < 0 || mutated.indexOf(change.original, first + 1) >= 0) {
                throw new IllegalStateException("mutant \"" + name + "\": the text must be in " + file + " once:\n"
                        + change.original);
            }
            mutated = mutated.replace(change.original, change.replacement);
        }
        return mutated;
    }

    @Override
    public String toString() {
        return name;
    }
}
