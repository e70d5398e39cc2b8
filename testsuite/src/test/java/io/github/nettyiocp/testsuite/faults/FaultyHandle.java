/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.faults;

/** A handle that is associated with a loop's port. All but {@link #closed} belongs to the loop's thread. */
final class FaultyHandle {

    /** What it is: receives of streams may be shortened, calls of streams and pipes made later. */
    enum Kind {

        STREAM_SOCKET, DATAGRAM_SOCKET, BYTE_PIPE, MESSAGE_PIPE, OTHER;

        boolean isPipe() {
            return this == BYTE_PIPE || this == MESSAGE_PIPE;
        }
    }

    final long value;
    final long key;
    final Kind kind;
    boolean skipOnSuccess;
    /** An error was delivered that ends the connection: what follows fails too. */
    boolean reset;
    /** When the last datagram is delivered: those of one socket keep their order. */
    long lastDue;
    volatile boolean closed;

    FaultyHandle(long value, long key, Kind kind) {
        this.value = value;
        this.key = key;
        this.kind = kind;
    }
}
