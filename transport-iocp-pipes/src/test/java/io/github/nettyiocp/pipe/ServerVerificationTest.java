/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.ConnectException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class ServerVerificationTest {

    private static final String ADDRESS = "\\\\.\\pipe\\test";

    private final FakeSecurity fake = new FakeSecurity();

    @AfterEach
    void everythingIsFreed() {
        assertThat(fake.leaked()).isZero();
    }

    @Test
    void anyServerIsAcceptedByDefaultAndWindowsNotAsked() throws Exception {
        fake.fail("getSecurityInfo", WinError.ERROR_ACCESS_DENIED);
        fake.fail("getNamedPipeServerProcessId", WinError.ERROR_ACCESS_DENIED);
        check(ServerVerification.none());
        assertThat(ServerVerification.none().access()).isZero();
    }

    @Test
    void theOwnerCanBeDemanded() throws Exception {
        check(ServerVerification.ownedByCurrentUser());
        check(ServerVerification.ownedBy(FakeSecurity.USER));
        fake.owner = "S-1-5-32-544";
        check(ServerVerification.ownedBy("S-1-5-32-544"));
        assertRefused(ServerVerification.ownedByCurrentUser(), "Server not verified: " + ADDRESS
                + ": its owner is S-1-5-32-544, not " + FakeSecurity.USER);
        assertRefused(ServerVerification.ownedBy("S-1-5-18"), "Server not verified: " + ADDRESS
                + ": its owner is S-1-5-32-544, not S-1-5-18");
    }

    @Test
    void aPipeWithoutAnOwnerIsNotTheRightOne() {
        fake.owner = null;
        assertRefused(ServerVerification.ownedByCurrentUser(), "Server not verified: " + ADDRESS
                + ": its owner is null, not " + FakeSecurity.USER);
    }

    @Test
    void anOwnerThatWindowsDoesNotTellIsNotTheRightOne() {
        fake.fail("getSecurityInfo", WinError.ERROR_ACCESS_DENIED);
        assertRefused(ServerVerification.ownedByCurrentUser(), "Server not verified: " + ADDRESS
                + ": its owner is not known: Windows doesn't tell who it is (GetSecurityInfo, error 5)");
    }

    @Test
    void theProcessCanBeDemanded() throws Exception {
        check(ServerVerification.process(17));
        assertRefused(ServerVerification.process(18),
                "Server not verified: " + ADDRESS + ": its process is 17, not 18");
        fake.serverProcess = -4;
        check(ServerVerification.process(0xfffffffcL));
        fake.fail("getNamedPipeServerProcessId", WinError.ERROR_INVALID_FUNCTION);
        assertRefused(ServerVerification.process(17), "Server not verified: " + ADDRESS + ": its process is not known: "
                + "Windows doesn't tell the process (GetNamedPipeServerProcessId, error 1)");
    }

    @Test
    void ofCombinedDemandsEachCounts() throws Exception {
        ServerVerification both = ServerVerification.ownedByCurrentUser().and(ServerVerification.process(17));
        check(both);
        fake.serverProcess = 18;
        assertRefused(both, "Server not verified: " + ADDRESS + ": its process is 18, not 17");
        fake.serverProcess = 17;
        fake.owner = "S-1-1-0";
        assertRefused(both, "Server not verified: " + ADDRESS + ": its owner is S-1-1-0, not " + FakeSecurity.USER);
        assertThat(both).hasToString("owned by the current user and made by process 17");
    }

    @Test
    void theHandleNeedsTheRightToReadTheOwnerWhereThatIsDemanded() {
        assertThat(ServerVerification.ownedByCurrentUser().access()).isEqualTo(WinConst.READ_CONTROL);
        assertThat(ServerVerification.process(17).access()).isZero();
        assertThat(ServerVerification.process(17).and(ServerVerification.ownedBy("S-1-5-18")).access())
                .isEqualTo(WinConst.READ_CONTROL);
    }

    @ParameterizedTest
    @ValueSource(strings = { "", "root", "S-1", "S-1-5", "S-1-5-", "S-1-5-18 ", "S-2-5-18", "S-1-5-018", "SY",
            "s-1-5-18", "S-1-5-18-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1" })
    void whatIsNoSecurityIdentifierIsRefusedByItsName(String sid) {
        assertThatThrownBy(() -> ServerVerification.ownedBy(sid)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(sid);
    }

    @Test
    void processIdsArePositive() {
        assertThatThrownBy(() -> ServerVerification.process(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ServerVerification.process(1L << 32)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void demandsAreEqualByWhatTheySay() {
        assertThat(ServerVerification.ownedBy("S-1-5-18")).isEqualTo(ServerVerification.ownedBy("S-1-5-18"))
                .hasSameHashCodeAs(ServerVerification.ownedBy("S-1-5-18"))
                .isNotEqualTo(ServerVerification.ownedByCurrentUser());
        assertThat(ServerVerification.none().and(ServerVerification.process(17)).and(ServerVerification.process(17)))
                .isEqualTo(ServerVerification.process(17));
        assertThat(ServerVerification.none()).hasToString("any server");
    }

    private void check(ServerVerification verification) throws Exception {
        verification.check(fake.win32(), FakeSecurity.PIPE, ADDRESS);
    }

    private void assertRefused(ServerVerification verification, String message) {
        assertThatThrownBy(() -> check(verification)).isInstanceOf(ServerVerificationException.class)
                .isNotInstanceOf(ConnectException.class).hasMessage(message);
    }
}
