/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import io.netty.util.concurrent.DefaultThreadFactory;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The default place for calls that can block: few daemon threads, none while there is nothing to do. */
final class BlockingExecutor {

    private static final int THREADS = 16;
    private static final int IDLE_SECONDS = 10;

    static final Executor INSTANCE = create();

    private BlockingExecutor() {
    }

    private static Executor create() {
        ThreadPoolExecutor executor = new ThreadPoolExecutor(THREADS, THREADS, IDLE_SECONDS, TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(), new DefaultThreadFactory("iocp-blocking", true));
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }
}
