/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.process.ChildProcess;
import io.github.nettyiocp.process.ChildProcessBuilder;
import io.github.nettyiocp.process.JobAccounting;
import io.github.nettyiocp.process.JobEvent;
import io.github.nettyiocp.process.JobLimits;
import io.github.nettyiocp.process.JobObject;
import io.netty.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Job objects, with the program {@code child} of the peers in them. */
@Timeout(240)
class JobObjectOnWindowsTest {

    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
    private ChildFixture fixture;

    @BeforeEach
    void start() {
        fixture = new ChildFixture();
    }

    /** What a job still says when its key was closed is dropped, and counted as stale. */
    @AfterEach
    void end() {
        assertThat(WindowsTestSupport.end(fixture.group).foreignPackets()).isZero();
    }

    private JobObject open(JobLimits limits) throws Exception {
        return JobObject.open(fixture.group.next(), limits, this::event).sync().getNow();
    }

    private void event(JobObject job, JobEvent event, long processId) {
        assertThat(fixture.group.next().inEventLoop()).isTrue();
        events.add(event + " " + processId);
    }

    private void await(String expected) throws Exception {
        for (;;) {
            String event = events.poll(ChildFixture.TIMEOUT_SECONDS, TimeUnit.SECONDS);
            assertThat(event).as(expected).isNotNull();
            if (event.equals(expected)) {
                return;
            }
        }
    }

    private static <T> T done(Future<T> future) throws Exception {
        assertThat(future.await(ChildFixture.TIMEOUT_SECONDS, TimeUnit.SECONDS)).as("done").isTrue();
        return future.sync().getNow();
    }

    private static void assertEnded(long processId) throws Exception {
        WindowsTestSupport.await("process " + processId + " has ended",
                () -> !ProcessHandle.of(processId).map(ProcessHandle::isAlive).orElse(false));
    }

    /** Under Wine the consoles of the processes are processes in the job, too. */
    private static void assertIn(JobObject job, Long... processIds) throws IOException {
        assertThat(job.processIds()).contains(processIds);
        assertThat(job.accounting().activeProcesses()).isGreaterThanOrEqualTo(processIds.length);
    }

    private static void assumeWindows(String reason) {
        Assumptions.assumeFalse(WindowsTestSupport.isWine(), "Wine " + reason);
    }

    @Test
    void whatHappensInAJobIsToldOnTheLoop() throws Exception {
        JobObject job = open(new JobLimits());
        ChildProcess child = fixture.start(fixture.builder("exit", "3").job(job));
        await("NEW_PROCESS " + child.pid());
        await("PROCESS_ENDED " + child.pid());
        await("EMPTY 0");
        assertThat(ChildFixture.exitCode(child)).isEqualTo(3);
        assertThat(child.ownJob()).isNull();
        job.close();
        done(job.closeFuture());
    }

    @Test
    void aJobWithoutProcessesIsEmpty() throws Exception {
        JobObject job = open(new JobLimits());
        done(job.whenEmpty());
        assertThat(job.processIds()).isEmpty();
        JobAccounting accounting = job.accounting();
        assertThat(accounting.processes()).isZero();
        assertThat(accounting.activeProcesses()).isZero();
        job.close();
    }

    @Test
    void aJobCountsItsProcesses() throws Exception {
        JobObject job = open(new JobLimits());
        // Killed while it starts, a child can leave its console behind under Wine, in the job.
        ChildProcess first = fixture.start(fixture.builder("forever").job(job));
        fixture.await("here");
        ChildProcess second = fixture.start(fixture.builder("forever").job(job));
        fixture.await("here");
        assertIn(job, first.pid(), second.pid());
        Future<Void> empty = job.whenEmpty();
        first.kill();
        ChildFixture.exitCode(first);
        assertThat(empty.isDone()).isFalse();
        assertIn(job, second.pid());
        assertThat(job.processIds()).doesNotContain(first.pid());
        second.kill();
        done(empty);
        JobAccounting accounting = job.accounting();
        assertThat(accounting.activeProcesses()).isZero();
        assertThat(accounting.processes()).isGreaterThanOrEqualTo(2);
        assertThat(accounting.userTime()).isGreaterThanOrEqualTo(Duration.ZERO);
        job.close();
    }

    @Test
    void terminatingAJobEndsTheWholeFamily() throws Exception {
        ChildProcess child = fixture.start(fixture.builder("family", "forever").ownJob(new JobLimits(), this::event));
        long grandchild = Long.parseLong(fixture.await("started ").substring("started ".length()).trim());
        assertIn(child.ownJob(), child.pid(), grandchild);
        child.killTree();
        assertThat(ChildFixture.exitCode(child)).isEqualTo(1);
        assertEnded(grandchild);
        fixture.output.awaitInactive();
        done(child.ownJob().closeFuture());
    }

    @Test
    void whatAChildLeftBehindIsKilledWithItsTree() throws Exception {
        ChildProcess child = fixture.start(fixture.builder("parent", "forever").ownJob(new JobLimits()));
        long grandchild = Long.parseLong(fixture.await("started ").substring("started ".length()).trim());
        assertThat(ChildFixture.exitCode(child)).isEqualTo(3);
        assertThat(fixture.output.inactive.getCount()).isEqualTo(1);
        assertIn(child.ownJob(), grandchild);
        child.killTree();
        assertEnded(grandchild);
        fixture.output.awaitInactive();
        done(child.ownJob().closeFuture());
    }

    @Test
    void aJobThatKillsOnCloseDoes() throws Exception {
        ChildProcess child = fixture.start(fixture.builder("family", "forever")
                .ownJob(new JobLimits().killOnClose(true)));
        long grandchild = Long.parseLong(fixture.await("started ").substring("started ".length()).trim());
        child.close();
        ChildFixture.exitCode(child);
        assertEnded(grandchild);
    }

    @Test
    void aLoopThatEndsClosesItsJobs() throws Exception {
        ChildProcess child = fixture.start(fixture.builder("forever").ownJob(new JobLimits().killOnClose(true)));
        JobObject job = open(new JobLimits());
        fixture.group.shutdownGracefully(0, 15, TimeUnit.SECONDS).sync();
        assertThat(job.isOpen()).isFalse();
        assertThat(child.ownJob().isOpen()).isFalse();
        assertEnded(child.pid());
    }

    @Test
    void aJobThatDoesNotKillOnCloseLetsItsProcessesLive() throws Exception {
        JobObject job = open(new JobLimits());
        ChildProcess child = fixture.start(fixture.builder("echo").job(job));
        job.close();
        done(job.closeFuture());
        assertThat(child.isAlive()).isTrue();
        child.endInput();
        assertThat(ChildFixture.exitCode(child)).isZero();
    }

    @Test
    void aProcessThatRunsIsAssigned() throws Exception {
        JobObject job = open(new JobLimits());
        Process process = new ProcessBuilder(ChildFixture.command("forever")).start();
        try {
            job.assign(process.toHandle());
            await("NEW_PROCESS " + process.pid());
            assertIn(job, process.pid());
            job.terminate(9);
            assertThat(process.waitFor()).isEqualTo(9);
            await("EMPTY 0");
        } finally {
            process.destroyForcibly();
        }
        job.close();
    }

    /** Its number could be another process' by now. */
    @Test
    void aProcessThatHasEndedIsNotAssigned() throws Exception {
        JobObject job = open(new JobLimits().killOnClose(true));
        ChildProcess child = fixture.start(fixture.builder("exit", "3"));
        ProcessHandle ended = ProcessHandle.of(child.pid()).orElseThrow();
        assertThat(ChildFixture.exitCode(child)).isEqualTo(3);
        assertThatThrownBy(() -> job.assign(ended)).isInstanceOf(IOException.class)
                .hasMessageContaining(String.valueOf(child.pid()));
        assertThat(job.processIds()).isEmpty();
        job.close();
    }

    @Test
    void aClosedJobIsRefused() throws Exception {
        JobObject job = open(new JobLimits());
        Future<Void> empty = job.whenEmpty();
        done(empty);
        job.close();
        job.close();
        done(job.closeFuture());
        assertThat(job.isOpen()).isFalse();
        assertThatThrownBy(job::accounting).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(job::processIds).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> job.limits(new JobLimits())).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> job.assign(ProcessHandle.current())).isInstanceOf(ClosedChannelException.class);
        assertThat(job.whenEmpty().await().cause()).isInstanceOf(ClosedChannelException.class);
        job.terminate(1);
        assertThat(fixture.refusal(fixture.builder("exit", "0").job(job))).isInstanceOf(ClosedChannelException.class);
    }

    @Test
    void childrenThatStartTogetherAreAllInTheirJob() throws Exception {
        JobObject job = open(new JobLimits().killOnClose(true));
        List<Future<ChildProcess>> started = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            started.add(fixture.builder("forever").job(job).start(fixture.group.next()));
        }
        List<Long> ids = new ArrayList<>();
        for (Future<ChildProcess> future : started) {
            ids.add(done(future).pid());
        }
        assertIn(job, ids.toArray(Long[]::new));
        job.close();
        for (Future<ChildProcess> future : started) {
            ChildFixture.exitCode(future.getNow());
        }
    }

    @Test
    void limitsThatAreSetLaterHoldToo() throws Exception {
        JobObject job = open(new JobLimits());
        ChildProcess child = fixture.start(fixture.builder("forever").job(job));
        job.limits(new JobLimits().killOnClose(true));
        job.close();
        ChildFixture.exitCode(child);
    }

    @Test
    void aProcessLeavesItsJobOnlyIfThatAllowsIt() throws Exception {
        ChildProcess held = fixture.start(fixture.builder("breakaway", "forever").ownJob(new JobLimits()));
        assertThat(fixture.output()).startsWith("error 5");
        assertThat(ChildFixture.exitCode(held)).isEqualTo(4);
        ChildProcess free = fixture.start(fixture.builder("breakaway", "forever")
                .ownJob(new JobLimits().breakaway(true)));
        long grandchild = Long.parseLong(fixture.await("started ").substring("started ".length()).trim());
        try {
            assertThat(ChildFixture.exitCode(free)).isEqualTo(3);
            // Nothing is left in the job, and the grandchild is there.
            free.killTree();
            done(free.ownJob().closeFuture());
            assertThat(ProcessHandle.of(grandchild).map(ProcessHandle::isAlive)).hasValue(true);
        } finally {
            ProcessHandle.of(grandchild).ifPresent(ProcessHandle::destroyForcibly);
        }
        assertEnded(grandchild);
    }

    @Test
    void aCrashIsTold() throws Exception {
        JobObject job = open(new JobLimits().dieOnUnhandledException(true));
        ChildProcess child = fixture.start(fixture.builder("crash").job(job));
        assertThat(ChildFixture.exitCode(child)).isEqualTo(0xC0000005);
        await((WindowsTestSupport.isWine() ? "PROCESS_ENDED " : "PROCESS_CRASHED ") + child.pid());
        await("EMPTY 0");
        job.close();
    }

    @Test
    void theLimitOfTimeHolds() throws Exception {
        assumeWindows("does not limit the time of processes");
        ChildProcess child = fixture.start(fixture.builder("burn")
                .ownJob(new JobLimits().processTime(Duration.ofMillis(200)), this::event));
        await("PROCESS_TIME_LIMIT " + child.pid());
        assertThat(ChildFixture.exitCode(child)).isNotZero();
    }

    @Test
    void theLimitOfProcessesHolds() throws Exception {
        assumeWindows("does not limit the number of processes");
        JobObject job = open(new JobLimits().activeProcesses(1));
        ChildProcess child = fixture.start(fixture.builder("forever").job(job));
        assertThat(fixture.refusal(fixture.builder("exit", "0").job(job))).isInstanceOf(IOException.class);
        job.terminate(1);
        ChildFixture.exitCode(child);
        job.close();
    }

    @Test
    void theLimitOfMemoryHolds() throws Exception {
        assumeWindows("does not limit the memory of processes");
        ChildProcess child = fixture.start(fixture.builder("allocate", "500000000")
                .ownJob(new JobLimits().processMemory(100_000_000), this::event));
        assertThat(fixture.lines()).containsExactly("refused");
        await("PROCESS_MEMORY_LIMIT " + child.pid());
    }

    @Test
    void impossibleLimitsAreRefused() {
        assertThatThrownBy(() -> new JobLimits().activeProcesses(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new JobLimits().jobMemory(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new JobLimits().jobTime(Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ChildProcessBuilder("x").job(null)).isInstanceOf(NullPointerException.class);
    }
}
