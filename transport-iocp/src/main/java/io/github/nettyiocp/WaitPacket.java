/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.Win32;

import java.io.IOException;

/**
 * A wait completion packet: Windows posts it to the port when the object is signalled. It is for one signal, and is
 * associated anew for the next.
 */
final class WaitPacket implements WaitMechanism {

    private static final String LIBRARY = "ntdll.dll";
    private static final int ALL_ACCESS = 1;

    private final Win32 win32;
    private final long object;
    private final CompletionKey key;
    private final long packet;

    WaitPacket(Win32 win32, long scratch, long object, CompletionKey key) throws IOException {
        this.win32 = win32;
        this.object = object;
        this.key = key;
        int status = win32.ntCreateWaitCompletionPacket(scratch, ALL_ACCESS, 0);
        if (NtStatus.isError(status)) {
            throw new IOException("NtCreateWaitCompletionPacket failed: status 0x" + Integer.toHexString(status));
        }
        packet = Memory.getLong(scratch);
    }

    static boolean isAvailable(Win32 win32) {
        return win32.isExported(LIBRARY, "NtCreateWaitCompletionPacket")
                && win32.isExported(LIBRARY, "NtAssociateWaitCompletionPacket")
                && win32.isExported(LIBRARY, "NtCancelWaitCompletionPacket");
    }

    @Override
    public boolean arm(long generation) throws IOException {
        // A packet comes also if the object is signalled already.
        int status = win32.ntAssociateWaitCompletionPacket(packet, key.port(), object, key.value(), generation, 0,
                SIGNALLED, 0);
        if (NtStatus.isError(status)) {
            throw WaitMechanism.exception(object, status);
        }
        return true;
    }

    @Override
    public boolean disarm() {
        // Whatever it says: a packet that is queued already has a key that means nothing any more.
        win32.ntCancelWaitCompletionPacket(packet, 1);
        return true;
    }

    @Override
    public void close() {
        win32.closeHandle(packet);
    }
}
