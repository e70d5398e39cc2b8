/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.netty;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.testsuite.transport.socket.SocketSslSessionReuseTest;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.List;

class IocpSocketSslSessionReuseTest extends SocketSslSessionReuseTest {

    @Override
    protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
        return IocpSocketTestPermutation.INSTANCE.socket();
    }

    /** Netty's own limit of 30 seconds is meant for one combination. */
    @ParameterizedTest
    @MethodSource("jdkOnly")
    @Timeout(240)
    @Override
    public void testSslSessionReuse(SslContextBuilder server, SslContextBuilder client, TestInfo info)
            throws Throwable {
        super.testSslSessionReuse(server, client, info);
    }

    /** As above. */
    @ParameterizedTest
    @MethodSource("jdkAndOpenSSL")
    @Timeout(240)
    @Override
    public void testSslSessionTrustManagerResumption(SslContextBuilder server, SslContextBuilder client, TestInfo info)
            throws Throwable {
        super.testSslSessionTrustManagerResumption(server, client, info);
    }
}
