/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.util.ArrayList;
import java.util.List;

/**
 * What children wrote to one pipe, in the order in which the pipe took it: what its reader must get. A write that was
 * under way when its process died counts as far as it was read.
 */
final class ChildOutput {

    private final PipeQueue queue;
    private final List<Write> writes = new ArrayList<>();

    ChildOutput(PipeQueue queue) {
        this.queue = queue;
    }

    /** A write of a child. */
    static final class Write {
        private byte[] bytes;

        private Write(byte[] bytes) {
            this.bytes = bytes;
        }
    }

    /** A child begins to write. */
    Write begin(byte[] bytes) {
        Write write = new Write(bytes);
        writes.add(write);
        return write;
    }

    /** The child died before its write was done. Call it when the pipe has taken the write back. */
    void torn(Write write) {
        long before = 0;
        for (Write earlier : writes) {
            if (earlier == write) {
                break;
            }
            before += earlier.bytes.length;
        }
        int read = (int) Math.max(0, Math.min(write.bytes.length, queue.totalRead() - before));
        write.bytes = java.util.Arrays.copyOf(write.bytes, read);
    }

    /** All that was written until now. */
    byte[] bytes() {
        java.io.ByteArrayOutputStream all = new java.io.ByteArrayOutputStream();
        writes.forEach(write -> all.writeBytes(write.bytes));
        return all.toByteArray();
    }
}
