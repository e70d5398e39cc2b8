/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

/**
 * A handle can't be bound because it, or a duplicate of it, is associated with a completion port already. Windows
 * associates a file object with one port for its whole life.
 */
public final class HandleAlreadyBoundException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    HandleAlreadyBoundException(String message) {
        super(message);
    }
}
