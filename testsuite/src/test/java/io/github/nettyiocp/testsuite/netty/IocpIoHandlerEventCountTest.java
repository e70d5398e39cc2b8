/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.netty;

import io.github.nettyiocp.IocpIoHandler;
import io.netty.channel.AbstractIoHandlerEventCountTest;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.nio.NioIoHandler;

class IocpIoHandlerEventCountTest extends AbstractIoHandlerEventCountTest {

    @Override
    protected IoHandlerFactory newIoHandlerFactory() {
        return TestsuiteMode.NIO ? NioIoHandler.newFactory()
                : IocpIoHandler.newFactory(TestsuiteMode.config());
    }
}
