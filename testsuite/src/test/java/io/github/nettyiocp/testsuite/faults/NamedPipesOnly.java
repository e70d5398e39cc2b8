/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.faults;

import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.Win32Access;

/** A Windows that makes no pipes without a name. What others do meanwhile is said by subclasses. */
public class NamedPipesOnly extends ForwardingWin32Access {

    private final int status;

    /** @param status what {@code NtCreateNamedPipeFile} gives */
    public NamedPipesOnly(Win32Access access, int status) {
        super(access);
        this.status = status;
    }

    @Override
    protected final Win32 around(Win32 calls) {
        return new Calls(calls);
    }

    /** Happens before the server's end is made. */
    protected void beforeServer(long name) {
    }

    /** Happens before the client's end is opened. */
    protected void beforeClient(long name) {
    }

    /** Whose the client of the server's end is. */
    protected int clientProcess(int id) {
        return id;
    }

    /** Happens to what was read. */
    protected void read(long buffer) {
    }

    private final class Calls extends ForwardingWin32 {

        Calls(Win32 win32) {
            super(win32);
        }

        @Override
        public int ntCreateNamedPipeFile(long handle, int access, long attributes, long ioStatusBlock, int shareAccess,
                                         int disposition, int options, int pipeType, int readMode, int completionMode,
                                         int maxInstances, int inQuota, int outQuota, long defaultTimeout) {
            return status;
        }

        @Override
        public long createNamedPipe(long name, int openMode, int pipeMode, int maxInstances, int outQuota, int inQuota,
                                    int defaultTimeout, long security) {
            beforeServer(name);
            return super.createNamedPipe(name, openMode, pipeMode, maxInstances, outQuota, inQuota, defaultTimeout,
                    security);
        }

        @Override
        public long createFile(long name, int access, int shareMode, long security, int disposition, int flags) {
            beforeClient(name);
            return super.createFile(name, access, shareMode, security, disposition, flags);
        }

        @Override
        public int readFile(long handle, long buffer, int length, long transferred, long overlapped) {
            int error = super.readFile(handle, buffer, length, transferred, overlapped);
            NamedPipesOnly.this.read(buffer);
            return error;
        }

        @Override
        public int getNamedPipeClientProcessId(long pipe, long id) {
            int error = super.getNamedPipeClientProcessId(pipe, id);
            Memory.putInt(id, clientProcess(Memory.getInt(id)));
            return error;
        }
    }
}
