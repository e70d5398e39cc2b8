/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

/**
 * Receives the outcomes of one {@link Overlapped operation}.
 *
 * @see Binding#overlapped(CompletionHandler)
 */
@FunctionalInterface
public interface CompletionHandler {

    /**
     * Called on the loop's thread, once for each submit, never from inside it. The operation is idle again and may be
     * submitted from here. What it retained is released when this method returns.
     *
     * @param overlapped the operation
     * @param status the {@code NTSTATUS} of the outcome. Negative values of the form {@code 0xC...} are errors; a
     *               warning ({@code 0x8...}, such as {@code STATUS_BUFFER_OVERFLOW}) comes with data. The error of a
     *               call that failed at once comes as {@code 0xC007eeee}, as {@code NTSTATUS_FROM_WIN32} makes it
     * @param transferred the bytes transferred; {@code 0} with an error
     */
    void completed(Overlapped overlapped, int status, int transferred);
}
