/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import io.github.nettyiocp.internal.WinError;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** "Does a packet come?": a test for each row of the table in {@link Completion}. */
class CompletionTest {

    @Test
    void aSuccessPostsAPacketWithoutSkipOnSuccess() {
        assertThat(Completion.of(WinError.ERROR_SUCCESS, false)).isEqualTo(Completion.SUCCESS_PENDING);
        assertThat(Completion.SUCCESS_PENDING.isPacketExpected()).isTrue();
    }

    @Test
    void aSuccessPostsNoPacketWithSkipOnSuccess() {
        assertThat(Completion.of(WinError.ERROR_SUCCESS, true)).isEqualTo(Completion.SUCCESS);
        assertThat(Completion.SUCCESS.isPacketExpected()).isFalse();
    }

    @Test
    void whatIsPendingPostsAPacketInBothModes() {
        assertThat(Completion.of(WinError.ERROR_IO_PENDING, false)).isEqualTo(Completion.PENDING);
        assertThat(Completion.of(WinError.ERROR_IO_PENDING, true)).isEqualTo(Completion.PENDING);
        assertThat(Completion.PENDING.isPacketExpected()).isTrue();
    }

    @Test
    void aMessageThatIsLargerThanItsBufferPostsAPacketInBothModes() {
        assertThat(Completion.of(WinError.ERROR_MORE_DATA, false).isPacketExpected()).isTrue();
        assertThat(Completion.of(WinError.ERROR_MORE_DATA, true).isPacketExpected()).isTrue();
    }

    @Test
    void aDatagramThatIsLargerThanItsBufferPostsAPacketInBothModes() {
        assertThat(Completion.of(WinError.WSAEMSGSIZE, false).isPacketExpected()).isTrue();
        assertThat(Completion.of(WinError.WSAEMSGSIZE, true).isPacketExpected()).isTrue();
    }

    @Test
    void aMessageThatIsTooLargeToBeSentPostsNoPacketInBothModes() {
        assertThat(Completion.ofSend(WinError.WSAEMSGSIZE, false)).isEqualTo(Completion.FAILURE);
        assertThat(Completion.ofSend(WinError.WSAEMSGSIZE, true)).isEqualTo(Completion.FAILURE);
        assertThat(Completion.ofSend(WinError.ERROR_MORE_DATA, false)).isEqualTo(Completion.FAILURE);
        assertThat(Completion.ofSend(WinError.ERROR_MORE_DATA, true)).isEqualTo(Completion.FAILURE);
    }

    @Test
    void allElseIsTheSameForAnOperationThatSends() {
        for (int error : new int[] { WinError.ERROR_SUCCESS, WinError.ERROR_IO_PENDING, WinError.WSAECONNRESET }) {
            assertThat(Completion.ofSend(error, false)).isEqualTo(Completion.of(error, false));
            assertThat(Completion.ofSend(error, true)).isEqualTo(Completion.of(error, true));
        }
    }

    @Test
    void anErrorOfASocketPostsNoPacketInBothModes() {
        assertThat(Completion.of(WinError.WSAECONNRESET, false)).isEqualTo(Completion.FAILURE);
        assertThat(Completion.of(WinError.WSAECONNRESET, true)).isEqualTo(Completion.FAILURE);
        assertThat(Completion.FAILURE.isPacketExpected()).isFalse();
    }

    @Test
    void theEndOfAFileThatIsKnownAtOncePostsNoPacketInBothModes() {
        assertThat(Completion.of(WinError.ERROR_HANDLE_EOF, false)).isEqualTo(Completion.FAILURE);
        assertThat(Completion.of(WinError.ERROR_HANDLE_EOF, true)).isEqualTo(Completion.FAILURE);
    }

    @Test
    void anAbortThatTheCallItselfTellsPostsNoPacket() {
        assertThat(Completion.of(WinError.ERROR_OPERATION_ABORTED, false)).isEqualTo(Completion.FAILURE);
        assertThat(Completion.of(WinError.ERROR_OPERATION_ABORTED, true)).isEqualTo(Completion.FAILURE);
    }

    @Test
    void anErrorThatNobodyKnowsPostsNoPacket() {
        assertThat(Completion.of(-1, false)).isEqualTo(Completion.FAILURE);
        assertThat(Completion.of(Integer.MAX_VALUE, true)).isEqualTo(Completion.FAILURE);
    }
}
