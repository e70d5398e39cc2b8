/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import io.github.nettyiocp.Iocp;
import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.channel.IocpChannelOption;
import io.github.nettyiocp.channel.IocpServerSocketChannel;
import io.github.nettyiocp.channel.IocpSocketChannel;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.util.NettyRuntime;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.Version;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

import static io.github.nettyiocp.examples.Dll.INT;
import static io.github.nettyiocp.examples.Dll.POINTER;

/**
 * Prints what this machine offers to the transport, and what is wrong if something is. The exit code is 0 if the
 * transport can be used.
 */
public final class DoctorExample {

    private static final int SOL_SOCKET = 0xFFFF;
    private static final int SO_REUSE_UNICASTPORT = 0x3007;
    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM = 1;
    private static final int MIN_JAVA = 25;

    private final List<String> wrong = new ArrayList<>();

    private DoctorExample() {
    }

    /** Prints the report. */
    public static void main(String[] args) {
        System.exit(new DoctorExample().examine() ? 0 : 1);
    }

    private boolean examine() {
        System.out.println("Machine");
        line("Java", System.getProperty("java.version") + ", " + System.getProperty("java.vendor") + ", "
                + System.getProperty("java.vm.name"));
        line("operating system", System.getProperty("os.name") + ", " + System.getProperty("os.arch") + ", "
                + NettyRuntime.availableProcessors() + " processors");
        Version netty = Version.identify().get("netty-transport");
        line("Netty", netty == null ? "version unknown" : netty.artifactVersion());
        line("leak detection", ResourceLeakDetector.getLevel().name().toLowerCase(Locale.ROOT));
        boolean nativeAccess = DoctorExample.class.getModule().isNativeAccessEnabled();
        line("native access", nativeAccess ? "enabled" : "not enabled");
        line("IOCP transport", Iocp.isAvailable() ? "available: " + Iocp.featureString() : "not available");

        boolean windows = System.getProperty("os.name").startsWith("Windows");
        if (!windows) {
            wrong.add("This is " + System.getProperty("os.name") + "; I/O completion ports exist on Windows only. To"
                    + " try the transport here, run ./run-example.sh doctor, which starts a Windows JVM on Wine."
                    + " In a program, use NIO, epoll or io_uring here.");
        } else if (!Iocp.isAvailable()) {
            wrong.add("The transport can't be used: " + Iocp.unavailabilityCause().getMessage() + '.');
        } else if (!nativeAccess) {
            System.out.println();
            System.out.println("Java has only warned of native access so far, and may deny it in a later version: give"
                    + " it --enable-native-access=ALL-UNNAMED (class path) or =io.github.nettyiocp (module path).");
        }
        if (Runtime.version().feature() < MIN_JAVA) {
            wrong.add("Java " + MIN_JAVA + " or later is needed.");
        }
        if (windows && Iocp.isAvailable()) {
            System.out.println();
            System.out.println("Sockets");
            examineSockets();
            System.out.println();
            System.out.println("Features of this Windows");
            examineFeatures();
        }
        System.out.println();
        wrong.forEach(System.out::println);
        if (wrong.isEmpty()) {
            System.out.println("All is well.");
        }
        return wrong.isEmpty();
    }

    private static void line(String name, Object value) {
        System.out.printf("  %-34s %s%n", name, value);
    }

    private static void line(String name, boolean found) {
        line(name, found ? "yes" : "no");
    }

    // ---- sockets, by the transport itself

    private void examineSockets() {
        IocpEventLoopGroup group = new IocpEventLoopGroup(1);
        try {
            examineLoopback(group, "127.0.0.1");
            boolean skipping = group.metrics().inlineCompletions() > 0;
            if (!examineLoopback(group, "::1")) {
                System.out.println("    Sockets are IPv4 only where there is no IPv6; nothing has to be changed.");
            }
            line("success without a packet", skipping ? "yes"
                    : "no (a layered socket provider is installed?); slower, no more");
            examineOptions(group);
        } catch (Exception cause) {
            wrong.add("An event loop can't be used: " + cause);
        } finally {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    private boolean examineLoopback(IocpEventLoopGroup group, String host) throws InterruptedException {
        boolean needed = host.indexOf(':') < 0;
        Channel server = null;
        try {
            ChannelInboundHandlerAdapter nothing = new Ignore();
            server = new ServerBootstrap().group(group).channel(IocpServerSocketChannel.class).childHandler(nothing)
                    .bind(host, 0).sync().channel();
            Channel client = new Bootstrap().group(group).channel(IocpSocketChannel.class).handler(nothing)
                    .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 5000).connect(server.localAddress()).sync().channel();
            client.writeAndFlush(Unpooled.wrappedBuffer(new byte[64])).sync();
            client.close().sync();
            line("connection over " + host, true);
            return true;
        } catch (InterruptedException interrupted) {
            throw interrupted;
        } catch (Exception cause) {
            line("connection over " + host, "no: " + cause.getMessage());
            if (needed) {
                wrong.add("No connection over " + host + " could be made: " + cause);
            }
            return false;
        } finally {
            if (server != null) {
                server.close().sync();
            }
        }
    }

    private static void examineOptions(IocpEventLoopGroup group) throws InterruptedException {
        IocpSocketChannel channel = new IocpSocketChannel(SocketProtocolFamily.INET);
        channel.pipeline().addLast(new Ignore());
        group.register(channel).sync();
        line("TCP_KEEPIDLE", accepts(channel, IocpChannelOption.TCP_KEEPIDLE));
        line("TCP_KEEPINTVL", accepts(channel, IocpChannelOption.TCP_KEEPINTVL));
        line("TCP_KEEPCNT", accepts(channel, IocpChannelOption.TCP_KEEPCNT));
        line("SO_REUSE_UNICASTPORT", reuseUnicastPort(channel.socket()));
        channel.close().sync();
    }

    private static boolean accepts(IocpSocketChannel channel, ChannelOption<Integer> option) {
        try {
            return channel.config().setOption(option, 60);
        } catch (ChannelException refused) {
            return false;
        }
    }

    /** Ignores what comes. */
    @ChannelHandler.Sharable
    private static final class Ignore extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ReferenceCountUtil.release(message);
        }
    }

    // ---- calls of Windows

    private static boolean reuseUnicastPort(long socket) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment one = arena.allocateFrom(INT, 1);
            return (int) new Dll("ws2_32.dll").function("setsockopt", INT, POINTER, INT, INT, POINTER, INT)
                    .invokeExact(Dll.captured(), socket, SOL_SOCKET, SO_REUSE_UNICASTPORT, one.address(),
                            (int) one.byteSize()) == 0;
        } catch (Throwable cause) {
            throw new AssertionError(cause);
        }
    }

    private static void examineFeatures() {
        line("AF_UNIX sockets", unixSocket());
        line("wait-completion packets", new Dll("ntdll.dll").exports("NtAssociateWaitCompletionPacket"));
        line("ReadDirectoryChangesExW", new Dll("kernel32.dll").exports("ReadDirectoryChangesExW"));
    }

    private static boolean unixSocket() {
        try {
            Dll sockets = new Dll("ws2_32.dll");
            long socket = (long) sockets.function("socket", POINTER, INT, INT, INT)
                    .invokeExact(Dll.captured(), AF_UNIX, SOCK_STREAM, 0);
            return socket != -1
                    && (int) sockets.function("closesocket", INT, POINTER).invokeExact(Dll.captured(), socket) == 0;
        } catch (Throwable cause) {
            throw new AssertionError(cause);
        }
    }
}
