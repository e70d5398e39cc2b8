/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpIoHandlerConfig;
import io.github.nettyiocp.channel.IocpFileRegion;
import io.github.nettyiocp.channel.IocpSocketChannel;
import io.github.nettyiocp.channel.OverlappedFile;
import io.github.nettyiocp.testsuite.windows.TcpFixture.Mode;
import io.github.nettyiocp.testsuite.windows.TcpFixture.Pair;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelProgressiveFuture;
import io.netty.channel.ChannelProgressiveFutureListener;
import io.netty.channel.ChannelProgressivePromise;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonReadableChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;

import static io.github.nettyiocp.testsuite.windows.WindowsTestSupport.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Regions that Windows sends itself. */
@Timeout(240)
class TransmitFileOnWindowsTest {

    /** More than one call sends. */
    private static final int LARGE = 40 << 20;
    private static final Map<ChannelOption<?>, Object> SMALL_BUFFER = Map.of(ChannelOption.SO_SNDBUF, 1 << 16);

    @TempDir
    private Path directory;

    @ParameterizedTest
    @EnumSource
    void aRegionIsSentByTransmitFileBetweenBuffers(Mode mode) throws Exception {
        byte[] data = random(300_000);
        try (TcpFixture fixture = new TcpFixture(mode, 1)) {
            Pair pair = fixture.pair();
            OverlappedFile file = open(fixture, Files.write(directory.resolve("data"), data));
            Channel channel = pair.channel();
            channel.write(fixture.allocator.heapBuffer().writeBytes(data, 0, 1000));
            IocpFileRegion region = file.region(1000, 200_000);
            channel.write(region);
            ChannelFuture empty = channel.write(file.region(7, 0));
            channel.write(fixture.allocator.directBuffer().writeBytes(data, 201_000, 9000));
            ChannelFuture last = channel.writeAndFlush(file.region(210_000, 90_000));
            assertThat(pair.peer().getInputStream().readNBytes(data.length)).isEqualTo(data);
            last.sync();
            assertThat(empty.isSuccess()).isTrue();
            assertThat(region.transferred()).isEqualTo(200_000);
            assertThat(region.refCnt()).isZero();
            assertThat(transmits(fixture)).isEqualTo(2);
            file.close().sync();
        }
    }

    @Test
    void whatIsBehindFourGibibytesIsSent() throws Exception {
        long position = (4L << 30) + 12_345;
        byte[] data = random(200_000);
        Path path = directory.resolve("large");
        Files.write(path, new byte[0], StandardOpenOption.CREATE_NEW, StandardOpenOption.SPARSE,
                StandardOpenOption.WRITE);
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.seek(position);
            file.write(data);
        }
        try (TcpFixture fixture = new TcpFixture()) {
            Pair pair = fixture.pair();
            OverlappedFile file = open(fixture, path);
            ChannelFuture write = pair.channel().writeAndFlush(file.region(position + 1, data.length - 1));
            assertThat(pair.peer().getInputStream().readNBytes(data.length - 1))
                    .isEqualTo(Arrays.copyOfRange(data, 1, data.length));
            write.sync();
            assertThat(transmits(fixture)).isEqualTo(1);
            file.close().sync();
        }
    }

    @Test
    void theProgressOfALargeRegionIsToldAndThePeerHoldsItBack() throws Exception {
        byte[] data = random(LARGE);
        Path path = Files.write(directory.resolve("data"), data);
        try (TcpFixture fixture = new TcpFixture()) {
            Pair pair = fixture.pair(SMALL_BUFFER);
            OverlappedFile file = open(fixture, path);
            Queue<Long> told = new ConcurrentLinkedQueue<>();
            ChannelProgressivePromise promise = pair.channel().newProgressivePromise();
            promise.addListener(new ChannelProgressiveFutureListener() {
                @Override
                public void operationProgressed(ChannelProgressiveFuture future, long progress, long total) {
                    told.add(progress);
                }

                @Override
                public void operationComplete(ChannelProgressiveFuture future) {
                    told.add(-1L);
                }
            });
            IocpFileRegion region = file.region(0, LARGE);
            pair.channel().writeAndFlush(region, promise);
            await("it is in flight", () -> transmits(fixture) == 1);
            // What sockets buffer is far less than what one call sends: that goes on only as the peer reads.
            assertThat(pair.peer().getInputStream().readNBytes(1000)).isEqualTo(Arrays.copyOf(data, 1000));
            assertThat(promise.isDone()).isFalse();
            assertThat(region.transferred()).isZero();
            assertReceived(pair.peer().getInputStream(), data, 1000);
            promise.sync();
            assertThat(transmits(fixture)).isEqualTo(3);
            await("completion is told", () -> told.contains(-1L));
            assertThat(told).containsExactly(16L << 20, 32L << 20, (long) LARGE, -1L);
            file.close().sync();
        }
    }

    @Test
    void aThirdRegionDoesNotWaitForTwoThatNobodyReads() throws Exception {
        byte[] data = random(LARGE / 2);
        Path path = Files.write(directory.resolve("data"), data);
        try (TcpFixture fixture = new TcpFixture()) {
            OverlappedFile file = open(fixture, path);
            List<Pair> slow = List.of(fixture.pair(SMALL_BUFFER), fixture.pair(SMALL_BUFFER));
            List<ChannelFuture> writes = new ArrayList<>();
            for (Pair pair : slow) {
                writes.add(pair.channel().writeAndFlush(file.region(0, data.length)));
            }
            await("two are in flight", () -> transmits(fixture) == 2);
            Pair third = fixture.pair();
            ChannelFuture write = third.channel().writeAndFlush(file.region(5, 1_000_000));
            assertThat(third.peer().getInputStream().readNBytes(1_000_000))
                    .isEqualTo(Arrays.copyOfRange(data, 5, 1_000_005));
            write.sync();
            for (Pair pair : slow) {
                assertReceived(pair.peer().getInputStream(), data, 0);
            }
            for (ChannelFuture slowWrite : writes) {
                slowWrite.sync();
            }
            // A server edition lets the third be sent so too.
            assertThat(transmits(fixture)).isBetween(4L, 5L);
            // The slots are free again.
            long before = transmits(fixture);
            third.channel().writeAndFlush(file.region(0, 10)).sync();
            assertThat(transmits(fixture)).isEqualTo(before + 1);
            file.close().sync();
        }
    }

    @Test
    void aRegionBeyondTheEndFailsItsWriteAfterWhatThereWas() throws Exception {
        byte[] data = random(100_000);
        try (TcpFixture fixture = new TcpFixture()) {
            Pair pair = fixture.pair();
            OverlappedFile file = open(fixture, Files.write(directory.resolve("data"), data));
            IocpFileRegion region = file.region(40_000, 100_000);
            ChannelFuture write = pair.channel().writeAndFlush(region);
            assertThat(pair.peer().getInputStream().readAllBytes())
                    .isEqualTo(Arrays.copyOfRange(data, 40_000, 100_000));
            assertThat(write.await(60_000)).isTrue();
            assertThat(write.cause()).isInstanceOf(EOFException.class).hasMessageContaining("60000");
            assertThat(pair.channel().closeFuture().await(60_000)).isTrue();
            assertThat(region.refCnt()).isZero();
            file.close().sync();
        }
    }

    @Test
    void aFileThatShrankFailsTheWriteAndClosesTheChannel() throws Exception {
        Path path = Files.write(directory.resolve("data"), random(100_000));
        try (TcpFixture fixture = new TcpFixture()) {
            Pair pair = fixture.pair();
            OverlappedFile file = open(fixture, path, StandardOpenOption.READ, StandardOpenOption.WRITE);
            IocpFileRegion region = file.region(0, 100_000);
            file.truncate(30_000).sync();
            ChannelFuture write = pair.channel().writeAndFlush(region);
            assertThat(write.await(60_000)).isTrue();
            assertThat(write.cause()).isInstanceOf(EOFException.class);
            assertThat(transmits(fixture)).isPositive();
            assertThat(pair.channel().closeFuture().await(60_000)).isTrue();
            assertThat(region.refCnt()).isZero();
            file.close().sync();
        }
    }

    @Test
    void aFileThatGrewIsSentAsFarAsTheRegionSays() throws Exception {
        byte[] data = random(200_000);
        Path path = Files.write(directory.resolve("data"), Arrays.copyOf(data, 100_000));
        try (TcpFixture fixture = new TcpFixture()) {
            Pair pair = fixture.pair();
            OverlappedFile file = open(fixture, path);
            IocpFileRegion region = file.region(0, 150_000);
            Files.write(path, data);
            pair.channel().writeAndFlush(region).sync();
            pair.channel().close().sync();
            assertThat(pair.peer().getInputStream().readAllBytes()).isEqualTo(Arrays.copyOf(data, 150_000));
            file.close().sync();
        }
    }

    @Test
    void theFileStaysOpenUntilItsLastRegionIsSent() throws Exception {
        byte[] data = random(LARGE / 2);
        Path path = Files.write(directory.resolve("data"), data);
        try (TcpFixture fixture = new TcpFixture()) {
            Pair pair = fixture.pair(SMALL_BUFFER);
            OverlappedFile file = open(fixture, path);
            ChannelFuture write = pair.channel().writeAndFlush(file.region(0, data.length));
            await("it is in flight", () -> transmits(fixture) == 1);
            assertThat(file.close().isDone()).isFalse();
            assertThatThrownBy(() -> file.region(0, 1)).isInstanceOf(ClosedChannelException.class);
            assertReceived(pair.peer().getInputStream(), data, 0);
            write.sync();
            file.closeFuture().sync();
            Files.delete(path);
        }
    }

    @Test
    void aCloseEndsATransmissionThatThePeerDoesNotRead() throws Exception {
        Path path = Files.write(directory.resolve("data"), random(LARGE));
        IocpIoHandlerConfig config = new IocpIoHandlerConfig().closeTimeoutMillis(200);
        try (TcpFixture fixture = new TcpFixture(Mode.DEFAULT, 1, config)) {
            Pair pair = fixture.pair(SMALL_BUFFER);
            OverlappedFile file = open(fixture, path);
            IocpFileRegion region = file.region(0, LARGE);
            ChannelFuture write = pair.channel().writeAndFlush(region);
            await("it is in flight", () -> transmits(fixture) == 1);
            pair.channel().close().sync();
            assertThat(write.await(60_000)).isTrue();
            assertThat(write.cause()).isInstanceOf(ClosedChannelException.class);
            await("the region is released", () -> region.refCnt() == 0);
            file.close().sync();
        }
    }

    @Test
    void aForcedCloseReleasesTheRegionWhenItsPacketHasCome() throws Exception {
        Path path = Files.write(directory.resolve("data"), random(LARGE));
        try (TcpFixture fixture = new TcpFixture()) {
            Pair pair = fixture.pair(SMALL_BUFFER);
            OverlappedFile file = open(fixture, path);
            IocpFileRegion region = file.region(0, LARGE);
            pair.channel().writeAndFlush(region);
            await("it is in flight", () -> transmits(fixture) == 1);
            IocpSocketChannel channel = pair.channel();
            channel.eventLoop().submit(() -> {
                channel.unsafe().closeForcibly();
                channel.close();
            }).sync();
            await("the region is released", () -> region.refCnt() == 0);
            file.close().sync();
        }
    }

    @Test
    void aPeerThatResetsFailsTheWrite() throws Exception {
        Path path = Files.write(directory.resolve("data"), random(LARGE));
        try (TcpFixture fixture = new TcpFixture()) {
            Pair pair = fixture.pair(SMALL_BUFFER);
            OverlappedFile file = open(fixture, path);
            IocpFileRegion region = file.region(0, LARGE);
            ChannelFuture write = pair.channel().writeAndFlush(region);
            await("it is in flight", () -> transmits(fixture) == 1);
            pair.reset();
            assertThat(write.await(60_000)).isTrue();
            assertThat(write.cause()).isInstanceOf(IOException.class);
            assertThat(pair.channel().closeFuture().await(60_000)).isTrue();
            await("the region is released", () -> region.refCnt() == 0);
            file.close().sync();
        }
    }

    @Test
    void aRegionCanBeWrittenToAnyChannel() throws Exception {
        byte[] data = random(300_000);
        Path path = Files.write(directory.resolve("data"), data);
        Path copy = directory.resolve("copy");
        try (TcpFixture fixture = new TcpFixture()) {
            OverlappedFile file = open(fixture, path);
            IocpFileRegion region = file.region(100, data.length - 100);
            try (RandomAccessFile target = new RandomAccessFile(copy.toFile(), "rw")) {
                while (region.transferred() < region.count()) {
                    assertThat(region.transferTo(target.getChannel(), region.transferred())).isPositive();
                }
                assertThat(region.transferTo(target.getChannel(), region.count())).isZero();
            }
            region.release();
            assertThat(Files.readAllBytes(copy)).isEqualTo(Arrays.copyOfRange(data, 100, data.length));
            file.close().sync();
        }
    }

    @Test
    void badRegionsAreRefused() throws Exception {
        Path path = Files.write(directory.resolve("data"), new byte[10]);
        try (TcpFixture fixture = new TcpFixture()) {
            OverlappedFile file = open(fixture, path);
            assertThatThrownBy(() -> file.region(-1, 1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> file.region(0, -1)).isInstanceOf(IllegalArgumentException.class);
            OverlappedFile output = open(fixture, path, StandardOpenOption.WRITE);
            assertThatThrownBy(() -> output.region(0, 1)).isInstanceOf(NonReadableChannelException.class);
            output.close().sync();
            file.close().sync();
        }
    }

    private static OverlappedFile open(TcpFixture fixture, Path path, StandardOpenOption... options) throws Exception {
        return OverlappedFile.open(fixture.group.next(), path, options).sync().getNow();
    }

    private static long transmits(TcpFixture fixture) {
        return fixture.group.metrics().calls("TransmitFile");
    }

    private static void assertReceived(InputStream in, byte[] data, int from) throws IOException {
        for (int i = from; i < data.length; i += 1 << 20) {
            int length = Math.min(1 << 20, data.length - i);
            assertThat(Arrays.equals(in.readNBytes(length), 0, length, data, i, i + length)).as("at " + i).isTrue();
        }
    }

    private static byte[] random(int length) {
        byte[] data = new byte[length];
        new Random(length).nextBytes(data);
        return data;
    }
}
