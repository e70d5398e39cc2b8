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
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** The tables of rules, and the other pages, name tests that there are. */
class DocumentedTestsTest {

    private static final Path CHECKOUT = Path.of(System.getProperty("checkout"));
    private static final Pattern METHOD = Pattern.compile("void (\\w+)\\(");
    /** In code, sentences of five words and more. */
    private static final Pattern NAME = Pattern.compile("`([a-z]+(?:[A-Z0-9][a-z0-9]*){4,})`");

    /** A class of tests in code, and perhaps one of its methods. */
    private static final Pattern TEST = Pattern.compile("`([A-Z]\\w+Test)(?:\\.([a-z]\\w+))?`");

    private static final Pattern NUMBERED = Pattern.compile("(?m)^\\| ((?:\\d+(?:-\\d+)?(?:, )?)+) [^|]+\\| [^|]");
    private static final int RULES = 15;
    private static final int ITEMS = 35;

    @Test
    void everyTestThatTheTableOfRulesNamesExists() throws IOException {
        Set<String> methods = new HashSet<>();
        for (Set<String> ofOne : tests().values()) {
            methods.addAll(ofOne);
        }
        List<String> named = new ArrayList<>();
        Matcher matcher = NAME.matcher(Files.readString(CHECKOUT.resolve("docs/simulation.md")));
        while (matcher.find()) {
            named.add(matcher.group(1));
        }
        assertThat(named).hasSizeGreaterThan(50);
        assertThat(methods).containsAll(named);
    }

    @Test
    void everyTestThatAPageNamesByItsClassExists() throws IOException {
        Map<String, Set<String>> tests = tests();
        List<String> named = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        for (Path page : pages()) {
            Matcher matcher = TEST.matcher(Files.readString(page));
            while (matcher.find()) {
                named.add(matcher.group());
                Set<String> methods = tests.get(matcher.group(1));
                if (methods == null || matcher.group(2) != null && !methods.contains(matcher.group(2))) {
                    missing.add(CHECKOUT.relativize(page) + ": " + matcher.group());
                }
            }
        }
        assertThat(missing).isEmpty();
        assertThat(named).hasSizeGreaterThan(60);
    }

    /** The classes of tests of all modules, with their methods. */
    private static Map<String, Set<String>> tests() throws IOException {
        Map<String, Set<String>> tests = new HashMap<>();
        for (String module : List.of("transport-iocp", "transport-iocp-pipes", "testsuite")) {
            try (Stream<Path> sources = Files.walk(CHECKOUT.resolve(module + "/src/test/java"))) {
                for (Path source : sources.filter(file -> file.toString().endsWith("Test.java")).toList()) {
                    Set<String> methods = tests.computeIfAbsent(
                            source.getFileName().toString().replace(".java", ""), name -> new HashSet<>());
                    Matcher matcher = METHOD.matcher(Files.readString(source));
                    while (matcher.find()) {
                        methods.add(matcher.group(1));
                    }
                }
            }
        }
        return tests;
    }

    private static List<Path> pages() throws IOException {
        try (Stream<Path> top = Files.list(CHECKOUT); Stream<Path> docs = Files.walk(CHECKOUT.resolve("docs"))) {
            return Stream.concat(top, docs).filter(file -> file.toString().endsWith(".md")).toList();
        }
    }

    @Test
    void everyRuleAndEveryItemHasALine() throws IOException {
        String page = Files.readString(CHECKOUT.resolve("docs/simulation.md"));
        int items = page.indexOf("Of the ways in which other libraries broke");
        assertThat(numbers(page.substring(0, items))).containsAll(IntStream.rangeClosed(1, RULES).boxed().toList());
        assertThat(numbers(page.substring(items))).containsAll(IntStream.rangeClosed(1, ITEMS).boxed().toList());
    }

    /** The numbers with which rows of tables begin: {@code | 1-6, 11 bookkeeping |}. */
    private static Set<Integer> numbers(String text) {
        Set<Integer> numbers = new HashSet<>();
        Matcher rows = NUMBERED.matcher(text);
        while (rows.find()) {
            for (String range : rows.group(1).split(", ")) {
                int dash = range.indexOf('-');
                int first = Integer.parseInt(dash < 0 ? range : range.substring(0, dash));
                int last = dash < 0 ? first : Integer.parseInt(range.substring(dash + 1));
                IntStream.rangeClosed(first, last).forEach(numbers::add);
            }
        }
        return numbers;
    }
}
