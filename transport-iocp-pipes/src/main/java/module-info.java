/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */

/** Named pipes and child processes on the IOCP transport. */
module io.github.nettyiocp.pipes {
    requires transitive io.github.nettyiocp;
    requires io.netty.buffer;
    requires io.netty.common;

    exports io.github.nettyiocp.pipe;
    exports io.github.nettyiocp.process;
}
