/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.netty;

import io.github.nettyiocp.Iocp;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestPlan;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * Gives Netty's tests of connect timeouts and cancellation an address to which no connection can be made, on this
 * machine: a listener whose backlog is full. Under Wine, which takes Linux's sockets, it answers no SYN; on Windows it
 * would refuse, and Netty's own address in a documentation network stays. Set before the class is initialised that
 * reads it.
 */
public final class UnreachableHost implements TestExecutionListener {

    private static final int MORE_THAN_ENOUGH = 8;

    private final List<AutoCloseable> open = new ArrayList<>();

    @Override
    public void testPlanExecutionStarted(TestPlan plan) {
        if (Iocp.featureString().contains("Wine")) {
            try {
                fillBacklog();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private void fillBacklog() throws IOException {
        ServerSocket listener = new ServerSocket(0, 1, InetAddress.getByAddress(new byte[] { 127, 0, 0, 1 }));
        open.add(listener);
        for (int i = 0; i < MORE_THAN_ENOUGH; i++) {
            SocketChannel waiting = SocketChannel.open();
            waiting.configureBlocking(false);
            waiting.connect(listener.getLocalSocketAddress());
            open.add(waiting);
        }
        System.setProperty("io.netty.testsuite.badHost", "127.0.0.1");
        System.setProperty("io.netty.testsuite.badPort", Integer.toString(listener.getLocalPort()));
    }
}
