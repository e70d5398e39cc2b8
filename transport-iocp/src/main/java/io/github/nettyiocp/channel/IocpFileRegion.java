/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.internal.Win32Access;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.FileRegion;
import io.netty.util.AbstractReferenceCounted;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;

import static io.netty.util.internal.ObjectUtil.checkPositiveOrZero;

/**
 * A region of an {@link OverlappedFile}, made by {@link OverlappedFile#region}. An {@link IocpSocketChannel} lets
 * Windows send it ({@code TransmitFile}), and the bytes don't pass through this process; it reads the region, as any
 * other channel does, where the process has as many in flight as Windows runs at a time, where the region reaches
 * beyond the known end of the file, and where the file is compressed or encrypted.
 *
 * <p>A file that is shorter than the region fails the write by an {@link EOFException}, after what there was. What is
 * written to the file meanwhile may be sent or not.
 *
 * <p>It keeps the file's handle open until it is released, also if the file is closed before. Like all regions it is
 * sent once, by one channel. Any thread may make it and ask about it.
 */
public final class IocpFileRegion extends AbstractReferenceCounted implements FileRegion {

    private static final int CHUNK = 1 << 16;

    private final FileHandle handle;
    private final Win32Access access;
    private final Path path;
    private final long position;
    private final long count;
    private final AtomicLong transferred = new AtomicLong();
    private volatile boolean transmittable;

    /**
     * Takes the reference to the handle over.
     *
     * @param transmittable whether the file is long enough, as far as is known, and read by Windows without keeping the
     *                      caller waiting
     */
    IocpFileRegion(FileHandle handle, Win32Access access, Path path, boolean transmittable, long position,
                   long count) {
        this.position = checkPositiveOrZero(position, "position");
        this.count = checkPositiveOrZero(count, "count");
        this.handle = handle;
        this.access = access;
        this.path = path;
        this.transmittable = transmittable;
    }

    /** The position in the file at which it begins, in bytes. */
    @Override
    public long position() {
        return position;
    }

    /** The number of bytes. */
    @Override
    public long count() {
        return count;
    }

    /** The bytes that were read or sent so far. */
    @Override
    public long transferred() {
        return transferred.get();
    }

    @Deprecated
    @Override
    public long transfered() {
        return transferred.get();
    }

    /**
     * Reads some of the file and writes it to the target. Blocks while the file is read.
     *
     * @param from the position in the region
     * @return the bytes that the target has taken
     * @throws EOFException if the file ends at {@code from} or before
     */
    @Override
    public long transferTo(WritableByteChannel target, long from) throws IOException {
        int length = (int) Math.min(CHUNK, count - checkPositiveOrZero(from, "from"));
        if (length <= 0) {
            return 0;
        }
        ByteBuf buffer = ByteBufAllocator.DEFAULT.directBuffer(length);
        try {
            int read = FileCalls.read(access.ofThisThread(), handle.value(), buffer.memoryAddress(), length,
                    position + from, path);
            if (read < 0) {
                throw endOfFile();
            }
            ByteBuffer bytes = buffer.internalNioBuffer(0, read);
            int written = target.write(bytes);
            sent(written);
            return written;
        } finally {
            buffer.release();
        }
    }

    /** Whether a loop may try {@code TransmitFile}. */
    boolean isTransmittable() {
        return transmittable;
    }

    /** {@code TransmitFile} said that it can't do it. */
    void setRefused() {
        transmittable = false;
    }

    boolean isSent() {
        return transferred.get() >= count;
    }

    long handle() {
        return handle.value();
    }

    void sent(int bytes) {
        transferred.addAndGet(bytes);
    }

    /** What a write fails by whose region is longer than its file. */
    EOFException endOfFile() {
        return new EOFException(path + " ends " + transferred + " bytes behind position " + position
                + " of a region of " + count);
    }

    @Override
    protected void deallocate() {
        handle.release();
    }

    @Override
    public IocpFileRegion retain() {
        super.retain();
        return this;
    }

    @Override
    public IocpFileRegion retain(int increment) {
        super.retain(increment);
        return this;
    }

    @Override
    public IocpFileRegion touch() {
        return this;
    }

    @Override
    public IocpFileRegion touch(Object hint) {
        return this;
    }

    @Override
    public String toString() {
        return "IocpFileRegion(" + path + ", " + position + ", " + transferred + " of " + count + ')';
    }
}
