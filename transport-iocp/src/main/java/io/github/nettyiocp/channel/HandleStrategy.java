/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.Binding;
import io.github.nettyiocp.CompletionHandler;
import io.github.nettyiocp.IocpRegistration;
import io.github.nettyiocp.Overlapped;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.util.ReferenceCounted;
import io.netty.util.concurrent.Promise;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.UnsupportedAddressTypeException;

import static io.netty.util.internal.ObjectUtil.checkNotNull;

/**
 * What differs by the kind of handle that a {@link HandleChannel} is about. This one is of a stream of bytes that
 * {@code ReadFile} and {@code WriteFile} move; another kind overrides what is different. A strategy belongs to one
 * channel. Its methods are called on the loop's thread, {@link #open} and {@link #adopt} excepted.
 */
public class HandleStrategy {

    private HandleChannel channel;

    /** Makes a strategy of a stream of bytes. */
    public HandleStrategy() {
    }

    final void attach(HandleChannel owner) {
        if (channel != null) {
            throw new IllegalArgumentException(this + " belongs to " + channel);
        }
        channel = owner;
    }

    /** The channel. */
    protected final HandleChannel channel() {
        return channel;
    }

    /** The channel's binding; {@code null} before the channel was registered. */
    protected final Binding binding() {
        return channel.binding();
    }

    /** The registration of the channel; {@code null} before the channel was registered. */
    protected final IocpRegistration registration() {
        return channel.door();
    }

    /** Whether errors mean what they mean of pipes. An adopted handle that is one is known without this. */
    protected boolean isPipe() {
        return false;
    }

    // ---- opening

    /**
     * Called with what {@code connect()} was called with, before anything else.
     *
     * @throws UnsupportedAddressTypeException if it is none that can be opened
     */
    protected void checkAddress(SocketAddress address) {
        throw new UnsupportedAddressTypeException();
    }

    /**
     * Opens the handle that {@code connect()} names, for overlapped I/O. Called on a thread that may block; that the
     * connect was cancelled or timed out meanwhile makes the system call in it fail ({@code CancelSynchronousIo}).
     *
     * @return the handle, which the channel owns from now on
     */
    protected long open(SocketAddress address) throws IOException {
        throw new UnsupportedAddressTypeException();
    }

    /**
     * How many milliseconds to wait before {@link #open} is called again that has failed, {@code -1} if it is not.
     *
     * @param cause what it failed with
     * @param attempts how often it failed, from 1
     */
    protected long retryMillis(Throwable cause, int attempts) {
        return -1;
    }

    /**
     * Looks at an adopted handle before it is bound to the loop's port. Called on a thread that may block.
     *
     * @throws IOException if it is not of the kind; the channel can't be registered then
     */
    protected void adopt(long handle) throws IOException {
    }

    /**
     * Whether calls that succeed at once post no packet, see {@link Binding.Mode#SKIP_ON_SUCCESS}: for handles that
     * nobody else made or has.
     */
    protected boolean canSkipOnSuccess() {
        return false;
    }

    // ---- reading

    /** Whether the handle can be read. One that can't has no read posted: its end is noticed by a write only. */
    protected boolean canRead() {
        return true;
    }

    /**
     * Whether a read of no bytes waits until there is something, as that of a pipe does; other handles end it at once.
     * Without it {@link ReceiveMode#ZERO_BYTE} has no effect.
     */
    protected boolean waitsWithoutBuffer() {
        return true;
    }

    /**
     * How many bytes a read must have room for, whatever the allocator of the channel thinks: what is larger than the
     * buffer is an error of some handles.
     */
    protected int leastRead() {
        return 1;
    }

    /**
     * Makes the call that reads, by default {@code ReadFile}. See {@link io.github.nettyiocp.Submission#start}.
     *
     * @param address where the bytes go
     * @param length how many there is room for
     * @return {@code 0}, or the last error
     */
    protected int startRead(long address, int length, long transferred, long overlapped) {
        return channel.readFile(address, length, transferred, overlapped);
    }

    /**
     * Tells what an outcome means that is no error: success, or a warning ({@code 0x80000005}, a part of a message). By
     * default no bytes mean that there was nothing this time.
     */
    protected ReadOutcome classifyRead(int status, int bytes) {
        return bytes == 0 ? ReadOutcome.NOTHING : ReadOutcome.DATA;
    }

    /** Whether an error of a read, as {@code GetLastError} gives it, is the end of what there is to read. */
    protected boolean isEnd(int error) {
        return false;
    }

    /** Makes what {@code channelRead} gets; it takes the buffer over. By default the buffer itself. */
    protected ReferenceCounted toMessage(ByteBuf buffer, ReadOutcome outcome) {
        return buffer;
    }

    // ---- the end

    /**
     * Called when the channel begins to close, and waits for the outcomes of operations: a strategy that started some
     * {@linkplain #overlapped of its own} cancels them. Not called if the channel is closed by force.
     */
    protected void closing() {
    }

    // ---- operations of the strategy's own

    /**
     * Makes an operation beside the channel's reads and writes. Closing or deregistering the channel waits for its
     * outcome; what the handler throws goes to the channel's pipeline. Called on the loop's thread, while there is a
     * handle.
     */
    protected final Overlapped overlapped(CompletionHandler handler) {
        return channel.newOperation(checkNotNull(handler, "handler"));
    }

    // ---- writing

    /**
     * Makes the call that writes, by default {@code WriteFile}. See {@link io.github.nettyiocp.Submission#start}.
     *
     * @return {@code 0}, or the last error
     */
    protected int startWrite(long address, int length, long transferred, long overlapped) {
        return channel.writeFile(address, length, transferred, overlapped);
    }

    /**
     * Whether the handle can be written. A write to one that can't fails with an {@link UnsupportedOperationException}
     * and does no harm.
     */
    protected boolean canWrite() {
        return true;
    }

    /**
     * Whether each message is written by a call of its own, and a {@link ByteBufHolder} also if it is empty. Otherwise
     * bytes are written as it is best, and only {@code ByteBuf}s and {@code FileRegion}s.
     */
    protected boolean isMessageOriented() {
        return false;
    }

    /**
     * Looks at what is written to a handle that {@linkplain #isMessageOriented() writes messages}, if it is no {@code
     * ByteBuf}. By default the content of any is a message.
     *
     * @throws UnsupportedOperationException if it is none that can be written; the write fails with it and does no harm
     */
    protected void checkMessage(ByteBufHolder message) {
    }

    /**
     * Whether the output can end before the handle is closed, by an empty message. Otherwise {@code shutdownOutput()}
     * fails and does no harm.
     */
    protected boolean hasOutputEnd() {
        return false;
    }

    /** Called before the empty message that ends the output; completes the promise when it can be written. */
    protected void beforeOutputEnd(Promise<Void> ready) {
        ready.setSuccess(null);
    }
}
