/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.WinError;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A child process of the simulated Windows, and its program, which does what its arguments say one after another, as
 * {@code child script} of the peers does:
 *
 * <pre>
 * out:N err:N        writes N bytes
 * read:N             reads N bytes, or to the end
 * echo               writes what it reads, to the end
 * close:in|out|err   closes a standard handle
 * sleep:MILLIS       waits
 * burn:MILLIS        uses the processor
 * allocate:BYTES     asks for memory, and goes on without if it gets none
 * start:STEP;STEP    starts a child of its own, which inherits all
 * breakaway:STEP;STEP the same, outside of its job
 * note:TEXT          nothing
 * exit:CODE          ends
 * crash              ends as after an access violation
 * forever            does nothing any more
 * </pre>
 *
 * A write that fails ends it with the code 100.
 */
final class SimulatedChild extends SimulatedWaitable {

    static final int STILL_ACTIVE = 259;
    static final int WRITE_FAILED = 100;
    static final int ACCESS_VIOLATION = 0xC0000005;
    static final int INPUT = 0;
    static final int OUTPUT = 1;
    static final int ERROR = 2;

    private static final int PIECE = 4096;

    final SimulatedProcess process;
    /** {@code null} for a child of the process under test. */
    final SimulatedChild parent;
    /** What it was started with, and what it opened since. */
    final Map<Long, SimulatedHandle> handles = new HashMap<>();
    final List<SimulatedJob> jobs = new ArrayList<>();
    private final SimulatedChildren all;
    private final Deque<String> steps;
    private final long[] standard;
    private final long[] written = new long[3];
    private final PipeEnd[] pipes = new PipeEnd[3];
    private final ChildOutput[] outputs = new ChildOutput[3];
    private boolean sawInputEnd;
    private final List<Byte> input = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private Transfer transfer;
    private SimulatedConsole console;
    private long memory;
    private boolean suspended;
    private boolean terminating;
    private boolean ended;
    private int exitCode = STILL_ACTIVE;

    SimulatedChild(SimulatedKernel kernel, SimulatedChildren all, SimulatedProcess process, SimulatedChild parent,
                   List<String> steps, long[] standard) {
        super(kernel);
        this.all = all;
        this.process = process;
        this.parent = parent;
        this.steps = new ArrayDeque<>(steps);
        this.standard = standard.clone();
    }

    /** A handle that it got, under the number that it has at who started it. */
    void inherit(long number, SimulatedHandle handle) {
        handle.heldByOthers++;
        handles.put(number, handle);
        for (int i = 0; i < standard.length; i++) {
            if (standard[i] == number && handle instanceof SimulatedPipeHandle pipe) {
                pipes[i] = pipe.end;
                outputs[i] = i == INPUT ? null : all.output(pipe.end);
            }
        }
    }

    /** It has this console, {@code null} for none: what it has no standard handle for goes there. */
    void attach(SimulatedConsole newConsole) {
        console = newConsole;
        if (console != null) {
            console.attached(this);
            if (standard[INPUT] == 0) {
                pipes[INPUT] = console.input().end;
            }
            if (standard[OUTPUT] == 0) {
                pipes[OUTPUT] = console.output().end;
                outputs[OUTPUT] = all.output(console.output().end);
            }
        }
    }

    SimulatedConsole console() {
        return console;
    }

    /** The pipe that was a standard handle at first; {@code null} if that was none. */
    PipeEnd pipe(int which) {
        return pipes[which];
    }

    /** What is written to it. */
    ChildOutput output(int which) {
        return outputs[which];
    }

    /** Whether it has read its input to the end. */
    boolean sawInputEnd() {
        return sawInputEnd;
    }

    /** Begins to run, unless it is suspended. */
    void begin(boolean newSuspended) {
        suspended = newSuspended;
        if (!suspended) {
            next();
        }
    }

    /** {@code ResumeThread} of its first thread: how often it had been suspended. */
    int resume() {
        boolean was = suspended;
        if (was) {
            begin(false);
        }
        return was ? 1 : 0;
    }

    boolean isSuspended() {
        return suspended && !ended;
    }

    boolean hasEnded() {
        return ended;
    }

    int exitCode() {
        return exitCode;
    }

    /** What it has read from its standard input. */
    byte[] input() {
        byte[] bytes = new byte[input.size()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = input.get(i);
        }
        return bytes;
    }

    /** What it was told to note. */
    List<String> notes() {
        return notes;
    }

    /** The numbers of its standard handles; {@code 0} for none. */
    long[] standardNumbers() {
        return standard.clone();
    }

    /** A standard handle; {@code null} if it has none, or has closed it. */
    SimulatedHandle standard(int which) {
        if (standard[which] == 0 && console != null) {
            return which == INPUT ? console.input() : console.output();
        }
        return handles.get(standard[which]);
    }

    /** A process that is being terminated does nothing more. */
    private boolean runs() {
        return !ended && !terminating;
    }

    // ---- the program

    private void next() {
        kernel.schedule().after(kernel.dice().nanosBetween(500, 50_000), this::step);
    }

    private void step() {
        if (!runs()) {
            return;
        }
        String[] step = steps.isEmpty() ? new String[] { "exit", "0" } : steps.poll().split(":", 2);
        kernel.log("process %d: %s", process.id, String.join(":", step));
        String argument = step.length > 1 ? step[1] : "";
        switch (step[0]) {
            case "out" -> write(OUTPUT, Long.parseLong(argument));
            case "err" -> write(ERROR, Long.parseLong(argument));
            case "read" -> read(Long.parseLong(argument), false);
            case "echo" -> read(Long.MAX_VALUE, true);
            case "close" -> {
                closeStandard(argument.equals("in") ? INPUT : argument.equals("out") ? OUTPUT : ERROR);
                next();
            }
            case "sleep" -> kernel.schedule().after(Long.parseLong(argument) * 1_000_000, this::step);
            case "burn" -> burn(Long.parseLong(argument) * 1_000_000);
            case "allocate" -> {
                allocate(Long.parseLong(argument));
                next();
            }
            case "start", "breakaway" -> {
                all.startGrandchild(this, List.of(argument.split(";")), step[0].equals("breakaway"));
                next();
            }
            case "note" -> {
                notes.add(argument);
                next();
            }
            case "exit" -> end((int) Long.parseLong(argument));
            case "crash" -> end(ACCESS_VIOLATION);
            case "forever" -> { }
            default -> throw new SimulationError("a child can't do \"" + step[0] + '"');
        }
    }

    private void burn(long nanos) {
        long allowed = nanos;
        for (SimulatedJob job : jobs) {
            allowed = Math.min(allowed, job.timeLeft());
        }
        long used = allowed;
        boolean over = used < nanos;
        kernel.schedule().after(used, () -> {
            if (runs()) {
                for (SimulatedJob job : new ArrayList<>(jobs)) {
                    job.used(this, used, over);
                }
                next();
            }
        });
    }

    private void allocate(long bytes) {
        boolean allowed = true;
        for (SimulatedJob job : jobs) {
            allowed &= job.allows(this, bytes);
        }
        if (allowed) {
            memory += bytes;
        }
    }

    /** How many bytes it has got. */
    long memory() {
        return memory;
    }

    // ---- its standard handles

    private byte[] content(int which, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) ((written[which] + i) * 31 >> 3);
        }
        written[which] += length;
        return bytes;
    }

    private void write(int which, long size) {
        if (size == 0) {
            next();
            return;
        }
        int length = (int) Math.min(size, PIECE);
        write(which, content(which, length), () -> write(which, size - length));
    }

    private void write(int which, byte[] bytes, Runnable then) {
        SimulatedHandle to = standard(which);
        if (to instanceof SimulatedPipeHandle pipe) {
            PipeTransfer writing = new PipeTransfer(pipe.end, then);
            ChildOutput output = all.output(pipe.end);
            writing.output = output;
            writing.write = output.begin(bytes);
            begin(writing, pipe.end.write(bytes, process.token(), writing));
        } else if (to == null || !all.writeElsewhere(to, bytes)) {
            end(WRITE_FAILED);
        } else {
            after(then);
        }
    }

    private void read(long size, boolean echoes) {
        SimulatedHandle from = standard(INPUT);
        if (size == 0 || !(from instanceof SimulatedPipeHandle pipe)) {
            byte[] bytes = from == null || from instanceof SimulatedPipeHandle ? new byte[0] : all.readElsewhere(from);
            if (echoes && bytes.length > 0) {
                write(OUTPUT, bytes, this::next);
            } else {
                next();
            }
            return;
        }
        PipeTransfer reading = new PipeTransfer(pipe.end, null);
        reading.whenRead = bytes -> {
            for (byte value : bytes) {
                input.add(value);
            }
            if (bytes.length == 0) {
                sawInputEnd = true;
                next();
            } else if (echoes) {
                write(OUTPUT, bytes, () -> read(size, true));
            } else {
                after(() -> read(size - bytes.length, false));
            }
        };
        begin(reading, pipe.end.read((int) Math.min(size, PIECE), reading));
    }

    private void after(Runnable action) {
        kernel.schedule().after(kernel.dice().nanosBetween(500, 200_000), () -> {
            if (runs()) {
                action.run();
            }
        });
    }

    private void begin(PipeTransfer begun, PipeQueue.Result result) {
        if (result.isPending()) {
            transfer = begun;
        } else {
            begun.ended(result.status(), result.bytes(), result.data());
        }
    }

    /** What the process waits for in the driver. */
    private interface Transfer {
        /** The process dies. */
        void withdraw();
    }

    /** A read or a write of a pipe, which blocks the process. */
    private final class PipeTransfer implements PipeQueue.Request, Transfer {
        private final PipeEnd end;
        private final Runnable whenWritten;
        private java.util.function.Consumer<byte[]> whenRead;
        private ChildOutput output;
        private ChildOutput.Write write;

        PipeTransfer(PipeEnd end, Runnable whenWritten) {
            this.end = end;
            this.whenWritten = whenWritten;
        }

        @Override
        public void ended(int status, int bytes, byte[] data) {
            transfer = null;
            if (write != null && status != 0) {
                output.torn(write);
            }
            after(() -> {
                if (whenRead != null) {
                    whenRead.accept(status != 0 || data == null ? new byte[0] : data);
                } else if (status != 0) {
                    end(WRITE_FAILED);
                } else {
                    whenWritten.run();
                }
            });
        }

        @Override
        public void withdraw() {
            if (end.withdraw(this) && write != null) {
                output.torn(write);
            }
        }
    }

    private void closeStandard(int which) {
        long number = standard[which];
        SimulatedHandle handle = handles.remove(number);
        if (handle != null) {
            release(handle);
        }
    }

    private void release(SimulatedHandle handle) {
        if (--handle.heldByOthers == 0 && handle.value == 0) {
            handle.close();
            kernel.changed();
        }
    }

    // ---- the end

    /** {@code TerminateProcess}. It takes a while; a Win32 error. */
    int terminate(int code) {
        if (ended || terminating) {
            return WinError.ERROR_ACCESS_DENIED;
        }
        terminating = true;
        kernel.schedule().after(kernel.faults().happens(Faults.Kind.END_IS_SLOW) ? kernel.slowDelay()
                : kernel.dice().nanosBetween(1_000, 1_000_000), () -> end(code));
        return 0;
    }

    boolean isTerminating() {
        return terminating;
    }

    /** The process ends: its handles are closed, then whoever waits for it is told. */
    void end(int code) {
        if (ended) {
            return;
        }
        kernel.log("process %d ends with %d", process.id, code);
        ended = true;
        exitCode = code;
        if (transfer != null) {
            transfer.withdraw();
        }
        Long[] numbers = handles.keySet().toArray(Long[]::new);
        Arrays.sort(numbers);
        for (Long number : numbers) {
            release(handles.remove(number));
        }
        for (SimulatedJob job : new ArrayList<>(jobs)) {
            job.ended(this);
        }
        if (console != null) {
            console.detached(this);
        }
        signaled();
    }

    @Override
    boolean isSignaled() {
        return ended;
    }

    @Override
    void satisfied() {
        // A process that has ended stays so.
    }

    @Override
    String kind() {
        return "process";
    }

    @Override
    public String toString() {
        return "process " + process.id;
    }
}
