/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.internal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.EnumMap;
import java.util.Map;

/**
 * Counts native calls by function. One thread counts, any thread may read: a reader sees each count as it was a moment
 * ago, never a torn one.
 */
public final class CallCounts {

    /** The functions of {@link Win32}. */
    public enum Function {
        VirtualAlloc, VirtualFree,
        CreateIoCompletionPort, GetQueuedCompletionStatusEx, PostQueuedCompletionStatus,
        SetFileCompletionNotificationModes, CancelIoEx, CloseHandle, NtQueryInformationFile,
        CreateEventW, SetEvent, ResetEvent, WaitForMultipleObjects, WaitForSingleObject, NtCreateWaitCompletionPacket,
        NtAssociateWaitCompletionPacket, NtCancelWaitCompletionPacket, CreateFileW, ReadFile, WriteFile,
        GetOverlappedResult, DeviceIoControl, FlushFileBuffers, GetFileType, DuplicateHandle, SetHandleInformation,
        ReadDirectoryChangesW, ReadDirectoryChangesExW, GetFinalPathNameByHandleW, NtCreateMailslotFile, GetCommState,
        SetCommState, SetCommTimeouts, SetFileInformationByHandle, LockFileEx, UnlockFileEx,
        GetHandleInformation, GetCurrentThreadId, OpenThread, CancelSynchronousIo, CreateNamedPipeW, ConnectNamedPipe,
        DisconnectNamedPipe, SetNamedPipeHandleState, GetNamedPipeHandleStateW, GetNamedPipeInfo, PeekNamedPipe,
        GetNamedPipeClientProcessId, GetNamedPipeClientSessionId, GetNamedPipeServerProcessId,
        GetNamedPipeServerSessionId, GetNamedPipeClientComputerNameW, NtCreateNamedPipeFile, NtOpenFile,
        ConvertStringSecurityDescriptorToSecurityDescriptorW, ConvertSecurityDescriptorToStringSecurityDescriptorW,
        ConvertSidToStringSidW, ConvertStringSidToSidW, LocalFree, GetSecurityInfo, LookupAccountSidW, OpenProcess,
        OpenProcessToken, OpenThreadToken, GetTokenInformation, ProcessIdToSessionId, ImpersonateNamedPipeClient,
        RevertToSelf,
        CreateProcessW, InitializeProcThreadAttributeList, UpdateProcThreadAttribute, DeleteProcThreadAttributeList,
        GetExitCodeProcess, TerminateProcess, ResumeThread, GetStdHandle, GetConsoleWindow, GetModuleFileNameW,
        GetSystemDirectoryW, GetFileAttributesW, CreateJobObjectW, AssignProcessToJobObject,
        SetInformationJobObject, QueryInformationJobObject, TerminateJobObject, CreatePseudoConsole,
        ResizePseudoConsole, ClosePseudoConsole,
        WSAStartup, WSASocketW, closesocket, bind, connect, listen, shutdown, setsockopt, getsockopt, WSAIoctl,
        getsockname, getpeername, WSARecv, WSASend, WSARecvFrom, WSASendTo, AcceptEx, GetAcceptExSockaddrs, ConnectEx,
        TransmitFile,
        RtlGetVersion, wine_get_version, RtlNtStatusToDosError, FormatMessageW, GetProcAddress
    }

    private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(long[].class);
    private static final Function[] FUNCTIONS = Function.values();

    private final long[] counts = new long[FUNCTIONS.length];

    /** Counts one call. Called by the thread that owns the {@link Win32} instance. */
    public void count(Function function) {
        int i = function.ordinal();
        ELEMENT.setOpaque(counts, i, counts[i] + 1);
    }

    /** The calls of one function so far. */
    public long get(Function function) {
        return (long) ELEMENT.getOpaque(counts, function.ordinal());
    }

    /** All counts that are not zero. */
    public Map<Function, Long> snapshot() {
        Map<Function, Long> snapshot = new EnumMap<>(Function.class);
        for (Function function : FUNCTIONS) {
            long count = get(function);
            if (count != 0) {
                snapshot.put(function, count);
            }
        }
        return snapshot;
    }
}
