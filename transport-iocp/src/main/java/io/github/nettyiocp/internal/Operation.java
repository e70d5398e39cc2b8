/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.internal;

/** What was tried when an error came: it decides the type of the exception, and is named in its message. */
public enum Operation {

    OPEN("WSASocketW", "CreateNamedPipeW", "CreateFileW"),
    BIND("bind", "CreateNamedPipeW", "CreateFileW"),
    LISTEN("listen", "CreateNamedPipeW", "listen"),
    ACCEPT("AcceptEx", "ConnectNamedPipe", "accept"),
    CONNECT("ConnectEx", "CreateFileW", "connect"),
    READ("WSARecv", "ReadFile", "ReadFile"),
    WRITE("WSASend", "WriteFile", "WriteFile"),
    TRANSMIT("TransmitFile", "WriteFile", "ReadFile"),
    SHUTDOWN("shutdown", "DisconnectNamedPipe", "shutdown"),
    OPTION("socket option", "SetNamedPipeHandleState", "option"),
    CONTROL("WSAIoctl", "DeviceIoControl", "DeviceIoControl"),
    CLOSE("closesocket", "CloseHandle", "CloseHandle"),
    START("CreateProcessW", "CreateProcessW", "CreateProcessW"),
    RESIZE("resize", "resize", "SetFileInformationByHandle"),
    FLUSH("flush", "FlushFileBuffers", "FlushFileBuffers"),
    LOCK("lock", "lock", "LockFileEx"),
    UNLOCK("unlock", "unlock", "UnlockFileEx"),
    QUERY("query", "NtQueryInformationFile", "NtQueryInformationFile");

    private final String socketFunction;
    private final String pipeFunction;
    private final String fileFunction;

    Operation(String socketFunction, String pipeFunction, String fileFunction) {
        this.socketFunction = socketFunction;
        this.pipeFunction = pipeFunction;
        this.fileFunction = fileFunction;
    }

    private String datagramFunction() {
        return switch (this) {
            case READ -> "WSARecvFrom";
            case WRITE -> "WSASendTo";
            case CONNECT -> "connect";
            default -> socketFunction;
        };
    }

    /** The function of Windows that does this to such an object, for messages. */
    String function(ObjectKind kind) {
        return switch (kind) {
            case SOCKET -> socketFunction;
            case DATAGRAM -> datagramFunction();
            case PIPE -> pipeFunction;
            case FILE -> fileFunction;
        };
    }
}
