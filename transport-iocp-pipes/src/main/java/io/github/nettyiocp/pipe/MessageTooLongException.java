/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.netty.channel.ChannelException;

/** A message is longer than a {@link PipeMessageAggregator} takes. */
public final class MessageTooLongException extends ChannelException {

    private static final long serialVersionUID = 1L;

    MessageTooLongException(String message) {
        super(message);
    }
}
