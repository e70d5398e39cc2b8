/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.internal.StringUtil;

import static io.netty.util.internal.ObjectUtil.checkNotNull;

/**
 * The registration's handle behind {@link Binding#open} and {@link CompletionKey#open}: it lives as long as what it
 * stands for, and closes it when the loop shuts down.
 */
abstract class BoundHandle<T> implements IocpIoHandle {

    /** Makes what the handle stands for, on the loop. */
    abstract T create(IocpRegistration registration) throws Exception;

    /** Done when it has ended. */
    abstract Future<?> closeFuture(T thing);

    /** Ends it. */
    abstract void close(T thing);

    private T created;

    static <T> Future<T> open(IoEventLoop loop, BoundHandle<T> handle) {
        checkNotNull(loop, "loop");
        Promise<T> promise = loop.newPromise();
        // Whose the handle is must follow from the outcome, and a cancel could come when it has been bound already.
        promise.setUncancellable();
        if (!loop.isCompatible(IocpIoHandle.class)) {
            return promise.setFailure(new IllegalArgumentException("not a loop of " + IocpIoHandler.class.getName()
                    + ": " + StringUtil.simpleClassName(loop)));
        }
        loop.register(handle).addListener((Future<IoRegistration> registered) -> {
            if (registered.isSuccess()) {
                handle.created(registered.getNow(), promise);
            } else {
                promise.setFailure(registered.cause());
            }
        });
        return promise;
    }

    private void created(IoRegistration registration, Promise<T> promise) {
        try {
            created = create(registration.attachment());
        } catch (Throwable cause) {
            registration.cancel();
            promise.setFailure(cause);
            return;
        }
        closeFuture(created).addListener(closed -> registration.cancel());
        promise.setSuccess(created);
    }

    @Override
    public void handle(IoRegistration registration, IoEvent event) {
        // The operations of Binding.open have handlers of their own; one without is started for its effect alone.
    }

    @Override
    public void close() {
        if (created != null) {
            close(created);
        }
    }
}
