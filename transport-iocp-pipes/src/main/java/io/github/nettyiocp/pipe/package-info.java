/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * Named pipes.
 *
 * <p>A named pipe connects two programs of a machine, or of two, as a local socket does elsewhere. A server makes
 * <em>instances</em> of a name, each of which takes one client; a client opens the name. Most pipes carry bytes; one of
 * message type keeps the bounds of what was written, as {@link io.github.nettyiocp.pipe.PipeMessage}s.
 *
 * <p>{@link io.github.nettyiocp.pipe.NamedPipeAddress} says which pipe is meant.
 *
 * <p>What the defaults do against whom, and what they don't, is in {@code docs/pipe-security.md}.
 */
package io.github.nettyiocp.pipe;
