/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.testsuite.peers.Peer;
import io.github.nettyiocp.testsuite.peers.PeerData;
import io.github.nettyiocp.testsuite.peers.Program;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** The programs of others among themselves: what they do here without us. */
@Timeout(240)
class PeersOnWindowsTest {

    private static final int SIZE = 300_000;
    private static final String SEND = "send=" + SIZE;

    private final String pipe = "\\\\.\\pipe\\netty-iocp-peers-" + ProcessHandle.current().pid() + '-'
            + System.nanoTime();

    @ParameterizedTest
    @EnumSource(value = Program.class, mode = Mode.EXCLUDE, names = { "NETTY", "CHILD" })
    void aServerInGoUnderstandsItsClients(Program client) throws Exception {
        exchange(Program.GO, client);
    }

    @ParameterizedTest
    @EnumSource(value = Program.class, mode = Mode.EXCLUDE, names = { "NETTY", "CHILD" })
    void aServerInNodeUnderstandsItsClients(Program client) throws Exception {
        exchange(Program.NODE, client);
    }

    @ParameterizedTest
    @EnumSource(value = Program.class, mode = Mode.EXCLUDE, names = { "NETTY", "CHILD" })
    void aServerInCUnderstandsItsClients(Program client) throws Exception {
        exchange(Program.C, client);
    }

    @ParameterizedTest
    @EnumSource(value = Program.class, names = { "GO", "C_BLOCKING" })
    void aBlockingServerInCUnderstandsItsClients(Program client) throws Exception {
        exchange(Program.C_BLOCKING, client);
    }

    private void exchange(Program server, Program client) throws Exception {
        try (Peer echo = server.serve(pipe, "echo", "clients=1"); Peer peer = client.dial(pipe, "exchange", SEND)) {
            assertThat(peer.await("SENT")).isEqualTo(PeerData.sum(SIZE, 1));
            assertThat(peer.await("RECEIVED")).isEqualTo(PeerData.sum(SIZE, 1));
            peer.awaitDone();
            assertThat(echo.await("CLOSED")).isEqualTo(List.of(Integer.toString(SIZE)));
            echo.awaitDone();
        }
    }

    @ParameterizedTest
    @CsvSource({ "GO, GO", "GO, C", "C, GO" })
    void aHalfCloseLeavesTheOtherDirectionOpen(Program server, Program client) throws Exception {
        try (Peer echo = server.serve(pipe, "echo", "clients=1", "type=message", "empty=end");
                Peer peer = client.dial(pipe, "transfer", SEND, "end=half", "empty=end")) {
            peer.await("HALF-CLOSED");
            assertThat(peer.await("RECEIVED")).isEqualTo(PeerData.sum(SIZE, 1));
            peer.awaitDone();
            echo.awaitDone();
        }
    }

    @Test
    void messagesArriveWholeAndInOrder() throws Exception {
        int[] sizes = { 1, 0, 70_000, 0, 0, 65_536, 5, 200_000 };
        try (Peer server = Program.C.serve(pipe, "messages", "type=message", "read=message", "receive=" + sizes.length,
                        "buffer=4096");
                Peer client = Program.C_BLOCKING.dial(pipe, "messages", "sizes=1,0,70000,0,0,65536,5,200000",
                        "receive=0")) {
            int seed = 1;
            for (int size : sizes) {
                assertThat(server.await("MESSAGE").subList(0, 2)).isEqualTo(PeerData.sum(size, seed++));
            }
            server.awaitDone();
            client.awaitDone();
        }
    }

    @ParameterizedTest
    @EnumSource(value = Program.class, names = { "GO", "NODE", "C" })
    void whatWasWrittenBeforeACrashArrives(Program program) throws Exception {
        try (Peer server = program.serve(pipe, "transfer", "send=3000000", "receive=0", "die-after-sent=1000000");
                Peer client = Program.C.dial(pipe, "transfer")) {
            server.await("DYING");
            assertThat(server.awaitExit()).isNotZero();
            client.await("END");
            assertThat(Integer.parseInt(client.await("RECEIVED").get(0))).isGreaterThanOrEqualTo(1_000_000);
            client.awaitDone();
        }
    }

    @Test
    void aPeerThatIsKilledIsGone() throws Exception {
        Peer server = Program.C.serve(pipe, "echo");
        try (Peer client = Program.C.dial(pipe, "transfer", "send=1000")) {
            server.await("ACCEPTED");
            server.kill();
            client.await("END");
            client.awaitDone();
        }
    }
}
