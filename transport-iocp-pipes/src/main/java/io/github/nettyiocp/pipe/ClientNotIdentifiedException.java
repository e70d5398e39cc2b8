/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import java.io.IOException;

/**
 * Windows doesn't let the server know who its client is. The client connected at {@link ImpersonationLevel#ANONYMOUS};
 * or it connected without a level, as many programs do, and nothing was read from it yet; or there is no client.
 */
public final class ClientNotIdentifiedException extends IOException {

    private static final long serialVersionUID = 1;

    ClientNotIdentifiedException(String message) {
        super(message);
    }
}
