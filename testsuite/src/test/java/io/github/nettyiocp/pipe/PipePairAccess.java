/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.github.nettyiocp.internal.Win32Access;

import java.io.IOException;

/** Lets tests of other packages make pairs by calls of their own. */
public final class PipePairAccess {

    private PipePairAccess() {
    }

    /** Makes a pair by the given calls. */
    public static PipePair open(Win32Access access, PipeDirection direction, boolean inheritable) throws IOException {
        return PipePair.open(access, direction, inheritable);
    }
}
