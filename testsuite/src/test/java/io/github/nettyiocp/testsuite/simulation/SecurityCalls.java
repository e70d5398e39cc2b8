/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The calls about descriptors, tokens and impersonation. Each returns a Win32 error. */
final class SecurityCalls {

    private static final long CURRENT_PROCESS = -1;
    private static final long CURRENT_THREAD = -2;
    private static final int SE_GROUP_LOGON_ID = 0xC0000000;
    private static final int SE_GROUP_ENABLED = 7;
    private static final int SID_TYPE_USER = 1;
    private static final int SID_TYPE_WELL_KNOWN_GROUP = 5;

    private final SimulatedKernel kernel;

    SecurityCalls(SimulatedKernel kernel) {
        this.kernel = kernel;
    }

    private boolean fails() {
        return kernel.faults().happens(Faults.Kind.SECURITY_FAILS);
    }

    /** Allocates what {@code LocalFree} frees. */
    private long local(byte[] bytes, String what) {
        KernelMemory.Block block = kernel.memory().allocate(bytes.length, what);
        NativeMemory.write(block.address, bytes, 0, bytes.length);
        return block.address;
    }

    private long localText(String text) {
        return local((text + '\0').getBytes(StandardCharsets.UTF_16LE), "text from advapi32");
    }

    int localFree(long memory) {
        if (memory == 0) {
            return 0;
        }
        KernelMemory.Block block = kernel.memory().blockAt(memory);
        if (block == null) {
            kernel.violation("LocalFree of what LocalAlloc didn't allocate");
            return WinError.ERROR_INVALID_HANDLE;
        }
        kernel.memory().free(block);
        return 0;
    }

    // ---- descriptors and SIDs

    int parseDescriptor(long text, int revision, long descriptor, long size) {
        String sddl = PipeCalls.string(kernel, text);
        if (sddl == null || revision != WinConst.SDDL_REVISION_1) {
            return WinError.ERROR_INVALID_PARAMETER;
        }
        if (fails()) {
            return WinError.ERROR_NOT_ENOUGH_MEMORY;
        }
        try {
            byte[] bytes = SecurityDescriptor.parse(sddl).bytes();
            Memory.putLong(descriptor, local(bytes, "a security descriptor"));
            if (size != 0) {
                Memory.putInt(size, bytes.length);
            }
            return 0;
        } catch (SecurityDescriptor.Malformed e) {
            return e.error;
        }
    }

    int formatDescriptor(long address, int revision, int information, long text, long length) {
        SecurityDescriptor descriptor = kernel.memory().check(address, 20, "a security descriptor")
                ? SecurityDescriptor.read(address) : null;
        if (descriptor == null || revision != WinConst.SDDL_REVISION_1) {
            return WinError.ERROR_INVALID_SECURITY_DESCR;
        }
        if (fails()) {
            return WinError.ERROR_NOT_ENOUGH_MEMORY;
        }
        String formatted = descriptor.format(information);
        Memory.putLong(text, localText(formatted));
        if (length != 0) {
            Memory.putInt(length, formatted.length() + 1);
        }
        return 0;
    }

    int formatSid(long address, long text) {
        Sid sid = kernel.memory().check(address, 8, "a SID") ? Sid.read(address) : null;
        if (sid == null) {
            return WinError.ERROR_INVALID_SID;
        }
        if (fails()) {
            return WinError.ERROR_NOT_ENOUGH_MEMORY;
        }
        Memory.putLong(text, localText(sid.text()));
        return 0;
    }

    int parseSid(long text, long address) {
        String string = PipeCalls.string(kernel, text);
        Sid sid = string == null ? null : Sid.parse(string);
        if (sid == null) {
            return WinError.ERROR_INVALID_SID;
        }
        if (fails()) {
            return WinError.ERROR_NOT_ENOUGH_MEMORY;
        }
        Memory.putLong(address, local(sid.bytes(), "a SID"));
        return 0;
    }

    /** {@code GetSecurityInfo}, of pipes. */
    int securityInfo(long handle, int objectType, int information, long owner, long group, long dacl, long descriptor) {
        SimulatedPipeHandle pipe = kernel.pipe(handle, "GetSecurityInfo");
        if (pipe == null) {
            return WinError.ERROR_INVALID_HANDLE;
        }
        if (objectType != WinConst.SE_KERNEL_OBJECT && objectType != WinConst.SE_FILE_OBJECT) {
            return WinError.ERROR_INVALID_PARAMETER;
        }
        if (!pipe.end.may(WinConst.READ_CONTROL)) {
            return WinError.ERROR_ACCESS_DENIED;
        }
        if (pipe.end.instance() == null) {
            return WinError.ERROR_PIPE_NOT_CONNECTED;
        }
        if (fails()) {
            return WinError.ERROR_NOT_ENOUGH_MEMORY;
        }
        SecurityDescriptor whole = pipe.end.instance().pipe.descriptor;
        SecurityDescriptor part = new SecurityDescriptor(
                (information & WinConst.OWNER_SECURITY_INFORMATION) != 0 ? whole.owner() : null,
                (information & WinConst.GROUP_SECURITY_INFORMATION) != 0 ? whole.group() : null,
                (information & WinConst.DACL_SECURITY_INFORMATION) != 0 ? whole.dacl() : null);
        if (descriptor == 0) {
            kernel.violation("GetSecurityInfo without a descriptor to free: what it points to leaks");
            return WinError.ERROR_INVALID_PARAMETER;
        }
        long address = local(part.bytes(), "a security descriptor");
        Memory.putLong(descriptor, address);
        putPart(owner, address, SecurityDescriptor.ownerOffset(address));
        putPart(group, address, SecurityDescriptor.groupOffset(address));
        putPart(dacl, address, SecurityDescriptor.daclOffset(address));
        return 0;
    }

    private static void putPart(long pointer, long address, int offset) {
        if (pointer != 0) {
            Memory.putLong(pointer, offset == 0 ? 0 : address + offset);
        }
    }

    int lookupAccount(long system, long sidAddress, long name, long nameSize, long domain, long domainSize, long use) {
        kernel.blockingCall("LookupAccountSidW");
        if (system != 0) {
            kernel.violation("LookupAccountSidW of another machine is not simulated");
        }
        Sid sid = kernel.memory().check(sidAddress, 8, "a SID") ? Sid.read(sidAddress) : null;
        if (sid == null) {
            return WinError.ERROR_INVALID_SID;
        }
        String account = null;
        String authority = "";
        int type = SID_TYPE_WELL_KNOWN_GROUP;
        for (SimulatedProcess.User user : new SimulatedProcess.User[] { SimulatedProcess.ALICE, SimulatedProcess.BOB,
                SimulatedProcess.SYSTEM }) {
            if (user.sid().equals(sid)) {
                account = user.name();
                authority = user.domain();
                type = SID_TYPE_USER;
            }
        }
        if (sid.equals(Sid.EVERYONE)) {
            account = "Everyone";
        } else if (sid.equals(Sid.ANONYMOUS)) {
            account = "ANONYMOUS LOGON";
            authority = "NT AUTHORITY";
        } else if (sid.equals(Sid.ADMINISTRATORS)) {
            account = "Administrators";
            authority = "BUILTIN";
        }
        if (account == null || fails()) {
            return WinError.ERROR_NONE_MAPPED;
        }
        boolean fits = putText(name, nameSize, account) & putText(domain, domainSize, authority);
        Memory.putInt(use, type);
        return fits ? 0 : WinError.ERROR_INSUFFICIENT_BUFFER;
    }

    /** Puts a text where there is room for it, and its length, with the zero if it doesn't fit. */
    private static boolean putText(long target, long size, String text) {
        int room = Memory.getInt(size);
        if (target == 0 || room <= text.length()) {
            Memory.putInt(size, text.length() + 1);
            return false;
        }
        byte[] bytes = (text + '\0').getBytes(StandardCharsets.UTF_16LE);
        NativeMemory.write(target, bytes, 0, bytes.length);
        Memory.putInt(size, text.length());
        return true;
    }

    // ---- processes and tokens

    /** A handle of a process. */
    private static final class ProcessHandle extends SimulatedWaitable {
        private final SimulatedProcess process;

        ProcessHandle(SimulatedKernel kernel, SimulatedProcess process) {
            super(kernel);
            this.process = process;
        }

        @Override
        boolean isSignaled() {
            return false;
        }

        @Override
        void satisfied() {
            // A process that ended stays so.
        }

        @Override
        String kind() {
            return "process";
        }
    }

    /** {@code OpenProcess}: the handle, or the error as a negative number. */
    long openProcess(int processId) {
        SimulatedProcess process = kernel.process(processId);
        SimulatedChild child = kernel.children().child(processId);
        if (process == null || child != null && child.hasEnded() && child.value == 0) {
            return -WinError.ERROR_INVALID_PARAMETER;
        }
        if (child != null) {
            return child.value == 0 ? kernel.open(child) : kernel.duplicate(child);
        }
        SimulatedProcess.Token token = kernel.threads().token();
        if (process.user != token.process().user && !token.has(Sid.ADMINISTRATORS)) {
            return -WinError.ERROR_ACCESS_DENIED;
        }
        return kernel.open(new ProcessHandle(kernel, process));
    }

    int openProcessToken(long process, int access, long token) {
        SimulatedProcess of;
        if (process == CURRENT_PROCESS) {
            of = kernel.process();
        } else if (kernel.handle(process, "OpenProcessToken") instanceof ProcessHandle handle) {
            of = handle.process;
        } else {
            return WinError.ERROR_INVALID_HANDLE;
        }
        return openToken(of.token(), access, token);
    }

    private int openToken(SimulatedProcess.Token token, int access, long handle) {
        if (access != WinConst.TOKEN_QUERY) {
            kernel.violation("a token is opened for more than TOKEN_QUERY, which is not simulated");
        }
        if (fails()) {
            return WinError.ERROR_NOT_ENOUGH_MEMORY;
        }
        Memory.putLong(handle, kernel.open(new SimulatedToken(kernel, token)));
        return 0;
    }

    int openThreadToken(long thread, int access, boolean asSelf, long token) {
        if (thread != CURRENT_THREAD) {
            kernel.violation("OpenThreadToken of another thread is not simulated");
        }
        SimulatedProcess.Token impersonated = kernel.threads().impersonated();
        if (impersonated == null) {
            return WinError.ERROR_NO_TOKEN;
        }
        if (impersonated.level() == SimulatedProcess.Level.ANONYMOUS) {
            return DosErrors.ERROR_CANT_OPEN_ANONYMOUS;
        }
        if (!asSelf && impersonated.level() == SimulatedProcess.Level.IDENTIFICATION) {
            // The check is made with the token that may not be used for checks.
            return WinError.ERROR_BAD_IMPERSONATION_LEVEL;
        }
        return openToken(impersonated, access, token);
    }

    int tokenInformation(long handle, int informationClass, long information, int length, long needed) {
        if (!(kernel.handle(handle, "GetTokenInformation") instanceof SimulatedToken object)) {
            return WinError.ERROR_INVALID_HANDLE;
        }
        SimulatedProcess.Token token = object.token;
        switch (informationClass) {
            case WinConst.TOKEN_USER_CLASS:
                return putSids(List.of(token.user()), 0, false, information, length, needed);
            case WinConst.TOKEN_GROUPS_CLASS:
                List<Sid> groups = new ArrayList<>(token.groups());
                groups.sort((a, b) -> a.text().compareTo(b.text()));
                return putSids(groups, token.process().logon, true, information, length, needed);
            case WinConst.TOKEN_LOGON_SID_CLASS:
                return putSids(List.of(token.process().logon), token.process().logon, true, information, length,
                        needed);
            case WinConst.TOKEN_SESSION_ID_CLASS:
                return putNumber(token.process().session, information, length, needed);
            case WinConst.TOKEN_IMPERSONATION_LEVEL_CLASS:
                return token.level() == SimulatedProcess.Level.PRIMARY ? WinError.ERROR_INVALID_PARAMETER
                        : putNumber(token.level().ordinal(), information, length, needed);
            default:
                kernel.violation("GetTokenInformation of the class %d is not simulated", informationClass);
                return WinError.ERROR_INVALID_PARAMETER;
        }
    }

    private int putNumber(int number, long information, int length, long needed) {
        Memory.putInt(needed, 4);
        if (length < 4) {
            return DosErrors.ERROR_BAD_LENGTH;
        }
        Memory.putInt(information, number);
        return 0;
    }

    /** Puts a {@code TOKEN_USER} or a {@code TOKEN_GROUPS}, and the SIDs behind it. */
    private int putSids(List<Sid> sids, Object logon, boolean counted, long information, int length, long needed) {
        int array = counted ? Layout.TOKEN_GROUPS_GROUPS : 0;
        int size = array + sids.size() * Layout.SID_AND_ATTRIBUTES_SIZE;
        int next = size;
        for (Sid sid : sids) {
            size += sid.bytes().length;
        }
        Memory.putInt(needed, size);
        if (length < size || !kernel.memory().check(information, size, "the information of a token")) {
            return WinError.ERROR_INSUFFICIENT_BUFFER;
        }
        if (counted) {
            Memory.putInt(information + Layout.TOKEN_GROUPS_COUNT, sids.size());
        }
        for (int i = 0; i < sids.size(); i++) {
            byte[] bytes = sids.get(i).bytes();
            long entry = information + array + (long) i * Layout.SID_AND_ATTRIBUTES_SIZE;
            Memory.putLong(entry + Layout.SID_AND_ATTRIBUTES_SID, information + next);
            Memory.putInt(entry + Layout.SID_AND_ATTRIBUTES_ATTRIBUTES, sids.get(i).equals(logon)
                    ? SE_GROUP_LOGON_ID | SE_GROUP_ENABLED : counted ? SE_GROUP_ENABLED : 0);
            NativeMemory.write(information + next, bytes, 0, bytes.length);
            next += bytes.length;
        }
        return 0;
    }

    int sessionOf(int processId, long sessionId) {
        SimulatedProcess process = kernel.process(processId);
        if (process == null) {
            return WinError.ERROR_INVALID_PARAMETER;
        }
        Memory.putInt(sessionId, process.session);
        return 0;
    }

    // ---- impersonation

    int impersonate(SimulatedPipeHandle pipe) {
        if (!pipe.end.isServer) {
            return WinError.ERROR_INVALID_FUNCTION;
        }
        if (fails()) {
            return WinError.ERROR_NO_SYSTEM_RESOURCES;
        }
        SimulatedProcess.Token client = pipe.end.instance().clientContext();
        if (client == null) {
            return DosErrors.of(DosErrors.STATUS_CANNOT_IMPERSONATE);
        }
        SimulatedProcess.Level level = client.level();
        if (level.compareTo(SimulatedProcess.Level.IDENTIFICATION) > 0
                && client.process().user != kernel.process().user && !kernel.process().elevated) {
            // Who lacks the privilege to impersonate learns who it is, and no more.
            level = SimulatedProcess.Level.IDENTIFICATION;
        }
        kernel.threads().impersonate(new SimulatedProcess.Token(client.process(), level, client.remote()));
        kernel.log("a thread impersonates the client of %s %d", pipe.kind(), pipe.id);
        return 0;
    }
}
