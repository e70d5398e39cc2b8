/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.github.nettyiocp.Iocp;
import io.github.nettyiocp.IocpRegistration;
import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NativeWin32;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.Win32Access;
import io.github.nettyiocp.internal.WinConst;

import java.io.IOException;
import java.lang.foreign.Arena;

import static io.netty.util.internal.ObjectUtil.checkNotNull;

/**
 * Two connected ends of a pipe of bytes: one for a loop, and a synchronous one for a child process, or for any other
 * API that wants a handle. The pipe has no name, so that no other process can get hold of an end.
 *
 * <p>The ends are independent of each other once they are taken: closing the channel doesn't close the handle. That the
 * handle's last copy was closed is the end of the channel's input, also where the channel only writes.
 */
public final class PipePair implements AutoCloseable {

    private static final int QUOTA = 1 << 16;
    private static final long DEFAULT_TIMEOUT = -500_000;

    private final Win32Access access;
    private final NamedPipeChannel channel;
    private long handle;

    private PipePair(Win32Access access, NamedPipeChannel channel, long handle) {
        this.access = access;
        this.channel = channel;
        this.handle = handle;
    }

    /**
     * Makes a pair ({@code NtCreateNamedPipeFile}). Doesn't block; any thread.
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
        try (Arena arena = Arena.ofConfined()) {
            long cell = arena.allocate(Long.BYTES, Long.BYTES).address();
            long statusBlock = arena.allocate(Layout.IO_STATUS_BLOCK_SIZE, Long.BYTES).address();
            long server = makeServer(win32, arena, cell, statusBlock, ofServer);
            try {
                long client = openClient(win32, arena, cell, statusBlock, server, direction, inheritable);
                return new PipePair(access, new NamedPipeChannel(null, server,
                        handle -> access.ofThisThread().closeHandle(handle),
                        new PipeStrategy(PipeType.BYTE, PipeType.BYTE, ofServer), null), client);
            } catch (Throwable cause) {
                win32.closeHandle(server);
                throw cause;
            }
        }
    }

    private static long makeServer(Win32 win32, Arena arena, long cell, long statusBlock, PipeDirection direction)
            throws IOException {
        int access = WinConst.SYNCHRONIZE | WinConst.GENERIC_READ;
        long fileSystem = NtObject.attributes(arena, 0, "\\Device\\NamedPipe\\", WinConst.OBJ_CASE_INSENSITIVE, 0);
        int status = win32.ntOpenFile(cell, access, fileSystem, statusBlock,
                WinConst.FILE_SHARE_READ | WinConst.FILE_SHARE_WRITE, WinConst.FILE_SYNCHRONOUS_IO_NONALERT);
        long root = handle(cell, status, "NtOpenFile");
        try {
            long timeout = arena.allocate(Long.BYTES, Long.BYTES).address();
            Memory.putLong(timeout, DEFAULT_TIMEOUT);
            status = win32.ntCreateNamedPipeFile(cell, access(direction.serverReads(), direction.serverWrites()),
                    NtObject.attributes(arena, root, "", 0, 0), statusBlock, share(direction), WinConst.FILE_CREATE, 0,
                    0, 0, WinConst.FILE_PIPE_QUEUE_OPERATION, 1, QUOTA, QUOTA, timeout);
            return handle(cell, status, "NtCreateNamedPipeFile");
        } finally {
            win32.closeHandle(root);
        }
    }

    private static long openClient(Win32 win32, Arena arena, long cell, long statusBlock, long server,
                                   PipeDirection direction, boolean inheritable) throws IOException {
        int status = win32.ntOpenFile(cell, access(direction.serverWrites(), direction.serverReads()),
                NtObject.attributes(arena, server, "", inheritable ? WinConst.OBJ_INHERIT : 0, 0), statusBlock,
                WinConst.FILE_SHARE_READ | WinConst.FILE_SHARE_WRITE,
                WinConst.FILE_SYNCHRONOUS_IO_NONALERT | WinConst.FILE_NON_DIRECTORY_FILE);
        return handle(cell, status, "NtOpenFile");
    }

    /** Attributes too: runtimes of children ask what their standard handles are. */
    private static int access(boolean reads, boolean writes) {
        return WinConst.SYNCHRONIZE | WinConst.FILE_READ_ATTRIBUTES | WinConst.FILE_WRITE_ATTRIBUTES
                | (reads ? WinConst.GENERIC_READ : 0) | (writes ? WinConst.GENERIC_WRITE : 0);
    }

    private static int share(PipeDirection direction) {
        return (direction.serverWrites() ? WinConst.FILE_SHARE_READ : 0)
                | (direction.serverReads() ? WinConst.FILE_SHARE_WRITE : 0);
    }

    private static long handle(long cell, int status, String function) throws IOException {
        if (NtStatus.isError(status)) {
            throw new IOException("cannot make a pair of pipe ends: " + function + ", status 0x"
                    + Integer.toHexString(status));
        }
        return Memory.getLong(cell);
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
