/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.Iocp;
import io.github.nettyiocp.testsuite.host.AnotherJvm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;

@Timeout(240)
class AvailabilityOnWindowsTest {

    @Test
    void theTransportIsAvailableAndTellsTheVersionOfWindows() {
        assertThat(Iocp.unavailabilityCause()).isNull();
        assertThat(Iocp.isAvailable()).isTrue();
        Iocp.ensureAvailability();
        assertThat(Iocp.featureString()).contains("Windows");
        WindowsTestSupport.print("features: %s", Iocp.featureString());
    }

    @Test
    void nativeTransportsCanBeSwitchedOffByAProperty() throws Exception {
        assertThat(AnotherJvm.availability("--enable-native-access=ALL-UNNAMED", "-Dio.netty.transport.noNative=true"))
                .contains("available: false", "-Dio.netty.transport.noNative=true", "UnsatisfiedLinkError");
    }

    @Test
    void whereNativeAccessIsDeniedTheCauseTellsTheOptionThatGrantsIt() throws Exception {
        assertThat(AnotherJvm.availability("--illegal-native-access=deny")).contains("available: false",
                "--enable-native-access=ALL-UNNAMED", "UnsatisfiedLinkError");
    }
}
