/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** A file for an example that was given none; it is deleted at the end. */
final class SampleFile implements AutoCloseable {

    private static final int MIB = 1024 * 1024;

    private final Path path;

    /** Makes a file of random bytes. */
    SampleFile(int mebibytes) throws IOException {
        path = Files.createTempFile("netty-iocp", ".sample");
        Random random = new Random();
        byte[] bytes = new byte[MIB];
        try (OutputStream out = Files.newOutputStream(path)) {
            for (int i = 0; i < mebibytes; i++) {
                random.nextBytes(bytes);
                out.write(bytes);
            }
        }
    }

    Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        Files.delete(path);
    }
}
