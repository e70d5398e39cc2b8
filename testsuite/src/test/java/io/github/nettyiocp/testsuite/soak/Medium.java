/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.soak;

/** What a connection of the soak goes over. */
enum Medium {

    TCP,
    /** A named pipe of bytes, which has no half close. */
    BYTE_PIPE,
    /** A named pipe of messages, whose servers read it as bytes; half of the clients read messages. */
    MESSAGE_PIPE;

    boolean isPipe() {
        return this != TCP;
    }
}
