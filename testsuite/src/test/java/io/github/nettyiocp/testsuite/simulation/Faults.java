/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/**
 * What goes otherwise than on a quiet machine in a run: for each {@link Kind} a probability, thrown each time when it
 * could happen, and a count of how often it did.
 *
 * <p>There are two sorts. What is {@linkplain Kind#isFailure() no failure} Windows may do at any time, and nothing of
 * it
 * may be seen by a user. A failure ends something; the user may see that and nothing else.
 */
public final class Faults {

    /** What can happen. */
    public enum Kind {
        /** An operation that could succeed at once pends, and its packet comes later. */
        PEND_THOUGH_READY(false),
        /** A packet comes much later than the operation was done. */
        SLOW_COMPLETION(false),
        /** {@code OVERLAPPED.Internal} says "pending" for ever after a call that succeeded at once. */
        STATUS_STAYS_PENDING(false),
        /** A cancellation is accepted, but takes effect only later, if nothing else ends the operation before. */
        CANCEL_IS_SLOW(false),
        /** A cancellation is accepted, and the operation goes on. */
        CANCEL_IS_IGNORED(false),
        /** {@code GetQueuedCompletionStatusEx} hands out fewer packets than are there. */
        SHORT_BATCH(false),
        /** {@code GetQueuedCompletionStatusEx} returns before its time is over. */
        EARLY_TIMEOUT(false),
        /** {@code GetQueuedCompletionStatusEx} returns at the next tick of a coarse timer. */
        LATE_TIMEOUT(false),
        /** A packet arrives whose pointer and key are nobody's. */
        FOREIGN_PACKET(false),
        /** A receive gives less than what is there. */
        PARTIAL_RECEIVE(false),
        /** The network carries a few bytes at a time. */
        SMALL_SEGMENTS(false),
        /** The network takes its time. */
        SLOW_NETWORK(false),
        /**
         * A call that succeeded at once posts a packet all the same, although it was agreed that it doesn't, as layered
         * providers do (libuv#5282). It never names an {@code OVERLAPPED} that is in flight again.
         */
        STALE_PACKET(false),
        /** An operation that our own close ends says so by another status than "cancelled". */
        CLOSE_STATUS_VARIES(false),

        /** {@code WSASocketW}: no handles, or no memory. */
        SOCKET_FAILS(true),
        /** {@code bind}: no memory. */
        BIND_FAILS(true),
        /** {@code CreateIoCompletionPort} doesn't associate. */
        ASSOCIATE_FAILS(true),
        /** {@code SetFileCompletionNotificationModes} fails. */
        MODES_FAIL(true),
        /** {@code setsockopt}: no memory. */
        OPTION_FAILS(true),
        /** {@code WSARecv} fails at once. */
        RECEIVE_FAILS_AT_ONCE(true),
        /** {@code WSASend} fails at once. */
        SEND_FAILS_AT_ONCE(true),
        /** {@code AcceptEx} fails at once. */
        ACCEPT_FAILS_AT_ONCE(true),
        /** {@code ConnectEx} fails at once. */
        CONNECT_FAILS_AT_ONCE(true),
        /** A pending receive ends by an error. */
        RECEIVE_FAILS_LATER(true),
        /** A pending send ends by an error, nobody knows how far it came. */
        SEND_FAILS_LATER(true),
        /** The client is gone when its connection is accepted. */
        ACCEPT_FAILS_LATER(true),
        /** A connect ends by an error. */
        CONNECT_FAILS_LATER(true),
        /** The connection is reset on its way. */
        CONNECTION_RESET(true),
        /** The other machine falls silent. */
        PEER_VANISHES(true),
        /** {@code PostQueuedCompletionStatus}: no memory. */
        POST_REFUSED(true),
        /** {@code VirtualAlloc} commits nothing. */
        COMMIT_FAILS(true),
        /** The buffer allocator throws. */
        ALLOCATION_FAILS(true),
        /** The executor for blocking calls refuses a task. */
        EXECUTOR_REFUSES(true),

        /** {@code CreateFileW} of a pipe takes its time. */
        PIPE_OPEN_BLOCKS(false),
        /** {@code CreateFileW} of a pipe: busy, although an instance listens. */
        PIPE_OPEN_BUSY(false),
        /** A write of no bytes ends a read, also where there are no messages. */
        EMPTY_WRITE_WAKES(false),
        /** What a read or a write can't do for good comes as a packet, and not from the call. */
        PIPE_ERROR_PENDS(false),
        /** {@code CreateNamedPipeW}: no handles, no quota. */
        PIPE_CREATE_FAILS(true),
        /** {@code CreateFileW} of a pipe fails. */
        PIPE_OPEN_FAILS(true),
        /** {@code ConnectNamedPipe} fails at once. */
        LISTEN_FAILS(true),
        /** {@code ConnectNamedPipe} ends by an error. */
        LISTEN_FAILS_LATER(true),
        /** {@code ReadFile} of a pipe fails at once. */
        PIPE_READ_FAILS_AT_ONCE(true),
        /** {@code WriteFile} to a pipe fails at once. */
        PIPE_WRITE_FAILS_AT_ONCE(true),
        /** A pending read of a pipe ends by an error. */
        PIPE_READ_FAILS_LATER(true),
        /** A pending write to a pipe ends by an error; nobody knows how much was read. */
        PIPE_WRITE_FAILS_LATER(true),
        /** {@code FlushFileBuffers} fails. */
        FLUSH_FAILS(true),
        /** Questions about a pipe, and changes of its mode, fail. */
        QUERY_FAILS(true),
        /** Events and wait packets: no memory. */
        WAIT_FAILS(true),
        /** Security: no memory. */
        SECURITY_FAILS(true),

        /** Whoever reads a file blocks for long. */
        FILE_IS_SLOW(false),
        /** A {@code FileRegion}'s file can't be read, or ends early. */
        REGION_FAILS(true),

        /** The network loses a datagram. */
        DATAGRAM_LOST(false),
        /** The network delivers a datagram twice. */
        DATAGRAM_DOUBLED(false),
        /** The network lets later datagrams overtake one. */
        DATAGRAM_OVERTAKEN(false),
        /** Somebody answers that nobody listens where a datagram went, and drops it. */
        DATAGRAM_REFUSED(true),
        /** {@code WSAIoctl} doesn't switch what a datagram socket reports. */
        CONTROL_FAILS(true),

        /** The kernel's buffer for a directory's changes is full, whatever its size. */
        NOTIFY_OVERFLOWS(false),
        /** That it was full is told by the call, not by a packet. */
        OVERFLOW_AT_ONCE(false),
        /** The two names of a rename come in two packets. */
        RENAME_IN_TWO(false),
        /** Somebody cancels all that is pending on a directory. */
        NOTIFY_IS_CANCELLED(false),
        /** {@code CreateFileW} of a directory takes its time. */
        DIRECTORY_OPEN_BLOCKS(false),
        /** {@code CreateFileW} of a directory fails. */
        DIRECTORY_OPEN_FAILS(true),
        /** {@code ReadDirectoryChangesW} fails at once. */
        NOTIFY_FAILS_AT_ONCE(true),
        /** A pending {@code ReadDirectoryChangesW} ends by an error. */
        NOTIFY_FAILS_LATER(true),

        /** A read at the end of a file says so by a packet, and not from the call. */
        FILE_END_PENDS(false),
        /** {@code WriteFile} to a file writes a part, and says how much. */
        FILE_WRITES_PART(false),
        /** {@code CreateFileW} of a file: shared otherwise, no access, no memory. */
        FILE_OPEN_FAILS(true),
        /** {@code ReadFile} of a file fails at once. */
        FILE_READ_FAILS_AT_ONCE(true),
        /** {@code WriteFile} to a file, and a change of its size, fail at once: the disk is full. */
        FILE_WRITE_FAILS_AT_ONCE(true),
        /** A pending read of a file ends by an error. */
        FILE_READ_FAILS_LATER(true),
        /** A pending write to a file ends by an error, and nothing was written. */
        FILE_WRITE_FAILS_LATER(true),

        /** {@code CreateFileW} of a device takes its time. */
        DEVICE_OPEN_BLOCKS(false),
        /** {@code CreateFileW} of a device, and {@code NtCreateMailslotFile}, fail. */
        DEVICE_OPEN_FAILS(true),
        /** A call on a device or a mailslot fails at once. */
        DEVICE_FAILS_AT_ONCE(true),
        /** An operation that pends in a driver ends by an error. */
        DEVICE_FAILS_LATER(true),
        /** A serial port refuses its settings. */
        COMM_STATE_FAILS(true),

        /** {@code TransmitFile} says at once that it can't do it with this file. */
        TRANSMIT_REFUSED(false),
        /** {@code TransmitFile} succeeds with a part of what it was asked for, as Wine's does. */
        TRANSMIT_ENDS_SHORT(false),

        /** {@code CreateProcessW} takes its time. */
        START_IS_SLOW(false),
        /** A process that is terminated takes its time to end. */
        END_IS_SLOW(false),
        /** Windows is too old to start a process in a job, and says so. */
        JOB_LIST_REFUSED(false),
        /** A message of a job never comes. */
        JOB_MESSAGE_LOST(false),
        /** A message of a job comes late, after others. */
        JOB_MESSAGE_LATE(false),
        /** A job can't be parted from its port. */
        JOB_KEEPS_PORT(false),
        /** {@code CreateProcessW} fails. */
        START_FAILS(true),
        /** Jobs are not made, take no limits, no port and no process: no memory. */
        JOB_FAILS(true),
        /** A job doesn't tell what it has. */
        JOB_QUERY_FAILS(true),

        /** {@code CreatePseudoConsole} and {@code ResizePseudoConsole}: no memory. */
        CONSOLE_FAILS(true),

        /** {@code GetQueuedCompletionStatusEx}: no memory; the packets stay where they are. */
        POLL_FAILS(false);

        private final boolean failure;

        Kind(boolean failure) {
            this.failure = failure;
        }

        /** Whether a user can see it. */
        public boolean isFailure() {
            return failure;
        }
    }

    private static final Kind[] KINDS = Kind.values();
    /** What happens seldom anyway is made to happen often. */
    private static final Set<Kind> RARE = EnumSet.of(Kind.EXECUTOR_REFUSES, Kind.CLOSE_STATUS_VARIES,
            Kind.CONNECT_FAILS_AT_ONCE, Kind.CONNECT_FAILS_LATER, Kind.OVERFLOW_AT_ONCE);
    /** What costs a tenth of a second each time is made to happen seldom. */
    private static final Set<Kind> SLOW = EnumSet.of(Kind.POLL_FAILS);
    private static final double[] PROBABILITIES = { 0.003, 0.02, 0.1, 0.4 };

    private final Dice dice;
    private final double[] probabilities = new double[KINDS.length];
    private final long[] injected = new long[KINDS.length];
    private final long[] offered = new long[KINDS.length];
    private int suspensions;

    private Faults(long seed) {
        dice = new Dice(seed);
    }

    /** Nothing goes wrong. */
    public static Faults none() {
        return none(0);
    }

    /** Nothing goes wrong, until a test says so; how it does is by the seed. */
    public static Faults none(long seed) {
        return new Faults(seed);
    }

    /** A few kinds, alone or together, as the seed says; in one run of three no failures. */
    public static Faults random(long seed) {
        Faults faults = new Faults(seed);
        Dice dice = new Dice(seed ^ 0x5eed);
        double share = dice.below(8) == 0 ? 0 : dice.below(100) / 100.0;
        boolean failures = dice.below(3) != 0;
        double failureShare = dice.below(50) / 100.0;
        for (Kind kind : KINDS) {
            // The dice are thrown for every kind, so that runs stay comparable.
            boolean chosen = dice.chance(kind.failure ? failureShare : share);
            double probability = PROBABILITIES[dice.below(kind.failure ? 3 : 4)];
            if (chosen && (failures || !kind.failure)) {
                faults.probabilities[kind.ordinal()] = RARE.contains(kind) ? Math.min(0.5, probability * 5)
                        : SLOW.contains(kind) ? probability / 20 : probability;
            }
        }
        return faults;
    }

    /** One kind only, besides what there is already. */
    public Faults with(Kind kind, double probability) {
        probabilities[kind.ordinal()] = probability;
        return this;
    }

    /** No fault happens until {@link #resume()}; may be nested. */
    public void suspend() {
        suspensions++;
    }

    public void resume() {
        suspensions--;
    }

    /** Throws the dice: whether it happens now. */
    public boolean happens(Kind kind) {
        offered[kind.ordinal()]++;
        double probability = probabilities[kind.ordinal()];
        if (suspensions > 0 || probability == 0 || !dice.chance(probability)) {
            return false;
        }
        injected[kind.ordinal()]++;
        return true;
    }

    /** The dice for what a fault looks like. */
    Dice dice() {
        return dice;
    }

    public double probability(Kind kind) {
        return probabilities[kind.ordinal()];
    }

    public long injected(Kind kind) {
        return injected[kind.ordinal()];
    }

    /** How often it could have happened. */
    public long offered(Kind kind) {
        return offered[kind.ordinal()];
    }

    /** How many failures of any kind happened. */
    public long failures() {
        long failures = 0;
        for (Kind kind : KINDS) {
            if (kind.failure) {
                failures += injected[kind.ordinal()];
            }
        }
        return failures;
    }

    /** The kinds that can happen in this run. */
    public Set<Kind> kinds() {
        Set<Kind> kinds = EnumSet.noneOf(Kind.class);
        for (Kind kind : KINDS) {
            if (probabilities[kind.ordinal()] > 0) {
                kinds.add(kind);
            }
        }
        return kinds;
    }

    /** How often what happened. */
    public Map<Kind, Long> counts() {
        Map<Kind, Long> counts = new EnumMap<>(Kind.class);
        for (Kind kind : KINDS) {
            if (injected[kind.ordinal()] != 0) {
                counts.put(kind, injected[kind.ordinal()]);
            }
        }
        return counts;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("{");
        for (Kind kind : kinds()) {
            text.append(text.length() > 1 ? ", " : "").append(kind).append(' ').append(probabilities[kind.ordinal()]);
        }
        return text.append('}').toString();
    }
}
