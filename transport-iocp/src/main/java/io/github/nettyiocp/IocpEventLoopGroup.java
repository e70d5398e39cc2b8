/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.util.concurrent.EventExecutorChooserFactory;
import io.netty.util.concurrent.ThreadAwareExecutor;

import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;

/**
 * An {@link EventLoopGroup} of IOCP loops, to put where a {@link io.netty.channel.nio.NioEventLoopGroup} was. It is a
 * {@link MultiThreadIoEventLoopGroup} with an {@link IocpIoHandler}, and with {@link #metrics()}. Its loops count and
 * list their channels on their own thread, as those of a {@code NioEventLoopGroup} do:
 * {@link SingleThreadEventLoop#registeredChannels()} and {@link SingleThreadEventLoop#registeredChannelsIterator()},
 * a picture of the moment.
 *
 * <p>The loops need platform threads.
 */
public final class IocpEventLoopGroup extends MultiThreadIoEventLoopGroup {

    private final List<IocpIoHandler> handlers;

    /** Makes a group with the default number of threads: twice the processors, or {@code io.netty.eventLoopThreads}. */
    public IocpEventLoopGroup() {
        this(0);
    }

    /** Makes a group with {@code nThreads} threads; {@code 0} for the default number. */
    public IocpEventLoopGroup(int nThreads) {
        this(nThreads, (Executor) null);
    }

    /** Makes a group with the default number of threads, which the factory makes. */
    public IocpEventLoopGroup(ThreadFactory threadFactory) {
        this(0, threadFactory);
    }

    /** Makes a group whose threads the factory makes. */
    public IocpEventLoopGroup(int nThreads, ThreadFactory threadFactory) {
        this(nThreads, threadFactory, new IocpIoHandlerConfig());
    }

    /** Makes a group whose threads the factory makes, with settings. */
    public IocpEventLoopGroup(int nThreads, ThreadFactory threadFactory, IocpIoHandlerConfig config) {
        this(nThreads, threadFactory, new Recorder(config));
    }

    /** Makes a group whose loops run on the executor. */
    public IocpEventLoopGroup(int nThreads, Executor executor) {
        this(nThreads, executor, new IocpIoHandlerConfig());
    }

    /** Makes a group whose loops run on the executor ({@code null} for threads of their own), with settings. */
    public IocpEventLoopGroup(int nThreads, Executor executor, IocpIoHandlerConfig config) {
        this(nThreads, executor, new Recorder(config));
    }

    /** Makes a group with settings. */
    public IocpEventLoopGroup(int nThreads, IocpIoHandlerConfig config) {
        this(nThreads, (Executor) null, config);
    }

    /**
     * Makes a group whose loops run on the executor ({@code null} for threads of their own), with settings and a way to
     * choose the next loop, for instance {@link io.netty.util.concurrent.AutoScalingEventExecutorChooserFactory}.
     */
    public IocpEventLoopGroup(int nThreads, Executor executor, EventExecutorChooserFactory chooserFactory,
                              IocpIoHandlerConfig config) {
        this(nThreads, executor, chooserFactory, new Recorder(config));
    }

    private IocpEventLoopGroup(int nThreads, ThreadFactory threadFactory, Recorder recorder) {
        super(nThreads, threadFactory, recorder);
        handlers = recorder.handlers;
    }

    private IocpEventLoopGroup(int nThreads, Executor executor, Recorder recorder) {
        super(nThreads, executor, recorder);
        handlers = recorder.handlers;
    }

    private IocpEventLoopGroup(int nThreads, Executor executor, EventExecutorChooserFactory chooserFactory,
                               Recorder recorder) {
        super(nThreads, executor, chooserFactory, recorder);
        handlers = recorder.handlers;
    }

    /** What each loop has counted, in the order of the loops. May be called from any thread, also after shutdown. */
    public List<IocpMetrics> loopMetrics() {
        return handlers.stream().map(IocpIoHandler::metrics).toList();
    }

    /** What all loops have counted together. */
    public IocpMetrics metrics() {
        return loopMetrics().stream().reduce(IocpMetrics::plus).orElseThrow();
    }

    @Override
    protected IoEventLoop newChild(Executor executor, IoHandlerFactory factory, Object... args) {
        return new Loop(this, executor, factory);
    }

    /** A loop that knows its channels. */
    private static final class Loop extends SingleThreadIoEventLoop {

        Loop(IocpEventLoopGroup parent, Executor executor, IoHandlerFactory factory) {
            super(parent, executor, factory);
        }

        @Override
        public int registeredChannels() {
            return channels().size();
        }

        @Override
        public Iterator<Channel> registeredChannelsIterator() {
            return new ChannelsReadOnlyIterator<>(channels());
        }

        private List<Channel> channels() {
            return ((IocpIoHandler) ioHandler()).channels();
        }
    }

    /** Remembers the handlers that it makes: a group does not give them out. */
    private static final class Recorder implements IoHandlerFactory {

        private final List<IocpIoHandler> handlers = new CopyOnWriteArrayList<>();
        private final IoHandlerFactory factory;

        Recorder(IocpIoHandlerConfig config) {
            factory = IocpIoHandler.newFactory(config);
        }

        @Override
        public IoHandler newHandler(ThreadAwareExecutor executor) {
            IoHandler handler = factory.newHandler(executor);
            handlers.add((IocpIoHandler) handler);
            return handler;
        }

        @Override
        public boolean isChangingThreadSupported() {
            return factory.isChangingThreadSupported();
        }
    }
}
