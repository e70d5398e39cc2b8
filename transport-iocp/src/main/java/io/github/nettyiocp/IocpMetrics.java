/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import java.util.Map;
import java.util.TreeMap;

/**
 * What a loop has counted since it was made, as of a moment ago. Always on: each count is one plain addition by the
 * loop's thread. Counts of different fields may be taken a few operations apart.
 *
 * @param calls the native calls of the loop's thread by function, in Windows' names
 * @param completions the packets that completed an operation
 * @param inlineCompletions the operations that ended at once, without a packet
 * @param wakeUps the packets that woke the loop for tasks
 * @param outstanding the operations that the kernel has now
 * @param stalePackets the packets for a submit that was not waiting for one; they were dropped
 * @param foreignPackets the packets whose {@code OVERLAPPED} or key is not of this library; they were dropped
 * @param leakedOperations the operations whose memory is kept for ever, because the kernel never gave it back
 * @param failedAccepts the connections and clients of pipes that failed before their server handed them out; no handler
 *                      is told of these
 */
public record IocpMetrics(Map<String, Long> calls, long completions, long inlineCompletions, long wakeUps,
                          long outstanding, long stalePackets, long foreignPackets, long leakedOperations,
                          long failedAccepts) {

    /** Makes an immutable copy of the map. */
    public IocpMetrics {
        calls = Map.copyOf(calls);
    }

    /** The native calls of all functions. */
    public long totalCalls() {
        return calls.values().stream().mapToLong(Long::longValue).sum();
    }

    /** The calls of one function, by its name in Windows. */
    public long calls(String function) {
        return calls.getOrDefault(function, 0L);
    }

    /** The sum of the counts of two loops. */
    public IocpMetrics plus(IocpMetrics other) {
        return combine(other, 1);
    }

    /** What was counted since {@code earlier}, a snapshot of the same loop; {@link #outstanding} is the difference. */
    public IocpMetrics minus(IocpMetrics earlier) {
        return combine(earlier, -1);
    }

    private IocpMetrics combine(IocpMetrics other, int sign) {
        Map<String, Long> sum = new TreeMap<>(calls);
        other.calls.forEach((function, count) -> sum.merge(function, sign * count, Long::sum));
        sum.values().removeIf(count -> count == 0);
        return new IocpMetrics(sum, completions + sign * other.completions,
                inlineCompletions + sign * other.inlineCompletions, wakeUps + sign * other.wakeUps,
                outstanding + sign * other.outstanding, stalePackets + sign * other.stalePackets,
                foreignPackets + sign * other.foreignPackets, leakedOperations + sign * other.leakedOperations,
                failedAccepts + sign * other.failedAccepts);
    }
}
