/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.benchmark;

import io.github.nettyiocp.Iocp;
import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.channel.OverlappedFile;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.Future;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.CompletionHandler;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Reads and overwrites one file by {@link FileChannel}, {@link AsynchronousFileChannel} and {@link OverlappedFile}, in
 * turns, and prints the median throughput of each. The file is in the cache of the system: what is measured is what a
 * call costs, not the disk.
 */
final class FileThroughput {

    private static final int KIB = 1024;
    private static final int MIB = KIB * KIB;

    private FileThroughput() {
    }

    /** The arguments: MiB of the file, KiB of a chunk, chunks in flight, rounds. */
    public static void main(String[] args) throws Exception {
        int chunk = Integer.parseInt(args[1]) * KIB;
        long size = Long.parseLong(args[0]) * MIB / chunk * chunk;
        int inFlight = Integer.parseInt(args[2]);
        int rounds = Integer.parseInt(args[3]);
        System.out.printf("%s, Java %s: %,d bytes in chunks of %,d, median of %d rounds after one to warm up%n",
                Iocp.featureString(), Runtime.version(), size, chunk, rounds);
        Path path = Files.createTempFile("netty-iocp", ".benchmark");
        IocpEventLoopGroup group = new IocpEventLoopGroup(1);
        try {
            fill(path, size, chunk);
            measure(List.of(new Blocking(path, size, chunk), new Asynchronous(path, size, chunk, 1),
                    new Overlapped(group, path, size, chunk, 1), new Asynchronous(path, size, chunk, inFlight),
                    new Overlapped(group, path, size, chunk, inFlight)), rounds);
        } finally {
            group.shutdownGracefully(0, 20, TimeUnit.SECONDS).sync();
            Files.delete(path);
        }
    }

    private static void fill(Path path, long size, int chunk) throws IOException {
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.allocateDirect(chunk);
            for (long position = 0; position < size; position += chunk) {
                file.write(bytes.clear(), position);
            }
        }
    }

    private static void measure(List<Way> ways, int rounds) throws Exception {
        double[][] reads = new double[ways.size()][rounds];
        double[][] writes = new double[ways.size()][rounds];
        for (int round = -1; round < rounds; round++) {
            for (int i = 0; i < ways.size(); i++) {
                double read = ways.get(i).measure(false);
                double write = ways.get(i).measure(true);
                if (round >= 0) {
                    reads[i][round] = read;
                    writes[i][round] = write;
                }
            }
        }
        System.out.printf("%-24s %9s %12s %12s%n", "", "in flight", "read MiB/s", "write MiB/s");
        for (int i = 0; i < ways.size(); i++) {
            Way way = ways.get(i);
            System.out.printf("%-24s %9d %,12.0f %,12.0f%n", way.name, way.inFlight, median(reads[i]),
                    median(writes[i]));
            way.close();
        }
    }

    private static double median(double[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }

    /** A way to read and write a file. */
    private abstract static class Way {
        final String name;
        final long size;
        final int chunk;
        final int inFlight;

        Way(String name, long size, int chunk, int inFlight) {
            this.name = name;
            this.size = size;
            this.chunk = chunk;
            this.inFlight = inFlight;
        }

        /** Reads or overwrites all of it once; in MiB a second. */
        final double measure(boolean write) throws Exception {
            long start = System.nanoTime();
            run(write);
            return size / (double) MIB / ((System.nanoTime() - start) / 1e9);
        }

        abstract void run(boolean write) throws Exception;

        abstract void close() throws Exception;

        final void check(int bytes) throws EOFException {
            if (bytes != chunk) {
                throw new EOFException(name + " moved " + bytes + " bytes of " + chunk);
            }
        }
    }

    private static final class Blocking extends Way {
        private final FileChannel file;
        private final ByteBuffer buffer;

        Blocking(Path path, long size, int chunk) throws IOException {
            super("FileChannel", size, chunk, 1);
            file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
            buffer = ByteBuffer.allocateDirect(chunk);
        }

        @Override
        void run(boolean write) throws IOException {
            for (long position = 0; position < size; position += chunk) {
                buffer.clear();
                check(write ? file.write(buffer, position) : file.read(buffer, position));
            }
        }

        @Override
        void close() throws IOException {
            file.close();
        }
    }

    /** Ends of operations start the next ones. */
    private abstract static class Chained extends Way {
        private final AtomicLong next = new AtomicLong();
        private final AtomicReference<Throwable> failure = new AtomicReference<>();
        private CountDownLatch ended;
        private boolean write;

        Chained(String name, long size, int chunk, int inFlight) {
            super(name, size, chunk, inFlight);
        }

        @Override
        final void run(boolean writes) throws Exception {
            write = writes;
            next.set(0);
            ended = new CountDownLatch(inFlight);
            for (int slot = 0; slot < inFlight; slot++) {
                next(slot);
            }
            ended.await();
            if (failure.get() != null) {
                throw new IOException(name, failure.get());
            }
        }

        private void next(int slot) {
            long position = next.getAndAdd(chunk);
            if (position < size && failure.get() == null) {
                start(write, slot, position);
            } else {
                ended.countDown();
            }
        }

        final void succeeded(int slot, int bytes) {
            try {
                check(bytes);
            } catch (EOFException cause) {
                failure.set(cause);
            }
            next(slot);
        }

        final void failed(int slot, Throwable cause) {
            failure.set(cause);
            next(slot);
        }

        abstract void start(boolean writes, int slot, long position);
    }

    private static final class Asynchronous extends Chained implements CompletionHandler<Integer, Integer> {
        private final AsynchronousFileChannel file;
        private final ByteBuffer[] buffers;

        Asynchronous(Path path, long size, int chunk, int inFlight) throws IOException {
            super("AsynchronousFileChannel", size, chunk, inFlight);
            file = AsynchronousFileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
            buffers = new ByteBuffer[inFlight];
            Arrays.setAll(buffers, slot -> ByteBuffer.allocateDirect(chunk));
        }

        @Override
        void start(boolean writes, int slot, long position) {
            if (writes) {
                file.write(buffers[slot].clear(), position, slot, this);
            } else {
                file.read(buffers[slot].clear(), position, slot, this);
            }
        }

        @Override
        public void completed(Integer bytes, Integer slot) {
            succeeded(slot, bytes);
        }

        @Override
        public void failed(Throwable cause, Integer slot) {
            failed((int) slot, cause);
        }

        @Override
        void close() throws IOException {
            file.close();
        }
    }

    private static final class Overlapped extends Chained {
        private final OverlappedFile file;
        private final ByteBuf[] buffers;

        Overlapped(IocpEventLoopGroup group, Path path, long size, int chunk, int inFlight)
                throws InterruptedException {
            super("OverlappedFile", size, chunk, inFlight);
            file = OverlappedFile.open(group.next(), path, StandardOpenOption.READ, StandardOpenOption.WRITE).sync()
                    .getNow();
            buffers = new ByteBuf[inFlight];
            Arrays.setAll(buffers, slot -> Unpooled.directBuffer(chunk, chunk));
        }

        @Override
        void start(boolean writes, int slot, long position) {
            ByteBuf buffer = buffers[slot];
            Future<Integer> outcome = writes ? file.write(buffer.setIndex(0, chunk), position)
                    : file.read(buffer.clear(), position);
            outcome.addListener((Future<Integer> done) -> {
                if (done.isSuccess()) {
                    succeeded(slot, done.getNow());
                } else {
                    failed(slot, done.cause());
                }
            });
        }

        @Override
        void close() throws InterruptedException {
            file.close().sync();
            for (ByteBuf buffer : buffers) {
                buffer.release();
            }
        }
    }
}
