/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.netty;

import io.github.nettyiocp.internal.NativeWin32;
import io.netty.bootstrap.Bootstrap;
import org.junit.jupiter.api.function.Executable;

import java.net.SocketException;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What NIO's datagram channels can't do on Wine; {@code exclusions.txt} lists all that is left out, and why. */
final class DatagramExclusions {

    private static final boolean WINE = NativeWin32.ACCESS.ofThisThread().wineGetVersion() != 0;

    private DatagramExclusions() {
    }

    /** A test whose client disconnects: shows that NIO's client fails on Wine, and runs the test with all others. */
    static void disconnect(Bootstrap client, Executable test) throws Throwable {
        if (WINE && !TestsuiteMode.NIO && client.config().channelFactory().toString().startsWith("Nio")) {
            assertThatThrownBy(test::execute).isInstanceOf(SocketException.class)
                    .hasMessage("Invalid argument: bind");
        } else {
            test.execute();
        }
    }
}
