/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.host;

import io.github.nettyiocp.Iocp;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What holds on every machine's own JVM. */
class HostJvmTest {
    @Test
    void theJvmIsTheOneThatTheBuildAsksFor() {
        assertTrue(Runtime.version().feature() >= 25, Runtime.version().toString());
    }

    @Test
    void theTransportIsAvailableOnWindowsAlone() {
        assertEquals(System.getProperty("os.name").startsWith("Windows"), Iocp.isAvailable());
    }
}
