/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;

/** The calls on job objects: decodes arguments, refuses what Windows refuses. Each gives a Win32 error. */
final class JobCalls {

    private static final int KNOWN_LIMITS = WinConst.JOB_OBJECT_LIMIT_PROCESS_TIME | WinConst.JOB_OBJECT_LIMIT_JOB_TIME
            | WinConst.JOB_OBJECT_LIMIT_ACTIVE_PROCESS | WinConst.JOB_OBJECT_LIMIT_PROCESS_MEMORY
            | WinConst.JOB_OBJECT_LIMIT_JOB_MEMORY | WinConst.JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION
            | WinConst.JOB_OBJECT_LIMIT_BREAKAWAY_OK | WinConst.JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK
            | WinConst.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    private static final int NANOS_PER_TICK = 100;

    private final SimulatedKernel kernel;

    JobCalls(SimulatedKernel kernel) {
        this.kernel = kernel;
    }

    /** The handle; {@code 0} if there is no memory. */
    long create(long security, long name) {
        if (security != 0 || name != 0) {
            kernel.violation("a job with a name or with rights of its own is not simulated");
        }
        if (kernel.faults().happens(Faults.Kind.JOB_FAILS)) {
            return 0;
        }
        SimulatedJob job = new SimulatedJob(kernel);
        kernel.log("job %d is created", job.id);
        return kernel.open(job);
    }

    private SimulatedJob job(long handle, String function) {
        return kernel.handle(handle, function) instanceof SimulatedJob job ? job : null;
    }

    int assign(long jobHandle, long process) {
        SimulatedJob job = job(jobHandle, "AssignProcessToJobObject");
        if (job == null || !(kernel.handle(process, "AssignProcessToJobObject") instanceof SimulatedChild child)) {
            return WinError.ERROR_INVALID_HANDLE;
        }
        if (kernel.faults().happens(Faults.Kind.JOB_FAILS)) {
            return WinError.ERROR_NOT_ENOUGH_MEMORY;
        }
        int error = job.add(child);
        kernel.log("%s is put into job %d: %d", child, job.id, error);
        return error;
    }

    int terminate(long handle, int code) {
        SimulatedJob job = job(handle, "TerminateJobObject");
        if (job == null) {
            return WinError.ERROR_INVALID_HANDLE;
        }
        job.terminate(code);
        return 0;
    }

    int set(long handle, int informationClass, long information, int length) {
        SimulatedJob job = job(handle, "SetInformationJobObject");
        if (job == null) {
            return WinError.ERROR_INVALID_HANDLE;
        }
        if (!kernel.memory().check(information, length, "what a job is told")) {
            return WinError.ERROR_NOACCESS;
        }
        switch (informationClass) {
            case WinConst.JOB_OBJECT_ASSOCIATE_COMPLETION_PORT_INFORMATION:
                return length == Layout.JOB_PORT_SIZE ? setPort(job, information) : DosErrors.ERROR_BAD_LENGTH;
            case WinConst.JOB_OBJECT_EXTENDED_LIMIT_INFORMATION:
                return length == Layout.JOB_LIMITS_SIZE ? setLimits(job, information) : DosErrors.ERROR_BAD_LENGTH;
            default:
                return WinError.ERROR_INVALID_PARAMETER;
        }
    }

    private int setPort(SimulatedJob job, long information) {
        long portHandle = Memory.getLong(information + Layout.JOB_PORT_PORT);
        SimulatedPort port = portHandle == 0 ? null : kernel.port(portHandle, "SetInformationJobObject");
        if (portHandle != 0 && port == null) {
            return WinError.ERROR_INVALID_HANDLE;
        }
        if (port != null && kernel.faults().happens(Faults.Kind.JOB_FAILS)) {
            return WinError.ERROR_NOT_ENOUGH_MEMORY;
        }
        return job.tell(port, Memory.getLong(information + Layout.JOB_PORT_KEY));
    }

    private int setLimits(SimulatedJob job, long information) {
        int flags = Memory.getInt(information + Layout.JOB_LIMITS_FLAGS);
        if ((flags & ~KNOWN_LIMITS) != 0) {
            return WinError.ERROR_INVALID_PARAMETER;
        }
        if (kernel.faults().happens(Faults.Kind.JOB_FAILS)) {
            return WinError.ERROR_NOT_ENOUGH_MEMORY;
        }
        job.flags = flags;
        job.activeLimit = Memory.getInt(information + Layout.JOB_LIMITS_ACTIVE_PROCESSES);
        job.processTime = Memory.getLong(information + Layout.JOB_LIMITS_PROCESS_TIME);
        job.jobTime = Memory.getLong(information + Layout.JOB_LIMITS_JOB_TIME);
        job.processMemory = Memory.getLong(information + Layout.JOB_LIMITS_PROCESS_MEMORY);
        job.jobMemory = Memory.getLong(information + Layout.JOB_LIMITS_JOB_MEMORY);
        return 0;
    }

    int query(long handle, int informationClass, long information, int length, long needed) {
        SimulatedJob job = job(handle, "QueryInformationJobObject");
        if (job == null) {
            return WinError.ERROR_INVALID_HANDLE;
        }
        if (!kernel.memory().check(information, length, "what a job tells")) {
            return WinError.ERROR_NOACCESS;
        }
        if (kernel.faults().happens(Faults.Kind.JOB_QUERY_FAILS)) {
            return WinError.ERROR_NO_SYSTEM_RESOURCES;
        }
        switch (informationClass) {
            case WinConst.JOB_OBJECT_BASIC_ACCOUNTING_INFORMATION:
                return accounting(job, information, length, Layout.JOB_ACCOUNTING_SIZE);
            case WinConst.JOB_OBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION:
                return accounting(job, information, length, Layout.JOB_IO_ACCOUNTING_SIZE);
            case WinConst.JOB_OBJECT_EXTENDED_LIMIT_INFORMATION:
                if (length != Layout.JOB_LIMITS_SIZE) {
                    return DosErrors.ERROR_BAD_LENGTH;
                }
                NativeMemory.fill(information, length, 0);
                Memory.putInt(information + Layout.JOB_LIMITS_FLAGS, job.flags);
                return 0;
            case WinConst.JOB_OBJECT_BASIC_PROCESS_ID_LIST:
                return processIds(job, information, length);
            default:
                return WinError.ERROR_INVALID_PARAMETER;
        }
    }

    private static int accounting(SimulatedJob job, long information, int length, int size) {
        if (length != size) {
            return DosErrors.ERROR_BAD_LENGTH;
        }
        NativeMemory.fill(information, length, 0);
        Memory.putLong(information + Layout.JOB_ACCOUNTING_USER_TIME, job.userNanos / NANOS_PER_TICK);
        Memory.putInt(information + Layout.JOB_ACCOUNTING_PROCESSES, job.processes);
        Memory.putInt(information + Layout.JOB_ACCOUNTING_ACTIVE, job.active.size());
        Memory.putInt(information + Layout.JOB_ACCOUNTING_TERMINATED, job.terminated);
        return 0;
    }

    private static int processIds(SimulatedJob job, long information, int length) {
        int room = (length - Layout.JOB_PROCESS_IDS) / Long.BYTES;
        if (room < 1) {
            return DosErrors.ERROR_BAD_LENGTH;
        }
        int listed = Math.min(room, job.active.size());
        Memory.putInt(information, job.active.size());
        Memory.putInt(information + Layout.JOB_PROCESS_IDS_COUNT, listed);
        for (int i = 0; i < listed; i++) {
            Memory.putLong(information + Layout.JOB_PROCESS_IDS + (long) i * Long.BYTES, job.active.get(i).process.id);
        }
        return listed < job.active.size() ? WinError.ERROR_MORE_DATA : 0;
    }
}
