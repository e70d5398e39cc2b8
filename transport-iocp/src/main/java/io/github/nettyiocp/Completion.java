/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import io.github.nettyiocp.internal.WinError;

/**
 * What follows from the result of an overlapped call: the one place that decides whether a packet will come.
 *
 * <p>Only the call's own result and the binding's mode count. The status in the {@code OVERLAPPED} does not: it may
 * stay "pending" after a call that succeeded at once.
 *
 * <table>
 * <caption>Results</caption>
 * <tr><th>the call returned</th><th>without skip-on-success</th><th>with skip-on-success</th></tr>
 * <tr><td>success</td><td>packet</td><td>no packet</td></tr>
 * <tr><td>{@code ERROR_IO_PENDING}</td><td>packet</td><td>packet</td></tr>
 * <tr><td>{@code ERROR_MORE_DATA}, {@code WSAEMSGSIZE}: warnings, the data came</td><td>packet</td>
 *     <td>packet (Windows is not reliable here; message handles and datagrams don't use the mode)</td></tr>
 * <tr><td>the same two, of an operation that {@linkplain Overlapped#sends sends}: nothing was sent</td>
 *     <td>no packet</td><td>no packet</td></tr>
 * <tr><td>any other error</td><td>no packet</td><td>no packet</td></tr>
 * </table>
 */
enum Completion {

    /** The operation is under way; a packet will come. */
    PENDING,

    /** The call succeeded, its packet will come all the same. */
    SUCCESS_PENDING,

    /** The call succeeded and no packet will come. */
    SUCCESS,

    /** The call failed and no packet will come. */
    FAILURE;

    static Completion of(int error, boolean skipOnSuccess) {
        switch (error) {
            case WinError.ERROR_SUCCESS:
                return skipOnSuccess ? SUCCESS : SUCCESS_PENDING;
            case WinError.ERROR_IO_PENDING:
            case WinError.ERROR_MORE_DATA:
            case WinError.WSAEMSGSIZE:
                return PENDING;
            default:
                return FAILURE;
        }
    }

    /** As {@link #of}, for a call that takes nothing in: a message that is too large is no warning there. */
    static Completion ofSend(int error, boolean skipOnSuccess) {
        return error == WinError.WSAEMSGSIZE || error == WinError.ERROR_MORE_DATA ? FAILURE : of(error, skipOnSuccess);
    }

    boolean isPacketExpected() {
        return this == PENDING || this == SUCCESS_PENDING;
    }
}
