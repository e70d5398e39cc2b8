/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.netty;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.testsuite.transport.socket.SocketConnectTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

import java.util.List;

/**
 * Netty gives most of these tests 3 seconds for all combinations together. On a busy machine the first ones spend more
 * than that on loading classes, over NIO as well: they have a limit of their own.
 */
class IocpSocketConnectTest extends SocketConnectTest {

    @Override
    protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
        return IocpSocketTestPermutation.INSTANCE.socket();
    }

    @Test
    @Timeout(60)
    @Override
    public void testChannelEventsFiredWhenClosedDirectly(TestInfo testInfo) throws Throwable {
        super.testChannelEventsFiredWhenClosedDirectly(testInfo);
    }

    @Test
    @Timeout(60)
    @Override
    public void testWriteWithFastOpenBeforeConnect(TestInfo testInfo) throws Throwable {
        super.testWriteWithFastOpenBeforeConnect(testInfo);
    }

    @Test
    @Timeout(60)
    @Override
    public void testWriteWithFastOpenBeforeConnectDirectBufferReaderIndex(TestInfo testInfo) throws Throwable {
        super.testWriteWithFastOpenBeforeConnectDirectBufferReaderIndex(testInfo);
    }

    @Test
    @Timeout(60)
    @Override
    public void testWriteWithFastOpenBeforeConnectCompositeBuffer(TestInfo testInfo) throws Throwable {
        super.testWriteWithFastOpenBeforeConnectCompositeBuffer(testInfo);
    }

    @Test
    @Timeout(60)
    @Override
    public void testWriteWithFastOpenBeforeConnectCompositeBufferReaderIndex(TestInfo testInfo) throws Throwable {
        super.testWriteWithFastOpenBeforeConnectCompositeBufferReaderIndex(testInfo);
    }

    @Test
    @Timeout(60)
    @Override
    public void testLocalAddressAfterConnect(TestInfo testInfo) throws Throwable {
        super.testLocalAddressAfterConnect(testInfo);
    }

    @Test
    @Timeout(60)
    @Override
    public void testCloseTwice(TestInfo testInfo) throws Throwable {
        super.testCloseTwice(testInfo);
    }
}
