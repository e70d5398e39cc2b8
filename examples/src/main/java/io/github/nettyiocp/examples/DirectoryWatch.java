/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import io.github.nettyiocp.Binding;
import io.github.nettyiocp.Overlapped;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Future;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Tells what changes in a directory, on an event loop: a handle that the library knows nothing of, bound by
 * {@link Binding} and read by {@code ReadDirectoryChangesW}.
 *
 * <p>The binding owns the handle, and each read owns its buffer, so that there is nothing to free here.
 */
final class DirectoryWatch {

    /** Is told of changes, on the loop's thread. */
    @FunctionalInterface
    interface Listener {
        /**
         * Something changed.
         *
         * @param name relative to the directory; {@code null} if there were more changes than Windows kept
         */
        void changed(String action, String name);
    }

    private static final int BUFFER_SIZE = 16 * 1024;
    /** {@code FILE_NOTIFY_CHANGE_FILE_NAME}, {@code _DIR_NAME}, {@code _SIZE} and {@code _LAST_WRITE}. */
    private static final int FILTER = 0x1B;
    private static final String[] ACTIONS = { "?", "created", "deleted", "modified", "renamed from", "renamed to" };

    private final Binding binding;
    private final Listener listener;
    private Overlapped read;
    private ByteBuf buffer;

    private DirectoryWatch(Binding binding, Listener listener) {
        this.binding = binding;
        this.listener = listener;
    }

    /** Opens a watch. Waits for the loop, so it is not called on it. */
    static DirectoryWatch open(IoEventLoop loop, Path directory, Listener listener) throws Throwable {
        long handle = Kernel32.openDirectory(directory.toString());
        Future<Binding> bound = Binding.open(loop, handle).await();
        if (!bound.isSuccess()) {
            Kernel32.closeHandle(handle);
            throw new IOException("cannot watch " + directory, bound.cause());
        }
        DirectoryWatch watch = new DirectoryWatch(bound.getNow(), listener);
        loop.submit(watch::start).sync();
        return watch;
    }

    private void start() {
        read = binding.overlapped(this::completed);
        read();
    }

    private void read() {
        buffer = PooledByteBufAllocator.DEFAULT.directBuffer(BUFFER_SIZE);
        read.own(buffer).submit((overlapped, transferred) -> Kernel32.readDirectoryChanges(binding.handle(),
                buffer.memoryAddress(), BUFFER_SIZE, FILTER, overlapped));
    }

    /** The one outcome of each submit. The buffer is released when this returns. */
    private void completed(Overlapped operation, int status, int bytes) {
        if (!binding.isBound()) {
            return;
        }
        if (status < 0) {
            listener.changed("failed with status 0x" + Integer.toHexString(status), null);
            binding.close();
            return;
        }
        ByteBuf changes = buffer.writerIndex(bytes);
        // Windows keeps what changes between two reads, but not much of it: the next one is started first.
        read();
        tell(changes);
    }

    /** Reads a chain of {@code FILE_NOTIFY_INFORMATION}. */
    private void tell(ByteBuf changes) {
        if (!changes.isReadable()) {
            listener.changed("too many changes", null);
            return;
        }
        int next;
        for (int entry = 0;; entry += next) {
            next = changes.getIntLE(entry);
            int action = changes.getIntLE(entry + 4);
            listener.changed(ACTIONS[action < ACTIONS.length ? action : 0],
                    changes.toString(entry + 12, changes.getIntLE(entry + 8), StandardCharsets.UTF_16LE));
            if (next == 0) {
                return;
            }
        }
    }

    /** Done when the read was given back by the kernel and the handle was closed. */
    Future<Void> close() {
        return binding.close();
    }
}
