/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.Binding;
import io.github.nettyiocp.IocpRegistration;
import io.github.nettyiocp.NotOverlappedException;
import io.github.nettyiocp.Overlapped;
import io.github.nettyiocp.internal.BlockingCall;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.ObjectKind;
import io.github.nettyiocp.internal.Operation;
import io.github.nettyiocp.internal.StatusTable;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.Win32Access;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.ConnectTimeoutException;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.ScheduledFuture;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.SocketAddress;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

import static io.netty.util.internal.ObjectUtil.checkNotNull;

/**
 * Tells what changes in a directory ({@code ReadDirectoryChangesW}): a channel that reads {@link DirectoryEvent}s.
 *
 * <pre>{@code
 * new Bootstrap().group(group).channel(DirectoryWatchChannel.class).option(IocpChannelOption.WATCH_SUBTREE, true)
 *         .handler(new SimpleChannelInboundHandler<DirectoryEvent>() { ... })
 *         .connect(new DirectoryAddress(Path.of("C:\\inbox")));
 * }</pre>
 *
 * <p>{@code connect()} opens the directory, on a thread that may block. When it has succeeded the watch has begun: no
 * change after that goes untold. The next read is posted before the events of the last one are fired, and Windows keeps
 * what changes between two reads. It keeps as much as {@link IocpChannelOption#WATCH_BUFFER_SIZE} says; if more
 * changes, a {@link DirectoryEvent.Rescan} comes in place of what was lost.
 *
 * <p><b>Back pressure.</b> One read is one buffer of Windows, with all its events, then {@code channelReadComplete}.
 * With autoRead off, and no {@code read()}, one buffer is kept by the channel and another one by Windows; what changes
 * beyond that is a {@code Rescan} at one of the next reads. The end of the watch is told after what is kept was read.
 *
 * <p><b>The directory itself.</b> Changes of its own are not told. It can be deleted while it is watched, which ends
 * the channel with a {@link NoSuchFileException}. It can be renamed: the watch goes on, events keep the path that the
 * watch began with, and {@link #currentPath()} tells the new one.
 *
 * <p><b>Errors</b> are those of {@code java.nio.file}: {@code connect()} fails with {@link NoSuchFileException},
 * {@link java.nio.file.AccessDeniedException}, {@link java.nio.file.NotDirectoryException} or another
 * {@link FileSystemException}, and what ends the watch goes through {@code exceptionCaught} before the channel closes.
 * Writing is refused.
 */
public final class DirectoryWatchChannel extends AbstractIocpChannel {

    private static final ChannelMetadata METADATA = new ChannelMetadata(false);
    private static final int ALIGNMENT = Long.BYTES;
    private static final int MAX_NETWORK_BUFFER = 64 * 1024;
    private static final long CANCEL_AGAIN_MILLIS = 50;
    /** The kernel writes both names of a rename at one time; they are apart only if a buffer was full between them. */
    private static final long RENAME_MILLIS = 500;

    private final DirectoryWatchChannelConfig config = new DirectoryWatchChannelConfig(this);
    private long unbound = WinConst.INVALID_HANDLE_VALUE;
    private Adoption adoption;
    private Opening opening;
    private DirectoryChanges changes;
    private Overlapped read;
    private ByteBuf buffer;
    private boolean subtree;
    private int filter;
    private int bufferSize;
    private boolean details;
    /** A read was accepted: what fails from now on fails because something happened. */
    private boolean watching;
    private boolean readPending;
    /** The present read has had an event. */
    private boolean firing;
    /** A buffer that came with no read pending; no read is posted meanwhile. */
    private ByteBuf kept;
    private int keptBytes;
    private boolean hasKept;
    private boolean renameIsLate;
    private ScheduledFuture<?> renameLimit;

    /** Makes a channel whose directory {@code connect()} opens. */
    @SuppressWarnings("this-escape")
    public DirectoryWatchChannel() {
        super(null, false);
    }

    /**
     * Makes a channel of a directory's handle. It is looked at when the channel is registered, which fails with
     * {@link NotOverlappedException}, {@link io.github.nettyiocp.HandleAlreadyBoundException} or
     * {@link ClosedChannelException}; when that has succeeded the watch has begun.
     *
     * @param handle opened with {@code FILE_FLAG_OVERLAPPED}, {@code FILE_FLAG_BACKUP_SEMANTICS} and the right
     *               {@code FILE_LIST_DIRECTORY}; the channel owns it from now on
     * @param directory its path, for events
     */
    @SuppressWarnings("this-escape")
    public DirectoryWatchChannel(long handle, Path directory) {
        super(null, true);
        if (handle == 0 || handle == WinConst.INVALID_HANDLE_VALUE) {
            throw new IllegalArgumentException("not a handle: " + handle);
        }
        unbound = handle;
        connected(new DirectoryAddress(directory));
    }

    private void connected(DirectoryAddress address) {
        changes = new DirectoryChanges(address.directory(), this::fire);
        setRemoteAddress(address);
    }

    @Override
    public DirectoryWatchChannelConfig config() {
        return config;
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    @Override
    public DirectoryAddress remoteAddress() {
        return (DirectoryAddress) super.remoteAddress();
    }

    /**
     * Asks Windows where the directory is now ({@code GetFinalPathNameByHandleW}), which differs from
     * {@link #remoteAddress()} when it or a directory above it was renamed, and where links lead elsewhere. May be
     * called from any thread.
     *
     * @return fails with {@link ClosedChannelException} if the channel is not active
     */
    public Future<Path> currentPath() {
        Promise<Path> promise = eventLoop().newPromise();
        if (eventLoop().inEventLoop()) {
            askPath(promise);
        } else {
            eventLoop().execute(() -> askPath(promise));
        }
        return promise;
    }

    private void askPath(Promise<Path> promise) {
        if (!isActive() || isClosing() || binding() == null) {
            promise.setFailure(new ClosedChannelException());
            return;
        }
        Path directory = changes.directory();
        Win32Access access = door().win32Access();
        long duplicate;
        try (Arena arena = Arena.ofConfined()) {
            // A handle of its own: the channel may be closed meanwhile, and Windows gives numbers out again.
            MemorySegment target = arena.allocate(ValueLayout.JAVA_LONG);
            int error = win32().duplicateHandle(WinConst.CURRENT_PROCESS, binding().handle(), WinConst.CURRENT_PROCESS,
                    target.address(), 0, 0, WinConst.DUPLICATE_SAME_ACCESS);
            if (error != 0) {
                promise.setFailure(exception(Operation.OPEN, NtStatus.ofError(error)));
                return;
            }
            duplicate = target.get(ValueLayout.JAVA_LONG, 0);
        }
        try {
            door().config().blockingExecutor().execute(() -> {
                Win32 win32 = access.ofThisThread();
                try {
                    promise.setSuccess(DirectoryHandles.currentPath(win32, duplicate, directory));
                } catch (Throwable cause) {
                    promise.setFailure(cause);
                } finally {
                    win32.closeHandle(duplicate);
                }
            });
        } catch (RejectedExecutionException cause) {
            win32().closeHandle(duplicate);
            promise.setFailure(cause);
        }
    }

    // ---- registration

    @Override
    protected AbstractUnsafe newUnsafe() {
        return new WatchUnsafe();
    }

    /** A synchronous handle makes everybody wait who asks what it is, while another thread uses it: no loop does. */
    @Override
    Future<?> prepareToBind() {
        if (unbound == WinConst.INVALID_HANDLE_VALUE) {
            return null;
        }
        long handle = unbound;
        Path directory = changes.directory();
        adoption = Adoption.start(door(), eventLoop(), handle, DirectoryWatchChannel::closeHandle, win32 ->
                DirectoryHandles.checkDirectory(win32, handle, directory));
        return adoption.accepted();
    }

    @Override
    void bindHandle(Binding newBinding, IocpRegistration newDoor) throws Exception {
        if (unbound == WinConst.INVALID_HANDLE_VALUE) {
            return;
        }
        newBinding.bind(unbound);
        unbound = WinConst.INVALID_HANDLE_VALUE;
        try {
            beginWatch(newBinding);
        } catch (Throwable cause) {
            newBinding.abort();
            throw cause;
        }
    }

    /** Windows begins to collect changes with the first read, and with what it asks for. */
    private void beginWatch(Binding newBinding) throws IOException {
        subtree = config.isSubtree();
        filter = WatchFilter.flags(config.getFilter());
        bufferSize = config.getBufferSize() & -ALIGNMENT;
        details = config.isDetails() && win32().isExported("kernel32.dll", "ReadDirectoryChangesExW");
        read = newBinding.overlapped();
        int status = post();
        if (status != NtStatus.STATUS_PENDING) {
            throw exception(Operation.OPEN, status);
        }
    }

    @Override
    void closeUnbound() {
        long handle = unbound;
        unbound = WinConst.INVALID_HANDLE_VALUE;
        if (handle != WinConst.INVALID_HANDLE_VALUE) {
            if (adoption == null) {
                closeHandle(handle);
            } else {
                adoption.close();
            }
        }
    }

    private static void closeHandle(long handle) {
        WinSocket.nativeAccess().ofThisThread().closeHandle(handle);
    }

    // ---- connecting

    /** What {@code connect()} waits for. */
    private final class Opening {

        private final DirectoryAddress address;
        private final ChannelPromise promise;
        private final Win32Access access = door().win32Access();
        private final BlockingCall call = new BlockingCall();
        private final Arrival<Long> arrival = new Arrival<>(this::closeHandle);
        private ScheduledFuture<?> limit;

        Opening(DirectoryAddress address, ChannelPromise promise) {
            this.address = address;
            this.promise = promise;
        }

        void start() {
            int millis = config.getConnectTimeoutMillis();
            if (millis > 0) {
                limit = eventLoop().schedule(() -> end(new ConnectTimeoutException(
                        "open timed out after " + millis + " ms: " + address)), millis, TimeUnit.MILLISECONDS);
            }
            promise.addListener(done -> {
                if (done.isCancelled()) {
                    end(null);
                }
            });
            try {
                door().config().blockingExecutor().execute(this::open);
            } catch (RejectedExecutionException cause) {
                end(cause);
            }
        }

        /** On a thread that may block. */
        private void open() {
            Win32 win32 = access.ofThisThread();
            if (!call.begin(win32)) {
                return;
            }
            Throwable failure = null;
            boolean wanted = true;
            try {
                wanted = arrival.arrives(DirectoryHandles.open(win32, address.directory()));
            } catch (Throwable cause) {
                failure = cause;
            } finally {
                call.end();
            }
            if (wanted) {
                finish(failure);
            }
        }

        private void finish(Throwable failure) {
            try {
                eventLoop().execute(() -> opened(failure));
            } catch (RejectedExecutionException loopEnded) {
                arrival.giveUp();
            }
        }

        private void opened(Throwable failure) {
            if (failure != null) {
                end(failure);
                return;
            }
            Long arrived = arrival.take();
            if (arrived == null) {
                return;
            }
            long handle = arrived;
            try {
                binding().bind(handle);
                connected(address);
                beginWatch(binding());
            } catch (Throwable cause) {
                if (!binding().isBound()) {
                    closeHandle(handle);
                }
                end(cause);
                return;
            }
            forget();
            setActive();
            // Before channelActive, whose handlers may close.
            boolean wanted = promise.trySuccess();
            pipeline().fireChannelActive();
            if (!wanted) {
                unsafe().close(unsafe().voidPromise());
            }
        }

        private void closeHandle(long handle) {
            access.ofThisThread().closeHandle(handle);
        }

        private void forget() {
            opening = null;
            if (limit != null) {
                limit.cancel(false);
            }
        }

        /** The open failed, or was given up. */
        private void end(Throwable cause) {
            if (opening == this) {
                giveUp(cause);
                unsafe().close(unsafe().voidPromise());
            }
        }

        /** Ends the call that may be stuck; a handle that comes all the same is closed. */
        void giveUp(Throwable cause) {
            forget();
            if (cause != null) {
                promise.tryFailure(cause);
            }
            arrival.giveUp();
            cancelCall();
        }

        private void cancelCall() {
            if (!call.cancel(access.ofThisThread()) && !eventLoop().isShuttingDown()) {
                eventLoop().schedule(this::cancelCall, CANCEL_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
            }
        }
    }

    // ---- reading

    /** Posts the next read: {@code STATUS_PENDING}, or why it couldn't be posted. */
    private int post() {
        while (true) {
            // Where the allocator puts a buffer is its affair, Windows wants it aligned.
            buffer = alloc().directBuffer(bufferSize + ALIGNMENT);
            read.own(buffer).prepare(this::readChanges);
            if (!read.start()) {
                watching = true;
                return NtStatus.STATUS_PENDING;
            }
            int status = read.status();
            if (watching || !askForLess(StatusTable.errorOf(ObjectKind.FILE, status))) {
                return status;
            }
        }
    }

    private int readChanges(long overlapped, long transferred) {
        long address = aligned(buffer);
        int subdirectories = subtree ? 1 : 0;
        return details
                ? win32().readDirectoryChangesEx(read.binding().handle(), address, bufferSize, subdirectories, filter,
                        overlapped, WinConst.READ_DIRECTORY_NOTIFY_EXTENDED_INFORMATION)
                : win32().readDirectoryChanges(read.binding().handle(), address, bufferSize, subdirectories, filter,
                        overlapped);
    }

    private static long aligned(ByteBuf buffer) {
        return buffer.memoryAddress() + ALIGNMENT - 1 & -ALIGNMENT;
    }

    /** Network paths have no large buffers, and many file systems no details. */
    private boolean askForLess(int error) {
        if (error == WinError.ERROR_INVALID_PARAMETER && bufferSize > MAX_NETWORK_BUFFER) {
            bufferSize = MAX_NETWORK_BUFFER;
            return true;
        }
        if (details && (error == WinError.ERROR_INVALID_PARAMETER || error == WinError.ERROR_INVALID_FUNCTION
                || error == WinError.ERROR_NOT_SUPPORTED || error == WinError.ERROR_CALL_NOT_IMPLEMENTED)) {
            details = false;
            return true;
        }
        return false;
    }

    @Override
    void startReading() {
        if (!hasKept && !read.isInFlight()) {
            postNext();
        }
    }

    private void postNext() {
        int status;
        try {
            status = post();
        } catch (Throwable noMemory) {
            closeFor(noMemory);
            return;
        }
        if (status != NtStatus.STATUS_PENDING) {
            // Not from inside the user's own call.
            door().ready(() -> {
                if (!isClosing()) {
                    ended(status);
                }
            });
        }
    }

    @Override
    protected void doBeginRead() {
        readPending = true;
        if (hasKept || renameIsLate) {
            door().ready(this::deliver);
        }
    }

    void clearReadPending() {
        if (isRegistered() && !eventLoop().inEventLoop()) {
            eventLoop().execute(() -> readPending = false);
        } else {
            readPending = false;
        }
    }

    @Override
    void completed(Overlapped operation) {
        int status = operation.status();
        if (isClosing()) {
            return;
        }
        if (!NtStatus.isError(status) && !isHandleClosed(status)) {
            keep(buffer.retain(), operation.transferred());
        } else {
            ended(status);
        }
    }

    /** Whether the handle was closed under the read: by somebody else, since the channel isn't closing. */
    private static boolean isHandleClosed(int status) {
        return status == NtStatus.STATUS_NOTIFY_CLEANUP || status == NtStatus.STATUS_HANDLES_CLOSED;
    }

    private void ended(int status) {
        int error = StatusTable.errorOf(ObjectKind.FILE, status);
        if (error == WinError.ERROR_NOTIFY_ENUM_DIR) {
            // A deregistration meanwhile changes nothing about an overflow, which Windows tells once.
            keep(null, 0);
        } else if (isEnding()) {
            // Cancelled by a deregistration; Windows goes on collecting.
            return;
        } else if (error == WinError.ERROR_OPERATION_ABORTED && !isHandleClosed(status)) {
            // Cancelled by somebody who cancels everything on the file object.
            postNext();
        } else {
            if (readPending && changes.isRenaming()) {
                readPending = false;
                changes.endRename();
                pipeline().fireChannelReadComplete();
            }
            closeFor(endOfWatch(status, error));
        }
    }

    private IOException endOfWatch(int status, int error) {
        String directory = changes.directory().toString();
        if (error == WinError.ERROR_ACCESS_DENIED) {
            // The right was there when the watch began.
            return new NoSuchFileException(directory, null, "the watched directory was deleted");
        }
        if (isHandleClosed(status) || error == WinError.ERROR_INVALID_HANDLE) {
            return new FileSystemException(directory, null, "the handle was closed by somebody else");
        }
        return exception(Operation.READ, status);
    }

    private IOException exception(Operation operation, int status) {
        return StatusTable.exception(win32(), ObjectKind.FILE, operation, status, changes.directory());
    }

    private void keep(ByteBuf full, int bytes) {
        kept = full;
        keptBytes = bytes;
        hasKept = true;
        if (readPending && !isEnding()) {
            deliver();
        }
    }

    private void deliver() {
        if (!readPending || isEnding() || !hasKept && !renameIsLate) {
            return;
        }
        readPending = false;
        firing = false;
        if (hasKept) {
            ByteBuf full = kept;
            int bytes = keptBytes;
            dropKept();
            // What the kernel keeps between two reads is little: the next one comes first.
            postNext();
            try {
                if (bytes == 0) {
                    changes.rescan(DirectoryEvent.Reason.OVERFLOW);
                } else {
                    changes.read(aligned(full), bytes, details);
                }
            } finally {
                if (full != null) {
                    full.release();
                }
            }
            limitRename();
        } else {
            changes.endRename();
            renameIsLate = false;
        }
        if (firing) {
            pipeline().fireChannelReadComplete();
        } else {
            // No more than the old name of a rename: what was asked for is still to come.
            readPending = true;
        }
    }

    private void limitRename() {
        renameIsLate = false;
        if (renameLimit != null) {
            renameLimit.cancel(false);
            renameLimit = null;
        }
        if (changes.isRenaming() && !isEnding()) {
            renameLimit = eventLoop().schedule(() -> {
                renameIsLate = true;
                deliver();
            }, RENAME_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void fire(DirectoryEvent event) {
        firing = true;
        if (!isClosing()) {
            pipeline().fireChannelRead(event);
        }
    }

    private void dropKept() {
        kept = null;
        hasKept = false;
    }

    // ---- the end

    @Override
    void cancelWaiting() {
        if (read != null) {
            read.cancel();
        }
    }

    @Override
    void closing(Throwable cause) {
        if (opening != null) {
            opening.giveUp(cause == null ? new ClosedChannelException() : cause);
        }
    }

    @Override
    protected void doClose() throws Exception {
        closing(null);
        if (kept != null) {
            kept.release();
        }
        dropKept();
        if (renameLimit != null) {
            renameLimit.cancel(false);
            renameLimit = null;
        }
        super.doClose();
    }

    // ---- what a watch doesn't do

    @Override
    protected void doBind(SocketAddress localAddress) {
        throw new UnsupportedOperationException("a watch connects to its directory: " + localAddress);
    }

    @Override
    protected Object filterOutboundMessage(Object message) {
        throw new UnsupportedOperationException("a directory that is watched can't be written: " + this);
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer outbound) {
        throw new UnsupportedOperationException();
    }

    /** The registered half. */
    private final class WatchUnsafe extends IocpUnsafe {

        @Override
        public void connect(SocketAddress remoteAddress, SocketAddress localAddress, ChannelPromise promise) {
            if (promise.isDone() || !ensureOpen(promise)) {
                return;
            }
            if (isEnding()) {
                promise.tryFailure(isClosing() ? new ClosedChannelException()
                        : new IllegalStateException("the channel is being deregistered"));
            } else if (isActive()) {
                promise.tryFailure(new AlreadyConnectedException());
            } else if (opening != null) {
                promise.tryFailure(new ConnectionPendingException());
            } else if (!(checkNotNull(remoteAddress, "remoteAddress") instanceof DirectoryAddress)) {
                promise.tryFailure(new UnsupportedAddressTypeException());
            } else if (localAddress != null) {
                promise.tryFailure(new UnsupportedOperationException("a watch has no local address: " + localAddress));
            } else {
                opening = new Opening((DirectoryAddress) remoteAddress, promise);
                opening.start();
            }
        }
    }
}
