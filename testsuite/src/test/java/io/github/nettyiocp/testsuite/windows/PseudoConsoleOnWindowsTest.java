/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.internal.NativeWin32;
import io.github.nettyiocp.process.ChildProcess;
import io.github.nettyiocp.process.ChildProcessBuilder;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Children on a pseudo console. */
@Timeout(240)
class PseudoConsoleOnWindowsTest {

    private static void assumeAvailable() {
        Assumptions.assumeTrue(NativeWin32.ACCESS.ofThisThread().isExported("kernel32.dll", "CreatePseudoConsole"),
                "this Windows has no pseudo consoles");
    }

    @Test
    void theChildSeesAConsoleOfTheSizeThatWasAskedFor() throws Exception {
        assumeAvailable();
        try (ChildFixture fixture = new ChildFixture()) {
            ChildProcess child = fixture.start(fixture.builder("draw").pseudoConsole(97, 31));
            assertThat(child.stderr()).isNull();
            assertThat(ChildFixture.exitCode(child)).isZero();
            assertThat(fixture.output.inactive.await(60, TimeUnit.SECONDS)).as("the console's end: "
                    + new String(fixture.output.received(), StandardCharsets.UTF_8)).isTrue();
            assertThat(fixture.output()).contains("console 97x31");
        }
    }

    @Test
    void aChildThatIsKilledEndsItsConsole() throws Exception {
        assumeAvailable();
        try (ChildFixture fixture = new ChildFixture()) {
            ChildProcess child = fixture.start(fixture.builder("draw", "stay").pseudoConsole(80, 25));
            WindowsTestSupport.await("output", () -> new String(fixture.output.received(), StandardCharsets.UTF_8)
                    .contains("console"));
            child.kill(4);
            assertThat(ChildFixture.exitCode(child)).isEqualTo(4);
            assertThat(fixture.output.inactive.await(60, TimeUnit.SECONDS)).isTrue();
            child.resizeConsole(101, 31);
        }
    }

    @Test
    void aConsoleChangesItsSize() throws Exception {
        assumeAvailable();
        Assumptions.assumeFalse(WindowsTestSupport.isWine(), "Wine does not resize pseudo consoles");
        try (ChildFixture fixture = new ChildFixture()) {
            ChildProcess child = fixture.start(fixture.builder("draw", "stay").pseudoConsole(80, 25));
            child.resizeConsole(100, 30);
            child.kill();
            assertThat(ChildFixture.exitCode(child)).isEqualTo(1);
        }
    }

    @Test
    void anImpossibleSizeIsRefused() {
        for (int[] size : new int[][] { { 0, 1 }, { 1, 0 }, { -1, 5 }, { 32768, 5 } }) {
            assertThatThrownBy(() -> new ChildProcessBuilder("x").pseudoConsole(size[0], size[1]))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
