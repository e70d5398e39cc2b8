/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledDirectByteBuf;
import io.netty.buffer.UnpooledHeapByteBuf;
import io.netty.util.internal.CleanableDirectBuffer;

import java.nio.ByteBuffer;

/**
 * Direct buffers whose memory is watched: none is used a second time in a run, freeing what the kernel owns is an
 * error,
 * and so is a write after the freeing, and what is not freed at the end. Each buffer has memory of its own, as those of
 * {@link UnpooledByteBufAllocator} have, so that every release is seen.
 */
public final class QuarantineAllocator extends AbstractByteBufAllocator {

    private final SimulatedKernel kernel;
    private int count;

    public QuarantineAllocator(SimulatedKernel kernel) {
        super(true);
        this.kernel = kernel;
    }

    @Override
    protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
        return new CountedHeapByteBuf(this, initialCapacity, maxCapacity);
    }

    @Override
    protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
        if (kernel.faults().happens(Faults.Kind.ALLOCATION_FAILS)) {
            kernel.log("the allocator fails");
            throw new SimulatedOutOfMemoryError();
        }
        return new WatchedByteBuf(this, new WatchedMemory(initialCapacity), maxCapacity);
    }

    @Override
    public boolean isDirectBufferPooled() {
        // Else heap buffers would be copied to buffers of another allocator.
        return true;
    }

    /** What {@link Faults.Kind#ALLOCATION_FAILS} throws. */
    public static final class SimulatedOutOfMemoryError extends OutOfMemoryError {
        private static final long serialVersionUID = 1;

        SimulatedOutOfMemoryError() {
            super("simulated");
        }
    }

    private KernelMemory.Block allocate(int capacity, String what) {
        KernelMemory.Block block;
        synchronized (kernel) {
            block = kernel.memory().allocate(capacity, what + ' ' + ++count);
        }
        block.isBuffer = true;
        if (kernel.isTracing()) {
            block.origin = new Throwable();
        }
        return block;
    }

    private void free(KernelMemory.Block block) {
        synchronized (kernel) {
            kernel.memory().free(block);
        }
    }

    /** The kernel never gets its memory; a byte that it does own is freed with it, so that a leak of it is told. */
    private static final class CountedHeapByteBuf extends UnpooledHeapByteBuf {
        private final QuarantineAllocator allocator;
        private final KernelMemory.Block token;

        CountedHeapByteBuf(QuarantineAllocator allocator, int initialCapacity, int maxCapacity) {
            super(allocator, initialCapacity, maxCapacity);
            this.allocator = allocator;
            token = allocator.allocate(1, "heap buffer");
        }

        @Override
        protected void deallocate() {
            super.deallocate();
            allocator.free(token);
        }
    }

    private final class WatchedMemory implements CleanableDirectBuffer {
        private final KernelMemory.Block block;
        private final ByteBuffer buffer;

        WatchedMemory(int capacity) {
            block = allocate(capacity, "buffer");
            buffer = NativeMemory.segment(block.address, capacity).asByteBuffer();
        }

        @Override
        public ByteBuffer buffer() {
            return buffer;
        }

        @Override
        public void clean() {
            free(block);
        }

        @Override
        public boolean hasMemoryAddress() {
            return true;
        }

        @Override
        public long memoryAddress() {
            return block.address;
        }
    }

    private static final class WatchedByteBuf extends UnpooledDirectByteBuf {
        private final QuarantineAllocator allocator;
        private WatchedMemory memory;

        WatchedByteBuf(QuarantineAllocator allocator, WatchedMemory memory, int maxCapacity) {
            super(allocator, memory.buffer, maxCapacity);
            this.allocator = allocator;
            this.memory = memory;
            clear();
        }

        @Override
        protected CleanableDirectBuffer allocateDirectBuffer(int capacity) {
            return allocator.new WatchedMemory(capacity);
        }

        @Override
        public ByteBuf capacity(int newCapacity) {
            int oldCapacity = capacity();
            super.capacity(newCapacity);
            if (memory != null && newCapacity != oldCapacity) {
                // The superclass frees all memory but the first.
                memory.clean();
                memory = null;
            }
            return this;
        }

        @Override
        public boolean hasMemoryAddress() {
            return true;
        }

        @Override
        public long memoryAddress() {
            if (memory == null) {
                return super.memoryAddress();
            }
            ensureAccessible();
            return memory.block.address;
        }

        @Override
        protected void deallocate() {
            super.deallocate();
            if (memory != null) {
                memory.clean();
                memory = null;
            }
        }
    }
}
