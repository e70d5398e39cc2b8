/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.pipe.ClientNotIdentifiedException;
import io.github.nettyiocp.pipe.ImpersonationLevel;
import io.github.nettyiocp.pipe.PipeSecurity;
import io.github.nettyiocp.pipe.PipeSecurityAccess;
import io.github.nettyiocp.pipe.ServerVerification;
import io.github.nettyiocp.pipe.ServerVerificationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * The security of pipes between users, which no other ring has several of: alice runs the process under test, bob and
 * others come from outside.
 */
class PipeSecurityRulesTest {

    private static final String NAME = "tested";
    private static final String PATH = "\\\\.\\pipe\\" + NAME;
    private static final List<PipeSecurity> PRESETS = List.of(PipeSecurity.currentUser(),
            PipeSecurity.currentLogonSession(), PipeSecurity.administrators(), PipeSecurity.authenticatedUsers());

    private final List<String> halts = new ArrayList<>();
    private final SimulatedKernel kernel = new SimulatedKernel(1).mayBlock();
    private final Win32 win32 = kernel.access().ofThisThread();
    private final List<Long> handles = new ArrayList<>();
    private final List<SimulatedPipePeer> peers = new ArrayList<>();

    @AfterEach
    void end() {
        closePipe();
        kernel.check();
        kernel.turns().finish();
        kernel.close();
    }

    private void closePipe() {
        peers.forEach(SimulatedPipePeer::close);
        peers.clear();
        handles.forEach(win32::closeHandle);
        handles.clear();
    }

    // ---- who may connect

    @Test
    void theServersUserConnectsWhateverThePreset() throws Exception {
        for (PipeSecurity preset : PRESETS) {
            server(preset);
            assertThat(open(kernel.process(), 0)).as(preset.toString()).isEqualTo(NtStatus.STATUS_SUCCESS);
            closePipe();
        }
    }

    @Test
    void otherUsersConnectWhereThePresetSaysSo() throws Exception {
        SimulatedProcess bob = kernel.startProcess(77, SimulatedProcess.BOB, 2);
        SimulatedProcess administrator = kernel.startProcess(78, SimulatedProcess.BOB, 2);
        administrator.elevated = true;
        SimulatedProcess system = kernel.startProcess(79, SimulatedProcess.SYSTEM, 0);
        assertThat(whoConnects(PipeSecurity.currentUser(), bob, administrator, system)).isEmpty();
        assertThat(whoConnects(PipeSecurity.currentLogonSession(), bob, administrator, system)).isEmpty();
        assertThat(whoConnects(PipeSecurity.administrators(), bob, administrator, system))
                .containsExactly(administrator, system);
        assertThat(whoConnects(PipeSecurity.authenticatedUsers(), bob, administrator, system))
                .containsExactly(bob, administrator, system);
    }

    @Test
    void theUserInAnotherLogonSessionConnectsUnlessThePipeIsForOne() throws Exception {
        SimulatedProcess elsewhere = kernel.startProcess(78, SimulatedProcess.ALICE, 2);
        assertThat(whoConnects(PipeSecurity.currentUser(), elsewhere)).containsExactly(elsewhere);
        assertThat(whoConnects(PipeSecurity.currentLogonSession(), elsewhere)).isEmpty();
    }

    @Test
    void nobodyElseAddsInstancesWhateverThePreset() throws Exception {
        SimulatedProcess administrator = kernel.startProcess(78, SimulatedProcess.BOB, 2);
        administrator.elevated = true;
        for (PipeSecurity preset : PRESETS) {
            server(preset);
            assertThat(SimulatedPipePeer.server(kernel, NAME, administrator, connected -> { }).maxInstances(10)
                    .listen(1)).as(preset.toString()).isEqualTo(NtStatus.STATUS_ACCESS_DENIED);
            assertThat(instance(0, 0)).as(preset.toString()).isNotEqualTo(WinConst.INVALID_HANDLE_VALUE);
            closePipe();
        }
    }

    @Test
    void whoMayConnectMayAskForGenericWrite() throws Exception {
        SimulatedProcess bob = kernel.startProcess(77, SimulatedProcess.BOB, 2);
        server(PipeSecurity.authenticatedUsers());
        assertThat(open(bob, WinConst.GENERIC_READ | WinConst.GENERIC_WRITE)).isEqualTo(NtStatus.STATUS_SUCCESS);
    }

    // ---- who the server is

    @Test
    void theOwnerIsTheUserAlsoIfTheServerIsElevated() throws Exception {
        kernel.process().elevated = true;
        for (PipeSecurity security : List.of(PipeSecurity.currentUser(), PipeSecurity.authenticatedUsers(),
                PipeSecurity.sddl("D:P(A;;GA;;;WD)"))) {
            server(security);
            verify(ServerVerification.ownedByCurrentUser());
            closePipe();
        }
    }

    @Test
    void aPipeThatSomebodyMadeFirstIsNotTheCurrentUsers() {
        SimulatedProcess bob = kernel.startProcess(77, SimulatedProcess.BOB, 2);
        SimulatedPipePeer.Server squatter = SimulatedPipePeer.server(kernel, NAME, bob, peers::add).maxInstances(10)
                .descriptor(descriptor("D:P(A;;GA;;;WD)"));
        assertThat(squatter.listen(3)).isZero();
        assertThatThrownBy(() -> verify(ServerVerification.ownedByCurrentUser()))
                .isInstanceOf(ServerVerificationException.class).hasMessage("Server not verified: " + PATH
                        + ": its owner is " + SimulatedProcess.BOB.sid() + ", not " + SimulatedProcess.ALICE.sid());
        assertThatThrownBy(() -> verify(ServerVerification.process(kernel.process().id)))
                .isInstanceOf(ServerVerificationException.class).hasMessageContaining("its process is 77, not ");
        squatter.close();
    }

    @Test
    void aSquatterCannotClaimToBeTheUser() {
        SimulatedProcess bob = kernel.startProcess(77, SimulatedProcess.BOB, 2);
        assertThat(SimulatedPipePeer.server(kernel, NAME, bob, peers::add)
                .descriptor(descriptor("O:" + SimulatedProcess.ALICE.sid() + "D:P(A;;GA;;;WD)")).listen(1))
                .isNotEqualTo(NtStatus.STATUS_SUCCESS);
    }

    // ---- acting as the client

    @Test
    void theTaskRunsAsTheUserWhoConnected() throws Exception {
        long server = server(PipeSecurity.authenticatedUsers());
        connect(kernel.startProcess(77, SimulatedProcess.BOB, 2), ImpersonationLevel.IDENTIFICATION);
        assertThat(impersonate(server)).isEqualTo(SimulatedProcess.BOB.sid());
        assertThat(kernel.threads().impersonated()).isNull();
    }

    @Test
    void anAnonymousClientIsNotActedFor() throws Exception {
        long server = server(PipeSecurity.authenticatedUsers());
        connect(kernel.startProcess(77, SimulatedProcess.BOB, 2), ImpersonationLevel.ANONYMOUS);
        assertThatThrownBy(() -> impersonate(server)).isInstanceOf(ClientNotIdentifiedException.class)
                .hasMessageContaining("anonymously");
        assertThat(kernel.threads().impersonated()).isNull();
    }

    @Test
    void aClientWithoutALevelOrNoneAtAllIsNotActedFor() throws Exception {
        long server = server(PipeSecurity.authenticatedUsers());
        assertThatThrownBy(() -> impersonate(server)).isInstanceOf(ClientNotIdentifiedException.class);
        peers.add(SimulatedPipePeer.client(kernel, NAME).in(kernel.startProcess(77, SimulatedProcess.BOB, 2))
                .security(0).open(connected -> { }));
        assertThatThrownBy(() -> impersonate(server)).isInstanceOf(ClientNotIdentifiedException.class)
                .hasMessageContaining("nothing was read");
    }

    @Test
    void theThreadIsItsOwnAgainWhateverFails() throws Exception {
        long server = server(PipeSecurity.currentUser());
        connect(kernel.process(), ImpersonationLevel.IDENTIFICATION);
        kernel.faults().with(Faults.Kind.SECURITY_FAILS, 0.3);
        int failures = 0;
        for (int i = 0; i < 200; i++) {
            try {
                assertThat(impersonate(server)).isEqualTo(SimulatedProcess.ALICE.sid());
            } catch (IOException expected) {
                failures++;
                assertThat(expected).hasMessageMatching(".*\\(.+, error \\d+\\)");
            }
            assertThat(kernel.threads().impersonated()).isNull();
        }
        assertThat(failures).isBetween(1, 199);
        assertThat(halts).isEmpty();
    }

    // ---- helpers

    private Sid impersonate(long server) throws Exception {
        return PipeSecurityAccess.impersonate(win32, server, () -> kernel.threads().token().user(), halts::add);
    }

    private void connect(SimulatedProcess process, ImpersonationLevel level) {
        SimulatedPipePeer peer = SimulatedPipePeer.client(kernel, NAME).in(process)
                .security(PipeSecurityAccess.flags(level)).open(connected -> { });
        assertThat(peer.failure()).isZero();
        peers.add(peer);
    }

    private List<SimulatedProcess> whoConnects(PipeSecurity security, SimulatedProcess... processes) throws Exception {
        List<SimulatedProcess> connected = new ArrayList<>();
        for (SimulatedProcess process : processes) {
            server(security);
            if (open(process, 0) == NtStatus.STATUS_SUCCESS) {
                connected.add(process);
            }
            closePipe();
        }
        return connected;
    }

    private int open(SimulatedProcess process, int access) {
        SimulatedPipePeer.Client client = SimulatedPipePeer.client(kernel, NAME).in(process);
        SimulatedPipePeer peer = (access == 0 ? client : client.access(access)).open(connected -> { });
        if (peer.failure() == NtStatus.STATUS_SUCCESS) {
            peers.add(peer);
        }
        return peer.failure();
    }

    private long server(PipeSecurity security) throws IOException {
        long server = PipeSecurityAccess.withAttributes(security, win32,
                attributes -> instance(attributes, WinConst.FILE_FLAG_FIRST_PIPE_INSTANCE));
        assertThat(server).as("error " + win32.lastError()).isNotEqualTo(WinConst.INVALID_HANDLE_VALUE);
        return server;
    }

    private long instance(long attributes, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            long handle = win32.createNamedPipe(wide(arena), PipeSteps.DUPLEX | flags,
                    WinConst.PIPE_REJECT_REMOTE_CLIENTS, 10, 4096, 4096, 0, attributes);
            return keep(handle);
        }
    }

    private void verify(ServerVerification verification) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long client = keep(win32.createFile(wide(arena), WinConst.FILE_READ_DATA | WinConst.FILE_WRITE_DATA
                    | PipeSecurityAccess.access(verification), 0, 0, WinConst.OPEN_EXISTING,
                    WinConst.FILE_FLAG_OVERLAPPED | PipeSecurityAccess.flags(ImpersonationLevel.IDENTIFICATION)));
            assertThat(client).as("error " + win32.lastError()).isNotEqualTo(WinConst.INVALID_HANDLE_VALUE);
            PipeSecurityAccess.check(verification, win32, client, PATH);
        }
    }

    private long keep(long handle) {
        if (handle != WinConst.INVALID_HANDLE_VALUE) {
            handles.add(handle);
        }
        return handle;
    }

    private static long wide(Arena arena) {
        return arena.allocateFrom(PATH, StandardCharsets.UTF_16LE).address();
    }

    private static SecurityDescriptor descriptor(String sddl) {
        try {
            return SecurityDescriptor.parse(sddl);
        } catch (SecurityDescriptor.Malformed e) {
            throw new AssertionError(e);
        }
    }
}
