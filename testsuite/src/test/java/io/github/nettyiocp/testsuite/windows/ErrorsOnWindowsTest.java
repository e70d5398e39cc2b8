/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.SimulationAccess;
import io.github.nettyiocp.channel.IocpDatagramChannel;
import io.github.nettyiocp.channel.IocpServerSocketChannel;
import io.github.nettyiocp.channel.IocpSocketChannel;
import io.github.nettyiocp.channel.SimulatedChannels;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import io.github.nettyiocp.testsuite.faults.ForwardingWin32;
import io.github.nettyiocp.testsuite.faults.ForwardingWin32Access;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Socket errors are exceptions of the same type as NIO's, with as good a message: docs/errors.md. What can be made to
 * happen happens, to NIO and to IOCP; the other errors are put in the place of the outcome of a call, and compared with
 * what the JDK makes of the same number of Windows.
 */
@Timeout(240)
class ErrorsOnWindowsTest {

    private static final int TOO_LONG = 70_000;

    /** The transports to compare. */
    private record Transport(EventLoopGroup group, Class<? extends Channel> client,
                             Class<? extends ServerChannel> server, Class<? extends Channel> datagram) {

        Bootstrap bootstrap(Class<? extends Channel> type) {
            return new Bootstrap().group(group).channel(type).handler(new ChannelInboundHandlerAdapter());
        }

        Throwable connect(SocketAddress address) throws InterruptedException {
            return bootstrap(client).connect(address).await().cause();
        }

        Throwable listen(SocketAddress address) throws InterruptedException {
            return new ServerBootstrap().group(group).channel(server)
                    .childHandler(new ChannelInboundHandlerAdapter()).bind(address).await().cause();
        }

        Throwable send(int bytes, InetSocketAddress to) throws InterruptedException {
            Channel channel = bootstrap(datagram).bind(0).sync().channel();
            try {
                return channel.writeAndFlush(new DatagramPacket(Unpooled.buffer(bytes).writeZero(bytes), to)).await()
                        .cause();
            } finally {
                channel.close().sync();
            }
        }
    }

    /** What goes wrong by itself, and how NIO's message must begin for the case to be the one that is meant. */
    private enum Case {
        REFUSED("Connection refused") {
            @Override
            Throwable run(Transport transport) throws Exception {
                ServerSocket server = new ServerSocket(0, 1, TcpFixture.LOOPBACK);
                server.close();
                return transport.connect(server.getLocalSocketAddress());
            }
        },
        UNREACHABLE("Network is unreachable") {
            @Override
            Throwable run(Transport transport) throws Exception {
                return transport.connect(new InetSocketAddress("255.255.255.255", 8));
            }
        },
        TIMED_OUT("connection timed out") {
            @Override
            Throwable run(Transport transport) throws Exception {
                String host = System.getProperty("io.netty.testsuite.badHost");
                int port = Integer.getInteger("io.netty.testsuite.badPort", 65535);
                return transport.bootstrap(transport.client).option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 300)
                        .connect(host, port).await().cause();
            }
        },
        RESET("Connection reset") {
            @Override
            Throwable run(Transport transport) throws Exception {
                try (ServerSocket server = new ServerSocket(0, 1, TcpFixture.LOOPBACK)) {
                    TcpRecorder recorder = new TcpRecorder();
                    Channel channel = new Bootstrap().group(transport.group).channel(transport.client)
                            .handler(recorder).connect(server.getLocalSocketAddress()).sync().channel();
                    Socket peer = server.accept();
                    peer.setSoLinger(true, 0);
                    peer.close();
                    assertThat(channel.closeFuture().await(60, TimeUnit.SECONDS)).isTrue();
                    return recorder.exceptions.get(0);
                }
            }
        },
        ADDRESS_IN_USE("Address already in use") {
            @Override
            Throwable run(Transport transport) throws Exception {
                try (ServerSocket other = new ServerSocket(0, 1, TcpFixture.LOOPBACK)) {
                    return transport.listen(other.getLocalSocketAddress());
                }
            }
        },
        ADDRESS_NOT_AVAILABLE("Cannot assign requested address") {
            @Override
            Throwable run(Transport transport) throws Exception {
                return transport.listen(new InetSocketAddress("198.51.100.254", 0));
            }
        },
        PERMISSION("Permission denied") {
            @Override
            Throwable run(Transport transport) throws Exception {
                return transport.send(1, new InetSocketAddress("255.255.255.255", 9));
            }
        },
        MESSAGE_TOO_LONG("The message is larger than the maximum supported by the underlying transport") {
            @Override
            Throwable run(Transport transport) throws Exception {
                return transport.send(TOO_LONG, new InetSocketAddress(TcpFixture.LOOPBACK, 9));
            }
        };

        final String message;

        Case(String message) {
            this.message = message;
        }

        abstract Throwable run(Transport transport) throws Exception;
    }

    private IocpEventLoopGroup iocp;
    private EventLoopGroup nio;
    /** Wine posts a packet although {@code WSASendTo} said that the message is too long. */
    private boolean mayHaveStalePacket;

    @AfterEach
    void end() throws InterruptedException {
        if (nio != null) {
            nio.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        }
        if (mayHaveStalePacket) {
            WindowsTestSupport.end(iocp);
        } else {
            WindowsTestSupport.shutDown(iocp);
        }
    }

    @ParameterizedTest
    @EnumSource(Case.class)
    void whatGoesWrongHasTheExceptionOfNio(Case test) throws Exception {
        iocp = new IocpEventLoopGroup(1);
        mayHaveStalePacket = test == Case.MESSAGE_TOO_LONG;
        nio = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        Throwable theirs = test.run(new Transport(nio, NioSocketChannel.class, NioServerSocketChannel.class,
                NioDatagramChannel.class));
        Throwable ours = test.run(new Transport(iocp, IocpSocketChannel.class, IocpServerSocketChannel.class,
                IocpDatagramChannel.class));
        assertThat(theirs).hasMessageStartingWith(test.message);
        assertThat(ours).hasMessageStartingWith(test.message).hasSameClassAs(theirs);
        if (test != Case.TIMED_OUT) {
            assertThat(ours).hasMessageMatching(".*\\(\\w+, error \\d+\\).*");
        }
    }

    // ---- errors that a test can't cause

    /** The real calls, one of which fails. */
    private static final class Failing extends ForwardingWin32Access {

        private final String function;
        private final int error;
        private volatile boolean armed;

        Failing(String function, int error) {
            this.function = function;
            this.error = error;
        }

        private boolean fails(String call) {
            return armed && function.equals(call);
        }

        @Override
        protected Win32 around(Win32 real) {
            return new ForwardingWin32(real) {
                @Override
                public int connectEx(long pointer, long socket, long name, int nameLength, long sendBuffer,
                                     int sendLength, long bytes, long overlapped) {
                    return fails("ConnectEx") ? error : super.connectEx(pointer, socket, name, nameLength, sendBuffer,
                            sendLength, bytes, overlapped);
                }

                @Override
                public int wsaRecv(long socket, long buffers, int count, long bytes, long flags, long overlapped) {
                    return fails("WSARecv") ? error
                            : super.wsaRecv(socket, buffers, count, bytes, flags, overlapped);
                }

                @Override
                public int wsaSend(long socket, long buffers, int count, long bytes, int flags, long overlapped) {
                    return fails("WSASend") ? error
                            : super.wsaSend(socket, buffers, count, bytes, flags, overlapped);
                }

                @Override
                public int bind(long socket, long name, int nameLength) {
                    return fails("bind") ? error : super.bind(socket, name, nameLength);
                }

                @Override
                public long wsaSocket(int family, int type, int protocol, int flags) {
                    return fails("WSASocketW") ? WinConst.INVALID_SOCKET
                            : super.wsaSocket(family, type, protocol, flags);
                }

                @Override
                public int lastError() {
                    return fails("WSASocketW") ? error : super.lastError();
                }
            };
        }
    }

    /** The types and the texts are those of the JDK for the same number, net_util_md.c; "reset" is what NIO says. */
    @ParameterizedTest
    @CsvSource({
        "ConnectEx, 10065, java.net.NoRouteToHostException, No route to host",
        "ConnectEx, 10051, java.net.SocketException, Network is unreachable",
        "ConnectEx, 10060, java.net.ConnectException, Connection timed out",
        "ConnectEx, 10061, java.net.ConnectException, Connection refused",
        "ConnectEx, 10013, java.net.SocketException, Permission denied",
        "ConnectEx, 10048, java.net.BindException, Address already in use",
        "ConnectEx, 10049, java.net.BindException, Cannot assign requested address",
        "ConnectEx, 10055, java.net.SocketException, No buffer space available (maximum connections reached?)",
        "WSARecv, 10053, java.net.SocketException, An established connection was aborted by the software in your host "
                + "machine",
        "WSARecv, 10054, java.net.SocketException, Connection reset",
        "WSARecv, 10052, java.net.SocketException, Network dropped connection on reset",
        "WSARecv, 10060, java.net.SocketException, Connection timed out",
        "WSASend, 10053, java.net.SocketException, An established connection was aborted by the software in your host "
                + "machine",
        "WSASend, 10054, java.net.SocketException, Connection reset",
        "bind, 10013, java.net.BindException, Address already in use or reserved",
        "bind, 10055, java.net.SocketException, No buffer space available (maximum connections reached?)" })
    void anErrorOfWindowsHasTheExceptionOfTheJdk(String function, int error, String type, String text)
            throws Exception {
        Failing calls = new Failing(function, error);
        iocp = new IocpEventLoopGroup(1, SimulationAccess.config(calls));
        try (ServerSocket server = new ServerSocket(0, 1, TcpFixture.LOOPBACK)) {
            IocpSocketChannel channel = SimulatedChannels.socket(calls, null);
            TcpRecorder recorder = new TcpRecorder();
            channel.pipeline().addLast(recorder);
            iocp.register(channel).sync();
            calls.armed = !function.startsWith("WSA");
            ChannelFuture connect = function.equals("bind")
                    ? channel.bind(new InetSocketAddress(TcpFixture.LOOPBACK, 0)).await()
                    : channel.connect(server.getLocalSocketAddress()).await();
            Throwable cause = connect.cause();
            if (!calls.armed) {
                Socket peer = server.accept();
                calls.armed = true;
                if (function.equals("WSASend")) {
                    cause = channel.writeAndFlush(Unpooled.buffer(1).writeByte(1)).await().cause();
                } else {
                    // The receive that is posted takes it, the next one fails.
                    peer.getOutputStream().write(1);
                    assertThat(channel.closeFuture().await(60, TimeUnit.SECONDS)).isTrue();
                    cause = recorder.exceptions.get(0);
                }
                peer.close();
            }
            calls.armed = false;
            // Netty, which adds the address, makes a SocketException of a BindException.
            assertThat(type.endsWith("BindException") && !function.equals("bind") ? cause.getCause() : cause)
                    .isInstanceOf(Class.forName(type).asSubclass(Throwable.class));
            assertThat(cause).isInstanceOf(SocketException.class).hasMessageStartingWith(text)
                    .hasMessageContaining("(" + function + ", error " + error + ')');
            if (function.equals("ConnectEx")) {
                assertThat(cause.getMessage()).contains(server.getLocalSocketAddress().toString());
            }
            channel.close().sync();
        }
    }

    @Test
    void whoIsOutOfHandlesHearsThatNoSocketCanBeOpened() throws Exception {
        Failing calls = new Failing("WSASocketW", WinError.WSAEMFILE);
        iocp = new IocpEventLoopGroup(1, SimulationAccess.config(calls));
        calls.armed = true;
        assertThatExceptionOfType(ChannelException.class).isThrownBy(() -> SimulatedChannels.socket(calls, null))
                .withMessage("Failed to open a socket.").havingCause().isInstanceOf(SocketException.class)
                .withMessageStartingWith("Too many open files").withMessageContaining("error 10024");
        assertThatExceptionOfType(ChannelException.class).isThrownBy(() -> SimulatedChannels.server(calls, null))
                .havingCause().withMessageStartingWith("Too many open files");
        assertThatExceptionOfType(ChannelException.class).isThrownBy(() -> SimulatedChannels.datagram(calls, null))
                .havingCause().withMessageStartingWith("Too many open files");
        calls.armed = false;
    }
}
