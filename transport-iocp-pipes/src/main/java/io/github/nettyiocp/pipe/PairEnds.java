/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.github.nettyiocp.internal.WinConst;

/**
 * The two handles of a {@link PipePair}, which are their owner's to close.
 *
 * @param server the overlapped one
 * @param client the synchronous one
 */
record PairEnds(long server, long client) {

    /** Bytes that Windows keeps each way. */
    static final int QUOTA = 1 << 16;

    /** What an end of a pair may do. Attributes too: runtimes of children ask what their standard handles are. */
    static int access(boolean reads, boolean writes) {
        return WinConst.SYNCHRONIZE | WinConst.FILE_READ_ATTRIBUTES | WinConst.FILE_WRITE_ATTRIBUTES
                | (reads ? WinConst.GENERIC_READ : 0) | (writes ? WinConst.GENERIC_WRITE : 0);
    }
}
