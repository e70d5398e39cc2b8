/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import io.github.nettyiocp.Iocp;
import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.pipe.NamedPipeAddress;

import java.io.BufferedReader;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Files;
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
    private static final NamedPipeAddress DOCKER = new NamedPipeAddress("docker_engine");
    private static final Path STAND_IN = Path.of("testsuite", "target", "peers", "go-peer.exe");

    private DockerInfoExample() {
    }

    /** Asks the engine on the pipe that is named, or on Docker's own. */
    public static void main(String[] args) {
        if (!Iocp.isAvailable()) {
            System.err.println("Cannot run: " + Iocp.unavailabilityCause().getMessage());
            System.exit(1);
        }
        IocpEventLoopGroup group = new IocpEventLoopGroup(1);
        int exitCode = 0;
        try {
            NamedPipeAddress engine = args.length > 0 ? new NamedPipeAddress(args[0]) : DOCKER;
            if (args.length > 0 || exists(group, engine)) {
                run(group, engine);
            } else {
                runWithStandIn(group);
            }
        } catch (Exception cause) {
            System.err.println("FAILED: " + cause);
            exitCode = 1;
        } finally {
            group.shutdownGracefully(0, TIMEOUT_SECONDS, TimeUnit.SECONDS).syncUninterruptibly();
        }
        System.exit(exitCode);
    }

    private static boolean exists(IocpEventLoopGroup group, NamedPipeAddress engine) throws Exception {
        try (DockerClient docker = new DockerClient(group, engine)) {
            docker.get("/_ping").get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            return true;
        } catch (ConnectException none) {
            System.out.println("No engine here: " + none.getMessage());
            return false;
        }
    }

    private static void runWithStandIn(IocpEventLoopGroup group) throws Exception {
        if (!Files.exists(STAND_IN)) {
            throw new FileNotFoundException("no stand-in either: " + STAND_IN + " is built where go is installed");
        }
        NamedPipeAddress address = NamedPipeAddress.random("docker-stand-in-");
        Process standIn = new ProcessBuilder(STAND_IN.toString(), "serve", address.toString(), "docker",
                "type=message").redirectErrorStream(true).start();
        try (BufferedReader marks = standIn.inputReader()) {
            String mark = marks.readLine();
            if (!"LISTENING".equals(mark)) {
                throw new IOException("the stand-in says " + mark);
            }
            run(group, address);
        } finally {
            standIn.destroy();
        }
    }

    private static void run(IocpEventLoopGroup group, NamedPipeAddress engine) throws Exception {
        System.out.println("Engine on " + engine);
        try (DockerClient docker = new DockerClient(group, engine)) {
            String version = docker.get("/version").get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            line("version", value(version, "Version") + ", API " + value(version, "ApiVersion"));
            String info = docker.get("/info").get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            line("system", value(info, "OperatingSystem") + ", " + value(info, "NCPU") + " processors");
            line("containers", value(info, "Containers") + ", of which " + value(info, "ContainersRunning") + " run");
            line("images", value(info, "Images"));
        }
        // An answer without an end: one that has heard enough closes the connection.
        LongAdder events = new LongAdder();
        try (DockerClient docker = new DockerClient(group, engine)) {
            docker.stream("/events", part -> events.add(part.chars().filter(c -> c == '\n').count()));
            Thread.sleep(1000);
        }
        line("events in a second", events.sum());
    }

    private static void line(String name, Object value) {
        System.out.printf("  %-20s %s%n", name, value);
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
