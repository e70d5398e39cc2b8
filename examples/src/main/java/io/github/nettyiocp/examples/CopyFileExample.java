/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.channel.OverlappedFile;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Future;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Copies a file on an event loop and tells how far it is: {@code copy-file FROM TO}. Without arguments it copies one
 * that it makes, and compares. A timer on the same loop shows that the loop does other things meanwhile.
 */
public final class CopyFileExample {

    private static final int SAMPLE_MEBIBYTES = 64;
    private static final int PROGRESS_MILLIS = 50;
    private static final int PROGRESS_PERCENT = 10;

    private CopyFileExample() {
    }

    /** Copies. The exit code is 1 if that fails. */
    public static void main(String[] args) {
        if (args.length != 0 && args.length != 2) {
            System.err.println("Usage: copy-file FROM TO");
            System.exit(2);
        }
        ExampleRun.checkAvailable();
        IocpEventLoopGroup group = new IocpEventLoopGroup(1);
        ExampleRun.run("Copy", () -> {
            if (args.length == 2) {
                copy(group.next(), Path.of(args[0]), Path.of(args[1]));
            } else {
                copySample(group.next());
            }
        }, group);
    }

    private static void copySample(IoEventLoop loop) throws Exception {
        try (SampleFile sample = new SampleFile(SAMPLE_MEBIBYTES)) {
            Path to = Files.createTempFile("netty-iocp", ".copy");
            try {
                copy(loop, sample.path(), to);
                if (Files.mismatch(sample.path(), to) != -1) {
                    throw new IOException("the copy differs at " + Files.mismatch(sample.path(), to));
                }
                System.out.println("The copy is equal.");
            } finally {
                Files.delete(to);
            }
        }
    }

    private static void copy(IoEventLoop loop, Path from, Path to) throws Exception {
        if (Files.exists(to) && Files.isSameFile(from, to)) {
            throw new IOException(from + " and " + to + " are the same file");
        }
        LoopDelay delay = LoopDelay.start(loop);
        try (SampleFile small = new SampleFile(1); SampleFile target = new SampleFile(1)) {
            System.out.println("A small file first, which loads the classes:");
            copyNow(loop, small.path(), target.path());
        }
        delay.printIdle();
        copyNow(loop, from, to);
        delay.printBusy("copying");
    }

    private static void copyNow(IoEventLoop loop, Path from, Path to) throws InterruptedException {
        OverlappedFile source = OverlappedFile.open(loop, from, StandardOpenOption.READ).sync().getNow();
        try {
            OverlappedFile target = OverlappedFile.open(loop, to, StandardOpenOption.WRITE, StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING).sync().getNow();
            try {
                copy(source, target);
            } finally {
                target.close().sync();
            }
        } finally {
            source.close().sync();
        }
    }

    private static void copy(OverlappedFile source, OverlappedFile target) throws InterruptedException {
        long size = source.size().sync().getNow();
        long start = System.nanoTime();
        FileCopy copy = new FileCopy(source, target, size);
        Future<Void> done = copy.start();
        long told = 0;
        while (!done.await(PROGRESS_MILLIS)) {
            long percent = 100 * copy.copied() / Math.max(size, 1);
            if (percent >= told + PROGRESS_PERCENT) {
                System.out.printf("  %3d %%%n", percent);
                told = percent;
            }
        }
        done.sync();
        System.out.printf("%,d bytes in %,d ms%n", copy.copied(), (System.nanoTime() - start) / 1_000_000);
    }
}
