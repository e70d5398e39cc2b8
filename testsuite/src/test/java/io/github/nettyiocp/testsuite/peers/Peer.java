/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.peers;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A process of somebody else's program that talks over a pipe. What it prints are marks: a word and values. Closing
 * ends the process; one whose test is gone ends by itself.
 */
public final class Peer implements AutoCloseable {

    private static final long LIMIT_SECONDS = 60;

    private final String name;
    private final Process process;
    private final Thread reader;
    private final List<String> printed = new ArrayList<>();
    private boolean finished;
    private int taken;

    Peer(String name, List<String> command) throws IOException {
        this.name = name;
        process = new ProcessBuilder(command).redirectErrorStream(true).start();
        reader = Thread.ofPlatform().daemon().name("peer " + process.pid()).start(this::read);
    }

    private void read() {
        try (BufferedReader lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                synchronized (printed) {
                    printed.add(line);
                    printed.notifyAll();
                }
            }
        } catch (IOException e) {
            synchronized (printed) {
                printed.add(e.toString());
            }
        } finally {
            synchronized (printed) {
                finished = true;
                printed.notifyAll();
            }
        }
    }

    /**
     * Waits for a mark, after those that were awaited before, and returns its values.
     *
     * @throws AssertionError if the process ends without it, or it doesn't come in a minute
     */
    public List<String> await(String mark) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        synchronized (printed) {
            for (int i = taken;; i++) {
                while (i == printed.size()) {
                    long millis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                    if (finished || millis <= 0) {
                        throw new AssertionError("no " + mark + " by the " + this);
                    }
                    printed.wait(millis);
                }
                String line = printed.get(i);
                if (line.split(" ")[0].equals(mark)) {
                    taken = i + 1;
                    return valuesOf(line);
                }
            }
        }
    }

    /** Whether it has printed this mark. */
    public boolean hasPrinted(String mark) {
        synchronized (printed) {
            return printed.stream().anyMatch(line -> line.split(" ")[0].equals(mark));
        }
    }

    /** The values of a mark that it has printed. */
    public List<String> values(String mark) {
        synchronized (printed) {
            return valuesOf(printed.stream().filter(line -> line.split(" ")[0].equals(mark)).findFirst()
                    .orElseThrow(() -> new AssertionError("no " + mark + " by the " + this)));
        }
    }

    private static List<String> valuesOf(String line) {
        List<String> words = Arrays.asList(line.split(" "));
        return words.subList(1, words.size());
    }

    /** Waits until the process ends by itself, having done what it was told. */
    public void awaitDone() throws InterruptedException {
        int code = awaitExit();
        if (code != 0 || !hasPrinted("DONE")) {
            throw new AssertionError("exit code " + code + " of the " + this);
        }
    }

    /** Waits until the process ends by itself; returns its exit code. */
    public int awaitExit() throws InterruptedException {
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("no end of the " + this);
        }
        reader.join();
        return process.exitValue();
    }

    /** Ends the process at once, as a crash would; returns when it is gone. */
    public void kill() throws InterruptedException {
        process.destroyForcibly();
        awaitExit();
    }

    /** Ends the process if it hasn't ended. */
    @Override
    public void close() {
        try {
            kill();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public String toString() {
        synchronized (printed) {
            return name + ' ' + process.info().command().orElse("") + ", which printed:\n"
                    + String.join("\n", printed);
        }
    }
}
