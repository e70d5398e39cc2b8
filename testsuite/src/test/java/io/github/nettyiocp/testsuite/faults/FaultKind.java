/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.faults;

/** What {@link FaultyWin32} does otherwise than the real calls below it. */
public enum FaultKind {

    // What Windows may do at any time; nobody above may notice.

    /** An operation that succeeded at once is said to be pending, and its packet comes later. */
    PENDING(0.3, 0.2),
    /** The call itself is made later: until then the kernel knows nothing of an operation that is pending. */
    DEFERRED(0.1, 0.1),
    /** A packet is delivered some milliseconds after it came. */
    DELAYED(0.3, 0.2),
    /** Counted only: a packet is delivered after one that came later. */
    REORDERED(0, 0),
    /** {@code GetQueuedCompletionStatusEx} hands out fewer packets than are there. */
    SHORT_BATCH(0.3, 0.2),
    /** {@code GetQueuedCompletionStatusEx} returns before its time is over. */
    EARLY_TIMEOUT(0.05, 0.05),
    /** A receive of a stream, or of a pipe of bytes, gives less than what is there. */
    SHORT_RECEIVE(0.15, 0.1),
    /** A cancellation is accepted and takes effect some milliseconds later, if the operation has not ended by then. */
    LATE_CANCEL(0.3, 0.3),
    /** A cancellation is accepted although the operation has ended, and only its packet is still to come. */
    CANCEL_RACE(0.5, 0.5),
    /** What our own close ended says so by another status than "cancelled". */
    CLOSE_STATUS(0.5, 0.5),
    /** An error packet has a byte count that means nothing. */
    GARBAGE_BYTES(0.8, 0.8),
    /** {@code OVERLAPPED.Internal} says "pending" for ever after a call that succeeded at once. */
    STATUS_STAYS_PENDING(0.5, 0.5),
    /** A call that succeeded at once posts a packet all the same, against what was agreed. */
    STALE_PACKET(0.02, 0.01),
    /** {@code WSASend} or {@code WriteFile} has no memory to lock so many pages; a smaller one succeeds. */
    SEND_TOO_LARGE(0.1, 0.02),
    /** {@code AcceptEx} fails at once, which takes no connection from the queue. */
    ACCEPT_FAILS(0.05, 0.05),
    /** {@code CreateFileW}: all instances of the pipe have their clients. */
    PIPE_BUSY(0.05, 0.05),

    // Errors that end something.

    /** Somebody else cancels an operation that is under way. */
    CANCELLED(0, 0.003),
    /** {@code WSARecv} or {@code ReadFile} fails at once. */
    RECEIVE_FAILS(0, 0.001),
    /** {@code WSASend} or {@code WriteFile} fails at once. */
    SEND_FAILS(0, 0.001),
    /** {@code ConnectEx} fails at once. */
    CONNECT_FAILS(0, 0.01),
    /** A receive, a send, an accept or a connect that succeeded ends by an error, and so does what follows it. */
    RESET(0, 0.005),
    /** {@code WSASocketW}, {@code CreateNamedPipeW}: no handles. */
    SOCKET_FAILS(0, 0.01),
    /** {@code bind}, or {@code CreateNamedPipeW} of the first instance: no memory. */
    BIND_FAILS(0, 0.005),
    /** {@code ConnectNamedPipe} finds that a client came and went: one that had come just now is lost. */
    INSTANCE_FAILS(0, 0.02),
    /** {@code CreateEventW}: no memory. */
    EVENT_FAILS(0, 0.005),
    /** {@code setsockopt} after an accept or a connect: no memory. */
    OPTION_FAILS(0, 0.005),
    /** {@code CreateIoCompletionPort} doesn't associate. */
    ASSOCIATE_FAILS(0, 0.005),
    /** {@code SetFileCompletionNotificationModes} fails. */
    MODES_FAIL(0, 0.005),
    /** {@code VirtualAlloc} commits nothing. */
    COMMIT_FAILS(0, 0.05),
    /** {@code PostQueuedCompletionStatus}: no memory. */
    POST_REFUSED(0, 0.01);

    private final double harmless;
    private final double all;

    FaultKind(double harmless, double all) {
        this.harmless = harmless;
        this.all = all;
    }

    double probability(boolean withErrors) {
        return withErrors ? all : harmless;
    }
}
