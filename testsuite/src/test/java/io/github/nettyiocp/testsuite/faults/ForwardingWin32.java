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
abstract class ForwardingWin32 implements Win32 {

    private final Win32 win32;

    ForwardingWin32(Win32 win32) {
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
}
