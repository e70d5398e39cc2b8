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

import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

/** The steps of {@link Win32Steps} with pipes, events and identities. */
public final class PipeSteps {

    static final int DUPLEX = WinConst.PIPE_ACCESS_DUPLEX | WinConst.FILE_FLAG_OVERLAPPED;
    static final int MESSAGES = WinConst.PIPE_TYPE_MESSAGE | WinConst.PIPE_READMODE_MESSAGE;
    static final int READ_WRITE = WinConst.GENERIC_READ | WinConst.GENERIC_WRITE;
    private static final int EVENT_MILLIS = 10_000;
    private static final int ERROR_IO_INCOMPLETE = 996;
    private static final int ERROR_CANT_OPEN_ANONYMOUS = 1347;
    private static final long CURRENT_PROCESS = -1;
    private static final long CURRENT_THREAD = -2;
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final Win32Steps steps;
    /** Makes the names of a run its own. */
    private final String nonce = "netty-iocp-" + ManagementFactory.getRuntimeMXBean().getPid() + '-'
            + COUNT.incrementAndGet() + '-';
    private long security;

    PipeSteps(Win32Steps steps) {
        this.steps = steps;
    }

    private Win32 win32() {
        return steps.win32();
    }

    /** A string that ends with a zero. */
    long string(String text) {
        byte[] bytes = (text + '\0').getBytes(StandardCharsets.UTF_16LE);
        long address = steps.memory(bytes.length);
        Memory.putBytes(address, bytes);
        return address;
    }

    private long path(String name) {
        return string(name.startsWith("\\") || name.startsWith("/") ? name : "\\\\.\\pipe\\" + nonce + name);
    }

    // ---- making and opening

    /** The next pipes are created with this descriptor. */
    public PipeSteps security(String sddl) {
        long pointer = steps.memory(8);
        int error = win32().convertStringSecurityDescriptorToSecurityDescriptor(string(sddl),
                WinConst.SDDL_REVISION_1, pointer, 0);
        if (steps.call("descriptor", error) == 0) {
            security = steps.memory(Layout.SECURITY_ATTRIBUTES_SIZE);
            Memory.clear(security, Layout.SECURITY_ATTRIBUTES_SIZE);
            Memory.putInt(security + Layout.SECURITY_ATTRIBUTES_LENGTH, Layout.SECURITY_ATTRIBUTES_SIZE);
            Memory.putLong(security + Layout.SECURITY_ATTRIBUTES_DESCRIPTOR, Memory.getLong(pointer));
        }
        return this;
    }

    /** Frees what {@link #security} made. */
    public void freeSecurity() {
        steps.call("LocalFree", win32().localFree(
                Memory.getLong(security + Layout.SECURITY_ATTRIBUTES_DESCRIPTOR)));
        security = 0;
    }

    /** An instance of a pipe. A name that begins with a slash is taken as it is. */
    public int create(String handle, String name, int openMode, int pipeMode, int maxInstances, int quota) {
        long value = win32().createNamedPipe(path(name), openMode, pipeMode, maxInstances, quota, quota, 0, security);
        if (value != WinConst.INVALID_HANDLE_VALUE) {
            steps.handle(handle, value);
        }
        return steps.call("create " + handle, value == WinConst.INVALID_HANDLE_VALUE ? win32().lastError() : 0);
    }

    /** A duplex instance of bytes that is associated with the port. */
    public PipeSteps create(String handle, String name) {
        create(handle, name, DUPLEX, 0, WinConst.PIPE_UNLIMITED_INSTANCES, 4096);
        steps.associate(handle);
        return this;
    }

    public int open(String handle, String name, int access, int flags) {
        long value = win32().createFile(path(name), access, 0, 0, WinConst.OPEN_EXISTING, flags);
        if (value != WinConst.INVALID_HANDLE_VALUE) {
            steps.handle(handle, value);
        }
        return steps.call("open " + handle, value == WinConst.INVALID_HANDLE_VALUE ? win32().lastError() : 0);
    }

    /** A client that may everything and is associated with the port. */
    public PipeSteps open(String handle, String name) {
        if (open(handle, name, READ_WRITE, WinConst.FILE_FLAG_OVERLAPPED) == 0) {
            steps.associate(handle);
        }
        return this;
    }

    /** Makes two ends of a connected pipe; nothing is recorded. */
    public PipeSteps pair(String server, String client, int pipeMode, int quota) {
        return pair(server, client, pipeMode, quota, WinConst.FILE_FLAG_OVERLAPPED);
    }

    /** A pair of bytes whose client is not overlapped. */
    public PipeSteps synchronousPair(String server, String client, int quota) {
        return pair(server, client, 0, quota, 0);
    }

    private PipeSteps pair(String server, String client, int pipeMode, int quota, int flags) {
        int recorded = steps.record().size();
        create(server, "pair " + server, DUPLEX, pipeMode, 1, quota);
        steps.associate(server);
        open(client, "pair " + server, READ_WRITE, flags);
        if (flags != 0) {
            steps.associate(client);
        }
        if (connect("connect " + server, server) != WinError.ERROR_PIPE_CONNECTED) {
            throw new IllegalStateException("no pair: " + steps.record());
        }
        steps.record().subList(recorded, steps.record().size()).clear();
        return this;
    }

    // ---- operations

    public int connect(String operation, String pipe) {
        Win32Steps.Operation begun = steps.begin(operation, pipe, 0, 0);
        return steps.began(begun, win32().connectNamedPipe(steps.handle(pipe), begun.overlapped));
    }

    /** As {@link #connect}, with an event. */
    public int connectWithEvent(String operation, String pipe, String event) {
        Win32Steps.Operation begun = steps.begin(operation, pipe, 0, 0);
        Memory.putLong(begun.overlapped + Layout.OVERLAPPED_EVENT, steps.handle(event));
        return steps.began(begun, win32().connectNamedPipe(steps.handle(pipe), begun.overlapped));
    }

    public int read(String operation, String pipe, int length) {
        Win32Steps.Operation begun = steps.begin(operation, pipe, steps.memory(Math.max(1, length)), length);
        return steps.began(begun, win32().readFile(steps.handle(pipe), begun.buffer, length, steps.cell(),
                begun.overlapped));
    }

    /** A read with an event in whose lowest bit is set, so that no packet comes. */
    public int readWithoutPacket(String operation, String pipe, String event, int length) {
        Win32Steps.Operation begun = steps.begin(operation, pipe, steps.memory(Math.max(1, length)), length);
        Memory.putLong(begun.overlapped + Layout.OVERLAPPED_EVENT, steps.handle(event) | 1);
        return steps.began(begun, win32().readFile(steps.handle(pipe), begun.buffer, length, steps.cell(),
                begun.overlapped));
    }

    public int write(String operation, String pipe, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        Win32Steps.Operation begun = steps.begin(operation, pipe, steps.memory(Math.max(1, bytes.length)),
                bytes.length);
        Memory.putBytes(begun.buffer, bytes);
        return steps.began(begun, win32().writeFile(steps.handle(pipe), begun.buffer, bytes.length, steps.cell(),
                begun.overlapped));
    }

    /** Reads, waits and notes the text; the status. */
    public int readAll(String operation, String pipe, int length) {
        int error = read(operation, pipe, length);
        if (error != 0 && error != WinError.ERROR_IO_PENDING && error != WinError.ERROR_MORE_DATA) {
            return error;
        }
        int status = steps.complete(operation);
        if (status == 0 || status == 0x80000005) {
            steps.received(operation);
        }
        return status;
    }

    /** Writes and waits. */
    public int writeAll(String operation, String pipe, String text) {
        int error = write(operation, pipe, text);
        return error == 0 || error == WinError.ERROR_IO_PENDING ? steps.complete(operation) : error;
    }

    /** Reads until the pipe has ended, whatever comes before. */
    public void readToTheEnd(String pipe) {
        int recorded = steps.record().size();
        int status = 0;
        for (int i = 0; status == 0; i++) {
            status = readAll("read " + i, pipe, 4096);
        }
        steps.record().subList(recorded, steps.record().size()).clear();
        steps.note(pipe + " has ended", status == NtStatus.STATUS_PIPE_BROKEN
                || status == WinError.ERROR_BROKEN_PIPE);
    }

    /** Reads by a handle that is not overlapped. */
    public void readSynchronously(String pipe, int length) {
        long buffer = steps.memory(length);
        int error = steps.call("ReadFile " + pipe, win32().readFile(steps.handle(pipe), buffer, length, steps.cell(),
                0));
        if (error == 0 || error == WinError.ERROR_MORE_DATA) {
            byte[] bytes = new byte[Memory.getInt(steps.cell())];
            Memory.getBytes(buffer, bytes);
            steps.note("received", new String(bytes, StandardCharsets.US_ASCII));
        }
    }

    public void writeSynchronously(String pipe, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        long buffer = steps.memory(Math.max(1, bytes.length));
        Memory.putBytes(buffer, bytes);
        int error = steps.call("WriteFile " + pipe, win32().writeFile(steps.handle(pipe), buffer, bytes.length,
                steps.cell(), 0));
        if (error == 0) {
            steps.note("written", Memory.getInt(steps.cell()));
        }
    }

    /** What {@code GetOverlappedResult} says at once; a result ends the operation. */
    public int result(String operation, String pipe) {
        Win32Steps.Operation begun = steps.operation(operation);
        int error = win32().getOverlappedResult(steps.handle(pipe), begun.overlapped, steps.cell(), 0);
        if (error != ERROR_IO_INCOMPLETE) {
            begun.done(error, Memory.getInt(steps.cell()));
        }
        return steps.call("GetOverlappedResult " + operation, error);
    }

    public int disconnect(String pipe) {
        return steps.call("DisconnectNamedPipe " + pipe, win32().disconnectNamedPipe(steps.handle(pipe)));
    }

    public int flush(String pipe) {
        return steps.call("FlushFileBuffers " + pipe, win32().flushFileBuffers(steps.handle(pipe)));
    }

    // ---- events

    public PipeSteps event(String name, boolean manual) {
        steps.handle(name, win32().createEvent(manual ? 1 : 0, 0));
        return this;
    }

    /** Whether an event is signaled now. */
    public void isSignaled(String event) {
        steps.note(event + " is signaled", win32().waitForSingleObject(steps.handle(event), 0) == 0);
    }

    /** Waits until an event is signaled. */
    public void await(String event) {
        steps.note(event + " becomes signaled", win32().waitForSingleObject(steps.handle(event), EVENT_MILLIS) == 0);
    }

    public void set(String event) {
        steps.call("SetEvent " + event, win32().setEvent(steps.handle(event)));
    }

    public void reset(String event) {
        steps.call("ResetEvent " + event, win32().resetEvent(steps.handle(event)));
    }

    /** Which of several events is signaled. */
    public void which(String... events) {
        long handles = steps.memory(8L * events.length);
        for (int i = 0; i < events.length; i++) {
            Memory.putLong(handles + 8L * i, steps.handle(events[i]));
        }
        steps.note("signaled", win32().waitForMultipleObjects(events.length, handles, 0, 0));
    }

    // ---- questions

    /** What is left of a message is noted where there are messages; elsewhere it says nothing. */
    public void peek(String pipe, int length, boolean messages) {
        long buffer = steps.memory(Math.max(1, length));
        long read = steps.memory(4);
        long available = steps.memory(4);
        long left = steps.memory(4);
        if (steps.call("PeekNamedPipe " + pipe, win32().peekNamedPipe(steps.handle(pipe), length == 0 ? 0 : buffer,
                length, read, available, left)) == 0) {
            byte[] bytes = new byte[Memory.getInt(read)];
            Memory.getBytes(buffer, bytes);
            steps.note("seen", new String(bytes, StandardCharsets.US_ASCII));
            steps.note("available", Memory.getInt(available));
            if (messages) {
                steps.note("left of the message", Memory.getInt(left));
            }
        }
    }

    public void info(String pipe) {
        long flags = steps.memory(4);
        long out = steps.memory(4);
        long in = steps.memory(4);
        long max = steps.memory(4);
        if (steps.call("GetNamedPipeInfo " + pipe, win32().getNamedPipeInfo(steps.handle(pipe), flags, out, in,
                max)) == 0) {
            steps.note("flags, out, in, instances", Memory.getInt(flags) + ", " + Memory.getInt(out) + ", "
                    + Memory.getInt(in) + ", " + Memory.getInt(max));
        }
    }

    public void state(String pipe) {
        long state = steps.memory(4);
        long instances = steps.memory(4);
        if (steps.call("GetNamedPipeHandleState " + pipe, win32().getNamedPipeHandleState(steps.handle(pipe), state,
                instances, 0, 0, 0, 0)) == 0) {
            steps.note("state, instances", Memory.getInt(state) + ", " + Memory.getInt(instances));
        }
    }

    public void setMode(String pipe, int mode) {
        long address = steps.memory(4);
        Memory.putInt(address, mode);
        steps.call("SetNamedPipeHandleState " + pipe + ' ' + mode, win32().setNamedPipeHandleState(
                steps.handle(pipe), address, 0, 0));
    }

    /** Some of {@code FILE_PIPE_LOCAL_INFORMATION}. */
    public void local(String pipe) {
        long status = steps.memory(16);
        long information = steps.memory(40);
        int result = win32().ntQueryInformationFile(steps.handle(pipe), status, information, 40,
                WinConst.FILE_PIPE_LOCAL_INFORMATION);
        steps.note("FILE_PIPE_LOCAL_INFORMATION " + pipe, Win32Steps.status(result));
        if (result == 0) {
            StringBuilder numbers = new StringBuilder();
            for (int i = 0; i < 10; i++) {
                if (i != 7) {
                    numbers.append(i == 0 ? "" : ", ").append(Memory.getInt(information + 4L * i));
                }
            }
            steps.note("type, direction, max, instances, in, readable, out, state, end", numbers);
            steps.note("writable", Memory.getInt(information + 28));
        }
    }

    /** Whether the ids of the processes are those of this one. */
    public void ids(String server, String client) {
        long id = steps.memory(4);
        steps.call("GetNamedPipeClientProcessId", win32().getNamedPipeClientProcessId(steps.handle(server), id));
        int clientId = Memory.getInt(id);
        steps.call("GetNamedPipeServerProcessId", win32().getNamedPipeServerProcessId(steps.handle(client), id));
        steps.note("they are the same", clientId == Memory.getInt(id));
        steps.call("GetNamedPipeClientSessionId", win32().getNamedPipeClientSessionId(steps.handle(server), id));
        int clientSession = Memory.getInt(id);
        steps.call("ProcessIdToSessionId", win32().processIdToSessionId(clientId, id));
        steps.note("the session is the process's", clientSession == Memory.getInt(id));
    }

    // ---- identities

    /** The SID of whoever a token is of. */
    private String user(long token) {
        long needed = steps.memory(4);
        long information = steps.memory(256);
        int error = win32().getTokenInformation(token, WinConst.TOKEN_USER_CLASS, information, 256, needed);
        if (error != 0) {
            return Win32Steps.error(error);
        }
        return sid(Memory.getLong(information));
    }

    private String sid(long address) {
        long text = steps.memory(8);
        int error = win32().convertSidToStringSid(address, text);
        if (error != 0) {
            return Win32Steps.error(error);
        }
        String sid = PipeSteps.text(Memory.getLong(text));
        win32().localFree(Memory.getLong(text));
        return sid;
    }

    static String text(long address) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; Memory.getShort(address + 2L * i) != 0; i++) {
            text.append((char) Memory.getShort(address + 2L * i));
        }
        return text.toString();
    }

    /** Makes a descriptor, and another of the text that it is said to be. */
    void descriptorText(String sddl) {
        long descriptor = steps.memory(8);
        long text = steps.memory(8);
        steps.call("descriptor", win32().convertStringSecurityDescriptorToSecurityDescriptor(string(sddl),
                WinConst.SDDL_REVISION_1, descriptor, 0));
        steps.call("its text", win32().convertSecurityDescriptorToStringSecurityDescriptor(Memory.getLong(descriptor),
                WinConst.SDDL_REVISION_1, WinConst.OWNER_SECURITY_INFORMATION | WinConst.DACL_SECURITY_INFORMATION,
                text, 0));
        win32().localFree(Memory.getLong(descriptor));
        steps.call("a descriptor of that", win32().convertStringSecurityDescriptorToSecurityDescriptor(
                Memory.getLong(text), WinConst.SDDL_REVISION_1, descriptor, 0));
        win32().localFree(Memory.getLong(text));
        win32().localFree(Memory.getLong(descriptor));
    }

    /** The SID of the user. */
    String own() {
        long token = steps.memory(8);
        win32().openProcessToken(CURRENT_PROCESS, WinConst.TOKEN_QUERY, token);
        String user = user(Memory.getLong(token));
        win32().closeHandle(Memory.getLong(token));
        return user;
    }

    /** Whether the owner of a pipe is the user; not noted where nobody said who shall be it. */
    public void owner(String pipe, boolean said) {
        long owner = steps.memory(8);
        long descriptor = steps.memory(8);
        if (steps.call("GetSecurityInfo " + pipe, win32().getSecurityInfo(steps.handle(pipe),
                WinConst.SE_KERNEL_OBJECT, WinConst.OWNER_SECURITY_INFORMATION, owner, 0, 0, 0, descriptor)) == 0) {
            if (said) {
                steps.note("the owner is the user", sid(Memory.getLong(owner)).equals(own()));
            }
            win32().localFree(Memory.getLong(descriptor));
        }
    }

    /** Impersonates a client, notes in one line what can be learnt, and reverts. */
    public void impersonate(String pipe) {
        String own = own();
        int error = win32().impersonateNamedPipeClient(steps.handle(pipe));
        if (error != 0) {
            steps.call("impersonate the client of " + pipe, error);
            return;
        }
        long token = steps.memory(8);
        error = win32().openThreadToken(CURRENT_THREAD, WinConst.TOKEN_QUERY, 1, token);
        String learnt;
        if (error == 0) {
            long needed = steps.memory(4);
            long information = steps.memory(4);
            win32().getTokenInformation(Memory.getLong(token), WinConst.TOKEN_IMPERSONATION_LEVEL_CLASS, information,
                    4, needed);
            learnt = (user(Memory.getLong(token)).equals(own) ? "the user" : "somebody else") + " at level "
                    + Memory.getInt(information);
            win32().closeHandle(Memory.getLong(token));
        } else {
            learnt = error == ERROR_CANT_OPEN_ANONYMOUS ? "anonymous" : Win32Steps.error(error);
        }
        int reverted = win32().revertToSelf();
        boolean without = win32().openThreadToken(CURRENT_THREAD, WinConst.TOKEN_QUERY, 1, token)
                == WinError.ERROR_NO_TOKEN;
        steps.note("impersonate the client of " + pipe, learnt + ", reverted: " + (reverted == 0 && without));
    }

    // ---- pipes without names

    private long attributes(long root, String name) {
        long attributes = steps.memory(Layout.OBJECT_ATTRIBUTES_SIZE);
        long unicode = steps.memory(Layout.UNICODE_STRING_SIZE);
        Memory.clear(attributes, Layout.OBJECT_ATTRIBUTES_SIZE);
        Memory.putShort(unicode + Layout.UNICODE_STRING_LENGTH, name.length() * 2);
        Memory.putShort(unicode + Layout.UNICODE_STRING_MAXIMUM_LENGTH, name.length() * 2);
        Memory.putLong(unicode + Layout.UNICODE_STRING_BUFFER, string(name));
        Memory.putInt(attributes + Layout.OBJECT_ATTRIBUTES_LENGTH, Layout.OBJECT_ATTRIBUTES_SIZE);
        Memory.putLong(attributes + Layout.OBJECT_ATTRIBUTES_ROOT_DIRECTORY, root);
        Memory.putLong(attributes + Layout.OBJECT_ATTRIBUTES_OBJECT_NAME, unicode);
        Memory.putInt(attributes + Layout.OBJECT_ATTRIBUTES_ATTRIBUTES, WinConst.OBJ_CASE_INSENSITIVE);
        return attributes;
    }

    /** An instance without access to its data; the {@code NTSTATUS}. */
    int guard(long handle, String name) {
        long timeout = steps.memory(8);
        Memory.putLong(timeout, -500_000);
        return win32().ntCreateNamedPipeFile(handle, WinConst.SYNCHRONIZE, attributes(0, "\\??\\pipe\\" + name),
                steps.memory(16), WinConst.FILE_SHARE_READ | WinConst.FILE_SHARE_WRITE, WinConst.FILE_CREATE, 0, 0, 0,
                0, -1, 4096, 4096, timeout);
    }

    /** A pair without a name: the server's end is overlapped, the client's end isn't. */
    public void unnamed(String server, String client) {
        long handle = steps.memory(8);
        long status = steps.memory(16);
        long timeout = steps.memory(8);
        Memory.putLong(timeout, -500_000);
        steps.note("NtOpenFile of the folder", Win32Steps.status(win32().ntOpenFile(handle,
                WinConst.GENERIC_READ | WinConst.SYNCHRONIZE, attributes(0, "\\Device\\NamedPipe\\"), status,
                WinConst.FILE_SHARE_READ | WinConst.FILE_SHARE_WRITE, WinConst.FILE_SYNCHRONOUS_IO_NONALERT)));
        long folder = Memory.getLong(handle);
        steps.handle("folder", folder);
        int created = win32().ntCreateNamedPipeFile(handle, READ_WRITE | WinConst.SYNCHRONIZE, attributes(folder, ""),
                status, WinConst.FILE_SHARE_READ | WinConst.FILE_SHARE_WRITE, WinConst.FILE_CREATE, 0, 0, 0, 0, 1,
                4096, 4096, timeout);
        steps.note("NtCreateNamedPipeFile", Win32Steps.status(created));
        if (created != 0) {
            return;
        }
        steps.handle(server, Memory.getLong(handle));
        int opened = win32().ntOpenFile(handle, READ_WRITE | WinConst.SYNCHRONIZE,
                attributes(steps.handle(server), ""), status, WinConst.FILE_SHARE_READ | WinConst.FILE_SHARE_WRITE,
                WinConst.FILE_NON_DIRECTORY_FILE | WinConst.FILE_SYNCHRONOUS_IO_NONALERT);
        steps.note("NtOpenFile of the other end", Win32Steps.status(opened));
        if (opened == 0) {
            steps.handle(client, Memory.getLong(handle));
        }
    }
}
