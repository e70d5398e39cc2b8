/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.internal;

import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;

import static org.assertj.core.api.Assertions.assertThat;

class OverlappedResultTest {

    /** What one call finds. */
    private record Answer(int error, int status) {
    }

    private static int await(Answer... answers) {
        Queue<Answer> left = new ArrayDeque<>(List.of(answers));
        try (Arena arena = Arena.ofConfined()) {
            long overlapped = arena.allocate(Layout.OVERLAPPED_SIZE, Long.BYTES).address();
            Win32 win32 = (Win32) Proxy.newProxyInstance(Win32.class.getClassLoader(), new Class<?>[] { Win32.class },
                    (proxy, method, arguments) -> {
                        assertThat(method.getName()).isEqualTo("getOverlappedResult");
                        Answer answer = left.remove();
                        Memory.putLong(overlapped + Layout.OVERLAPPED_INTERNAL, answer.status & 0xffffffffL);
                        return answer.error;
                    });
            int error = OverlappedResult.await(win32, 4, overlapped, 0);
            assertThat(left).isEmpty();
            return error;
        }
    }

    @Test
    void anOperationEndsAsWindowsSays() {
        assertThat(await(new Answer(0, 0))).isZero();
        assertThat(await(new Answer(WinError.ERROR_OPERATION_ABORTED, NtStatus.ofError(
                WinError.ERROR_OPERATION_ABORTED)))).isEqualTo(WinError.ERROR_OPERATION_ABORTED);
    }

    @Test
    void aWaitThatFailsWhileWindowsHasTheMemoryIsRepeated() {
        assertThat(await(new Answer(WinError.ERROR_INVALID_HANDLE, NtStatus.STATUS_PENDING),
                new Answer(WinError.ERROR_INVALID_HANDLE, NtStatus.STATUS_PENDING), new Answer(0, 0))).isZero();
    }
}
