/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import io.github.nettyiocp.internal.CallCounts;
import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.Win32Access;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * As much of Windows as the loop's parts need on any machine: memory, completion ports, sockets that only exist. A call
 * that has no method here fails the test. Failures are told by {@link #fail}.
 */
public final class FakeWin32 {

    /** One packet in a port. */
    record Packet(long key, long overlapped, long internal, int bytes) {
    }

    private final Map<Long, BlockingQueue<Packet>> ports = new ConcurrentHashMap<>();
    private final Map<Long, MemorySegment> memory = new ConcurrentHashMap<>();
    private final Map<Long, Long> associations = new ConcurrentHashMap<>();
    private final Map<String, Integer> failures = new ConcurrentHashMap<>();
    private final Map<String, Integer> allowances = new ConcurrentHashMap<>();
    private final AtomicLong nextHandle = new AtomicLong(0x100);
    private final CallCounts counts = new CallCounts();
    private volatile int lastError;
    private volatile long lastReserved;
    private volatile int entriesAsked;

    /** Lets a call fail from now on; {@code 0} lets it work again. */
    void fail(String function, int error) {
        fail(function, error, 0);
    }

    /** Lets a call fail after it has worked a number of times. */
    void fail(String function, int error, int after) {
        allowances.put(function, after);
        failures.put(function, error);
    }

    Win32 win32() {
        return (Win32) Proxy.newProxyInstance(Win32.class.getClassLoader(), new Class<?>[] { Win32.class },
                (proxy, method, arguments) -> invoke(method, arguments));
    }

    /** One set of calls for all loops and threads. */
    public Win32Access access() {
        Win32 win32 = win32();
        return new Win32Access() {
            @Override
            public Win32 newInstance() {
                return win32;
            }

            @Override
            public Win32 ofThisThread() {
                return win32;
            }
        };
    }

    private Object invoke(Method method, Object[] arguments) throws Throwable {
        if (method.getDeclaringClass() == Object.class) {
            return method.getName().equals("hashCode") ? (Object) System.identityHashCode(this)
                    : method.getName().equals("equals") ? (Object) false : "FakeWin32";
        }
        if (method.getName().equals("lastError")) {
            return lastError;
        }
        int error = failures.getOrDefault(method.getName(), 0);
        if (error != 0 && allowances.merge(method.getName(), -1, Integer::sum) < 0) {
            lastError = error;
            return method.getReturnType() == long.class ? (Object) 0L : (Object) error;
        }
        Method here;
        try {
            here = FakeWin32.class.getDeclaredMethod(method.getName(), method.getParameterTypes());
        } catch (NoSuchMethodException e) {
            throw new AssertionError("unexpected call: " + method, e);
        }
        try {
            return here.invoke(this, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    // ---- what tests ask

    /** Blocks of memory that were not freed. */
    int blocks() {
        return memory.size();
    }

    int openPorts() {
        return ports.size();
    }

    int packets(long port) {
        return ports.get(port).size();
    }

    Map<Long, Long> associations() {
        return new HashMap<>(associations);
    }

    long lastReserved() {
        return lastReserved;
    }

    int entriesAsked() {
        return entriesAsked;
    }

    void packet(long port, long key, long overlapped, long internal, int bytes) {
        ports.get(port).add(new Packet(key, overlapped, internal, bytes));
    }

    // ---- the calls

    CallCounts counts() {
        return counts;
    }

    long virtualAlloc(long address, long size, int allocationType, int protect) {
        if (address != 0) {
            return address;
        }
        // Zeroed, and in place until it is freed; what is only reserved is kept small.
        MemorySegment block = Arena.ofAuto().allocate(size, 4096);
        memory.put(block.address(), block);
        lastReserved = block.address();
        return block.address();
    }

    int virtualFree(long address, long size, int freeType) {
        return memory.remove(address) == null ? WinError.ERROR_INVALID_PARAMETER : 0;
    }

    long createIoCompletionPort(long handle, long existingPort, long key, int concurrency) {
        if (handle != WinConst.INVALID_HANDLE_VALUE) {
            associations.put(handle, key);
            return existingPort;
        }
        long port = nextHandle.addAndGet(4);
        ports.put(port, new LinkedBlockingQueue<>());
        return port;
    }

    int getQueuedCompletionStatusEx(long port, long entries, int count, long removed, int millis)
            throws InterruptedException {
        BlockingQueue<Packet> queue = ports.get(port);
        entriesAsked = count;
        Packet packet = millis == 0 ? queue.poll()
                : queue.poll(millis == WinConst.INFINITE ? Integer.MAX_VALUE : millis, TimeUnit.MILLISECONDS);
        int taken = 0;
        while (packet != null) {
            long entry = entries + (long) taken * Layout.OVERLAPPED_ENTRY_SIZE;
            Memory.putLong(entry + Layout.OVERLAPPED_ENTRY_KEY, packet.key);
            Memory.putLong(entry + Layout.OVERLAPPED_ENTRY_OVERLAPPED, packet.overlapped);
            Memory.putLong(entry + Layout.OVERLAPPED_ENTRY_INTERNAL, packet.internal);
            Memory.putInt(entry + Layout.OVERLAPPED_ENTRY_BYTES, packet.bytes);
            taken++;
            packet = taken < count ? queue.poll() : null;
        }
        Memory.putInt(removed, taken);
        return taken == 0 ? WinError.WAIT_TIMEOUT : 0;
    }

    int postQueuedCompletionStatus(long port, int bytes, long key, long overlapped) {
        BlockingQueue<Packet> queue = ports.get(port);
        if (queue == null) {
            return WinError.ERROR_INVALID_HANDLE;
        }
        queue.add(new Packet(key, overlapped, 0, bytes));
        return 0;
    }

    int setFileCompletionNotificationModes(long handle, int flags) {
        return 0;
    }

    int cancelIoEx(long handle, long overlapped) {
        return 0;
    }

    int closeHandle(long handle) {
        return ports.remove(handle) != null || associations.remove(handle) != null ? 0 : WinError.ERROR_INVALID_HANDLE;
    }

    long wsaSocket(int family, int type, int protocol, int flags) {
        return nextHandle.addAndGet(4);
    }

    int closesocket(long socket) {
        return 0;
    }

    int setsockopt(long socket, int level, int option, long value, int valueLength) {
        return 0;
    }

    int getsockopt(long socket, int level, int option, long value, long valueLength) {
        return 0;
    }

    int rtlNtStatusToDosError(int status) {
        return WinError.ERROR_MR_MID_NOT_FOUND;
    }

    int formatMessage(int flags, int messageId, int languageId, long buffer, int size) {
        return 0;
    }
}
