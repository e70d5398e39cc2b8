/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.internal;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.lang.reflect.Field;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

class StatusTableTest {

    private static final Win32 WIN32 = FakeWin32.ofTables(
            Map.of(WinError.ERROR_DISK_FULL, "There is not enough space on the disk.", 4711, "What a number. ",
                    4712, "fr:Quel nombre"),
            Map.of(0xC0001111, 4711));

    /** A row an entry: the status, its error for pipes and files, its error for sockets. */
    @ParameterizedTest(name = "{0}: {1}, {2}")
    @CsvSource({
        "STATUS_SUCCESS, 0, 0",
        "STATUS_PENDING, 997, 997",
        "STATUS_TIMEOUT, 0, 0",
        "STATUS_NOTIFY_CLEANUP, 0, 0",
        "STATUS_NOTIFY_ENUM_DIR, 0, 0",
        "STATUS_BUFFER_OVERFLOW, 234, 10040",
        "STATUS_HANDLES_CLOSED, 995, 995",
        "STATUS_NOT_IMPLEMENTED, 1, 10045",
        "STATUS_INVALID_INFO_CLASS, 87, 317",
        "STATUS_ACCESS_VIOLATION, 998, 10014",
        "STATUS_INVALID_HANDLE, 6, 10038",
        "STATUS_INVALID_PARAMETER, 87, 10022",
        "STATUS_INVALID_DEVICE_REQUEST, 1, 10045",
        "STATUS_END_OF_FILE, 38, 317",
        "STATUS_NO_MEMORY, 8, 10055",
        "STATUS_ACCESS_DENIED, 5, 10013",
        "STATUS_BUFFER_TOO_SMALL, 122, 10014",
        "STATUS_OBJECT_TYPE_MISMATCH, 6, 10038",
        "STATUS_OBJECT_NAME_INVALID, 123, 317",
        "STATUS_OBJECT_NAME_NOT_FOUND, 2, 317",
        "STATUS_OBJECT_NAME_COLLISION, 183, 317",
        "STATUS_OBJECT_PATH_NOT_FOUND, 3, 317",
        "STATUS_OBJECT_PATH_SYNTAX_BAD, 161, 317",
        "STATUS_SHARING_VIOLATION, 32, 10048",
        "STATUS_QUOTA_EXCEEDED, 1816, 10055",
        "STATUS_FILE_LOCK_CONFLICT, 33, 317",
        "STATUS_DELETE_PENDING, 5, 317",
        "STATUS_PRIVILEGE_NOT_HELD, 1314, 317",
        "STATUS_BAD_IMPERSONATION_LEVEL, 1346, 317",
        "STATUS_DISK_FULL, 112, 317",
        "STATUS_INSUFFICIENT_RESOURCES, 1450, 10055",
        "STATUS_INSTANCE_NOT_AVAILABLE, 231, 317",
        "STATUS_PIPE_NOT_AVAILABLE, 231, 317",
        "STATUS_INVALID_PIPE_STATE, 230, 317",
        "STATUS_PIPE_BUSY, 231, 317",
        "STATUS_PIPE_DISCONNECTED, 233, 10058",
        "STATUS_PIPE_CLOSING, 232, 317",
        "STATUS_PIPE_CONNECTED, 535, 317",
        "STATUS_PIPE_LISTENING, 536, 317",
        "STATUS_INVALID_READ_MODE, 230, 317",
        "STATUS_IO_TIMEOUT, 121, 10060",
        "STATUS_NOT_SUPPORTED, 50, 10045",
        "STATUS_REMOTE_NOT_LISTENING, 51, 10061",
        "STATUS_BAD_NETWORK_PATH, 53, 10051",
        "STATUS_NETWORK_NAME_DELETED, 64, 10054",
        "STATUS_PIPE_EMPTY, 232, 317",
        "STATUS_CANCELLED, 995, 995",
        "STATUS_LOCAL_DISCONNECT, 64, 10053",
        "STATUS_REMOTE_DISCONNECT, 64, 10054",
        "STATUS_LINK_FAILED, 59, 10054",
        "STATUS_LINK_TIMEOUT, 59, 10060",
        "STATUS_INVALID_CONNECTION, 59, 10057",
        "STATUS_PIPE_BROKEN, 109, 317",
        "STATUS_INVALID_BUFFER_SIZE, 1784, 10040",
        "STATUS_INVALID_ADDRESS_COMPONENT, 1214, 10049",
        "STATUS_TOO_MANY_ADDRESSES, 68, 10048",
        "STATUS_ADDRESS_ALREADY_EXISTS, 52, 10048",
        "STATUS_CONNECTION_DISCONNECTED, 64, 10054",
        "STATUS_CONNECTION_RESET, 64, 10054",
        "STATUS_TRANSACTION_ABORTED, 59, 10053",
        "STATUS_CONNECTION_REFUSED, 1225, 10061",
        "STATUS_GRACEFUL_DISCONNECT, 1226, 10101",
        "STATUS_NETWORK_UNREACHABLE, 1231, 10051",
        "STATUS_HOST_UNREACHABLE, 1232, 10065",
        "STATUS_PROTOCOL_UNREACHABLE, 1233, 10051",
        "STATUS_PORT_UNREACHABLE, 1234, 10054",
        "STATUS_REQUEST_ABORTED, 1235, 995",
        "STATUS_CONNECTION_ABORTED, 1236, 10053",
        "STATUS_HOPLIMIT_EXCEEDED, 1232, 10065",
    })
    void aStatusHasAnErrorByKind(String name, int error, int winsockError) throws Exception {
        int status = NtStatus.class.getField(name).getInt(null);
        assertEquals(error, StatusTable.errorOf(ObjectKind.PIPE, status));
        assertEquals(error, StatusTable.errorOf(ObjectKind.FILE, status));
        assertEquals(winsockError, StatusTable.errorOf(ObjectKind.SOCKET, status));
        assertEquals(winsockError, StatusTable.errorOf(ObjectKind.DATAGRAM, status));
    }

    @Test
    void everyStatusIsInTheTable() throws Exception {
        String rows = String.join("\n", StatusTableTest.class.getDeclaredMethod("aStatusHasAnErrorByKind",
                String.class, int.class, int.class).getAnnotation(CsvSource.class).value());
        List<String> missing = new ArrayList<>();
        for (Field field : NtStatus.class.getFields()) {
            if (!rows.contains(field.getName() + ", ")) {
                missing.add(field.getName());
            }
        }
        assertEquals(List.of(), missing);
    }

    /** A row an entry: an error that a call gave, its error for sockets. */
    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "5, 10013", "6, 10038", "8, 10055", "50, 10045", "52, 10048", "64, 10054", "68, 10048", "87, 10022",
        "121, 10060", "234, 10040", "995, 995", "997, 997", "998, 10014", "1225, 10061", "1226, 10101",
        "1229, 10057", "1231, 10051", "1232, 10065", "1233, 10051", "1234, 10054", "1235, 995", "1236, 10053",
        "1450, 10055", "1816, 10055", "10054, 10054", "4711, 4711",
    })
    void anErrorOfACallOnASocketIsAnErrorOfWinsock(int error, int winsockError) {
        assertEquals(winsockError, StatusTable.errorOf(ObjectKind.SOCKET, NtStatus.ofError(error)));
        assertEquals(error, StatusTable.errorOf(ObjectKind.PIPE, NtStatus.ofError(error)));
    }

    @ParameterizedTest(name = "{0} {1}: {2}")
    @CsvSource({
        "SOCKET, STATUS_GRACEFUL_DISCONNECT, true",
        "SOCKET, STATUS_CONNECTION_RESET, false",
        "SOCKET, STATUS_SUCCESS, false",
        "SOCKET, STATUS_PIPE_BROKEN, false",
        "DATAGRAM, STATUS_GRACEFUL_DISCONNECT, false",
        "PIPE, STATUS_PIPE_BROKEN, true",
        "PIPE, STATUS_PIPE_DISCONNECTED, true",
        "PIPE, STATUS_PIPE_CLOSING, true",
        "PIPE, STATUS_SUCCESS, false",
        "PIPE, STATUS_BUFFER_OVERFLOW, false",
        "PIPE, STATUS_CANCELLED, false",
        "FILE, STATUS_END_OF_FILE, true",
        "FILE, STATUS_SUCCESS, false",
    })
    void someStatusesAreTheEndOfTheStream(ObjectKind kind, String name, boolean end) throws Exception {
        int status = NtStatus.class.getField(name).getInt(null);
        assertEquals(end, StatusTable.isEndOfStream(kind, status));
    }

    @Test
    void theEndMayAlsoComeAsTheErrorOfACall() {
        for (int error : new int[] { WinError.ERROR_BROKEN_PIPE, WinError.ERROR_PIPE_NOT_CONNECTED,
                WinError.ERROR_NO_DATA }) {
            assertTrue(StatusTable.isEndOfStream(ObjectKind.PIPE, NtStatus.ofError(error)));
        }
        assertTrue(StatusTable.isEndOfStream(ObjectKind.SOCKET, NtStatus.ofError(WinError.WSAEDISCON)));
        assertTrue(StatusTable.isEndOfStream(ObjectKind.FILE, NtStatus.ofError(WinError.ERROR_HANDLE_EOF)));
    }

    static Stream<Arguments> exceptions() {
        return Stream.of(
            row("SOCKET CONNECT", NtStatus.STATUS_CONNECTION_REFUSED, "java.net.ConnectException",
                    "Connection refused (ConnectEx, error 10061)"),
            row("SOCKET CONNECT", NtStatus.STATUS_IO_TIMEOUT, "java.net.ConnectException",
                    "Connection timed out (ConnectEx, error 10060)"),
            row("SOCKET CONNECT", NtStatus.STATUS_NETWORK_UNREACHABLE, "java.net.SocketException",
                    "Network is unreachable (ConnectEx, error 10051)"),
            row("SOCKET CONNECT", NtStatus.STATUS_HOST_UNREACHABLE, "java.net.NoRouteToHostException",
                    "No route to host (ConnectEx, error 10065)"),
            row("SOCKET CONNECT", NtStatus.ofError(WinError.WSAEHOSTDOWN), "java.net.NoRouteToHostException",
                    "No route to host (ConnectEx, error 10064)"),
            row("SOCKET CONNECT", NtStatus.STATUS_PORT_UNREACHABLE, "java.net.ConnectException",
                    "Connection refused (ConnectEx, error 10054)"),
            row("SOCKET CONNECT", NtStatus.ofError(WinError.ERROR_PORT_UNREACHABLE), "java.net.ConnectException",
                    "Connection refused (ConnectEx, error 10054)"),
            row("SOCKET CONNECT", NtStatus.ofError(WinError.WSAEADDRNOTAVAIL), "java.net.BindException",
                    "Cannot assign requested address (ConnectEx, error 10049)"),
            row("SOCKET CONNECT", NtStatus.STATUS_CANCELLED, "java.nio.channels.ClosedChannelException", null),
            row("SOCKET BIND", NtStatus.ofError(WinError.WSAEADDRINUSE), "java.net.BindException",
                    "Address already in use (bind, error 10048)"),
            row("SOCKET BIND", NtStatus.ofError(WinError.WSAEACCES), "java.net.BindException",
                    "Address already in use or reserved (bind, error 10013)"),
            row("SOCKET BIND", NtStatus.ofError(WinError.WSAEADDRNOTAVAIL), "java.net.BindException",
                    "Cannot assign requested address (bind, error 10049)"),
            row("SOCKET LISTEN", NtStatus.ofError(WinError.WSAEADDRINUSE), "java.net.BindException",
                    "Address already in use (listen, error 10048)"),
            row("SOCKET OPTION", NtStatus.ofError(WinError.WSAEACCES), "java.net.SocketException",
                    "Permission denied (socket option, error 10013)"),
            row("SOCKET OPTION", NtStatus.ofError(WinError.WSAENOPROTOOPT), "java.net.SocketException",
                    "Bad protocol option (socket option, error 10042)"),
            row("SOCKET READ", NtStatus.STATUS_CONNECTION_RESET, "java.net.SocketException",
                    "Connection reset (WSARecv, error 10054)"),
            row("SOCKET READ", NtStatus.ofError(WinError.ERROR_NETNAME_DELETED), "java.net.SocketException",
                    "Connection reset (WSARecv, error 10054)"),
            row("SOCKET READ", NtStatus.STATUS_IO_TIMEOUT, "java.net.SocketException",
                    "Connection timed out (WSARecv, error 10060)"),
            row("SOCKET READ", NtStatus.STATUS_NETWORK_UNREACHABLE, "java.net.SocketException",
                    "Network is unreachable (WSARecv, error 10051)"),
            row("SOCKET READ", NtStatus.STATUS_HANDLES_CLOSED, "java.nio.channels.ClosedChannelException", null),
            row("SOCKET READ", NtStatus.ofError(WinError.WSAEINTR), "java.nio.channels.ClosedChannelException", null),
            row("SOCKET WRITE", NtStatus.STATUS_CONNECTION_RESET, "java.net.SocketException",
                    "Connection reset (WSASend, error 10054)"),
            row("SOCKET WRITE", NtStatus.STATUS_CONNECTION_ABORTED, "java.net.SocketException", "An established "
                    + "connection was aborted by the software in your host machine (WSASend, error 10053)"),
            row("SOCKET WRITE", NtStatus.STATUS_PIPE_DISCONNECTED, "java.net.SocketException",
                    "Cannot send after socket shutdown (WSASend, error 10058)"),
            row("SOCKET WRITE", NtStatus.STATUS_INSUFFICIENT_RESOURCES, "java.net.SocketException",
                    "No buffer space available (maximum connections reached?) (WSASend, error 10055)"),
            row("SOCKET OPEN", NtStatus.ofError(WinError.WSAEMFILE), "java.net.SocketException",
                    "Too many open files (WSASocketW, error 10024)"),
            row("SOCKET OPEN", NtStatus.ofError(WinError.WSAEAFNOSUPPORT), "java.net.SocketException",
                    "Address family not supported by protocol family (WSASocketW, error 10047)"),
            row("SOCKET SHUTDOWN", NtStatus.ofError(WinError.WSAENOTCONN), "java.net.SocketException",
                    "Socket is not connected (shutdown, error 10057)"),
            row("SOCKET ACCEPT", NtStatus.ofError(WinError.WSAEINVAL), "java.net.SocketException",
                    "Invalid argument (AcceptEx, error 10022)"),
            row("SOCKET CLOSE", NtStatus.ofError(WinError.WSAENOTSOCK), "java.net.SocketException",
                    "Socket operation on nonsocket (closesocket, error 10038)"),
            row("DATAGRAM READ", NtStatus.STATUS_PORT_UNREACHABLE, "java.net.PortUnreachableException",
                    "Port unreachable (WSARecvFrom, error 10054)"),
            row("DATAGRAM READ", NtStatus.ofError(WinError.WSAECONNRESET), "java.net.PortUnreachableException",
                    "Port unreachable (WSARecvFrom, error 10054)"),
            row("DATAGRAM READ", NtStatus.STATUS_CONNECTION_REFUSED, "java.net.PortUnreachableException",
                    "Port unreachable (WSARecvFrom, error 10061)"),
            row("DATAGRAM WRITE", NtStatus.ofError(WinError.WSAEMSGSIZE), "java.net.SocketException", "The message is "
                    + "larger than the maximum supported by the underlying transport (WSASendTo, error 10040)"),
            row("PIPE BIND", NtStatus.ofError(WinError.ERROR_ACCESS_DENIED), "java.net.BindException",
                    "Address already in use (CreateNamedPipeW, error 5)"),
            row("PIPE BIND", NtStatus.ofError(WinError.ERROR_PIPE_BUSY), "java.net.BindException",
                    "Address already in use (CreateNamedPipeW, error 231)"),
            row("PIPE BIND", NtStatus.STATUS_OBJECT_NAME_COLLISION, "java.net.BindException",
                    "Address already in use (CreateNamedPipeW, error 183)"),
            row("PIPE BIND", NtStatus.STATUS_SHARING_VIOLATION, "java.net.BindException",
                    "Address already in use (CreateNamedPipeW, error 32)"),
            row("PIPE BIND", NtStatus.ofError(WinError.ERROR_INVALID_NAME), "java.net.BindException",
                    "Cannot assign requested address (CreateNamedPipeW, error 123)"),
            row("PIPE CONNECT", NtStatus.ofError(WinError.ERROR_FILE_NOT_FOUND), "java.net.ConnectException",
                    "Connection refused: no such pipe (CreateFileW, error 2)"),
            row("PIPE CONNECT", NtStatus.ofError(WinError.ERROR_PIPE_BUSY), "java.net.ConnectException",
                    "Connection refused: all instances of the pipe are busy (CreateFileW, error 231)"),
            row("PIPE CONNECT", NtStatus.ofError(WinError.ERROR_ACCESS_DENIED), "java.net.ConnectException",
                    "Permission denied (CreateFileW, error 5)"),
            row("PIPE CONNECT", NtStatus.ofError(WinError.ERROR_SEM_TIMEOUT), "java.net.ConnectException",
                    "Connection timed out (CreateFileW, error 121)"),
            row("PIPE CONNECT", NtStatus.ofError(WinError.ERROR_BAD_NETPATH), "java.net.NoRouteToHostException",
                    "No route to host (CreateFileW, error 53)"),
            row("PIPE WRITE", NtStatus.STATUS_PIPE_CLOSING, "java.io.IOException",
                    "Broken pipe (WriteFile, error 232)"),
            row("PIPE WRITE", NtStatus.STATUS_PIPE_DISCONNECTED, "java.io.IOException",
                    "Broken pipe (WriteFile, error 233)"),
            row("PIPE READ", NtStatus.STATUS_CANCELLED, "java.nio.channels.ClosedChannelException", null),
            row("PIPE READ", NtStatus.ofError(4711), "java.io.IOException",
                    "Windows error 4711: What a number (ReadFile, error 4711)"),
            row("FILE OPEN", NtStatus.ofError(WinError.ERROR_FILE_NOT_FOUND), "java.nio.file.NoSuchFileException",
                    "(CreateFileW, error 2)"),
            row("FILE OPEN", NtStatus.ofError(WinError.ERROR_PATH_NOT_FOUND), "java.nio.file.NoSuchFileException",
                    "(CreateFileW, error 3)"),
            row("FILE OPEN", NtStatus.STATUS_ACCESS_DENIED, "java.nio.file.AccessDeniedException",
                    "(CreateFileW, error 5)"),
            row("FILE OPEN", NtStatus.ofError(WinError.ERROR_FILE_EXISTS), "java.nio.file.FileAlreadyExistsException",
                    "(CreateFileW, error 80)"),
            row("FILE OPEN", NtStatus.STATUS_OBJECT_NAME_COLLISION, "java.nio.file.FileAlreadyExistsException",
                    "(CreateFileW, error 183)"),
            row("FILE WRITE", NtStatus.STATUS_DISK_FULL, "java.nio.file.FileSystemException",
                    "Windows error 112: There is not enough space on the disk (WriteFile, error 112)"),
            row("SOCKET READ", 0xC0001111, "java.net.SocketException",
                    "Windows error 4711: What a number (WSARecv, error 4711)"),
            row("SOCKET READ", NtStatus.ofError(4712), "java.net.SocketException",
                    "Windows error 4712: fr:Quel nombre (WSARecv, error 4712)"),
            row("SOCKET READ", NtStatus.ofError(4713), "java.net.SocketException",
                    "Windows error 4713 (WSARecv, error 4713)"),
            row("SOCKET READ", 0xC0002222, "java.net.SocketException",
                    "Windows status 0xc0002222 (WSARecv, error 317)"));
    }

    private static Arguments row(String what, int status, String type, String message) {
        String[] words = what.split(" ");
        return Arguments.of(ObjectKind.valueOf(words[0]), Operation.valueOf(words[1]), status, type, message);
    }

    @ParameterizedTest(name = "{0} {1}: {4}")
    @MethodSource("exceptions")
    void aFailureIsTheExceptionThatNioGives(ObjectKind kind, Operation operation, int status, String type,
                                            String message) {
        IOException e = StatusTable.exception(WIN32, kind, operation, status, null);
        assertEquals(type, e.getClass().getName());
        assertEquals(message, e.getMessage());
        assertNull(e.getCause());
    }

    @Test
    void theSubjectIsInTheMessage() throws Exception {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 1);
        assertEquals("Connection refused: /127.0.0.1:1 (ConnectEx, error 10061)",
                StatusTable.exception(WIN32, ObjectKind.SOCKET, Operation.CONNECT,
                        NtStatus.STATUS_CONNECTION_REFUSED, address).getMessage());
        assertEquals("C:\\none: (CreateFileW, error 2)",
                StatusTable.exception(WIN32, ObjectKind.FILE, Operation.OPEN,
                        NtStatus.STATUS_OBJECT_NAME_NOT_FOUND, "C:\\none").getMessage());
    }

    @Test
    void everyKindAndOperationHasAnExceptionForEveryCode() throws Exception {
        Set<String> withoutText = Set.of(ClosedChannelException.class.getName());
        List<Integer> statuses = new ArrayList<>();
        for (Field field : NtStatus.class.getFields()) {
            statuses.add(field.getInt(null));
        }
        for (Field field : WinError.class.getFields()) {
            statuses.add(NtStatus.ofError(field.getInt(null)));
        }
        for (int status : statuses) {
            for (ObjectKind kind : ObjectKind.values()) {
                for (Operation operation : Operation.values()) {
                    IOException e = StatusTable.exception(WIN32, kind, operation, status, null);
                    assertFalse(e.getMessage() == null && !withoutText.contains(e.getClass().getName()), e::toString);
                }
            }
        }
    }
}
