/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.process;

import io.github.nettyiocp.internal.WinConst;

/** What a job object tells of itself and of its processes. */
public enum JobEvent {

    /** A process is in the job now. */
    NEW_PROCESS(WinConst.JOB_OBJECT_MSG_NEW_PROCESS),
    /** A process has ended. */
    PROCESS_ENDED(WinConst.JOB_OBJECT_MSG_EXIT_PROCESS),
    /**
     * A process has ended by an exit code of those that mean a crash. Windows doesn't say whether
     * {@link #PROCESS_ENDED} comes besides. Wine tells of every end as {@code PROCESS_ENDED}.
     */
    PROCESS_CRASHED(WinConst.JOB_OBJECT_MSG_ABNORMAL_EXIT_PROCESS),
    /** No process is left. Others may still be put into the job. */
    EMPTY(WinConst.JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO),
    /** A process would have been one too many, and was not started. */
    ACTIVE_PROCESS_LIMIT(WinConst.JOB_OBJECT_MSG_ACTIVE_PROCESS_LIMIT),
    /** A process asked for more memory than it may have, and didn't get it. */
    PROCESS_MEMORY_LIMIT(WinConst.JOB_OBJECT_MSG_PROCESS_MEMORY_LIMIT),
    /** A process asked for more memory than the job may have, and didn't get it. */
    JOB_MEMORY_LIMIT(WinConst.JOB_OBJECT_MSG_JOB_MEMORY_LIMIT),
    /** A process was ended because it had used its time. */
    PROCESS_TIME_LIMIT(WinConst.JOB_OBJECT_MSG_END_OF_PROCESS_TIME),
    /** The processes have used the job's time. */
    JOB_TIME_LIMIT(WinConst.JOB_OBJECT_MSG_END_OF_JOB_TIME);

    private static final JobEvent[] EVENTS = values();

    private final int message;

    JobEvent(int message) {
        this.message = message;
    }

    /** {@code null} for a message that is none of these. */
    static JobEvent of(int message) {
        for (JobEvent event : EVENTS) {
            if (event.message == message) {
                return event;
            }
        }
        return null;
    }
}
