/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import java.net.InetSocketAddress;
import java.net.SocketException;

/**
 * A datagram was larger than the buffer that was posted for it; Windows has thrown away what did not fit, and the part
 * that did is not delivered. The channel goes on. Buffers are as large as the channel's
 * {@link io.netty.channel.RecvByteBufAllocator} makes them, 2,048 bytes by default.
 */
public final class TruncatedDatagramException extends SocketException {

    private static final long serialVersionUID = 1;

    private final InetSocketAddress sender;
    private final int bufferSize;

    TruncatedDatagramException(InetSocketAddress sender, int bufferSize) {
        super("a datagram from " + sender + " was larger than the buffer of " + bufferSize
                + " bytes, set a larger RecvByteBufAllocator (WSARecvFrom, error 10040)");
        this.sender = sender;
        this.bufferSize = bufferSize;
    }

    /** Who sent it; {@code null} if Windows did not say. */
    public InetSocketAddress sender() {
        return sender;
    }

    /** The size in bytes of the buffer that was too small. */
    public int bufferSize() {
        return bufferSize;
    }
}
