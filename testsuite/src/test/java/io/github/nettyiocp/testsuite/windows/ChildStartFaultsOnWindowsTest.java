/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import io.github.nettyiocp.process.ChildProcess;
import io.github.nettyiocp.process.ChildProcessBuilder;
import io.github.nettyiocp.process.JobLimits;
import io.github.nettyiocp.process.JobObject;
import io.github.nettyiocp.testsuite.faults.ForwardingWin32;
import io.github.nettyiocp.testsuite.faults.ForwardingWin32Access;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

import static org.assertj.core.api.Assertions.assertThat;

/** Starts of children in which Windows refuses a step. All other calls are real. */
@Timeout(240)
class ChildStartFaultsOnWindowsTest {

    private final Refusing calls = new Refusing();
    private final ChildFixture fixture = new ChildFixture(calls);

    @AfterEach
    void end() {
        assertThat(WindowsTestSupport.end(fixture.group).foreignPackets()).isZero();
    }

    /** Remembers the steps of a start, and refuses some. */
    private static final class Refusing extends ForwardingWin32Access {

        final List<String> steps = new CopyOnWriteArrayList<>();
        volatile boolean jobLists;
        volatile boolean assignments;
        volatile boolean programs;
        /** How many handles can still be bound to the loop's port. */
        final AtomicInteger associations = new AtomicInteger(Integer.MAX_VALUE);
        volatile long processId;

        @Override
        protected Win32 around(Win32 real) {
            return new ForwardingWin32(real) {
                @Override
                public int updateProcThreadAttribute(long list, int flags, long attribute, long value, long size) {
                    return jobLists && attribute == WinConst.PROC_THREAD_ATTRIBUTE_JOB_LIST
                            ? WinError.ERROR_NOT_SUPPORTED
                            : super.updateProcThreadAttribute(list, flags, attribute, value, size);
                }

                @Override
                public int createProcess(long application, long commandLine, int inherit, int flags, long environment,
                                         long directory, long startupInfo, long information) {
                    steps.add((flags & WinConst.CREATE_SUSPENDED) != 0 ? "create suspended" : "create");
                    if (programs) {
                        return WinError.ERROR_ACCESS_DENIED;
                    }
                    int error = super.createProcess(application, commandLine, inherit, flags, environment, directory,
                            startupInfo, information);
                    processId = Memory.getInt(information + Layout.PROCESS_INFORMATION_PROCESS_ID) & 0xffffffffL;
                    return error;
                }

                @Override
                public int assignProcessToJobObject(long job, long process) {
                    steps.add("assign");
                    return assignments ? WinError.ERROR_ACCESS_DENIED : super.assignProcessToJobObject(job, process);
                }

                @Override
                public int resumeThread(long thread) {
                    steps.add("resume");
                    return super.resumeThread(thread);
                }

                @Override
                public int terminateProcess(long process, int exitCode) {
                    steps.add("terminate");
                    return super.terminateProcess(process, exitCode);
                }

                @Override
                public long createIoCompletionPort(long handle, long existingPort, long key, int concurrency) {
                    boolean refused = existingPort != 0 && associations.getAndDecrement() <= 0;
                    return refused ? 0 : super.createIoCompletionPort(handle, existingPort, key, concurrency);
                }
            };
        }
    }

    private static void assertEnded(long processId) throws Exception {
        WindowsTestSupport.await("process " + processId + " has ended",
                () -> !ProcessHandle.of(processId).map(ProcessHandle::isAlive).orElse(false));
    }

    @Test
    void aChildThatCannotBeStartedInItsJobIsPutIntoItBeforeItRuns() throws Exception {
        calls.jobLists = true;
        JobObject job = JobObject.open(fixture.group.next(), new JobLimits()).sync().getNow();
        ChildProcess child = fixture.start(fixture.builder("family", "forever").job(job));
        assertThat(calls.steps).containsExactly("create suspended", "assign", "resume");
        // Whatever it started is in the job, too: it had no time before.
        long grandchild = Long.parseLong(fixture.await("started ").substring("started ".length()).trim());
        assertThat(job.processIds()).contains(child.pid(), grandchild);
        job.terminate(6);
        assertThat(ChildFixture.exitCode(child)).isEqualTo(6);
        assertEnded(grandchild);
        fixture.output.awaitInactive();
        job.close();
    }

    @Test
    void aChildInAJobRunsAtOnceWhereWindowsCanDoThat() throws Exception {
        ChildProcess child = fixture.start(fixture.builder("exit", "4").ownJob(new JobLimits()));
        assertThat(ChildFixture.exitCode(child)).isEqualTo(4);
        assertThat(calls.steps).containsExactly("create");
    }

    @Test
    void aChildThatCannotBePutIntoItsJobNeverRuns() throws Exception {
        calls.jobLists = true;
        calls.assignments = true;
        ChildFixture.exitCode(fixture.start("exit", "0"));
        calls.steps.clear();
        int handles = WindowsTestSupport.handles();
        Throwable refusal = fixture.refusal(fixture.builder("forever").ownJob(new JobLimits()));
        assertThat(refusal).isInstanceOf(IOException.class).hasMessageContaining("AssignProcessToJobObject, error 5");
        assertThat(calls.steps).containsExactly("create suspended", "assign", "terminate");
        assertEnded(calls.processId);
        WindowsTestSupport.assertNoMoreHandlesThan(handles, 5);
    }

    @ParameterizedTest
    @ValueSource(ints = { 0, 1, 2 })
    void aChildWhoseStreamsCannotBelongToTheLoopIsEnded(int bound) throws Exception {
        ChildFixture.exitCode(fixture.start("exit", "0"));
        calls.steps.clear();
        int handles = WindowsTestSupport.handles();
        calls.associations.set(bound);
        assertThat(fixture.refusal(fixture.builder("forever").ownJob(new JobLimits())))
                .hasMessageContaining("CreateIoCompletionPort");
        assertThat(calls.steps).containsExactly("create", "terminate");
        assertEnded(calls.processId);
        WindowsTestSupport.assertNoMoreHandlesThan(handles, 5);
    }

    @Test
    void aProgramThatMayNotBeRunIsNamed() throws Exception {
        calls.programs = true;
        assertThat(fixture.refusal(fixture.builder("exit", "0"))).isInstanceOf(AccessDeniedException.class)
                .hasMessageContaining(ChildFixture.program().getFileName().toString())
                .hasMessageContaining("CreateProcessW");
        calls.programs = false;
        assertThat(ChildFixture.exitCode(fixture.start("exit", "8"))).isEqualTo(8);
    }

    @Test
    void aProgramThatIsOpenForWritingIsNamed() throws Exception {
        Path program = Files.createTempFile("written", ".exe");
        try {
            Files.write(program, Files.readAllBytes(ChildFixture.program()));
            try (FileChannel writing = FileChannel.open(program, StandardOpenOption.WRITE)) {
                assertThat(writing.isOpen()).isTrue();
                assertThat(fixture.refusal(new ChildProcessBuilder(program.toString(), "exit", "0")))
                        .isInstanceOf(IOException.class).hasMessageContaining(program.getFileName().toString());
            }
        } finally {
            Files.delete(program);
        }
    }
}
