/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.github.nettyiocp.HandleCloser;
import io.github.nettyiocp.channel.HandleChannel;
import io.github.nettyiocp.internal.Memory;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.PromiseNotifier;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.NotYetConnectedException;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

import static io.netty.util.internal.ObjectUtil.checkNotNull;

/**
 * An end of a named pipe: a client's, made by {@code connect()} with a {@link NamedPipeAddress}, or one that a
 * {@link NamedPipeServerChannel} accepted.
 *
 * <p><b>Connect</b> never blocks the loop ({@code CreateFileW} can). While all instances of the pipe are busy it is
 * tried again until the connect timeout. It fails with a {@link java.net.ConnectException} whose message tells why, or
 * a {@link ServerVerificationException}.
 *
 * <p><b>Messages.</b> In a pipe of messages each {@code ByteBuf} that is written is one message, and an empty one is
 * none: {@link PipeMessage#empty()} is an empty message. What is read depends on {@link NamedPipeOption#READ_MODE}.
 *
 * <p><b>Ends.</b> The peer's close is the end of the input, after all that it wrote was read. The output of a pipe of
 * bytes can't end before the channel is closed: {@code shutdownOutput()} fails with an
 * {@link UnsupportedOperationException} and does no harm. In a pipe of messages it sends an empty message, when the
 * peer has read all that was written before, see {@link NamedPipeOption#EMPTY_MESSAGE_IS_END}.
 *
 * <p><b>Close.</b> What was written stays readable for the peer after {@code close()}. {@link #disconnect()} and
 * {@link #abort()} end the connection for the peer too.
 *
 * <p>Both addresses of a channel are the pipe's: a client has none of its own.
 */
public final class NamedPipeChannel extends HandleChannel {

    /** Makes a channel that is not connected. */
    public NamedPipeChannel() {
        super(new PipeStrategy(true));
    }

    /**
     * Makes a channel of an existing end of a pipe, which is connected. It must have been made for overlapped I/O and
     * must not be bound to a completion port.
     *
     * @param handle what the channel owns from now on
     */
    public NamedPipeChannel(long handle) {
        super(handle, new PipeStrategy(false));
    }

    /**
     * Makes two connected ends of a pipe of bytes without a name: a channel, and a synchronous, inheritable handle for
     * a child process or another API. Doesn't block; any thread. {@link PipePair#open} makes other kinds of pairs.
     *
     * @throws IOException if Windows has no memory or no handles
     */
    public static PipePair connectedPair() throws IOException {
        return PipePair.open(PipeDirection.DUPLEX, true);
    }

    /** An accepted connection. */
    NamedPipeChannel(NamedPipeServerChannel parent, long handle, HandleCloser closer, NamedPipeAddress address) {
        this(parent, handle, closer, new PipeStrategy(parent.config().getPipeType(), parent.config().getReadMode(),
                parent.config().getDirection()), address);
        config().setReadMode(parent.config().getReadMode());
    }

    /** A server's end that is connected. */
    NamedPipeChannel(NamedPipeServerChannel parent, long handle, HandleCloser closer, PipeStrategy strategy,
                     NamedPipeAddress address) {
        super(parent, handle, closer, strategy, address);
    }

    @Override
    protected NamedPipeChannelConfig newConfig() {
        return new NamedPipeChannelConfig(this);
    }

    @Override
    public NamedPipeChannelConfig config() {
        return (NamedPipeChannelConfig) super.config();
    }

    @Override
    public NamedPipeServerChannel parent() {
        return (NamedPipeServerChannel) super.parent();
    }

    @Override
    public NamedPipeAddress localAddress() {
        return (NamedPipeAddress) super.localAddress();
    }

    @Override
    public NamedPipeAddress remoteAddress() {
        return (NamedPipeAddress) super.remoteAddress();
    }

    private PipeStrategy pipe() {
        return (PipeStrategy) strategy();
    }

    /**
     * What the pipe carries. Any thread.
     *
     * @throws NotYetConnectedException if there is no pipe yet
     */
    public PipeType type() {
        PipeType type = pipe().type();
        if (type == null) {
            throw new NotYetConnectedException();
        }
        return type;
    }

    /** Whether this is the end of the server. Any thread. */
    public boolean isServerEnd() {
        return pipe().isServer();
    }

    @Override
    public ChannelFuture disconnect() {
        return disconnect(newPromise());
    }

    /**
     * Ends the connection: the peer is given {@link io.github.nettyiocp.IocpIoHandlerConfig#closeTimeoutMillis} to read
     * what Windows has of it ({@code FlushFileBuffers}), what it has not read by then is lost, and its calls fail from
     * there on ({@code DisconnectNamedPipe}). The channel is closed after that. A client's end can't disconnect: it is
     * closed.
     */
    @Override
    public ChannelFuture disconnect(ChannelPromise promise) {
        runOnLoop(() -> {
            if (!isActive() || !isServerEnd() || handleBinding() == null) {
                close(promise);
                return;
            }
            Promise<Void> drained = eventLoop().newPromise();
            drained.addListener(future -> {
                disconnectNow();
                close(promise);
            });
            eventLoop().schedule(() -> drained.tryFailure(new TimeoutException()),
                    registration().config().closeTimeoutMillis(), TimeUnit.MILLISECONDS);
            new PipeDrain(registration(), this, drained).start();
        });
        return promise;
    }

    /**
     * Ends the connection at once. What the peer has not read of what this end wrote is lost, if this is the server's
     * end ({@code DisconnectNamedPipe}); if it is the client's, what Windows has not taken over yet is.
     */
    public ChannelFuture abort() {
        ChannelPromise promise = newPromise();
        runOnLoop(() -> {
            if (isActive() && handleBinding() != null) {
                if (isServerEnd()) {
                    disconnectNow();
                }
                handleBinding().cancelAll();
            }
            close(promise);
        });
        return promise;
    }

    private void disconnectNow() {
        if (isActive()) {
            // What it says doesn't matter: the handle is closed next.
            registration().win32().disconnectNamedPipe(handle());
        }
    }

    /**
     * Finds out who is at the other end, on the executor for blocking calls. May be called from any thread.
     *
     * @return on the loop; fails with a {@link NotYetConnectedException} if the channel is not connected
     */
    public Future<NamedPipePeer> peer() {
        return onConnected(() -> {
            var executor = registration().config().blockingExecutor();
            return isServerEnd() ? PeerLookup.ofClient(registration().win32Access(), executor, eventLoop(), handle())
                    : PeerLookup.ofServer(registration().win32Access(), executor, eventLoop(), handle());
        });
    }

    /**
     * Runs a task as the client ({@code ImpersonateNamedPipeClient}), on a thread of the executor for blocking calls,
     * which reverts in every case. Only the end of a server can. May be called from any thread.
     *
     * <p>The task has the rights of the client, which at {@link ImpersonationLevel#IDENTIFICATION} are none: even a
     * class that is loaded in it for the first time fails. It should do little, and hand on what it found out. What it
     * starts on other threads does not run as the client.
     *
     * @return on the loop; fails with what the task threw, with a {@link ClientNotIdentifiedException} if Windows
     *         doesn't know the client, or with an {@link UnsupportedOperationException} at a client's end
     */
    public <T> Future<T> impersonateClient(Callable<T> task) {
        checkNotNull(task, "task");
        return onConnected(() -> {
            if (!isServerEnd()) {
                throw new UnsupportedOperationException("the end of a client can't impersonate: " + this);
            }
            return Impersonation.call(registration().win32Access(), registration().config().blockingExecutor(),
                    eventLoop(), handle(), task);
        });
    }

    private <T> Future<T> onConnected(Supplier<Future<T>> call) {
        Promise<T> promise = eventLoop().newPromise();
        runOnLoop(() -> {
            try {
                if (!isActive() || handleBinding() == null) {
                    throw new NotYetConnectedException();
                }
                PromiseNotifier.cascade(false, call.get(), promise);
            } catch (RuntimeException refused) {
                promise.setFailure(refused);
            }
        });
        return promise;
    }

    /**
     * How many bytes can be read without waiting ({@code PeekNamedPipe}), beside what the channel has read already. For
     * diagnosis: a channel reads by itself. Called on the loop's thread.
     */
    public int available() {
        if (!isActive() || handleBinding() == null) {
            return 0;
        }
        try (Arena arena = Arena.ofConfined()) {
            long available = arena.allocate(Integer.BYTES, Integer.BYTES).address();
            int error = registration().win32().peekNamedPipe(handle(), 0, 0, 0, available, 0);
            return error == 0 ? Memory.getInt(available) : 0;
        }
    }
}
