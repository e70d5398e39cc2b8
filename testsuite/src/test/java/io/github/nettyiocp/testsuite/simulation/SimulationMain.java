/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.netty.util.NettyRuntime;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Locale;

/**
 * Runs random programs on the simulated Windows from the command line; see {@link #USAGE}. Called by
 * {@code simulate.sh}.
 */
public final class SimulationMain {

    private static final String USAGE = """
            usage: simulate.sh [--seeds N] [--first SEED] [--threads N] [--minutes N] [--failures FILE]
                   simulate.sh --replay SEED
                   simulate.sh --mutant NAME ...
              --seeds     how many seeds to run (default 100000, or without end with --minutes)
              --first     the first seed (default: taken from the clock)
              --threads   default: all processors
              --minutes   ends after so long
              --failures  where failing seeds are written, one a line (default simulation-failures.txt)
              --replay    runs one seed and prints every event
              --mutant    first of all: the rest is done with a bug of docs/simulation.md in the code
            """;
    private static final long REPORT_NANOS = 5_000_000_000L;

    private final PrintStream out;
    private long seeds = -1;
    private long first = -1;
    private long replay = -1;
    private double minutes = -1;
    private int threads = NettyRuntime.availableProcessors();
    private Path failures = Path.of("simulation-failures.txt");

    private SimulationMain(String[] args, PrintStream out) {
        this.out = out;
        for (int i = 0; i < args.length; i++) {
            if (i + 1 == args.length) {
                throw new IllegalArgumentException(args[i]);
            }
            String value = args[i + 1];
            switch (args[i++]) {
                case "--seeds" -> seeds = Long.parseLong(value);
                case "--first" -> first = Long.parseLong(value);
                case "--threads" -> threads = Integer.parseInt(value);
                case "--minutes" -> minutes = Double.parseDouble(value);
                case "--failures" -> failures = Path.of(value);
                case "--replay" -> replay = Long.parseLong(value);
                default -> throw new IllegalArgumentException(args[i - 1]);
            }
        }
    }

    public static void main(String[] args) throws Exception {
        boolean passed;
        try {
            passed = run(args, System.out);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.err.print(USAGE);
            System.exit(2);
            return;
        }
        System.exit(passed ? 0 : 1);
    }

    /** Does what the arguments say; {@code false} if a seed failed. */
    public static boolean run(String[] args, PrintStream out) throws Exception {
        return args.length > 1 && args[0].equals("--mutant")
                ? runMutant(Mutants.named(args[1]), Arrays.copyOfRange(args, 2, args.length), out)
                : new SimulationMain(args, out).run();
    }

    /** The same with this class, and all below it, loaded with a bug. */
    private static boolean runMutant(Mutant mutant, String[] args, PrintStream out) throws Exception {
        try (MutantLoader loader = new MutantLoader(mutant)) {
            return (boolean) loader.loadClass(SimulationMain.class.getName())
                    .getMethod("run", String[].class, PrintStream.class).invoke(null, args, out);
        }
    }

    private boolean run() {
        return replay >= 0 ? replay() : runMany();
    }

    private boolean replay() {
        RandomProgram.Result result = RandomProgram.run(replay, out);
        out.println();
        if (result.error() == null) {
            out.printf("seed %d keeps the rules: %d calls, %d operations%n", replay, result.calls(),
                    result.operations());
            return true;
        }
        out.println(result.error().getMessage());
        Throwable cause = result.error().getCause();
        if (cause != null) {
            cause.printStackTrace(out);
        }
        return false;
    }

    private boolean runMany() {
        long begin = first >= 0 ? first : System.currentTimeMillis() / 1000 * 1_000_000;
        long count = seeds >= 0 ? seeds : minutes > 0 ? Long.MAX_VALUE / 2 : 100_000;
        out.printf("seeds from %d on, %d threads; failing seeds go to %s%n", begin, threads, failures);
        SimulationRuns runs = new SimulationRuns();
        long start = System.nanoTime();
        long end = minutes > 0 ? start + (long) (minutes * 60e9) : Long.MAX_VALUE;
        long[] nextReport = { start + REPORT_NANOS };
        Thread caller = Thread.currentThread();
        runs.run(begin, count, threads, result -> {
            if (result.error() != null) {
                write(result);
            }
            long now = System.nanoTime();
            if (now > nextReport[0]) {
                nextReport[0] = now + REPORT_NANOS;
                progress(runs, now - start);
            }
            if (now > end) {
                caller.interrupt();
            }
        });
        Thread.interrupted();
        progress(runs, System.nanoTime() - start);
        coverage(runs);
        for (RandomProgram.Result result : runs.failed()) {
            out.printf("FAILED seed %d: %s%n", result.seed(), result.error().getMessage().lines().findFirst()
                    .orElse(""));
        }
        return runs.failed().isEmpty();
    }

    private void write(RandomProgram.Result result) {
        try {
            Files.writeString(failures, result.seed() + "\n", StandardCharsets.US_ASCII, StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void progress(SimulationRuns runs, long nanos) {
        out.printf(Locale.ROOT, "%,9d seeds, %,7.0f/s, %,12d calls, %,11d operations, %,11d events, %d failed%n",
                runs.runs(), runs.runs() / (nanos / 1e9), runs.calls(), runs.operations(), runs.events(),
                runs.failed().size());
    }

    private void coverage(SimulationRuns runs) {
        out.println("faults that happened:");
        for (Faults.Kind kind : Faults.Kind.values()) {
            out.printf(Locale.ROOT, "  %-24s %,10d times in %,8d runs%s%n", kind, runs.injected(kind),
                    runs.seedsWith(kind), runs.injected(kind) == 0 ? "   never" : "");
        }
    }
}
