/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Lists the examples, or runs the one that is named. The list is the resource {@code examples.txt}, which the scripts
 * {@code run-example} read too.
 */
public final class Examples {
    private record Example(String name, String className, String description) {
    }

    private Examples() {
    }

    /** With no arguments, lists the examples; otherwise runs the first argument's with the others. */
    public static void main(String[] args) throws Throwable {
        List<Example> examples = examples();
        if (args.length == 0) {
            for (Example example : examples) {
                System.out.printf("  %-11s %s%n", example.name, example.description);
            }
            return;
        }
        for (Example example : examples) {
            if (example.name.equals(args[0])) {
                run(example, Arrays.copyOfRange(args, 1, args.length));
                return;
            }
        }
        System.err.println("No example is called " + args[0] + ". There are: "
                + String.join(", ", examples.stream().map(Example::name).toList()));
        System.exit(2);
    }

    private static void run(Example example, String[] args) throws Throwable {
        Class<?> main = Class.forName(Examples.class.getPackageName() + '.' + example.className);
        try {
            main.getMethod("main", String[].class).invoke(null, (Object) args);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static List<Example> examples() throws IOException {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                Examples.class.getResourceAsStream("examples.txt"), StandardCharsets.UTF_8))) {
            return lines.lines().map(line -> line.split(" +", 3))
                    .map(parts -> new Example(parts[0], parts[1], parts[2])).toList();
        }
    }
}
