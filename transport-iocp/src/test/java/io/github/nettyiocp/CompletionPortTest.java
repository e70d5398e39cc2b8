/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import io.github.nettyiocp.internal.WinError;
import io.netty.channel.ChannelException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

@Timeout(30)
class CompletionPortTest {

    private final FakeWin32 windows = new FakeWin32();

    @Test
    void packetsComeOutWithAllTheirFields() {
        CompletionPort port = new CompletionPort(windows.win32(), 4);
        windows.packet(port.handle(), 1, 0x1122334455667788L, 0xC0000120L, 77);
        windows.packet(port.handle(), -2, 0, 0x80000005L, -1);
        assertThat(port.dequeue(0)).isEqualTo(2);
        assertThat(port.key(0)).isEqualTo(1);
        assertThat(port.overlapped(0)).isEqualTo(0x1122334455667788L);
        assertThat(port.status(0)).isEqualTo(0xC0000120);
        assertThat(port.bytes(0)).isEqualTo(77);
        assertThat(port.key(1)).isEqualTo(-2);
        assertThat(port.overlapped(1)).isZero();
        assertThat(port.status(1)).isEqualTo(0x80000005);
        assertThat(port.bytes(1)).isEqualTo(-1);
    }

    @Test
    void anEmptyPortIsNoError() {
        assertThat(new CompletionPort(windows.win32(), 4).dequeue(1)).isZero();
    }

    @Test
    void aWaitThatFailsGivesTheErrorAsANegativeNumber() {
        CompletionPort port = new CompletionPort(windows.win32(), 4);
        windows.fail("getQueuedCompletionStatusEx", WinError.ERROR_ABANDONED_WAIT_0);
        assertThat(port.dequeue(0)).isEqualTo(-WinError.ERROR_ABANDONED_WAIT_0);
    }

    @Test
    void noMorePacketsAreTakenThanThereIsRoomFor() {
        CompletionPort port = new CompletionPort(windows.win32(), 2);
        for (int i = 0; i < 5; i++) {
            windows.packet(port.handle(), i, i, 0, i);
        }
        assertThat(port.dequeue(0)).isEqualTo(2);
        assertThat(port.dequeue(0)).isEqualTo(2);
        assertThat(port.dequeue(0)).isEqualTo(1);
        assertThat(port.key(0)).isEqualTo(4);
    }

    @Test
    void theArrayDoublesUpToItsLimitAndFreesTheOldOnes() {
        CompletionPort port = new CompletionPort(windows.win32(), 1);
        for (int expected = 2; expected <= 4096; expected *= 2) {
            port.grow();
            assertThat(port.capacity()).isEqualTo(expected);
            assertThat(windows.blocks()).isEqualTo(1);
        }
        port.grow();
        assertThat(port.capacity()).isEqualTo(4096);
        for (int i = 0; i < 5000; i++) {
            windows.packet(port.handle(), i, 0, 0, 0);
        }
        assertThat(port.dequeue(0)).isEqualTo(4096);
        assertThat(port.key(4095)).isEqualTo(4095);
        assertThat(windows.entriesAsked()).isEqualTo(4096);
    }

    @Test
    void anArrayThatIsNoPowerOfTwoStaysWithinTheLimit() {
        CompletionPort port = new CompletionPort(windows.win32(), 3000);
        port.grow();
        assertThat(port.capacity()).isLessThanOrEqualTo(4096);
    }

    @Test
    void anArrayThatCannotGrowStaysAsItIs() {
        CompletionPort port = new CompletionPort(windows.win32(), 2);
        windows.fail("virtualAlloc", WinError.ERROR_NOT_ENOUGH_MEMORY);
        port.grow();
        assertThat(port.capacity()).isEqualTo(2);
        windows.packet(port.handle(), 3, 0, 0, 0);
        assertThat(port.dequeue(0)).isEqualTo(1);
        assertThat(port.key(0)).isEqualTo(3);
    }

    @Test
    void aHandleIsAssociatedWithTheGivenKey() {
        CompletionPort port = new CompletionPort(windows.win32(), 2);
        assertThat(port.associate(0x500, 9)).isZero();
        assertThat(windows.associations()).isEqualTo(Map.of(0x500L, 9L));
        windows.fail("createIoCompletionPort", WinError.ERROR_INVALID_PARAMETER);
        assertThat(port.associate(0x504, 9)).isEqualTo(WinError.ERROR_INVALID_PARAMETER);
    }

    @Test
    void aPortThatCannotBeCreatedIsAnExceptionWithTheError() {
        windows.fail("createIoCompletionPort", WinError.ERROR_NO_SYSTEM_RESOURCES);
        assertThatThrownBy(() -> new CompletionPort(windows.win32(), 2)).isInstanceOf(ChannelException.class)
                .hasMessageContaining("1450");
        assertThat(windows.blocks()).isZero();
    }

    @Test
    void aPortWithoutMemoryForItsEntriesIsClosedAgain() {
        windows.fail("virtualAlloc", WinError.ERROR_NOT_ENOUGH_MEMORY);
        assertThatThrownBy(() -> new CompletionPort(windows.win32(), 2)).isInstanceOf(OutOfMemoryError.class);
        assertThat(windows.openPorts()).isZero();
    }

    @Test
    void closingGivesPortAndMemoryBack() {
        CompletionPort port = new CompletionPort(windows.win32(), 2);
        port.close();
        assertThat(windows.openPorts()).isZero();
        assertThat(windows.blocks()).isZero();
    }

    @Test
    void aPortThatCannotBeClosedIsAnExceptionWithTheError() {
        CompletionPort port = new CompletionPort(windows.win32(), 2);
        windows.fail("closeHandle", WinError.ERROR_INVALID_HANDLE);
        assertThatThrownBy(port::close).isInstanceOf(IllegalStateException.class).hasMessageContaining("error 6");
    }
}
