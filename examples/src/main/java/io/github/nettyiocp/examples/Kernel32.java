/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

import static io.github.nettyiocp.examples.Dll.INT;
import static io.github.nettyiocp.examples.Dll.POINTER;

/** The calls that {@link DirectoryWatch}, {@link Job} and {@link FileStreamStrategy} make. */
final class Kernel32 {

    private static final int FILE_LIST_DIRECTORY = 1;
    private static final int GENERIC_READ = 0x8000_0000;
    private static final int FILE_SHARE_ALL = 7;
    private static final int OPEN_EXISTING = 3;
    private static final int FILE_FLAG_BACKUP_SEMANTICS = 0x0200_0000;
    private static final int FILE_FLAG_OVERLAPPED = 0x4000_0000;
    private static final long INVALID_HANDLE_VALUE = -1;

    private static final Dll DLL = new Dll("kernel32.dll");
    private static final MethodHandle CLOSE_HANDLE = DLL.function("CloseHandle", INT, POINTER);
    private static final MethodHandle CREATE_FILE = DLL.function("CreateFileW", POINTER,
            POINTER, INT, INT, POINTER, INT, INT, POINTER);
    private static final MethodHandle READ_FILE = DLL.function("ReadFile", INT,
            POINTER, POINTER, INT, POINTER, POINTER);
    private static final MethodHandle READ_DIRECTORY_CHANGES = DLL.function("ReadDirectoryChangesW", INT,
            POINTER, POINTER, INT, INT, INT, POINTER, POINTER, POINTER);
    private static final MethodHandle CREATE_JOB_OBJECT = DLL.function("CreateJobObjectW", POINTER, POINTER, POINTER);
    private static final MethodHandle SET_INFORMATION_JOB_OBJECT = DLL.function("SetInformationJobObject", INT,
            POINTER, INT, POINTER, INT);
    private static final MethodHandle OPEN_PROCESS = DLL.function("OpenProcess", POINTER, INT, INT, INT);
    private static final MethodHandle ASSIGN_PROCESS_TO_JOB_OBJECT = DLL.function("AssignProcessToJobObject", INT,
            POINTER, POINTER);

    private Kernel32() {
    }

    static void closeHandle(long handle) throws IOException {
        int closed;
        try {
            closed = (int) CLOSE_HANDLE.invokeExact(Dll.captured(), handle);
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
        check(closed, "CloseHandle");
    }

    /** Opens a directory, for overlapped I/O. */
    static long openDirectory(String path) throws Throwable {
        try (Arena arena = Arena.ofConfined()) {
            long name = arena.allocateFrom(path, StandardCharsets.UTF_16LE).address();
            long handle = (long) CREATE_FILE.invokeExact(Dll.captured(), name, FILE_LIST_DIRECTORY, FILE_SHARE_ALL, 0L,
                    OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OVERLAPPED, 0L);
            check(handle == INVALID_HANDLE_VALUE ? 0 : 1, "CreateFileW");
            return handle;
        }
    }

    /** Opens a file to be read, for overlapped I/O. */
    static long openFile(String path) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long name = arena.allocateFrom(path, StandardCharsets.UTF_16LE).address();
            long handle = (long) CREATE_FILE.invokeExact(Dll.captured(), name, GENERIC_READ, FILE_SHARE_ALL, 0L,
                    OPEN_EXISTING, FILE_FLAG_OVERLAPPED, 0L);
            check(handle == INVALID_HANDLE_VALUE ? 0 : 1, "CreateFileW");
            return handle;
        } catch (IOException cause) {
            throw cause;
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** Returns the error, as a {@link io.github.nettyiocp.channel.HandleStrategy} does. */
    static int readFile(long file, long buffer, int length, long transferred, long overlapped) {
        try {
            int started = (int) READ_FILE.invokeExact(Dll.captured(), file, buffer, length, transferred, overlapped);
            return started != 0 ? 0 : Dll.lastError();
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** Returns the error, as a {@link io.github.nettyiocp.Submission} does. */
    static int readDirectoryChanges(long directory, long buffer, int length, int filter, long overlapped)
            throws Throwable {
        int started = (int) READ_DIRECTORY_CHANGES.invokeExact(Dll.captured(), directory, buffer, length, 0, filter,
                0L, overlapped, 0L);
        return started != 0 ? 0 : Dll.lastError();
    }

    static long createJobObject() throws Throwable {
        return checkHandle((long) CREATE_JOB_OBJECT.invokeExact(Dll.captured(), 0L, 0L), "CreateJobObjectW");
    }

    static void setInformationJobObject(long job, int informationClass, long information, int length)
            throws Throwable {
        check((int) SET_INFORMATION_JOB_OBJECT.invokeExact(Dll.captured(), job, informationClass, information, length),
                "SetInformationJobObject");
    }

    static long openProcess(int access, long processId) throws Throwable {
        return checkHandle((long) OPEN_PROCESS.invokeExact(Dll.captured(), access, 0, (int) processId), "OpenProcess");
    }

    static void assignProcessToJobObject(long job, long process) throws Throwable {
        check((int) ASSIGN_PROCESS_TO_JOB_OBJECT.invokeExact(Dll.captured(), job, process),
                "AssignProcessToJobObject");
    }

    private static void check(int succeeded, String function) throws IOException {
        if (succeeded == 0) {
            throw new IOException(function + " failed: error " + Dll.lastError());
        }
    }

    private static long checkHandle(long handle, String function) throws IOException {
        check(handle == 0 ? 0 : 1, function);
        return handle;
    }
}
