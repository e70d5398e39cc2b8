/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.channel.IocpChannelOption;
import io.github.nettyiocp.channel.IocpDatagramChannel;
import io.github.nettyiocp.channel.IocpServerSocketChannel;
import io.github.nettyiocp.channel.IocpSocketChannel;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MessageSizeEstimator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.StandardSocketOptions;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/** Walks the options of NIO's channels: each works here with the same default and the same effect. */
@Timeout(240)
class OptionsOnWindowsTest {

    private static final boolean WINE = WindowsTestSupport.isWine();
    private static final Set<String> WINE_LACKS = Set.of("TCP_MAXRT", "TCP_FASTOPEN_CONNECT", "TCP_FASTOPEN");
    /** Where the default differs. NIO tells by this option whether loopback is on, the opposite of what it is named. */
    private static final Set<ChannelOption<?>> OTHER_DEFAULTS = Set.of(ChannelOption.IP_MULTICAST_LOOP_DISABLED);

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
    void aDatagramSocketHasTheOptionsOfNioWithTheirDefaults() {
        compareDefaults(new NioDatagramChannel(), new IocpDatagramChannel());
    }

    @Test
    void aDatagramSocketTakesOtherValuesAsNioDoes() {
        compareChanges(new NioDatagramChannel(), new IocpDatagramChannel());
    }

    @Test
    void aRawOptionOfANumberIsReadAndWrittenOnSocketsOfAllKinds() {
        ChannelOption<Integer> raw = IocpChannelOption.ofInt("receive buffer", 0xffff, 0x1002);
        onSocketsOfAllKinds(channel -> {
            assertThat(channel.config().setOption(raw, 50_000)).isTrue();
            assertThat(channel.config().getOption(raw))
                    .isEqualTo(channel.config().getOption(ChannelOption.SO_RCVBUF)).isEqualTo(50_000);
        });
    }

    @Test
    void aRawOptionOfBytesIsReadAndWrittenOnSocketsOfAllKinds() {
        ChannelOption<byte[]> raw = IocpChannelOption.ofBytes("send buffer", 0xffff, 0x1001, 64);
        onSocketsOfAllKinds(channel -> {
            assertThat(channel.config().setOption(raw, new byte[] { 0, (byte) 0xc0, 0, 0 })).isTrue();
            assertThat(channel.config().getOption(raw)).containsExactly(0, 0xc0, 0, 0);
        });
    }

    @Test
    void aRawOptionThatWindowsDoesNotKnowIsNamed() {
        ChannelOption<Integer> raw = IocpChannelOption.ofInt("the option of nobody", 0xffff, 0x7abc);
        onSocketsOfAllKinds(channel -> {
            assertThatExceptionOfType(ChannelException.class).isThrownBy(() -> channel.config().setOption(raw, 1))
                    .withMessageContaining("the option of nobody");
            assertThatExceptionOfType(ChannelException.class).isThrownBy(() -> channel.config().getOption(raw))
                    .withMessageContaining("the option of nobody");
            assertThat(channel.isOpen()).isTrue();
        });
    }

    private static void onSocketsOfAllKinds(Consumer<Channel> test) {
        for (Channel channel : List.of(new IocpSocketChannel(), new IocpServerSocketChannel(),
                new IocpDatagramChannel())) {
            onSocket(channel, test);
        }
    }

    private static void onSocket(Channel channel, Consumer<Channel> test) {
        try {
            test.accept(channel);
        } finally {
            channel.unsafe().closeForcibly();
        }
    }

    /** What this Windows has is set and told, what it lacks is refused by name, or not known, and left out. */
    @ParameterizedTest
    @ValueSource(strings = { "TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_MAXRT", "TCP_FASTOPEN_CONNECT",
            "TCP_FASTOPEN", "SO_REUSE_UNICASTPORT" })
    @SuppressWarnings("unchecked")
    void anOptionOfANewerWindowsWorksOrIsRefusedByName(String name) {
        Map<String, ChannelOption<?>> options = Map.of("TCP_KEEPIDLE", IocpChannelOption.TCP_KEEPIDLE,
                "TCP_KEEPINTVL", IocpChannelOption.TCP_KEEPINTVL, "TCP_KEEPCNT", IocpChannelOption.TCP_KEEPCNT,
                "TCP_MAXRT", IocpChannelOption.TCP_MAXRT, "TCP_FASTOPEN_CONNECT", ChannelOption.TCP_FASTOPEN_CONNECT,
                "TCP_FASTOPEN", ChannelOption.TCP_FASTOPEN,
                "SO_REUSE_UNICASTPORT", IocpChannelOption.SO_REUSE_UNICASTPORT);
        ChannelOption<Object> option = (ChannelOption<Object>) options.get(name);
        boolean server = option == (Object) ChannelOption.TCP_FASTOPEN;
        Object value = name.endsWith("CONNECT") || name.startsWith("SO_") ? (Object) true : (Object) 5;
        Channel channel = server ? new IocpServerSocketChannel() : new IocpSocketChannel();
        try {
            if (WINE && WINE_LACKS.contains(name)) {
                // What only makes things faster is not known to bootstraps, which tell so and go on.
                boolean fastOpen = name.startsWith("TCP_FASTOPEN");
                if (fastOpen) {
                    assertThat(channel.config().setOption(option, value)).isFalse();
                }
                assertThatExceptionOfType(ChannelException.class).isThrownBy(() -> {
                    if (!fastOpen) {
                        channel.config().setOption(option, value);
                    } else if (server) {
                        ((IocpServerSocketChannel) channel).config().setTcpFastopen(5);
                    } else {
                        ((IocpSocketChannel) channel).config().setTcpFastOpenConnect(true);
                    }
                }).withMessageContaining(name).withCauseInstanceOf(UnsupportedOperationException.class);
                assertThat(channel.config().getOptions().get(option)).isIn(null, false, 0, true);
            } else {
                assertThat(channel.config().setOption(option, value)).isTrue();
                assertThat(channel.config().getOption(option)).isEqualTo(value);
                assertThat(channel.config().getOptions()).containsEntry(option, value);
            }
        } finally {
            channel.unsafe().closeForcibly();
        }
    }

    @Test
    void anAddressThatIsNotBoundExclusivelyCanBeSharedByOneThatSaysSo() {
        IocpDatagramChannel first = new IocpDatagramChannel();
        assertThat(first.config().getOption(IocpChannelOption.SO_EXCLUSIVEADDRUSE)).isTrue();
        first.config().setOption(ChannelOption.SO_REUSEADDR, true);
        assertThat(first.config().getOption(IocpChannelOption.SO_EXCLUSIVEADDRUSE)).isFalse();
        first.unsafe().closeForcibly();

        for (Channel channel : List.of(new IocpSocketChannel(), new IocpServerSocketChannel())) {
            assertThat(channel.config().getOption(IocpChannelOption.SO_EXCLUSIVEADDRUSE)).isTrue();
            channel.config().setOption(IocpChannelOption.SO_EXCLUSIVEADDRUSE, false);
            assertThat(channel.config().getOption(IocpChannelOption.SO_EXCLUSIVEADDRUSE)).isFalse();
            assertThat(channel.config().getOption(ChannelOption.SO_REUSEADDR)).isFalse();
            channel.unsafe().closeForcibly();
        }
    }

    @Test
    void exclusiveUseIsWhatTheBoundSocketSays() throws Exception {
        ChannelOption<Integer> raw = IocpChannelOption.ofInt("SO_EXCLUSIVEADDRUSE", 0xffff, ~0x0004);
        IocpEventLoopGroup group = new IocpEventLoopGroup(1);
        try {
            for (boolean exclusive : new boolean[] { true, false }) {
                Channel server = new ServerBootstrap().group(group).channel(IocpServerSocketChannel.class)
                        .option(IocpChannelOption.SO_EXCLUSIVEADDRUSE, exclusive)
                        .childHandler(new ChannelInboundHandlerAdapter())
                        .bind(TcpFixture.LOOPBACK, 0).sync().channel();
                assertThat(server.config().getOption(raw)).isEqualTo(exclusive ? 1 : 0);
                server.close().sync();
            }
        } finally {
            WindowsTestSupport.end(group);
        }
    }

    /** What was set is what the socket itself says. */
    @Test
    void anOptionThatWasSetIsInTheSocket() {
        onSocketsOfAllKinds(channel -> assertIsInTheSocket(channel, ChannelOption.SO_RCVBUF, 50_000, 0xffff, 0x1002,
                50_000));
        onSocket(new IocpSocketChannel(), channel -> {
            assertIsInTheSocket(channel, ChannelOption.SO_SNDBUF, 60_000, 0xffff, 0x1001, 60_000);
            for (boolean on : new boolean[] { true, false }) {
                assertIsInTheSocket(channel, ChannelOption.TCP_NODELAY, on, 6, 0x0001, on ? 1 : 0);
                assertIsInTheSocket(channel, ChannelOption.SO_KEEPALIVE, on, 0xffff, 0x0008, on ? 1 : 0);
            }
            // On and seconds, of 16 bits each.
            assertIsInTheSocket(channel, ChannelOption.SO_LINGER, 3, 0xffff, 0x0080, 1 | 3 << 16);
        });
        onSocket(new IocpDatagramChannel(SocketProtocolFamily.INET), channel -> {
            assertIsInTheSocket(channel, ChannelOption.SO_SNDBUF, 60_000, 0xffff, 0x1001, 60_000);
            assertIsInTheSocket(channel, ChannelOption.IP_MULTICAST_TTL, 7, 0, 10, 7);
            for (boolean on : new boolean[] { true, false }) {
                assertIsInTheSocket(channel, ChannelOption.SO_REUSEADDR, on, 0xffff, 0x0004, on ? 1 : 0);
                assertIsInTheSocket(channel, ChannelOption.SO_BROADCAST, on, 0xffff, 0x0020, on ? 1 : 0);
                assertIsInTheSocket(channel, ChannelOption.IP_MULTICAST_LOOP_DISABLED, on, 0, 11, on ? 0 : 1);
            }
        });
    }

    private static <T> void assertIsInTheSocket(Channel channel, ChannelOption<T> option, T value, int level, int name,
            int raw) {
        assertThat(channel.config().setOption(option, value)).as("set " + option.name()).isTrue();
        assertThat(channel.config().getOption(IocpChannelOption.ofInt(option.name() + " of the socket", level, name)))
                .as(option.name() + " of " + value + " in the socket").isEqualTo(raw);
    }

    /** Windows takes no type of service of a program: NIO tells 0 for each value, this transport what was set. */
    @Test
    void theTypeOfServiceIsRememberedWhereNioTellsNone() {
        for (Channel channel : List.of(new NioSocketChannel(), new NioDatagramChannel())) {
            onSocket(channel, nio -> {
                assertThat(nio.config().setOption(ChannelOption.IP_TOS, 0x10)).isTrue();
                assertThat(nio.config().getOption(ChannelOption.IP_TOS)).isZero();
            });
        }
        for (Channel channel : List.of(new IocpSocketChannel(), new IocpDatagramChannel())) {
            onSocket(channel, iocp -> {
                assertThat(iocp.config().setOption(ChannelOption.IP_TOS, 0x10)).isTrue();
                assertThat(iocp.config().getOption(ChannelOption.IP_TOS)).isEqualTo(0x10);
            });
        }
    }

    @Test
    void anOptionThatAClosedSocketCannotTellThrowsTheExceptionOfNio() {
        for (Channel channel : List.of(new NioSocketChannel(), new IocpSocketChannel())) {
            channel.unsafe().closeForcibly();
            assertThatExceptionOfType(ChannelException.class)
                    .isThrownBy(() -> channel.config().getOption(ChannelOption.SO_RCVBUF));
            assertThatExceptionOfType(ChannelException.class)
                    .isThrownBy(() -> channel.config().setOption(ChannelOption.SO_KEEPALIVE, true));
            assertThatExceptionOfType(ChannelException.class).isThrownBy(() -> channel.config().getOptions());
        }
    }

    /** Bootstraps warn of such an option; of NIO's own names, that of others' sockets is one. */
    @Test
    void anOptionOfTheJdkThatASocketDoesNotHaveIsNotKnownAsWithNio() {
        ChannelOption<Boolean> option = NioChannelOption.of(StandardSocketOptions.SO_BROADCAST);
        for (Channel channel : List.of(new NioSocketChannel(), new IocpSocketChannel())) {
            onSocket(channel, socket -> {
                assertThat(socket.config().setOption(option, true)).isFalse();
                assertThat(socket.config().getOption(option)).isNull();
            });
        }
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
            nio.config().getOptions().forEach((option, expected) -> {
                if (!(option instanceof NioChannelOption)) {
                    // NIO lists most of its options a second time, as the JDK names them.
                    all.assertThat(here).as("options").containsKey(option);
                }
                Object value = iocp.config().getOption(option);
                all.assertThat(Objects.equals(comparable(value), comparable(expected)))
                        .as(option.name() + ": " + value + ", NIO's is " + expected)
                        .isNotEqualTo(OTHER_DEFAULTS.contains(option));
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
            nio.config().getOptions().forEach((option, before) -> {
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
        return switch (option.name()) {
            case "SO_LINGER" -> 3;
            case "SO_RCVBUF", "SO_SNDBUF" -> 64 * 1024;
            // Windows ignores it. NIO reads 0 back, this transport what was set; neither sends it.
            case "IP_TOS" -> null;
            default -> before instanceof Boolean ? (Object) !(Boolean) before
                    : before instanceof Integer ? (Object) ((Integer) before + 1) : null;
        };
    }
}
