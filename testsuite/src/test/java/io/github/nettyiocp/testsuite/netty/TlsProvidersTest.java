/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.netty;

import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.testsuite.transport.socket.SocketSslEchoTest;
import io.netty.testsuite.transport.socket.SocketSslGreetingTest;
import io.netty.testsuite.transport.socket.SocketStartTlsTest;
import org.junit.jupiter.api.Test;

import java.util.Collection;
import java.util.TreeSet;

import static org.assertj.core.api.Assertions.assertThat;

/** Netty's classes of TLS leave OpenSSL out where it is missing; here it is not. */
class TlsProvidersTest {

    @Test
    void theClassesOfTlsRunWithTheJdkAndWithOpenSslOnEachSide() throws Exception {
        OpenSsl.ensureAvailability();
        assertThat(combinations(SocketSslEchoTest.data())).containsExactly("JDK JDK", "JDK OpenSSL", "OpenSSL JDK",
                "OpenSSL OpenSSL");
        assertThat(combinations(SocketSslGreetingTest.data())).containsExactly("JDK JDK", "JDK OpenSSL",
                "OpenSSL JDK", "OpenSSL OpenSSL");
        assertThat(combinations(SocketStartTlsTest.data())).containsExactly("JDK JDK", "JDK OpenSSL", "OpenSSL JDK",
                "OpenSSL OpenSSL");
    }

    /** Of server and client. */
    private static Collection<String> combinations(Collection<Object[]> data) {
        Collection<String> combinations = new TreeSet<>();
        for (Object[] arguments : data) {
            combinations.add(name((SslContext) arguments[0]) + ' ' + name((SslContext) arguments[1]));
        }
        return combinations;
    }

    private static String name(SslContext context) {
        return context instanceof OpenSslContext ? "OpenSSL" : "JDK";
    }
}
