/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.Iocp;
import io.github.nettyiocp.IocpEventLoopGroup;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

@Timeout(60)
class AvailabilityOnWindowsTest {

    @Test
    void theTransportIsAvailableAndTellsTheVersionOfWindows() {
        assertThat(Iocp.unavailabilityCause()).isNull();
        assertThat(Iocp.isAvailable()).isTrue();
        Iocp.ensureAvailability();
        assertThat(Iocp.featureString()).contains("Windows");
        WindowsTestSupport.print("features: %s", Iocp.featureString());
    }

    @Test
    void nativeTransportsCanBeSwitchedOffByAProperty() throws Exception {
        assertThat(inAnotherJvm("--enable-native-access=ALL-UNNAMED", "-Dio.netty.transport.noNative=true"))
                .contains("available: false", "-Dio.netty.transport.noNative=true", "UnsatisfiedLinkError");
    }

    @Test
    void whereNativeAccessIsDeniedTheCauseTellsTheOptionThatGrantsIt() throws Exception {
        assertThat(inAnotherJvm("--illegal-native-access=deny")).contains("available: false",
                "--enable-native-access=ALL-UNNAMED", "UnsatisfiedLinkError");
    }

    private static String inAnotherJvm(String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java.exe").toString());
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Probe.class.getName()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    /** Prints what the JVM that it runs in is told. */
    static final class Probe {

        private Probe() {
        }

        public static void main(String[] arguments) {
            System.out.println("available: " + Iocp.isAvailable());
            System.out.println(Iocp.unavailabilityCause());
            try {
                new IocpEventLoopGroup(1).shutdownGracefully();
            } catch (Throwable expected) {
                System.out.println(expected);
            }
        }
    }
}
