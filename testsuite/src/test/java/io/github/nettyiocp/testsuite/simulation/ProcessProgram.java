/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.process.ChildProcess;
import io.github.nettyiocp.process.ChildProcessBuilder;
import io.github.nettyiocp.process.JobAccounting;
import io.github.nettyiocp.process.JobEvent;
import io.github.nettyiocp.process.JobLimits;
import io.github.nettyiocp.process.JobObject;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Future;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A random program of child processes: children that read, write, flood, close a stream, start others and die at any
 * time, in jobs and without; starts that are cancelled, kills, closed streams and jobs, and an end at any moment. The
 * simulated children know what they wrote and read, how they ended, and what their jobs said.
 */
final class ProcessProgram extends RandomProgram {

    private static final int CHILDREN = 6;
    private static final int JOBS = 2;
    private static final int STEPS = 40;
    private static final long LIMIT_SECONDS = 60;

    private final int maxBytes;
    /** Whether children leave others behind in jobs that hardly tell anything. */
    private final boolean orphans;
    private final List<Child> children = new ArrayList<>();
    private final List<Job> jobs = new ArrayList<>();
    private boolean closing;

    ProcessProgram(long seed, Appendable trace) {
        super(seed, trace);
        if (dice.chance(0.25)) {
            kernel.withoutWaitPackets();
        }
        maxBytes = dice.sizeBetween(10, 200_000);
        orphans = dice.chance(0.15);
        if (orphans) {
            kernel.faults().with(Faults.Kind.JOB_MESSAGE_LOST, 0.7);
        }
    }

    private IoEventLoop loop() {
        return (IoEventLoop) runtime.loop();
    }

    // ---- a stream of a child

    /** Takes what a child writes, and knows whether the stream was closed here. */
    private final class Stream extends ChannelInboundHandlerAdapter {
        private final String name;
        private final ByteArrayOutputStream received = new ByteArrayOutputStream();
        private Channel channel;
        private boolean inactive;
        private boolean closedHere;
        private int exceptions;

        Stream(String name) {
            this.name = name;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            channel = ctx.channel();
            channel.config().setAllocator(runtime.allocator());
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (inactive) {
                fail(name + ": bytes after the end");
            }
            ByteBuf buffer = (ByteBuf) message;
            byte[] bytes = new byte[buffer.readableBytes()];
            buffer.readBytes(bytes).release();
            received.writeBytes(bytes);
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            if (inactive) {
                fail(name + " ends twice");
            }
            inactive = true;
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            exceptions++;
            if (kernel.faults().failures() == 0) {
                kernel.failed(new SimulationError(name + ": " + cause, cause));
            }
        }

        void close() {
            if (channel != null) {
                closedHere = true;
                channel.close();
            }
        }

        /** Compares what came with what was written. */
        void check(ChildOutput written, PipeEnd end) {
            if (written == null) {
                return;
            }
            byte[] all = written.bytes();
            byte[] got = received.toByteArray();
            if (got.length > all.length || !Arrays.equals(got, 0, got.length, all, 0, got.length)) {
                fail(name + ": received is not what was written");
            }
            boolean ended = inactive && !closedHere && exceptions == 0 && !closing;
            if (ended && got.length < all.length) {
                fail(name + " has ended after " + got.length + " of " + all.length + " bytes");
            }
            if (ended && !end.isClosed()) {
                fail(name + " has ended although somebody may write");
            }
        }
    }

    // ---- a job

    /** A job, and what it must say. */
    private final class Job {
        private final Future<JobObject> opened;
        private final List<SimulatedJob.Message> told = new ArrayList<>();
        private SimulatedJob simulated;
        private boolean closed;

        Job(JobLimits limits) {
            opened = JobObject.open(loop(), limits, this::event);
            opened.addListener(done -> {
                if (done.isSuccess()) {
                    simulated = kernel.jobBehind(opened.getNow());
                } else {
                    checkCause("a job", done.cause(), false);
                }
            });
        }

        JobObject job() {
            return opened.isSuccess() ? opened.getNow() : null;
        }

        void event(JobObject source, JobEvent event, long processId) {
            if (!runtime.loop().inEventLoop()) {
                fail("an event of a job outside of the loop");
            }
            kernel.log("told: %s %d", event, processId);
            told.add(new SimulatedJob.Message(message(event), processId));
            SimulatedChild child = kernel.children().child(processId);
            if ((event == JobEvent.PROCESS_ENDED || event == JobEvent.PROCESS_CRASHED) && !child.hasEnded()) {
                fail("the end of " + child + " is told, and it runs");
            }
            if (!source.isOpen()) {
                fail("a job that was closed tells " + event);
            }
        }

        private static int message(JobEvent event) {
            return switch (event) {
                case NEW_PROCESS -> 6;
                case PROCESS_ENDED -> 7;
                case PROCESS_CRASHED -> 8;
                case EMPTY -> 4;
                case ACTIVE_PROCESS_LIMIT -> 3;
                case PROCESS_MEMORY_LIMIT -> 9;
                case JOB_MEMORY_LIMIT -> 10;
                case PROCESS_TIME_LIMIT -> 2;
                case JOB_TIME_LIMIT -> 1;
            };
        }

        void count() {
            if (simulated == null || closed) {
                return;
            }
            int before = simulated.active.size();
            int processesBefore = simulated.processes;
            try {
                JobAccounting accounting = job().accounting();
                int active = accounting.activeProcesses();
                if (active > Math.max(before, simulated.active.size()) + simulated.processes - processesBefore
                        || active < simulated.active.size() - (simulated.processes - processesBefore)
                        && active < before
                        || accounting.processes() < processesBefore
                        || accounting.processes() > simulated.processes) {
                    fail("a job counts " + accounting + " instead of " + simulated.active);
                }
            } catch (ClosedChannelException e) {
                checkClosed();
            } catch (IOException e) {
                checkFault(e);
            }
        }

        private void checkFault(IOException e) {
            if (kernel.faults().failures() == 0) {
                kernel.failed(new SimulationError("a job fails by " + e, e));
            }
        }

        private void checkClosed() {
            if (!closed && !closing) {
                fail("a job is closed that nobody closed");
            }
        }

        /** Asks to be told when it is empty. */
        void askWhetherEmpty() {
            if (simulated == null || closed) {
                return;
            }
            int times = simulated.timesEmpty;
            boolean emptyNow = simulated.active.isEmpty();
            job().whenEmpty().addListener(done -> {
                if (!done.isSuccess()) {
                    checkClosed();
                } else if (!emptyNow && !simulated.active.isEmpty() && simulated.timesEmpty == times) {
                    fail("a job is said to be empty that never was");
                }
            });
        }

        void terminate() {
            if (simulated != null && !closed) {
                try {
                    job().terminate(77);
                } catch (IOException e) {
                    checkFault(e);
                }
            }
        }

        void close() {
            if (simulated != null) {
                kernel.log("job %d is closed by the program", simulated.id);
                closed = true;
                job().close();
            }
        }

        /** What was told must have been sent, and all of it if nothing was lost. */
        void check(boolean inPeace) {
            List<SimulatedJob.Message> invented = new ArrayList<>(told);
            if (simulated != null) {
                simulated.sent.forEach(invented::remove);
            }
            if (!invented.isEmpty()) {
                fail("a job tells what never was: " + invented);
            }
            if (inPeace && simulated != null && !closed && told.size() < simulated.sent.size()) {
                fail("a job tells " + told + " and not " + simulated.sent);
            }
        }
    }

    // ---- a child

    /** A start, its child, and what must be true of it. */
    private final class Child {
        private final String name = "child " + children.size();
        private final Stream input = new Stream(name + " input");
        private final Stream output = new Stream(name + " output");
        private final Stream errors = new Stream(name + " errors");
        private final List<ChannelFuture> writes = new ArrayList<>();
        private final Future<ChildProcess> started;
        private final Job job;
        private final boolean ownJob;
        private final boolean console;
        private boolean cancelled;
        private boolean closed;
        private boolean treeKilled;
        private int exits;
        private int sent;
        private SimulatedChild simulated;

        Child() {
            List<String> command = new ArrayList<>(List.of(ProcessCalls.PROGRAM, "script"));
            command.addAll(steps(1));
            ChildProcessBuilder builder = new ChildProcessBuilder(command).stdin(input).stdout(output).stderr(errors);
            if (dice.chance(0.1)) {
                builder.redirectInput(Redirect.DISCARD);
            }
            if (dice.chance(0.1)) {
                builder.redirectOutput(Redirect.DISCARD);
            }
            if (dice.chance(0.3)) {
                builder.redirectErrorStream(true);
            } else if (dice.chance(0.2)) {
                builder.redirectError(Redirect.DISCARD);
            }
            ownJob = dice.chance(orphans ? 0.9 : 0.4);
            Job shared = jobs.isEmpty() || ownJob || dice.chance(0.4) ? null : jobs.get(dice.below(jobs.size()));
            job = shared == null || shared.job() == null ? null : shared;
            if (ownJob) {
                builder.ownJob(limits());
            } else if (job != null) {
                builder.job(job.job());
            }
            console = dice.chance(0.15);
            if (console) {
                builder.pseudoConsole(dice.between(1, 200), dice.between(1, 100));
            }
            kernel.log("%s starts%s: %s", name, console ? " on a console" : "", command);
            started = builder.start(loop());
            started.addListener(done -> started());
        }

        ChildProcess process() {
            return started.isSuccess() ? started.getNow() : null;
        }

        private void started() {
            if (!started.isSuccess()) {
                checkCause(name, started.cause(), cancelled || job != null);
                return;
            }
            simulated = kernel.children().child(process().pid());
            process().exit().addListener(this::exited);
        }

        private void exited(Future<? super Integer> exit) {
            kernel.log("%s: exit %s", name, exit.isSuccess() ? exit.getNow() : exit.cause().getClass().getSimpleName());
            if (++exits > 1) {
                fail(name + " exits twice");
            }
            if (!exit.isSuccess()) {
                checkCause("the exit of " + name, exit.cause(), false);
            } else if (!simulated.hasEnded() || !exit.getNow().equals(simulated.exitCode())) {
                fail(name + " exits by " + exit.getNow() + ", and " + simulated + " by " + simulated.exitCode());
            }
        }

        // ---- what the program does with it

        void write() {
            if (input.channel == null || process() == null || process().stdin() == null) {
                return;
            }
            int length = dice.sizeBetween(1, maxBytes);
            byte[] bytes = Pattern.bytes(0, true, sent, length);
            sent += length;
            kernel.faults().suspend();
            ByteBuf buffer = runtime.allocator().directBuffer(length).writeBytes(bytes);
            kernel.faults().resume();
            writes.add(input.channel.writeAndFlush(buffer));
        }

        void endInput() {
            if (process() != null && process().stdin() != null) {
                process().endInput();
            }
        }

        void kill() {
            try {
                if (process() != null) {
                    process().kill(dice.between(1, 50));
                }
            } catch (IOException e) {
                fail(name + " can't be killed: " + e);
            }
        }

        void killTree() {
            try {
                if (process() != null && ownJob) {
                    treeKilled = process().ownJob().isOpen();
                    process().killTree();
                }
            } catch (IOException e) {
                fail(name + " can't be killed: " + e);
            }
        }

        void resize() {
            if (process() == null || !console) {
                return;
            }
            try {
                process().resizeConsole(dice.between(1, 200), dice.between(1, 100));
            } catch (IOException e) {
                if (!happened(Faults.Kind.CONSOLE_FAILS)) {
                    fail(name + " can't have another size: " + e);
                }
            }
        }

        void toggleAutoRead() {
            Stream stream = dice.chance(0.5) ? output : errors;
            if (stream.channel != null) {
                stream.channel.config().setAutoRead(!stream.channel.config().isAutoRead());
            }
        }

        void closeStream() {
            (dice.chance(0.5) ? output : dice.chance(0.5) ? errors : input).close();
        }

        void close() {
            if (process() != null) {
                closed = true;
                output.closedHere = true;
                errors.closedHere = true;
                process().close();
            }
        }

        void cancel() {
            cancelled = true;
            started.cancel(false);
        }

        // ---- what must be true

        boolean isOver() {
            return started.isDone() && (!started.isSuccess() || process().exit().isDone()
                    && isOver(output, SimulatedChild.OUTPUT) && isOver(errors, SimulatedChild.ERROR));
        }

        private boolean isOver(Stream stream, int which) {
            return stream.channel == null || stream.inactive || simulated.pipe(which) == null
                    || !simulated.pipe(which).isClosed();
        }

        void readAll() {
            for (Stream stream : List.of(output, errors)) {
                if (stream.channel != null) {
                    stream.channel.config().setAutoRead(true);
                }
            }
        }

        void check() {
            if (simulated == null) {
                return;
            }
            output.check(simulated.output(SimulatedChild.OUTPUT), simulated.pipe(SimulatedChild.OUTPUT));
            errors.check(simulated.output(SimulatedChild.ERROR), simulated.pipe(SimulatedChild.ERROR));
            byte[] read = simulated.input();
            if (read.length > sent || !Arrays.equals(read, Pattern.bytes(0, true, 0, read.length))) {
                fail(name + " has read what nobody wrote");
            }
            long written = writes.stream().filter(Future::isSuccess).count();
            if (simulated.sawInputEnd() && written == writes.size() && read.length < sent) {
                fail(name + " has read " + read.length + " of " + sent + " bytes that were written");
            }
        }

        /** A job of its own is closed when nothing is left in it. */
        boolean isJobClosed() {
            return !ownJob || process() == null || !process().exit().isSuccess()
                    || !process().ownJob().isOpen() || !jobOf(simulated).active.isEmpty();
        }

        boolean isTreeKilled() {
            return !treeKilled || closed || jobOf(simulated).active.isEmpty();
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static SimulatedJob jobOf(SimulatedChild child) {
        return child.jobs.get(0);
    }

    private void checkCause(String what, Throwable cause, boolean mayBeRefused) {
        boolean faults = kernel.faults().failures() > 0;
        boolean legal = cause instanceof CancellationException ? mayBeRefused
                : cause instanceof RejectedExecutionException ? closing || happened(Faults.Kind.EXECUTOR_REFUSES)
                : cause instanceof ClosedChannelException ? closing || mayBeRefused
                : cause instanceof IOException ? faults || mayBeRefused || closing
                : faults && (cause instanceof OutOfMemoryError || cause instanceof IllegalArgumentException
                 || cause instanceof IllegalStateException
                || cause instanceof io.netty.channel.ChannelException);
        if (!legal) {
            kernel.failed(new SimulationError(what + " fails by " + cause, cause));
        }
    }

    // ---- the program

    private JobLimits limits() {
        JobLimits limits = new JobLimits().killOnClose(dice.chance(0.5)).breakaway(dice.chance(0.3))
                .silentBreakaway(dice.chance(0.1));
        if (dice.chance(0.1)) {
            limits.activeProcesses(dice.between(1, 4));
        }
        if (dice.chance(0.1)) {
            limits.processTime(Duration.ofMillis(dice.between(1, 100)));
        }
        if (dice.chance(0.1)) {
            limits.jobTime(Duration.ofMillis(dice.between(1, 200)));
        }
        if (dice.chance(0.1)) {
            limits.processMemory(dice.between(1, 1000));
        }
        return limits;
    }

    /** What a child does. Its own children read nothing: nobody could say whose the input is. */
    private List<String> steps(int depth) {
        List<String> steps = new ArrayList<>();
        for (int i = dice.below(5); i > 0; i--) {
            steps.add(switch (dice.below(depth > 0 ? 11 : 7)) {
                case 0, 1 -> "out:" + dice.sizeBetween(1, maxBytes);
                case 2 -> "err:" + dice.sizeBetween(1, maxBytes);
                case 3 -> "sleep:" + dice.sizeBetween(1, 2000);
                case 4 -> "burn:" + dice.sizeBetween(1, 200);
                case 5 -> "allocate:" + dice.sizeBetween(1, 2000);
                case 6 -> "close:" + dice.pick(new String[] { "in", "out", "err" });
                case 7 -> "read:" + dice.sizeBetween(1, maxBytes);
                case 8 -> "breakaway:" + String.join(";", steps(0));
                default -> "start:" + String.join(";", steps(0));
            });
        }
        if (depth > 0 && orphans) {
            steps.add("start:sleep:" + dice.sizeBetween(1, 2000) + ";exit:0");
        }
        if (depth > 0 && dice.chance(0.3)) {
            steps.add("echo");
        }
        int end = dice.below(10);
        steps.add(end == 0 ? "crash" : end <= 2 ? "forever" : "exit:" + dice.below(300));
        return steps;
    }

    @Override
    void runAll() {
        boolean threads = dice.chance(0.3);
        try (SimulatedRuntime opened = new SimulatedRuntime(kernel, 1, threads, config -> { })) {
            runtime = opened;
            for (int i = dice.below(JOBS + 1); i > 0; i--) {
                jobs.add(new Job(limits()));
            }
            runtime.await(() -> jobs.stream().allMatch(job -> job.opened.isDone()), LIMIT_SECONDS, TimeUnit.SECONDS);
            int steps = dice.sizeBetween(1, STEPS);
            for (int i = 0; i < steps && kernel.violations().isEmpty(); i++) {
                step();
                if (dice.chance(0.5)) {
                    runtime.sleep(dice.nanosBetween(1000, 500_000_000), TimeUnit.NANOSECONDS);
                }
                children.forEach(Child::check);
            }
            if (dice.chance(0.7) && !happened(Faults.Kind.POST_REFUSED)) {
                finishInPeace();
            }
            if (dice.chance(0.3)) {
                children.add(new Child());
            }
            closing = true;
            opened.shutdown(0, dice.pick(new Integer[] { 0, 100, 5000 }));
            kernel.check();
            checkAtEnd();
        }
    }

    private void step() {
        if (children.isEmpty() || children.size() < CHILDREN && dice.chance(0.3)) {
            children.add(new Child());
            return;
        }
        Child child = children.get(dice.below(children.size()));
        Job job = jobs.isEmpty() ? null : jobs.get(dice.below(jobs.size()));
        int what = dice.below(100);
        if (dice.chance(0.1)) {
            child.resize();
        }
        if (what < 30) {
            child.write();
        } else if (what < 45) {
            child.endInput();
        } else if (what < 50) {
            child.kill();
        } else if (what < 55) {
            child.killTree();
        } else if (what < 65) {
            child.toggleAutoRead();
        } else if (what < 70) {
            child.closeStream();
        } else if (what < 73) {
            child.close();
        } else if (what < 80) {
            child.cancel();
        } else if (job != null && what < 88) {
            job.count();
        } else if (job != null && what < 95) {
            job.askWhetherEmpty();
        } else if (job != null && what < 98) {
            job.terminate();
        } else if (job != null) {
            job.close();
        }
    }

    private void until(String what, BooleanSupplier condition) {
        if (!runtime.await(condition, LIMIT_SECONDS, TimeUnit.SECONDS)) {
            fail("in vain: " + what);
        }
        kernel.check();
    }

    /** Without faults everything ends that is ended. */
    private void finishInPeace() {
        kernel.faults().suspend();
        kernel.log("nothing goes wrong any more");
        children.forEach(Child::readAll);
        until("every start has an outcome", () -> children.stream().allMatch(child -> child.started.isDone()));
        children.forEach(child -> {
            child.readAll();
            child.endInput();
        });
        runtime.sleep(5, TimeUnit.SECONDS);
        for (Child child : children) {
            if (dice.chance(0.5)) {
                child.killTree();
            }
            child.kill();
        }
        until("every child is over", () -> children.stream().allMatch(Child::isOver));
        until("trees that were killed have ended", () -> children.stream().allMatch(Child::isTreeKilled));
        until("jobs without processes are closed", () -> children.stream().allMatch(Child::isJobClosed));
        for (Job job : jobs) {
            if (job.job() != null && job.job().isOpen()) {
                job.terminate();
                Future<Void> empty = job.job().whenEmpty();
                until("a job is empty", empty::isDone);
                job.count();
            }
        }
        // What is late comes.
        runtime.sleep(2, TimeUnit.SECONDS);
        children.forEach(Child::check);
        jobs.forEach(job -> job.check(true));
        kernel.check();
        kernel.faults().resume();
    }

    private void checkAtEnd() {
        List<Long> known = new ArrayList<>();
        for (Child child : children) {
            child.check();
            if (!child.started.isDone() || child.process() != null && !child.process().exit().isDone()) {
                fail(child + " has no outcome");
            }
            if (child.process() != null) {
                known.add(child.process().pid());
            }
        }
        jobs.forEach(job -> job.check(false));
        for (SimulatedChild child : kernel.children().all()) {
            if (child.parent == null && !child.hasEnded() && !child.isTerminating()
                    && !known.contains((long) child.process.id)) {
                fail(child + " runs, and nobody knows of it");
            }
        }
        kernel.check();
    }
}
