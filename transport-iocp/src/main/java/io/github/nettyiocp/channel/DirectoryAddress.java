/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import java.net.SocketAddress;
import java.nio.file.Path;

import static io.netty.util.internal.ObjectUtil.checkNotNull;

/** The directory that a {@link DirectoryWatchChannel} watches, as an address to connect to. Immutable. */
public final class DirectoryAddress extends SocketAddress {

    private static final long serialVersionUID = 1;

    private final transient Path directory;

    /**
     * Names a directory.
     *
     * @param directory what is relative is made absolute now, by the current directory
     */
    public DirectoryAddress(Path directory) {
        this.directory = checkNotNull(directory, "directory").toAbsolutePath();
    }

    /** The directory, absolute. */
    public Path directory() {
        return directory;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof DirectoryAddress && directory.equals(((DirectoryAddress) other).directory);
    }

    @Override
    public int hashCode() {
        return directory.hashCode();
    }

    @Override
    public String toString() {
        return directory.toString();
    }
}
