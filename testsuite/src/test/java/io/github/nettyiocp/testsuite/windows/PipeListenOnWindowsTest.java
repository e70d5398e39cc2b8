/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.SimulationAccess;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import io.github.nettyiocp.pipe.NamedPipeOption;
import io.github.nettyiocp.testsuite.faults.ForwardingWin32;
import io.github.nettyiocp.testsuite.faults.ForwardingWin32Access;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import static org.assertj.core.api.Assertions.assertThat;

/** {@code ConnectNamedPipe} answers at once: to clients that come before it is called, and where it can't be done. */
@Timeout(240)
class PipeListenOnWindowsTest {

    private static final int CLIENTS = 20;

    /** Opens the pipe before each of the first instances listens; can refuse to listen. All other calls are real. */
    private static final class ClientsFirst extends ForwardingWin32Access {

        private final AtomicInteger left = new AtomicInteger();
        private final boolean goAgain;
        private volatile String pipe;
        volatile boolean refuses;
        final AtomicInteger refused = new AtomicInteger();
        final List<Long> clients = new CopyOnWriteArrayList<>();
        final List<Integer> answers = new CopyOnWriteArrayList<>();

        ClientsFirst(boolean goAgain) {
            this.goAgain = goAgain;
        }

        void begin(String newPipe, int count) {
            pipe = newPipe;
            left.set(count);
        }

        @Override
        protected Win32 around(Win32 real) {
            return new ForwardingWin32(real) {
                @Override
                public int connectNamedPipe(long handle, long overlapped) {
                    if (refuses) {
                        refused.incrementAndGet();
                        return WinError.ERROR_NO_SYSTEM_RESOURCES;
                    }
                    if (left.getAndDecrement() <= 0) {
                        return super.connectNamedPipe(handle, overlapped);
                    }
                    long client = WindowsCalls.createFile(pipe, RawPipe.CLIENT_ACCESS, WinConst.OPEN_EXISTING,
                            WindowsCalls.FILE_FLAG_OVERLAPPED);
                    if (goAgain) {
                        WindowsCalls.closeHandle(client);
                    } else {
                        clients.add(client);
                    }
                    int answer = super.connectNamedPipe(handle, overlapped);
                    answers.add(answer);
                    return answer;
                }
            };
        }
    }

    private static void assertThatOneIsServed(PipeFixture fixture) throws Exception {
        TcpRecorder later = fixture.dial(Map.of());
        later.channel.writeAndFlush(Unpooled.copiedBuffer("later", StandardCharsets.US_ASCII)).sync();
        assertThat(fixture.accepted().awaitBytes(5)).asString().isEqualTo("later");
    }

    @ParameterizedTest
    @ValueSource(ints = { 1, 3 })
    void aClientThatComesBeforeItsInstanceListensIsAcceptedOnce(int posted) throws Exception {
        ClientsFirst calls = new ClientsFirst(false);
        try (PipeFixture fixture = new PipeFixture(SimulationAccess.config(calls)); RawPipe raw = new RawPipe(
                fixture.pipe)) {
            calls.begin(fixture.pipe, CLIENTS);
            fixture.serve(Map.of(NamedPipeOption.POSTED_INSTANCES, posted));
            for (int i = 0; i < CLIENTS; i++) {
                fixture.accepted().channel.writeAndFlush(Unpooled.copiedBuffer("x", StandardCharsets.US_ASCII)).sync();
            }
            assertThat(calls.answers).hasSize(CLIENTS).containsOnly(WinError.ERROR_PIPE_CONNECTED);
            // Each of them has a channel of its own.
            for (long client : calls.clients) {
                raw.read(client);
                WindowsCalls.closeHandle(client);
            }
            assertThatOneIsServed(fixture);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = { 1, 3 })
    void aClientThatComesAndGoesBeforeItsInstanceListensConcernsNobodyElse(int posted) throws Exception {
        ClientsFirst calls = new ClientsFirst(true);
        try (PipeFixture fixture = new PipeFixture(SimulationAccess.config(calls))) {
            calls.begin(fixture.pipe, CLIENTS);
            fixture.serve(Map.of(NamedPipeOption.POSTED_INSTANCES, posted));
            // One that came meanwhile would take the place of these.
            WindowsTestSupport.await("all came", () -> calls.answers.size() == CLIENTS);
            assertThat(calls.answers).containsOnly(WinError.ERROR_NO_DATA);
            assertThatOneIsServed(fixture);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = { 1, 3 })
    void aServerWhoseInstancesCannotListenLeavesItsLoopToOthersAndGoesOn(int posted) throws Exception {
        ClientsFirst calls = new ClientsFirst(false);
        try (PipeFixture fixture = new PipeFixture(SimulationAccess.config(calls))) {
            Channel server = fixture.serve(Map.of(NamedPipeOption.POSTED_INSTANCES, posted));
            int handles = WindowsTestSupport.handles();
            calls.refuses = true;
            for (int i = 0; i < posted; i++) {
                fixture.dial(Map.of());
                fixture.accepted();
            }
            WindowsTestSupport.await("it tried", () -> calls.refused.get() >= 64);
            assertThat(server.eventLoop().submit(() -> 5).get(60, TimeUnit.SECONDS)).isEqualTo(5);
            // Both ends of each client, and some of the loops' own.
            WindowsTestSupport.assertNoMoreHandlesThan(handles, 4 * posted + 20);
            calls.refuses = false;
            fixture.dial(Map.of());
            fixture.accepted();
            assertThat(server.isActive()).isTrue();
        }
    }
}
