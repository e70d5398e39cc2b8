/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.faults;

import io.github.nettyiocp.internal.NativeWin32;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.Win32Access;

/** Gives every loop and thread the calls of another access, with something {@linkplain #around around} them. */
public abstract class ForwardingWin32Access implements Win32Access {

    private final Win32Access access;

    /** Around the real calls. */
    protected ForwardingWin32Access() {
        this(NativeWin32.ACCESS);
    }

    protected ForwardingWin32Access(Win32Access access) {
        this.access = access;
    }

    @Override
    public final Win32 newInstance() {
        return around(access.newInstance());
    }

    @Override
    public final Win32 ofThisThread() {
        return around(access.ofThisThread());
    }

    /** A {@link ForwardingWin32} that makes its calls by these. */
    protected abstract Win32 around(Win32 calls);
}
