/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.internal;

import io.netty.util.internal.ObjectUtil;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.SocketException;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/**
 * What a status means: the one place that knows. A status is the {@code NTSTATUS} of a packet or, from
 * {@link NtStatus#ofError(int)}, the error of a call that failed at once.
 *
 * <p>Two calls of Windows could answer as well, and are not asked. {@code WSAGetOverlappedResult} costs a call and
 * needs the socket, which may be closed by then. {@code RtlNtStatusToDosError} doesn't know the kind of object: it says
 * "the specified network name is no longer available" (64) of every reset connection.
 *
 * <p>The exceptions are those that the channels of NIO throw on Windows, so that programs which catch or inspect them
 * needn't change, and their texts begin as NIO's do.
 */
public final class StatusTable {

    private static final int TEXT_UNITS = 512;

    private StatusTable() {
    }

    /**
     * The error code for a status: one of Winsock (10000 and up) where that is what Winsock gives for sockets, else one
     * of Windows. {@code 0} for success, also for the successes that say something ({@code STATUS_NOTIFY_CLEANUP});
     * {@link WinError#ERROR_MR_MID_NOT_FOUND} for an {@code NTSTATUS} that isn't in the table.
     */
    public static int errorOf(ObjectKind kind, int status) {
        boolean socket = isSocket(kind);
        if (NtStatus.isWin32(status)) {
            int error = NtStatus.win32(status);
            return socket ? winsockErrorOfError(error) : error;
        }
        if (NtStatus.isSuccess(status)) {
            return status == NtStatus.STATUS_PENDING ? WinError.ERROR_IO_PENDING : WinError.ERROR_SUCCESS;
        }
        return socket ? winsockErrorOfStatus(status) : errorOfStatus(status);
    }

    /**
     * Whether a read that ended so found the end of the stream, as opposed to having failed. The peer of a pipe that
     * closed its end is an error to Windows.
     */
    public static boolean isEndOfStream(ObjectKind kind, int status) {
        int error = errorOf(kind, status);
        return switch (kind) {
            case SOCKET -> error == WinError.WSAEDISCON;
            case DATAGRAM -> false;
            case PIPE -> isPipeGone(error);
            case FILE -> error == WinError.ERROR_HANDLE_EOF;
        };
    }

    /**
     * The exception for a failed operation, its cause unset.
     *
     * @param win32   for the text of codes that are not in the table; of the calling thread
     * @param subject the address, name or handle concerned, for the message; may be {@code null}
     */
    public static IOException exception(Win32 win32, ObjectKind kind, Operation operation, int status,
                                        Object subject) {
        ObjectUtil.checkNotNull(operation, "operation");
        int error = errorOf(kind, status);
        if (error == WinError.ERROR_MR_MID_NOT_FOUND && !NtStatus.isWin32(status)) {
            error = win32.rtlNtStatusToDosError(status);
            if (isSocket(kind)) {
                error = winsockErrorOfError(error);
            }
        }
        if (error == WinError.ERROR_OPERATION_ABORTED) {
            // Cancelled, which only we do, and only to close. A timeout has its own exception, made by who timed it.
            return new ClosedChannelException();
        }
        Failure failure = new Failure(win32, kind, operation, status, error, subject);
        return switch (kind) {
            case SOCKET -> socketException(failure);
            case DATAGRAM -> datagramException(failure);
            case PIPE -> pipeException(failure);
            case FILE -> fileException(failure);
        };
    }

    private static boolean isSocket(ObjectKind kind) {
        return kind == ObjectKind.SOCKET || kind == ObjectKind.DATAGRAM;
    }

    private static boolean isPipeGone(int error) {
        return error == WinError.ERROR_BROKEN_PIPE || error == WinError.ERROR_PIPE_NOT_CONNECTED
                || error == WinError.ERROR_NO_DATA;
    }

    // ---- codes

    /** Pipes and files: what {@code RtlNtStatusToDosError} says. */
    private static int errorOfStatus(int status) {
        return switch (status) {
            case NtStatus.STATUS_BUFFER_OVERFLOW -> WinError.ERROR_MORE_DATA;
            // Wine ends what was pending on a handle so when the handle is closed; Windows cancels it.
            case NtStatus.STATUS_HANDLES_CLOSED, NtStatus.STATUS_CANCELLED -> WinError.ERROR_OPERATION_ABORTED;
            case NtStatus.STATUS_NOT_IMPLEMENTED, NtStatus.STATUS_INVALID_DEVICE_REQUEST ->
                    WinError.ERROR_INVALID_FUNCTION;
            case NtStatus.STATUS_ACCESS_VIOLATION -> WinError.ERROR_NOACCESS;
            case NtStatus.STATUS_INVALID_HANDLE, NtStatus.STATUS_OBJECT_TYPE_MISMATCH ->
                    WinError.ERROR_INVALID_HANDLE;
            case NtStatus.STATUS_INVALID_PARAMETER, NtStatus.STATUS_INVALID_INFO_CLASS ->
                    WinError.ERROR_INVALID_PARAMETER;
            case NtStatus.STATUS_OBJECT_PATH_SYNTAX_BAD -> WinError.ERROR_BAD_PATHNAME;
            case NtStatus.STATUS_PRIVILEGE_NOT_HELD -> WinError.ERROR_PRIVILEGE_NOT_HELD;
            case NtStatus.STATUS_BAD_IMPERSONATION_LEVEL -> WinError.ERROR_BAD_IMPERSONATION_LEVEL;
            case NtStatus.STATUS_INVALID_READ_MODE -> WinError.ERROR_BAD_PIPE;
            case NtStatus.STATUS_END_OF_FILE -> WinError.ERROR_HANDLE_EOF;
            case NtStatus.STATUS_NO_MEMORY -> WinError.ERROR_NOT_ENOUGH_MEMORY;
            case NtStatus.STATUS_ACCESS_DENIED, NtStatus.STATUS_DELETE_PENDING -> WinError.ERROR_ACCESS_DENIED;
            case NtStatus.STATUS_BUFFER_TOO_SMALL -> WinError.ERROR_INSUFFICIENT_BUFFER;
            case NtStatus.STATUS_OBJECT_NAME_INVALID -> WinError.ERROR_INVALID_NAME;
            case NtStatus.STATUS_OBJECT_NAME_NOT_FOUND -> WinError.ERROR_FILE_NOT_FOUND;
            case NtStatus.STATUS_OBJECT_NAME_COLLISION -> WinError.ERROR_ALREADY_EXISTS;
            case NtStatus.STATUS_OBJECT_PATH_NOT_FOUND -> WinError.ERROR_PATH_NOT_FOUND;
            case NtStatus.STATUS_SHARING_VIOLATION -> WinError.ERROR_SHARING_VIOLATION;
            case NtStatus.STATUS_QUOTA_EXCEEDED -> WinError.ERROR_NOT_ENOUGH_QUOTA;
            case NtStatus.STATUS_FILE_LOCK_CONFLICT -> WinError.ERROR_LOCK_VIOLATION;
            case NtStatus.STATUS_DISK_FULL -> WinError.ERROR_DISK_FULL;
            case NtStatus.STATUS_INSUFFICIENT_RESOURCES -> WinError.ERROR_NO_SYSTEM_RESOURCES;
            case NtStatus.STATUS_INSTANCE_NOT_AVAILABLE, NtStatus.STATUS_PIPE_NOT_AVAILABLE,
                 NtStatus.STATUS_PIPE_BUSY -> WinError.ERROR_PIPE_BUSY;
            case NtStatus.STATUS_INVALID_PIPE_STATE -> WinError.ERROR_BAD_PIPE;
            case NtStatus.STATUS_PIPE_DISCONNECTED -> WinError.ERROR_PIPE_NOT_CONNECTED;
            case NtStatus.STATUS_PIPE_CLOSING, NtStatus.STATUS_PIPE_EMPTY -> WinError.ERROR_NO_DATA;
            case NtStatus.STATUS_PIPE_CONNECTED -> WinError.ERROR_PIPE_CONNECTED;
            case NtStatus.STATUS_PIPE_LISTENING -> WinError.ERROR_PIPE_LISTENING;
            case NtStatus.STATUS_PIPE_BROKEN -> WinError.ERROR_BROKEN_PIPE;
            case NtStatus.STATUS_IO_TIMEOUT -> WinError.ERROR_SEM_TIMEOUT;
            case NtStatus.STATUS_NOT_SUPPORTED -> WinError.ERROR_NOT_SUPPORTED;
            case NtStatus.STATUS_REMOTE_NOT_LISTENING -> WinError.ERROR_REM_NOT_LIST;
            case NtStatus.STATUS_BAD_NETWORK_PATH -> WinError.ERROR_BAD_NETPATH;
            case NtStatus.STATUS_NETWORK_NAME_DELETED, NtStatus.STATUS_LOCAL_DISCONNECT,
                 NtStatus.STATUS_REMOTE_DISCONNECT, NtStatus.STATUS_CONNECTION_DISCONNECTED,
                 NtStatus.STATUS_CONNECTION_RESET -> WinError.ERROR_NETNAME_DELETED;
            case NtStatus.STATUS_LINK_FAILED, NtStatus.STATUS_LINK_TIMEOUT, NtStatus.STATUS_INVALID_CONNECTION,
                 NtStatus.STATUS_TRANSACTION_ABORTED -> WinError.ERROR_UNEXP_NET_ERR;
            case NtStatus.STATUS_INVALID_ADDRESS_COMPONENT -> WinError.ERROR_INVALID_NETNAME;
            case NtStatus.STATUS_INVALID_BUFFER_SIZE -> WinError.ERROR_INVALID_USER_BUFFER;
            case NtStatus.STATUS_TOO_MANY_ADDRESSES -> WinError.ERROR_TOO_MANY_NAMES;
            case NtStatus.STATUS_ADDRESS_ALREADY_EXISTS -> WinError.ERROR_DUP_NAME;
            case NtStatus.STATUS_CONNECTION_REFUSED -> WinError.ERROR_CONNECTION_REFUSED;
            case NtStatus.STATUS_GRACEFUL_DISCONNECT -> WinError.ERROR_GRACEFUL_DISCONNECT;
            case NtStatus.STATUS_NETWORK_UNREACHABLE -> WinError.ERROR_NETWORK_UNREACHABLE;
            case NtStatus.STATUS_HOST_UNREACHABLE, NtStatus.STATUS_HOPLIMIT_EXCEEDED ->
                    WinError.ERROR_HOST_UNREACHABLE;
            case NtStatus.STATUS_PROTOCOL_UNREACHABLE -> WinError.ERROR_PROTOCOL_UNREACHABLE;
            case NtStatus.STATUS_PORT_UNREACHABLE -> WinError.ERROR_PORT_UNREACHABLE;
            case NtStatus.STATUS_REQUEST_ABORTED -> WinError.ERROR_REQUEST_ABORTED;
            case NtStatus.STATUS_CONNECTION_ABORTED -> WinError.ERROR_CONNECTION_ABORTED;
            default -> WinError.ERROR_MR_MID_NOT_FOUND;
        };
    }

    /** Sockets: what Winsock makes of it in {@code WSAGetOverlappedResult}. */
    private static int winsockErrorOfStatus(int status) {
        return switch (status) {
            case NtStatus.STATUS_BUFFER_OVERFLOW, NtStatus.STATUS_INVALID_BUFFER_SIZE -> WinError.WSAEMSGSIZE;
            case NtStatus.STATUS_HANDLES_CLOSED, NtStatus.STATUS_CANCELLED, NtStatus.STATUS_REQUEST_ABORTED ->
                    WinError.ERROR_OPERATION_ABORTED;
            case NtStatus.STATUS_NOT_IMPLEMENTED, NtStatus.STATUS_NOT_SUPPORTED,
                 NtStatus.STATUS_INVALID_DEVICE_REQUEST -> WinError.WSAEOPNOTSUPP;
            case NtStatus.STATUS_ACCESS_VIOLATION, NtStatus.STATUS_BUFFER_TOO_SMALL -> WinError.WSAEFAULT;
            case NtStatus.STATUS_INVALID_HANDLE, NtStatus.STATUS_OBJECT_TYPE_MISMATCH -> WinError.WSAENOTSOCK;
            case NtStatus.STATUS_INVALID_PARAMETER -> WinError.WSAEINVAL;
            case NtStatus.STATUS_NO_MEMORY, NtStatus.STATUS_QUOTA_EXCEEDED,
                 NtStatus.STATUS_INSUFFICIENT_RESOURCES -> WinError.WSAENOBUFS;
            case NtStatus.STATUS_ACCESS_DENIED -> WinError.WSAEACCES;
            case NtStatus.STATUS_SHARING_VIOLATION, NtStatus.STATUS_TOO_MANY_ADDRESSES,
                 NtStatus.STATUS_ADDRESS_ALREADY_EXISTS -> WinError.WSAEADDRINUSE;
            case NtStatus.STATUS_INVALID_ADDRESS_COMPONENT -> WinError.WSAEADDRNOTAVAIL;
            case NtStatus.STATUS_PIPE_DISCONNECTED -> WinError.WSAESHUTDOWN;
            case NtStatus.STATUS_IO_TIMEOUT, NtStatus.STATUS_LINK_TIMEOUT -> WinError.WSAETIMEDOUT;
            case NtStatus.STATUS_REMOTE_NOT_LISTENING, NtStatus.STATUS_CONNECTION_REFUSED ->
                    WinError.WSAECONNREFUSED;
            case NtStatus.STATUS_GRACEFUL_DISCONNECT -> WinError.WSAEDISCON;
            case NtStatus.STATUS_REMOTE_DISCONNECT, NtStatus.STATUS_LINK_FAILED,
                 NtStatus.STATUS_NETWORK_NAME_DELETED, NtStatus.STATUS_CONNECTION_DISCONNECTED,
                 NtStatus.STATUS_CONNECTION_RESET, NtStatus.STATUS_PORT_UNREACHABLE -> WinError.WSAECONNRESET;
            case NtStatus.STATUS_LOCAL_DISCONNECT, NtStatus.STATUS_TRANSACTION_ABORTED,
                 NtStatus.STATUS_CONNECTION_ABORTED -> WinError.WSAECONNABORTED;
            case NtStatus.STATUS_INVALID_CONNECTION -> WinError.WSAENOTCONN;
            case NtStatus.STATUS_BAD_NETWORK_PATH, NtStatus.STATUS_NETWORK_UNREACHABLE,
                 NtStatus.STATUS_PROTOCOL_UNREACHABLE -> WinError.WSAENETUNREACH;
            case NtStatus.STATUS_HOST_UNREACHABLE, NtStatus.STATUS_HOPLIMIT_EXCEEDED -> WinError.WSAEHOSTUNREACH;
            default -> WinError.ERROR_MR_MID_NOT_FOUND;
        };
    }

    /** Sockets: calls that aren't Winsock's ({@code GetOverlappedResult}, {@code AcceptEx}) give codes of Windows. */
    private static int winsockErrorOfError(int error) {
        return switch (error) {
            case WinError.ERROR_ACCESS_DENIED -> WinError.WSAEACCES;
            case WinError.ERROR_INVALID_HANDLE -> WinError.WSAENOTSOCK;
            case WinError.ERROR_NOT_ENOUGH_MEMORY, WinError.ERROR_NO_SYSTEM_RESOURCES,
                 WinError.ERROR_NOT_ENOUGH_QUOTA -> WinError.WSAENOBUFS;
            case WinError.ERROR_NOT_SUPPORTED -> WinError.WSAEOPNOTSUPP;
            case WinError.ERROR_DUP_NAME, WinError.ERROR_TOO_MANY_NAMES -> WinError.WSAEADDRINUSE;
            case WinError.ERROR_NETNAME_DELETED, WinError.ERROR_PORT_UNREACHABLE -> WinError.WSAECONNRESET;
            case WinError.ERROR_INVALID_PARAMETER -> WinError.WSAEINVAL;
            case WinError.ERROR_SEM_TIMEOUT -> WinError.WSAETIMEDOUT;
            case WinError.ERROR_MORE_DATA -> WinError.WSAEMSGSIZE;
            case WinError.ERROR_REQUEST_ABORTED -> WinError.ERROR_OPERATION_ABORTED;
            case WinError.ERROR_NOACCESS -> WinError.WSAEFAULT;
            case WinError.ERROR_CONNECTION_REFUSED -> WinError.WSAECONNREFUSED;
            case WinError.ERROR_GRACEFUL_DISCONNECT -> WinError.WSAEDISCON;
            case WinError.ERROR_CONNECTION_INVALID -> WinError.WSAENOTCONN;
            case WinError.ERROR_NETWORK_UNREACHABLE, WinError.ERROR_PROTOCOL_UNREACHABLE -> WinError.WSAENETUNREACH;
            case WinError.ERROR_HOST_UNREACHABLE -> WinError.WSAEHOSTUNREACH;
            case WinError.ERROR_CONNECTION_ABORTED -> WinError.WSAECONNABORTED;
            default -> error;
        };
    }

    // ---- exceptions

    private static IOException socketException(Failure failure) {
        boolean connect = failure.operation == Operation.CONNECT;
        if (connect && isPortUnreachable(failure.status)) {
            return new ConnectException(failure.message("Connection refused"));
        }
        return switch (failure.error) {
            case WinError.WSAECONNREFUSED -> new ConnectException(failure.message("Connection refused"));
            case WinError.WSAETIMEDOUT -> connect ? new ConnectException(failure.message("Connection timed out"))
                    : new SocketException(failure.message("Connection timed out"));
            case WinError.WSAENETUNREACH -> failure.socket("Network is unreachable");
            case WinError.WSAEHOSTUNREACH, WinError.WSAEHOSTDOWN -> new NoRouteToHostException(
                    failure.message("No route to host"));
            case WinError.WSAEADDRINUSE -> new BindException(failure.message("Address already in use"));
            case WinError.WSAEADDRNOTAVAIL -> new BindException(failure.message("Cannot assign requested address"));
            // At bind this isn't about rights: another socket has the port exclusively, or Windows reserved its range.
            case WinError.WSAEACCES -> failure.operation == Operation.BIND
                    ? new BindException(failure.message("Address already in use or reserved"))
                    : failure.socket("Permission denied");
            case WinError.WSAECONNRESET -> failure.socket("Connection reset");
            case WinError.WSAECONNABORTED -> failure.socket(
                    "An established connection was aborted by the software in your host machine");
            case WinError.WSAEINTR -> new ClosedChannelException();
            case WinError.WSAEFAULT -> failure.socket("Bad address");
            case WinError.WSAEINVAL -> failure.socket("Invalid argument");
            case WinError.WSAEMFILE -> failure.socket("Too many open files");
            case WinError.WSAENOTSOCK -> failure.socket("Socket operation on nonsocket");
            case WinError.WSAEMSGSIZE -> failure.socket(
                    "The message is larger than the maximum supported by the underlying transport");
            case WinError.WSAENOPROTOOPT -> failure.socket("Bad protocol option");
            case WinError.WSAEPROTONOSUPPORT -> failure.socket("Protocol not supported");
            case WinError.WSAEOPNOTSUPP -> failure.socket("Operation not supported");
            case WinError.WSAEAFNOSUPPORT -> failure.socket("Address family not supported by protocol family");
            case WinError.WSAENETDOWN -> failure.socket("Network is down");
            case WinError.WSAENETRESET -> failure.socket("Network dropped connection on reset");
            case WinError.WSAENOBUFS -> failure.socket("No buffer space available (maximum connections reached?)");
            case WinError.WSAEISCONN -> failure.socket("Socket is already connected");
            case WinError.WSAENOTCONN -> failure.socket("Socket is not connected");
            case WinError.WSAESHUTDOWN -> failure.socket("Cannot send after socket shutdown");
            case WinError.WSAEPROCLIM -> failure.socket("Too many processes");
            case WinError.WSAEDISCON -> failure.socket("Graceful shutdown in progress");
            default -> new SocketException(failure.systemMessage());
        };
    }

    private static IOException datagramException(Failure failure) {
        if (failure.error == WinError.WSAECONNRESET || failure.error == WinError.WSAECONNREFUSED
                || isPortUnreachable(failure.status)) {
            // ICMP said that nobody listens where an earlier datagram went.
            return new PortUnreachableException(failure.message("Port unreachable"));
        }
        return socketException(failure);
    }

    private static boolean isPortUnreachable(int status) {
        return status == NtStatus.STATUS_PORT_UNREACHABLE
                || status == NtStatus.ofError(WinError.ERROR_PORT_UNREACHABLE);
    }

    private static IOException pipeException(Failure failure) {
        if (isPipeGone(failure.error)) {
            return new IOException(failure.message("Broken pipe"));
        }
        return switch (failure.operation) {
            case BIND, LISTEN -> switch (failure.error) {
                // Instances are counted before rights are checked, so a name that is taken gives either of these two;
                // the others are what file systems say of a name that is there, or is used in another way.
                case WinError.ERROR_ACCESS_DENIED, WinError.ERROR_PIPE_BUSY, WinError.ERROR_ALREADY_EXISTS,
                        WinError.ERROR_SHARING_VIOLATION ->
                        new BindException(failure.message("Address already in use"));
                case WinError.ERROR_INVALID_NAME, WinError.ERROR_INVALID_PARAMETER ->
                        new BindException(failure.message("Cannot assign requested address"));
                default -> new IOException(failure.systemMessage());
            };
            case CONNECT -> switch (failure.error) {
                case WinError.ERROR_FILE_NOT_FOUND, WinError.ERROR_PATH_NOT_FOUND ->
                        new ConnectException(failure.message("Connection refused: no such pipe"));
                case WinError.ERROR_ACCESS_DENIED -> new ConnectException(failure.message("Permission denied"));
                case WinError.ERROR_PIPE_BUSY -> new ConnectException(
                        failure.message("Connection refused: all instances of the pipe are busy"));
                case WinError.ERROR_SEM_TIMEOUT -> new ConnectException(failure.message("Connection timed out"));
                case WinError.ERROR_BAD_NETPATH -> new NoRouteToHostException(failure.message("No route to host"));
                default -> new ConnectException(failure.systemMessage());
            };
            default -> new IOException(failure.systemMessage());
        };
    }

    private static IOException fileException(Failure failure) {
        String file = failure.subject == null ? null : failure.subject.toString();
        return switch (failure.error) {
            case WinError.ERROR_FILE_NOT_FOUND, WinError.ERROR_PATH_NOT_FOUND ->
                    new NoSuchFileException(file, null, failure.where());
            case WinError.ERROR_ACCESS_DENIED -> new AccessDeniedException(file, null, failure.where());
            case WinError.ERROR_FILE_EXISTS, WinError.ERROR_ALREADY_EXISTS ->
                    new FileAlreadyExistsException(file, null, failure.where());
            default -> new FileSystemException(file, null, failure.systemText() + ' ' + failure.where());
        };
    }

    /** What the message of an exception is made of. */
    private record Failure(Win32 win32, ObjectKind kind, Operation operation, int status, int error, Object subject) {

        SocketException socket(String text) {
            return new SocketException(message(text));
        }

        /** For example {@code Connection refused: /127.0.0.1:1 (ConnectEx, error 10061)}. */
        String message(String text) {
            return (subject == null ? text : text + ": " + subject) + ' ' + where();
        }

        String where() {
            return '(' + operation.function(kind) + ", error " + error + ')';
        }

        /** For codes that have no text of NIO's. */
        String systemMessage() {
            return message(systemText());
        }

        String systemText() {
            String text = text();
            if (error == WinError.ERROR_MR_MID_NOT_FOUND && !NtStatus.isWin32(status)) {
                return "Windows status 0x" + Integer.toHexString(status);
            }
            return text.isEmpty() ? "Windows error " + error : "Windows error " + error + ": " + text;
        }

        private String text() {
            try (Arena arena = Arena.ofConfined()) {
                long buffer = arena.allocate(TEXT_UNITS * 2L, 2).address();
                int flags = WinConst.FORMAT_MESSAGE_FROM_SYSTEM | WinConst.FORMAT_MESSAGE_IGNORE_INSERTS;
                // English, as the other messages are, if this Windows has it.
                int length = win32.formatMessage(flags, error, WinConst.LANGUAGE_ENGLISH_US, buffer, TEXT_UNITS);
                if (length == 0) {
                    length = win32.formatMessage(flags, error, WinConst.LANGUAGE_NEUTRAL, buffer, TEXT_UNITS);
                }
                byte[] text = new byte[Math.max(0, Math.min(length, TEXT_UNITS)) * 2];
                Memory.getBytes(buffer, text);
                String message = new String(text, StandardCharsets.UTF_16LE).strip();
                return message.endsWith(".") ? message.substring(0, message.length() - 1) : message;
            }
        }
    }
}
