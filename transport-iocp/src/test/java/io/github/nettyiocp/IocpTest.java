/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import io.github.nettyiocp.channel.IocpServerSocketChannel;
import io.github.nettyiocp.channel.IocpSocketChannel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What users are told where the transport can't be used. */
@DisabledOnOs(OS.WINDOWS)
class IocpTest {

    @Test
    void elsewhereThanOnWindowsTheTransportIsNotAvailableAndTheCauseTellsWhatToUse() {
        assertThat(Iocp.isAvailable()).isFalse();
        assertThat(Iocp.unavailabilityCause()).isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("Windows").hasMessageContaining("NioIoHandler")
                .hasMessageContaining(System.getProperty("os.name"));
        assertThat(Iocp.featureString()).isEqualTo("unavailable");
    }

    @Test
    void whoInsistsGetsAnErrorWithTheCause() {
        assertThatThrownBy(Iocp::ensureAvailability).isInstanceOf(UnsatisfiedLinkError.class)
                .hasCause(Iocp.unavailabilityCause()).hasMessageContaining("Windows only");
    }

    @Test
    void aFactoryCannotBeMadeAndTellsWhy() {
        assertThatThrownBy(IocpIoHandler::newFactory).isInstanceOf(UnsatisfiedLinkError.class)
                .hasMessageContaining("Windows only");
    }

    @Test
    void aGroupCannotBeMadeAndTellsWhy() {
        assertThatThrownBy(IocpEventLoopGroup::new).isInstanceOf(UnsatisfiedLinkError.class)
                .hasMessageContaining("Windows only");
    }

    @Test
    void aChannelCannotBeMadeAndTellsWhy() {
        assertThatThrownBy(IocpSocketChannel::new).isInstanceOf(UnsatisfiedLinkError.class);
        assertThatThrownBy(IocpServerSocketChannel::new).isInstanceOf(UnsatisfiedLinkError.class);
        assertThatThrownBy(() -> new IocpSocketChannel(5)).isInstanceOf(UnsatisfiedLinkError.class);
    }
}
