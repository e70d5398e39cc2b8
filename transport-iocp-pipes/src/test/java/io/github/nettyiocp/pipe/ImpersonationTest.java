/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinError;
import io.netty.util.concurrent.DefaultEventExecutor;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class ImpersonationTest {

    private final FakeSecurity fake = new FakeSecurity();
    private final Win32 win32 = fake.win32();
    private final List<String> halts = new ArrayList<>();

    @AfterEach
    void nothingIsLeft() {
        assertThat(fake.leaked()).isZero();
    }

    @Test
    void theTaskRunsAsTheClientAndTheThreadIsItsOwnAfterwards() throws Exception {
        assertThat(call(fake.impersonating::size)).isEqualTo(1);
        assertThat(fake.impersonating).isEmpty();
    }

    @Test
    void theTaskRunsOnAThreadOfTheExecutor() throws Exception {
        EventExecutor loop = new DefaultEventExecutor();
        ExecutorService blocking = Executors.newSingleThreadExecutor(task -> new Thread(task, "blocking"));
        try {
            Future<String> future = Impersonation.call(fake.access(), blocking, loop, FakeSecurity.PIPE, () -> {
                assertThat(fake.impersonating).containsExactly(Thread.currentThread());
                return Thread.currentThread().getName();
            });
            assertThat(future.sync().getNow()).isEqualTo("blocking");
            assertThat(fake.impersonating).isEmpty();
        } finally {
            blocking.shutdown();
            loop.shutdownGracefully(0, 30, TimeUnit.SECONDS).sync();
        }
    }

    @Test
    void aTaskThatFailsRevertsToo() {
        for (Throwable failure : List.of(new IOException("no"), new IllegalStateException("no"),
                new StackOverflowError())) {
            assertThatThrownBy(() -> call(() -> {
                if (failure instanceof Error error) {
                    throw error;
                }
                throw (Exception) failure;
            })).isSameAs(failure);
            assertThat(fake.impersonating).isEmpty();
        }
        assertThat(halts).isEmpty();
    }

    @Test
    void aThreadThatCannotRevertEndsTheProcess() {
        assertThatThrownBy(() -> call(() -> {
            fake.fail("revertToSelf", WinError.ERROR_NOT_ENOUGH_MEMORY);
            return null;
        })).isInstanceOf(IllegalStateException.class);
        assertThat(halts).containsExactly("A thread that acted as the client of a named pipe can't revert to the"
                + " process' own identity (RevertToSelf, error 8): the process ends");
    }

    @Test
    void aThreadThatCannotRevertEndsTheProcessAlsoIfTheTaskFailed() {
        assertThatThrownBy(() -> call(() -> {
            fake.fail("revertToSelf", WinError.ERROR_NOT_ENOUGH_MEMORY);
            throw new IOException("no");
        })).isInstanceOf(IllegalStateException.class);
        assertThat(halts).hasSize(1);
    }

    @Test
    void theProcessEndsAtOnceAndSaysWhy() throws Exception {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                CannotRevert.class.getName()).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(printed).isEqualTo(1);
        assertThat(printed).contains("the process ends").doesNotContain("lives");
    }

    /** Runs in a process that it ends. */
    static final class CannotRevert {

        private CannotRevert() {
        }

        public static void main(String[] args) throws Exception {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("lives")));
            FakeSecurity fake = new FakeSecurity();
            Impersonation.call(fake.access(), task -> new Thread(task).start(), new DefaultEventExecutor(),
                    FakeSecurity.PIPE, () -> {
                        fake.fail("revertToSelf", WinError.ERROR_NOT_ENOUGH_MEMORY);
                        return null;
                    }).await();
            System.out.println("lives");
        }
    }

    @Test
    void whatMayFailBeforeTheTaskFailsWithoutImpersonating() {
        fake.fail("revertToSelf", WinError.ERROR_NOT_ENOUGH_MEMORY);
        assertThatThrownBy(() -> call(this::notReached)).isInstanceOf(IOException.class)
                .hasMessage("Client not impersonated (RevertToSelf, error 8)");
        assertThat(fake.impersonating).isEmpty();
        assertThat(halts).isEmpty();
    }

    @Test
    void aThreadThatImpersonatesAlreadyIsRefusedAndLeftAsItIs() {
        fake.impersonating.add(Thread.currentThread());
        assertThatThrownBy(() -> call(this::notReached)).isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("the thread impersonates somebody already");
        assertThat(fake.impersonating).containsExactly(Thread.currentThread());
    }

    @Test
    void anAnonymousClientIsRefused() {
        fake.clientLevel = ImpersonationLevel.ANONYMOUS;
        assertThatThrownBy(() -> call(this::notReached)).isInstanceOf(ClientNotIdentifiedException.class)
                .hasMessage("The client connected anonymously (OpenThreadToken, error 1347)");
        assertThat(fake.impersonating).isEmpty();
    }

    @Test
    void aClientWithoutALevelIsRefusedBeforeSomethingWasRead() {
        fake.fail("impersonateNamedPipeClient", WinError.ERROR_CANNOT_IMPERSONATE);
        assertThatThrownBy(() -> call(this::notReached)).isInstanceOf(ClientNotIdentifiedException.class)
                .hasMessage("There is no client, or it connected without an impersonation level and nothing was read"
                        + " from it yet (ImpersonateNamedPipeClient, error 1368)");
    }

    @Test
    void whatElseWindowsRefusesIsSaidWithItsError() {
        fake.fail("impersonateNamedPipeClient", WinError.ERROR_INVALID_FUNCTION);
        assertThatThrownBy(() -> call(this::notReached)).isInstanceOf(IOException.class)
                .isNotInstanceOf(ClientNotIdentifiedException.class)
                .hasMessage("Client not impersonated (ImpersonateNamedPipeClient, error 1)");
    }

    private Object notReached() {
        throw new AssertionError("the task ran");
    }

    private <T> T call(Callable<T> task) throws Exception {
        return Impersonation.call(win32, FakeSecurity.PIPE, task, halts::add);
    }
}
