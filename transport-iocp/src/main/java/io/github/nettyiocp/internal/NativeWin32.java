/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.internal;

import io.github.nettyiocp.internal.CallCounts.Function;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;

/**
 * The Windows calls themselves, by {@code java.lang.foreign}. Can be initialised on 64-bit Windows only.
 *
 * <p>The handles of a subject are linked when its first function is called (the nested classes), so that a program pays
 * for what it uses: linking costs milliseconds a function. Pointers go as {@code long}: no segment is made and no
 * session is acquired in a call. No call is linked as <em>critical</em>, since any of them may enter the kernel, wait
 * for a lock or a page there, and would hold up the garbage collector.
 *
 * <p>An instance owns one capture segment, into which the linker copies the last error right after the call, before the
 * virtual machine can make a call of its own that overwrites it. It is of an automatic arena: an instance is made on
 * another thread than the loop's (a confined arena couldn't be used there), nobody closes an instance (a shared one
 * would stay for ever, and its close is a handshake with all threads), and the call itself keeps the segment reachable.
 */
public final class NativeWin32 implements Win32 {

    /** Instances that call Windows. */
    public static final Win32Access ACCESS = new Access();

    // A DWORD, BOOL, ULONG, int and NTSTATUS; a pointer, HANDLE, SOCKET, ULONG_PTR and SIZE_T.
    private static final ValueLayout.OfInt I = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong P = ValueLayout.JAVA_LONG;

    private static final Linker LINKER = Linker.nativeLinker();
    // Always the whole layout, whatever is captured: the linker checks the segment against it.
    private static final StructLayout CAPTURE_LAYOUT = Linker.Option.captureStateLayout();
    private static final Linker.Option CAPTURE;
    private static final long LAST_ERROR_OFFSET;

    static {
        String os = System.getProperty("os.name", "");
        if (!os.startsWith("Windows")) {
            throw new UnsupportedOperationException("The calls of Windows exist on Windows only, this is " + os);
        }
        // WSAGetLastError is GetLastError by another name, so one is captured for all.
        CAPTURE = Linker.Option.captureCallState("GetLastError");
        LAST_ERROR_OFFSET = CAPTURE_LAYOUT.byteOffset(PathElement.groupElement("GetLastError"));
    }

    private final MemorySegment capture = Arena.ofAuto().allocate(CAPTURE_LAYOUT);
    private final CallCounts counts = new CallCounts();
    private int lastError;
    private FunctionPointer functionPointers;

    private NativeWin32() {
    }

    @Override
    public int lastError() {
        return lastError;
    }

    @Override
    public CallCounts counts() {
        return counts;
    }

    // ---- memory

    @Override
    public long virtualAlloc(long address, long size, int allocationType, int protect) {
        counts.count(Function.VirtualAlloc);
        try {
            return pointer((long) Pages.VIRTUAL_ALLOC.invokeExact(capture, address, size, allocationType, protect));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int virtualFree(long address, long size, int freeType) {
        counts.count(Function.VirtualFree);
        try {
            return bool((int) Pages.VIRTUAL_FREE.invokeExact(capture, address, size, freeType));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    // ---- completion ports and handles

    @Override
    public long createIoCompletionPort(long handle, long existingPort, long key, int concurrency) {
        counts.count(Function.CreateIoCompletionPort);
        try {
            return pointer((long) Core.CREATE_IO_COMPLETION_PORT.invokeExact(capture, handle, existingPort, key,
                    concurrency));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int getQueuedCompletionStatusEx(long port, long entries, int count, long removed, int millis) {
        counts.count(Function.GetQueuedCompletionStatusEx);
        try {
            return bool((int) Core.GET_QUEUED_COMPLETION_STATUS_EX.invokeExact(capture, port, entries, count, removed,
                    millis, 0));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int postQueuedCompletionStatus(long port, int bytes, long key, long overlapped) {
        counts.count(Function.PostQueuedCompletionStatus);
        try {
            return bool((int) Core.POST_QUEUED_COMPLETION_STATUS.invokeExact(capture, port, bytes, key, overlapped));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int setFileCompletionNotificationModes(long handle, int flags) {
        counts.count(Function.SetFileCompletionNotificationModes);
        try {
            return bool((int) Core.SET_FILE_COMPLETION_NOTIFICATION_MODES.invokeExact(capture, handle, (byte) flags));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int cancelIoEx(long handle, long overlapped) {
        counts.count(Function.CancelIoEx);
        try {
            return bool((int) Core.CANCEL_IO_EX.invokeExact(capture, handle, overlapped));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int closeHandle(long handle) {
        counts.count(Function.CloseHandle);
        try {
            return bool((int) Core.CLOSE_HANDLE.invokeExact(capture, handle));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int ntQueryInformationFile(long handle, long ioStatusBlock, long information, int length,
                                      int informationClass) {
        counts.count(Function.NtQueryInformationFile);
        try {
            return (int) NtFile.NT_QUERY_INFORMATION_FILE.invokeExact(handle, ioStatusBlock, information, length,
                    informationClass);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    // ---- waits and events

    @Override
    public long createEvent(int manualReset, int initialState) {
        counts.count(Function.CreateEventW);
        try {
            return pointer((long) Events.CREATE_EVENT.invokeExact(capture, 0L, manualReset, initialState, 0L));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int setEvent(long event) {
        counts.count(Function.SetEvent);
        try {
            return bool((int) Events.SET_EVENT.invokeExact(capture, event));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int resetEvent(long event) {
        counts.count(Function.ResetEvent);
        try {
            return bool((int) Events.RESET_EVENT.invokeExact(capture, event));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int waitForMultipleObjects(int count, long handles, int waitAll, int millis) {
        counts.count(Function.WaitForMultipleObjects);
        try {
            int result = (int) Events.WAIT_FOR_MULTIPLE_OBJECTS.invokeExact(capture, count, handles, waitAll, millis);
            if (result == WinConst.WAIT_FAILED) {
                failed();
            }
            return result;
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int waitForSingleObject(long handle, int millis) {
        counts.count(Function.WaitForSingleObject);
        try {
            int result = (int) Events.WAIT_FOR_SINGLE_OBJECT.invokeExact(capture, handle, millis);
            if (result == WinConst.WAIT_FAILED) {
                failed();
            }
            return result;
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int ntCreateWaitCompletionPacket(long packet, int access, long attributes) {
        counts.count(Function.NtCreateWaitCompletionPacket);
        try {
            return (int) WaitPackets.NT_CREATE_WAIT_COMPLETION_PACKET.invokeExact(packet, access, attributes);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int ntAssociateWaitCompletionPacket(long packet, long port, long object, long key, long apcContext,
                                               int ioStatus, long information, long alreadySignaled) {
        counts.count(Function.NtAssociateWaitCompletionPacket);
        try {
            return (int) WaitPackets.NT_ASSOCIATE_WAIT_COMPLETION_PACKET.invokeExact(packet, port, object, key,
                    apcContext, ioStatus, information, alreadySignaled);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int ntCancelWaitCompletionPacket(long packet, int removeSignaledPacket) {
        counts.count(Function.NtCancelWaitCompletionPacket);
        try {
            return (int) WaitPackets.NT_CANCEL_WAIT_COMPLETION_PACKET.invokeExact(packet, (byte) removeSignaledPacket);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    // ---- files and other handles

    @Override
    public long createFile(long name, int access, int shareMode, long security, int disposition, int flags) {
        counts.count(Function.CreateFileW);
        try {
            return handle((long) Files.CREATE_FILE.invokeExact(capture, name, access, shareMode, security, disposition,
                    flags, 0L));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int readFile(long handle, long buffer, int length, long transferred, long overlapped) {
        counts.count(Function.ReadFile);
        try {
            return bool((int) Files.READ_FILE.invokeExact(capture, handle, buffer, length, transferred, overlapped));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int writeFile(long handle, long buffer, int length, long transferred, long overlapped) {
        counts.count(Function.WriteFile);
        try {
            return bool((int) Files.WRITE_FILE.invokeExact(capture, handle, buffer, length, transferred, overlapped));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int getOverlappedResult(long handle, long overlapped, long transferred, int wait) {
        counts.count(Function.GetOverlappedResult);
        try {
            return bool((int) Files.GET_OVERLAPPED_RESULT.invokeExact(capture, handle, overlapped, transferred, wait));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int deviceIoControl(long handle, int code, long in, int inLength, long out, int outLength, long transferred,
                               long overlapped) {
        counts.count(Function.DeviceIoControl);
        try {
            return bool((int) Files.DEVICE_IO_CONTROL.invokeExact(capture, handle, code, in, inLength, out, outLength,
                    transferred, overlapped));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int flushFileBuffers(long handle) {
        counts.count(Function.FlushFileBuffers);
        try {
            return bool((int) Files.FLUSH_FILE_BUFFERS.invokeExact(capture, handle));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int setFileInformationByHandle(long handle, int informationClass, long information, int length) {
        counts.count(Function.SetFileInformationByHandle);
        try {
            return bool((int) Files.SET_FILE_INFORMATION_BY_HANDLE.invokeExact(capture, handle, informationClass,
                    information, length));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int lockFileEx(long handle, int flags, int lengthLow, int lengthHigh, long overlapped) {
        counts.count(Function.LockFileEx);
        try {
            return bool((int) Files.LOCK_FILE_EX.invokeExact(capture, handle, flags, 0, lengthLow, lengthHigh,
                    overlapped));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int unlockFileEx(long handle, int lengthLow, int lengthHigh, long overlapped) {
        counts.count(Function.UnlockFileEx);
        try {
            return bool((int) Files.UNLOCK_FILE_EX.invokeExact(capture, handle, 0, lengthLow, lengthHigh,
                    overlapped));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int getFileType(long handle) {
        counts.count(Function.GetFileType);
        try {
            int type = (int) Files.GET_FILE_TYPE.invokeExact(capture, handle);
            lastError = type == 0 ? capture.get(I, LAST_ERROR_OFFSET) : lastError;
            return type;
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int duplicateHandle(long sourceProcess, long source, long targetProcess, long target, int access,
                               int inherit, int options) {
        counts.count(Function.DuplicateHandle);
        try {
            return bool((int) Files.DUPLICATE_HANDLE.invokeExact(capture, sourceProcess, source, targetProcess, target,
                    access, inherit, options));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int setHandleInformation(long handle, int mask, int flags) {
        counts.count(Function.SetHandleInformation);
        try {
            return bool((int) Files.SET_HANDLE_INFORMATION.invokeExact(capture, handle, mask, flags));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int getHandleInformation(long handle, long flags) {
        counts.count(Function.GetHandleInformation);
        try {
            return bool((int) Files.GET_HANDLE_INFORMATION.invokeExact(capture, handle, flags));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int getCurrentThreadId() {
        counts.count(Function.GetCurrentThreadId);
        try {
            return (int) Threads.GET_CURRENT_THREAD_ID.invokeExact();
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public long openThread(int access, int inherit, int threadId) {
        counts.count(Function.OpenThread);
        try {
            return pointer((long) Threads.OPEN_THREAD.invokeExact(capture, access, inherit, threadId));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int cancelSynchronousIo(long thread) {
        counts.count(Function.CancelSynchronousIo);
        try {
            return bool((int) Threads.CANCEL_SYNCHRONOUS_IO.invokeExact(capture, thread));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    // ---- directories

    @Override
    public int readDirectoryChanges(long directory, long buffer, int length, int subtree, int filter, long overlapped) {
        counts.count(Function.ReadDirectoryChangesW);
        try {
            return bool((int) Directories.READ_DIRECTORY_CHANGES.invokeExact(capture, directory, buffer, length,
                    subtree, filter, 0L, overlapped, 0L));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int readDirectoryChangesEx(long directory, long buffer, int length, int subtree, int filter, long overlapped,
                                      int informationClass) {
        counts.count(Function.ReadDirectoryChangesExW);
        try {
            return bool((int) DirectoriesEx.READ_DIRECTORY_CHANGES_EX.invokeExact(capture, directory, buffer,
                    length, subtree, filter, 0L, overlapped, 0L, informationClass));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int getFinalPathNameByHandle(long file, long path, int units, int flags) {
        counts.count(Function.GetFinalPathNameByHandleW);
        try {
            int result = (int) Directories.GET_FINAL_PATH_NAME_BY_HANDLE.invokeExact(capture, file, path, units,
                    flags);
            if (result == 0) {
                failed();
            }
            return result;
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    // ---- mailslots

    @Override
    public int ntCreateMailslotFile(long handle, int access, long attributes, long ioStatusBlock, int options,
                                    int quota, int maxMessageSize, long timeout) {
        counts.count(Function.NtCreateMailslotFile);
        try {
            return (int) NtMailslots.NT_CREATE_MAILSLOT_FILE.invokeExact(handle, access, attributes, ioStatusBlock,
                    options, quota, maxMessageSize, timeout);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    // ---- serial ports

    @Override
    public int getCommState(long port, long state) {
        counts.count(Function.GetCommState);
        try {
            return bool((int) Serial.GET_COMM_STATE.invokeExact(capture, port, state));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int setCommState(long port, long state) {
        counts.count(Function.SetCommState);
        try {
            return bool((int) Serial.SET_COMM_STATE.invokeExact(capture, port, state));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int setCommTimeouts(long port, long timeouts) {
        counts.count(Function.SetCommTimeouts);
        try {
            return bool((int) Serial.SET_COMM_TIMEOUTS.invokeExact(capture, port, timeouts));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    // ---- named pipes

    @Override
    public long createNamedPipe(long name, int openMode, int pipeMode, int maxInstances, int outQuota, int inQuota,
                                int defaultTimeout, long security) {
        counts.count(Function.CreateNamedPipeW);
        try {
            return handle((long) Pipes.CREATE_NAMED_PIPE.invokeExact(capture, name, openMode, pipeMode, maxInstances,
                    outQuota, inQuota, defaultTimeout, security));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int connectNamedPipe(long pipe, long overlapped) {
        counts.count(Function.ConnectNamedPipe);
        try {
            return bool((int) Pipes.CONNECT_NAMED_PIPE.invokeExact(capture, pipe, overlapped));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int disconnectNamedPipe(long pipe) {
        counts.count(Function.DisconnectNamedPipe);
        try {
            return bool((int) Pipes.DISCONNECT_NAMED_PIPE.invokeExact(capture, pipe));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int setNamedPipeHandleState(long pipe, long mode, long maxCollectionCount, long collectDataTimeout) {
        counts.count(Function.SetNamedPipeHandleState);
        try {
            return bool((int) Pipes.SET_NAMED_PIPE_HANDLE_STATE.invokeExact(capture, pipe, mode, maxCollectionCount,
                    collectDataTimeout));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int getNamedPipeHandleState(long pipe, long state, long instances, long maxCollectionCount,
                                       long collectDataTimeout, long userName, int userNameSize) {
        counts.count(Function.GetNamedPipeHandleStateW);
        try {
            return bool((int) Pipes.GET_NAMED_PIPE_HANDLE_STATE.invokeExact(capture, pipe, state, instances,
                    maxCollectionCount, collectDataTimeout, userName, userNameSize));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int getNamedPipeInfo(long pipe, long flags, long outQuota, long inQuota, long maxInstances) {
        counts.count(Function.GetNamedPipeInfo);
        try {
            return bool((int) Pipes.GET_NAMED_PIPE_INFO.invokeExact(capture, pipe, flags, outQuota, inQuota,
                    maxInstances));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int peekNamedPipe(long pipe, long buffer, int size, long read, long available, long left) {
        counts.count(Function.PeekNamedPipe);
        try {
            return bool((int) Pipes.PEEK_NAMED_PIPE.invokeExact(capture, pipe, buffer, size, read, available, left));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int getNamedPipeClientProcessId(long pipe, long id) {
        counts.count(Function.GetNamedPipeClientProcessId);
        try {
            return bool((int) PipePeers.GET_NAMED_PIPE_CLIENT_PROCESS_ID.invokeExact(capture, pipe, id));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int getNamedPipeClientSessionId(long pipe, long id) {
        counts.count(Function.GetNamedPipeClientSessionId);
        try {
            return bool((int) PipePeers.GET_NAMED_PIPE_CLIENT_SESSION_ID.invokeExact(capture, pipe, id));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int getNamedPipeServerProcessId(long pipe, long id) {
        counts.count(Function.GetNamedPipeServerProcessId);
        try {
            return bool((int) PipePeers.GET_NAMED_PIPE_SERVER_PROCESS_ID.invokeExact(capture, pipe, id));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int getNamedPipeServerSessionId(long pipe, long id) {
        counts.count(Function.GetNamedPipeServerSessionId);
        try {
            return bool((int) PipePeers.GET_NAMED_PIPE_SERVER_SESSION_ID.invokeExact(capture, pipe, id));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int getNamedPipeClientComputerName(long pipe, long name, int size) {
        counts.count(Function.GetNamedPipeClientComputerNameW);
        if (PipePeers.GET_NAMED_PIPE_CLIENT_COMPUTER_NAME == null) {
            lastError = WinError.ERROR_PROC_NOT_FOUND;
            return lastError;
        }
        try {
            return bool((int) PipePeers.GET_NAMED_PIPE_CLIENT_COMPUTER_NAME.invokeExact(capture, pipe, name, size));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int ntCreateNamedPipeFile(long handle, int access, long attributes, long ioStatusBlock, int shareAccess,
                                     int disposition, int options, int pipeType, int readMode, int completionMode,
                                     int maxInstances, int inQuota, int outQuota, long defaultTimeout) {
        counts.count(Function.NtCreateNamedPipeFile);
        if (NtPipes.NT_CREATE_NAMED_PIPE_FILE == null) {
            return NtStatus.STATUS_NOT_IMPLEMENTED;
        }
        try {
            return (int) NtPipes.NT_CREATE_NAMED_PIPE_FILE.invokeExact(handle, access, attributes, ioStatusBlock,
                    shareAccess, disposition, options, pipeType, readMode, completionMode, maxInstances, inQuota,
                    outQuota, defaultTimeout);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int ntOpenFile(long handle, int access, long attributes, long ioStatusBlock, int shareAccess, int options) {
        counts.count(Function.NtOpenFile);
        try {
            return (int) NtPipes.NT_OPEN_FILE.invokeExact(handle, access, attributes, ioStatusBlock, shareAccess,
                    options);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    // ---- security

    @Override
    public int convertStringSecurityDescriptorToSecurityDescriptor(long text, int revision, long descriptor,
                                                                   long size) {
        counts.count(Function.ConvertStringSecurityDescriptorToSecurityDescriptorW);
        try {
            return bool((int)
                    Descriptors.CONVERT_STRING_SECURITY_DESCRIPTOR_TO_SECURITY_DESCRIPTOR.invokeExact(capture, text,
                    revision, descriptor, size));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int convertSecurityDescriptorToStringSecurityDescriptor(long descriptor, int revision, int information,
                                                                   long text, long length) {
        counts.count(Function.ConvertSecurityDescriptorToStringSecurityDescriptorW);
        try {
            return bool((int)
                    Descriptors.CONVERT_SECURITY_DESCRIPTOR_TO_STRING_SECURITY_DESCRIPTOR.invokeExact(capture,
                    descriptor, revision, information, text, length));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int convertSidToStringSid(long sid, long text) {
        counts.count(Function.ConvertSidToStringSidW);
        try {
            return bool((int) Descriptors.CONVERT_SID_TO_STRING_SID.invokeExact(capture, sid, text));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int convertStringSidToSid(long text, long sid) {
        counts.count(Function.ConvertStringSidToSidW);
        try {
            return bool((int) Descriptors.CONVERT_STRING_SID_TO_SID.invokeExact(capture, text, sid));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int localFree(long memory) {
        counts.count(Function.LocalFree);
        try {
            return (long) Descriptors.LOCAL_FREE.invokeExact(capture, memory) == 0 ? WinError.ERROR_SUCCESS : failed();
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int getSecurityInfo(long handle, int objectType, int information, long owner, long group, long dacl,
                               long sacl, long descriptor) {
        counts.count(Function.GetSecurityInfo);
        try {
            int error = (int) Descriptors.GET_SECURITY_INFO.invokeExact(handle, objectType, information, owner, group,
                    dacl, sacl, descriptor);
            if (error != 0) {
                lastError = error;
            }
            return error;
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int lookupAccountSid(long system, long sid, long name, long nameSize, long domain, long domainSize,
                                long use) {
        counts.count(Function.LookupAccountSidW);
        try {
            return bool((int) Tokens.LOOKUP_ACCOUNT_SID.invokeExact(capture, system, sid, name, nameSize, domain,
                    domainSize, use));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public long openProcess(int access, int inherit, int processId) {
        counts.count(Function.OpenProcess);
        try {
            return pointer((long) Tokens.OPEN_PROCESS.invokeExact(capture, access, inherit, processId));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int openProcessToken(long process, int access, long token) {
        counts.count(Function.OpenProcessToken);
        try {
            return bool((int) Tokens.OPEN_PROCESS_TOKEN.invokeExact(capture, process, access, token));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int openThreadToken(long thread, int access, int openAsSelf, long token) {
        counts.count(Function.OpenThreadToken);
        try {
            return bool((int) Tokens.OPEN_THREAD_TOKEN.invokeExact(capture, thread, access, openAsSelf, token));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int getTokenInformation(long token, int informationClass, long information, int length, long needed) {
        counts.count(Function.GetTokenInformation);
        try {
            return bool((int) Tokens.GET_TOKEN_INFORMATION.invokeExact(capture, token, informationClass, information,
                    length, needed));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int processIdToSessionId(int processId, long sessionId) {
        counts.count(Function.ProcessIdToSessionId);
        try {
            return bool((int) Tokens.PROCESS_ID_TO_SESSION_ID.invokeExact(capture, processId, sessionId));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int impersonateNamedPipeClient(long pipe) {
        counts.count(Function.ImpersonateNamedPipeClient);
        try {
            return bool((int) Impersonation.IMPERSONATE_NAMED_PIPE_CLIENT.invokeExact(capture, pipe));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int revertToSelf() {
        counts.count(Function.RevertToSelf);
        try {
            return bool((int) Impersonation.REVERT_TO_SELF.invokeExact(capture));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    // ---- processes and jobs

    @Override
    public int createProcess(long application, long commandLine, int inherit, int flags, long environment,
                             long directory, long startupInfo, long information) {
        counts.count(Function.CreateProcessW);
        try {
            return bool((int) Processes.CREATE_PROCESS.invokeExact(capture, application, commandLine, 0L, 0L, inherit,
                    flags, environment, directory, startupInfo, information));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int initializeProcThreadAttributeList(long list, int count, int flags, long size) {
        counts.count(Function.InitializeProcThreadAttributeList);
        try {
            return bool((int) Attributes.INITIALIZE_PROC_THREAD_ATTRIBUTE_LIST.invokeExact(capture, list, count, flags,
                    size));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int updateProcThreadAttribute(long list, int flags, long attribute, long value, long size) {
        counts.count(Function.UpdateProcThreadAttribute);
        try {
            return bool((int) Attributes.UPDATE_PROC_THREAD_ATTRIBUTE.invokeExact(capture, list, flags, attribute,
                    value, size, 0L, 0L));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public void deleteProcThreadAttributeList(long list) {
        counts.count(Function.DeleteProcThreadAttributeList);
        try {
            Attributes.DELETE_PROC_THREAD_ATTRIBUTE_LIST.invokeExact(list);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int getExitCodeProcess(long process, long exitCode) {
        counts.count(Function.GetExitCodeProcess);
        try {
            return bool((int) Processes.GET_EXIT_CODE_PROCESS.invokeExact(capture, process, exitCode));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int terminateProcess(long process, int exitCode) {
        counts.count(Function.TerminateProcess);
        try {
            return bool((int) Processes.TERMINATE_PROCESS.invokeExact(capture, process, exitCode));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int resumeThread(long thread) {
        counts.count(Function.ResumeThread);
        try {
            return (int) Processes.RESUME_THREAD.invokeExact(capture, thread) != -1 ? WinError.ERROR_SUCCESS : failed();
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public long getStdHandle(int which) {
        counts.count(Function.GetStdHandle);
        try {
            return handle((long) Processes.GET_STD_HANDLE.invokeExact(capture, which));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public long getConsoleWindow() {
        counts.count(Function.GetConsoleWindow);
        try {
            return (long) Processes.GET_CONSOLE_WINDOW.invokeExact();
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int getModuleFileName(long module, long name, int size) {
        counts.count(Function.GetModuleFileNameW);
        try {
            int length = (int) Programs.GET_MODULE_FILE_NAME.invokeExact(capture, module, name, size);
            if (length == 0) {
                failed();
            }
            return length;
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int getSystemDirectory(long name, int size) {
        counts.count(Function.GetSystemDirectoryW);
        try {
            int length = (int) Programs.GET_SYSTEM_DIRECTORY.invokeExact(capture, name, size);
            if (length == 0) {
                failed();
            }
            return length;
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int getFileAttributes(long name) {
        counts.count(Function.GetFileAttributesW);
        try {
            int attributes = (int) Programs.GET_FILE_ATTRIBUTES.invokeExact(capture, name);
            if (attributes == WinConst.INVALID_FILE_ATTRIBUTES) {
                failed();
            }
            return attributes;
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public long createJobObject(long security, long name) {
        counts.count(Function.CreateJobObjectW);
        try {
            return pointer((long) Jobs.CREATE_JOB_OBJECT.invokeExact(capture, security, name));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int assignProcessToJobObject(long job, long process) {
        counts.count(Function.AssignProcessToJobObject);
        try {
            return bool((int) Jobs.ASSIGN_PROCESS_TO_JOB_OBJECT.invokeExact(capture, job, process));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int setInformationJobObject(long job, int informationClass, long information, int length) {
        counts.count(Function.SetInformationJobObject);
        try {
            return bool((int) Jobs.SET_INFORMATION_JOB_OBJECT.invokeExact(capture, job, informationClass, information,
                    length));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int queryInformationJobObject(long job, int informationClass, long information, int length, long needed) {
        counts.count(Function.QueryInformationJobObject);
        try {
            return bool((int) Jobs.QUERY_INFORMATION_JOB_OBJECT.invokeExact(capture, job, informationClass, information,
                    length, needed));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int terminateJobObject(long job, int exitCode) {
        counts.count(Function.TerminateJobObject);
        try {
            return bool((int) Jobs.TERMINATE_JOB_OBJECT.invokeExact(capture, job, exitCode));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int createPseudoConsole(int size, long input, long output, int flags, long console) {
        counts.count(Function.CreatePseudoConsole);
        try {
            return (int) PseudoConsoles.CREATE_PSEUDO_CONSOLE.invokeExact(size, input, output, flags, console);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int resizePseudoConsole(long console, int size) {
        counts.count(Function.ResizePseudoConsole);
        try {
            return (int) PseudoConsoles.RESIZE_PSEUDO_CONSOLE.invokeExact(console, size);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public void closePseudoConsole(long console) {
        counts.count(Function.ClosePseudoConsole);
        try {
            PseudoConsoles.CLOSE_PSEUDO_CONSOLE.invokeExact(console);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    // ---- sockets

    /** Not needed: the first socket call of the process starts Winsock 2.2. Windows counts the calls. */
    @Override
    public int wsaStartup(int versionRequested, long wsaData) {
        counts.count(Function.WSAStartup);
        try {
            int error = (int) Sockets.WSA_STARTUP.invokeExact((short) versionRequested, wsaData);
            if (error != 0) {
                lastError = error;
            }
            return error;
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public long wsaSocket(int family, int type, int protocol, int flags) {
        counts.count(Function.WSASocketW);
        try {
            long socket = (long) Sockets.WSA_SOCKET.invokeExact(capture, family, type, protocol, 0L, 0, flags);
            if (socket == WinConst.INVALID_SOCKET) {
                failed();
            }
            return socket;
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int closesocket(long socket) {
        counts.count(Function.closesocket);
        try {
            return zero((int) Sockets.CLOSESOCKET.invokeExact(capture, socket));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int bind(long socket, long name, int nameLength) {
        counts.count(Function.bind);
        try {
            return zero((int) Sockets.BIND.invokeExact(capture, socket, name, nameLength));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int connect(long socket, long name, int nameLength) {
        counts.count(Function.connect);
        try {
            return zero((int) Datagrams.CONNECT.invokeExact(capture, socket, name, nameLength));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int listen(long socket, int backlog) {
        counts.count(Function.listen);
        try {
            return zero((int) Sockets.LISTEN.invokeExact(capture, socket, backlog));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int shutdown(long socket, int how) {
        counts.count(Function.shutdown);
        try {
            return zero((int) Sockets.SHUTDOWN.invokeExact(capture, socket, how));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int setsockopt(long socket, int level, int option, long value, int valueLength) {
        counts.count(Function.setsockopt);
        try {
            return zero((int) Sockets.SETSOCKOPT.invokeExact(capture, socket, level, option, value, valueLength));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int getsockopt(long socket, int level, int option, long value, long valueLength) {
        counts.count(Function.getsockopt);
        try {
            return zero((int) Sockets.GETSOCKOPT.invokeExact(capture, socket, level, option, value, valueLength));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int wsaIoctl(long socket, int code, long in, int inLength, long out, int outLength, long bytesReturned) {
        counts.count(Function.WSAIoctl);
        try {
            return zero((int) Sockets.WSA_IOCTL.invokeExact(capture, socket, code, in, inLength, out, outLength,
                    bytesReturned, 0L, 0L));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int getsockname(long socket, long name, long nameLength) {
        counts.count(Function.getsockname);
        try {
            return zero((int) Sockets.GETSOCKNAME.invokeExact(capture, socket, name, nameLength));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int getpeername(long socket, long name, long nameLength) {
        counts.count(Function.getpeername);
        try {
            return zero((int) Sockets.GETPEERNAME.invokeExact(capture, socket, name, nameLength));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int wsaRecv(long socket, long buffers, int bufferCount, long bytes, long flags, long overlapped) {
        counts.count(Function.WSARecv);
        try {
            return zero((int) Sockets.WSA_RECV.invokeExact(capture, socket, buffers, bufferCount, bytes, flags,
                    overlapped, 0L));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int wsaSend(long socket, long buffers, int bufferCount, long bytes, int flags, long overlapped) {
        counts.count(Function.WSASend);
        try {
            return zero((int) Sockets.WSA_SEND.invokeExact(capture, socket, buffers, bufferCount, bytes, flags,
                    overlapped, 0L));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int wsaRecvFrom(long socket, long buffers, int bufferCount, long bytes, long flags, long from,
                           long fromLength, long overlapped) {
        counts.count(Function.WSARecvFrom);
        try {
            return zero((int) Datagrams.WSA_RECV_FROM.invokeExact(capture, socket, buffers, bufferCount, bytes, flags,
                    from, fromLength, overlapped, 0L));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int wsaSendTo(long socket, long buffers, int bufferCount, long bytes, int flags, long name, int nameLength,
                         long overlapped) {
        counts.count(Function.WSASendTo);
        try {
            return zero((int) Datagrams.WSA_SEND_TO.invokeExact(capture, socket, buffers, bufferCount, bytes, flags,
                    name, nameLength, overlapped, 0L));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int acceptEx(long function, long listenSocket, long acceptSocket, long output, int receiveLength,
                        int localLength, int remoteLength, long bytes, long overlapped) {
        counts.count(Function.AcceptEx);
        try {
            return bool((int) Extensions.ACCEPT_EX.invokeExact(functionPointer(function), capture, listenSocket,
                    acceptSocket, output, receiveLength, localLength, remoteLength, bytes, overlapped));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public void getAcceptExSockaddrs(long function, long output, int receiveLength, int localLength, int remoteLength,
                                     long local, long localSize, long remote, long remoteSize) {
        counts.count(Function.GetAcceptExSockaddrs);
        try {
            Extensions.GET_ACCEPT_EX_SOCKADDRS.invokeExact(functionPointer(function), output, receiveLength,
                    localLength, remoteLength, local, localSize, remote, remoteSize);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int connectEx(long function, long socket, long name, int nameLength, long sendBuffer, int sendLength,
                         long bytes, long overlapped) {
        counts.count(Function.ConnectEx);
        try {
            return bool((int) Extensions.CONNECT_EX.invokeExact(functionPointer(function), capture, socket, name,
                    nameLength, sendBuffer, sendLength, bytes, overlapped));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int transmitFile(long function, long socket, long file, int length, int bytesPerSend, long overlapped,
                            int flags) {
        counts.count(Function.TransmitFile);
        try {
            return bool((int) Extensions.TRANSMIT_FILE.invokeExact(functionPointer(function), capture, socket, file,
                    length, bytesPerSend, overlapped, 0L, flags));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    // ---- the system

    @Override
    public int rtlGetVersion(long versionInformation) {
        counts.count(Function.RtlGetVersion);
        try {
            return (int) NtSystem.RTL_GET_VERSION.invokeExact(versionInformation);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public long wineGetVersion() {
        counts.count(Function.wine_get_version);
        if (NtSystem.WINE_GET_VERSION == null) {
            return 0;
        }
        try {
            return (long) NtSystem.WINE_GET_VERSION.invokeExact();
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int rtlNtStatusToDosError(int status) {
        counts.count(Function.RtlNtStatusToDosError);
        try {
            return (int) Messages.RTL_NT_STATUS_TO_DOS_ERROR.invokeExact(status);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int formatMessage(int flags, int messageId, int languageId, long buffer, int size) {
        counts.count(Function.FormatMessageW);
        try {
            int length = (int) Messages.FORMAT_MESSAGE.invokeExact(capture, flags, 0L, messageId, languageId, buffer,
                    size, 0L);
            if (length == 0) {
                failed();
            }
            return length;
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public boolean isExported(String library, String function) {
        counts.count(Function.GetProcAddress);
        try {
            return Libraries.load(library).find(function).isPresent();
        } catch (IllegalArgumentException noSuchLibrary) {
            return false;
        }
    }

    // ---- results

    /** What a function that returns a {@code BOOL} said, as an error code. */
    private int bool(int result) {
        return result != 0 ? WinError.ERROR_SUCCESS : failed();
    }

    /** What a function that returns {@code 0} or {@code SOCKET_ERROR} said, as an error code. */
    private int zero(int result) {
        return result == 0 ? WinError.ERROR_SUCCESS : failed();
    }

    private long handle(long result) {
        if (result == WinConst.INVALID_HANDLE_VALUE) {
            failed();
        }
        return result;
    }

    private long pointer(long result) {
        if (result == 0) {
            failed();
        }
        return result;
    }

    /** Remembers the captured error. A call that failed without one must not look like a success. */
    private int failed() {
        int error = capture.get(I, LAST_ERROR_OFFSET);
        lastError = error != WinError.ERROR_SUCCESS ? error : WinError.ERROR_GEN_FAILURE;
        return lastError;
    }

    /** The linker declares {@code Throwable}; what comes is an error of linking or of our own. */
    private static RuntimeException unexpected(Throwable t) {
        if (t instanceof Error error) {
            throw error;
        }
        if (t instanceof RuntimeException exception) {
            throw exception;
        }
        throw new AssertionError(t);
    }

    /** The linker wants a segment for a function's address: a process knows two or three, each is made once. */
    private MemorySegment functionPointer(long address) {
        for (FunctionPointer p = functionPointers; p != null; p = p.next) {
            if (p.address == address) {
                return p.segment;
            }
        }
        functionPointers = new FunctionPointer(address, MemorySegment.ofAddress(address), functionPointers);
        return functionPointers.segment;
    }

    private record FunctionPointer(long address, MemorySegment segment, FunctionPointer next) {
    }

    private static final class Access implements Win32Access {

        private final ThreadLocal<Win32> instances = ThreadLocal.withInitial(NativeWin32::new);

        @Override
        public Win32 newInstance() {
            return new NativeWin32();
        }

        @Override
        public Win32 ofThisThread() {
            return instances.get();
        }
    }

    // ---- linking

    /** A function whose last error is captured: the handle takes the capture segment first. */
    private static MethodHandle capturing(SymbolLookup library, String function, MemoryLayout result,
                                          MemoryLayout... arguments) {
        return LINKER.downcallHandle(find(library, function), FunctionDescriptor.of(result, arguments), CAPTURE);
    }

    /** A function that returns its error or status. */
    private static MethodHandle plain(SymbolLookup library, String function, MemoryLayout result,
                                      MemoryLayout... arguments) {
        return LINKER.downcallHandle(find(library, function), FunctionDescriptor.of(result, arguments));
    }

    private static MemorySegment find(SymbolLookup library, String function) {
        return library.find(function).orElseThrow(
                () -> new UnsatisfiedLinkError("This Windows has no function " + function));
    }

    private static final class Libraries {

        // Windows maps these from its own list, whatever lies in the current directory or on the PATH.
        private static final Set<String> KNOWN_DLLS = Set.of("kernel32.dll", "ntdll.dll", "ws2_32.dll", "advapi32.dll");

        static final SymbolLookup KERNEL32 = load("kernel32.dll");
        static final SymbolLookup NTDLL = load("ntdll.dll");
        static final SymbolLookup WS2_32 = load("ws2_32.dll");
        static final SymbolLookup ADVAPI32 = load("advapi32.dll");

        /** A DLL of Windows itself, never one from elsewhere. It stays loaded. */
        static SymbolLookup load(String library) {
            return KNOWN_DLLS.contains(library.toLowerCase(Locale.ROOT))
                    ? SymbolLookup.libraryLookup(library, Arena.global())
                    : SymbolLookup.libraryLookup(SystemDirectory.PATH.resolve(library), Arena.global());
        }
    }

    private static final class SystemDirectory {

        static final Path PATH = path();

        private static Path path() {
            MethodHandle getSystemDirectory = plain(Libraries.KERNEL32, "GetSystemDirectoryW", I, P, I);
            try (Arena arena = Arena.ofConfined()) {
                int size = 260;
                MemorySegment buffer = arena.allocate(size * 2L, 2);
                int length = (int) getSystemDirectory.invokeExact(buffer.address(), size);
                if (length == 0 || length >= size) {
                    throw new IllegalStateException("GetSystemDirectoryW failed");
                }
                byte[] name = buffer.asSlice(0, length * 2L).toArray(ValueLayout.JAVA_BYTE);
                return Path.of(new String(name, StandardCharsets.UTF_16LE));
            } catch (Throwable t) {
                throw unexpected(t);
            }
        }
    }

    private static final class Pages {

        private static final SymbolLookup LIBRARY = Libraries.KERNEL32;

        static final MethodHandle VIRTUAL_ALLOC = capturing(LIBRARY, "VirtualAlloc", P, P, P, I, I);
        static final MethodHandle VIRTUAL_FREE = capturing(LIBRARY, "VirtualFree", I, P, P, I);
    }

    private static final class Core {

        private static final SymbolLookup LIBRARY = Libraries.KERNEL32;

        static final MethodHandle CREATE_IO_COMPLETION_PORT =
                capturing(LIBRARY, "CreateIoCompletionPort", P, P, P, P, I);
        static final MethodHandle GET_QUEUED_COMPLETION_STATUS_EX =
                capturing(LIBRARY, "GetQueuedCompletionStatusEx", I, P, P, I, P, I, I);
        static final MethodHandle POST_QUEUED_COMPLETION_STATUS =
                capturing(LIBRARY, "PostQueuedCompletionStatus", I, P, I, P, P);
        static final MethodHandle SET_FILE_COMPLETION_NOTIFICATION_MODES =
                capturing(LIBRARY, "SetFileCompletionNotificationModes", I, P, ValueLayout.JAVA_BYTE);
        static final MethodHandle CANCEL_IO_EX = capturing(LIBRARY, "CancelIoEx", I, P, P);
        static final MethodHandle CLOSE_HANDLE = capturing(LIBRARY, "CloseHandle", I, P);
    }

    private static final class NtFile {

        static final MethodHandle NT_QUERY_INFORMATION_FILE =
                plain(Libraries.NTDLL, "NtQueryInformationFile", I, P, P, P, I, I);
    }

    private static final class Events {

        private static final SymbolLookup LIBRARY = Libraries.KERNEL32;

        static final MethodHandle CREATE_EVENT = capturing(LIBRARY, "CreateEventW", P, P, I, I, P);
        static final MethodHandle SET_EVENT = capturing(LIBRARY, "SetEvent", I, P);
        static final MethodHandle RESET_EVENT = capturing(LIBRARY, "ResetEvent", I, P);
        static final MethodHandle WAIT_FOR_MULTIPLE_OBJECTS =
                capturing(LIBRARY, "WaitForMultipleObjects", I, I, P, I, I);
        static final MethodHandle WAIT_FOR_SINGLE_OBJECT = capturing(LIBRARY, "WaitForSingleObject", I, P, I);
    }

    private static final class WaitPackets {

        private static final SymbolLookup LIBRARY = Libraries.NTDLL;

        static final MethodHandle NT_CREATE_WAIT_COMPLETION_PACKET =
                plain(LIBRARY, "NtCreateWaitCompletionPacket", I, P, I, P);
        static final MethodHandle NT_ASSOCIATE_WAIT_COMPLETION_PACKET =
                plain(LIBRARY, "NtAssociateWaitCompletionPacket", I, P, P, P, P, P, I, P, P);
        static final MethodHandle NT_CANCEL_WAIT_COMPLETION_PACKET =
                plain(LIBRARY, "NtCancelWaitCompletionPacket", I, P, ValueLayout.JAVA_BYTE);
    }

    private static final class Files {

        private static final SymbolLookup LIBRARY = Libraries.KERNEL32;

        static final MethodHandle CREATE_FILE = capturing(LIBRARY, "CreateFileW", P, P, I, I, P, I, I, P);
        static final MethodHandle READ_FILE = capturing(LIBRARY, "ReadFile", I, P, P, I, P, P);
        static final MethodHandle WRITE_FILE = capturing(LIBRARY, "WriteFile", I, P, P, I, P, P);
        static final MethodHandle GET_OVERLAPPED_RESULT = capturing(LIBRARY, "GetOverlappedResult", I, P, P, P, I);
        static final MethodHandle DEVICE_IO_CONTROL = capturing(LIBRARY, "DeviceIoControl", I, P, I, P, I, P, I, P, P);
        static final MethodHandle FLUSH_FILE_BUFFERS = capturing(LIBRARY, "FlushFileBuffers", I, P);
        static final MethodHandle SET_FILE_INFORMATION_BY_HANDLE =
                capturing(LIBRARY, "SetFileInformationByHandle", I, P, I, P, I);
        static final MethodHandle LOCK_FILE_EX = capturing(LIBRARY, "LockFileEx", I, P, I, I, I, I, P);
        static final MethodHandle UNLOCK_FILE_EX = capturing(LIBRARY, "UnlockFileEx", I, P, I, I, I, P);
        static final MethodHandle GET_FILE_TYPE = capturing(LIBRARY, "GetFileType", I, P);
        static final MethodHandle DUPLICATE_HANDLE = capturing(LIBRARY, "DuplicateHandle", I, P, P, P, P, I, I, I);
        static final MethodHandle SET_HANDLE_INFORMATION = capturing(LIBRARY, "SetHandleInformation", I, P, I, I);
        static final MethodHandle GET_HANDLE_INFORMATION = capturing(LIBRARY, "GetHandleInformation", I, P, P);
    }

    private static final class Threads {

        private static final SymbolLookup LIBRARY = Libraries.KERNEL32;

        static final MethodHandle GET_CURRENT_THREAD_ID = plain(LIBRARY, "GetCurrentThreadId", I);
        static final MethodHandle OPEN_THREAD = capturing(LIBRARY, "OpenThread", P, I, I, I);
        static final MethodHandle CANCEL_SYNCHRONOUS_IO = capturing(LIBRARY, "CancelSynchronousIo", I, P);
    }

    private static final class Directories {

        private static final SymbolLookup LIBRARY = Libraries.KERNEL32;

        static final MethodHandle READ_DIRECTORY_CHANGES =
                capturing(LIBRARY, "ReadDirectoryChangesW", I, P, P, I, I, I, P, P, P);
        static final MethodHandle GET_FINAL_PATH_NAME_BY_HANDLE =
                capturing(LIBRARY, "GetFinalPathNameByHandleW", I, P, P, I, I);
    }

    /** Since Windows 10 1709. */
    private static final class DirectoriesEx {

        static final MethodHandle READ_DIRECTORY_CHANGES_EX =
                capturing(Libraries.KERNEL32, "ReadDirectoryChangesExW", I, P, P, I, I, I, P, P, P, I);
    }

    private static final class NtMailslots {

        static final MethodHandle NT_CREATE_MAILSLOT_FILE =
                plain(Libraries.NTDLL, "NtCreateMailslotFile", I, P, I, P, P, I, I, I, P);
    }

    private static final class Serial {

        private static final SymbolLookup LIBRARY = Libraries.KERNEL32;

        static final MethodHandle GET_COMM_STATE = capturing(LIBRARY, "GetCommState", I, P, P);
        static final MethodHandle SET_COMM_STATE = capturing(LIBRARY, "SetCommState", I, P, P);
        static final MethodHandle SET_COMM_TIMEOUTS = capturing(LIBRARY, "SetCommTimeouts", I, P, P);
    }

    private static final class Pipes {

        private static final SymbolLookup LIBRARY = Libraries.KERNEL32;

        static final MethodHandle CREATE_NAMED_PIPE = capturing(LIBRARY, "CreateNamedPipeW", P, P, I, I, I, I, I, I, P);
        static final MethodHandle CONNECT_NAMED_PIPE = capturing(LIBRARY, "ConnectNamedPipe", I, P, P);
        static final MethodHandle DISCONNECT_NAMED_PIPE = capturing(LIBRARY, "DisconnectNamedPipe", I, P);
        static final MethodHandle SET_NAMED_PIPE_HANDLE_STATE =
                capturing(LIBRARY, "SetNamedPipeHandleState", I, P, P, P, P);
        static final MethodHandle GET_NAMED_PIPE_HANDLE_STATE =
                capturing(LIBRARY, "GetNamedPipeHandleStateW", I, P, P, P, P, P, P, I);
        static final MethodHandle GET_NAMED_PIPE_INFO = capturing(LIBRARY, "GetNamedPipeInfo", I, P, P, P, P, P);
        static final MethodHandle PEEK_NAMED_PIPE = capturing(LIBRARY, "PeekNamedPipe", I, P, P, I, P, P, P);
    }

    private static final class PipePeers {

        private static final SymbolLookup LIBRARY = Libraries.KERNEL32;

        static final MethodHandle GET_NAMED_PIPE_CLIENT_PROCESS_ID =
                capturing(LIBRARY, "GetNamedPipeClientProcessId", I, P, P);
        static final MethodHandle GET_NAMED_PIPE_CLIENT_SESSION_ID =
                capturing(LIBRARY, "GetNamedPipeClientSessionId", I, P, P);
        static final MethodHandle GET_NAMED_PIPE_SERVER_PROCESS_ID =
                capturing(LIBRARY, "GetNamedPipeServerProcessId", I, P, P);
        static final MethodHandle GET_NAMED_PIPE_SERVER_SESSION_ID =
                capturing(LIBRARY, "GetNamedPipeServerSessionId", I, P, P);
        /** {@code null} under Wine, which lacks it. */
        static final MethodHandle GET_NAMED_PIPE_CLIENT_COMPUTER_NAME =
                LIBRARY.find("GetNamedPipeClientComputerNameW")
                        .map(address -> LINKER.downcallHandle(address, FunctionDescriptor.of(I, P, P, I), CAPTURE))
                        .orElse(null);
    }

    private static final class NtPipes {

        private static final SymbolLookup LIBRARY = Libraries.NTDLL;

        /** {@code null} where it is missing: it is documented nowhere. */
        static final MethodHandle NT_CREATE_NAMED_PIPE_FILE = LIBRARY.find("NtCreateNamedPipeFile")
                .map(address -> LINKER.downcallHandle(address,
                        FunctionDescriptor.of(I, P, I, P, P, I, I, I, I, I, I, I, I, I, P)))
                .orElse(null);
        static final MethodHandle NT_OPEN_FILE = plain(LIBRARY, "NtOpenFile", I, P, I, P, P, I, I);
    }

    private static final class Descriptors {

        private static final SymbolLookup LIBRARY = Libraries.ADVAPI32;

        static final MethodHandle CONVERT_STRING_SECURITY_DESCRIPTOR_TO_SECURITY_DESCRIPTOR =
                capturing(LIBRARY, "ConvertStringSecurityDescriptorToSecurityDescriptorW", I, P, I, P, P);
        static final MethodHandle CONVERT_SECURITY_DESCRIPTOR_TO_STRING_SECURITY_DESCRIPTOR =
                capturing(LIBRARY, "ConvertSecurityDescriptorToStringSecurityDescriptorW", I, P, I, I, P, P);
        static final MethodHandle CONVERT_SID_TO_STRING_SID = capturing(LIBRARY, "ConvertSidToStringSidW", I, P, P);
        static final MethodHandle CONVERT_STRING_SID_TO_SID = capturing(LIBRARY, "ConvertStringSidToSidW", I, P, P);
        static final MethodHandle LOCAL_FREE = capturing(Libraries.KERNEL32, "LocalFree", P, P);
        static final MethodHandle GET_SECURITY_INFO = plain(LIBRARY, "GetSecurityInfo", I, P, I, I, P, P, P, P, P);
    }

    private static final class Tokens {

        private static final SymbolLookup LIBRARY = Libraries.ADVAPI32;

        static final MethodHandle LOOKUP_ACCOUNT_SID = capturing(LIBRARY, "LookupAccountSidW", I, P, P, P, P, P, P, P);
        static final MethodHandle OPEN_PROCESS = capturing(Libraries.KERNEL32, "OpenProcess", P, I, I, I);
        static final MethodHandle OPEN_PROCESS_TOKEN = capturing(LIBRARY, "OpenProcessToken", I, P, I, P);
        static final MethodHandle OPEN_THREAD_TOKEN = capturing(LIBRARY, "OpenThreadToken", I, P, I, I, P);
        static final MethodHandle GET_TOKEN_INFORMATION = capturing(LIBRARY, "GetTokenInformation", I, P, I, P, I, P);
        static final MethodHandle PROCESS_ID_TO_SESSION_ID =
                capturing(Libraries.KERNEL32, "ProcessIdToSessionId", I, I, P);
    }

    private static final class Impersonation {

        private static final SymbolLookup LIBRARY = Libraries.ADVAPI32;

        static final MethodHandle IMPERSONATE_NAMED_PIPE_CLIENT =
                capturing(LIBRARY, "ImpersonateNamedPipeClient", I, P);
        static final MethodHandle REVERT_TO_SELF = capturing(LIBRARY, "RevertToSelf", I);
    }

    private static final class Processes {

        private static final SymbolLookup LIBRARY = Libraries.KERNEL32;

        static final MethodHandle CREATE_PROCESS =
                capturing(LIBRARY, "CreateProcessW", I, P, P, P, P, I, I, P, P, P, P);
        static final MethodHandle GET_EXIT_CODE_PROCESS = capturing(LIBRARY, "GetExitCodeProcess", I, P, P);
        static final MethodHandle TERMINATE_PROCESS = capturing(LIBRARY, "TerminateProcess", I, P, I);
        static final MethodHandle RESUME_THREAD = capturing(LIBRARY, "ResumeThread", I, P);
        static final MethodHandle GET_STD_HANDLE = capturing(LIBRARY, "GetStdHandle", P, I);
        static final MethodHandle GET_CONSOLE_WINDOW = plain(LIBRARY, "GetConsoleWindow", P);
    }

    private static final class Attributes {

        private static final SymbolLookup LIBRARY = Libraries.KERNEL32;

        static final MethodHandle INITIALIZE_PROC_THREAD_ATTRIBUTE_LIST =
                capturing(LIBRARY, "InitializeProcThreadAttributeList", I, P, I, I, P);
        static final MethodHandle UPDATE_PROC_THREAD_ATTRIBUTE =
                capturing(LIBRARY, "UpdateProcThreadAttribute", I, P, I, P, P, P, P, P);
        static final MethodHandle DELETE_PROC_THREAD_ATTRIBUTE_LIST =
                LINKER.downcallHandle(find(LIBRARY, "DeleteProcThreadAttributeList"), FunctionDescriptor.ofVoid(P));
    }

    private static final class Programs {

        private static final SymbolLookup LIBRARY = Libraries.KERNEL32;

        static final MethodHandle GET_MODULE_FILE_NAME = capturing(LIBRARY, "GetModuleFileNameW", I, P, P, I);
        static final MethodHandle GET_SYSTEM_DIRECTORY = capturing(LIBRARY, "GetSystemDirectoryW", I, P, I);
        static final MethodHandle GET_FILE_ATTRIBUTES = capturing(LIBRARY, "GetFileAttributesW", I, P);
    }

    private static final class Jobs {

        private static final SymbolLookup LIBRARY = Libraries.KERNEL32;

        static final MethodHandle CREATE_JOB_OBJECT = capturing(LIBRARY, "CreateJobObjectW", P, P, P);
        static final MethodHandle ASSIGN_PROCESS_TO_JOB_OBJECT =
                capturing(LIBRARY, "AssignProcessToJobObject", I, P, P);
        static final MethodHandle SET_INFORMATION_JOB_OBJECT =
                capturing(LIBRARY, "SetInformationJobObject", I, P, I, P, I);
        static final MethodHandle QUERY_INFORMATION_JOB_OBJECT =
                capturing(LIBRARY, "QueryInformationJobObject", I, P, I, P, I, P);
        static final MethodHandle TERMINATE_JOB_OBJECT = capturing(LIBRARY, "TerminateJobObject", I, P, I);
    }

    private static final class PseudoConsoles {

        private static final SymbolLookup LIBRARY = Libraries.KERNEL32;

        static final MethodHandle CREATE_PSEUDO_CONSOLE = plain(LIBRARY, "CreatePseudoConsole", I, I, P, P, I, P);
        static final MethodHandle RESIZE_PSEUDO_CONSOLE = plain(LIBRARY, "ResizePseudoConsole", I, P, I);
        static final MethodHandle CLOSE_PSEUDO_CONSOLE =
                LINKER.downcallHandle(find(LIBRARY, "ClosePseudoConsole"), FunctionDescriptor.ofVoid(P));
    }

    private static final class NtSystem {

        private static final SymbolLookup LIBRARY = Libraries.NTDLL;

        static final MethodHandle RTL_GET_VERSION = plain(LIBRARY, "RtlGetVersion", I, P);
        /** {@code null} on Windows. */
        static final MethodHandle WINE_GET_VERSION = LIBRARY.find("wine_get_version")
                .map(address -> LINKER.downcallHandle(address, FunctionDescriptor.of(P))).orElse(null);
    }

    private static final class Messages {

        static final MethodHandle RTL_NT_STATUS_TO_DOS_ERROR =
                plain(Libraries.NTDLL, "RtlNtStatusToDosError", I, I);
        static final MethodHandle FORMAT_MESSAGE =
                capturing(Libraries.KERNEL32, "FormatMessageW", I, I, P, I, I, P, I, P);
    }

    private static final class Sockets {

        private static final SymbolLookup LIBRARY = Libraries.WS2_32;

        static final MethodHandle WSA_STARTUP = plain(LIBRARY, "WSAStartup", I, ValueLayout.JAVA_SHORT, P);
        static final MethodHandle WSA_SOCKET = capturing(LIBRARY, "WSASocketW", P, I, I, I, P, I, I);
        static final MethodHandle CLOSESOCKET = capturing(LIBRARY, "closesocket", I, P);
        static final MethodHandle BIND = capturing(LIBRARY, "bind", I, P, P, I);
        static final MethodHandle LISTEN = capturing(LIBRARY, "listen", I, P, I);
        static final MethodHandle SHUTDOWN = capturing(LIBRARY, "shutdown", I, P, I);
        static final MethodHandle SETSOCKOPT = capturing(LIBRARY, "setsockopt", I, P, I, I, P, I);
        static final MethodHandle GETSOCKOPT = capturing(LIBRARY, "getsockopt", I, P, I, I, P, P);
        static final MethodHandle WSA_IOCTL = capturing(LIBRARY, "WSAIoctl", I, P, I, P, I, P, I, P, P, P);
        static final MethodHandle GETSOCKNAME = capturing(LIBRARY, "getsockname", I, P, P, P);
        static final MethodHandle GETPEERNAME = capturing(LIBRARY, "getpeername", I, P, P, P);
        static final MethodHandle WSA_RECV = capturing(LIBRARY, "WSARecv", I, P, P, I, P, P, P, P);
        static final MethodHandle WSA_SEND = capturing(LIBRARY, "WSASend", I, P, P, I, P, I, P, P);

        static {
            // Once a process; the JDK's own start doesn't count for us, its net.dll may not even be loaded.
            // There is no WSACleanup: sockets live until the process ends.
            int error;
            try (Arena arena = Arena.ofConfined()) {
                error = (int) WSA_STARTUP.invokeExact((short) 0x0202, arena.allocate(Layout.WSADATA_SIZE, 8).address());
            } catch (Throwable t) {
                throw unexpected(t);
            }
            if (error != 0) {
                throw new IllegalStateException("WSAStartup failed, error " + error + ": no sockets in this process");
            }
        }
    }

    private static final class Datagrams {

        private static final SymbolLookup LIBRARY = Libraries.WS2_32;

        static final MethodHandle CONNECT = capturing(LIBRARY, "connect", I, P, P, I);
        static final MethodHandle WSA_RECV_FROM =
                capturing(LIBRARY, "WSARecvFrom", I, P, P, I, P, P, P, P, P, P);
        static final MethodHandle WSA_SEND_TO = capturing(LIBRARY, "WSASendTo", I, P, P, I, P, I, P, I, P, P);
    }

    /** Functions that a provider hands out by pointer, which therefore comes with each call. */
    private static final class Extensions {

        static final MethodHandle ACCEPT_EX =
                LINKER.downcallHandle(FunctionDescriptor.of(I, P, P, P, I, I, I, P, P), CAPTURE);
        static final MethodHandle GET_ACCEPT_EX_SOCKADDRS =
                LINKER.downcallHandle(FunctionDescriptor.ofVoid(P, I, I, I, P, P, P, P));
        static final MethodHandle CONNECT_EX =
                LINKER.downcallHandle(FunctionDescriptor.of(I, P, P, I, P, I, P, P), CAPTURE);
        static final MethodHandle TRANSMIT_FILE =
                LINKER.downcallHandle(FunctionDescriptor.of(I, P, P, I, I, P, P, I), CAPTURE);
    }
}
