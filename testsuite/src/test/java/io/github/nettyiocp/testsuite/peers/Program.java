/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.peers;

import io.github.nettyiocp.testsuite.host.AnotherJvm;
import org.junit.jupiter.api.Assumptions;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/**
 * The programs of others that tests talk with over named pipes: {@code src/test/peers} says what they do. A test that
 * starts one that is not there is skipped, with the reason.
 */
public enum Program {
    /** go-winio. */
    GO("go"),
    /** Node's {@code net} module. */
    NODE("node"),
    /** Windows' functions, overlapped: a thread each way. */
    C("c"),
    /** Windows' functions on a synchronous handle. */
    C_BLOCKING("c", "io=blocking"),
    /** {@link java.io.RandomAccessFile}; a client only. */
    JAVA("java"),
    /** Our own channels, in a process of their own. */
    NETTY("netty"),
    /** A child process in C: not a peer of a pipe. */
    CHILD("child");

    private static final Path CHECKOUT = Path.of(System.getProperty("checkout"));

    private final String tool;
    private final String[] options;

    Program(String tool, String... options) {
        this.tool = tool;
        this.options = options;
    }

    /** Starts a server; returns when it listens. */
    public Peer serve(String pipe, String behaviour, String... options) throws Exception {
        Peer peer = new Peer(this + " server", command("serve", pipe, behaviour, options));
        try {
            peer.await("LISTENING");
        } catch (Throwable failure) {
            peer.close();
            throw failure;
        }
        return peer;
    }

    /** Starts a client. */
    public Peer dial(String pipe, String behaviour, String... options) throws Exception {
        return new Peer(this + " client", command("dial", pipe, behaviour, options));
    }

    private List<String> command(String role, String pipe, String behaviour, String... arguments) {
        List<String> command = new ArrayList<>(program());
        command.addAll(List.of(role, pipe, behaviour));
        command.addAll(List.of(options));
        command.addAll(List.of(arguments));
        return command;
    }

    /** The program without arguments. */
    public List<String> program() {
        if (this == JAVA || this == NETTY) {
            Class<?> type = this == JAVA ? RandomAccessFilePeer.class : NettyPeer.class;
            return AnotherJvm.command("--enable-native-access=ALL-UNNAMED", "-cp",
                    System.getProperty("java.class.path"), type.getName());
        }
        Properties properties = properties();
        Assumptions.assumeTrue(properties.containsKey(tool), properties.getProperty(tool + ".missing"));
        String executable = properties.getProperty(tool);
        if (this == NODE) {
            return List.of(executable, CHECKOUT.resolve("testsuite/src/test/peers/node/peer.js").toString());
        }
        return List.of(executable);
    }

    /** What tools/SetUpPeers.java has found and built. */
    private static Properties properties() {
        Properties properties = new Properties();
        try (Reader in = Files.newBufferedReader(CHECKOUT.resolve("testsuite/target/peers/peers.properties"))) {
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException("run tools/setup-peers first", e);
        }
        return properties;
    }
}
