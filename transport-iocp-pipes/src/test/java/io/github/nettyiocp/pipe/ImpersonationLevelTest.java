/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.github.nettyiocp.internal.WinConst;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

class ImpersonationLevelTest {

    @ParameterizedTest
    @EnumSource
    void theLevelIsNeverLeftToWindows(ImpersonationLevel level) {
        assertThat(level.flags() & WinConst.SECURITY_SQOS_PRESENT).isNotZero();
        assertThat(level.flags() & WinConst.SECURITY_CONTEXT_TRACKING).isZero();
    }

    @Test
    void theLevelsAreThoseOfWindows() {
        assertThat(ImpersonationLevel.ANONYMOUS.flags()).isEqualTo(0x100000);
        assertThat(ImpersonationLevel.IDENTIFICATION.flags()).isEqualTo(0x110000);
        assertThat(ImpersonationLevel.IMPERSONATION.flags()).isEqualTo(0x120000);
    }
}
