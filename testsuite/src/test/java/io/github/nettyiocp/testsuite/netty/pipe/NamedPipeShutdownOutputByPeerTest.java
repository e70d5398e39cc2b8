/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.netty.pipe;

import io.github.nettyiocp.internal.NativeWin32;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.pipe.NamedPipeAddress;
import io.github.nettyiocp.pipe.PipeType;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapFactory;
import io.netty.testsuite.transport.socket.AbstractSocketShutdownOutputByPeerTest;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The peer is Windows' own calls, and its end of the output an empty message. */
class NamedPipeShutdownOutputByPeerTest
        extends AbstractSocketShutdownOutputByPeerTest<NamedPipeShutdownOutputByPeerTest.PlainPipe> {

    @Override
    protected List<BootstrapFactory<ServerBootstrap>> newFactories() {
        return NamedPipeTestPermutation.INSTANCE.servers(PipeType.MESSAGE);
    }

    @Override
    protected SocketAddress newSocketAddress() {
        return NamedPipeAddress.random();
    }

    @Override
    protected PlainPipe newSocket() {
        return new PlainPipe();
    }

    @Override
    protected void connect(PlainPipe pipe, SocketAddress address) throws IOException {
        pipe.open(address.toString());
    }

    @Override
    protected void write(PlainPipe pipe, int data) throws IOException {
        pipe.write((byte) data);
    }

    @Override
    protected void shutdownOutput(PlainPipe pipe) throws IOException {
        pipe.write();
    }

    @Override
    protected void close(PlainPipe pipe) {
        pipe.close();
    }

    /** A client's end, opened as it is by default: calls wait. */
    static final class PlainPipe {

        private final Win32 win32 = NativeWin32.ACCESS.ofThisThread();
        private long handle = WinConst.INVALID_HANDLE_VALUE;

        void open(String name) throws IOException {
            try (Arena arena = Arena.ofConfined()) {
                handle = win32.createFile(arena.allocateFrom(name, StandardCharsets.UTF_16LE).address(),
                        WinConst.GENERIC_READ | WinConst.GENERIC_WRITE, 0, 0, WinConst.OPEN_EXISTING, 0);
            }
            if (handle == WinConst.INVALID_HANDLE_VALUE) {
                throw new IOException("CreateFileW: " + win32.lastError());
            }
        }

        /** One message. */
        void write(byte... bytes) throws IOException {
            try (Arena arena = Arena.ofConfined()) {
                long written = arena.allocate(ValueLayout.JAVA_INT).address();
                long message = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes).address();
                int error = win32.writeFile(handle, message, bytes.length, written, 0);
                if (error != 0) {
                    throw new IOException("WriteFile: " + error);
                }
            }
        }

        void close() {
            if (handle != WinConst.INVALID_HANDLE_VALUE) {
                win32.closeHandle(handle);
            }
        }
    }
}
