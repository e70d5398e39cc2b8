/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.process;

import io.netty.channel.ChannelHandler;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Future;

import java.io.File;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

import static io.netty.util.internal.ObjectUtil.checkNotNull;

/**
 * Starts programs, as {@link ProcessBuilder} does, with a Netty channel for each of the standard streams.
 *
 * <pre>{@code
 * new ChildProcessBuilder("git", "log", "--oneline")
 *         .stdout(new LineBasedFrameDecoder(1000), ...)
 *         .redirectErrorStream(true)
 *         .start(group.next())
 *         .addListener((Future<ChildProcess> started) -> started.getNow().exit().addListener(...));
 * }</pre>
 *
 * <p><b>The program</b> is looked for in the directory of this process' own program, in Windows' directories and in
 * those of {@code PATH}; never in the current directory, unless the name says so ({@code .\tool.exe}). {@code .exe} is
 * added where it is missing.
 *
 * <p><b>Arguments</b> arrive as they are: they are quoted by the rules that the runtimes of Windows' programs follow.
 * Batch files ({@code .bat}, {@code .cmd}) are run by {@code cmd.exe}, for which not everything can be quoted. An
 * argument that it could take for something else ({@code " % ! ^ & | < >}, control characters) is refused with an
 * {@link IllegalArgumentException}.
 *
 * <p><b>Handles.</b> The child gets its standard handles and those that {@link #inherit} names, no others, whatever
 * else is open in this process. While it is being created they could also get into a child that something else starts
 * at the same moment and that inherits all it can, as those of {@link ProcessBuilder} do.
 *
 * <p>A builder can start any number of children. It is not safe for use by several threads.
 */
public final class ChildProcessBuilder {

    private List<String> command;
    private Path directory;
    private final Map<String, String> environment = Environment.ofThisProcess();
    private Redirect input = Redirect.PIPE;
    private Redirect output = Redirect.PIPE;
    private Redirect error = Redirect.PIPE;
    private boolean errorMerged;
    private final ChannelHandler[] handlers = new ChannelHandler[StandardHandles.ERROR + 1];
    private final List<Long> inherited = new ArrayList<>();
    private JobObject job;
    private JobLimits ownJob;
    private JobListener ownJobListener;
    private PseudoConsole.Size console;

    /** Makes a builder for a program and its arguments. */
    public ChildProcessBuilder(String... command) {
        this(Arrays.asList(command));
    }

    /** Makes a builder for a program and its arguments. */
    public ChildProcessBuilder(List<String> command) {
        command(command);
    }

    /** Sets the program and its arguments. */
    public ChildProcessBuilder command(String... newCommand) {
        return command(Arrays.asList(newCommand));
    }

    /**
     * Sets the program and its arguments.
     *
     * @throws IllegalArgumentException if there is no program
     */
    public ChildProcessBuilder command(List<String> newCommand) {
        if (newCommand.isEmpty()) {
            throw new IllegalArgumentException("the command is empty");
        }
        // Refuses null.
        command = List.copyOf(newCommand);
        return this;
    }

    /** Sets the directory in which the child starts; {@code null}, the default, for that of this process. */
    public ChildProcessBuilder directory(Path newDirectory) {
        directory = newDirectory;
        return this;
    }

    /**
     * The child's environment variables, to be changed; at first those of this process. Names differ by more than case.
     * {@code SystemRoot} is added where it is missing, since hardly a program works without it.
     */
    public Map<String, String> environment() {
        return environment;
    }

    // ---- standard streams

    /**
     * Sets where the child's input comes from: {@code PIPE} (the default; {@link ChildProcess#stdin()}),
     * {@code INHERIT} for that of this process, {@code Redirect.from(file)}, or {@code DISCARD} for nothing.
     */
    public ChildProcessBuilder redirectInput(Redirect source) {
        if (source != Redirect.DISCARD) {
            checkType(source, Redirect.Type.WRITE, Redirect.Type.APPEND);
        }
        input = source;
        return this;
    }

    /** Sets where the child's output goes: {@code PIPE} (the default), {@code INHERIT}, a file, or {@code DISCARD}. */
    public ChildProcessBuilder redirectOutput(Redirect destination) {
        output = checkType(destination, Redirect.Type.READ, Redirect.Type.READ);
        return this;
    }

    /** Sets where the child's errors go: {@code PIPE} (the default), {@code INHERIT}, a file, or {@code DISCARD}. */
    public ChildProcessBuilder redirectError(Redirect destination) {
        error = checkType(destination, Redirect.Type.READ, Redirect.Type.READ);
        return this;
    }

    /** As {@link #redirectInput(Redirect)}, from a file. */
    public ChildProcessBuilder redirectInput(File file) {
        return redirectInput(Redirect.from(file));
    }

    /** As {@link #redirectOutput(Redirect)}, to a file, which is emptied first. */
    public ChildProcessBuilder redirectOutput(File file) {
        return redirectOutput(Redirect.to(file));
    }

    /** As {@link #redirectError(Redirect)}, to a file, which is emptied first. */
    public ChildProcessBuilder redirectError(File file) {
        return redirectError(Redirect.to(file));
    }

    /** Gives the child the input, the output and the error output of this process. */
    public ChildProcessBuilder inheritIO() {
        return redirectInput(Redirect.INHERIT).redirectOutput(Redirect.INHERIT).redirectError(Redirect.INHERIT);
    }

    /** Sets whether the error output goes where the output goes, in the order in which it was written. */
    public ChildProcessBuilder redirectErrorStream(boolean merge) {
        errorMerged = merge;
        return this;
    }

    private static Redirect checkType(Redirect redirect, Redirect.Type first, Redirect.Type second) {
        if (redirect.type() == first || redirect.type() == second) {
            throw new IllegalArgumentException("a redirect of the wrong direction: " + redirect);
        }
        return redirect;
    }

    /**
     * Sets the handler of the channel that writes to the child's input, often a
     * {@link io.netty.channel.ChannelInitializer}. A builder that starts several children needs one that can be shared.
     */
    public ChildProcessBuilder stdin(ChannelHandler handler) {
        handlers[StandardHandles.INPUT] = checkNotNull(handler, "handler");
        return this;
    }

    /**
     * Sets the handler of the channel that reads the child's output. Without one the channel has
     * {@link io.netty.channel.ChannelOption#AUTO_READ} off until somebody adds handlers and sets it.
     */
    public ChildProcessBuilder stdout(ChannelHandler handler) {
        handlers[StandardHandles.OUTPUT] = checkNotNull(handler, "handler");
        return this;
    }

    /** Sets the handler of the channel that reads the child's error output, see {@link #stdout}. */
    public ChildProcessBuilder stderr(ChannelHandler handler) {
        handlers[StandardHandles.ERROR] = checkNotNull(handler, "handler");
        return this;
    }

    /**
     * Gives the child a handle of this process, under the same number, which it has to be told by other means. The
     * handle stays the caller's, who keeps it open until the child was started.
     */
    public ChildProcessBuilder inherit(long handle) {
        inherited.add(handle);
        return this;
    }

    /**
     * Gives the child a console without a window ({@code CreatePseudoConsole}, Windows 10 1809 and later): it draws on
     * {@link ChildProcess#stdout()} by control sequences, and reads keys from {@link ChildProcess#stdin()}. Redirects
     * have no effect, and there is no channel of errors. The start fails with an {@link UnsupportedOperationException}
     * where Windows has none. Closing a console takes a thread, because before Windows 11 24H2 that call waits until
     * what was drawn has been read.
     *
     * @param columns the width in characters
     * @param rows the height in characters
     */
    public ChildProcessBuilder pseudoConsole(int columns, int rows) {
        console = new PseudoConsole.Size(columns, rows);
        return this;
    }

    // ---- jobs

    /** Starts the child in a job that others may be in, from its first instruction on. It stays the caller's. */
    public ChildProcessBuilder job(JobObject newJob) {
        job = checkNotNull(newJob, "newJob");
        ownJob = null;
        return this;
    }

    /**
     * Starts each child in a new job of its own, so that {@link ChildProcess#killTree()} can end all that it starts.
     * The job is closed when nothing is left in it, or by {@link ChildProcess#close()}, or when the loop shuts down.
     * With {@link JobLimits#killOnClose} nothing of the child outlives this program.
     */
    public ChildProcessBuilder ownJob(JobLimits limits) {
        return ownJob(limits, (ofChild, event, processId) -> { });
    }

    /** Starts each child in a new job of its own, see {@link #ownJob(JobLimits)}, whose events are told. */
    public ChildProcessBuilder ownJob(JobLimits limits, JobListener listener) {
        ownJobListener = checkNotNull(listener, "listener");
        ownJob = checkNotNull(limits, "limits").copy();
        job = null;
        return this;
    }

    // ---- the start

    /**
     * Starts a child ({@code CreateProcessW}). Its channels are of the loop, its exit is told on it. The call that
     * creates the process blocks, and is made on the executor for blocking calls. May be called from the loop.
     *
     * @param loop a loop of an {@link io.github.nettyiocp.IocpIoHandler}
     * @return on the loop, when the child runs and its channels are registered. Fails with a
     *         {@link java.nio.file.NoSuchFileException} if there is no such program or directory, another
     *         {@link java.nio.file.FileSystemException} if Windows can't run it, or an {@link IllegalArgumentException}
     *         if the command or the environment is impossible. A cancelled start leaves no process
     */
    public Future<ChildProcess> start(IoEventLoop loop) {
        checkNotNull(loop, "loop");
        ChildSettings settings;
        try {
            settings = new ChildSettings(command, directory == null ? null : directory.toAbsolutePath().toString(),
                    Environment.block(environment), System.getenv("PATH"),
                    Arrays.asList(input, output, errorMerged ? null : error), Arrays.asList(handlers.clone()),
                    List.copyOf(inherited), job, false, console);
        } catch (IllegalArgumentException impossible) {
            return loop.newFailedFuture(impossible);
        }
        return ChildStart.start(loop, settings, ownJob, ownJobListener);
    }
}
