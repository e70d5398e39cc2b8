/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

/**
 * Receives the packets of a {@link CompletionKey}.
 */
@FunctionalInterface
public interface RawCompletionHandler {

    /**
     * Called on the loop's thread for each packet that carries the key.
     *
     * @param key the key
     * @param bytes the packet's number of bytes; for a job object, the message
     * @param payload the packet's third word, which nobody has followed as a pointer; for a job object, a process id
     */
    void completed(CompletionKey key, int bytes, long payload);
}
