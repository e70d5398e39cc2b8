/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import java.io.IOException;

/** One connection that sends a message and waits until as many bytes have come back. */
interface EchoClient extends AutoCloseable {

    int TIMEOUT_SECONDS = 20;

    /** What the connection is made with and from where, to print. */
    String description();

    byte[] roundTrip(byte[] message) throws Exception;

    @Override
    void close() throws IOException;
}
