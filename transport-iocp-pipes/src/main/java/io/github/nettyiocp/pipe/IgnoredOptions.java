/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.netty.channel.ChannelOption;

import java.util.Set;

/** Options of sockets that programs set on every channel: they mean nothing for a pipe, and do no harm. */
final class IgnoredOptions {

    private static final Set<ChannelOption<?>> OPTIONS = Set.of(ChannelOption.SO_KEEPALIVE, ChannelOption.TCP_NODELAY,
            ChannelOption.SO_BACKLOG, ChannelOption.SO_REUSEADDR, ChannelOption.SO_RCVBUF, ChannelOption.SO_SNDBUF,
            ChannelOption.SO_LINGER, ChannelOption.SO_TIMEOUT, ChannelOption.IP_TOS);

    private IgnoredOptions() {
    }

    static boolean contains(ChannelOption<?> option) {
        return OPTIONS.contains(option);
    }
}
