/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.internal;

/**
 * Where {@link Win32} instances come from. The transport takes the real one ({@code NativeWin32.ACCESS}); tests give a
 * simulated or a decorated one.
 */
public interface Win32Access {

    /** A new instance for one event loop, which alone uses it. */
    Win32 newInstance();

    /** The instance of the calling thread, for calls that are made outside of a loop. */
    Win32 ofThisThread();

    /** Starts a daemon thread of its own for calls that wait for long. */
    default Thread startThread(String name, Runnable task) {
        return Thread.ofPlatform().daemon().name(name).start(task);
    }
}
