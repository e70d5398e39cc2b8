/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

/**
 * How a {@link Binding} ends its handle. {@link Binding#bind(long)} uses {@code CloseHandle}; a socket needs
 * {@code closesocket}, and a handle that stays the caller's needs {@link #NONE}.
 */
@FunctionalInterface
public interface HandleCloser {

    /** Leaves the handle open: whoever made it closes it, after the binding was closed. */
    HandleCloser NONE = handle -> { };

    /** Closes the handle. Called once, on the thread that closes the binding, whose close fails with what it throws. */
    void close(long handle);
}
