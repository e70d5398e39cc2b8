/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */

/** A Netty transport for Windows on I/O completion ports. */
module io.github.nettyiocp {
    requires io.netty.buffer;
    requires io.netty.common;
    requires transitive io.netty.transport;

    exports io.github.nettyiocp;
    exports io.github.nettyiocp.channel;
    exports io.github.nettyiocp.internal to io.github.nettyiocp.pipes;
}
