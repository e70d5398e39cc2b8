/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

/** Which way a pipe carries data, as seen from the server. */
public enum PipeDirection {

    /** Both ways. {@code PIPE_ACCESS_DUPLEX} */
    DUPLEX,

    /** From clients to the server. {@code PIPE_ACCESS_INBOUND} */
    INBOUND,

    /** From the server to clients. {@code PIPE_ACCESS_OUTBOUND} */
    OUTBOUND;

    boolean serverReads() {
        return this != OUTBOUND;
    }

    boolean serverWrites() {
        return this != INBOUND;
    }
}
