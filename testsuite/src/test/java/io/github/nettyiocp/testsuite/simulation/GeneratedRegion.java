/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.netty.channel.FileRegion;
import io.netty.util.AbstractReferenceCounted;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** A region of no file: the bytes of a {@link Pattern}, a part at a time. */
final class GeneratedRegion extends AbstractReferenceCounted implements FileRegion {

    /** Of a slow file more parts would outlast every run. */
    private static final int MOST_PARTS = 1000;

    private final SimulatedKernel kernel;
    private final int key;
    private final boolean fromClient;
    private final long start;
    private final int count;
    private final int part;
    private long transferred;
    private boolean reading;

    GeneratedRegion(SimulatedKernel kernel, int key, boolean fromClient, long start, int count, int part) {
        this.kernel = kernel;
        this.key = key;
        this.fromClient = fromClient;
        this.start = start;
        this.count = count;
        this.part = Math.max(part, count / MOST_PARTS);
    }

    @Override
    public long position() {
        return 0;
    }

    @Deprecated
    @Override
    public long transfered() {
        return transferred;
    }

    @Override
    public long transferred() {
        return transferred;
    }

    @Override
    public long count() {
        return count;
    }

    @Override
    public long transferTo(WritableByteChannel target, long position) throws IOException {
        if (refCnt() == 0 || reading) {
            throw new SimulationError(refCnt() == 0 ? "a region is read that was released"
                    : "a region is read by two threads at a time");
        }
        reading = true;
        try {
            if (!kernel.isLoop() && kernel.faults().happens(Faults.Kind.FILE_IS_SLOW)) {
                kernel.sleep(kernel.slowDelay());
            }
            if (kernel.faults().happens(Faults.Kind.REGION_FAILS)) {
                if (kernel.faults().dice().chance(0.5)) {
                    return 0;
                }
                throw new IOException("simulated: the file can't be read");
            }
            int n = (int) Math.min(part, count - position);
            int written = target.write(ByteBuffer.wrap(Pattern.bytes(key, fromClient, start + position, n)));
            transferred += written;
            return written;
        } finally {
            reading = false;
        }
    }

    @Override
    public FileRegion retain() {
        super.retain();
        return this;
    }

    @Override
    public FileRegion retain(int increment) {
        super.retain(increment);
        return this;
    }

    @Override
    public FileRegion touch() {
        return this;
    }

    @Override
    public FileRegion touch(Object hint) {
        return this;
    }

    @Override
    protected void deallocate() {
        if (reading) {
            kernel.failed(new SimulationError("a region is released while it is read"));
        }
    }
}
