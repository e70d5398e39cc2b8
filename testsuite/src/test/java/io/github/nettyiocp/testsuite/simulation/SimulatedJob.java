/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;

import java.util.ArrayList;
import java.util.List;

/**
 * A job object: its processes, its limits, and whom it tells. A message is sent once, and Windows promises of most of
 * them no more than that it tries.
 */
final class SimulatedJob extends SimulatedHandle {

    static final int NO_TIME_LEFT = WinError.ERROR_NOT_ENOUGH_QUOTA;
    private static final int ABNORMAL = 0xC0000000;
    private static final int TICK_NANOS = 100;

    /** A message that was sent. */
    record Message(int message, long processId) {
    }

    final List<SimulatedChild> active = new ArrayList<>();
    /** What was sent and not lost. */
    final List<Message> sent = new ArrayList<>();
    int flags;
    int activeLimit;
    long processTime;
    long jobTime;
    long processMemory;
    long jobMemory;
    int processes;
    int terminated;
    int timesEmpty;
    long userNanos;
    private SimulatedPort port;
    private long key;
    private int lost;

    SimulatedJob(SimulatedKernel kernel) {
        super(kernel, false);
    }

    // ---- whom it tells

    /** Sets the port, or takes it away; a Win32 error. */
    int tell(SimulatedPort newPort, long newKey) {
        if (newPort != null && port != null) {
            return WinError.ERROR_INVALID_PARAMETER;
        }
        if (newPort == null && kernel.faults().happens(Faults.Kind.JOB_KEEPS_PORT)) {
            return WinError.ERROR_INVALID_PARAMETER;
        }
        if (newPort != null && !active.isEmpty()) {
            kernel.violation("%s gets its port when it has processes: their messages are lost", this);
        }
        port = newPort;
        key = newKey;
        return 0;
    }

    /** How many messages Windows lost. */
    int lost() {
        return lost;
    }

    private void send(int message, long processId) {
        if (port == null) {
            return;
        }
        if (kernel.faults().happens(Faults.Kind.JOB_MESSAGE_LOST)) {
            kernel.log("job %d: message %d is lost", id, message);
            lost++;
            return;
        }
        SimulatedPort to = port;
        SimulatedPort.Packet packet = new SimulatedPort.Packet(key, null, processId, 0, message);
        long delay = kernel.faults().happens(Faults.Kind.JOB_MESSAGE_LATE) ? kernel.slowDelay() : 0;
        sent.add(new Message(message, processId));
        if (delay == 0) {
            to.queue(packet);
        } else {
            kernel.schedule().after(delay, () -> to.queue(packet));
        }
    }

    private boolean has(int flag) {
        return (flags & flag) != 0;
    }

    // ---- its processes

    /** Puts a process into it; a Win32 error. */
    int add(SimulatedChild child) {
        if (child.hasEnded()) {
            return WinError.ERROR_ACCESS_DENIED;
        }
        if (active.contains(child)) {
            kernel.violation("%s is put into %s twice", child, this);
            return 0;
        }
        // A second job must lie within the first: it has no processes that are not in that.
        for (SimulatedJob outer : child.jobs) {
            if (!outer.active.containsAll(active)) {
                return WinError.ERROR_ACCESS_DENIED;
            }
        }
        if (has(WinConst.JOB_OBJECT_LIMIT_ACTIVE_PROCESS) && active.size() >= activeLimit) {
            send(WinConst.JOB_OBJECT_MSG_ACTIVE_PROCESS_LIMIT, child.process.id);
            terminated++;
            return WinError.ERROR_NOT_ENOUGH_QUOTA;
        }
        active.add(child);
        child.jobs.add(this);
        processes++;
        send(WinConst.JOB_OBJECT_MSG_NEW_PROCESS, child.process.id);
        return 0;
    }

    /** Whether what its processes start is in it. */
    boolean keeps(boolean breakaway) {
        return !has(WinConst.JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK)
                && !(breakaway && has(WinConst.JOB_OBJECT_LIMIT_BREAKAWAY_OK));
    }

    boolean allowsBreakaway() {
        return has(WinConst.JOB_OBJECT_LIMIT_BREAKAWAY_OK) || has(WinConst.JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK);
    }

    void ended(SimulatedChild child) {
        active.remove(child);
        boolean abnormal = (child.exitCode() & ABNORMAL) == ABNORMAL;
        if (abnormal) {
            send(WinConst.JOB_OBJECT_MSG_ABNORMAL_EXIT_PROCESS, child.process.id);
        }
        if (!abnormal || kernel.faults().dice().chance(0.5)) {
            send(WinConst.JOB_OBJECT_MSG_EXIT_PROCESS, child.process.id);
        }
        if (active.isEmpty()) {
            timesEmpty++;
            send(WinConst.JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO, 0);
        }
    }

    void terminate(int code) {
        kernel.log("job %d is terminated", id);
        for (SimulatedChild child : new ArrayList<>(active)) {
            child.terminate(code);
        }
    }

    // ---- limits

    /** How long a process may still use the processor. */
    long timeLeft() {
        return Math.min(has(WinConst.JOB_OBJECT_LIMIT_PROCESS_TIME) ? processTime * TICK_NANOS : Long.MAX_VALUE,
                has(WinConst.JOB_OBJECT_LIMIT_JOB_TIME) ? Math.max(0, jobTime * TICK_NANOS - userNanos)
                        : Long.MAX_VALUE);
    }

    /** A process has used the processor, and would have used more if {@code over}. */
    void used(SimulatedChild child, long nanos, boolean over) {
        userNanos += nanos;
        if (!over || child.hasEnded()) {
            return;
        }
        if (has(WinConst.JOB_OBJECT_LIMIT_JOB_TIME) && userNanos >= jobTime * TICK_NANOS) {
            send(WinConst.JOB_OBJECT_MSG_END_OF_JOB_TIME, 0);
            terminated += active.size();
            for (SimulatedChild each : new ArrayList<>(active)) {
                each.end(NO_TIME_LEFT);
            }
        } else if (has(WinConst.JOB_OBJECT_LIMIT_PROCESS_TIME) && nanos >= processTime * TICK_NANOS) {
            send(WinConst.JOB_OBJECT_MSG_END_OF_PROCESS_TIME, child.process.id);
            terminated++;
            child.end(NO_TIME_LEFT);
        }
    }

    /** A process asks for memory: {@code false}, and a message, where it or all of them would have too much. */
    boolean allows(SimulatedChild child, long bytes) {
        long all = active.stream().mapToLong(SimulatedChild::memory).sum();
        if (has(WinConst.JOB_OBJECT_LIMIT_PROCESS_MEMORY) && child.memory() + bytes > processMemory) {
            send(WinConst.JOB_OBJECT_MSG_PROCESS_MEMORY_LIMIT, child.process.id);
            return false;
        }
        if (has(WinConst.JOB_OBJECT_LIMIT_JOB_MEMORY) && all + bytes > jobMemory) {
            send(WinConst.JOB_OBJECT_MSG_JOB_MEMORY_LIMIT, child.process.id);
            return false;
        }
        return true;
    }

    // ---- the end

    @Override
    boolean cancel(long overlappedAddress) {
        return false;
    }

    @Override
    void close() {
        if (has(WinConst.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE)) {
            terminate(0);
        }
    }

    @Override
    String kind() {
        return "job";
    }
}
