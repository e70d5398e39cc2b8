/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.github.nettyiocp.Iocp;
import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NativeWin32;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;

import java.io.IOException;
import java.lang.foreign.Arena;

import static io.netty.util.internal.ObjectUtil.checkNonEmptyAfterTrim;

/**
 * Who may connect to a server's pipe, and who owns it: the security descriptor of {@code CreateNamedPipeW}.
 *
 * <p>The owner of each preset is the user that the server's process runs as, by name: Windows would make the
 * Administrators group the owner of what an elevated process creates, and clients that verify
 * ({@link ServerVerification#ownedByCurrentUser()}) would refuse it. Besides that user nobody gets the right to create
 * instances of the pipe ({@code FILE_CREATE_PIPE_INSTANCE}), which would let them take clients away from the server.
 *
 * <p>The descriptor counts when the first instance of a pipe is made; Windows ignores that of later ones. Handles are
 * never inherited by child processes.
 *
 * <p>Immutable. Equal if the text is.
 */
public final class PipeSecurity {

    /**
     * What a client needs, and no more: read, write, attributes, {@code READ_CONTROL} and {@code SYNCHRONIZE}; that is
     * {@code GENERIC_READ | GENERIC_WRITE} without {@code FILE_CREATE_PIPE_INSTANCE}. Opening with
     * {@code GENERIC_WRITE} works all the same, since Windows doesn't ask a client for that right.
     */
    private static final String CONNECT = "0x0012019b";

    // Stand in the presets for SIDs that are known on Windows only. Not of SDDL.
    private static final String USER = "{current user}";
    private static final String LOGON = "{current logon session}";
    private static final String OWNER = "O:" + USER;

    private static final PipeSecurity CURRENT_USER = new PipeSecurity(OWNER + "D:P(A;;FA;;;" + USER + ')', true);
    // An owner may always change the rights, unless there is an entry for "owner rights" (OW): without it other
    // sessions of the same user could let themselves in.
    private static final PipeSecurity CURRENT_LOGON_SESSION =
            new PipeSecurity(OWNER + "D:P(A;;FA;;;" + LOGON + ")(A;;RC;;;OW)", true);
    private static final PipeSecurity ADMINISTRATORS =
            new PipeSecurity(OWNER + "D:P(A;;" + CONNECT + ";;;BA)(A;;FA;;;" + USER + ')', true);
    private static final PipeSecurity AUTHENTICATED_USERS =
            new PipeSecurity(OWNER + "D:P(A;;" + CONNECT + ";;;AU)(A;;FA;;;" + USER + ')', true);

    private final String text;
    private final boolean preset;

    private PipeSecurity(String text, boolean preset) {
        this.text = text;
        this.preset = preset;
    }

    /**
     * Processes of the user that the server runs as, and nobody else: neither administrators nor the system account,
     * unless they are that user. The default.
     */
    public static PipeSecurity currentUser() {
        return CURRENT_USER;
    }

    /**
     * Processes of the logon session in which the server runs: not those that the same user has in another one, for
     * instance as a service or over the network. A server that runs as the system account has no logon session, and
     * can't bind with this.
     */
    public static PipeSecurity currentLogonSession() {
        return CURRENT_LOGON_SESSION;
    }

    /**
     * Members of the Administrators group, and the user that the server runs as. A process of an administrator that
     * isn't elevated doesn't count as one.
     */
    public static PipeSecurity administrators() {
        return ADMINISTRATORS;
    }

    /**
     * Everyone who logged on with an account, and the user that the server runs as. Not anonymous users. Clients on
     * other machines are refused by another option of the server, not by this.
     */
    public static PipeSecurity authenticatedUsers() {
        return AUTHENTICATED_USERS;
    }

    /**
     * What a text in the security descriptor definition language says, for example {@code D:P(A;;FA;;;SY)(A;;FA;;;BA)}.
     * The server itself needs {@code FILE_CREATE_PIPE_INSTANCE} to make instances after the first: give its user full
     * access ({@code FA}), and others {@code 0x0012019b}.
     *
     * <p>The user that the server runs as becomes the owner, if the text names none ({@code O:}).
     *
     * @throws IllegalArgumentException if it isn't such a text, or has no part {@code D:}, without which it doesn't say
     *                                  who may connect. Where Windows isn't there to judge, {@code bind} fails so.
     */
    public static PipeSecurity sddl(String text) {
        PipeSecurity security = new PipeSecurity(checkNonEmptyAfterTrim(text, "text"), false);
        if (Iocp.isAvailable()) {
            security.validate(NativeWin32.ACCESS.ofThisThread());
        }
        return security;
    }

    /** @throws IllegalArgumentException as {@link #sddl} */
    void validate(Win32 win32) {
        convert(win32, text).close();
    }

    /**
     * For {@code CreateNamedPipeW}; the caller closes it.
     *
     * @throws IllegalArgumentException as {@link #sddl}
     * @throws IOException              if Windows doesn't tell the current user or logon session
     */
    SecurityAttributes attributes(Win32 win32) throws IOException {
        if (preset) {
            return convert(win32, resolve(win32));
        }
        SecurityAttributes attributes = convert(win32, text);
        if (attributes.hasOwner()) {
            return attributes;
        }
        attributes.close();
        return convert(win32, "O:" + Sids.ofCurrentUser(win32) + text);
    }

    private static SecurityAttributes convert(Win32 win32, String text) {
        try (Arena arena = Arena.ofConfined()) {
            long pointer = arena.allocate(Long.BYTES, Long.BYTES).address();
            long size = arena.allocate(Integer.BYTES, Integer.BYTES).address();
            int error = win32.convertStringSecurityDescriptorToSecurityDescriptor(Sids.wide(arena, text),
                    WinConst.SDDL_REVISION_1, pointer, size);
            if (error != 0) {
                throw new IllegalArgumentException("not a security descriptor: " + text
                        + " (ConvertStringSecurityDescriptorToSecurityDescriptorW, error " + error + ')');
            }
            long descriptor = Memory.getLong(pointer);
            try {
                int control = Memory.getShort(descriptor + Layout.SECURITY_DESCRIPTOR_CONTROL);
                if ((control & WinConst.SE_DACL_PRESENT) == 0) {
                    throw new IllegalArgumentException(
                            "a security descriptor without a part D: doesn't say who may connect: " + text);
                }
                return new SecurityAttributes(descriptor, Memory.getInt(size));
            } finally {
                win32.localFree(descriptor);
            }
        }
    }

    private String resolve(Win32 win32) throws IOException {
        String resolved = text.replace(USER, Sids.ofCurrentUser(win32));
        if (!resolved.contains(LOGON)) {
            return resolved;
        }
        try {
            return resolved.replace(LOGON, Sids.ofCurrentLogonSession(win32));
        } catch (IOException e) {
            throw new IOException("this process has no logon session that a pipe could be for", e);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PipeSecurity that && text.equals(that.text) && preset == that.preset;
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    /**
     * The text in the security descriptor definition language. On other systems than Windows a preset has words in
     * braces for the current user and logon session.
     */
    @Override
    public String toString() {
        if (preset && Iocp.isAvailable()) {
            try {
                return resolve(NativeWin32.ACCESS.ofThisThread());
            } catch (IOException unresolved) {
                return text;
            }
        }
        return text;
    }
}
