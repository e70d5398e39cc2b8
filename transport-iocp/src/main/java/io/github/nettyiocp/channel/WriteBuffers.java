/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelOutboundBuffer;

/**
 * What one send takes of the outbound buffer. It remembers the buffers whose memory the call uses, for who has to keep
 * them when the call does not end at once.
 */
abstract class WriteBuffers implements ChannelOutboundBuffer.MessageProcessor {

    /** Empties it; it takes at most {@code byteLimit} bytes from now on. */
    abstract void clear(long byteLimit);

    /** The bytes gathered. */
    abstract long bytes();

    /** How many {@link #buffer buffers} hold the bytes. */
    abstract int bufferCount();

    abstract ByteBuf buffer(int index);

    /** Forgets the buffers, so that nothing is kept from the garbage collector. */
    abstract void forget();
}
