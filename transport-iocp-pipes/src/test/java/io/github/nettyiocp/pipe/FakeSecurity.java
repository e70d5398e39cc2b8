/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

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
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

/**
 * As much of Windows' security as these classes need on any machine: one pipe, its two ends, users without passwords. A
 * call that has no method here fails the test. SIDs are pointers to their text. What was allocated and opened is
 * counted; a handle or memory that is used after its end fails the test.
 */
final class FakeSecurity {

    static final String USER = "S-1-5-21-1-2-3-1001";
    static final String LOGON = "S-1-5-5-0-123";
    static final String CLIENT = "S-1-5-21-1-2-3-1002";
    static final long PIPE = 0x40;

    private static final long PROCESS = 0x80;
    private static final long PROCESS_TOKEN = 0x84;
    private static final long CLIENT_TOKEN = 0x88;
    /** Owner, group and list of rights, each at most once. */
    private static final Pattern SDDL = Pattern.compile("(O:[^:()]+)?(G:[^:()]+)?(D:[A-Z]*(\\([^()]*\\))*)?");

    String logonSession = LOGON;
    String owner = USER;
    int serverProcess = 17;
    int clientProcess = 18;
    ImpersonationLevel clientLevel = ImpersonationLevel.IDENTIFICATION;

    /** The threads that act as the client now. */
    final Set<Thread> impersonating = ConcurrentHashMap.newKeySet();
    /** What was made of {@link #PIPE}. */
    final Set<Long> duplicates = ConcurrentHashMap.newKeySet();

    private final Map<Long, MemorySegment> memory = new ConcurrentHashMap<>();
    private final Map<String, MemorySegment> sids = new ConcurrentHashMap<>();
    private final Set<Long> handles = ConcurrentHashMap.newKeySet();
    private final Map<String, Integer> failures = new ConcurrentHashMap<>();
    private final AtomicLong nextHandle = new AtomicLong(0x100);

    /** Lets a call fail from now on. */
    void fail(String function, int error) {
        failures.put(function, error);
    }

    Win32 win32() {
        return (Win32) Proxy.newProxyInstance(Win32.class.getClassLoader(), new Class<?>[] { Win32.class },
                (proxy, method, arguments) -> invoke(method, arguments));
    }

    Win32Access access() {
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
        Integer error = failures.get(method.getName());
        if (error != null) {
            return method.getReturnType() == long.class ? (Object) 0L : error;
        }
        Method here;
        try {
            here = FakeSecurity.class.getDeclaredMethod(method.getName(), method.getParameterTypes());
        } catch (NoSuchMethodException e) {
            throw new AssertionError("unexpected call: " + method, e);
        }
        try {
            return here.invoke(this, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    /** What wasn't freed or closed. */
    int leaked() {
        return memory.size() + handles.size() + duplicates.size();
    }

    /** The text that a descriptor was made of. */
    static String text(long descriptor) {
        return Sids.wide(descriptor + 20);
    }

    // ---- memory

    private long allocate(byte[] content) {
        MemorySegment block = Arena.ofAuto().allocate(Math.max(8, content.length), 8);
        Memory.putBytes(block.address(), content);
        memory.put(block.address(), block);
        return block.address();
    }

    private static byte[] units(String text) {
        return (text + '\0').getBytes(StandardCharsets.UTF_16LE);
    }

    /** Of a structure that Windows owns. */
    private long sid(String text) {
        return sids.computeIfAbsent(text, key -> {
            MemorySegment block = Arena.ofAuto().allocate(units(key).length, 8);
            Memory.putBytes(block.address(), units(key));
            return block;
        }).address();
    }

    int localFree(long address) {
        if (memory.remove(address) == null) {
            throw new AssertionError("LocalFree of what isn't allocated");
        }
        return 0;
    }

    // ---- descriptors and SIDs

    int convertStringSecurityDescriptorToSecurityDescriptor(long text, int revision, long descriptor, long size) {
        String sddl = Sids.wide(text);
        if (!SDDL.matcher(sddl).matches()) {
            // Windows may leave something there.
            Memory.putLong(descriptor, 0xdead);
            return WinError.ERROR_INVALID_ACL;
        }
        byte[] units = units(sddl);
        long block = allocate(new byte[20 + units.length]);
        Memory.putBytes(block + 20, units);
        Memory.putShort(block + Layout.SECURITY_DESCRIPTOR_CONTROL,
                0x8000 | (sddl.contains("D:") ? WinConst.SE_DACL_PRESENT : 0));
        Memory.putInt(block + Layout.SECURITY_DESCRIPTOR_OWNER, sddl.startsWith("O:") ? 20 : 0);
        Memory.putLong(descriptor, block);
        Memory.putInt(size, 20 + units.length);
        return 0;
    }

    int convertSidToStringSid(long sid, long text) {
        Memory.putLong(text, allocate(units(Sids.wide(sid))));
        return 0;
    }

    int convertStringSidToSid(long text, long sid) {
        Memory.putLong(sid, allocate(units(Sids.wide(text))));
        return 0;
    }

    int getSecurityInfo(long handle, int objectType, int information, long ownerPointer, long group, long dacl,
                        long sacl, long descriptor) {
        checkPipe(handle);
        Memory.putLong(descriptor, allocate(new byte[20]));
        Memory.putLong(ownerPointer, owner == null ? 0 : sid(owner));
        return 0;
    }

    int lookupAccountSid(long system, long sid, long name, long nameSize, long domain, long domainSize, long use) {
        if (impersonating.contains(Thread.currentThread())) {
            throw new AssertionError("a call that can block while the thread acts as the client");
        }
        String text = Sids.wide(sid);
        if (!text.startsWith("S-1-5-21-1-2-3-")) {
            return WinError.ERROR_NONE_MAPPED;
        }
        Memory.putBytes(name, units("user" + text.substring(text.lastIndexOf('-') + 1)));
        Memory.putBytes(domain, units("HERE"));
        return 0;
    }

    // ---- tokens

    int openProcessToken(long process, int access, long token) {
        if (process != WinConst.CURRENT_PROCESS && !handles.contains(process)) {
            throw new AssertionError("no process " + process);
        }
        return open(token, PROCESS_TOKEN);
    }

    int openThreadToken(long thread, int access, int openAsSelf, long token) {
        if (!impersonating.contains(Thread.currentThread())) {
            return WinError.ERROR_NO_TOKEN;
        }
        if (clientLevel == ImpersonationLevel.ANONYMOUS) {
            return WinError.ERROR_CANT_OPEN_ANONYMOUS;
        }
        if (openAsSelf == 0) {
            throw new AssertionError("a client without rights to its own token could not be asked");
        }
        return open(token, CLIENT_TOKEN);
    }

    private int open(long pointer, long kind) {
        long handle = nextHandle.getAndAdd(0x100) + kind;
        handles.add(handle);
        Memory.putLong(pointer, handle);
        return 0;
    }

    int getTokenInformation(long token, int informationClass, long information, int length, long needed) {
        if (!handles.contains(token)) {
            throw new AssertionError("no token " + token);
        }
        if (informationClass == WinConst.TOKEN_USER_CLASS) {
            Memory.putLong(information, sid((token & 0xff) == CLIENT_TOKEN ? CLIENT : USER));
            return 0;
        }
        if (informationClass == WinConst.TOKEN_LOGON_SID_CLASS) {
            Memory.putInt(information, logonSession == null ? 0 : 1);
            Memory.putLong(information + Layout.TOKEN_GROUPS_GROUPS, logonSession == null ? 0 : sid(logonSession));
            return 0;
        }
        throw new AssertionError("class " + informationClass);
    }

    int closeHandle(long handle) {
        if (!handles.remove(handle) && !duplicates.remove(handle)) {
            throw new AssertionError("no handle " + handle);
        }
        return 0;
    }

    long openProcess(int access, int inherit, int processId) {
        if (access != WinConst.PROCESS_QUERY_LIMITED_INFORMATION || inherit != 0 || processId != serverProcess) {
            throw new AssertionError("process " + processId);
        }
        long handle = nextHandle.getAndAdd(0x100) + PROCESS;
        handles.add(handle);
        return handle;
    }

    // ---- the pipe

    private void checkPipe(long handle) {
        if (handle != PIPE && !duplicates.contains(handle)) {
            throw new AssertionError("no pipe " + handle);
        }
    }

    int duplicateHandle(long sourceProcess, long source, long targetProcess, long target, int access, int inherit,
                        int options) {
        checkPipe(source);
        if (inherit != 0 || options != WinConst.DUPLICATE_SAME_ACCESS) {
            throw new AssertionError("inherit " + inherit + ", options " + options);
        }
        long handle = nextHandle.getAndAdd(0x100);
        duplicates.add(handle);
        Memory.putLong(target, handle);
        return 0;
    }

    int getNamedPipeServerProcessId(long pipe, long id) {
        checkPipe(pipe);
        Memory.putInt(id, serverProcess);
        return 0;
    }

    int getNamedPipeClientProcessId(long pipe, long id) {
        checkPipe(pipe);
        Memory.putInt(id, clientProcess);
        return 0;
    }

    int getNamedPipeServerSessionId(long pipe, long id) {
        checkPipe(pipe);
        Memory.putInt(id, 1);
        return 0;
    }

    int getNamedPipeClientSessionId(long pipe, long id) {
        checkPipe(pipe);
        Memory.putInt(id, 2);
        return 0;
    }

    int getNamedPipeClientComputerName(long pipe, long name, int size) {
        checkPipe(pipe);
        return WinError.ERROR_PIPE_LOCAL;
    }

    int impersonateNamedPipeClient(long pipe) {
        checkPipe(pipe);
        impersonating.add(Thread.currentThread());
        return 0;
    }

    int revertToSelf() {
        impersonating.remove(Thread.currentThread());
        return 0;
    }
}
