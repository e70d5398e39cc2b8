/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.Iocp;
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
import io.github.nettyiocp.internal.Win32Access;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.SocketProtocolFamily;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * A {@code SOCKET} and the calls about it that don't wait: options, addresses, bind, listen, shutdown. May be used from
 * any thread; on the loop of the channel the loop's own {@link Win32} makes the calls, which counts them.
 *
 * <p>It closes the socket once, when told to. As elsewhere in Windows, its value may be somebody else's socket right
 * after that: calls are made under a lock, in which the socket is still open, and it is closed outside of it.
 */
final class WinSocket {

    private final Win32Access access;
    private final long handle;
    private final int family;
    private final boolean own;
    private volatile boolean closed;
    private volatile Win32 loopCalls;
    private volatile BooleanSupplier inLoop = () -> false;

    private WinSocket(Win32Access access, long handle, int family, boolean own) {
        this.access = access;
        this.handle = handle;
        this.family = family;
        this.own = own;
    }

    /** The calls of Windows; an {@link UnsatisfiedLinkError} tells why there are none. */
    static Win32Access nativeAccess() {
        Iocp.ensureAvailability();
        return NativeWin32.ACCESS;
    }

    /**
     * Makes a socket of TCP.
     *
     * @param family {@code null} for one that talks both IPv6 and IPv4 where the machine has IPv6
     * @throws ChannelException as other transports do if there are no more sockets, or there is no such family
     */
    static WinSocket stream(Win32Access access, SocketProtocolFamily family) {
        return open(access, family, WinConst.SOCK_STREAM, WinConst.IPPROTO_TCP);
    }

    /** Makes a socket of UDP, otherwise as {@link #stream}. */
    static WinSocket datagram(Win32Access access, SocketProtocolFamily family) {
        return open(access, family, WinConst.SOCK_DGRAM, WinConst.IPPROTO_UDP);
    }

    private static WinSocket open(Win32Access access, SocketProtocolFamily family, int type, int protocol) {
        if (family == null) {
            WinSocket socket = open(access, WinConst.AF_INET6, type, protocol);
            return socket != null ? socket : require(access, WinConst.AF_INET, type, protocol);
        }
        return switch (family) {
            case INET -> require(access, WinConst.AF_INET, type, protocol);
            case INET6 -> require(access, WinConst.AF_INET6, type, protocol);
            default -> throw new UnsupportedOperationException("protocol family " + family
                    + " is not supported by this channel");
        };
    }

    /** Takes over a socket that somebody else made for overlapped I/O, and that is not bound to a port yet. */
    static WinSocket adopt(long handle) {
        Win32Access access = nativeAccess();
        Win32 win32 = access.ofThisThread();
        try (Arena arena = Arena.ofConfined()) {
            long info = arena.allocate(Layout.WSAPROTOCOL_INFOW_SIZE, Long.BYTES).address();
            long length = arena.allocate(Integer.BYTES, Integer.BYTES).address();
            Memory.putInt(length, Layout.WSAPROTOCOL_INFOW_SIZE);
            int error = win32.getsockopt(handle, WinConst.SOL_SOCKET, WinConst.SO_PROTOCOL_INFOW, info, length);
            if (error != 0) {
                throw new ChannelException(StatusTable.exception(win32, ObjectKind.SOCKET, Operation.OPTION,
                        NtStatus.ofError(error), "socket 0x" + Long.toHexString(handle)));
            }
            return new WinSocket(access, handle, Memory.getInt(info + Layout.WSAPROTOCOL_INFOW_ADDRESS_FAMILY), false);
        }
    }

    /** Takes over a socket that {@code AcceptEx} filled. */
    static WinSocket accepted(Win32Access access, long handle, int family) {
        return new WinSocket(access, handle, family, true);
    }

    private static WinSocket require(Win32Access access, int family, int type, int protocol) {
        WinSocket socket = open(access, family, type, protocol);
        if (socket == null) {
            throw new ChannelException("address family " + (family == WinConst.AF_INET6 ? "IPv6" : "IPv4")
                    + " is not supported by this machine");
        }
        return socket;
    }

    /** {@code null} if the machine has no such family. */
    private static WinSocket open(Win32Access access, int family, int type, int protocol) {
        Win32 win32 = access.ofThisThread();
        long handle = create(win32, family, type, protocol);
        if (handle == WinConst.INVALID_SOCKET) {
            int error = win32.lastError();
            if (error == WinError.WSAEAFNOSUPPORT) {
                return null;
            }
            throw new ChannelException("Failed to open a socket.", StatusTable.exception(win32, ObjectKind.SOCKET,
                    Operation.OPEN, NtStatus.ofError(error), null));
        }
        WinSocket socket = new WinSocket(access, handle, family, true);
        if (family == WinConst.AF_INET6) {
            try {
                socket.putInt(WinConst.IPPROTO_IPV6, WinConst.IPV6_V6ONLY, 0);
            } catch (IOException e) {
                socket.close();
                throw new ChannelException("Failed to make a socket of both IPv6 and IPv4.", e);
            }
        }
        return socket;
    }

    /** A raw overlapped socket, not inherited by child processes; {@link WinConst#INVALID_SOCKET} if it failed. */
    static long create(Win32 win32, int family, int type, int protocol) {
        return win32.wsaSocket(family, type, protocol,
                WinConst.WSA_FLAG_OVERLAPPED | WinConst.WSA_FLAG_NO_HANDLE_INHERIT);
    }

    /** Calls on the loop are made by {@code calls} from now on. */
    void attach(Win32 calls, BooleanSupplier isInLoop) {
        loopCalls = calls;
        inLoop = isInLoop;
    }

    Win32Access access() {
        return access;
    }

    long handle() {
        return handle;
    }

    /** The handle, as users are told it: {@code INVALID_SOCKET} (-1) after the close. */
    long openHandle() {
        return closed ? WinConst.INVALID_SOCKET : handle;
    }

    int family() {
        return family;
    }

    boolean isOpen() {
        return !closed;
    }

    /**
     * Whether a call that succeeds at once may do without a packet: only if no layered provider is in between that does
     * not know of it, and never on a socket that somebody else made.
     */
    boolean canSkipOnSuccess() throws IOException {
        return own && extensions().isSkipOnSuccessSupported();
    }

    synchronized ExtensionFunctions extensions() throws IOException {
        return ExtensionFunctions.of(access, calls(), family, handle);
    }

    /** Binds; exclusively so that no other program can take the port too, whatever it says. */
    synchronized void bind(InetSocketAddress address, boolean exclusively) throws IOException {
        if (exclusively) {
            putInt(WinConst.SOL_SOCKET, WinConst.SO_EXCLUSIVEADDRUSE, 1);
        }
        try (Arena arena = Arena.ofConfined()) {
            long name = arena.allocate(Layout.SOCKADDR_STORAGE_SIZE, Long.BYTES).address();
            int length = SocketAddresses.write(name, family, address);
            check(calls().bind(handle, name, length), Operation.BIND, address);
        }
    }

    /** Connects a datagram socket, which never waits. */
    synchronized void connect(InetSocketAddress address) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long name = arena.allocate(Layout.SOCKADDR_STORAGE_SIZE, Long.BYTES).address();
            int length = SocketAddresses.write(name, family, address);
            int error = calls().connect(handle, name, length);
            if (error != 0) {
                throw StatusTable.exception(current(), ObjectKind.DATAGRAM, Operation.CONNECT, NtStatus.ofError(error),
                        null);
            }
        }
    }

    /** Ends the connection of a datagram socket: connects it to an address of no family. */
    synchronized void disconnect() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long name = arena.allocate(Layout.SOCKADDR_STORAGE_SIZE, Long.BYTES).address();
            int length = family == WinConst.AF_INET6 ? Layout.SOCKADDR_IN6_SIZE : Layout.SOCKADDR_IN_SIZE;
            int error = calls().connect(handle, name, length);
            if (error != 0) {
                throw StatusTable.exception(current(), ObjectKind.DATAGRAM, Operation.CONNECT, NtStatus.ofError(error),
                        null);
            }
        }
    }

    /** Switches something on or off by {@code WSAIoctl}; {@code false} if this Windows does not know it. */
    synchronized boolean control(int code, boolean on) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long in = arena.allocate(Integer.BYTES, Integer.BYTES).address();
            long bytes = arena.allocate(Integer.BYTES, Integer.BYTES).address();
            Memory.putInt(in, on ? 1 : 0);
            return calls().wsaIoctl(handle, code, in, Integer.BYTES, 0, 0, bytes) == 0;
        }
    }

    synchronized void listen(int backlog) throws IOException {
        check(calls().listen(handle, backlog), Operation.LISTEN, null);
    }

    synchronized void shutdown(int how) throws IOException {
        check(calls().shutdown(handle, how), Operation.SHUTDOWN, null);
    }

    /** The local address; {@code null} if there is none. */
    InetSocketAddress localAddress() {
        return address(true);
    }

    /** The peer's address; {@code null} if there is none. */
    InetSocketAddress remoteAddress() {
        return address(false);
    }

    private synchronized InetSocketAddress address(boolean local) {
        if (!isOpen()) {
            return null;
        }
        try (Arena arena = Arena.ofConfined()) {
            long name = arena.allocate(Layout.SOCKADDR_STORAGE_SIZE, Long.BYTES).address();
            long length = arena.allocate(Integer.BYTES, Integer.BYTES).address();
            Memory.putInt(length, Layout.SOCKADDR_STORAGE_SIZE);
            Win32 win32 = current();
            int error = local ? win32.getsockname(handle, name, length) : win32.getpeername(handle, name, length);
            return error == 0 ? SocketAddresses.read(name) : null;
        }
    }

    // ---- options, as configurations tell them: a ChannelException if Windows refuses or the socket is closed

    int getInt(int level, int option) {
        return littleEndian(get(level, option, Integer.BYTES, null));
    }

    void setInt(int level, int option, int value) {
        try {
            putInt(level, option, value);
        } catch (IOException e) {
            throw new ChannelException(e);
        }
    }

    /** An option that this Windows may not know. */
    <T> T get(RawSocketOption<T> option) {
        return option.decode(get(option.level, option.number, option.length, option.name()));
    }

    /** Sets an option that this Windows may not know. */
    <T> void set(RawSocketOption<T> option, T value) {
        set(option.level, option.number, option.encode(value), option.name());
    }

    /** Switches an option on or off that this Windows may not know. */
    void setBoolean(int level, int option, boolean on, String name) {
        set(level, option, RawSocketOption.encode(on), name);
    }

    /**
     * Sets an option that only makes things faster: {@code false} if this Windows does not know it. Netty's bootstraps
     * warn of an option that is not known by its name, and close the channel for one that fails.
     */
    static boolean isKnown(Runnable setter) {
        try {
            setter.run();
            return true;
        } catch (ChannelException e) {
            if (e.getCause() instanceof UnsupportedOperationException) {
                return false;
            }
            throw e;
        }
    }

    /** Adds those options that this Windows knows. */
    void putKnown(Map<ChannelOption<?>, Object> options, ChannelOption<?>... candidates) {
        for (ChannelOption<?> candidate : candidates) {
            isKnown(() -> options.put(candidate, get((RawSocketOption<?>) candidate)));
        }
    }

    /** {@code SO_LINGER} in seconds; -1 where it is off. */
    int getLinger() {
        byte[] linger = get(WinConst.SOL_SOCKET, WinConst.SO_LINGER, Layout.LINGER_SIZE, null);
        return linger[Layout.LINGER_ONOFF] == 0 ? -1 : littleEndian(linger) >>> 8 * Layout.LINGER_SECONDS;
    }

    void setLinger(int seconds) {
        try (Arena arena = Arena.ofConfined()) {
            long value = arena.allocate(Layout.LINGER_SIZE, Integer.BYTES).address();
            Memory.putShort(value + Layout.LINGER_ONOFF, seconds < 0 ? 0 : 1);
            Memory.putShort(value + Layout.LINGER_SECONDS, Math.max(0, Math.min(seconds, 0xffff)));
            set(WinConst.SOL_SOCKET, WinConst.SO_LINGER, value, Layout.LINGER_SIZE);
        } catch (IOException e) {
            throw new ChannelException(e);
        }
    }

    /** {@code name} is that of an option which this Windows may not know. */
    private synchronized byte[] get(int level, int option, int size, String name) {
        try (Arena arena = Arena.ofConfined()) {
            long value = arena.allocate(size, Long.BYTES).address();
            long length = arena.allocate(Integer.BYTES, Integer.BYTES).address();
            Memory.putInt(length, size);
            checkOption(calls().getsockopt(handle, level, option, value, length), level, option, name);
            byte[] bytes = new byte[Math.min(size, Memory.getInt(length))];
            Memory.getBytes(value, bytes);
            return bytes;
        } catch (IOException e) {
            throw new ChannelException(e);
        }
    }

    private synchronized void set(int level, int option, byte[] value, String name) {
        try (Arena arena = Arena.ofConfined()) {
            long memory = arena.allocate(Math.max(1, value.length), Long.BYTES).address();
            Memory.putBytes(memory, value);
            checkOption(calls().setsockopt(handle, level, option, memory, value.length), level, option, name);
        } catch (IOException e) {
            throw new ChannelException(e);
        }
    }

    private void checkOption(int error, int level, int option, String name) throws IOException {
        if (name != null && (error == WinError.WSAENOPROTOOPT || error == WinError.WSAEOPNOTSUPP)) {
            throw new ChannelException(new UnsupportedOperationException(
                    name + " is not supported by this version of Windows (error " + error + ')'));
        }
        check(error, Operation.OPTION, name != null ? name : optionName(level, option));
    }

    /** The number that up to four bytes are; some options are a single byte long. */
    private static int littleEndian(byte[] value) {
        int number = 0;
        for (int i = 0; i < value.length; i++) {
            number |= (value[i] & 0xff) << 8 * i;
        }
        return number;
    }

    private void putInt(int level, int option, int number) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long value = arena.allocate(Integer.BYTES, Integer.BYTES).address();
            Memory.putInt(value, number);
            set(level, option, value, Integer.BYTES);
        }
    }

    /** Sets an option whose value is raw memory. */
    synchronized void set(int level, int option, long value, int length) throws IOException {
        checkOption(calls().setsockopt(handle, level, option, value, length), level, option, null);
    }

    /**
     * Lets a refused connect to this machine fail at once. Windows otherwise sends the SYN two more times, half a
     * second apart; the JDK does the same. Where it is not supported, a refused connect takes longer and nothing else
     * differs.
     */
    synchronized void disableSynRetransmissions() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long in = arena.allocate(Layout.TCP_INITIAL_RTO_PARAMETERS_SIZE, Integer.BYTES).address();
            long bytes = arena.allocate(Integer.BYTES, Integer.BYTES).address();
            Memory.putShort(in + Layout.TCP_INITIAL_RTO_PARAMETERS_RTT, WinConst.TCP_INITIAL_RTO_UNSPECIFIED_RTT);
            Memory.putByte(in + Layout.TCP_INITIAL_RTO_PARAMETERS_MAX_SYN,
                    WinConst.TCP_INITIAL_RTO_NO_SYN_RETRANSMISSIONS);
            calls().wsaIoctl(handle, WinConst.SIO_TCP_INITIAL_RTO, in, Layout.TCP_INITIAL_RTO_PARAMETERS_SIZE, 0, 0,
                    bytes);
        }
    }

    /** Closes the socket, the first time; may block if it lingers. */
    void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        Win32 win32 = current();
        int error = win32.closesocket(handle);
        if (error != 0) {
            throw new ChannelException(StatusTable.exception(win32, ObjectKind.SOCKET, Operation.CLOSE,
                    NtStatus.ofError(error), null));
        }
    }

    /** The calls for the calling thread, if the socket is open. */
    synchronized Win32 calls() throws IOException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
        return current();
    }

    private Win32 current() {
        return loopCalls != null && inLoop.getAsBoolean() ? loopCalls : access.ofThisThread();
    }

    private void check(int error, Operation operation, Object subject) throws IOException {
        if (error != 0) {
            throw StatusTable.exception(current(), ObjectKind.SOCKET, operation, NtStatus.ofError(error),
                    subject);
        }
    }

    private static String optionName(int level, int option) {
        return "socket option (level 0x" + Integer.toHexString(level) + ", 0x" + Integer.toHexString(option) + ')';
    }

    @Override
    public String toString() {
        return "WinSocket(0x" + Long.toHexString(handle) + (isOpen() ? ")" : ", closed)");
    }
}
