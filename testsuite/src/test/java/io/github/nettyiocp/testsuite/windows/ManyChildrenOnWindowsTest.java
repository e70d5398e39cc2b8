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
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

/** Many children at once, on one loop. The system property {@code iocp.testsuite.load} multiplies their number. */
@Timeout(600)
class ManyChildrenOnWindowsTest {

    private static final int CHILDREN = 50 * Integer.getInteger("iocp.testsuite.load", 1);
    /** Of the pool for blocking calls. */
    private static final int BLOCKING_THREADS = 16;
    private static final int OBJECTS_PER_THREAD = 63;
    /** Threads that Netty or the JVM happen to start. */
    private static final int OTHER_THREADS = 2;
    private static final int BYTES = 20_000;
    private static final int PATIENCE_SECONDS = 300;

    private static List<String> names(Set<Thread> threads, String prefix) {
        return threads.stream().map(Thread::getName).filter(name -> name.startsWith(prefix)).toList();
    }

    @Test
    void manyChildrenNeedNoThreadEach() throws Exception {
        ChildFixture fixture = new ChildFixture();
        try {
            ChildFixture.exitCode(fixture.start("exit", "0"));
            int handles = WindowsTestSupport.handles();
            JobObject job = JobObject.open(fixture.group.next(), new JobLimits().killOnClose(true)).sync().getNow();
            Set<Thread> before = Thread.getAllStackTraces().keySet();
            long begin = System.nanoTime();
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
                assertThat(future.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).as("started").isTrue();
                children.add(future.sync().getNow());
            }
            double startSeconds = (System.nanoTime() - begin) / 1e9;
            assertThat(children).allMatch(ChildProcess::isAlive);
            assertThat(job.processIds()).containsAll(children.stream().map(ChildProcess::pid).toList());

            // All threads that are new, whatever their names: one for each child would be seen.
            Set<Thread> added = new HashSet<>(Thread.getAllStackTraces().keySet());
            added.removeAll(before);
            int waiting = (CHILDREN + OBJECTS_PER_THREAD - 1) / OBJECTS_PER_THREAD;
            assertThat(names(added, "iocp-wait").size()).isLessThanOrEqualTo(waiting);
            assertThat(names(added, "iocp-blocking").size()).isLessThanOrEqualTo(BLOCKING_THREADS);
            assertThat(added.size()).as("threads: " + names(added, ""))
                    .isLessThanOrEqualTo(waiting + BLOCKING_THREADS + OTHER_THREADS);

            for (int i = 0; i < CHILDREN; i++) {
                PipeFixture.send(children.get(i).stdin(), BYTES, i + 1);
                children.get(i).endInput();
            }
            for (int i = 0; i < CHILDREN; i++) {
                assertThat(ChildFixture.exitCode(children.get(i))).isZero();
                assertThat(outputs.get(i).inactive.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).as("its end").isTrue();
                assertThat(PeerData.sum(outputs.get(i).received())).isEqualTo(PeerData.sum(BYTES, i + 1));
                assertThat(outputs.get(i).exceptions).isEmpty();
            }
            WindowsTestSupport.print("%d children at once: %d threads more, %d of them wait; started in %.1f s, "
                    + "all done after %.1f s", CHILDREN, added.size(), names(added, "iocp-wait").size(), startSeconds,
                    (System.nanoTime() - begin) / 1e9);
            assertThat(job.whenEmpty().await(PATIENCE_SECONDS, TimeUnit.SECONDS)).as("nothing is left").isTrue();
            job.close();
            job.closeFuture().sync();
            WindowsTestSupport.assertNoMoreHandlesThan(handles, 20);
        } finally {
            assertThat(WindowsTestSupport.end(fixture.group).foreignPackets()).isZero();
        }
    }
}
