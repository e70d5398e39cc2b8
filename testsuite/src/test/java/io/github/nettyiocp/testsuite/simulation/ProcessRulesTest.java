/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.process.ChildProcess;
import io.github.nettyiocp.process.ChildProcessBuilder;
import io.github.nettyiocp.process.JobAccounting;
import io.github.nettyiocp.process.JobEvent;
import io.github.nettyiocp.process.JobLimits;
import io.github.nettyiocp.process.JobObject;
import io.netty.channel.ChannelFuture;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Future;
import org.junit.jupiter.api.Test;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.foreign.Arena;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Rules of child processes and jobs that no random program shows so clearly. */
class ProcessRulesTest {

    /** Starts children on a simulated Windows. */
    private static final class Children implements AutoCloseable {
        final DirectedRun run;
        EventRecorder output = new EventRecorder();
        EventRecorder errors = new EventRecorder();
        final List<String> events = new ArrayList<>();

        Children(Faults faults) {
            run = new DirectedRun(faults);
        }

        Children() {
            this(Faults.none());
        }

        SimulatedKernel kernel() {
            return run.kernel;
        }

        IoEventLoop loop() {
            return (IoEventLoop) run.loop();
        }

        ChildProcessBuilder builder(String... steps) {
            List<String> command = new ArrayList<>(List.of(ProcessCalls.PROGRAM, "script"));
            command.addAll(Arrays.asList(steps));
            output = new EventRecorder();
            errors = new EventRecorder();
            return new ChildProcessBuilder(command).stdout(output).stderr(errors);
        }

        <T> Future<T> outcome(Future<T> future) {
            run.until("an outcome", future::isDone);
            return future;
        }

        <T> T done(Future<T> future) {
            if (!outcome(future).isSuccess()) {
                throw new AssertionError(future.cause());
            }
            return future.getNow();
        }

        ChildProcess start(ChildProcessBuilder builder) {
            return done(builder.start(loop()));
        }

        ChildProcess start(String... steps) {
            return start(builder(steps));
        }

        SimulatedChild simulated(ChildProcess child) {
            return kernel().children().child(child.pid());
        }

        SimulatedChild grandchildOf(ChildProcess child) {
            run.until("a grandchild", () -> kernel().children().all().stream().anyMatch(
                    other -> other.parent == simulated(child)));
            return kernel().children().all().stream().filter(other -> other.parent == simulated(child)).findFirst()
                    .orElseThrow();
        }

        int exitCode(ChildProcess child) {
            return done(child.exit());
        }

        void outputEnds() {
            run.until("the end of the output", () -> output.saw("inactive"));
        }

        JobObject job(JobLimits limits) {
            return done(JobObject.open(loop(), limits, this::event));
        }

        void event(JobObject job, JobEvent event, long processId) {
            assertTrue(run.loop().inEventLoop());
            events.add(event + " " + processId);
        }

        void write(ChildProcess child, int length) {
            child.stdin().writeAndFlush(run.buffer(length).setBytes(0, Pattern.bytes(0, true, 0, length)));
        }

        @Override
        public void close() {
            run.close();
        }
    }

    private static Throwable refusal(Children children, ChildProcessBuilder builder) {
        Future<ChildProcess> started = children.outcome(builder.start(children.loop()));
        assertFalse(started.isSuccess());
        return started.cause();
    }

    // ---- the streams and the exit

    @Test
    void allThatAChildWritesComesBeforeTheEndOfItsOutput() {
        for (Faults.Kind kind : new Faults.Kind[] { Faults.Kind.SLOW_COMPLETION, Faults.Kind.PEND_THOUGH_READY,
            Faults.Kind.SHORT_BATCH }) {
            try (Children children = new Children(Faults.none().with(kind, 0.5))) {
                ChildProcess child = children.start("out:100000", "err:70000", "exit:7");
                assertEquals(7, children.exitCode(child));
                children.outputEnds();
                SimulatedChild simulated = children.simulated(child);
                assertEquals(100_000, children.output.received());
                children.run.until("the errors", () -> children.errors.saw("inactive"));
                assertEquals(70_000, children.errors.received());
                assertTrue(simulated.hasEnded());
                assertTrue(children.output.exceptions().isEmpty());
            }
        }
    }

    @Test
    void whatIsWrittenComesBackUntilTheInputEnds() {
        try (Children children = new Children()) {
            ChildProcess child = children.start("echo", "exit:3");
            children.write(child, 150_000);
            ChannelFuture ended = child.endInput();
            assertEquals(3, children.exitCode(child));
            children.outputEnds();
            assertArrayEquals(Pattern.bytes(0, true, 0, 150_000), children.output.bytes());
            assertTrue(children.run.await(ended).isSuccess());
        }
    }

    @Test
    void mergedErrorsComeInTheOrderInWhichTheyWereWritten() {
        try (Children children = new Children()) {
            ChildProcess child = children.start(children.builder("out:3", "err:5", "out:2")
                    .redirectErrorStream(true));
            assertNull(child.stderr());
            children.exitCode(child);
            children.outputEnds();
            assertEquals(10, children.output.received());
        }
    }

    @Test
    void theExitIsToldAlthoughAGrandchildHoldsTheOutput() {
        try (Children children = new Children()) {
            ChildProcess child = children.start("start:sleep:5000;out:10", "exit:4");
            assertEquals(4, children.exitCode(child));
            children.run.millis(1000);
            assertFalse(children.output.saw("inactive"));
            children.outputEnds();
            assertEquals(10, children.output.received());
        }
    }

    @Test
    void aChildThatClosesItsInputEndsTheChannelAndGoesOn() {
        try (Children children = new Children()) {
            ChildProcess child = children.start("close:in", "sleep:1000", "exit:5");
            children.run.until("the end of the input", () -> !child.stdin().isOpen());
            assertTrue(child.isAlive());
            assertEquals(5, children.exitCode(child));
        }
    }

    @Test
    void aChildThatDiesWithInputUnreadFailsTheWrite() {
        try (Children children = new Children()) {
            ChildProcess child = children.start("sleep:10", "crash");
            ChannelFuture written = child.stdin().writeAndFlush(children.run.buffer(200_000));
            assertEquals(SimulatedChild.ACCESS_VIOLATION, children.exitCode(child));
            assertInstanceOf(IOException.class, children.run.await(written).cause());
        }
    }

    @Test
    void aStreamThatIsClosedHereEndsTheChildThatWritesOn() {
        try (Children children = new Children()) {
            ChildProcess child = children.start("out:1000000000");
            children.run.until("some output", () -> children.output.received() > 0);
            child.stdout().close();
            assertEquals(SimulatedChild.WRITE_FAILED, children.exitCode(child));
        }
    }

    @Test
    void theExitIsToldAfterTheProcessHasEndedAndNotWhenItIsKilled() {
        try (Children children = new Children(Faults.none().with(Faults.Kind.END_IS_SLOW, 1))) {
            ChildProcess child = children.start("forever");
            SimulatedChild simulated = children.simulated(child);
            child.exit().addListener(done -> assertTrue(simulated.hasEnded()));
            assertDoesNotThrowIo(() -> child.kill(9));
            // A second kill is refused by Windows, and means nothing.
            assertDoesNotThrowIo(() -> child.kill(10));
            assertEquals(9, children.exitCode(child));
        }
    }

    private interface IoTask {
        void run() throws IOException;
    }

    private static void assertDoesNotThrowIo(IoTask task) {
        try {
            task.run();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void argumentsArriveAsTheyAre() {
        List<String> odd = List.of("", " ", "\"", "\\", "a\\", "a b\\", "\\\"", "\\\\\"x", "a\"b c\"\\", "\t", "%x%&|");
        try (Children children = new Children()) {
            List<String> arguments = new ArrayList<>();
            odd.forEach(argument -> arguments.add("note:" + argument));
            ChildProcess child = children.start(arguments.toArray(String[]::new));
            children.exitCode(child);
            assertEquals(odd, children.simulated(child).notes());
        }
    }

    // ---- redirects and handles

    @Test
    void redirectsGoToFilesAndComeFromThem() {
        try (Children children = new Children()) {
            SimulatedFiles files = children.kernel().files();
            files.create("in.txt").write(0, "from a file".getBytes(StandardCharsets.US_ASCII));
            files.create("err.txt").write(0, "before ".getBytes(StandardCharsets.US_ASCII));
            ChildProcess child = children.start(children.builder("echo", "err:3")
                    .redirectInput(Redirect.from(new File("in.txt"))).redirectOutput(Redirect.to(new File("out.txt")))
                    .redirectError(Redirect.appendTo(new File("err.txt"))));
            assertNull(child.stdin());
            assertNull(child.stdout());
            assertNull(child.stderr());
            assertEquals(0, children.exitCode(child));
            assertEquals("from a file", new String(files.file("out.txt").read(0, 100), StandardCharsets.US_ASCII));
            assertEquals(10, files.file("err.txt").size());
        }
    }

    @Test
    void aStreamThatIsInheritedIsThatOfThisProcessByAHandleOfTheChildsOwn() {
        try (Children children = new Children()) {
            SimulatedFiles files = children.kernel().files();
            files.create("in.txt").write(0, "from our input".getBytes(StandardCharsets.US_ASCII));
            long[] own = children.kernel().children().own;
            own[SimulatedChild.INPUT] = open(children, "in.txt", WinConst.GENERIC_READ);
            own[SimulatedChild.OUTPUT] = open(children, "out.txt", WinConst.GENERIC_WRITE);
            own[SimulatedChild.ERROR] = open(children, "err.txt", WinConst.GENERIC_WRITE);
            int handles = children.kernel().openHandles();
            ChildProcess child = children.start(children.builder("echo", "err:3", "exit:5").inheritIO());
            assertNull(child.stdin());
            assertNull(child.stdout());
            assertNull(child.stderr());
            SimulatedChild simulated = children.simulated(child);
            assertEquals(3, simulated.handles.size());
            for (int i = 0; i < own.length; i++) {
                SimulatedHandle ours = children.kernel().handle(own[i], "the test");
                assertSame(ours, simulated.standard(i));
                assertFalse(ours.inheritable);
                // A child that closes its own must not close ours.
                assertFalse(simulated.handles.containsKey(own[i]));
            }
            assertEquals(5, children.exitCode(child));
            assertEquals("from our input", new String(files.file("out.txt").read(0, 100), StandardCharsets.US_ASCII));
            assertEquals(3, files.file("err.txt").size());
            children.run.until("no handles but ours", () -> children.kernel().openHandles() == handles);

            // One of ours, and errors that go where it goes.
            child = children.start(children.builder("err:4", "forever").redirectOutput(Redirect.INHERIT)
                    .redirectErrorStream(true));
            simulated = children.simulated(child);
            assertSame(children.kernel().handle(own[SimulatedChild.OUTPUT], "the test"),
                    simulated.standard(SimulatedChild.ERROR));
            assertEquals(2, simulated.handles.size());
            assertDoesNotThrowIo(child::kill);
            children.exitCode(child);

            // A process without standard handles, as one with a window.
            for (long handle : own) {
                children.kernel().access().ofThisThread().closeHandle(handle);
            }
            own[SimulatedChild.INPUT] = 0;
            own[SimulatedChild.OUTPUT] = WinConst.INVALID_HANDLE_VALUE;
            own[SimulatedChild.ERROR] = 0;
            child = children.start(children.builder("read:1", "exit:6").inheritIO());
            assertArrayEquals(new long[3], children.simulated(child).standardNumbers());
            assertEquals(6, children.exitCode(child));
        }
    }

    /** A synchronous handle of a file, as standard handles are. */
    private static long open(Children children, String file, int access) {
        try (Arena arena = Arena.ofConfined()) {
            long handle = children.kernel().access().ofThisThread().createFile(arena.allocateFrom(file,
                    StandardCharsets.UTF_16LE).address(), access, WinConst.FILE_SHARE_READ | WinConst.FILE_SHARE_WRITE,
                    0, WinConst.OPEN_ALWAYS, WinConst.FILE_ATTRIBUTE_NORMAL);
            assertTrue(handle != WinConst.INVALID_HANDLE_VALUE);
            return handle;
        }
    }

    @Test
    void onlyTheNamedHandlesAreInheritedAndOnlyDuringTheStart() {
        try (Children children = new Children()) {
            long named = children.kernel().access().ofThisThread().createEvent(1, 0);
            long other = children.kernel().access().ofThisThread().createEvent(1, 0);
            children.kernel().access().ofThisThread().setHandleInformation(other, 1, 1);
            ChildProcess child = children.start(children.builder("forever").inherit(named)
                    .redirectError(Redirect.DISCARD));
            SimulatedChild simulated = children.simulated(child);
            assertEquals(4, simulated.handles.size());
            assertTrue(simulated.handles.containsKey(named));
            assertFalse(simulated.handles.get(named).inheritable);
            assertFalse(simulated.handles.containsKey(other));
            assertDoesNotThrowIo(child::kill);
            children.exitCode(child);
            children.kernel().access().ofThisThread().closeHandle(named);
            children.kernel().access().ofThisThread().closeHandle(other);
        }
    }

    // ---- starts

    @Test
    void whatCannotBeStartedIsNamedAndLeavesNothing() {
        try (Children children = new Children()) {
            int handles = children.kernel().openHandles();
            assertInstanceOf(NoSuchFileException.class, refusal(children, new ChildProcessBuilder("nothing")));
            children.kernel().faults().with(Faults.Kind.START_FAILS, 1);
            for (int i = 0; i < 8; i++) {
                Throwable refusal = refusal(children, children.builder("exit:1").ownJob(new JobLimits()));
                assertInstanceOf(IOException.class, refusal);
                assertTrue(refusal.getMessage().contains("child.exe"), refusal.getMessage());
                assertTrue(!refusal.getMessage().contains("error 5") || refusal instanceof AccessDeniedException);
            }
            children.kernel().faults().with(Faults.Kind.START_FAILS, 0);
            children.run.until("no handles", () -> children.kernel().openHandles() == handles);
            assertTrue(children.kernel().children().all().isEmpty());
        }
    }

    @Test
    void anExecutorThatRefusesFailsTheStart() {
        try (Children children = new Children()) {
            int handles = children.kernel().openHandles();
            children.kernel().faults().with(Faults.Kind.EXECUTOR_REFUSES, 1);
            assertInstanceOf(RejectedExecutionException.class, refusal(children,
                    children.builder("exit:1").ownJob(new JobLimits())));
            children.kernel().faults().with(Faults.Kind.EXECUTOR_REFUSES, 0);
            assertEquals(handles, children.kernel().openHandles());
        }
    }

    @Test
    void aCancelledStartLeavesNoProcess() {
        for (int micros = 0; micros < 2000; micros += 100) {
            try (Children children = new Children(Faults.none().with(Faults.Kind.START_IS_SLOW, 0.5))) {
                Future<ChildProcess> started = children.builder("forever").ownJob(new JobLimits())
                        .start(children.loop());
                children.run.runtime.sleep(micros, TimeUnit.MICROSECONDS);
                if (started.cancel(false)) {
                    children.run.millis(2000);
                    assertTrue(children.kernel().children().all().stream().allMatch(SimulatedChild::hasEnded));
                } else {
                    ChildProcess child = children.done(started);
                    assertDoesNotThrowIo(child::killTree);
                    assertEquals(1, children.exitCode(child));
                }
            }
        }
    }

    @Test
    void aStartThatTheLoopsEndOvertakesLeavesNoProcess() {
        for (int micros = 0; micros < 3000; micros += 150) {
            Children children = new Children(Faults.none().with(Faults.Kind.START_IS_SLOW, 0.7));
            List<Future<ChildProcess>> started = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                started.add(children.builder("forever").start(children.loop()));
            }
            children.run.runtime.sleep(micros, TimeUnit.MICROSECONDS);
            // Checks that no handle is left.
            children.close();
            List<Long> known = new ArrayList<>();
            for (Future<ChildProcess> future : started) {
                assertTrue(future.isDone());
                if (future.isSuccess()) {
                    assertInstanceOf(ClosedChannelException.class, future.getNow().exit().cause());
                    known.add(future.getNow().pid());
                }
            }
            for (SimulatedChild child : children.kernel().children().all()) {
                assertTrue(child.hasEnded() || child.isTerminating() || known.contains((long) child.process.id),
                        "a child that nobody knows of");
            }
        }
    }

    @Test
    void twoHundredChildrenRunAtOnceOnOneLoop() {
        try (Children children = new Children()) {
            int handles = children.kernel().openHandles();
            List<Future<ChildProcess>> started = new ArrayList<>();
            List<EventRecorder> outputs = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                started.add(children.builder("echo", "exit:" + i).start(children.loop()));
                outputs.add(children.output);
            }
            List<ChildProcess> all = new ArrayList<>();
            started.forEach(future -> all.add(children.done(future)));
            assertEquals(200, children.kernel().children().all().stream().filter(child -> !child.hasEnded()).count());
            for (ChildProcess child : all) {
                children.write(child, 5000);
                child.endInput();
            }
            for (int i = 0; i < 200; i++) {
                assertEquals(i, children.exitCode(all.get(i)));
                EventRecorder output = outputs.get(i);
                children.run.until("the output", () -> output.saw("inactive"));
                assertEquals(5000, output.received());
            }
            children.run.until("no handles", () -> children.kernel().openHandles() == handles);
        }
    }

    // ---- pseudo consoles

    @Test
    void whatIsDrawnOnAConsoleComesBeforeTheEndWhichComesAfterTheChild() {
        for (Faults.Kind kind : new Faults.Kind[] { Faults.Kind.SLOW_COMPLETION, Faults.Kind.PEND_THOUGH_READY,
            Faults.Kind.END_IS_SLOW }) {
            try (Children children = new Children(Faults.none().with(kind, 0.5))) {
                ChildProcess child = children.start(children.builder("out:100000", "err:30", "echo", "exit:7")
                        .pseudoConsole(80, 25));
                assertNull(child.stderr());
                children.write(child, 5000);
                child.endInput();
                assertEquals(7, children.exitCode(child));
                children.outputEnds();
                SimulatedChild simulated = children.simulated(child);
                assertArrayEquals(simulated.output(SimulatedChild.OUTPUT).bytes(), children.output.bytes());
                assertTrue(children.output.received() > 105_030);
                assertTrue(children.output.exceptions().isEmpty());
            }
        }
    }

    /** Before Windows 11 24H2 its close waits, on a thread of its own. */
    @Test
    void aConsoleThatNobodyReadsKeepsNeitherTheExitNorTheLoop() {
        try (Children children = new Children()) {
            ChildProcess child = children.start(children.builder("forever").pseudoConsole(80, 25));
            child.stdout().config().setAutoRead(false);
            children.run.millis(100);
            assertDoesNotThrowIo(() -> child.kill(4));
            assertEquals(4, children.exitCode(child));
            children.run.millis(5000);
            assertFalse(children.output.saw("inactive"));
            child.stdout().config().setAutoRead(true);
            children.outputEnds();
        }
        Children children = new Children();
        ChildProcess child = children.start(children.builder("out:1000000000").pseudoConsole(80, 25));
        child.stdout().config().setAutoRead(false);
        children.run.millis(100);
        // Checks that nothing is left.
        children.close();
        assertInstanceOf(ClosedChannelException.class, child.exit().cause());
    }

    @Test
    void whatAChildLeavesOnItsConsoleEndsWithIt() {
        try (Children children = new Children()) {
            ChildProcess child = children.start(children.builder("start:forever", "exit:3").pseudoConsole(80, 25));
            SimulatedChild grandchild = children.grandchildOf(child);
            assertEquals(3, children.exitCode(child));
            children.outputEnds();
            assertEquals(SimulatedConsole.CLOSED, grandchild.exitCode());
        }
    }

    @Test
    void aConsoleThatCannotBeMadeFailsTheStartAndLeavesNothing() {
        try (Children children = new Children()) {
            int handles = children.kernel().openHandles();
            children.kernel().faults().with(Faults.Kind.CONSOLE_FAILS, 1);
            Throwable refusal = refusal(children, children.builder("exit:1").pseudoConsole(80, 25));
            assertInstanceOf(IOException.class, refusal);
            assertTrue(refusal.getMessage().contains("CreatePseudoConsole"), refusal.getMessage());
            children.kernel().faults().with(Faults.Kind.CONSOLE_FAILS, 0).with(Faults.Kind.START_FAILS, 1);
            // The console is there already.
            assertInstanceOf(IOException.class, refusal(children, children.builder("exit:1").pseudoConsole(80, 25)));
            children.kernel().faults().with(Faults.Kind.START_FAILS, 0);
            children.run.until("no handles", () -> children.kernel().openHandles() == handles);
        }
    }

    @Test
    void aConsoleChangesItsSizeAsLongAsItIsThere() throws Exception {
        try (Children children = new Children()) {
            ChildProcess child = children.start(children.builder("forever").pseudoConsole(80, 25));
            child.resizeConsole(1, 32767);
            assertThrows(IllegalArgumentException.class, () -> child.resizeConsole(0, 1));
            children.kernel().faults().with(Faults.Kind.CONSOLE_FAILS, 1);
            assertThrows(IOException.class, () -> child.resizeConsole(2, 2));
            children.kernel().faults().with(Faults.Kind.CONSOLE_FAILS, 0);
            child.kill();
            children.exitCode(child);
            child.resizeConsole(3, 3);
            ChildProcess without = children.start("exit:0");
            assertThrows(IllegalStateException.class, () -> without.resizeConsole(3, 3));
            children.exitCode(without);
        }
    }

    // ---- jobs

    @Test
    void whatHappensInAJobIsTold() {
        try (Children children = new Children()) {
            JobObject job = children.job(new JobLimits());
            ChildProcess child = children.start(children.builder("exit:3").job(job));
            children.exitCode(child);
            children.run.until("that it is empty", () -> children.events.contains("EMPTY 0"));
            assertEquals(List.of("NEW_PROCESS " + child.pid(), "PROCESS_ENDED " + child.pid(), "EMPTY 0"),
                    children.events);
            job.close();
        }
    }

    @Test
    void aCrashIsTold() {
        try (Children children = new Children()) {
            ChildProcess child = children.start(children.builder("crash").ownJob(new JobLimits(), children::event));
            assertEquals(SimulatedChild.ACCESS_VIOLATION, children.exitCode(child));
            children.run.until("the crash", () -> children.events.contains("PROCESS_CRASHED " + child.pid()));
            children.done(child.ownJob().closeFuture());
        }
    }

    @Test
    void aJobIsFoundEmptyAlthoughEveryMessageIsLost() {
        try (Children children = new Children(Faults.none().with(Faults.Kind.JOB_MESSAGE_LOST, 1))) {
            JobObject job = children.job(new JobLimits());
            ChildProcess first = children.start(children.builder("forever").job(job));
            ChildProcess second = children.start(children.builder("start:forever", "forever").job(job));
            children.grandchildOf(second);
            Future<Void> empty = job.whenEmpty();
            assertDoesNotThrowIo(first::kill);
            assertDoesNotThrowIo(second::kill);
            children.exitCode(first);
            children.exitCode(second);
            children.run.millis(5000);
            assertFalse(empty.isDone());
            assertDoesNotThrowIo(() -> job.terminate(4));
            long begin = children.run.now();
            children.done(empty);
            assertTrue(children.run.millisSince(begin) < 1000);
            assertTrue(children.events.isEmpty());
            job.close();
        }
    }

    @Test
    void aJobOfItsOwnIsClosedWhenNothingIsLeftInItAlthoughNoMessageComes() {
        try (Children children = new Children(Faults.none().with(Faults.Kind.JOB_MESSAGE_LOST, 1))) {
            ChildProcess child = children.start(children.builder("start:sleep:3000", "exit:2")
                    .ownJob(new JobLimits()));
            assertEquals(2, children.exitCode(child));
            assertTrue(child.ownJob().isOpen());
            children.done(child.ownJob().closeFuture());
            assertTrue(children.kernel().children().all().stream().allMatch(SimulatedChild::hasEnded));
        }
    }

    @Test
    void messagesThatComeAfterTheJobWasClosedHarmNobody() {
        try (Children children = new Children(Faults.none().with(Faults.Kind.JOB_MESSAGE_LATE, 1)
                .with(Faults.Kind.JOB_KEEPS_PORT, 1))) {
            JobObject job = children.job(new JobLimits().killOnClose(true));
            ChildProcess child = children.start(children.builder("forever").job(job));
            job.close();
            children.exitCode(child);
            children.run.millis(3000);
            assertTrue(children.events.isEmpty());
        }
    }

    @Test
    void aChildIsPutIntoItsJobBeforeItRunsWhereWindowsKnowsNoListOfJobs() {
        try (Children children = new Children(Faults.none().with(Faults.Kind.JOB_LIST_REFUSED, 1))) {
            ChildProcess child = children.start(children.builder("start:forever", "forever")
                    .ownJob(new JobLimits(), children::event));
            SimulatedChild grandchild = children.grandchildOf(child);
            assertEquals(1, grandchild.jobs.size());
            assertDoesNotThrowIo(child::killTree);
            assertEquals(1, children.exitCode(child));
            children.run.until("the end of all", grandchild::hasEnded);
            children.done(child.ownJob().closeFuture());
        }
    }

    @Test
    void aChildThatCannotBePutIntoItsJobNeverRuns() {
        try (Children children = new Children(Faults.none().with(Faults.Kind.JOB_LIST_REFUSED, 1))) {
            JobObject job = children.job(new JobLimits());
            children.kernel().faults().with(Faults.Kind.JOB_FAILS, 1);
            Throwable refusal = refusal(children, children.builder("out:10").job(job));
            children.kernel().faults().with(Faults.Kind.JOB_FAILS, 0);
            assertTrue(refusal.getMessage().contains("AssignProcessToJobObject"), refusal.getMessage());
            children.run.millis(1000);
            assertTrue(children.kernel().children().all().stream().allMatch(SimulatedChild::hasEnded));
            job.close();
        }
    }

    @Test
    void killingTheTreeEndsWhatAChildLeftBehind() {
        try (Children children = new Children()) {
            ChildProcess child = children.start(children.builder("start:start:forever;forever", "exit:3")
                    .ownJob(new JobLimits()));
            SimulatedChild grandchild = children.grandchildOf(child);
            assertEquals(3, children.exitCode(child));
            assertFalse(grandchild.hasEnded());
            assertDoesNotThrowIo(child::killTree);
            children.outputEnds();
            assertTrue(grandchild.hasEnded());
            children.done(child.ownJob().closeFuture());
        }
    }

    @Test
    void killingTheTreeOfAChildWhoseJobWasClosedEndsTheChild() {
        try (Children children = new Children()) {
            ChildProcess child = children.start(children.builder("forever").ownJob(new JobLimits()));
            child.close();
            children.done(child.ownJob().closeFuture());
            assertTrue(child.isAlive());
            assertDoesNotThrowIo(child::killTree);
            assertEquals(1, children.exitCode(child));
        }
    }

    @Test
    void aJobThatKillsOnCloseEndsAllThatIsInItWhenTheLoopEnds() {
        Children children = new Children();
        ChildProcess child = children.start(children.builder("start:forever", "forever")
                .ownJob(new JobLimits().killOnClose(true)));
        SimulatedChild grandchild = children.grandchildOf(child);
        children.close();
        assertTrue(grandchild.isTerminating() && children.simulated(child).isTerminating());
        assertInstanceOf(ClosedChannelException.class, child.exit().cause());
    }

    @Test
    void aProcessLeavesItsJobOnlyIfThatAllowsIt() {
        for (JobLimits limits : new JobLimits[] { new JobLimits(), new JobLimits().breakaway(true),
            new JobLimits().silentBreakaway(true) }) {
            try (Children children = new Children()) {
                ChildProcess child = children.start(children.builder("start:exit:0", "breakaway:exit:0",
                        "sleep:10", "exit:0").ownJob(limits, children::event));
                children.exitCode(child);
                children.done(child.ownJob().closeFuture());
                long inJob = children.events.stream().filter(event -> event.startsWith("NEW_PROCESS")).count();
                int all = children.kernel().children().all().size();
                String limit = limits.toString();
                assertEquals(limit.contains("0x1000") ? 1 : 2, inJob, limit);
                assertEquals(limit.contains("0x0") ? 2 : 3, all, limit);
            }
        }
    }

    @Test
    void limitsHoldAndAreTold() {
        try (Children children = new Children()) {
            JobObject job = children.job(new JobLimits().activeProcesses(1).processMemory(1000));
            ChildProcess child = children.start(children.builder("allocate:2000", "forever").job(job));
            assertInstanceOf(IOException.class, refusal(children, children.builder("exit:0").job(job)));
            children.run.until("the limits", () -> children.events.contains("PROCESS_MEMORY_LIMIT " + child.pid())
                    && children.events.stream().anyMatch(event -> event.startsWith("ACTIVE_PROCESS_LIMIT")));
            assertDoesNotThrowIo(() -> job.terminate(1));
            children.exitCode(child);
            job.close();
        }
        try (Children children = new Children()) {
            ChildProcess child = children.start(children.builder("burn:50", "burn:1000", "exit:0")
                    .ownJob(new JobLimits().processTime(Duration.ofMillis(100)), children::event));
            assertEquals(SimulatedJob.NO_TIME_LEFT, children.exitCode(child));
            children.run.until("the limit", () -> children.events.contains("PROCESS_TIME_LIMIT " + child.pid()));
            children.done(child.ownJob().closeFuture());
        }
        try (Children children = new Children()) {
            JobObject job = children.job(new JobLimits().jobTime(Duration.ofMillis(100)));
            ChildProcess first = children.start(children.builder("burn:80", "forever").job(job));
            ChildProcess second = children.start(children.builder("sleep:200", "burn:80", "exit:0").job(job));
            assertEquals(SimulatedJob.NO_TIME_LEFT, children.exitCode(second));
            assertEquals(SimulatedJob.NO_TIME_LEFT, children.exitCode(first));
            children.run.until("the limit", () -> children.events.contains("JOB_TIME_LIMIT 0"));
            job.close();
        }
    }

    @Test
    void whatAllProcessesOfAJobHaveIsWhatTheLimitOfItsMemoryIsAbout() {
        try (Children children = new Children()) {
            JobObject job = children.job(new JobLimits().jobMemory(1000).processMemory(700));
            ChildProcess first = children.start(children.builder("allocate:600", "forever").job(job));
            children.run.until("the first one's memory", () -> children.simulated(first).memory() == 600);
            ChildProcess second = children.start(children.builder("allocate:600", "allocate:400", "forever").job(job));
            children.run.until("the second one's memory", () -> children.simulated(second).memory() == 400);
            children.run.until("the limit", () -> children.events.contains("JOB_MEMORY_LIMIT " + second.pid()));
            assertTrue(first.isAlive() && second.isAlive());
            assertDoesNotThrowIo(first::kill);
            children.exitCode(first);
            ChildProcess third = children.start(children.builder("allocate:600", "exit:0").job(job));
            assertEquals(0, children.exitCode(third));
            assertEquals(600, children.simulated(third).memory());
            assertEquals(1, children.events.stream().filter(event -> event.contains("MEMORY_LIMIT")).count());
            assertDoesNotThrowIo(() -> job.terminate(1));
            children.exitCode(second);
            job.close();
        }
    }

    @Test
    void aJobCountsWithoutItsMessages() throws Exception {
        try (Children children = new Children(Faults.none().with(Faults.Kind.JOB_MESSAGE_LOST, 1))) {
            JobObject job = children.job(new JobLimits());
            List<ChildProcess> all = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                all.add(children.start(children.builder("forever").job(job)));
            }
            assertEquals(100, job.processIds().size());
            assertDoesNotThrowIo(all.get(0)::kill);
            children.exitCode(all.get(0));
            JobAccounting accounting = job.accounting();
            assertEquals(99, accounting.activeProcesses());
            assertEquals(100, accounting.processes());
            assertFalse(job.processIds().contains(all.get(0).pid()));
            job.terminate(1);
            children.done(job.whenEmpty());
            assertEquals(0, job.accounting().activeProcesses());
            job.close();
            assertThrows(ClosedChannelException.class, job::accounting);
            assertSame(ClosedChannelException.class, children.outcome(job.whenEmpty()).cause().getClass());
        }
    }

    @Test
    void aJobThatCannotBeAskedForAWhileIsAskedAgain() {
        try (Children children = new Children()) {
            ChildProcess child = children.start(children.builder("start:sleep:20000", "exit:0")
                    .ownJob(new JobLimits().killOnClose(true)));
            SimulatedChild grandchild = children.grandchildOf(child);
            children.exitCode(child);
            children.kernel().faults().with(Faults.Kind.JOB_QUERY_FAILS, 1);
            children.run.millis(5000);
            assertTrue(children.kernel().faults().injected(Faults.Kind.JOB_QUERY_FAILS) > 5);
            children.kernel().faults().with(Faults.Kind.JOB_QUERY_FAILS, 0);
            children.run.millis(5000);
            assertFalse(grandchild.hasEnded() || grandchild.isTerminating());
            children.done(child.ownJob().closeFuture());
            assertEquals(0, grandchild.exitCode());
        }
    }
}
