/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.process;

import io.github.nettyiocp.CompletionKey;
import io.github.nettyiocp.IocpIoHandle;
import io.github.nettyiocp.IocpIoHandler;
import io.github.nettyiocp.IocpRegistration;
import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.Win32Access;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.ScheduledFuture;
import io.netty.util.internal.StringUtil;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

import static io.netty.util.internal.ObjectUtil.checkNotNull;

/**
 * A set of processes ({@code CreateJobObjectW}). A process is put into it when it is started
 * ({@link ChildProcessBuilder#job}) or by {@link #assign}, and stays there; whatever it starts from then on is in it,
 * too. Jobs nest: a process can be in several, each within the other.
 *
 * <p>What happens in the job is told to a {@link JobListener}, on the loop, by a {@link CompletionKey}; those are
 * hints.
 *
 * <p>The job's handle belongs to this object, which closes it by {@link #close()} or when the loop shuts down. The
 * processes go on then, unless {@link JobLimits#killOnClose} was set. Methods may be called from any thread; those that
 * ask or change the job throw {@link ClosedChannelException} after it was closed.
 */
public final class JobObject implements AutoCloseable {

    private static final InternalLogger logger = InternalLoggerFactory.getInstance(JobObject.class);

    /** How often it is asked whether it is empty, where the event that says so could be lost. */
    private static final long EMPTY_MILLIS = 250;
    private static final int MAX_PROCESS_IDS = 1 << 20;
    private static final int NANOS_PER_TICK = 100;

    private final IoEventLoop loop;
    private final Win32Access access;
    private final JobListener listener;
    private final Promise<Void> closed;
    /** Who waits until it is empty; guarded by this object. */
    private final List<Promise<Void>> waiting = new ArrayList<>();
    private IoRegistration registration;
    private CompletionKey key;
    private ScheduledFuture<?> nextLook;
    /** {@code 0} once it was closed. */
    private long handle;

    private JobObject(IoEventLoop loop, Win32Access access, JobListener listener) {
        this.loop = loop;
        this.access = access;
        this.listener = listener;
        closed = loop.newPromise();
        closed.setUncancellable();
    }

    /**
     * Makes a job with no process in it. May be called from any thread.
     *
     * @param loop a loop of an {@link IocpIoHandler}
     * @param limits copied; later changes have no effect
     * @param listener told of what happens in the job, on the loop
     * @return fails with an {@link IOException} if Windows refuses
     */
    public static Future<JobObject> open(IoEventLoop loop, JobLimits limits, JobListener listener) {
        checkNotNull(loop, "loop");
        checkNotNull(listener, "listener");
        JobLimits copy = checkNotNull(limits, "limits").copy();
        Promise<JobObject> promise = loop.newPromise();
        if (!loop.isCompatible(IocpIoHandle.class)) {
            return promise.setFailure(new IllegalArgumentException("not a loop of " + IocpIoHandler.class.getName()
                    + ": " + StringUtil.simpleClassName(loop)));
        }
        JobHandle registered = new JobHandle();
        loop.register(registered).addListener((Future<IoRegistration> registration) -> {
            if (registration.isSuccess()) {
                registered.create(loop, registration.getNow(), copy, listener, promise);
            } else {
                promise.tryFailure(registration.cause());
            }
        });
        return promise;
    }

    /** Makes a job that tells nobody, see {@link #open(IoEventLoop, JobLimits, JobListener)}. */
    public static Future<JobObject> open(IoEventLoop loop, JobLimits limits) {
        return open(loop, limits, (job, event, processId) -> { });
    }

    /** What is registered with the loop for a job. */
    private static final class JobHandle implements IocpIoHandle {

        private JobObject job;

        void create(IoEventLoop loop, IoRegistration registration, JobLimits limits, JobListener listener,
                    Promise<JobObject> promise) {
            IocpRegistration door = registration.attachment();
            JobObject created = new JobObject(loop, door.win32Access(), listener);
            try {
                created.create(registration, door, limits);
            } catch (Throwable cause) {
                created.close0();
                registration.cancel();
                promise.tryFailure(cause);
                return;
            }
            job = created;
            if (!promise.trySuccess(created)) {
                created.close0();
            }
        }

        @Override
        public void handle(IoRegistration registration, IoEvent event) {
            // A job has no operations.
        }

        @Override
        public void close() {
            if (job != null) {
                job.close0();
            }
        }
    }

    private void create(IoRegistration newRegistration, IocpRegistration door, JobLimits limits) throws IOException {
        registration = newRegistration;
        Win32 win32 = door.win32();
        handle = win32.createJobObject(0, 0);
        if (handle == 0) {
            throw failure("CreateJobObjectW", win32.lastError());
        }
        limits(limits);
        key = door.newKey(this::message);
        // Before there is a process in it: messages of processes that were there before are lost.
        setPort(win32, key.value(), key.port());
    }

    private void setPort(Win32 win32, long keyValue, long port) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long association = arena.allocate(Layout.JOB_PORT_SIZE, Long.BYTES).address();
            Memory.putLong(association + Layout.JOB_PORT_KEY, keyValue);
            Memory.putLong(association + Layout.JOB_PORT_PORT, port);
            check(win32.setInformationJobObject(handle, WinConst.JOB_OBJECT_ASSOCIATE_COMPLETION_PORT_INFORMATION,
                    association, Layout.JOB_PORT_SIZE), "SetInformationJobObject");
        }
    }

    private static void check(int error, String function) throws IOException {
        if (error != 0) {
            throw failure(function, error);
        }
    }

    private static IOException failure(String function, int error) {
        return new IOException("job object: " + function + " failed, error " + error);
    }

    private void checkOpen() throws ClosedChannelException {
        if (handle == 0) {
            throw new ClosedChannelException();
        }
    }

    // ---- changes

    /**
     * Sets the limits anew ({@code SetInformationJobObject}). They hold for the processes that are in the job, too.
     *
     * @throws IOException if Windows refuses
     */
    public synchronized void limits(JobLimits limits) throws IOException {
        checkOpen();
        try (Arena arena = Arena.ofConfined()) {
            long information = arena.allocate(Layout.JOB_LIMITS_SIZE, Long.BYTES).address();
            limits.write(information);
            check(access.ofThisThread().setInformationJobObject(handle, WinConst.JOB_OBJECT_EXTENDED_LIMIT_INFORMATION,
                    information, Layout.JOB_LIMITS_SIZE), "SetInformationJobObject");
        }
    }

    /**
     * Puts a process into the job that was not started in it ({@code AssignProcessToJobObject}). What it has started
     * before is not in it: {@link ChildProcessBuilder#job} leaves no such gap.
     *
     * @throws IOException if there is no such process any more, or Windows refuses
     */
    public synchronized void assign(ProcessHandle process) throws IOException {
        checkOpen();
        Win32 win32 = access.ofThisThread();
        long opened = win32.openProcess(WinConst.PROCESS_SET_QUOTA | WinConst.PROCESS_TERMINATE, 0,
                (int) process.pid());
        if (opened == 0) {
            throw failure("OpenProcess of " + process.pid(), win32.lastError());
        }
        try {
            // Open, it keeps its number; before that, another process could have got it.
            if (!process.isAlive()) {
                throw new IOException("process " + process.pid() + " has ended");
            }
            check(win32.assignProcessToJobObject(handle, opened), "AssignProcessToJobObject of " + process.pid());
        } finally {
            win32.closeHandle(opened);
        }
    }

    /**
     * Ends all processes of the job ({@code TerminateJobObject}). Does nothing if it was closed.
     *
     * @throws IOException if Windows refuses
     */
    public synchronized void terminate(int exitCode) throws IOException {
        if (handle != 0) {
            check(access.ofThisThread().terminateJobObject(handle, exitCode), "TerminateJobObject");
        }
    }

    // ---- questions

    /**
     * What the processes have used ({@code QueryInformationJobObject}).
     *
     * @throws IOException if Windows refuses
     */
    public synchronized JobAccounting accounting() throws IOException {
        checkOpen();
        Win32 win32 = access.ofThisThread();
        try (Arena arena = Arena.ofConfined()) {
            long basic = arena.allocate(Layout.JOB_IO_ACCOUNTING_SIZE, Long.BYTES).address();
            boolean io = win32.queryInformationJobObject(handle,
                    WinConst.JOB_OBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION, basic, Layout.JOB_IO_ACCOUNTING_SIZE,
                    0) == 0;
            if (!io) {
                // Wine counts no input and output.
                check(win32.queryInformationJobObject(handle, WinConst.JOB_OBJECT_BASIC_ACCOUNTING_INFORMATION, basic,
                        Layout.JOB_ACCOUNTING_SIZE, 0), "QueryInformationJobObject");
            }
            long limits = arena.allocate(Layout.JOB_LIMITS_SIZE, Long.BYTES).address();
            check(win32.queryInformationJobObject(handle, WinConst.JOB_OBJECT_EXTENDED_LIMIT_INFORMATION, limits,
                    Layout.JOB_LIMITS_SIZE, 0), "QueryInformationJobObject");
            return new JobAccounting(time(basic + Layout.JOB_ACCOUNTING_USER_TIME),
                    time(basic + Layout.JOB_ACCOUNTING_KERNEL_TIME),
                    Memory.getInt(basic + Layout.JOB_ACCOUNTING_PROCESSES),
                    Memory.getInt(basic + Layout.JOB_ACCOUNTING_ACTIVE),
                    Memory.getInt(basic + Layout.JOB_ACCOUNTING_TERMINATED),
                    io ? Memory.getLong(basic + Layout.JOB_IO_ACCOUNTING_BYTES_READ) : -1,
                    io ? Memory.getLong(basic + Layout.JOB_IO_ACCOUNTING_BYTES_WRITTEN) : -1,
                    Memory.getLong(limits + Layout.JOB_LIMITS_PEAK_PROCESS_MEMORY),
                    Memory.getLong(limits + Layout.JOB_LIMITS_PEAK_JOB_MEMORY));
        }
    }

    private static Duration time(long address) {
        return Duration.ofNanos(Memory.getLong(address) * NANOS_PER_TICK);
    }

    /**
     * The ids of the processes that are in the job now ({@code QueryInformationJobObject}).
     *
     * @throws IOException if Windows refuses
     */
    public synchronized List<Long> processIds() throws IOException {
        checkOpen();
        for (int room = 64;; room *= 4) {
            List<Long> ids = processIds(room);
            if (ids != null) {
                return ids;
            }
        }
    }

    /** {@code null} if there are more. */
    private List<Long> processIds(int room) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            int size = Layout.JOB_PROCESS_IDS + room * Long.BYTES;
            long list = arena.allocate(size, Long.BYTES).address();
            int error = access.ofThisThread().queryInformationJobObject(handle,
                    WinConst.JOB_OBJECT_BASIC_PROCESS_ID_LIST, list, size, 0);
            if (error == WinError.ERROR_MORE_DATA && room < MAX_PROCESS_IDS) {
                return null;
            }
            check(error, "QueryInformationJobObject");
            List<Long> ids = new ArrayList<>();
            for (int i = 0; i < Memory.getInt(list + Layout.JOB_PROCESS_IDS_COUNT); i++) {
                ids.add(Memory.getLong(list + Layout.JOB_PROCESS_IDS + i * (long) Long.BYTES));
            }
            return ids;
        }
    }

    private synchronized boolean isEmpty() throws IOException {
        checkOpen();
        try (Arena arena = Arena.ofConfined()) {
            long basic = arena.allocate(Layout.JOB_ACCOUNTING_SIZE, Long.BYTES).address();
            check(access.ofThisThread().queryInformationJobObject(handle,
                    WinConst.JOB_OBJECT_BASIC_ACCOUNTING_INFORMATION, basic, Layout.JOB_ACCOUNTING_SIZE, 0),
                    "QueryInformationJobObject");
            return Memory.getInt(basic + Layout.JOB_ACCOUNTING_ACTIVE) == 0;
        }
    }

    /**
     * Done, on the loop, when no process is in the job: at once if none was put into it. The job's own event makes it
     * quick; since that can be lost, the job is also asked now and then. Fails with a {@link ClosedChannelException} if
     * the job is closed before.
     */
    public Future<Void> whenEmpty() {
        Promise<Void> empty = loop.newPromise();
        synchronized (this) {
            if (handle == 0) {
                return empty.setFailure(new ClosedChannelException());
            }
            waiting.add(empty);
        }
        try {
            loop.execute(this::look);
        } catch (RejectedExecutionException ended) {
            // The loop closes the job at its end, and that tells who waits.
            logger.debug("The loop ended before the job was empty", ended);
        }
        return empty;
    }

    /** Looks whether the job is empty, on the loop. */
    private void look() {
        // Who asks after this is not answered by what is seen now.
        List<Promise<Void>> asked = takeWaiting();
        if (asked.isEmpty()) {
            return;
        }
        try {
            if (isEmpty()) {
                asked.forEach(empty -> empty.trySuccess(null));
                return;
            }
        } catch (ClosedChannelException cause) {
            asked.forEach(empty -> empty.tryFailure(cause));
            return;
        } catch (IOException cause) {
            // Out of memory for the moment. That nothing is left can't be said, and will be seen later.
            logger.debug("A job object can't be asked whether it is empty", cause);
        }
        synchronized (this) {
            waiting.addAll(asked);
        }
        if (nextLook == null) {
            nextLook = loop.schedule(() -> {
                nextLook = null;
                look();
            }, EMPTY_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private synchronized List<Promise<Void>> takeWaiting() {
        List<Promise<Void>> taken = new ArrayList<>(waiting);
        waiting.clear();
        return taken;
    }

    // ---- events, on the loop

    private void message(CompletionKey from, int message, long processId) {
        JobEvent event = JobEvent.of(message);
        if (event == null) {
            logger.debug("A job object says {} of process {}, which has no meaning here", message, processId);
            return;
        }
        if (event == JobEvent.EMPTY) {
            look();
        }
        listener.event(this, event, processId);
    }

    // ---- the end

    /** Another handle of the job, which the caller closes. */
    synchronized long duplicate() throws IOException {
        checkOpen();
        return Inheritance.duplicate(access.ofThisThread(), handle);
    }

    /** Whether it was not closed. */
    public synchronized boolean isOpen() {
        return handle != 0;
    }

    /** Done when the job was closed. */
    public Future<Void> closeFuture() {
        return closed;
    }

    /**
     * Closes the job's handle, on the loop; may be called again. No event is told after that. With
     * {@link JobLimits#killOnClose} its processes end.
     */
    @Override
    public void close() {
        try {
            if (loop.inEventLoop()) {
                close0();
            } else {
                loop.execute(this::close0);
            }
        } catch (RejectedExecutionException ended) {
            // The loop has closed it at its end.
            logger.debug("The loop ended before the job was closed", ended);
        }
    }

    private void close0() {
        if (nextLook != null) {
            nextLook.cancel(false);
            nextLook = null;
        }
        if (closeHandle()) {
            if (key != null) {
                key.close();
            }
            if (registration != null) {
                registration.cancel();
            }
            closed.trySuccess(null);
            takeWaiting().forEach(empty -> empty.tryFailure(new ClosedChannelException()));
        }
    }

    private synchronized boolean closeHandle() {
        if (handle == 0) {
            return false;
        }
        Win32 win32 = access.ofThisThread();
        if (key != null) {
            try {
                // The port is the loop's, and may be closed while the job still has processes.
                setPort(win32, 0, 0);
            } catch (IOException refused) {
                // Not all Windows take it back. Its packets are dropped: the key's number is never used again.
                logger.debug("A job object keeps its port", refused);
            }
        }
        win32.closeHandle(handle);
        handle = 0;
        return true;
    }

    @Override
    public String toString() {
        return "JobObject(0x" + Long.toHexString(handle) + ')';
    }
}
