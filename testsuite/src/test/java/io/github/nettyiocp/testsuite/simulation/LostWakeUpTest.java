/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.IocpIoHandler;
import io.github.nettyiocp.SimulationAccess;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.Win32Access;
import io.netty.channel.ManualIoEventLoop;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Rule 14 with threads that run at the same time: the one thing that the simulation's order of events, in which one
 * thread runs at a time, can't show. The loop waits without a limit, so that a wake-up that is lost is never made good.
 */
@Timeout(300)
class LostWakeUpTest {

    private static final int PRODUCERS = 3;
    private static final int TASKS = 4_000;
    private static final int MAX_SPINS = 2_000;

    @Test
    void noTaskOfAnotherThreadIsForgotten() throws Exception {
        run(Faults.none());
    }

    @Test
    void refusedPostsAreMadeGoodByLaterOnes() throws Exception {
        run(Faults.none().with(Faults.Kind.POST_REFUSED, 0.2));
    }

    private static void run(Faults faults) throws Exception {
        try (SimulatedKernel kernel = SimulatedKernel.inRealTime(1, faults)) {
            LogOracle.listen(kernel, event -> event.getFormattedMessage().startsWith("Cannot wake the loop"));
            ManualIoEventLoop loop = new ManualIoEventLoop(null, null, IocpIoHandler.newFactory(
                    SimulationAccess.config(new Jittery(kernel.access())).maxOperations(64)),
                    new SimulatedTicker(kernel));
            Thread thread = new Thread(() -> {
                while (!loop.isTerminated()) {
                    loop.run(0, 0);
                }
            }, "loop");
            loop.setOwningThread(thread);
            thread.start();
            AtomicInteger done = new AtomicInteger();
            AtomicInteger lost = new AtomicInteger();
            List<Thread> producers = new ArrayList<>();
            for (int i = 0; i < PRODUCERS; i++) {
                Thread producer = new Thread(() -> produce(loop, faults, done, lost), "producer " + i);
                producers.add(producer);
                producer.start();
            }
            for (Thread producer : producers) {
                producer.join();
            }
            // A loop that shuts down is woken once.
            faults.with(Faults.Kind.POST_REFUSED, 0);
            loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
            thread.join(60_000);
            assertTrue(loop.isTerminated());
            assertEquals(0, lost.get());
            assertEquals(PRODUCERS * TASKS, done.get());
            kernel.check();
        } finally {
            LogOracle.listenNoMore();
        }
    }

    private static void produce(ManualIoEventLoop loop, Faults faults, AtomicInteger done, AtomicInteger lost) {
        for (int i = 0; i < TASKS && lost.get() == 0; i++) {
            CountDownLatch ran = new CountDownLatch(1);
            loop.execute(() -> {
                done.incrementAndGet();
                ran.countDown();
            });
            try {
                long millis = faults.probability(Faults.Kind.POST_REFUSED) > 0 ? 1 : 60_000;
                boolean inTime = ran.await(millis, TimeUnit.MILLISECONDS);
                for (int again = 0; !inTime && again < 2_000 && millis == 1; again++) {
                    // The post was refused; any later task makes it good.
                    loop.execute(() -> { });
                    inTime = ran.await(millis, TimeUnit.MILLISECONDS);
                }
                if (!inTime) {
                    lost.incrementAndGet();
                }
            } catch (InterruptedException e) {
                return;
            }
            spin();
        }
    }

    private static void spin() {
        int spins = ThreadLocalRandom.current().nextInt(MAX_SPINS);
        for (int i = 0; i < spins; i++) {
            Thread.onSpinWait();
        }
    }

    /** Waits a random moment before and after each call. */
    private static final class Jittery implements Win32Access {
        private final Win32Access access;
        private final ThreadLocal<Win32> instances;

        Jittery(Win32Access access) {
            this.access = access;
            instances = ThreadLocal.withInitial(() -> jittery(access.ofThisThread()));
        }

        @Override
        public Win32 newInstance() {
            return jittery(access.newInstance());
        }

        @Override
        public Win32 ofThisThread() {
            return instances.get();
        }

        private static Win32 jittery(Win32 win32) {
            return (Win32) Proxy.newProxyInstance(Win32.class.getClassLoader(), new Class<?>[] { Win32.class },
                    (proxy, method, arguments) -> {
                        try {
                            spin();
                            return method.invoke(win32, arguments);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        } finally {
                            spin();
                        }
                    });
        }
    }
}
