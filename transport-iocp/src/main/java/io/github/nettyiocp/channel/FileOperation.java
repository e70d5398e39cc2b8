/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.Binding;
import io.github.nettyiocp.CompletionHandler;
import io.github.nettyiocp.Overlapped;
import io.github.nettyiocp.internal.ObjectKind;
import io.github.nettyiocp.internal.Operation;
import io.github.nettyiocp.internal.StatusTable;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinError;
import io.netty.buffer.ByteBuf;

import java.io.EOFException;

/**
 * One overlapped operation on a file, used again for the next. It keeps the user's buffer until the outcome; where the
 * kernel can't use that memory, it has a buffer of its own. The loop's thread only.
 */
final class FileOperation implements CompletionHandler {

    private final OverlappedFile file;
    private final Overlapped overlapped;
    private Operation kind;
    private FilePromise<Integer> promise;
    private FilePromise<OverlappedFile.Lock> lockPromise;
    private OverlappedFile.Lock lock;
    private ByteBuf user;
    private ByteBuf memory;
    private int index;
    private int length;
    private int done;
    private long position;

    FileOperation(OverlappedFile file, Binding binding) {
        this.file = file;
        overlapped = binding.overlapped(this).prepare(this::call);
    }

    /**
     * Reads into what can be written of the buffer, from {@code from} on; takes the reference to it over, also if it
     * throws.
     */
    void read(ByteBuf target, int from, int bytes, long at, FilePromise<Integer> outcome) {
        start(Operation.READ, target, from, bytes, at, outcome);
    }

    /** Writes the bytes; takes the reference to the buffer over, also if it throws. */
    void write(ByteBuf source, int from, int bytes, long at, FilePromise<Integer> outcome) {
        start(Operation.WRITE, source, from, bytes, at, outcome);
    }

    private void start(Operation operation, ByteBuf buffer, int from, int bytes, long at,
                       FilePromise<Integer> outcome) {
        kind = operation;
        user = buffer;
        index = from;
        length = bytes;
        done = 0;
        position = at;
        promise = outcome;
        try {
            if (user.hasMemoryAddress()) {
                memory = user.retain();
            } else {
                memory = file.allocate(bytes);
                if (kind == Operation.WRITE) {
                    memory.writeBytes(user, from, bytes);
                }
            }
        } catch (Throwable cause) {
            release();
            throw cause;
        }
        submit();
    }

    /** Waits for a lock. */
    void lock(OverlappedFile.Lock wanted, FilePromise<OverlappedFile.Lock> outcome) {
        kind = Operation.LOCK;
        lock = wanted;
        position = wanted.position();
        done = 0;
        lockPromise = outcome;
        submit();
    }

    /** It isn't used again. */
    void discard() {
        overlapped.release();
    }

    void cancel() {
        overlapped.cancel();
    }

    private void submit() {
        try {
            overlapped.offset(position + done);
            overlapped.submit();
        } catch (IllegalStateException notStarted) {
            release();
            throw notStarted;
        }
        // What else is thrown leaves open whether the kernel has the memory: it is kept.
    }

    private int call(long address, long transferred) {
        Win32 win32 = file.win32();
        long handle = overlapped.binding().handle();
        if (kind == Operation.LOCK) {
            return win32.lockFileEx(handle, FileCalls.lockFlags(lock.isShared()), (int) lock.size(),
                    (int) (lock.size() >>> 32), address);
        }
        long start = memory.memoryAddress() + (memory == user ? index : 0) + done;
        return kind == Operation.READ ? win32.readFile(handle, start, length, transferred, address)
                : win32.writeFile(handle, start, length - done, transferred, address);
    }

    @Override
    public void completed(Overlapped operation, int status, int bytes) {
        done += bytes;
        if (kind == Operation.WRITE && bytes > 0 && done < length && !promise.isCancelRequested()
                && overlapped.binding().isBound()) {
            submit();
            return;
        }
        int error = StatusTable.errorOf(ObjectKind.FILE, status);
        Throwable failure = null;
        int result = 0;
        if (kind == Operation.READ && (error == WinError.ERROR_HANDLE_EOF || operation.isSuccess() && bytes == 0)) {
            result = -1;
        } else if (!operation.isSuccess()) {
            failure = StatusTable.exception(file.win32(), ObjectKind.FILE, kind, status, file.path());
        } else if (kind == Operation.READ) {
            result = done;
        } else if (kind == Operation.WRITE) {
            result = done;
            if (result < length) {
                failure = new EOFException("only " + result + " of " + length + " bytes were written to "
                        + file.path());
                // The rest was not tried if somebody cancelled it.
                error = WinError.ERROR_OPERATION_ABORTED;
            }
        }
        end(result, failure, error);
    }

    private void end(int result, Throwable failure, int error) {
        FilePromise<Integer> outcome = promise;
        FilePromise<OverlappedFile.Lock> lockOutcome = lockPromise;
        OverlappedFile.Lock locked = lock;
        Throwable cause = failure == null && user != null ? moveIndex(result) : failure;
        release();
        file.ended(this);
        if (outcome != null) {
            outcome.ended();
            end(outcome, result, cause, error);
        } else {
            lockOutcome.ended();
            end(lockOutcome, locked, cause, error);
        }
    }

    private static <V> void end(FilePromise<V> outcome, V result, Throwable failure, int error) {
        if (failure == null) {
            outcome.trySuccess(result);
        } else if (error == WinError.ERROR_OPERATION_ABORTED && outcome.isCancelRequested()) {
            outcome.cancelled();
        } else {
            outcome.tryFailure(failure);
        }
    }

    /** What is wrong if it can't be: the user changed the buffer meanwhile. */
    private Throwable moveIndex(int result) {
        try {
            if (kind == Operation.WRITE) {
                user.readerIndex(index + result);
            } else if (result > 0) {
                if (memory != user) {
                    user.setBytes(index, memory, 0, result);
                }
                user.writerIndex(index + result);
            }
            return null;
        } catch (RuntimeException cause) {
            return cause;
        }
    }

    private void release() {
        if (memory != null) {
            memory.release();
            memory = null;
        }
        if (user != null) {
            user.release();
            user = null;
        }
        promise = null;
        lockPromise = null;
        lock = null;
    }
}
