/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Lets one thread run at a time, the one that holds the baton, so that several threads in one simulation have one order
 * of events. The baton passes inside simulated calls only: when its holder waits, and now and then by the dice, which
 * is
 * how the threads interleave. When everybody waits the time goes on to the next event or deadline; when there is none
 * the run has come to a deadlock.
 */
public final class Turns implements Waiting {

    private static final double YIELD = 0.2;

    private final SimulatedKernel kernel;
    private final Dice dice;
    private final List<Actor> actors = new ArrayList<>();
    private volatile Actor holder;
    private SimulationError over;

    Turns(SimulatedKernel kernel, long seed) {
        this.kernel = kernel;
        dice = new Dice(seed);
        holder = new Actor("main", Thread.currentThread());
        actors.add(holder);
    }

    /** Starts a thread that takes part. It runs for the first time when the baton comes to it. */
    public Thread spawn(String name, Runnable task) {
        synchronized (kernel) {
            Actor actor = new Actor(name, null);
            actors.add(actor);
            Thread thread = new Thread(() -> {
                try {
                    synchronized (kernel) {
                        waitForBaton(actor);
                    }
                    task.run();
                } catch (Throwable t) {
                    synchronized (kernel) {
                        kernel.failed(t);
                    }
                } finally {
                    synchronized (kernel) {
                        end(actor);
                    }
                }
            }, name);
            thread.setDaemon(true);
            actor.thread = thread;
            thread.start();
            return thread;
        }
    }

    @Override
    public boolean await(BooleanSupplier ready, long deadline) {
        Actor me = me();
        me.ready = ready;
        me.deadline = deadline;
        try {
            passTo(choose(), me);
            return ready.getAsBoolean();
        } finally {
            me.ready = null;
            me.deadline = Long.MAX_VALUE;
        }
    }

    /** Waits in virtual time, from a thread that takes part; {@code false} if it was in vain. */
    public boolean await(BooleanSupplier ready, long time, java.util.concurrent.TimeUnit unit) {
        synchronized (kernel) {
            return await(ready, kernel.schedule().now() + unit.toNanos(time));
        }
    }

    @Override
    public void mayYield() {
        if (actors.size() > 1 && dice.chance(YIELD)) {
            passTo(choose(), me());
        }
    }

    @Override
    public void changed() {
        // Whoever waits is asked when the baton is passed.
    }

    /** Ends the run for everybody: whoever waits gets the error. */
    void endAll(SimulationError error) {
        if (over == null) {
            over = error;
            kernel.notifyAll();
        }
    }

    /** The run is over: whoever still waits is sent away. {@code false} if somebody doesn't go. */
    boolean finish() {
        synchronized (kernel) {
            if (actors.size() > 1) {
                endAll(new SimulationError("the run is over"));
            }
            long deadline = System.nanoTime() + 2_000_000_000L;
            while (actors.size() > 1 && System.nanoTime() < deadline) {
                try {
                    kernel.wait(10);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return false;
                }
            }
            return actors.size() == 1;
        }
    }

    /** How many threads of a name take part. */
    int count(String name) {
        synchronized (kernel) {
            return (int) actors.stream().filter(actor -> actor.name.equals(name)).count();
        }
    }

    boolean isAlone() {
        return actors.size() == 1;
    }

    boolean isHolder() {
        return Thread.currentThread() == holder.thread;
    }

    private Actor me() {
        if (over != null) {
            throw over;
        }
        if (Thread.currentThread() != holder.thread) {
            throw kernel.fatal("a thread calls Windows that takes no part in the simulation, or out of its turn: "
                    + Thread.currentThread());
        }
        return holder;
    }

    /** Who runs next. The time goes on if nobody can. */
    private Actor choose() {
        List<Actor> candidates = new ArrayList<>();
        for (;;) {
            long deadline = Long.MAX_VALUE;
            for (Actor actor : actors) {
                if (actor.ready == null || actor.ready.getAsBoolean() || kernel.schedule().now() >= actor.deadline) {
                    candidates.add(actor);
                } else {
                    deadline = Math.min(deadline, actor.deadline);
                }
            }
            if (!candidates.isEmpty()) {
                return candidates.get(candidates.size() == 1 ? 0 : dice.below(candidates.size()));
            }
            long time = Math.min(deadline, kernel.schedule().next());
            if (time == Long.MAX_VALUE) {
                throw kernel.fatal("deadlock: everybody waits, and nothing will ever happen");
            }
            kernel.schedule().advanceTo(time);
            if (over != null) {
                throw over;
            }
        }
    }

    private void passTo(Actor next, Actor me) {
        if (next != me) {
            holder = next;
            kernel.notifyAll();
            waitForBaton(me);
        }
    }

    private void waitForBaton(Actor me) {
        boolean interrupted = false;
        while (holder != me && over == null) {
            try {
                kernel.wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (over != null) {
            throw over;
        }
    }

    private void end(Actor actor) {
        actors.remove(actor);
        kernel.notifyAll();
        if (over == null && holder == actor) {
            try {
                holder = choose();
            } catch (SimulationError e) {
                // The others are told by endAll.
                return;
            }
            kernel.notifyAll();
        }
    }

    private static final class Actor {
        private final String name;
        private volatile Thread thread;
        private BooleanSupplier ready;
        private long deadline = Long.MAX_VALUE;

        private Actor(String name, Thread thread) {
            this.name = name;
            this.thread = thread;
        }

        @Override
        public String toString() {
            return name;
        }
    }
}
