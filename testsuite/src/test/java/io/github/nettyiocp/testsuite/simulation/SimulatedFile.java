/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A file as NTFS keeps it: its bytes, its locks, and who has it open how. What was never written is zeros. */
final class SimulatedFile {

    private static final int PAGE = 4096;

    final String name;
    final List<SimulatedFileHandle> handles = new ArrayList<>();
    final List<Lock> locks = new ArrayList<>();
    boolean readOnly;
    boolean compressed;
    boolean deletePending;
    private final Map<Long, byte[]> pages = new HashMap<>();
    private long size;

    SimulatedFile(String name) {
        this.name = name;
    }

    /** A locked region, of one handle. */
    record Lock(SimulatedFileHandle owner, long position, long size, boolean shared) {

        boolean overlaps(long otherPosition, long otherSize) {
            return position < otherPosition + otherSize && otherPosition < position + size;
        }
    }

    long size() {
        return size;
    }

    /** What lies there, as far as the file goes. */
    byte[] read(long position, int length) {
        byte[] bytes = new byte[(int) Math.max(0, Math.min(length, size - position))];
        for (int i = 0; i < bytes.length; i++) {
            byte[] page = pages.get((position + i) / PAGE);
            bytes[i] = page == null ? 0 : page[(int) ((position + i) % PAGE)];
        }
        return bytes;
    }

    void write(long position, byte[] bytes) {
        for (int i = 0; i < bytes.length; i++) {
            pages.computeIfAbsent((position + i) / PAGE, key -> new byte[PAGE])[(int) ((position + i) % PAGE)] =
                    bytes[i];
        }
        size = Math.max(size, position + bytes.length);
    }

    void resize(long newSize) {
        if (newSize < size) {
            pages.keySet().removeIf(page -> page * PAGE >= newSize);
            byte[] last = pages.get(newSize / PAGE);
            if (last != null) {
                Arrays.fill(last, (int) (newSize % PAGE), PAGE, (byte) 0);
            }
        }
        size = newSize;
    }

    /** Whether somebody's lock keeps this handle from reading, or writing, there. */
    boolean isLockedFor(SimulatedFileHandle handle, long position, long length, boolean write) {
        return locks.stream().anyMatch(lock -> lock.overlaps(position, length)
                && (lock.shared() ? write : lock.owner() != handle));
    }

    /** Whether a lock can't be had as others are. */
    boolean isTaken(long position, long length, boolean shared) {
        return locks.stream().anyMatch(lock -> lock.overlaps(position, length) && !(shared && lock.shared()));
    }
}
