/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.FakeWin32;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketProtocolFamily;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Options that are checked before Windows is asked. */
class ChannelConfigTest {

    private final FakeWin32 windows = new FakeWin32();
    private final IocpSocketChannel channel = new IocpSocketChannel(windows.access(), SocketProtocolFamily.INET);
    private final IocpServerSocketChannel server =
            new IocpServerSocketChannel(windows.access(), SocketProtocolFamily.INET);
    private final IocpSocketChannelConfig config = channel.config();

    @AfterEach
    void close() {
        channel.unsafe().closeForcibly();
        server.unsafe().closeForcibly();
    }

    @Test
    void theDefaultsAreThoseOfTheDocumentation() {
        assertThat(config.getOption(IocpChannelOption.RECEIVE_MODE)).isEqualTo(ReceiveMode.BUFFER);
        assertThat(config.getOption(IocpChannelOption.SKIP_ON_SUCCESS)).isTrue();
        assertThat(config.getOption(ChannelOption.ALLOW_HALF_CLOSURE)).isFalse();
        assertThat(config.getOption(ChannelOption.SO_REUSEADDR)).isFalse();
        assertThat(config.getOption(ChannelOption.IP_TOS)).isZero();
        assertThat(config.isAutoRead()).isTrue();
        assertThat(server.config().getOption(IocpChannelOption.POSTED_ACCEPTS)).isEqualTo(16);
        assertThat(server.config().getOption(ChannelOption.SO_REUSEADDR)).isFalse();
    }

    @Test
    void theChannelsOwnOptionsCanBeWrittenAndRead() {
        assertThat(config.setOption(IocpChannelOption.RECEIVE_MODE, ReceiveMode.ZERO_BYTE)).isTrue();
        assertThat(config.getOption(IocpChannelOption.RECEIVE_MODE)).isEqualTo(ReceiveMode.ZERO_BYTE);
        assertThat(config.setOption(IocpChannelOption.SKIP_ON_SUCCESS, false)).isTrue();
        assertThat(config.getOption(IocpChannelOption.SKIP_ON_SUCCESS)).isFalse();
        assertThat(server.config().setOption(IocpChannelOption.POSTED_ACCEPTS, 1024)).isTrue();
        assertThat(server.config().getOption(IocpChannelOption.POSTED_ACCEPTS)).isEqualTo(1024);
    }

    @Test
    void nettysOwnOptionsCanBeWrittenAndRead() {
        config.setAllocator(UnpooledByteBufAllocator.DEFAULT).setWriteSpinCount(3).setAutoRead(false)
                .setConnectTimeoutMillis(5).setWriteBufferWaterMark(new WriteBufferWaterMark(1, 2));
        assertThat(config.getOption(ChannelOption.ALLOCATOR)).isSameAs(UnpooledByteBufAllocator.DEFAULT);
        assertThat(config.getOption(ChannelOption.WRITE_SPIN_COUNT)).isEqualTo(3);
        assertThat(config.getOption(ChannelOption.AUTO_READ)).isFalse();
        assertThat(config.getOption(ChannelOption.CONNECT_TIMEOUT_MILLIS)).isEqualTo(5);
        assertThat(config.getOption(ChannelOption.WRITE_BUFFER_WATER_MARK).high()).isEqualTo(2);
    }

    @Test
    void anOptionThatTheChannelDoesNotHaveIsToldSo() {
        assertThat(config.setOption(IocpChannelOption.POSTED_ACCEPTS, 5)).isFalse();
        assertThat(config.getOption(IocpChannelOption.POSTED_ACCEPTS)).isNull();
        assertThat(server.config().setOption(IocpChannelOption.RECEIVE_MODE, ReceiveMode.BUFFER)).isFalse();
        assertThat(config.setOption(ChannelOption.valueOf("noSuchOption"), 1)).isFalse();
    }

    @Test
    void nullIsRefused() {
        for (ChannelOption<?> option : config.getOptions().keySet()) {
            assertThatThrownBy(() -> config.setOption(option, null)).as(option.name())
                    .isInstanceOf(NullPointerException.class);
        }
        for (ChannelOption<?> option : server.config().getOptions().keySet()) {
            assertThatThrownBy(() -> server.config().setOption(option, null)).as(option.name())
                    .isInstanceOf(NullPointerException.class);
        }
        assertThatThrownBy(() -> config.setReceiveMode(null)).isInstanceOf(NullPointerException.class);
    }

    @Test
    @SuppressWarnings("unchecked")
    void aValueOfTheWrongTypeIsRefused() {
        for (ChannelOption<?> option : new ChannelOption<?>[] { ChannelOption.SO_RCVBUF, ChannelOption.SO_LINGER,
                ChannelOption.TCP_NODELAY, ChannelOption.IP_TOS, IocpChannelOption.RECEIVE_MODE,
                IocpChannelOption.SKIP_ON_SUCCESS, IocpChannelOption.TCP_KEEPIDLE }) {
            assertThatThrownBy(() -> config.setOption((ChannelOption<Object>) option, "wrong")).as(option.name())
                    .isInstanceOf(ClassCastException.class);
        }
        assertThatThrownBy(() -> server.config().setOption((ChannelOption<Object>) (ChannelOption<?>)
                IocpChannelOption.POSTED_ACCEPTS, 5L)).isInstanceOf(ClassCastException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = { 0, -1, Integer.MIN_VALUE })
    void aBufferSizeThatIsNotPositiveIsRefused(int size) {
        assertThatIllegalArgumentException().isThrownBy(() -> config.setReceiveBufferSize(size))
                .withMessageContaining("receiveBufferSize");
        assertThatIllegalArgumentException().isThrownBy(() -> config.setSendBufferSize(size))
                .withMessageContaining("sendBufferSize");
        assertThatIllegalArgumentException().isThrownBy(() -> server.config().setReceiveBufferSize(size));
    }

    @ParameterizedTest
    @ValueSource(ints = { 0, -1, 1025, Integer.MAX_VALUE })
    void aNumberOfPostedAcceptsOutOfRangeIsRefused(int accepts) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> server.config().setOption(IocpChannelOption.POSTED_ACCEPTS, accepts))
                .withMessageContaining("postedAccepts");
        assertThat(server.config().getPostedAccepts()).isEqualTo(16);
    }

    @ParameterizedTest
    @ValueSource(ints = { -1, 256 })
    void aTrafficClassOutOfRangeIsRefused(int trafficClass) {
        assertThatIllegalArgumentException().isThrownBy(() -> config.setTrafficClass(trafficClass))
                .withMessageContaining("trafficClass");
    }

    @Test
    void aNegativeBacklogIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> server.config().setBacklog(-1))
                .withMessageContaining("backlog");
    }

    @Test
    void aProtocolFamilyThatIsNoneOfTcpIsRefused() {
        assertThatThrownBy(() -> new IocpSocketChannel(windows.access(), SocketProtocolFamily.UNIX))
                .isInstanceOf(UnsupportedOperationException.class).hasMessageContaining("UNIX");
        assertThatThrownBy(() -> new IocpServerSocketChannel(windows.access(), SocketProtocolFamily.UNIX))
                .isInstanceOf(UnsupportedOperationException.class).hasMessageContaining("UNIX");
    }
}
