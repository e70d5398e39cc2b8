/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.process;

import io.github.nettyiocp.IocpRegistration;
import io.github.nettyiocp.ObjectWait;
import io.github.nettyiocp.ObjectWaitHandler;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.Win32Access;
import io.github.nettyiocp.internal.WinError;
import io.github.nettyiocp.pipe.NamedPipeChannel;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.ClosedChannelException;
import java.util.List;

/**
 * A child process that a {@link ChildProcessBuilder} started.
 *
 * <p><b>Its end and the end of its output are two things.</b> {@link #exit()} is done when the process has ended. What
 * it wrote may not have been read by then; {@link #stdout()} ends ({@code channelInactive}) after the last byte was
 * delivered, and only when every process that got the pipe's end from the child has closed it, too. A grandchild that
 * goes on keeps the output open.
 *
 * <p><b>Who owns what.</b> The process belongs to Windows: it goes on when this program ends, unless it is in a job
 * that kills on close. Its handle belongs to this object, which closes it when the process has ended or the loop shuts
 * down. The channels are closed by their users, by the end of what they carry, or by the loop.
 *
 * <p>Methods may be called from any thread.
 */
public final class ChildProcess {

    /** The exit code of a process that was killed, unless another is given. */
    static final int KILLED = 1;

    private final IoEventLoop loop;
    private final IoRegistration registration;
    private final Win32Access access;
    private final long id;
    private final StandardHandles standard;
    private final PseudoConsole console;
    private final JobObject ownJob;
    private final Promise<Integer> exit;
    private ObjectWait wait;
    /** {@code 0} once it was closed. */
    private long process;

    private ChildProcess(IoEventLoop loop, IoRegistration registration, Launched launched, ChildSettings settings) {
        this.loop = loop;
        this.registration = registration;
        access = registration.<IocpRegistration>attachment().win32Access();
        process = launched.process();
        id = launched.id();
        standard = launched.standard();
        console = launched.console();
        ownJob = settings.ownJob() ? settings.job() : null;
        exit = loop.newPromise();
        exit.setUncancellable();
    }

    /** Looks after a child that runs, on the loop. If this throws, the caller still owns it. */
    static ChildProcess begin(IoEventLoop loop, IoRegistration registration, Launched launched,
                              ChildSettings settings) throws IOException {
        ChildProcess child = new ChildProcess(loop, registration, launched, settings);
        ObjectWait wait = registration.<IocpRegistration>attachment().newWait(launched.process(),
                new ObjectWaitHandler() {
                    @Override
                    public void signalled(ObjectWait source) {
                        child.exited();
                    }

                    @Override
                    public void failed(ObjectWait source, IOException cause) {
                        if (cause instanceof ClosedChannelException) {
                            child.closedByOthers();
                        }
                        child.end(null, cause);
                    }
                });
        try {
            wait.arm();
        } catch (Throwable cause) {
            wait.close();
            throw cause;
        }
        child.wait = wait;
        return child;
    }

    /** Registers the channels, on the loop; then the start has succeeded. */
    void registerChannels(List<ChannelHandler> handlers, Promise<ChildProcess> started) {
        registerNext(handlers, started, 0);
    }

    private void registerNext(List<ChannelHandler> handlers, Promise<ChildProcess> started, int which) {
        if (which == handlers.size()) {
            started.trySuccess(this);
            return;
        }
        NamedPipeChannel channel = standard.channel(which);
        if (channel == null) {
            registerNext(handlers, started, which + 1);
            return;
        }
        ChannelHandler handler = handlers.get(which);
        if (handler != null) {
            channel.pipeline().addLast(handler);
        } else {
            // Nothing is lost until somebody is there to read it.
            channel.config().setAutoRead(false);
        }
        EventLoop eventLoop = loop;
        eventLoop.register(channel).addListener(registered -> {
            if (registered.isSuccess()) {
                registerNext(handlers, started, which + 1);
            } else {
                abandon();
                started.tryFailure(registered.cause());
            }
        });
    }

    /** The start has failed at last: the process ends, with what it has started if it has a job, and its channels. */
    private void abandon() {
        try {
            if (ownJob != null) {
                killTree();
            } else {
                kill();
            }
        } catch (IOException alsoThat) {
            // The channels are closed, so it can't talk to anybody; who started it is told why.
            exit.tryFailure(alsoThat);
        }
        // Those whose turn did not come belong to no loop yet.
        standard.close();
        close();
    }

    /** The process id. Windows gives it to another process when this one has ended and its handle is closed. */
    public long pid() {
        return id;
    }

    /**
     * Writes to the child's standard input; {@code null} if that is no pipe. The channel is closed when the child
     * closes its end, or ends. Its close is the end of the input: {@link #endInput()}.
     */
    public NamedPipeChannel stdin() {
        return standard.channel(StandardHandles.INPUT);
    }

    /** Reads the child's standard output; {@code null} if that is no pipe. */
    public NamedPipeChannel stdout() {
        return standard.channel(StandardHandles.OUTPUT);
    }

    /** Reads the child's standard error; {@code null} if that is no pipe, or goes where the output goes. */
    public NamedPipeChannel stderr() {
        return standard.channel(StandardHandles.ERROR);
    }

    /**
     * Ends the child's standard input after what was written to {@link #stdin()} until now: what the half close is for
     * sockets. The output goes on.
     *
     * @return done when the channel is closed
     * @throws IllegalStateException if the input is no pipe
     */
    public ChannelFuture endInput() {
        NamedPipeChannel stdin = stdin();
        if (stdin == null) {
            throw new IllegalStateException("the standard input of " + this + " is no pipe");
        }
        stdin.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        return stdin.closeFuture();
    }

    /**
     * Done, on the loop, when the process has ended: its exit code ({@code GetExitCodeProcess}), which is an unsigned
     * number of Windows, so that those of crashes are negative here. Fails with a {@link ClosedChannelException} if
     * the loop shuts down before. Cancelling it has no effect.
     */
    public Future<Integer> exit() {
        return exit;
    }

    /** Whether the end of the process was not noticed yet. */
    public boolean isAlive() {
        return !exit.isDone();
    }

    /** The job that was made for this child alone, see {@link ChildProcessBuilder#ownJob}; {@code null} if none was. */
    public JobObject ownJob() {
        return ownJob;
    }

    /** Ends the process as {@link #kill(int)} does, with the exit code 1. */
    public void kill() throws IOException {
        kill(KILLED);
    }

    /**
     * Ends the process ({@code TerminateProcess}), without asking it; not those that it started. {@link #exit()} tells
     * when it has ended. Does nothing if it has ended already.
     *
     * @throws IOException if Windows refuses
     */
    public synchronized void kill(int exitCode) throws IOException {
        if (process == 0) {
            return;
        }
        Win32 win32 = access.ofThisThread();
        int error = win32.terminateProcess(process, exitCode);
        // A process that is about to end can't be ended.
        if (error != 0 && error != WinError.ERROR_ACCESS_DENIED) {
            throw new IOException("process " + id + " can't be killed (TerminateProcess, error " + error + ')');
        }
    }

    /**
     * Ends the process and all that it started ({@code TerminateJobObject}), also those that it left when it ended. If
     * its job was closed before, only the process itself can be ended.
     *
     * @throws IllegalStateException if it was not started with a job of its own
     * @throws IOException if Windows refuses
     */
    public void killTree() throws IOException {
        if (ownJob == null) {
            throw new IllegalStateException(this + " was started without a job of its own");
        }
        ownJob.terminate(KILLED);
        kill();
    }

    /**
     * Changes the size of the pseudo console ({@code ResizePseudoConsole}).
     *
     * @param columns the width in characters
     * @param rows the height in characters
     * @throws IllegalStateException if the child has none
     * @throws UnsupportedOperationException if this Windows can't, as Wine
     * @throws IOException if Windows refuses
     */
    public void resizeConsole(int columns, int rows) throws IOException {
        if (console == null) {
            throw new IllegalStateException(this + " has no pseudo console");
        }
        console.resize(new PseudoConsole.Size(columns, rows));
    }

    /**
     * Closes the channels and the child's own job, which ends what is in it if it kills on close. The process itself
     * goes on otherwise, and its exit is still told.
     */
    public void close() {
        for (int i = 0; i <= StandardHandles.ERROR; i++) {
            NamedPipeChannel channel = standard.channel(i);
            if (channel != null && channel.isOpen()) {
                channel.close();
            }
        }
        if (ownJob != null) {
            ownJob.close();
        }
    }

    // ---- the end, on the loop

    private void exited() {
        try (Arena arena = Arena.ofConfined()) {
            long code = arena.allocate(Integer.BYTES, Integer.BYTES).address();
            int error = registration.<IocpRegistration>attachment().win32().getExitCodeProcess(process, code);
            if (error != 0) {
                if (error == WinError.ERROR_INVALID_HANDLE) {
                    closedByOthers();
                }
                end(null, new IOException("process " + id + " has ended, nobody knows how (GetExitCodeProcess, error "
                        + error + ')'));
            } else {
                end(Memory.getInt(code), null);
            }
        }
    }

    void loopEnds() {
        end(null, new ClosedChannelException());
        if (ownJob != null) {
            ownJob.close();
        }
    }

    /** The handle is closed when Windows no longer waits for it. */
    private void end(Integer exitCode, Throwable failure) {
        wait.close();
        wait.closeFuture().addListener(closed -> {
            closeProcess();
            registration.cancel();
            if (console != null) {
                console.close();
            }
            if (failure != null) {
                exit.tryFailure(failure);
            } else {
                exit.trySuccess(exitCode);
            }
        });
        if (ownJob != null && failure == null) {
            ownJob.whenEmpty().addListener(empty -> ownJob.close());
        }
    }

    /** Windows may have given the number to another object, which must not be closed here. */
    private synchronized void closedByOthers() {
        process = 0;
    }

    private synchronized void closeProcess() {
        if (process != 0) {
            access.ofThisThread().closeHandle(process);
            process = 0;
        }
    }

    @Override
    public String toString() {
        return "ChildProcess(" + id + (exit.isSuccess() ? ", exit code " + exit.getNow() : "") + ')';
    }
}
