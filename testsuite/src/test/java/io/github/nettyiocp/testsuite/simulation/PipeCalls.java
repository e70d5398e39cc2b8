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

/** The calls that make and open pipes: decodes arguments, refuses what Windows refuses. */
final class PipeCalls {

    private static final int OPEN_FLAGS = WinConst.PIPE_ACCESS_DUPLEX | WinConst.FILE_FLAG_OVERLAPPED
            | WinConst.FILE_FLAG_FIRST_PIPE_INSTANCE | WinConst.FILE_FLAG_WRITE_THROUGH | WinConst.WRITE_DAC
            | WinConst.WRITE_OWNER | WinConst.ACCESS_SYSTEM_SECURITY;
    private static final int MODE_FLAGS = WinConst.PIPE_TYPE_MESSAGE | WinConst.PIPE_READMODE_MESSAGE
            | WinConst.PIPE_REJECT_REMOTE_CLIENTS;
    private static final int SYNCHRONOUS = WinConst.FILE_SYNCHRONOUS_IO_ALERT | WinConst.FILE_SYNCHRONOUS_IO_NONALERT;
    private static final int MAX_NAME_UNITS = 32767;
    private static final String ROOT = "\\Device\\NamedPipe\\";
    private static final String DOS_ROOT = "\\??\\pipe\\";

    private final SimulatedKernel kernel;
    private int error;

    PipeCalls(SimulatedKernel kernel) {
        this.kernel = kernel;
    }

    /** Why the last call gave no handle. */
    int error() {
        return error;
    }

    private long failed(int why) {
        error = why;
        return WinConst.INVALID_HANDLE_VALUE;
    }

    /** Reads a string that ends with a zero; {@code null} if the memory isn't the caller's. */
    static String string(SimulatedKernel kernel, long address) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < MAX_NAME_UNITS; i++) {
            if (!kernel.memory().check(address + 2L * i, 2, "a string")) {
                return null;
            }
            char unit = (char) Memory.getShort(address + 2L * i);
            if (unit == 0) {
                return text.toString();
            }
            text.append(unit);
        }
        return null;
    }

    // ---- CreateNamedPipeW

    long create(long name, int openMode, int pipeMode, int maxInstances, int outQuota, int inQuota,
                int defaultTimeout, long security) {
        String path = string(kernel, name);
        if (path == null) {
            return failed(WinError.ERROR_NOACCESS);
        }
        if ((pipeMode & 1) != 0) {
            kernel.violation("PIPE_NOWAIT is not simulated: nobody should use it");
        }
        if (!SimulatedPipes.isPipePath(path)) {
            return failed(WinError.ERROR_PATH_NOT_FOUND);
        }
        SimulatedPipes.Path parsed = kernel.pipes().parse(path);
        if (parsed.status() != NtStatus.STATUS_SUCCESS || parsed.remote()) {
            return failed(WinError.ERROR_INVALID_NAME);
        }
        if ((openMode & ~OPEN_FLAGS) != 0 || (openMode & WinConst.PIPE_ACCESS_DUPLEX) == 0
                || (pipeMode & ~MODE_FLAGS) != 0 || maxInstances <= 0
                || maxInstances > WinConst.PIPE_UNLIMITED_INSTANCES || outQuota < 0 || inQuota < 0
                || defaultTimeout < 0) {
            return failed(WinError.ERROR_INVALID_PARAMETER);
        }
        if ((openMode & WinConst.ACCESS_SYSTEM_SECURITY) != 0) {
            return failed(WinError.ERROR_PRIVILEGE_NOT_HELD);
        }
        SecurityDescriptor descriptor = null;
        boolean inherit = false;
        if (security != 0) {
            if (!kernel.memory().check(security, Layout.SECURITY_ATTRIBUTES_SIZE, "the SECURITY_ATTRIBUTES")
                    || Memory.getInt(security + Layout.SECURITY_ATTRIBUTES_LENGTH)
                    != Layout.SECURITY_ATTRIBUTES_SIZE) {
                return failed(WinError.ERROR_INVALID_PARAMETER);
            }
            inherit = Memory.getInt(security + Layout.SECURITY_ATTRIBUTES_INHERIT) != 0;
            long address = Memory.getLong(security + Layout.SECURITY_ATTRIBUTES_DESCRIPTOR);
            if (address != 0) {
                descriptor = descriptor(address);
                if (descriptor == null) {
                    return failed(WinError.ERROR_INVALID_SECURITY_DESCR);
                }
            }
        }
        if (kernel.faults().happens(Faults.Kind.PIPE_CREATE_FAILS)) {
            return failed(kernel.faults().dice().pick(new Integer[] { WinError.ERROR_NO_SYSTEM_RESOURCES,
                    WinError.ERROR_NOT_ENOUGH_QUOTA, WinError.ERROR_NOT_ENOUGH_MEMORY }));
        }
        int direction = openMode & WinConst.PIPE_ACCESS_DUPLEX;
        int access = WinConst.SYNCHRONIZE | openMode & (WinConst.WRITE_DAC | WinConst.WRITE_OWNER)
                | ((direction & WinConst.PIPE_ACCESS_INBOUND) != 0 ? WinConst.GENERIC_READ : 0)
                | ((direction & WinConst.PIPE_ACCESS_OUTBOUND) != 0 ? WinConst.GENERIC_WRITE : 0);
        SimulatedPipes.Options options = new SimulatedPipes.Options(
                (openMode & WinConst.FILE_FLAG_FIRST_PIPE_INSTANCE) != 0, direction,
                (pipeMode & WinConst.PIPE_TYPE_MESSAGE) != 0, (pipeMode & WinConst.PIPE_READMODE_MESSAGE) != 0,
                (pipeMode & WinConst.PIPE_REJECT_REMOTE_CLIENTS) != 0, maxInstances, inQuota, outQuota, descriptor);
        return handleOrFailure(create(parsed.name(), access, options),
                (openMode & WinConst.FILE_FLAG_OVERLAPPED) != 0, inherit);
    }

    private SecurityDescriptor descriptor(long address) {
        return kernel.memory().check(address, 20, "a security descriptor") ? SecurityDescriptor.read(address) : null;
    }

    private SimulatedPipes.Opened create(String name, int access, SimulatedPipes.Options options) {
        SimulatedProcess.Token token = kernel.threads().token();
        return isUsable(token) ? kernel.pipes().create(token, name, access, options)
                : SimulatedPipes.Opened.failed(NtStatus.STATUS_BAD_IMPERSONATION_LEVEL);
    }

    private static boolean isUsable(SimulatedProcess.Token token) {
        return token.level().compareTo(SimulatedProcess.Level.IMPERSONATION) >= 0;
    }

    /** Gives an end that was opened a handle. */
    private long handle(PipeEnd end, boolean overlapped, boolean inherit) {
        SimulatedPipeHandle handle = new SimulatedPipeHandle(kernel, end, overlapped);
        handle.inheritable = inherit;
        kernel.open(handle);
        kernel.log("%s %d is opened", handle.kind(), handle.id);
        return handle.value;
    }

    private long handleOrFailure(SimulatedPipes.Opened opened, boolean overlapped, boolean inherit) {
        return opened.status() == NtStatus.STATUS_SUCCESS ? handle(opened.end(), overlapped, inherit)
                : failed(DosErrors.of(opened.status()));
    }

    // ---- CreateFileW

    /** Opens a client's end. The path is one of a pipe. */
    long open(String path, int access, long security, int disposition, int flags) {
        kernel.blockingCall("CreateFileW of a pipe");
        SimulatedPipes.Path parsed = kernel.pipes().parse(path);
        if (disposition != WinConst.OPEN_EXISTING && disposition != WinConst.OPEN_ALWAYS) {
            kernel.violation("CreateFileW of a pipe with the disposition %d", disposition);
            return failed(WinError.ERROR_INVALID_PARAMETER);
        }
        if (kernel.faults().happens(Faults.Kind.PIPE_OPEN_BLOCKS)) {
            kernel.log("CreateFileW blocks");
            kernel.threads().block(() -> false, kernel.schedule().now() + kernel.slowDelay());
            if (kernel.threads().wasCancelled()) {
                return failed(WinError.ERROR_OPERATION_ABORTED);
            }
        }
        if (parsed.status() != NtStatus.STATUS_SUCCESS) {
            return failed(DosErrors.of(parsed.status()));
        }
        if (kernel.faults().happens(Faults.Kind.PIPE_OPEN_FAILS)) {
            return failed(kernel.faults().dice().pick(new Integer[] { WinError.ERROR_NO_SYSTEM_RESOURCES,
                    WinError.ERROR_NOT_ENOUGH_MEMORY, WinError.ERROR_ACCESS_DENIED, 0x4321 }));
        }
        if (kernel.pipes().leadsElsewhere(parsed.name())) {
            return kernel.open(new SimulatedChildren.NullDevice(kernel));
        }
        SimulatedPipe pipe = kernel.pipes().pipe(parsed.name());
        if (pipe != null && kernel.faults().happens(Faults.Kind.PIPE_OPEN_BUSY)) {
            return failed(WinError.ERROR_PIPE_BUSY);
        }
        SimulatedProcess.Token token = kernel.threads().token();
        if (!isUsable(token)) {
            return failed(WinError.ERROR_BAD_IMPERSONATION_LEVEL);
        }
        if (parsed.remote()) {
            token = new SimulatedProcess.Token(token.process(), token.level(), true);
        }
        boolean inherit = security != 0 && Memory.getInt(security + Layout.SECURITY_ATTRIBUTES_INHERIT) != 0;
        return handleOrFailure(kernel.pipes().open(token, parsed.name(),
                access | WinConst.SYNCHRONIZE | WinConst.FILE_READ_ATTRIBUTES, qos(flags)),
                (flags & WinConst.FILE_FLAG_OVERLAPPED) != 0, inherit);
    }

    static PipeInstance.Qos qos(int flags) {
        if ((flags & WinConst.SECURITY_SQOS_PRESENT) == 0) {
            return null;
        }
        SimulatedProcess.Level level = SimulatedProcess.Level.values()[flags >>> 16 & 3];
        return new PipeInstance.Qos(level, (flags & WinConst.SECURITY_CONTEXT_TRACKING) != 0);
    }

    // ---- NtOpenFile and NtCreateNamedPipeFile

    /** The folder of all pipes. */
    private static final class Root extends PassiveHandle {
        Root(SimulatedKernel kernel) {
            super(kernel);
        }

        @Override
        String kind() {
            return "folder of pipes";
        }
    }

    /** The {@code OBJECT_ATTRIBUTES}. */
    private record Attributes(SimulatedHandle root, String name, boolean inherit, SecurityDescriptor descriptor,
                              PipeInstance.Qos qos, int status) {

        static Attributes failed(int status) {
            return new Attributes(null, null, false, null, null, status);
        }
    }

    private Attributes attributes(long address) {
        if (!kernel.memory().check(address, Layout.OBJECT_ATTRIBUTES_SIZE, "the OBJECT_ATTRIBUTES")
                || Memory.getInt(address + Layout.OBJECT_ATTRIBUTES_LENGTH) != Layout.OBJECT_ATTRIBUTES_SIZE) {
            return Attributes.failed(NtStatus.STATUS_INVALID_PARAMETER);
        }
        long rootValue = Memory.getLong(address + Layout.OBJECT_ATTRIBUTES_ROOT_DIRECTORY);
        SimulatedHandle root = rootValue == 0 ? null : kernel.handle(rootValue, "OBJECT_ATTRIBUTES.RootDirectory");
        if (rootValue != 0 && root == null) {
            return Attributes.failed(NtStatus.STATUS_INVALID_HANDLE);
        }
        String name = "";
        long unicode = Memory.getLong(address + Layout.OBJECT_ATTRIBUTES_OBJECT_NAME);
        if (unicode != 0 && kernel.memory().check(unicode, Layout.UNICODE_STRING_SIZE, "the UNICODE_STRING")) {
            int length = Memory.getShort(unicode + Layout.UNICODE_STRING_LENGTH) & 0xffff;
            long buffer = Memory.getLong(unicode + Layout.UNICODE_STRING_BUFFER);
            if (length > 0 && kernel.memory().check(buffer, length, "the name")) {
                name = new String(NativeMemory.copy(buffer, length), StandardCharsets.UTF_16LE);
            }
        }
        int flags = Memory.getInt(address + Layout.OBJECT_ATTRIBUTES_ATTRIBUTES);
        long security = Memory.getLong(address + Layout.OBJECT_ATTRIBUTES_SECURITY_DESCRIPTOR);
        long quality = Memory.getLong(address + Layout.OBJECT_ATTRIBUTES_SECURITY_QUALITY_OF_SERVICE);
        PipeInstance.Qos qos = null;
        if (quality != 0 && kernel.memory().check(quality, 12, "the SECURITY_QUALITY_OF_SERVICE")) {
            qos = new PipeInstance.Qos(SimulatedProcess.Level.values()[Memory.getInt(quality + 4) & 3],
                    Memory.getByte(quality + 8) != 0);
        }
        return new Attributes(root, name, (flags & WinConst.OBJ_INHERIT) != 0,
                security == 0 ? null : descriptor(security), qos, NtStatus.STATUS_SUCCESS);
    }

    /** The name below the folder of all pipes; {@code null} if it is none. */
    private static String underRoot(String name) {
        return name.startsWith(ROOT) ? name.substring(ROOT.length())
                : name.startsWith(DOS_ROOT) ? name.substring(DOS_ROOT.length()) : null;
    }

    int ntOpen(long handle, int access, long attributesAddress, long ioStatusBlock, int options) {
        kernel.blockingCall("NtOpenFile");
        if (!checkOutput(handle, ioStatusBlock)) {
            return NtStatus.STATUS_ACCESS_VIOLATION;
        }
        Attributes attributes = attributes(attributesAddress);
        if (attributes.status() != NtStatus.STATUS_SUCCESS) {
            return attributes.status();
        }
        if ((options & SYNCHRONOUS) != 0 && (access & WinConst.SYNCHRONIZE) == 0) {
            return NtStatus.STATUS_INVALID_PARAMETER;
        }
        if (kernel.faults().happens(Faults.Kind.PIPE_OPEN_FAILS)) {
            return NtStatus.STATUS_INSUFFICIENT_RESOURCES;
        }
        SimulatedPipes.Opened opened;
        SimulatedProcess.Token token = kernel.threads().token();
        boolean overlapped = (options & SYNCHRONOUS) == 0;
        if (attributes.root() instanceof SimulatedPipeHandle server) {
            PipeInstance instance = server.end.instance();
            if (!attributes.name().isEmpty() || instance == null) {
                return NtStatus.STATUS_OBJECT_NAME_INVALID;
            }
            opened = kernel.pipes().open(instance.pipe, instance, token, access, attributes.qos());
        } else {
            String name = attributes.root() instanceof Root ? attributes.name() : underRoot(attributes.name());
            if (attributes.root() == null && name != null && name.isEmpty()) {
                return opened(handle, ioStatusBlock, kernel.open(new Root(kernel)), 1);
            }
            if (name == null || name.isEmpty()) {
                return NtStatus.STATUS_OBJECT_NAME_INVALID;
            }
            opened = kernel.pipes().open(token, name, access, attributes.qos());
        }
        return opened.status() != NtStatus.STATUS_SUCCESS ? opened.status()
                : opened(handle, ioStatusBlock, handle(opened.end(), overlapped, attributes.inherit()), 1);
    }

    int ntCreate(long handle, int access, long attributesAddress, long ioStatusBlock, int shareAccess, int disposition,
                 int options, int pipeType, int readMode, int completionMode, int maxInstances, int inQuota,
                 int outQuota, long defaultTimeout) {
        if (!checkOutput(handle, ioStatusBlock)) {
            return NtStatus.STATUS_ACCESS_VIOLATION;
        }
        Attributes attributes = attributes(attributesAddress);
        if (attributes.status() != NtStatus.STATUS_SUCCESS) {
            return attributes.status();
        }
        if (defaultTimeout == 0 || !kernel.memory().check(defaultTimeout, 8, "the default timeout")
                || Memory.getLong(defaultTimeout) >= 0 || maxInstances == 0 || completionMode != 0
                || (shareAccess & WinConst.PIPE_ACCESS_DUPLEX) == 0
                || (shareAccess & ~WinConst.PIPE_ACCESS_DUPLEX) != 0
                || (options & SYNCHRONOUS) != 0 && (access & WinConst.SYNCHRONIZE) == 0) {
            return NtStatus.STATUS_INVALID_PARAMETER;
        }
        if (kernel.faults().happens(Faults.Kind.PIPE_CREATE_FAILS)) {
            return NtStatus.STATUS_INSUFFICIENT_RESOURCES;
        }
        String name = attributes.root() instanceof Root ? attributes.name() : underRoot(attributes.name());
        if (name == null || attributes.root() == null && name.isEmpty()) {
            return NtStatus.STATUS_OBJECT_NAME_INVALID;
        }
        if (disposition == WinConst.FILE_OPEN && kernel.pipes().pipe(name) == null) {
            return NtStatus.STATUS_OBJECT_NAME_NOT_FOUND;
        }
        // Who may share what is seen from the client, the direction from the server.
        int direction = (shareAccess & WinConst.FILE_SHARE_WRITE) >> 1 | (shareAccess & WinConst.FILE_SHARE_READ) << 1;
        SimulatedPipes.Opened created = create(name.isEmpty() ? null : name, access, new SimulatedPipes.Options(
                disposition == WinConst.FILE_CREATE, direction, (pipeType & 1) != 0, readMode == 1,
                (pipeType & 2) != 0, maxInstances == -1 ? SimulatedPipe.UNLIMITED : maxInstances, inQuota, outQuota,
                attributes.descriptor()));
        return created.status() != NtStatus.STATUS_SUCCESS ? created.status()
                : opened(handle, ioStatusBlock, handle(created.end(), (options & SYNCHRONOUS) == 0,
                attributes.inherit()), 2);
    }

    private boolean checkOutput(long handle, long ioStatusBlock) {
        return kernel.memory().check(handle, 8, "the handle")
                && kernel.memory().check(ioStatusBlock, Layout.IO_STATUS_BLOCK_SIZE, "the IO_STATUS_BLOCK");
    }

    private static int opened(long handle, long ioStatusBlock, long value, int information) {
        Memory.putLong(handle, value);
        Memory.putLong(ioStatusBlock, 0);
        Memory.putLong(ioStatusBlock + 8, information);
        return NtStatus.STATUS_SUCCESS;
    }
}
