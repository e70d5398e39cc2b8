/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.channel.IocpServerSocketChannel;
import io.github.nettyiocp.channel.IocpSocketChannel;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MessageSizeEstimator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.HashMap;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/** Walks the options of NIO's channels: each works here with the same default and the same effect. */
@Timeout(60)
class OptionsOnWindowsTest {

    @Test
    void aSocketHasTheOptionsOfNioWithTheirDefaults() {
        compareDefaults(new NioSocketChannel(), new IocpSocketChannel());
    }

    @Test
    void aServerSocketHasTheOptionsOfNioWithTheirDefaults() {
        compareDefaults(new NioServerSocketChannel(), new IocpServerSocketChannel());
    }

    @Test
    void aSocketTakesOtherValuesAsNioDoes() {
        compareChanges(new NioSocketChannel(), new IocpSocketChannel());
    }

    @Test
    void aServerSocketTakesOtherValuesAsNioDoes() {
        compareChanges(new NioServerSocketChannel(), new IocpServerSocketChannel());
    }

    @Test
    void anOptionThatAClosedSocketCannotTellThrowsTheExceptionOfNio() {
        IocpSocketChannel channel = new IocpSocketChannel();
        channel.unsafe().closeForcibly();
        assertThatExceptionOfType(ChannelException.class)
                .isThrownBy(() -> channel.config().getOption(ChannelOption.SO_RCVBUF));
        assertThatExceptionOfType(ChannelException.class)
                .isThrownBy(() -> channel.config().setOption(ChannelOption.SO_KEEPALIVE, true));
    }

    @Test
    void anUnknownOptionIsRefusedWithoutHarm() {
        IocpSocketChannel channel = new IocpSocketChannel();
        try {
            assertThat(channel.config().setOption(ChannelOption.valueOf("no such option"), 1)).isFalse();
            assertThat(channel.config().getOption(ChannelOption.<Object>valueOf("no such option"))).isNull();
        } finally {
            channel.unsafe().closeForcibly();
        }
    }

    private static void compareDefaults(Channel nio, Channel iocp) {
        try {
            SoftAssertions all = new SoftAssertions();
            Map<ChannelOption<?>, Object> here = iocp.config().getOptions();
            optionsOf(nio).forEach((option, expected) -> {
                all.assertThat(here).as("options").containsKey(option);
                all.assertThat(comparable(here.get(option))).as(option.name()).isEqualTo(comparable(expected));
            });
            all.assertAll();
        } finally {
            nio.unsafe().closeForcibly();
            iocp.unsafe().closeForcibly();
        }
    }

    private static void compareChanges(Channel nio, Channel iocp) {
        try {
            SoftAssertions all = new SoftAssertions();
            optionsOf(nio).forEach((option, before) -> {
                Object other = other(option, before);
                if (other != null) {
                    all.assertThat(set(iocp, option, other)).as("set " + option.name() + " to " + other)
                            .isEqualTo(set(nio, option, other));
                    all.assertThat(iocp.config().getOption(option)).as(option.name())
                            .isEqualTo(nio.config().getOption(option));
                }
            });
            all.assertAll();
        } finally {
            nio.unsafe().closeForcibly();
            iocp.unsafe().closeForcibly();
        }
    }

    /** Without the options of the JDK in Netty's clothes, which are NIO's own. */
    private static Map<ChannelOption<?>, Object> optionsOf(Channel nio) {
        Map<ChannelOption<?>, Object> options = new HashMap<>(nio.config().getOptions());
        options.keySet().removeIf(option -> option instanceof NioChannelOption);
        return options;
    }

    /** The result, or the type of the exception. */
    @SuppressWarnings("unchecked")
    private static Object set(Channel channel, ChannelOption<?> option, Object value) {
        try {
            return channel.config().setOption((ChannelOption<Object>) option, value);
        } catch (RuntimeException e) {
            return e.getClass();
        }
    }

    /** Objects that are made for each channel are compared by what they are. */
    private static Object comparable(Object value) {
        if (value instanceof RecvByteBufAllocator || value instanceof MessageSizeEstimator) {
            return value.getClass();
        }
        return value instanceof WriteBufferWaterMark ? value.toString() : value;
    }

    /** A value that differs from the default; {@code null} where the option has none that can be compared. */
    @SuppressWarnings("deprecation")
    private static Object other(ChannelOption<?> option, Object before) {
        if (option == ChannelOption.RECVBUF_ALLOCATOR) {
            return new FixedRecvByteBufAllocator(512);
        }
        if (option == ChannelOption.WRITE_BUFFER_HIGH_WATER_MARK
                || option == ChannelOption.WRITE_BUFFER_LOW_WATER_MARK) {
            // Both are set by the option that holds both.
            return null;
        }
        if (option == ChannelOption.WRITE_BUFFER_WATER_MARK) {
            return new WriteBufferWaterMark(1000, 2000);
        }
        if (option == ChannelOption.SO_LINGER) {
            return 3;
        }
        if (option == ChannelOption.SO_RCVBUF || option == ChannelOption.SO_SNDBUF) {
            return 64 * 1024;
        }
        if (option == ChannelOption.IP_TOS) {
            // Windows ignores it. NIO reads 0 back, this transport what was set; neither sends it.
            return null;
        }
        if (before instanceof Boolean) {
            return !(Boolean) before;
        }
        return before instanceof Integer ? (Object) ((Integer) before + 1) : null;
    }
}
