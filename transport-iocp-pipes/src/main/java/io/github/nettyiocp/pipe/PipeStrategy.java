/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.github.nettyiocp.channel.HandleStrategy;
import io.github.nettyiocp.channel.ReadOutcome;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.ObjectKind;
import io.github.nettyiocp.internal.Operation;
import io.github.nettyiocp.internal.StatusTable;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.util.ReferenceCounted;
import io.netty.util.concurrent.Promise;
import io.netty.util.internal.StringUtil;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.ConnectException;
import java.net.SocketAddress;
import java.nio.channels.UnsupportedAddressTypeException;

/** What is peculiar to an end of a named pipe. */
final class PipeStrategy extends HandleStrategy {

    /** The first attempts follow each other quickly: an instance is usually free again in a moment. */
    private static final int MAX_RETRY_MILLIS = 50;

    /** Whether this is the server's end. */
    private volatile boolean server;
    /** The library made the handle. */
    private final boolean own;
    private volatile PipeType type;
    private volatile PipeType readMode = PipeType.BYTE;
    private volatile boolean reads = true;
    private volatile boolean writes = true;

    /** An end that isn't there yet, or an adopted one. */
    PipeStrategy(boolean own) {
        this.own = own;
    }

    /** A server's end. */
    PipeStrategy(PipeType type, PipeType readMode, PipeDirection direction) {
        own = true;
        server = true;
        this.type = type;
        this.readMode = readMode;
        reads = direction.serverReads();
        writes = direction.serverWrites();
    }

    /** {@code null} if there is no handle yet. */
    PipeType type() {
        return type;
    }

    boolean isServer() {
        return server;
    }

    private NamedPipeChannelConfig config() {
        return ((NamedPipeChannel) channel()).config();
    }

    @Override
    protected boolean isPipe() {
        return true;
    }

    // ---- opening

    @Override
    protected void checkAddress(SocketAddress address) {
        if (!(address instanceof NamedPipeAddress)) {
            throw new UnsupportedAddressTypeException();
        }
    }

    @Override
    protected long open(SocketAddress address) throws IOException {
        Win32 win32 = registration().win32Access().ofThisThread();
        NamedPipeChannelConfig config = config();
        long handle;
        try (Arena arena = Arena.ofConfined()) {
            handle = win32.createFile(Sids.wide(arena, address.toString()), desiredAccess(config), 0, 0,
                    WinConst.OPEN_EXISTING, WinConst.FILE_FLAG_OVERLAPPED | config.getImpersonationLevel().flags());
        }
        if (handle == WinConst.INVALID_HANDLE_VALUE) {
            throw connectException(win32, win32.lastError(), config.isWaitForPipe());
        }
        try {
            if (win32.getFileType(handle) != WinConst.FILE_TYPE_PIPE) {
                throw new ConnectException("not a pipe");
            }
            config.getServerVerification().check(win32, handle, address);
            look(win32, handle);
            reads = reads(config);
            writes = writes(config);
            if (config.getReadMode() == PipeType.MESSAGE) {
                readMessages(win32, handle);
            }
            return handle;
        } catch (Throwable cause) {
            win32.closeHandle(handle);
            throw cause;
        }
    }

    private static int desiredAccess(NamedPipeChannelConfig config) {
        if (config.getDesiredAccess() != 0) {
            return config.getDesiredAccess() | config.getServerVerification().access();
        }
        PipeDirection direction = config.getDirection();
        return WinConst.SYNCHRONIZE | WinConst.FILE_READ_ATTRIBUTES
                | (direction.serverWrites() ? WinConst.FILE_READ_DATA : 0)
                | (direction.serverReads() ? WinConst.FILE_WRITE_DATA : 0)
                | (config.getReadMode() == PipeType.MESSAGE ? WinConst.FILE_WRITE_ATTRIBUTES : 0)
                | config.getServerVerification().access();
    }

    /** Whether a client reads: only where it asks for the right to. */
    private static boolean reads(NamedPipeChannelConfig config) {
        return config.getDirection().serverWrites()
                && grants(config, WinConst.FILE_READ_DATA | WinConst.GENERIC_READ);
    }

    private static boolean writes(NamedPipeChannelConfig config) {
        return config.getDirection().serverReads()
                && grants(config, WinConst.FILE_WRITE_DATA | WinConst.GENERIC_WRITE);
    }

    private static boolean grants(NamedPipeChannelConfig config, int right) {
        int access = config.getDesiredAccess();
        return access == 0 || (access & (right | WinConst.GENERIC_ALL | WinConst.MAXIMUM_ALLOWED)) != 0;
    }

    private static IOException connectException(Win32 win32, int error, boolean waitForPipe) {
        // The address is added by who knows what was asked for.
        IOException cause = StatusTable.exception(win32, ObjectKind.PIPE, Operation.CONNECT, NtStatus.ofError(error),
                null);
        boolean passes = error == WinError.ERROR_PIPE_BUSY || error == WinError.ERROR_FILE_NOT_FOUND && waitForPipe;
        return passes && cause instanceof ConnectException ? new PipeBusyException((ConnectException) cause) : cause;
    }

    @Override
    protected long retryMillis(Throwable cause, int attempts) {
        return cause instanceof PipeBusyException ? Math.min(1L << Math.min(attempts - 1, 30), MAX_RETRY_MILLIS) : -1;
    }

    @Override
    protected void adopt(long handle) throws IOException {
        Win32 win32 = registration().win32Access().ofThisThread();
        look(win32, handle);
        if (config().getReadMode() == PipeType.MESSAGE) {
            readMessages(win32, handle);
        }
    }

    /** Finds out what the pipe carries and which end this is. */
    private void look(Win32 win32, long handle) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long flags = arena.allocate(Integer.BYTES, Integer.BYTES).address();
            check(win32, win32.getNamedPipeInfo(handle, flags, 0, 0, 0), "GetNamedPipeInfo");
            server = (Memory.getInt(flags) & WinConst.PIPE_SERVER_END) != 0;
            type = (Memory.getInt(flags) & WinConst.PIPE_TYPE_MESSAGE) != 0 ? PipeType.MESSAGE : PipeType.BYTE;
        }
    }

    private void readMessages(Win32 win32, long handle) throws IOException {
        if (type != PipeType.MESSAGE) {
            throw new ConnectException("READ_MODE is MESSAGE, but the pipe carries bytes");
        }
        try (Arena arena = Arena.ofConfined()) {
            long mode = arena.allocate(Integer.BYTES, Integer.BYTES).address();
            Memory.putInt(mode, WinConst.PIPE_READMODE_MESSAGE | WinConst.PIPE_WAIT);
            check(win32, win32.setNamedPipeHandleState(handle, mode, 0, 0), "SetNamedPipeHandleState");
        }
        readMode = PipeType.MESSAGE;
    }

    private static void check(Win32 win32, int error, String function) throws IOException {
        if (error != 0) {
            throw new ConnectException(function + " failed: "
                    + StatusTable.exception(win32, ObjectKind.PIPE, Operation.OPTION, NtStatus.ofError(error), null)
                            .getMessage());
        }
    }

    @Override
    protected boolean canSkipOnSuccess() {
        // Not with messages: Windows isn't reliable about the packet of a part of one.
        return own && type == PipeType.BYTE;
    }

    // ---- reading

    @Override
    protected boolean canRead() {
        return reads;
    }

    @Override
    protected ReadOutcome classifyRead(int status, int bytes) {
        if (bytes > 0) {
            return readMode == PipeType.MESSAGE && !NtStatus.isSuccess(status) ? ReadOutcome.MESSAGE_PART
                    : ReadOutcome.DATA;
        }
        if (type == PipeType.BYTE) {
            // Somebody wrote nothing.
            return ReadOutcome.NOTHING;
        }
        if (config().isEmptyMessageEnd()) {
            return ReadOutcome.END;
        }
        return readMode == PipeType.MESSAGE ? ReadOutcome.DATA : ReadOutcome.NOTHING;
    }

    @Override
    protected ReferenceCounted toMessage(ByteBuf buffer, ReadOutcome outcome) {
        return readMode == PipeType.MESSAGE ? new PipeMessage(buffer, outcome == ReadOutcome.DATA) : buffer;
    }

    // ---- writing

    @Override
    protected boolean canWrite() {
        // Before the connect too: what is written then is sent after it.
        return type == null ? writes(config()) : writes;
    }

    @Override
    protected boolean isMessageOriented() {
        return type == PipeType.MESSAGE;
    }

    /** What a codec should have encoded is no message, and an empty one of these no end of the output. */
    @Override
    protected void checkMessage(ByteBufHolder message) {
        if (!(message instanceof PipeMessage)) {
            throw new UnsupportedOperationException("unsupported message type: " + StringUtil.simpleClassName(message)
                    + " (expected: ByteBuf, PipeMessage)");
        }
        if (!((PipeMessage) message).isLast()) {
            throw new UnsupportedOperationException("a part of a message would become a whole one: " + message);
        }
    }

    @Override
    protected boolean hasOutputEnd() {
        return type == PipeType.MESSAGE && writes && config().isEmptyMessageEnd();
    }

    /** An empty message is lost on a peer that reads bytes, if there is unread data before it. */
    @Override
    protected void beforeOutputEnd(Promise<Void> ready) {
        new PipeDrain(registration(), channel(), ready).start();
    }
}
