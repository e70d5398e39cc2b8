/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;

/** What scripts do with memory, handles, threads, names and versions; see {@link ConformanceScript}. */
final class SystemScripts {

    private static final long CURRENT_PROCESS = -1;
    private static final int RESERVED = 1 << 20;
    private static final int PAGE = 4096;
    private static final int TEXT_UNITS = 256;

    private SystemScripts() {
    }

    static void memory(Win32Steps steps) {
        Win32 win32 = steps.win32();
        long reserved = win32.virtualAlloc(0, RESERVED, WinConst.MEM_RESERVE, WinConst.PAGE_READWRITE);
        steps.note("reserved", reserved != 0);
        steps.note("committed", win32.virtualAlloc(reserved, PAGE, WinConst.MEM_COMMIT, WinConst.PAGE_READWRITE)
                == reserved);
        Memory.putLong(reserved + PAGE - Long.BYTES, 42);
        steps.note("what is committed later begins with", win32.virtualAlloc(reserved + PAGE, PAGE,
                WinConst.MEM_COMMIT, WinConst.PAGE_READWRITE) == reserved + PAGE ? Memory.getLong(reserved + PAGE)
                : "nothing");
        steps.note("what was there is still", Memory.getLong(reserved + PAGE - Long.BYTES));
        steps.note("nothing is allocated", win32.virtualAlloc(0, 0, WinConst.MEM_RESERVE, WinConst.PAGE_READWRITE)
                == 0);
        steps.call("why", win32.lastError());
        steps.call("VirtualFree with a size", win32.virtualFree(reserved, RESERVED, WinConst.MEM_RELEASE));
        steps.call("VirtualFree", win32.virtualFree(reserved, 0, WinConst.MEM_RELEASE));
    }

    static void handles(Win32Steps steps) {
        Win32 win32 = steps.win32();
        steps.pipes().event("a", true);
        long flags = steps.memory(Integer.BYTES);
        inherits(steps, "a", flags);
        steps.call("SetHandleInformation", win32.setHandleInformation(steps.handle("a"),
                WinConst.HANDLE_FLAG_INHERIT, WinConst.HANDLE_FLAG_INHERIT));
        inherits(steps, "a", flags);
        long copy = steps.memory(Long.BYTES);
        steps.call("DuplicateHandle", win32.duplicateHandle(CURRENT_PROCESS, steps.handle("a"), CURRENT_PROCESS,
                copy, 0, 0, WinConst.DUPLICATE_SAME_ACCESS));
        steps.handle("copy", Memory.getLong(copy));
        inherits(steps, "copy", flags);
        steps.note("it is another handle", steps.handle("copy") != steps.handle("a"));
        steps.pipes().set("copy");
        steps.pipes().isSignaled("a");
        steps.closeHandle("a");
        steps.pipes().isSignaled("copy");
        steps.note("type of an event", win32.getFileType(steps.handle("copy")));
    }

    private static void inherits(Win32Steps steps, String name, long flags) {
        steps.call("GetHandleInformation " + name, steps.win32().getHandleInformation(steps.handle(name), flags));
        steps.note(name + " is inherited", Memory.getInt(flags) & WinConst.HANDLE_FLAG_INHERIT);
    }

    static void threads(Win32Steps steps) {
        Win32 win32 = steps.win32();
        int id = win32.getCurrentThreadId();
        steps.note("the same id again", win32.getCurrentThreadId() == id);
        long thread = win32.openThread(WinConst.THREAD_TERMINATE, 0, id);
        steps.note("OpenThread", thread != 0);
        steps.handle("thread", thread);
        steps.call("CancelSynchronousIo of a thread that doesn't wait", win32.cancelSynchronousIo(thread));
        steps.note("OpenThread of none", win32.openThread(WinConst.THREAD_TERMINATE, 0, 3) != 0);
        steps.call("why", win32.lastError());
    }

    static void versions(Win32Steps steps) {
        Win32 win32 = steps.win32();
        long version = steps.memory(Layout.OSVERSIONINFOEXW_SIZE);
        Memory.clear(version, Layout.OSVERSIONINFOEXW_SIZE);
        Memory.putInt(version, Layout.OSVERSIONINFOEXW_SIZE);
        steps.note("RtlGetVersion", Win32Steps.status(win32.rtlGetVersion(version)));
        steps.note("version", Memory.getInt(version + Layout.OSVERSIONINFOEXW_MAJOR) + "."
                + Memory.getInt(version + Layout.OSVERSIONINFOEXW_MINOR));
        steps.note("a function that every Windows has", win32.isExported("kernel32.dll", "CreateFileW"));
        steps.note("this is Wine", win32.wineGetVersion() != 0);
        long data = steps.memory(Layout.WSADATA_SIZE);
        steps.call("WSAStartup", win32.wsaStartup(0x0202, data));
        long text = steps.memory(2L * TEXT_UNITS);
        steps.note("a message", win32.formatMessage(WinConst.FORMAT_MESSAGE_FROM_SYSTEM
                | WinConst.FORMAT_MESSAGE_IGNORE_INSERTS, 0, WinError.ERROR_ACCESS_DENIED, text, TEXT_UNITS) > 0);
    }

    static void names(Win32Steps steps) {
        Win32 win32 = steps.win32();
        PipeSteps pipes = steps.pipes().pair("server", "client", 0, 4096);
        long id = steps.memory(Integer.BYTES);
        steps.call("GetNamedPipeServerSessionId", win32.getNamedPipeServerSessionId(steps.handle("client"), id));
        int session = Memory.getInt(id);
        win32.getNamedPipeClientSessionId(steps.handle("server"), id);
        steps.note("it is the client's", session == Memory.getInt(id));
        long text = steps.memory(2L * TEXT_UNITS);
        steps.call("GetNamedPipeClientComputerNameW of a local client", win32.getNamedPipeClientComputerName(
                steps.handle("server"), text, 2 * TEXT_UNITS));
        long sid = steps.memory(Long.BYTES);
        steps.call("ConvertStringSidToSidW", win32.convertStringSidToSid(pipes.string("S-1-5-18"), sid));
        long name = steps.memory(2L * TEXT_UNITS);
        long nameUnits = steps.memory(Integer.BYTES);
        long domain = steps.memory(2L * TEXT_UNITS);
        long domainUnits = steps.memory(Integer.BYTES);
        long use = steps.memory(Integer.BYTES);
        Memory.putInt(nameUnits, TEXT_UNITS);
        Memory.putInt(domainUnits, TEXT_UNITS);
        steps.call("LookupAccountSidW", win32.lookupAccountSid(0, Memory.getLong(sid), name, nameUnits, domain,
                domainUnits, use));
        steps.note("the account", PipeSteps.text(domain) + '\\' + PipeSteps.text(name));
        steps.call("LocalFree", win32.localFree(Memory.getLong(sid)));
        steps.call("ConvertStringSidToSidW of none", win32.convertStringSidToSid(pipes.string("S-"), sid));
        pipes.descriptorText("O:SYD:P(A;;GA;;;WD)");
    }

    static void waitPackets(Win32Steps steps) {
        Win32 win32 = steps.win32();
        steps.pipes().event("event", false);
        long handle = steps.memory(Long.BYTES);
        steps.note("NtCreateWaitCompletionPacket", Win32Steps.status(win32.ntCreateWaitCompletionPacket(handle,
                WinConst.GENERIC_READ | WinConst.GENERIC_WRITE, 0)));
        steps.handle("packet", Memory.getLong(handle));
        waits(steps);
        steps.poll(20);
        steps.pipes().set("event");
        steps.poll(1000);
        steps.pipes().isSignaled("event");
        waits(steps);
        steps.note("cancelled", Win32Steps.status(win32.ntCancelWaitCompletionPacket(steps.handle("packet"), 1)));
        steps.pipes().set("event");
        steps.poll(20);
        waits(steps);
        steps.poll(1000);
        steps.note("nothing to cancel", NtStatus.isError(win32.ntCancelWaitCompletionPacket(steps.handle("packet"),
                1)));
    }

    private static void waits(Win32Steps steps) {
        long signaled = steps.memory(Long.BYTES);
        Memory.putByte(signaled, 0);
        steps.note("NtAssociateWaitCompletionPacket", Win32Steps.status(steps.win32().ntAssociateWaitCompletionPacket(
                steps.handle("packet"), steps.port(), steps.handle("event"), 7, 0, 0, 3, signaled)));
        steps.note("it was signaled already", Memory.getByte(signaled));
    }
}
