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
import io.github.nettyiocp.internal.Win32Access;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;

import java.lang.foreign.Arena;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A small program at the level of {@link Win32}: sockets and operations with names, and a record of what each call
 * said.
 * It runs on the simulated Windows and on the real calls alike, so that the records can be compared.
 *
 * <p>What depends on time alone is not recorded: whether an operation succeeded at once or later, and which of two
 * operations on different sockets was first.
 */
public final class Win32Steps implements AutoCloseable {

    private static final int PACKET_MILLIS = 10_000;
    private static final int ENTRIES = 16;
    private static final Map<Integer, String> ERRORS = constants(WinError.class);
    private static final Map<Integer, String> STATUSES = constants(NtStatus.class);
    private static final int[] ACCEPT_EX = { 0xb5367df1, 0x11cfcbac, 0x8000ca95, 0x92a1485f };
    private static final int[] CONNECT_EX = { 0x25a207b9, 0x4660ddf3, 0xe576e98e, 0x3e06748c };
    private static final int[] TRANSMIT_FILE = { 0xb5367df0, 0x11cfcbac, 0x8000ca95, 0x92a1485f };
    private static final int[] GET_ACCEPT_EX_SOCKADDRS = { 0xb5367df2, 0x11cfcbac, 0x8000ca95, 0x92a1485f };

    private final Win32 win32;
    private final Arena arena = Arena.ofShared();
    private final List<String> record = new ArrayList<>();
    private final Map<String, Long> sockets = new HashMap<>();
    private final Map<String, Long> handles = new HashMap<>();
    private final PipeSteps pipes = new PipeSteps(this);
    private final DatagramSteps datagrams = new DatagramSteps(this);
    private final FileSteps files = new FileSteps(this);
    private final DeviceSteps devices = new DeviceSteps(this);
    private final DirectorySteps directory = new DirectorySteps(this);
    private final Neighbour neighbour;
    private final Map<String, Integer> families = new HashMap<>();
    private final Map<Long, Operation> operations = new HashMap<>();
    private final Map<String, Operation> started = new HashMap<>();
    private final Deque<Operation> packets = new ArrayDeque<>();
    private final Map<String, String> skipping = new HashMap<>();
    private final long port;
    private final long cell;
    private final long flags;
    private final long entries;

    /** Steps with which no directory changes. */
    public Win32Steps(Win32Access access) {
        this(access, null);
    }

    public Win32Steps(Win32Access access, Neighbour neighbour) {
        this.neighbour = neighbour;
        win32 = access.newInstance();
        port = win32.createIoCompletionPort(WinConst.INVALID_HANDLE_VALUE, 0, 0, 1);
        cell = memory(8);
        flags = memory(8);
        entries = memory(ENTRIES * Layout.OVERLAPPED_ENTRY_SIZE);
    }

    /** What the calls said, one line a call. */
    public List<String> record() {
        return record;
    }

    public Win32 win32() {
        return win32;
    }

    public long port() {
        return port;
    }

    /** Memory that lives as long as the program. */
    public long memory(long size) {
        return arena.allocate(size, 8).address();
    }

    /** Notes a fact. */
    public void note(String what, Object value) {
        record.add(what + ": " + value);
    }

    /** Notes what a call said. */
    public int call(String what, int error) {
        record.add(what + ": " + error(error));
        return error;
    }

    // ---- sockets

    public long handle(String name) {
        Long handle = handles.get(name);
        return handle != null ? handle : sockets.get(name);
    }

    /** Takes a handle that is no socket in. */
    void handle(String name, long value) {
        handles.put(name, value);
    }

    /** The steps with pipes and what belongs to them. */
    public PipeSteps pipes() {
        return pipes;
    }

    /** The steps with processes and jobs. */
    public ProcessSteps processes() {
        return new ProcessSteps(this);
    }

    /** The steps with datagrams. */
    public DatagramSteps datagrams() {
        return datagrams;
    }

    /** The steps with files and directories. */
    public FileSteps files() {
        return files;
    }

    /** The steps with mailslots and devices. */
    public DeviceSteps devices() {
        return devices;
    }

    /** The steps with the neighbour's directory. */
    public DirectorySteps directory() {
        return directory;
    }

    /** The program that changes a directory. */
    public Neighbour neighbour() {
        return neighbour;
    }

    /** Takes a socket in. */
    Win32Steps add(String name, int family, long socket) {
        sockets.put(name, socket);
        families.put(name, family);
        return this;
    }

    /** {@code CloseHandle} of what is no socket. */
    public int closeHandle(String name) {
        return call("CloseHandle " + name, win32.closeHandle(handles.remove(name)));
    }

    /** A TCP socket that is associated with the port. */
    public Win32Steps socket(String name, int family) {
        return unassociated(name, family).associate(name);
    }

    public Win32Steps unassociated(String name, int family) {
        long socket = win32.wsaSocket(family, WinConst.SOCK_STREAM, WinConst.IPPROTO_TCP,
                WinConst.WSA_FLAG_OVERLAPPED | WinConst.WSA_FLAG_NO_HANDLE_INHERIT);
        if (socket == WinConst.INVALID_SOCKET) {
            throw new IllegalStateException("no socket: " + win32.lastError());
        }
        return add(name, family, socket);
    }

    public Win32Steps associate(String name) {
        long result = win32.createIoCompletionPort(handle(name), port, 1, 0);
        return result == port ? this : failed("associate " + name);
    }

    public int tryAssociate(String name) {
        long result = win32.createIoCompletionPort(handle(name), port, 1, 0);
        return call("associate " + name, result == port ? 0 : win32.lastError());
    }

    private Win32Steps failed(String what) {
        throw new IllegalStateException(what + ": " + error(win32.lastError()));
    }

    public Win32Steps skipOnSuccess(String name) {
        skipping.put(name, name);
        call("skip on success " + name, win32.setFileCompletionNotificationModes(handle(name),
                WinConst.FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | WinConst.FILE_SKIP_SET_EVENT_ON_HANDLE));
        return this;
    }

    /** The address of a socket address: the last byte of the IPv4 address, or of an IPv6 address that is else zero. */
    public long address(int family, int first, int last, int portNumber) {
        int size = SocketAddresses.size(family);
        long name = memory(Layout.SOCKADDR_STORAGE_SIZE);
        Memory.clear(name, size);
        Memory.putShort(name + Layout.SOCKADDR_FAMILY, family);
        Memory.putShort(name + Layout.SOCKADDR_PORT, Short.reverseBytes((short) portNumber));
        long bytes = name + (family == WinConst.AF_INET ? Layout.SOCKADDR_IN_ADDR : Layout.SOCKADDR_IN6_ADDR);
        Memory.putByte(bytes, first);
        Memory.putByte(bytes + (family == WinConst.AF_INET ? 3 : 15), last);
        return name;
    }

    public long loopback(int family, int portNumber) {
        return address(family, family == WinConst.AF_INET ? 127 : 0, 1, portNumber);
    }

    public int bind(String name, long address) {
        int family = families.get(name);
        return call("bind " + name, win32.bind(handle(name), address, SocketAddresses.size(family)));
    }

    public Win32Steps bindAny(String name) {
        int family = families.get(name);
        bind(name, address(family, 0, 0, 0));
        return this;
    }

    public Win32Steps bindLoopback(String name) {
        bind(name, loopback(families.get(name), 0));
        return this;
    }

    public int listen(String name, int backlog) {
        return call("listen " + name, win32.listen(handle(name), backlog));
    }

    /** The port number to which a socket is bound; not recorded. */
    public int localPort(String name) {
        long address = memory(Layout.SOCKADDR_STORAGE_SIZE);
        Memory.putInt(cell, Layout.SOCKADDR_STORAGE_SIZE);
        int error = win32.getsockname(handle(name), address, cell);
        if (error != 0) {
            throw new IllegalStateException("getsockname " + name + ": " + error(error));
        }
        return Short.reverseBytes(Memory.getShort(address + Layout.SOCKADDR_PORT)) & 0xffff;
    }

    public int localName(String name) {
        long address = memory(Layout.SOCKADDR_STORAGE_SIZE);
        Memory.putInt(cell, Layout.SOCKADDR_STORAGE_SIZE);
        int error = call("getsockname " + name, win32.getsockname(handle(name), address, cell));
        if (error == 0) {
            note("local address of " + name, SocketAddresses.read(address).getAddress().getHostAddress());
        }
        return error;
    }

    public int peerName(String name) {
        long address = memory(Layout.SOCKADDR_STORAGE_SIZE);
        Memory.putInt(cell, Layout.SOCKADDR_STORAGE_SIZE);
        int error = call("getpeername " + name, win32.getpeername(handle(name), address, cell));
        if (error == 0) {
            note("remote address of " + name, SocketAddresses.read(address).getAddress().getHostAddress());
        }
        return error;
    }

    public int set(String name, int level, int option, int value) {
        long address = memory(4);
        Memory.putInt(address, value);
        return call("setsockopt " + name + ' ' + level + '/' + option + " = " + value,
                win32.setsockopt(handle(name), level, option, address, 4));
    }

    public int set(String name, int level, int option, byte... value) {
        long address = memory(Math.max(1, value.length));
        Memory.putBytes(address, value);
        return call("setsockopt " + name + ' ' + level + '/' + option + " = " + Arrays.toString(value),
                win32.setsockopt(handle(name), level, option, address, value.length));
    }

    public int get(String name, int level, int option) {
        long address = memory(16);
        Memory.putInt(cell, 4);
        int error = call("getsockopt " + name + ' ' + level + '/' + option,
                win32.getsockopt(handle(name), level, option, address, cell));
        if (error == 0) {
            note("value", Memory.getInt(cell) == 1 ? Memory.getByte(address) : Memory.getInt(address));
        }
        return error;
    }

    public int updateAccept(String name, String listening) {
        long address = memory(8);
        Memory.putLong(address, handle(listening));
        return call("SO_UPDATE_ACCEPT_CONTEXT " + name, win32.setsockopt(handle(name), WinConst.SOL_SOCKET,
                WinConst.SO_UPDATE_ACCEPT_CONTEXT, address, 8));
    }

    public int updateConnect(String name) {
        return call("SO_UPDATE_CONNECT_CONTEXT " + name, win32.setsockopt(handle(name), WinConst.SOL_SOCKET,
                WinConst.SO_UPDATE_CONNECT_CONTEXT, 0, 0));
    }

    public int shutdown(String name, int how) {
        return call("shutdown " + name + ' ' + how, win32.shutdown(handle(name), how));
    }

    /** Closing resets the connection. */
    public Win32Steps abortive(String name) {
        set(name, WinConst.SOL_SOCKET, WinConst.SO_LINGER, (byte) 1, (byte) 0, (byte) 0, (byte) 0);
        return this;
    }

    public int close(String name) {
        return call("closesocket " + name, win32.closesocket(sockets.remove(name)));
    }

    // ---- operations

    private long function(String name, int[] guid) {
        long in = memory(Layout.GUID_SIZE);
        for (int i = 0; i < 4; i++) {
            Memory.putInt(in + 4L * i, guid[i]);
        }
        long out = memory(8);
        int error = win32.wsaIoctl(handle(name), WinConst.SIO_GET_EXTENSION_FUNCTION_POINTER, in, Layout.GUID_SIZE,
                out, 8, cell);
        if (error != 0) {
            throw new IllegalStateException("no extension function: " + error(error));
        }
        return Memory.getLong(out);
    }

    Operation begin(String operation, String socket, long buffer, int length) {
        Operation begun = new Operation(operation, memory(Layout.OVERLAPPED_SIZE), buffer, length);
        begun.skipping = skipping.containsKey(socket);
        operations.put(begun.overlapped, begun);
        started.put(operation, begun);
        return begun;
    }

    int began(Operation operation, int error) {
        boolean underWay = error == 0 || error == WinError.ERROR_IO_PENDING || error == WinError.ERROR_MORE_DATA;
        record.add(operation.name + ": " + (underWay ? "started" : error(error)));
        if (error == 0 && operation.skipping) {
            operation.bytes = Memory.getInt(cell);
            operation.done = true;
            packets.add(operation);
        } else if (!underWay) {
            operation.done = true;
        }
        operation.inline = error == 0;
        return error;
    }

    public int accept(String operation, String listening, String accepting) {
        int length = Layout.ACCEPT_ADDRESS_SIZE;
        long function = function(listening, ACCEPT_EX);
        Operation begun = begin(operation, listening, memory(2L * length), length);
        return began(begun, win32.acceptEx(function, handle(listening), handle(accepting), begun.buffer, 0, length,
                length, cell, begun.overlapped));
    }

    /** Notes the addresses that an accept gave. */
    public void acceptedAddresses(String operation, String listening) {
        int length = Layout.ACCEPT_ADDRESS_SIZE;
        long local = memory(8);
        long localSize = memory(8);
        long remote = memory(8);
        long remoteSize = memory(8);
        win32.getAcceptExSockaddrs(function(listening, GET_ACCEPT_EX_SOCKADDRS), started.get(operation).buffer, 0,
                length, length, local, localSize, remote, remoteSize);
        note("local size", Memory.getInt(localSize));
        note("local address", SocketAddresses.read(Memory.getLong(local)).getAddress().getHostAddress());
        note("remote size", Memory.getInt(remoteSize));
        note("remote address", SocketAddresses.read(Memory.getLong(remote)).getAddress().getHostAddress());
    }

    public int connect(String operation, String name, long address) {
        long function = function(name, CONNECT_EX);
        Operation begun = begin(operation, name, 0, 0);
        return began(begun, win32.connectEx(function, handle(name), address, SocketAddresses.size(families.get(name)),
                0, 0, cell, begun.overlapped));
    }

    public int receive(String operation, String name, int... lengths) {
        int total = Arrays.stream(lengths).sum();
        Operation begun = begin(operation, name, memory(Math.max(1, total)), total);
        long buffers = memory((long) lengths.length * Layout.WSABUF_SIZE);
        long next = begun.buffer;
        for (int i = 0; i < lengths.length; i++) {
            Memory.putInt(buffers + (long) i * Layout.WSABUF_SIZE + Layout.WSABUF_LEN, lengths[i]);
            Memory.putLong(buffers + (long) i * Layout.WSABUF_SIZE + Layout.WSABUF_BUF, next);
            next += lengths[i];
        }
        Memory.putInt(flags, 0);
        return began(begun, win32.wsaRecv(handle(name), buffers, lengths.length, cell, flags, begun.overlapped));
    }

    public int send(String operation, String name, String... parts) {
        byte[] bytes = String.join("", parts).getBytes(StandardCharsets.US_ASCII);
        Operation begun = begin(operation, name, memory(Math.max(1, bytes.length)), bytes.length);
        Memory.putBytes(begun.buffer, bytes);
        long buffers = memory((long) parts.length * Layout.WSABUF_SIZE);
        long next = begun.buffer;
        for (int i = 0; i < parts.length; i++) {
            Memory.putInt(buffers + (long) i * Layout.WSABUF_SIZE + Layout.WSABUF_LEN, parts[i].length());
            Memory.putLong(buffers + (long) i * Layout.WSABUF_SIZE + Layout.WSABUF_BUF, next);
            next += parts[i].length();
        }
        return began(begun, win32.wsaSend(handle(name), buffers, parts.length, cell, 0, begun.overlapped));
    }

    /** Opens a file that has this content, and that goes with its handle. */
    public Win32Steps file(String name, String content) {
        String path = Path.of(System.getProperty("java.io.tmpdir"), "netty-iocp " + System.nanoTime()).toString();
        handle(name, win32.createFile(arena.allocateFrom(path, StandardCharsets.UTF_16LE).address(),
                WinConst.GENERIC_READ | WinConst.GENERIC_WRITE, 0, 0, WinConst.CREATE_NEW,
                WinConst.FILE_FLAG_OVERLAPPED | WinConst.FILE_FLAG_DELETE_ON_CLOSE));
        long buffer = memory(content.length());
        Memory.putBytes(buffer, content.getBytes(StandardCharsets.US_ASCII));
        long overlapped = memory(Layout.OVERLAPPED_SIZE);
        Memory.putLong(overlapped + Layout.OVERLAPPED_EVENT, win32.createEvent(1, 0));
        int error = win32.writeFile(handle(name), buffer, content.length(), cell, overlapped);
        if (error == WinError.ERROR_IO_PENDING) {
            error = win32.getOverlappedResult(handle(name), overlapped, cell, 1);
        }
        win32.closeHandle(Memory.getLong(overlapped + Layout.OVERLAPPED_EVENT));
        call("a file of " + content.length() + " bytes", error);
        return this;
    }

    /** Sends a part of a file. */
    public int transmit(String operation, String socket, String file, long position, int length) {
        long function = function(socket, TRANSMIT_FILE);
        Operation begun = begin(operation, socket, 0, length);
        Memory.putLong(begun.overlapped + Layout.OVERLAPPED_OFFSET, position);
        Memory.putInt(cell, length);
        return began(begun, win32.transmitFile(function, handle(socket), handle(file), length, 0, begun.overlapped, 0));
    }

    /** Sends many bytes, whose content doesn't matter. */
    public int sendMuch(String operation, String name, int length) {
        Operation begun = begin(operation, name, memory(length), length);
        long buffers = memory(Layout.WSABUF_SIZE);
        Memory.putInt(buffers + Layout.WSABUF_LEN, length);
        Memory.putLong(buffers + Layout.WSABUF_BUF, begun.buffer);
        return began(begun, win32.wsaSend(handle(name), buffers, 1, cell, 0, begun.overlapped));
    }

    Operation operation(String name) {
        return started.get(name);
    }

    /** A {@code DWORD} for numbers of bytes. */
    long cell() {
        return cell;
    }

    public int cancel(String operation, String name) {
        return call("CancelIoEx " + operation, win32.cancelIoEx(handle(name), started.get(operation).overlapped));
    }

    /** Whether the call of an operation returned success. */
    public boolean wasInline(String operation) {
        return started.get(operation).inline;
    }

    /** Waits for the packet of an operation; its status. */
    int await(String operation) {
        Operation wanted = started.get(operation);
        for (int i = 0; !packets.remove(wanted); i++) {
            if (i == 100 || !takePackets(PACKET_MILLIS)) {
                throw new IllegalStateException(operation + " never completes");
            }
        }
        return wanted.status;
    }

    /** An operation was refused by the call; the error. */
    int refused(Operation operation, int error) {
        operation.done = true;
        return error;
    }

    /** Waits for the packet of an operation and notes what it says. */
    public int complete(String operation) {
        Operation wanted = started.get(operation);
        for (int i = 0; !packets.remove(wanted); i++) {
            if (i == 100 || !takePackets(PACKET_MILLIS)) {
                record.add(operation + " completes: never");
                return -1;
            }
        }
        boolean error = NtStatus.isError(wanted.status);
        record.add(operation + " completes: " + status(wanted.status)
                + (error || wanted.length == 0 ? "" : ", " + wanted.bytes + " bytes"));
        return wanted.status;
    }

    /** Notes what a receive got, as text. */
    public void received(String operation) {
        Operation done = started.get(operation);
        byte[] bytes = new byte[done.bytes];
        Memory.getBytes(done.buffer, bytes);
        note(operation + " received", new String(bytes, StandardCharsets.US_ASCII));
    }

    /** The bytes that a completed operation transferred. */
    public int transferred(String operation) {
        return started.get(operation).bytes;
    }

    /** Receives until there were so many bytes, the end, or an error; notes the total. */
    public void receiveAll(String operation, String name, int length) {
        int total = 0;
        int status = 0;
        while (total < length) {
            Operation begun = begin(operation, name, memory(65536), 65536);
            long buffers = memory(Layout.WSABUF_SIZE);
            Memory.putInt(buffers + Layout.WSABUF_LEN, 65536);
            Memory.putLong(buffers + Layout.WSABUF_BUF, begun.buffer);
            Memory.putInt(flags, 0);
            int error = win32.wsaRecv(handle(name), buffers, 1, cell, flags, begun.overlapped);
            if (error != 0 && error != WinError.ERROR_IO_PENDING) {
                note(operation, error(error));
                return;
            }
            if (error == 0 && begun.skipping) {
                begun.bytes = Memory.getInt(cell);
            } else {
                while (!packets.remove(begun) && takePackets(PACKET_MILLIS)) {
                    // Others' packets are kept.
                }
            }
            status = begun.status;
            if (NtStatus.isError(status) || begun.bytes == 0) {
                break;
            }
            total += begun.bytes;
        }
        note(operation + " received in all", total + (status == 0 ? "" : ", " + status(status)));
    }

    /** Notes whether a packet comes within some time, be it of an operation or posted. */
    public boolean poll(int millis) {
        boolean came = !packets.isEmpty() || takePackets(millis);
        note("a packet within " + millis + " ms", came);
        return came;
    }

    /** Takes packets that no operation has, and records them; {@code false} if none came. */
    boolean posted(int millis) {
        return takePackets(millis);
    }

    private boolean takePackets(int millis) {
        int error = win32.getQueuedCompletionStatusEx(port, entries, ENTRIES, cell, millis);
        if (error != 0) {
            return false;
        }
        int count = Memory.getInt(cell);
        for (int i = 0; i < count; i++) {
            long entry = entries + (long) i * Layout.OVERLAPPED_ENTRY_SIZE;
            Operation operation = operations.get(Memory.getLong(entry + Layout.OVERLAPPED_ENTRY_OVERLAPPED));
            if (operation == null) {
                record.add("a posted packet: key " + Memory.getLong(entry + Layout.OVERLAPPED_ENTRY_KEY) + ", bytes "
                        + Memory.getInt(entry + Layout.OVERLAPPED_ENTRY_BYTES));
            } else if (operation.done) {
                record.add("a second packet of " + operation.name);
            } else {
                operation.done = true;
                operation.status = Memory.getInt(entry + Layout.OVERLAPPED_ENTRY_INTERNAL);
                operation.bytes = NtStatus.isError(operation.status) ? 0
                        : Memory.getInt(entry + Layout.OVERLAPPED_ENTRY_BYTES);
                packets.add(operation);
            }
        }
        return true;
    }

    // ---- whole connections

    /** Makes {@code client} and {@code server} the two ends of a connection over loopback; nothing is recorded. */
    public Win32Steps connection(String client, String server) {
        int recorded = record.size();
        socket("listener of " + server, WinConst.AF_INET).bindLoopback("listener of " + server);
        listen("listener of " + server, 5);
        socket(server, WinConst.AF_INET);
        accept("accept " + server, "listener of " + server, server);
        socket(client, WinConst.AF_INET).bindAny(client);
        connect("connect " + client, client, loopback(WinConst.AF_INET, localPort("listener of " + server)));
        if (complete("connect " + client) != 0 || complete("accept " + server) != 0
                || updateConnect(client) != 0 || updateAccept(server, "listener of " + server) != 0) {
            throw new IllegalStateException("no connection: " + record);
        }
        close("listener of " + server);
        record.subList(recorded, record.size()).clear();
        return this;
    }

    /** Closes what is open and waits for the packets. */
    @Override
    public void close() {
        for (String name : new ArrayList<>(sockets.keySet())) {
            win32.closesocket(sockets.remove(name));
        }
        for (String name : new ArrayList<>(handles.keySet())) {
            win32.closeHandle(handles.remove(name));
        }
        while (operations.values().stream().anyMatch(operation -> !operation.done)) {
            if (!takePackets(PACKET_MILLIS)) {
                throw new IllegalStateException("a packet never came: " + operations.values());
            }
        }
        win32.closeHandle(port);
        arena.close();
    }

    static String error(int error) {
        return error == 0 ? "ok" : ERRORS.getOrDefault(error, "error " + error);
    }

    static String status(int status) {
        return status == 0 ? "ok" : STATUSES.getOrDefault(status, String.format(Locale.ROOT, "0x%08x", status));
    }

    private static Map<Integer, String> constants(Class<?> type) {
        Map<Integer, String> names = new HashMap<>();
        for (Field field : type.getDeclaredFields()) {
            if (Modifier.isPublic(field.getModifiers()) && field.getType() == int.class) {
                try {
                    names.put(field.getInt(null), field.getName());
                } catch (IllegalAccessException e) {
                    throw new AssertionError(e);
                }
            }
        }
        return names;
    }

    static final class Operation {
        final String name;
        final long overlapped;
        final long buffer;
        private final int length;
        private boolean skipping;
        private boolean inline;
        private boolean done;
        int status;
        int bytes;

        private Operation(String name, long overlapped, long buffer, int length) {
            this.name = name;
            this.overlapped = overlapped;
            this.buffer = buffer;
            this.length = length;
        }

        /** Its end was seen without a packet. */
        void done(int finalStatus, int transferred) {
            done = true;
            status = finalStatus;
            bytes = transferred;
        }

        @Override
        public String toString() {
            return name;
        }
    }
}
