/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import java.io.InvalidObjectException;
import java.io.Serial;
import java.net.SocketAddress;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.regex.Pattern;

import static io.netty.util.internal.ObjectUtil.checkNotNull;

/**
 * The address of a named pipe: a name on this machine or on another one. Immutable.
 *
 * <p>Understood are
 *
 * <table>
 * <caption>Ways to write an address</caption>
 * <tr><th>written</th><th>means</th></tr>
 * <tr><td>{@code name}, {@code sql\query}, {@code LOCAL\name}</td><td>a pipe of this machine</td></tr>
 * <tr><td>{@code \\.\pipe\name}, {@code //./pipe/name}, {@code \\?\pipe\name}</td><td>the same</td></tr>
 * <tr><td>{@code npipe:////./pipe/name}, {@code npipe:\\\\.\\pipe\\name}</td>
 * <td>the same, as Docker writes it</td></tr>
 * <tr><td>{@code \\server\pipe\name}, {@code //server/pipe/name}, {@code npipe:////server/pipe/name}</td>
 * <td>a pipe of another machine (by SMB)</td></tr>
 * </table>
 *
 * <p>{@link #toString()} gives the canonical form, {@code \\.\pipe\name} or {@code \\server\pipe\name}, which is what
 * Windows is asked for. Slashes count as backslashes, as they do for Windows, so that a name may have several
 * components. Nothing is percent-decoded.
 *
 * <p>Two addresses are equal if they mean the same pipe by their text: Windows compares upper-cased UTF-16 units,
 * whatever the locale. ({@code localhost}, a machine's own name and {@code .} are different servers here, and Windows
 * takes different ways to them.) The upper case is Unicode's where it can be undone; of a few rare letters Windows'
 * own table, which is older, may think otherwise.
 */
public final class NamedPipeAddress extends SocketAddress {

    @Serial
    private static final long serialVersionUID = 1;

    private static final String THIS_MACHINE = ".";
    /** Of the canonical form, as Windows counts. */
    private static final int MAX_LENGTH = 256;
    private static final int RANDOM_BYTES = 20;

    private static final String SCHEME = "npipe:";
    /** {@code \\server\pipe\name}, of which any part may be wrong. */
    private static final Pattern PATH = Pattern.compile("(?is)\\\\\\\\([^\\\\]*)\\\\pipe\\\\(.*)");
    private static final String NOT_IN_SERVER_NAMES = "\":*?<>|[];,+=@";

    /** The canonical form: all that is serialized. */
    private final String path;
    private final transient String server;
    private final transient String name;
    /** What is compared. */
    private final transient String key;

    /**
     * @param address in one of the forms that the class describes
     * @throws IllegalArgumentException if it is none of them, or if Windows wouldn't accept the name or would change
     *         it: empty, of more than 256 characters in the canonical form, with empty components, with components
     *         that end in a dot or a space ({@code .} and {@code ..} among them), with control characters or half
     *         surrogate pairs, or with a server that can't be the name of one
     */
    public NamedPipeAddress(String address) {
        String text = withoutScheme(checkNotNull(address, "address"));
        check(!text.startsWith("\\\\?\\") || text.indexOf('/') < 0, address,
                "behind \\\\?\\ a slash doesn't separate");
        text = text.replace('/', '\\');
        if (text.startsWith("\\\\")) {
            var parts = PATH.matcher(text);
            check(parts.matches(), address, "not of the form \\\\server\\pipe\\name");
            server = "?".equals(parts.group(1)) ? THIS_MACHINE : parts.group(1);
            name = parts.group(2);
        } else {
            server = THIS_MACHINE;
            name = text;
        }
        if (isRemote()) {
            checkServer(address);
        }
        checkName(address);
        path = "\\\\" + server + "\\pipe\\" + name;
        check(path.length() <= MAX_LENGTH, address,
                "its full form has " + path.length() + " characters, Windows takes " + MAX_LENGTH);
        key = upperCase(path);
    }

    /**
     * A new address on this machine that nobody can guess, with 160 random bits.
     *
     * @see #random(String)
     */
    public static NamedPipeAddress random() {
        return random("netty-");
    }

    /**
     * A new address on this machine that nobody can guess: {@code prefix} with 160 random bits behind it, written as
     * 40 hexadecimal digits.
     *
     * @param prefix how the name begins, for instance {@code my-service-} or {@code LOCAL\my-service-}
     * @throws IllegalArgumentException if it can't be the beginning of a name on this machine
     */
    public static NamedPipeAddress random(String prefix) {
        byte[] random = new byte[RANDOM_BYTES];
        new SecureRandom().nextBytes(random);
        var address = new NamedPipeAddress(checkNotNull(prefix, "prefix") + HexFormat.of().formatHex(random));
        check(address.isLocal(), prefix, "the prefix names another machine");
        return address;
    }

    /** The name behind {@code \pipe\}, with backslashes between its components if it has several. */
    public String name() {
        return name;
    }

    /** The machine: {@code .} for this one. */
    public String server() {
        return server;
    }

    /** Whether the pipe is one of this machine, by {@code \\.\}. Servers can listen on such ones only. */
    public boolean isLocal() {
        return THIS_MACHINE.equals(server);
    }

    /** Whether the pipe is reached by the network, be it on another machine or on this one under a name of it. */
    public boolean isRemote() {
        return !isLocal();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof NamedPipeAddress that && key.equals(that.key);
    }

    @Override
    public int hashCode() {
        return key.hashCode();
    }

    /** The canonical form, for instance {@code \\.\pipe\name}. Upper and lower case are as they were given. */
    @Override
    public String toString() {
        return path;
    }

    private static String withoutScheme(String address) {
        if (!address.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return address;
        }
        String path = address.substring(SCHEME.length());
        check(path.startsWith("//") || path.startsWith("\\\\"), address, "not of the form npipe:////./pipe/name");
        if (path.startsWith("\\\\\\\\")) {
            return path.replace("\\\\", "\\");          // each backslash is written as two
        }
        return path.startsWith("////") ? path.substring(2) : path;  // of npipe:////./pipe/name, two are the URI's
    }

    private void checkServer(String address) {
        check(!server.isEmpty(), address, "the server is empty");
        check(!server.startsWith(".") && !server.endsWith("."), address, "the server begins or ends with a dot");
        check(server.chars().noneMatch(c -> NOT_IN_SERVER_NAMES.indexOf(c) >= 0 || Character.isWhitespace(c)
                || Character.isISOControl(c) || Character.isSurrogate((char) c)), address,
                "no server has such a name");
    }

    private void checkName(String address) {
        check(!name.isEmpty(), address, "the name is empty");
        for (String component : name.split("\\\\", -1)) {
            check(!component.isEmpty(), address, "a component of the name is empty");
            check(!component.endsWith(".") && !component.endsWith(" "), address,
                    "a component of the name ends in a dot or a space, which Windows takes away");
        }
        check(name.chars().noneMatch(Character::isISOControl), address, "control characters");
        check(name.codePoints().noneMatch(c -> Character.getType(c) == Character.SURROGATE), address,
                "half a surrogate pair");
    }

    private static void check(boolean right, String address, String wrong) {
        if (!right) {
            throw new IllegalArgumentException("not the address of a pipe: \"" + printable(address) + "\" (" + wrong
                    + ')');
        }
    }

    /** Without characters that would spoil a log. */
    private static String printable(String text) {
        var printable = new StringBuilder();
        text.chars().forEach(c -> printable.append(Character.isISOControl(c) ? String.format("\\u%04x", c)
                : Character.toString(c)));
        return printable.toString();
    }

    /**
     * As the kernel does it: unit by unit, and only where the upper case has that lower case again, so that the micro
     * sign, the dotless i and the long s stay what they are.
     */
    private static String upperCase(String text) {
        char[] units = text.toCharArray();
        for (int i = 0; i < units.length; i++) {
            char upper = Character.toUpperCase(units[i]);
            if (Character.toLowerCase(upper) == units[i]) {
                units[i] = upper;
            }
        }
        return new String(units);
    }

    /** What was serialized elsewhere is checked like any other text. */
    @Serial
    private Object readResolve() throws InvalidObjectException {
        try {
            return new NamedPipeAddress(path == null ? "" : path);
        } catch (IllegalArgumentException e) {
            throw new InvalidObjectException(e.getMessage(), e);
        }
    }
}
