/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.WinConst;

import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.function.Consumer;

/**
 * Makes events of what {@code ReadDirectoryChangesW} filled a buffer with, and keeps the old name of a rename until the
 * new one comes, which may be in the next buffer. Nothing is read that the kernel didn't write: a chain that leads out
 * of the buffer is an overflow.
 */
final class DirectoryChanges {

    /** 1601 to 1970, in the 100 nanoseconds that Windows counts. */
    private static final long EPOCH = 116_444_736_000_000_000L;
    private static final long TICKS_A_SECOND = 10_000_000;
    private static final int NANOS_A_TICK = 100;

    private final Path directory;
    private final Consumer<DirectoryEvent> target;
    private Path oldPath;
    private DirectoryEvent.Details oldDetails;

    DirectoryChanges(Path directory, Consumer<DirectoryEvent> target) {
        this.directory = directory;
        this.target = target;
    }

    Path directory() {
        return directory;
    }

    /** Whether a new name is still to come. */
    boolean isRenaming() {
        return oldPath != null;
    }

    /** The new name didn't come: what was renamed has left what is watched. */
    void endRename() {
        if (oldPath != null) {
            Path deleted = oldPath;
            oldPath = null;
            target.accept(new DirectoryEvent.Deleted(directory, deleted, oldDetails));
        }
    }

    void rescan(DirectoryEvent.Reason reason) {
        // Whoever looks again finds out about the old name, too.
        oldPath = null;
        target.accept(new DirectoryEvent.Rescan(directory, reason));
    }

    /** Reads a chain of {@code FILE_NOTIFY_INFORMATION}, or of {@code FILE_NOTIFY_EXTENDED_INFORMATION}. */
    void read(long address, int bytes, boolean extended) {
        int lengthAt = extended ? Layout.FILE_NOTIFY_EXTENDED_INFORMATION_FILE_NAME_LENGTH
                : Layout.FILE_NOTIFY_INFORMATION_FILE_NAME_LENGTH;
        int nameAt = extended ? Layout.FILE_NOTIFY_EXTENDED_INFORMATION_FILE_NAME
                : Layout.FILE_NOTIFY_INFORMATION_FILE_NAME;
        int entry = 0;
        while (true) {
            int left = bytes - entry;
            int length = left < nameAt ? -1 : Memory.getInt(address + entry + lengthAt);
            if (length < 0 || length > left - nameAt) {
                rescan(DirectoryEvent.Reason.OVERFLOW);
                return;
            }
            byte[] name = new byte[length];
            Memory.getBytes(address + entry + nameAt, name);
            change(Memory.getInt(address + entry + Layout.FILE_NOTIFY_INFORMATION_ACTION),
                    new String(name, StandardCharsets.UTF_16LE), extended ? details(address + entry) : null);
            int next = Memory.getInt(address + entry + Layout.FILE_NOTIFY_INFORMATION_NEXT_ENTRY_OFFSET);
            if (next == 0) {
                return;
            }
            if (next < 0 || next > left) {
                rescan(DirectoryEvent.Reason.OVERFLOW);
                return;
            }
            entry += next;
        }
    }

    private static DirectoryEvent.Details details(long entry) {
        return new DirectoryEvent.Details(
                Memory.getLong(entry + Layout.FILE_NOTIFY_EXTENDED_INFORMATION_FILE_SIZE),
                Memory.getInt(entry + Layout.FILE_NOTIFY_EXTENDED_INFORMATION_FILE_ATTRIBUTES),
                time(Memory.getLong(entry + Layout.FILE_NOTIFY_EXTENDED_INFORMATION_CREATION_TIME)),
                time(Memory.getLong(entry + Layout.FILE_NOTIFY_EXTENDED_INFORMATION_LAST_MODIFICATION_TIME)),
                time(Memory.getLong(entry + Layout.FILE_NOTIFY_EXTENDED_INFORMATION_LAST_ACCESS_TIME)),
                Memory.getLong(entry + Layout.FILE_NOTIFY_EXTENDED_INFORMATION_FILE_ID),
                Memory.getLong(entry + Layout.FILE_NOTIFY_EXTENDED_INFORMATION_PARENT_FILE_ID));
    }

    private static FileTime time(long ticks) {
        long since = ticks - EPOCH;
        return FileTime.from(Instant.ofEpochSecond(Math.floorDiv(since, TICKS_A_SECOND),
                Math.floorMod(since, TICKS_A_SECOND) * NANOS_A_TICK));
    }

    private void change(int action, String name, DirectoryEvent.Details details) {
        Path path;
        try {
            path = directory.resolve(name);
        } catch (InvalidPathException cause) {
            rescan(DirectoryEvent.Reason.NAME);
            return;
        }
        Path old = oldPath;
        if (action == WinConst.FILE_ACTION_RENAMED_NEW_NAME) {
            oldPath = null;
            target.accept(old == null ? new DirectoryEvent.Created(directory, path, details)
                    : new DirectoryEvent.Renamed(directory, old, path, details));
            return;
        }
        endRename();
        switch (action) {
            case WinConst.FILE_ACTION_RENAMED_OLD_NAME -> {
                oldPath = path;
                oldDetails = details;
            }
            case WinConst.FILE_ACTION_ADDED -> target.accept(new DirectoryEvent.Created(directory, path, details));
            case WinConst.FILE_ACTION_REMOVED -> target.accept(new DirectoryEvent.Deleted(directory, path, details));
            // What later versions of Windows may tell is a change of some kind.
            default -> target.accept(new DirectoryEvent.Modified(directory, path, details));
        }
    }
}
