/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.util.ArrayList;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;

/**
 * What happened in a run, in order: the last events are kept for the report, all of them can be printed for a replay.
 *
 * <p>An event is named without addresses or hash codes, so that the {@link #digest()} of two runs of one seed is equal:
 * that is how a test knows that runs can be repeated.
 */
public final class EventLog {

    private static final int KEPT = 256;

    private final Schedule schedule;
    private final String[] formats = new String[KEPT];
    private final Object[][] arguments = new Object[KEPT][];
    private final long[] times = new long[KEPT];
    private long count;
    private long digest = 1;
    private Appendable trace;

    EventLog(Schedule schedule) {
        this.schedule = schedule;
    }

    /** Prints every event from now on. */
    public void traceTo(Appendable target) {
        trace = target;
    }

    /**
     * Adds an event. The arguments are formatted late: they must be immutable, or be formatted by what never changes.
     */
    void add(String format, Object... args) {
        int i = (int) (count++ % KEPT);
        formats[i] = format;
        arguments[i] = args;
        times[i] = schedule.now();
        long hash = digest * 31 + times[i];
        hash = hash * 31 + format.hashCode();
        for (Object argument : args) {
            if (argument instanceof Number) {
                hash = hash * 31 + ((Number) argument).longValue();
            }
        }
        digest = hash;
        if (trace != null) {
            try {
                trace.append(line(i)).append('\n');
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }

    /** A number that says whether two runs did the same at the same time. */
    public long digest() {
        return digest;
    }

    /** How many events there were. */
    public long count() {
        return count;
    }

    /** The last events, the oldest first. */
    public List<String> last(int number) {
        List<String> lines = new ArrayList<>();
        for (long i = Math.max(0, count - Math.min(number, KEPT)); i < count; i++) {
            lines.add(line((int) (i % KEPT)));
        }
        return lines;
    }

    private String line(int i) {
        long sinceStart = times[i] - Schedule.START;
        StringBuilder line = new StringBuilder(96);
        try (Formatter formatter = new Formatter(line, Locale.ROOT)) {
            formatter.format("%,14.3f us  ", sinceStart / 1000.0);
            formatter.format(formats[i], arguments[i]);
        }
        return line.toString();
    }
}
