/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.github.nettyiocp.Iocp;
import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class PipeSecurityTest {

    private final FakeSecurity fake = new FakeSecurity();

    @AfterEach
    void everythingIsFreed() {
        assertThat(fake.leaked()).isZero();
    }

    @Test
    void theCurrentUserAloneMayConnectAndIsTheOwner() throws Exception {
        assertThat(sddl(PipeSecurity.currentUser()))
                .isEqualTo("O:" + FakeSecurity.USER + "D:P(A;;FA;;;" + FakeSecurity.USER + ")");
    }

    @Test
    void theLogonSessionAloneMayConnectAndTheOwnerCannotLetOthersIn() throws Exception {
        assertThat(sddl(PipeSecurity.currentLogonSession()))
                .isEqualTo("O:" + FakeSecurity.USER + "D:P(A;;FA;;;" + FakeSecurity.LOGON + ")(A;;RC;;;OW)");
    }

    @Test
    void aProcessWithoutALogonSessionCannotMakeAPipeForIt() {
        fake.logonSession = null;
        assertThatThrownBy(() -> PipeSecurity.currentLogonSession().attributes(fake.win32()))
                .isInstanceOf(IOException.class)
                .hasMessage("this process has no logon session that a pipe could be for");
    }

    @Test
    void nobodyButTheServersUserAndSessionMayCreateInstances() throws Exception {
        int others = 0;
        for (PipeSecurity preset : List.of(PipeSecurity.currentUser(), PipeSecurity.currentLogonSession(),
                PipeSecurity.administrators(), PipeSecurity.authenticatedUsers())) {
            for (MatchResult entry : Pattern.compile("\\(A;;([^;]+);;;([^)]+)\\)").matcher(sddl(preset)).results()
                    .toList()) {
                String who = entry.group(2);
                if (who.equals(FakeSecurity.USER) || who.equals(FakeSecurity.LOGON)) {
                    assertThat(entry.group(1)).isEqualTo("FA");
                } else if (!who.equals("OW")) {
                    others++;
                    int rights = Integer.decode(entry.group(1));
                    assertThat(rights & WinConst.FILE_CREATE_PIPE_INSTANCE).isZero();
                    assertThat(rights).isEqualTo(WinConst.FILE_READ_DATA | WinConst.FILE_WRITE_DATA
                            | WinConst.FILE_READ_ATTRIBUTES | WinConst.FILE_WRITE_ATTRIBUTES | 0x18
                            | WinConst.READ_CONTROL | WinConst.SYNCHRONIZE);
                }
            }
        }
        assertThat(others).isEqualTo(2);
    }

    @Test
    void administratorsAndAuthenticatedUsersMayConnectBesideTheServersUser() throws Exception {
        assertThat(sddl(PipeSecurity.administrators())).contains(";;;BA)", ";;;" + FakeSecurity.USER + ")")
                .startsWith("O:" + FakeSecurity.USER + "D:P(");
        assertThat(sddl(PipeSecurity.authenticatedUsers())).contains(";;;AU)", ";;;" + FakeSecurity.USER + ")")
                .startsWith("O:" + FakeSecurity.USER + "D:P(");
    }

    @Test
    void aTextIsUsedAsItIs() throws Exception {
        String text = "O:SYD:P(A;;FA;;;SY)(A;;0x12019b;;;WD)";
        assertThat(sddl(PipeSecurity.sddl(text))).isEqualTo(text);
        assertThat(PipeSecurity.sddl(text)).hasToString(text);
    }

    @Test
    void aTextWithoutAnOwnerMakesTheCurrentUserTheOwner() throws Exception {
        assertThat(sddl(PipeSecurity.sddl("D:P(A;;FA;;;SY)"))).isEqualTo("O:" + FakeSecurity.USER + "D:P(A;;FA;;;SY)");
    }

    @Test
    void aTextThatSaysNotWhoMayConnectIsRefused() {
        assertThatThrownBy(() -> PipeSecurity.sddl("O:BAG:BA").validate(fake.win32()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a security descriptor without a part D: doesn't say who may connect: O:BAG:BA");
    }

    @Test
    void aTextThatIsNoDescriptorIsRefusedByItsName() {
        assertThatThrownBy(() -> PipeSecurity.sddl("everybody").validate(fake.win32()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageMatching("not a security descriptor: everybody \\(Convert\\w+W, error \\d+\\)");
        assertThatThrownBy(() -> PipeSecurity.sddl("everybody").attributes(fake.win32()))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("everybody");
        assertThatThrownBy(() -> PipeSecurity.sddl(" ")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PipeSecurity.sddl(null)).isInstanceOf(NullPointerException.class);
    }

    @Test
    void theHandleIsNotInherited() throws Exception {
        try (SecurityAttributes attributes = PipeSecurity.currentUser().attributes(fake.win32())) {
            long address = attributes.address();
            assertThat(Memory.getInt(address + Layout.SECURITY_ATTRIBUTES_LENGTH))
                    .isEqualTo(Layout.SECURITY_ATTRIBUTES_SIZE);
            assertThat(Memory.getInt(address + Layout.SECURITY_ATTRIBUTES_INHERIT)).isZero();
            assertThat(Memory.getLong(address + Layout.SECURITY_ATTRIBUTES_DESCRIPTOR)).isNotZero();
        }
    }

    @Test
    void aUserThatWindowsDoesNotTellMeansNoPipe() {
        fake.fail("openProcessToken", WinError.ERROR_ACCESS_DENIED);
        assertThatThrownBy(() -> PipeSecurity.currentUser().attributes(fake.win32())).isInstanceOf(IOException.class)
                .hasMessage("Windows doesn't tell who it is (OpenProcessToken, error 5)");
        assertThatThrownBy(() -> PipeSecurity.sddl("D:P(A;;FA;;;SY)").attributes(fake.win32()))
                .isInstanceOf(IOException.class);
    }

    @Test
    void presetsAndTextsAreEqualByWhatTheySay() {
        assertThat(PipeSecurity.currentUser()).isEqualTo(PipeSecurity.currentUser())
                .isNotEqualTo(PipeSecurity.administrators());
        assertThat(PipeSecurity.sddl("D:P(A;;FA;;;SY)")).isEqualTo(PipeSecurity.sddl("D:P(A;;FA;;;SY)"))
                .hasSameHashCodeAs(PipeSecurity.sddl("D:P(A;;FA;;;SY)"))
                .isNotEqualTo(PipeSecurity.sddl("D:P(A;;FA;;;BA)"));
    }

    @Test
    void presetsSayWhatTheyAreByNumberOnWindowsAndInWordsElsewhere() {
        String user = Iocp.isAvailable() ? "S-1-[-0-9]+" : "\\{current user}";
        assertThat(PipeSecurity.currentUser().toString()).matches("O:" + user + "D:P\\(A;;FA;;;" + user + "\\)");
    }

    private String sddl(PipeSecurity security) throws IOException {
        try (SecurityAttributes attributes = security.attributes(fake.win32())) {
            return FakeSecurity.text(Memory.getLong(attributes.address() + Layout.SECURITY_ATTRIBUTES_DESCRIPTOR));
        }
    }
}
