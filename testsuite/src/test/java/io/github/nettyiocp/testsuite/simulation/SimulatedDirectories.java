/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** The directories of the machine, and the calls that open and read them. */
final class SimulatedDirectories {

    private final SimulatedKernel kernel;
    private final Map<String, SimulatedDirectory> directories = new TreeMap<>();

    SimulatedDirectories(SimulatedKernel kernel) {
        this.kernel = kernel;
    }

    /** Makes a directory. */
    SimulatedDirectory make(String path, boolean remote, boolean detailed) {
        SimulatedDirectory directory = new SimulatedDirectory(kernel, path, remote, detailed);
        directories.put(path, directory);
        return directory;
    }

    /** {@code CreateFileW} with {@code FILE_FLAG_BACKUP_SEMANTICS}: a handle, or the negative of an error. */
    long open(String path, int access, int shareMode, int disposition, int flags) {
        kernel.blockingCall("CreateFileW of a directory");
        if (kernel.faults().happens(Faults.Kind.DIRECTORY_OPEN_BLOCKS)) {
            kernel.log("CreateFileW blocks");
            kernel.threads().block(() -> false, kernel.schedule().now() + kernel.slowDelay());
            // A cancellation may come when the driver is done already.
            if (kernel.threads().wasCancelled() && kernel.faults().dice().chance(0.5)) {
                return -WinError.ERROR_OPERATION_ABORTED;
            }
        }
        SimulatedDirectory directory = directories.get(path);
        if (disposition != WinConst.OPEN_EXISTING) {
            return -WinError.ERROR_INVALID_PARAMETER;
        }
        if (directory == null || directory.isDeleted()) {
            return -WinError.ERROR_FILE_NOT_FOUND;
        }
        if (kernel.faults().happens(Faults.Kind.DIRECTORY_OPEN_FAILS)) {
            return -kernel.faults().dice().pick(new Integer[] { WinError.ERROR_ACCESS_DENIED,
                    WinError.ERROR_SHARING_VIOLATION, WinError.ERROR_NO_SYSTEM_RESOURCES });
        }
        int all = WinConst.FILE_SHARE_READ | WinConst.FILE_SHARE_WRITE | WinConst.FILE_SHARE_DELETE;
        if ((shareMode & all) != all) {
            kernel.violation("a watch keeps others from the directory: share mode %d", shareMode);
        }
        SimulatedDirectoryHandle handle = new SimulatedDirectoryHandle(kernel, directory,
                (access & WinConst.FILE_LIST_DIRECTORY) != 0, (flags & WinConst.FILE_FLAG_OVERLAPPED) != 0);
        kernel.open(handle);
        kernel.log("directory %d is opened", handle.id);
        return handle.value;
    }

    /** {@code ReadDirectoryChangesW} and {@code ReadDirectoryChangesExW}. */
    int read(long directory, long buffer, int length, int subtree, int filter, long overlapped, boolean extended) {
        SimulatedHandle handle = kernel.handle(directory, "ReadDirectoryChangesW");
        if (handle == null) {
            return WinError.ERROR_INVALID_HANDLE;
        }
        if (!(handle instanceof SimulatedDirectoryHandle object)) {
            return WinError.ERROR_INVALID_FUNCTION;
        }
        int error = object.readChanges(buffer, length, subtree != 0, filter, overlapped, extended);
        kernel.log("ReadDirectoryChangesW on directory %d: %d", object.id, error);
        return error;
    }

    /** {@code GetFinalPathNameByHandleW}: the number of units, or the negative of an error. */
    int finalPath(long file, long path, int units) {
        kernel.blockingCall("GetFinalPathNameByHandleW");
        if (!(kernel.handle(file, "GetFinalPathNameByHandleW") instanceof SimulatedDirectoryHandle object)) {
            return -WinError.ERROR_INVALID_HANDLE;
        }
        byte[] name = (object.path() + '\0').getBytes(StandardCharsets.UTF_16LE);
        if (name.length / 2 > units) {
            return name.length / 2;
        }
        if (!kernel.memory().check(path, name.length, "the path")) {
            return -WinError.ERROR_NOACCESS;
        }
        NativeMemory.write(path, name, 0, name.length);
        return name.length / 2 - 1;
    }
}
