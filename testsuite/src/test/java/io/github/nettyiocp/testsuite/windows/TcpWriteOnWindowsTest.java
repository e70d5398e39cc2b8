/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.testsuite.windows.TcpFixture.Mode;
import io.github.nettyiocp.testsuite.windows.TcpFixture.Pair;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.WriteBufferWaterMark;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

import static io.github.nettyiocp.testsuite.windows.WindowsTestSupport.await;
import static org.assertj.core.api.Assertions.assertThat;

@Timeout(240)
class TcpWriteOnWindowsTest {

    private static final int LARGE = 4 << 20;

    @ParameterizedTest
    @EnumSource
    void buffersOfAllKindsAreSent(Mode mode) throws Exception {
        try (TcpFixture fixture = new TcpFixture(mode, 1)) {
            Pair pair = fixture.pair();
            ByteBufAllocator alloc = fixture.allocator;
            byte next = 0;
            List<ByteBuf> buffers = new ArrayList<>();
            buffers.add(alloc.directBuffer().writeByte(next++));
            buffers.add(alloc.heapBuffer().writeByte(next++));
            buffers.add(Unpooled.EMPTY_BUFFER);
            buffers.add(alloc.directBuffer());
            buffers.add(alloc.compositeBuffer());
            buffers.add(alloc.compositeDirectBuffer()
                    .addComponents(true, alloc.directBuffer().writeByte(next++), alloc.directBuffer(),
                            alloc.directBuffer().writeByte(next++)));
            buffers.add(alloc.compositeBuffer().addComponents(true, alloc.heapBuffer().writeByte(next++),
                    alloc.directBuffer().writeByte(next++)));
            var many = alloc.compositeBuffer(200);
            for (int i = 0; i < 100; i++) {
                many.addComponent(true, alloc.directBuffer(1).writeByte(next++));
            }
            buffers.add(many);
            buffers.add(alloc.directBuffer().writeByte(next++).asReadOnly());
            buffers.add(Unpooled.wrappedBuffer(ByteBuffer.wrap(new byte[] { next++ }).asReadOnlyBuffer()));
            buffers.add(Unpooled.wrappedBuffer(ByteBuffer.allocateDirect(3).put(1, next++).position(1).limit(2)
                    .asReadOnlyBuffer()));
            buffers.add(Unpooled.wrappedBuffer(ByteBuffer.allocateDirect(3).put(2, next++).position(2)));
            ByteBuf parent = alloc.directBuffer().writeZero(5).writeByte(next++);
            buffers.add(parent.slice(5, 1));
            buffers.add(alloc.directBuffer().writeZero(5).skipBytes(5).writeByte(next++));
            List<ChannelFuture> writes = new ArrayList<>();
            for (ByteBuf buffer : buffers) {
                writes.add(pair.channel().write(buffer));
            }
            pair.channel().flush();
            byte[] received = pair.peer().getInputStream().readNBytes(next);
            for (int i = 0; i < next; i++) {
                assertThat(received[i]).as("byte " + i).isEqualTo((byte) i);
            }
            for (ChannelFuture write : writes) {
                write.sync();
            }
            await("all were released", () -> buffers.stream()
                    .allMatch(buffer -> buffer == Unpooled.EMPTY_BUFFER || buffer.refCnt() == 0));
        }
    }

    @ParameterizedTest
    @EnumSource
    void moreBuffersThanOneCallTakesAreSentInOrder(Mode mode) throws Exception {
        try (TcpFixture fixture = new TcpFixture(mode, 1)) {
            Pair pair = fixture.pair();
            int count = 5_000;
            ChannelFuture[] last = new ChannelFuture[1];
            pair.channel().eventLoop().submit(() -> {
                for (int i = 0; i < count; i++) {
                    last[0] = pair.channel().write(fixture.allocator.directBuffer(4).writeInt(i));
                }
                pair.channel().flush();
            }).sync();
            ByteBuffer received = ByteBuffer.wrap(pair.peer().getInputStream().readNBytes(4 * count));
            for (int i = 0; i < count; i++) {
                assertThat(received.getInt()).isEqualTo(i);
            }
            last[0].sync();
        }
    }

    @ParameterizedTest
    @EnumSource
    void manySmallBuffersGoInFewCalls(Mode mode) throws Exception {
        try (TcpFixture fixture = new TcpFixture(mode, 1)) {
            Pair pair = fixture.pair();
            long before = fixture.group.metrics().calls("WSASend");
            pair.channel().eventLoop().submit(() -> {
                for (int i = 0; i < 1000; i++) {
                    pair.channel().write(fixture.allocator.directBuffer(4).writeInt(i));
                }
                pair.channel().flush();
            }).sync();
            pair.peer().getInputStream().readNBytes(4000);
            assertThat(fixture.group.metrics().calls("WSASend") - before).isLessThanOrEqualTo(2);
        }
    }

    @ParameterizedTest
    @EnumSource
    void writesThatAreLargerThanTheSocketsBuffersArriveWholeAtASlowReader(Mode mode) throws Exception {
        try (TcpFixture fixture = new TcpFixture(mode, 1)) {
            List<String> writability = new CopyOnWriteArrayList<>();
            Pair pair = fixture.pair(Map.of(ChannelOption.SO_SNDBUF, 16384, ChannelOption.WRITE_BUFFER_WATER_MARK,
                    new WriteBufferWaterMark(64 << 10, 256 << 10)), new ChannelInboundHandlerAdapter() {
                        @Override
                        public void channelWritabilityChanged(ChannelHandlerContext context) {
                            writability.add(context.channel().isWritable() ? "on" : "off");
                        }
                    });
            byte[] data = new byte[LARGE];
            new Random(1).nextBytes(data);
            List<Integer> completed = new CopyOnWriteArrayList<>();
            List<ChannelFuture> writes = new ArrayList<>();
            int part = LARGE / 16;
            // On the loop: writes from elsewhere are counted as pending twice over, which makes it change more often.
            pair.channel().eventLoop().submit(() -> {
                for (int i = 0; i < 16; i++) {
                    int number = i;
                    ChannelFuture write = pair.channel().write(fixture.allocator.directBuffer(part)
                            .writeBytes(data, i * part, part));
                    write.addListener(done -> completed.add(number));
                    writes.add(write);
                }
                pair.channel().flush();
            }).sync();
            await("the water mark was passed", () -> !pair.channel().isWritable());
            assertThat(writes.get(15).isDone()).isFalse();
            Thread.sleep(100);
            byte[] received = new byte[LARGE];
            for (int count = 0; count < LARGE;) {
                count += pair.peer().getInputStream().read(received, count, Math.min(50_000, LARGE - count));
            }
            assertThat(received).isEqualTo(data);
            for (ChannelFuture write : writes) {
                assertThat(write.await(60, TimeUnit.SECONDS)).isTrue();
                assertThat(write.isSuccess()).isTrue();
            }
            await("listeners ran", () -> completed.size() == 16);
            assertThat(completed).isSorted().doesNotHaveDuplicates();
            await("writable again", () -> pair.channel().isWritable());
            assertThat(writability).containsExactly("off", "on");
        }
    }

    @Test
    void aWriteThatThePeerDoesNotReadDoesNotKeepOthersOfTheLoopWaiting() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            Pair blocked = fixture.pair();
            Pair other = fixture.pair();
            ChannelFuture write = blocked.channel().writeAndFlush(fixture.allocator.directBuffer().writeZero(16 << 20));
            for (int i = 0; i < 20; i++) {
                other.channel().writeAndFlush(fixture.allocator.directBuffer().writeByte(i)).sync();
                assertThat(other.peer().getInputStream().read()).isEqualTo(i);
            }
            assertThat(write.isDone()).isFalse();
            blocked.reset();
            assertThat(write.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(write.cause()).isInstanceOf(IOException.class);
        }
    }

    @ParameterizedTest
    @EnumSource
    void anEndOfOutputWaitsForTheWriteInFlight(Mode mode) throws Exception {
        try (TcpFixture fixture = new TcpFixture(mode, 1)) {
            Pair pair = fixture.pair(Map.of(ChannelOption.SO_SNDBUF, 16384, ChannelOption.ALLOW_HALF_CLOSURE, true));
            byte[] data = new byte[LARGE];
            new Random(2).nextBytes(data);
            ChannelFuture write = pair.channel().writeAndFlush(fixture.allocator.directBuffer().writeBytes(data));
            ChannelFuture end = pair.channel().shutdownOutput();
            ChannelFuture again = pair.channel().shutdownOutput();
            CompletableFuture<byte[]> received = read(pair);
            assertThat(end.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(end.isSuccess()).isTrue();
            assertThat(again.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(write.await(60, TimeUnit.SECONDS)).isTrue();
            byte[] all = received.get(60, TimeUnit.SECONDS);
            // What the kernel had is not lost; the rest fails.
            assertThat(all.length).isPositive();
            assertThat(Arrays.mismatch(all, 0, all.length, data, 0, Math.min(all.length, LARGE)))
                    .as("the first byte that differs").isEqualTo(-1);
            assertThat(write.isSuccess()).isEqualTo(all.length == LARGE);
            pair.send((byte) 3);
            assertThat(pair.recorder().awaitBytes(1)).containsExactly(3);
        }
    }

    @Test
    void aWriteAfterTheEndOfOutputFails() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            Pair pair = fixture.pair(Map.of(ChannelOption.ALLOW_HALF_CLOSURE, true));
            pair.channel().shutdownOutput().sync();
            ByteBuf buffer = fixture.allocator.directBuffer().writeByte(1);
            ChannelFuture write = pair.channel().writeAndFlush(buffer).await();
            assertThat(write.cause()).isInstanceOf(IOException.class);
            assertThat(buffer.refCnt()).isZero();
            assertThat(pair.channel().isActive()).isTrue();
        }
    }

    @Test
    void aWriteToAConnectionThatThePeerResetFailsAndClosesTheChannel() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            Pair pair = fixture.pair();
            pair.reset();
            pair.recorder().awaitInactive();
            ChannelFuture write = pair.channel().writeAndFlush(fixture.allocator.directBuffer().writeByte(1)).await();
            assertThat(write.cause()).isInstanceOf(IOException.class);
        }
    }

    @Test
    void anObjectThatIsNoBufferIsRefusedAndReleased() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            Pair pair = fixture.pair();
            assertThat(pair.channel().writeAndFlush("text").await().cause())
                    .isInstanceOf(UnsupportedOperationException.class).hasMessageContaining("String");
            pair.channel().writeAndFlush(fixture.allocator.directBuffer().writeByte(9)).sync();
            assertThat(pair.peer().getInputStream().read()).isEqualTo(9);
        }
    }

    @Test
    void aWriteInsideTheListenerOfAWriteDoesNotRecurseForEver() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            Pair pair = fixture.pair();
            int times = 20_000;
            writeAgain(fixture, pair, times);
            assertThat(pair.peer().getInputStream().readNBytes(times)).hasSize(times);
            assertThat(pair.recorder().exceptions).isEmpty();
        }
    }

    private static void writeAgain(TcpFixture fixture, Pair pair, int left) {
        pair.channel().writeAndFlush(fixture.allocator.directBuffer(1).writeByte(left)).addListener(done -> {
            if (done.isSuccess() && left > 1) {
                writeAgain(fixture, pair, left - 1);
            }
        });
    }

    @Test
    void aBusyWriterLetsTheOthersOfItsLoopHaveTheirTurn() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            Pair writer = fixture.pair(Map.of(ChannelOption.WRITE_SPIN_COUNT, 2));
            CompletableFuture<byte[]> received = read(writer);
            int[] tasks = new int[1];
            writer.channel().eventLoop().submit(() -> {
                for (int i = 0; i < 64; i++) {
                    writer.channel().write(fixture.allocator.directBuffer(1 << 19).writeZero(1 << 19));
                }
                writer.channel().flush();
                // Inline successes would else send it all here.
                tasks[0] = (int) (writer.channel().unsafe().outboundBuffer().totalPendingWriteBytes() >> 19);
            }).sync();
            assertThat(tasks[0]).isGreaterThan(32);
            writer.channel().writeAndFlush(Unpooled.EMPTY_BUFFER).sync();
            writer.channel().close().sync();
            assertThat(received.get(60, TimeUnit.SECONDS)).hasSize(64 << 19);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aRegionOfAFileIsSent(Mode mode, @TempDir Path directory) throws Exception {
        byte[] data = new byte[300_000];
        new Random(3).nextBytes(data);
        Path path = Files.write(directory.resolve("data"), data);
        try (TcpFixture fixture = new TcpFixture(mode, 1)) {
            Pair pair = fixture.pair();
            ChannelFuture before = pair.channel().write(fixture.allocator.directBuffer().writeByte(1));
            DefaultFileRegion region = new DefaultFileRegion(path.toFile(), 1000, 250_000);
            ChannelFuture write = pair.channel().write(region);
            ChannelFuture empty = pair.channel().write(new DefaultFileRegion(path.toFile(), 0, 0));
            ChannelFuture after = pair.channel().writeAndFlush(fixture.allocator.directBuffer().writeByte(2));
            byte[] received = pair.peer().getInputStream().readNBytes(250_002);
            assertThat(received[0]).isEqualTo((byte) 1);
            assertThat(received[250_001]).isEqualTo((byte) 2);
            assertThat(java.util.Arrays.copyOfRange(received, 1, 250_001))
                    .isEqualTo(java.util.Arrays.copyOfRange(data, 1000, 251_000));
            before.sync();
            write.sync();
            empty.sync();
            after.sync();
            assertThat(region.refCnt()).isZero();
        }
    }

    @Test
    void aRegionThatIsLongerThanItsFileFails(@TempDir Path directory) throws Exception {
        Path path = Files.write(directory.resolve("data"), new byte[100]);
        try (TcpFixture fixture = new TcpFixture()) {
            Pair pair = fixture.pair();
            DefaultFileRegion region = new DefaultFileRegion(path.toFile(), 0, 200);
            ChannelFuture write = pair.channel().writeAndFlush(region);
            assertThat(write.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(write.cause()).isInstanceOf(IOException.class);
            assertThat(region.refCnt()).isZero();
        }
    }

    private static CompletableFuture<byte[]> read(Pair pair) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return pair.peer().getInputStream().readAllBytes();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
    }
}
