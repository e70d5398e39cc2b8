/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.Binding;
import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.ObjectKind;
import io.github.nettyiocp.internal.Operation;
import io.github.nettyiocp.internal.StatusTable;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinError;
import io.netty.util.AbstractReferenceCounted;
import io.netty.util.ReferenceCounted;

import java.io.IOException;

/**
 * A part of a region that Windows sends by one {@code TransmitFile}. The operation owns it until the outcome, and the
 * region, so that the file stays open, and one of the process's {@link TransmitSlots} with it.
 */
final class Transmission extends AbstractReferenceCounted {

    /**
     * The bytes of one call, far from the most that it takes: a channel's progress is told after each. Windows says
     * that it is done only when the peer has acknowledged everything.
     */
    private static final int MAX_BYTES = 1 << 24;

    private final Binding binding;
    private final Win32 win32;
    private final long function;
    private final IocpFileRegion region;
    private final TransmitSlots slots;
    private boolean ended;

    /**
     * Takes the slot over.
     *
     * @param binding of the socket
     * @param function the pointer to {@code TransmitFile}
     */
    Transmission(Binding binding, Win32 win32, long function, IocpFileRegion region, TransmitSlots slots) {
        this.binding = binding;
        this.win32 = win32;
        this.function = function;
        this.region = region.retain();
        this.slots = slots;
    }

    /** The call of a {@code Submission}. */
    int start(long overlapped, long transferred) {
        Memory.putLong(overlapped + Layout.OVERLAPPED_OFFSET, region.position() + region.transferred());
        // Never 0, which would be the whole file.
        int length = (int) Math.min(MAX_BYTES, region.count() - region.transferred());
        // It doesn't say how many bytes it has sent: all of them, if it succeeds.
        Memory.putInt(transferred, length);
        return win32.transmitFile(function, binding.handle(), region.handle(), length, 0, overlapped, 0);
    }

    /** The kernel is done with it: the slot is free for the next part. */
    void ended() {
        if (!ended) {
            ended = true;
            slots.release();
        }
    }

    /** So much was sent. {@code true} if the region was sent with it. */
    boolean sent(int bytes) {
        region.sent(bytes);
        return region.isSent();
    }

    /**
     * Whether the call said at once that it can't do such a thing, with this provider or this file system: the region
     * is read then. After any other failure nobody knows how much was sent.
     */
    boolean isRefused(int status) {
        int error = StatusTable.errorOf(ObjectKind.SOCKET, status);
        boolean refused = error == WinError.WSAEOPNOTSUPP || error == WinError.WSAEINVAL
                || error == WinError.ERROR_INVALID_FUNCTION;
        if (refused) {
            region.setRefused();
        }
        return refused;
    }

    IOException failure(int status) {
        return StatusTable.errorOf(ObjectKind.FILE, status) == WinError.ERROR_HANDLE_EOF ? region.endOfFile()
                : StatusTable.exception(win32, ObjectKind.SOCKET, Operation.TRANSMIT, status, region);
    }

    @Override
    protected void deallocate() {
        ended();
        region.release();
    }

    @Override
    public ReferenceCounted touch(Object hint) {
        return this;
    }
}
