/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.ObjectKind;
import io.github.nettyiocp.internal.StatusTable;
import io.github.nettyiocp.internal.WinError;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;

/** How an {@link ObjectWait} is told of the signal: by packets with its key, whose payload is what it was armed as. */
interface WaitMechanism {

    /** The object was signalled; the payload is the generation. */
    int SIGNALLED = 0;
    /** Answers {@link #disarm()}: nobody waits for the object any more. */
    int DISARMED = 1;
    /** The payload is the Windows error. */
    int FAILED = 2;

    /** Waits for the object; {@code false} if it is signalled already, and no packet will come. */
    boolean arm(long generation) throws IOException;

    /** Stops waiting; {@code false} if a packet {@link #DISARMED} will say when that was done. */
    boolean disarm();

    /** Frees what it has. Not armed then. */
    void close();

    static IOException exception(long object, int status) {
        String name = "handle 0x" + Long.toHexString(object);
        int error = StatusTable.errorOf(ObjectKind.FILE, status);
        return switch (error) {
            case WinError.ERROR_INVALID_HANDLE -> new ClosedChannelException();
            case WinError.ERROR_ACCESS_DENIED -> new IOException(name + " can't be waited for: it lacks the right"
                    + " SYNCHRONIZE (error 5)");
            case WinError.ERROR_INVALID_PARAMETER -> throw new IllegalArgumentException(name
                    + " is none of the objects that can be waited for");
            default -> new IOException(name + " can't be waited for: "
                    + (NtStatus.isWin32(status) ? "error " + error : "status 0x" + Integer.toHexString(status)));
        };
    }
}
