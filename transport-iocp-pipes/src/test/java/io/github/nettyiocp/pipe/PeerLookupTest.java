/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.github.nettyiocp.internal.WinError;
import io.netty.util.concurrent.DefaultEventExecutor;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

class PeerLookupTest {

    private final FakeSecurity fake = new FakeSecurity();
    private final EventExecutor loop = new DefaultEventExecutor();
    private final ExecutorService blocking = Executors.newSingleThreadExecutor();

    @AfterEach
    void nothingIsLeft() throws Exception {
        blocking.shutdown();
        assertThat(blocking.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        loop.shutdownGracefully(0, 30, TimeUnit.SECONDS).sync();
        assertThat(fake.leaked()).isZero();
        assertThat(fake.impersonating).isEmpty();
    }

    @Test
    void aClientIsWhoConnectedAndWhereItRuns() throws Exception {
        assertThat(client()).isEqualTo(new NamedPipePeer(18, 2, FakeSecurity.CLIENT, "HERE\\user1002", null));
    }

    @Test
    void anAnonymousClientHasNoUser() throws Exception {
        fake.clientLevel = ImpersonationLevel.ANONYMOUS;
        assertThat(client()).isEqualTo(new NamedPipePeer(18, 2, null, null, null));
    }

    @Test
    void aClientWithoutALevelHasNoUserUntilSomethingWasRead() throws Exception {
        fake.fail("impersonateNamedPipeClient", WinError.ERROR_CANNOT_IMPERSONATE);
        assertThat(client()).isEqualTo(new NamedPipePeer(18, 2, null, null, null));
    }

    @Test
    void aClientThatCannotBeImpersonatedForAnotherReasonIsAFailure() throws Exception {
        fake.fail("impersonateNamedPipeClient", WinError.ERROR_INVALID_FUNCTION);
        Future<NamedPipePeer> peer = PeerLookup.ofClient(fake.access(), blocking, loop, FakeSecurity.PIPE).await();
        assertThat(peer.cause()).isInstanceOf(IOException.class);
    }

    @Test
    void whatWindowsDoesNotTellOfAClientIsLeftOut() throws Exception {
        fake.fail("getNamedPipeClientProcessId", WinError.ERROR_INVALID_FUNCTION);
        fake.fail("getNamedPipeClientSessionId", WinError.ERROR_INVALID_FUNCTION);
        fake.fail("lookupAccountSid", WinError.ERROR_NONE_MAPPED);
        assertThat(client()).isEqualTo(new NamedPipePeer(-1, -1, FakeSecurity.CLIENT, null, null));
    }

    @Test
    void processIdsAreNotNegative() throws Exception {
        fake.clientProcess = -2;
        assertThat(client().processId()).isEqualTo(0xfffffffeL);
    }

    @Test
    void aServerIsWhomItsProcessRunsAs() throws Exception {
        assertThat(server()).isEqualTo(new NamedPipePeer(17, 1, FakeSecurity.USER, "HERE\\user1001", null));
    }

    @Test
    void aServerWhoseProcessCannotBeOpenedHasNoUser() throws Exception {
        fake.fail("openProcess", WinError.ERROR_INVALID_PARAMETER);
        assertThat(server()).isEqualTo(new NamedPipePeer(17, 1, null, null, null));
    }

    @Test
    void aServerWhoseProcessHidesItsUserHasNone() throws Exception {
        fake.fail("openProcessToken", WinError.ERROR_ACCESS_DENIED);
        assertThat(server()).isEqualTo(new NamedPipePeer(17, 1, null, null, null));
    }

    @Test
    void aServerThatWindowsDoesNotTellIsUnknown() throws Exception {
        fake.fail("getNamedPipeServerProcessId", WinError.ERROR_INVALID_FUNCTION);
        assertThat(server()).isEqualTo(new NamedPipePeer(-1, 1, null, null, null));
    }

    private NamedPipePeer client() throws Exception {
        return PeerLookup.ofClient(fake.access(), blocking, loop, FakeSecurity.PIPE).sync().getNow();
    }

    private NamedPipePeer server() throws Exception {
        return PeerLookup.ofServer(fake.access(), blocking, loop, FakeSecurity.PIPE).sync().getNow();
    }
}
