/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The functions of a DLL. Windows' last error is copied right after each call, before the virtual machine can make a
 * call of its own that overwrites it.
 */
final class Dll {

    /** A {@code DWORD}, {@code BOOL} or {@code int}. */
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    /** A pointer, {@code HANDLE}, {@code SOCKET} or {@code ULONG_PTR}. */
    static final ValueLayout.OfLong POINTER = ValueLayout.JAVA_LONG;

    private static final VarHandle LAST_ERROR = Linker.Option.captureStateLayout()
            .varHandle(PathElement.groupElement("GetLastError"));
    private static final ThreadLocal<MemorySegment> CAPTURED = ThreadLocal.withInitial(
            () -> Arena.ofAuto().allocate(Linker.Option.captureStateLayout()));

    private final SymbolLookup symbols;

    Dll(String name) {
        symbols = SymbolLookup.libraryLookup(name, Arena.global());
    }

    boolean exports(String function) {
        return symbols.find(function).isPresent();
    }

    /** A handle of the function, whose first argument is {@link #captured()}. */
    MethodHandle function(String name, MemoryLayout result, MemoryLayout... parameters) {
        return Linker.nativeLinker().downcallHandle(symbols.findOrThrow(name),
                FunctionDescriptor.of(result, parameters), Linker.Option.captureCallState("GetLastError"));
    }

    /** Where the calling thread's calls leave the last error. */
    static MemorySegment captured() {
        return CAPTURED.get();
    }

    /** The error of the calling thread's last call, if that failed. */
    static int lastError() {
        return (int) LAST_ERROR.get(captured(), 0L);
    }
}
