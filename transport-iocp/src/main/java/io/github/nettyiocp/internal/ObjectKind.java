/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.internal;

/** The kinds of objects for which Windows gives one status different meanings. */
public enum ObjectKind {

    /** A stream or listening socket. Errors are those of Winsock. */
    SOCKET,

    /** A datagram socket: a "reset" there is an answer of ICMP to something that was sent. */
    DATAGRAM,

    /** A named or unnamed pipe, or another stream-like handle. */
    PIPE,

    /** A file or a directory. */
    FILE
}
