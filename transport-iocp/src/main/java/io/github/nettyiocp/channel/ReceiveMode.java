/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

/**
 * What an idle stream channel has posted, so that the kernel tells it of data, of the end and of a reset.
 *
 * @see IocpChannelOption#RECEIVE_MODE
 */
public enum ReceiveMode {

    /** A receive with a buffer: one call a message. Each idle connection holds a buffer. */
    BUFFER,

    /**
     * A receive of zero bytes, and a second call with a buffer when there is data: an idle connection holds no buffer.
     * A reset that comes right behind data can discard data that was announced and not read yet.
     */
    ZERO_BYTE
}
