/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.Binding;
import io.github.nettyiocp.IocpIoHandle;
import io.github.nettyiocp.IocpRegistration;
import io.github.nettyiocp.internal.Win32;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.util.IllegalReferenceCountException;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.internal.StringUtil;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;

import static io.netty.util.internal.ObjectUtil.checkNotNull;
import static io.netty.util.internal.ObjectUtil.checkPositive;
import static io.netty.util.internal.ObjectUtil.checkPositiveOrZero;

/**
 * A file that is read and written at positions, with futures of an event loop; as many operations at a time as one
 * wants, in no order.
 *
 * <pre>{@code
 * OverlappedFile file = OverlappedFile.open(loop, path, StandardOpenOption.READ).sync().getNow();
 * ByteBuf buffer = alloc.directBuffer(65536);
 * file.read(buffer, 0).addListener((Future<Integer> read) -> ...);
 * }</pre>
 *
 * <p>What Windows does asynchronously goes by overlapped calls of the loop ({@code ReadFile}, {@code WriteFile},
 * {@code LockFileEx}); what makes the calling thread wait goes by the executor for blocking calls: opening, closing,
 * writes that make the file longer, appending, {@link #truncate}, {@link #flush}, {@link #size}, and all of a file that
 * is compressed or encrypted.
 *
 * <p><b>Buffers</b> remain the caller's, who must not touch them until the future is done; the file has a reference of
 * its own meanwhile. Direct ones are read and written where they are, others are copied.
 *
 * <p><b>Cancelling</b> a future asks Windows to end the operation. Until that has happened the future is not done, and
 * an operation that was faster has succeeded; a write that was cancelled may have written. What waits in the executor
 * for blocking calls can't be cancelled once it has begun.
 *
 * <p><b>Errors</b> are those that {@code FileChannel} has: {@link java.nio.file.NoSuchFileException}, {@link
 * java.nio.file.AccessDeniedException}, {@link java.nio.file.FileAlreadyExistsException}, {@link
 * java.nio.file.FileSystemException} (shared otherwise, disk full), {@link ClosedChannelException}, {@link
 * NonReadableChannelException}, {@link NonWritableChannelException}. They fail the future; arguments that can never be
 * right are thrown.
 *
 * <p>All methods may be called from any thread. A loop that shuts down closes its files.
 */
public final class OverlappedFile {

    private static final int MAX_IDLE = 64;

    private final IoEventLoop loop;
    private final FileOpening opening;
    private final IocpRegistration door;
    private final FileHandle handle;
    private final Binding binding;
    private final Promise<Void> closed;
    private final boolean synchronous;
    private final AtomicBoolean open = new AtomicBoolean(true);
    private final ArrayDeque<FileOperation> idle = new ArrayDeque<>();
    private final Set<FileOperation> waiting = new HashSet<>();
    /** A write that ends here or before doesn't make the file longer, as far as this object knows. */
    private volatile long knownSize;

    private OverlappedFile(Opening opened, Binding binding) {
        loop = opened.loop;
        opening = opened.opening;
        door = opened.door;
        handle = opened.handle;
        closed = opened.closed;
        synchronous = opened.synchronous;
        knownSize = opened.size;
        this.binding = binding;
    }

    /**
     * Opens a file ({@code CreateFileW}), on the executor for blocking calls.
     *
     * @param loop a loop of an {@link io.github.nettyiocp.IocpIoHandler}, which the file stays with
     * @param path a path of the default file system
     * @param options {@link java.nio.file.StandardOpenOption}s, with the meaning that {@code FileChannel.open} gives
     *                them; {@code READ} by default. Others may read, write and delete the file meanwhile.
     * @return the file; fails by what {@code FileChannel.open} throws
     * @throws IllegalArgumentException if options exclude each other
     * @throws UnsupportedOperationException if an option is not supported
     */
    public static Future<OverlappedFile> open(IoEventLoop loop, Path path, OpenOption... options) {
        checkNotNull(loop, "loop");
        Opening opening = new Opening(loop, new FileOpening(path, options));
        if (!loop.isCompatible(IocpIoHandle.class)) {
            return opening.promise.setFailure(new IllegalArgumentException("not a loop of "
                    + "io.github.nettyiocp.IocpIoHandler: " + StringUtil.simpleClassName(loop)));
        }
        loop.register(opening).addListener(opening::registered);
        return opening.promise;
    }

    /** What was opened. */
    public Path path() {
        return opening.path();
    }

    /** The loop of the file's futures. */
    public IoEventLoop loop() {
        return loop;
    }

    /** Whether {@link #close()} was not called yet. */
    public boolean isOpen() {
        return open.get();
    }

    // ---- reading and writing

    /**
     * Reads once, at a position, into what can be written of a buffer.
     *
     * @param target its writer index is moved by what was read
     * @param position in bytes
     * @return the number of bytes, fewer than asked for only before the end; {@code -1} at the end of the file and
     *         behind it, {@code 0} if nothing can be written to the buffer
     */
    public Future<Integer> read(ByteBuf target, long position) {
        checkNotNull(target, "target");
        checkPositiveOrZero(position, "position");
        FilePromise<Integer> promise = new FilePromise<>(loop);
        int index = target.writerIndex();
        int length = target.writableBytes();
        if (!opening.isRead()) {
            return promise.setFailure(new NonReadableChannelException());
        }
        if (length == 0) {
            return isOpen() ? promise.setSuccess(0) : promise.setFailure(new ClosedChannelException());
        }
        if (synchronous) {
            return readBlocking(target.retain(), index, length, position, promise);
        }
        target.retain();
        start(promise, target, operation -> operation.read(target, index, length, position, promise));
        return promise;
    }

    /**
     * Writes what can be read of a buffer, all of it, at a position. A file that was opened with {@code APPEND} writes
     * at the end, whatever the position says.
     *
     * @param source its reader index is moved when everything was written
     * @param position in bytes; what lies between the end and a position behind it becomes zeros
     * @return the number of bytes
     */
    public Future<Integer> write(ByteBuf source, long position) {
        checkPositiveOrZero(position, "position");
        return write0(source, opening.isAppend() ? FileCalls.END : position);
    }

    /** Writes what can be read of a buffer at the end of the file, wherever that is when it is written. */
    public Future<Integer> append(ByteBuf source) {
        return write0(source, FileCalls.END);
    }

    private Future<Integer> write0(ByteBuf source, long position) {
        checkNotNull(source, "source");
        FilePromise<Integer> promise = new FilePromise<>(loop);
        int index = source.readerIndex();
        int length = source.readableBytes();
        if (!opening.isWrite()) {
            return promise.setFailure(new NonWritableChannelException());
        }
        if (length == 0) {
            return isOpen() ? promise.setSuccess(0) : promise.setFailure(new ClosedChannelException());
        }
        source.retain();
        if (synchronous || position == FileCalls.END || position + length > knownSize) {
            return writeBlocking(source, index, length, position, promise);
        }
        start(promise, source, operation -> operation.write(source, index, length, position, promise));
        return promise;
    }

    private Future<Integer> readBlocking(ByteBuf target, int index, int length, long position,
                                         FilePromise<Integer> promise) {
        block(promise, win32 -> {
            ByteBuf memory = target.hasMemoryAddress() ? target.retain() : allocate(length);
            try {
                int read = FileCalls.read(win32, handle.value(), memory.memoryAddress()
                        + (memory == target ? index : 0), length, position, path());
                if (read > 0) {
                    if (memory != target) {
                        target.setBytes(index, memory, 0, read);
                    }
                    target.writerIndex(index + read);
                }
                return read;
            } finally {
                memory.release();
            }
        }, target::release);
        return promise;
    }

    private Future<Integer> writeBlocking(ByteBuf source, int index, int length, long position,
                                          FilePromise<Integer> promise) {
        block(promise, win32 -> {
            ByteBuf memory = source.hasMemoryAddress() ? source.retain()
                    : allocate(length).writeBytes(source, index, length);
            try {
                FileCalls.write(win32, handle.value(), memory.memoryAddress() + (memory == source ? index : 0), length,
                        position, path());
                if (position != FileCalls.END) {
                    grown(position + length);
                }
                source.readerIndex(index + length);
                return length;
            } finally {
                memory.release();
            }
        }, source::release);
        return promise;
    }

    private synchronized void grown(long size) {
        knownSize = Math.max(knownSize, size);
    }

    // ---- sending

    /**
     * A region of the file to write to a channel. It holds the file's handle, which is closed when the file was closed
     * and the region released; writing it to a channel releases it.
     *
     * @param position in bytes
     * @param count in bytes
     * @throws ClosedChannelException if the file was closed
     * @throws NonReadableChannelException if it was not opened for reading
     */
    public IocpFileRegion region(long position, long count) throws ClosedChannelException {
        checkPositiveOrZero(position, "position");
        checkPositiveOrZero(count, "count");
        if (!opening.isRead()) {
            throw new NonReadableChannelException();
        }
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
        // Of what lies behind the end TransmitFile sends nothing, and nobody knows how much of what lies before it.
        boolean transmittable = !synchronous && position <= knownSize - count;
        retainHandle();
        return new IocpFileRegion(handle, door.win32Access(), path(), transmittable, position, count);
    }

    // ---- the rest

    /** Asks for the size of the file in bytes ({@code NtQueryInformationFile}). */
    public Future<Long> size() {
        FilePromise<Long> promise = new FilePromise<>(loop);
        block(promise, win32 -> FileCalls.size(win32, handle.value(), path()), null);
        return promise;
    }

    /**
     * Makes the file shorter ({@code SetFileInformationByHandle}); does nothing if it isn't longer.
     *
     * @param size in bytes
     */
    public Future<Void> truncate(long size) {
        checkPositiveOrZero(size, "size");
        FilePromise<Void> promise = new FilePromise<>(loop);
        if (!opening.isWrite()) {
            return promise.setFailure(new NonWritableChannelException());
        }
        block(promise, win32 -> {
            if (size < FileCalls.size(win32, handle.value(), path())) {
                synchronized (this) {
                    knownSize = Math.min(knownSize, size);
                }
                FileCalls.setSize(win32, handle.value(), size, path());
            }
            return null;
        }, null);
        return promise;
    }

    /** Has everything that was written before, and the file's attributes, reach the disk ({@code FlushFileBuffers}). */
    public Future<Void> flush() {
        FilePromise<Void> promise = new FilePromise<>(loop);
        block(promise, win32 -> {
            if (opening.isWrite()) {
                FileCalls.flush(win32, handle.value(), path());
            }
            return null;
        }, null);
        return promise;
    }

    /**
     * Locks a region against other handles, of other processes and of this one ({@code LockFileEx}); waits until nobody
     * else has locked any of it. Windows enforces it: others can't read what is locked exclusively, nor write what is
     * locked at all. Cancelling the future or closing the file ends the waiting. Wine 10 does not let it wait: a lock
     * that somebody else has is never obtained there.
     *
     * @param position the first byte; it may lie behind the end of the file
     * @param size the number of bytes
     * @param shared whether others may lock the same, if they share too
     */
    public Future<Lock> lock(long position, long size, boolean shared) {
        FilePromise<Lock> promise = new FilePromise<>(loop);
        Lock lock = new Lock(position, size, shared);
        if (mayLock(lock, promise)) {
            execute(promise, () -> lockNow(lock, promise), null);
        }
        return promise;
    }

    private void lockNow(Lock lock, FilePromise<Lock> promise) {
        boolean locked = false;
        Throwable failure = null;
        try {
            locked = !promise.isCancelRequested() && tryLock(door.win32Access().ofThisThread(), lock);
        } catch (Throwable cause) {
            failure = cause;
        } finally {
            handle.release();
        }
        if (failure != null) {
            promise.tryFailure(failure);
        } else if (locked) {
            promise.trySuccess(lock);
        } else if (!isOpen()) {
            promise.tryFailure(new ClosedChannelException());
        } else {
            start(promise, null, operation -> {
                waiting.add(operation);
                operation.lock(lock, promise);
            });
        }
    }

    /**
     * As {@link #lock}, without waiting.
     *
     * @return {@code null} if somebody else has locked a part of it
     */
    public Future<Lock> tryLock(long position, long size, boolean shared) {
        FilePromise<Lock> promise = new FilePromise<>(loop);
        Lock lock = new Lock(position, size, shared);
        if (mayLock(lock, promise)) {
            block(promise, win32 -> tryLock(win32, lock) ? lock : null, null);
        }
        return promise;
    }

    private boolean mayLock(Lock lock, Promise<Lock> promise) {
        if (lock.shared ? opening.isRead() : opening.isWrite()) {
            return true;
        }
        promise.setFailure(lock.shared ? new NonReadableChannelException() : new NonWritableChannelException());
        return false;
    }

    private boolean tryLock(Win32 win32, Lock lock) throws IOException {
        return FileCalls.tryLock(win32, handle.value(), lock.position, lock.size, lock.shared, path());
    }

    /** A region of the file that is locked until it is released or the file is closed. */
    public final class Lock {

        private final long position;
        private final long size;
        private final boolean shared;
        private final AtomicBoolean released = new AtomicBoolean();

        private Lock(long position, long size, boolean shared) {
            this.position = checkPositiveOrZero(position, "position");
            this.size = checkPositive(size, "size");
            this.shared = shared;
        }

        /** The first byte. */
        public long position() {
            return position;
        }

        /** The number of bytes. */
        public long size() {
            return size;
        }

        /** Whether others may lock the same, if they share too. */
        public boolean isShared() {
            return shared;
        }

        /**
         * Releases the lock ({@code UnlockFileEx}); does nothing if that was done already. It can't be cancelled, and
         * can be tried again if it failed.
         */
        public Future<Void> release() {
            FilePromise<Void> promise = new FilePromise<>(loop);
            if (!released.compareAndSet(false, true)) {
                return promise.setSuccess(null);
            }
            // Who cancelled it would not know whether it is locked.
            promise.beginUncancellable();
            promise.addListener(done -> {
                if (!done.isSuccess()) {
                    released.set(false);
                }
            });
            block(promise, win32 -> {
                FileCalls.unlock(win32, handle.value(), position, size, path());
                return null;
            }, null);
            return promise;
        }

        @Override
        public String toString() {
            return "Lock(" + position + ", " + size + (shared ? ", shared of " : ", exclusive of ") + path() + ')';
        }
    }

    /**
     * Refuses further operations, waits for what is in flight, and closes the file. What waits for a lock is cancelled.
     * Closing again does nothing.
     *
     * @return done when the handle was closed
     */
    public Future<Void> close() {
        if (open.compareAndSet(true, false)) {
            onLoop(() -> {
                waiting.forEach(FileOperation::cancel);
                binding.closeWhenIdle();
            });
        }
        return closed;
    }

    /** Done when the handle was closed. */
    public Future<Void> closeFuture() {
        return closed;
    }

    @Override
    public String toString() {
        return "OverlappedFile(" + path() + (isOpen() ? ")" : ", closed)");
    }

    // ---- how

    Win32 win32() {
        return door.win32();
    }

    ByteBuf allocate(int bytes) {
        return ByteBufAllocator.DEFAULT.directBuffer(bytes);
    }

    /** An operation ended. */
    void ended(FileOperation operation) {
        waiting.remove(operation);
        if (idle.size() < MAX_IDLE) {
            idle.add(operation);
        } else {
            operation.discard();
        }
    }

    /** A call of another thread than the loop's. */
    private interface BlockingCall<V> {
        V call(Win32 win32) throws IOException;
    }

    /** Starts an operation. */
    private interface Starter {
        void start(FileOperation operation);
    }

    /** Starts an operation on the loop; releases the buffer if it can't be. */
    private void start(FilePromise<?> promise, ByteBuf buffer, Starter starter) {
        Runnable task = () -> startNow(promise, buffer, starter);
        if (loop.inEventLoop()) {
            task.run();
            return;
        }
        try {
            loop.execute(task);
        } catch (RejectedExecutionException cause) {
            refuse(promise, buffer, cause);
        }
    }

    private void startNow(FilePromise<?> promise, ByteBuf buffer, Starter starter) {
        FileOperation operation;
        try {
            if (!binding.isBound()) {
                throw new ClosedChannelException();
            }
            operation = idle.isEmpty() ? new FileOperation(this, binding) : idle.poll();
        } catch (Throwable cause) {
            refuse(promise, buffer, cause);
            return;
        }
        if (!promise.begin(operation)) {
            idle.add(operation);
            if (buffer != null) {
                buffer.release();
            }
            promise.cancelled();
            return;
        }
        try {
            starter.start(operation);
        } catch (Throwable cause) {
            promise.ended();
            waiting.remove(operation);
            operation.discard();
            promise.tryFailure(cause);
        }
    }

    private static void refuse(Promise<?> promise, ByteBuf buffer, Throwable cause) {
        if (buffer != null) {
            buffer.release();
        }
        promise.tryFailure(cause);
    }

    /** Makes a call that can block; {@code after} follows in any case. */
    private <V> void block(FilePromise<V> promise, BlockingCall<V> call, Runnable after) {
        execute(promise, () -> callNow(promise, call, after), after);
    }

    /** Runs a task that may block, which releases the handle; if that can't be, {@code refused} is run. */
    private void execute(FilePromise<?> promise, Runnable task, Runnable refused) {
        boolean retained = false;
        try {
            if (!isOpen()) {
                throw new ClosedChannelException();
            }
            retainHandle();
            retained = true;
            door.config().blockingExecutor().execute(task);
        } catch (ClosedChannelException | RejectedExecutionException cause) {
            if (retained) {
                handle.release();
            }
            if (refused != null) {
                refused.run();
            }
            promise.tryFailure(cause);
        }
    }

    private void retainHandle() throws ClosedChannelException {
        try {
            handle.retain();
        } catch (IllegalReferenceCountException closedMeanwhile) {
            throw new ClosedChannelException();
        }
    }

    private <V> void callNow(FilePromise<V> promise, BlockingCall<V> call, Runnable after) {
        V result = null;
        Throwable failure = null;
        boolean begun = promise.beginUncancellable();
        try {
            if (begun) {
                result = call.call(door.win32Access().ofThisThread());
            }
        } catch (Throwable cause) {
            failure = cause;
        } finally {
            handle.release();
            if (after != null) {
                after.run();
            }
        }
        if (!begun) {
            promise.cancelled();
        } else if (failure != null) {
            promise.tryFailure(failure);
        } else {
            promise.trySuccess(result);
        }
    }

    private void onLoop(Runnable task) {
        if (loop.inEventLoop()) {
            task.run();
            return;
        }
        try {
            loop.execute(task);
        } catch (RejectedExecutionException loopEnded) {
            // At its end the loop closed everything.
        }
    }

    /** The way from the call of {@link #open} to the file, and the registration while the file is open. */
    private static final class Opening implements IocpIoHandle {

        private final IoEventLoop loop;
        private final FileOpening opening;
        private final Promise<OverlappedFile> promise;
        private final Promise<Void> closed;
        private final Arrival<FileHandle> arrival = new Arrival<>(FileHandle::release);
        private IoRegistration registration;
        private IocpRegistration door;
        private FileHandle handle;
        private boolean synchronous;
        private long size;
        private OverlappedFile file;

        Opening(IoEventLoop loop, FileOpening opening) {
            this.loop = loop;
            this.opening = opening;
            promise = loop.newPromise();
            closed = loop.newPromise();
        }

        void registered(Future<? super IoRegistration> registered) {
            if (!registered.isSuccess()) {
                promise.tryFailure(registered.cause());
                return;
            }
            registration = (IoRegistration) registered.getNow();
            door = registration.attachment();
            try {
                door.config().blockingExecutor().execute(this::open);
            } catch (RejectedExecutionException cause) {
                failed(cause);
            }
        }

        private void open() {
            try {
                Win32 win32 = door.win32Access().ofThisThread();
                handle = new FileHandle(opening.open(win32), opening.path(), door.win32Access(), door.config(), closed);
                size = FileCalls.size(win32, handle.value(), opening.path());
                synchronous = FileCalls.isSynchronous(win32, handle.value(), opening.path());
            } catch (Throwable cause) {
                giveUp(cause);
                return;
            }
            if (!arrival.arrives(handle)) {
                return;
            }
            try {
                loop.execute(this::opened);
            } catch (RejectedExecutionException loopEnded) {
                arrival.giveUp();
                promise.tryFailure(loopEnded);
            }
        }

        private void giveUp(Throwable cause) {
            if (handle != null) {
                handle.release();
            }
            try {
                loop.execute(() -> failed(cause));
            } catch (RejectedExecutionException loopEnded) {
                promise.tryFailure(cause);
            }
        }

        private void failed(Throwable cause) {
            if (registration != null) {
                registration.cancel();
            }
            promise.tryFailure(cause);
        }

        private void opened() {
            if (arrival.take() == null) {
                // The loop has begun to end.
                return;
            }
            try {
                Binding binding = door.newBinding();
                binding.bind(handle.value(), bound -> handle.release(), Binding.Mode.SKIP_ON_SUCCESS);
                file = new OverlappedFile(this, binding);
            } catch (Throwable cause) {
                handle.release();
                failed(cause);
                return;
            }
            file.binding.closeFuture().addListener(done -> registration.cancel());
            if (!promise.trySuccess(file)) {
                file.close();
            }
        }

        @Override
        public void handle(IoRegistration inner, IoEvent event) {
            // Each operation has a handler of its own.
        }

        /** The loop shuts down. */
        @Override
        public void close() {
            if (file != null) {
                file.open.set(false);
                file.binding.close();
            } else {
                arrival.giveUp();
                failed(new ClosedChannelException());
            }
        }
    }
}
