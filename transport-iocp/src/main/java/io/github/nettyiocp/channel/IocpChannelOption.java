/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.internal.WinConst;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;

import java.util.Set;

/**
 * Options that the IOCP channels have beside Netty's. Setting or reading one that this Windows does not know throws a
 * {@link ChannelException} that names it, caused by an {@link UnsupportedOperationException}; {@code getOptions()} of a
 * configuration leaves it out.
 */
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
    public static final ChannelOption<Integer> TCP_KEEPIDLE =
            RawSocketOption.ofInt("TCP_KEEPIDLE", WinConst.IPPROTO_TCP, WinConst.TCP_KEEPIDLE);

    /** Seconds between the probes of {@code SO_KEEPALIVE}. Windows 10 1709 and later. */
    public static final ChannelOption<Integer> TCP_KEEPINTVL =
            RawSocketOption.ofInt("TCP_KEEPINTVL", WinConst.IPPROTO_TCP, WinConst.TCP_KEEPINTVL);

    /** Unanswered probes of {@code SO_KEEPALIVE} that end the connection. Windows 10 1703 and later. */
    public static final ChannelOption<Integer> TCP_KEEPCNT =
            RawSocketOption.ofInt("TCP_KEEPCNT", WinConst.IPPROTO_TCP, WinConst.TCP_KEEPCNT);

    /**
     * Seconds for which Windows sends again what the peer does not acknowledge, before it ends the connection; -1 for
     * ever. Not run on Windows yet.
     */
    public static final ChannelOption<Integer> TCP_MAXRT =
            RawSocketOption.ofInt("TCP_MAXRT", WinConst.IPPROTO_TCP, WinConst.TCP_MAXRT);

    /**
     * Whether nobody else can bind the address, whatever they say; the opposite of {@link ChannelOption#SO_REUSEADDR},
     * which sets it too, and {@code true} by default as with the JDK. It counts at {@code bind}.
     */
    public static final ChannelOption<Boolean> SO_EXCLUSIVEADDRUSE =
            valueOf(IocpChannelOption.class, "SO_EXCLUSIVEADDRUSE");

    /**
     * Whether a port that Windows chooses may also be that of connections to other peers, so that there can be more
     * connections than ports. {@code true} by default for a client that connects without {@code bind}, where Windows
     * knows it: 10 and later. Set it before {@code bind} or {@code connect}.
     */
    public static final ChannelOption<Boolean> SO_REUSE_UNICASTPORT =
            valueOf(IocpChannelOption.class, "SO_REUSE_UNICASTPORT");

    /**
     * Makes an option of {@code getsockopt} and {@code setsockopt} whose value is an {@code int} or a {@code BOOL}, for
     * sockets of all kinds.
     *
     * @param name what exceptions call it
     */
    public static ChannelOption<Integer> ofInt(String name, int level, int number) {
        return RawSocketOption.ofInt(name, level, number);
    }

    /**
     * Makes an option of {@code getsockopt} and {@code setsockopt} whose value is a structure, for sockets of any kind.
     *
     * @param name what exceptions call it
     * @param length how many bytes are asked for; as many are returned as there are, as many are set as there are given
     */
    public static ChannelOption<byte[]> ofBytes(String name, int level, int number, int length) {
        return RawSocketOption.ofBytes(name, level, number, length);
    }

    /** Whether a {@link DirectoryWatchChannel} tells what changes in its subdirectories; default {@code false}. */
    public static final ChannelOption<Boolean> WATCH_SUBTREE = valueOf(IocpChannelOption.class, "WATCH_SUBTREE");

    /** Which changes a {@link DirectoryWatchChannel} is told of; default names, sizes and times of the last write. */
    public static final ChannelOption<Set<WatchFilter>> WATCH_FILTER =
            valueOf(IocpChannelOption.class, "WATCH_FILTER");

    /**
     * Bytes of the buffer of a {@link DirectoryWatchChannel}, and of the one in which the kernel keeps what changes
     * between two reads. A change takes 12 bytes and two for each character of the name (84 with details). 1,024 to
     * 1,048,576, default 65,536, which is also the most that there is on network paths: more is less there.
     */
    public static final ChannelOption<Integer> WATCH_BUFFER_SIZE =
            valueOf(IocpChannelOption.class, "WATCH_BUFFER_SIZE");

    /**
     * Whether a {@link DirectoryWatchChannel} asks for {@link DirectoryEvent.Details}; default {@code false}. Windows
     * has them since version 1709, of NTFS and ReFS; elsewhere the events come without.
     */
    public static final ChannelOption<Boolean> WATCH_DETAILS = valueOf(IocpChannelOption.class, "WATCH_DETAILS");

    @SuppressWarnings({ "unused", "deprecation" })
    private IocpChannelOption() {
        super(null);
    }
}
