/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.channel.FileRegion;
import io.netty.util.internal.PlatformDependent;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.io.EOFException;
import java.io.IOException;
import java.util.concurrent.RejectedExecutionException;

/**
 * Reads the {@link FileRegion}s that a stream channel writes, in chunks, on the executor for blocking calls: a file can
 * keep whoever reads it waiting for as long as its disk or its server likes. While the channel writes one chunk the
 * next is read, and no more than that: a peer that doesn't read stops the reading too.
 *
 * <p>The chunk that is being written and the read under way belong to the loop; all methods are called there, or when
 * there is no loop any more. A read retains its region, so that a file isn't closed under it, and makes and owns its
 * buffer, until {@link #next} has taken it over. A read that nobody waits for any more runs to its end and releases
 * both.
 */
final class RegionReader {

    private static final InternalLogger logger = InternalLoggerFactory.getInstance(RegionReader.class);

    private static final int CHUNK = 1 << 16;

    private final AbstractIocpStreamChannel channel;
    private ByteBuf chunk;
    private boolean lastChunk;
    private Read read;
    private boolean refused;

    RegionReader(AbstractIocpStreamChannel channel) {
        this.channel = channel;
    }

    /** What is being written, {@code null} for nothing. */
    ByteBuf chunk() {
        return chunk;
    }

    /** Whether it reads nothing, and nothing that it has read is to be written. */
    boolean isIdle() {
        return chunk == null && read == null;
    }

    /**
     * Makes {@link #chunk()} what of the region is to be written next, unless something of it is left. Where that has
     * not been read yet there is no chunk after the call, and {@link AbstractIocpStreamChannel#regionRead} is called
     * when it has.
     *
     * @return {@code false} if nothing of the region is left
     * @throws IOException what the region's read failed by
     */
    boolean next(FileRegion region) throws IOException {
        if (chunk != null) {
            return true;
        }
        if (read == null) {
            if (region.transferred() >= region.count()) {
                return false;
            }
            start(region);
        }
        Read done = read;
        if (!done.isDone()) {
            return true;
        }
        read = null;
        chunk = done.take();
        lastChunk = done.isLast();
        if (!lastChunk) {
            start(region);
        }
        return true;
    }

    /** So much of the chunk was written. {@code true} if the region was written with it. */
    boolean written(int bytes) {
        chunk.skipBytes(bytes);
        if (chunk.isReadable()) {
            return false;
        }
        chunk.release();
        chunk = null;
        return lastChunk;
    }

    /** Nothing more is written of the region. */
    void release() {
        if (chunk != null) {
            chunk.release();
            chunk = null;
        }
        if (read != null) {
            read.abandon();
            read = null;
        }
    }

    private void start(FileRegion region) {
        read = new Read(channel, region);
        try {
            channel.door().config().blockingExecutor().execute(read);
        } catch (RejectedExecutionException cause) {
            if (!refused) {
                refused = true;
                logger.warn("{} The executor for blocking calls refused to read a file: the loop reads", channel,
                        cause);
            }
            read.readNow();
        }
    }

    /** The read of one chunk: is under way, done, or abandoned. */
    private static final class Read implements Runnable {

        private final AbstractIocpStreamChannel channel;
        private final EventLoop loop;
        private final FileRegion region;
        private ByteBuf buffer;
        private Throwable failure;
        private boolean last;
        private boolean done;
        private boolean abandoned;

        Read(AbstractIocpStreamChannel channel, FileRegion region) {
            this.channel = channel;
            loop = channel.eventLoop();
            this.region = region.retain();
        }

        @Override
        public void run() {
            readNow();
            try {
                loop.execute(() -> channel.regionRead(region));
            } catch (RejectedExecutionException loopEnded) {
                abandon();
            }
        }

        void readNow() {
            ByteBuf target = null;
            Throwable cause = null;
            boolean end = false;
            try {
                if (!isAbandoned()) {
                    target = channel.alloc().directBuffer(
                            (int) Math.min(CHUNK, Math.max(1, region.count() - region.transferred())));
                    end = fill(target);
                }
            } catch (Throwable thrown) {
                cause = thrown;
            } finally {
                region.release();
            }
            finish(target, end, cause);
        }

        /** {@code true} if nothing follows. */
        private boolean fill(ByteBuf target) throws IOException {
            try (ByteBufWritableChannel sink = new ByteBufWritableChannel(target)) {
                while (target.isWritable() && region.transferred() < region.count()) {
                    if (region.transferTo(sink, region.transferred()) <= 0) {
                        break;
                    }
                }
            } catch (IOException failed) {
                if (!target.isReadable()) {
                    throw failed;
                }
                // What there was goes out, as with NIO. The next read fails as this one.
            }
            if (!target.isReadable()) {
                throw new EOFException("the file region ended at " + region.transferred() + " of " + region.count()
                        + " bytes");
            }
            return region.transferred() >= region.count();
        }

        private synchronized void finish(ByteBuf target, boolean end, Throwable cause) {
            if (target != null && (cause != null || abandoned)) {
                target.release();
            } else {
                buffer = target;
            }
            last = end;
            failure = cause;
            done = true;
        }

        private synchronized boolean isAbandoned() {
            return abandoned;
        }

        synchronized boolean isDone() {
            return done;
        }

        synchronized boolean isLast() {
            return last;
        }

        /** The chunk, which is the caller's from now on. */
        synchronized ByteBuf take() throws IOException {
            if (failure != null) {
                PlatformDependent.throwException(failure);
            }
            ByteBuf taken = buffer;
            buffer = null;
            return taken;
        }

        synchronized void abandon() {
            abandoned = true;
            if (buffer != null) {
                buffer.release();
                buffer = null;
            }
        }
    }
}
