/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.host;

import io.netty.testsuite.transport.socket.SocketTestPermutation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestTemplate;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** Every class of Netty's testsuite is run over sockets and over pipes, or stands in the list of what is left out. */
class TestsuiteExclusionsTest {

    private static final String OURS = "io.github.nettyiocp.testsuite.netty";
    private static final String LIST = "/io/github/nettyiocp/testsuite/netty/exclusions.txt";

    private record Exclusion(String transport, List<String> tests, String leftOut, String reason, String nio) {

        static Exclusion of(String line) {
            String[] columns = line.split(" \\| ", -1);
            assertThat(columns).as(line).hasSize(5);
            return new Exclusion(columns[0], List.of(columns[1].split(", ")), columns[2], columns[3], columns[4]);
        }

        boolean names(String type) {
            return tests.contains(type);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = { "sockets", "pipes" })
    void everyClassIsRunOrStandsInTheList(String transport) throws Exception {
        List<Class<?>> here = ours(transport.equals("pipes") ? OURS + ".pipe" : OURS);
        List<Exclusion> list = exclusions().stream().filter(line -> line.transport().equals(transport)).toList();
        List<String> missing = new ArrayList<>();
        for (Class<?> theirs : theirs()) {
            boolean sockets = transport.equals("sockets") || theirs.getPackageName().endsWith(".socket")
                    && !theirs.getSimpleName().startsWith("Datagram");
            if (sockets && here.stream().noneMatch(theirs::isAssignableFrom)
                    && list.stream().noneMatch(line -> line.names(theirs.getSimpleName()))) {
                missing.add(theirs.getSimpleName());
            }
        }
        assertThat(missing).isEmpty();
    }

    @Test
    void everyLineNamesTestsThatThereAreAndSaysWhy() throws Exception {
        List<String> names = theirs().stream().map(Class::getSimpleName).toList();
        List<Exclusion> list = exclusions();
        assertThat(list).isNotEmpty();
        for (Exclusion line : list) {
            assertThat(line.leftOut()).isNotBlank();
            assertThat(line.reason()).isNotBlank();
            // The words that tools/TestsuiteTable.java checks.
            assertThat(line.nio()).matches("-|(passes|skipped|fails|fails on Wine|as IOCP)\\b.*");
            // Where a method is named, the others of the line are methods too.
            for (String test : line.tests()) {
                String type = test.replaceFirst("\\..*", "");
                // A version that lacks the class may not have it in its jar.
                if (Character.isUpperCase(type.charAt(0)) && !type.contains("*")
                        && !line.leftOut().contains("with Netty ")) {
                    assertThat(names).as(test).contains(type);
                }
            }
        }
    }

    private static List<Exclusion> exclusions() throws IOException {
        try (InputStream list = TestsuiteExclusionsTest.class.getResourceAsStream(LIST)) {
            return new String(list.readAllBytes(), StandardCharsets.UTF_8).lines()
                    .filter(line -> !line.isEmpty() && !line.startsWith("#")).map(Exclusion::of).toList();
        }
    }

    /** The classes of Netty's testsuite of transports that have tests. */
    private static List<Class<?>> theirs() throws Exception {
        Path jar = Path.of(SocketTestPermutation.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        List<Class<?>> types = new ArrayList<>();
        try (JarFile file = new JarFile(jar.toFile())) {
            for (JarEntry entry : file.stream().toList()) {
                String name = entry.getName();
                if (name.startsWith("io/netty/testsuite/transport/") && name.endsWith("Test.class")) {
                    Class<?> type = load(name.substring(0, name.length() - 6).replace('/', '.'));
                    if (hasTests(type)) {
                        types.add(type);
                    }
                }
            }
        }
        assertThat(types).hasSizeGreaterThan(40);
        return types;
    }

    private static boolean hasTests(Class<?> type) {
        for (Class<?> at = type; at != Object.class; at = at.getSuperclass()) {
            for (Method method : at.getDeclaredMethods()) {
                if (method.isAnnotationPresent(Test.class) || method.isAnnotationPresent(ParameterizedTest.class)
                        || method.isAnnotationPresent(TestTemplate.class)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static List<Class<?>> ours(String packageName) throws Exception {
        Path folder = Path.of(TestsuiteExclusionsTest.class.getProtectionDomain().getCodeSource().getLocation().toURI())
                .resolve(packageName.replace('.', '/'));
        List<Class<?>> types = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (name.endsWith("Test.class")) {
                    types.add(load(packageName + '.' + name.substring(0, name.length() - 6)));
                }
            }
        }
        return types;
    }

    private static Class<?> load(String name) throws ClassNotFoundException {
        return Class.forName(name, false, TestsuiteExclusionsTest.class.getClassLoader());
    }
}
