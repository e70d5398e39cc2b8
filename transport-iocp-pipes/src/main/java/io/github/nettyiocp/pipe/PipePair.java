/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.github.nettyiocp.Iocp;
import io.github.nettyiocp.IocpRegistration;
import io.github.nettyiocp.internal.NativeWin32;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.Win32Access;
import io.github.nettyiocp.internal.WinConst;

import java.io.IOException;

import static io.netty.util.internal.ObjectUtil.checkNotNull;

/**
 * Two connected ends of a pipe of bytes: one for a loop, and a synchronous one for a child process, or for any other
 * API that wants a handle. The pipe has no name, so that no other process can get hold of an end. Where Windows makes
 * no pipes without a name ({@code NtCreateNamedPipeFile} is missing, or not allowed), it has a random one that is used
 * once, and the ends have made sure of each other before they are handed out.
 *
 * <p>The ends are independent of each other once they are taken: closing the channel doesn't close the handle. That the
 * handle's last copy was closed is the end of the channel's input, also where the channel only writes.
 */
public final class PipePair implements AutoCloseable {

    private final Win32Access access;
    private final NamedPipeChannel channel;
    private long handle;

    private PipePair(Win32Access access, NamedPipeChannel channel, long handle) {
        this.access = access;
        this.channel = channel;
        this.handle = handle;
    }

    /**
     * Makes a pair. Doesn't block; any thread.
     *
     * @param direction as seen from the channel: {@link PipeDirection#INBOUND} if it only reads
     * @param inheritable whether the other end's handle is inherited by all children that are started with inheritance
     *        of handles from now on, whoever starts them
     * @throws IOException if Windows has no memory or no handles
     */
    public static PipePair open(PipeDirection direction, boolean inheritable) throws IOException {
        Iocp.ensureAvailability();
        return open(NativeWin32.ACCESS, direction, inheritable);
    }

    /**
     * Makes a pair, as {@link #open(PipeDirection, boolean)} does, by the native calls of a loop.
     *
     * @param loop the registration with the loop
     */
    public static PipePair open(IocpRegistration loop, PipeDirection direction, boolean inheritable)
            throws IOException {
        return open(loop.win32Access(), direction, inheritable);
    }

    static PipePair open(Win32Access access, PipeDirection direction, boolean inheritable) throws IOException {
        checkNotNull(direction, "direction");
        Win32 win32 = access.ofThisThread();
        // An end that is never read doesn't notice the other's close: so one that only writes may read, too.
        PipeDirection ofServer = direction.serverWrites() ? PipeDirection.DUPLEX : direction;
        PairEnds ends = UnnamedEnds.make(win32, ofServer, direction, inheritable);
        if (ends == null) {
            ends = NamedEnds.make(win32, ofServer, direction, inheritable);
        }
        return of(access, ends, ofServer);
    }

    /** Takes both ends over, and closes them if there is no memory for what holds them. */
    static PipePair of(Win32Access access, PairEnds ends, PipeDirection ofServer) {
        try {
            return new PipePair(access, new NamedPipeChannel(null, ends.server(),
                    handle -> access.ofThisThread().closeHandle(handle),
                    new PipeStrategy(PipeType.BYTE, PipeType.BYTE, ofServer), null), ends.client());
        } catch (Throwable cause) {
            access.ofThisThread().closeHandle(ends.server());
            access.ofThisThread().closeHandle(ends.client());
            throw cause;
        }
    }

    /** The end for a loop, to be registered. */
    public NamedPipeChannel channel() {
        return channel;
    }

    /**
     * Gives the other end away: the caller closes it ({@code CloseHandle}).
     *
     * @throws IllegalStateException if it was taken or closed
     */
    public long takeHandle() {
        long taken = handle;
        if (taken == WinConst.INVALID_HANDLE_VALUE) {
            throw new IllegalStateException("the handle was taken, or closed");
        }
        handle = WinConst.INVALID_HANDLE_VALUE;
        return taken;
    }

    /** Closes the end that was not taken, and the channel if it is not registered. */
    @Override
    public void close() {
        if (handle != WinConst.INVALID_HANDLE_VALUE) {
            access.ofThisThread().closeHandle(handle);
            handle = WinConst.INVALID_HANDLE_VALUE;
        }
        if (!channel.isRegistered()) {
            channel.unsafe().closeForcibly();
        }
    }
}
