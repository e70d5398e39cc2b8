/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.util.PriorityQueue;

/**
 * Virtual time and what will happen in it. Nothing happens by itself: time goes on when a simulated call takes some, or
 * when everybody waits, and then the events that are due run on the thread that moved it, one by one. Events of the
 * same
 * moment run in the order in which they were added.
 */
public final class Schedule {

    /** The moment at which every run begins; not zero, so that a forgotten time shows. */
    static final long START = 1_000_000_000L;

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private volatile long now = START;
    private long sequence;

    /** The virtual time in nanoseconds. May be read by any thread. */
    public long now() {
        return now;
    }

    /** Runs {@code action} once, {@code nanos} from now. */
    public Event after(long nanos, Runnable action) {
        return at(now + Math.max(0, nanos), action);
    }

    /** Runs {@code action} once, at {@code time} or as soon as that has passed. */
    public Event at(long time, Runnable action) {
        Event event = new Event(Math.max(time, now), sequence++, action);
        events.add(event);
        return event;
    }

    /** When the next event is due; {@link Long#MAX_VALUE} if there is none. */
    public long next() {
        for (;;) {
            Event event = events.peek();
            if (event == null) {
                return Long.MAX_VALUE;
            }
            if (event.action != null) {
                return event.time;
            }
            events.poll();
        }
    }

    /** Moves the time forward and runs what becomes due on the way. */
    void advanceTo(long time) {
        while (next() <= time) {
            Event event = events.poll();
            now = Math.max(now, event.time);
            Runnable action = event.action;
            event.action = null;
            action.run();
        }
        now = Math.max(now, time);
    }

    /** A nanosecond passes. Called by the one thread that may move the time. */
    void tick() {
        long time = now;
        now = time + 1;
    }

    /** Something that will happen. */
    public static final class Event implements Comparable<Event> {
        private final long time;
        private final long order;
        private Runnable action;

        private Event(long time, long order, Runnable action) {
            this.time = time;
            this.order = order;
            this.action = action;
        }

        /** Makes it not happen. */
        public void cancel() {
            action = null;
        }

        @Override
        public int compareTo(Event other) {
            return time != other.time ? Long.compare(time, other.time) : Long.compare(order, other.order);
        }
    }
}
