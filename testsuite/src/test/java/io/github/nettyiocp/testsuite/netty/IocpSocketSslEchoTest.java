/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.netty;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.handler.ssl.SslContext;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.testsuite.transport.socket.SocketSslEchoTest;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.List;

/** 96 tests of many calls each: with NIO both ways in the profile all-modes alone. */
class IocpSocketSslEchoTest extends SocketSslEchoTest {

    @Override
    protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
        List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> all = IocpSocketTestPermutation.INSTANCE.socket();
        return Boolean.getBoolean("iocp.testsuite.all") ? all : all.subList(0, 1);
    }

    /** Netty's own limit is meant for one combination on a machine that does nothing else. */
    @ParameterizedTest
    @MethodSource("data")
    @Timeout(240)
    @Override
    public void testSslEcho(SslContext server, SslContext client, Renegotiation type,
                            boolean serverDelegates, boolean clientDelegates, boolean readByItself,
                            boolean chunkedWriteHandler, boolean compositeBuffers, TestInfo info) throws Throwable {
        super.testSslEcho(server, client, type, serverDelegates, clientDelegates, readByItself, chunkedWriteHandler,
                compositeBuffers, info);
    }
}
