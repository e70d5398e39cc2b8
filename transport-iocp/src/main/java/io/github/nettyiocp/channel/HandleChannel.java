/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.Binding;
import io.github.nettyiocp.CompletionHandler;
import io.github.nettyiocp.HandleCloser;
import io.github.nettyiocp.IocpRegistration;
import io.github.nettyiocp.Overlapped;
import io.github.nettyiocp.internal.BlockingCall;
import io.github.nettyiocp.internal.HandleMode;
import io.github.nettyiocp.internal.ObjectKind;
import io.github.nettyiocp.internal.StatusTable;
import io.github.nettyiocp.internal.Win32Access;
import io.github.nettyiocp.internal.WinConst;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.buffer.DefaultByteBufHolder;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.FileRegion;
import io.netty.util.ReferenceCounted;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.PromiseNotifier;
import io.netty.util.concurrent.ScheduledFuture;
import io.netty.util.internal.StringUtil;

import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetConnectedException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import static io.netty.util.internal.ObjectUtil.checkNotNull;

/**
 * A channel over any handle that is read and written by overlapped calls: a serial port, an end of a pipe, a device.
 * The handle is adopted, or opened by {@code connect()} through the {@link HandleStrategy}, which is what differs by
 * the kind of handle. The channel owns the handle from its constructor or the open on, and closes it.
 *
 * <p>An adopted handle must have been opened for overlapped I/O and must not be bound to a completion port. It is
 * looked at when the channel is registered, which fails with {@link io.github.nettyiocp.NotOverlappedException},
 * {@link io.github.nettyiocp.HandleAlreadyBoundException} or {@link java.nio.channels.ClosedChannelException}.
 *
 * <p><b>Close.</b> What was written stays readable for the peer. A write that the kernel still has is given
 * {@link io.github.nettyiocp.IocpIoHandlerConfig#closeTimeoutMillis}; after that the channel is closed, and its handle
 * is kept open until the peer has read what was being written, or is gone, or the loop ends. {@code closeForcibly()}
 * drops what is being written.
 */
public class HandleChannel extends AbstractIocpStreamChannel {

    private static final long CANCEL_AGAIN_MILLIS = 50;

    private final HandleStrategy strategy;
    private final HandleChannelConfig config;
    /** A handle that isn't bound yet. */
    private long unbound;
    private final HandleCloser closer;
    /** Who made the handle is not known: it may be of any kind. */
    private final boolean adopted;
    private boolean pipe;
    /** Of an adopted handle. */
    private boolean readable = true;
    private boolean writable = true;
    private Adoption adoption;
    private Opening opening;
    private ChannelPromise outputEnd;

    /**
     * Makes a channel of a handle that is a stream of bytes.
     *
     * @param handle opened for overlapped I/O; the channel owns it from now on
     */
    @SuppressWarnings("this-escape")
    public HandleChannel(long handle) {
        this(handle, new HandleStrategy());
    }

    /**
     * Makes a channel of a handle.
     *
     * @param handle opened for overlapped I/O; the channel owns it from now on
     */
    @SuppressWarnings("this-escape")
    public HandleChannel(long handle, HandleStrategy strategy) {
        this(null, checkHandle(handle), HandleChannel::closeHandle, true, strategy);
        setActive();
    }

    /** Makes a channel whose handle {@code connect()} opens. */
    @SuppressWarnings("this-escape")
    public HandleChannel(HandleStrategy strategy) {
        this(null, WinConst.INVALID_HANDLE_VALUE, HandleCloser.NONE, false, strategy);
    }

    @SuppressWarnings("this-escape")
    private HandleChannel(Channel parent, long handle, HandleCloser closer, boolean adopted, HandleStrategy strategy) {
        super(parent, false);
        this.strategy = checkNotNull(strategy, "strategy");
        unbound = handle;
        this.closer = closer;
        this.adopted = adopted;
        strategy.attach(this);
        config = newConfig();
    }

    /**
     * Makes a channel of a pipe's end that a server accepted: the handle was made for overlapped I/O by the server.
     *
     * @param handle what the channel owns from now on
     * @param closer closes the handle if the channel is closed before it was ever registered
     */
    @SuppressWarnings("this-escape")
    protected HandleChannel(Channel parent, long handle, HandleCloser closer, HandleStrategy strategy,
                            SocketAddress address) {
        this(parent, checkHandle(handle), closer, false, strategy);
        pipe = true;
        setLocalAddress(address);
        setRemoteAddress(address);
        setActive();
    }

    private static void closeHandle(long handle) {
        WinSocket.nativeAccess().ofThisThread().closeHandle(handle);
    }

    private static long checkHandle(long handle) {
        if (handle == 0 || handle == WinConst.INVALID_HANDLE_VALUE) {
            throw new IllegalArgumentException("not a handle: " + handle);
        }
        return handle;
    }

    /** Makes the configuration; called once, by the constructor. */
    protected HandleChannelConfig newConfig() {
        return new HandleChannelConfig(this);
    }

    @Override
    public HandleChannelConfig config() {
        return config;
    }

    /** The handle; {@code INVALID_HANDLE_VALUE} (-1) before it was opened and after the close. Any thread. */
    public long handle() {
        Binding binding = binding();
        return binding != null && binding.isBound() ? binding.handle() : isOpen() ? unbound : -1;
    }

    /** The binding of the handle; {@code null} before the channel was registered. For the loop's thread. */
    protected final Binding handleBinding() {
        return binding();
    }

    /** The registration; {@code null} before the channel was registered. For the loop's thread. */
    protected final IocpRegistration registration() {
        return door();
    }

    /** The strategy that the channel was made with. */
    protected final HandleStrategy strategy() {
        return strategy;
    }

    @Override
    protected AbstractUnsafe newUnsafe() {
        return new HandleUnsafe();
    }

    // ---- registration

    @Override
    void bindHandle(Binding newBinding, IocpRegistration newDoor) throws Exception {
        if (unbound != WinConst.INVALID_HANDLE_VALUE) {
            bind(newBinding, unbound);
        }
    }

    @Override
    Future<?> prepareToBind() {
        if (!adopted || unbound == WinConst.INVALID_HANDLE_VALUE) {
            return null;
        }
        long handle = unbound;
        adoption = Adoption.start(door(), eventLoop(), handle, closer, win32 -> {
            pipe = win32.getFileType(handle) == WinConst.FILE_TYPE_PIPE;
            int access = HandleMode.grantedAccess(win32, handle);
            readable = (access & WinConst.FILE_READ_DATA) != 0;
            writable = (access & (WinConst.FILE_WRITE_DATA | WinConst.FILE_APPEND_DATA)) != 0;
            strategy.adopt(handle);
        });
        return adoption.accepted();
    }

    private void executeBlocking(BlockingTask task, Consumer<Throwable> refused) {
        try {
            door().config().blockingExecutor().execute(() -> {
                try {
                    task.run();
                } catch (Throwable cause) {
                    refused.accept(cause);
                }
            });
        } catch (RejectedExecutionException cause) {
            refused.accept(cause);
        }
    }

    private void bind(Binding newBinding, long handle) throws ClosedChannelException {
        if (strategy.canSkipOnSuccess() && config.isSkipOnSuccess()) {
            newBinding.bind(handle, null, Binding.Mode.SKIP_ON_SUCCESS);
        } else {
            newBinding.bind(handle);
        }
        unbound = WinConst.INVALID_HANDLE_VALUE;
        createOperations(newBinding);
    }

    /** What may block, and fail. */
    private interface BlockingTask {
        void run() throws Exception;
    }

    // ---- connecting

    @Override
    void startConnect(SocketAddress remoteAddress, SocketAddress localAddress) {
        if (localAddress != null) {
            throw new UnsupportedOperationException("a handle has no local address to bind: " + localAddress);
        }
        strategy.checkAddress(remoteAddress);
        opening = new Opening(remoteAddress);
        opening.attempt();
    }

    @Override
    ConnectTimeoutException connectTimedOut(int millis) {
        ConnectTimeoutException timedOut = super.connectTimedOut(millis);
        if (opening != null && opening.lastCause != null) {
            timedOut.initCause(opening.lastCause);
        }
        return timedOut;
    }

    /** The attempts to open what {@code connect()} names. */
    private final class Opening {

        private final SocketAddress address;
        private final Win32Access access = door().win32Access();
        private BlockingCall call;
        private final Arrival<Long> arrival = new Arrival<>(this::close);
        private ScheduledFuture<?> nextAttempt;
        private int attempts;
        private Throwable lastCause;

        Opening(SocketAddress address) {
            this.address = address;
        }

        void attempt() {
            nextAttempt = null;
            BlockingCall attempt = new BlockingCall();
            call = attempt;
            executeBlocking(() -> open(attempt), this::finish);
        }

        /** On a thread that may block. */
        private void open(BlockingCall attempt) {
            if (!attempt.begin(access.ofThisThread())) {
                return;
            }
            Throwable failure = null;
            boolean wanted = true;
            try {
                wanted = arrival.arrives(strategy.open(address));
            } catch (Throwable cause) {
                failure = cause;
            } finally {
                attempt.end();
            }
            if (wanted) {
                finish(failure);
            }
        }

        private void finish(Throwable failure) {
            try {
                eventLoop().execute(() -> finished(failure));
            } catch (RejectedExecutionException loopEnded) {
                arrival.giveUp();
            }
        }

        private void finished(Throwable failure) {
            call = null;
            if (opening != this || !isConnecting()) {
                arrival.giveUp();
                return;
            }
            if (failure != null) {
                failed(failure);
                return;
            }
            long handle = arrival.take();
            try {
                bind(binding(), handle);
            } catch (Throwable cause) {
                if (!binding().isBound()) {
                    close(handle);
                }
                fail(cause);
                return;
            }
            opening = null;
            setLocalAddress(address);
            setRemoteAddress(address);
            connectSucceeded();
        }

        private void failed(Throwable failure) {
            attempts++;
            long millis = strategy.retryMillis(failure, attempts);
            if (millis < 0) {
                fail(failure);
            } else {
                lastCause = failure;
                nextAttempt = eventLoop().schedule(this::attempt, millis, TimeUnit.MILLISECONDS);
            }
        }

        private void fail(Throwable cause) {
            opening = null;
            connectFailed(cause);
        }

        private void close(long handle) {
            access.ofThisThread().closeHandle(handle);
        }

        /** The connect was given up: ends the call that may be stuck; a handle that comes all the same is closed. */
        void cancel() {
            if (nextAttempt != null) {
                nextAttempt.cancel(false);
            }
            arrival.giveUp();
            cancelCall();
        }

        private void cancelCall() {
            BlockingCall stuck = call;
            if (stuck != null && !stuck.cancel(win32()) && !eventLoop().isShuttingDown()) {
                eventLoop().schedule(this::cancelCall, CANCEL_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
            }
        }
    }

    // ---- what the stream engine asks

    @Override
    ObjectKind kind() {
        return pipe || strategy.isPipe() ? ObjectKind.PIPE : ObjectKind.FILE;
    }

    @Override
    boolean isAllowHalfClosure() {
        return config.isAllowHalfClosure();
    }

    @Override
    ReceiveMode receiveMode() {
        return strategy.isMessageOriented() || !strategy.waitsWithoutBuffer() ? ReceiveMode.BUFFER
                : config.getReceiveMode();
    }

    @Override
    int leastRead() {
        return strategy.leastRead();
    }

    @Override
    boolean isAbortive() {
        return false;
    }

    @Override
    boolean canRead() {
        return readable && strategy.canRead();
    }

    @Override
    int startRead(long overlapped, long transferred, long address, int length) {
        return strategy.startRead(address, length, transferred, overlapped);
    }

    final int readFile(long address, int length, long transferred, long overlapped) {
        return win32().readFile(binding().handle(), address, length, transferred, overlapped);
    }

    @Override
    ReadOutcome classifyRead(int status, int bytes) {
        return strategy.classifyRead(status, bytes);
    }

    @Override
    boolean isEndOfStream(int status) {
        return super.isEndOfStream(status) || strategy.isEnd(StatusTable.errorOf(kind(), status));
    }

    @Override
    ReferenceCounted toMessage(ByteBuf buffer, ReadOutcome outcome) {
        return strategy.toMessage(buffer, outcome);
    }

    @Override
    WriteBuffers writeBuffers() {
        return ContiguousBytes.ofThisThread().allocator(alloc());
    }

    @Override
    int startWrite(long overlapped, long transferred) {
        ContiguousBytes bytes = ContiguousBytes.ofThisThread();
        return strategy.startWrite(bytes.address(), (int) bytes.bytes(), transferred, overlapped);
    }

    /** Makes an operation of the strategy's own. */
    final Overlapped newOperation(CompletionHandler handler) {
        return binding().overlapped((operation, status, bytes) ->
                ((HandleUnsafe) unsafe()).deliver(operation, handler));
    }

    final int writeFile(long address, int length, long transferred, long overlapped) {
        return win32().writeFile(binding().handle(), address, length, transferred, overlapped);
    }

    @Override
    boolean isMessageOriented() {
        return strategy.isMessageOriented();
    }

    @Override
    void gather(ChannelOutboundBuffer outbound, WriteBuffers buffers) throws Exception {
        if (!strategy.isMessageOriented()) {
            super.gather(outbound, buffers);
            return;
        }
        Object message = outbound.current();
        buffers.processMessage(message instanceof ByteBufHolder ? ((ByteBufHolder) message).content() : message);
    }

    /** {@code WriteFile} takes one piece of memory. */
    @Override
    boolean isReadableByKernel(ByteBuf buffer) {
        return buffer.hasMemoryAddress() || buffer.isDirect() && buffer.nioBufferCount() == 1;
    }

    @Override
    protected Object filterOutboundMessage(Object message) {
        if (!writable || !strategy.canWrite()) {
            throw new UnsupportedOperationException("a handle that can't be written: " + this);
        }
        if (!strategy.isMessageOriented()) {
            return super.filterOutboundMessage(message);
        }
        if (message instanceof ByteBufHolder) {
            ByteBufHolder holder = (ByteBufHolder) message;
            if (!(holder instanceof OutputEnd)) {
                strategy.checkMessage(holder);
            }
            if (isReadableByKernel(holder.content())) {
                return holder;
            }
            ByteBufHolder copy = holder.replace(directCopy(holder.content()));
            holder.release();
            return copy;
        }
        if (message instanceof FileRegion) {
            throw new UnsupportedOperationException("a " + StringUtil.simpleClassName(message)
                    + " would become many messages: " + this);
        }
        return super.filterOutboundMessage(message);
    }

    @Override
    protected void doBind(SocketAddress address) {
        throw new UnsupportedOperationException("a handle has no local address to bind: " + address);
    }

    @Override
    void doShutdownInput() {
        if (!isActive()) {
            throw new NotYetConnectedException();
        }
        // Windows has no such thing for these handles: what comes is not read.
    }

    @Override
    protected void doShutdownOutput() throws ClosedChannelException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
        setOutputShutdown();
    }

    @Override
    void sendEnd() {
        // The close is the end.
    }

    // ---- half close

    @Override
    void shutdownOutput0(ChannelPromise promise) {
        if (isOpen() && !isActive() && !isClosing()) {
            // Before Netty discards what was written already: it is sent after the connect.
            promise.setFailure(new NotYetConnectedException());
            return;
        }
        if (!strategy.hasOutputEnd()) {
            promise.setFailure(new UnsupportedOperationException(
                    "the output of " + this + " can't end before the channel is closed"));
            return;
        }
        if (!isActive() || isClosing() || isOutputShutdown()) {
            super.shutdownOutput0(promise);
            return;
        }
        if (outputEnd != null) {
            PromiseNotifier.cascade(false, outputEnd, promise);
            return;
        }
        outputEnd = promise;
        ChannelPromise written = newPromise();
        unsafe().write(new OutputEnd(), written);
        unsafe().flush();
        written.addListener(future -> {
            if (future.isSuccess()) {
                // Not from inside the write: Netty discards its outbound buffer.
                eventLoop().execute(() -> super.shutdownOutput0(promise));
            } else {
                outputEnd = null;
                promise.tryFailure(future.cause());
            }
        });
    }

    @Override
    boolean isWritableNow(Object message) {
        if (!(message instanceof OutputEnd) || ((OutputEnd) message).ready) {
            return true;
        }
        OutputEnd end = (OutputEnd) message;
        if (end.asked) {
            return false;
        }
        end.asked = true;
        Promise<Void> ready = eventLoop().newPromise();
        strategy.beforeOutputEnd(ready);
        if (ready.isSuccess()) {
            // Nothing is unread: this very round of writing goes on, and none would come later.
            end.ready = true;
            return true;
        }
        // A failure that is there already is taken when this round is over.
        ready.addListener(future -> {
            if (eventLoop().isShuttingDown()) {
                outputEndReady(end, future);
            } else {
                eventLoop().execute(() -> outputEndReady(end, future));
            }
        });
        return false;
    }

    private void outputEndReady(OutputEnd end, Future<?> future) {
        ChannelOutboundBuffer outbound = unsafe().outboundBuffer();
        if (!future.isSuccess() && outbound != null && outbound.current() == end) {
            outbound.remove(future.cause());
        }
        end.ready = true;
        resumeWriting();
    }

    @Override
    boolean isOutputEnd(Object message) {
        return message instanceof OutputEnd;
    }

    /** The empty message that ends the output; it waits in the outbound buffer for its turn. */
    private static final class OutputEnd extends DefaultByteBufHolder {

        private boolean asked;
        private boolean ready;

        OutputEnd() {
            super(Unpooled.EMPTY_BUFFER);
        }
    }

    // ---- the end

    @Override
    void closing(Throwable cause) {
        super.closing(cause);
        if (opening != null) {
            opening.cancel();
            opening = null;
        }
        strategy.closing();
    }

    /**
     * The peer of a pipe has not read yet what is being written: the handle stays open for it, the channel doesn't.
     * Nobody else could open a serial port meanwhile whose far end has it wait: there the write is cancelled.
     */
    @Override
    void writeIsLate() {
        if (kind() == ObjectKind.PIPE) {
            ((HandleUnsafe) unsafe()).closeNow();
        } else {
            super.writeIsLate();
        }
    }

    @Override
    void releaseBinding() {
        if (kind() == ObjectKind.PIPE) {
            binding().closeWhenIdle();
        } else {
            super.releaseBinding();
        }
    }

    @Override
    void closeUnbound() {
        long handle = unbound;
        unbound = WinConst.INVALID_HANDLE_VALUE;
        if (handle != WinConst.INVALID_HANDLE_VALUE) {
            if (adoption == null) {
                closer.close(handle);
            } else {
                adoption.close();
            }
        }
    }

    private final class HandleUnsafe extends StreamUnsafe {
    }
}
