/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.channel.IocpServerSocketChannel;
import io.github.nettyiocp.channel.IocpSocketChannel;
import io.github.nettyiocp.internal.NativeWin32;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import io.github.nettyiocp.testsuite.windows.TcpFixture.Server;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.resolver.NoopAddressResolverGroup;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;

import static io.github.nettyiocp.testsuite.windows.WindowsTestSupport.await;
import static io.github.nettyiocp.testsuite.windows.WindowsTestSupport.print;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

@Timeout(240)
class TcpConnectOnWindowsTest {

    /** What a connect with NIO fails with, right here. */
    private static Throwable nioFailure(SocketAddress remote, SocketAddress local) throws Exception {
        EventLoopGroup nio = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try {
            return failure(new Bootstrap().group(nio).channel(NioSocketChannel.class).handler(new TcpRecorder())
                    .resolver(NoopAddressResolverGroup.INSTANCE).connect(remote, local));
        } finally {
            nio.shutdownGracefully(0, 10, TimeUnit.SECONDS).await();
        }
    }

    private static Throwable failure(ChannelFuture connect) throws Exception {
        assertThat(connect.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(connect.isSuccess()).isFalse();
        return connect.cause();
    }

    /** The exception's type and its cause's are those of NIO, the address is in the message. */
    private static void assertAsNio(SocketAddress remote, SocketAddress local) throws Exception {
        Throwable nio = nioFailure(remote, local);
        try (TcpFixture fixture = new TcpFixture()) {
            ChannelFuture connect = fixture.client().resolver(NoopAddressResolverGroup.INSTANCE)
                    .connect(remote, local);
            Throwable ours = failure(connect);
            print("NIO: %s, IOCP: %s", nio, ours);
            assertThat(ours.getClass()).isEqualTo(nio.getClass());
            if (nio.getCause() != null) {
                assertThat(ours.getCause()).hasSameClassAs(nio.getCause());
            }
            if (nio.getMessage() != null) {
                String kind = nio.getMessage().split(":")[0];
                assertThat(ours).hasMessageStartingWith(kind);
                if (nio.getMessage().contains(remote.toString())) {
                    assertThat(ours).hasMessageContaining(remote.toString());
                }
            }
            await("the channel is closed", () -> !connect.channel().isOpen());
        }
    }

    @Test
    void aRefusedConnectFailsAsWithNio() throws Exception {
        int port;
        try (ServerSocket closed = new ServerSocket(0, 1, TcpFixture.LOOPBACK)) {
            port = closed.getLocalPort();
        }
        assertAsNio(new InetSocketAddress(TcpFixture.LOOPBACK, port), null);
    }

    @Test
    void aConnectToAnUnresolvedAddressFailsAsWithNio() throws Exception {
        assertAsNio(InetSocketAddress.createUnresolved("no-such-host.invalid", 80), null);
    }

    @Test
    void aConnectToAnAddressOfAnotherKindFailsAsWithNio() throws Exception {
        assertAsNio(new LocalAddress("elsewhere"), null);
    }

    @Test
    void aConnectFromAnAddressThatIsNotOfThisMachineFailsAsWithNio() throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 1, TcpFixture.LOOPBACK)) {
            assertAsNio(listener.getLocalSocketAddress(), new InetSocketAddress("198.51.100.7", 0));
        }
    }

    @Test
    void aSecondConnectWhileOneIsPendingIsRefusedAndTheFirstGoesOn() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            Server server = fixture.server();
            ChannelFuture[] second = new ChannelFuture[1];
            IocpSocketChannel channel = fixture.add(new IocpSocketChannel());
            channel.pipeline().addLast(new TcpRecorder());
            fixture.group.register(channel).sync();
            ChannelFuture first = channel.eventLoop().submit(() -> {
                ChannelFuture connect = channel.connect(server.address());
                second[0] = channel.connect(server.address());
                return connect;
            }).sync().getNow();
            assertThat(second[0].await().cause()).isInstanceOf(ConnectionPendingException.class);
            first.sync();
            assertThat(channel.connect(server.address()).await().cause())
                    .isInstanceOf(AlreadyConnectedException.class);
            assertThat(channel.isActive()).isTrue();
        }
    }

    @Test
    void aConnectThatGetsNoAnswerTimesOutAndClosesTheChannel() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            ChannelFuture connect = fixture.client().option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 200)
                    .connect(unreachable());
            Throwable cause = failure(connect);
            assertThat(cause).isInstanceOf(ConnectTimeoutException.class).hasMessageContaining("200 ms")
                    .hasMessageContaining(unreachable().toString());
            assertThat(connect.channel().closeFuture().await(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aConnectThatIsCancelledClosesTheChannel() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            ChannelFuture connect = fixture.client().connect(unreachable());
            await("it is under way", () -> fixture.group.metrics().outstanding() == 1);
            assertThat(connect.cancel(false)).isTrue();
            assertThat(connect.cause()).isInstanceOf(CancellationException.class);
            assertThat(connect.channel().closeFuture().await(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aConnectIsFailedByClose() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            ChannelFuture connect = fixture.client().connect(unreachable());
            await("it is under way", () -> fixture.group.metrics().outstanding() == 1);
            connect.channel().close().sync();
            assertThat(failure(connect)).isInstanceOf(ClosedChannelException.class);
        }
    }

    private static InetSocketAddress unreachable() {
        return new InetSocketAddress(System.getProperty("io.netty.testsuite.badHost", "198.51.100.254"),
                Integer.getInteger("io.netty.testsuite.badPort", 65535));
    }

    @Test
    void bothProtocolFamiliesAndTheDualStackConnect() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            Channel both = fixture.add(listen(fixture, new IocpServerSocketChannel(), new InetSocketAddress("::", 0)));
            int port = ((InetSocketAddress) both.localAddress()).getPort();
            for (String host : new String[] { "127.0.0.1", "::1" }) {
                for (SocketProtocolFamily family : new SocketProtocolFamily[] { null, SocketProtocolFamily.INET,
                    SocketProtocolFamily.INET6 }) {
                    if (family == SocketProtocolFamily.INET && host.contains(":")) {
                        continue;
                    }
                    IocpSocketChannel channel = fixture.add(new IocpSocketChannel(family));
                    channel.pipeline().addLast(new TcpRecorder());
                    fixture.group.register(channel).sync();
                    InetSocketAddress remote = new InetSocketAddress(InetAddress.getByName(host), port);
                    channel.connect(remote).sync();
                    assertThat(channel.remoteAddress()).isEqualTo(remote);
                    assertThat(channel.localAddress().getAddress()).isEqualTo(InetAddress.getByName(host));
                }
            }
        }
    }

    @Test
    void anIpv4SocketDoesNotReachAnIpv6Address() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            IocpSocketChannel channel = fixture.add(new IocpSocketChannel(SocketProtocolFamily.INET));
            fixture.group.register(channel).sync();
            ChannelFuture connect = channel.connect(new InetSocketAddress(InetAddress.getByName("::1"), 9));
            assertThat(failure(connect)).isInstanceOf(Exception.class);
            await("closed", () -> !channel.isOpen());
        }
    }

    @Test
    void theWildcardMeansThisMachine() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            Channel server = fixture.add(listen(fixture, new IocpServerSocketChannel(), new InetSocketAddress(0)));
            int port = ((InetSocketAddress) server.localAddress()).getPort();
            fixture.add(fixture.client().connect(new InetSocketAddress(port)).sync().channel());
        }
    }

    private static Channel listen(TcpFixture fixture, IocpServerSocketChannel channel, InetSocketAddress address)
            throws Exception {
        channel.pipeline().addLast(new io.netty.channel.ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(io.netty.channel.ChannelHandlerContext context, Object message) {
                ((Channel) message).unsafe().closeForcibly();
            }
        });
        fixture.group.register(channel).sync();
        return channel.bind(address).sync().channel();
    }

    @Test
    void aConnectionHasTheLocalAddressThatItWasGiven() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            Server server = fixture.server();
            Channel channel = fixture.add(fixture.client().connect(server.address(),
                    new InetSocketAddress(TcpFixture.LOOPBACK, 0)).sync().channel());
            assertThat(((InetSocketAddress) channel.localAddress()).getAddress()).isEqualTo(TcpFixture.LOOPBACK);
            assertThat(server.next().channel.remoteAddress()).isEqualTo(channel.localAddress());
        }
    }

    @Test
    void bindErrorsAreThoseOfNio() throws Exception {
        EventLoopGroup nio = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try (TcpFixture fixture = new TcpFixture()) {
            Server used = fixture.server();
            for (InetSocketAddress address : new InetSocketAddress[] { used.address(),
                new InetSocketAddress("198.51.100.7", 0) }) {
                Throwable theirs = failure(new ServerBootstrap().group(nio).channel(NioServerSocketChannel.class)
                        .childHandler(new TcpRecorder()).bind(address));
                ChannelFuture bind = new ServerBootstrap().group(fixture.group)
                        .channel(IocpServerSocketChannel.class).childHandler(new TcpRecorder()).bind(address);
                Throwable ours = failure(bind);
                print("bind, NIO: %s, IOCP: %s", theirs, ours);
                assertThat(ours).isInstanceOf(BindException.class).hasSameClassAs(theirs);
                await("closed", () -> !bind.channel().isOpen());
            }
        } finally {
            nio.shutdownGracefully(0, 10, TimeUnit.SECONDS).await();
        }
    }

    @Test
    void anExistingSocketThatIsNotConnectedConnects() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            Server server = fixture.server();
            long socket = NativeWin32.ACCESS.ofThisThread().wsaSocket(WinConst.AF_INET, WinConst.SOCK_STREAM,
                    WinConst.IPPROTO_TCP, WinConst.WSA_FLAG_OVERLAPPED);
            IocpSocketChannel channel = fixture.add(new IocpSocketChannel(socket));
            assertThat(channel.socket()).isEqualTo(socket);
            assertThat(channel.isActive()).isFalse();
            TcpRecorder recorder = new TcpRecorder();
            channel.pipeline().addLast(recorder);
            fixture.group.register(channel).sync();
            channel.connect(server.address()).sync();
            server.next().channel.writeAndFlush(fixture.allocator.directBuffer().writeByte(4)).sync();
            assertThat(recorder.awaitBytes(1)).containsExactly(4);
            channel.close().sync();
            // Not by closing it again: the number may be another socket's by now.
            assertThat(NativeWin32.ACCESS.ofThisThread().listen(socket, 1)).isEqualTo(WinError.WSAENOTSOCK);
        }
    }

    @Test
    void anExistingSocketThatIsConnectedReadsAndWritesAtOnce() throws Exception {
        try (TcpFixture fixture = new TcpFixture(); ServerSocket listener = new ServerSocket(0, 1, TcpFixture.LOOPBACK);
             java.lang.foreign.Arena arena = java.lang.foreign.Arena.ofConfined()) {
            var win32 = NativeWin32.ACCESS.ofThisThread();
            long socket = win32.wsaSocket(WinConst.AF_INET, WinConst.SOCK_STREAM, WinConst.IPPROTO_TCP,
                    WinConst.WSA_FLAG_OVERLAPPED);
            long name = arena.allocate(32, 8).address();
            int length = io.github.nettyiocp.internal.SocketAddresses.write(name, WinConst.AF_INET,
                    (InetSocketAddress) listener.getLocalSocketAddress());
            assertThat(WindowsCalls.connect(socket, name, length)).isZero();
            try (Socket peer = listener.accept()) {
                IocpSocketChannel channel = fixture.add(new IocpSocketChannel(socket));
                assertThat(channel.isActive()).isTrue();
                assertThat(channel.remoteAddress()).isEqualTo(listener.getLocalSocketAddress());
                TcpRecorder recorder = new TcpRecorder();
                channel.pipeline().addLast(recorder);
                fixture.group.register(channel).sync();
                peer.getOutputStream().write(3);
                assertThat(recorder.awaitBytes(1)).containsExactly(3);
                channel.writeAndFlush(fixture.allocator.directBuffer().writeByte(4)).sync();
                assertThat(peer.getInputStream().read()).isEqualTo(4);
                assertThat(recorder.log).startsWith("active");
            }
        }
    }

    @Test
    void anExistingSocketThatListensAccepts() throws Exception {
        try (TcpFixture fixture = new TcpFixture(); java.lang.foreign.Arena arena =
                java.lang.foreign.Arena.ofConfined()) {
            var win32 = NativeWin32.ACCESS.ofThisThread();
            long socket = win32.wsaSocket(WinConst.AF_INET, WinConst.SOCK_STREAM, WinConst.IPPROTO_TCP,
                    WinConst.WSA_FLAG_OVERLAPPED);
            long name = arena.allocate(32, 8).address();
            int length = io.github.nettyiocp.internal.SocketAddresses.write(name, WinConst.AF_INET,
                    new InetSocketAddress(TcpFixture.LOOPBACK, 0));
            assertThat(win32.bind(socket, name, length)).isZero();
            assertThat(win32.listen(socket, 5)).isZero();
            IocpServerSocketChannel server = fixture.add(new IocpServerSocketChannel(socket));
            assertThat(server.isActive()).isTrue();
            java.util.concurrent.CountDownLatch accepted = new java.util.concurrent.CountDownLatch(1);
            server.pipeline().addLast(new io.netty.channel.ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(io.netty.channel.ChannelHandlerContext context, Object message) {
                    ((Channel) message).unsafe().closeForcibly();
                    accepted.countDown();
                }
            });
            fixture.group.register(server).sync();
            fixture.socket(server.localAddress());
            assertThat(accepted.await(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void whatIsNoSocketIsRefused() {
        for (long socket : new long[] { 0, -1, 0x7fff_fff0L }) {
            assertThatThrownBy(() -> new IocpSocketChannel(socket)).isInstanceOf(ChannelException.class);
            assertThatThrownBy(() -> new IocpServerSocketChannel(socket)).isInstanceOf(ChannelException.class);
        }
    }

    @Test
    void aSocketOptionOfAClosedChannelIsAnErrorAndOneOfTheChannelIsNot() throws Exception {
        IocpSocketChannel channel = new IocpSocketChannel();
        channel.unsafe().closeForcibly();
        assertThatThrownBy(() -> channel.config().isTcpNoDelay()).isInstanceOf(ChannelException.class)
                .hasCauseInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> channel.config().setKeepAlive(true)).isInstanceOf(ChannelException.class);
        assertThat(channel.config().isAutoRead()).isTrue();
    }

    @Test
    void allOptionsCanBeWrittenAndRead() throws Exception {
        try (TcpFixture fixture = new TcpFixture()) {
            IocpSocketChannel channel = fixture.pair().channel();
            Map<ChannelOption<?>, Object> options = Map.ofEntries(Map.entry(ChannelOption.TCP_NODELAY, false),
                    Map.entry(ChannelOption.SO_KEEPALIVE, true), Map.entry(ChannelOption.SO_REUSEADDR, true),
                    Map.entry(ChannelOption.SO_LINGER, 3), Map.entry(ChannelOption.IP_TOS, 8),
                    Map.entry(ChannelOption.ALLOW_HALF_CLOSURE, true), Map.entry(ChannelOption.AUTO_READ, false));
            options.forEach((option, value) -> {
                @SuppressWarnings("unchecked")
                ChannelOption<Object> any = (ChannelOption<Object>) option;
                assertThat(channel.config().setOption(any, value)).as(option.name()).isTrue();
                assertThat(channel.config().getOption(any)).as(option.name()).isEqualTo(value);
            });
            channel.config().setOption(ChannelOption.SO_LINGER, -1);
            assertThat(channel.config().getOption(ChannelOption.SO_LINGER)).isEqualTo(-1);
            for (ChannelOption<Integer> size : java.util.List.of(ChannelOption.SO_RCVBUF, ChannelOption.SO_SNDBUF)) {
                assertThat(channel.config().setOption(size, 100_000)).isTrue();
                assertThat(channel.config().getOption(size)).isGreaterThanOrEqualTo(100_000);
            }
            assertThat(channel.config().getOptions()).isNotEmpty();
            Server server = fixture.server();
            assertThat(server.channel().config().getOption(ChannelOption.SO_RCVBUF)).isPositive();
            assertThat(server.channel().config().getOptions()).isNotEmpty();
        }
    }
}
