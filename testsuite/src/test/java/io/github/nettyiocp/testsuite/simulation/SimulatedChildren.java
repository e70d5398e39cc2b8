/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.WinConst;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The children of the process under test, with theirs, and what they wrote. */
final class SimulatedChildren {

    private static final int FIRST_ID = 6000;

    private final SimulatedKernel kernel;
    private final Map<Integer, SimulatedChild> children = new LinkedHashMap<>();
    private final Map<PipeQueue, ChildOutput> outputs = new IdentityHashMap<>();
    /** Where a synchronous handle of a file stands. */
    private final Map<SimulatedHandle, Long> positions = new IdentityHashMap<>();
    /** The standard handles of the process under test; {@code 0} for none. */
    final long[] own = new long[3];

    SimulatedChildren(SimulatedKernel kernel) {
        this.kernel = kernel;
    }

    /** Makes a process that does nothing yet. */
    SimulatedChild create(SimulatedChild parent, List<String> steps, long[] standard) {
        int id = FIRST_ID + 4 * children.size();
        SimulatedChild child = new SimulatedChild(kernel, this, kernel.startProcess(id, SimulatedProcess.ALICE, 1),
                parent, steps, standard);
        children.put(id, child);
        return child;
    }

    /** A child starts one of its own. */
    void startGrandchild(SimulatedChild parent, List<String> steps, boolean breakaway) {
        if (breakaway && !parent.jobs.stream().allMatch(SimulatedJob::allowsBreakaway)) {
            kernel.log("%s may not start a process outside of its job", parent);
            return;
        }
        SimulatedChild child = create(parent, steps, parent.standardNumbers());
        parent.handles.forEach(child::inherit);
        child.attach(parent.console());
        for (SimulatedJob job : parent.jobs) {
            if (job.keeps(breakaway)) {
                int error = job.add(child);
                if (error != 0) {
                    child.end(error);
                    return;
                }
            }
        }
        child.begin(false);
    }

    /** The child of an id; {@code null} if there is none. */
    SimulatedChild child(long id) {
        return children.get((int) id);
    }

    /** All that were ever started. */
    List<SimulatedChild> all() {
        return new ArrayList<>(children.values());
    }

    /** What children write to this end of a pipe. */
    ChildOutput output(PipeEnd end) {
        PipeQueue queue = end.instance().writeQueue(end);
        return outputs.computeIfAbsent(queue, ChildOutput::new);
    }

    // ---- what is no pipe

    /** The device that takes everything and gives nothing. */
    static final class NullDevice extends PassiveHandle {

        NullDevice(SimulatedKernel kernel) {
            super(kernel);
        }

        @Override
        String kind() {
            return "null device";
        }

        @Override
        int fileType() {
            return WinConst.FILE_TYPE_CHAR;
        }
    }

    /** Writes as {@code WriteFile} does by a synchronous handle; {@code false} if that fails. */
    boolean writeElsewhere(SimulatedHandle handle, byte[] bytes) {
        if (handle instanceof SimulatedFileHandle file && SimulatedFileHandle.writes(file.access)) {
            long position = SimulatedFileHandle.onlyAppends(file.access) ? file.file.size()
                    : positions.getOrDefault(handle, 0L);
            file.file.write(position, bytes);
            positions.put(handle, position + bytes.length);
            return true;
        }
        return handle instanceof NullDevice;
    }

    /** Reads all that is there. */
    byte[] readElsewhere(SimulatedHandle handle) {
        if (!(handle instanceof SimulatedFileHandle file) || !SimulatedFileHandle.reads(file.access)) {
            return new byte[0];
        }
        long position = positions.getOrDefault(handle, 0L);
        byte[] bytes = file.file.read(position, Integer.MAX_VALUE);
        positions.put(handle, position + bytes.length);
        return bytes;
    }

    /** A process that was started and waits to be resumed will wait for ever. */
    void checkAtEnd() {
        for (SimulatedChild child : children.values()) {
            if (child.isSuspended()) {
                kernel.violation("%s was never resumed", child);
            }
        }
    }

    @Override
    public String toString() {
        return Arrays.toString(children.values().toArray());
    }
}
