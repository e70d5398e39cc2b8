/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.testsuite.windows.TcpFixture.Mode;
import io.github.nettyiocp.testsuite.windows.TcpFixture.Pair;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import static io.github.nettyiocp.testsuite.windows.WindowsTestSupport.await;
import static org.assertj.core.api.Assertions.assertThat;

@Timeout(240)
class TcpReadOnWindowsTest {

    private static final Map<ChannelOption<?>, Object> NO_AUTO_READ = Map.of(ChannelOption.AUTO_READ, false);
    private static final Map<ChannelOption<?>, Object> HALF_CLOSURE = Map.of(ChannelOption.ALLOW_HALF_CLOSURE, true);

    @ParameterizedTest
    @EnumSource
    void theEndIsNoticedAtOnceWithAutoReadOffWhenNothingIsUnread(Mode mode) throws Exception {
        try (TcpFixture fixture = new TcpFixture(mode, 1)) {
            Pair pair = fixture.pair(NO_AUTO_READ);
            pair.peer().close();
            pair.recorder().awaitInactive();
            assertThat(pair.channel().closeFuture().await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(pair.recorder().exceptions).isEmpty();
            assertThat(pair.recorder().log).doesNotContain("read");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aResetIsNoticedAtOnceWithAutoReadOffWhenNothingIsUnread(Mode mode) throws Exception {
        try (TcpFixture fixture = new TcpFixture(mode, 1)) {
            Pair pair = fixture.pair(NO_AUTO_READ);
            pair.reset();
            pair.recorder().awaitInactive();
            assertThat(pair.recorder().exceptions).singleElement().isInstanceOf(IOException.class);
            assertThat(pair.recorder().exceptions.get(0)).hasMessageContaining("reset");
        }
    }

    @ParameterizedTest
    @EnumSource
    void unreadDataBeforeTheEndIsDeliveredOnlyByRead(Mode mode) throws Exception {
        try (TcpFixture fixture = new TcpFixture(mode, 1)) {
            Pair pair = fixture.pair(NO_AUTO_READ);
            pair.send((byte) 1, (byte) 2, (byte) 3);
            pair.peer().close();
            Thread.sleep(100);
            assertThat(pair.recorder().log).containsExactly("active");
            assertThat(pair.channel().isActive()).isTrue();
            pair.channel().read();
            assertThat(pair.recorder().awaitBytes(3)).containsExactly(1, 2, 3);
            pair.recorder().awaitInactive();
            assertThat(pair.recorder().log).startsWith("active", "read", "readComplete").endsWith("inactive");
            assertThat(pair.recorder().exceptions).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void oneReadDeliversOneLoopAndNoMore(Mode mode) throws Exception {
        try (TcpFixture fixture = new TcpFixture(mode, 1)) {
            Pair pair = fixture.pair(Map.of(ChannelOption.AUTO_READ, false, ChannelOption.RECVBUF_ALLOCATOR,
                    new FixedRecvByteBufAllocator(1).maxMessagesPerRead(1)));
            pair.send((byte) 1, (byte) 2, (byte) 3, (byte) 4);
            Thread.sleep(50);
            for (int i = 1; i <= 4; i++) {
                assertThat(pair.recorder().received()).hasSize(i - 1);
                pair.channel().read();
                pair.recorder().awaitBytes(i);
                Thread.sleep(20);
            }
            assertThat(pair.recorder().received()).containsExactly(1, 2, 3, 4);
            assertThat(Collections.frequency(pair.recorder().log, "readComplete")).isEqualTo(4);
        }
    }

    @ParameterizedTest
    @EnumSource
    void noReadComesInsideTheCallOfRead(Mode mode) throws Exception {
        try (TcpFixture fixture = new TcpFixture(mode, 1)) {
            Pair pair = fixture.pair(NO_AUTO_READ);
            pair.send((byte) 1);
            Thread.sleep(50);
            int inside = pair.channel().eventLoop().submit(() -> {
                pair.channel().read();
                return pair.recorder().received().length;
            }).sync().getNow();
            assertThat(inside).isZero();
            pair.recorder().awaitBytes(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void readsThatAreAskedForInReadCompleteGoOnWithoutRecursion(Mode mode) throws Exception {
        AtomicInteger depth = new AtomicInteger();
        AtomicInteger deepest = new AtomicInteger();
        try (TcpFixture fixture = new TcpFixture(mode, 1)) {
            Pair pair = fixture.pair(Map.of(ChannelOption.AUTO_READ, false, ChannelOption.RECVBUF_ALLOCATOR,
                    new FixedRecvByteBufAllocator(16)), new ChannelInboundHandlerAdapter() {
                        @Override
                        public void channelRead(ChannelHandlerContext context, Object message) {
                            deepest.accumulateAndGet(depth.incrementAndGet(), Math::max);
                            context.fireChannelRead(message);
                            depth.decrementAndGet();
                        }

                        @Override
                        public void channelReadComplete(ChannelHandlerContext context) {
                            deepest.accumulateAndGet(depth.incrementAndGet(), Math::max);
                            context.fireChannelReadComplete();
                            context.read();
                            depth.decrementAndGet();
                        }
                    });
            pair.send(new byte[20_000]);
            pair.channel().read();
            pair.recorder().awaitBytes(20_000);
            assertThat(deepest.get()).isLessThanOrEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theEndIsTwoEventsWithHalfClosureAndTheChannelGoesOnWriting(Mode mode) throws Exception {
        try (TcpFixture fixture = new TcpFixture(mode, 1)) {
            Pair pair = fixture.pair(HALF_CLOSURE);
            pair.send((byte) 1);
            pair.peer().shutdownOutput();
            assertThat(pair.recorder().awaitEvent()).isSameAs(ChannelInputShutdownEvent.INSTANCE);
            assertThat(pair.recorder().awaitEvent()).isSameAs(ChannelInputShutdownReadComplete.INSTANCE);
            assertThat(pair.recorder().received()).containsExactly(1);
            assertThat(pair.channel().isInputShutdown()).isTrue();
            assertThat(pair.channel().isActive()).isTrue();
            pair.channel().writeAndFlush(pair.channel().alloc().buffer().writeByte(7)).sync();
            assertThat(pair.peer().getInputStream().read()).isEqualTo(7);
            Thread.sleep(30);
            assertThat(pair.recorder().events).isEmpty();
            pair.channel().shutdownOutput().sync();
            assertThat(pair.channel().isOutputShutdown()).isTrue();
            assertThat(pair.peer().getInputStream().read()).isEqualTo(-1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theEndIsToldAtOnceWithHalfClosureAndAutoReadOff(Mode mode) throws Exception {
        try (TcpFixture fixture = new TcpFixture(mode, 1)) {
            Pair pair = fixture.pair(Map.of(ChannelOption.ALLOW_HALF_CLOSURE, true, ChannelOption.AUTO_READ, false));
            pair.peer().shutdownOutput();
            assertThat(pair.recorder().awaitEvent()).isSameAs(ChannelInputShutdownEvent.INSTANCE);
            assertThat(pair.recorder().awaitEvent()).isSameAs(ChannelInputShutdownReadComplete.INSTANCE);
        }
    }

    @ParameterizedTest
    @EnumSource
    void afterItsOwnEndOfOutputAChannelGoesOnReading(Mode mode) throws Exception {
        try (TcpFixture fixture = new TcpFixture(mode, 1)) {
            Pair pair = fixture.pair(HALF_CLOSURE);
            pair.channel().writeAndFlush(pair.channel().alloc().buffer().writeByte(7));
            pair.channel().shutdownOutput().sync();
            assertThat(pair.peer().getInputStream().read()).isEqualTo(7);
            assertThat(pair.peer().getInputStream().read()).isEqualTo(-1);
            pair.send((byte) 5, (byte) 6);
            assertThat(pair.recorder().awaitBytes(2)).containsExactly(5, 6);
            assertThat(pair.channel().isInputShutdown()).isFalse();
            assertThat(pair.channel().writeAndFlush(pair.channel().alloc().buffer().writeByte(1)).await().isSuccess())
                    .isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aShutDownInputDeliversNothingMore(Mode mode) throws Exception {
        try (TcpFixture fixture = new TcpFixture(mode, 1)) {
            Pair pair = fixture.pair(HALF_CLOSURE);
            pair.channel().shutdownInput().sync();
            assertThat(pair.channel().isInputShutdown()).isTrue();
            assertThat(pair.channel().isActive()).isTrue();
            assertThat(pair.channel().shutdownInput().await().isSuccess()).isTrue();
            pair.channel().writeAndFlush(pair.channel().alloc().buffer().writeByte(7)).sync();
            assertThat(pair.peer().getInputStream().read()).isEqualTo(7);
            Thread.sleep(30);
            assertThat(pair.recorder().log).doesNotContain("read");
        }
    }

    @ParameterizedTest
    @EnumSource
    void unreadDataThatIsKeptIsReleasedByClose(Mode mode) throws Exception {
        try (TcpFixture fixture = new TcpFixture(mode, 1)) {
            for (int i = 0; i < 20; i++) {
                Pair pair = fixture.pair(NO_AUTO_READ);
                pair.send(new byte[100]);
                Thread.sleep(5);
                switch (i % 3) {
                    case 0 -> pair.channel().close().sync();
                    case 1 -> pair.channel().eventLoop().submit(() -> pair.channel().unsafe().closeForcibly()).sync();
                    default -> pair.channel().deregister().sync();
                }
            }
            fixture.group.submit(() -> { }).sync();
        }
        // The fixture counts what is not released.
    }

    @Test
    void autoReadCanBeSwitchedOffInsideARead() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            Pair pair = fixture.pair(Map.of(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(4)),
                    new ChannelInboundHandlerAdapter() {
                        @Override
                        public void channelRead(ChannelHandlerContext context, Object message) {
                            context.channel().config().setAutoRead(false);
                            context.fireChannelRead(message);
                        }
                    });
            pair.send(new byte[400]);
            pair.recorder().awaitBytes(4);
            Thread.sleep(50);
            int stopped = pair.recorder().received().length;
            assertThat(stopped).isLessThanOrEqualTo(64);
            for (int i = 0; pair.recorder().received().length < 400; i++) {
                assertThat(i).isLessThan(200);
                pair.channel().config().setAutoRead(true);
                Thread.sleep(2);
            }
        }
    }

    @Test
    void aMessageOfOneReadLoopIsAtMostWhatTheAllocatorAllows() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            Pair pair = fixture.pair(Map.of(ChannelOption.RECVBUF_ALLOCATOR,
                    new FixedRecvByteBufAllocator(10).maxMessagesPerRead(3), ChannelOption.AUTO_READ, false));
            pair.send(new byte[100]);
            Thread.sleep(50);
            pair.channel().read();
            await("a read loop ended", () -> pair.recorder().log.contains("readComplete"));
            assertThat(pair.recorder().received().length).isLessThanOrEqualTo(30);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aBufferWithoutRoomIsReplaced(Mode mode) throws Exception {
        try (TcpFixture fixture = new TcpFixture(mode, 1)) {
            Pair pair = fixture.pair(Map.of(ChannelOption.ALLOCATOR,
                    new io.netty.buffer.UnpooledByteBufAllocator(false), ChannelOption.RECVBUF_ALLOCATOR,
                    new AdaptiveRecvByteBufAllocator(64, 64, 65536)));
            byte[] data = new byte[200_000];
            for (int i = 0; i < data.length; i++) {
                data[i] = (byte) i;
            }
            pair.send(data);
            assertThat(pair.recorder().awaitBytes(data.length)).isEqualTo(data);
        }
    }
}
