/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.peers;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;

/**
 * A client of a pipe with what the JDK has for it: a {@link RandomAccessFile}. Its handle is synchronous, so that a
 * write waits while a read does: it sends first, and receives then. Told what to do as the other peers are.
 */
final class RandomAccessFilePeer {

    private final Map<String, String> options = new HashMap<>();

    private RandomAccessFilePeer(String... options) {
        for (String option : options) {
            String[] parts = option.split("=", 2);
            this.options.put(parts[0], parts[1]);
        }
    }

    public static void main(String[] args) throws Exception {
        ProcessHandle.current().parent().ifPresent(parent ->
                parent.onExit().thenRun(() -> Runtime.getRuntime().halt(3)));
        RandomAccessFilePeer peer = new RandomAccessFilePeer(Arrays.copyOfRange(args, 3, args.length));
        try (RandomAccessFile pipe = peer.open(args[1])) {
            System.out.println("CONNECTED");
            switch (args[0] + ' ' + args[2]) {
                case "dial transfer" -> peer.transfer(pipe);
                case "dial exchange" -> peer.exchange(pipe);
                default -> throw new IllegalArgumentException(args[0] + ' ' + args[2]);
            }
        } catch (Exception e) {
            System.out.println("ERROR " + e);
            System.exit(1);
        }
        System.out.println("CLOSED");
        System.out.println("DONE");
    }

    private int number(String name, int otherwise) {
        String value = options.get(name);
        return value == null ? otherwise : Integer.parseInt(value);
    }

    /** All instances may be busy: the JDK doesn't wait for a free one, and tells it only in the user's language. */
    private RandomAccessFile open(String pipe) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(number("timeout", 10_000));
        for (;;) {
            try {
                return new RandomAccessFile(pipe, "rw");
            } catch (FileNotFoundException e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
                Thread.sleep(10);
            }
        }
    }

    private void transfer(RandomAccessFile pipe) throws IOException {
        byte[] all = data();
        new Writes(all).forEach((offset, size) -> pipe.write(all, offset, size));
        mark("SENT", all.length, sum(all));
        int expected = number("receive", -1);
        byte[] buffer = new byte[number("buffer", 65536)];
        CRC32 sum = new CRC32();
        int received = 0;
        while (expected < 0 || received < expected) {
            int read;
            try {
                read = pipe.read(buffer);
            } catch (IOException e) {
                // The JDK has no end of input for a pipe that the other side has closed, but an exception.
                System.out.println("BROKEN " + e.getMessage());
                break;
            }
            if (read < 0) {
                System.out.println("END");
                break;
            }
            sum.update(buffer, 0, read);
            received += read;
            if (received >= number("die-after", Integer.MAX_VALUE)) {
                die();
            }
        }
        mark("RECEIVED", received, sum);
    }

    private void exchange(RandomAccessFile pipe) throws IOException {
        byte[] all = data();
        byte[] answer = new byte[all.length];
        new Writes(all).forEach((offset, size) -> {
            pipe.write(all, offset, size);
            pipe.readFully(answer, offset, size);
        });
        mark("SENT", all.length, sum(all));
        mark("RECEIVED", answer.length, sum(answer));
    }

    private byte[] data() {
        return PeerData.bytes(number("send", 0), number("seed", 1));
    }

    private static CRC32 sum(byte[] bytes) {
        CRC32 sum = new CRC32();
        sum.update(bytes);
        return sum;
    }

    private static void mark(String mark, int size, CRC32 sum) {
        System.out.println(mark + ' ' + String.join(" ", PeerData.sum(size, sum)));
    }

    private static void die() {
        System.out.println("DYING");
        System.out.flush();
        Runtime.getRuntime().halt(9);
    }

    /** In pieces of all sizes. */
    private final class Writes {

        private final byte[] all;

        Writes(byte[] all) {
            this.all = all;
        }

        void forEach(Write write) throws IOException {
            int sizes = number("seed", 1) + 1;
            for (int sent = 0; sent < all.length;) {
                sizes = PeerData.next(sizes);
                int size = 1 + Integer.remainderUnsigned(sizes, number("largest", 65536));
                size = Math.min(size, all.length - sent);
                write.write(sent, size);
                sent += size;
                if (sent >= number("die-after-sent", Integer.MAX_VALUE)) {
                    die();
                }
            }
        }
    }

    private interface Write {
        void write(int offset, int size) throws IOException;
    }
}
