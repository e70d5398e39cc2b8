/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.util.SplittableRandom;

/**
 * Chance by seed. Each part of the simulation throws dice of its own, so that one more throw here changes nothing
 * there.
 */
public final class Dice {

    private final SplittableRandom random;

    public Dice(long seed) {
        random = new SplittableRandom(seed);
    }

    /** Whether an event of the given probability happens. */
    public boolean chance(double probability) {
        return probability > 0 && (probability >= 1 || random.nextDouble() < probability);
    }

    /** A number from {@code 0} to {@code bound - 1}. */
    public int below(int bound) {
        return random.nextInt(bound);
    }

    /** A number from {@code low} to {@code high}, both included. */
    public int between(int low, int high) {
        return low + random.nextInt(high - low + 1);
    }

    /**
     * A time between the two, of which short ones are as likely as long ones: each order of magnitude has its share.
     */
    public long nanosBetween(long low, long high) {
        double from = Math.log(Math.max(1, low));
        double to = Math.log(Math.max(1, high));
        return (long) Math.exp(from + (to - from) * random.nextDouble());
    }

    /** A size of which small ones are as likely as big ones. */
    public int sizeBetween(int low, int high) {
        return (int) Math.max(low, Math.min(high, nanosBetween(Math.max(1, low), Math.max(1, high))));
    }

    public long number() {
        return random.nextLong();
    }

    public <T> T pick(T[] choices) {
        return choices[random.nextInt(choices.length)];
    }
}
