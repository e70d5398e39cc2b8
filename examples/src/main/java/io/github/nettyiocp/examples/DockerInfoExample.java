/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import io.github.nettyiocp.Iocp;
import io.github.nettyiocp.IocpEventLoopGroup;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Asks Docker's Engine, which listens on a named pipe, who it is and what happens. Where there is none, it asks a
 * stand-in, if that was built.
 */
public final class DockerInfoExample {

    private static final int TIMEOUT_SECONDS = 20;
    private static final Path STAND_IN = Path.of("testsuite", "target", "peers", "go-peer.exe");

    private DockerInfoExample() {
    }

    /** Asks the engine on the pipe that is named, or on Docker's own. */
    public static void main(String[] args) throws Exception {
        if (!Iocp.isAvailable()) {
            System.err.println("Cannot run: " + Iocp.unavailabilityCause().getMessage());
            System.exit(1);
        }
        IocpEventLoopGroup group = new IocpEventLoopGroup(1);
        Process standIn = new ProcessBuilder(STAND_IN.toString(), "serve", "tcp", "docker")
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
        try (BufferedReader marks = standIn.inputReader()) {
            int port = Integer.parseInt(marks.readLine().split(" ")[1]);
            run(group, new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        } finally {
            standIn.destroy();
            group.shutdownGracefully(0, TIMEOUT_SECONDS, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    private static void run(IocpEventLoopGroup group, SocketAddress address) throws Exception {
        System.out.println("Engine:  " + address);
        try (DockerClient docker = new DockerClient(group, address)) {
            System.out.println("  ping             " + docker.get("/_ping").get(TIMEOUT_SECONDS, TimeUnit.SECONDS));
            String version = docker.get("/version").get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            System.out.println("  version          " + value(version, "Version") + ", API "
                    + value(version, "ApiVersion"));
            String info = docker.get("/info").get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            System.out.println("  system           " + value(info, "OperatingSystem") + ", " + value(info, "NCPU")
                    + " processors");
            System.out.println("  containers       " + value(info, "Containers") + ", of which "
                    + value(info, "ContainersRunning") + " run");
            System.out.println("  images           " + value(info, "Images"));
        }
        // An answer that has no end: closing the connection is how one stops listening.
        LongAdder events = new LongAdder();
        try (DockerClient docker = new DockerClient(group, address)) {
            docker.stream("/events", part -> part.lines().filter(line -> !line.isBlank()).forEach(line ->
                    events.increment()));
            Thread.sleep(1000);
        }
        System.out.println("  events in 1 s    " + events.sum());
    }

    /** A value of a JSON object, without a JSON parser. */
    private static String value(String json, String name) throws IOException {
        Matcher matcher = Pattern.compile('"' + name + "\": *\"?([^\",}]*)").matcher(json);
        if (!matcher.find()) {
            throw new IOException("no " + name + " in " + json);
        }
        return matcher.group(1);
    }
}
