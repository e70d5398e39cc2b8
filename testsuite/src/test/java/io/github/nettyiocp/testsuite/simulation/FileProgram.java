/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.channel.OverlappedFile;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Future;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A random program of files: a few {@link OverlappedFile}s of one file, whose slots are written and read at any time,
 * many at once and one at a time each; appends to another; locks; cancellations; and an end at any moment. What may
 * stand in a slot is known: what was written last, or what was there before a write that failed.
 */
final class FileProgram extends RandomProgram {

    private static final int STEPS = 120;
    private static final long LIMIT_SECONDS = 30;
    private static final Path DATA = Path.of("simulated data");
    private static final Path LOG = Path.of("simulated log");
    private static final int RECORD = 16;

    private final int slotSize;
    private final long firstSlot;
    private final Slot[] slots;
    private final List<OverlappedFile> files = new ArrayList<>();
    private final List<Operation> operations = new ArrayList<>();
    private final List<Long> appended = new ArrayList<>();
    private final List<Long> doubtful = new ArrayList<>();
    private OverlappedFile log;
    private OverlappedFile.Lock lock;
    private OverlappedFile locker;
    private boolean locking;
    private boolean closing;
    private long records;
    /** The data file is so long at least. */
    private long minSize;

    FileProgram(long seed, Appendable trace) {
        super(seed, trace);
        slotSize = dice.sizeBetween(1, 20_000);
        firstSlot = dice.chance(0.2) ? (5L << 30) + dice.below(1000) : 0;
        slots = new Slot[dice.sizeBetween(1, 12)];
    }

    /** A part of the file: what may stand there. */
    private final class Slot {
        private final int index;
        private final List<byte[]> possible = new ArrayList<>();
        private boolean busy;
        private boolean written;
        /** A write failed after it had written a part. */
        private boolean torn;

        Slot(int index) {
            this.index = index;
            possible.add(new byte[slotSize]);
        }

        long position() {
            return firstSlot + (long) index * slotSize;
        }

        /** Whether these bytes, from the slot's start, may be read now. */
        boolean isPossible(byte[] bytes) {
            return torn || possible.stream().anyMatch(content -> Arrays.equals(content, 0, bytes.length, bytes, 0,
                    bytes.length));
        }
    }

    /** A future that has to be done once. */
    private final class Operation {
        private final String name;
        private final Future<?> future;
        private final ByteBuf buffer;
        private boolean cancelled;
        private int outcomes;
        private Runnable outcome;

        Operation(String name, Future<?> future, ByteBuf buffer) {
            this.name = name;
            this.future = future;
            this.buffer = buffer;
            operations.add(this);
        }

        /** Says what follows from the outcome. */
        <V> void then(Consumer<V> success, Runnable failure) {
            outcome = () -> ended(success, failure);
            future.addListener(done -> outcome.run());
        }

        /** A loop that has ended tells nobody any more, and takes a lock that is to wait for nothing. */
        void checkDone() {
            if (!future.isDone()) {
                if (!name.equals("lock") || !runtime.isOutlived()) {
                    fail(name + " is never done");
                }
            } else if (outcomes == 0) {
                outcome.run();
            }
        }

        @SuppressWarnings("unchecked")
        private <V> void ended(Consumer<V> success, Runnable failure) {
            Future<?> done = future;
            kernel.log("%s: %s", name, done.isSuccess() ? String.valueOf(done.getNow())
                    : done.cause().getClass().getSimpleName());
            if (++outcomes > 1) {
                fail(name + " is done twice");
            }
            if (buffer != null && buffer.refCnt() != 1) {
                fail(name + " is done, and its buffer has " + buffer.refCnt() + " references");
            }
            if (done.isSuccess()) {
                success.accept((V) done.getNow());
            } else {
                checkCause(done.cause());
                failure.run();
            }
            if (buffer != null) {
                buffer.release();
            }
        }

        private void checkCause(Throwable cause) {
            boolean legal = cause instanceof CancellationException ? cancelled
                    : cause instanceof RejectedExecutionException
                    ? closing || kernel.faults().injected(Faults.Kind.EXECUTOR_REFUSES) > 0
                    : cause instanceof ClosedChannelException ? closing
                    : cause instanceof IOException ? kernel.faults().failures() > 0 || closing
                    : cause instanceof OutOfMemoryError && kernel.faults().failures() > 0
                    || (cause instanceof IllegalStateException || cause instanceof IllegalArgumentException)
                    && kernel.faults().failures() > 0;
            if (!legal) {
                kernel.failed(new SimulationError(name + " fails by " + cause, cause));
            }
        }

        @Override
        public String toString() {
            return name;
        }
    }

    // ---- the program

    @Override
    void runAll() {
        boolean threads = dice.chance(0.3);
        try (SimulatedRuntime opened = new SimulatedRuntime(kernel, 1, threads, config -> { })) {
            runtime = opened;
            for (int i = 0; i < slots.length; i++) {
                slots[i] = new Slot(i);
            }
            kernel.files().create(path(DATA)).compressed = dice.chance(0.1);
            int handles = dice.between(1, 3);
            for (int i = 0; i < handles; i++) {
                open(DATA, files::add, StandardOpenOption.READ, StandardOpenOption.WRITE);
            }
            open(LOG, file -> log = file, StandardOpenOption.APPEND, StandardOpenOption.CREATE);
            runtime.await(this::isDone, LIMIT_SECONDS, TimeUnit.SECONDS);
            int steps = files.isEmpty() ? 0 : dice.sizeBetween(1, STEPS);
            for (int i = 0; i < steps && kernel.violations().isEmpty(); i++) {
                step();
                if (dice.chance(0.3)) {
                    runtime.sleep(dice.nanosBetween(100, 5_000_000), TimeUnit.NANOSECONDS);
                }
            }
            if (dice.chance(0.6)) {
                finishInPeace();
            }
            if (!files.isEmpty() && dice.chance(0.4)) {
                lockTwice();
            }
            closing = true;
            if (dice.chance(0.7)) {
                close();
            }
            opened.shutdown(0, 5000);
            operations.forEach(Operation::checkDone);
            files.forEach(this::checkClosed);
            if (log != null) {
                checkClosed(log);
            }
            kernel.check();
            checkContents();
            kernel.check();
        }
    }

    private static String path(Path path) {
        return path.toAbsolutePath().toString();
    }

    private boolean isDone() {
        return operations.stream().allMatch(operation -> operation.future.isDone());
    }

    private void open(Path path, Consumer<OverlappedFile> opened, StandardOpenOption... options) {
        new Operation("open " + path, OverlappedFile.open((IoEventLoop) runtime.loop(), path, options), null)
                .<OverlappedFile>then(opened, () -> { });
    }

    private void checkClosed(OverlappedFile file) {
        if (!file.closeFuture().isDone()) {
            fail(file + " was never closed");
        }
    }

    private void step() {
        OverlappedFile file = files.get(dice.below(files.size()));
        switch (dice.below(12)) {
            case 0, 1, 2:
                write(file, slots[dice.below(slots.length)]);
                break;
            case 3, 4, 5:
                read(file, slots[dice.below(slots.length)]);
                break;
            case 6, 7:
                append();
                break;
            case 8:
                lock(file);
                break;
            case 9:
                cancel();
                break;
            case 10:
                new Operation("size", file.size(), null).<Long>then(this::checkSize, () -> { });
                break;
            default:
                new Operation("flush", file.flush(), null).then(done -> { }, () -> { });
                break;
        }
    }

    private void checkSize(long size) {
        if (size > firstSlot + (long) slots.length * slotSize || minSize > size) {
            fail("the file has " + size + " bytes, and at least " + minSize + " were written");
        }
    }

    private ByteBuf buffer(int capacity) {
        kernel.faults().suspend();
        try {
            return dice.chance(0.3) ? runtime.allocator().heapBuffer(capacity)
                    : runtime.allocator().directBuffer(capacity);
        } finally {
            kernel.faults().resume();
        }
    }

    private void write(OverlappedFile file, Slot slot) {
        if (slot.busy) {
            return;
        }
        slot.busy = true;
        byte[] content = new byte[slotSize];
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) dice.number();
        }
        ByteBuf buffer = buffer(slotSize + 3).writeBytes(new byte[3]).skipBytes(3).writeBytes(content);
        new Operation("write " + slot.index, file.write(buffer, slot.position()), buffer).<Integer>then(bytes -> {
            if (bytes != slotSize || buffer.isReadable()) {
                fail("a write of " + slotSize + " bytes wrote " + bytes + ", " + buffer.readableBytes() + " are left");
            }
            slot.possible.clear();
            slot.possible.add(content);
            slot.written = true;
            slot.torn = false;
            minSize = Math.max(minSize, slot.position() + slotSize);
            slot.busy = false;
        }, () -> {
            if (buffer.readableBytes() != slotSize) {
                fail("a write failed and moved the index");
            }
            slot.possible.add(content);
            slot.torn |= kernel.faults().injected(Faults.Kind.FILE_WRITES_PART) > 0;
            slot.busy = false;
        });
    }

    private void read(OverlappedFile file, Slot slot) {
        if (slot.busy) {
            return;
        }
        slot.busy = true;
        ByteBuf buffer = buffer(slotSize + 2).writeBytes(new byte[2]).skipBytes(2);
        long atLeast = minSize - slot.position();
        new Operation("read " + slot.index, file.read(buffer, slot.position()), buffer).<Integer>then(bytes -> {
            slot.busy = false;
            if (bytes != -1 && bytes != buffer.readableBytes() || bytes == 0) {
                fail("a read of " + bytes + " bytes has " + buffer.readableBytes());
            }
            if (atLeast > 0 && bytes < Math.min(slotSize, atLeast)) {
                fail("a read says " + bytes + " where " + atLeast + " bytes are there");
            }
            if (bytes > 0 && !slot.isPossible(ByteBufUtil.getBytes(buffer))) {
                fail("slot " + slot.index + " reads what was never written there");
            }
        }, () -> {
            slot.busy = false;
            if (buffer.isReadable()) {
                fail("a read failed and moved the index");
            }
        });
    }

    private void append() {
        if (log == null) {
            return;
        }
        long number = ++records;
        ByteBuf buffer = buffer(RECORD).writeLong(number).writeLong(~number);
        new Operation("append " + number, log.append(buffer), buffer).then(bytes -> appended.add(number),
                () -> doubtful.add(number));
    }

    private void lock(OverlappedFile file) {
        if (lock != null && dice.chance(0.7)) {
            OverlappedFile.Lock held = lock;
            lock = null;
            new Operation("unlock", held.release(), null).then(done -> { }, () -> lock = held);
        } else {
            obtainLock(file);
        }
    }

    private void obtainLock(OverlappedFile file) {
        if (locking) {
            return;
        }
        // Not where the slots are: they would be locked too.
        locking = true;
        long position = (1L << 50) + dice.below(5);
        new Operation("lock", file.lock(position, 10, false), null).<OverlappedFile.Lock>then(locked -> {
            locking = false;
            // A file that is closed gives its lock to who waits.
            if (lock != null && !closing) {
                fail("two have an exclusive lock");
            }
            lock = locked;
            locker = file;
        }, () -> locking = false);
    }

    /** Has a file that has the lock ask for it again: nothing but closing the file ends that. */
    private void lockTwice() {
        if (lock == null) {
            obtainLock(files.get(dice.below(files.size())));
            runtime.await(() -> lock != null || !locking, LIMIT_SECONDS, TimeUnit.SECONDS);
        }
        if (lock != null) {
            obtainLock(locker);
            runtime.sleep(10, TimeUnit.MILLISECONDS);
        }
    }

    private void cancel() {
        Operation operation = operations.get(dice.below(operations.size()));
        if (!operation.future.isDone() && !operation.name.startsWith("open")) {
            kernel.log("%s is cancelled", operation.name);
            // Before the call: it may be done within.
            operation.cancelled = true;
            operation.future.cancel(false);
        }
    }

    /** Without faults everything ends, except what waits for the lock. */
    private void finishInPeace() {
        kernel.faults().suspend();
        boolean done = false;
        for (int i = 0; i < operations.size() + 1 && !done; i++) {
            if (lock != null) {
                OverlappedFile.Lock held = lock;
                lock = null;
                held.release();
            }
            done = runtime.await(() -> isDone() || lock != null, LIMIT_SECONDS, TimeUnit.SECONDS) && isDone();
        }
        kernel.faults().resume();
        if (!done && kernel.faults().injected(Faults.Kind.EXECUTOR_REFUSES) == 0
                && kernel.faults().injected(Faults.Kind.POST_REFUSED) == 0) {
            fail("not done: " + operations.stream().filter(operation -> !operation.future.isDone()).toList());
        }
    }

    private void close() {
        List<OverlappedFile> open = new ArrayList<>(files);
        if (log != null) {
            open.add(log);
        }
        open.forEach(file -> new Operation("close", file.close(), null).then(done -> { }, () -> { }));
        if (kernel.faults().injected(Faults.Kind.POST_REFUSED) > 0) {
            return;
        }
        if (!runtime.await(() -> open.stream().allMatch(file -> file.closeFuture().isDone()), LIMIT_SECONDS,
                TimeUnit.SECONDS)) {
            fail("a file does not close");
        }
    }

    /** What is in the files must be what the outcomes say. */
    private void checkContents() {
        SimulatedFile data = kernel.files().file(path(DATA));
        for (Slot slot : slots) {
            byte[] content = data.read(slot.position(), slotSize);
            if (slot.written && content.length < slotSize || !slot.isPossible(content)) {
                fail("slot " + slot.index + " has in the end what was never written there");
            }
        }
        SimulatedFile records = kernel.files().file(path(LOG));
        if (records == null) {
            return;
        }
        List<Long> found = new ArrayList<>();
        ByteBuf content = io.netty.buffer.Unpooled.wrappedBuffer(records.read(0, (int) records.size()));
        while (content.readableBytes() >= RECORD) {
            long number = content.readLong();
            if (content.readLong() != ~number) {
                fail("a record was torn");
            }
            found.add(number);
        }
        if (content.isReadable() || !found.containsAll(appended)) {
            fail("appended " + appended + " and found " + found);
        }
        found.removeAll(doubtful);
        found.sort(null);
        appended.sort(null);
        if (!found.equals(appended)) {
            fail("appended " + appended + " and found " + found + " besides what failed");
        }
    }
}
