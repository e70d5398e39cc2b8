/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.process;

import io.github.nettyiocp.IocpIoHandle;
import io.github.nettyiocp.IocpIoHandler;
import io.github.nettyiocp.IocpRegistration;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.internal.StringUtil;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.RejectedExecutionException;

/**
 * The start of a child, and what is registered with the loop for it: from the registration over the blocking call to
 * the {@link ChildProcess}. Whatever happens on the way (a cancelled future, a loop that shuts down, an executor that
 * refuses), no process and no handle is left that nobody knows of.
 */
final class ChildStart implements IocpIoHandle {

    private static final InternalLogger logger = InternalLoggerFactory.getInstance(ChildStart.class);

    private final IoEventLoop loop;
    private final Promise<ChildProcess> promise;
    private ChildSettings settings;
    private IoRegistration registration;
    private IocpRegistration door;
    private ChildProcess child;
    /** What the blocking call gave and the loop has not taken yet; guarded by this object, as is {@link #closed}. */
    private Launched arrived;
    private boolean closed;

    private ChildStart(IoEventLoop loop, ChildSettings settings) {
        this.loop = loop;
        this.settings = settings;
        promise = loop.newPromise();
    }

    /** @param ownJob the limits of a job for this child alone; {@code null} for none */
    static Future<ChildProcess> start(IoEventLoop loop, ChildSettings settings, JobLimits ownJob,
                                      JobListener listener) {
        ChildStart start = new ChildStart(loop, settings);
        if (!loop.isCompatible(IocpIoHandle.class)) {
            return start.promise.setFailure(new IllegalArgumentException("not a loop of "
                    + IocpIoHandler.class.getName() + ": " + StringUtil.simpleClassName(loop)));
        }
        loop.register(start).addListener((Future<IoRegistration> registered) -> {
            if (registered.isSuccess()) {
                start.registered(registered.getNow(), ownJob, listener);
            } else {
                start.promise.tryFailure(registered.cause());
            }
        });
        return start.promise;
    }

    private void registered(IoRegistration newRegistration, JobLimits ownJob, JobListener listener) {
        registration = newRegistration;
        door = newRegistration.attachment();
        if (ownJob == null) {
            launchOffLoop();
            return;
        }
        JobObject.open(loop, ownJob, listener).addListener((Future<JobObject> opened) -> {
            if (opened.isSuccess()) {
                settings = settings.inJob(opened.getNow());
                launchOffLoop();
            } else {
                failed(opened.cause());
            }
        });
    }

    private void launchOffLoop() {
        try {
            door.config().blockingExecutor().execute(this::launch);
        } catch (RejectedExecutionException refused) {
            failed(refused);
        }
    }

    /** On a thread that may block. */
    private void launch() {
        Launched launched = null;
        Throwable failure = null;
        try {
            if (promise.setUncancellable()) {
                launched = new Launcher(door, settings).launch();
            }
        } catch (Throwable cause) {
            failure = cause;
        }
        finish(launched, failure);
    }

    private void finish(Launched launched, Throwable failure) {
        if (!arrives(launched)) {
            discard(launched);
            return;
        }
        try {
            loop.execute(() -> launched(failure));
        } catch (RejectedExecutionException ended) {
            discard(take());
            promise.tryFailure(failure != null ? failure : ended);
        }
    }

    /** {@code false} if the loop has ended: what is handed to it after that may be refused, and may be forgotten. */
    private synchronized boolean arrives(Launched launched) {
        arrived = closed ? null : launched;
        return !closed;
    }

    private synchronized Launched take() {
        Launched taken = arrived;
        arrived = null;
        return taken;
    }

    private void discard(Launched launched) {
        if (launched != null) {
            launched.discard(door.win32Access().ofThisThread());
        }
    }

    private void launched(Throwable failure) {
        Launched launched = take();
        if (launched == null) {
            failed(failure);
            return;
        }
        try {
            child = ChildProcess.begin(loop, registration, launched, settings);
        } catch (Throwable cause) {
            discard(launched);
            failed(cause);
            return;
        }
        child.registerChannels(settings.handlers(), promise);
    }

    private void failed(Throwable cause) {
        if (registration != null) {
            // The loop may end before it has told that it registered this.
            registration.cancel();
        }
        if (settings.ownJob()) {
            endJob(settings.job());
        }
        if (cause != null) {
            promise.tryFailure(cause);
        }
    }

    /** What the child has started in its short life ends, too. */
    private static void endJob(JobObject job) {
        try {
            job.terminate(ChildProcess.KILLED);
        } catch (IOException alsoThat) {
            logger.debug("{} of a child whose start failed can't be ended", job, alsoThat);
        }
        job.close();
    }

    @Override
    public void handle(IoRegistration handled, IoEvent event) {
        // The child's wait has a handler of its own.
    }

    /** The loop ends. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        if (child != null) {
            child.loopEnds();
        } else {
            discard(take());
            failed(new ClosedChannelException());
        }
    }
}
