/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpMetrics;
import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NativeWin32;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.pipe.NamedPipeChannel;
import io.github.nettyiocp.pipe.NamedPipeOption;
import io.github.nettyiocp.pipe.PipeDirection;
import io.github.nettyiocp.pipe.PipeType;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.util.CharsetUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import java.lang.foreign.Arena;
import java.net.ConnectException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

/** What options of pipes do, as Windows tells it of the handles. */
@Timeout(120)
class PipeOptionsOnWindowsTest {

    /** {@code NamedPipeConfiguration} of {@code FILE_PIPE_LOCAL_INFORMATION}. */
    private static final int CONFIGURATION = 4;
    private static final int FULL_DUPLEX = 2;

    private final Win32 win32 = NativeWin32.ACCESS.ofThisThread();
    private final PipeFixture fixture = new PipeFixture();
    private final BlockingQueue<NamedPipeChannel> children = new LinkedBlockingQueue<>();

    @AfterEach
    void end() {
        fixture.close();
    }

    private void serve(Map<ChannelOption<?>, Object> options) throws InterruptedException {
        fixture.serve(options, new ChannelInboundHandlerAdapter() {
            @Override
            public boolean isSharable() {
                return true;
            }

            @Override
            public void channelActive(ChannelHandlerContext context) {
                children.add((NamedPipeChannel) context.channel());
                context.fireChannelActive();
            }
        });
    }

    private NamedPipeChannel child() throws InterruptedException {
        NamedPipeChannel child = children.poll(PipeFixture.TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
        assertThat(child).isNotNull();
        return child;
    }

    private NamedPipeChannel dial(Map<ChannelOption<?>, Object> options, TcpRecorder recorder)
            throws InterruptedException {
        return (NamedPipeChannel) fixture.connect(options, recorder).sync().channel();
    }

    private static Map<ChannelOption<?>, Object> options(Object... pairs) {
        Map<ChannelOption<?>, Object> options = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            options.put((ChannelOption<?>) pairs[i], pairs[i + 1]);
        }
        return options;
    }

    /** {@code GetNamedPipeInfo}. */
    private record Info(boolean server, PipeType type, int outQuota, int inQuota, int maxInstances) {
    }

    private Info info(NamedPipeChannel channel) {
        try (Arena arena = Arena.ofConfined()) {
            long cells = arena.allocate(16, 4).address();
            assertThat(win32.getNamedPipeInfo(channel.handle(), cells, cells + 4, cells + 8, cells + 12)).isZero();
            int flags = Memory.getInt(cells);
            return new Info((flags & WinConst.PIPE_SERVER_END) != 0,
                    (flags & WinConst.PIPE_TYPE_MESSAGE) != 0 ? PipeType.MESSAGE : PipeType.BYTE,
                    Memory.getInt(cells + 4), Memory.getInt(cells + 8), Memory.getInt(cells + 12));
        }
    }

    private PipeType readMode(NamedPipeChannel channel) {
        try (Arena arena = Arena.ofConfined()) {
            long state = arena.allocate(4, 4).address();
            assertThat(win32.getNamedPipeHandleState(channel.handle(), state, 0, 0, 0, 0, 0)).isZero();
            return (Memory.getInt(state) & WinConst.PIPE_READMODE_MESSAGE) != 0 ? PipeType.MESSAGE : PipeType.BYTE;
        }
    }

    private int instances(NamedPipeChannel channel) {
        try (Arena arena = Arena.ofConfined()) {
            long count = arena.allocate(4, 4).address();
            assertThat(win32.getNamedPipeHandleState(channel.handle(), 0, count, 0, 0, 0, 0)).isZero();
            return Memory.getInt(count);
        }
    }

    private int query(NamedPipeChannel channel, int informationClass, int size, int offset) {
        try (Arena arena = Arena.ofConfined()) {
            long statusBlock = arena.allocate(Layout.IO_STATUS_BLOCK_SIZE, 8).address();
            long information = arena.allocate(size, 8).address();
            assertThat(win32.ntQueryInformationFile(channel.handle(), statusBlock, information, size,
                    informationClass)).isZero();
            return Memory.getInt(information + offset);
        }
    }

    private int grantedAccess(NamedPipeChannel channel) {
        return query(channel, WinConst.FILE_ACCESS_INFORMATION, 4, 0);
    }

    // ---- servers

    @Test
    void quotasAreThoseOfTheOptions() throws Exception {
        serve(options(NamedPipeOption.IN_QUOTA, 12_288, NamedPipeOption.OUT_QUOTA, 4096));
        dial(options(), new TcpRecorder());
        Info server = info(child());
        assertThat(server.inQuota()).isEqualTo(12_288);
        assertThat(server.outQuota()).isEqualTo(4096);
    }

    @Test
    void quotasAre64KibWithoutOptions() throws Exception {
        serve(options());
        dial(options(), new TcpRecorder());
        Info server = info(child());
        assertThat(server.inQuota()).isEqualTo(65_536);
        assertThat(server.outQuota()).isEqualTo(65_536);
    }

    @ParameterizedTest
    @CsvSource({ "BYTE, BYTE", "MESSAGE, BYTE", "MESSAGE, MESSAGE" })
    void typeAndReadModeAreThoseOfTheOptionsAndTheClientsModeIsItsOwn(PipeType type, PipeType mode) throws Exception {
        serve(options(NamedPipeOption.PIPE_TYPE, type, NamedPipeOption.READ_MODE, mode));
        NamedPipeChannel bytes = dial(options(), new TcpRecorder());
        NamedPipeChannel child = child();
        assertThat(info(child)).matches(Info::server).extracting(Info::type).isEqualTo(type);
        assertThat(info(bytes)).matches(info -> !info.server()).extracting(Info::type).isEqualTo(type);
        assertThat(child.type()).isEqualTo(type);
        assertThat(bytes.type()).isEqualTo(type);
        assertThat(readMode(child)).isEqualTo(mode);
        assertThat(readMode(bytes)).isEqualTo(PipeType.BYTE);
        ChannelFuture messages = fixture.connect(options(NamedPipeOption.READ_MODE, PipeType.MESSAGE),
                new TcpRecorder()).await();
        if (type == PipeType.MESSAGE) {
            assertThat(readMode((NamedPipeChannel) messages.sync().channel())).isEqualTo(PipeType.MESSAGE);
        } else {
            assertThat(messages.cause()).isInstanceOf(ConnectException.class)
                    .hasMessageContaining("READ_MODE is MESSAGE, but the pipe carries bytes")
                    .hasMessageContaining(fixture.pipe);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theDirectionIsThatOfTheOption(PipeDirection direction) throws Exception {
        serve(options(NamedPipeOption.DIRECTION, direction));
        TcpRecorder received = new TcpRecorder();
        NamedPipeChannel client = dial(options(NamedPipeOption.DIRECTION, direction), received);
        TcpRecorder arrived = fixture.accepted();
        NamedPipeChannel child = child();
        // Inbound 0, outbound 1.
        assertThat(query(child, WinConst.FILE_PIPE_LOCAL_INFORMATION, Layout.FILE_PIPE_LOCAL_INFORMATION_SIZE,
                CONFIGURATION)).isEqualTo(direction == PipeDirection.DUPLEX ? FULL_DUPLEX
                : direction == PipeDirection.OUTBOUND ? 1 : 0);
        ChannelFuture toServer = client.writeAndFlush(Unpooled.copiedBuffer("in", CharsetUtil.US_ASCII)).await();
        ChannelFuture toClient = child.writeAndFlush(Unpooled.copiedBuffer("out", CharsetUtil.US_ASCII)).await();
        if (direction != PipeDirection.OUTBOUND) {
            assertThat(arrived.awaitBytes(2)).asString().isEqualTo("in");
        } else {
            assertThat(toServer.cause()).isInstanceOf(UnsupportedOperationException.class);
        }
        if (direction != PipeDirection.INBOUND) {
            assertThat(received.awaitBytes(3)).asString().isEqualTo("out");
        } else {
            assertThat(toClient.cause()).isInstanceOf(UnsupportedOperationException.class);
        }
    }

    @Test
    void aClientOfAnotherDirectionIsRefused() throws Exception {
        assumeFalse(WindowsTestSupport.isWine(), "Wine lets clients of any direction in");
        serve(options(NamedPipeOption.DIRECTION, PipeDirection.INBOUND));
        for (PipeDirection wrong : new PipeDirection[] { PipeDirection.DUPLEX, PipeDirection.OUTBOUND }) {
            assertThat(fixture.connect(options(NamedPipeOption.DIRECTION, wrong), new TcpRecorder()).await().cause())
                    .isInstanceOf(ConnectException.class).hasMessageContaining("Permission denied")
                    .hasMessageContaining(fixture.pipe);
        }
    }

    @Test
    void instancesAreAsManyAsAreConnectedAndPosted() throws Exception {
        serve(options(NamedPipeOption.MAX_INSTANCES, 9, NamedPipeOption.POSTED_INSTANCES, 3));
        // Under Wine no instance keeps the name.
        int guard = WindowsTestSupport.isWine() ? 0 : 1;
        for (int connected = 1; connected <= 4; connected++) {
            NamedPipeChannel client = dial(options(), new TcpRecorder());
            assertThat(info(child()).maxInstances()).isEqualTo(9 + guard);
            int expected = connected + 3 + guard;
            WindowsTestSupport.await("the posted instances", () -> instances(client) == expected);
        }
    }

    @Test
    void noMoreInstancesArePostedThanThereMayBe() throws Exception {
        serve(options(NamedPipeOption.MAX_INSTANCES, 2, NamedPipeOption.POSTED_INSTANCES, 8));
        IocpMetrics before = fixture.group.metrics();
        // Long enough for a server that tries again and again.
        Thread.sleep(300);
        assertThat(fixture.group.metrics().minus(before).calls("NtCreateNamedPipeFile")).isZero();
    }

    // ---- clients

    @ParameterizedTest
    @EnumSource
    void aClientAsksForExactlyWhatItsDirectionNeeds(PipeDirection direction) throws Exception {
        serve(options(NamedPipeOption.DIRECTION, direction));
        NamedPipeChannel client = dial(options(NamedPipeOption.DIRECTION, direction), new TcpRecorder());
        assertThat(grantedAccess(client)).isEqualTo(WinConst.SYNCHRONIZE | WinConst.FILE_READ_ATTRIBUTES
                | (direction != PipeDirection.INBOUND ? WinConst.FILE_READ_DATA : 0)
                | (direction != PipeDirection.OUTBOUND ? WinConst.FILE_WRITE_DATA : 0));
    }

    @Test
    void aClientThatReadsMessagesAsksForTheRightToChangeItsMode() throws Exception {
        serve(options(NamedPipeOption.PIPE_TYPE, PipeType.MESSAGE));
        NamedPipeChannel client = dial(options(NamedPipeOption.READ_MODE, PipeType.MESSAGE), new TcpRecorder());
        assertThat(grantedAccess(client)).isEqualTo(WinConst.SYNCHRONIZE | WinConst.FILE_READ_ATTRIBUTES
                | WinConst.FILE_WRITE_ATTRIBUTES | WinConst.FILE_READ_DATA | WinConst.FILE_WRITE_DATA);
    }

    @Test
    void theDesiredAccessOfAClientIsTakenAsItIs() throws Exception {
        serve(options());
        int access = WinConst.SYNCHRONIZE | WinConst.FILE_READ_ATTRIBUTES | WinConst.FILE_READ_DATA
                | WinConst.FILE_WRITE_DATA | WinConst.READ_CONTROL;
        TcpRecorder received = new TcpRecorder();
        NamedPipeChannel client = dial(options(NamedPipeOption.DESIRED_ACCESS, access), received);
        assertThat(grantedAccess(client)).isEqualTo(access);
        child().writeAndFlush(Unpooled.copiedBuffer("read", CharsetUtil.US_ASCII)).sync();
        assertThat(received.awaitBytes(4)).asString().isEqualTo("read");
    }

    @Test
    void aClientThatDesiresToReadOnlyReadsAndCannotWrite() throws Exception {
        serve(options());
        TcpRecorder received = new TcpRecorder();
        NamedPipeChannel client = dial(options(NamedPipeOption.DESIRED_ACCESS,
                WinConst.SYNCHRONIZE | WinConst.FILE_READ_ATTRIBUTES | WinConst.FILE_READ_DATA), received);
        child().writeAndFlush(Unpooled.copiedBuffer("read", CharsetUtil.US_ASCII)).sync();
        assertThat(received.awaitBytes(4)).asString().isEqualTo("read");
        assertThat(client.writeAndFlush(Unpooled.copiedBuffer("x", CharsetUtil.US_ASCII)).await().cause())
                .isInstanceOf(UnsupportedOperationException.class).hasMessageContaining(fixture.pipe);
        assertThat(client.isActive()).isTrue();
    }

    @Test
    void aClientThatDesiresToWriteOnlyIsNotReadAndStaysOpen() throws Exception {
        serve(options());
        NamedPipeChannel client = dial(options(NamedPipeOption.DESIRED_ACCESS,
                WinConst.SYNCHRONIZE | WinConst.FILE_READ_ATTRIBUTES | WinConst.FILE_WRITE_DATA), new TcpRecorder());
        TcpRecorder arrived = fixture.accepted();
        for (String text : new String[] { "one", "two" }) {
            client.writeAndFlush(Unpooled.copiedBuffer(text, CharsetUtil.US_ASCII)).sync();
        }
        assertThat(arrived.awaitBytes(6)).asString().isEqualTo("onetwo");
        assertThat(client.isActive()).isTrue();
    }
}
