/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.internal;

import java.io.File;
import java.nio.file.Path;

/** Paths that are longer than Windows' functions take without a prefix. */
public final class LongPath {

    /** What is in front of a path that Windows takes as it is, whatever its length. */
    public static final String PREFIX = "\\\\?\\";
    /** As {@link #PREFIX}, in the place of the two backslashes of a network path. */
    public static final String UNC_PREFIX = PREFIX + "UNC\\";

    /** {@code MAX_PATH} less a name of 8.3, which must fit behind the path of a directory. */
    private static final int MAX_SHORT = 247;

    private LongPath() {
    }

    /** The path itself, or with the prefix if it is too long to do without. */
    public static String of(String path) {
        String absolute = new File(path).getAbsolutePath();
        if (absolute.length() <= MAX_SHORT || path.startsWith(PREFIX) || path.startsWith("\\\\.\\")) {
            return path;
        }
        // Behind the prefix Windows takes a dot for a name.
        String normalized = Path.of(absolute).normalize().toString();
        return normalized.startsWith("\\\\") ? UNC_PREFIX + normalized.substring(2) : PREFIX + normalized;
    }
}
