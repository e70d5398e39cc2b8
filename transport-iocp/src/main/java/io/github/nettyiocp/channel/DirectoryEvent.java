/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import java.nio.file.Path;
import java.nio.file.attribute.FileTime;

/**
 * What a {@link DirectoryWatchChannel} reads. A path is the watched directory's, as it was given, with the name that
 * Windows tells: a program that opened a file by its short name ({@code LONGNA~1.TXT}) may be told by that name.
 */
public sealed interface DirectoryEvent {

    /** The watched directory. */
    Path directory();

    /** One change of one file or directory. */
    sealed interface Change extends DirectoryEvent {

        /** What changed; after a rename its new path. */
        Path path();

        /**
         * What the file was like right after the change; {@code null} without {@link IocpChannelOption#WATCH_DETAILS},
         * and where Windows or the file system doesn't tell.
         */
        Details details();
    }

    /**
     * A file or directory came to be, or was moved to here from outside of what is watched.
     *
     * @param directory the watched directory
     * @param path what came
     * @param details may be {@code null}
     */
    record Created(Path directory, Path path, Details details) implements Change {
    }

    /**
     * What the filter asks for changed: size, time of the last write and so on. Windows tells one write by one or
     * several of these, and of a directory when something in it changes.
     *
     * @param directory the watched directory
     * @param path what changed
     * @param details may be {@code null}
     */
    record Modified(Path directory, Path path, Details details) implements Change {
    }

    /**
     * A file or directory is gone, or was moved to outside of what is watched.
     *
     * @param directory the watched directory
     * @param path what is gone
     * @param details may be {@code null}
     */
    record Deleted(Path directory, Path path, Details details) implements Change {
    }

    /**
     * A file or directory has another name. What is in a directory that was renamed has other paths now, which is not
     * told for each. A move from one directory to another is told as {@link Deleted} and {@link Created}.
     *
     * @param directory the watched directory
     * @param oldPath what it was called
     * @param path what it is called now
     * @param details may be {@code null}
     */
    record Renamed(Path directory, Path oldPath, Path path, Details details) implements Change {
    }

    /**
     * Changes were lost: whoever keeps a picture of the directory has to look again. Changes from now on follow. Those
     * that happen while one looks are seen by both, so that events may tell what is known already.
     *
     * @param directory the watched directory
     * @param reason why
     */
    record Rescan(Path directory, Reason reason) implements DirectoryEvent {
    }

    /** Why changes were lost. */
    enum Reason {

        /** There were more than the kernel's buffer held, because the loop, or a reader with autoRead off, was late. */
        OVERFLOW,

        /** The name of what changed can't be a {@link Path}, as {@code nul.txt} and names with a colon can't. */
        NAME
    }

    /**
     * What Windows tells of a file beside its name ({@code FILE_NOTIFY_EXTENDED_INFORMATION}).
     *
     * @param size in bytes
     * @param attributes {@code FILE_ATTRIBUTE_*}
     * @param created when it was made
     * @param modified when it was last written
     * @param accessed when it was last read or written
     * @param fileId the number of the file in its file system, which a rename doesn't change
     * @param parentId the number of the directory it is in
     */
    record Details(long size, int attributes, FileTime created, FileTime modified, FileTime accessed, long fileId,
                   long parentId) {

        private static final int DIRECTORY = 0x10;

        /** Whether it is a directory. */
        public boolean isDirectory() {
            return (attributes & DIRECTORY) != 0;
        }
    }
}
