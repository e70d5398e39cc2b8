/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * {@code calloc} and {@code free} of the C library: large blocks cost nothing before they are touched, which matters to
 * a simulation that reserves megabytes of addresses for each of its thousands of runs.
 */
final class NativeMemory {

    private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    private static final MethodHandle CALLOC;
    private static final MethodHandle FREE;

    static {
        Linker linker = Linker.nativeLinker();
        SymbolLookup library = linker.defaultLookup();
        CALLOC = linker.downcallHandle(library.find("calloc").orElseThrow(), FunctionDescriptor.of(
                ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
        FREE = linker.downcallHandle(library.find("free").orElseThrow(),
                FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG));
    }

    private NativeMemory() {
    }

    /** Zeroed memory. */
    static long allocate(long size) {
        try {
            long address = (long) CALLOC.invokeExact(1L, Math.max(1, size));
            if (address == 0) {
                throw new OutOfMemoryError("calloc of " + size);
            }
            return address;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    static void free(long address) {
        try {
            FREE.invokeExact(address);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    static MemorySegment segment(long address, long length) {
        return ALL.asSlice(address, length);
    }

    static void fill(long address, long length, int value) {
        segment(address, length).fill((byte) value);
    }

    static byte[] copy(long address, int length) {
        byte[] bytes = new byte[length];
        MemorySegment.copy(ALL, ValueLayout.JAVA_BYTE, address, bytes, 0, length);
        return bytes;
    }

    static void write(long address, byte[] bytes, int offset, int length) {
        MemorySegment.copy(bytes, offset, ALL, ValueLayout.JAVA_BYTE, address, length);
    }

    /** The offset of the first byte that isn't as expected, {@code -1} if all are. */
    static long mismatch(long address, byte[] expected) {
        return segment(address, expected.length).mismatch(MemorySegment.ofArray(expected));
    }
}
