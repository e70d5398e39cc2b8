/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;

import static io.netty.util.internal.ObjectUtil.checkNotNull;

/**
 * The second door to a loop's completion port, for what has no {@code OVERLAPPED}: the messages of job objects, wait
 * packets, and packets that other threads post. A packet with this key is handed over raw: its third word is a payload
 * and is never followed as a pointer.
 *
 * <p>A key counts as a registration: the loop does not suspend under it, and closes it when it shuts down. Its number
 * is never used again, so that a late packet of a closed key reaches nobody.
 *
 * <pre>{@code
 * CompletionKey key = CompletionKey.open(loop, (k, message, processId) -> ...).sync().getNow();
 * // JOBOBJECT_ASSOCIATE_COMPLETION_PORT { CompletionKey = key.value(), CompletionPort = key.port() }
 * }</pre>
 */
public final class CompletionKey implements AutoCloseable {

    private final IocpIoHandler loop;
    private final long value;
    private final RawCompletionHandler handler;
    private final Promise<Void> closed;
    private volatile boolean open = true;

    CompletionKey(IocpIoHandler loop, long value, RawCompletionHandler handler) {
        this.loop = loop;
        this.value = value;
        this.handler = handler;
        closed = loop.newPromise();
        closed.setUncancellable();
    }

    /**
     * Opens a key on a loop. May be called from any thread.
     *
     * @param loop a loop of an {@link IocpIoHandler}
     * @param handler receives the packets, on the loop's thread
     * @return the key; can't be cancelled. Fails with an {@link IllegalArgumentException} if the loop is another's, and
     *         with what {@code IoEventLoop.register} fails with
     */
    public static Future<CompletionKey> open(IoEventLoop loop, RawCompletionHandler handler) {
        checkNotNull(handler, "handler");
        return BoundHandle.open(loop, new BoundHandle<CompletionKey>() {
            @Override
            CompletionKey create(IocpRegistration registration) {
                return registration.loop().openKey(handler);
            }

            @Override
            Future<?> closeFuture(CompletionKey key) {
                return key.closed;
            }

            @Override
            void close(CompletionKey key) {
                key.close();
            }
        });
    }

    /** The handle of the loop's completion port, to hand to Windows. It belongs to the loop: never close it. */
    public long port() {
        return loop.portHandle();
    }

    /** The number that packets for this key carry, to hand to Windows. */
    public long value() {
        return value;
    }

    /**
     * Posts a packet to the key's handler ({@code PostQueuedCompletionStatus}). May be called from any thread.
     *
     * @param bytes the packet's {@code dwNumberOfBytesTransferred}; means what both sides agree on
     * @param payload the packet's {@code lpOverlapped}; never followed as a pointer
     * @throws ClosedChannelException if the key, or the loop, was closed
     * @throws IOException if Windows has no memory for the packet
     */
    public void post(int bytes, long payload) throws IOException {
        if (!open) {
            throw new ClosedChannelException();
        }
        loop.post(bytes, value, payload);
    }

    /** Whether packets are still delivered. */
    public boolean isOpen() {
        return open;
    }

    /** Done when the key was closed, by {@link #close()} or by the end of the loop. Any thread. */
    public Future<Void> closeFuture() {
        return closed;
    }

    /**
     * Stops the delivery: packets that are queued or still come are dropped and counted as stale. What posts them, a
     * job object for instance, has to be told by its own means. May be called from any thread, and again.
     */
    @Override
    public void close() {
        open = false;
        loop.executeQuietly(() -> {
            loop.closeKey(value);
            closed.trySuccess(null);
        });
    }

    void packet(int bytes, long payload) {
        if (open) {
            handler.completed(this, bytes, payload);
        }
    }

    @Override
    public String toString() {
        return "CompletionKey(" + value + (open ? ")" : ", closed)");
    }
}
