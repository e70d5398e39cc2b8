/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.host;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

import static org.assertj.core.api.Assertions.assertThat;

/** What JVMs with other options tell where there is no Windows. */
@DisabledOnOs(OS.WINDOWS)
@Timeout(60)
class AvailabilityElsewhereTest {

    @Test
    void nativeTransportsCanBeSwitchedOffByAProperty() throws Exception {
        assertThat(AnotherJvm.availability("-Dio.netty.transport.noNative=true"))
                .contains("available: false", "-Dio.netty.transport.noNative=true", "UnsatisfiedLinkError");
    }

    @Test
    void nothingOfItNeedsNativeAccess() throws Exception {
        assertThat(AnotherJvm.availability("--illegal-native-access=deny"))
                .contains("available: false", "Windows only", "UnsatisfiedLinkError")
                .doesNotContain("IllegalCallerException");
    }
}
