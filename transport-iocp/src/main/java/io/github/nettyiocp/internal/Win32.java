/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.internal;

/**
 * The Windows calls that the transport makes, one method a call, in the names (first letter lowered) and the argument
 * order of Windows. Reserved arguments that are always zero are left out.
 *
 * <p>Handles, sockets and pointers are {@code long}; only off-heap addresses are passed, and what memory must stay in
 * place until when is the caller's affair, as it is in C. A method that returns {@code int} returns {@code 0} for
 * success or the Windows error code that {@code GetLastError} (or {@code WSAGetLastError}, which is the same) gave
 * right after the call; methods of {@code ntdll} return an {@code NTSTATUS}. A method that returns a handle returns
 * what Windows returned, and {@link #lastError()} has the error of a failed one.
 *
 * <p>An instance belongs to one thread at a time: a loop has its own, and any other thread gets one from
 * {@link Win32Access#ofThisThread()}. What Windows lacks (a missing export) answers
 * {@link WinError#ERROR_PROC_NOT_FOUND}.
 */
public interface Win32 {

    /** The error of the last call of this instance that failed. */
    int lastError();

    /** How often each function was called through this instance; may be read from any thread. */
    CallCounts counts();

    // ---- memory (kernel32)

    /** {@code VirtualAlloc}: reserves or commits zeroed pages; {@code 0} if it failed. */
    long virtualAlloc(long address, long size, int allocationType, int protect);

    /** {@code VirtualFree}. */
    int virtualFree(long address, long size, int freeType);

    // ---- completion ports and handles (kernel32, ntdll)

    /** {@code CreateIoCompletionPort}: creates a port, or associates a handle; {@code 0} if it failed. */
    long createIoCompletionPort(long handle, long existingPort, long key, int concurrency);

    /**
     * {@code GetQueuedCompletionStatusEx}, not alertable. {@code entries} is an array of {@code count}
     * {@code OVERLAPPED_ENTRY}; {@code removed} is a {@code ULONG}. {@link WinError#WAIT_TIMEOUT} if nothing came in
     * {@code millis} milliseconds ({@link WinConst#INFINITE} waits for ever). The only call that may block a loop.
     */
    int getQueuedCompletionStatusEx(long port, long entries, int count, long removed, int millis);

    /** {@code PostQueuedCompletionStatus}. */
    int postQueuedCompletionStatus(long port, int bytes, long key, long overlapped);

    /** {@code SetFileCompletionNotificationModes}: sets {@code FILE_SKIP_*} flags, which can never be cleared. */
    int setFileCompletionNotificationModes(long handle, int flags);

    /** {@code CancelIoEx}: requests the cancellation of one operation, or of all if {@code overlapped} is {@code 0}. */
    int cancelIoEx(long handle, long overlapped);

    /** {@code CloseHandle}. */
    int closeHandle(long handle);

    /** {@code NtQueryInformationFile}; an {@code NTSTATUS}. */
    int ntQueryInformationFile(long handle, long ioStatusBlock, long information, int length, int informationClass);

    // ---- sockets (ws2_32)

    /** {@code WSAStartup}: returns its error directly. */
    int wsaStartup(int versionRequested, long wsaData);

    /** {@code WSASocketW} without protocol info and group; {@link WinConst#INVALID_SOCKET} if it failed. */
    long wsaSocket(int family, int type, int protocol, int flags);

    /** {@code closesocket}. Blocks where the socket lingers. */
    int closesocket(long socket);

    /** {@code bind}. */
    int bind(long socket, long name, int nameLength);

    /** {@code connect}, of a datagram socket: an address of family {@code AF_UNSPEC} ends it. */
    int connect(long socket, long name, int nameLength);

    /** {@code listen}. */
    int listen(long socket, int backlog);

    /** {@code shutdown}. */
    int shutdown(long socket, int how);

    /** {@code setsockopt}. */
    int setsockopt(long socket, int level, int option, long value, int valueLength);

    /** {@code getsockopt}; {@code valueLength} points to an {@code int}, in and out. */
    int getsockopt(long socket, int level, int option, long value, long valueLength);

    /** {@code WSAIoctl}, never overlapped. {@code bytesReturned} points to a {@code DWORD}. */
    int wsaIoctl(long socket, int code, long in, int inLength, long out, int outLength, long bytesReturned);

    /** {@code getsockname}; {@code nameLength} points to an {@code int}, in and out. */
    int getsockname(long socket, long name, long nameLength);

    /** {@code getpeername}; {@code nameLength} points to an {@code int}, in and out. */
    int getpeername(long socket, long name, long nameLength);

    /**
     * {@code WSARecv}, overlapped. The array of {@code WSABUF} is copied by the call; {@code bytes} and {@code flags}
     * point to {@code DWORD}s that are written before the call returns only.
     */
    int wsaRecv(long socket, long buffers, int bufferCount, long bytes, long flags, long overlapped);

    /** {@code WSASend}, overlapped; see {@link #wsaRecv}. */
    int wsaSend(long socket, long buffers, int bufferCount, long bytes, int flags, long overlapped);

    /**
     * {@code WSARecvFrom}, overlapped; see {@link #wsaRecv}. {@code from} and the {@code int} at {@code fromLength} are
     * written when the operation completes, and must stay in place until then.
     */
    int wsaRecvFrom(long socket, long buffers, int bufferCount, long bytes, long flags, long from, long fromLength,
                    long overlapped);

    /** {@code WSASendTo}, overlapped; see {@link #wsaRecv}. */
    int wsaSendTo(long socket, long buffers, int bufferCount, long bytes, int flags, long name, int nameLength,
                  long overlapped);

    /** {@code AcceptEx} by its pointer, which {@code SIO_GET_EXTENSION_FUNCTION_POINTER} gave for the family. */
    int acceptEx(long function, long listenSocket, long acceptSocket, long output, int receiveLength,
                 int localLength, int remoteLength, long bytes, long overlapped);

    /**
     * {@code GetAcceptExSockaddrs} by its pointer. {@code local} and {@code remote} each point to a pointer that is
     * set into {@code output}; {@code localSize} and {@code remoteSize} each point to an {@code int}.
     */
    void getAcceptExSockaddrs(long function, long output, int receiveLength, int localLength, int remoteLength,
                              long local, long localSize, long remote, long remoteSize);

    /** {@code ConnectEx} by its pointer, which {@code SIO_GET_EXTENSION_FUNCTION_POINTER} gave for the family. */
    int connectEx(long function, long socket, long name, int nameLength, long sendBuffer, int sendLength,
                  long bytes, long overlapped);

    // ---- the system (kernel32, ntdll)

    /** {@code RtlGetVersion}: fills an {@code RTL_OSVERSIONINFOEXW}; an {@code NTSTATUS}. */
    int rtlGetVersion(long versionInformation);

    /** {@code wine_get_version}: the address of a C string, or {@code 0} where this is not Wine. */
    long wineGetVersion();

    /** {@code RtlNtStatusToDosError}. */
    int rtlNtStatusToDosError(int status);

    /** {@code FormatMessageW} from the system's tables; the number of UTF-16 units written, {@code 0} if it failed. */
    int formatMessage(int flags, int messageId, int languageId, long buffer, int size);

    /** Whether {@code GetProcAddress} finds {@code function} in the DLL: how features are detected. */
    boolean isExported(String library, String function);
}
