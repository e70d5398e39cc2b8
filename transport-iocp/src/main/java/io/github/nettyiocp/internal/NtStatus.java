/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.internal;

/**
 * {@code NTSTATUS} values ({@code ntstatus.h}) that packets carry and the transport tells apart.
 *
 * <p>A completion is described by one {@code NTSTATUS} everywhere: a packet has one, and the Win32 error of a call that
 * failed at once is turned into one by {@link #ofError(int)}, as the {@code NTSTATUS_FROM_WIN32} macro does.
 */
public final class NtStatus {

    public static final int STATUS_SUCCESS = 0;
    public static final int STATUS_TIMEOUT = 0x102;
    public static final int STATUS_PENDING = 0x103;
    public static final int STATUS_NOTIFY_CLEANUP = 0x10B;
    public static final int STATUS_NOTIFY_ENUM_DIR = 0x10C;
    public static final int STATUS_BUFFER_OVERFLOW = 0x80000005;
    public static final int STATUS_HANDLES_CLOSED = 0x8000000A;
    public static final int STATUS_NOT_IMPLEMENTED = 0xC0000002;
    public static final int STATUS_INVALID_INFO_CLASS = 0xC0000003;
    public static final int STATUS_ACCESS_VIOLATION = 0xC0000005;
    public static final int STATUS_INVALID_HANDLE = 0xC0000008;
    public static final int STATUS_INVALID_PARAMETER = 0xC000000D;
    public static final int STATUS_INVALID_DEVICE_REQUEST = 0xC0000010;
    public static final int STATUS_END_OF_FILE = 0xC0000011;
    public static final int STATUS_NO_MEMORY = 0xC0000017;
    public static final int STATUS_ACCESS_DENIED = 0xC0000022;
    public static final int STATUS_BUFFER_TOO_SMALL = 0xC0000023;
    public static final int STATUS_OBJECT_TYPE_MISMATCH = 0xC0000024;
    public static final int STATUS_OBJECT_NAME_INVALID = 0xC0000033;
    public static final int STATUS_OBJECT_NAME_NOT_FOUND = 0xC0000034;
    public static final int STATUS_OBJECT_NAME_COLLISION = 0xC0000035;
    public static final int STATUS_OBJECT_PATH_NOT_FOUND = 0xC000003A;
    public static final int STATUS_OBJECT_PATH_SYNTAX_BAD = 0xC000003B;
    public static final int STATUS_SHARING_VIOLATION = 0xC0000043;
    public static final int STATUS_QUOTA_EXCEEDED = 0xC0000044;
    public static final int STATUS_FILE_LOCK_CONFLICT = 0xC0000054;
    public static final int STATUS_DELETE_PENDING = 0xC0000056;
    public static final int STATUS_PRIVILEGE_NOT_HELD = 0xC0000061;
    public static final int STATUS_DISK_FULL = 0xC000007F;
    public static final int STATUS_INSUFFICIENT_RESOURCES = 0xC000009A;
    public static final int STATUS_BAD_IMPERSONATION_LEVEL = 0xC00000A5;
    public static final int STATUS_INSTANCE_NOT_AVAILABLE = 0xC00000AB;
    public static final int STATUS_PIPE_NOT_AVAILABLE = 0xC00000AC;
    public static final int STATUS_INVALID_PIPE_STATE = 0xC00000AD;
    public static final int STATUS_PIPE_BUSY = 0xC00000AE;
    public static final int STATUS_PIPE_DISCONNECTED = 0xC00000B0;
    public static final int STATUS_PIPE_CLOSING = 0xC00000B1;
    public static final int STATUS_PIPE_CONNECTED = 0xC00000B2;
    public static final int STATUS_PIPE_LISTENING = 0xC00000B3;
    public static final int STATUS_INVALID_READ_MODE = 0xC00000B4;
    public static final int STATUS_IO_TIMEOUT = 0xC00000B5;
    public static final int STATUS_NOT_SUPPORTED = 0xC00000BB;
    public static final int STATUS_REMOTE_NOT_LISTENING = 0xC00000BC;
    public static final int STATUS_BAD_NETWORK_PATH = 0xC00000BE;
    public static final int STATUS_NETWORK_NAME_DELETED = 0xC00000C9;
    public static final int STATUS_PIPE_EMPTY = 0xC00000D9;
    public static final int STATUS_CANCELLED = 0xC0000120;
    public static final int STATUS_LOCAL_DISCONNECT = 0xC000013B;
    public static final int STATUS_REMOTE_DISCONNECT = 0xC000013C;
    public static final int STATUS_LINK_FAILED = 0xC000013E;
    public static final int STATUS_LINK_TIMEOUT = 0xC000013F;
    public static final int STATUS_INVALID_CONNECTION = 0xC0000140;
    public static final int STATUS_PIPE_BROKEN = 0xC000014B;
    public static final int STATUS_INVALID_BUFFER_SIZE = 0xC0000206;
    public static final int STATUS_INVALID_ADDRESS_COMPONENT = 0xC0000207;
    public static final int STATUS_TOO_MANY_ADDRESSES = 0xC0000209;
    public static final int STATUS_ADDRESS_ALREADY_EXISTS = 0xC000020A;
    public static final int STATUS_CONNECTION_DISCONNECTED = 0xC000020C;
    public static final int STATUS_CONNECTION_RESET = 0xC000020D;
    public static final int STATUS_TRANSACTION_ABORTED = 0xC000020F;
    public static final int STATUS_CONNECTION_REFUSED = 0xC0000236;
    public static final int STATUS_GRACEFUL_DISCONNECT = 0xC0000237;
    public static final int STATUS_NETWORK_UNREACHABLE = 0xC000023C;
    public static final int STATUS_HOST_UNREACHABLE = 0xC000023D;
    public static final int STATUS_PROTOCOL_UNREACHABLE = 0xC000023E;
    public static final int STATUS_PORT_UNREACHABLE = 0xC000023F;
    public static final int STATUS_REQUEST_ABORTED = 0xC0000240;
    public static final int STATUS_CONNECTION_ABORTED = 0xC0000241;
    /** What some network drivers give for an unreachable host. */
    public static final int STATUS_HOPLIMIT_EXCEEDED = 0xC000A012;

    private static final int FACILITY_NTWIN32 = 0xC0070000;

    private NtStatus() {
    }

    /** {@code NT_ERROR}: no bytes were transferred. A warning ({@code 0x8...}) is none, it may carry data. */
    public static boolean isError(int status) {
        return status >>> 30 == 3;
    }

    /** {@code NT_SUCCESS}. */
    public static boolean isSuccess(int status) {
        return status >= 0;
    }

    /** The status that stands for the Win32 error of a call that failed without a packet. */
    public static int ofError(int error) {
        return error == 0 ? STATUS_SUCCESS : FACILITY_NTWIN32 | (error & 0xffff);
    }

    /** Whether the status was made by {@link #ofError(int)}. */
    public static boolean isWin32(int status) {
        return (status & 0xffff0000) == FACILITY_NTWIN32;
    }

    /** The Win32 error in a status for which {@link #isWin32(int)} is true. */
    public static int win32(int status) {
        return status & 0xffff;
    }
}
