/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import io.github.nettyiocp.channel.HandleStrategy;
import io.github.nettyiocp.channel.ReadOutcome;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.SocketAddress;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.file.Path;

/**
 * A file as a stream of bytes, from its begin to its end: a kind of handle that the library has no strategy for. Each
 * read says in its {@code OVERLAPPED} where in the file it is; the end of the file is the end of the stream.
 */
final class FileStreamStrategy extends HandleStrategy {

    /** A file's path, as an address to connect to. */
    static final class FileAddress extends SocketAddress {

        private static final long serialVersionUID = 1;

        private final transient Path path;

        FileAddress(Path path) {
            this.path = path;
        }

        @Override
        public String toString() {
            return path.toString();
        }
    }

    private static final int ERROR_HANDLE_EOF = 38;
    /** Where an {@code OVERLAPPED} has the position. */
    private static final int OFFSET = 16;

    private long position;

    @Override
    protected void checkAddress(SocketAddress address) {
        if (!(address instanceof FileAddress)) {
            throw new UnsupportedAddressTypeException();
        }
    }

    /** On a thread that may block. */
    @Override
    protected long open(SocketAddress address) throws IOException {
        return Kernel32.openFile(address.toString());
    }

    @Override
    protected int startRead(long address, int length, long transferred, long overlapped) {
        MemorySegment.ofAddress(overlapped).reinterpret(OFFSET + Long.BYTES)
                .set(ValueLayout.JAVA_LONG, OFFSET, position);
        return Kernel32.readFile(channel().handle(), address, length, transferred, overlapped);
    }

    @Override
    protected ReadOutcome classifyRead(int status, int bytes) {
        position += bytes;
        return super.classifyRead(status, bytes);
    }

    @Override
    protected boolean isEnd(int error) {
        return error == ERROR_HANDLE_EOF;
    }

    /** A read of nothing has nothing to wait for in a file. */
    @Override
    protected boolean waitsWithoutBuffer() {
        return false;
    }
}
