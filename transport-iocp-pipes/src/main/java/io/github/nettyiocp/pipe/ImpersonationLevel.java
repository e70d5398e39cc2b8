/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.github.nettyiocp.internal.WinConst;

/**
 * What a server may do with the identity of a client that connects to its pipe (the security quality of service of
 * {@code CreateFileW}). The client chooses, and its identity is taken when it connects: what its process or thread
 * becomes later is not seen.
 *
 * <p>It matters because a server can be somebody else than expected: a program that made a pipe of that name first
 * could act as each client that comes. Without a level Windows lets every server do so; this transport always names
 * one. {@link #IDENTIFICATION} is the default.
 */
public enum ImpersonationLevel {

    /** The server can't even learn who the client is. {@code SECURITY_ANONYMOUS} */
    ANONYMOUS(WinConst.SECURITY_ANONYMOUS),

    /**
     * The server can learn who the client is, and what the client would be allowed to do, but can't do anything in its
     * name. {@code SECURITY_IDENTIFICATION}
     */
    IDENTIFICATION(WinConst.SECURITY_IDENTIFICATION),

    /**
     * The server can act as the client, on the machine that it runs on: for servers that are trusted with that. If it
     * runs as another user it needs a privilege for that ({@code SeImpersonatePrivilege}), which services and
     * administrators have; without it Windows gives it no more than {@link #IDENTIFICATION}.
     * {@code SECURITY_IMPERSONATION}
     */
    IMPERSONATION(WinConst.SECURITY_IMPERSONATION);

    private final int flags;

    ImpersonationLevel(int level) {
        // Without SECURITY_SQOS_PRESENT the level would be ignored, and the server could impersonate.
        // Without SECURITY_CONTEXT_TRACKING the identity is that at the time of the call.
        flags = WinConst.SECURITY_SQOS_PRESENT | level;
    }

    /**
     * The flags for {@code CreateFileW}. Of nothing else: for {@code CreateNamedPipeW} the same bits mean other things.
     */
    int flags() {
        return flags;
    }
}
