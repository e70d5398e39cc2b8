/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The files of the simulated machine by their names, in which case doesn't matter, and who may open them. */
final class SimulatedFiles {

    private static final int KNOWN_FLAGS = WinConst.FILE_FLAG_OVERLAPPED | WinConst.FILE_ATTRIBUTE_NORMAL
            | WinConst.FILE_FLAG_WRITE_THROUGH | WinConst.FILE_FLAG_DELETE_ON_CLOSE;

    /** Of a client edition. */
    private static final int MAX_TRANSMISSIONS = 2;

    private final SimulatedKernel kernel;
    private final Map<String, SimulatedFile> files = new TreeMap<>();

    private int transmissions;

    SimulatedFiles(SimulatedKernel kernel) {
        this.kernel = kernel;
    }

    /** One transmission more, or one fewer. A client edition of Windows would let the third wait for the others. */
    void transmitting(int change) {
        transmissions += change;
        if (transmissions > MAX_TRANSMISSIONS) {
            kernel.violation("%d TransmitFile at a time", transmissions);
        }
    }

    /** Makes a file of its own, and a handle that reads it and deletes it in the end. */
    SimulatedFileHandle temporary(String name) {
        return opened(create(name), WinConst.GENERIC_READ, WinConst.FILE_SHARE_READ,
                WinConst.FILE_FLAG_OVERLAPPED | WinConst.FILE_FLAG_DELETE_ON_CLOSE).handle();
    }

    /** How {@code CreateFileW} ended. */
    record Opened(int error, SimulatedFileHandle handle) {
    }

    /** The file of a name, {@code null} if there is none. */
    SimulatedFile file(String name) {
        return files.get(key(name));
    }

    /** Makes a file, or takes the one that is there. */
    SimulatedFile create(String name) {
        return files.computeIfAbsent(key(name), key -> new SimulatedFile(name));
    }

    private static String key(String name) {
        return name.toUpperCase(Locale.ROOT);
    }

    /** {@code CreateFileW} of a file. */
    Opened open(String name, int access, int share, int disposition, int flags) {
        kernel.blockingCall("CreateFileW of a file");
        if (kernel.faults().happens(Faults.Kind.FILE_IS_SLOW) && !kernel.isLoop()) {
            kernel.sleep(kernel.slowDelay());
        }
        if ((flags & ~KNOWN_FLAGS) != 0) {
            return refused(WinError.ERROR_INVALID_PARAMETER);
        }
        if (kernel.faults().happens(Faults.Kind.FILE_OPEN_FAILS)) {
            return refused(kernel.faults().dice().pick(new Integer[] { WinError.ERROR_ACCESS_DENIED,
                    WinError.ERROR_SHARING_VIOLATION, WinError.ERROR_NO_SYSTEM_RESOURCES,
                    WinError.ERROR_PATH_NOT_FOUND }));
        }
        SimulatedFile file = file(name);
        if (file == null) {
            if (disposition == WinConst.OPEN_EXISTING || disposition == WinConst.TRUNCATE_EXISTING) {
                return refused(WinError.ERROR_FILE_NOT_FOUND);
            }
            return opened(create(name), access, share, flags);
        }
        if (disposition == WinConst.CREATE_NEW) {
            return refused(WinError.ERROR_FILE_EXISTS);
        }
        if (file.deletePending || file.readOnly && SimulatedFileHandle.writes(access)) {
            return refused(WinError.ERROR_ACCESS_DENIED);
        }
        for (SimulatedFileHandle other : file.handles) {
            if (!SimulatedFileHandle.isShared(access, other.share)
                    || !SimulatedFileHandle.isShared(other.access, share)) {
                return refused(WinError.ERROR_SHARING_VIOLATION);
            }
        }
        if (disposition == WinConst.CREATE_ALWAYS || disposition == WinConst.TRUNCATE_EXISTING) {
            file.resize(0);
        }
        return opened(file, access, share, flags);
    }

    private static Opened refused(int error) {
        return new Opened(error, null);
    }

    private Opened opened(SimulatedFile file, int access, int share, int flags) {
        SimulatedFileHandle handle = new SimulatedFileHandle(kernel, file, access, share,
                (flags & WinConst.FILE_FLAG_OVERLAPPED) != 0, (flags & WinConst.FILE_FLAG_DELETE_ON_CLOSE) != 0);
        file.handles.add(handle);
        return new Opened(0, handle);
    }

    /** The last handle of a file whose deletion pends is closed. */
    void delete(SimulatedFile file) {
        files.remove(key(file.name));
    }
}
