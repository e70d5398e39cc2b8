/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import com.sun.management.ThreadMXBean;
import io.github.nettyiocp.internal.CallCounts.Function;
import io.github.nettyiocp.internal.ExtensionFunctions;
import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NativeWin32;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.ObjectKind;
import io.github.nettyiocp.internal.Operation;
import io.github.nettyiocp.internal.SocketAddresses;
import io.github.nettyiocp.internal.StatusTable;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import io.github.nettyiocp.internal.WindowsVersion;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Field;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Each call of {@link Win32}, made on a real Windows or on Wine. */
@EnabledOnOs(OS.WINDOWS)
@Timeout(240)
class NativeWin32Test {

    private static final int PACKET_MILLIS = 10_000;

    private final Win32 win32 = NativeWin32.ACCESS.newInstance();
    private final Arena arena = Arena.ofConfined();
    private final Deque<Long> sockets = new ArrayDeque<>();
    private final long port = win32.createIoCompletionPort(WinConst.INVALID_HANDLE_VALUE, 0, 0, 1);
    private final long scratch = allocate(Layout.WSAPROTOCOL_INFOW_SIZE);
    private final long length = allocate(Integer.BYTES);

    @AfterEach
    void close() {
        while (!sockets.isEmpty()) {
            win32.closesocket(sockets.pop());
        }
        // What was pending ends now, and its memory must stay until its packet came.
        while (nextPacket(50) != null) {
            continue;
        }
        assertEquals(0, win32.closeHandle(port));
        arena.close();
    }

    // ---- instances

    @Test
    void aThreadHasAnInstanceAndALoopItsOwn() throws Exception {
        assertSame(NativeWin32.ACCESS.ofThisThread(), NativeWin32.ACCESS.ofThisThread());
        assertNotSame(NativeWin32.ACCESS.newInstance(), NativeWin32.ACCESS.newInstance());
        AtomicReference<Win32> other = new AtomicReference<>();
        Thread thread = new Thread(() -> other.set(NativeWin32.ACCESS.ofThisThread()));
        thread.start();
        thread.join();
        assertNotSame(NativeWin32.ACCESS.ofThisThread(), other.get());
    }

    @Test
    void anInstanceThatWasMadeElsewhereWorksOnThisThread() throws Exception {
        AtomicReference<Win32> made = new AtomicReference<>();
        Thread thread = new Thread(() -> made.set(NativeWin32.ACCESS.newInstance()));
        thread.start();
        thread.join();
        assertEquals(WinError.ERROR_INVALID_HANDLE, made.get().closeHandle(0x7ffffff0L));
    }

    @Test
    void eachInstanceCountsItsOwnCalls() {
        Win32 other = NativeWin32.ACCESS.newInstance();
        long before = win32.counts().get(Function.PostQueuedCompletionStatus);
        assertEquals(0, other.postQueuedCompletionStatus(port, 0, 1, 0));
        assertEquals(0, other.postQueuedCompletionStatus(port, 0, 1, 0));
        assertEquals(Map.of(Function.PostQueuedCompletionStatus, 2L), other.counts().snapshot());
        assertEquals(before, win32.counts().get(Function.PostQueuedCompletionStatus));
    }

    @Test
    void theLastErrorIsThatOfTheLastFailure() {
        assertEquals(WinError.ERROR_INVALID_HANDLE, win32.closeHandle(0x7ffffff0L));
        assertEquals(WinError.ERROR_INVALID_HANDLE, win32.lastError());
        assertEquals(0, win32.postQueuedCompletionStatus(port, 0, 1, 0));
        assertEquals(WinError.ERROR_INVALID_HANDLE, win32.lastError());
    }

    /** The linker's own code is interpreted at first, so this waits for the compiler. */
    @Test
    void warmCallsAllocateNothing() throws Exception {
        ThreadMXBean threads = assertInstanceOf(ThreadMXBean.class, ManagementFactory.getThreadMXBean());
        long socket = socket(WinConst.AF_INET);
        ExtensionFunctions functions = ExtensionFunctions.load(win32, socket);
        long entry = allocate(Layout.OVERLAPPED_ENTRY_SIZE);
        long overlapped = overlapped();
        long buffer = wsabuf(scratch, 1);
        long flags = zero();
        long address = sockaddr(WinConst.AF_INET, "127.0.0.1", 1);
        long allocated = Long.MAX_VALUE;
        for (int round = 0; round < 40 && allocated != 0; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 500; i++) {
                win32.postQueuedCompletionStatus(port, 0, 1, 0);
                win32.getQueuedCompletionStatusEx(port, entry, 1, length, 0);
                win32.wsaRecv(socket, buffer, 1, length, flags, overlapped);
                win32.wsaSend(socket, buffer, 1, length, 0, overlapped);
                // Neither bound nor listening: each of these fails at once.
                win32.connectEx(functions.connectEx(), socket, address, Layout.SOCKADDR_IN_SIZE, 0, 0, length,
                        overlapped);
                win32.acceptEx(functions.acceptEx(), socket, WinConst.INVALID_SOCKET, scratch, 0,
                        Layout.ACCEPT_ADDRESS_SIZE, Layout.ACCEPT_ADDRESS_SIZE, length, overlapped);
            }
            allocated = threads.getCurrentThreadAllocatedBytes() - before;
        }
        assertEquals(0, allocated, "bytes in 500 rounds");
    }

    // ---- memory

    @Test
    void pagesAreZeroedAndWritable() {
        long pages = win32.virtualAlloc(0, 1 << 16, WinConst.MEM_RESERVE | WinConst.MEM_COMMIT,
                WinConst.PAGE_READWRITE);
        assertNotEquals(0, pages);
        assertEquals(0, Memory.getLong(pages));
        Memory.putLong(pages + (1 << 16) - 8, -1);
        assertEquals(-1, Memory.getLong(pages + (1 << 16) - 8));
        assertEquals(0, win32.virtualFree(pages, 0, WinConst.MEM_RELEASE));
    }

    @Test
    void pagesThatCannotBeHadAreAnError() {
        assertEquals(0, win32.virtualAlloc(0, Long.MAX_VALUE, WinConst.MEM_RESERVE, WinConst.PAGE_READWRITE));
        assertNotEquals(0, win32.lastError());
    }

    @Test
    void pagesAreReleasedFromTheirBaseOnly() {
        long pages = win32.virtualAlloc(0, 1 << 16, WinConst.MEM_RESERVE, WinConst.PAGE_READWRITE);
        assertNotEquals(0, win32.virtualFree(pages + (1 << 15), 0, WinConst.MEM_RELEASE));
        assertEquals(0, win32.virtualFree(pages, 0, WinConst.MEM_RELEASE));
    }

    // ---- ports

    @Test
    void packetsComeInTheOrderInWhichTheyWerePosted() {
        for (int i = 1; i <= 5; i++) {
            assertEquals(0, win32.postQueuedCompletionStatus(port, i * 10, i, i * 0x1000L));
        }
        long entries = allocate(8 * Layout.OVERLAPPED_ENTRY_SIZE);
        int received = 0;
        while (received < 5) {
            long at = entries + (long) received * Layout.OVERLAPPED_ENTRY_SIZE;
            assertEquals(0, win32.getQueuedCompletionStatusEx(port, at, 8 - received, length, PACKET_MILLIS));
            received += Memory.getInt(length);
        }
        for (int i = 1; i <= 5; i++) {
            Packet packet = packet(entries + (i - 1L) * Layout.OVERLAPPED_ENTRY_SIZE);
            assertEquals(i, packet.key);
            assertEquals(i * 0x1000L, packet.overlapped);
            assertEquals(i * 10, packet.bytes);
        }
    }

    @Test
    void aKeyAndAPointerMayUseAllTheirBits() {
        assertEquals(0, win32.postQueuedCompletionStatus(port, -1, -2, Long.MIN_VALUE + 1));
        Packet packet = nextPacket(PACKET_MILLIS);
        assertEquals(-2, packet.key);
        assertEquals(Long.MIN_VALUE + 1, packet.overlapped);
        assertEquals(-1, packet.bytes);
    }

    @Test
    void aWaitThatFindsNothingTimesOut() {
        long entries = allocate(Layout.OVERLAPPED_ENTRY_SIZE);
        assertEquals(WinError.WAIT_TIMEOUT, win32.getQueuedCompletionStatusEx(port, entries, 1, length, 0));
        long start = System.nanoTime();
        assertEquals(WinError.WAIT_TIMEOUT, win32.getQueuedCompletionStatusEx(port, entries, 1, length, 100));
        assertTrue(System.nanoTime() - start > 50_000_000L);
    }

    @Test
    void aPostFromAnotherThreadEndsAnEndlessWait() throws Exception {
        Thread thread = new Thread(() -> {
            sleep(100);
            NativeWin32.ACCESS.ofThisThread().postQueuedCompletionStatus(port, 0, 42, 0);
        });
        thread.start();
        assertEquals(42, nextPacket(WinConst.INFINITE).key);
        thread.join();
    }

    @Test
    void whatIsNotAPortIsRefused() {
        long entries = allocate(Layout.OVERLAPPED_ENTRY_SIZE);
        long noPort = 0x7ffffff0L;
        assertEquals(WinError.ERROR_INVALID_HANDLE,
                win32.getQueuedCompletionStatusEx(noPort, entries, 1, length, 0));
        assertEquals(WinError.ERROR_INVALID_HANDLE, win32.postQueuedCompletionStatus(noPort, 0, 0, 0));
        assertEquals(0, win32.createIoCompletionPort(socket(WinConst.AF_INET), noPort, 1, 0));
        assertEquals(WinError.ERROR_INVALID_HANDLE, win32.lastError());
    }

    // ---- handles

    @Test
    void aHandleIsAssociatedOnce() {
        long socket = socket(WinConst.AF_INET);
        assertEquals(port, win32.createIoCompletionPort(socket, port, 1, 0));
        assertEquals(0, win32.createIoCompletionPort(socket, port, 2, 0));
        assertEquals(WinError.ERROR_INVALID_PARAMETER, win32.lastError());
        long otherPort = win32.createIoCompletionPort(WinConst.INVALID_HANDLE_VALUE, 0, 0, 1);
        assertEquals(0, win32.createIoCompletionPort(socket, otherPort, 3, 0));
        assertEquals(WinError.ERROR_INVALID_PARAMETER, win32.lastError());
        assertEquals(0, win32.closeHandle(otherPort));
    }

    @Test
    void aHandleThatIsNotOverlappedIsRefusedAndKnown() {
        long socket = win32.wsaSocket(WinConst.AF_INET, WinConst.SOCK_STREAM, WinConst.IPPROTO_TCP, 0);
        assertNotEquals(WinConst.INVALID_SOCKET, socket);
        sockets.push(socket);
        assertEquals(0, win32.createIoCompletionPort(socket, port, 1, 0));
        assertEquals(WinError.ERROR_INVALID_PARAMETER, win32.lastError());
        assertNotEquals(0, mode(socket) & WinConst.FILE_SYNCHRONOUS_IO_NONALERT);
        assertEquals(0, mode(socket(WinConst.AF_INET))
                & (WinConst.FILE_SYNCHRONOUS_IO_NONALERT | WinConst.FILE_SYNCHRONOUS_IO_ALERT));
    }

    @Test
    void aQueryOfAHandleThatIsNoneGivesAStatus() {
        assertEquals(NtStatus.STATUS_INVALID_HANDLE, win32.ntQueryInformationFile(0x7ffffff0L,
                allocate(Layout.IO_STATUS_BLOCK_SIZE), scratch, 4, WinConst.FILE_MODE_INFORMATION));
    }

    @Test
    void skipModesAreSetOnHandlesOnly() {
        long socket = socket(WinConst.AF_INET);
        assertEquals(port, win32.createIoCompletionPort(socket, port, 1, 0));
        assertEquals(0, win32.setFileCompletionNotificationModes(socket,
                WinConst.FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | WinConst.FILE_SKIP_SET_EVENT_ON_HANDLE));
        assertEquals(WinError.ERROR_INVALID_HANDLE, win32.setFileCompletionNotificationModes(0x7ffffff0L,
                WinConst.FILE_SKIP_SET_EVENT_ON_HANDLE));
    }

    // ---- sockets

    @Test
    void winsockMayBeStartedAgain() {
        assertEquals(0, win32.wsaStartup(0x0202, allocate(Layout.WSADATA_SIZE)));
        assertEquals(10092, win32.wsaStartup(0, allocate(Layout.WSADATA_SIZE)));
        assertEquals(10092, win32.lastError());
    }

    @Test
    void aSocketOfAFamilyThatDoesNotExistIsAnError() {
        assertEquals(WinConst.INVALID_SOCKET, win32.wsaSocket(99, WinConst.SOCK_STREAM, 0, 0));
        assertEquals(WinError.WSAEAFNOSUPPORT, win32.lastError());
    }

    @Test
    void whatIsNotASocketIsRefused() {
        long no = 0x7ffffff0L;
        List<Integer> errors = List.of(win32.closesocket(no), win32.listen(no, 1), win32.shutdown(no, 1),
                win32.bind(no, sockaddr(WinConst.AF_INET, "127.0.0.1", 0), Layout.SOCKADDR_IN_SIZE),
                win32.setsockopt(no, WinConst.SOL_SOCKET, WinConst.SO_KEEPALIVE, one(), 4),
                win32.getsockopt(no, WinConst.SOL_SOCKET, WinConst.SO_KEEPALIVE, scratch, lengthOf(4)),
                win32.getsockname(no, scratch, lengthOf(128)), win32.getpeername(no, scratch, lengthOf(128)),
                win32.wsaRecv(no, wsabuf(scratch, 1), 1, length, zero(), overlapped()),
                win32.wsaSend(no, wsabuf(scratch, 1), 1, length, 0, overlapped()));
        for (int i = 0; i < errors.size(); i++) {
            assertEquals(WinError.WSAENOTSOCK, errors.get(i), "call " + i);
        }
    }

    @Test
    void optionsAreSetAndRead() {
        long socket = socket(WinConst.AF_INET);
        assertEquals(0, win32.setsockopt(socket, WinConst.IPPROTO_TCP, WinConst.TCP_NODELAY, one(), 4));
        Memory.putInt(scratch, 0);
        assertEquals(0, win32.getsockopt(socket, WinConst.IPPROTO_TCP, WinConst.TCP_NODELAY, scratch, lengthOf(4)));
        assertEquals(1, Memory.getInt(scratch) & 0xff);
        assertEquals(WinError.WSAENOPROTOOPT, win32.setsockopt(socket, WinConst.SOL_SOCKET, 0x5f5f, one(), 4));

        Memory.putShort(scratch + Layout.LINGER_ONOFF, 1);
        Memory.putShort(scratch + Layout.LINGER_SECONDS, 7);
        assertEquals(0, win32.setsockopt(socket, WinConst.SOL_SOCKET, WinConst.SO_LINGER, scratch,
                Layout.LINGER_SIZE));
        long linger = allocate(Layout.LINGER_SIZE);
        assertEquals(0, win32.getsockopt(socket, WinConst.SOL_SOCKET, WinConst.SO_LINGER, linger,
                lengthOf(Layout.LINGER_SIZE)));
        assertEquals(1, Memory.getShort(linger + Layout.LINGER_ONOFF));
        assertEquals(7, Memory.getShort(linger + Layout.LINGER_SECONDS));
    }

    @Test
    void theProviderOfASocketIsTheSystems() {
        long socket = socket(WinConst.AF_INET);
        assertEquals(0, win32.getsockopt(socket, WinConst.SOL_SOCKET, WinConst.SO_PROTOCOL_INFOW, scratch,
                lengthOf(Layout.WSAPROTOCOL_INFOW_SIZE)));
        assertNotEquals(0, Memory.getInt(scratch + Layout.WSAPROTOCOL_INFOW_SERVICE_FLAGS1)
                & WinConst.XP1_IFS_HANDLES);
        assertEquals(1, Memory.getInt(scratch + Layout.WSAPROTOCOL_INFOW_CHAIN_LEN));
    }

    @Test
    void anAddressThatIsTakenIsInUse() {
        long first = listening(WinConst.AF_INET, "127.0.0.1");
        InetSocketAddress taken = localAddress(first);
        long second = socket(WinConst.AF_INET);
        int error = win32.bind(second, sockaddr(WinConst.AF_INET, "127.0.0.1", taken.getPort()),
                Layout.SOCKADDR_IN_SIZE);
        assertEquals(WinError.WSAEADDRINUSE, error);
        IOException e = StatusTable.exception(win32, ObjectKind.SOCKET, Operation.BIND, NtStatus.ofError(error),
                taken);
        assertEquals("Address already in use: " + taken + " (bind, error 10048)", e.getMessage());
    }

    @Test
    void anAddressOfAnotherMachineCannotBeBound() {
        assertEquals(WinError.WSAEADDRNOTAVAIL, win32.bind(socket(WinConst.AF_INET),
                sockaddr(WinConst.AF_INET, "192.0.2.1", 0), Layout.SOCKADDR_IN_SIZE));
    }

    @Test
    void aSocketThatIsNotBoundCannotListenNorHasAPeer() {
        long socket = socket(WinConst.AF_INET);
        assertEquals(WinError.WSAEINVAL, win32.listen(socket, 1));
        assertEquals(WinError.WSAENOTCONN, win32.getpeername(socket, scratch, lengthOf(128)));
    }

    @Test
    void anIoctlThatDoesNotExistIsAnError() {
        assertNotEquals(0, win32.wsaIoctl(socket(WinConst.AF_INET), 0xC8000FFF, 0, 0, scratch, 16, length));
    }

    @Test
    void bothFamiliesHaveTheExtensionFunctions() throws Exception {
        for (int family : new int[] { WinConst.AF_INET, WinConst.AF_INET6 }) {
            ExtensionFunctions functions = ExtensionFunctions.load(win32, socket(family));
            assertNotEquals(0, functions.acceptEx());
            assertNotEquals(0, functions.connectEx());
            assertNotEquals(0, functions.getAcceptExSockaddrs());
            assertTrue(functions.isSkipOnSuccessSupported());
        }
    }

    @Test
    void aConnectionOfIpv4() throws Exception {
        connectAndTalk(WinConst.AF_INET, WinConst.AF_INET, "127.0.0.1", "127.0.0.1");
    }

    @Test
    void aConnectionOfIpv6() throws Exception {
        connectAndTalk(WinConst.AF_INET6, WinConst.AF_INET6, "::1", "::1");
    }

    @Test
    void aConnectionOfIpv4ToADualSocket() throws Exception {
        connectAndTalk(WinConst.AF_INET6, WinConst.AF_INET, "0.0.0.0", "127.0.0.1");
    }

    private void connectAndTalk(int serverFamily, int clientFamily, String bindTo, String connectTo)
            throws Exception {
        long server = listening(serverFamily, bindTo);
        long accepted = socket(serverFamily);
        long client = socket(clientFamily);
        associate(server, 1);
        associate(client, 2);
        int serverPort = localAddress(server).getPort();

        ExtensionFunctions functions = ExtensionFunctions.load(win32, server);
        long addresses = allocate(2 * Layout.ACCEPT_ADDRESS_SIZE);
        long accept = overlapped();
        assertEquals(WinError.ERROR_IO_PENDING, win32.acceptEx(functions.acceptEx(), server, accepted, addresses, 0,
                Layout.ACCEPT_ADDRESS_SIZE, Layout.ACCEPT_ADDRESS_SIZE, length, accept));

        long connect = overlapped();
        int addressLength = SocketAddresses.write(scratch, clientFamily,
                new InetSocketAddress(InetAddress.getByName("0.0.0.0"), 0));
        assertEquals(0, win32.bind(client, scratch, addressLength));
        addressLength = SocketAddresses.write(scratch, clientFamily, address(connectTo, serverPort));
        int error = win32.connectEx(ExtensionFunctions.load(win32, client).connectEx(), client, scratch,
                addressLength, 0, 0, length, connect);
        assertTrue(error == 0 || error == WinError.ERROR_IO_PENDING, () -> "error " + error);

        Map<Long, Packet> packets = packets(2);
        assertEquals(NtStatus.STATUS_SUCCESS, packets.get(accept).status);
        assertEquals(1, packets.get(accept).key);
        assertEquals(NtStatus.STATUS_SUCCESS, packets.get(connect).status);
        assertEquals(2, packets.get(connect).key);

        Memory.putLong(scratch, server);
        assertEquals(0, win32.setsockopt(accepted, WinConst.SOL_SOCKET, WinConst.SO_UPDATE_ACCEPT_CONTEXT, scratch,
                Long.BYTES));
        assertEquals(0, win32.setsockopt(client, WinConst.SOL_SOCKET, WinConst.SO_UPDATE_CONNECT_CONTEXT, 0, 0));
        associate(accepted, 3);

        long results = allocate(4 * Long.BYTES);
        win32.getAcceptExSockaddrs(functions.getAcceptExSockaddrs(), addresses, 0, Layout.ACCEPT_ADDRESS_SIZE,
                Layout.ACCEPT_ADDRESS_SIZE, results, results + 8, results + 16, results + 24);
        assertEquals(address(connectTo, serverPort), SocketAddresses.read(Memory.getLong(results)));
        assertEquals(localAddress(client), SocketAddresses.read(Memory.getLong(results + 16)));
        assertEquals(address(connectTo, serverPort), peerAddress(client));
        assertEquals(localAddress(client), peerAddress(accepted));

        talk(client, accepted, 3);
        talk(accepted, client, 2);

        assertEquals(0, win32.shutdown(client, WinConst.SD_SEND));
        long end = overlapped();
        assertPacketComes(win32.wsaRecv(accepted, wsabuf(scratch, 16), 1, length, zero(), end));
        Packet packet = packets(1).get(end);
        assertEquals(NtStatus.STATUS_SUCCESS, packet.status);
        assertEquals(0, packet.bytes);
    }

    /** Sends from two buffers and receives into one that was posted before. */
    private void talk(long from, long to, long toKey) {
        long received = allocate(64);
        long receive = overlapped();
        assertEquals(WinError.ERROR_IO_PENDING,
                win32.wsaRecv(to, wsabuf(received, 64), 1, length, zero(), receive));
        long first = ascii("hello, ");
        long second = ascii("windows");
        long buffers = allocate(2 * Layout.WSABUF_SIZE);
        putWsabuf(buffers, first, 7);
        putWsabuf(buffers + Layout.WSABUF_SIZE, second, 7);
        long send = overlapped();
        assertPacketComes(win32.wsaSend(from, buffers, 2, length, 0, send));
        Map<Long, Packet> packets = packets(2);
        assertEquals(14, packets.get(send).bytes);
        assertEquals(14, packets.get(receive).bytes);
        assertEquals(toKey, packets.get(receive).key);
        byte[] text = new byte[14];
        Memory.getBytes(received, text);
        assertEquals("hello, windows", new String(text, StandardCharsets.US_ASCII));
    }

    @Test
    void aConnectionThatNobodyAcceptsIsRefused() throws Exception {
        long closed = listening(WinConst.AF_INET, "127.0.0.1");
        InetSocketAddress target = localAddress(closed);
        assertEquals(0, win32.closesocket(closed));
        sockets.remove(closed);

        long client = socket(WinConst.AF_INET);
        associate(client, 2);
        assertEquals(0, win32.bind(client, sockaddr(WinConst.AF_INET, "0.0.0.0", 0), Layout.SOCKADDR_IN_SIZE));
        long connect = overlapped();
        int status = NtStatus.ofError(win32.connectEx(ExtensionFunctions.load(win32, client).connectEx(), client,
                sockaddr(WinConst.AF_INET, "127.0.0.1", target.getPort()), Layout.SOCKADDR_IN_SIZE, 0, 0, length,
                connect));
        if (status == NtStatus.ofError(WinError.ERROR_IO_PENDING)) {
            status = packets(1).get(connect).status;
        }
        IOException e = StatusTable.exception(win32, ObjectKind.SOCKET, Operation.CONNECT, status, target);
        assertInstanceOf(ConnectException.class, e);
        assertEquals("Connection refused: " + target + " (ConnectEx, error 10061)", e.getMessage());
    }

    @Test
    void aSocketMustBeBoundBeforeItConnects() throws Exception {
        long client = socket(WinConst.AF_INET);
        associate(client, 2);
        assertEquals(WinError.WSAEINVAL, win32.connectEx(ExtensionFunctions.load(win32, client).connectEx(), client,
                sockaddr(WinConst.AF_INET, "127.0.0.1", 1), Layout.SOCKADDR_IN_SIZE, 0, 0, length, overlapped()));
    }

    @Test
    void aPendingOperationIsCancelledByAPacket() throws Exception {
        long server = listening(WinConst.AF_INET, "127.0.0.1");
        associate(server, 1);
        assertEquals(WinError.ERROR_NOT_FOUND, win32.cancelIoEx(server, 0));
        long accept = overlapped();
        assertEquals(WinError.ERROR_IO_PENDING, win32.acceptEx(ExtensionFunctions.load(win32, server).acceptEx(),
                server, socket(WinConst.AF_INET), allocate(2 * Layout.ACCEPT_ADDRESS_SIZE), 0,
                Layout.ACCEPT_ADDRESS_SIZE, Layout.ACCEPT_ADDRESS_SIZE, length, accept));
        assertEquals(WinError.ERROR_NOT_FOUND, win32.cancelIoEx(server, overlapped()));
        assertEquals(0, win32.cancelIoEx(server, accept));
        Packet packet = packets(1).get(accept);
        assertEquals(NtStatus.STATUS_CANCELLED, packet.status);
        assertEquals(WinError.ERROR_OPERATION_ABORTED, StatusTable.errorOf(ObjectKind.SOCKET, packet.status));
        assertEquals(WinError.ERROR_NOT_FOUND, win32.cancelIoEx(server, accept));
        assertEquals(WinError.ERROR_INVALID_HANDLE, win32.cancelIoEx(0x7ffffff0L, 0));
    }

    // ---- the system

    @Test
    void theVersionIsTen() {
        WindowsVersion version = WindowsVersion.of(win32);
        assertTrue(version.isAtLeast(10, 0, 14393), version::toString);
        assertEquals(win32.isExported("ntdll.dll", "wine_get_version"), version.wine() != null);
        assertEquals(version.wine() != null, version.toString().contains("Wine"));
    }

    @Test
    void theVersionIsFilledIn() {
        Memory.putInt(scratch, Layout.OSVERSIONINFOEXW_SIZE);
        assertEquals(NtStatus.STATUS_SUCCESS, win32.rtlGetVersion(scratch));
        assertEquals(10, Memory.getInt(scratch + Layout.OSVERSIONINFOEXW_MAJOR));
    }

    @Test
    void exportsAreFoundInTheDllsOfWindowsOnly() {
        assertTrue(win32.isExported("kernel32.dll", "GetQueuedCompletionStatusEx"));
        assertTrue(win32.isExported("KERNEL32.DLL", "CancelIoEx"));
        assertTrue(win32.isExported("mswsock.dll", "TransmitFile"));
        assertFalse(win32.isExported("kernel32.dll", "NoSuchFunction"));
        assertFalse(win32.isExported("no-such-library.dll", "CancelIoEx"));
    }

    @Test
    void windowsHasTextsForErrors() {
        int flags = WinConst.FORMAT_MESSAGE_FROM_SYSTEM | WinConst.FORMAT_MESSAGE_IGNORE_INSERTS;
        int units = win32.formatMessage(flags, WinError.ERROR_ACCESS_DENIED, WinConst.LANGUAGE_NEUTRAL, scratch, 256);
        byte[] text = new byte[units * 2];
        Memory.getBytes(scratch, text);
        assertTrue(new String(text, StandardCharsets.UTF_16LE).strip().length() > 3);
        assertEquals(0, win32.formatMessage(flags, 0x2fffffff, WinConst.LANGUAGE_NEUTRAL, scratch, 256));
        assertEquals(WinError.ERROR_MR_MID_NOT_FOUND, win32.lastError());
    }

    @Test
    void anErrorThatIsNotInTheTableHasTheTextOfWindows() {
        IOException e = StatusTable.exception(win32, ObjectKind.PIPE, Operation.READ, NtStatus.ofError(19), null);
        assertTrue(e.getMessage().matches("Windows error 19: .+ \\(ReadFile, error 19\\)"), e.getMessage());
    }

    /** The table for pipes and files is that of Windows, where a call would have to be made for each. */
    @Test
    void theStatusTableAgreesWithWindows() throws Exception {
        List<String> differences = new ArrayList<>();
        for (Field field : NtStatus.class.getFields()) {
            int status = field.getInt(null);
            if (!NtStatus.isError(status)) {
                continue;
            }
            int expected = win32.rtlNtStatusToDosError(status);
            int actual = StatusTable.errorOf(ObjectKind.PIPE, status);
            if (expected != actual) {
                differences.add(field.getName() + ": Windows says " + expected + ", the table " + actual);
            }
        }
        assertEquals(List.of(), differences);
    }

    @Test
    void aStatusThatWindowsDoesNotKnowHasNoError() {
        assertEquals(WinError.ERROR_MR_MID_NOT_FOUND, win32.rtlNtStatusToDosError(0xC0FF1234));
        assertNull(nextPacket(0));
    }

    // ---- helpers

    private record Packet(long key, long overlapped, int status, int bytes) {
    }

    private Packet nextPacket(int millis) {
        long entry = allocate(Layout.OVERLAPPED_ENTRY_SIZE);
        int error = win32.getQueuedCompletionStatusEx(port, entry, 1, length, millis);
        if (error == WinError.WAIT_TIMEOUT) {
            return null;
        }
        assertEquals(0, error);
        assertEquals(1, Memory.getInt(length));
        return packet(entry);
    }

    private static Packet packet(long entry) {
        return new Packet(Memory.getLong(entry + Layout.OVERLAPPED_ENTRY_KEY),
                Memory.getLong(entry + Layout.OVERLAPPED_ENTRY_OVERLAPPED),
                (int) Memory.getLong(entry + Layout.OVERLAPPED_ENTRY_INTERNAL),
                Memory.getInt(entry + Layout.OVERLAPPED_ENTRY_BYTES));
    }

    /** The next packets by their OVERLAPPED. */
    private Map<Long, Packet> packets(int count) {
        Map<Long, Packet> packets = new HashMap<>();
        for (int i = 0; i < count; i++) {
            Packet packet = nextPacket(PACKET_MILLIS);
            assertTrue(packet != null, "no packet came");
            packets.put(packet.overlapped, packet);
        }
        return packets;
    }

    /** Without a skip mode a success has a packet too. */
    private static void assertPacketComes(int error) {
        assertTrue(error == 0 || error == WinError.ERROR_IO_PENDING, () -> "error " + error);
    }

    private long socket(int family) {
        long socket = win32.wsaSocket(family, WinConst.SOCK_STREAM, WinConst.IPPROTO_TCP,
                WinConst.WSA_FLAG_OVERLAPPED | WinConst.WSA_FLAG_NO_HANDLE_INHERIT);
        assertNotEquals(WinConst.INVALID_SOCKET, socket, () -> "error " + win32.lastError());
        sockets.push(socket);
        return socket;
    }

    private long listening(int family, String ip) {
        long socket = socket(family);
        if (family == WinConst.AF_INET6) {
            assertEquals(0, win32.setsockopt(socket, WinConst.IPPROTO_IPV6, WinConst.IPV6_V6ONLY, zero(), 4));
        }
        int size = family == WinConst.AF_INET ? Layout.SOCKADDR_IN_SIZE : Layout.SOCKADDR_IN6_SIZE;
        assertEquals(0, win32.bind(socket, sockaddr(family, ip, 0), size));
        assertEquals(0, win32.listen(socket, WinConst.SOMAXCONN));
        return socket;
    }

    private void associate(long socket, long key) {
        assertEquals(port, win32.createIoCompletionPort(socket, port, key, 0), () -> "error " + win32.lastError());
    }

    private int mode(long handle) {
        assertEquals(NtStatus.STATUS_SUCCESS, win32.ntQueryInformationFile(handle,
                allocate(Layout.IO_STATUS_BLOCK_SIZE), scratch, 4, WinConst.FILE_MODE_INFORMATION));
        return Memory.getInt(scratch);
    }

    private InetSocketAddress localAddress(long socket) {
        assertEquals(0, win32.getsockname(socket, scratch, lengthOf(Layout.SOCKADDR_STORAGE_SIZE)));
        return SocketAddresses.read(scratch);
    }

    private InetSocketAddress peerAddress(long socket) {
        assertEquals(0, win32.getpeername(socket, scratch, lengthOf(Layout.SOCKADDR_STORAGE_SIZE)));
        return SocketAddresses.read(scratch);
    }

    private long sockaddr(int family, String ip, int port) {
        long memory = allocate(Layout.SOCKADDR_STORAGE_SIZE);
        SocketAddresses.write(memory, family, address(ip, port));
        return memory;
    }

    private static InetSocketAddress address(String ip, int port) {
        return new InetSocketAddress(ip, port);
    }

    private long overlapped() {
        return allocate(Layout.OVERLAPPED_SIZE);
    }

    private long wsabuf(long memory, int length) {
        long buffer = allocate(Layout.WSABUF_SIZE);
        putWsabuf(buffer, memory, length);
        return buffer;
    }

    private static void putWsabuf(long buffer, long memory, int length) {
        Memory.putInt(buffer + Layout.WSABUF_LEN, length);
        Memory.putLong(buffer + Layout.WSABUF_BUF, memory);
    }

    private long ascii(String text) {
        long memory = allocate(text.length());
        Memory.putBytes(memory, text.getBytes(StandardCharsets.US_ASCII));
        return memory;
    }

    private long one() {
        long memory = allocate(Integer.BYTES);
        Memory.putInt(memory, 1);
        return memory;
    }

    private long zero() {
        return allocate(Integer.BYTES);
    }

    private long lengthOf(int value) {
        Memory.putInt(length, value);
        return length;
    }

    /** Zeroed, and freed after the test. */
    private long allocate(long size) {
        return arena.allocate(size, 8).address();
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
