/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.netty;

import io.github.nettyiocp.testsuite.faults.FaultyWin32Access;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;

import java.lang.reflect.Method;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.TimeoutException;

/**
 * Tests on loops with faults run without the kinds of their {@link FaultExemption}; and they, and all tests of the
 * profile all-modes, run within half an hour instead of the seconds that they give themselves: those are for loops that
 * don't delay everything, and for a machine that does nothing else. JUnit finds this extension by {@code
 * META-INF/services}, if it is told to.
 */
public final class FaultsExtension implements InvocationInterceptor {

    private static final long LIMIT_MILLIS = 1_800_000;

    private final Timer timer = new Timer("limit of tests", true);

    @Override
    public void interceptTestMethod(Invocation<Void> invocation, ReflectiveInvocationContext<Method> method,
                                    ExtensionContext context) throws Throwable {
        run(invocation, context);
    }

    @Override
    public void interceptTestTemplateMethod(Invocation<Void> invocation, ReflectiveInvocationContext<Method> method,
                                            ExtensionContext context) throws Throwable {
        run(invocation, context);
    }

    private void run(Invocation<Void> invocation, ExtensionContext context) throws Throwable {
        FaultyWin32Access faults = TestsuiteMode.faults();
        Limit limit = new Limit(Thread.currentThread());
        timer.schedule(limit, LIMIT_MILLIS);
        if (faults != null) {
            faults.without(FaultExemption.of(context.getRequiredTestClass(),
                    context.getRequiredTestMethod().getName()));
        }
        try {
            invocation.proceed();
        } catch (InterruptedException interrupted) {
            throw limit.isOver() ? new TimeoutException("not done in " + LIMIT_MILLIS + " ms") : interrupted;
        } finally {
            limit.cancel();
        }
    }

    /** Interrupts a test that takes too long. */
    private static final class Limit extends TimerTask {

        private final Thread test;
        private volatile boolean over;

        Limit(Thread test) {
            this.test = test;
        }

        boolean isOver() {
            return over;
        }

        @Override
        public void run() {
            over = true;
            test.interrupt();
        }
    }
}
