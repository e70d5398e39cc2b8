/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import io.github.nettyiocp.internal.CallCounts;
import io.github.nettyiocp.internal.HandleMode;
import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.Win32Access;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import io.netty.channel.Channel;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.util.collection.LongObjectHashMap;
import io.netty.util.concurrent.AbstractScheduledEventExecutor;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.ImmediateEventExecutor;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.ThreadAwareExecutor;
import io.netty.util.concurrent.Ticker;
import io.netty.util.internal.StringUtil;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

import static io.netty.util.internal.ObjectUtil.checkNotNull;

/**
 * The {@link IoHandler} of Windows I/O completion ports: one port for each event loop, whose thread alone dequeues its
 * packets and dispatches them.
 *
 * <p>Packets are told apart by their key first: one key wakes the loop, one means that the packet's {@code OVERLAPPED}
 * is a slot of this loop's {@link Overlapped operations}, all others belong to a {@link CompletionKey}. A pointer that
 * is not a slot is counted and dropped, never followed.
 *
 * @see #newFactory()
 */
public final class IocpIoHandler implements IoHandler {

    private static final InternalLogger logger = InternalLoggerFactory.getInstance(IocpIoHandler.class);

    private static final long KEY_WAKE_UP = 0;
    private static final long KEY_OPERATION = 1;
    private static final long FIRST_RAW_KEY = 2;

    /** Full batches that one round takes before the loop's tasks have their turn. */
    private static final int MAX_BATCHES = 8;
    /** So long the loop waits after a poll that failed. */
    private static final long PAUSE_MILLIS = 100;
    private static final long NANOS_PER_MILLI = TimeUnit.MILLISECONDS.toNanos(1);
    private static final int SCRATCH_BYTES = 2 * Long.BYTES + Layout.IO_STATUS_BLOCK_SIZE;
    private static final IocpRegistration[] NO_REGISTRATIONS = {};
    private static final Binding[] NO_BINDINGS = {};

    private final ThreadAwareExecutor executor;
    private final IocpIoHandlerConfig config;
    private final Win32 win32;
    private final CompletionPort port;
    private final OverlappedSlab slab;
    private final WakeUp wakeUp;
    private final ArrayDeque<Runnable> ready = new ArrayDeque<>();
    private final Set<IocpRegistration> registrations = new LinkedHashSet<>();
    private final Set<Binding> bindings = new LinkedHashSet<>();
    private final LongObjectHashMap<CompletionKey> keys = new LongObjectHashMap<>();
    private final IocpIoEvent event = new IocpIoEvent();
    /** A {@code DWORD} for the byte count of calls, an {@code IO_STATUS_BLOCK}, and a {@code ULONG} that is queried. */
    private final MemorySegment memory = Arena.ofAuto().allocate(SCRATCH_BYTES, Long.BYTES);
    private final long scratch = memory.address();

    private final Counter completions = new Counter();
    private final Counter inlineCompletions = new Counter();
    private final Counter wakeUps = new Counter();
    private final Counter outstanding = new Counter();
    /** Whether this Windows has wait completion packets; {@code null} before that was asked. */
    private Boolean waitPackets;
    private final Counter stale = new Counter();
    private final Counter foreign = new Counter();
    private final Counter leaked = new Counter();
    private final Counter failedAccepts = new Counter();

    private Ticker ticker = Ticker.systemTicker();
    private long nextRawKey = FIRST_RAW_KEY;
    private boolean virtualThread;
    private boolean shuttingDown;
    private boolean drainGivenUp;
    private boolean destroyed;

    IocpIoHandler(ThreadAwareExecutor executor, IocpIoHandlerConfig config) {
        this.executor = executor;
        this.config = config;
        Win32Access access = config.win32Access();
        win32 = access.newInstance();
        slab = new OverlappedSlab(win32, config.maxOperations());
        try {
            port = new CompletionPort(win32, config.batchSize());
        } catch (Throwable cause) {
            slab.free();
            throw cause;
        }
        long handle = port.handle();
        // Posted by other threads, with calls of their own.
        wakeUp = new WakeUp((bytes, key, payload) ->
                access.ofThisThread().postQueuedCompletionStatus(handle, bytes, key, payload), KEY_WAKE_UP);
    }

    /** A factory of loops with the default settings, for {@link io.netty.channel.MultiThreadIoEventLoopGroup}. */
    public static IoHandlerFactory newFactory() {
        return newFactory(new IocpIoHandlerConfig());
    }

    /**
     * A factory of loops with the given settings.
     *
     * @throws UnsatisfiedLinkError if {@linkplain Iocp#isAvailable() the transport is not available}; the cause tells
     *                              why
     */
    public static IoHandlerFactory newFactory(IocpIoHandlerConfig config) {
        IocpIoHandlerConfig copy = new IocpIoHandlerConfig(checkNotNull(config, "config"));
        copy.win32Access();
        return new IoHandlerFactory() {
            @Override
            public IoHandler newHandler(ThreadAwareExecutor executor) {
                return new IocpIoHandler(executor, copy);
            }

            @Override
            public boolean isChangingThreadSupported() {
                // Any thread may dequeue from a port, one at a time.
                return true;
            }
        };
    }

    // ---- the loop

    /** Also called again on a new thread, after the loop was suspended. */
    @Override
    public void initialize() {
        // Not in the constructor: a loop's own constructor makes its handler before it sets its ticker.
        if (executor instanceof AbstractScheduledEventExecutor) {
            ticker = ((AbstractScheduledEventExecutor) executor).ticker();
        }
        virtualThread = Thread.currentThread().isVirtual();
    }

    @Override
    public int run(IoHandlerContext context) {
        int packets = port.dequeue(blockMillis(context));
        wakeUp.awake();
        boolean report = context.shouldReportActiveIoTime();
        long start = report ? ticker.nanoTime() : 0;
        int handled = dispatch(packets);
        for (int batch = 1; packets == port.capacity() && batch < MAX_BATCHES; batch++) {
            port.grow();
            packets = port.dequeue(0);
            handled += dispatch(packets);
        }
        handled += runReady();
        if (report) {
            context.reportActiveIoTime(handled == 0 ? 0 : ticker.nanoTime() - start);
        }
        return handled;
    }

    /** How long to wait for packets; prepares for being woken if it is not 0. */
    private int blockMillis(IoHandlerContext context) {
        if (!ready.isEmpty() || !context.canBlock()) {
            return 0;
        }
        // The context takes the ticker's start off again.
        int millis = toMillis(context.delayNanos(ticker.nanoTime() + ticker.initialNanoTime()));
        if (millis != 0) {
            wakeUp.aboutToBlock();
            // A task may have been queued by a thread that did not see that the loop blocks.
            if (!context.canBlock()) {
                wakeUp.awake();
                return 0;
            }
        }
        return millis;
    }

    /** Rounded up, or the loop would spin through the last millisecond before a task is due. */
    static int toMillis(long nanos) {
        if (nanos < 0 || nanos == Long.MAX_VALUE) {
            return nanos < 0 ? 0 : WinConst.INFINITE;
        }
        long millis = nanos / NANOS_PER_MILLI + (nanos % NANOS_PER_MILLI == 0 ? 0 : 1);
        return (int) Math.min(millis, Integer.MAX_VALUE);
    }

    private int dispatch(int packets) {
        if (packets < 0) {
            boolean closed = packets == -WinError.ERROR_INVALID_HANDLE || packets == -WinError.ERROR_ABANDONED_WAIT_0;
            logger.warn("GetQueuedCompletionStatusEx failed for the port 0x{}: error {}{}",
                    Long.toHexString(port.handle()), -packets,
                    closed ? "; somebody who closed a handle twice closed it: this loop's I/O has stopped" : "");
            pause();
            return 0;
        }
        int handled = 0;
        for (int i = 0; i < packets; i++) {
            try {
                handled += dispatch(port.key(i), port.overlapped(i), port.status(i), port.bytes(i));
            } catch (Throwable cause) {
                // The rest of the batch has nothing to do with it.
                logger.warn("Unexpected exception from a handler of a completion", cause);
            }
        }
        return handled;
    }

    private int dispatch(long key, long overlapped, int status, int bytes) {
        if (key == KEY_WAKE_UP) {
            wakeUps.add(1);
            wakeUp.dequeued();
            return 0;
        }
        if (key != KEY_OPERATION) {
            return dispatchRaw(key, bytes, overlapped);
        }
        if (!slab.contains(overlapped)) {
            foreign.add(1);
            logger.warn("Dropped a completion whose OVERLAPPED 0x{} is not of this loop: somebody else starts"
                    + " operations on a handle that is bound here", Long.toHexString(overlapped));
            return 0;
        }
        Overlapped operation = slab.owner(overlapped);
        if (operation == null || !operation.isExpecting(overlapped)) {
            stale.add(1);
            logger.debug("Dropped a packet that nobody waits for: {}", operation);
            return 0;
        }
        completions.add(1);
        operation.packet(status, bytes);
        return 1;
    }

    private int dispatchRaw(long key, int bytes, long payload) {
        CompletionKey target = keys.get(key);
        if (target != null) {
            completions.add(1);
            target.packet(bytes, payload);
            return 1;
        }
        if (key > 0 && key < nextRawKey) {
            stale.add(1);
        } else {
            foreign.add(1);
            logger.warn("Dropped a packet with the unknown key 0x{}", Long.toHexString(key));
        }
        return 0;
    }

    /**
     * Runs what is ready now; what becomes ready meanwhile waits for the next round, after the port was asked again.
     */
    private int runReady() {
        int count = ready.size();
        for (int i = 0; i < count; i++) {
            try {
                ready.poll().run();
            } catch (Throwable cause) {
                logger.warn("Unexpected exception from a handler of a completion", cause);
            }
        }
        return count;
    }

    /** Keeps a port that always fails from taking all of a processor. */
    private void pause() {
        try {
            ticker.sleep(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException ignore) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void wakeup() {
        if (executor.isExecutorThread(Thread.currentThread())) {
            return;
        }
        int error = wakeUp.wake();
        if (error != 0) {
            logger.warn("Cannot wake the loop: PostQueuedCompletionStatus, error {}; its tasks run when its wait ends",
                    error);
        }
    }

    // ---- registrations

    @Override
    public boolean isCompatible(Class<? extends IoHandle> handleType) {
        return IocpIoHandle.class.isAssignableFrom(handleType);
    }

    @Override
    public IocpRegistration register(IoHandle handle) {
        checkThread();
        if (!(handle instanceof IocpIoHandle)) {
            throw new IllegalArgumentException(StringUtil.simpleClassName(handle) + " (expected: IocpIoHandle)");
        }
        if (virtualThread) {
            throw new IllegalStateException("an IOCP loop needs a platform thread: its native wait would hold the"
                    + " carrier of a virtual thread");
        }
        if (shuttingDown) {
            throw new IllegalStateException("IocpIoHandler is shutting down");
        }
        IocpRegistration registration = new IocpRegistration(this, (IocpIoHandle) handle);
        registrations.add(registration);
        handle.registered();
        return registration;
    }

    void remove(IocpRegistration registration) {
        registrations.remove(registration);
        try {
            registration.ioHandle().unregistered();
        } catch (Throwable cause) {
            logger.warn("Unexpected exception from IoHandle.unregistered()", cause);
        }
    }

    /** The channels that are registered now, in that order. Called on the loop's thread. */
    List<Channel> channels() {
        checkThread();
        return registrations.stream().filter(IocpRegistration::isValid)
                .map(registration -> registration.ioHandle().channel()).filter(Objects::nonNull).toList();
    }

    CompletionKey openKey(RawCompletionHandler handler) {
        CompletionKey key = new CompletionKey(this, nextRawKey++, handler);
        keys.put(key.value(), key);
        return key;
    }

    void closeKey(long value) {
        keys.remove(value);
    }

    WaitMechanism newWaitMechanism(long object, CompletionKey key) throws IOException {
        if (waitPackets == null) {
            waitPackets = WaitPacket.isAvailable(win32);
        }
        return waitPackets ? new WaitPacket(win32, scratch, object, key)
                : WaitThread.newWait(config.win32Access(), win32, object, key);
    }

    void waitStarted() {
        outstanding.add(1);
    }

    void waitEnded() {
        outstanding.add(-1);
    }

    // ---- what bindings and operations need

    /** Associates a handle with the port and sets its modes, or throws and leaves it unharmed. */
    void associate(long handle, boolean skipOnSuccess) throws ClosedChannelException {
        if (handle == 0 || handle == WinConst.INVALID_HANDLE_VALUE) {
            throw new ClosedChannelException();
        }
        int error = port.associate(handle, KEY_OPERATION);
        if (error == 0) {
            setModes(handle, skipOnSuccess);
            return;
        }
        if (error == WinError.ERROR_INVALID_HANDLE) {
            throw new ClosedChannelException();
        }
        String name = "handle 0x" + Long.toHexString(handle);
        if (error != WinError.ERROR_INVALID_PARAMETER) {
            throw new IllegalArgumentException(name + " can't be bound to a completion port: CreateIoCompletionPort,"
                    + " error " + error);
        }
        // Windows gives one error for two reasons.
        if (HandleMode.isSynchronous(win32, handle)) {
            throw new NotOverlappedException(name + " was not opened for overlapped I/O (FILE_FLAG_OVERLAPPED)");
        }
        throw new HandleAlreadyBoundException(name + " is bound to a completion port already, by this or a duplicated"
                + " handle; Windows allows one for life");
    }

    private void setModes(long handle, boolean skipOnSuccess) {
        int flags = WinConst.FILE_SKIP_SET_EVENT_ON_HANDLE
                | (skipOnSuccess ? WinConst.FILE_SKIP_COMPLETION_PORT_ON_SUCCESS : 0);
        int error = win32.setFileCompletionNotificationModes(handle, flags);
        if (error != 0 && skipOnSuccess) {
            // The handle is bound and can't be unbound. Who asked has to take another handle without the mode.
            throw new IllegalArgumentException("handle 0x" + Long.toHexString(handle)
                    + " can't skip packets on success: SetFileCompletionNotificationModes, error " + error);
        }
    }

    void bound(Binding binding) {
        bindings.add(binding);
    }

    void unbound(Binding binding) {
        if (isInThread()) {
            bindings.remove(binding);
        } else {
            executeQuietly(() -> bindings.remove(binding));
        }
    }

    void closeHandle(long handle) {
        int error = config.win32Access().ofThisThread().closeHandle(handle);
        if (error != 0) {
            throw new IllegalStateException("CloseHandle failed for 0x" + Long.toHexString(handle) + ": error "
                    + error);
        }
    }

    void operationStarted(Binding binding) {
        outstanding.add(1);
        binding.started();
    }

    void operationEnded(Binding binding) {
        outstanding.add(-1);
        binding.ended();
    }

    /** Where calls write the byte count of a success; read by {@link #transferred()} right after. */
    long transferredCell() {
        Memory.putInt(scratch, 0);
        return scratch;
    }

    int transferred() {
        return Memory.getInt(scratch);
    }

    void inlineCompletion() {
        inlineCompletions.add(1);
    }

    /** Whether the kernel has the memory can't be known: it is kept until a packet comes, for ever if none does. */
    void operationLost(Binding binding) {
        operationEnded(binding);
        leaked.add(1);
    }

    void operationFound() {
        leaked.add(-1);
    }

    void acceptFailed() {
        failedAccepts.add(1);
    }

    void ready(Runnable task) {
        ready.add(task);
    }

    IocpIoEvent event(Overlapped operation) {
        return event.set(operation, operation.status(), operation.transferred());
    }

    /** Posts a packet from any thread. */
    void post(int bytes, long key, long payload) throws IOException {
        int error = wakeUp.post(bytes, key, payload);
        if (wakeUp.isClosed()) {
            throw new ClosedChannelException();
        }
        if (error != 0) {
            throw new IOException("PostQueuedCompletionStatus failed: error " + error);
        }
    }

    OverlappedSlab slab() {
        return slab;
    }

    Win32 win32() {
        return win32;
    }

    IocpIoHandlerConfig config() {
        return config;
    }

    long portHandle() {
        return port.handle();
    }

    boolean isInThread() {
        return executor.isExecutorThread(Thread.currentThread());
    }

    void checkThread() {
        if (!isInThread()) {
            throw new IllegalStateException("called by " + Thread.currentThread() + ", not on the thread of the loop");
        }
        if (destroyed) {
            throw new IllegalStateException("the loop has ended");
        }
    }

    void execute(Runnable task) {
        executor.execute(task);
    }

    /** Runs a task on the loop, now if this is its thread; a loop that has ended has nothing left that it concerns. */
    void executeQuietly(Runnable task) {
        if (destroyed) {
            return;
        }
        if (isInThread()) {
            task.run();
            return;
        }
        try {
            executor.execute(task);
        } catch (RejectedExecutionException ended) {
            logger.debug("The loop ended before {}", task, ended);
        }
    }

    <T> Promise<T> newPromise() {
        return (executor instanceof EventExecutor ? (EventExecutor) executor : ImmediateEventExecutor.INSTANCE)
                .newPromise();
    }

    IocpMetrics metrics() {
        Map<String, Long> calls = new TreeMap<>();
        for (Map.Entry<CallCounts.Function, Long> entry : win32.counts().snapshot().entrySet()) {
            calls.put(entry.getKey().name(), entry.getValue());
        }
        return new IocpMetrics(calls, completions.get(), inlineCompletions.get(), wakeUps.get(), outstanding.get(),
                stale.get(), foreign.get(), leaked.get(), failedAccepts.get());
    }

    // ---- the end

    /** Called in each round of a loop that shuts down. */
    @Override
    public void prepareToDestroy() {
        shuttingDown = true;
        closeRegistrations();
        if (!drainGivenUp && !drain()) {
            cancelAll();
            drainGivenUp = !drain();
        }
    }

    @Override
    public void destroy() {
        if (destroyed) {
            return;
        }
        shuttingDown = true;
        // Channels that came too late for prepareToDestroy().
        closeRegistrations();
        if (!drain()) {
            cancelAll();
        }
        // Closing a handle ends what is in flight on it.
        for (Binding binding : bindings.toArray(NO_BINDINGS)) {
            binding.abort();
        }
        boolean drained = drain();
        wakeUp.close();
        destroyed = true;
        port.close();
        if (drained && leaked.get() == 0) {
            slab.free();
        } else {
            // Memory that the kernel may still write is never freed.
            leaked.add((int) outstanding.get());
            logger.warn("{} operations did not come back from Windows; their memory is kept", leaked.get());
        }
    }

    private void closeRegistrations() {
        for (IocpRegistration registration : registrations.toArray(NO_REGISTRATIONS)) {
            try {
                registration.ioHandle().close();
            } catch (Throwable cause) {
                logger.warn("Cannot close {}", registration, cause);
            }
        }
    }

    private void cancelAll() {
        for (Binding binding : bindings.toArray(NO_BINDINGS)) {
            binding.cancelAll();
        }
    }

    /** Dispatches until nothing is in flight or the close timeout is over; {@code false} if it is. */
    private boolean drain() {
        long deadline = ticker.nanoTime() + TimeUnit.MILLISECONDS.toNanos(config.closeTimeoutMillis());
        while (outstanding.get() > 0 || !ready.isEmpty()) {
            long left = deadline - ticker.nanoTime();
            int packets = port.dequeue(ready.isEmpty() ? toMillis(Math.max(left, 0)) : 0);
            dispatch(packets);
            runReady();
            if (left <= 0) {
                return outstanding.get() == 0 && ready.isEmpty();
            }
        }
        return true;
    }
}
