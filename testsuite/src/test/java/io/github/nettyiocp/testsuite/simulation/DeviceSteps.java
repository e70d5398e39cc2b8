/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;

import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

/** Steps of {@linkplain ConformanceScript scripts} with mailslots, and what serial ports and devices are asked. */
public final class DeviceSteps {

    private static final AtomicInteger COUNT = new AtomicInteger();

    private final Win32Steps steps;
    /** Makes the names of a run its own. */
    private final String nonce = "netty-iocp-" + ManagementFactory.getRuntimeMXBean().getPid() + '-'
            + COUNT.incrementAndGet() + '-';

    DeviceSteps(Win32Steps steps) {
        this.steps = steps;
    }

    private Win32 win32() {
        return steps.win32();
    }

    /** Makes a mailslot ({@code NtCreateMailslotFile}), whose handle is associated with the port. */
    public int create(String handle, String name, int maxMessageSize, long timeoutMillis) {
        byte[] path = ("\\??\\mailslot\\" + nonce + name).getBytes(StandardCharsets.UTF_16LE);
        long text = steps.memory(path.length);
        Memory.putBytes(text, path);
        long string = steps.memory(Layout.UNICODE_STRING_SIZE);
        Memory.putShort(string + Layout.UNICODE_STRING_LENGTH, path.length);
        Memory.putShort(string + Layout.UNICODE_STRING_MAXIMUM_LENGTH, path.length);
        Memory.putLong(string + Layout.UNICODE_STRING_BUFFER, text);
        long attributes = steps.memory(Layout.OBJECT_ATTRIBUTES_SIZE);
        Memory.putInt(attributes + Layout.OBJECT_ATTRIBUTES_LENGTH, Layout.OBJECT_ATTRIBUTES_SIZE);
        Memory.putLong(attributes + Layout.OBJECT_ATTRIBUTES_OBJECT_NAME, string);
        Memory.putInt(attributes + Layout.OBJECT_ATTRIBUTES_ATTRIBUTES, WinConst.OBJ_CASE_INSENSITIVE);
        long timeout = steps.memory(Long.BYTES);
        Memory.putLong(timeout, timeoutMillis < 0 ? -1 : -timeoutMillis * 10_000);
        long cell = steps.memory(Long.BYTES);
        int status = win32().ntCreateMailslotFile(cell, WinConst.GENERIC_READ | WinConst.SYNCHRONIZE, attributes,
                steps.memory(Layout.IO_STATUS_BLOCK_SIZE), 0, 0, maxMessageSize, timeout);
        steps.note("create " + handle, Win32Steps.status(status));
        if (status == 0) {
            steps.handle(handle, Memory.getLong(cell));
            steps.associate(handle);
        }
        return status;
    }

    /** Opens a mailslot for writing. */
    public int open(String handle, String name, int shareMode) {
        long value = win32().createFile(steps.pipes().string("\\\\.\\mailslot\\" + nonce + name),
                WinConst.GENERIC_WRITE, shareMode, 0, WinConst.OPEN_EXISTING, WinConst.FILE_FLAG_OVERLAPPED);
        boolean failed = value == WinConst.INVALID_HANDLE_VALUE;
        int error = steps.call("open " + handle, failed ? win32().lastError() : 0);
        if (!failed) {
            steps.handle(handle, value);
            steps.associate(handle);
        }
        return error;
    }

    /** A mailslot and a writer; nothing is recorded. */
    public PipeSteps pair(String reader, String writer, int maxMessageSize) {
        int recorded = steps.record().size();
        create(reader, reader, maxMessageSize, -1);
        open(writer, reader, WinConst.FILE_SHARE_READ | WinConst.FILE_SHARE_WRITE);
        steps.record().subList(recorded, steps.record().size()).clear();
        return steps.pipes();
    }

    public int commState(String handle) {
        return steps.call("GetCommState " + handle, win32().getCommState(steps.handle(handle),
                steps.memory(Layout.DCB_SIZE)));
    }

    public int setCommState(String handle) {
        return steps.call("SetCommState " + handle, win32().setCommState(steps.handle(handle),
                steps.memory(Layout.DCB_SIZE)));
    }

    public int commTimeouts(String handle) {
        return steps.call("SetCommTimeouts " + handle, win32().setCommTimeouts(steps.handle(handle),
                steps.memory(Layout.COMMTIMEOUTS_SIZE)));
    }

    /** A request. */
    public int control(String operation, String handle, int code) {
        Win32Steps.Operation begun = steps.begin(operation, handle, steps.memory(16), 16);
        return steps.began(begun, win32().deviceIoControl(steps.handle(handle), code, 0, 0, begun.buffer, 16,
                steps.cell(), begun.overlapped));
    }
}
