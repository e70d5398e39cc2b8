/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;

/**
 * Calls of Windows that the library does not make: what a user of the door would bring. Those that may fail return
 * {@code 0} for success or the error.
 */
final class WindowsCalls {

    static final long INVALID_HANDLE = -1;
    static final int GENERIC_READ = 0x80000000;
    static final int GENERIC_WRITE = 0x40000000;
    static final int FILE_LIST_DIRECTORY = 1;
    static final int FILE_FLAG_OVERLAPPED = 0x40000000;
    static final int FILE_FLAG_BACKUP_SEMANTICS = 0x02000000;
    static final int SHARE_ALL = 7;
    static final int OPEN_EXISTING = 3;
    static final int CREATE_ALWAYS = 2;
    static final int PIPE_ACCESS_DUPLEX = 3;
    static final int FILE_NOTIFY_CHANGE_FILE_NAME = 1;
    static final int FILE_ACTION_ADDED = 1;
    static final int JOB_MESSAGE_ACTIVE_PROCESS_ZERO = 4;
    static final int JOB_MESSAGE_NEW_PROCESS = 6;
    static final int JOB_MESSAGE_EXIT_PROCESS = 7;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final AddressLayout POINTER = ValueLayout.ADDRESS;
    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup KERNEL32 = SymbolLookup.libraryLookup("kernel32.dll", Arena.global());
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERROR =
            STATE.varHandle(MemoryLayout.PathElement.groupElement("GetLastError"));
    private static final ThreadLocal<MemorySegment> CAPTURED =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(STATE));

    private static final MethodHandle CREATE_FILE =
            function("CreateFileW", FunctionDescriptor.of(LONG, POINTER, INT, INT, LONG, INT, INT, LONG));
    private static final MethodHandle CREATE_NAMED_PIPE =
            function("CreateNamedPipeW", FunctionDescriptor.of(LONG, POINTER, INT, INT, INT, INT, INT, INT, LONG));
    private static final MethodHandle CONNECT_NAMED_PIPE =
            function("ConnectNamedPipe", FunctionDescriptor.of(INT, LONG, LONG));
    private static final MethodHandle READ_FILE =
            function("ReadFile", FunctionDescriptor.of(INT, LONG, LONG, INT, LONG, LONG));
    private static final MethodHandle WRITE_FILE =
            function("WriteFile", FunctionDescriptor.of(INT, LONG, LONG, INT, LONG, LONG));
    private static final MethodHandle READ_DIRECTORY_CHANGES = function("ReadDirectoryChangesW",
            FunctionDescriptor.of(INT, LONG, LONG, INT, INT, INT, LONG, LONG, LONG));
    private static final MethodHandle CLOSE_HANDLE = function("CloseHandle", FunctionDescriptor.of(INT, LONG));
    private static final MethodHandle CREATE_JOB_OBJECT =
            function("CreateJobObjectW", FunctionDescriptor.of(LONG, LONG, LONG));
    private static final MethodHandle SET_INFORMATION_JOB_OBJECT =
            function("SetInformationJobObject", FunctionDescriptor.of(INT, LONG, INT, POINTER, INT));
    private static final MethodHandle ASSIGN_PROCESS_TO_JOB_OBJECT =
            function("AssignProcessToJobObject", FunctionDescriptor.of(INT, LONG, LONG));
    private static final MethodHandle OPEN_PROCESS =
            function("OpenProcess", FunctionDescriptor.of(LONG, INT, INT, INT));
    private static final MethodHandle DUPLICATE_HANDLE =
            function("DuplicateHandle", FunctionDescriptor.of(INT, LONG, LONG, LONG, POINTER, INT, INT, INT));
    private static final MethodHandle GET_CURRENT_PROCESS =
            function("GetCurrentProcess", FunctionDescriptor.of(LONG));
    private static final MethodHandle GET_PROCESS_HANDLE_COUNT =
            function("GetProcessHandleCount", FunctionDescriptor.of(INT, LONG, POINTER));
    private static final MethodHandle GET_HANDLE_INFORMATION =
            function("GetHandleInformation", FunctionDescriptor.of(INT, LONG, POINTER));

    private static final MethodHandle GET_SHORT_PATH_NAME =
            function("GetShortPathNameW", FunctionDescriptor.of(INT, POINTER, POINTER, INT));

    private static final MethodHandle CREATE_SEMAPHORE =
            function("CreateSemaphoreW", FunctionDescriptor.of(LONG, LONG, INT, INT, LONG));
    private static final MethodHandle RELEASE_SEMAPHORE =
            function("ReleaseSemaphore", FunctionDescriptor.of(INT, LONG, INT, POINTER));
    private static final MethodHandle CREATE_WAITABLE_TIMER =
            function("CreateWaitableTimerW", FunctionDescriptor.of(LONG, LONG, INT, LONG));
    private static final MethodHandle SET_WAITABLE_TIMER =
            function("SetWaitableTimer", FunctionDescriptor.of(INT, LONG, POINTER, INT, LONG, LONG, INT));

    private static final MethodHandle CONNECT = LINKER.downcallHandle(
            SymbolLookup.libraryLookup("ws2_32.dll", Arena.global()).findOrThrow("connect"),
            FunctionDescriptor.of(INT, LONG, LONG, INT), Linker.Option.captureCallState("GetLastError"));

    private WindowsCalls() {
    }

    private static MethodHandle function(String name, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(KERNEL32.findOrThrow(name), descriptor,
                Linker.Option.captureCallState("GetLastError"));
    }

    private static int error() {
        return (int) ERROR.get(CAPTURED.get(), 0L);
    }

    private static int result(int succeeded) {
        return succeeded != 0 ? 0 : error();
    }

    private static AssertionError unexpected(Throwable cause) {
        return new AssertionError(cause);
    }

    /** Opens a file or directory; fails the test if it can't. */
    static long createFile(String path, int access, int disposition, int flags) {
        return createFile(path, access, SHARE_ALL, disposition, flags);
    }

    /** As {@link #createFile}; nobody else can open it meanwhile. */
    static long createFileExclusively(String path, int access, int disposition, int flags) {
        return createFile(path, access, 0, disposition, flags);
    }

    private static long createFile(String path, int access, int share, int disposition, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            long handle = (long) CREATE_FILE.invokeExact(CAPTURED.get(),
                    arena.allocateFrom(path, StandardCharsets.UTF_16LE), access, share, 0L, disposition, flags, 0L);
            return check("CreateFileW " + path, handle, INVALID_HANDLE);
        } catch (Throwable cause) {
            throw unexpected(cause);
        }
    }

    /** Makes the server's end of a byte pipe. */
    static long createNamedPipe(String name, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            long handle = (long) CREATE_NAMED_PIPE.invokeExact(CAPTURED.get(),
                    arena.allocateFrom(name, StandardCharsets.UTF_16LE), PIPE_ACCESS_DUPLEX | flags, 0, 2, 65536, 65536,
                    0, 0L);
            return check("CreateNamedPipeW " + name, handle, INVALID_HANDLE);
        } catch (Throwable cause) {
            throw unexpected(cause);
        }
    }

    private static long check(String what, long handle, long failed) {
        if (handle == failed) {
            throw new AssertionError(what + ": error " + error());
        }
        return handle;
    }

    /** Connects a socket, and waits for it. */
    static int connect(long socket, long name, int length) {
        try {
            return (int) CONNECT.invokeExact(CAPTURED.get(), socket, name, length) == 0 ? 0 : error();
        } catch (Throwable cause) {
            throw unexpected(cause);
        }
    }

    static int connectNamedPipe(long pipe, long overlapped) {
        try {
            return result((int) CONNECT_NAMED_PIPE.invokeExact(CAPTURED.get(), pipe, overlapped));
        } catch (Throwable cause) {
            throw unexpected(cause);
        }
    }

    static int readFile(long handle, long buffer, int length, long transferred, long overlapped) {
        try {
            return result((int) READ_FILE.invokeExact(CAPTURED.get(), handle, buffer, length, transferred, overlapped));
        } catch (Throwable cause) {
            throw unexpected(cause);
        }
    }

    static int writeFile(long handle, long buffer, int length, long transferred, long overlapped) {
        try {
            return result((int) WRITE_FILE.invokeExact(CAPTURED.get(), handle, buffer, length, transferred,
                    overlapped));
        } catch (Throwable cause) {
            throw unexpected(cause);
        }
    }

    static int readDirectoryChanges(long directory, long buffer, int length, int filter, long overlapped) {
        try {
            return result((int) READ_DIRECTORY_CHANGES.invokeExact(CAPTURED.get(), directory, buffer, length, 0, filter,
                    0L, overlapped, 0L));
        } catch (Throwable cause) {
            throw unexpected(cause);
        }
    }

    static int closeHandle(long handle) {
        try {
            return result((int) CLOSE_HANDLE.invokeExact(CAPTURED.get(), handle));
        } catch (Throwable cause) {
            throw unexpected(cause);
        }
    }

    static boolean isOpen(long handle) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) GET_HANDLE_INFORMATION.invokeExact(CAPTURED.get(), handle, arena.allocate(INT)) != 0;
        } catch (Throwable cause) {
            throw unexpected(cause);
        }
    }

    static long createSemaphore(int count, int maxCount) {
        try {
            return check("CreateSemaphoreW", (long) CREATE_SEMAPHORE.invokeExact(CAPTURED.get(), 0L, count, maxCount,
                    0L), 0);
        } catch (Throwable cause) {
            throw unexpected(cause);
        }
    }

    /** Adds units; returns how many there were. */
    static int releaseSemaphore(long semaphore, int units) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment before = arena.allocate(INT);
            check("ReleaseSemaphore", (int) RELEASE_SEMAPHORE.invokeExact(CAPTURED.get(), semaphore, units, before), 0);
            return before.get(INT, 0);
        } catch (Throwable cause) {
            throw unexpected(cause);
        }
    }

    /** A timer whose signal is reset by the wait that it satisfies. */
    static long createTimer() {
        try {
            return check("CreateWaitableTimerW", (long) CREATE_WAITABLE_TIMER.invokeExact(CAPTURED.get(), 0L, 0, 0L),
                    0);
        } catch (Throwable cause) {
            throw unexpected(cause);
        }
    }

    static void setTimer(long timer, int millis, int periodMillis) {
        try (Arena arena = Arena.ofConfined()) {
            // Negative times are relative, in units of 100 nanoseconds.
            check("SetWaitableTimer", (int) SET_WAITABLE_TIMER.invokeExact(CAPTURED.get(), timer,
                    arena.allocateFrom(LONG, -10_000L * millis), periodMillis, 0L, 0L, 0), 0);
        } catch (Throwable cause) {
            throw unexpected(cause);
        }
    }

    static long createJobObject() {
        try {
            return check("CreateJobObjectW", (long) CREATE_JOB_OBJECT.invokeExact(CAPTURED.get(), 0L, 0L), 0);
        } catch (Throwable cause) {
            throw unexpected(cause);
        }
    }

    /** {@code JobObjectAssociateCompletionPortInformation}. */
    static int associateJob(long job, long key, long port) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment information = arena.allocate(16, 8);
            information.set(LONG, 0, key);
            information.set(LONG, 8, port);
            return result((int) SET_INFORMATION_JOB_OBJECT.invokeExact(CAPTURED.get(), job, 7, information, 16));
        } catch (Throwable cause) {
            throw unexpected(cause);
        }
    }

    static int assignProcess(long job, long pid) {
        try {
            long process = check("OpenProcess",
                    (long) OPEN_PROCESS.invokeExact(CAPTURED.get(), 0x1F0FFF, 0, (int) pid), 0);
            int error = result((int) ASSIGN_PROCESS_TO_JOB_OBJECT.invokeExact(CAPTURED.get(), job, process));
            closeHandle(process);
            return error;
        } catch (Throwable cause) {
            throw unexpected(cause);
        }
    }

    static long duplicate(long handle) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment target = arena.allocate(LONG);
            long process = currentProcess();
            int error = result((int) DUPLICATE_HANDLE.invokeExact(CAPTURED.get(), process, handle, process, target, 0,
                    0, 2));
            if (error != 0) {
                throw new AssertionError("DuplicateHandle: error " + error);
            }
            return target.get(LONG, 0);
        } catch (Throwable cause) {
            throw unexpected(cause);
        }
    }

    /** The path with names of 8.3; {@code null} if it has none. */
    static String shortPath(String path) {
        try (Arena arena = Arena.ofConfined()) {
            int units = Short.MAX_VALUE;
            MemorySegment text = arena.allocate(2L * units, 2);
            int length = (int) GET_SHORT_PATH_NAME.invokeExact(CAPTURED.get(),
                    arena.allocateFrom(path, StandardCharsets.UTF_16LE), text, units);
            return length == 0 ? null : text.getString(0, StandardCharsets.UTF_16LE);
        } catch (Throwable cause) {
            throw unexpected(cause);
        }
    }

    static int handleCount() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(INT);
            int succeeded = (int) GET_PROCESS_HANDLE_COUNT.invokeExact(CAPTURED.get(), currentProcess(), count);
            return succeeded == 0 ? -1 : count.get(INT, 0);
        } catch (Throwable cause) {
            throw unexpected(cause);
        }
    }

    private static long currentProcess() {
        try {
            return (long) GET_CURRENT_PROCESS.invokeExact(CAPTURED.get());
        } catch (Throwable cause) {
            throw unexpected(cause);
        }
    }
}
