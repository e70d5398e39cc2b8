/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.ObjectKind;
import io.github.nettyiocp.internal.StatusTable;
import io.github.nettyiocp.internal.WinError;
import io.netty.channel.IoOps;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.ReferenceCounted;
import io.netty.util.internal.PlatformDependent;

import java.util.ArrayList;
import java.util.List;

import static io.netty.util.internal.ObjectUtil.checkNotNull;

/**
 * One operation of a {@link Binding}, with the native {@code OVERLAPPED} that Windows wants for it. It can be submitted
 * again and again, one submit at a time, and allocates nothing for that.
 *
 * <p>Each submit has exactly one outcome: an exception from the call of {@link #submit}, or one call of the
 * {@link CompletionHandler} (or of the binding's {@link IocpIoHandle}), never from inside {@code submit}.
 * {@link #start()} is the faster way that gives an outcome back where there is one at once.
 *
 * <p>From the submit to its packet the {@code OVERLAPPED} and what was {@link #retain retained} belong to the kernel:
 * nothing of it is reused, moved or freed, not by {@link #cancel()}, not by closing the binding, and not at the loop's
 * end. All methods are called on the loop's thread; they throw {@link IllegalStateException} elsewhere.
 */
public final class Overlapped implements IoOps {

    private static final int IDLE = 0;
    /** The kernel has it. */
    private static final int IN_FLIGHT = 1;
    /** It ended at once; the outcome waits in the ready list. */
    private static final int ENDED = 2;
    /** A submission threw: whether the kernel has it can't be known. */
    private static final int LOST = 3;
    private static final int RELEASED = 4;

    private final Binding binding;
    private final CompletionHandler handler;
    private final Runnable deliver = this::ended;
    private final int slot;
    private int state;
    private boolean sends;
    private boolean successPending;
    private boolean releaseWhenIdle;
    private Submission submission;
    private long offset;
    private Object retained;
    private int status;
    private int transferred;

    Overlapped(Binding binding, CompletionHandler handler) {
        this.binding = binding;
        this.handler = handler;
        slot = binding.loop().slab().allocate(this);
    }

    /** The binding whose handle the operation is about. */
    public Binding binding() {
        return binding;
    }

    /**
     * Sets the position in a file at which the next submits read or write, {@code OVERLAPPED.Offset}; {@code -1}
     * appends to a file. Other kinds of handles want {@code 0}, which is the default.
     */
    public Overlapped offset(long offset) {
        checkIdle();
        this.offset = offset;
        return this;
    }

    /**
     * Keeps an object, typically the buffer that the kernel reads or writes, until the outcome of the next submit: its
     * reference count is incremented now and decremented after the handler returned. Any number of objects can be kept.
     * A second handle that the operation uses is kept by an object whose {@code deallocate} closes it.
     */
    public Overlapped retain(ReferenceCounted object) {
        checkIdle();
        keep(checkNotNull(object, "object").retain());
        return this;
    }

    /** As {@link #retain}, but takes the caller's reference over instead of adding one. */
    public Overlapped own(ReferenceCounted object) {
        checkIdle();
        keep(checkNotNull(object, "object"));
        return this;
    }

    /**
     * Says that the operation only sends. Where a call says at once that the message is too large ({@code WSAEMSGSIZE},
     * {@code ERROR_MORE_DATA}), one that receives has got the part that fits, and has a packet; one that sends has
     * failed.
     */
    public Overlapped sends() {
        checkIdle();
        sends = true;
        return this;
    }

    /** Sets the call that {@link #submit()} and {@link #start()} make. */
    public Overlapped prepare(Submission submission) {
        checkIdle();
        this.submission = checkNotNull(submission, "submission");
        return this;
    }

    /**
     * Starts the operation by the given call; the outcome comes to the handler, also if the call succeeds or fails at
     * once.
     *
     * @throws IllegalStateException if the operation is under way, the binding is not bound or is closing, the loop
     *                               has ended, or the caller is not on its thread; nothing was started then
     */
    public void submit(Submission submission) {
        prepare(submission).submit();
    }

    /** Starts the operation by the prepared call; see {@link #submit(Submission)}. */
    public void submit() {
        if (begin()) {
            state = ENDED;
            binding.loop().operationStarted(binding);
            binding.loop().ready(deliver);
        }
    }

    /**
     * Starts the operation by the prepared call and tells whether it ended at once. If it did, {@link #status()} and
     * {@link #transferred()} have the outcome and the handler is not called; what was retained is released. The caller
     * has to bound how often it starts the next operation from there, or one busy handle starves the others of the
     * loop.
     *
     * @return {@code true} if there is an outcome already
     * @throws IllegalStateException see {@link #submit(Submission)}
     */
    public boolean start() {
        boolean ended = begin();
        if (ended) {
            releaseRetained(takeRetained());
        }
        return ended;
    }

    private boolean begin() {
        checkIdle();
        if (submission == null) {
            throw new IllegalStateException("no submission was prepared for " + this);
        }
        IocpIoHandler loop = binding.loop();
        binding.checkBound();
        long address = loop.slab().next(slot, offset);
        long cell = loop.transferredCell();
        int error;
        state = IN_FLIGHT;
        loop.operationStarted(binding);
        try {
            error = submission.start(address, cell);
        } catch (Throwable cause) {
            state = LOST;
            loop.operationLost(binding);
            PlatformDependent.throwException(cause);
            return false;
        }
        boolean skip = binding.isSkipOnSuccess();
        Completion completion = sends ? Completion.ofSend(error, skip) : Completion.of(error, skip);
        successPending = completion == Completion.SUCCESS_PENDING;
        if (completion.isPacketExpected()) {
            if (successPending) {
                setOutcome(NtStatus.STATUS_SUCCESS, loop.transferred());
            }
            return false;
        }
        state = IDLE;
        loop.operationEnded(binding);
        loop.inlineCompletion();
        setOutcome(NtStatus.ofError(error), completion == Completion.SUCCESS ? loop.transferred() : 0);
        return true;
    }

    /**
     * Requests the cancellation of the operation in flight ({@code CancelIoEx}). The outcome still comes, and it is a
     * success if the operation was faster.
     *
     * @return {@code false} if nothing is in flight, or the outcome is on its way already
     */
    public boolean cancel() {
        binding.loop().checkThread();
        return state == IN_FLIGHT && binding.cancel(address());
    }

    /** Whether the kernel has the operation, or its outcome has not been handed out yet. */
    public boolean isInFlight() {
        return state == IN_FLIGHT || state == ENDED;
    }

    /**
     * Whether the call of the submit in flight returned success, so that only its packet is still to come: what was to
     * be read has been read, what was to be sent has been taken, and {@link #transferred()} tells the bytes. The memory
     * remains the kernel's until the packet.
     */
    public boolean isSuccessPending() {
        return state == IN_FLIGHT && successPending;
    }

    /** The {@code NTSTATUS} of the last outcome; see {@link CompletionHandler#completed}. */
    public int status() {
        return status;
    }

    /** Whether the last outcome was a success, or a warning, which comes with data. */
    public boolean isSuccess() {
        return !NtStatus.isError(status);
    }

    /** The Windows error of the last outcome, as {@code GetLastError} would give it; {@code 0} for a success. */
    public int error() {
        int error = StatusTable.errorOf(ObjectKind.FILE, status);
        return error == WinError.ERROR_MR_MID_NOT_FOUND && !NtStatus.isWin32(status)
                ? binding.loop().win32().rtlNtStatusToDosError(status) : error;
    }

    /** The bytes that the last outcome transferred; {@code 0} with an error. */
    public int transferred() {
        return transferred;
    }

    /**
     * Gives the slot back to the loop, at once or after the outcome of the submit in flight. The operation can't be
     * used after that. Closing the binding does it for all its operations.
     */
    public void release() {
        binding.loop().checkThread();
        if (state == IDLE) {
            free();
            binding.removed(this);
        } else if (state != RELEASED) {
            releaseWhenIdle = true;
        }
    }

    /** The address that the present submit uses. */
    long address() {
        return binding.loop().slab().address(slot);
    }

    boolean isExpecting(long address) {
        return (state == IN_FLIGHT || state == LOST) && address() == address;
    }

    /** A packet came for this submit. Called by the dispatcher, after it checked the address. */
    void packet(int packetStatus, int bytes) {
        if (state == LOST) {
            // The submit's one outcome was its exception; now the kernel gave the memory back.
            state = IDLE;
            binding.loop().operationFound();
            releaseRetained(takeRetained());
            if (releaseWhenIdle) {
                release();
            }
            return;
        }
        setOutcome(packetStatus, bytes);
        ended();
    }

    private void ended() {
        state = IDLE;
        successPending = false;
        // The handler may submit again at once and retain other objects for that.
        Object kept = takeRetained();
        try {
            binding.completed(this, handler);
        } finally {
            releaseRetained(kept);
            if (releaseWhenIdle) {
                release();
            }
        }
    }

    private void free() {
        state = RELEASED;
        releaseRetained(takeRetained());
        binding.loop().slab().release(slot);
    }

    private void setOutcome(int newStatus, int bytes) {
        status = newStatus;
        // Windows leaves garbage in the byte count of an error packet.
        transferred = !NtStatus.isError(newStatus) ? bytes : 0;
    }

    private void checkIdle() {
        binding.loop().checkThread();
        if (state == RELEASED || releaseWhenIdle) {
            throw new IllegalStateException(this + " was released");
        }
        if (state != IDLE) {
            throw new IllegalStateException(this + " is in flight");
        }
    }

    private void keep(ReferenceCounted object) {
        if (retained == null) {
            retained = object;
        } else if (retained instanceof RetainedList) {
            ((RetainedList) retained).objects.add(object);
        } else {
            RetainedList list = new RetainedList();
            list.objects.add((ReferenceCounted) retained);
            list.objects.add(object);
            retained = list;
        }
    }

    private Object takeRetained() {
        Object kept = retained;
        retained = null;
        return kept;
    }

    private static void releaseRetained(Object kept) {
        if (kept instanceof RetainedList) {
            ((RetainedList) kept).objects.forEach(ReferenceCountUtil::safeRelease);
        } else if (kept != null) {
            ReferenceCountUtil.safeRelease(kept);
        }
    }

    @Override
    public String toString() {
        String text = state == IDLE ? "idle" : state == RELEASED ? "released" : state == LOST ? "lost" : "in flight";
        return "Overlapped(slot " + slot + ", " + text + ", " + binding + ')';
    }

    /** More than one retained object. */
    private static final class RetainedList {
        private final List<ReferenceCounted> objects = new ArrayList<>(4);
    }
}
