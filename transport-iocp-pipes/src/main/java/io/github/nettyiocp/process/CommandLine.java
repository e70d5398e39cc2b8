/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.process;

import java.util.List;
import java.util.Locale;

/**
 * Windows gives a program one string, which it takes apart by itself. Nearly all do so by the rules of
 * {@code CommandLineToArgvW}, which the runtimes of C, C++ and others follow; this is their inverse.
 *
 * <p>Batch files are run by {@code cmd.exe}, which has other rules and no way to quote everything: an argument could
 * run a command of its own. What can't be passed safely is refused.
 */
final class CommandLine {

    /** With the zero at the end. */
    private static final int MAX_UNITS = 32767;
    /** What {@code cmd.exe} gives a meaning also between quotation marks, or may, as its settings say. */
    private static final String UNSAFE_FOR_BATCH = "\"%!^&|<>";

    private CommandLine() {
    }

    /**
     * The command line of a program and its arguments.
     *
     * @param program the full path, which is what the program gets as its first argument
     * @throws IllegalArgumentException if there is none that the program would understand
     */
    static String of(String program, List<String> arguments) {
        boolean batch = isBatch(program);
        StringBuilder line = new StringBuilder().append('"').append(program).append('"');
        if (batch) {
            // The path's own quotation marks are there; a percent sign counts between them, too.
            checkBatch(program, program, "the path");
        }
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (argument.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("argument " + (i + 1) + " of " + program
                        + " contains a zero character");
            }
            if (batch) {
                checkBatch(program, argument, "argument " + (i + 1));
            }
            line.append(' ');
            append(line, argument, batch);
        }
        if (line.length() >= MAX_UNITS) {
            throw new IllegalArgumentException("the command line of " + program + " has " + line.length()
                    + " characters; Windows allows " + (MAX_UNITS - 1));
        }
        return line.toString();
    }

    /** Whether {@code cmd.exe} would run this. Windows ignores dots and spaces at the end of a name. */
    static boolean isBatch(String program) {
        int end = program.length();
        while (end > 0 && (program.charAt(end - 1) == '.' || program.charAt(end - 1) == ' ')) {
            end--;
        }
        String name = program.substring(0, end).toLowerCase(Locale.ROOT);
        return name.endsWith(".bat") || name.endsWith(".cmd");
    }

    private static void checkBatch(String program, String text, String what) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c == 0x7f || UNSAFE_FOR_BATCH.indexOf(c) >= 0) {
                throw new IllegalArgumentException(what + " can't be passed to the batch file " + program
                        + " safely: cmd.exe gives the character "
                        + (c < ' ' || c == 0x7f ? "0x" + Integer.toHexString(c) : "'" + c + "'") + " a meaning");
            }
        }
    }

    private static void append(StringBuilder line, String argument, boolean batch) {
        if (!needsQuotes(argument, batch)) {
            line.append(argument);
            return;
        }
        line.append('"');
        int backslashes = 0;
        for (int i = 0; i < argument.length(); i++) {
            char c = argument.charAt(i);
            if (c == '\\') {
                backslashes++;
            } else if (c == '"') {
                // Backslashes are themselves, unless a quotation mark follows: then each needs another.
                append(line, '\\', backslashes + 1);
                backslashes = 0;
            } else {
                backslashes = 0;
            }
            line.append(c);
        }
        append(line, '\\', backslashes);
        line.append('"');
    }

    private static void append(StringBuilder line, char c, int times) {
        for (int i = 0; i < times; i++) {
            line.append(c);
        }
    }

    private static boolean needsQuotes(String argument, boolean batch) {
        for (int i = 0; i < argument.length(); i++) {
            char c = argument.charAt(i);
            if (c <= ' ' || c == '"' || batch && !isPlain(c)) {
                return true;
            }
        }
        return argument.isEmpty();
    }

    /** For {@code cmd.exe} also {@code , ; = ( )} and others end an argument. */
    private static boolean isPlain(char c) {
        return Character.isLetterOrDigit(c) || "_-./\\:@+~#$*?{}[]".indexOf(c) >= 0;
    }
}
