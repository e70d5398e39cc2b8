/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.faults;

/** A handle that is associated with a loop's port. All but {@link #closed} belongs to the loop's thread. */
final class FaultyHandle {

    final long value;
    final long key;
    /** A stream socket: receives may be shortened, and calls made later. */
    final boolean stream;
    boolean skipOnSuccess;
    /** An error was delivered that ends the connection: what follows fails too. */
    boolean reset;
    /** When the last datagram is delivered: those of one socket keep their order. */
    long lastDue;
    volatile boolean closed;

    FaultyHandle(long value, long key, boolean stream) {
        this.value = value;
        this.key = key;
        this.stream = stream;
    }
}
