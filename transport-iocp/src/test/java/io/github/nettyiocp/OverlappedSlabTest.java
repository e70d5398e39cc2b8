/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.WinError;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class OverlappedSlabTest {

    private static final int CAPACITY = 2048;

    private final FakeWin32 windows = new FakeWin32();
    private final OverlappedSlab slab = new OverlappedSlab(windows.win32(), CAPACITY);
    private final long base = windows.lastReserved();

    @Test
    void slotsLieSideBySideWithAFixedStride() {
        long first = slab.address(slab.allocate(null));
        long second = slab.address(slab.allocate(null));
        assertThat(first).isEqualTo(base);
        assertThat(second - first).isEqualTo((long) OverlappedSlab.GENERATIONS * Layout.OVERLAPPED_SIZE);
    }

    @Test
    void eachSubmitOfASlotHasAnAddressOfItsOwnUntilTheGenerationsAreUsedUp() {
        int slot = slab.allocate(null);
        Set<Long> addresses = new HashSet<>();
        for (int i = 0; i < OverlappedSlab.GENERATIONS; i++) {
            assertThat(addresses.add(slab.next(slot, 0))).isTrue();
        }
        assertThat(addresses).hasSize(OverlappedSlab.GENERATIONS);
        assertThat(addresses.add(slab.next(slot, 0))).isFalse();
    }

    @Test
    void generationsOfOneSlotNeverReachIntoTheNext() {
        int first = slab.allocate(null);
        int second = slab.allocate(null);
        Set<Long> addresses = new HashSet<>();
        for (int i = 0; i < OverlappedSlab.GENERATIONS; i++) {
            addresses.add(slab.next(first, 0));
            addresses.add(slab.next(second, 0));
        }
        assertThat(addresses).hasSize(2 * OverlappedSlab.GENERATIONS).allMatch(slab::contains);
    }

    @Test
    void theAddressStaysThatOfTheLastSubmit() {
        int slot = slab.allocate(null);
        long address = slab.next(slot, 0);
        assertThat(slab.address(slot)).isEqualTo(address);
        assertThat(slab.address(slot)).isEqualTo(address);
    }

    @Test
    void generationsGoOnPastTheLargestNumber() {
        int slot = slab.allocate(null);
        // Not 2^31 submits: the count is taken modulo 4, of negative numbers too.
        for (int i = 0; i < 1000; i++) {
            assertThat(slab.contains(slab.next(slot, 0))).isTrue();
        }
    }

    @Test
    void aSubmitFindsItsMemoryClearedButForItsOffset() {
        int slot = slab.allocate(null);
        for (int i = 0; i < 2 * OverlappedSlab.GENERATIONS; i++) {
            long address = slab.next(slot, 0x1_2345_6789L + i);
            assertThat(Memory.getLong(address + Layout.OVERLAPPED_INTERNAL)).isZero();
            assertThat(Memory.getLong(address + Layout.OVERLAPPED_INTERNAL_HIGH)).isZero();
            assertThat(Memory.getLong(address + Layout.OVERLAPPED_OFFSET)).isEqualTo(0x1_2345_6789L + i);
            assertThat(Memory.getLong(address + Layout.OVERLAPPED_EVENT)).isZero();
            Memory.putLong(address + Layout.OVERLAPPED_INTERNAL, -1);
            Memory.putLong(address + Layout.OVERLAPPED_INTERNAL_HIGH, -1);
            Memory.putLong(address + Layout.OVERLAPPED_EVENT, -1);
        }
    }

    @Test
    void freeSlotsAreUsedAgainInTheOrderInWhichTheyWereGivenBack() {
        List<Integer> slots = new ArrayList<>();
        while (slots.size() < 512) {
            slots.add(slab.allocate(null));
        }
        slab.release(slots.get(5));
        slab.release(slots.get(3));
        slab.release(slots.get(4));
        assertThat(slab.allocate(null)).isEqualTo(slots.get(5));
        assertThat(slab.allocate(null)).isEqualTo(slots.get(3));
        slab.release(slots.get(5));
        assertThat(slab.allocate(null)).isEqualTo(slots.get(4));
        assertThat(slab.allocate(null)).isEqualTo(slots.get(5));
    }

    @Test
    void aSlotThatWasGivenBackWaitsUntilTheOthersWereUsed() {
        int slot = slab.allocate(null);
        slab.release(slot);
        for (int i = 0; i < 511; i++) {
            assertThat(slab.allocate(null)).isNotEqualTo(slot);
        }
        assertThat(slab.allocate(null)).isEqualTo(slot);
    }

    @Test
    void theSlabGrowsAndNoSlotMoves() {
        List<Long> addresses = new ArrayList<>();
        for (int i = 0; i < 1500; i++) {
            addresses.add(slab.next(slab.allocate(null), 0));
        }
        assertThat(new HashSet<>(addresses)).hasSize(1500);
        for (int slot = 0; slot < 1500; slot++) {
            assertThat(slab.address(slot)).isEqualTo(addresses.get(slot));
        }
        assertThat(slab.owners()).hasSize(1536);
    }

    @Test
    void slotsThatWereGivenBackBeforeTheSlabGrewAreUsedAfterIt() {
        for (int i = 0; i < 512; i++) {
            slab.allocate(null);
        }
        // The ring stands in its middle.
        for (int i = 0; i < 300; i++) {
            slab.release(i);
        }
        Set<Integer> slots = new HashSet<>();
        for (int i = 0; i < 700; i++) {
            assertThat(slots.add(slab.allocate(null))).isTrue();
        }
        assertThat(slots).hasSize(700).allMatch(slot -> slot < 1024);
    }

    @Test
    void moreSlotsThanTheCapacityAreRefusedAndTheOthersGoOn() {
        for (int i = 0; i < CAPACITY; i++) {
            slab.allocate(null);
        }
        assertThatThrownBy(() -> slab.allocate(null)).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("2048").hasMessageContaining("maxOperations");
        slab.release(77);
        assertThat(slab.allocate(null)).isEqualTo(77);
    }

    @Test
    void aCapacityThatIsNoMultipleOfAChunkIsUsedToItsEnd() {
        OverlappedSlab odd = new OverlappedSlab(windows.win32(), 513);
        for (int i = 0; i < 513; i++) {
            assertThat(odd.allocate(null)).isEqualTo(i);
        }
        assertThatThrownBy(() -> odd.allocate(null)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void onlyAddressesOfOverlappedsAreItsOwn() {
        slab.allocate(null);
        assertThat(slab.contains(base)).isTrue();
        assertThat(slab.contains(base + Layout.OVERLAPPED_SIZE)).isTrue();
        assertThat(slab.contains(base + 1)).isFalse();
        assertThat(slab.contains(base + Layout.OVERLAPPED_SIZE - 8)).isFalse();
        assertThat(slab.contains(base - Layout.OVERLAPPED_SIZE)).isFalse();
    }

    @Test
    void addressesThatAreNotCommittedYetAreForeign() {
        assertThat(slab.contains(base)).isFalse();
        slab.allocate(null);
        long stride = (long) OverlappedSlab.GENERATIONS * Layout.OVERLAPPED_SIZE;
        assertThat(slab.contains(base + 511 * stride)).isTrue();
        assertThat(slab.contains(base + 512 * stride)).isFalse();
    }

    @Test
    void nonsenseIsForeign() {
        slab.allocate(null);
        for (long address : new long[] { 0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, base ^ Long.MIN_VALUE, -base }) {
            assertThat(slab.contains(address)).as("0x%x", address).isFalse();
        }
    }

    @Test
    void aFreeSlotHasNoOwner() {
        int slot = slab.allocate(null);
        slab.release(slot);
        assertThat(slab.owner(slab.address(slot))).isNull();
    }

    @Test
    void addressesThatCannotBeReservedAreAnErrorThatTellsHowMany() {
        windows.fail("virtualAlloc", WinError.ERROR_NOT_ENOUGH_MEMORY);
        assertThatThrownBy(() -> new OverlappedSlab(windows.win32(), 12345)).isInstanceOf(OutOfMemoryError.class)
                .hasMessageContaining("12345").hasMessageContaining("error 8");
    }

    @Test
    void memoryThatCannotBeCommittedIsAnErrorAndTheNextTryWorks() {
        for (int i = 0; i < 512; i++) {
            slab.allocate(null);
        }
        windows.fail("virtualAlloc", WinError.ERROR_NOT_ENOUGH_MEMORY);
        assertThatThrownBy(() -> slab.allocate(null)).isInstanceOf(OutOfMemoryError.class)
                .hasMessageContaining("error 8");
        slab.release(9);
        assertThat(slab.allocate(null)).isEqualTo(9);
        windows.fail("virtualAlloc", 0);
        assertThat(slab.allocate(null)).isEqualTo(512);
    }

    @Test
    void itsMemoryIsGivenBackOnce() {
        int before = windows.blocks();
        slab.free();
        assertThat(windows.blocks()).isEqualTo(before - 1);
        assertThatThrownBy(slab::free).isInstanceOf(IllegalStateException.class).hasMessageContaining("VirtualFree");
    }
}
