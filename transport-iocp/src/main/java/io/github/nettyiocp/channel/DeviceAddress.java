/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import java.net.SocketAddress;

import static io.netty.util.internal.ObjectUtil.checkNonEmpty;

/**
 * The name of a device, a serial port or a mailslot: {@code COM3}, {@code mailslot\inbox}, or a whole path. Immutable.
 */
public final class DeviceAddress extends SocketAddress {

    private static final long serialVersionUID = 1;
    private static final String LOCAL = "\\\\.\\";

    private final String path;

    /**
     * Names a device.
     *
     * @param name below {@code \\.\}, unless it begins with {@code \\} or with a drive
     */
    public DeviceAddress(String name) {
        checkNonEmpty(name, "name");
        if (name.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a name has no character 0: " + name.replace('\0', '?'));
        }
        path = name.startsWith("\\\\") || name.length() > 1 && name.charAt(1) == ':' ? name : LOCAL + name;
    }

    /** The whole path, as {@code \\.\COM3}. */
    public String path() {
        return path;
    }

    /** Windows makes no difference between large and small letters. */
    @Override
    public boolean equals(Object other) {
        return other instanceof DeviceAddress && path.equalsIgnoreCase(((DeviceAddress) other).path);
    }

    @Override
    public int hashCode() {
        return path.toUpperCase(java.util.Locale.ROOT).hashCode();
    }

    @Override
    public String toString() {
        return path;
    }
}
