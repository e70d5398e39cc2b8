/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.process.ChildProcess;
import io.github.nettyiocp.process.ChildProcessBuilder;
import io.github.nettyiocp.process.JobLimits;
import io.github.nettyiocp.process.JobObject;
import io.github.nettyiocp.testsuite.peers.PeerData;
import io.netty.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

/** Two hundred children at once, on one loop. */
@Timeout(400)
class ManyChildrenOnWindowsTest {

    private static final int CHILDREN = 200;
    /** Of the pool for blocking calls. */
    private static final int BLOCKING_THREADS = 16;
    private static final int OBJECTS_PER_THREAD = 63;
    private static final int BYTES = 20_000;

    private static List<String> threads(String prefix) {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName)
                .filter(name -> name.startsWith(prefix)).toList();
    }

    @Test
    void twoHundredChildrenNeedNoThreadEach() throws Exception {
        ChildFixture fixture = new ChildFixture();
        try {
            ChildFixture.exitCode(fixture.start("exit", "0"));
            int handles = WindowsTestSupport.handles();
            JobObject job = JobObject.open(fixture.group.next(), new JobLimits().killOnClose(true)).sync().getNow();
            Set<Thread> before = Thread.getAllStackTraces().keySet();
            List<TcpRecorder> outputs = new ArrayList<>();
            List<Future<ChildProcess>> started = new ArrayList<>();
            for (int i = 0; i < CHILDREN; i++) {
                TcpRecorder output = new TcpRecorder();
                outputs.add(output);
                started.add(new ChildProcessBuilder(ChildFixture.command("echo")).stdout(output)
                        .redirectErrorStream(true).job(job).start(fixture.group.next()));
            }
            List<ChildProcess> children = new ArrayList<>();
            for (Future<ChildProcess> future : started) {
                assertThat(future.await(200, TimeUnit.SECONDS)).isTrue();
                children.add(future.sync().getNow());
            }
            assertThat(children).allMatch(ChildProcess::isAlive);
            assertThat(job.accounting().activeProcesses()).isGreaterThanOrEqualTo(CHILDREN);
            Set<String> added = new TreeSet<>();
            Thread.getAllStackTraces().keySet().stream().filter(thread -> !before.contains(thread))
                    .forEach(thread -> added.add(thread.getName() + " " + thread.threadId()));
            int waiting = CHILDREN / OBJECTS_PER_THREAD + 1;
            assertThat(threads("iocp-wait").size()).isLessThanOrEqualTo(waiting);
            assertThat(threads("iocp-blocking").size()).isLessThanOrEqualTo(BLOCKING_THREADS);
            // Also counted by difference: a thread with any name would be seen.
            assertThat(added.size()).as("threads: " + added).isLessThanOrEqualTo(waiting + BLOCKING_THREADS + 2);
            WindowsTestSupport.print("%d children at once: %d threads more, %d of them wait", CHILDREN, added.size(),
                    threads("iocp-wait").size());
            for (int i = 0; i < CHILDREN; i++) {
                PipeFixture.send(children.get(i).stdin(), BYTES, i + 1);
                children.get(i).endInput();
            }
            for (int i = 0; i < CHILDREN; i++) {
                assertThat(ChildFixture.exitCode(children.get(i))).isZero();
                assertThat(outputs.get(i).inactive.await(60, TimeUnit.SECONDS)).isTrue();
                assertThat(PeerData.sum(outputs.get(i).received())).isEqualTo(PeerData.sum(BYTES, i + 1));
            }
            assertThat(job.whenEmpty().await(60, TimeUnit.SECONDS)).isTrue();
            job.close();
            job.closeFuture().sync();
            WindowsTestSupport.assertNoMoreHandlesThan(handles, 20);
        } finally {
            assertThat(WindowsTestSupport.end(fixture.group).foreignPackets()).isZero();
        }
    }
}
