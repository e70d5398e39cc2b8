/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.soak;

import io.github.nettyiocp.channel.OverlappedFile;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Future;

import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.RejectedExecutionException;

/**
 * Reads and writes the slots of a file, many at a time: a slot holds what the last write to it put there. All but
 * {@link #work} and {@link #end} happens on one loop. The file is open when that loop is shut down, and is deleted with
 * its last handle.
 */
final class FileLoad {

    private static final int SLOTS = 32;
    private static final int SIZE = 8192;

    private final Era era;
    private final SplittableRandom dice;
    private final IoEventLoop loop;
    private final ByteBufAllocator allocator;
    /** What a slot holds; {@code 0} if nobody knows, since nothing was written or a write failed. */
    private final long[] versions = new long[SLOTS];
    private final BitSet busy = new BitSet();
    private final Map<Future<Integer>, ByteBuf> underWay = new HashMap<>();
    private volatile OverlappedFile file;
    private boolean opening;
    private long lastVersion;

    FileLoad(Era era, long seed, IoEventLoop loop, ByteBufAllocator allocator) {
        this.era = era;
        this.loop = loop;
        this.allocator = allocator;
        dice = new SplittableRandom(seed);
    }

    /** Reads or writes one slot. */
    void work() {
        try {
            loop.execute(file == null ? this::open : this::begin);
        } catch (RejectedExecutionException ended) {
            // The era ends.
            return;
        }
    }

    private void open() {
        if (opening || file != null) {
            return;
        }
        opening = true;
        Path path = Path.of(System.getProperty("java.io.tmpdir"), "netty-iocp-soak-" + UUID.randomUUID());
        OverlappedFile.open(loop, path, StandardOpenOption.READ, StandardOpenOption.WRITE,
                StandardOpenOption.CREATE_NEW, StandardOpenOption.DELETE_ON_CLOSE)
                .addListener((Future<OverlappedFile> opened) -> {
                    // What a fault prevented is tried again.
                    opening = false;
                    file = opened.getNow();
                });
    }

    private void begin() {
        int slot = dice.nextInt(SLOTS);
        if (busy.get(slot)) {
            return;
        }
        busy.set(slot);
        ByteBuf buffer = dice.nextInt(4) == 0 ? allocator.heapBuffer(SIZE) : allocator.directBuffer(SIZE);
        long position = (long) slot * SIZE;
        boolean write = versions[slot] == 0 || dice.nextBoolean();
        long version = write ? ++lastVersion : versions[slot];
        Future<Integer> future = write ? file.write(buffer.writeBytes(content(slot, version)), position)
                : file.read(buffer, position);
        underWay.put(future, buffer);
        future.addListener((Future<Integer> done) -> {
            underWay.remove(done);
            era.tally.fileOperations.increment();
            busy.clear(slot);
            if (!done.isSuccess()) {
                era.tally.failedFileOperations.increment();
                versions[slot] = write ? 0 : version;
            } else if (done.getNow() != SIZE) {
                era.tally.fail(done.getNow() + " bytes of slot " + slot + (write ? " written" : " read") + " in "
                        + era);
            } else if (write) {
                versions[slot] = version;
            } else if (!buffer.equals(Unpooled.wrappedBuffer(content(slot, version)))) {
                era.tally.fail("slot " + slot + " has other bytes than version " + version + ", which was written, in "
                        + era);
            }
            release(buffer);
        });
        if (dice.nextInt(50) == 0) {
            future.cancel(false);
        }
    }

    private static byte[] content(int slot, long version) {
        byte[] bytes = new byte[SIZE];
        new SplittableRandom(slot * 1_000_003L + version).nextBytes(bytes);
        return bytes;
    }

    private void release(ByteBuf buffer) {
        if (buffer.refCnt() != 1) {
            era.tally.fail("a file's operation is done, and its buffer has " + buffer.refCnt() + " references in "
                    + era);
        }
        buffer.release();
    }

    /** Called when the loop has ended, which tells nobody any more. */
    void end() {
        underWay.forEach((future, buffer) -> {
            if (future.isDone()) {
                release(buffer);
            } else {
                era.tally.fail("an operation of a file is never done in " + era);
            }
        });
    }
}
