/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

/**
 * Makes the one Windows call that starts an operation.
 *
 * @see Overlapped#submit(Submission)
 */
@FunctionalInterface
public interface Submission {

    /**
     * Makes the call. It runs on the loop's thread, makes exactly one overlapped call and returns its result before
     * anything else is called. If it throws, the library can't know whether the kernel holds the memory and keeps it
     * for ever.
     *
     * @param overlapped the address of the {@code OVERLAPPED} to pass; good for this one call
     * @param transferred the address of a {@code DWORD} to pass as {@code lpNumberOfBytesTransferred}. It may be left
     *                    unused where the call takes none, or where {@link Binding.Mode#SKIP_ON_SUCCESS} is not used
     * @return {@code 0} if the call returned success, else the error that {@code GetLastError} gave right after it:
     *         {@code ERROR_IO_PENDING} (997) when it is under way
     */
    int start(long overlapped, long transferred) throws Throwable;
}
