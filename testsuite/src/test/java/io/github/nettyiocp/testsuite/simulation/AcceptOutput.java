/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;

import java.net.InetSocketAddress;

/**
 * What {@code AcceptEx} leaves in its buffer: not documented on Windows, and here in a form that only
 * {@code GetAcceptExSockaddrs} understands.
 */
final class AcceptOutput {

    private static final int MAGIC = 0x5A;
    private static final int PREFIX = 8;

    private AcceptOutput() {
    }

    static void write(byte[] output, int family, int localLength, InetSocketAddress local, InetSocketAddress remote) {
        long scratch = NativeMemory.allocate(Layout.SOCKADDR_STORAGE_SIZE);
        try {
            write(output, 0, family, local, scratch);
            write(output, localLength, family, remote, scratch);
        } finally {
            NativeMemory.free(scratch);
        }
    }

    private static void write(byte[] output, int offset, int family, InetSocketAddress address, long scratch) {
        SocketAddresses.write(scratch, family, address);
        byte[] bytes = NativeMemory.copy(scratch, SocketAddresses.size(family));
        output[offset] = MAGIC;
        output[offset + 1] = (byte) bytes.length;
        System.arraycopy(bytes, 0, output, offset + PREFIX, bytes.length);
    }

    /** {@code GetAcceptExSockaddrs}; {@code false} if that isn't the output of an accept with these lengths. */
    static boolean parse(long output, int receiveLength, int localLength, long local, long localSize, long remote,
                         long remoteSize) {
        long first = output + receiveLength;
        long second = first + localLength;
        if (Memory.getByte(first) != MAGIC || Memory.getByte(second) != MAGIC) {
            return false;
        }
        Memory.putLong(local, first + PREFIX);
        Memory.putInt(localSize, Memory.getByte(first + 1));
        Memory.putLong(remote, second + PREFIX);
        Memory.putInt(remoteSize, Memory.getByte(second + 1));
        return true;
    }
}
