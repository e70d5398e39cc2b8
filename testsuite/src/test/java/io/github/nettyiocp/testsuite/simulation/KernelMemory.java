/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Who owns which memory. Knows the {@linkplain Block blocks} that the process allocated, as far as they came through
 * the
 * simulation, and what is {@linkplain Loan lent to the kernel} while an operation is in flight.
 *
 * <p>What the kernel will write is poisoned when it is lent, and what it reads is remembered: when it is given back, at
 * the moment when the packet is handed out and not before, a difference shows that somebody wrote to it meanwhile. What
 * was written for the process comes to lie in the memory only then, so that nobody who reads too early sees it.
 */
final class KernelMemory {

    /** What stands in memory that the kernel will write. */
    static final int POISON = 0xA5;
    /** What stands in memory that was freed. */
    static final int FREED = 0xDD;

    private static final byte[] POISON_BYTES = filled(1 << 16, POISON);

    private final SimulatedKernel kernel;
    private final List<Loan> loans = new ArrayList<>();
    private final TreeMap<Long, Block> blocks = new TreeMap<>();

    KernelMemory(SimulatedKernel kernel) {
        this.kernel = kernel;
    }

    // ---- what the process allocates

    /** Allocates zeroed memory; it isn't given back to the machine before the run ends. */
    Block allocate(long size, String what) {
        Block block = new Block(NativeMemory.allocate(size), size, what);
        blocks.put(block.address, block);
        return block;
    }

    /** The process frees a block. */
    void free(Block block) {
        if (block.freed) {
            kernel.violation("%s is freed twice", block.what);
            return;
        }
        for (Loan loan : loans) {
            if (loan.intersects(block.address, block.size)) {
                kernel.violation("%s is freed while the kernel owns %s", block.what, loan);
            }
        }
        block.freed = true;
        if (block.overwritten()) {
            NativeMemory.fill(block.address, block.size, FREED);
        }
    }

    /** The block that begins there, {@code null} if none does. */
    Block blockAt(long address) {
        return blocks.get(address);
    }

    Block blockAround(long address) {
        Map.Entry<Long, Block> entry = blocks.floorEntry(address);
        return entry != null && address - entry.getKey() < Math.max(1, entry.getValue().size) ? entry.getValue() : null;
    }

    /** Checks that the process may pass this memory to a call. */
    boolean check(long address, long length, String what) {
        if (address == 0) {
            kernel.violation("%s is a null pointer", what);
            return false;
        }
        Block block = blockAround(address);
        if (block == null) {
            return true;
        }
        if (block.freed) {
            kernel.violation("%s lies in %s, which was freed", what, block.what);
            return false;
        }
        if (address + length > block.address + block.size) {
            kernel.violation("%s of %d bytes goes beyond the end of %s", what, length, block.what);
            return false;
        }
        if (block.committed >= 0 && address + length > block.address + block.committed) {
            kernel.violation("%s lies in pages of %s that were not committed", what, block.what);
            return false;
        }
        return true;
    }

    // ---- what is lent to the kernel

    /** Lends memory that the kernel writes. */
    Loan lendForWriting(SimulatedOperation operation, String what, long address, int length) {
        checkFree(operation, what, address, length, true);
        Loan loan = new Loan(operation, what, address, length, null);
        loans.add(loan);
        NativeMemory.fill(address, length, POISON);
        return loan;
    }

    /** Lends memory that the kernel reads. */
    Loan lendForReading(SimulatedOperation operation, String what, long address, int length) {
        checkFree(operation, what, address, length, false);
        Loan loan = new Loan(operation, what, address, length, NativeMemory.copy(address, length));
        loans.add(loan);
        return loan;
    }

    /** Lends memory whose present content must stay, until the kernel changes it through {@link Loan#writeLong}. */
    Loan lendForUpdate(SimulatedOperation operation, String what, long address, int length) {
        checkFree(operation, what, address, length, true);
        Loan loan = new Loan(operation, what, address, length, NativeMemory.copy(address, length));
        loans.add(loan);
        return loan;
    }

    private void checkFree(SimulatedOperation operation, String what, long address, int length, boolean writing) {
        for (Loan loan : loans) {
            if (loan.intersects(address, length) && (writing || loan.expected == null)) {
                kernel.violation("%s of %s is in flight already: %s", what, operation, loan);
            }
        }
    }

    /**
     * Gives a loan back: from now on the process may do with the memory what it wants. {@code false} if it was freed
     * meanwhile.
     */
    boolean giveBack(Loan loan) {
        loans.remove(loan);
        Block block = blockAround(loan.address);
        if (block != null && block.freed) {
            // Reported when it was freed; by now it holds what freed memory holds.
            return false;
        }
        long mismatch = loan.expected != null ? NativeMemory.mismatch(loan.address, loan.expected)
                : poisonMismatch(loan.address, loan.length);
        if (mismatch >= 0) {
            kernel.violation("%s was written to while the kernel owned it, at byte %d", loan, mismatch);
        }
        return true;
    }

    private static long poisonMismatch(long address, int length) {
        for (int done = 0; done < length; done += POISON_BYTES.length) {
            int n = Math.min(POISON_BYTES.length, length - done);
            long mismatch = NativeMemory.mismatch(address + done,
                    n == POISON_BYTES.length ? POISON_BYTES : Arrays.copyOf(POISON_BYTES, n));
            if (mismatch >= 0) {
                return done + mismatch;
            }
        }
        return -1;
    }

    /** The operations that have memory: each has its {@code OVERLAPPED} from its call until its packet is taken. */
    Stream<SimulatedOperation> borrowers() {
        return loans.stream().map(loan -> loan.operation).distinct();
    }

    /** Whether something at this address is lent. */
    boolean isLent(long address) {
        for (Loan loan : loans) {
            if (loan.intersects(address, 1)) {
                return true;
            }
        }
        return false;
    }

    // ---- the end

    /**
     * Reports what was not given back, unless the operation was left to Windows, and what was written when freed. In
     * some runs buffers that nobody releases are no error.
     */
    void checkAtEnd(Predicate<SimulatedOperation> left, boolean buffersLeft) {
        for (Loan loan : loans) {
            if (left.test(loan.operation)) {
                continue;
            }
            kernel.violation("%s is still in flight at the end of the run", loan);
        }
        for (Block block : blocks.values()) {
            if (!block.freed && !(buffersLeft && block.isBuffer)) {
                kernel.violation("%s was never freed%s", block.what, block.origin == null ? "" : block.origin());
            } else if (block.freed && block.overwritten() && mismatchFreed(block) >= 0) {
                kernel.violation("%s was written to after it had been freed, at byte %d", block.what,
                        mismatchFreed(block));
            }
        }
    }

    private static long mismatchFreed(Block block) {
        return NativeMemory.mismatch(block.address, filled((int) block.size, FREED));
    }

    /** Gives all memory back to the machine. */
    void release() {
        for (Block block : blocks.values()) {
            NativeMemory.free(block.address);
        }
        blocks.clear();
        loans.clear();
    }

    private static byte[] filled(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    /** Memory that the process allocated. */
    static final class Block {
        final long address;
        final long size;
        final String what;
        /** Bytes from the start that can be used; {@code -1} for all. */
        long committed = -1;
        Throwable origin;
        /** Whether it belongs to a {@code ByteBuf}. */
        boolean isBuffer;
        private boolean freed;

        private Block(long address, long size, String what) {
            this.address = address;
            this.size = size;
            this.what = what;
        }

        boolean isFreed() {
            return freed;
        }

        /** Reserved addresses are too many to be overwritten. */
        private boolean overwritten() {
            return committed < 0;
        }

        private String origin() {
            StringBuilder text = new StringBuilder(", allocated at");
            for (StackTraceElement element : origin.getStackTrace()) {
                text.append("\n\t\t").append(element);
            }
            return text.toString();
        }
    }

    /** Memory that an operation in flight uses. */
    static final class Loan {
        private final SimulatedOperation operation;
        private final String what;
        final long address;
        final int length;
        /** What must stand there; {@code null} for poison. */
        private byte[] expected;

        private Loan(SimulatedOperation operation, String what, long address, int length, byte[] expected) {
            this.operation = operation;
            this.what = what;
            this.address = address;
            this.length = length;
            this.expected = expected;
        }

        private boolean intersects(long start, long size) {
            return start < address + length && address < start + size;
        }

        /** Whether the kernel writes there, and nothing else. */
        boolean isWritten() {
            return expected == null;
        }

        /** The kernel changes a part of memory that was lent for update. */
        void writeLong(int offset, long value) {
            for (int i = 0; i < Long.BYTES; i++) {
                // Little-endian, as Windows is.
                expected[offset + i] = (byte) (value >>> 8 * i);
            }
            NativeMemory.write(address + offset, expected, offset, Long.BYTES);
        }

        @Override
        public String toString() {
            return what + " of " + operation;
        }
    }
}
