/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import org.slf4j.LoggerFactory;

import java.util.function.Predicate;

/**
 * Hears what the production code and Netty log during a run: a warning that the run has no reason for fails it. That is
 * how an exception shows that a loop caught, or a promise that was to be completed a second time.
 */
final class LogOracle extends AppenderBase<ILoggingEvent> {

    private static final InheritableThreadLocal<LogOracle> CURRENT = new InheritableThreadLocal<>();

    static {
        install();
    }

    private static volatile boolean buffersAreLost;

    private final SimulatedKernel kernel;
    private final Predicate<ILoggingEvent> expected;

    private LogOracle(SimulatedKernel kernel, Predicate<ILoggingEvent> expected) {
        this.kernel = kernel;
        this.expected = expected;
    }

    private static void install() {
        for (String name : new String[] { "io.github.nettyiocp", "io.netty" }) {
            Logger logger = (Logger) LoggerFactory.getLogger(name);
            LogOracle dispatcher = new LogOracle(null, null);
            dispatcher.setContext((LoggerContext) LoggerFactory.getILoggerFactory());
            dispatcher.start();
            logger.addAppender(dispatcher);
        }
        // What is logged in a simulated run is heard here; elsewhere the root logger prints it as ever.
        Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.iteratorForAppenders().forEachRemaining(appender -> appender.addFilter(new OutsideOfRuns()));
    }

    /** Listens to the calling thread, and to those that it starts. */
    static void listen(SimulatedKernel kernel, Predicate<ILoggingEvent> expected) {
        CURRENT.set(new LogOracle(kernel, expected));
    }

    static void listenNoMore() {
        CURRENT.remove();
    }

    /** The run keeps buffers, as it may: Netty's detector of leaks tells of them in any later one. */
    static void buffersAreLost() {
        buffersAreLost = true;
    }

    @Override
    protected void append(ILoggingEvent event) {
        LogOracle current = CURRENT.get();
        if (current != null && event.getLevel().isGreaterOrEqual(Level.WARN)) {
            current.heard(event);
        }
    }

    private void heard(ILoggingEvent event) {
        ThrowableProxy proxy = (ThrowableProxy) event.getThrowableProxy();
        Throwable cause = proxy == null ? null : proxy.getThrowable();
        kernel.log("logged: %s %s", event.getFormattedMessage().replaceAll("0x[0-9a-f]{5,}|@[0-9a-f]+", "..."),
                cause == null ? "" : cause.getClass().getSimpleName());
        if (!expected.test(event) && !(buffersAreLost && event.getFormattedMessage().startsWith("LEAK: "))) {
            kernel.failed(new SimulationError("logged: " + event.getFormattedMessage(), cause));
        }
    }

    private static final class OutsideOfRuns extends ch.qos.logback.core.filter.Filter<ILoggingEvent> {

        OutsideOfRuns() {
            start();
        }

        @Override
        public ch.qos.logback.core.spi.FilterReply decide(ILoggingEvent event) {
            return CURRENT.get() == null ? ch.qos.logback.core.spi.FilterReply.NEUTRAL
                    : ch.qos.logback.core.spi.FilterReply.DENY;
        }
    }
}
