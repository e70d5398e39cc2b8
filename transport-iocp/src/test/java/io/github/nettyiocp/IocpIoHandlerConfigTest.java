/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

class IocpIoHandlerConfigTest {

    private final IocpIoHandlerConfig config = new IocpIoHandlerConfig();

    @Test
    void theDefaultsAreThoseOfTheDocumentation() {
        assertThat(config.batchSize()).isEqualTo(64);
        assertThat(config.maxOperations()).isEqualTo(1_048_576);
        assertThat(config.closeTimeoutMillis()).isEqualTo(1000);
        assertThat(config.blockingExecutor()).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(ints = { 0, -1, 4097, Integer.MIN_VALUE, Integer.MAX_VALUE })
    void aBatchSizeOutOfRangeIsRefused(int size) {
        assertThatIllegalArgumentException().isThrownBy(() -> config.batchSize(size))
                .withMessageContaining("batchSize");
        assertThat(config.batchSize()).isEqualTo(64);
    }

    @ParameterizedTest
    @ValueSource(ints = { 0, -1, (1 << 24) + 1, Integer.MIN_VALUE })
    void aNumberOfOperationsOutOfRangeIsRefused(int operations) {
        assertThatIllegalArgumentException().isThrownBy(() -> config.maxOperations(operations))
                .withMessageContaining("maxOperations");
    }

    @ParameterizedTest
    @ValueSource(longs = { -1, Long.MIN_VALUE })
    void aNegativeCloseTimeoutIsRefused(long millis) {
        assertThatIllegalArgumentException().isThrownBy(() -> config.closeTimeoutMillis(millis))
                .withMessageContaining("closeTimeoutMillis");
    }

    @Test
    void theEndsOfTheRangesAreAccepted() {
        assertThat(config.batchSize(1).batchSize()).isEqualTo(1);
        assertThat(config.batchSize(4096).batchSize()).isEqualTo(4096);
        assertThat(config.maxOperations(1).maxOperations()).isEqualTo(1);
        assertThat(config.maxOperations(1 << 24).maxOperations()).isEqualTo(1 << 24);
        assertThat(config.closeTimeoutMillis(0).closeTimeoutMillis()).isZero();
    }

    @Test
    void nullIsRefused() {
        assertThatNullPointerException().isThrownBy(() -> config.blockingExecutor(null))
                .withMessage("blockingExecutor");
        assertThatNullPointerException().isThrownBy(() -> IocpIoHandler.newFactory(null)).withMessage("config");
    }

    @Test
    void aBlockingExecutorCanBeInjected() {
        Executor executor = Runnable::run;
        assertThat(config.blockingExecutor(executor).blockingExecutor()).isSameAs(executor);
    }

    @Test
    void theDefaultBlockingExecutorHasNamedDaemonPlatformThreads() throws Exception {
        AtomicReference<Thread> used = new AtomicReference<>();
        synchronized (used) {
            config.blockingExecutor().execute(() -> {
                synchronized (used) {
                    used.set(Thread.currentThread());
                    used.notifyAll();
                }
            });
            while (used.get() == null) {
                used.wait(10_000);
            }
        }
        assertThat(used.get().getName()).startsWith("iocp-blocking");
        assertThat(used.get().isDaemon()).isTrue();
        assertThat(used.get().isVirtual()).isFalse();
    }

    @Test
    void aFactoryTakesACopy() {
        FakeWin32 windows = new FakeWin32();
        config.win32Access(windows.access()).batchSize(8);
        IocpIoHandlerConfig copy = new IocpIoHandlerConfig(config);
        config.batchSize(16).maxOperations(5).closeTimeoutMillis(7);
        assertThat(copy.batchSize()).isEqualTo(8);
        assertThat(copy.maxOperations()).isEqualTo(1_048_576);
        assertThat(copy.closeTimeoutMillis()).isEqualTo(1000);
        assertThat(copy.win32Access()).isSameAs(config.win32Access());
    }
}
