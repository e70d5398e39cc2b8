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

    // ---- waits and events (kernel32, ntdll)

    /** {@code CreateEventW}: an unnamed event that is not inherited; {@code 0} if it failed. */
    long createEvent(int manualReset, int initialState);

    /** {@code SetEvent}. */
    int setEvent(long event);

    /** {@code ResetEvent}. */
    int resetEvent(long event);

    /**
     * {@code WaitForMultipleObjects}: {@code WAIT_OBJECT_0} and the index, {@link WinError#WAIT_TIMEOUT}, or {@link
     * WinConst#WAIT_FAILED}. Blocks.
     */
    int waitForMultipleObjects(int count, long handles, int waitAll, int millis);

    /**
     * {@code WaitForSingleObject}: {@code WAIT_OBJECT_0}, {@link WinError#WAIT_TIMEOUT}, or {@link
     * WinConst#WAIT_FAILED}. Blocks unless {@code millis} is 0.
     */
    int waitForSingleObject(long handle, int millis);

    /**
     * {@code NtCreateWaitCompletionPacket} where it {@linkplain #isExported is exported}; an {@code NTSTATUS}. {@code
     * packet} points to the handle.
     */
    int ntCreateWaitCompletionPacket(long packet, int access, long attributes);

    /**
     * {@code NtAssociateWaitCompletionPacket}: posts one packet when the object is signalled; an {@code NTSTATUS}.
     * {@code alreadySignaled} points to a {@code BOOLEAN}.
     */
    int ntAssociateWaitCompletionPacket(long packet, long port, long object, long key, long apcContext, int ioStatus,
                                        long information, long alreadySignaled);

    /**
     * {@code NtCancelWaitCompletionPacket}: an {@code NTSTATUS}; {@code STATUS_PENDING} if the packet is on its way.
     */
    int ntCancelWaitCompletionPacket(long packet, int removeSignaledPacket);

    // ---- files and other handles (kernel32)

    /** {@code CreateFileW} without a template; {@link WinConst#INVALID_HANDLE_VALUE} if it failed. Can block. */
    long createFile(long name, int access, int shareMode, long security, int disposition, int flags);

    /** {@code ReadFile}. */
    int readFile(long handle, long buffer, int length, long transferred, long overlapped);

    /** {@code WriteFile}. */
    int writeFile(long handle, long buffer, int length, long transferred, long overlapped);

    /** {@code GetOverlappedResult} for operations on handles that are not bound to a port. */
    int getOverlappedResult(long handle, long overlapped, long transferred, int wait);

    /** {@code DeviceIoControl}. */
    int deviceIoControl(long handle, int code, long in, int inLength, long out, int outLength, long transferred,
                        long overlapped);

    /** {@code FlushFileBuffers}. Blocks; on a pipe until the peer has read everything. */
    int flushFileBuffers(long handle);

    /** {@code SetFileInformationByHandle}. Can block. */
    int setFileInformationByHandle(long handle, int informationClass, long information, int length);

    /** {@code LockFileEx}. */
    int lockFileEx(long handle, int flags, int lengthLow, int lengthHigh, long overlapped);

    /** {@code UnlockFileEx}: {@code overlapped} tells the position. */
    int unlockFileEx(long handle, int lengthLow, int lengthHigh, long overlapped);

    /** {@code GetFileType}: {@code FILE_TYPE_UNKNOWN} may be a failure, see {@link #lastError()}. */
    int getFileType(long handle);

    /** {@code DuplicateHandle}: {@code target} points to the new handle. */
    int duplicateHandle(long sourceProcess, long source, long targetProcess, long target, int access, int inherit,
                        int options);

    /** {@code SetHandleInformation}. */
    int setHandleInformation(long handle, int mask, int flags);

    /** {@code GetHandleInformation}. */
    int getHandleInformation(long handle, long flags);

    /** {@code GetCurrentThreadId}. */
    int getCurrentThreadId();

    /** {@code OpenThread}: {@code 0} if it failed. */
    long openThread(int access, int inherit, int threadId);

    /** {@code CancelSynchronousIo}: requests the end of a call that blocks another thread. */
    int cancelSynchronousIo(long thread);

    // ---- directories (kernel32)

    /**
     * {@code ReadDirectoryChangesW} without a completion routine. The {@code buffer} is aligned to 4 bytes and belongs
     * to the kernel until the packet.
     */
    int readDirectoryChanges(long directory, long buffer, int length, int subtree, int filter, long overlapped);

    /**
     * {@code ReadDirectoryChangesExW} where it {@linkplain #isExported is exported}, without a completion routine. The
     * {@code buffer} is aligned to 8 bytes.
     */
    int readDirectoryChangesEx(long directory, long buffer, int length, int subtree, int filter, long overlapped,
                               int informationClass);

    /**
     * {@code GetFinalPathNameByHandleW}: the number of UTF-16 units written, or needed, with the zero, where there is
     * no room; {@code 0} if it failed. Can block.
     */
    int getFinalPathNameByHandle(long file, long path, int units, int flags);

    // ---- mailslots (ntdll)

    /**
     * {@code NtCreateMailslotFile}: an {@code NTSTATUS}. {@code handle} points to the new handle, {@code timeout} to a
     * {@code LARGE_INTEGER}.
     */
    int ntCreateMailslotFile(long handle, int access, long attributes, long ioStatusBlock, int options, int quota,
                             int maxMessageSize, long timeout);

    // ---- serial ports (kernel32)

    /** {@code GetCommState}: {@code state} is a {@code DCB}. */
    int getCommState(long port, long state);

    /** {@code SetCommState}: {@code state} is a {@code DCB}. */
    int setCommState(long port, long state);

    /** {@code SetCommTimeouts}: {@code timeouts} is a {@code COMMTIMEOUTS}. */
    int setCommTimeouts(long port, long timeouts);

    // ---- named pipes (kernel32, ntdll)

    /** {@code CreateNamedPipeW}: {@link WinConst#INVALID_HANDLE_VALUE} if it failed. */
    long createNamedPipe(long name, int openMode, int pipeMode, int maxInstances, int outQuota, int inQuota,
                         int defaultTimeout, long security);

    /** {@code ConnectNamedPipe}. */
    int connectNamedPipe(long pipe, long overlapped);

    /** {@code DisconnectNamedPipe}. */
    int disconnectNamedPipe(long pipe);

    /** {@code SetNamedPipeHandleState}. The pointers may be {@code 0}. */
    int setNamedPipeHandleState(long pipe, long mode, long maxCollectionCount, long collectDataTimeout);

    /** {@code GetNamedPipeHandleStateW}. The pointers may be {@code 0}. */
    int getNamedPipeHandleState(long pipe, long state, long instances, long maxCollectionCount,
                                long collectDataTimeout, long userName, int userNameSize);

    /** {@code GetNamedPipeInfo}. The pointers may be {@code 0}. */
    int getNamedPipeInfo(long pipe, long flags, long outQuota, long inQuota, long maxInstances);

    /** {@code PeekNamedPipe}. The pointers may be {@code 0}. */
    int peekNamedPipe(long pipe, long buffer, int size, long read, long available, long left);

    /** {@code GetNamedPipeClientProcessId}. */
    int getNamedPipeClientProcessId(long pipe, long id);

    /** {@code GetNamedPipeClientSessionId}. */
    int getNamedPipeClientSessionId(long pipe, long id);

    /** {@code GetNamedPipeServerProcessId}. */
    int getNamedPipeServerProcessId(long pipe, long id);

    /** {@code GetNamedPipeServerSessionId}. */
    int getNamedPipeServerSessionId(long pipe, long id);

    /** {@code GetNamedPipeClientComputerNameW}: {@code size} is in bytes. */
    int getNamedPipeClientComputerName(long pipe, long name, int size);

    /**
     * {@code NtCreateNamedPipeFile}: an {@code NTSTATUS}. {@code handle} points to the new handle, {@code
     * defaultTimeout} to a {@code LARGE_INTEGER}.
     */
    int ntCreateNamedPipeFile(long handle, int access, long attributes, long ioStatusBlock, int shareAccess,
                              int disposition, int options, int pipeType, int readMode, int completionMode,
                              int maxInstances, int inQuota, int outQuota, long defaultTimeout);

    /** {@code NtOpenFile}: an {@code NTSTATUS}. {@code handle} points to the new handle. Can block. */
    int ntOpenFile(long handle, int access, long attributes, long ioStatusBlock, int shareAccess, int options);

    // ---- security (advapi32, kernel32)

    /**
     * {@code ConvertStringSecurityDescriptorToSecurityDescriptorW}: {@code descriptor} points to a pointer, freed by
     * {@link #localFree}.
     */
    int convertStringSecurityDescriptorToSecurityDescriptor(long text, int revision, long descriptor, long size);

    /**
     * {@code ConvertSecurityDescriptorToStringSecurityDescriptorW}: {@code text} points to a pointer, freed by {@link
     * #localFree}.
     */
    int convertSecurityDescriptorToStringSecurityDescriptor(long descriptor, int revision, int information, long text,
                                                            long length);

    /** {@code ConvertSidToStringSidW}: {@code text} points to a pointer, freed by {@link #localFree}. */
    int convertSidToStringSid(long sid, long text);

    /** {@code ConvertStringSidToSidW}: {@code sid} points to a pointer, freed by {@link #localFree}. */
    int convertStringSidToSid(long text, long sid);

    /** {@code LocalFree}. */
    int localFree(long memory);

    /**
     * {@code GetSecurityInfo}: returns its error directly. The pointers point to pointers and may be {@code 0}; {@code
     * descriptor} is freed by {@link #localFree}.
     */
    int getSecurityInfo(long handle, int objectType, int information, long owner, long group, long dacl, long sacl,
                        long descriptor);

    /** {@code LookupAccountSidW}. Can ask another machine, and block. */
    int lookupAccountSid(long system, long sid, long name, long nameSize, long domain, long domainSize, long use);

    /** {@code OpenProcess}: {@code 0} if it failed. */
    long openProcess(int access, int inherit, int processId);

    /** {@code OpenProcessToken}: {@code token} points to the handle. */
    int openProcessToken(long process, int access, long token);

    /** {@code OpenThreadToken}: {@code token} points to the handle. */
    int openThreadToken(long thread, int access, int openAsSelf, long token);

    /** {@code GetTokenInformation}. */
    int getTokenInformation(long token, int informationClass, long information, int length, long needed);

    /** {@code ProcessIdToSessionId}. */
    int processIdToSessionId(int processId, long sessionId);

    /** {@code ImpersonateNamedPipeClient} of the calling thread. */
    int impersonateNamedPipeClient(long pipe);

    /** {@code RevertToSelf} of the calling thread. */
    int revertToSelf();

    // ---- processes and jobs (kernel32)

    /**
     * {@code CreateProcessW} without security attributes: {@code information} points to a {@code PROCESS_INFORMATION}.
     * Windows may write to the command line. Blocks.
     */
    int createProcess(long application, long commandLine, int inherit, int flags, long environment, long directory,
                      long startupInfo, long information);

    /** {@code InitializeProcThreadAttributeList}: without a list it fails and says how large it has to be. */
    int initializeProcThreadAttributeList(long list, int count, int flags, long size);

    /** {@code UpdateProcThreadAttribute}: the value must stay in place as long as the list. */
    int updateProcThreadAttribute(long list, int flags, long attribute, long value, long size);

    /** {@code DeleteProcThreadAttributeList}. */
    void deleteProcThreadAttributeList(long list);

    /** {@code GetExitCodeProcess}: {@code exitCode} points to a {@code DWORD}. */
    int getExitCodeProcess(long process, long exitCode);

    /** {@code TerminateProcess}: requests the end of a process, and returns before it. */
    int terminateProcess(long process, int exitCode);

    /** {@code ResumeThread}: an error, not the previous count. */
    int resumeThread(long thread);

    /** {@code GetStdHandle}: {@code 0} if there is none, {@link WinConst#INVALID_HANDLE_VALUE} if it failed. */
    long getStdHandle(int which);

    /** {@code GetConsoleWindow}: {@code 0} if the process has no console. */
    long getConsoleWindow();

    /**
     * {@code GetModuleFileNameW}: the length in UTF-16 units, {@code 0} if it failed, {@code size} if there was no
     * room.
     */
    int getModuleFileName(long module, long name, int size);

    /**
     * {@code GetSystemDirectoryW}: the length in UTF-16 units, or what there must be room for; {@code 0} if it failed.
     */
    int getSystemDirectory(long name, int size);

    /** {@code GetFileAttributesW}: {@link WinConst#INVALID_FILE_ATTRIBUTES} if it failed. Can block. */
    int getFileAttributes(long name);

    /** {@code CreateJobObjectW}: {@code 0} if it failed. */
    long createJobObject(long security, long name);

    /** {@code AssignProcessToJobObject}. */
    int assignProcessToJobObject(long job, long process);

    /** {@code SetInformationJobObject}. */
    int setInformationJobObject(long job, int informationClass, long information, int length);

    /** {@code QueryInformationJobObject}: {@code needed} may be {@code 0}. */
    int queryInformationJobObject(long job, int informationClass, long information, int length, long needed);

    /** {@code TerminateJobObject}: ends all processes of a job and of those nested in it. */
    int terminateJobObject(long job, int exitCode);

    /**
     * {@code CreatePseudoConsole} where it {@linkplain #isExported is exported}: an {@code HRESULT}. {@code size} is a
     * {@code COORD}, {@code console} points to the new handle.
     */
    int createPseudoConsole(int size, long input, long output, int flags, long console);

    /** {@code ResizePseudoConsole}: an {@code HRESULT}. */
    int resizePseudoConsole(long console, int size);

    /** {@code ClosePseudoConsole}: ends what runs on it. Before Windows 11 24H2 it blocks until its output was read. */
    void closePseudoConsole(long console);

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

    /**
     * {@code TransmitFile} by its pointer, overlapped, without bytes before and after the file's. The {@code
     * OVERLAPPED} tells the position in the file; {@code length} 0 is the whole file.
     */
    int transmitFile(long function, long socket, long file, int length, int bytesPerSend, long overlapped, int flags);

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
