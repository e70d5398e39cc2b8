/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import org.junit.jupiter.api.Test;

import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class IocpMetricsTest {

    private final IocpMetrics one = new IocpMetrics(Map.of("WSARecv", 5L, "WSASend", 2L), 10, 20, 30, 4, 5, 6, 7,
            8);
    private final IocpMetrics other = new IocpMetrics(Map.of("WSARecv", 1L, "AcceptEx", 3L), 1, 2, 3, 40, 50, 60,
            70, 80);

    @Test
    void theSumHasTheCallsOfBothAndTheSumOfEachCount() {
        assertThat(one.plus(other)).isEqualTo(new IocpMetrics(Map.of("WSARecv", 6L, "WSASend", 2L, "AcceptEx", 3L), 11,
                22, 33, 44, 55, 66, 77, 88));
    }

    @Test
    void theDifferenceIsWhatWasCountedMeanwhile() {
        assertThat(one.plus(other).minus(one).calls("WSARecv")).isEqualTo(1);
        assertThat(one.plus(other).minus(one).calls("WSASend")).isZero();
        assertThat(one.plus(other).minus(one).completions()).isEqualTo(other.completions());
        assertThat(one.plus(other).minus(one).inlineCompletions()).isEqualTo(other.inlineCompletions());
        assertThat(one.plus(other).minus(one).wakeUps()).isEqualTo(other.wakeUps());
        assertThat(one.plus(other).minus(one).outstanding()).isEqualTo(other.outstanding());
        assertThat(one.plus(other).minus(one).stalePackets()).isEqualTo(other.stalePackets());
        assertThat(one.plus(other).minus(one).foreignPackets()).isEqualTo(other.foreignPackets());
        assertThat(one.plus(other).minus(one).leakedOperations()).isEqualTo(other.leakedOperations());
        assertThat(one.plus(other).minus(one).failedAccepts()).isEqualTo(other.failedAccepts());
    }

    @Test
    void operationsThatEndedMeanwhileMakeADifferenceBelowZero() {
        assertThat(one.minus(other).outstanding()).isEqualTo(-36);
    }

    @Test
    void aFunctionThatWasNotCalledHasZeroCalls() {
        assertThat(one.calls("AcceptEx")).isZero();
        assertThat(one.calls("WSARecv")).isEqualTo(5);
    }

    @Test
    void theTotalIsThatOfAllFunctions() {
        assertThat(one.totalCalls()).isEqualTo(7);
        assertThat(one.plus(other).totalCalls()).isEqualTo(11);
    }

    @Test
    void theMapCannotBeChanged() {
        assertThatThrownBy(() -> one.calls().put("WSARecv", 1L)).isInstanceOf(UnsupportedOperationException.class);
    }
}
