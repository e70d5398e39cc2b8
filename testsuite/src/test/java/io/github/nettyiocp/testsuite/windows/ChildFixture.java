/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.SimulationAccess;
import io.github.nettyiocp.internal.Win32Access;
import io.github.nettyiocp.process.ChildProcess;
import io.github.nettyiocp.process.ChildProcessBuilder;
import io.github.nettyiocp.process.JobLimits;
import io.github.nettyiocp.testsuite.peers.Program;
import io.netty.util.concurrent.Future;
import org.assertj.core.api.Assertions;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A group of one loop, and the program {@code child} on it. */
final class ChildFixture implements AutoCloseable {

    static final int TIMEOUT_SECONDS = 60;

    final IocpEventLoopGroup group;
    /** Of the child that was started last. */
    TcpRecorder output = new TcpRecorder();
    TcpRecorder error = new TcpRecorder();
    private boolean jobs;

    ChildFixture() {
        group = new IocpEventLoopGroup(1);
    }

    /** Makes the loop's calls, and those of the starts, by {@code calls}. */
    ChildFixture(Win32Access calls) {
        group = new IocpEventLoopGroup(1, SimulationAccess.config(calls));
    }

    /** The program, which is there if its compiler is. */
    static Path program() {
        return Path.of(Program.CHILD.program().get(0)).toAbsolutePath();
    }

    static List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(program().toString()));
        command.addAll(List.of(arguments));
        return command;
    }

    /** A builder whose children's output and errors are recorded. */
    ChildProcessBuilder builder(String... arguments) {
        return record(new ChildProcessBuilder(command(arguments)));
    }

    ChildProcessBuilder record(ChildProcessBuilder builder) {
        output = new TcpRecorder();
        error = new TcpRecorder();
        return builder.stdout(output).stderr(error);
    }

    ChildProcess start(ChildProcessBuilder builder) throws Exception {
        Future<ChildProcess> started = builder.start(group.next());
        Assertions.assertThat(started.await(TIMEOUT_SECONDS, TimeUnit.SECONDS)).as("started").isTrue();
        return started.sync().getNow();
    }

    ChildProcess start(String... arguments) throws Exception {
        return start(builder(arguments));
    }

    /** Starts what must fail to start. */
    Throwable refusal(ChildProcessBuilder builder) throws Exception {
        Future<ChildProcess> started = builder.start(group.next());
        Assertions.assertThat(started.await(TIMEOUT_SECONDS, TimeUnit.SECONDS)).as("an outcome").isTrue();
        Assertions.assertThat(started.isSuccess()).as("started").isFalse();
        return started.cause();
    }

    static int exitCode(ChildProcess child) throws Exception {
        Assertions.assertThat(child.exit().await(TIMEOUT_SECONDS, TimeUnit.SECONDS)).as("ended: " + child).isTrue();
        return child.exit().sync().getNow();
    }

    /**
     * Runs a child to the end of all that it started, so that nobody has its files and directories any more. Under
     * Wine its console is another process, which is in the same directory and ends some time after it.
     */
    int run(ChildProcessBuilder builder) throws Exception {
        jobs = true;
        ChildProcess child = start(builder.ownJob(new JobLimits()));
        int code = exitCode(child);
        child.killTree();
        Future<Void> empty = child.ownJob().closeFuture();
        Assertions.assertThat(empty.await(TIMEOUT_SECONDS, TimeUnit.SECONDS)).as("nothing is left of it").isTrue();
        return code;
    }

    /** All output, after its end. */
    String output() throws Exception {
        Assertions.assertThat(output.inactive.await(TIMEOUT_SECONDS, TimeUnit.SECONDS)).as("the output's end").isTrue();
        return new String(output.received(), StandardCharsets.UTF_8);
    }

    List<String> lines() throws Exception {
        return output().lines().toList();
    }

    /** Waits for a line of the output, to its end: a child may write a line in parts. */
    String await(String start) throws Exception {
        List<String> found = new ArrayList<>();
        WindowsTestSupport.await("a line " + start, () -> {
            String text = new String(output.received(), StandardCharsets.UTF_8);
            text.substring(0, text.lastIndexOf('\n') + 1).lines().filter(line -> line.startsWith(start))
                    .forEach(found::add);
            return !found.isEmpty();
        });
        return found.get(0);
    }

    /** A text that the child printed as digits. */
    static String decode(String hex) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < hex.length(); i += 4) {
            text.append((char) Integer.parseInt(hex, i, i + 4, 16));
        }
        return text.toString();
    }

    /** What a job still says when its key was closed is dropped, and counted as stale. */
    @Override
    public void close() {
        if (jobs) {
            Assertions.assertThat(WindowsTestSupport.end(group).foreignPackets()).as("foreign packets").isZero();
        } else {
            WindowsTestSupport.shutDown(group);
        }
    }
}
