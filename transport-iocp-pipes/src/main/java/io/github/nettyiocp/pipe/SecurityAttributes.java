/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * A native {@code SECURITY_ATTRIBUTES} with a descriptor behind it, of a handle that children don't inherit. Its memory
 * is its owner's, who may pass it to any number of calls, from any thread, and then closes it: no call keeps it.
 */
final class SecurityAttributes implements AutoCloseable {

    private final ByteBuf memory;

    /** Copies a self-relative descriptor of {@code length} bytes. */
    SecurityAttributes(long descriptor, int length) {
        memory = Unpooled.directBuffer(Layout.SECURITY_ATTRIBUTES_SIZE + length);
        long address = memory.memoryAddress();
        byte[] bytes = new byte[length];
        Memory.getBytes(descriptor, bytes);
        Memory.putBytes(address + Layout.SECURITY_ATTRIBUTES_SIZE, bytes);
        Memory.clear(address, Layout.SECURITY_ATTRIBUTES_SIZE);
        Memory.putInt(address + Layout.SECURITY_ATTRIBUTES_LENGTH, Layout.SECURITY_ATTRIBUTES_SIZE);
        Memory.putLong(address + Layout.SECURITY_ATTRIBUTES_DESCRIPTOR, address + Layout.SECURITY_ATTRIBUTES_SIZE);
    }

    /** For {@code lpSecurityAttributes}, until the close. */
    long address() {
        return memory.memoryAddress();
    }

    /** The descriptor alone, until the close. */
    long descriptor() {
        return address() + Layout.SECURITY_ATTRIBUTES_SIZE;
    }

    /** Whether the descriptor names an owner. */
    boolean hasOwner() {
        return Memory.getInt(address() + Layout.SECURITY_ATTRIBUTES_SIZE + Layout.SECURITY_DESCRIPTOR_OWNER) != 0;
    }

    @Override
    public void close() {
        memory.release();
    }
}
