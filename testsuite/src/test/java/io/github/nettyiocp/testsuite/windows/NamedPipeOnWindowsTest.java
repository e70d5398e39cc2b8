/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.pipe.NamedPipeAddress;
import io.github.nettyiocp.pipe.NamedPipeChannel;
import io.github.nettyiocp.pipe.NamedPipeOption;
import io.github.nettyiocp.pipe.NamedPipeServerChannel;
import io.github.nettyiocp.pipe.PipeMessage;
import io.github.nettyiocp.pipe.PipeType;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.CharsetUtil;
import io.netty.util.ReferenceCountUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.net.BindException;
import java.net.ConnectException;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

/** Clients and servers of named pipes: connecting, carrying bytes and messages, ending. */
@Timeout(240)
class NamedPipeOnWindowsTest {

    private final NamedPipeAddress address = NamedPipeAddress.random("test-");
    private IocpEventLoopGroup group;

    @BeforeEach
    void start() {
        group = new IocpEventLoopGroup(4);
    }

    @AfterEach
    void end() throws Exception {
        WindowsTestSupport.shutDown(group);
    }

    @Sharable
    private static class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.writeAndFlush(message);
        }
    }

    /** An echo that tells of its channels. */
    private static final class AcceptedEcho extends Echo {

        private final BlockingQueue<Channel> accepted = new LinkedBlockingQueue<>();

        @Override
        public void channelActive(ChannelHandlerContext context) {
            accepted.add(context.channel());
        }

        Channel next() throws InterruptedException {
            return accepted.poll(60, TimeUnit.SECONDS);
        }
    }

    private static final class Recorder extends ChannelInboundHandlerAdapter {

        final BlockingQueue<Object> events = new LinkedBlockingQueue<>();

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (message instanceof PipeMessage) {
                PipeMessage part = (PipeMessage) message;
                events.add(part.content().toString(CharsetUtil.UTF_8) + (part.isLast() ? "." : "+"));
            } else {
                events.add(((ByteBuf) message).toString(CharsetUtil.UTF_8));
            }
            ReferenceCountUtil.release(message);
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            events.add(event);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            events.add("inactive");
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            events.add(cause);
        }

        Object next() throws InterruptedException {
            return events.poll(60, TimeUnit.SECONDS);
        }
    }

    private ServerBootstrap server(ChannelInboundHandlerAdapter handler) {
        return new ServerBootstrap().group(group).channel(NamedPipeServerChannel.class)
                .childHandler(new ChannelInitializer<NamedPipeChannel>() {
                    @Override
                    protected void initChannel(NamedPipeChannel channel) {
                        channel.pipeline().addLast(handler);
                    }
                });
    }

    private Bootstrap client(ChannelInboundHandlerAdapter handler) {
        return new Bootstrap().group(group).channel(NamedPipeChannel.class).handler(handler);
    }

    @Test
    void bytesComeBackFromAnEchoServer() throws Exception {
        Channel server = server(new Echo()).bind(address).sync().channel();
        assertThat(server.localAddress()).isEqualTo(address);
        Recorder recorder = new Recorder();
        NamedPipeChannel client = (NamedPipeChannel) client(recorder).connect(address).sync().channel();
        assertThat(client.type()).isEqualTo(PipeType.BYTE);
        assertThat(client.remoteAddress()).isEqualTo(address);
        assertThat(client.isServerEnd()).isFalse();
        for (int i = 0; i < 20; i++) {
            client.writeAndFlush(Unpooled.copiedBuffer("hello " + i, CharsetUtil.UTF_8)).sync();
            assertThat(recorder.next()).isEqualTo("hello " + i);
        }
        client.close().sync();
        assertThat(recorder.next()).isEqualTo("inactive");
        server.close().sync();
    }

    @Test
    void manyMegabytesOfSmallAndLargeBuffersArriveInOrder() throws Exception {
        int total = 8 << 20;
        CRC32 received = new CRC32();
        CountDownLatch done = new CountDownLatch(1);
        Channel server = server(new Echo()).bind(address).sync().channel();
        Channel client = client(new ChannelInboundHandlerAdapter() {
            private long count;

            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                ByteBuf buffer = (ByteBuf) message;
                count += buffer.readableBytes();
                received.update(buffer.nioBuffer());
                buffer.release();
                if (count == total) {
                    done.countDown();
                }
            }
        }).connect(address).sync().channel();
        CRC32 sent = new CRC32();
        Random random = new Random(1);
        for (int left = total; left > 0;) {
            int size = Math.min(left, random.nextInt(4) == 0 ? random.nextInt(200_000) : random.nextInt(500));
            byte[] bytes = new byte[size];
            random.nextBytes(bytes);
            sent.update(bytes);
            ByteBuf buffer = random.nextBoolean() ? Unpooled.wrappedBuffer(bytes)
                    : client.alloc().directBuffer().writeBytes(bytes);
            client.write(buffer);
            left -= size;
            if (random.nextInt(8) == 0) {
                client.flush();
            }
        }
        client.flush();
        assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(received.getValue()).isEqualTo(sent.getValue());
        client.close().sync();
        server.close().sync();
    }

    @Test
    void messagesArriveWholeOrAsFragments() throws Exception {
        Recorder recorder = new Recorder();
        Channel server = server(recorder).option(NamedPipeOption.PIPE_TYPE, PipeType.MESSAGE)
                .option(NamedPipeOption.READ_MODE, PipeType.MESSAGE).bind(address).sync().channel();
        Channel client = client(new Recorder()).connect(address).sync().channel();
        client.write(Unpooled.copiedBuffer("one", CharsetUtil.UTF_8));
        client.write(Unpooled.EMPTY_BUFFER);
        client.write(PipeMessage.empty());
        client.writeAndFlush(Unpooled.copiedBuffer("two", CharsetUtil.UTF_8)).sync();
        assertThat(recorder.next()).isEqualTo("one.");
        assertThat(recorder.next()).isEqualTo(".");
        assertThat(recorder.next()).isEqualTo("two.");
        String large = "x".repeat(100_000);
        client.writeAndFlush(Unpooled.copiedBuffer(large, CharsetUtil.UTF_8));
        StringBuilder whole = new StringBuilder();
        String part;
        do {
            part = (String) recorder.next();
            whole.append(part, 0, part.length() - 1);
        } while (part.endsWith("+"));
        assertThat(whole.toString()).isEqualTo(large);
        client.close().sync();
        assertThat(recorder.next()).isEqualTo("inactive");
        server.close().sync();
    }

    @Test
    void whatIsNoWholeMessageIsNotWrittenToAPipeOfMessages() throws Exception {
        Recorder recorder = new Recorder();
        Channel server = server(recorder).option(NamedPipeOption.PIPE_TYPE, PipeType.MESSAGE)
                .bind(address).sync().channel();
        Channel client = client(new Recorder()).connect(address).sync().channel();
        // What an encoder that is missing would have encoded; an empty one of these must not end the output.
        for (ByteBufHolder refused : List.of(LastHttpContent.EMPTY_LAST_CONTENT,
                new DefaultHttpContent(Unpooled.copiedBuffer("content", CharsetUtil.UTF_8)),
                new PipeMessage(Unpooled.copiedBuffer("part", CharsetUtil.UTF_8), false))) {
            assertThatThrownBy(() -> client.writeAndFlush(refused).sync())
                    .isInstanceOf(UnsupportedOperationException.class);
        }
        client.writeAndFlush(PipeMessage.of(Unpooled.copiedBuffer("whole", CharsetUtil.UTF_8))).sync();
        assertThat(recorder.next()).isEqualTo("whole");
        client.close().sync();
        assertThat(recorder.next()).isEqualTo("inactive");
        server.close().sync();
    }

    @Test
    void theOutputOfAPipeOfMessagesEndsByAnEmptyMessage() throws Exception {
        Recorder recorder = new Recorder();
        Channel server = server(recorder).option(NamedPipeOption.PIPE_TYPE, PipeType.MESSAGE)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true).bind(address).sync().channel();
        NamedPipeChannel client = (NamedPipeChannel) client(new Recorder()).connect(address).sync().channel();
        client.writeAndFlush(Unpooled.copiedBuffer("last", CharsetUtil.UTF_8));
        client.shutdownOutput().sync();
        assertThat(recorder.next()).isEqualTo("last");
        assertThat(recorder.next()).isEqualTo(ChannelInputShutdownEvent.INSTANCE);
        assertThat(client.isOutputShutdown()).isTrue();
        assertThat(client.isActive()).isTrue();
        client.close().sync();
        server.close().sync();
    }

    @Test
    void theOutputOfAPipeOfBytesCanNotEndAndNothingIsHarmed() throws Exception {
        Recorder recorder = new Recorder();
        Channel server = server(new Echo()).bind(address).sync().channel();
        NamedPipeChannel client = (NamedPipeChannel) client(recorder).connect(address).sync().channel();
        assertThatThrownBy(() -> client.shutdownOutput().sync()).isInstanceOf(UnsupportedOperationException.class);
        client.writeAndFlush(Unpooled.copiedBuffer("still", CharsetUtil.UTF_8)).sync();
        assertThat(recorder.next()).isEqualTo("still");
        client.close().sync();
        server.close().sync();
    }

    @Test
    void whatWasWrittenBeforeCloseIsRead() throws Exception {
        Recorder recorder = new Recorder();
        Channel server = server(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelActive(ChannelHandlerContext context) {
                context.write(Unpooled.copiedBuffer("bye", CharsetUtil.UTF_8));
                context.flush();
                context.close();
            }
        }).bind(address).sync().channel();
        Channel client = client(recorder).option(ChannelOption.AUTO_READ, false).connect(address).sync().channel();
        Thread.sleep(300);
        client.config().setAutoRead(true);
        assertThat(recorder.next()).isEqualTo("bye");
        assertThat(recorder.next()).isEqualTo("inactive");
        server.close().sync();
    }

    @Test
    void whatIsUnreadIsCountedAndStaysUnread() throws Exception {
        Recorder recorder = new Recorder();
        Channel server = server(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelActive(ChannelHandlerContext context) {
                context.writeAndFlush(Unpooled.copiedBuffer("unread", CharsetUtil.UTF_8));
            }
        }).bind(address).sync().channel();
        NamedPipeChannel client = (NamedPipeChannel) client(recorder).option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(2)).connect(address).sync()
                .channel();
        // Two bytes are in the receive that is posted always.
        WindowsTestSupport.await("the rest is there",
                () -> client.eventLoop().submit(client::available).sync().getNow() == 4);
        assertThat(client.eventLoop().submit(client::available).sync().getNow()).isEqualTo(4);
        assertThat(recorder.events).isEmpty();
        client.config().setAutoRead(true);
        assertThat(List.of(recorder.next(), recorder.next(), recorder.next())).containsExactly("un", "re", "ad");
        assertThat(client.eventLoop().submit(client::available).sync().getNow()).isZero();
        client.close().sync();
        server.close().sync();
    }

    @Test
    void aBufferThatIsFilledExactlyIsOneReadAndNothingIsWaitedFor() throws Exception {
        AcceptedEcho accepted = new AcceptedEcho();
        Channel server = server(accepted).bind(address).sync().channel();
        TcpRecorder recorder = new TcpRecorder();
        Channel client = client(recorder).option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(100))
                .connect(address).sync().channel();
        Channel child = accepted.next();
        child.writeAndFlush(Unpooled.buffer(100).writeZero(100)).sync();
        WindowsTestSupport.await("the first read is complete", () -> recorder.log.size() == 3);
        child.writeAndFlush(Unpooled.buffer(1).writeZero(1)).sync();
        WindowsTestSupport.await("the second read is complete", () -> recorder.log.size() == 5);
        assertThat(recorder.log).containsExactly("active", "read", "readComplete", "read", "readComplete");
        assertThat(recorder.received()).hasSize(101);
        client.close().sync();
        server.close().sync();
    }

    @Test
    void whatComesAfterTheEmptyMessageThatIsTheEndIsNotDelivered() throws Exception {
        Recorder recorder = new Recorder();
        BlockingQueue<Channel> accepted = new LinkedBlockingQueue<>();
        Channel server = server(recorder).option(NamedPipeOption.PIPE_TYPE, PipeType.MESSAGE)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childHandler(new ChannelInitializer<NamedPipeChannel>() {
                    @Override
                    protected void initChannel(NamedPipeChannel channel) {
                        channel.pipeline().addLast(recorder);
                        accepted.add(channel);
                    }
                }).bind(address).sync().channel();
        Recorder answers = new Recorder();
        NamedPipeChannel client = (NamedPipeChannel) client(answers).connect(address).sync().channel();
        client.writeAndFlush(Unpooled.copiedBuffer("before", CharsetUtil.UTF_8)).sync();
        assertThat(recorder.next()).isEqualTo("before");
        client.writeAndFlush(PipeMessage.empty()).sync();
        assertThat(recorder.next()).isEqualTo(ChannelInputShutdownEvent.INSTANCE);
        // Written as it is, it ended nothing here.
        assertThat(client.isOutputShutdown()).isFalse();
        client.writeAndFlush(Unpooled.copiedBuffer("after", CharsetUtil.UTF_8)).sync();
        accepted.poll(60, TimeUnit.SECONDS).writeAndFlush(Unpooled.copiedBuffer("answer", CharsetUtil.UTF_8)).sync();
        assertThat(answers.next()).isEqualTo("answer");
        client.close().sync();
        server.close().sync();
        assertThat(recorder.events).allMatch(event -> !event.equals("after") && !(event instanceof Throwable));
    }

    @Test
    void aNameThatSomebodyElseServesIsRefusedAndNotJoined() throws Exception {
        try (RawPipe foreign = new RawPipe(address.toString())) {
            // Open to further instances, of anybody as far as Windows' default goes.
            long first = foreign.instance(0, 0);
            assertThat(foreign.instances(first)).isOne();
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> server(new Echo()).bind(address).sync()).isInstanceOf(BindException.class)
                        .hasMessageContaining(address.toString());
                assertThat(foreign.instances(first)).isOne();
            }
            long client = foreign.client(RawPipe.CLIENT_ACCESS, 0);
            foreign.transfer(first, client);
        }
        server(new Echo()).bind(address).sync().channel().close().sync();
    }

    @Test
    void aPipeIsReachedThroughItsMachineWhereTheServerAllowsIt() throws Exception {
        assumeFalse(WindowsTestSupport.isWine(), "Wine has no pipes of other machines");
        NamedPipeAddress remote = new NamedPipeAddress("\\\\localhost\\pipe\\" + address.name());
        Channel refusing = server(new Echo()).bind(address).sync().channel();
        assertThatThrownBy(() -> client(new Recorder()).connect(remote).sync()).isInstanceOf(SocketException.class)
                .hasMessageContaining(remote.toString());
        refusing.close().sync();
        Channel allowing = server(new Echo()).option(NamedPipeOption.REMOTE_CLIENTS, true).bind(address).sync()
                .channel();
        Recorder recorder = new Recorder();
        Channel client = client(recorder).connect(remote).sync().channel();
        client.writeAndFlush(Unpooled.copiedBuffer("far", CharsetUtil.UTF_8));
        assertThat(recorder.next()).isEqualTo("far");
        client.close().sync();
        allowing.close().sync();
    }

    @Test
    void aSecondServerOfTheNameIsRefused() throws Exception {
        Channel server = server(new Echo()).bind(address).sync().channel();
        assertThatThrownBy(() -> server(new Echo()).bind(address).sync()).isInstanceOf(BindException.class)
                .hasMessageContaining(address.toString());
        server.close().sync();
        server(new Echo()).bind(address).sync().channel().close().sync();
    }

    @Test
    void aPipeThatDoesNotExistRefusesTheConnection() {
        assertThatThrownBy(() -> client(new Recorder()).connect(address).sync()).isInstanceOf(ConnectException.class)
                .hasMessageContaining("no such pipe").hasMessageContaining(address.toString());
    }

    @Test
    void aClientWaitsForABusyPipeUntilTheTimeout() throws Exception {
        Channel server = server(new Echo()).option(NamedPipeOption.MAX_INSTANCES, 1).bind(address).sync().channel();
        Channel first = client(new Recorder()).connect(address).sync().channel();
        assertThatThrownBy(() -> client(new Recorder()).option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 300)
                .connect(address).sync()).isInstanceOf(ConnectTimeoutException.class)
                .hasMessageContaining(address.toString());
        var second = client(new Recorder()).option(NamedPipeOption.WAIT_FOR_PIPE, true).connect(address);
        Thread.sleep(100);
        first.close().sync();
        second.sync().channel().close().sync();
        server.close().sync();
    }

    @Test
    void aClientCanWaitForAPipeThatComesLater() throws Exception {
        var connect = client(new Recorder()).option(NamedPipeOption.WAIT_FOR_PIPE, true).connect(address);
        Thread.sleep(200);
        assertThat(connect.isDone()).isFalse();
        Channel server = server(new Echo()).bind(address).sync().channel();
        connect.sync().channel().close().sync();
        server.close().sync();
    }

    @Test
    void acceptedChannelsAreSpreadOverTheLoopsOfTheChildGroup() throws Exception {
        Set<Object> loops = ConcurrentHashMap.newKeySet();
        CountDownLatch accepted = new CountDownLatch(40);
        Channel server = server(new Echo() {
        }).childHandler(new ChannelInitializer<NamedPipeChannel>() {
            @Override
            protected void initChannel(NamedPipeChannel channel) {
                loops.add(channel.eventLoop());
                accepted.countDown();
            }
        }).bind(address).sync().channel();
        for (int i = 0; i < 40; i++) {
            client(new Recorder()).connect(address).sync();
        }
        assertThat(accepted.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(loops).hasSize(4);
        server.close().sync();
    }

    @Test
    void aStormOfConnectsIsServed() throws Exception {
        Channel server = server(new Echo()).option(NamedPipeOption.POSTED_INSTANCES, 4).bind(address).sync().channel();
        List<Recorder> recorders = new ArrayList<>();
        List<ChannelFuture> connecting = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            recorders.add(new Recorder());
            connecting.add(client(recorders.get(i)).connect(address));
        }
        for (int i = 0; i < 200; i++) {
            Channel client = connecting.get(i).sync().channel();
            client.writeAndFlush(Unpooled.copiedBuffer("client " + i, CharsetUtil.UTF_8));
        }
        for (int i = 0; i < 200; i++) {
            assertThat(recorders.get(i).next()).isEqualTo("client " + i);
        }
        server.close().sync();
    }

    @Test
    void afterTheCloseAcceptedChannelsLiveOnAndTheNameIsFreeWithTheLast() throws Exception {
        AcceptedEcho accepted = new AcceptedEcho();
        Channel server = server(accepted).bind(address).sync().channel();
        Recorder recorder = new Recorder();
        Channel client = client(recorder).connect(address).sync().channel();
        Channel child = accepted.next();
        server.close().sync();
        client.writeAndFlush(Unpooled.copiedBuffer("still here", CharsetUtil.UTF_8));
        assertThat(recorder.next()).isEqualTo("still here");
        assertThatThrownBy(() -> client(new Recorder()).option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 300)
                .connect(address).sync()).isInstanceOf(ConnectException.class);
        assertThatThrownBy(() -> server(new Echo()).bind(address).sync()).isInstanceOf(BindException.class);
        child.close().sync();
        client.close().sync();
        server(new Echo()).bind(address).sync().channel().close().sync();
    }

    @Test
    void aConnectThatIsCancelledLeavesNothing() throws Exception {
        Channel server = server(new Echo()).option(NamedPipeOption.MAX_INSTANCES, 1).bind(address).sync().channel();
        Channel first = client(new Recorder()).connect(address).sync().channel();
        int handles = WindowsTestSupport.handles();
        for (int i = 0; i < 20; i++) {
            ChannelFuture waiting = client(new Recorder()).connect(address);
            Thread.sleep(i);
            assertThat(waiting.cancel(false)).isTrue();
            waiting.channel().closeFuture().sync();
        }
        WindowsTestSupport.assertNoMoreHandlesThan(handles, 4);
        first.close().sync();
        client(new Recorder()).option(NamedPipeOption.WAIT_FOR_PIPE, true).connect(address).sync().channel().close()
                .sync();
        server.close().sync();
    }

    @Test
    void aPipeOfAMachineThatIsNotThereRefusesTheConnection() {
        NamedPipeAddress far = new NamedPipeAddress("\\\\netty-iocp.invalid\\pipe\\" + address.name());
        assertThatThrownBy(() -> client(new Recorder()).connect(far).sync()).isInstanceOf(SocketException.class)
                .hasMessageContaining(far.toString());
    }

    @Test
    void optionsOfSocketsThatServersSetAreTakenAndIgnored() throws Exception {
        Channel server = server(new Echo()).bind(address).sync().channel();
        assertThat(server.config().setOption(ChannelOption.SO_BACKLOG, 5)).isTrue();
        assertThat(server.config().setOption(ChannelOption.SO_REUSEADDR, true)).isTrue();
        Recorder recorder = new Recorder();
        Channel client = client(recorder).connect(address).sync().channel();
        assertThat(client.config().setOption(ChannelOption.TCP_NODELAY, true)).isTrue();
        assertThat(client.config().setOption(ChannelOption.SO_KEEPALIVE, true)).isTrue();
        assertThat(client.config().setOption(ChannelOption.SO_LINGER, 0)).isTrue();
        client.writeAndFlush(Unpooled.copiedBuffer("as before", CharsetUtil.UTF_8));
        assertThat(recorder.next()).isEqualTo("as before");
        client.close().sync();
        server.close().sync();
    }
}
