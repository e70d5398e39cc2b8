/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import io.netty.channel.Channel;
import io.netty.channel.IoEvent;
import io.netty.channel.IoHandle;
import io.netty.channel.IoRegistration;

import java.io.IOException;

/**
 * An {@link IoHandle} that can be registered with a loop of {@link IocpIoHandler}: the target of its
 * {@link IocpRegistration#newBinding() bindings'} completions.
 *
 * <p>{@link #handle(IoRegistration, IoEvent)} is given an {@link IocpIoEvent} for each outcome of an
 * {@link Overlapped} that has no {@link CompletionHandler} of its own. {@link #close()} is called on the loop's thread
 * when the loop shuts down: it has to cancel what is in flight and to close the bindings.
 */
public interface IocpIoHandle extends IoHandle {

    /** The loop shuts down; may be called several times. */
    @Override
    void close() throws IOException;

    /** The channel that is registered by this handle, {@code null} if it is no channel's. Never changes. */
    default Channel channel() {
        return null;
    }
}
