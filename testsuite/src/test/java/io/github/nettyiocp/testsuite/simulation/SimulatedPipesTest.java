/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Pipes, waits and identities of the simulated Windows, as far as no script shows them on the real one. */
class SimulatedPipesTest {

    private static final String NAME = "tested";
    private static final String PATH = "\\\\.\\pipe\\" + NAME;
    private static final int DUPLEX = PipeSteps.DUPLEX;
    private static final int FIRST = DUPLEX | WinConst.FILE_FLAG_FIRST_PIPE_INSTANCE;
    private static final int OVERLAPPED = WinConst.FILE_FLAG_OVERLAPPED;
    private static final int STATUS_INVALID_PARAMETER_1 = 0xC00000EF;

    private SimulatedKernel kernel = new SimulatedKernel(1).mayBlock();
    private Win32Steps steps = new Win32Steps(kernel.access());
    private PipeSteps pipes = steps.pipes();
    private Win32 win32 = steps.win32();

    private void restart(SimulatedKernel next) {
        steps.close();
        kernel.close();
        kernel = next;
        steps = new Win32Steps(kernel.access());
        pipes = steps.pipes();
        win32 = steps.win32();
    }

    private void restart(Faults faults) {
        restart(new SimulatedKernel(1, faults).mayBlock());
    }

    @AfterEach
    void closeAll() {
        if (kernel.violations().isEmpty()) {
            steps.close();
            kernel.check();
        }
        kernel.turns().finish();
        kernel.close();
    }

    private void assertViolation(String part) {
        List<SimulationError> violations = kernel.violations();
        assertTrue(violations.stream().anyMatch(violation -> violation.getMessage().contains(part)),
                () -> "no violation has \"" + part + "\": " + violations);
    }

    private int create(String handle, int openMode, int maxInstances) {
        return pipes.create(handle, PATH, openMode, 0, maxInstances, 4096);
    }

    private int open(String handle, int access, int flags) {
        return pipes.open(handle, PATH, access, OVERLAPPED | flags);
    }

    private static SimulatedProcess bob(SimulatedKernel kernel) {
        return kernel.startProcess(77, SimulatedProcess.BOB, 2);
    }

    private SimulatedPipePeer peerOf(SimulatedProcess process, int access) {
        return SimulatedPipePeer.client(kernel, NAME).in(process).access(access).open(peer -> { });
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    // ---- instances and rights

    @Test
    void laterInstancesNeedTheRightToCreateThemForTheServerToo() {
        pipes.security("D:P(A;;0x12019b;;;" + SimulatedProcess.ALICE.sid() + ")");
        assertEquals(0, create("first", FIRST, 10));
        assertEquals(WinError.ERROR_ACCESS_DENIED, create("second", DUPLEX, 10));
        assertEquals(0, open("client", WinConst.GENERIC_READ | WinConst.GENERIC_WRITE, 0));
        pipes.freeSecurity();
    }

    @Test
    void descriptorOfTheFirstInstanceCountsForAll() {
        pipes.security("D:P(A;;GA;;;" + SimulatedProcess.ALICE.sid() + ")");
        create("first", FIRST, 10);
        pipes.freeSecurity();
        pipes.security("D:P(A;;GA;;;WD)");
        assertEquals(0, create("second", DUPLEX, 10));
        pipes.freeSecurity();
        SimulatedPipePeer peer = peerOf(bob(kernel), WinConst.FILE_READ_DATA);
        assertEquals(NtStatus.STATUS_ACCESS_DENIED, peer.failure());
    }

    @Test
    void clientsThatAskForAllOfGenericWriteNeedNotBeAllowedToCreateInstances() {
        SimulatedProcess bob = bob(kernel);
        pipes.security("D:P(A;;GA;;;" + SimulatedProcess.ALICE.sid() + ")(A;;0x12019b;;;" + bob.user.sid() + ")");
        create("first", FIRST, 10);
        pipes.freeSecurity();
        SimulatedPipePeer peer = peerOf(bob, WinConst.GENERIC_READ | WinConst.GENERIC_WRITE);
        assertTrue(peer.isConnected());
        assertEquals(NtStatus.STATUS_ACCESS_DENIED,
                SimulatedPipePeer.server(kernel, NAME, bob, connected -> { }).maxInstances(10).listen(1));
        peer.close();
    }

    @Test
    void defaultDescriptorLetsOthersReadOnly() {
        SimulatedProcess bob = bob(kernel);
        create("first", FIRST, 10);
        assertEquals(NtStatus.STATUS_ACCESS_DENIED, peerOf(bob, WinConst.FILE_WRITE_DATA).failure());
        SimulatedPipePeer peer = peerOf(bob, WinConst.GENERIC_READ);
        assertEquals(0, peer.failure());
        peer.close();
    }

    @Test
    void opensNeedTheAttributesAndTheWaitToo() {
        // CreateFileW asks for both, whatever it is told to ask for.
        pipes.security("D:P(A;;0x3;;;AU)");
        create("first", FIRST, 10);
        pipes.freeSecurity();
        assertEquals(WinError.ERROR_ACCESS_DENIED, open("client", WinConst.FILE_READ_DATA, 0));
    }

    @Test
    void deniedRightsAreDeniedInTheOrderOfTheList() {
        pipes.security("D:P(D;;0x2;;;AN)(D;;0x2;;;IU)(A;;GA;;;WD)");
        create("first", FIRST, 10);
        pipes.freeSecurity();
        assertEquals(WinError.ERROR_ACCESS_DENIED, open("writer", WinConst.GENERIC_WRITE, 0));
        assertEquals(0, open("reader", WinConst.GENERIC_READ, 0));
    }

    @Test
    void remoteClientsAreRefusedWhereTheServerSaysSo() {
        SimulatedProcess bob = bob(kernel);
        pipes.security("D:P(A;;GA;;;WD)");
        pipes.create("local only", PATH, FIRST, WinConst.PIPE_REJECT_REMOTE_CLIENTS, 1, 4096);
        pipes.create("for all", PATH + "-all", FIRST, 0, 1, 4096);
        pipes.freeSecurity();
        assertEquals(NtStatus.STATUS_ACCESS_DENIED, SimulatedPipePeer.client(kernel, NAME).in(bob).remote()
                .open(peer -> { }).failure());
        assertEquals(WinError.ERROR_ACCESS_DENIED, pipes.open("client", "\\\\localhost\\pipe\\" + NAME,
                WinConst.GENERIC_READ, OVERLAPPED));
        assertEquals(0, pipes.open("client", "\\\\localhost\\pipe\\" + NAME + "-all", WinConst.GENERIC_READ,
                OVERLAPPED));
        assertEquals(WinError.ERROR_BAD_NETPATH, pipes.open("client", "\\\\elsewhere\\pipe\\" + NAME,
                WinConst.GENERIC_READ, OVERLAPPED));
    }

    @Test
    void fullPipeIsBusyToWhoWantsToBeTheFirst() {
        create("first", FIRST, 1);
        assertEquals(WinError.ERROR_PIPE_BUSY, create("second", FIRST, 1));
        steps.closeHandle("first");
        create("first", FIRST, 2);
        assertEquals(WinError.ERROR_ACCESS_DENIED, create("second", FIRST, 2));
    }

    @Test
    void ownersThatTheUserCannotBeAreRefused() {
        pipes.security("O:BAD:P(A;;GA;;;WD)");
        assertEquals(WinError.ERROR_INVALID_OWNER, create("first", FIRST, 1));
        kernel.process().elevated = true;
        assertEquals(0, create("first", FIRST, 1));
        pipes.freeSecurity();
    }

    @Test
    void administratorsOwnWhatIsMadeByOneOfThemAtWork() {
        kernel.process().elevated = true;
        create("first", FIRST, 1);
        pipes.owner("first", true);
        assertTrue(steps.record().contains("the owner is the user: false"));
    }

    @Test
    void namesLoseDotsAndSpacesAtTheirEnd() {
        pipes.create("dotted", PATH + ". .", FIRST, 0, 1, 4096);
        assertEquals(0, open("client", WinConst.GENERIC_READ, 0));
        assertEquals(WinError.ERROR_INVALID_NAME, pipes.create("dots", "\\\\.\\pipe\\..", FIRST, 0, 1, 4096));
        assertEquals(WinError.ERROR_INVALID_NAME, pipes.create("below", PATH + "\\below", FIRST, 0, 1, 4096));
        assertEquals(WinError.ERROR_INVALID_NAME, pipes.create("long", PATH + "x".repeat(256), FIRST, 0, 1, 4096));
        assertEquals(WinError.ERROR_ACCESS_DENIED, pipes.create("protected", "\\\\.\\pipe\\ProtectedPrefix\\x", FIRST,
                0, 1, 4096));
    }

    @Test
    void nameThatIsWatchedMustNotBecomeFree() {
        create("first", FIRST, 2);
        kernel.pipes().watch(NAME);
        create("second", DUPLEX, 2);
        steps.closeHandle("first");
        kernel.check();
        steps.closeHandle("second");
        assertViolation("is free although its server listens");
    }

    @Test
    void instanceThatCanNeitherBeReadNorWrittenHoldsTheNameAndTakesNobody() {
        long handle = steps.memory(8);
        assertEquals(NtStatus.STATUS_SUCCESS, pipes.guard(handle, NAME));
        steps.handle("guard", Memory.getLong(handle));
        assertEquals(WinError.ERROR_PIPE_BUSY, open("client", WinConst.GENERIC_READ, 0));
        assertEquals(WinError.ERROR_ACCESS_DENIED, create("stranger", FIRST, WinConst.PIPE_UNLIMITED_INSTANCES));
        assertEquals(0, create("server", DUPLEX, WinConst.PIPE_UNLIMITED_INSTANCES));
        assertEquals(0, open("client", WinConst.GENERIC_READ, 0));
    }

    // ---- identities

    @Test
    void withoutQualityOfServiceTheClientIsKnownOnceSomethingOfItWasRead() {
        SimulatedProcess bob = bob(kernel);
        pipes.security("D:P(A;;GA;;;WD)");
        create("server", FIRST, 1);
        pipes.freeSecurity();
        steps.associate("server");
        SimulatedPipePeer peer = SimulatedPipePeer.client(kernel, NAME).in(bob).security(0).open(connected -> { });
        assertEquals(WinError.ERROR_CANNOT_IMPERSONATE, win32.impersonateNamedPipeClient(steps.handle("server")));
        peer.send(bytes("x"));
        pipes.readAll("read", "server", 10);
        assertEquals(0, win32.impersonateNamedPipeClient(steps.handle("server")));
        assertEquals(bob.user.sid(), kernel.threads().token().user());
        win32.revertToSelf();
        peer.close();
    }

    @Test
    void clientsOfOthersAreIdentifiedOnlyUnlessTheServerHasThePrivilege() {
        SimulatedProcess bob = bob(kernel);
        pipes.security("D:P(A;;GA;;;WD)");
        create("server", FIRST, 1);
        pipes.freeSecurity();
        SimulatedPipePeer peer = SimulatedPipePeer.client(kernel, NAME).in(bob)
                .security(WinConst.SECURITY_SQOS_PRESENT | WinConst.SECURITY_IMPERSONATION).open(connected -> { });
        win32.impersonateNamedPipeClient(steps.handle("server"));
        assertEquals(SimulatedProcess.Level.IDENTIFICATION, kernel.threads().token().level());
        win32.revertToSelf();
        kernel.process().elevated = true;
        win32.impersonateNamedPipeClient(steps.handle("server"));
        assertEquals(SimulatedProcess.Level.IMPERSONATION, kernel.threads().token().level());
        win32.revertToSelf();
        peer.close();
    }

    @Test
    void nothingCanBeOpenedInTheNameOfSomebodyWhoIsIdentifiedOnly() {
        create("server", FIRST, 2);
        open("client", WinConst.GENERIC_READ, WinConst.SECURITY_SQOS_PRESENT | WinConst.SECURITY_IDENTIFICATION);
        win32.impersonateNamedPipeClient(steps.handle("server"));
        assertEquals(WinError.ERROR_BAD_IMPERSONATION_LEVEL, create("second", DUPLEX, 2));
        long token = steps.memory(8);
        assertEquals(WinError.ERROR_BAD_IMPERSONATION_LEVEL, win32.openThreadToken(-2, WinConst.TOKEN_QUERY, 0,
                token));
        assertEquals(0, win32.openThreadToken(-2, WinConst.TOKEN_QUERY, 1, token));
        win32.closeHandle(Memory.getLong(token));
        win32.revertToSelf();
        assertEquals(0, create("second", DUPLEX, 2));
    }

    @Test
    void takingPacketsWhileImpersonatingIsAViolation() {
        create("server", FIRST, 1);
        open("client", WinConst.GENERIC_READ, WinConst.SECURITY_SQOS_PRESENT | WinConst.SECURITY_IDENTIFICATION);
        win32.impersonateNamedPipeClient(steps.handle("server"));
        steps.poll(1);
        assertViolation("while the thread impersonates");
    }

    @Test
    void peersAreKnownByTheirProcess() {
        SimulatedProcess bob = bob(kernel);
        pipes.security("D:P(A;;GA;;;WD)");
        create("server", FIRST, 1);
        pipes.freeSecurity();
        SimulatedPipePeer peer = SimulatedPipePeer.client(kernel, NAME).in(bob).open(connected -> { });
        long id = steps.memory(4);
        assertEquals(0, win32.getNamedPipeClientProcessId(steps.handle("server"), id));
        assertEquals(bob.id, Memory.getInt(id));
        assertEquals(0, win32.getNamedPipeClientSessionId(steps.handle("server"), id));
        assertEquals(bob.session, Memory.getInt(id));
        assertEquals(0, win32.openProcess(WinConst.PROCESS_QUERY_LIMITED_INFORMATION, 0, bob.id));
        assertEquals(WinError.ERROR_ACCESS_DENIED, win32.lastError());
        peer.close();
    }

    // ---- waits

    private long waitPacket() {
        long packet = steps.memory(8);
        assertEquals(NtStatus.STATUS_SUCCESS, win32.ntCreateWaitCompletionPacket(packet, 0x1F0001, 0));
        steps.handle("wait packet", Memory.getLong(packet));
        return Memory.getLong(packet);
    }

    private int associate(long packet, String event, long already) {
        return win32.ntAssociateWaitCompletionPacket(packet, steps.port(), steps.handle(event), 9, 0x1230, 0, 17,
                already);
    }

    private int polled() {
        int size = steps.record().size();
        steps.poll(100);
        int packets = (int) steps.record().subList(size, steps.record().size()).stream()
                .filter(line -> line.equals("a posted packet: key 9, bytes 17")).count();
        return packets;
    }

    @Test
    void waitPacketComesOnceForAnAssociation() {
        pipes.event("event", true);
        long packet = waitPacket();
        assertEquals(NtStatus.STATUS_SUCCESS, associate(packet, "event", 0));
        assertEquals(0, polled());
        pipes.set("event");
        assertEquals(1, polled());
        pipes.reset("event");
        pipes.set("event");
        assertEquals(0, polled());
        long already = steps.memory(1);
        assertEquals(NtStatus.STATUS_SUCCESS, associate(packet, "event", already));
        assertEquals(1, Memory.getByte(already));
        assertEquals(1, polled());
    }

    @Test
    void waitPacketTakesTheSignalOfAnAutomaticEvent() {
        pipes.event("event", false);
        pipes.set("event");
        long already = steps.memory(1);
        associate(waitPacket(), "event", already);
        assertEquals(1, Memory.getByte(already));
        assertEquals(WinError.WAIT_TIMEOUT, win32.waitForSingleObject(steps.handle("event"), 0));
        assertEquals(1, polled());
    }

    @Test
    void waitPacketInUseCannotBeAssociated() {
        pipes.event("event", true);
        long packet = waitPacket();
        associate(packet, "event", 0);
        assertEquals(STATUS_INVALID_PARAMETER_1, associate(packet, "event", 0));
        assertViolation("is associated again");
    }

    @Test
    void waitIsCancelledUnlessItsPacketIsQueued() {
        pipes.event("event", true);
        long packet = waitPacket();
        assertEquals(NtStatus.STATUS_CANCELLED, win32.ntCancelWaitCompletionPacket(packet, 1));
        associate(packet, "event", 0);
        assertEquals(NtStatus.STATUS_SUCCESS, win32.ntCancelWaitCompletionPacket(packet, 0));
        pipes.set("event");
        assertEquals(0, polled());
        associate(packet, "event", 0);
        assertEquals(NtStatus.STATUS_PENDING, win32.ntCancelWaitCompletionPacket(packet, 0));
        assertEquals(1, polled());
        associate(packet, "event", 0);
        assertEquals(NtStatus.STATUS_SUCCESS, win32.ntCancelWaitCompletionPacket(packet, 1));
        assertEquals(0, polled());
    }

    @Test
    void waitThatIsBetweenItsObjectAndThePortCannotBeCancelled() {
        restart(Faults.none().with(Faults.Kind.SLOW_COMPLETION, 1));
        pipes.event("event", true);
        long packet = waitPacket();
        associate(packet, "event", 0);
        pipes.set("event");
        assertEquals(NtStatus.STATUS_PENDING, win32.ntCancelWaitCompletionPacket(packet, 1));
        kernel.sleep(1_000_000_000);
        assertEquals(1, polled());
    }

    @Test
    void closedWaitPacketWaitsNoMore() {
        pipes.event("event", true);
        associate(waitPacket(), "event", 0);
        steps.closeHandle("wait packet");
        pipes.set("event");
        assertEquals(0, polled());
    }

    // ---- operations

    @Test
    void associationWhileAnOperationIsInFlightIsAViolation() {
        create("server", FIRST, 1);
        pipes.connect("connect", "server");
        steps.associate("server");
        assertViolation("while operations on it are in flight");
    }

    @Test
    void eventBesideAPacketIsAViolation() {
        pipes.event("event", true).pair("server", "client", 0, 10);
        long overlapped = steps.memory(Layout.OVERLAPPED_SIZE);
        Memory.putLong(overlapped + Layout.OVERLAPPED_EVENT, steps.handle("event"));
        win32.writeFile(steps.handle("server"), steps.memory(5), 5, 0, overlapped);
        assertViolation("has an event, although packets say the outcome");
    }

    @Test
    void packetsOfFailedOperationsCountGarbage() {
        pipes.create("server", PATH).connect("connect", "server");
        pipes.open("client", PATH);
        steps.complete("connect");
        long overlapped = steps.memory(Layout.OVERLAPPED_SIZE);
        win32.readFile(steps.handle("server"), steps.memory(10), 10, 0, overlapped);
        steps.closeHandle("client");
        steps.poll(100);
        assertEquals(NtStatus.STATUS_PIPE_BROKEN, (int) Memory.getLong(overlapped));
        assertFalse(Memory.getLong(overlapped + Layout.OVERLAPPED_INTERNAL_HIGH) == 0);
    }

    @Test
    void dataOfAWriteBelongsToTheKernelUntilItsPacketIsTaken() {
        pipes.pair("server", "client", 0, 10);
        long buffer = steps.memory(20);
        win32.writeFile(steps.handle("server"), buffer, 20, 0, steps.memory(Layout.OVERLAPPED_SIZE));
        Memory.putByte(buffer + 3, 1);
        pipes.readAll("read", "client", 20);
        steps.poll(100);
        assertViolation("was written to while the kernel owned it, at byte 3");
    }

    @Test
    void writeWithAnEventGoesOnWhenItsHandleIsClosed() {
        pipes.event("event", true).pair("server", "client", 0, 10);
        long overlapped = steps.memory(Layout.OVERLAPPED_SIZE);
        Memory.putLong(overlapped + Layout.OVERLAPPED_EVENT, steps.handle("event") | 1);
        assertEquals(WinError.ERROR_IO_PENDING, win32.writeFile(steps.handle("server"), steps.memory(20), 20, 0,
                overlapped));
        steps.closeHandle("server");
        pipes.readAll("read", "client", 100);
        assertEquals(20, steps.transferred("read"));
        pipes.isSignaled("event");
        assertTrue(steps.record().contains("event is signaled: true"));
    }

    @Test
    void endIsClosedWithTheLastOfItsHandles() {
        pipes.pair("server", "client", 0, 4096);
        long copy = steps.memory(8);
        assertEquals(0, win32.duplicateHandle(-1, steps.handle("server"), -1, copy, 0, 0,
                WinConst.DUPLICATE_SAME_ACCESS));
        pipes.read("read", "client", 10);
        steps.closeHandle("server");
        steps.poll(100);
        assertTrue(steps.record().contains("a packet within 100 ms: false"));
        win32.closeHandle(Memory.getLong(copy));
        assertEquals(NtStatus.STATUS_PIPE_BROKEN, steps.complete("read"));
    }

    @Test
    void partOfAMessagePostsAPacketAlsoWhereSuccessesDoNot() {
        pipes.pair("server", "client", PipeSteps.MESSAGES, 4096);
        pipes.setMode("client", WinConst.PIPE_READMODE_MESSAGE);
        steps.skipOnSuccess("client");
        pipes.writeAll("write", "server", "0123456789");
        assertEquals(WinError.ERROR_IO_PENDING, pipes.read("part", "client", 4));
        assertEquals(NtStatus.STATUS_BUFFER_OVERFLOW, steps.complete("part"));
        assertEquals(0, pipes.read("rest", "client", 10));
    }

    @Test
    void emptyWriteMayEndAReadOfBytes() {
        restart(Faults.none().with(Faults.Kind.EMPTY_WRITE_WAKES, 1));
        pipes.pair("server", "client", 0, 4096);
        pipes.read("read", "client", 10);
        pipes.writeAll("empty write", "server", "");
        steps.complete("read");
        assertTrue(steps.record().contains("read completes: ok, 0 bytes"));
    }

    @Test
    void cancellationMayLoseAgainstData() {
        restart(Faults.none().with(Faults.Kind.CANCEL_IS_SLOW, 1));
        pipes.pair("server", "client", 0, 4096);
        pipes.read("read", "client", 10);
        steps.cancel("read", "client");
        pipes.writeAll("write", "server", "faster");
        steps.complete("read");
        steps.received("read");
        assertTrue(steps.record().contains("read received: faster"));
    }

    // ---- calls that block

    @Test
    void openingAPipeOnALoopIsAViolation() {
        restart(new SimulatedKernel(1));
        steps.poll(1);
        open("client", WinConst.GENERIC_READ, 0);
        assertViolation("CreateFileW of a pipe blocks a loop");
    }

    @Test
    void blockedOpenCanBeEndedByAnotherThread() {
        restart(Faults.none().with(Faults.Kind.PIPE_OPEN_BLOCKS, 1));
        create("server", FIRST, 1);
        int[] error = { -1, 0 };
        kernel.turns().spawn("opener", () -> {
            Win32 own = kernel.access().ofThisThread();
            error[1] = own.getCurrentThreadId();
            own.createFile(pipes.string(PATH), WinConst.GENERIC_READ, 0, 0, WinConst.OPEN_EXISTING, OVERLAPPED);
            error[0] = own.lastError();
        });
        kernel.sleep(100_000);
        long thread = win32.openThread(WinConst.THREAD_TERMINATE, 0, error[1]);
        assertEquals(0, win32.cancelSynchronousIo(thread));
        kernel.sleep(100_000);
        assertEquals(WinError.ERROR_OPERATION_ABORTED, error[0]);
        assertEquals(WinError.ERROR_NOT_FOUND, win32.cancelSynchronousIo(thread));
        win32.closeHandle(thread);
    }

    @Test
    void flushLastsUntilTheOtherEndHasReadEverything() {
        pipes.create("server", PATH).connect("connect", "server");
        SimulatedPipePeer peer = SimulatedPipePeer.client(kernel, NAME).open(connected -> connected.stopReading());
        steps.complete("connect");
        pipes.writeAll("write", "server", "unread");
        kernel.schedule().after(50_000_000, peer::startReading);
        long start = kernel.schedule().now();
        assertEquals(0, pipes.flush("server"));
        assertTrue(kernel.schedule().now() - start >= 50_000_000);
        kernel.sleep(1_000_000);
        assertArrayEquals(bytes("unread"), peer.received());
        peer.close();
    }

    @Test
    void flushEndsWithTheReader() {
        pipes.create("server", PATH).connect("connect", "server");
        SimulatedPipePeer peer = SimulatedPipePeer.client(kernel, NAME).open(connected -> connected.stopReading());
        steps.complete("connect");
        pipes.writeAll("write", "server", "unread");
        kernel.schedule().after(1_000_000, peer::close);
        assertEquals(WinError.ERROR_BROKEN_PIPE, pipes.flush("server"));
    }

    @Test
    void flushEndsWithADisconnect() {
        pipes.create("server", PATH).connect("connect", "server");
        SimulatedPipePeer peer = SimulatedPipePeer.client(kernel, NAME).open(connected -> connected.stopReading());
        steps.complete("connect");
        pipes.writeAll("write", "server", "unread");
        int[] error = { -1 };
        kernel.turns().spawn("flusher", () -> error[0] = kernel.access().ofThisThread()
                .flushFileBuffers(steps.handle("server")));
        kernel.sleep(1_000_000);
        assertEquals(-1, error[0]);
        pipes.disconnect("server");
        kernel.sleep(1_000_000);
        assertEquals(WinError.ERROR_PIPE_NOT_CONNECTED, error[0]);
        peer.startReading();
        kernel.sleep(1_000_000);
        assertEquals(0, peer.receivedBytes());
        peer.close();
    }

    // ---- peers

    @Test
    void peersExchangeMessagesInOrder() {
        StringBuilder heard = new StringBuilder();
        SimulatedPipePeer.Server server = SimulatedPipePeer.server(kernel, NAME, bob(kernel), connected ->
                connected.readTo((data, last) -> {
                    heard.append(new String(data, StandardCharsets.US_ASCII)).append(last ? "." : "+");
                    if (last) {
                        connected.send(data);
                    }
                }).readSlowly(4, 1000)).messages(true).quota(10)
                .descriptor(new SecurityDescriptor(null, null, null));
        assertEquals(0, server.listen(2));
        SimulatedPipePeer client = SimulatedPipePeer.client(kernel, NAME).messages().open(connected -> { });
        client.send(bytes("0123456")).send(bytes("")).send(bytes("abcdefghijklmnop"));
        kernel.sleep(100_000_000);
        assertEquals("0123+456..abcd+efgh+ijkl+mnop.", heard.toString());
        client.closeWhenSent();
        kernel.sleep(1_000_000);
        assertTrue(client.isClosed());
        server.close();
        assertEquals("456mnop", new String(client.received(), StandardCharsets.US_ASCII));
    }

    @Test
    void serverInAnotherProcessAlwaysHasAnInstanceThatListens() {
        SimulatedPipePeer.Server server = SimulatedPipePeer.server(kernel, NAME, bob(kernel), connected -> { })
                .descriptor(new SecurityDescriptor(null, null, null));
        server.listen(1);
        for (int i = 0; i < 5; i++) {
            assertEquals(0, open("client " + i, WinConst.GENERIC_READ, 0));
            kernel.sleep(1_000_000);
        }
        server.close();
        assertEquals(WinError.ERROR_PIPE_BUSY, open("late", WinConst.GENERIC_READ, 0));
    }
}
