/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpIoHandlerConfig;
import io.github.nettyiocp.testsuite.windows.TcpFixture.Mode;
import io.github.nettyiocp.testsuite.windows.TcpFixture.Pair;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FileRegion;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import static io.github.nettyiocp.testsuite.windows.WindowsTestSupport.await;
import static org.assertj.core.api.Assertions.assertThat;

/** File regions that take their time, change, fail, or are given up in the middle. */
@Timeout(240)
class FileRegionOnWindowsTest {

    @TempDir
    private Path directory;

    @Test
    void aRegionThatKeepsItsReaderWaitingKeepsNobodyElseWaiting() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            Pair slow = fixture.pair();
            Pair other = fixture.pair();
            TestRegion region = new TestRegion(100_000, true);
            ChannelFuture write = slow.channel().writeAndFlush(region);
            assertThat(region.started.await(60, TimeUnit.SECONDS)).isTrue();
            // Both are of the same loop.
            other.channel().writeAndFlush(fixture.allocator.directBuffer().writeByte(7)).sync();
            assertThat(other.peer().getInputStream().read()).isEqualTo(7);
            assertThat(write.isDone()).isFalse();
            region.mayGoOn.countDown();
            assertThat(slow.peer().getInputStream().readNBytes(100_000)).isEqualTo(region.bytes());
            write.sync();
            assertThat(region.thread.getName()).startsWith("iocp-blocking");
            await("the region is released", () -> region.refCnt() == 0);
        }
    }

    @Test
    void aRegionIsNotReleasedWhileItIsReadAlthoughItsChannelIsClosed() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            Pair pair = fixture.pair();
            TestRegion region = new TestRegion(1000, true);
            ChannelFuture write = pair.channel().writeAndFlush(region);
            assertThat(region.started.await(60, TimeUnit.SECONDS)).isTrue();
            // Nobody waits for the file.
            pair.channel().close().sync();
            assertThat(write.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(write.cause()).isInstanceOf(ClosedChannelException.class);
            assertThat(region.refCnt()).isEqualTo(1);
            region.mayGoOn.countDown();
            await("the region is released", () -> region.refCnt() == 0);
            await("the buffer is released", () -> fixture.allocator.metric().usedDirectMemory() == 0);
        }
    }

    @Test
    void anEndOfOutputGivesTheRegionUpThatIsBeingRead() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            Pair pair = fixture.pair();
            // The connect is reported before the receive is posted and the connect's own buffer released.
            long posted = pair.channel().eventLoop().submit(fixture.allocator.metric()::usedDirectMemory).get();
            assertThat(posted).isPositive();
            TestRegion region = new TestRegion(1000, true);
            ChannelFuture write = pair.channel().writeAndFlush(region);
            assertThat(region.started.await(60, TimeUnit.SECONDS)).isTrue();
            pair.channel().shutdownOutput().sync();
            assertThat(write.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(write.cause()).isInstanceOf(IOException.class);
            assertThat(pair.peer().getInputStream().read()).isEqualTo(-1);
            region.mayGoOn.countDown();
            await("the region is released", () -> region.refCnt() == 0);
            await("the buffer is released", () -> fixture.allocator.metric().usedDirectMemory() == posted);
        }
    }

    @Test
    void aLoopEndsWhileARegionOfItIsRead() throws Exception {
        TestRegion region = new TestRegion(1000, true);
        TcpFixture fixture = new TcpFixture();
        try (fixture) {
            Pair pair = fixture.pair();
            pair.channel().writeAndFlush(region);
            assertThat(region.started.await(60, TimeUnit.SECONDS)).isTrue();
            fixture.group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
            assertThat(region.refCnt()).isEqualTo(1);
            region.mayGoOn.countDown();
            await("the region is released", () -> region.refCnt() == 0);
            await("the buffer is released", () -> fixture.allocator.metric().usedDirectMemory() == 0);
        }
    }

    @Test
    void aPeerThatDoesNotReadStopsTheReadingOfTheFile() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            Pair pair = fixture.pair(Map.of(ChannelOption.SO_SNDBUF, 1 << 16));
            TestRegion region = new TestRegion(64 << 20, false);
            ChannelFuture write = pair.channel().writeAndFlush(region);
            long read = -1;
            while (region.transferred() == 0 || region.transferred() != read) {
                read = region.transferred();
                Thread.sleep(500);
            }
            assertThat(region.transferred()).isLessThan(32 << 20);
            assertThat(write.isDone()).isFalse();
            for (int i = 0; i < 64; i++) {
                byte[] received = pair.peer().getInputStream().readNBytes(1 << 20);
                assertThat(received).isEqualTo(TestRegion.bytes((long) i << 20, 1 << 20));
            }
            write.sync();
        }
    }

    @Test
    void whatIsBehindFourGibibytesIsSent() throws Exception {
        long position = (4L << 30) + 12_345;
        byte[] data = random(200_000);
        Path path = directory.resolve("large");
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.seek(position);
            file.write(data);
        }
        try (TcpFixture fixture = new TcpFixture()) {
            Pair pair = fixture.pair();
            ChannelFuture write = pair.channel().writeAndFlush(
                    new DefaultFileRegion(path.toFile(), position, data.length));
            assertThat(pair.peer().getInputStream().readNBytes(data.length)).isEqualTo(data);
            write.sync();
        }
    }

    @Test
    void aFileThatGrewIsSentAsFarAsTheRegionSays() throws Exception {
        byte[] data = random(200_000);
        Path path = Files.write(directory.resolve("growing"), Arrays.copyOf(data, 100_000));
        try (TcpFixture fixture = new TcpFixture()) {
            Pair pair = fixture.pair();
            DefaultFileRegion region = new DefaultFileRegion(path.toFile(), 0, 150_000);
            Files.write(path, data);
            pair.channel().writeAndFlush(region).sync();
            pair.channel().close().sync();
            assertThat(pair.peer().getInputStream().readAllBytes()).isEqualTo(Arrays.copyOf(data, 150_000));
        }
    }

    @Test
    void aFileThatShrankFailsTheWriteAsItDoesWithNio() throws Exception {
        Path path = Files.write(directory.resolve("shrunk"), random(1000));
        assertThat(shrunk(path, true)).isExactlyInstanceOf(IOException.class)
                .hasMessage(shrunk(path, false).getMessage());
    }

    /** What a write of 2,000 bytes from 500 on fails by, of a file that has 1,000; those that are there are sent. */
    private static Throwable shrunk(Path path, boolean iocp) throws Exception {
        DefaultFileRegion region = new DefaultFileRegion(path.toFile(), 500, 2000);
        if (iocp) {
            try (TcpFixture fixture = new TcpFixture()) {
                Pair pair = fixture.pair();
                Throwable cause = failure(pair.channel(), region);
                assertThat(pair.peer().getInputStream().readAllBytes()).hasSize(500);
                return cause;
            }
        }
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try (ServerSocket listener = new ServerSocket(0, 1, TcpFixture.LOOPBACK)) {
            Channel channel = new Bootstrap().group(group).channel(NioSocketChannel.class)
                    .handler(new ChannelInboundHandlerAdapter())
                    .connect(TcpFixture.LOOPBACK, listener.getLocalPort()).sync().channel();
            try (Socket peer = listener.accept()) {
                Throwable cause = failure(channel, region);
                assertThat(peer.getInputStream().readAllBytes()).hasSize(500);
                return cause;
            }
        } finally {
            group.shutdownGracefully(0, 15, TimeUnit.SECONDS).sync();
        }
    }

    private static Throwable failure(Channel channel, FileRegion region) throws InterruptedException {
        ChannelFuture write = channel.writeAndFlush(region);
        assertThat(write.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(region.refCnt()).isZero();
        assertThat(channel.closeFuture().await(60, TimeUnit.SECONDS)).isTrue();
        return write.cause();
    }

    @Test
    void aRegionOfAFileThatIsNotThereFailsTheWrite() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            DefaultFileRegion region = new DefaultFileRegion(directory.resolve("missing").toFile(), 0, 10);
            assertThat(failure(fixture.pair().channel(), region)).isInstanceOf(java.io.FileNotFoundException.class);
        }
    }

    @Test
    void aRegionThatWasCancelledIsNotSent() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            Pair pair = fixture.pair();
            TestRegion region = new TestRegion(1000, false);
            ChannelFuture cancelled = pair.channel().write(region);
            pair.channel().eventLoop().submit(() -> cancelled.cancel(false)).sync();
            assertThat(cancelled.cause()).isInstanceOf(CancellationException.class);
            pair.channel().writeAndFlush(fixture.allocator.directBuffer().writeByte(3)).sync();
            pair.channel().close().sync();
            assertThat(pair.peer().getInputStream().readAllBytes()).containsExactly(3);
            assertThat(region.refCnt()).isZero();
            assertThat(region.transferred()).isZero();
        }
    }

    @Test
    void aRegionThatIsBeingReadCannotBeCancelled() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            Pair pair = fixture.pair();
            TestRegion region = new TestRegion(1000, true);
            ChannelFuture write = pair.channel().writeAndFlush(region);
            assertThat(region.started.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(write.cancel(true)).isFalse();
            region.mayGoOn.countDown();
            write.sync();
            assertThat(pair.peer().getInputStream().readNBytes(1000)).isEqualTo(region.bytes());
        }
    }

    @Test
    void anExecutorThatRefusesLeavesTheReadingToTheLoop() throws Exception {
        IocpIoHandlerConfig config = new IocpIoHandlerConfig().blockingExecutor(task -> {
            throw new RejectedExecutionException("full");
        });
        byte[] data = random(500_000);
        Path path = Files.write(directory.resolve("data"), data);
        try (TcpFixture fixture = new TcpFixture(Mode.DEFAULT, 1, config)) {
            Pair pair = fixture.pair();
            ChannelFuture write = pair.channel().writeAndFlush(new DefaultFileRegion(path.toFile(), 0, data.length));
            assertThat(pair.peer().getInputStream().readNBytes(data.length)).isEqualTo(data);
            write.sync();
        }
    }

    @Test
    void aRegionThatThrowsFailsItsWriteByWhatItThrew() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            Pair pair = fixture.pair();
            IOException broken = new IOException("broken");
            TestRegion region = new TestRegion(1000, false) {
                @Override
                public long transferTo(WritableByteChannel target, long position) throws IOException {
                    throw broken;
                }
            };
            assertThat(failure(pair.channel(), region)).isSameAs(broken);
        }
    }

    private static byte[] random(int length) {
        byte[] data = new byte[length];
        new Random(length).nextBytes(data);
        return data;
    }

    /** A region of no file: its bytes follow from their position. */
    private static class TestRegion extends DefaultFileRegion {

        final CountDownLatch started = new CountDownLatch(1);
        final CountDownLatch mayGoOn = new CountDownLatch(1);
        volatile Thread thread;
        private final boolean waits;
        private final AtomicLong transferred = new AtomicLong();

        TestRegion(long count, boolean waits) {
            super(new java.io.File("none"), 0, count);
            this.waits = waits;
        }

        static byte[] bytes(long position, int length) {
            byte[] bytes = new byte[length];
            for (int i = 0; i < length; i++) {
                bytes[i] = (byte) ((position + i) * 31 >> 4);
            }
            return bytes;
        }

        byte[] bytes() {
            return bytes(0, (int) count());
        }

        @Override
        public long transferred() {
            return transferred.get();
        }

        @Override
        public long transferTo(WritableByteChannel target, long position) throws IOException {
            thread = Thread.currentThread();
            started.countDown();
            if (waits) {
                try {
                    mayGoOn.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
            int written = target.write(ByteBuffer.wrap(bytes(position, (int) Math.min(10_000, count() - position))));
            transferred.addAndGet(written);
            return written;
        }
    }
}
