/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.process;

import io.github.nettyiocp.IocpRegistration;
import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.ObjectKind;
import io.github.nettyiocp.internal.Operation;
import io.github.nettyiocp.internal.StatusTable;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.ArrayList;
import java.util.List;

/** Starts a process ({@code CreateProcessW}), which blocks: on the executor for blocking calls. */
final class Launcher {

    private final IocpRegistration loop;
    private final Win32 win32;
    private final ChildSettings settings;

    /** To be used on the thread that makes it. */
    Launcher(IocpRegistration loop, ChildSettings settings) {
        this.loop = loop;
        this.settings = settings;
        win32 = loop.win32Access().ofThisThread();
    }

    /** Starts it. Whatever fails, nothing of it is left. */
    Launched launch() throws IOException {
        List<String> command = settings.command();
        String program = new ProgramSearch(win32).find(command.get(0), settings.searchPath());
        String line = CommandLine.of(program, command.subList(1, command.size()));
        checkDirectory();
        StandardHandles standard = settings.console() == null ? StandardHandles.open(loop, settings.redirects())
                : StandardHandles.ofConsole(loop);
        PseudoConsole console = null;
        try {
            if (settings.console() != null) {
                console = PseudoConsole.create(loop.win32Access(), settings.console(),
                        standard.handle(StandardHandles.INPUT), standard.handle(StandardHandles.OUTPUT));
                standard.closeHandles();
            }
            Launched launched = create(program, line, standard, console);
            standard.closeHandles();
            return launched;
        } catch (Throwable cause) {
            standard.close();
            if (console != null) {
                console.close();
            }
            throw cause;
        }
    }

    /** {@code CreateProcessW} would say it too, but not of what. */
    private void checkDirectory() throws IOException {
        String directory = settings.directory();
        if (directory != null) {
            int attributes = ProgramSearch.attributes(win32, directory);
            if (attributes == WinConst.INVALID_FILE_ATTRIBUTES) {
                throw new NoSuchFileException(directory, null, "no such directory to start a program in");
            }
            if ((attributes & WinConst.FILE_ATTRIBUTE_DIRECTORY) == 0) {
                throw new NotDirectoryException(directory);
            }
        }
    }

    private Launched create(String program, String line, StandardHandles standard, PseudoConsole console)
            throws IOException {
        // A handle of its own, so that the job isn't closed under the call.
        long job = settings.job() == null ? 0 : settings.job().duplicate();
        try (Arena arena = Arena.ofConfined(); AttributeList attributes = new AttributeList(win32, arena)) {
            List<Long> handles = new ArrayList<>(standard.distinct());
            settings.inherited().stream().filter(handle -> !handles.contains(handle)).forEach(handles::add);
            if (!handles.isEmpty()) {
                attributes.handles(handles);
            }
            if (console != null) {
                attributes.pseudoConsole(console.handle());
            }
            boolean suspended = job != 0 && !attributes.job(job);
            long information = arena.allocate(Layout.PROCESS_INFORMATION_SIZE, Long.BYTES).address();
            long application = Wide.string(arena, program);
            long commandLine = Wide.string(arena, line);
            long environment = Wide.string(arena, settings.environment());
            long directory = settings.directory() == null ? 0 : Wide.string(arena, settings.directory());
            long startup = startupInfo(arena, attributes, standard);
            int error = Inheritance.during(win32, handles, () -> win32.createProcess(application, commandLine,
                    handles.isEmpty() ? 0 : 1, flags(suspended, console), environment, directory, startup,
                    information));
            if (error != 0) {
                throw StatusTable.exception(win32, ObjectKind.FILE, Operation.START, NtStatus.ofError(error), program);
            }
            return created(information, suspended ? job : 0, standard, console);
        } finally {
            if (job != 0) {
                win32.closeHandle(job);
            }
        }
    }

    private int flags(boolean suspended, PseudoConsole console) {
        // Without a console of our own to share, Windows would open a window for it.
        boolean hidden = console == null && win32.getConsoleWindow() == 0;
        return WinConst.CREATE_UNICODE_ENVIRONMENT | WinConst.EXTENDED_STARTUPINFO_PRESENT
                | (hidden ? WinConst.CREATE_NO_WINDOW : 0) | (suspended ? WinConst.CREATE_SUSPENDED : 0);
    }

    private long startupInfo(Arena arena, AttributeList attributes, StandardHandles standard) {
        long startup = arena.allocate(Layout.STARTUPINFOEXW_SIZE, Long.BYTES).address();
        Memory.putInt(startup, Layout.STARTUPINFOEXW_SIZE);
        // Also with a pseudo console, and without handles then: else the child gets copies of ours.
        Memory.putInt(startup + Layout.STARTUPINFOEXW_FLAGS, WinConst.STARTF_USESTDHANDLES);
        Memory.putLong(startup + Layout.STARTUPINFOEXW_STDINPUT, standard.handle(StandardHandles.INPUT));
        Memory.putLong(startup + Layout.STARTUPINFOEXW_STDOUTPUT, standard.handle(StandardHandles.OUTPUT));
        Memory.putLong(startup + Layout.STARTUPINFOEXW_STDERROR, standard.handle(StandardHandles.ERROR));
        Memory.putLong(startup + Layout.STARTUPINFOEXW_ATTRIBUTE_LIST, attributes.address());
        return startup;
    }

    /** @param job what it has to be put into before it runs; {@code 0} if it runs already */
    private Launched created(long information, long job, StandardHandles standard, PseudoConsole console)
            throws IOException {
        long process = Memory.getLong(information + Layout.PROCESS_INFORMATION_PROCESS);
        long thread = Memory.getLong(information + Layout.PROCESS_INFORMATION_THREAD);
        long id = Memory.getInt(information + Layout.PROCESS_INFORMATION_PROCESS_ID) & 0xffffffffL;
        try {
            if (job != 0) {
                check(win32.assignProcessToJobObject(job, process), "AssignProcessToJobObject");
                check(win32.resumeThread(thread), "ResumeThread");
            }
            return new Launched(process, id, standard, console);
        } catch (Throwable cause) {
            win32.terminateProcess(process, ChildProcess.KILLED);
            win32.closeHandle(process);
            throw cause;
        } finally {
            win32.closeHandle(thread);
        }
    }

    private static void check(int error, String function) throws IOException {
        if (error != 0) {
            throw new IOException("the child can't be put into its job (" + function + ", error " + error + ')');
        }
    }
}
