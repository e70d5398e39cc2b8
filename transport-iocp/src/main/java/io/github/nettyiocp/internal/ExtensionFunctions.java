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
import java.util.Collections;
import java.util.Map;
import java.util.UUID;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Pointers to the functions of Winsock that no DLL exports properly: the provider of the socket hands them out, so they
 * are asked for by a socket of the family. ({@code mswsock.dll} exports some, and asks again in every call.)
 *
 * <p>They are valid until the process ends.
 */
public final class ExtensionFunctions {

    // One entry for a real process; a test's simulation goes with its entry.
    private static final Map<Win32Access, Map<Integer, ExtensionFunctions>> BY_ACCESS =
            Collections.synchronizedMap(new WeakHashMap<>());

    private final long acceptEx;
    private final long connectEx;
    private final long getAcceptExSockaddrs;
    private final long transmitFile;
    private final boolean skipOnSuccessSupported;

    private ExtensionFunctions(long acceptEx, long connectEx, long getAcceptExSockaddrs, long transmitFile,
                               boolean skipOnSuccessSupported) {
        this.acceptEx = acceptEx;
        this.connectEx = connectEx;
        this.getAcceptExSockaddrs = getAcceptExSockaddrs;
        this.transmitFile = transmitFile;
        this.skipOnSuccessSupported = skipOnSuccessSupported;
    }

    /**
     * The functions of a family, loaded once a process.
     *
     * @param access what {@code win32} is of
     * @param family the family of {@code socket}
     * @param socket a stream socket, only used if this is the first call for the family
     * @throws IOException if the provider of this family lacks one that is needed
     */
    public static ExtensionFunctions of(Win32Access access, Win32 win32, int family, long socket) throws IOException {
        ObjectUtil.checkNotNull(access, "access");
        Map<Integer, ExtensionFunctions> families = BY_ACCESS.computeIfAbsent(access, a -> new ConcurrentHashMap<>());
        ExtensionFunctions functions = families.get(family);
        if (functions == null) {
            // Two threads may both load: they get the same pointers.
            functions = load(win32, socket);
            families.put(family, functions);
        }
        return functions;
    }

    /**
     * Asks the provider of a socket.
     *
     * @throws IOException if the provider lacks one that is needed
     */
    public static ExtensionFunctions load(Win32 win32, long socket) throws IOException {
        return new ExtensionFunctions(pointer(win32, socket, WinConst.WSAID_ACCEPTEX),
                pointer(win32, socket, WinConst.WSAID_CONNECTEX),
                pointer(win32, socket, WinConst.WSAID_GETACCEPTEXSOCKADDRS), transmitFile(win32, socket),
                isIfsProvider(win32, socket));
    }

    /**
     * Whether {@code FILE_SKIP_COMPLETION_PORT_ON_SUCCESS} may be set on sockets of the family: only if their handles
     * are those of the base provider. With a layered one that is not, packets get lost.
     */
    public boolean isSkipOnSuccessSupported() {
        return skipOnSuccessSupported;
    }

    /** For {@link Win32#acceptEx}. */
    public long acceptEx() {
        return acceptEx;
    }

    /** For {@link Win32#connectEx}. */
    public long connectEx() {
        return connectEx;
    }

    /** For {@link Win32#getAcceptExSockaddrs}. */
    public long getAcceptExSockaddrs() {
        return getAcceptExSockaddrs;
    }

    /** For {@link Win32#transmitFile}; {@code 0} if the provider lacks it. */
    public long transmitFile() {
        return transmitFile;
    }

    private static long transmitFile(Win32 win32, long socket) {
        try {
            return pointer(win32, socket, WinConst.WSAID_TRANSMITFILE);
        } catch (IOException lacking) {
            return 0;
        }
    }

    private static boolean isIfsProvider(Win32 win32, long socket) {
        try (Arena arena = Arena.ofConfined()) {
            long info = arena.allocate(Layout.WSAPROTOCOL_INFOW_SIZE, Long.BYTES).address();
            long length = arena.allocate(Integer.BYTES, Integer.BYTES).address();
            Memory.putInt(length, Layout.WSAPROTOCOL_INFOW_SIZE);
            int error = win32.getsockopt(socket, WinConst.SOL_SOCKET, WinConst.SO_PROTOCOL_INFOW, info, length);
            return error == 0
                    && (Memory.getInt(info + Layout.WSAPROTOCOL_INFOW_SERVICE_FLAGS1) & WinConst.XP1_IFS_HANDLES) != 0
                    && Memory.getInt(info + Layout.WSAPROTOCOL_INFOW_CHAIN_LEN) == 1;
        }
    }

    private static long pointer(Win32 win32, long socket, String guid) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long in = arena.allocate(Layout.GUID_SIZE, Long.BYTES).address();
            long out = arena.allocate(Long.BYTES, Long.BYTES).address();
            long bytes = arena.allocate(Integer.BYTES, Integer.BYTES).address();
            writeGuid(in, guid);
            int error = win32.wsaIoctl(socket, WinConst.SIO_GET_EXTENSION_FUNCTION_POINTER, in, Layout.GUID_SIZE,
                    out, Long.BYTES, bytes);
            if (error != 0) {
                throw StatusTable.exception(win32, ObjectKind.SOCKET, Operation.OPTION, NtStatus.ofError(error),
                        "extension function " + guid);
            }
            return Memory.getLong(out);
        }
    }

    /** The first three parts of a GUID are numbers, in the order of the machine; the rest is bytes. */
    static void writeGuid(long memory, String guid) {
        UUID uuid = UUID.fromString(guid);
        long high = uuid.getMostSignificantBits();
        Memory.putInt(memory + Layout.GUID_DATA1, (int) (high >>> 32));
        Memory.putShort(memory + Layout.GUID_DATA2, (int) (high >>> 16));
        Memory.putShort(memory + Layout.GUID_DATA3, (int) high);
        Memory.putLong(memory + Layout.GUID_DATA4, Long.reverseBytes(uuid.getLeastSignificantBits()));
    }
}
