/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.host;

import io.github.nettyiocp.Iocp;
import org.junit.jupiter.api.Test;

import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import static org.assertj.core.api.Assertions.assertThat;

/** All other tests run on the class path: this one starts a JVM with the project and Netty on the module path. */
public class ModulePathTest {
    private static final String MODULE = "io.github.nettyiocp";

    @Test
    void theDescriptorsCanBeReadByTheirNames() throws Exception {
        assertThat(AnotherJvm.java("-p", modulePath(), "--describe-module", MODULE))
                .contains("requires io.netty.transport transitive", "exports io.github.nettyiocp.channel")
                .doesNotContain("exports io.github.nettyiocp.internal" + System.lineSeparator());
        assertThat(AnotherJvm.java("-p", modulePath(), "--describe-module", MODULE + ".pipes"))
                .contains("requires " + MODULE + " transitive", "exports io.github.nettyiocp.pipe");
    }

    @Test
    void theTransportWorksAsAModuleWithNativeAccessGivenToItAlone() throws Exception {
        String printed = AnotherJvm.java("-p", modulePath(), "--add-modules", MODULE + ',' + MODULE + ".pipes",
                "--enable-native-access=" + MODULE, "--illegal-native-access=deny",
                "-cp", location(Main.class).toString(), Main.class.getName());
        boolean windows = System.getProperty("os.name").startsWith("Windows");
        assertThat(printed.lines()).contains("module " + MODULE, "available " + windows);
    }

    /** Runs in the JVM that the test starts. */
    public static final class Main {
        private Main() {
        }

        public static void main(String[] args) {
            System.out.println("module " + Iocp.class.getModule().getName());
            System.out.println("available " + Iocp.isAvailable());
            if (!Iocp.isAvailable()) {
                System.out.println(Iocp.unavailabilityCause());
            }
        }
    }

    /** The project's own modules and the four of Netty's that they need. */
    private static String modulePath() {
        Pattern wanted = Pattern.compile(
                "/transport-iocp(-pipes)?/target/|/netty-(transport|common|buffer|resolver)-[0-9.]+Final\\.jar$");
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> wanted.matcher(entry.replace('\\', '/')).find())
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static Path location(Class<?> type) throws URISyntaxException {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    }
}
