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

/**
 * What is left out of Netty's tests of datagrams, with the result of NIO beside it.
 *
 * <table>
 * <caption>Exclusions</caption>
 * <tr><th>test</th><th>left out</th><th>reason</th><th>NIO with NIO</th></tr>
 * <tr><td>DatagramUnicast*Test.testSimpleSendWithConnect</td><td>clients of NIO, on Wine</td>
 *     <td>the JDK binds the socket again after a disconnect, which Wine refuses</td>
 *     <td>fails: "Invalid argument: bind"; with an IOCP client it passes</td></tr>
 * <tr><td>DatagramConnectNotExistsTest.testConnectNotExists</td><td>nothing: Netty's test skips itself on Windows
 *     (netty#11285), ours is the same and runs</td><td>-</td>
 *     <td>never hears of the port on Wine: the test waits for ever</td></tr>
 * <tr><td>DatagramConnectedWriteExceptionTest</td><td>all: Netty's test is disabled on Windows</td>
 *     <td>Windows tells of a port without listener by a receive, never by a send</td><td>disabled</td></tr>
 * </table>
 */
final class DatagramExclusions {

    private static final boolean WINE = NativeWin32.ACCESS.ofThisThread().wineGetVersion() != 0;

    private DatagramExclusions() {
    }

    /** A test whose client disconnects: shows that NIO's client fails on Wine, and runs the test with all others. */
    static void disconnect(Bootstrap client, Executable test) throws Throwable {
        if (WINE && client.config().channelFactory().toString().startsWith("Nio")) {
            assertThatThrownBy(test::execute).isInstanceOf(SocketException.class)
                    .hasMessage("Invalid argument: bind");
        } else {
            test.execute();
        }
    }
}
