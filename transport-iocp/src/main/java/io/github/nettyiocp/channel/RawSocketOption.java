/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.netty.channel.ChannelOption;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

import static io.netty.util.internal.ObjectUtil.checkPositive;

/** An option that is nothing but a value in the socket, as {@code getsockopt} and {@code setsockopt} know it. */
abstract class RawSocketOption<T> extends ChannelOption<T> {

    final int level;
    final int number;
    /** The most bytes that a value has. */
    final int length;

    @SuppressWarnings("deprecation")
    private RawSocketOption(String name, int level, int number, int length) {
        super(name);
        this.level = level;
        this.number = number;
        this.length = length;
    }

    static RawSocketOption<Integer> ofInt(String name, int level, int number) {
        return new RawSocketOption<>(name, level, number, Integer.BYTES) {
            @Override
            byte[] encode(Integer value) {
                return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
            }

            @Override
            Integer decode(byte[] value) {
                // Some are a single byte long.
                return ByteBuffer.wrap(Arrays.copyOf(value, length)).order(ByteOrder.LITTLE_ENDIAN).getInt();
            }
        };
    }

    static RawSocketOption<Boolean> ofBoolean(String name, int level, int number) {
        return new RawSocketOption<>(name, level, number, Integer.BYTES) {
            @Override
            byte[] encode(Boolean value) {
                return RawSocketOption.encode(value.booleanValue());
            }

            @Override
            Boolean decode(byte[] value) {
                return value[0] != 0;
            }
        };
    }

    static RawSocketOption<byte[]> ofBytes(String name, int level, int number, int length) {
        return new RawSocketOption<>(name, level, number, checkPositive(length, "length")) {
            @Override
            byte[] encode(byte[] value) {
                return value;
            }

            @Override
            byte[] decode(byte[] value) {
                return value;
            }
        };
    }

    /** A {@code BOOL}. */
    static byte[] encode(boolean value) {
        return new byte[] { (byte) (value ? 1 : 0), 0, 0, 0 };
    }

    abstract byte[] encode(T value);

    abstract T decode(byte[] value);
}
