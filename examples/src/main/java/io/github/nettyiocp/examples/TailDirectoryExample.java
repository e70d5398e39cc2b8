/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.channel.DirectoryAddress;
import io.github.nettyiocp.channel.DirectoryEvent;
import io.github.nettyiocp.channel.DirectoryWatchChannel;
import io.github.nettyiocp.channel.IocpChannelOption;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Prints what changes in a directory and below it, until it is ended. Without a directory it makes one, changes it, and
 * compares how soon it hears of a new file with the JDK's {@code WatchService}.
 */
public final class TailDirectoryExample {

    private static final int ROUNDS = 50;
    private static final int PAUSE_MILLIS = 20;
    private static final int TIMEOUT_SECONDS = 20;

    private TailDirectoryExample() {
    }

    /** Takes the directory to watch, or nothing. */
    public static void main(String[] args) {
        IocpEventLoopGroup group = new IocpEventLoopGroup(1);
        ExampleRun.run("Changes of a directory", () -> {
            if (args.length > 0) {
                watch(group, Path.of(args[0]), TailDirectoryExample::print).closeFuture().sync();
            } else {
                demonstrate(group);
            }
        }, group);
    }

    private static Channel watch(IocpEventLoopGroup group, Path directory, Consumer<DirectoryEvent> listener)
            throws InterruptedException {
        return new Bootstrap().group(group)
                .channel(DirectoryWatchChannel.class)
                .option(IocpChannelOption.WATCH_SUBTREE, true)
                .handler(new SimpleChannelInboundHandler<DirectoryEvent>() {
                    @Override
                    protected void channelRead0(ChannelHandlerContext context, DirectoryEvent event) {
                        listener.accept(event);
                    }

                    @Override
                    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                        System.out.println("  ended: " + cause);
                    }
                }).connect(new DirectoryAddress(directory)).sync().channel();
    }

    private static void print(DirectoryEvent event) {
        Path directory = event.directory();
        System.out.println("  " + switch (event) {
            case DirectoryEvent.Created created -> "created   " + directory.relativize(created.path());
            case DirectoryEvent.Modified modified -> "modified  " + directory.relativize(modified.path());
            case DirectoryEvent.Deleted deleted -> "deleted   " + directory.relativize(deleted.path());
            case DirectoryEvent.Renamed renamed -> "renamed   " + directory.relativize(renamed.oldPath()) + " to "
                    + directory.relativize(renamed.path());
            case DirectoryEvent.Rescan rescan -> "look again: changes were lost (" + rescan.reason() + ')';
        });
    }

    private static void demonstrate(IocpEventLoopGroup group) throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("netty-iocp");
        System.out.println(directory);
        BlockingQueue<DirectoryEvent> events = new LinkedBlockingQueue<>();
        Channel channel = watch(group, directory, event -> {
            print(event);
            events.add(event);
        });
        Path first = Files.createFile(directory.resolve("first.txt"));
        await(events, new DirectoryEvent.Created(directory, first, null));
        Path second = Files.move(first, directory.resolve("second.txt"));
        await(events, new DirectoryEvent.Renamed(directory, first, second, null));
        Files.delete(second);
        await(events, new DirectoryEvent.Deleted(directory, second, null));
        channel.close().sync();

        latency(group, directory);
        latencyOfTheJdk(directory);
        System.out.printf("How soon a new file is told, median of %d, warmed up: %.2f ms; by the JDK's WatchService"
                + " %.2f ms%n", ROUNDS, latency(group, directory), latencyOfTheJdk(directory));
        Files.delete(directory);
    }

    private static void await(BlockingQueue<DirectoryEvent> events, DirectoryEvent expected)
            throws IOException, InterruptedException {
        DirectoryEvent event;
        do {
            event = events.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            if (event == null) {
                throw new IOException("did not come: " + expected);
            }
        } while (!event.equals(expected));
    }

    private static double latency(IocpEventLoopGroup group, Path directory) throws IOException, InterruptedException {
        BlockingQueue<Path> created = new LinkedBlockingQueue<>();
        Channel channel = watch(group, directory, event -> {
            if (event instanceof DirectoryEvent.Created change) {
                created.add(change.path());
            }
        });
        double median = median(directory, () -> created.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS) != null);
        channel.close().sync();
        return median;
    }

    private static double latencyOfTheJdk(Path directory) throws IOException, InterruptedException {
        try (WatchService service = directory.getFileSystem().newWatchService()) {
            directory.register(service, StandardWatchEventKinds.ENTRY_CREATE);
            return median(directory, () -> {
                WatchKey key = service.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS);
                return key != null && !key.pollEvents().isEmpty() && key.reset();
            });
        }
    }

    /** Waits until a file was told. */
    private interface Wait {
        boolean forAFile() throws InterruptedException;
    }

    private static double median(Path directory, Wait wait) throws IOException, InterruptedException {
        long[] nanos = new long[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
            long start = System.nanoTime();
            Path file = Files.createFile(directory.resolve("file-" + i));
            if (!wait.forAFile()) {
                throw new IOException("was not told of " + file);
            }
            nanos[i] = System.nanoTime() - start;
            Files.delete(file);
            // So that the system isn't busy with telling of the deletion when the next file is made.
            Thread.sleep(PAUSE_MILLIS);
        }
        Arrays.sort(nanos);
        return nanos[ROUNDS / 2] / 1e6;
    }
}
