/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.process;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.WinConst;

import java.time.Duration;

import static io.netty.util.internal.ObjectUtil.checkNotNull;
import static io.netty.util.internal.ObjectUtil.checkPositive;

/**
 * The limits of a {@link JobObject} ({@code JOBOBJECT_EXTENDED_LIMIT_INFORMATION}). At first there are none. Not safe
 * for use by several threads.
 */
public final class JobLimits {

    private static final int NANOS_PER_TICK = 100;

    private boolean killOnClose;
    private boolean breakaway;
    private boolean silentBreakaway;
    private boolean dieOnUnhandledException;
    private int activeProcesses;
    private long processMemory;
    private long jobMemory;
    private long processTime;
    private long jobTime;

    /** Makes limits that limit nothing. */
    public JobLimits() {
    }

    JobLimits copy() {
        JobLimits copy = new JobLimits();
        copy.killOnClose = killOnClose;
        copy.breakaway = breakaway;
        copy.silentBreakaway = silentBreakaway;
        copy.dieOnUnhandledException = dieOnUnhandledException;
        copy.activeProcesses = activeProcesses;
        copy.processMemory = processMemory;
        copy.jobMemory = jobMemory;
        copy.processTime = processTime;
        copy.jobTime = jobTime;
        return copy;
    }

    /**
     * Whether all processes are ended when the job's last handle is closed: by {@link JobObject#close()}, by the end of
     * its loop, or because this program has ended, in whatever way.
     */
    public JobLimits killOnClose(boolean newKillOnClose) {
        killOnClose = newKillOnClose;
        return this;
    }

    /** Whether a process of the job may start one outside of it ({@code CREATE_BREAKAWAY_FROM_JOB}). */
    public JobLimits breakaway(boolean newBreakaway) {
        breakaway = newBreakaway;
        return this;
    }

    /** Whether what the processes of the job start is outside of it. */
    public JobLimits silentBreakaway(boolean newSilentBreakaway) {
        silentBreakaway = newSilentBreakaway;
        return this;
    }

    /** Whether a process that crashes ends at once, and doesn't show a dialog. */
    public JobLimits dieOnUnhandledException(boolean newDieOnUnhandledException) {
        dieOnUnhandledException = newDieOnUnhandledException;
        return this;
    }

    /** How many processes there may be at a time. */
    public JobLimits activeProcesses(int newActiveProcesses) {
        activeProcesses = checkPositive(newActiveProcesses, "activeProcesses");
        return this;
    }

    /** How many bytes each process may commit. */
    public JobLimits processMemory(long bytes) {
        processMemory = checkPositive(bytes, "bytes");
        return this;
    }

    /** How many bytes the processes may commit together. */
    public JobLimits jobMemory(long bytes) {
        jobMemory = checkPositive(bytes, "bytes");
        return this;
    }

    /** How much time of the CPU in user mode each process may use. It is ended after that. */
    public JobLimits processTime(Duration time) {
        processTime = ticks(time);
        return this;
    }

    /**
     * How much time of the CPU in user mode the processes may use together, from when this is set. They are ended after
     * that.
     */
    public JobLimits jobTime(Duration time) {
        jobTime = ticks(time);
        return this;
    }

    private static long ticks(Duration time) {
        return checkPositive(checkNotNull(time, "time").toNanos() / NANOS_PER_TICK, "time in units of 100 ns");
    }

    private int flags() {
        return (killOnClose ? WinConst.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE : 0)
                | (breakaway ? WinConst.JOB_OBJECT_LIMIT_BREAKAWAY_OK : 0)
                | (silentBreakaway ? WinConst.JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK : 0)
                | (dieOnUnhandledException ? WinConst.JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION : 0)
                | (activeProcesses != 0 ? WinConst.JOB_OBJECT_LIMIT_ACTIVE_PROCESS : 0)
                | (processMemory != 0 ? WinConst.JOB_OBJECT_LIMIT_PROCESS_MEMORY : 0)
                | (jobMemory != 0 ? WinConst.JOB_OBJECT_LIMIT_JOB_MEMORY : 0)
                | (processTime != 0 ? WinConst.JOB_OBJECT_LIMIT_PROCESS_TIME : 0)
                | (jobTime != 0 ? WinConst.JOB_OBJECT_LIMIT_JOB_TIME : 0);
    }

    /** Fills a {@code JOBOBJECT_EXTENDED_LIMIT_INFORMATION} of zeros. */
    void write(long address) {
        Memory.putInt(address + Layout.JOB_LIMITS_FLAGS, flags());
        Memory.putInt(address + Layout.JOB_LIMITS_ACTIVE_PROCESSES, activeProcesses);
        Memory.putLong(address + Layout.JOB_LIMITS_PROCESS_MEMORY, processMemory);
        Memory.putLong(address + Layout.JOB_LIMITS_JOB_MEMORY, jobMemory);
        Memory.putLong(address + Layout.JOB_LIMITS_PROCESS_TIME, processTime);
        Memory.putLong(address + Layout.JOB_LIMITS_JOB_TIME, jobTime);
    }

    @Override
    public String toString() {
        return "JobLimits(flags 0x" + Integer.toHexString(flags()) + ')';
    }
}
