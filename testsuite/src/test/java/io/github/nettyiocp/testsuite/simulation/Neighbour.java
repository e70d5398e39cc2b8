/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Another program, which changes the files of a directory of its own. */
public interface Neighbour extends AutoCloseable {

    /** The name of its directory, which is empty at first. */
    String directory();

    void create(String name) throws IOException;

    void createDirectory(String name) throws IOException;

    void rename(String name, String newName) throws IOException;

    void delete(String name) throws IOException;

    /** Takes the directory away, and what is in it, if it is still there. */
    @Override
    void close() throws IOException;

    /** One on a simulated Windows. */
    static Neighbour simulated(SimulatedKernel kernel) {
        SimulatedDirectory directory = kernel.directories().make("C:\\neighbour", false, true);
        return new Neighbour() {
            @Override
            public String directory() {
                return "C:\\neighbour";
            }

            @Override
            public void create(String name) {
                directory.create(name);
            }

            @Override
            public void createDirectory(String name) {
                directory.create(name);
            }

            @Override
            public void rename(String name, String newName) {
                directory.rename(name, newName);
            }

            @Override
            public void delete(String name) {
                directory.delete(name);
            }

            @Override
            public void close() {
                directory.deleteSelf();
            }
        };
    }

    /** One on this machine. */
    static Neighbour real() throws IOException {
        Path directory = Files.createTempDirectory("netty-iocp-neighbour-").toRealPath();
        return new Neighbour() {
            @Override
            public String directory() {
                return directory.toString();
            }

            @Override
            public void create(String name) throws IOException {
                Files.createFile(directory.resolve(name));
            }

            @Override
            public void createDirectory(String name) throws IOException {
                Files.createDirectory(directory.resolve(name));
            }

            @Override
            public void rename(String name, String newName) throws IOException {
                Files.move(directory.resolve(name), directory.resolve(newName));
            }

            @Override
            public void delete(String name) throws IOException {
                Files.delete(directory.resolve(name));
            }

            @Override
            public void close() throws IOException {
                if (Files.notExists(directory)) {
                    return;
                }
                try (Stream<Path> files = Files.walk(directory)) {
                    for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                        Files.delete(file);
                    }
                }
            }
        };
    }
}
