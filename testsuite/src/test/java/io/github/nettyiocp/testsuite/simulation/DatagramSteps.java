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

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** The steps of a {@link Win32Steps program} with datagrams. */
public final class DatagramSteps {

    private final Win32Steps steps;
    /** The memory for the address of a sender, and for its length behind it. */
    private final Map<String, Long> senders = new HashMap<>();
    private final Map<String, Integer> ports = new HashMap<>();

    DatagramSteps(Win32Steps steps) {
        this.steps = steps;
    }

    private Win32 win32() {
        return steps.win32();
    }

    /** A UDP socket of IPv4 that is associated with the port. */
    DatagramSteps socket(String name) {
        return socket(name, WinConst.AF_INET);
    }

    DatagramSteps socket(String name, int family) {
        long socket = win32().wsaSocket(family, WinConst.SOCK_DGRAM, WinConst.IPPROTO_UDP,
                WinConst.WSA_FLAG_OVERLAPPED | WinConst.WSA_FLAG_NO_HANDLE_INHERIT);
        if (socket == WinConst.INVALID_SOCKET) {
            throw new IllegalStateException("no socket: " + win32().lastError());
        }
        steps.add(name, family, socket).associate(name);
        return this;
    }

    /** A socket that is bound to the loopback address. */
    DatagramSteps bound(String name) {
        socket(name);
        steps.bindLoopback(name);
        ports.put(name, steps.localPort(name));
        return this;
    }

    /** Where a socket of IPv4 is reached. */
    long addressOf(String name) {
        return steps.loopback(WinConst.AF_INET, ports.computeIfAbsent(name, steps::localPort));
    }

    int connect(String name, long address) {
        return steps.call("connect " + name, win32().connect(steps.handle(name), address, Layout.SOCKADDR_IN_SIZE));
    }

    int disconnect(String name) {
        return steps.call("disconnect " + name, win32().connect(steps.handle(name),
                steps.memory(Layout.SOCKADDR_IN_SIZE), Layout.SOCKADDR_IN_SIZE));
    }

    int control(String name, int code, boolean on) {
        long in = steps.memory(4);
        Memory.putInt(in, on ? 1 : 0);
        return steps.call("control " + Integer.toHexString(code) + " of " + name + ": " + on,
                win32().wsaIoctl(steps.handle(name), code, in, 4, 0, 0, steps.cell()));
    }

    int receive(String operation, String name, int length) {
        return receive(operation, name, length, Layout.SOCKADDR_STORAGE_SIZE);
    }

    int receive(String operation, String name, int length, int senderLength) {
        Win32Steps.Operation begun = steps.begin(operation, name, steps.memory(Math.max(1, length)), length);
        long sender = steps.memory(Layout.SOCKADDR_STORAGE_SIZE + 8);
        Memory.putInt(sender + Layout.SOCKADDR_STORAGE_SIZE, senderLength);
        senders.put(operation, sender);
        long flags = steps.memory(4);
        int error = win32().wsaRecvFrom(steps.handle(name), buffer(begun.buffer, length), 1, steps.cell(), flags,
                sender,
                sender + Layout.SOCKADDR_STORAGE_SIZE, begun.overlapped);
        // A warning: the part that fits has come, and a packet follows.
        return steps.began(begun, error == WinError.WSAEMSGSIZE ? WinError.ERROR_MORE_DATA : error);
    }

    /** Waits for a receive, and notes what came from whom. */
    int complete(String operation, String... possibleSenders) {
        int status = steps.complete(operation);
        if (status == 0 || status == NtStatus.STATUS_BUFFER_OVERFLOW) {
            steps.received(operation);
            long sender = senders.get(operation);
            InetSocketAddress address = SocketAddresses.read(sender);
            String from = address.toString();
            for (String possible : possibleSenders) {
                if (ports.computeIfAbsent(possible, steps::localPort) == address.getPort()) {
                    from = possible;
                }
            }
            steps.note(operation + " from", from + ", " + Memory.getInt(sender + Layout.SOCKADDR_STORAGE_SIZE)
                    + " bytes of address");
        }
        return status;
    }

    /** Sends, and waits if that was started. */
    void sendTo(String operation, String name, long address, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        Win32Steps.Operation begun = steps.begin(operation, name, steps.memory(Math.max(1, bytes.length)),
                bytes.length);
        Memory.putBytes(begun.buffer, bytes);
        sent(begun, win32().wsaSendTo(steps.handle(name), buffer(begun.buffer, bytes.length), 1, steps.cell(), 0,
                address,
                address == 0 ? 0 : Layout.SOCKADDR_IN_SIZE, begun.overlapped));
    }

    /** Sends to the peer of a connected socket. */
    void send(String operation, String name, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        Win32Steps.Operation begun = steps.begin(operation, name, steps.memory(Math.max(1, bytes.length)),
                bytes.length);
        Memory.putBytes(begun.buffer, bytes);
        sent(begun, win32().wsaSend(steps.handle(name), buffer(begun.buffer, bytes.length), 1, steps.cell(), 0,
                begun.overlapped));
    }

    private void sent(Win32Steps.Operation begun, int error) {
        if (steps.began(begun, error) == 0 || error == WinError.ERROR_IO_PENDING) {
            steps.complete(begun.name);
        }
    }

    int membership(String name, int option, int... groupSourceAndInterface) {
        long value = steps.memory((long) Integer.BYTES * groupSourceAndInterface.length);
        for (int i = 0; i < groupSourceAndInterface.length; i++) {
            Memory.putInt(value + (long) Integer.BYTES * i, Integer.reverseBytes(groupSourceAndInterface[i]));
        }
        return steps.call("membership " + name + ' ' + option, win32().setsockopt(steps.handle(name),
                WinConst.IPPROTO_IP, option, value, Integer.BYTES * groupSourceAndInterface.length));
    }

    private long buffer(long address, int length) {
        long buffer = steps.memory(Layout.WSABUF_SIZE);
        Memory.putInt(buffer + Layout.WSABUF_LEN, length);
        Memory.putLong(buffer + Layout.WSABUF_BUF, address);
        return buffer;
    }
}
