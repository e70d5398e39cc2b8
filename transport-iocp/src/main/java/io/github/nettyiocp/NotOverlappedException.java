/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

/**
 * A handle can't be bound because it was not opened for overlapped I/O ({@code FILE_FLAG_OVERLAPPED}): its calls would
 * block the loop.
 */
public final class NotOverlappedException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    /**
     * @param message names the handle
     */
    public NotOverlappedException(String message) {
        super(message);
    }
}
