/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;

import java.util.Arrays;

/**
 * The native memory of a loop's {@link Overlapped operations}: one reserved range of addresses, committed as it fills,
 * so that a slot never moves and a completion's pointer becomes a slot by subtraction and shift.
 *
 * <p>A slot holds {@link #GENERATIONS} {@code OVERLAPPED}s that its submits use in turn. The address in a packet
 * therefore says which submit it belongs to: a packet that nobody expects any more (a driver or a layered provider that
 * posts one although the call had succeeded at once) does not pass for the completion of a later submit.
 *
 * <p>Free slots are used again in the order in which they were given back. Belongs to the loop's thread. The memory is
 * given back by {@link #free()}, which the loop calls only when no operation is in flight.
 */
final class OverlappedSlab {

    /** Submits of a slot that have an address of their own before one is used again. */
    static final int GENERATIONS = 4;

    private static final int STRIDE_SHIFT = 7;
    private static final int STRIDE = 1 << STRIDE_SHIFT;
    private static final int SLOTS_PER_COMMIT = 512;

    static {
        assert GENERATIONS * Layout.OVERLAPPED_SIZE == STRIDE;
    }

    private final Win32 win32;
    private final int capacity;
    private final long base;
    private int committed;
    private Overlapped[] owners = {};
    private int[] generations = {};

    /** A ring of the free slots. */
    private int[] free = {};
    private int freeHead;
    private int freeCount;

    OverlappedSlab(Win32 win32, int capacity) {
        this.win32 = win32;
        this.capacity = capacity;
        base = win32.virtualAlloc(0, (long) capacity << STRIDE_SHIFT, WinConst.MEM_RESERVE, WinConst.PAGE_READWRITE);
        if (base == 0) {
            throw new OutOfMemoryError("cannot reserve addresses for " + capacity + " operations: VirtualAlloc, error "
                    + win32.lastError());
        }
    }

    /** Takes a free slot for {@code owner}. */
    int allocate(Overlapped owner) {
        if (freeCount == 0) {
            commit();
        }
        int slot = free[freeHead];
        freeHead = freeHead + 1 == free.length ? 0 : freeHead + 1;
        freeCount--;
        owners[slot] = owner;
        return slot;
    }

    /** Gives a slot back that has no operation in flight. */
    void release(int slot) {
        owners[slot] = null;
        int tail = freeHead + freeCount;
        free[tail >= free.length ? tail - free.length : tail] = slot;
        freeCount++;
    }

    /** Begins a new generation of the slot: the address for one submit, cleared but for the offset. */
    long next(int slot, long offset) {
        generations[slot]++;
        long address = address(slot);
        Memory.putLong(address + Layout.OVERLAPPED_INTERNAL, 0);
        Memory.putLong(address + Layout.OVERLAPPED_INTERNAL_HIGH, 0);
        Memory.putLong(address + Layout.OVERLAPPED_OFFSET, offset);
        Memory.putLong(address + Layout.OVERLAPPED_EVENT, 0);
        return address;
    }

    /** The address of the slot's present generation. */
    long address(int slot) {
        return base + ((long) slot << STRIDE_SHIFT)
                + (long) (generations[slot] & GENERATIONS - 1) * Layout.OVERLAPPED_SIZE;
    }

    /** Whether the address is one of {@link #address}, of any slot and generation. */
    boolean contains(long address) {
        long distance = address - base;
        return distance >= 0 && distance < (long) committed << STRIDE_SHIFT
                && (distance & Layout.OVERLAPPED_SIZE - 1) == 0;
    }

    /** The operation whose slot holds the address, in flight or not; {@code null} if the slot is free. */
    Overlapped owner(long address) {
        return owners[(int) (address - base >>> STRIDE_SHIFT)];
    }

    /** The operations of all slots, {@code null} for a free one. */
    Overlapped[] owners() {
        return Arrays.copyOf(owners, committed);
    }

    void free() {
        int error = win32.virtualFree(base, 0, WinConst.MEM_RELEASE);
        if (error != 0) {
            throw new IllegalStateException("VirtualFree of the operations' memory failed, error " + error);
        }
    }

    private void commit() {
        int slots = Math.min(SLOTS_PER_COMMIT, capacity - committed);
        if (slots == 0) {
            throw new IllegalStateException("more than " + capacity
                    + " operations on one event loop (IocpIoHandlerConfig.maxOperations)");
        }
        long address = win32.virtualAlloc(base + ((long) committed << STRIDE_SHIFT), (long) slots << STRIDE_SHIFT,
                WinConst.MEM_COMMIT, WinConst.PAGE_READWRITE);
        if (address == 0) {
            throw new OutOfMemoryError("cannot commit memory for operations: VirtualAlloc, error " + win32.lastError());
        }
        owners = Arrays.copyOf(owners, committed + slots);
        generations = Arrays.copyOf(generations, committed + slots);
        // The ring is empty here, so it can be laid out anew; it holds every slot that there is.
        free = new int[committed + slots];
        for (int i = 0; i < slots; i++) {
            free[i] = committed + i;
        }
        freeHead = 0;
        freeCount = slots;
        committed += slots;
    }
}
