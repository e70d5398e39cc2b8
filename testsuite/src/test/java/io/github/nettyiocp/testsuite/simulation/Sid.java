/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.Memory;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.StringJoiner;

/** A security identifier, by its text. */
record Sid(String text) {

    static final Sid EVERYONE = new Sid("S-1-1-0");
    static final Sid OWNER_RIGHTS = new Sid("S-1-3-4");
    static final Sid NETWORK = new Sid("S-1-5-2");
    static final Sid INTERACTIVE = new Sid("S-1-5-4");
    static final Sid ANONYMOUS = new Sid("S-1-5-7");
    static final Sid AUTHENTICATED_USERS = new Sid("S-1-5-11");
    static final Sid SYSTEM = new Sid("S-1-5-18");
    static final Sid ADMINISTRATORS = new Sid("S-1-5-32-544");
    static final Sid USERS = new Sid("S-1-5-32-545");

    private static final int MAX_AUTHORITIES = 15;
    private static final Map<String, Sid> ALIASES = Map.ofEntries(Map.entry("WD", EVERYONE),
            Map.entry("OW", OWNER_RIGHTS), Map.entry("NU", NETWORK), Map.entry("IU", INTERACTIVE),
            Map.entry("AN", ANONYMOUS), Map.entry("AU", AUTHENTICATED_USERS), Map.entry("SY", SYSTEM),
            Map.entry("BA", ADMINISTRATORS), Map.entry("BU", USERS), Map.entry("CO", new Sid("S-1-3-0")),
            Map.entry("CG", new Sid("S-1-3-1")), Map.entry("LS", new Sid("S-1-5-19")),
            Map.entry("NS", new Sid("S-1-5-20")), Map.entry("AC", new Sid("S-1-15-2-1")),
            Map.entry("LW", new Sid("S-1-16-4096")), Map.entry("ME", new Sid("S-1-16-8192")),
            Map.entry("HI", new Sid("S-1-16-12288")));

    /** Reads the text of a SID, or a two-letter alias of SDDL; {@code null} if it is neither. */
    static Sid parse(String text) {
        Sid alias = ALIASES.get(text);
        if (alias != null) {
            return alias;
        }
        return text.matches("S-1-\\d+(-\\d{1,10}){0," + MAX_AUTHORITIES + "}") ? new Sid(text) : null;
    }

    /** Reads a {@code SID}; {@code null} if it is none. */
    static Sid read(long address) {
        int count = Memory.getByte(address + 1);
        if (Memory.getByte(address) != 1 || count < 0 || count > MAX_AUTHORITIES) {
            return null;
        }
        long authority = 0;
        for (int i = 2; i < 8; i++) {
            authority = authority << 8 | Memory.getByte(address + i) & 0xff;
        }
        StringJoiner text = new StringJoiner("-").add("S-1").add(Long.toString(authority));
        for (int i = 0; i < count; i++) {
            text.add(Integer.toUnsignedString(Memory.getInt(address + 8 + 4L * i)));
        }
        return new Sid(text.toString());
    }

    /** The {@code SID} structure. */
    byte[] bytes() {
        String[] parts = text.split("-");
        ByteBuffer bytes = ByteBuffer.allocate(8 + 4 * (parts.length - 3)).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put((byte) 1).put((byte) (parts.length - 3));
        long authority = Long.parseLong(parts[2]);
        for (int i = 5; i >= 0; i--) {
            bytes.put((byte) (authority >>> 8 * i));
        }
        for (int i = 3; i < parts.length; i++) {
            bytes.putInt(Integer.parseUnsignedInt(parts[i]));
        }
        return bytes.array();
    }

    @Override
    public String toString() {
        return text;
    }
}
