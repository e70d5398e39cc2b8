/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.github.nettyiocp.internal.WinError;
import io.netty.util.concurrent.DefaultEventExecutor;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import static org.assertj.core.api.Assertions.assertThat;

class OffLoopTest {

    private final FakeSecurity fake = new FakeSecurity();
    private final EventExecutor loop = new DefaultEventExecutor();
    private final ExecutorService blocking = Executors.newSingleThreadExecutor();

    @AfterEach
    void nothingIsLeft() throws Exception {
        blocking.shutdown();
        assertThat(blocking.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        loop.shutdownGracefully(0, 30, TimeUnit.SECONDS).sync();
        assertThat(fake.leaked()).isZero();
    }

    @Test
    void theCallHasAHandleOfItsOwnWhichIsClosedBeforeTheFutureIsDone() throws Exception {
        Future<Long> future = OffLoop.call(fake.access(), blocking, loop, FakeSecurity.PIPE, (win32, pipe) -> {
            assertThat(fake.duplicates).containsExactly(pipe);
            return pipe;
        });
        assertThat(future.sync().getNow()).isNotEqualTo(FakeSecurity.PIPE);
        assertThat(fake.duplicates).isEmpty();
    }

    @Test
    void aCallThatFailsFailsTheFuture() {
        IOException failure = new IOException("no");
        Future<Object> future = OffLoop.call(fake.access(), blocking, loop, FakeSecurity.PIPE, (win32, pipe) -> {
            throw failure;
        });
        assertThat(future.awaitUninterruptibly(30_000)).isTrue();
        assertThat(future.cause()).isSameAs(failure);
    }

    @Test
    void aHandleThatCannotBeDuplicatedFailsTheFuture() {
        fake.fail("duplicateHandle", WinError.ERROR_INVALID_HANDLE);
        Future<String> future = OffLoop.call(fake.access(), blocking, loop, FakeSecurity.PIPE, (win32, pipe) -> "");
        assertThat(future.awaitUninterruptibly(30_000)).isTrue();
        assertThat(future.cause()).isInstanceOf(IOException.class)
                .hasMessage("The pipe's handle can't be duplicated (DuplicateHandle, error 6)");
    }

    @Test
    void anExecutorThatRefusesFailsTheFuture() {
        RejectedExecutionException refused = new RejectedExecutionException();
        Future<String> future = OffLoop.call(fake.access(), task -> {
            throw refused;
        }, loop, FakeSecurity.PIPE, (win32, pipe) -> "");
        assertThat(future.awaitUninterruptibly(30_000)).isTrue();
        assertThat(future.cause()).isSameAs(refused);
    }

    @Test
    void aCallThatWasCancelledBeforeItBeganIsNotMade() {
        Queue<Runnable> tasks = new ArrayDeque<>();
        Future<String> future = OffLoop.call(fake.access(), tasks::add, loop, FakeSecurity.PIPE, (win32, pipe) -> {
            throw new AssertionError("made");
        });
        assertThat(future.cancel(false)).isTrue();
        tasks.remove().run();
        assertThat(future.isCancelled()).isTrue();
    }

    @Test
    void aCallThatBeganCannotBeCancelled() {
        Queue<Runnable> tasks = new ArrayDeque<>();
        AtomicReference<Future<Boolean>> future = new AtomicReference<>();
        future.set(OffLoop.call(fake.access(), tasks::add, loop, FakeSecurity.PIPE,
                (win32, pipe) -> future.get().cancel(true)));
        tasks.remove().run();
        assertThat(future.get().getNow()).isFalse();
    }

    @Test
    void virtualThreadsAreRefused() {
        Future<String> future = OffLoop.call(fake.access(), Thread::startVirtualThread, loop, FakeSecurity.PIPE,
                (win32, pipe) -> "");
        assertThat(future.awaitUninterruptibly(30_000)).isTrue();
        assertThat(future.cause()).isInstanceOf(IllegalStateException.class).hasMessageContaining("virtual thread");
    }

    @Test
    void theLoopsOwnThreadIsRefused() {
        Future<String> future = OffLoop.call(fake.access(), loop, loop, FakeSecurity.PIPE, (win32, pipe) -> "");
        assertThat(future.awaitUninterruptibly(30_000)).isTrue();
        assertThat(future.cause()).isInstanceOf(IllegalStateException.class).hasMessageContaining("event loop");
    }
}
