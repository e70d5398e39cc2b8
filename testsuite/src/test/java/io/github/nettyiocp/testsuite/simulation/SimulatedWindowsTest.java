/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.Binding;
import io.github.nettyiocp.HandleCloser;
import io.github.nettyiocp.Submission;
import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import io.netty.buffer.ByteBuf;
import io.netty.channel.IoEventLoop;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.aggregator.ArgumentsAccessor;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The simulated Windows itself, at the level of its calls. */
class SimulatedWindowsTest {

    private SimulatedKernel kernel = new SimulatedKernel(1);
    private Win32Steps steps = new Win32Steps(kernel.access());

    private void restart(Faults faults) {
        steps.close();
        kernel.close();
        kernel = new SimulatedKernel(1, faults);
        steps = new Win32Steps(kernel.access());
    }

    @AfterEach
    void closeAll() {
        if (kernel.violations().isEmpty()) {
            steps.close();
        }
        kernel.close();
    }

    private void assertViolation(String part) {
        List<SimulationError> violations = kernel.violations();
        assertTrue(violations.stream().anyMatch(violation -> violation.getMessage().contains(part)),
                () -> "no violation has \"" + part + "\": " + violations);
        SimulationError report = assertThrows(SimulationError.class, kernel::check);
        assertTrue(report.getMessage().contains("seed 1") && report.getMessage().contains("the last events"));
    }

    // ---- memory

    @Test
    void overlappedThatIsSubmittedTwiceIsAViolation() {
        steps.connection("client", "server");
        long overlapped = steps.memory(Layout.OVERLAPPED_SIZE);
        receive(overlapped, steps.memory(10), 10);
        receive(overlapped, steps.memory(10), 10);
        assertViolation("the OVERLAPPED of RECEIVE");
    }

    @Test
    void overlappedIsInFlightUntilItsPacketIsTaken() {
        steps.connection("client", "server");
        long overlapped = steps.memory(Layout.OVERLAPPED_SIZE);
        receive(overlapped, steps.memory(10), 10);
        steps.send("send", "client", "x");
        kernel.sleep(1_000_000);
        receive(overlapped, steps.memory(10), 10);
        assertViolation("is in flight already");
    }

    @Test
    void writeIntoABufferThatTheKernelFillsIsAViolation() {
        steps.connection("client", "server");
        long buffer = steps.memory(10);
        receive(steps.memory(Layout.OVERLAPPED_SIZE), buffer, 10);
        Memory.putByte(buffer + 7, 1);
        steps.send("send", "client", "x");
        steps.complete("send");
        steps.poll(1000);
        assertViolation("was written to while the kernel owned it, at byte 7");
    }

    @Test
    void changeOfABufferThatTheKernelSendsIsAViolation() {
        restart(Faults.none().with(Faults.Kind.PEND_THOUGH_READY, 1));
        steps.connection("client", "server");
        long buffer = steps.memory(10);
        long buffers = steps.memory(Layout.WSABUF_SIZE);
        Memory.putInt(buffers, 10);
        Memory.putLong(buffers + Layout.WSABUF_BUF, buffer);
        assertEquals(WinError.ERROR_IO_PENDING, steps.win32().wsaSend(steps.handle("client"), buffers, 1,
                steps.memory(4), 0, steps.memory(Layout.OVERLAPPED_SIZE)));
        Memory.putByte(buffer, 1);
        steps.poll(1000);
        assertViolation("was written to while the kernel owned it");
    }

    @Test
    void releaseOfABufferInFlightIsAViolation() {
        steps.connection("client", "server");
        QuarantineAllocator allocator = new QuarantineAllocator(kernel);
        ByteBuf buffer = allocator.directBuffer(100);
        receive(steps.memory(Layout.OVERLAPPED_SIZE), buffer.memoryAddress(), 100);
        buffer.release();
        assertViolation("buffer 1 is freed while the kernel owns a buffer of RECEIVE");
    }

    @Test
    void releasedMemoryCannotBePassedToTheKernel() {
        steps.connection("client", "server");
        ByteBuf buffer = new QuarantineAllocator(kernel).directBuffer(100);
        long address = buffer.memoryAddress();
        buffer.release();
        receive(steps.memory(Layout.OVERLAPPED_SIZE), address, 100);
        assertViolation("which was freed");
    }

    @Test
    void writeAfterReleaseAndLeakShowAtTheEnd() {
        QuarantineAllocator allocator = new QuarantineAllocator(kernel);
        ByteBuf buffer = allocator.directBuffer(100);
        long address = buffer.memoryAddress();
        buffer.release();
        Memory.putByte(address + 99, 1);
        allocator.directBuffer(10);
        allocator.heapBuffer(10);
        allocator.heapBuffer(10).release();
        steps.close();
        assertThrows(SimulationError.class, kernel::checkNothingLeft);
        assertViolation("was written to after it had been freed, at byte 99");
        assertViolation("buffer 2 was never freed");
        assertViolation("heap buffer 3 was never freed");
    }

    @Test
    void receivedBytesLieInTheBufferOnlyOnceThePacketWasTaken() {
        steps.connection("client", "server");
        steps.send("send", "client", "abc");
        kernel.sleep(1_000_000);
        long buffer = steps.memory(10);
        assertEquals(0, receive(steps.memory(Layout.OVERLAPPED_SIZE), buffer, 10));
        assertNotEquals('a', Memory.getByte(buffer));
        steps.poll(1000);
        assertEquals('a', Memory.getByte(buffer));
    }

    @Test
    void reservedMemoryMustBeCommittedAndFreed() {
        Win32 win32 = steps.win32();
        long address = win32.virtualAlloc(0, 1 << 20, WinConst.MEM_RESERVE, WinConst.PAGE_READWRITE);
        assertNotEquals(0, address);
        steps.connection("client", "server");
        receive(address, steps.memory(10), 10);
        assertViolation("were not committed");
    }

    private int receive(long overlapped, long buffer, int length) {
        long buffers = steps.memory(Layout.WSABUF_SIZE);
        Memory.putInt(buffers + Layout.WSABUF_LEN, length);
        Memory.putLong(buffers + Layout.WSABUF_BUF, buffer);
        return steps.win32().wsaRecv(steps.handle("server"), buffers, 1, steps.memory(4), steps.memory(4), overlapped);
    }

    // ---- handles

    @Test
    void handleValuesAreUsedAgainAtOnce() {
        steps.socket("a", WinConst.AF_INET);
        long value = steps.handle("a");
        steps.close("a");
        steps.socket("b", WinConst.AF_INET);
        assertEquals(value, steps.handle("b"));
    }

    @Test
    void closingTwiceIsAViolation() {
        steps.socket("a", WinConst.AF_INET);
        long value = steps.handle("a");
        steps.close("a");
        assertEquals(WinError.WSAENOTSOCK, steps.win32().closesocket(value));
        assertViolation("which is not open");
    }

    @Test
    void useOfAClosedHandleIsAViolation() {
        steps.socket("a", WinConst.AF_INET);
        long value = steps.handle("a");
        steps.close("a");
        assertEquals(WinError.ERROR_INVALID_HANDLE, steps.win32().cancelIoEx(value, 0));
        assertViolation("CancelIoEx with the handle");
    }

    @Test
    void socketIsNotClosedByCloseHandle() {
        steps.socket("a", WinConst.AF_INET);
        steps.win32().closeHandle(steps.handle("a"));
        assertViolation("CloseHandle of a socket");
    }

    @Test
    void handleThatIsLeftOpenShowsAtTheEnd() {
        steps.win32().wsaSocket(WinConst.AF_INET, WinConst.SOCK_STREAM, WinConst.IPPROTO_TCP, 1);
        steps.close();
        assertThrows(SimulationError.class, kernel::checkNothingLeft);
        assertViolation("was never closed");
    }

    // ---- the port

    @Test
    void waitThatNothingCanEndIsADeadlock() {
        long entries = steps.memory(64);
        SimulationError error = assertThrows(SimulationError.class, () ->
                steps.win32().getQueuedCompletionStatusEx(steps.port(), entries, 1, steps.memory(4),
                        WinConst.INFINITE));
        assertTrue(error.getMessage().contains("deadlock"));
    }

    @Test
    void waitTakesVirtualTimeAndNoOther() {
        long virtual = kernel.schedule().now();
        long real = System.nanoTime();
        steps.poll(3_600_000);
        assertTrue(kernel.schedule().now() - virtual >= TimeUnit.HOURS.toNanos(1));
        assertTrue(System.nanoTime() - real < TimeUnit.SECONDS.toNanos(10));
    }

    @Test
    void loopThatSpinsIsAViolation() {
        long entries = steps.memory(64);
        long removed = steps.memory(4);
        for (int i = 0; i < 1000; i++) {
            steps.win32().getQueuedCompletionStatusEx(steps.port(), entries, 1, removed, 0);
        }
        assertViolation("the loop spins");
    }

    @Test
    void loopThatLooksEachMillisecondForNothingSpins() {
        assertSpins(runtime -> runtime.loop().scheduleAtFixedRate(() -> { }, 1, 1, TimeUnit.MILLISECONDS));
    }

    @Test
    void loopThatRepeatsACallThatFailsSpins() {
        assertSpins(runtime -> {
            Win32 win32 = runtime.kernel().access().ofThisThread();
            long socket = win32.wsaSocket(WinConst.AF_INET, WinConst.SOCK_STREAM, WinConst.IPPROTO_TCP, 1);
            Binding binding = Binding.open((IoEventLoop) runtime.loop(), socket, HandleCloser.NONE).getNow();
            Submission failing = (overlapped, transferred) -> win32.shutdown(socket, WinConst.SD_SEND);
            binding.overlapped((operation, status, transferred) -> operation.submit(failing)).submit(failing);
        });
    }

    private static void assertSpins(Consumer<SimulatedRuntime> begin) {
        SimulatedRuntime runtime = new SimulatedRuntime(new SimulatedKernel(1));
        begin.accept(runtime);
        runtime.await(() -> !runtime.kernel().violations().isEmpty(), 2, TimeUnit.SECONDS);
        SimulationError report = assertThrows(SimulationError.class, runtime::close);
        assertTrue(report.getMessage().contains("loop 0 spins: 500 passes within a second"), report.getMessage());
    }

    @Test
    void secondWakeUpInTheQueueIsAViolation() {
        steps.win32().postQueuedCompletionStatus(steps.port(), 0, 0, 0);
        steps.win32().postQueuedCompletionStatus(steps.port(), 0, 0, 0);
        assertViolation("a second wake-up is queued");
    }

    @Test
    void entriesThatWereNotFilledHoldGarbage() {
        long entries = steps.memory(2 * Layout.OVERLAPPED_ENTRY_SIZE);
        steps.win32().postQueuedCompletionStatus(steps.port(), 1, 2, 3);
        assertEquals(0, steps.win32().getQueuedCompletionStatusEx(steps.port(), entries, 2, steps.memory(4), 0));
        assertEquals(2, Memory.getLong(entries));
        assertEquals(0xCCCCCCCCCCCCCCCCL, Memory.getLong(entries + Layout.OVERLAPPED_ENTRY_SIZE));
    }

    @Test
    void byteCountOfAnErrorPacketIsGarbage() {
        long entries = steps.memory(Layout.OVERLAPPED_ENTRY_SIZE);
        List<Integer> counts = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            steps.connection("client", "server");
            receive(steps.memory(Layout.OVERLAPPED_SIZE), steps.memory(10), 10);
            steps.win32().cancelIoEx(steps.handle("server"), 0);
            steps.win32().getQueuedCompletionStatusEx(steps.port(), entries, 1, steps.memory(4), 1000);
            assertEquals(NtStatus.STATUS_CANCELLED, (int) Memory.getLong(entries + Layout.OVERLAPPED_ENTRY_INTERNAL));
            counts.add(Memory.getInt(entries + Layout.OVERLAPPED_ENTRY_BYTES));
            steps.win32().closesocket(steps.handle("client"));
            steps.win32().closesocket(steps.handle("server"));
        }
        assertTrue(counts.stream().anyMatch(count -> count > 10), counts::toString);
        // The program's own packets were taken from under it.
        kernel.violation("over");
    }

    // ---- sockets

    @Test
    void associationOfASocketWithAnAcceptInFlightIsAViolation() {
        steps.unassociated("listener", WinConst.AF_INET).bindLoopback("listener");
        steps.listen("listener", 1);
        steps.unassociated("server", WinConst.AF_INET);
        steps.accept("accept", "listener", "server");
        steps.tryAssociate("listener");
        assertViolation("is associated with a port while operations on it are in flight");
    }

    /**
     * Whether a port can be bound that is bound: rows are the first bind, columns the second, each without an option,
     * with SO_REUSEADDR, with SO_EXCLUSIVEADDRUSE, and each with the wildcard address before a specific one.
     */
    @ParameterizedTest
    @CsvSource({
        "plain any,     in use, success, access,  success, in use, success",
        "plain one,     success, in use, success, access,  in use, in use",
        "reuse any,     in use, success, success, success, in use, success",
        "reuse one,     success, in use, success, success, in use, in use",
        "exclusive any, in use, access,  access,  access,  in use, access",
        "exclusive one, success, in use, success, access,  in use, in use" })
    void secondBindOfAPortHasTheOutcomeOfTheTable(ArgumentsAccessor row) {
        List<String> binds = List.of("plain any", "plain one", "reuse any", "reuse one", "exclusive any",
                "exclusive one");
        for (int i = 0; i < binds.size(); i++) {
            steps.socket("first", WinConst.AF_INET).socket("second", WinConst.AF_INET);
            assertEquals(0, bind("first", row.getString(0), 0));
            int error = bind("second", binds.get(i), steps.localPort("first"));
            assertEquals(row.getString(i + 1), error == 0 ? "success" : error == WinError.WSAEACCES ? "access"
                    : error == WinError.WSAEADDRINUSE ? "in use" : "error " + error, binds.get(i));
            steps.close("first");
            steps.close("second");
        }
    }

    @Test
    void socketOfALayeredProviderThatIsToSkipIsAViolationAndPostsItsPacket() {
        kernel.layeredProvider();
        steps.connection("client", "server");
        steps.skipOnSuccess("client");
        assertViolation("is to skip packets, which its provider does not know of");
        steps.send("send", "client", "abc");
        long entries = steps.memory(Layout.OVERLAPPED_ENTRY_SIZE);
        assertEquals(0, steps.win32().getQueuedCompletionStatusEx(steps.port(), entries, 1, steps.memory(4), 1000));
    }

    @Test
    void twoAddressesOfTheMachineAreNoConflict() {
        steps.socket("first", WinConst.AF_INET).socket("second", WinConst.AF_INET);
        assertEquals(0, bind("first", "exclusive one", 0));
        steps.set("second", WinConst.SOL_SOCKET, WinConst.SO_EXCLUSIVEADDRUSE, 1);
        assertEquals(0, steps.bind("second", steps.address(WinConst.AF_INET, 127, 2, steps.localPort("first"))));
    }

    private int bind(String name, String how, int port) {
        int option = how.startsWith("reuse") ? WinConst.SO_REUSEADDR : WinConst.SO_EXCLUSIVEADDRUSE;
        if (!how.startsWith("plain")) {
            steps.set(name, WinConst.SOL_SOCKET, option, 1);
        }
        return steps.bind(name, how.endsWith("any") ? steps.address(WinConst.AF_INET, 0, 0, port)
                : steps.loopback(WinConst.AF_INET, port));
    }

    @Test
    void statusInTheOverlappedMayStayPendingAfterASuccess() {
        restart(Faults.none().with(Faults.Kind.STATUS_STAYS_PENDING, 1));
        steps.connection("client", "server");
        steps.skipOnSuccess("server");
        steps.send("send", "client", "abc");
        kernel.sleep(1_000_000);
        long overlapped = steps.memory(Layout.OVERLAPPED_SIZE);
        assertEquals(0, receive(overlapped, steps.memory(10), 10));
        assertEquals(NtStatus.STATUS_PENDING, Memory.getLong(overlapped));
    }

    @Test
    void refusedConnectTakesASecondUnlessRetransmissionIsOff() {
        steps.socket("a", WinConst.AF_INET).bindAny("a");
        long start = kernel.schedule().now();
        steps.connect("slow", "a", steps.loopback(WinConst.AF_INET, 9));
        steps.complete("slow");
        assertTrue(kernel.schedule().now() - start >= TimeUnit.SECONDS.toNanos(1));

        steps.socket("b", WinConst.AF_INET).bindAny("b");
        long in = steps.memory(4);
        Memory.putShort(in, WinConst.TCP_INITIAL_RTO_UNSPECIFIED_RTT);
        Memory.putByte(in + 2, WinConst.TCP_INITIAL_RTO_NO_SYN_RETRANSMISSIONS);
        steps.win32().wsaIoctl(steps.handle("b"), WinConst.SIO_TCP_INITIAL_RTO, in, 4, 0, 0, steps.memory(4));
        start = kernel.schedule().now();
        steps.connect("fast", "b", steps.loopback(WinConst.AF_INET, 9));
        steps.complete("fast");
        assertTrue(kernel.schedule().now() - start < TimeUnit.MILLISECONDS.toNanos(10));
    }

    @Test
    void fullBacklogRefuses() {
        steps.socket("listener", WinConst.AF_INET);
        steps.bind("listener", steps.address(WinConst.AF_INET, 0, 0, 0));
        steps.listen("listener", 2);
        int port = steps.localPort("listener");
        List<SimulatedPeer> peers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            peers.add(SimulatedPeer.connect(kernel, port, peer -> { }));
        }
        kernel.sleep(TimeUnit.SECONDS.toNanos(1));
        assertEquals(2, peers.stream().filter(SimulatedPeer::isConnected).count());
        assertEquals(2, peers.stream().filter(SimulatedPeer::isRefused).count());
    }

    @Test
    void scriptedPeerTalksToASocket() {
        steps.socket("listener", WinConst.AF_INET);
        steps.bind("listener", steps.address(WinConst.AF_INET, 0, 0, 0));
        steps.listen("listener", 2);
        SimulatedPeer peer = SimulatedPeer.connect(kernel, steps.localPort("listener"),
                connected -> connected.send(new byte[] { 'h', 'i' }).shutdownOutput());
        steps.socket("server", WinConst.AF_INET);
        steps.accept("accept", "listener", "server");
        assertEquals(0, steps.complete("accept"));
        steps.updateAccept("server", "listener");
        steps.receive("receive", "server", 10);
        steps.complete("receive");
        assertEquals(2, steps.transferred("receive"));
        steps.receive("end", "server", 10);
        steps.complete("end");
        assertEquals(0, steps.transferred("end"));
        steps.send("send", "server", "back");
        steps.complete("send");
        steps.close("server");
        kernel.sleep(TimeUnit.SECONDS.toNanos(1));
        assertArrayEquals("back".getBytes(java.nio.charset.StandardCharsets.US_ASCII), peer.received());
        assertTrue(peer.isAtEnd());
        assertFalse(peer.isBroken());
    }

    @Test
    void silentPeerLetsAConnectTimeOut() {
        steps.socket("a", WinConst.AF_INET).bindAny("a");
        long name = steps.memory(Layout.SOCKADDR_STORAGE_SIZE);
        SocketAddresses.write(name, WinConst.AF_INET, new InetSocketAddress(SimulatedNetwork.SILENT, 80));
        steps.connect("connect", "a", name);
        kernel.sleep(TimeUnit.SECONDS.toNanos(20));
        steps.poll(0);
        assertEquals("a packet within 0 ms: false", steps.record().get(steps.record().size() - 1));
        assertEquals(NtStatus.STATUS_IO_TIMEOUT, steps.complete("connect"));
    }

    @Test
    void acceptExWantsThePointerOfItsFamily() {
        steps.socket("six", WinConst.AF_INET6).socket("four", WinConst.AF_INET).socket("accepting", WinConst.AF_INET);
        steps.bindLoopback("four");
        steps.listen("four", 1);
        long out = steps.memory(400);
        steps.win32().acceptEx(0x7ff0_0000_0000L + WinConst.AF_INET6 * 0x1000L + 0x10, steps.handle("four"),
                steps.handle("accepting"), out, 0, 144, 144, steps.memory(4), steps.memory(32));
        assertViolation("AcceptEx by a pointer");
    }
}
