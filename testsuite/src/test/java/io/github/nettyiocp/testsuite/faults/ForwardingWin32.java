/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.faults;

import io.github.nettyiocp.internal.CallCounts;
import io.github.nettyiocp.internal.Win32;

/** Makes each call by another {@link Win32}. */
public abstract class ForwardingWin32 implements Win32 {

    private final Win32 win32;

    protected ForwardingWin32(Win32 win32) {
        this.win32 = win32;
    }

    @Override
    public int lastError() {
        return win32.lastError();
    }

    @Override
    public CallCounts counts() {
        return win32.counts();
    }

    @Override
    public long virtualAlloc(long address, long size, int allocationType, int protect) {
        return win32.virtualAlloc(address, size, allocationType, protect);
    }

    @Override
    public int virtualFree(long address, long size, int freeType) {
        return win32.virtualFree(address, size, freeType);
    }

    @Override
    public long createIoCompletionPort(long handle, long existingPort, long key, int concurrency) {
        return win32.createIoCompletionPort(handle, existingPort, key, concurrency);
    }

    @Override
    public int getQueuedCompletionStatusEx(long port, long entries, int count, long removed, int millis) {
        return win32.getQueuedCompletionStatusEx(port, entries, count, removed, millis);
    }

    @Override
    public int postQueuedCompletionStatus(long port, int bytes, long key, long overlapped) {
        return win32.postQueuedCompletionStatus(port, bytes, key, overlapped);
    }

    @Override
    public int setFileCompletionNotificationModes(long handle, int flags) {
        return win32.setFileCompletionNotificationModes(handle, flags);
    }

    @Override
    public int cancelIoEx(long handle, long overlapped) {
        return win32.cancelIoEx(handle, overlapped);
    }

    @Override
    public int closeHandle(long handle) {
        return win32.closeHandle(handle);
    }

    @Override
    public int ntQueryInformationFile(long handle, long ioStatusBlock, long information, int length,
                                      int informationClass) {
        return win32.ntQueryInformationFile(handle, ioStatusBlock, information, length, informationClass);
    }

    @Override
    public int createProcess(long application, long commandLine, int inherit, int flags, long environment,
                             long directory, long startupInfo, long information) {
        return win32.createProcess(application, commandLine, inherit, flags, environment, directory, startupInfo,
                    information);
    }

    @Override
    public int initializeProcThreadAttributeList(long list, int count, int flags, long size) {
        return win32.initializeProcThreadAttributeList(list, count, flags, size);
    }

    @Override
    public int updateProcThreadAttribute(long list, int flags, long attribute, long value, long size) {
        return win32.updateProcThreadAttribute(list, flags, attribute, value, size);
    }

    @Override
    public void deleteProcThreadAttributeList(long list) {
        win32.deleteProcThreadAttributeList(list);
    }

    @Override
    public int getExitCodeProcess(long process, long exitCode) {
        return win32.getExitCodeProcess(process, exitCode);
    }

    @Override
    public int terminateProcess(long process, int exitCode) {
        return win32.terminateProcess(process, exitCode);
    }

    @Override
    public int resumeThread(long thread) {
        return win32.resumeThread(thread);
    }

    @Override
    public long getStdHandle(int which) {
        return win32.getStdHandle(which);
    }

    @Override
    public long getConsoleWindow() {
        return win32.getConsoleWindow();
    }

    @Override
    public int getModuleFileName(long module, long name, int size) {
        return win32.getModuleFileName(module, name, size);
    }

    @Override
    public int getSystemDirectory(long name, int size) {
        return win32.getSystemDirectory(name, size);
    }

    @Override
    public int getFileAttributes(long name) {
        return win32.getFileAttributes(name);
    }

    @Override
    public long createJobObject(long security, long name) {
        return win32.createJobObject(security, name);
    }

    @Override
    public int assignProcessToJobObject(long job, long process) {
        return win32.assignProcessToJobObject(job, process);
    }

    @Override
    public int setInformationJobObject(long job, int informationClass, long information, int length) {
        return win32.setInformationJobObject(job, informationClass, information, length);
    }

    @Override
    public int queryInformationJobObject(long job, int informationClass, long information, int length, long needed) {
        return win32.queryInformationJobObject(job, informationClass, information, length, needed);
    }

    @Override
    public int terminateJobObject(long job, int exitCode) {
        return win32.terminateJobObject(job, exitCode);
    }

    @Override
    public int createPseudoConsole(int size, long input, long output, int flags, long console) {
        return win32.createPseudoConsole(size, input, output, flags, console);
    }

    @Override
    public int resizePseudoConsole(long console, int size) {
        return win32.resizePseudoConsole(console, size);
    }

    @Override
    public void closePseudoConsole(long console) {
        win32.closePseudoConsole(console);
    }

    @Override
    public int wsaStartup(int versionRequested, long wsaData) {
        return win32.wsaStartup(versionRequested, wsaData);
    }

    @Override
    public long wsaSocket(int family, int type, int protocol, int flags) {
        return win32.wsaSocket(family, type, protocol, flags);
    }

    @Override
    public int closesocket(long socket) {
        return win32.closesocket(socket);
    }

    @Override
    public int bind(long socket, long name, int nameLength) {
        return win32.bind(socket, name, nameLength);
    }

    @Override
    public int connect(long socket, long name, int nameLength) {
        return win32.connect(socket, name, nameLength);
    }

    @Override
    public int listen(long socket, int backlog) {
        return win32.listen(socket, backlog);
    }

    @Override
    public int shutdown(long socket, int how) {
        return win32.shutdown(socket, how);
    }

    @Override
    public int setsockopt(long socket, int level, int option, long value, int valueLength) {
        return win32.setsockopt(socket, level, option, value, valueLength);
    }

    @Override
    public int getsockopt(long socket, int level, int option, long value, long valueLength) {
        return win32.getsockopt(socket, level, option, value, valueLength);
    }

    @Override
    public int wsaIoctl(long socket, int code, long in, int inLength, long out, int outLength, long bytesReturned) {
        return win32.wsaIoctl(socket, code, in, inLength, out, outLength, bytesReturned);
    }

    @Override
    public int getsockname(long socket, long name, long nameLength) {
        return win32.getsockname(socket, name, nameLength);
    }

    @Override
    public int getpeername(long socket, long name, long nameLength) {
        return win32.getpeername(socket, name, nameLength);
    }

    @Override
    public int wsaRecv(long socket, long buffers, int bufferCount, long bytes, long flags, long overlapped) {
        return win32.wsaRecv(socket, buffers, bufferCount, bytes, flags, overlapped);
    }

    @Override
    public int wsaSend(long socket, long buffers, int bufferCount, long bytes, int flags, long overlapped) {
        return win32.wsaSend(socket, buffers, bufferCount, bytes, flags, overlapped);
    }

    @Override
    public int wsaRecvFrom(long socket, long buffers, int bufferCount, long bytes, long flags, long from,
                           long fromLength, long overlapped) {
        return win32.wsaRecvFrom(socket, buffers, bufferCount, bytes, flags, from, fromLength, overlapped);
    }

    @Override
    public int wsaSendTo(long socket, long buffers, int bufferCount, long bytes, int flags, long name,
                         int nameLength, long overlapped) {
        return win32.wsaSendTo(socket, buffers, bufferCount, bytes, flags, name, nameLength, overlapped);
    }

    @Override
    public int acceptEx(long function, long listenSocket, long acceptSocket, long output, int receiveLength,
                        int localLength, int remoteLength, long bytes, long overlapped) {
        return win32.acceptEx(function, listenSocket, acceptSocket, output, receiveLength, localLength,
                remoteLength, bytes, overlapped);
    }

    @Override
    public void getAcceptExSockaddrs(long function, long output, int receiveLength, int localLength,
                                     int remoteLength, long local, long localSize, long remote, long remoteSize) {
        win32.getAcceptExSockaddrs(function, output, receiveLength, localLength, remoteLength, local, localSize,
                remote, remoteSize);
    }

    @Override
    public int connectEx(long function, long socket, long name, int nameLength, long sendBuffer, int sendLength,
                         long bytes, long overlapped) {
        return win32.connectEx(function, socket, name, nameLength, sendBuffer, sendLength, bytes, overlapped);
    }

    @Override
    public int transmitFile(long function, long socket, long file, int length, int bytesPerSend, long overlapped,
                            int flags) {
        return win32.transmitFile(function, socket, file, length, bytesPerSend, overlapped, flags);
    }

    @Override
    public int rtlGetVersion(long versionInformation) {
        return win32.rtlGetVersion(versionInformation);
    }

    @Override
    public long wineGetVersion() {
        return win32.wineGetVersion();
    }

    @Override
    public int rtlNtStatusToDosError(int status) {
        return win32.rtlNtStatusToDosError(status);
    }

    @Override
    public int formatMessage(int flags, int messageId, int languageId, long buffer, int size) {
        return win32.formatMessage(flags, messageId, languageId, buffer, size);
    }

    @Override
    public boolean isExported(String library, String function) {
        return win32.isExported(library, function);
    }

    @Override
    public long createEvent(int manualReset, int initialState) {
        return win32.createEvent(manualReset, initialState);
    }

    @Override
    public int setEvent(long event) {
        return win32.setEvent(event);
    }

    @Override
    public int resetEvent(long event) {
        return win32.resetEvent(event);
    }

    @Override
    public int waitForMultipleObjects(int count, long handles, int waitAll, int millis) {
        return win32.waitForMultipleObjects(count, handles, waitAll, millis);
    }

    @Override
    public int waitForSingleObject(long handle, int millis) {
        return win32.waitForSingleObject(handle, millis);
    }

    @Override
    public int ntCreateWaitCompletionPacket(long packet, int access, long attributes) {
        return win32.ntCreateWaitCompletionPacket(packet, access, attributes);
    }

    @Override
    public int ntAssociateWaitCompletionPacket(long packet, long port, long object, long key, long apcContext,
                                               int ioStatus, long information, long alreadySignaled) {
        return win32.ntAssociateWaitCompletionPacket(packet, port, object, key, apcContext, ioStatus, information,
                alreadySignaled);
    }

    @Override
    public int ntCancelWaitCompletionPacket(long packet, int removeSignaledPacket) {
        return win32.ntCancelWaitCompletionPacket(packet, removeSignaledPacket);
    }

    @Override
    public long createFile(long name, int access, int shareMode, long security, int disposition, int flags) {
        return win32.createFile(name, access, shareMode, security, disposition, flags);
    }

    @Override
    public int readFile(long handle, long buffer, int length, long transferred, long overlapped) {
        return win32.readFile(handle, buffer, length, transferred, overlapped);
    }

    @Override
    public int writeFile(long handle, long buffer, int length, long transferred, long overlapped) {
        return win32.writeFile(handle, buffer, length, transferred, overlapped);
    }

    @Override
    public int getOverlappedResult(long handle, long overlapped, long transferred, int wait) {
        return win32.getOverlappedResult(handle, overlapped, transferred, wait);
    }

    @Override
    public int deviceIoControl(long handle, int code, long in, int inLength, long out, int outLength, long transferred,
                               long overlapped) {
        return win32.deviceIoControl(handle, code, in, inLength, out, outLength, transferred, overlapped);
    }

    @Override
    public int flushFileBuffers(long handle) {
        return win32.flushFileBuffers(handle);
    }

    @Override
    public int setFileInformationByHandle(long handle, int informationClass, long information, int length) {
        return win32.setFileInformationByHandle(handle, informationClass, information, length);
    }

    @Override
    public int lockFileEx(long handle, int flags, int lengthLow, int lengthHigh, long overlapped) {
        return win32.lockFileEx(handle, flags, lengthLow, lengthHigh, overlapped);
    }

    @Override
    public int unlockFileEx(long handle, int lengthLow, int lengthHigh, long overlapped) {
        return win32.unlockFileEx(handle, lengthLow, lengthHigh, overlapped);
    }

    @Override
    public int getFileType(long handle) {
        return win32.getFileType(handle);
    }

    @Override
    public int duplicateHandle(long sourceProcess, long source, long targetProcess, long target, int access,
                               int inherit, int options) {
        return win32.duplicateHandle(sourceProcess, source, targetProcess, target, access, inherit, options);
    }

    @Override
    public int setHandleInformation(long handle, int mask, int flags) {
        return win32.setHandleInformation(handle, mask, flags);
    }

    @Override
    public int getHandleInformation(long handle, long flags) {
        return win32.getHandleInformation(handle, flags);
    }

    @Override
    public int getCurrentThreadId() {
        return win32.getCurrentThreadId();
    }

    @Override
    public long openThread(int access, int inherit, int threadId) {
        return win32.openThread(access, inherit, threadId);
    }

    @Override
    public int cancelSynchronousIo(long thread) {
        return win32.cancelSynchronousIo(thread);
    }

    @Override
    public long createNamedPipe(long name, int openMode, int pipeMode, int maxInstances, int outQuota, int inQuota,
                                int defaultTimeout, long security) {
        return win32.createNamedPipe(name, openMode, pipeMode, maxInstances, outQuota, inQuota, defaultTimeout,
                security);
    }

    @Override
    public int connectNamedPipe(long pipe, long overlapped) {
        return win32.connectNamedPipe(pipe, overlapped);
    }

    @Override
    public int disconnectNamedPipe(long pipe) {
        return win32.disconnectNamedPipe(pipe);
    }

    @Override
    public int setNamedPipeHandleState(long pipe, long mode, long maxCollectionCount, long collectDataTimeout) {
        return win32.setNamedPipeHandleState(pipe, mode, maxCollectionCount, collectDataTimeout);
    }

    @Override
    public int getNamedPipeHandleState(long pipe, long state, long instances, long maxCollectionCount,
                                       long collectDataTimeout, long userName, int userNameSize) {
        return win32.getNamedPipeHandleState(pipe, state, instances, maxCollectionCount, collectDataTimeout, userName,
                userNameSize);
    }

    @Override
    public int getNamedPipeInfo(long pipe, long flags, long outQuota, long inQuota, long maxInstances) {
        return win32.getNamedPipeInfo(pipe, flags, outQuota, inQuota, maxInstances);
    }

    @Override
    public int peekNamedPipe(long pipe, long buffer, int size, long read, long available, long left) {
        return win32.peekNamedPipe(pipe, buffer, size, read, available, left);
    }

    @Override
    public int getNamedPipeClientProcessId(long pipe, long id) {
        return win32.getNamedPipeClientProcessId(pipe, id);
    }

    @Override
    public int getNamedPipeClientSessionId(long pipe, long id) {
        return win32.getNamedPipeClientSessionId(pipe, id);
    }

    @Override
    public int getNamedPipeServerProcessId(long pipe, long id) {
        return win32.getNamedPipeServerProcessId(pipe, id);
    }

    @Override
    public int getNamedPipeServerSessionId(long pipe, long id) {
        return win32.getNamedPipeServerSessionId(pipe, id);
    }

    @Override
    public int getNamedPipeClientComputerName(long pipe, long name, int size) {
        return win32.getNamedPipeClientComputerName(pipe, name, size);
    }

    @Override
    public int ntCreateNamedPipeFile(long handle, int access, long attributes, long ioStatusBlock, int shareAccess,
                                     int disposition, int options, int pipeType, int readMode, int completionMode,
                                     int maxInstances, int inQuota, int outQuota, long defaultTimeout) {
        return win32.ntCreateNamedPipeFile(handle, access, attributes, ioStatusBlock, shareAccess, disposition,
                options, pipeType, readMode, completionMode, maxInstances, inQuota, outQuota, defaultTimeout);
    }

    @Override
    public int ntOpenFile(long handle, int access, long attributes, long ioStatusBlock, int shareAccess, int options) {
        return win32.ntOpenFile(handle, access, attributes, ioStatusBlock, shareAccess, options);
    }

    @Override
    public int convertStringSecurityDescriptorToSecurityDescriptor(long text, int revision, long descriptor,
                                                                   long size) {
        return win32.convertStringSecurityDescriptorToSecurityDescriptor(text, revision, descriptor, size);
    }

    @Override
    public int convertSecurityDescriptorToStringSecurityDescriptor(long descriptor, int revision, int information,
                                                                   long text, long length) {
        return win32.convertSecurityDescriptorToStringSecurityDescriptor(descriptor, revision, information, text,
                length);
    }

    @Override
    public int convertSidToStringSid(long sid, long text) {
        return win32.convertSidToStringSid(sid, text);
    }

    @Override
    public int convertStringSidToSid(long text, long sid) {
        return win32.convertStringSidToSid(text, sid);
    }

    @Override
    public int localFree(long memory) {
        return win32.localFree(memory);
    }

    @Override
    public int getSecurityInfo(long handle, int objectType, int information, long owner, long group, long dacl,
                               long sacl, long descriptor) {
        return win32.getSecurityInfo(handle, objectType, information, owner, group, dacl, sacl, descriptor);
    }

    @Override
    public int lookupAccountSid(long system, long sid, long name, long nameSize, long domain, long domainSize,
                                long use) {
        return win32.lookupAccountSid(system, sid, name, nameSize, domain, domainSize, use);
    }

    @Override
    public long openProcess(int access, int inherit, int processId) {
        return win32.openProcess(access, inherit, processId);
    }

    @Override
    public int openProcessToken(long process, int access, long token) {
        return win32.openProcessToken(process, access, token);
    }

    @Override
    public int openThreadToken(long thread, int access, int openAsSelf, long token) {
        return win32.openThreadToken(thread, access, openAsSelf, token);
    }

    @Override
    public int getTokenInformation(long token, int informationClass, long information, int length, long needed) {
        return win32.getTokenInformation(token, informationClass, information, length, needed);
    }

    @Override
    public int processIdToSessionId(int processId, long sessionId) {
        return win32.processIdToSessionId(processId, sessionId);
    }

    @Override
    public int impersonateNamedPipeClient(long pipe) {
        return win32.impersonateNamedPipeClient(pipe);
    }

    @Override
    public int revertToSelf() {
        return win32.revertToSelf();
    }

    @Override
    public int readDirectoryChanges(long directory, long buffer, int length, int subtree, int filter,
                                    long overlapped) {
        return win32.readDirectoryChanges(directory, buffer, length, subtree, filter, overlapped);
    }

    @Override
    public int readDirectoryChangesEx(long directory, long buffer, int length, int subtree, int filter,
                                      long overlapped, int informationClass) {
        return win32.readDirectoryChangesEx(directory, buffer, length, subtree, filter, overlapped, informationClass);
    }

    @Override
    public int getFinalPathNameByHandle(long file, long path, int units, int flags) {
        return win32.getFinalPathNameByHandle(file, path, units, flags);
    }

    @Override
    public int ntCreateMailslotFile(long handle, int access, long attributes, long ioStatusBlock,
                                    int options, int quota, int maxMessageSize, long timeout) {
        return win32.ntCreateMailslotFile(handle, access, attributes, ioStatusBlock, options, quota, maxMessageSize,
                timeout);
    }

    @Override
    public int getCommState(long port, long state) {
        return win32.getCommState(port, state);
    }

    @Override
    public int setCommState(long port, long state) {
        return win32.setCommState(port, state);
    }

    @Override
    public int setCommTimeouts(long port, long timeouts) {
        return win32.setCommTimeouts(port, timeouts);
    }
}
