/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import io.github.nettyiocp.channel.OverlappedFile;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;

import java.security.MessageDigest;
import java.util.ArrayDeque;

/**
 * The digest of a file: the loop reads, another thread computes. While one chunk is digested the next is read, and no
 * more. Everything here but the computing happens on the file's loop.
 */
final class FileChecksum {

    private static final int CHUNK = 256 * 1024;
    private static final int CHUNKS = 2;

    private final OverlappedFile file;
    private final MessageDigest digest;
    private final EventExecutor computer;
    private final Promise<byte[]> result;
    private final ArrayDeque<ByteBuf> free = new ArrayDeque<>();
    private long position;
    private boolean reading;
    private boolean ended;
    private Throwable failure;

    private FileChecksum(OverlappedFile file, MessageDigest digest, EventExecutor computer) {
        this.file = file;
        this.digest = digest;
        this.computer = computer;
        result = file.loop().newPromise();
    }

    /**
     * Reads the file to its end.
     *
     * @param computer of one thread, which the chunks pass in their order
     */
    static Future<byte[]> of(OverlappedFile file, MessageDigest digest, EventExecutor computer) {
        FileChecksum checksum = new FileChecksum(file, digest, computer);
        file.loop().execute(checksum::start);
        return checksum.result;
    }

    private void start() {
        for (int i = 0; i < CHUNKS; i++) {
            free.add(PooledByteBufAllocator.DEFAULT.directBuffer(CHUNK, CHUNK));
        }
        read();
    }

    private void read() {
        if (reading || free.isEmpty()) {
            return;
        }
        reading = true;
        ByteBuf chunk = free.poll();
        file.read(chunk, position).addListener((Future<Integer> read) -> {
            reading = false;
            if (!read.isSuccess() || read.getNow() < 0) {
                ended = true;
                failure = read.cause();
                digested(chunk);
                return;
            }
            position += read.getNow();
            compute(chunk);
            read();
        });
    }

    private void compute(ByteBuf chunk) {
        computer.submit(() -> digest.update(chunk.nioBuffer())).addListener(done ->
                file.loop().execute(() -> digested(chunk)));
    }

    private void digested(ByteBuf chunk) {
        free.add(chunk.clear());
        if (!ended) {
            read();
        } else if (free.size() == CHUNKS) {
            free.forEach(ByteBuf::release);
            if (failure == null) {
                result.setSuccess(digest.digest());
            } else {
                result.setFailure(failure);
            }
        }
    }
}
