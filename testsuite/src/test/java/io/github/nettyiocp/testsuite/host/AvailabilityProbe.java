/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.host;

import io.github.nettyiocp.Iocp;
import io.github.nettyiocp.IocpEventLoopGroup;

/** Prints what the JVM that it runs in is told. */
final class AvailabilityProbe {

    private AvailabilityProbe() {
    }

    public static void main(String[] arguments) {
        System.out.println("available: " + Iocp.isAvailable());
        System.out.println(Iocp.unavailabilityCause());
        try {
            new IocpEventLoopGroup(1).shutdownGracefully();
        } catch (Throwable expected) {
            System.out.println(expected);
        }
    }
}
