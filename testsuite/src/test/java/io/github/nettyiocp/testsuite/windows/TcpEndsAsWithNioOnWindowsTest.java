/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.IocpIoHandlerConfig;
import io.github.nettyiocp.channel.IocpServerSocketChannel;
import io.github.nettyiocp.channel.IocpSocketChannel;
import io.github.nettyiocp.testsuite.windows.TcpFixture.Mode;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.ReferenceCountUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * How a connection ends: the same script over NIO and over IOCP in its modes has the same events in the same order, the
 * same exceptions, and the same outcomes of writes.
 */
@Timeout(480)
class TcpEndsAsWithNioOnWindowsTest {

    private static final int LARGE = 16 << 20;
    @SuppressWarnings("deprecation")
    private static final ChannelOption<?> RECEIVE_BUFFERS = ChannelOption.RCVBUF_ALLOCATOR;
    private static final Map<ChannelOption<?>, Object> NO_AUTO_READ = Map.of(ChannelOption.AUTO_READ, false);
    private static final Map<ChannelOption<?>, Object> HALF_CLOSURE = Map.of(ChannelOption.ALLOW_HALF_CLOSURE, true);

    /** What a script runs over. */
    private record Transport(EventLoopGroup group, Class<? extends Channel> client,
                             Class<? extends ServerChannel> server, Map<ChannelOption<?>, Object> options) { }

    /** One connection: the channel, all that it tells, and a JDK socket as its peer. */
    private static final class Script implements Closeable {

        private final Transport transport;
        private final List<String> log = new ArrayList<>();
        private final Recorder recorder = new Recorder();
        private SocketChannel channel;
        private Socket peer;
        /** Whether Wine has hidden a reset: its server may take the error away from who receives, who then reads 0. */
        private boolean resetWasLost;

        Script(Transport transport) {
            this.transport = transport;
        }

        @SuppressWarnings("unchecked")
        void connect(Map<ChannelOption<?>, Object> options) throws Exception {
            try (ServerSocket listener = new ServerSocket(0, 1, TcpFixture.LOOPBACK)) {
                Bootstrap bootstrap = new Bootstrap().group(transport.group).channel(transport.client)
                        .handler(recorder);
                transport.options.forEach((option, value) -> bootstrap.option((ChannelOption<Object>) option, value));
                options.forEach((option, value) -> bootstrap.option((ChannelOption<Object>) option, value));
                channel = (SocketChannel) bootstrap.connect(listener.getLocalSocketAddress()).sync().channel();
                peer = listener.accept();
                peer.setTcpNoDelay(true);
                peer.setSoTimeout(60_000);
            }
            await("active");
        }

        /** Has a process connect, which is told so many bytes, reads none of them, and is killed. */
        @SuppressWarnings("unchecked")
        void killPeer(int bytes) throws Exception {
            ServerBootstrap bootstrap = new ServerBootstrap().group(transport.group).channel(transport.server)
                    .childHandler(recorder);
            transport.options.forEach((option, value) ->
                    bootstrap.childOption((ChannelOption<Object>) option, value));
            Channel server = bootstrap.bind(TcpFixture.LOOPBACK, 0).sync().channel();
            Process process = new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:-PrintWarnings", "-cp",
                    System.getProperty("java.class.path"), DoomedPeer.class.getName(),
                    Integer.toString(((InetSocketAddress) server.localAddress()).getPort()))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try {
                await("readComplete");
                if (bytes > 0) {
                    channel = (SocketChannel) recorder.channel;
                    outcome(write(bytes));
                }
            } finally {
                process.destroyForcibly().waitFor();
            }
            awaitEnd();
            server.close().sync();
        }

        /** Waits for what the channel tells; what comes before is in the log. */
        void await(String event) throws InterruptedException {
            String next;
            do {
                next = recorder.events.poll(60, TimeUnit.SECONDS);
                assertThat(next).as(event + " after " + log + " over " + transport.client).isNotNull();
                log.add(next);
            } while (!next.equals(event));
        }

        void awaitEnd() throws InterruptedException {
            await("unregistered");
        }

        void send() throws IOException {
            peer.getOutputStream().write(1);
        }

        void endOfPeersOutput() throws IOException {
            peer.shutdownOutput();
        }

        void endOfPeer() throws IOException {
            peer.close();
        }

        void resetByPeer() throws IOException {
            peer.setSoLinger(true, 0);
            peer.close();
        }

        ChannelFuture write(int bytes) {
            return channel.writeAndFlush(Unpooled.directBuffer(bytes).writeZero(bytes));
        }

        void outcome(ChannelFuture write) throws InterruptedException {
            assertThat(write.await(60, TimeUnit.SECONDS)).as("an outcome after " + log).isTrue();
            log.add("write: " + (write.isSuccess() ? "done" : name(write.cause())));
        }

        /** Waits until the loop has done what it was told so far. */
        void pass() throws InterruptedException {
            channel.eventLoop().submit(() -> { }).sync();
        }

        /** How the peer sees the end. */
        void endSeenByPeer() {
            String end;
            try {
                end = peer.getInputStream().readAllBytes().length + " bytes and the end";
            } catch (IOException e) {
                end = name(e) + " (" + e.getMessage() + ')';
            }
            log.add("peer: " + end);
        }

        /** How the peer sees a reset. */
        void resetSeenByPeer() {
            endSeenByPeer();
            resetWasLost = WindowsTestSupport.isWine() && log.getLast().endsWith("the end");
        }

        /**
         * Everything, but for a readComplete that is not of a read: that says how often a transport has looked. NIO
         * looks when it is asked, and after the end of input a second time; here the end is noticed by itself.
         */
        List<String> told() {
            List<String> told = new ArrayList<>();
            for (String event : log) {
                if (!event.equals("readComplete") || told.getLast().equals("read")) {
                    told.add(event);
                }
            }
            return told;
        }

        void closeChannel() throws InterruptedException {
            channel.close().sync();
            awaitEnd();
        }

        /** Closes the channel while it writes more than anybody takes. */
        void closeInAWrite(Map<ChannelOption<?>, Object> options) throws Exception {
            connect(options);
            ChannelFuture write = write(LARGE);
            pass();
            closeChannel();
            outcome(write);
        }

        @Override
        public void close() throws IOException {
            if (channel != null) {
                channel.close().syncUninterruptibly();
            }
            if (peer != null) {
                peer.close();
            }
        }
    }

    private static String name(Throwable cause) {
        return cause.getClass().getName().replace("Stackless", "");
    }

    /** Tells all events. */
    @ChannelHandler.Sharable
    private static final class Recorder extends ChannelInboundHandlerAdapter {

        private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
        private volatile Channel channel;

        @Override
        public void channelActive(ChannelHandlerContext context) {
            channel = context.channel();
            events.add("active");
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ReferenceCountUtil.release(message);
            events.add("read");
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            events.add("readComplete");
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            events.add(event.getClass().getSimpleName());
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            events.add(name(cause) + ": " + cause.getMessage().replaceAll(" \\(.*", ""));
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            events.add("inactive");
        }

        @Override
        public void channelUnregistered(ChannelHandlerContext context) {
            events.add("unregistered");
        }
    }

    /** The ends. */
    private enum Case {
        THE_PEER_CLOSES {
            @Override
            void run(Script script) throws Exception {
                script.connect(Map.of());
                script.send();
                script.await("readComplete");
                script.endOfPeer();
                script.awaitEnd();
                script.outcome(script.write(1));
            }
        },
        THE_PEER_CLOSES_AND_NOTHING_IS_READ_BY_ITSELF {
            @Override
            void run(Script script) throws Exception {
                script.connect(NO_AUTO_READ);
                script.endOfPeer();
                script.channel.read();
                script.awaitEnd();
            }
        },
        THE_PEER_CLOSES_BEHIND_UNREAD_DATA {
            @Override
            void run(Script script) throws Exception {
                script.connect(NO_AUTO_READ);
                script.send();
                script.endOfPeer();
                script.channel.read();
                script.await("readComplete");
                script.channel.read();
                script.awaitEnd();
            }
        },
        THE_PEER_ENDS_ITS_OUTPUT {
            @Override
            void run(Script script) throws Exception {
                script.connect(HALF_CLOSURE);
                script.endOfPeersOutput();
                script.await("ChannelInputShutdownReadComplete");
                script.outcome(script.write(1));
                script.closeChannel();
                script.endSeenByPeer();
            }
        },
        THE_PEER_ENDS_ITS_OUTPUT_AND_RESETS {
            @Override
            void run(Script script) throws Exception {
                script.connect(HALF_CLOSURE);
                script.endOfPeersOutput();
                script.await("ChannelInputShutdownReadComplete");
                script.resetByPeer();
                // Nobody receives any more: a write finds out.
                ChannelFuture write;
                do {
                    write = script.write(1);
                    assertThat(write.await(60, TimeUnit.SECONDS)).isTrue();
                } while (write.isSuccess());
                // NIO's is an IOException without a type of its own; here it is a SocketException, as of a read.
                assertThat(write.cause()).isInstanceOf(IOException.class).hasMessageContaining("reset");
                script.awaitEnd();
            }
        },
        THE_PEER_RESETS {
            @Override
            void run(Script script) throws Exception {
                script.connect(Map.of());
                script.resetByPeer();
                script.awaitEnd();
                script.outcome(script.write(1));
            }
        },
        THE_PEER_RESETS_BEHIND_DATA {
            @Override
            void run(Script script) throws Exception {
                script.connect(Map.of());
                script.send();
                script.await("readComplete");
                script.resetByPeer();
                script.awaitEnd();
            }
        },
        THE_PEER_RESETS_AND_NOTHING_IS_READ_BY_ITSELF {
            @Override
            void run(Script script) throws Exception {
                script.connect(NO_AUTO_READ);
                script.resetByPeer();
                script.channel.read();
                script.awaitEnd();
            }
        },
        THE_PEER_RESETS_WHERE_HALF_CLOSURE_IS_ALLOWED {
            @Override
            void run(Script script) throws Exception {
                script.connect(HALF_CLOSURE);
                script.resetByPeer();
                script.await("ChannelInputShutdownReadComplete");
                script.closeChannel();
            }
        },
        THE_OUTPUT_ENDS_AND_THE_PEER_CLOSES {
            @Override
            void run(Script script) throws Exception {
                script.connect(Map.of());
                script.channel.shutdownOutput().sync();
                script.endSeenByPeer();
                script.outcome(script.write(1));
                script.send();
                script.await("read");
                script.endOfPeer();
                script.awaitEnd();
            }
        },
        THE_OUTPUT_ENDS_AND_THE_PEER_RESETS {
            @Override
            void run(Script script) throws Exception {
                script.connect(Map.of());
                script.channel.shutdownOutput().sync();
                script.endSeenByPeer();
                script.resetByPeer();
                script.awaitEnd();
            }
        },
        BOTH_OUTPUTS_END {
            @Override
            void run(Script script) throws Exception {
                script.connect(HALF_CLOSURE);
                script.channel.shutdownOutput().sync();
                script.endSeenByPeer();
                script.endOfPeersOutput();
                script.await("ChannelInputShutdownReadComplete");
                script.closeChannel();
            }
        },
        THE_CHANNEL_CLOSES {
            @Override
            void run(Script script) throws Exception {
                script.connect(Map.of());
                script.write(10_000);
                script.closeChannel();
                script.endSeenByPeer();
            }
        },
        THE_CHANNEL_LINGERS_FOR_NO_TIME {
            @Override
            void run(Script script) throws Exception {
                script.connect(Map.of(ChannelOption.SO_LINGER, 0));
                script.closeChannel();
                script.resetSeenByPeer();
            }
        },
        THE_CHANNEL_LINGERS {
            @Override
            void run(Script script) throws Exception {
                script.connect(Map.of(ChannelOption.SO_LINGER, 5));
                script.write(10_000);
                script.closeChannel();
                script.endSeenByPeer();
            }
        },
        THE_CHANNEL_CLOSES_IN_A_WRITE {
            @Override
            void run(Script script) throws Exception {
                script.closeInAWrite(Map.of());
            }
        },
        THE_CHANNEL_LINGERS_AND_THE_PEER_DOES_NOT_READ {
            @Override
            void run(Script script) throws Exception {
                script.closeInAWrite(Map.of(ChannelOption.SO_LINGER, 1));
                // The loop goes on, whatever becomes of the socket.
                script.pass();
            }
        },
        THE_CHANNEL_CLOSES_WITH_UNREAD_DATA {
            @Override
            void run(Script script) throws Exception {
                // One receive of the bytes, however they are received: the others are in the socket.
                script.connect(Map.of(ChannelOption.AUTO_READ, false, RECEIVE_BUFFERS,
                        new FixedRecvByteBufAllocator(1000).maxMessagesPerRead(1)));
                script.peer.getOutputStream().write(new byte[10_000]);
                script.channel.read();
                script.await("readComplete");
                script.closeChannel();
                script.resetSeenByPeer();
            }
        },
        THE_PEER_RESETS_IN_A_WRITE {
            @Override
            void run(Script script) throws Exception {
                script.connect(Map.of());
                ChannelFuture write = script.write(LARGE);
                script.pass();
                script.resetByPeer();
                assertThat(write.await(60, TimeUnit.SECONDS)).isTrue();
                // NIO's is an IOException without a type of its own.
                assertThat(write.cause()).isInstanceOf(IOException.class);
                script.awaitEnd();
                // It is a matter of chance whether the read hears of it before the write has closed the channel.
                script.log.remove("java.net.SocketException: Connection reset");
            }
        },
        THE_INPUT_ENDS_AND_THE_PEER_SENDS {
            @Override
            void run(Script script) throws Exception {
                script.connect(HALF_CLOSURE);
                script.channel.shutdownInput().sync();
                script.send();
                script.await("ChannelInputShutdownReadComplete");
                script.outcome(script.write(1));
                script.closeChannel();
            }
        },
        THE_INPUT_ENDS_AND_THE_PEER_CLOSES {
            @Override
            void run(Script script) throws Exception {
                script.connect(HALF_CLOSURE);
                script.channel.shutdownInput().sync();
                script.endOfPeer();
                script.await("ChannelInputShutdownReadComplete");
                script.closeChannel();
            }
        },
        BOTH_ARE_SHUT_DOWN {
            @Override
            void run(Script script) throws Exception {
                script.connect(HALF_CLOSURE);
                script.channel.shutdown().sync();
                script.endSeenByPeer();
                script.outcome(script.write(1));
                script.endOfPeersOutput();
                script.await("ChannelInputShutdownReadComplete");
                script.closeChannel();
            }
        },
        THE_PEER_IS_KILLED {
            @Override
            void run(Script script) throws Exception {
                script.killPeer(0);
            }
        },
        THE_PEER_IS_KILLED_AND_HAD_NOT_READ {
            @Override
            void run(Script script) throws Exception {
                script.killPeer(1000);
            }
        };

        abstract void run(Script script) throws Exception;
    }

    private EventLoopGroup nio;
    private IocpEventLoopGroup iocp;

    @AfterEach
    void end() throws InterruptedException {
        nio.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        WindowsTestSupport.shutDown(iocp);
    }

    @ParameterizedTest
    @EnumSource(Case.class)
    void aConnectionEndsAsWithNio(Case test) throws Exception {
        nio = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        iocp = new IocpEventLoopGroup(1, new IocpIoHandlerConfig().closeTimeoutMillis(100));
        List<String> theirs = run(test, new Transport(nio, NioSocketChannel.class, NioServerSocketChannel.class,
                Map.of()));
        for (Mode mode : Mode.values()) {
            List<String> ours = run(test, new Transport(iocp, IocpSocketChannel.class, IocpServerSocketChannel.class,
                    mode.options()));
            assertThat(ours).as(mode.toString()).isEqualTo(theirs);
        }
    }

    private static List<String> run(Case test, Transport transport) throws Exception {
        for (int tries = 1;; tries++) {
            try (Script script = new Script(transport)) {
                test.run(script);
                if (!script.resetWasLost || tries == 10) {
                    return script.told();
                }
            }
        }
    }

    /** A peer in a process of its own, which connects and waits for its end. */
    static final class DoomedPeer {

        private DoomedPeer() {
        }

        public static void main(String[] args) throws Exception {
            ProcessHandle.current().parent().ifPresent(parent ->
                    parent.onExit().thenRun(() -> Runtime.getRuntime().halt(3)));
            try (Socket socket = new Socket(TcpFixture.LOOPBACK, Integer.parseInt(args[0]))) {
                socket.getOutputStream().write(1);
                Thread.sleep(Long.MAX_VALUE);
            }
        }
    }
}
