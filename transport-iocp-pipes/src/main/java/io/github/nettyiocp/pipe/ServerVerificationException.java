/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import java.io.IOException;

/**
 * The server of a pipe is not who {@link ServerVerification} demands, or Windows didn't tell. The connect failed with
 * it, and nothing was sent.
 *
 * <p>Not a {@link java.net.ConnectException}: programs try again after one, which is the wrong answer to an impostor.
 */
public final class ServerVerificationException extends IOException {

    private static final long serialVersionUID = 1;

    ServerVerificationException(String message, Throwable cause) {
        super(message, cause);
    }
}
