/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.HandleAlreadyBoundException;
import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.IocpIoHandlerConfig;
import io.github.nettyiocp.NotOverlappedException;
import io.github.nettyiocp.channel.HandleChannel;
import io.github.nettyiocp.channel.HandleStrategy;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NativeWin32;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import io.github.nettyiocp.pipe.NamedPipeChannel;
import io.github.nettyiocp.pipe.PipeDirection;
import io.github.nettyiocp.pipe.PipePair;
import io.github.nettyiocp.pipe.PipeSecurity;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.util.CharsetUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Channels of adopted handles, and pairs of pipe ends. */
@Timeout(240)
class HandleChannelOnWindowsTest {

    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
    private IocpEventLoopGroup group;

    @BeforeEach
    void start() {
        group = new IocpEventLoopGroup(2);
    }

    @AfterEach
    void end() throws Exception {
        WindowsTestSupport.shutDown(group);
    }

    private static Win32 win32() {
        return NativeWin32.ACCESS.ofThisThread();
    }

    private Channel register(Channel channel) {
        channel.pipeline().addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                events.add(((ByteBuf) message).toString(CharsetUtil.US_ASCII));
                ((ByteBuf) message).release();
            }

            @Override
            public void channelInactive(ChannelHandlerContext context) {
                events.add("inactive");
            }
        });
        group.register(channel).syncUninterruptibly();
        return channel;
    }

    private static void write(long handle, String text) {
        try (Arena arena = Arena.ofConfined()) {
            long written = arena.allocate(4, 4).address();
            byte[] bytes = text.getBytes(CharsetUtil.US_ASCII);
            long buffer = arena.allocate(bytes.length, 1).address();
            Memory.putBytes(buffer, bytes);
            assertThat(win32().writeFile(handle, buffer, bytes.length, written, 0)).isZero();
            assertThat(Memory.getInt(written)).isEqualTo(bytes.length);
        }
    }

    private static void readOrFail(long handle) {
        try (Arena arena = Arena.ofConfined()) {
            win32().readFile(handle, arena.allocate(100, 1).address(), 100, arena.allocate(4, 4).address(), 0);
        }
    }

    private static String read(long handle) {
        try (Arena arena = Arena.ofConfined()) {
            long count = arena.allocate(4, 4).address();
            long buffer = arena.allocate(100, 1).address();
            assertThat(win32().readFile(handle, buffer, 100, count, 0)).isZero();
            byte[] bytes = new byte[Memory.getInt(count)];
            Memory.getBytes(buffer, bytes);
            return new String(bytes, CharsetUtil.US_ASCII);
        }
    }

    private String next() throws InterruptedException {
        return events.poll(60, TimeUnit.SECONDS);
    }

    @Test
    void thePairOfAChannelIsReadAndWrittenSynchronously() throws Exception {
        PipePair pair = NamedPipeChannel.connectedPair();
        Channel channel = register(pair.channel());
        long handle = pair.takeHandle();
        write(handle, "to the channel");
        assertThat(next()).isEqualTo("to the channel");
        channel.writeAndFlush(Unpooled.copiedBuffer("from the channel", CharsetUtil.US_ASCII)).sync();
        assertThat(read(handle)).isEqualTo("from the channel");
        assertThatThrownBy(pair::takeHandle).isInstanceOf(IllegalStateException.class);
        assertThat(win32().closeHandle(handle)).isZero();
        assertThat(next()).isEqualTo("inactive");
        pair.close();
    }

    @Test
    void aPairOfOneDirectionCarriesDataThatWayOnly() throws Exception {
        try (PipePair pair = PipePair.open(PipeDirection.OUTBOUND, true)) {
            Channel channel = register(pair.channel());
            long handle = pair.takeHandle();
            try (Arena arena = Arena.ofConfined()) {
                long flags = arena.allocate(4, 4).address();
                assertThat(win32().getHandleInformation(handle, flags)).isZero();
                assertThat(Memory.getInt(flags) & WinConst.HANDLE_FLAG_INHERIT).isNotZero();
            }
            channel.writeAndFlush(Unpooled.copiedBuffer("out", CharsetUtil.US_ASCII)).sync();
            channel.close().sync();
            assertThat(read(handle)).isEqualTo("out");
            win32().closeHandle(handle);
        }
    }

    @Test
    void aPairThatIsNotUsedLeavesNothing() throws Exception {
        int before = WindowsTestSupport.handles();
        for (int i = 0; i < 50; i++) {
            PipePair.open(PipeDirection.DUPLEX, i % 2 == 0).close();
        }
        WindowsTestSupport.assertNoMoreHandlesThan(before, 2);
    }

    /** An overlapped end that the library did not make. */
    private static long[] overlappedPair() {
        String name = "\\\\.\\pipe\\adopt-" + System.nanoTime();
        try (Arena arena = Arena.ofConfined()) {
            byte[] text = (name + '\0').getBytes(CharsetUtil.UTF_16LE);
            long address = arena.allocate(text.length, 2).address();
            Memory.putBytes(address, text);
            long server = win32().createNamedPipe(address,
                    WinConst.PIPE_ACCESS_DUPLEX | WinConst.FILE_FLAG_OVERLAPPED, 0, 1, 4096, 4096, 0, 0);
            assertThat(server).isNotEqualTo(WinConst.INVALID_HANDLE_VALUE);
            long client = win32().createFile(address, WinConst.GENERIC_READ | WinConst.GENERIC_WRITE, 0, 0,
                    WinConst.OPEN_EXISTING, 0);
            assertThat(client).isNotEqualTo(WinConst.INVALID_HANDLE_VALUE);
            return new long[] { server, client };
        }
    }

    @Test
    void anAdoptedHandleIsReadWrittenAndClosed() throws Exception {
        long[] pair = overlappedPair();
        Channel channel = register(new HandleChannel(pair[0]));
        assertThat(channel.isActive()).isTrue();
        write(pair[1], "hello");
        assertThat(next()).isEqualTo("hello");
        channel.writeAndFlush(Unpooled.copiedBuffer("back", CharsetUtil.US_ASCII)).sync();
        assertThat(read(pair[1])).isEqualTo("back");
        win32().closeHandle(pair[1]);
        // The end of a pipe is the end, although nobody said that the handle is one.
        assertThat(next()).isEqualTo("inactive");
        assertThat(((HandleChannel) channel).handle()).isEqualTo(WinConst.INVALID_HANDLE_VALUE);
    }

    /** A server's overlapped end and a client's with the right to read or to write alone. */
    private static long[] pairOfOneRight(RawPipe pipe, int right) throws IOException {
        return new long[] { pipe.server(PipeSecurity.currentUser()),
                pipe.client(WinConst.SYNCHRONIZE | WinConst.FILE_READ_ATTRIBUTES | right, 0) };
    }

    @Test
    void anAdoptedHandleThatCannotBeReadIsNot() throws Exception {
        for (boolean knownAsPipe : new boolean[] { false, true }) {
            try (RawPipe pipe = new RawPipe()) {
                long[] pair = pairOfOneRight(pipe, WinConst.FILE_WRITE_DATA);
                Channel channel = register(duplicated(pair[1], knownAsPipe));
                channel.writeAndFlush(Unpooled.copiedBuffer("x", CharsetUtil.US_ASCII)).sync();
                pipe.read(pair[0]);
                assertThat(channel.isActive()).isTrue();
                channel.close().sync();
                assertThat(next()).isEqualTo("inactive");
            }
        }
    }

    @Test
    void aWriteToAnAdoptedHandleThatCannotBeWrittenFailsAndDoesNoHarm() throws Exception {
        for (boolean knownAsPipe : new boolean[] { false, true }) {
            try (RawPipe pipe = new RawPipe()) {
                long[] pair = pairOfOneRight(pipe, WinConst.FILE_READ_DATA);
                Channel channel = register(duplicated(pair[1], knownAsPipe));
                assertThat(channel.writeAndFlush(Unpooled.copiedBuffer("x", CharsetUtil.US_ASCII)).await().cause())
                        .isInstanceOf(UnsupportedOperationException.class).hasMessageContaining("can't be written");
                pipe.write(pair[0]);
                assertThat(next()).isEqualTo("\0");
                channel.close().sync();
                assertThat(next()).isEqualTo("inactive");
            }
        }
    }

    /** The channel closes its handle, and {@link RawPipe} the other one. */
    private static HandleChannel duplicated(long handle, boolean knownAsPipe) {
        try (Arena arena = Arena.ofConfined()) {
            long cell = arena.allocate(8, 8).address();
            assertThat(win32().duplicateHandle(-1, handle, -1, cell, 0, 0, WinConst.DUPLICATE_SAME_ACCESS)).isZero();
            return knownAsPipe ? new NamedPipeChannel(Memory.getLong(cell)) : new HandleChannel(Memory.getLong(cell));
        }
    }

    @Test
    void anAdoptedPipeKnowsWhatItIs() throws Exception {
        long[] pair = overlappedPair();
        NamedPipeChannel channel = (NamedPipeChannel) register(new NamedPipeChannel(pair[0]));
        assertThat(channel.isServerEnd()).isTrue();
        assertThatThrownBy(() -> channel.shutdownOutput().sync()).isInstanceOf(UnsupportedOperationException.class);
        write(pair[1], "x");
        assertThat(next()).isEqualTo("x");
        channel.close().sync();
        win32().closeHandle(pair[1]);
    }

    @Test
    void aSynchronousHandleIsRefused() throws Exception {
        PipePair pair = PipePair.open(PipeDirection.DUPLEX, false);
        HandleChannel refused = new HandleChannel(pair.takeHandle());
        assertThatThrownBy(() -> group.register(refused).sync()).isInstanceOf(NotOverlappedException.class);
        pair.close();
    }

    @Test
    void aHandleThatIsBoundIsRefusedAndTheOtherOwnerNotHarmed() throws Exception {
        long[] pair = overlappedPair();
        register(new HandleChannel(pair[0]));
        HandleChannel duplicate = duplicated(pair[0], false);
        assertThatThrownBy(() -> group.register(duplicate).sync())
                .isInstanceOf(HandleAlreadyBoundException.class);
        write(pair[1], "unharmed");
        assertThat(next()).isEqualTo("unharmed");
        win32().closeHandle(pair[1]);
        assertThat(next()).isEqualTo("inactive");
    }

    @Test
    void aHandleThatIsNotOpenIsRefused() {
        assertThatThrownBy(() -> new HandleChannel(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> group.register(new HandleChannel(0x7ffffff0)).sync())
                .isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> group.register(new NamedPipeChannel(0x7ffffff0)).sync())
                .isInstanceOf(ClosedChannelException.class);
    }

    @Test
    void aSynchronousHandleThatIsBeingReadDoesNotBlockTheLoop() throws Exception {
        PipePair pair = PipePair.open(PipeDirection.DUPLEX, false);
        long handle = pair.takeHandle();
        // Ends by an error, because the handle is closed with the channel that is refused.
        Thread reader = new Thread(() -> readOrFail(handle));
        reader.start();
        Thread.sleep(100);
        HandleChannel refused = new HandleChannel(handle);
        var registered = group.register(refused);
        // The same loop answers meanwhile.
        assertThat(refused.eventLoop().submit(() -> 1).get(60, TimeUnit.SECONDS)).isEqualTo(1);
        assertThat(registered.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(registered.cause()).isInstanceOf(NotOverlappedException.class);
        Channel channel = register(pair.channel());
        channel.writeAndFlush(Unpooled.copiedBuffer("end", CharsetUtil.US_ASCII));
        reader.join(10_000);
        channel.close().sync();
    }

    /** Runs what may block when the test says so. */
    private static final class LateExecutor implements Executor {

        private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();

        @Override
        public void execute(Runnable task) {
            tasks.add(task);
        }

        void runNext() throws InterruptedException {
            tasks.take().run();
        }
    }

    /** Writes down that it was asked to look at a handle, and whether the handle was open then. */
    private static final class LookingStrategy extends HandleStrategy {

        private final List<Boolean> looks = new CopyOnWriteArrayList<>();
        private final CountDownLatch looking = new CountDownLatch(1);
        private final CountDownLatch goOn = new CountDownLatch(1);
        private final long otherEnd;

        LookingStrategy(long otherEnd) {
            this.otherEnd = otherEnd;
        }

        @Override
        protected void adopt(long handle) throws IOException {
            looking.countDown();
            try {
                goOn.await();
            } catch (InterruptedException interrupted) {
                throw new IOException(interrupted);
            }
            looks.add(isOtherEndOpen(otherEnd));
        }
    }

    /** The other end tells, because Windows may give the number of a closed handle to another object. */
    private static boolean isOtherEndOpen(long handle) {
        int error = win32().peekNamedPipe(handle, 0, 0, 0, 0, 0);
        assertThat(error).isIn(WinError.ERROR_SUCCESS, WinError.ERROR_BROKEN_PIPE);
        return error == WinError.ERROR_SUCCESS;
    }

    private EventLoop loopThatLooksLate(Executor executor) {
        group.shutdownGracefully(0, 0, TimeUnit.SECONDS);
        group = new IocpEventLoopGroup(1, new IocpIoHandlerConfig().blockingExecutor(executor));
        return group.next();
    }

    @Test
    void aLookThatComesTooLateIsNotTakenAndTheHandleIsOpenUntilThen() throws Exception {
        LateExecutor late = new LateExecutor();
        long[] pair = overlappedPair();
        LookingStrategy strategy = new LookingStrategy(pair[1]);
        strategy.goOn.countDown();
        HandleChannel channel = new HandleChannel(pair[0], strategy);
        // What takes so long is taken for a synchronous handle that somebody reads.
        assertThatThrownBy(() -> loopThatLooksLate(late).register(channel).sync())
                .isInstanceOf(NotOverlappedException.class);
        assertThat(channel.isOpen()).isFalse();
        assertThat(isOtherEndOpen(pair[1])).isTrue();
        late.runNext();
        assertThat(strategy.looks).isEmpty();
        assertThat(isOtherEndOpen(pair[1])).isFalse();
        win32().closeHandle(pair[1]);
    }

    @Test
    void aChannelThatIsClosedBeforeItsHandleWasLookedAtClosesTheHandleAfterIt() throws Exception {
        LateExecutor late = new LateExecutor();
        long[] pair = overlappedPair();
        LookingStrategy strategy = new LookingStrategy(pair[1]);
        HandleChannel channel = new HandleChannel(pair[0], strategy);
        var registered = loopThatLooksLate(late).register(channel);
        channel.close().sync();
        assertThat(isOtherEndOpen(pair[1])).isTrue();
        strategy.goOn.countDown();
        late.runNext();
        assertThat(strategy.looks).isEmpty();
        assertThat(isOtherEndOpen(pair[1])).isFalse();
        assertThat(registered.await().cause()).isInstanceOf(ClosedChannelException.class);
        win32().closeHandle(pair[1]);
    }

    @Test
    void aHandleIsOpenAsLongAsItIsLookedAtAlthoughItsChannelIsClosed() throws Exception {
        LateExecutor late = new LateExecutor();
        long[] pair = overlappedPair();
        LookingStrategy strategy = new LookingStrategy(pair[1]);
        HandleChannel channel = new HandleChannel(pair[0], strategy);
        var registered = loopThatLooksLate(late).register(channel);
        Thread looker = new Thread(() -> {
            try {
                late.runNext();
            } catch (InterruptedException interrupted) {
                throw new AssertionError(interrupted);
            }
        });
        looker.start();
        strategy.looking.await();
        channel.close().sync();
        strategy.goOn.countDown();
        looker.join();
        assertThat(strategy.looks).containsExactly(true);
        assertThat(isOtherEndOpen(pair[1])).isFalse();
        assertThat(registered.await().cause()).isInstanceOf(ClosedChannelException.class);
        win32().closeHandle(pair[1]);
    }

    @Test
    void anExecutorThatRefusesToLookEndsTheRegistrationAndTheHandle() {
        long[] pair = overlappedPair();
        HandleChannel channel = new HandleChannel(pair[0]);
        assertThatThrownBy(() -> loopThatLooksLate(task -> {
            throw new RejectedExecutionException("full");
        }).register(channel).sync()).isInstanceOf(RejectedExecutionException.class).hasMessage("full");
        assertThat(isOtherEndOpen(pair[1])).isFalse();
        win32().closeHandle(pair[1]);
    }
}
