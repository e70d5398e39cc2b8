/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.process;

import java.util.Map;
import java.util.TreeMap;

/** The variables of a process, in the form in which Windows takes them. */
final class Environment {

    private static final String SYSTEM_ROOT = "SystemRoot";

    private Environment() {
    }

    /** Those of this process. Names differ by more than case. */
    static Map<String, String> ofThisProcess() {
        Map<String, String> variables = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        variables.putAll(System.getenv());
        return variables;
    }

    /**
     * {@code NAME=VALUE}, each with a zero behind it, sorted by name, and one more zero.
     *
     * @param variables sorted without regard to case
     * @throws IllegalArgumentException if a name or a value is impossible
     */
    static String block(Map<String, String> variables) {
        StringBuilder block = new StringBuilder();
        boolean systemRoot = false;
        for (Map.Entry<String, String> variable : variables.entrySet()) {
            String name = variable.getKey();
            String value = variable.getValue();
            // A name can begin with an equals sign: so cmd.exe remembers the current directory of each drive.
            if (name.isEmpty() || name.indexOf('=', 1) >= 0 || name.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("not a name of an environment variable: \"" + name + '"');
            }
            if (value == null) {
                throw new IllegalArgumentException("the environment variable " + name + " has no value");
            }
            if (value.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("the environment variable " + name + " contains a zero character");
            }
            if (!systemRoot && String.CASE_INSENSITIVE_ORDER.compare(name, SYSTEM_ROOT) >= 0) {
                systemRoot = true;
                appendSystemRoot(block, name);
            }
            block.append(name).append('=').append(value).append('\0');
        }
        if (!systemRoot) {
            appendSystemRoot(block, "");
        }
        return block.append('\0').toString();
    }

    /** Without it many programs can't even load Windows' own libraries. */
    private static void appendSystemRoot(StringBuilder block, String next) {
        String value = System.getenv(SYSTEM_ROOT);
        if (value != null && !next.equalsIgnoreCase(SYSTEM_ROOT)) {
            block.append(SYSTEM_ROOT).append('=').append(value).append('\0');
        }
    }
}
