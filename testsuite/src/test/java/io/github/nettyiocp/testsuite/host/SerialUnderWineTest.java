/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.host;

import io.github.nettyiocp.testsuite.windows.SerialOnWindowsTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Runs {@link SerialOnWindowsTest} under Wine with lines to use: Wine takes any terminal for a serial port, and only a
 * program of this machine can make a pseudo terminal. On Windows the class runs by itself, with a line that is given.
 */
@DisabledOnOs(OS.WINDOWS)
class SerialUnderWineTest {

    private static final Path CHECKOUT = Path.of(System.getProperty("checkout"));
    private static final String ALL = "passed 8 of 8";

    private final Path line = Path.of("target", "serial").toAbsolutePath();
    private final Path unplugged = Path.of("target", "serial-unplug").toAbsolutePath();

    /** A line ends when its file is gone. */
    @AfterEach
    void end() throws IOException {
        Files.deleteIfExists(line);
        Files.deleteIfExists(unplugged);
    }

    private static Process start(String... command) throws IOException {
        return new ProcessBuilder(command).redirectErrorStream(true).redirectInput(new File("/dev/null"))
                .redirectOutput(new File("target/serial-test.txt")).start();
    }

    @Test
    @Timeout(600)
    void everyTestOfSerialPortsPassesOnPseudoTerminals() throws Exception {
        end();
        makeLines();
        while (!Files.exists(line) || !Files.exists(unplugged)) {
            Thread.sleep(20);
        }
        Process windows = start(CHECKOUT.resolve("tools/windows-jdk/bin/java").toString(), "-XX:-PrintWarnings", "-ea",
                "--enable-native-access=ALL-UNNAMED", "-Dserial.line=" + line,
                "-Dcheckout=" + CHECKOUT, "-cp",
                System.getProperty("java.class.path").replace(File.pathSeparatorChar, ';'), TestRunner.class.getName(),
                SerialOnWindowsTest.class.getName());
        try {
            assertThat(windows.waitFor(500, TimeUnit.SECONDS)).isTrue();
        } finally {
            windows.destroy();
        }
        String printed = Files.readString(Path.of("target/serial-test.txt"));
        assertThat(windows.exitValue()).as(printed).isZero();
        assertThat(printed).contains(ALL);
    }

    private void makeLines() throws IOException, InterruptedException {
        Process lines;
        try {
            lines = start("python3", CHECKOUT.resolve("testsuite/src/test/peers/serial/line.py").toString(),
                    line.toString(), unplugged.toString());
        } catch (IOException cause) {
            Assumptions.abort("python3 is not there, which makes the pseudo terminals: " + cause);
            return;
        }
        // It leaves a process for each line.
        assertThat(lines.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(lines.exitValue()).as(Files.readString(Path.of("target/serial-test.txt"))).isZero();
    }
}
