/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.channel.HandleChannel;
import io.github.nettyiocp.process.ChildProcess;
import io.github.nettyiocp.process.ChildProcessBuilder;
import io.github.nettyiocp.testsuite.peers.PeerData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

/** What needs a second JVM: one that is killed, and one that inherits. */
@Timeout(300)
class OtherJvmsOnWindowsTest {

    private static final int OPEN_EXISTING = 3;
    private static final int GENERIC_READ_AND_WRITE = 0xC0000000;

    private static boolean isAlive(long pid) {
        return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
    }

    @Test
    void aFamilyThatIsKilledOnCloseEndsWithItsParentHoweverThatEnds() throws Exception {
        // A missing compiler skips the test here, and not there.
        ChildFixture.program();
        Process parent = new ProcessBuilder(OtherJvm.command("parent")).redirectErrorStream(true).start();
        List<Long> family = new ArrayList<>();
        List<String> printed = new ArrayList<>();
        try (BufferedReader reader = parent.inputReader()) {
            for (String line = reader.readLine(); line != null && family.isEmpty(); line = reader.readLine()) {
                printed.add(line);
                if (line.startsWith("pids ")) {
                    for (String pid : line.substring("pids ".length()).split(" ")) {
                        family.add(Long.parseLong(pid));
                    }
                    break;
                }
            }
            assertThat(family).as("the other JVM says: " + printed).hasSize(2)
                    .allMatch(OtherJvmsOnWindowsTest::isAlive);
            parent.destroyForcibly();
            assertThat(parent.waitFor(60, TimeUnit.SECONDS)).isTrue();
            WindowsTestSupport.await("the family has ended", () -> family.stream().noneMatch(
                    OtherJvmsOnWindowsTest::isAlive));
        } finally {
            parent.destroyForcibly();
            family.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
        }
    }

    @Test
    void aChildThatInheritsHasTheStreamsOfItsParent() throws Exception {
        ChildFixture.program();
        Process parent = new ProcessBuilder(OtherJvm.command("inherit")).start();
        try {
            parent.getOutputStream().write("through all of them".getBytes(StandardCharsets.US_ASCII));
            parent.getOutputStream().close();
            String output = readAll(parent.inputReader(StandardCharsets.ISO_8859_1));
            String errors = readAll(parent.errorReader(StandardCharsets.ISO_8859_1));
            assertThat(output).as(errors).hasSize(1000 + "through all of them".length())
                    .endsWith("through all of them");
            assertThat(errors).hasSizeGreaterThanOrEqualTo(2000);
            assertThat(parent.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(parent.exitValue()).isEqualTo(7);
        } finally {
            parent.destroyForcibly();
        }
    }

    private static String readAll(Reader reader) throws IOException {
        StringWriter text = new StringWriter();
        reader.transferTo(text);
        return text.toString();
    }

    @Test
    void anEndOfAPipeThatIsInheritedAndGivenByNumberIsAChannelThere() throws Exception {
        String name = "\\\\.\\pipe\\inherited-" + ProcessHandle.current().pid() + '-' + System.nanoTime();
        long server = WindowsCalls.createNamedPipe(name, WindowsCalls.FILE_FLAG_OVERLAPPED);
        long client = WindowsCalls.createFile(name, GENERIC_READ_AND_WRITE, OPEN_EXISTING,
                WindowsCalls.FILE_FLAG_OVERLAPPED);
        IocpEventLoopGroup group = new IocpEventLoopGroup(1);
        try {
            TcpRecorder back = new TcpRecorder();
            TcpRecorder printed = new TcpRecorder();
            HandleChannel ours = new HandleChannel(server);
            ours.pipeline().addLast(back);
            group.register(ours).sync();
            ChildProcess jvm = new ChildProcessBuilder(OtherJvm.command("echo", String.valueOf(client)))
                    .inherit(client).stdout(printed).redirectErrorStream(true).start(group.next()).sync().getNow();
            // The child has its own; with this one open here too, its end would not be seen.
            WindowsCalls.closeHandle(client);
            int size = 500_000;
            PipeFixture.send(ours, size, 11).sync();
            WindowsTestSupport.await("all is back", () -> back.received().length == size
                    || jvm.exit().isDone());
            assertThat(PeerData.sum(back.received()))
                    .as("it prints: " + new String(printed.received(), StandardCharsets.UTF_8))
                    .isEqualTo(PeerData.sum(size, 11));
            ours.close().sync();
            assertThat(ChildFixture.exitCode(jvm)).isEqualTo(5);
            printed.awaitInactive();
        } finally {
            WindowsTestSupport.shutDown(group);
        }
    }
}
