/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.testsuite.peers.Program;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Steps of scripts on processes and jobs. The program is {@code child script}, see {@link SimulatedChild}. */
public final class ProcessSteps {

    /** Without a console, which under Wine is a process more. */
    private static final int DETACHED_PROCESS = 8;
    private static final int WAIT_MILLIS = 60_000;

    private final Win32Steps steps;
    private final Map<String, Long> consoles = new HashMap<>();

    ProcessSteps(Win32Steps steps) {
        this.steps = steps;
    }

    private Win32 win32() {
        return steps.win32();
    }

    private String program() {
        return win32() instanceof SimulatedWin32 ? ProcessCalls.PROGRAM
                : Path.of(Program.CHILD.program().get(0)).toAbsolutePath().toString();
    }

    private long attributes(int count) {
        long size = steps.memory(Long.BYTES);
        Memory.putLong(size, 0);
        steps.call("the size of a list of attributes",
                win32().initializeProcThreadAttributeList(0, count, 0, size));
        long list = steps.memory(Memory.getLong(size));
        steps.call("a list of attributes", win32().initializeProcThreadAttributeList(list, count, 0, size));
        return list;
    }

    private long cell(long value) {
        long cell = steps.memory(Long.BYTES);
        Memory.putLong(cell, value);
        return cell;
    }

    /** What a list of attributes takes and what it refuses. */
    public void attributes(String job) {
        long list = attributes(2);
        long value = cell(steps.handle(job));
        steps.call("an unknown attribute", win32().updateProcThreadAttribute(list, 0, 0x2ffff, value, Long.BYTES));
        steps.call("a part of a handle", win32().updateProcThreadAttribute(list, 0,
                WinConst.PROC_THREAD_ATTRIBUTE_HANDLE_LIST, value, 3));
        steps.call("jobs", win32().updateProcThreadAttribute(list, 0, WinConst.PROC_THREAD_ATTRIBUTE_JOB_LIST, value,
                Long.BYTES));
        steps.call("jobs again", win32().updateProcThreadAttribute(list, 0, WinConst.PROC_THREAD_ATTRIBUTE_JOB_LIST,
                value, Long.BYTES));
        win32().deleteProcThreadAttributeList(list);
    }

    /** Starts a child in a job, or in none if that is {@code null}. */
    public void start(String name, String job, String... script) {
        long list = attributes(1);
        if (job != null) {
            steps.call("jobs", win32().updateProcThreadAttribute(list, 0, WinConst.PROC_THREAD_ATTRIBUTE_JOB_LIST,
                    cell(steps.handle(job)), Long.BYTES));
        }
        start(name, list, DETACHED_PROCESS, script);
    }

    public void startOnConsole(String name, String console, String... script) {
        long list = attributes(1);
        steps.call("a console", win32().updateProcThreadAttribute(list, 0,
                WinConst.PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE, consoles.get(console), Long.BYTES));
        start(name, list, 0, script);
    }

    /** Starts a child whose thread waits until it is resumed, which has to be. */
    public void startSuspended(String name, String... script) {
        start(name, attributes(1), DETACHED_PROCESS | WinConst.CREATE_SUSPENDED, script);
    }

    public void assign(String name, String job) {
        steps.call("AssignProcessToJobObject of " + name,
                win32().assignProcessToJobObject(steps.handle(job), steps.handle(name)));
    }

    public void resume(String name) {
        steps.call("ResumeThread of " + name, win32().resumeThread(steps.handle(threadOf(name))));
        steps.closeHandle(threadOf(name));
    }

    private static String threadOf(String name) {
        return "the thread of " + name;
    }

    private void start(String name, long list, int flags, String... script) {
        long startup = steps.memory(Layout.STARTUPINFOEXW_SIZE);
        Memory.clear(startup, Layout.STARTUPINFOEXW_SIZE);
        Memory.putInt(startup, Layout.STARTUPINFOEXW_SIZE);
        Memory.putInt(startup + Layout.STARTUPINFOEXW_FLAGS, WinConst.STARTF_USESTDHANDLES);
        Memory.putLong(startup + Layout.STARTUPINFOEXW_ATTRIBUTE_LIST, list);
        long information = steps.memory(Layout.PROCESS_INFORMATION_SIZE);
        PipeSteps texts = steps.pipes();
        int error = win32().createProcess(texts.string(program()), texts.string('"' + program() + "\" script "
                        + String.join(" ", script)), 0, WinConst.EXTENDED_STARTUPINFO_PRESENT | flags, 0, 0, startup,
                information);
        if (steps.call("start " + name, error) == 0) {
            steps.handle(name, Memory.getLong(information + Layout.PROCESS_INFORMATION_PROCESS));
            long thread = Memory.getLong(information + Layout.PROCESS_INFORMATION_THREAD);
            if ((flags & WinConst.CREATE_SUSPENDED) == 0) {
                win32().closeHandle(thread);
            } else {
                steps.handle(threadOf(name), thread);
            }
        }
        win32().deleteProcThreadAttributeList(list);
    }

    public void exitCode(String name) {
        long code = steps.memory(Integer.BYTES);
        if (steps.call("GetExitCodeProcess of " + name, win32().getExitCodeProcess(steps.handle(name), code)) == 0) {
            steps.note("the exit code of " + name, Memory.getInt(code));
        }
    }

    public void await(String name) {
        steps.note(name + " has ended", win32().waitForSingleObject(steps.handle(name), WAIT_MILLIS) == 0);
    }

    public void terminate(String name, int code) {
        steps.call("TerminateProcess of " + name, win32().terminateProcess(steps.handle(name), code));
    }

    // ---- pseudo consoles

    public void console(String name, String input, String output, int columns, int rows) {
        long console = cell(0);
        if (result("CreatePseudoConsole " + name + ' ' + columns + 'x' + rows, win32().createPseudoConsole(
                rows << 16 | columns, steps.handle(input), steps.handle(output), 0, console)) == 0) {
            consoles.put(name, Memory.getLong(console));
        }
    }

    public void resize(String name, int columns, int rows) {
        result("ResizePseudoConsole " + name, win32().resizePseudoConsole(consoles.get(name), rows << 16 | columns));
    }

    public void closeConsole(String name) {
        win32().closePseudoConsole(consoles.remove(name));
    }

    private int result(String what, int result) {
        steps.note(what, "0x" + Integer.toHexString(result));
        return result;
    }

    // ---- jobs

    /** Makes a job that tells the port. */
    public void job(String name, long key) {
        steps.handle(name, win32().createJobObject(0, 0));
        tell(name, key);
    }

    public void tell(String name, long key) {
        long port = steps.memory(Layout.JOB_PORT_SIZE);
        Memory.putLong(port + Layout.JOB_PORT_KEY, key);
        Memory.putLong(port + Layout.JOB_PORT_PORT, steps.port());
        steps.call("the port of " + name, win32().setInformationJobObject(steps.handle(name),
                WinConst.JOB_OBJECT_ASSOCIATE_COMPLETION_PORT_INFORMATION, port, Layout.JOB_PORT_SIZE));
    }

    public void killOnClose(String name) {
        long limits = steps.memory(Layout.JOB_LIMITS_SIZE);
        Memory.clear(limits, Layout.JOB_LIMITS_SIZE);
        Memory.putInt(limits + Layout.JOB_LIMITS_FLAGS, WinConst.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE);
        steps.call("the limits of " + name, win32().setInformationJobObject(steps.handle(name),
                WinConst.JOB_OBJECT_EXTENDED_LIMIT_INFORMATION, limits, Layout.JOB_LIMITS_SIZE));
    }

    public void terminateJob(String name, int code) {
        steps.call("TerminateJobObject of " + name, win32().terminateJobObject(steps.handle(name), code));
    }

    public void counts(String name) {
        long counts = steps.memory(Layout.JOB_ACCOUNTING_SIZE);
        steps.call("the counts of " + name, win32().queryInformationJobObject(steps.handle(name),
                WinConst.JOB_OBJECT_BASIC_ACCOUNTING_INFORMATION, counts, Layout.JOB_ACCOUNTING_SIZE, 0));
        steps.note("processes of " + name, Memory.getInt(counts + Layout.JOB_ACCOUNTING_PROCESSES));
        steps.note("of them active", Memory.getInt(counts + Layout.JOB_ACCOUNTING_ACTIVE));
        steps.call("counts of the wrong size", win32().queryInformationJobObject(steps.handle(name),
                WinConst.JOB_OBJECT_BASIC_ACCOUNTING_INFORMATION, counts, Layout.JOB_ACCOUNTING_SIZE - 4, 0));
    }

    /** Waits until a job says the last it has to say, whatever it says before. */
    public void emptied(int last) {
        int recorded = steps.record().size();
        messages(last);
        boolean told = steps.record().get(steps.record().size() - 1).endsWith("bytes " + last);
        steps.record().subList(recorded, steps.record().size()).clear();
        steps.note("told that a job is empty", told);
    }

    /** Takes packets until one has so many bytes, which is what a job has to say. */
    public void messages(int last) {
        for (int i = 0; i < 10 && !steps.record().get(steps.record().size() - 1).endsWith("bytes " + last); i++) {
            steps.posted(WAIT_MILLIS);
        }
    }
}
