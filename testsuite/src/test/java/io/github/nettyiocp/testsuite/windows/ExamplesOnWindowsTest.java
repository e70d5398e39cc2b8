/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.testsuite.host.AnotherJvm;
import io.github.nettyiocp.testsuite.peers.Program;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import static org.assertj.core.api.Assertions.assertThat;

/** Each example that needs no more than this machine, in a JVM of its own: it ends well, and says what it is about. */
@Timeout(240)
class ExamplesOnWindowsTest {

    private static final Path CHECKOUT = Path.of(System.getProperty("checkout"));
    private static final Path CLASSES = CHECKOUT.resolve("examples/target/classes");
    private static final String PACKAGE = "io.github.nettyiocp.examples.";

    /** What is printed when all went as it should. */
    private static final Map<String, String> LINES = Map.ofEntries(
            Map.entry("pipe-echo", "The server echoed 10,293,842 bytes on 2 pipes; all came back as they were sent."),
            Map.entry("pipe-chat", "All members heard the same."),
            Map.entry("pipe-http", "All four answers on one connection were as expected."),
            Map.entry("docker-info", "  events in a second"),
            Map.entry("grpc-pipe", "  Think:  DEADLINE_EXCEEDED"),
            Map.entry("run-child", "The exit code was 3"),
            Map.entry("copy-file", "The copy is equal."),
            Map.entry("send-file", "Client:  SHA-256 "),
            Map.entry("checksum", "java.security says the same."),
            Map.entry("binding", "Operations that the kernel still has: 0"),
            Map.entry("tail-directory", "How soon a new file is told"),
            Map.entry("own-strategy", "  3,000,000 bytes read to the end, CRC-32 "),
            Map.entry("doctor", "All is well."));
    /** The workflow runs the first by its script; {@link SerialOnWindowsTest} the other, where there is a port. */
    private static final Set<String> ELSEWHERE = Set.of("echo", "serial-echo");

    static Set<String> names() {
        return new TreeSet<>(LINES.keySet());
    }

    private static Map<String, String> classes() throws IOException {
        return Files.readAllLines(CLASSES.resolve("io/github/nettyiocp/examples/examples.txt")).stream()
                .map(line -> line.split(" +", 3))
                .collect(Collectors.toMap(parts -> parts[0], parts -> parts[1]));
    }

    @Test
    void noExampleIsForgotten() throws Exception {
        Set<String> all = names();
        all.addAll(ELSEWHERE);
        assertThat(classes().keySet()).isEqualTo(all);
    }

    @ParameterizedTest
    @MethodSource("names")
    void anExampleDoesWhatItSays(String name) throws Exception {
        if (name.equals("docker-info")) {
            // The stand-in, where there is no engine. A missing compiler skips the test.
            Program.GO.program();
        }
        assertRuns(name, LINES.get(name));
    }

    /** Runs an example: it ends well, and prints this among others. */
    static void assertRuns(String name, String line, String... arguments) throws Exception {
        List<String> command = AnotherJvm.command("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED", "-cp",
                System.getProperty("java.class.path") + File.pathSeparator + CLASSES, PACKAGE + classes().get(name));
        command.addAll(List.of(arguments));
        Path output = Files.createTempFile("example", ".txt");
        Process example = new ProcessBuilder(command).directory(CHECKOUT.toFile()).redirectErrorStream(true)
                .redirectOutput(output.toFile()).start();
        try {
            example.getOutputStream().close();
            assertThat(example.waitFor(200, TimeUnit.SECONDS)).as("it ends").isTrue();
            String text = Files.readString(output, StandardCharsets.ISO_8859_1);
            assertThat(example.exitValue()).as(text).isZero();
            assertThat(text).contains(line).doesNotContain("FAILED", "Exception");
        } finally {
            example.destroyForcibly().waitFor();
            Files.delete(output);
        }
    }
}
