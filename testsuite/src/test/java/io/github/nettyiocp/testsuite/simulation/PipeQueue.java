/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.NtStatus;

import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;

/**
 * One direction of an instance of a pipe, as {@code npfs.sys} keeps it: what was written and is not read yet, or who
 * waits to read; never both.
 *
 * <p>What is written is charged to a quota. A write that fits is done at once. One that doesn't fit waits, but all of
 * it can be read already; it is done when what is left of it fits.
 */
final class PipeQueue {

    /** Who waits in a queue. Nothing that it does in {@link #ended} may come back to the queue at once. */
    interface Request {
        /** The operation is done, after it had pended. {@code data} is what was read, else {@code null}. */
        void ended(int status, int bytes, byte[] data);
    }

    /** What a call says at once. */
    record Result(int status, int bytes, byte[] data) {

        static Result of(int status) {
            return new Result(status, 0, null);
        }

        boolean isPending() {
            return status == NtStatus.STATUS_PENDING;
        }
    }

    /** What {@link #peek} sees. */
    record Peek(byte[] data, int available, int leftInMessage) {
    }

    private static final class Entry {
        final byte[] data;
        final SimulatedProcess.Token context;
        /** {@code null} for a write that is done. */
        Request writer;
        /** What of the quota is charged for it. */
        int charged;
        final boolean flush;

        Entry(byte[] data, SimulatedProcess.Token context, Request writer, boolean flush) {
            this.data = data;
            this.context = context;
            this.writer = writer;
            this.flush = flush;
        }
    }

    private record Reader(Request request, int capacity) {
    }

    private final int quota;
    private final ArrayDeque<Entry> entries = new ArrayDeque<>();
    private final ArrayDeque<Reader> readers = new ArrayDeque<>();
    private int charged;
    /** How much of the first entry was read. */
    private int offset;
    private long totalAccepted;
    private long totalRead;
    /** Whose identity came with what was read last, or is being read. */
    private SimulatedProcess.Token context;

    PipeQueue(int quota) {
        this.quota = quota;
    }

    // ---- reading

    /** Reads what is there, or waits. */
    Result read(int capacity, boolean messages, boolean broken, Request request) {
        if (!entries.isEmpty()) {
            return take(capacity, messages);
        }
        if (broken) {
            return Result.of(NtStatus.STATUS_PIPE_BROKEN);
        }
        readers.add(new Reader(request, capacity));
        return Result.of(NtStatus.STATUS_PENDING);
    }

    private Result take(int capacity, boolean messages) {
        ByteArrayOutputStream taken = new ByteArrayOutputStream();
        int status = NtStatus.STATUS_SUCCESS;
        // A read of nothing takes nothing, be it an empty message.
        while (!entries.isEmpty() && taken.size() < capacity) {
            Entry entry = entries.peek();
            int n = Math.min(capacity - taken.size(), entry.data.length - offset);
            taken.write(entry.data, offset, n);
            offset += n;
            int released = Math.min(entry.charged, n);
            entry.charged -= released;
            charged -= released;
            setContext(entry.context);
            if (offset < entry.data.length) {
                status = messages ? NtStatus.STATUS_BUFFER_OVERFLOW : status;
                break;
            }
            remove(entry);
            if (messages) {
                break;
            }
        }
        chargeWaiting();
        totalRead += taken.size();
        return new Result(status, taken.size(), taken.toByteArray());
    }

    private void setContext(SimulatedProcess.Token writer) {
        if (writer != null) {
            context = writer;
        }
    }

    /** The identity behind what was read last; {@code null} if none came with it. */
    SimulatedProcess.Token context() {
        return context;
    }

    Peek peek(int capacity, boolean messageType) {
        if (entries.isEmpty()) {
            return new Peek(new byte[0], 0, 0);
        }
        int first = entries.peek().data.length - offset;
        ByteArrayOutputStream seen = new ByteArrayOutputStream();
        int from = offset;
        for (Entry entry : entries) {
            int n = Math.min(capacity - seen.size(), entry.data.length - from);
            seen.write(entry.data, from, n);
            from = 0;
            if (messageType) {
                break;
            }
        }
        return new Peek(seen.toByteArray(), available(), messageType ? first - seen.size() : 0);
    }

    int available() {
        return entries.stream().mapToInt(entry -> entry.data.length).sum() - offset;
    }

    // ---- writing

    /** Gives data to who waits, and keeps the rest. */
    Result write(byte[] data, boolean messageType, boolean readsMessages, SimulatedProcess.Token writer,
                 Request request) {
        int left = data.length;
        boolean empty = messageType && left == 0;
        while (!readers.isEmpty() && (left > 0 || empty)) {
            Reader reader = readers.poll();
            int n = Math.min(left, reader.capacity);
            byte[] part = Arrays.copyOfRange(data, data.length - left, data.length - left + n);
            left -= n;
            empty = false;
            setContext(writer);
            totalRead += n;
            reader.request.ended(left > 0 && readsMessages ? NtStatus.STATUS_BUFFER_OVERFLOW
                    : NtStatus.STATUS_SUCCESS, n, part);
        }
        if (left > 0 || empty) {
            Entry entry = new Entry(data, writer, request, false);
            if (entries.isEmpty()) {
                offset = data.length - left;
            }
            entry.charged = Math.min(left, quota - charged);
            charged += entry.charged;
            entries.add(entry);
            if (entry.charged < left) {
                return Result.of(NtStatus.STATUS_PENDING);
            }
            entry.writer = null;
        }
        totalAccepted += data.length;
        return new Result(NtStatus.STATUS_SUCCESS, data.length, null);
    }

    /** A write of nothing wakes who waits, as it does where a filter sits above the driver. */
    void wakeReader() {
        if (!readers.isEmpty()) {
            readers.poll().request.ended(NtStatus.STATUS_SUCCESS, 0, new byte[0]);
        }
    }

    /** Waits until everything that was written is read. */
    int flush(Request request) {
        if (entries.isEmpty()) {
            return NtStatus.STATUS_SUCCESS;
        }
        entries.add(new Entry(new byte[0], null, request, true));
        return NtStatus.STATUS_PENDING;
    }

    private void chargeWaiting() {
        int read = offset;
        for (Entry entry : entries) {
            if (entry.writer != null && !entry.flush) {
                int left = entry.data.length - read;
                int more = Math.min(left - entry.charged, quota - charged);
                entry.charged += more;
                charged += more;
                if (entry.charged == left) {
                    Request writer = entry.writer;
                    entry.writer = null;
                    totalAccepted += entry.data.length;
                    writer.ended(NtStatus.STATUS_SUCCESS, entry.data.length, null);
                }
            }
            read = 0;
        }
    }

    private void remove(Entry entry) {
        if (entry == entries.peek()) {
            offset = 0;
        }
        entries.remove(entry);
        charged -= entry.charged;
        if (entry.writer != null) {
            totalAccepted += entry.data.length;
            entry.writer.ended(NtStatus.STATUS_SUCCESS, entry.data.length, null);
        }
        while (!entries.isEmpty() && entries.peek().flush) {
            entries.poll().writer.ended(NtStatus.STATUS_SUCCESS, 0, null);
        }
    }

    /** How much of the quota is used: by what was written, or by who waits to read. */
    int charged() {
        return readers.isEmpty() ? charged
                : (int) Math.min(quota, readers.stream().mapToLong(Reader::capacity).sum());
    }

    int quota() {
        return quota;
    }

    boolean isEmpty() {
        return entries.isEmpty();
    }

    /** The bytes of all writes that succeeded. */
    long totalAccepted() {
        return totalAccepted;
    }

    /** The bytes that reads were given. */
    long totalRead() {
        return totalRead;
    }

    /** The bytes of writes that succeeded that nobody has read yet. */
    int unreadAccepted() {
        int unread = 0;
        int read = offset;
        for (Entry entry : entries) {
            unread += entry.writer == null ? entry.data.length - read : 0;
            read = 0;
        }
        return unread;
    }

    // ---- ends

    /** Takes an operation out without ending it; what is left of a write goes with it. {@code false} if it is done. */
    boolean withdraw(Request request) {
        if (readers.removeIf(reader -> reader.request == request)) {
            return true;
        }
        for (Entry entry : entries) {
            if (entry.writer == request) {
                entry.writer = null;
                remove(entry);
                chargeWaiting();
                return true;
            }
        }
        return false;
    }

    /** Ends who waits to read; what was written stays. */
    void endReaders(int status) {
        List<Reader> waiting = new ArrayList<>(readers);
        readers.clear();
        for (Reader reader : waiting) {
            reader.request.ended(status, 0, null);
        }
    }

    /** Ends everything, and what was written is lost. */
    void drop(int status) {
        endReaders(status);
        List<Entry> lost = new ArrayList<>(entries);
        entries.clear();
        charged = 0;
        offset = 0;
        for (Iterator<Entry> iterator = lost.iterator(); iterator.hasNext();) {
            Entry entry = iterator.next();
            if (entry.writer != null) {
                entry.writer.ended(status, 0, null);
            }
        }
    }

    void forgetContext() {
        context = null;
    }
}
