/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.process;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class CommandLineTest {

    private static final String PROGRAM = "C:\\a dir\\x.exe";

    /** As {@code CommandLineToArgvW} takes a line apart that has no doubled quotation marks. */
    private static List<String> parse(String line) {
        int at = line.indexOf('"', 1) + 1;
        List<String> arguments = new ArrayList<>(List.of(line.substring(1, at - 1)));
        while (at < line.length()) {
            while (at < line.length() && (line.charAt(at) == ' ' || line.charAt(at) == '\t')) {
                at++;
            }
            StringBuilder argument = new StringBuilder();
            boolean quoted = false;
            while (at < line.length() && (quoted || line.charAt(at) != ' ' && line.charAt(at) != '\t')) {
                int backslashes = 0;
                while (at < line.length() && line.charAt(at) == '\\') {
                    backslashes++;
                    at++;
                }
                if (at < line.length() && line.charAt(at) == '"') {
                    argument.append("\\".repeat(backslashes / 2));
                    if (backslashes % 2 == 1) {
                        argument.append('"');
                    } else {
                        quoted = !quoted;
                    }
                    at++;
                } else {
                    argument.append("\\".repeat(backslashes));
                    if (at < line.length() && (quoted || line.charAt(at) != ' ' && line.charAt(at) != '\t')) {
                        argument.append(line.charAt(at++));
                    }
                }
            }
            arguments.add(argument.toString());
        }
        return arguments;
    }

    @Test
    void programsTakeApartWhatWasPutTogether() {
        Random random = new Random(1);
        String characters = "ab \t\"\\\\\"";
        for (int i = 0; i < 20_000; i++) {
            List<String> all = new ArrayList<>(List.of(PROGRAM));
            for (int n = random.nextInt(4); n > 0; n--) {
                StringBuilder argument = new StringBuilder();
                for (int length = random.nextInt(7); length > 0; length--) {
                    argument.append(characters.charAt(random.nextInt(characters.length())));
                }
                all.add(argument.toString());
            }
            String line = CommandLine.of(PROGRAM, all.subList(1, all.size()));
            assertEquals(all, parse(line), line);
        }
    }

    @Test
    void onlyWhatNeedsQuotesGetsThem() {
        assertEquals("\"C:\\a dir\\x.exe\" a \"\" \"b c\" \"\\\"\" d\\e\\ \"f g\\\\\" %PATH% a&b",
                CommandLine.of(PROGRAM, List.of("a", "", "b c", "\"", "d\\e\\", "f g\\", "%PATH%", "a&b")));
    }

    @Test
    void batchFilesAreKnownByTheirNamesEndAsWindowsReadsIt() {
        for (String batch : List.of("a.bat", "A.CMD", "a.cmd.", "a.bat ", "a.bat . .")) {
            assertTrue(CommandLine.isBatch(batch), batch);
        }
        for (String other : List.of("a.exe", "bat", "a.bat.exe", "a.batx")) {
            assertFalse(CommandLine.isBatch(other), other);
        }
    }

    @Test
    void batchFilesGetNothingThatCmdUnderstands() {
        String batch = "C:\\x (1)\\b.cmd";
        assertEquals("\"C:\\x (1)\\b.cmd\" a-b \"c d\" \"e,f;(g)\" \"h=i\" \"\"",
                CommandLine.of(batch, List.of("a-b", "c d", "e,f;(g)", "h=i", "")));
        for (String unsafe : List.of("%X%", "a\"b", "a&b", "a|b", "a^b", "a<b", "a>b", "a!b", "a\r", "a\n",
                "a\u007f")) {
            assertThrows(IllegalArgumentException.class, () -> CommandLine.of(batch, List.of(unsafe)), unsafe);
        }
        assertThrows(IllegalArgumentException.class, () -> CommandLine.of("C:\\%X%\\b.cmd", List.of()));
    }

    @Test
    void aLineThatIsTooLongOrHasAZeroIsRefused() {
        String longest = "x".repeat(32766 - PROGRAM.length() - 3);
        assertEquals(32766, CommandLine.of(PROGRAM, List.of(longest)).length());
        assertThrows(IllegalArgumentException.class, () -> CommandLine.of(PROGRAM, List.of(longest + "x")));
        assertThrows(IllegalArgumentException.class, () -> CommandLine.of(PROGRAM, List.of("a\0")));
    }
}
