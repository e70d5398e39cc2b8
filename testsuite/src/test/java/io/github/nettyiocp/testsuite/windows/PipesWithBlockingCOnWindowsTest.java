/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.testsuite.peers.Program;

/** Programs in C, with blocking calls. */
class PipesWithBlockingCOnWindowsTest extends MessagePipeInterop {

    PipesWithBlockingCOnWindowsTest() {
        super(Program.C_BLOCKING);
    }
}
