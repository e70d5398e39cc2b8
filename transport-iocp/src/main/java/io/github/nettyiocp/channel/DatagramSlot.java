/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.Overlapped;
import io.netty.buffer.ByteBuf;

/**
 * An operation of a datagram channel and memory for an address. The kernel has both until the outcome; the memory is
 * freed when the channel was closed and the operation is not in flight. Used on the loop.
 */
abstract class DatagramSlot {

    final Overlapped operation;
    final ByteBuf memory;
    private boolean ended;

    DatagramSlot(IocpDatagramChannel channel, int size) {
        memory = channel.alloc().directBuffer(size);
        Overlapped taken = null;
        try {
            taken = channel.binding().overlapped();
        } finally {
            if (taken == null) {
                memory.release();
            }
        }
        operation = taken;
    }

    /** The channel was closed. */
    final void end() {
        ended = true;
        freeIfIdle();
    }

    final void freeIfIdle() {
        if (ended && !operation.isInFlight() && memory.refCnt() > 0) {
            memory.release();
        }
    }
}
