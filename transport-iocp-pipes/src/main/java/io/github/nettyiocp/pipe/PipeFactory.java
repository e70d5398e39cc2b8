/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.ObjectKind;
import io.github.nettyiocp.internal.Operation;
import io.github.nettyiocp.internal.StatusTable;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.Win32Access;
import io.github.nettyiocp.internal.WinConst;

import java.io.IOException;
import java.lang.foreign.Arena;

/**
 * Makes the instances of a server's pipe, by {@code NtCreateNamedPipeFile}, on which {@code CreateNamedPipeW} is built:
 * it can say whether the name must be there already, and asks for exactly the access that is needed.
 *
 * <p>The first instance is a guard that keeps the name from the bind to the close, while all others are connected or
 * none is there: an instance for which no access to read or write is asked takes no clients. Under Wine it takes them;
 * there is no guard there, and the name is gone for a moment when the last instance is closed.
 */
final class PipeFactory implements AutoCloseable {

    /** 50 ms, for who calls {@code WaitNamedPipe} without a time of its own. */
    private static final long DEFAULT_TIMEOUT = -500_000;
    private static final String PREFIX = "\\??\\pipe\\";

    private final SecurityAttributes security;
    private final Win32Access win32Access;
    private final boolean wine;
    private final Arena arena = Arena.ofShared();
    private final long handle = arena.allocate(Long.BYTES, Long.BYTES).address();
    private final long statusBlock = arena.allocate(Layout.IO_STATUS_BLOCK_SIZE, Long.BYTES).address();
    private final long timeout = arena.allocate(Long.BYTES, Long.BYTES).address();
    private final long attributes;
    private final int type;
    private final int readMode;
    private final int access;
    private final int share;
    private final int maxInstances;
    private final int inQuota;
    private final int outQuota;
    private long guard = WinConst.INVALID_HANDLE_VALUE;
    private boolean named;

    private PipeFactory(NamedPipeAddress address, NamedPipeServerChannelConfig config, SecurityAttributes security,
                        Win32Access win32Access) {
        this.security = security;
        this.win32Access = win32Access;
        wine = win32Access.ofThisThread().wineGetVersion() != 0;
        PipeDirection direction = config.getDirection();
        // Wine, which knows no remote clients, takes the bit for the type's.
        type = (config.getPipeType() == PipeType.MESSAGE ? WinConst.FILE_PIPE_MESSAGE_TYPE : 0)
                | (config.isRemoteClients() || wine ? 0 : WinConst.FILE_PIPE_REJECT_REMOTE_CLIENTS);
        readMode = config.getReadMode() == PipeType.MESSAGE ? WinConst.FILE_PIPE_MESSAGE_MODE : 0;
        access = WinConst.SYNCHRONIZE | WinConst.FILE_READ_ATTRIBUTES
                | (direction.serverReads() ? WinConst.GENERIC_READ : 0)
                | (direction.serverWrites() ? WinConst.GENERIC_WRITE : 0);
        // What clients may do tells Windows the direction.
        share = (direction.serverWrites() ? WinConst.FILE_SHARE_READ : 0)
                | (direction.serverReads() ? WinConst.FILE_SHARE_WRITE : 0);
        int max = config.getMaxInstances();
        maxInstances = max == NamedPipeServerChannelConfig.UNLIMITED_INSTANCES ? -1 : wine ? max : max + 1;
        inQuota = config.getInQuota();
        outQuota = config.getOutQuota();
        Memory.putLong(timeout, DEFAULT_TIMEOUT);
        attributes = objectAttributes(PREFIX + address.name());
    }

    /**
     * Takes the name, with the settings of now for all instances.
     *
     * @throws java.net.BindException if there is a pipe of the name, whoever made it
     */
    static PipeFactory open(NamedPipeAddress address, NamedPipeServerChannelConfig config, Win32Access win32Access)
            throws IOException {
        Win32 win32 = win32Access.ofThisThread();
        PipeFactory factory = new PipeFactory(address, config, config.getSecurity().attributes(win32), win32Access);
        if (!factory.wine) {
            int status = factory.create(win32, WinConst.SYNCHRONIZE, WinConst.FILE_CREATE);
            if (NtStatus.isError(status)) {
                factory.close();
                throw StatusTable.exception(win32, ObjectKind.PIPE, Operation.BIND, status, address);
            }
            factory.guard = factory.handle();
        }
        return factory;
    }

    private long objectAttributes(String name) {
        long text = Sids.wide(arena, name);
        long string = arena.allocate(Layout.UNICODE_STRING_SIZE, Long.BYTES).address();
        Memory.putShort(string + Layout.UNICODE_STRING_LENGTH, 2 * name.length());
        Memory.putShort(string + Layout.UNICODE_STRING_MAXIMUM_LENGTH, 2 * name.length());
        Memory.putLong(string + Layout.UNICODE_STRING_BUFFER, text);
        long object = arena.allocate(Layout.OBJECT_ATTRIBUTES_SIZE, Long.BYTES).address();
        Memory.putInt(object + Layout.OBJECT_ATTRIBUTES_LENGTH, Layout.OBJECT_ATTRIBUTES_SIZE);
        Memory.putLong(object + Layout.OBJECT_ATTRIBUTES_OBJECT_NAME, string);
        // Not OBJ_INHERIT: children get no pipes.
        Memory.putInt(object + Layout.OBJECT_ATTRIBUTES_ATTRIBUTES, WinConst.OBJ_CASE_INSENSITIVE);
        Memory.putLong(object + Layout.OBJECT_ATTRIBUTES_SECURITY_DESCRIPTOR, security.descriptor());
        return object;
    }

    /**
     * Makes an instance. Called by one thread at a time.
     *
     * @return the status; {@link #handle()} has the handle if it is a success
     */
    int create(Win32 win32) {
        int disposition = !wine ? WinConst.FILE_OPEN : named ? WinConst.FILE_OPEN_IF : WinConst.FILE_CREATE;
        int status = create(win32, access, disposition);
        named |= !NtStatus.isError(status);
        return status;
    }

    private int create(Win32 win32, int desiredAccess, int disposition) {
        return win32.ntCreateNamedPipeFile(handle, desiredAccess, attributes, statusBlock, share, disposition, 0, type,
                readMode, WinConst.FILE_PIPE_QUEUE_OPERATION, maxInstances, inQuota, outQuota, timeout);
    }

    /** What {@link #create} made. */
    long handle() {
        return Memory.getLong(handle);
    }

    /** Gives the name up; Windows keeps it while there are instances. */
    @Override
    public void close() {
        if (guard != WinConst.INVALID_HANDLE_VALUE) {
            win32Access.ofThisThread().closeHandle(guard);
        }
        arena.close();
        security.close();
    }
}
