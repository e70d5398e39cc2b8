/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.process;

/**
 * Is told what happens in a {@link JobObject}.
 *
 * <p><b>Events are hints.</b> Windows doesn't promise to deliver each: it drops one when it has no memory for it, and a
 * process id may belong to another process by the time its event comes. They are good to see what goes on, or to look
 * earlier than by a timer. What must be right comes from elsewhere: {@link ChildProcess#exit()} waits for the process
 * itself, {@link JobObject#whenEmpty()} and {@link JobObject#accounting()} ask the job.
 */
@FunctionalInterface
public interface JobListener {

    /**
     * Something happened. Called on the job's loop.
     *
     * @param processId the process that the event is about; {@code 0} if it is about the whole job
     */
    void event(JobObject job, JobEvent event, long processId);
}
