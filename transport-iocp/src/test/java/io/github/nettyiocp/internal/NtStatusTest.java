/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.internal;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class NtStatusTest {

    @Test
    void aWarningIsNeitherAnErrorNorASuccess() {
        assertFalse(NtStatus.isError(NtStatus.STATUS_BUFFER_OVERFLOW));
        assertFalse(NtStatus.isSuccess(NtStatus.STATUS_BUFFER_OVERFLOW));
    }

    @Test
    void successesThatSaySomethingAreSuccesses() {
        for (int status : new int[] { NtStatus.STATUS_SUCCESS, NtStatus.STATUS_PENDING,
                NtStatus.STATUS_NOTIFY_CLEANUP, NtStatus.STATUS_NOTIFY_ENUM_DIR }) {
            assertTrue(NtStatus.isSuccess(status));
            assertFalse(NtStatus.isError(status));
        }
    }

    @Test
    void anErrorOfACallMakesARoundTrip() {
        for (int error : new int[] { 1, 5, 995, 10054, 0xffff }) {
            int status = NtStatus.ofError(error);
            assertTrue(NtStatus.isError(status));
            assertTrue(NtStatus.isWin32(status));
            assertEquals(error, NtStatus.win32(status));
        }
    }

    @Test
    void noErrorIsSuccess() {
        assertEquals(NtStatus.STATUS_SUCCESS, NtStatus.ofError(WinError.ERROR_SUCCESS));
    }

    @Test
    void theKernelsOwnStatusIsNotTakenForAnErrorOfACall() {
        assertFalse(NtStatus.isWin32(NtStatus.STATUS_CANCELLED));
        assertFalse(NtStatus.isWin32(NtStatus.STATUS_SUCCESS));
        assertFalse(NtStatus.isWin32(NtStatus.STATUS_HOPLIMIT_EXCEEDED));
    }
}
