/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The tests of this package are worth nothing elsewhere than on Windows, so nothing else may run them. */
class WindowsJvmTest {
    @Test
    void theOperatingSystemIsWindows() {
        assertTrue(System.getProperty("os.name").startsWith("Windows"), System.getProperty("os.name"));
    }

    @Test
    void functionsOfWindowsCanBeCalled() throws Throwable {
        SymbolLookup kernel32 = SymbolLookup.libraryLookup("kernel32.dll", Arena.global());
        MethodHandle currentProcessId = Linker.nativeLinker().downcallHandle(
                kernel32.findOrThrow("GetCurrentProcessId"), FunctionDescriptor.of(ValueLayout.JAVA_INT));
        assertEquals(ProcessHandle.current().pid(), (int) currentProcessId.invokeExact());
    }
}
