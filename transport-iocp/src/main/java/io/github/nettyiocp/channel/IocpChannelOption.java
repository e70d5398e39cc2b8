/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.netty.channel.ChannelOption;

/** Options that the IOCP channels have beside Netty's. */
public final class IocpChannelOption<T> extends ChannelOption<T> {

    /**
     * How many {@code AcceptEx} a server has posted: connections that Windows accepts without waiting for the loop.
     * 1 to 1,024, default 16. Set it before the channel is bound.
     */
    public static final ChannelOption<Integer> POSTED_ACCEPTS = valueOf(IocpChannelOption.class, "POSTED_ACCEPTS");

    /**
     * How many {@code WSARecvFrom} a datagram channel has posted, each with a buffer of its own: datagrams that Windows
     * takes without waiting for the loop. 1 to 1,024, default 4. Set it before the channel is bound.
     */
    public static final ChannelOption<Integer> POSTED_RECEIVES = valueOf(IocpChannelOption.class, "POSTED_RECEIVES");

    /** What an idle channel has posted; default {@link ReceiveMode#BUFFER}. */
    public static final ChannelOption<ReceiveMode> RECEIVE_MODE = valueOf(IocpChannelOption.class, "RECEIVE_MODE");

    /**
     * Whether calls that succeed at once do without a packet ({@code FILE_SKIP_COMPLETION_PORT_ON_SUCCESS}); default
     * {@code true}. It is never used where a layered socket provider is installed that does not support it, and on
     * sockets that the library did not make. Set it before the channel is registered, on a server as a child option.
     */
    public static final ChannelOption<Boolean> SKIP_ON_SUCCESS = valueOf(IocpChannelOption.class, "SKIP_ON_SUCCESS");

    /** Seconds a connection is idle before {@code SO_KEEPALIVE} probes it. Windows 10 1709 and later. */
    public static final ChannelOption<Integer> TCP_KEEPIDLE = valueOf(IocpChannelOption.class, "TCP_KEEPIDLE");

    /** Seconds between the probes of {@code SO_KEEPALIVE}. Windows 10 1709 and later. */
    public static final ChannelOption<Integer> TCP_KEEPINTVL = valueOf(IocpChannelOption.class, "TCP_KEEPINTVL");

    /** Unanswered probes of {@code SO_KEEPALIVE} that end the connection. Windows 10 1703 and later. */
    public static final ChannelOption<Integer> TCP_KEEPCNT = valueOf(IocpChannelOption.class, "TCP_KEEPCNT");

    @SuppressWarnings({ "unused", "deprecation" })
    private IocpChannelOption() {
        super(null);
    }
}
