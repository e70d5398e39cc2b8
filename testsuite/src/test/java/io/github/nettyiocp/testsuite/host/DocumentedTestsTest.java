/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.host;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** The tables of rules name tests that there are. */
class DocumentedTestsTest {

    private static final Path CHECKOUT = Path.of(System.getProperty("checkout"));
    private static final Pattern METHOD = Pattern.compile("void (\\w+)\\(");
    /** In code, sentences of five words and more. */
    private static final Pattern NAME = Pattern.compile("`([a-z]+(?:[A-Z0-9][a-z0-9]*){4,})`");

    @Test
    void everyTestThatTheTableOfRulesNamesExists() throws IOException {
        Set<String> methods = new HashSet<>();
        try (Stream<Path> sources = Files.walk(CHECKOUT.resolve("testsuite/src/test/java"))) {
            for (Path source : sources.filter(file -> file.toString().endsWith("Test.java")).toList()) {
                Matcher matcher = METHOD.matcher(Files.readString(source));
                while (matcher.find()) {
                    methods.add(matcher.group(1));
                }
            }
        }
        List<String> named = new ArrayList<>();
        Matcher matcher = NAME.matcher(Files.readString(CHECKOUT.resolve("docs/simulation.md")));
        while (matcher.find()) {
            named.add(matcher.group(1));
        }
        assertThat(named).hasSizeGreaterThan(50);
        assertThat(methods).containsAll(named);
    }
}
