/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.internal.WinConst;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.nio.NioChannelOption;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The options of the JDK, which {@link NioChannelOption} wraps: bootstraps that were written for NIO may set them. */
final class JdkOptions {

    /** Whether loopback of multicast is on: {@link ChannelOption#IP_MULTICAST_LOOP_DISABLED} says the opposite. */
    static final ChannelOption<Boolean> IP_MULTICAST_LOOP =
            ChannelOption.valueOf(JdkOptions.class, "IP_MULTICAST_LOOP");
    static final ChannelOption<Boolean> IP_DONTFRAGMENT = ChannelOption.valueOf(JdkOptions.class, "IP_DONTFRAGMENT");

    /** What does the same here, by the JDK's name. */
    private static final Map<String, ChannelOption<?>> SAME = new HashMap<>();

    static {
        for (ChannelOption<?> option : List.of(ChannelOption.SO_RCVBUF, ChannelOption.SO_SNDBUF,
                ChannelOption.SO_KEEPALIVE, ChannelOption.SO_REUSEADDR, ChannelOption.SO_LINGER,
                ChannelOption.SO_BROADCAST, ChannelOption.TCP_NODELAY, ChannelOption.IP_TOS,
                ChannelOption.IP_MULTICAST_IF, ChannelOption.IP_MULTICAST_TTL, IocpChannelOption.TCP_KEEPIDLE,
                RawSocketOption.ofBoolean("SO_OOBINLINE", WinConst.SOL_SOCKET, WinConst.SO_OOBINLINE))) {
            SAME.put(option.name(), option);
        }
        SAME.put("TCP_KEEPINTERVAL", IocpChannelOption.TCP_KEEPINTVL);
        SAME.put("TCP_KEEPCOUNT", IocpChannelOption.TCP_KEEPCNT);
        SAME.put("IP_MULTICAST_LOOP", IP_MULTICAST_LOOP);
        SAME.put("IP_DONTFRAGMENT", IP_DONTFRAGMENT);
    }

    private JdkOptions() {
    }

    /** The option here that does what the given one does with NIO; itself if it is none of the JDK's, or has none. */
    @SuppressWarnings("unchecked")
    static <T> ChannelOption<T> here(ChannelOption<T> option) {
        return option instanceof NioChannelOption ? (ChannelOption<T>) SAME.getOrDefault(option.name(), option)
                : option;
    }
}
