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
import io.netty.util.concurrent.DefaultEventExecutor;
import io.netty.util.concurrent.EventExecutor;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;

/**
 * Prints the SHA-256 of files, which one event loop reads: {@code checksum FILE...}. Without arguments it takes a file
 * that it makes, and compares with what {@code java.security} says of an {@code InputStream}. A timer on the same loop
 * shows that the loop does other things meanwhile.
 */
public final class ChecksumExample {

    private static final int SAMPLE_MEBIBYTES = 64;
    private static final int CHUNK = 64 * 1024;

    private ChecksumExample() {
    }

    /** Prints a line for each file. The exit code is 1 if one can't be read. */
    public static void main(String[] args) {
        ExampleRun.checkAvailable();
        IocpEventLoopGroup group = new IocpEventLoopGroup(1);
        EventExecutor computer = new DefaultEventExecutor();
        ExampleRun.run("Checksum", () -> {
            LoopDelay delay = LoopDelay.start(group.next());
            try (SampleFile small = new SampleFile(1)) {
                System.out.println("A small file first, which loads the classes:");
                print(group.next(), small.path(), computer);
            }
            delay.printIdle();
            if (args.length == 0) {
                printSample(group.next(), computer);
            }
            for (String name : args) {
                print(group.next(), Path.of(name), computer);
            }
            delay.printBusy("reading");
        }, group);
    }

    private static void printSample(IoEventLoop loop, EventExecutor computer) throws Exception {
        try (SampleFile sample = new SampleFile(SAMPLE_MEBIBYTES)) {
            String checksum = print(loop, sample.path(), computer);
            if (!checksum.equals(checksumOfStream(sample.path()))) {
                throw new IOException("java.security says " + checksumOfStream(sample.path()));
            }
            System.out.println("java.security says the same.");
        }
    }

    private static String print(IoEventLoop loop, Path path, EventExecutor computer) throws Exception {
        long start = System.nanoTime();
        OverlappedFile file = OverlappedFile.open(loop, path, StandardOpenOption.READ).sync().getNow();
        String checksum;
        try {
            checksum = HexFormat.of().formatHex(FileChecksum.of(file, sha256(), computer).sync().getNow());
        } finally {
            file.close().sync();
        }
        System.out.printf("%s  %s  (%,d bytes in %,d ms)%n", checksum, path, Files.size(path),
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
        return checksum;
    }

    private static String checksumOfStream(Path path) throws IOException, NoSuchAlgorithmException {
        MessageDigest digest = sha256();
        byte[] bytes = new byte[CHUNK];
        try (InputStream in = Files.newInputStream(path)) {
            for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
                digest.update(bytes, 0, read);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() throws NoSuchAlgorithmException {
        return MessageDigest.getInstance("SHA-256");
    }
}
