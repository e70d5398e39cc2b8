/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.netty.channel.ChannelOption;

/** Options of named pipes beside Netty's. Those of a server are set before it is bound. */
public final class NamedPipeOption<T> extends ChannelOption<T> {

    // ---- servers

    /** What the pipe carries; default {@link PipeType#BYTE}. */
    public static final ChannelOption<PipeType> PIPE_TYPE = valueOf(NamedPipeOption.class, "PIPE_TYPE");

    /**
     * How many instances there are at most, the connected ones among them; a client that comes when all are connected
     * is told that the pipe is busy. 1 to 254, default 255, which means any number.
     */
    public static final ChannelOption<Integer> MAX_INSTANCES = valueOf(NamedPipeOption.class, "MAX_INSTANCES");

    /**
     * How many instances wait for clients: so many can connect at once without being told that the pipe is busy. 1 to
     * 254; the default is the number of processors, 16 at most.
     */
    public static final ChannelOption<Integer> POSTED_INSTANCES = valueOf(NamedPipeOption.class, "POSTED_INSTANCES");

    /**
     * How many bytes Windows keeps of what clients sent and the server has not read, before their writes have to wait.
     * Default 65,536.
     */
    public static final ChannelOption<Integer> IN_QUOTA = valueOf(NamedPipeOption.class, "IN_QUOTA");

    /** How many bytes Windows keeps of what the server sent, see {@link #IN_QUOTA}; default 65,536. */
    public static final ChannelOption<Integer> OUT_QUOTA = valueOf(NamedPipeOption.class, "OUT_QUOTA");

    /** Who may connect; default {@link PipeSecurity#currentUser()}. */
    public static final ChannelOption<PipeSecurity> SECURITY = valueOf(NamedPipeOption.class, "SECURITY");

    /** Whether clients on other machines may connect, as far as {@link #SECURITY} lets them; default {@code false}. */
    public static final ChannelOption<Boolean> REMOTE_CLIENTS = valueOf(NamedPipeOption.class, "REMOTE_CLIENTS");

    // ---- servers and clients

    /** Which way the pipe carries data; default {@link PipeDirection#DUPLEX}. Clients name the server's. */
    public static final ChannelOption<PipeDirection> DIRECTION = valueOf(NamedPipeOption.class, "DIRECTION");

    /**
     * How a pipe of messages is read: {@link PipeType#BYTE}, the default, gives {@code ByteBuf}s without regard to
     * where a message ends; {@link PipeType#MESSAGE} gives {@link PipeMessage}s. On a server it is the default of the
     * channels that it accepts. {@link PipeType#MESSAGE} is refused by a pipe of bytes.
     */
    public static final ChannelOption<PipeType> READ_MODE = valueOf(NamedPipeOption.class, "READ_MODE");

    // ---- channels of clients, and those that a server accepted

    /**
     * Whether an empty message is the end of the input, as programs that use go-winio (Docker) mean it: then
     * {@code shutdownOutput()} sends one. By default it is, if {@link #READ_MODE} is {@link PipeType#BYTE}; otherwise
     * an empty message is a {@link PipeMessage} as any other. {@link PipeMessage#empty()} is written as it is all the
     * same, and leaves the output open. Only of pipes of messages.
     */
    public static final ChannelOption<Boolean> EMPTY_MESSAGE_IS_END =
            valueOf(NamedPipeOption.class, "EMPTY_MESSAGE_IS_END");

    /** What the server may do with the client's identity; default {@link ImpersonationLevel#IDENTIFICATION}. */
    public static final ChannelOption<ImpersonationLevel> IMPERSONATION_LEVEL =
            valueOf(NamedPipeOption.class, "IMPERSONATION_LEVEL");

    /** Who the server must be; default {@link ServerVerification#none()}. Checked before anything is sent. */
    public static final ChannelOption<ServerVerification> SERVER_VERIFICATION =
            valueOf(NamedPipeOption.class, "SERVER_VERIFICATION");

    /**
     * Whether a connect waits for a pipe that doesn't exist yet, until the connect timeout, as it does for one whose
     * instances are all busy; default {@code false}.
     */
    public static final ChannelOption<Boolean> WAIT_FOR_PIPE = valueOf(NamedPipeOption.class, "WAIT_FOR_PIPE");

    /**
     * The access rights that a client asks for ({@code dwDesiredAccess} of {@code CreateFileW}); 0, the default, means
     * exactly those that are needed to read and write. The channel reads and writes only what it asks the right for.
     */
    public static final ChannelOption<Integer> DESIRED_ACCESS = valueOf(NamedPipeOption.class, "DESIRED_ACCESS");

    @SuppressWarnings({ "unused", "deprecation" })
    private NamedPipeOption() {
        super(null);
    }
}
