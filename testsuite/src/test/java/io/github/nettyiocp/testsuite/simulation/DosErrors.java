/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.WinError;

import java.util.Map;

/** What {@code RtlNtStatusToDosError} says of the statuses of pipes, files and objects. */
final class DosErrors {

    static final int STATUS_INFO_LENGTH_MISMATCH = 0xC0000004;
    static final int STATUS_CANT_OPEN_ANONYMOUS = 0xC00000A6;
    static final int STATUS_ILLEGAL_FUNCTION = 0xC00000AF;
    static final int STATUS_CANNOT_IMPERSONATE = 0xC000010D;
    static final int STATUS_INVALID_OWNER = 0xC000005A;
    static final int STATUS_RANGE_NOT_LOCKED = 0xC000007E;
    static final int STATUS_LOCK_NOT_GRANTED = 0xC0000055;
    static final int ERROR_NOT_LOCKED = 158;
    static final int ERROR_BAD_LENGTH = 24;
    static final int ERROR_IO_INCOMPLETE = 996;
    static final int ERROR_CANT_OPEN_ANONYMOUS = 1347;

    private static final Map<Integer, Integer> ERRORS = Map.ofEntries(
            Map.entry(NtStatus.STATUS_SUCCESS, 0),
            Map.entry(NtStatus.STATUS_PENDING, WinError.ERROR_IO_PENDING),
            Map.entry(NtStatus.STATUS_BUFFER_OVERFLOW, WinError.ERROR_MORE_DATA),
            Map.entry(NtStatus.STATUS_CANCELLED, WinError.ERROR_OPERATION_ABORTED),
            Map.entry(NtStatus.STATUS_INVALID_HANDLE, WinError.ERROR_INVALID_HANDLE),
            Map.entry(NtStatus.STATUS_INVALID_PARAMETER, WinError.ERROR_INVALID_PARAMETER),
            Map.entry(NtStatus.STATUS_ACCESS_DENIED, WinError.ERROR_ACCESS_DENIED),
            Map.entry(NtStatus.STATUS_PRIVILEGE_NOT_HELD, WinError.ERROR_PRIVILEGE_NOT_HELD),
            Map.entry(NtStatus.STATUS_OBJECT_NAME_INVALID, WinError.ERROR_INVALID_NAME),
            Map.entry(NtStatus.STATUS_OBJECT_NAME_NOT_FOUND, WinError.ERROR_FILE_NOT_FOUND),
            Map.entry(NtStatus.STATUS_OBJECT_NAME_COLLISION, WinError.ERROR_ALREADY_EXISTS),
            Map.entry(NtStatus.STATUS_OBJECT_TYPE_MISMATCH, WinError.ERROR_INVALID_HANDLE),
            Map.entry(NtStatus.STATUS_BAD_NETWORK_PATH, WinError.ERROR_BAD_NETPATH),
            Map.entry(NtStatus.STATUS_INSUFFICIENT_RESOURCES, WinError.ERROR_NO_SYSTEM_RESOURCES),
            Map.entry(NtStatus.STATUS_NO_MEMORY, WinError.ERROR_NOT_ENOUGH_MEMORY),
            Map.entry(NtStatus.STATUS_QUOTA_EXCEEDED, WinError.ERROR_NOT_ENOUGH_QUOTA),
            Map.entry(NtStatus.STATUS_BAD_IMPERSONATION_LEVEL, WinError.ERROR_BAD_IMPERSONATION_LEVEL),
            Map.entry(STATUS_CANT_OPEN_ANONYMOUS, ERROR_CANT_OPEN_ANONYMOUS),
            Map.entry(STATUS_CANNOT_IMPERSONATE, WinError.ERROR_CANNOT_IMPERSONATE),
            Map.entry(STATUS_INVALID_OWNER, WinError.ERROR_INVALID_OWNER),
            Map.entry(STATUS_ILLEGAL_FUNCTION, WinError.ERROR_INVALID_FUNCTION),
            Map.entry(STATUS_INFO_LENGTH_MISMATCH, ERROR_BAD_LENGTH),
            Map.entry(NtStatus.STATUS_INSTANCE_NOT_AVAILABLE, WinError.ERROR_PIPE_BUSY),
            Map.entry(NtStatus.STATUS_PIPE_NOT_AVAILABLE, WinError.ERROR_PIPE_BUSY),
            Map.entry(NtStatus.STATUS_PIPE_BUSY, WinError.ERROR_PIPE_BUSY),
            Map.entry(NtStatus.STATUS_INVALID_PIPE_STATE, WinError.ERROR_BAD_PIPE),
            Map.entry(NtStatus.STATUS_INVALID_READ_MODE, WinError.ERROR_BAD_PIPE),
            Map.entry(NtStatus.STATUS_PIPE_DISCONNECTED, WinError.ERROR_PIPE_NOT_CONNECTED),
            Map.entry(NtStatus.STATUS_PIPE_CLOSING, WinError.ERROR_NO_DATA),
            Map.entry(NtStatus.STATUS_PIPE_CONNECTED, WinError.ERROR_PIPE_CONNECTED),
            Map.entry(NtStatus.STATUS_PIPE_LISTENING, WinError.ERROR_PIPE_LISTENING),
            Map.entry(NtStatus.STATUS_PIPE_BROKEN, WinError.ERROR_BROKEN_PIPE),
            Map.entry(NtStatus.STATUS_NOT_SUPPORTED, WinError.ERROR_NOT_SUPPORTED),
            Map.entry(NtStatus.STATUS_END_OF_FILE, WinError.ERROR_HANDLE_EOF),
            Map.entry(NtStatus.STATUS_FILE_LOCK_CONFLICT, WinError.ERROR_LOCK_VIOLATION),
            Map.entry(STATUS_LOCK_NOT_GRANTED, WinError.ERROR_LOCK_VIOLATION),
            Map.entry(STATUS_RANGE_NOT_LOCKED, ERROR_NOT_LOCKED),
            Map.entry(NtStatus.STATUS_DISK_FULL, WinError.ERROR_DISK_FULL),
            Map.entry(NtStatus.STATUS_NETWORK_NAME_DELETED, WinError.ERROR_NETNAME_DELETED));

    private DosErrors() {
    }

    /** {@code ERROR_MR_MID_NOT_FOUND} of a status that isn't known. */
    static int of(int status) {
        return ERRORS.getOrDefault(status, WinError.ERROR_MR_MID_NOT_FOUND);
    }
}
