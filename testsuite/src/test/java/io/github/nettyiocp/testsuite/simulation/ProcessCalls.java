/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The calls that start, ask and end processes: decodes arguments, refuses what Windows refuses. Each gives a Win32
 * error where nothing else is said.
 */
final class ProcessCalls {

    /** The program that there is besides Windows' own: what its children do is said by {@link SimulatedChild}. */
    static final String PROGRAM = "C:\\app\\child.exe";
    private static final String OWN_PROGRAM = "C:\\app\\java.exe";
    private static final String SYSTEM_DIRECTORY = "C:\\Windows\\System32";
    private static final Set<String> DIRECTORIES = Set.of("C:\\APP", "C:\\WINDOWS", "C:\\WINDOWS\\SYSTEM32");

    private static final int DETACHED_PROCESS = 8;
    private static final int KNOWN_FLAGS = WinConst.CREATE_SUSPENDED | WinConst.CREATE_UNICODE_ENVIRONMENT
            | WinConst.EXTENDED_STARTUPINFO_PRESENT | WinConst.CREATE_NO_WINDOW | DETACHED_PROCESS;
    private static final int ERROR_OBJECT_NAME_EXISTS = 698;
    private static final int LIST_HEADER = 24;
    private static final int LIST_ENTRY = 24;

    private final SimulatedKernel kernel;
    /** By their addresses; what is not here was not made, or was deleted. */
    private final Map<Long, AttributeList> lists = new HashMap<>();

    ProcessCalls(SimulatedKernel kernel) {
        this.kernel = kernel;
    }

    /** The first thread of a child. */
    private static final class ChildThread extends PassiveHandle {
        private final SimulatedChild child;

        ChildThread(SimulatedKernel kernel, SimulatedChild child) {
            super(kernel);
            this.child = child;
        }

        @Override
        String kind() {
            return "thread of a child";
        }
    }

    // ---- attribute lists

    private static final class AttributeList {
        private final int room;
        /** Addresses and sizes of the values, which are read when a process is created. */
        private final Map<Long, long[]> values = new LinkedHashMap<>();

        AttributeList(int room) {
            this.room = room;
        }
    }

    int initialize(long list, int count, int flags, long size) {
        if (flags != 0 || count < 0 || !kernel.memory().check(size, Long.BYTES, "the size of an attribute list")) {
            return WinError.ERROR_INVALID_PARAMETER;
        }
        long needed = LIST_HEADER + (long) count * LIST_ENTRY;
        boolean fits = list != 0 && Memory.getLong(size) >= needed;
        Memory.putLong(size, needed);
        if (!fits) {
            return WinError.ERROR_INSUFFICIENT_BUFFER;
        }
        lists.put(list, new AttributeList(count));
        return 0;
    }

    int update(long list, int flags, long attribute, long value, long size) {
        AttributeList attributes = list(list, "UpdateProcThreadAttribute");
        if (attributes == null || flags != 0) {
            return WinError.ERROR_INVALID_PARAMETER;
        }
        if (attributes.values.size() >= attributes.room) {
            return WinError.ERROR_GEN_FAILURE;
        }
        if (attributes.values.containsKey(attribute)) {
            return ERROR_OBJECT_NAME_EXISTS;
        }
        if (attribute == WinConst.PROC_THREAD_ATTRIBUTE_JOB_LIST) {
            if (kernel.faults().happens(Faults.Kind.JOB_LIST_REFUSED)) {
                return WinError.ERROR_NOT_SUPPORTED;
            }
        } else if (attribute != WinConst.PROC_THREAD_ATTRIBUTE_HANDLE_LIST
                && attribute != WinConst.PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE) {
            return WinError.ERROR_NOT_SUPPORTED;
        }
        if (size <= 0 || size % Long.BYTES != 0) {
            return DosErrors.ERROR_BAD_LENGTH;
        }
        attributes.values.put(attribute, new long[] { value, size });
        return 0;
    }

    void delete(long list) {
        if (list(list, "DeleteProcThreadAttributeList") != null) {
            lists.remove(list);
        }
    }

    private AttributeList list(long address, String function) {
        AttributeList list = lists.get(address);
        if (list == null) {
            kernel.violation("%s of what is no attribute list", function);
        }
        return list;
    }

    /** The handles that an attribute names; {@code null} if there is no such attribute. */
    private List<Long> handles(AttributeList list, long attribute) {
        long[] value = list == null ? null : list.values.get(attribute);
        if (value == null || !kernel.memory().check(value[0], value[1], "the value of an attribute")) {
            return null;
        }
        List<Long> handles = new ArrayList<>();
        for (long i = 0; i < value[1]; i += Long.BYTES) {
            handles.add(Memory.getLong(value[0] + i));
        }
        return handles;
    }

    // ---- CreateProcessW

    /** What a process is to be created with. */
    private static final class Creation {
        private List<String> arguments;
        private Map<Long, SimulatedHandle> inherited;
        private long[] standard;
        private SimulatedConsole console;
        private final List<SimulatedJob> jobs = new ArrayList<>();
    }

    int create(long application, long commandLine, boolean inherit, int flags, long environment, long directory,
               long startup, long information) {
        kernel.blockingCall("CreateProcessW");
        if (kernel.faults().happens(Faults.Kind.START_IS_SLOW) && !kernel.isLoop()) {
            kernel.sleep(kernel.slowDelay());
        }
        Creation creation = new Creation();
        int error = decode(creation, application, commandLine, inherit, flags, environment, directory, startup);
        if (error == 0 && kernel.faults().happens(Faults.Kind.START_FAILS)) {
            error = kernel.faults().dice().pick(new Integer[] { WinError.ERROR_NOT_ENOUGH_MEMORY,
                    WinError.ERROR_ACCESS_DENIED, WinError.ERROR_SHARING_VIOLATION,
                    WinError.ERROR_NO_SYSTEM_RESOURCES });
        }
        return error != 0 ? error : create(creation, (flags & WinConst.CREATE_SUSPENDED) != 0, information);
    }

    private int decode(Creation creation, long application, long commandLine, boolean inherit, int flags,
                       long environment, long directory, long startup) {
        String program = PipeCalls.string(kernel, application);
        String line = PipeCalls.string(kernel, commandLine);
        if (program == null || line == null) {
            return WinError.ERROR_NOACCESS;
        }
        if ((flags & ~KNOWN_FLAGS) != 0 || (flags & WinConst.EXTENDED_STARTUPINFO_PRESENT) == 0
                || !kernel.memory().check(startup, Layout.STARTUPINFOEXW_SIZE, "the STARTUPINFOEXW")
                || Memory.getInt(startup) != Layout.STARTUPINFOEXW_SIZE) {
            return WinError.ERROR_INVALID_PARAMETER;
        }
        if (environment != 0 && ((flags & WinConst.CREATE_UNICODE_ENVIRONMENT) == 0 || !isEnvironment(environment))) {
            kernel.violation("an environment that is none");
            return WinError.ERROR_INVALID_PARAMETER;
        }
        if (directory != 0 && (fileAttributes(directory) & WinConst.FILE_ATTRIBUTE_DIRECTORY) == 0) {
            return WinError.ERROR_DIRECTORY;
        }
        if (!program.equalsIgnoreCase(PROGRAM)) {
            return WinError.ERROR_FILE_NOT_FOUND;
        }
        creation.arguments = arguments(line);
        if (creation.arguments.size() < 2 || !creation.arguments.get(0).equalsIgnoreCase(program)
                || !creation.arguments.get(1).equals("script")) {
            kernel.violation("a command line that says nothing: %s", line);
            return WinError.ERROR_INVALID_PARAMETER;
        }
        long address = Memory.getLong(startup + Layout.STARTUPINFOEXW_ATTRIBUTE_LIST);
        AttributeList attributes = address == 0 ? null : list(address, "CreateProcessW");
        int error = inherited(creation, attributes, inherit);
        if (error != 0) {
            return error;
        }
        error = console(creation, attributes, flags);
        if (error != 0) {
            return error;
        }
        error = standard(creation, startup);
        return error != 0 ? error : jobs(creation, attributes);
    }

    private int inherited(Creation creation, AttributeList attributes, boolean inherit) {
        creation.inherited = new LinkedHashMap<>();
        List<Long> named = handles(attributes, WinConst.PROC_THREAD_ATTRIBUTE_HANDLE_LIST);
        if (named == null) {
            if (inherit) {
                kernel.violation("a child inherits all that can be inherited");
                return WinError.ERROR_INVALID_PARAMETER;
            }
            return 0;
        }
        for (long value : named) {
            SimulatedHandle handle = kernel.handle(value, "CreateProcessW");
            if (!inherit || handle == null || !handle.inheritable || creation.inherited.put(value, handle) != null) {
                kernel.violation("the handle 0x%x, which a child is to inherit, is not inheritable or named twice",
                        value);
                return WinError.ERROR_INVALID_PARAMETER;
            }
        }
        return 0;
    }

    private int console(Creation creation, AttributeList attributes, int flags) {
        long[] value = attributes == null ? null
                : attributes.values.get((long) WinConst.PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE);
        if (value == null) {
            return 0;
        }
        if ((flags & (WinConst.CREATE_NO_WINDOW | DETACHED_PROCESS)) != 0) {
            kernel.violation("a child is to have a pseudo console and none");
        }
        creation.console = kernel.consoles().console(value[0], "CreateProcessW");
        return creation.console == null ? WinError.ERROR_INVALID_HANDLE : 0;
    }

    private int standard(Creation creation, long startup) {
        creation.standard = new long[] { Memory.getLong(startup + Layout.STARTUPINFOEXW_STDINPUT),
            Memory.getLong(startup + Layout.STARTUPINFOEXW_STDOUTPUT),
            Memory.getLong(startup + Layout.STARTUPINFOEXW_STDERROR) };
        if ((Memory.getInt(startup + Layout.STARTUPINFOEXW_FLAGS) & WinConst.STARTF_USESTDHANDLES) == 0) {
            kernel.violation("a child gets copies of our own standard handles");
        }
        for (long value : creation.standard) {
            if (value != 0 && !creation.inherited.containsKey(value)) {
                kernel.violation("the standard handle 0x%x of a child means nothing to it", value);
            }
        }
        return 0;
    }

    private int jobs(Creation creation, AttributeList attributes) {
        List<Long> named = handles(attributes, WinConst.PROC_THREAD_ATTRIBUTE_JOB_LIST);
        if (named == null) {
            return 0;
        }
        for (long value : named) {
            if (!(kernel.handle(value, "CreateProcessW") instanceof SimulatedJob job)) {
                return WinError.ERROR_INVALID_HANDLE;
            }
            creation.jobs.add(job);
        }
        return 0;
    }

    private int create(Creation creation, boolean suspended, long information) {
        if (!kernel.memory().check(information, Layout.PROCESS_INFORMATION_SIZE, "the PROCESS_INFORMATION")) {
            return WinError.ERROR_NOACCESS;
        }
        SimulatedChild child = kernel.children().create(null, creation.arguments.subList(2, creation.arguments.size()),
                creation.standard);
        for (SimulatedJob job : creation.jobs) {
            int error = job.add(child);
            if (error != 0) {
                child.end(error);
                return error;
            }
        }
        creation.inherited.forEach(child::inherit);
        child.attach(creation.console);
        kernel.log("process %d is created: %s", child.process.id, creation.arguments);
        Memory.putLong(information + Layout.PROCESS_INFORMATION_PROCESS, kernel.open(child));
        Memory.putLong(information + Layout.PROCESS_INFORMATION_THREAD, kernel.open(new ChildThread(kernel, child)));
        Memory.putInt(information + Layout.PROCESS_INFORMATION_PROCESS_ID, child.process.id);
        child.begin(suspended);
        return 0;
    }

    /** Variables with a zero behind each, sorted, and one more zero. */
    private boolean isEnvironment(long address) {
        Set<String> names = new HashSet<>();
        for (long next = address;;) {
            String variable = PipeCalls.string(kernel, next);
            if (variable == null) {
                return false;
            }
            if (variable.isEmpty()) {
                return !names.isEmpty();
            }
            int end = variable.indexOf('=', 1);
            if (end < 0 || !names.add(variable.substring(0, end).toUpperCase(java.util.Locale.ROOT))) {
                return false;
            }
            next += 2L * (variable.length() + 1);
        }
    }

    /** Takes a command line apart as the runtimes of programs do. */
    static List<String> arguments(String line) {
        List<String> arguments = new ArrayList<>();
        StringBuilder argument = null;
        boolean quoted = false;
        int backslashes = 0;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '\\') {
                backslashes++;
                continue;
            }
            if ((c == ' ' || c == '\t') && !quoted && argument == null && backslashes == 0) {
                continue;
            }
            argument = argument == null ? new StringBuilder() : argument;
            boolean literal = c == '"' && backslashes % 2 == 1;
            argument.append("\\".repeat(c == '"' ? backslashes / 2 : backslashes));
            backslashes = 0;
            if (c == '"' && !literal) {
                quoted = !quoted;
            } else if ((c == ' ' || c == '\t') && !quoted) {
                arguments.add(argument.toString());
                argument = null;
            } else {
                argument.append(c);
            }
        }
        if (argument != null || backslashes > 0) {
            arguments.add((argument == null ? "" : argument) + "\\".repeat(backslashes));
        }
        return arguments;
    }

    // ---- processes

    int exitCode(long process, long exitCode) {
        if (!(kernel.handle(process, "GetExitCodeProcess") instanceof SimulatedChild child)
                || !kernel.memory().check(exitCode, Integer.BYTES, "the exit code")) {
            return WinError.ERROR_INVALID_HANDLE;
        }
        Memory.putInt(exitCode, child.exitCode());
        return 0;
    }

    int terminate(long process, int exitCode) {
        if (!(kernel.handle(process, "TerminateProcess") instanceof SimulatedChild child)) {
            return WinError.ERROR_INVALID_HANDLE;
        }
        int error = child.terminate(exitCode);
        kernel.log("%s is terminated: %d", child, error);
        return error;
    }

    int resume(long thread) {
        if (!(kernel.handle(thread, "ResumeThread") instanceof ChildThread first)) {
            return WinError.ERROR_INVALID_HANDLE;
        }
        if (first.child.resume() == 0) {
            kernel.violation("%s is resumed, and was not suspended", first.child);
        }
        return 0;
    }

    // ---- names and files

    int ownProgram(long name, int size) {
        return write(OWN_PROGRAM, name, size);
    }

    int systemDirectory(long name, int size) {
        return write(SYSTEM_DIRECTORY, name, size);
    }

    /** How many units were written; {@code 0} if there is no room. */
    private int write(String text, long address, int size) {
        byte[] bytes = (text + '\0').getBytes(StandardCharsets.UTF_16LE);
        if (size < bytes.length / 2 || !kernel.memory().check(address, bytes.length, "a text")) {
            return 0;
        }
        Memory.putBytes(address, bytes);
        return text.length();
    }

    /** {@code INVALID_FILE_ATTRIBUTES} if there is nothing of the name. */
    int fileAttributes(long name) {
        String path = PipeCalls.string(kernel, name);
        if (path == null) {
            return WinConst.INVALID_FILE_ATTRIBUTES;
        }
        if (DIRECTORIES.contains(path.toUpperCase(java.util.Locale.ROOT))) {
            return WinConst.FILE_ATTRIBUTE_DIRECTORY;
        }
        return path.equalsIgnoreCase(PROGRAM) || path.equalsIgnoreCase(OWN_PROGRAM)
                || kernel.files().file(path) != null ? WinConst.FILE_ATTRIBUTE_NORMAL
                : WinConst.INVALID_FILE_ATTRIBUTES;
    }
}
