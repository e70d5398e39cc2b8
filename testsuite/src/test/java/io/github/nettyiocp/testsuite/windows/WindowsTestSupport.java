/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.Iocp;
import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.IocpMetrics;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.util.concurrent.EventExecutor;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.function.Executable;

import java.io.File;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/** What tests on Windows measure by and wait with. */
final class WindowsTestSupport {

    private WindowsTestSupport() {
    }

    /** Whether this Windows is Wine. */
    static boolean isWine() {
        return Iocp.featureString().contains("Wine");
    }

    /**
     * The handles of this process. Wine's own count says nothing useful, but its handles are descriptors of the Linux
     * process. {@code -1} where neither can be counted.
     */
    static int handles() {
        String[] descriptors = new File("Z:\\proc\\self\\fd").list();
        return descriptors != null ? descriptors.length : WindowsCalls.handleCount();
    }

    /** Fails if there are more handles than before, after some time for those that are closed elsewhere. */
    static void assertNoMoreHandlesThan(int before, int tolerance) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (handles() > before + tolerance && System.nanoTime() < deadline) {
            Thread.sleep(50);
        }
        Assertions.assertThat(handles()).as("handles").isLessThanOrEqualTo(before + tolerance);
    }

    /**
     * Fails if something leaves handles open each time that it is done. Wine counts those of all its processes, of
     * which some may start meanwhile.
     */
    static void assertLeavesNoHandles(int tolerance, Executable something) throws Throwable {
        int more = Integer.MAX_VALUE;
        for (int i = 0; i < 5 && more > tolerance; i++) {
            int before = handles();
            something.execute();
            more = handles() - before;
        }
        Assertions.assertThat(more).as("handles more than before").isLessThanOrEqualTo(tolerance);
    }

    /** Waits, for a minute at most, until something is true. */
    static void await(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.call()) {
            Assertions.assertThat(System.nanoTime()).as("waiting until " + what).isLessThan(deadline);
            Thread.sleep(2);
        }
    }

    /** Ends a group and checks that the kernel gave all operations back and that no packet was anybody else's. */
    static void shutDown(IocpEventLoopGroup group) {
        IocpMetrics metrics = end(group);
        Assertions.assertThat(metrics.foreignPackets()).as("foreign packets").isZero();
        Assertions.assertThat(metrics.stalePackets()).as("stale packets").isZero();
    }

    /** Ends a group and checks that the kernel gave all operations back. */
    static IocpMetrics end(IocpEventLoopGroup group) {
        Assertions.assertThat(group.shutdownGracefully(0, 15, TimeUnit.SECONDS).awaitUninterruptibly(60_000))
                .as("the group ended").isTrue();
        IocpMetrics metrics = group.metrics();
        Assertions.assertThat(metrics.outstanding()).as("operations in flight at the end").isZero();
        Assertions.assertThat(metrics.leakedOperations()).as("operations that the kernel kept").isZero();
        return metrics;
    }

    /** How many loops of a group are suspended. */
    static int suspended(EventLoopGroup group) {
        int suspended = 0;
        for (EventExecutor loop : group) {
            if (((SingleThreadIoEventLoop) loop).isSuspended()) {
                suspended++;
            }
        }
        return suspended;
    }

    /** Prints a figure; Surefire keeps it in the test's output file. */
    static void print(String format, Object... arguments) {
        System.out.println("FIGURE " + String.format(java.util.Locale.ROOT, format, arguments));
    }
}
