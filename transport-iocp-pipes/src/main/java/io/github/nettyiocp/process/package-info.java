/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * Child processes, and job objects that hold them together.
 *
 * <p>A {@link io.github.nettyiocp.process.ChildProcessBuilder} starts a program, as {@link java.lang.ProcessBuilder}
 * does. What it gives is a {@link io.github.nettyiocp.process.ChildProcess}: its standard input, output and error are
 * Netty channels, its exit code is a future, and no thread waits for it.
 *
 * <p>A {@link io.github.nettyiocp.process.JobObject} is a set of processes: what is in it, whatever those start is in
 * it, too. It limits what they use, counts it, tells of them on an event loop, and can end them all.
 */
package io.github.nettyiocp.process;
