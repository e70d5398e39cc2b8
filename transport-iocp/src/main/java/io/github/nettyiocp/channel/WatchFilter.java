/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import java.util.Set;

/** Which changes a {@link DirectoryWatchChannel} is told of ({@code FILE_NOTIFY_CHANGE_*}). */
public enum WatchFilter {

    /** Files are created, renamed or deleted. */
    FILE_NAME(0x1),

    /** Directories are created, renamed or deleted. */
    DIRECTORY_NAME(0x2),

    /** Attributes. */
    ATTRIBUTES(0x4),

    /** The size of a file; Windows tells it when it writes to the disk. */
    SIZE(0x8),

    /** The time of the last write; Windows tells it when it writes to the disk. */
    LAST_WRITE(0x10),

    /** The time of the last access. */
    LAST_ACCESS(0x20),

    /** The time of the creation. */
    CREATION(0x40),

    /** The security descriptor. */
    SECURITY(0x100);

    private final int flag;

    WatchFilter(int flag) {
        this.flag = flag;
    }

    static int flags(Set<WatchFilter> filters) {
        int flags = 0;
        for (WatchFilter filter : filters) {
            flags |= filter.flag;
        }
        return flags;
    }
}
