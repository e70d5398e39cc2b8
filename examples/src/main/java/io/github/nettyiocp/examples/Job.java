/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import io.github.nettyiocp.CompletionKey;
import io.netty.channel.IoEventLoop;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A job object whose messages come to an event loop. They have no {@code OVERLAPPED}: the packet's byte count is the
 * message and its third word a process id, so they come by a {@link CompletionKey}.
 */
final class Job implements AutoCloseable {

    /** Is told of messages, on the loop's thread. */
    @FunctionalInterface
    interface Listener {
        /** A message came; {@code processId} is {@code 0} where it is not about one process. */
        void message(int message, long processId);
    }

    static final int ACTIVE_PROCESS_ZERO = 4;
    static final int NEW_PROCESS = 6;
    static final int EXIT_PROCESS = 7;

    private static final int ASSOCIATE_COMPLETION_PORT_INFORMATION = 7;
    private static final int PROCESS_TERMINATE = 0x0001;
    private static final int PROCESS_SET_QUOTA = 0x0100;

    private final long handle;
    private final CompletionKey key;

    private Job(long handle, CompletionKey key) {
        this.handle = handle;
        this.key = key;
    }

    /** Makes a job with no process in it. Waits for the loop, so it is not called on it. */
    static Job open(IoEventLoop loop, Listener listener) throws Throwable {
        CompletionKey key = CompletionKey.open(loop, (source, message, processId) ->
                listener.message(message, processId)).sync().getNow();
        long handle = 0;
        try {
            handle = Kernel32.createJobObject();
            associate(handle, key);
            return new Job(handle, key);
        } catch (Throwable cause) {
            key.close();
            if (handle != 0) {
                Kernel32.closeHandle(handle);
            }
            throw cause;
        }
    }

    /** {@code JOBOBJECT_ASSOCIATE_COMPLETION_PORT}: which port gets the messages, and under which key. */
    private static void associate(long job, CompletionKey key) throws Throwable {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment association = arena.allocateFrom(Dll.POINTER, key.value(), key.port());
            Kernel32.setInformationJobObject(job, ASSOCIATE_COMPLETION_PORT_INFORMATION, association.address(),
                    (int) association.byteSize());
        }
    }

    /** Puts a process, and those that it starts from now on, into the job. */
    void assign(Process process) throws Throwable {
        long processHandle = Kernel32.openProcess(PROCESS_SET_QUOTA | PROCESS_TERMINATE, process.pid());
        try {
            Kernel32.assignProcessToJobObject(handle, processHandle);
        } finally {
            Kernel32.closeHandle(processHandle);
        }
    }

    static String nameOf(int message) {
        return switch (message) {
            case ACTIVE_PROCESS_ZERO -> "no process is left";
            case NEW_PROCESS -> "new process";
            case EXIT_PROCESS -> "process ended";
            default -> "message " + message;
        };
    }

    /** The key goes last: it drops what the job still says. */
    @Override
    public void close() throws IOException {
        try {
            Kernel32.closeHandle(handle);
        } finally {
            key.close();
        }
    }
}
