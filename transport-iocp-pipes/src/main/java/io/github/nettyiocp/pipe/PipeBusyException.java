/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import java.net.ConnectException;

/** A connect that may succeed a moment later: all instances are busy, or the pipe isn't there yet. */
final class PipeBusyException extends ConnectException {

    private static final long serialVersionUID = 1L;

    PipeBusyException(ConnectException cause) {
        super(cause.getMessage());
    }
}
