/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.process;

import io.netty.channel.ChannelHandler;

import java.lang.ProcessBuilder.Redirect;
import java.util.List;

/**
 * What a {@link ChildProcessBuilder} said when a child was started.
 *
 * @param directory where it starts; {@code null} for the directory of this process
 * @param environment the block of variables
 * @param searchPath where programs are looked for
 * @param redirects of input, output and error; that of error is {@code null} if it goes where the output goes
 * @param handlers of the channels of input, output and error; {@code null} for none
 * @param inherited other handles that the child gets
 * @param job what it is started in; {@code null} for none
 * @param ownJob whether the job is the child's alone, and ends with it
 * @param console the size of its pseudo console; {@code null} for none
 */
record ChildSettings(List<String> command, String directory, String environment, String searchPath,
                     List<Redirect> redirects, List<ChannelHandler> handlers, List<Long> inherited, JobObject job,
                     boolean ownJob, PseudoConsole.Size console) {

    /** With the job that was made for the child. */
    ChildSettings inJob(JobObject own) {
        return new ChildSettings(command, directory, environment, searchPath, redirects, handlers, inherited, own, true,
                console);
    }
}
