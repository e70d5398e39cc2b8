/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InvalidObjectException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Locale;
import java.util.Random;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

class NamedPipeAddressTest {

    private static final int TRIES = 10_000;

    @ParameterizedTest
    @ValueSource(strings = {
            "docker_engine",
            "\\\\.\\pipe\\docker_engine",
            "//./pipe/docker_engine",
            "\\\\?\\pipe\\docker_engine",
            "//?/pipe/docker_engine",
            "\\\\.\\PIPE\\docker_engine",
            "//./pipe\\docker_engine",
            "npipe:////./pipe/docker_engine",
            "npipe:\\\\\\\\.\\\\pipe\\\\docker_engine",
            "npipe://./pipe/docker_engine",
            "npipe:\\\\.\\pipe\\docker_engine",
            "NPIPE:////./Pipe/docker_engine"})
    void allWaysToWriteALocalPipeMeanTheSame(String written) {
        var address = new NamedPipeAddress(written);
        assertThat(address).hasToString("\\\\.\\pipe\\docker_engine");
        assertThat(address.name()).isEqualTo("docker_engine");
        assertThat(address.server()).isEqualTo(".");
        assertThat(address.isLocal()).isTrue();
        assertThat(address.isRemote()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "\\\\db.example.com\\pipe\\sql\\query",
            "//db.example.com/pipe/sql/query",
            "npipe:////db.example.com/pipe/sql/query",
            "npipe:\\\\\\\\db.example.com\\\\pipe\\\\sql\\\\query"})
    void allWaysToWriteARemotePipeMeanTheSame(String written) {
        var address = new NamedPipeAddress(written);
        assertThat(address).hasToString("\\\\db.example.com\\pipe\\sql\\query");
        assertThat(address.name()).isEqualTo("sql\\query");
        assertThat(address.server()).isEqualTo("db.example.com");
        assertThat(address.isLocal()).isFalse();
        assertThat(address.isRemote()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', value = {
            "sql\\query, sql\\query",
            "sql/query, sql\\query",
            "LOCAL\\mojo.1234.5678, LOCAL\\mojo.1234.5678",
            "\\\\.\\pipe\\ProtectedPrefix\\LocalService\\x, ProtectedPrefix\\LocalService\\x",
            "PIPE_EVENTROOT\\CIMV2SCM EVENT PROVIDER, PIPE_EVENTROOT\\CIMV2SCM EVENT PROVIDER",
            "pipe\\pipe, pipe\\pipe",
            "\\\\.\\pipe\\pipe\\x, pipe\\x",
            "a.b, a.b",
            ".hidden, .hidden",
            "a*?<>|:\"b, a*?<>|:\"b",
            "50%20, 50%20"})
    void aNameMayHaveInnerBackslashesAndAlmostAnyCharacter(String written, String name) {
        assertThat(new NamedPipeAddress(written).name()).isEqualTo(name);
        assertThat(new NamedPipeAddress(written)).hasToString("\\\\.\\pipe\\" + name);
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', value = {
            "``, the name is empty",
            "\\\\.\\pipe\\, the name is empty",
            "//server/pipe/, the name is empty",
            "., a component of the name ends in a dot or a space",
            ".., a component of the name ends in a dot or a space",
            "a\\.\\b, a component of the name ends in a dot or a space",
            "a\\..\\b, a component of the name ends in a dot or a space",
            "a., a component of the name ends in a dot or a space",
            "a.\\b, a component of the name ends in a dot or a space",
            "`a `, a component of the name ends in a dot or a space",
            "`a \\b`, a component of the name ends in a dot or a space",
            "\\a, a component of the name is empty",
            "/a, a component of the name is empty",
            "a\\, a component of the name is empty",
            "a\\\\b, a component of the name is empty",
            "//./pipe//a, a component of the name is empty",
            "tcp://localhost:2375, a component of the name is empty",
            "`a\u0000b`, control characters",
            "`a\tb`, control characters",
            "`a\u007fb`, control characters",
            "`a\ud800`, half a surrogate pair",
            "`\udc00a`, half a surrogate pair",
            "\\\\.\\a, not of the form \\\\server\\pipe\\name",
            "\\\\.\\pipe, not of the form \\\\server\\pipe\\name",
            "\\\\server\\share\\a, not of the form \\\\server\\pipe\\name",
            "\\\\?\\UNC\\server\\pipe\\a, not of the form \\\\server\\pipe\\name",
            "//, not of the form \\\\server\\pipe\\name",
            "\\\\, not of the form \\\\server\\pipe\\name",
            "//////./pipe/a, not of the form \\\\server\\pipe\\name",
            "npipe:a, not of the form npipe:////./pipe/name",
            "npipe:/pipe/a, not of the form npipe:////./pipe/name",
            "npipe:, not of the form npipe:////./pipe/name",
            "npipe://a, not of the form \\\\server\\pipe\\name",
            "npipe:///./pipe/a, not of the form \\\\server\\pipe\\name",
            "npipe:////.//pipe//a, not of the form \\\\server\\pipe\\name",
            "\\\\?\\pipe\\a/b, a slash doesn't separate",
            "\\\\\\pipe\\a, the server is empty",
            "\\\\..\\pipe\\a, the server begins or ends with a dot",
            "\\\\.server\\pipe\\a, the server begins or ends with a dot",
            "\\\\server.\\pipe\\a, the server begins or ends with a dot",
            "\\\\server:445\\pipe\\a, no server has such a name",
            "\\\\a b\\pipe\\a, no server has such a name",
            "\\\\user@server\\pipe\\a, no server has such a name",
            "\\\\*\\pipe\\a, no server has such a name",
            "\\\\[::1]\\pipe\\a, no server has such a name"})
    void whatIsNoAddressIsRefusedWithTheTextAndTheReason(String written, String reason) {
        assertThatIllegalArgumentException().isThrownBy(() -> new NamedPipeAddress(written))
                .withMessageStartingWith("not the address of a pipe: \"").withMessageContaining(reason)
                .withMessageContaining(written.substring(0, written.length() / 2).replaceAll("[\\p{Cc}].*", ""));
    }

    @Test
    void aRefusalPrintsControlCharactersAsEscapes() {
        assertThatIllegalArgumentException().isThrownBy(() -> new NamedPipeAddress("a\r\nb"))
                .withMessage("not the address of a pipe: \"a\\u000d\\u000ab\" (control characters)");
    }

    @Test
    void nullIsRefused() {
        assertThatNullPointerException().isThrownBy(() -> new NamedPipeAddress(null));
        assertThatNullPointerException().isThrownBy(() -> NamedPipeAddress.random(null));
    }

    @Test
    void theFullFormHas256CharactersAtMost() {
        String longest = "n".repeat(256 - "\\\\.\\pipe\\".length());
        assertThat(new NamedPipeAddress(longest).toString()).hasSize(256);
        assertThat(new NamedPipeAddress("npipe:////./pipe/" + longest)).isEqualTo(new NamedPipeAddress(longest));
        assertThatIllegalArgumentException().isThrownBy(() -> new NamedPipeAddress(longest + "n"))
                .withMessageContaining("its full form has 257 characters, Windows takes 256");
        assertThatIllegalArgumentException().isThrownBy(() -> new NamedPipeAddress("//server/pipe/" + longest))
                .withMessageContaining("its full form has 261 characters, Windows takes 256");
    }

    @Test
    void namesAndServersAreEqualWhateverTheirCase() {
        assertEqual("docker_engine", "\\\\.\\pipe\\Docker_ENGINE");
        assertEqual("//Server/pipe/sql/query", "\\\\SERVER\\PIPE\\SQL\\Query");
        assertEqual("stra\u00dfe-\u00e4\u00f6\u00fc-\u03bb\u0436", "STRA\u00dfE-\u00c4\u00d6\u00dc-\u039b\u0416");
        assertDifferent("a", "b");
        assertDifferent("a", "//server/pipe/a");
        assertDifferent("//server/pipe/a", "//server2/pipe/a");
        assertDifferent("//localhost/pipe/a", "a");
        assertDifferent("a\\b", "a-b");
    }

    @Test
    void upperCaseIsUnitByUnitAndOnlyWhereItCanBeUndone() {
        assertDifferent("stra\u00dfe", "strasse");
        assertDifferent("\u0131", "i");                     // i without dot
        assertDifferent("\u0130", "i");                     // I with dot
        assertDifferent("\u017f", "s");                     // long s
        assertDifferent("\u00b5", "\u03bc");                // micro sign and mu
        assertDifferent("\ufb01", "fi");                    // ligature
        assertEqual("\u00ff", "\u0178");
        assertDifferent("\ud801\udc00", "\ud801\udc28");    // Deseret: a pair is two units
    }

    @Test
    void theLocaleDoesNotMatter() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.of("tr"));
            assertEqual("TITLE", "title");
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void twoAddressesAreEqualJustWhenTheirUpperCaseIs() {
        Random random = new Random(1);
        for (int i = 0; i < TRIES; i++) {
            String name = randomName(random);
            String other = withRandomCase(name, random);
            assertEqual(name, other);
            assertEqual(randomForm(name, random), randomForm(other, random));
            int at = random.nextInt(name.length());
            String changed = name.substring(0, at) + (name.charAt(at) == '7' ? '8' : '7') + name.substring(at + 1);
            assertDifferent(name, changed);
        }
    }

    @Test
    void theCanonicalFormMeansTheSameAddress() {
        Random random = new Random(2);
        for (int i = 0; i < TRIES; i++) {
            String name = randomName(random);
            var address = new NamedPipeAddress(randomForm(name, random));
            assertThat(address.name()).isEqualTo(name);
            var again = new NamedPipeAddress(address.toString());
            assertThat(again).isEqualTo(address).hasToString(address.toString());
            assertThat(again.name()).isEqualTo(address.name());
            assertThat(again.server()).isEqualTo(address.server());
        }
    }

    @Test
    void anyTextIsAnAddressInItsCanonicalFormOrRefused() {
        Random random = new Random(3);
        String alphabet = "aB.\\/ :?n\u0000\ud800\udc00\u00e9";
        String[] pieces = {"\\\\", "//", "npipe:", ".", "?", "pipe", "server", "\\", "/", "\\\\\\\\", "////"};
        int accepted = 0;
        for (int i = 0; i < 5 * TRIES; i++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(12); n > 0; n--) {
                text.append(random.nextBoolean() ? pieces[random.nextInt(pieces.length)]
                        : String.valueOf(alphabet.charAt(random.nextInt(alphabet.length()))));
            }
            NamedPipeAddress address;
            try {
                address = new NamedPipeAddress(text.toString());
            } catch (IllegalArgumentException e) {
                assertThat(e).hasMessageStartingWith("not the address of a pipe: \"");
                continue;
            }
            accepted++;
            String canonical = address.toString();
            assertThat(canonical).isEqualTo("\\\\" + address.server() + "\\pipe\\" + address.name())
                    .doesNotContain("/").hasSizeLessThanOrEqualTo(256);
            assertThat(address.server()).isNotEmpty().doesNotContain("\\").isNotEqualTo("?");
            assertThat(address.isLocal()).isEqualTo(address.server().equals("."));
            assertThat(address.name().split("\\\\", -1)).allSatisfy(component ->
                    assertThat(component).isNotEmpty().doesNotEndWith(".").doesNotEndWith(" "));
            assertThat(new NamedPipeAddress(canonical)).isEqualTo(address);
            assertThat(new String(canonical.getBytes(StandardCharsets.UTF_16LE), StandardCharsets.UTF_16LE))
                    .isEqualTo(canonical);
        }
        assertThat(accepted).isGreaterThan(TRIES / 10);
    }

    @Test
    void serializationKeepsTheAddress() throws Exception {
        Random random = new Random(4);
        for (int i = 0; i < 200; i++) {
            var address = new NamedPipeAddress(randomForm(randomName(random), random));
            var copy = (NamedPipeAddress) deserialize(serialize(address));
            assertThat(copy).isEqualTo(address).hasSameHashCodeAs(address).hasToString(address.toString());
            assertThat(copy.name()).isEqualTo(address.name());
            assertThat(copy.isLocal()).isEqualTo(address.isLocal());
        }
    }

    @Test
    void aSerializedAddressIsCheckedLikeAnyText() throws Exception {
        byte[] serialized = serialize(new NamedPipeAddress("abcd"));
        String text = new String(serialized, StandardCharsets.ISO_8859_1);
        byte[] forged = text.replace("pipe\\abcd", "pipe\\..\\d").getBytes(StandardCharsets.ISO_8859_1);
        assertThatExceptionOfType(InvalidObjectException.class).isThrownBy(() -> deserialize(forged))
                .withMessageContaining("ends in a dot");
    }

    @Test
    void randomAddressesAreLocalAndNeverTheSame() {
        Set<NamedPipeAddress> addresses = new HashSet<>();
        for (int i = 0; i < 10_000; i++) {
            NamedPipeAddress address = NamedPipeAddress.random("LOCAL\\my-");
            assertThat(address.isLocal()).isTrue();
            assertThat(address.name()).matches("LOCAL\\\\my-[0-9a-f]{40}");
            assertThat(addresses.add(address)).isTrue();
        }
        assertThat(NamedPipeAddress.random().name()).matches("netty-[0-9a-f]{40}");
        assertThat(NamedPipeAddress.random("").name()).matches("[0-9a-f]{40}");
    }

    @Test
    void theRandomDigitsAreEvenlySpread() {
        int[] seen = new int[16];
        for (int i = 0; i < 4_000; i++) {
            NamedPipeAddress.random("").name().chars().forEach(digit -> seen[Character.digit(digit, 16)]++);
        }
        for (int count : seen) {                            // of 160,000 digits; the deviation is 97
            assertThat(count).isBetween(9_000, 11_000);
        }
    }

    @Test
    void aPrefixThatIsNoBeginningOfALocalNameIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> NamedPipeAddress.random("//server/pipe/a"))
                .withMessageContaining("another machine");
        assertThatIllegalArgumentException().isThrownBy(() -> NamedPipeAddress.random("\\a"));
        assertThatIllegalArgumentException().isThrownBy(() -> NamedPipeAddress.random("n".repeat(208)));
        assertThat(NamedPipeAddress.random("n".repeat(207)).toString()).hasSize(256);
    }

    private static void assertEqual(String one, String other) {
        var first = new NamedPipeAddress(one);
        var second = new NamedPipeAddress(other);
        assertThat(first).isEqualTo(second).hasSameHashCodeAs(second);
        assertThat(second).isEqualTo(first);
    }

    private static void assertDifferent(String one, String other) {
        assertThat(new NamedPipeAddress(one)).isNotEqualTo(new NamedPipeAddress(other));
        assertThat(new NamedPipeAddress(other)).isNotEqualTo(new NamedPipeAddress(one));
    }

    private static String randomName(Random random) {
        String alphabet = "abcxyzABCXYZ0123456789-_.\u00e4\u00c9\u03bb\u0416\u4e2d";
        StringBuilder name = new StringBuilder();
        for (int components = 1 + random.nextInt(3); components > 0; components--) {
            for (int length = random.nextInt(20); length > 0; length--) {
                name.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            name.append('e').append(components > 1 ? "\\" : "");
        }
        return name.toString();
    }

    private static String withRandomCase(String name, Random random) {
        StringBuilder other = new StringBuilder();
        name.chars().forEach(c -> other.append(random.nextBoolean() ? Character.toString(c)
                : Character.toString(random.nextBoolean() ? Character.toUpperCase(c) : Character.toLowerCase(c))));
        return other.toString();
    }

    private static String randomForm(String name, Random random) {
        String slashed = name.replace('\\', '/');
        return switch (random.nextInt(6)) {
            case 0 -> name;
            case 1 -> "\\\\.\\pipe\\" + name;
            case 2 -> "//./pipe/" + slashed;
            case 3 -> "npipe:////./pipe/" + slashed;
            case 4 -> "npipe:" + ("\\\\.\\pipe\\" + name).replace("\\", "\\\\");
            default -> "\\\\?\\pipe\\" + name;
        };
    }

    private static byte[] serialize(Object object) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var out = new ObjectOutputStream(bytes)) {
            out.writeObject(object);
        }
        return bytes.toByteArray();
    }

    private static Object deserialize(byte[] bytes) throws IOException, ClassNotFoundException {
        try (var in = new ObjectInputStream(new ByteArrayInputStream(bytes))) {
            return in.readObject();
        }
    }
}
