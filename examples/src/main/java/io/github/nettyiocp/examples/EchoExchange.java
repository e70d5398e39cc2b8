/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.IocpMetrics;

import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.zip.CRC32;

/** What the echo examples do with each client: sends messages, compares what comes back, counts the server's calls. */
final class EchoExchange {

    private static final int SMALL = 64;
    private static final int SMALL_COUNT = 1000;
    private static final int[] LARGER = { 1, 1_000, 16_384, 65_536, 1_000_000, 4_000_000 };

    private EchoExchange() {
    }

    /** Prints what it sees; returns how many bytes were sent. */
    static long run(EchoClient client, IocpEventLoopGroup serverGroup) throws Exception {
        System.out.printf("%nClient:  %s%n", client.description());
        Random random = new Random(SMALL);
        CRC32 sum = new CRC32();
        long bytes = 0;

        IocpMetrics before = serverGroup.metrics();
        for (int i = 0; i < SMALL_COUNT; i++) {
            bytes += roundTrip(client, SMALL, random, sum);
        }
        System.out.printf("  %,d round trips of %d bytes; the server made for each%n    %s%n", SMALL_COUNT, SMALL,
                callsPerRoundTrip(serverGroup.metrics().minus(before)));

        for (int size : LARGER) {
            bytes += roundTrip(client, size, random, sum);
        }
        System.out.printf("  %d of 1 to %,d bytes; in all %,d bytes there and back unchanged, CRC-32 %08x%n",
                LARGER.length, LARGER[LARGER.length - 1], bytes, sum.getValue());
        return bytes;
    }

    /** The server's loop has no other work: what it calls is for the round trips, or for the accept before them. */
    private static String callsPerRoundTrip(IocpMetrics counted) {
        String functions = counted.calls().entrySet().stream().filter(call -> call.getValue() >= SMALL_COUNT / 10)
                .sorted(Map.Entry.comparingByKey())
                .map(call -> String.format("%s %.2f", call.getKey(), (double) call.getValue() / SMALL_COUNT))
                .collect(Collectors.joining(", "));
        return String.format("%.2f native calls (%s)", (double) counted.totalCalls() / SMALL_COUNT, functions);
    }

    private static int roundTrip(EchoClient client, int size, Random random, CRC32 sum) throws Exception {
        byte[] message = new byte[size];
        random.nextBytes(message);
        byte[] answer = client.roundTrip(message);
        int mismatch = Arrays.mismatch(message, answer);
        if (mismatch >= 0) {
            throw new IOException(client.description() + ": byte " + mismatch + " of " + size + " came back changed");
        }
        sum.update(answer);
        return size;
    }
}
