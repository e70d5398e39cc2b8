/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.process;

import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.List;

/** The attributes of a process that is about to be created ({@code PROC_THREAD_ATTRIBUTE_LIST}). */
final class AttributeList implements AutoCloseable {

    private static final int MAX_ATTRIBUTES = 3;

    private final Win32 win32;
    private final Arena arena;
    private final long address;

    /** @param arena of the list and of what it points to; closed after the list */
    AttributeList(Win32 win32, Arena arena) throws IOException {
        this.win32 = win32;
        this.arena = arena;
        long size = arena.allocate(Long.BYTES, Long.BYTES).address();
        // Fails by design, and says how much is needed.
        win32.initializeProcThreadAttributeList(0, MAX_ATTRIBUTES, 0, size);
        address = arena.allocate(Math.max(1, Memory.getLong(size)), Long.BYTES).address();
        check(win32.initializeProcThreadAttributeList(address, MAX_ATTRIBUTES, 0, size),
                "InitializeProcThreadAttributeList");
    }

    long address() {
        return address;
    }

    /** The handles that the child inherits, and no others. Each must be there once only. */
    void handles(List<Long> handles) throws IOException {
        check(win32.updateProcThreadAttribute(address, 0, WinConst.PROC_THREAD_ATTRIBUTE_HANDLE_LIST, array(handles),
                handles.size() * (long) Long.BYTES), "UpdateProcThreadAttribute of the inherited handles");
    }

    /** The job that the child is in from its first instruction on; {@code false} if Windows can't do it this way. */
    boolean job(long job) {
        return win32.updateProcThreadAttribute(address, 0, WinConst.PROC_THREAD_ATTRIBUTE_JOB_LIST,
                array(List.of(job)), Long.BYTES) == 0;
    }

    void pseudoConsole(long console) throws IOException {
        check(win32.updateProcThreadAttribute(address, 0, WinConst.PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE, console,
                Long.BYTES), "UpdateProcThreadAttribute of the pseudo console");
    }

    private long array(List<Long> values) {
        long array = arena.allocate(values.size() * (long) Long.BYTES, Long.BYTES).address();
        for (int i = 0; i < values.size(); i++) {
            Memory.putLong(array + i * (long) Long.BYTES, values.get(i));
        }
        return array;
    }

    private static void check(int error, String function) throws IOException {
        if (error != 0) {
            throw new IOException(function + " failed, error " + error);
        }
    }

    @Override
    public void close() {
        win32.deleteProcThreadAttributeList(address);
    }
}
