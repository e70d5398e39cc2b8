/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.netty;

import io.github.nettyiocp.testsuite.faults.FaultKind;

import java.util.EnumSet;
import java.util.Set;

/** Every test of Netty's that runs without some of the faults, and why: it assumes what Windows doesn't promise. */
enum FaultExemption {

    SHAPED_READS("TrafficShapingHandlerTest", "",
            "its server divides the bytes of each read by the size of a message, and drops what is left over",
            FaultKind.SHORT_RECEIVE),
    COUNTED_READS("ReadPendingTest", "",
            "counts the reads of a loop, of which there are more when data comes later or in parts",
            FaultKind.PENDING, FaultKind.DEFERRED, FaultKind.DELAYED, FaultKind.SHORT_BATCH, FaultKind.SHORT_RECEIVE),
    COUNTED_READ_COMPLETES("HalfClosedTest", "testAllDataReadClosure",
            "counts channelReadComplete, of which there are more when data comes later or in parts",
            FaultKind.PENDING, FaultKind.DEFERRED, FaultKind.DELAYED, FaultKind.SHORT_BATCH, FaultKind.SHORT_RECEIVE),
    RESETS_WITHOUT_RECEIVE("SocketRstTest", "testSoLingerZeroCausesOnlyRstOnClose",
            "under Wine a reset that comes while no receive is posted now and then reads as an end",
            FaultKind.DEFERRED, FaultKind.DELAYED);

    /** How the name of the class ends: over sockets and over pipes alike. */
    private final String testClass;
    /** Empty for all of the class. */
    private final String method;
    private final String reason;
    private final Set<FaultKind> kinds;

    FaultExemption(String testClass, String method, String reason, FaultKind first, FaultKind... more) {
        this.testClass = testClass;
        this.method = method;
        this.reason = reason;
        kinds = EnumSet.of(first, more);
    }

    /** The kinds that a test runs without. */
    static Set<FaultKind> of(Class<?> testClass, String method) {
        Set<FaultKind> without = EnumSet.noneOf(FaultKind.class);
        for (FaultExemption exemption : values()) {
            if (testClass.getSimpleName().endsWith(exemption.testClass)
                    && (exemption.method.isEmpty() || exemption.method.equals(method))) {
                System.out.println("FAULTS " + method + " runs without " + exemption.kinds + ": " + exemption.reason);
                without.addAll(exemption.kinds);
            }
        }
        return without;
    }
}
