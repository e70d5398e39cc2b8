/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.internal;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

@DisabledOnOs(OS.WINDOWS)
class NativeWin32ElsewhereTest {

    @Test
    void theCallsOfWindowsSayThatThisIsNotWindows() {
        Throwable error = assertThrows(ExceptionInInitializerError.class, () -> NativeWin32.ACCESS.newInstance());
        UnsupportedOperationException cause =
                assertInstanceOf(UnsupportedOperationException.class, error.getCause());
        assertTrue(cause.getMessage().contains(System.getProperty("os.name")), cause::getMessage);
    }
}
