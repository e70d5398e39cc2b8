/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import io.github.nettyiocp.Iocp;
import io.netty.channel.EventLoopGroup;

import java.util.concurrent.TimeUnit;

/** How examples begin and end. */
final class ExampleRun {

    private static final int SHUTDOWN_SECONDS = 20;

    private ExampleRun() {
    }

    /** An example; whatever it throws, it has failed. */
    interface Body {
        void run() throws Exception;
    }

    /**
     * Prints what the example runs on, runs it, ends the groups, and ends the program: with exit code 1 if the example
     * couldn't be run or failed.
     */
    static void run(String name, Body body, EventLoopGroup... groups) {
        int exitCode = 0;
        System.out.println(name + " on " + Iocp.featureString() + ", Java " + Runtime.version());
        try {
            body.run();
        } catch (Exception cause) {
            System.err.println("FAILED: " + cause);
            cause.printStackTrace();
            exitCode = 1;
        } finally {
            for (EventLoopGroup group : groups) {
                group.shutdownGracefully(0, SHUTDOWN_SECONDS, TimeUnit.SECONDS).syncUninterruptibly();
            }
        }
        System.exit(exitCode);
    }

    /** Ends the program if the transport can't be used here; called before the first group is made. */
    static void checkAvailable() {
        if (!Iocp.isAvailable()) {
            System.err.println("Cannot run: " + Iocp.unavailabilityCause().getMessage());
            System.exit(1);
        }
    }
}
