/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.util.List;

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
        List<Change> changes = new java.util.ArrayList<>();
        for (int i = 0; i < texts.length; i += 2) {
            changes.add(new Change(texts[i], texts[i + 1]));
        }
        return List.copyOf(changes);
    }

    /** Whether the random program of a seed runs the code that is changed. */
    boolean isRunBy(long seed) {
        if (file.startsWith("process/")) {
            return ProcessProgram.isOf(seed);
        }
        if (!file.startsWith("channel/") && !file.startsWith("pipe/")) {
            return true;
        }
        if (ProcessProgram.isOf(seed)) {
            return false;
        }
        if (file.contains("Datagram") || DatagramProgram.isOf(seed)) {
            return file.contains("Datagram") == DatagramProgram.isOf(seed);
        }
        if (file.contains("Directory") || DirectoryProgram.isOf(seed)) {
            return file.contains("Directory") == DirectoryProgram.isOf(seed);
        }
        if (file.contains("File") || FileProgram.isOf(seed)) {
            return file.contains("File") == FileProgram.isOf(seed);
        }
        boolean device = file.contains("Device") || file.contains("Serial") || file.contains("Mailslot");
        if (device || DeviceProgram.isOf(seed)) {
            return device && DeviceProgram.isOf(seed);
        }
        boolean pipes = file.startsWith("pipe/") || file.contains("HandleChannel");
        return !pipes || PipeProgram.isOf(seed);
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
