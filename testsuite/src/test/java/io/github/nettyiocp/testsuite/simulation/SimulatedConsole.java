/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A pseudo console: what its processes read and write goes through handles of the console's own. When it is closed its
 * processes are ended; then it writes the rest of what it shows, and before Windows 11 24H2 the close waits until that
 * was taken, or nobody can take it any more.
 */
final class SimulatedConsole implements PipeQueue.Request {

    /** {@code STATUS_CONTROL_C_EXIT}. */
    static final int CLOSED = 0xC000013A;

    private static final byte[] LAST_FRAME = "\u001b[?25h".getBytes(StandardCharsets.US_ASCII);

    final int id;
    private final SimulatedKernel kernel;
    private final SimulatedPipeHandle input;
    private final SimulatedPipeHandle output;
    private final List<SimulatedChild> processes = new ArrayList<>();
    private ChildOutput.Write lastFrame;
    private boolean closing;
    private boolean ended;

    /** Has handles of its own from now on. */
    SimulatedConsole(SimulatedKernel kernel, SimulatedPipeHandle input, SimulatedPipeHandle output) {
        this.kernel = kernel;
        this.input = input;
        this.output = output;
        id = kernel.nextId();
        input.heldByOthers++;
        output.heldByOthers++;
    }

    SimulatedPipeHandle input() {
        return input;
    }

    SimulatedPipeHandle output() {
        return output;
    }

    void attached(SimulatedChild process) {
        processes.add(process);
    }

    void detached(SimulatedChild process) {
        processes.remove(process);
        endIfDone();
    }

    boolean hasEnded() {
        return ended;
    }

    void close() {
        closing = true;
        for (SimulatedChild process : new ArrayList<>(processes)) {
            kernel.schedule().after(kernel.dice().nanosBetween(1_000, 5_000_000), () -> process.end(CLOSED));
        }
        endIfDone();
    }

    private void endIfDone() {
        if (closing && processes.isEmpty() && lastFrame == null) {
            ChildOutput all = kernel.children().output(output.end);
            lastFrame = all.begin(LAST_FRAME);
            PipeQueue.Result result = output.end.write(LAST_FRAME, kernel.process().token(), this);
            if (!result.isPending()) {
                ended(result.status(), result.bytes(), null);
            }
        }
    }

    /** The rest was taken, or can't be. */
    @Override
    public void ended(int status, int bytes, byte[] data) {
        if (status != 0) {
            kernel.children().output(output.end).torn(lastFrame);
        }
        kernel.schedule().after(kernel.dice().nanosBetween(500, 50_000), () -> {
            kernel.log("pseudo console %d has ended", id);
            ended = true;
            release(input);
            release(output);
            kernel.changed();
        });
    }

    private static void release(SimulatedHandle handle) {
        if (--handle.heldByOthers == 0 && handle.value == 0) {
            handle.close();
        }
    }

    @Override
    public String toString() {
        return "pseudo console " + id;
    }
}
