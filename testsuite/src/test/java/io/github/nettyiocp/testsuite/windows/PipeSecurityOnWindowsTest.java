/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import io.github.nettyiocp.pipe.ImpersonationLevel;
import io.github.nettyiocp.pipe.PipeSecurity;
import io.github.nettyiocp.pipe.PipeSecurityAccess;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Who may connect to a pipe. Wine keeps a pipe's descriptor but lets everybody in; it does say truly what a descriptor
 * allows. So most tests here ask that, and those of an open that fails run on Windows only.
 */
class PipeSecurityOnWindowsTest {

    private static final String NOT_ENFORCED = "Wine doesn't look at a pipe's descriptor when it is opened";
    private static final int CONNECT = 0x0012019b;
    private static final int FULL = 0x1F01FF;
    private static final String ADMINISTRATORS = "S-1-5-32-544";
    private static final String STRANGER = "S-1-5-21-9-9-9-1000";

    private final RawPipe pipe = new RawPipe();
    private final TokenCalls tokens = new TokenCalls();
    private final String user = sid("O:(S-1-[-0-9]+)D:", PipeSecurity.currentUser());
    private final String logonSession = sid(";;;(S-1-5-5-[-0-9]+)\\)", PipeSecurity.currentLogonSession());

    @AfterEach
    void close() {
        pipe.close();
    }

    @Test
    void aPipeHasTheOwnerAndTheRightsThatWereAskedFor() throws Exception {
        for (PipeSecurity security : List.of(PipeSecurity.currentUser(), PipeSecurity.currentLogonSession(),
                PipeSecurity.administrators(), PipeSecurity.authenticatedUsers())) {
            try (RawPipe one = new RawPipe()) {
                long server = one.server(security);
                assertThat(one.descriptor(server)).isEqualTo(one.canonical(security.toString()));
            }
        }
    }

    @Test
    void theUserIsTheOwnerOfAPipeWhoseTextNamesNone() throws Exception {
        long server = pipe.server(PipeSecurity.sddl("D:P(A;;FA;;;WD)"));
        assertThat(pipe.descriptor(server)).isEqualTo(pipe.canonical("O:" + user + "D:P(A;;FA;;;WD)"));
    }

    @Test
    void theUserHasAllRightsOnItsPipes() {
        long token = tokens.tokenWithout();
        assertThat(tokens.granted(checkable(PipeSecurity.currentUser()), token)).isEqualTo(FULL);
        assertThat(tokens.granted(checkable(PipeSecurity.administrators()), token)).isEqualTo(FULL);
        assertThat(tokens.granted(checkable(PipeSecurity.authenticatedUsers()), token)).isEqualTo(FULL);
        pipe.win32.closeHandle(token);
    }

    @Test
    void theLogonSessionHasAllRightsOnItsPipesAndOtherSessionsOfTheUserCannotConnect() {
        long here = tokens.tokenWithout();
        long elsewhere = tokens.tokenWithout(logonSession);
        String sddl = checkable(PipeSecurity.currentLogonSession());
        assertThat(tokens.granted(sddl, here)).isEqualTo(FULL);
        assertThat(tokens.granted(sddl, elsewhere) & (WinConst.FILE_READ_DATA | WinConst.FILE_WRITE_DATA
                | WinConst.FILE_CREATE_PIPE_INSTANCE)).isZero();
        pipe.win32.closeHandle(here);
        pipe.win32.closeHandle(elsewhere);
    }

    @Test
    void theOwnerInAnotherSessionCannotChangeWhoMayConnect() {
        Assumptions.assumeFalse(RawPipe.WINE, "Wine doesn't know entries for owner rights (OW)");
        long elsewhere = tokens.tokenWithout(logonSession);
        assertThat(tokens.granted(checkable(PipeSecurity.currentLogonSession()), elsewhere))
                .isEqualTo(WinConst.READ_CONTROL);
        pipe.win32.closeHandle(elsewhere);
    }

    /** This user looks at the pipes of a stranger, as any other user would at this one's. */
    @Test
    void otherUsersMayConnectWhereThePresetSaysSoAndNeverCreateInstances() {
        long token = tokens.tokenWithout();
        assertThat(tokens.granted(ofStranger(PipeSecurity.currentUser()), token)).isZero();
        assertThat(tokens.granted(ofStranger(PipeSecurity.authenticatedUsers()), token)).isEqualTo(CONNECT);
        boolean elevated = tokens.granted("O:SYG:SYD:P(A;;FA;;;BA)", token) == FULL;
        assertThat(tokens.granted(ofStranger(PipeSecurity.administrators()), token)).isEqualTo(elevated ? CONNECT : 0);
        assertThat(CONNECT & WinConst.FILE_CREATE_PIPE_INSTANCE).isZero();
        pipe.win32.closeHandle(token);
    }

    @Test
    void whoIsNoAdministratorMayNotConnectToAPipeForAdministrators() {
        long token = tokens.tokenWithout(ADMINISTRATORS);
        assertThat(tokens.granted(ofStranger(PipeSecurity.administrators()), token)).isZero();
        assertThat(tokens.granted(ofStranger(PipeSecurity.authenticatedUsers()), token)).isEqualTo(CONNECT);
        pipe.win32.closeHandle(token);
    }

    @Test
    void whatIsNoDescriptorIsRefusedAtOnceAndByItsName() {
        for (String text : List.of("everybody", "D:P(A;;FA;;;XX)", "D:P(A;;FA;;WD)", "(A;;FA;;;WD)")) {
            assertThatThrownBy(() -> PipeSecurity.sddl(text)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("not a security descriptor: " + text + " (");
        }
        assertThatThrownBy(() -> PipeSecurity.sddl("O:BAG:BA")).isInstanceOf(IllegalArgumentException.class)
                .hasMessageEndingWith("doesn't say who may connect: O:BAG:BA");
    }

    @Test
    void handlesAreNotInherited() throws Exception {
        long server = pipe.server(PipeSecurity.currentUser());
        try (Arena arena = Arena.ofConfined()) {
            long flags = arena.allocate(8, 8).address();
            assertThat(pipe.win32.getHandleInformation(server, flags)).isZero();
            assertThat(Memory.getInt(flags) & WinConst.HANDLE_FLAG_INHERIT).isZero();
        }
    }

    @Test
    void theUserConnectsAndMakesFurtherInstances() throws Exception {
        long server = pipe.server(PipeSecurity.currentUser());
        long client = pipe.client(RawPipe.CLIENT_ACCESS, PipeSecurityAccess.flags(ImpersonationLevel.IDENTIFICATION));
        pipe.transfer(client, server);
        assertThat(pipe.instance(0, 0)).isNotEqualTo(WinConst.INVALID_HANDLE_VALUE);
    }

    @Test
    void whoMayNotConnectIsRefused() throws Exception {
        Assumptions.assumeFalse(RawPipe.WINE, NOT_ENFORCED);
        pipe.server(PipeSecurity.currentUser());
        assertThat(as(tokens.tokenWithout(user), () -> pipe.open(RawPipe.CLIENT_ACCESS, 0)))
                .isEqualTo(WinConst.INVALID_HANDLE_VALUE);
        assertThat(pipe.win32.lastError()).isEqualTo(WinError.ERROR_ACCESS_DENIED);
    }

    @Test
    void whoMayConnectOnlyCannotCreateInstancesButMayAskForGenericWrite() throws Exception {
        Assumptions.assumeFalse(RawPipe.WINE, NOT_ENFORCED);
        pipe.server(PipeSecurity.authenticatedUsers());
        long other = tokens.tokenWithout(user);
        assertThat(as(other, () -> pipe.instance(0, 0))).isEqualTo(WinConst.INVALID_HANDLE_VALUE);
        assertThat(pipe.win32.lastError()).isEqualTo(WinError.ERROR_ACCESS_DENIED);
        assertThat(as(other, () -> pipe.open(WinConst.GENERIC_READ | WinConst.GENERIC_WRITE, 0)))
                .isNotEqualTo(WinConst.INVALID_HANDLE_VALUE);
    }

    @Test
    void aNameThatSomebodyHasAlreadyIsNotTakenAsTheFirst() throws Exception {
        Assumptions.assumeFalse(RawPipe.WINE, "Wine doesn't know FILE_FLAG_FIRST_PIPE_INSTANCE");
        pipe.server(PipeSecurity.currentUser());
        assertThat(pipe.instance(0, WinConst.FILE_FLAG_FIRST_PIPE_INSTANCE)).isEqualTo(WinConst.INVALID_HANDLE_VALUE);
        assertThat(pipe.win32.lastError()).isEqualTo(WinError.ERROR_ACCESS_DENIED);
    }

    private long as(long token, LongSupplier task) {
        // Once before: the virtual machine may not be able to load a class as somebody else.
        try (RawPipe other = new RawPipe()) {
            other.open(RawPipe.CLIENT_ACCESS, 0);
            other.instance(0, 0);
        }
        tokens.impersonate(token);
        try {
            return task.getAsLong();
        } finally {
            assertThat(pipe.win32.revertToSelf()).isZero();
        }
    }

    /** With a group, without which Windows doesn't judge a descriptor. */
    private static String checkable(PipeSecurity security) {
        return security.toString().replace("D:P", "G:SYD:P");
    }

    private String ofStranger(PipeSecurity security) {
        return checkable(security).replace(user, STRANGER);
    }

    private static String sid(String pattern, PipeSecurity security) {
        Matcher matcher = Pattern.compile(pattern).matcher(security.toString());
        assertThat(matcher.find()).as(security.toString()).isTrue();
        return matcher.group(1);
    }
}
