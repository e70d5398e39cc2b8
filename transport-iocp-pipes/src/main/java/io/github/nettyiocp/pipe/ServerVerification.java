/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

import static io.netty.util.internal.ObjectUtil.checkInRange;
import static io.netty.util.internal.ObjectUtil.checkNotNull;

/**
 * Who must be at the other end of a pipe for a client to go on, checked between the open and the first byte. A name of
 * a pipe belongs to whoever makes it first, so a client that sends secrets, or believes what it reads, should ask for
 * the owner. If the check fails, or can't be made, the connect fails with {@link ServerVerificationException}.
 *
 * <p>Immutable; {@link #and} combines.
 */
public final class ServerVerification {

    private static final ServerVerification NONE = new ServerVerification(List.of());
    private static final ServerVerification CURRENT_USER = of(new Owner(null));

    private final List<Condition> conditions;

    private ServerVerification(List<Condition> conditions) {
        this.conditions = conditions;
    }

    private static ServerVerification of(Condition condition) {
        return new ServerVerification(List.of(condition));
    }

    /** Any server. The default. */
    public static ServerVerification none() {
        return NONE;
    }

    /**
     * The pipe is owned by the user that this process runs as. That is so for the pipes of this transport's servers
     * that run as the same user, elevated or not. Other programs' pipes that an elevated process made are often owned
     * by the Administrators group: {@link #ownedBy(String) ownedBy("S-1-5-32-544")}.
     */
    public static ServerVerification ownedByCurrentUser() {
        return CURRENT_USER;
    }

    /**
     * The pipe is owned by a user or group, for instance {@code S-1-5-18}, the system account. To become the owner of
     * a pipe a process must run as that user, or with that group enabled as one that may own, or be allowed to restore
     * files.
     *
     * @param sid the security identifier, as Windows prints it
     * @throws IllegalArgumentException if it isn't one
     */
    public static ServerVerification ownedBy(String sid) {
        if (!Sids.isSid(checkNotNull(sid, "sid"))) {
            throw new IllegalArgumentException("not a security identifier as in S-1-5-18: " + sid);
        }
        return of(new Owner(sid));
    }

    /**
     * The pipe was made by a process, for instance a child that told its name. No more than a check against mistakes:
     * the number is that of the process that made the instance, which may have passed its handle on or have ended, and
     * numbers are given again. A hostile server can forge it. Local pipes only.
     *
     * @param id the process id, 1 to 4,294,967,295
     */
    public static ServerVerification process(long id) {
        return of(new Process(checkInRange(id, 1, 0xffffffffL, "id")));
    }

    /** What demands both. */
    public ServerVerification and(ServerVerification other) {
        List<Condition> all = new ArrayList<>(conditions);
        checkNotNull(other, "other").conditions.stream().filter(condition -> !all.contains(condition))
                .forEach(all::add);
        return new ServerVerification(List.copyOf(all));
    }

    /** The rights that the client's handle must have for {@link #check}, beside those that it needs anyway. */
    int access() {
        return conditions.stream().mapToInt(Condition::access).reduce(0, (left, right) -> left | right);
    }

    /**
     * Asks Windows about the server. Makes a few calls, which don't block for a local pipe.
     *
     * @param handle  the client's end, just opened, with {@link #access()}
     * @param address of the server, for the message
     */
    void check(Win32 win32, long handle, Object address) throws ServerVerificationException {
        for (Condition condition : conditions) {
            String expected;
            String actual;
            try {
                expected = condition.expected(win32);
                actual = condition.actual(win32, handle);
            } catch (IOException e) {
                throw new ServerVerificationException("Server not verified: " + address + ": its " + condition.subject()
                        + " is not known: " + e.getMessage(), e);
            }
            if (!expected.equals(actual)) {
                throw new ServerVerificationException("Server not verified: " + address + ": its " + condition.subject()
                        + " is " + actual + ", not " + expected, null);
            }
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ServerVerification that && conditions.equals(that.conditions);
    }

    @Override
    public int hashCode() {
        return conditions.hashCode();
    }

    @Override
    public String toString() {
        return conditions.isEmpty() ? "any server"
                : conditions.stream().map(Object::toString).collect(Collectors.joining(" and "));
    }

    private interface Condition {

        String subject();

        int access();

        String expected(Win32 win32) throws IOException;

        String actual(Win32 win32, long handle) throws IOException;
    }

    /** @param sid {@code null} for the current user */
    private record Owner(String sid) implements Condition {

        @Override
        public String subject() {
            return "owner";
        }

        @Override
        public int access() {
            return WinConst.READ_CONTROL;
        }

        @Override
        public String expected(Win32 win32) throws IOException {
            return sid != null ? sid : Sids.ofCurrentUser(win32);
        }

        @Override
        public String actual(Win32 win32, long handle) throws IOException {
            return Sids.ofOwner(win32, handle);
        }

        @Override
        public String toString() {
            return "owned by " + (sid != null ? sid : "the current user");
        }
    }

    private record Process(long id) implements Condition {

        @Override
        public String subject() {
            return "process";
        }

        @Override
        public int access() {
            return 0;
        }

        @Override
        public String expected(Win32 win32) {
            return Long.toString(id);
        }

        @Override
        public String actual(Win32 win32, long handle) throws IOException {
            try (Arena arena = Arena.ofConfined()) {
                long actual = arena.allocate(Integer.BYTES, Integer.BYTES).address();
                int error = win32.getNamedPipeServerProcessId(handle, actual);
                if (error != 0) {
                    throw new IOException("Windows doesn't tell the process (GetNamedPipeServerProcessId, error "
                            + error + ')');
                }
                return Integer.toUnsignedString(Memory.getInt(actual));
            }
        }

        @Override
        public String toString() {
            return "made by process " + id;
        }
    }
}
