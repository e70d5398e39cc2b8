/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.ObjectKind;
import io.github.nettyiocp.internal.Operation;
import io.github.nettyiocp.internal.StatusTable;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.SocketAddress;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.charset.StandardCharsets;

import static io.netty.util.internal.ObjectUtil.checkPositive;

/**
 * A mailslot: any number of clients send messages to one server that reads them. Each {@code ByteBuf} is a message;
 * an empty one is written as a {@code ByteBufHolder}, and read as a {@code ByteBuf}.
 *
 * <pre>{@code
 * DeviceAddress inbox = new DeviceAddress("mailslot\\inbox");
 * bootstrap.channelFactory(() -> new HandleChannel(MailslotStrategy.server(400))).connect(inbox);    // makes it
 * bootstrap.channelFactory(() -> new HandleChannel(MailslotStrategy.client())).connect(inbox);       // opens it
 * }</pre>
 *
 * <p>A server's name that is taken is {@link java.nio.file.FileAlreadyExistsException}, a client that finds no mailslot
 * gets {@link java.nio.file.NoSuchFileException}. A client isn't told whether its message was read, nor that the server
 * is gone. What a server has not read when it closes is lost.
 */
public final class MailslotStrategy extends HandleStrategy {

    private static final String LOCAL = "\\\\.\\";
    /** How the kernel calls what is below {@link #LOCAL}. */
    private static final String DOS_DEVICES = "\\??\\";
    private static final long FOR_EVER = -1;

    /** Bytes; {@code 0} for a client. */
    private final int maxMessageSize;

    private MailslotStrategy(int maxMessageSize) {
        this.maxMessageSize = maxMessageSize;
    }

    /**
     * The reader of a mailslot, which {@code connect()} makes ({@code NtCreateMailslotFile}).
     *
     * @param maxMessageSize the largest message in bytes; longer ones are refused to those who send them. Each read has
     *                       a buffer of this size. Between machines no more than 424 go
     */
    public static MailslotStrategy server(int maxMessageSize) {
        return new MailslotStrategy(checkPositive(maxMessageSize, "maxMessageSize"));
    }

    /** A sender. */
    public static MailslotStrategy client() {
        return new MailslotStrategy(0);
    }

    private boolean isServer() {
        return maxMessageSize > 0;
    }

    @Override
    protected void checkAddress(SocketAddress address) {
        if (!(address instanceof DeviceAddress)
                || isServer() && !((DeviceAddress) address).path().startsWith(LOCAL)) {
            throw new UnsupportedAddressTypeException();
        }
    }

    @Override
    protected long open(SocketAddress address) throws IOException {
        Win32 win32 = registration().win32Access().ofThisThread();
        String path = ((DeviceAddress) address).path();
        return isServer() ? create(win32, path) : openClient(win32, path);
    }

    /** {@code CreateMailslotW} makes a handle that is synchronous, under Wine at least; the call below doesn't. */
    private long create(Win32 win32, String path) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            byte[] name = (DOS_DEVICES + path.substring(LOCAL.length())).getBytes(StandardCharsets.UTF_16LE);
            MemorySegment text = arena.allocate(name.length, 2);
            Memory.putBytes(text.address(), name);
            long string = arena.allocate(Layout.UNICODE_STRING_SIZE, Long.BYTES).address();
            Memory.putShort(string + Layout.UNICODE_STRING_LENGTH, name.length);
            Memory.putShort(string + Layout.UNICODE_STRING_MAXIMUM_LENGTH, name.length);
            Memory.putLong(string + Layout.UNICODE_STRING_BUFFER, text.address());
            long attributes = arena.allocate(Layout.OBJECT_ATTRIBUTES_SIZE, Long.BYTES).address();
            Memory.putInt(attributes + Layout.OBJECT_ATTRIBUTES_LENGTH, Layout.OBJECT_ATTRIBUTES_SIZE);
            Memory.putLong(attributes + Layout.OBJECT_ATTRIBUTES_OBJECT_NAME, string);
            Memory.putInt(attributes + Layout.OBJECT_ATTRIBUTES_ATTRIBUTES, WinConst.OBJ_CASE_INSENSITIVE);
            long statusBlock = arena.allocate(Layout.IO_STATUS_BLOCK_SIZE, Long.BYTES).address();
            long timeout = arena.allocate(Long.BYTES, Long.BYTES).address();
            Memory.putLong(timeout, FOR_EVER);
            long handle = arena.allocate(Long.BYTES, Long.BYTES).address();
            int status = win32.ntCreateMailslotFile(handle, WinConst.GENERIC_READ | WinConst.SYNCHRONIZE, attributes,
                    statusBlock, 0, 0, maxMessageSize, timeout);
            if (!NtStatus.isSuccess(status)) {
                throw StatusTable.exception(win32, ObjectKind.FILE, Operation.OPEN, status, path);
            }
            return Memory.getLong(handle);
        }
    }

    private static long openClient(Win32 win32, String path) throws IOException {
        long handle;
        try (Arena arena = Arena.ofConfined()) {
            handle = win32.createFile(arena.allocateFrom(path, StandardCharsets.UTF_16LE).address(),
                    WinConst.GENERIC_WRITE, WinConst.FILE_SHARE_READ | WinConst.FILE_SHARE_WRITE, 0,
                    WinConst.OPEN_EXISTING, WinConst.FILE_FLAG_OVERLAPPED);
        }
        if (handle == WinConst.INVALID_HANDLE_VALUE) {
            throw DeviceStrategy.exception(win32, win32.lastError(), path);
        }
        return handle;
    }

    @Override
    protected boolean canRead() {
        return isServer();
    }

    @Override
    protected boolean canWrite() {
        return !isServer();
    }

    @Override
    protected int leastRead() {
        return Math.max(1, maxMessageSize);
    }

    @Override
    protected ReadOutcome classifyRead(int status, int bytes) {
        return ReadOutcome.DATA;
    }

    @Override
    protected boolean isMessageOriented() {
        return true;
    }
}
