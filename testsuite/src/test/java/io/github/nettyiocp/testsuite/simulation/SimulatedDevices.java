/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** What has a name below {@code \\.\} and is no pipe: serial ports, devices, mailslots; and the calls for them. */
final class SimulatedDevices {

    private static final String LOCAL = "\\\\.\\";
    private static final String DOS_DEVICES = "\\??\\";
    private static final String MAILSLOT = "MAILSLOT\\";
    private static final int FILE_SYNCHRONOUS = 0x10 | 0x20;
    private static final int KNOWN_FLAGS = WinConst.FILE_FLAG_OVERLAPPED | WinConst.FILE_ATTRIBUTE_NORMAL;

    private final SimulatedKernel kernel;
    private final Map<String, Openable> devices = new HashMap<>();
    private final Map<String, SimulatedMailslot> mailslots = new HashMap<>();

    SimulatedDevices(SimulatedKernel kernel) {
        this.kernel = kernel;
    }

    /** What {@code CreateFileW} opens. */
    interface Openable {

        /** Whether it may be opened so; {@code 0} or a Win32 error. */
        int open(int access, int share);

        /** Opens it. */
        DeviceHandle handle(int access, boolean overlapped);
    }

    /** Whether a path leads here; pipes have been sought before. */
    static boolean isDevicePath(String path) {
        return path.startsWith(LOCAL);
    }

    private static String key(String name) {
        return name.toUpperCase(Locale.ROOT);
    }

    /** Makes a device known by a name without {@code \\.\}. */
    <D extends Openable> D add(String name, D device) {
        devices.put(key(name), device);
        return device;
    }

    /** The mailslot of a name that begins with {@code mailslot\}; {@code null} if there is none. */
    SimulatedMailslot mailslot(String name) {
        return mailslots.get(key(name));
    }

    void remove(SimulatedMailslot mailslot) {
        mailslots.remove(key(mailslot.name));
    }

    // ---- calls

    /** {@code CreateFileW}: a handle, or the negative of an error. */
    long open(String path, int access, int share, int disposition, int flags) {
        kernel.blockingCall("CreateFileW of a device");
        if (kernel.faults().happens(Faults.Kind.DEVICE_OPEN_BLOCKS)) {
            kernel.log("CreateFileW blocks");
            kernel.threads().block(() -> false, kernel.schedule().now() + kernel.slowDelay());
            // A cancellation may come when the driver is done already.
            if (kernel.threads().wasCancelled() && kernel.faults().dice().chance(0.5)) {
                return -WinError.ERROR_OPERATION_ABORTED;
            }
        }
        if (disposition != WinConst.OPEN_EXISTING || (flags & ~KNOWN_FLAGS) != 0) {
            return -WinError.ERROR_INVALID_PARAMETER;
        }
        String name = key(path.substring(LOCAL.length()));
        boolean overlapped = (flags & WinConst.FILE_FLAG_OVERLAPPED) != 0;
        if (name.startsWith(MAILSLOT)) {
            SimulatedMailslot mailslot = mailslots.get(name);
            // Its reader has it open for reading.
            int error = mailslot == null ? WinError.ERROR_FILE_NOT_FOUND
                    : (share & WinConst.FILE_SHARE_READ) == 0 ? WinError.ERROR_SHARING_VIOLATION : failure();
            return error != 0 ? -error : opened(mailslot.writer(access, overlapped));
        }
        Openable device = devices.get(name);
        int error = device == null ? WinError.ERROR_FILE_NOT_FOUND : device.open(access, share);
        if (error == 0) {
            error = failure();
        }
        return error != 0 ? -error : opened(device.handle(access, overlapped));
    }

    private int failure() {
        return kernel.faults().happens(Faults.Kind.DEVICE_OPEN_FAILS) ? kernel.faults().dice().pick(new Integer[] {
                WinError.ERROR_ACCESS_DENIED, WinError.ERROR_SHARING_VIOLATION, WinError.ERROR_NO_SYSTEM_RESOURCES })
                : 0;
    }

    private long opened(DeviceHandle handle) {
        kernel.open(handle);
        kernel.log("%s %d is opened", handle.kind(), handle.id);
        return handle.value;
    }

    /** {@code NtCreateMailslotFile}: an {@code NTSTATUS}. */
    int createMailslot(long handle, int access, long attributes, long ioStatusBlock, int options, int maxMessageSize,
                       long timeout) {
        kernel.blockingCall("NtCreateMailslotFile");
        if (!kernel.memory().check(handle, 8, "the handle")
                || !kernel.memory().check(ioStatusBlock, Layout.IO_STATUS_BLOCK_SIZE, "the IO_STATUS_BLOCK")
                || !kernel.memory().check(timeout, 8, "the read timeout")
                || !kernel.memory().check(attributes, Layout.OBJECT_ATTRIBUTES_SIZE, "the OBJECT_ATTRIBUTES")) {
            return NtStatus.STATUS_ACCESS_VIOLATION;
        }
        long unicode = Memory.getLong(attributes + Layout.OBJECT_ATTRIBUTES_OBJECT_NAME);
        int length = Memory.getShort(unicode + Layout.UNICODE_STRING_LENGTH) & 0xffff;
        String path = new String(NativeMemory.copy(Memory.getLong(unicode + Layout.UNICODE_STRING_BUFFER), length),
                StandardCharsets.UTF_16LE);
        if (!path.startsWith(DOS_DEVICES) || !key(path.substring(DOS_DEVICES.length())).startsWith(MAILSLOT)) {
            return NtStatus.STATUS_OBJECT_NAME_INVALID;
        }
        if ((access & WinConst.GENERIC_WRITE) != 0) {
            return NtStatus.STATUS_INVALID_PARAMETER;
        }
        String name = path.substring(DOS_DEVICES.length());
        if (mailslot(name) != null) {
            return NtStatus.STATUS_OBJECT_NAME_COLLISION;
        }
        if (failure() != 0) {
            return NtStatus.STATUS_INSUFFICIENT_RESOURCES;
        }
        long hundredNanos = Memory.getLong(timeout);
        SimulatedMailslot mailslot = new SimulatedMailslot(kernel, name, maxMessageSize,
                hundredNanos == SimulatedMailslot.FOR_EVER ? SimulatedMailslot.FOR_EVER : -hundredNanos * 100);
        mailslots.put(key(name), mailslot);
        Memory.putLong(handle, opened(mailslot.reader((options & FILE_SYNCHRONOUS) == 0)));
        return NtStatus.STATUS_SUCCESS;
    }

    private SimulatedSerialPort.Handle serial(long handle, String function) {
        kernel.blockingCall(function);
        return kernel.handle(handle, function) instanceof SimulatedSerialPort.Handle port ? port : null;
    }

    /** {@code GetCommState}. */
    int getCommState(long handle, long state) {
        SimulatedSerialPort.Handle port = serial(handle, "GetCommState");
        return port == null ? WinError.ERROR_INVALID_FUNCTION
                : kernel.memory().check(state, Layout.DCB_SIZE, "the DCB") ? orFailure(port.getState(state))
                : WinError.ERROR_NOACCESS;
    }

    /** {@code SetCommState}. */
    int setCommState(long handle, long state) {
        SimulatedSerialPort.Handle port = serial(handle, "SetCommState");
        return port == null ? WinError.ERROR_INVALID_FUNCTION
                : kernel.memory().check(state, Layout.DCB_SIZE, "the DCB") ? orFailure(port.setState(state))
                : WinError.ERROR_NOACCESS;
    }

    /** {@code SetCommTimeouts}. */
    int setCommTimeouts(long handle, long timeouts) {
        SimulatedSerialPort.Handle port = serial(handle, "SetCommTimeouts");
        return port == null ? WinError.ERROR_INVALID_FUNCTION
                : kernel.memory().check(timeouts, Layout.COMMTIMEOUTS_SIZE, "the COMMTIMEOUTS")
                ? orFailure(port.setTimeouts(timeouts)) : WinError.ERROR_NOACCESS;
    }

    private int orFailure(int error) {
        return error == 0 && kernel.faults().happens(Faults.Kind.COMM_STATE_FAILS) ? WinError.ERROR_INVALID_PARAMETER
                : error;
    }

    /** {@code DeviceIoControl}. */
    int control(long handle, int code, long in, int inLength, long out, int outLength, long transferred,
                long overlapped) {
        SimulatedHandle object = kernel.handle(handle, "DeviceIoControl");
        if (object == null) {
            return WinError.ERROR_INVALID_HANDLE;
        }
        if (object instanceof SimulatedFileHandle file && code == WinConst.FSCTL_SET_SPARSE) {
            return file.setSparse(transferred, overlapped);
        }
        return object instanceof DeviceHandle device
                ? device.control(code, in, inLength, out, outLength, transferred, overlapped)
                : WinError.ERROR_INVALID_FUNCTION;
    }
}
