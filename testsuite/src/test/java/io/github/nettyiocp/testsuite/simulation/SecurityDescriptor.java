/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Who owns something and who may do what with it. Access masks are those of files, generic rights are mapped.
 *
 * @param owner {@code null} if the descriptor names none
 * @param group {@code null} if the descriptor names none
 * @param dacl {@code null} if there is none: everybody may do everything
 */
record SecurityDescriptor(Sid owner, Sid group, List<Ace> dacl) {

    static final int FILE_ALL_ACCESS = 0x1F01FF;
    static final int FILE_GENERIC_READ = 0x120089;
    static final int FILE_GENERIC_WRITE = 0x120116;
    static final int FILE_GENERIC_EXECUTE = 0x1200A0;
    private static final int GENERIC_EXECUTE = 0x20000000;
    private static final int GENERIC_ALL = 0x10000000;

    private static final int SELF_RELATIVE = 0x8000;
    private static final int DACL_PRESENT = 4;
    private static final int DACL_PROTECTED = 0x1000;
    private static final int HEADER = 20;
    private static final Pattern PARTS = Pattern.compile(
            "(?:O:([A-Z]{2}|S-[0-9-]+))?(?:G:([A-Z]{2}|S-[0-9-]+))?(?:D:([A-Z_]*)((?:\\([^()]*\\))*))?"
                    + "(?:S:[A-Z]*(?:\\([^()]*\\))*)?");
    private static final Pattern ACE = Pattern.compile("\\(([^()]*)\\)");
    private static final String[] RIGHTS = { "GA", "GR", "GW", "GX", "FA", "FR", "FW", "FX", "RC", "SD", "WD", "WO",
            "CC", "DC", "LC", "SW", "RP", "WP", "DT", "LO", "CR" };
    private static final int[] MASKS = { GENERIC_ALL, WinConst.GENERIC_READ, WinConst.GENERIC_WRITE, GENERIC_EXECUTE,
            FILE_ALL_ACCESS, FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, WinConst.READ_CONTROL,
            0x10000, WinConst.WRITE_DAC, WinConst.WRITE_OWNER, 1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0x100 };

    /** An entry of an access list. */
    record Ace(boolean allow, int mask, Sid sid) {
    }

    /** What is wrong with a text. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1;
        /** What Windows says of it. */
        final int error;

        Malformed(int error, String message) {
            super(message);
            this.error = error;
        }
    }

    /** The default of a pipe that is created without a descriptor. */
    static SecurityDescriptor ofPipe(SimulatedProcess.Token creator) {
        return new SecurityDescriptor(creator.defaultOwner(), Sid.USERS, List.of(
                new Ace(true, FILE_ALL_ACCESS, Sid.SYSTEM), new Ace(true, FILE_ALL_ACCESS, Sid.ADMINISTRATORS),
                new Ace(true, FILE_ALL_ACCESS, creator.defaultOwner()),
                new Ace(true, FILE_GENERIC_READ, Sid.EVERYONE), new Ace(true, FILE_GENERIC_READ, Sid.ANONYMOUS)));
    }

    /** Replaces generic rights by what they are for files. */
    static int mapped(int mask) {
        int mapped = mask & 0x0fffffff;
        mapped |= (mask & WinConst.GENERIC_READ) != 0 ? FILE_GENERIC_READ : 0;
        mapped |= (mask & WinConst.GENERIC_WRITE) != 0 ? FILE_GENERIC_WRITE : 0;
        mapped |= (mask & GENERIC_EXECUTE) != 0 ? FILE_GENERIC_EXECUTE : 0;
        mapped |= (mask & GENERIC_ALL) != 0 ? FILE_ALL_ACCESS : 0;
        return mapped;
    }

    /** Whether somebody may do all of what he wants. {@code desired} has no generic rights any more. */
    boolean grants(SimulatedProcess.Token token, int desired) {
        int left = desired & ~WinConst.MAXIMUM_ALLOWED;
        if (dacl == null) {
            return true;
        }
        if (token.has(owner)) {
            left &= ~(WinConst.READ_CONTROL | WinConst.WRITE_DAC);
        }
        for (Ace ace : dacl) {
            Sid sid = ace.sid.equals(Sid.OWNER_RIGHTS) ? owner : ace.sid;
            if (!token.has(sid)) {
                continue;
            }
            if (ace.allow) {
                left &= ~ace.mask;
            } else if ((left & ace.mask) != 0) {
                return false;
            }
        }
        return left == 0;
    }

    // ---- text

    /** Reads SDDL. */
    static SecurityDescriptor parse(String text) throws Malformed {
        Matcher parts = PARTS.matcher(text);
        if (!parts.matches()) {
            throw new Malformed(WinError.ERROR_INVALID_PARAMETER, "no SDDL: " + text);
        }
        List<Ace> dacl = null;
        if (parts.group(4) != null && !parts.group(3).contains("NO_ACCESS_CONTROL")) {
            dacl = new ArrayList<>();
            Matcher aces = ACE.matcher(parts.group(4));
            while (aces.find()) {
                dacl.add(ace(aces.group(1)));
            }
        }
        return new SecurityDescriptor(sid(parts.group(1)), sid(parts.group(2)), dacl);
    }

    private static Sid sid(String text) throws Malformed {
        if (text == null) {
            return null;
        }
        Sid sid = Sid.parse(text);
        if (sid == null) {
            throw new Malformed(WinError.ERROR_INVALID_SID, "no SID: " + text);
        }
        return sid;
    }

    private static Ace ace(String text) throws Malformed {
        String[] fields = text.split(";", -1);
        if (fields.length != 6 || !fields[0].equals("A") && !fields[0].equals("D")) {
            throw new Malformed(WinError.ERROR_INVALID_ACL, "no access control entry: " + text);
        }
        Sid sid = Sid.parse(fields[5]);
        if (sid == null) {
            throw new Malformed(WinError.ERROR_INVALID_ACL, "no SID: " + text);
        }
        return new Ace(fields[0].equals("A"), mapped(mask(fields[2])), sid);
    }

    private static int mask(String text) throws Malformed {
        try {
            if (text.startsWith("0x")) {
                return Integer.parseUnsignedInt(text.substring(2), 16);
            }
            if (!text.isEmpty() && Character.isDigit(text.charAt(0))) {
                return Integer.parseUnsignedInt(text);
            }
        } catch (NumberFormatException e) {
            throw new Malformed(WinError.ERROR_INVALID_ACL, "no access mask: " + text);
        }
        int mask = 0;
        for (int i = 0; i < text.length(); i += 2) {
            int right = List.of(RIGHTS).indexOf(text.substring(i, Math.min(text.length(), i + 2)));
            if (right < 0) {
                throw new Malformed(WinError.ERROR_INVALID_ACL, "no access right: " + text);
            }
            mask |= MASKS[right];
        }
        return mask;
    }

    /** Writes SDDL, of the parts that are asked for. */
    String format(int information) {
        StringBuilder text = new StringBuilder();
        if ((information & WinConst.OWNER_SECURITY_INFORMATION) != 0 && owner != null) {
            text.append("O:").append(owner);
        }
        if ((information & WinConst.GROUP_SECURITY_INFORMATION) != 0 && group != null) {
            text.append("G:").append(group);
        }
        if ((information & WinConst.DACL_SECURITY_INFORMATION) != 0) {
            text.append("D:");
            if (dacl == null) {
                text.append("NO_ACCESS_CONTROL");
            } else {
                for (Ace ace : dacl) {
                    text.append(String.format(Locale.ROOT, "(%s;;0x%x;;;%s)", ace.allow ? "A" : "D", ace.mask,
                            ace.sid));
                }
            }
        }
        return text.toString();
    }

    // ---- memory

    /** The self-relative {@code SECURITY_DESCRIPTOR}. */
    byte[] bytes() {
        byte[] ownerBytes = owner == null ? new byte[0] : owner.bytes();
        byte[] groupBytes = group == null ? new byte[0] : group.bytes();
        byte[] daclBytes = daclBytes();
        int daclOffset = HEADER;
        int ownerOffset = daclOffset + daclBytes.length;
        int groupOffset = ownerOffset + ownerBytes.length;
        ByteBuffer bytes = ByteBuffer.allocate(groupOffset + groupBytes.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put((byte) 1).put((byte) 0).putShort((short) (SELF_RELATIVE | DACL_PRESENT | DACL_PROTECTED));
        bytes.putInt(owner == null ? 0 : ownerOffset).putInt(group == null ? 0 : groupOffset).putInt(0);
        bytes.putInt(dacl == null ? 0 : daclOffset);
        return bytes.put(daclBytes).put(ownerBytes).put(groupBytes).array();
    }

    private byte[] daclBytes() {
        if (dacl == null) {
            return new byte[0];
        }
        int size = 8;
        for (Ace ace : dacl) {
            size += 8 + ace.sid.bytes().length;
        }
        ByteBuffer bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put((byte) 2).put((byte) 0).putShort((short) size).putShort((short) dacl.size()).putShort((short) 0);
        for (Ace ace : dacl) {
            byte[] sid = ace.sid.bytes();
            bytes.put((byte) (ace.allow ? 0 : 1)).put((byte) 0).putShort((short) (8 + sid.length)).putInt(ace.mask);
            bytes.put(sid);
        }
        return bytes.array();
    }

    static int ownerOffset(long address) {
        return Memory.getInt(address + 4);
    }

    static int groupOffset(long address) {
        return Memory.getInt(address + 8);
    }

    static int daclOffset(long address) {
        return Memory.getInt(address + 16);
    }

    /** Reads a self-relative {@code SECURITY_DESCRIPTOR}; {@code null} if it is none. */
    static SecurityDescriptor read(long address) {
        int control = Memory.getShort(address + 2) & 0xffff;
        if (Memory.getByte(address) != 1 || (control & SELF_RELATIVE) == 0) {
            return null;
        }
        Sid owner = ownerOffset(address) == 0 ? null : Sid.read(address + ownerOffset(address));
        Sid group = groupOffset(address) == 0 ? null : Sid.read(address + groupOffset(address));
        List<Ace> dacl = null;
        if (daclOffset(address) != 0) {
            long acl = address + daclOffset(address);
            dacl = new ArrayList<>();
            int count = Memory.getShort(acl + 4);
            long ace = acl + 8;
            for (int i = 0; i < count; i++) {
                dacl.add(new Ace(Memory.getByte(ace) == 0, mapped(Memory.getInt(ace + 4)), Sid.read(ace + 8)));
                ace += Memory.getShort(ace + 2) & 0xffff;
            }
        }
        return new SecurityDescriptor(owner, group, dacl);
    }
}
