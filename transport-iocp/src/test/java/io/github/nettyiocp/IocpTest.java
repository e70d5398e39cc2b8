/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import io.github.nettyiocp.channel.IocpServerSocketChannel;
import io.github.nettyiocp.channel.IocpSocketChannel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What users are told where the transport can't be used. */
@DisabledOnOs(OS.WINDOWS)
@Timeout(60)
class IocpTest {

    @Test
    void elsewhereThanOnWindowsTheTransportIsNotAvailableAndTheCauseTellsWhatToUse() {
        assertThat(Iocp.isAvailable()).isFalse();
        assertThat(Iocp.unavailabilityCause()).isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("Windows").hasMessageContaining("NioIoHandler")
                .hasMessageContaining(System.getProperty("os.name"));
        assertThat(Iocp.featureString()).isEqualTo("unavailable");
    }

    @Test
    void whoInsistsGetsAnErrorWithTheCause() {
        assertThatThrownBy(Iocp::ensureAvailability).isInstanceOf(UnsatisfiedLinkError.class)
                .hasCause(Iocp.unavailabilityCause()).hasMessageContaining("Windows only");
    }

    @Test
    void aFactoryCannotBeMadeAndTellsWhy() {
        assertThatThrownBy(IocpIoHandler::newFactory).isInstanceOf(UnsatisfiedLinkError.class)
                .hasMessageContaining("Windows only");
    }

    @Test
    void aGroupCannotBeMadeAndTellsWhy() {
        assertThatThrownBy(IocpEventLoopGroup::new).isInstanceOf(UnsatisfiedLinkError.class)
                .hasMessageContaining("Windows only");
    }

    @Test
    void aChannelCannotBeMadeAndTellsWhy() {
        assertThatThrownBy(IocpSocketChannel::new).isInstanceOf(UnsatisfiedLinkError.class);
        assertThatThrownBy(IocpServerSocketChannel::new).isInstanceOf(UnsatisfiedLinkError.class);
        assertThatThrownBy(() -> new IocpSocketChannel(5)).isInstanceOf(UnsatisfiedLinkError.class);
    }

    @Test
    void nativeTransportsCanBeSwitchedOffByAProperty() throws Exception {
        assertThat(inAnotherJvm("-Dio.netty.transport.noNative=true"))
                .contains("available: false", "-Dio.netty.transport.noNative=true");
    }

    @Test
    void nothingOfItNeedsNativeAccessElsewhere() throws Exception {
        assertThat(inAnotherJvm("--illegal-native-access=deny")).contains("available: false", "Windows only")
                .doesNotContain("IllegalCallerException");
    }

    private static String inAnotherJvm(String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
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
        }
    }
}
