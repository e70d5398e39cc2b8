/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import io.github.nettyiocp.Iocp;
import io.github.nettyiocp.IocpEventLoopGroup;
import io.netty.channel.IoEventLoop;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Binds handles that the library has no class for to a Netty event loop, by public API alone: a directory
 * ({@link DirectoryWatch}, by a {@code Binding}) and a job object ({@link Job}, by a {@code CompletionKey}). The
 * calls of Windows are the example's own.
 */
public final class BindingExample {

    private static final int TIMEOUT_SECONDS = 20;
    private static final int EXIT_CODE = 7;

    private BindingExample() {
    }

    /** Watches a directory, then a child process. The exit code is 1 if an event does not come. */
    public static void main(String[] args) {
        if (!Iocp.isAvailable()) {
            System.err.println("Cannot run: " + Iocp.unavailabilityCause().getMessage());
            System.exit(1);
        }
        System.out.println("One event loop on a completion port, " + Iocp.featureString());
        IocpEventLoopGroup group = new IocpEventLoopGroup(1);
        int exitCode = 0;
        try {
            IoEventLoop loop = group.next();
            watchDirectory(loop);
            watchProcess(loop);
            System.out.println("Operations that the kernel still has: " + group.metrics().outstanding());
        } catch (Throwable cause) {
            System.err.println("FAILED: " + cause);
            cause.printStackTrace();
            exitCode = 1;
        } finally {
            group.shutdownGracefully(0, TIMEOUT_SECONDS, TimeUnit.SECONDS).syncUninterruptibly();
        }
        System.exit(exitCode);
    }

    private static void watchDirectory(IoEventLoop loop) throws Throwable {
        Path directory = Files.createTempDirectory("netty-iocp");
        System.out.println();
        System.out.println("A directory, by a Binding and ReadDirectoryChangesW: " + directory);
        BlockingQueue<String> events = new LinkedBlockingQueue<>();
        DirectoryWatch watch = DirectoryWatch.open(loop, directory, (action, name) -> {
            System.out.printf("  %-12s %s%n", action, name == null ? "" : name);
            events.add(action + ' ' + name);
        });
        Path file = Files.createFile(directory.resolve("first.txt"));
        await(events, "created first.txt");
        Files.writeString(file, "hello");
        await(events, "modified first.txt");
        Path renamed = Files.move(file, directory.resolve("second.txt"));
        await(events, "renamed from first.txt");
        await(events, "renamed to second.txt");
        Files.delete(renamed);
        await(events, "deleted second.txt");
        watch.close().sync();
        Files.delete(directory);
        System.out.println("  closed");
    }

    private static void watchProcess(IoEventLoop loop) throws Throwable {
        System.out.println();
        System.out.println("A job object, by a CompletionKey:");
        BlockingQueue<String> events = new LinkedBlockingQueue<>();
        try (Job job = Job.open(loop, (message, processId) -> {
            System.out.printf("  %-18s %s%n", Job.nameOf(message), processId == 0 ? "-" : processId);
            events.add(Job.nameOf(message) + ' ' + processId);
        })) {
            // It waits for its input until it is in the job.
            Process child = new ProcessBuilder("cmd.exe", "/q").redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            try (Writer input = child.outputWriter(StandardCharsets.US_ASCII)) {
                job.assign(child);
                await(events, "new process " + child.pid());
                input.write("exit " + EXIT_CODE + "\r\n");
            } catch (Throwable cause) {
                child.destroyForcibly();
                throw cause;
            }
            await(events, "process ended " + child.pid());
            await(events, "no process is left 0");
            if (child.waitFor() != EXIT_CODE) {
                throw new IOException("the child's exit code is " + child.exitValue());
            }
            System.out.println("  exit code          " + EXIT_CODE);
        }
    }

    /** Waits for an event; others may come before it. */
    private static void await(BlockingQueue<String> events, String expected) throws Exception {
        String event;
        do {
            event = events.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            if (event == null) {
                throw new IOException("did not come in " + TIMEOUT_SECONDS + " seconds: " + expected);
            }
        } while (!event.equals(expected));
    }
}
