/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import io.github.nettyiocp.pipe.ImpersonationLevel;
import io.github.nettyiocp.pipe.PipeSecurity;
import io.github.nettyiocp.pipe.PipeSecurityAccess;
import io.github.nettyiocp.pipe.ServerVerification;
import io.github.nettyiocp.pipe.ServerVerificationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

import java.io.IOException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** A client asks Windows who its server is. */
class ServerVerificationOnWindowsTest {

    private static final long PROCESS = ProcessHandle.current().pid();

    private final RawPipe pipe = new RawPipe();

    @AfterEach
    void close() {
        pipe.close();
    }

    @Test
    void aServerOfTheSameUserIsAccepted() throws Exception {
        pipe.server(PipeSecurity.currentUser());
        check(ServerVerification.ownedByCurrentUser());
    }

    @Test
    void aServerThatIsNotWhoIsDemandedIsRefused() throws Exception {
        pipe.server(PipeSecurity.currentUser());
        assertRefused(ServerVerification.ownedBy("S-1-5-18"), ", not S-1-5-18");
    }

    /** As other programs' pipes are that an elevated process made. */
    @Test
    void aServerWhoseOwnerIsAGroupIsNotOneOfTheCurrentUser() throws Exception {
        long server = PipeSecurityAccess.withAttributes(PipeSecurity.sddl("O:BAD:P(A;;FA;;;WD)"), pipe.win32,
                attributes -> pipe.instance(attributes, 0));
        Assumptions.assumeFalse(server == WinConst.INVALID_HANDLE_VALUE
                && pipe.win32.lastError() == WinError.ERROR_INVALID_OWNER, "the tests don't run elevated");
        check(ServerVerification.ownedBy("S-1-5-32-544"));
        assertRefused(ServerVerification.ownedByCurrentUser(), "its owner is S-1-5-32-544, not S-1-5-21-");
    }

    /** Only Wine has such pipes: of programs that don't say who may connect. */
    @Test
    void aServerWithoutAnOwnerIsRefused() {
        Assumptions.assumeTrue(RawPipe.WINE, "on Windows each pipe has an owner");
        assertThat(pipe.instance(0, 0)).isNotEqualTo(WinConst.INVALID_HANDLE_VALUE);
        assertRefused(ServerVerification.ownedByCurrentUser(), "its owner is null, not S-1-5-21-");
    }

    @Test
    void anOwnerThatTheHandleMayNotReadIsNotAccepted() throws Exception {
        pipe.server(PipeSecurity.currentUser());
        long client = pipe.client(RawPipe.CLIENT_ACCESS, PipeSecurityAccess.flags(ImpersonationLevel.IDENTIFICATION));
        assertThatThrownBy(() -> PipeSecurityAccess.check(ServerVerification.ownedByCurrentUser(), pipe.win32, client,
                pipe.name)).isInstanceOf(ServerVerificationException.class)
                .hasMessage("Server not verified: " + pipe.name + ": its owner is not known: "
                        + "Windows doesn't tell who it is (GetSecurityInfo, error 5)");
    }

    @Test
    void aServerIsKnownByItsProcess() throws Exception {
        pipe.server(PipeSecurity.currentUser());
        check(ServerVerification.process(PROCESS));
        check(ServerVerification.process(PROCESS).and(ServerVerification.ownedByCurrentUser()));
    }

    @Test
    void anotherProcessIsRefused() throws Exception {
        pipe.server(PipeSecurity.currentUser());
        assertRefused(ServerVerification.process(PROCESS + 4), "its process is " + PROCESS + ", not " + (PROCESS + 4));
    }

    private void assertRefused(ServerVerification verification, String message) {
        assertThatThrownBy(() -> check(verification)).isInstanceOf(ServerVerificationException.class)
                .hasMessageContaining(message).hasMessageContaining(pipe.name);
    }

    /** Each check has a connection of its own: what a client would do. */
    private void check(ServerVerification verification) throws IOException {
        long client = pipe.open(RawPipe.CLIENT_ACCESS | PipeSecurityAccess.access(verification),
                PipeSecurityAccess.flags(ImpersonationLevel.IDENTIFICATION));
        if (client == WinConst.INVALID_HANDLE_VALUE) {
            // The instance is taken by the check before.
            assertThat(pipe.instance(0, 0)).isNotEqualTo(WinConst.INVALID_HANDLE_VALUE);
            client = pipe.client(RawPipe.CLIENT_ACCESS | PipeSecurityAccess.access(verification),
                    PipeSecurityAccess.flags(ImpersonationLevel.IDENTIFICATION));
        }
        PipeSecurityAccess.check(verification, pipe.win32, client, pipe.name);
    }
}
