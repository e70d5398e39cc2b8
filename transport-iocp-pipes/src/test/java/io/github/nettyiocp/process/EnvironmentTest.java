/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.process;

import org.junit.jupiter.api.Test;

import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class EnvironmentTest {

    private static Map<String, String> empty() {
        Map<String, String> variables = Environment.ofThisProcess();
        variables.clear();
        return variables;
    }

    @Test
    void variablesAreSortedAndEndInZeros() {
        Map<String, String> variables = empty();
        variables.put("systemroot", "C:\\W");
        variables.put("b", "2=3");
        variables.put("A", "");
        variables.put("=C:", "C:\\dir");
        variables.put("z", "\u4e2d");
        assertEquals("=C:=C:\\dir\0A=\0b=2=3\0systemroot=C:\\W\0z=\u4e2d\0\0", Environment.block(variables));
    }

    @Test
    void namesDifferByMoreThanCase() {
        Map<String, String> variables = empty();
        variables.put("Path", "1");
        variables.put("PATH", "2");
        assertEquals(1, variables.size());
        assertEquals("2", variables.get("path"));
    }

    @Test
    void noVariablesAreABlockThatEndsToo() {
        assertTrue(Environment.block(empty()).endsWith("\0"));
    }

    @Test
    void impossibleNamesAndValuesAreRefused() {
        for (String name : new String[] { "", "a=b", "a\0b", "==" }) {
            Map<String, String> variables = empty();
            variables.put(name, "x");
            assertThrows(IllegalArgumentException.class, () -> Environment.block(variables), name);
        }
        Map<String, String> variables = empty();
        variables.put("a", "x\0");
        assertThrows(IllegalArgumentException.class, () -> Environment.block(variables));
    }
}
