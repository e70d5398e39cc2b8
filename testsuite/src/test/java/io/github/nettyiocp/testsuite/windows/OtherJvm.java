/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.NotOverlappedException;
import io.github.nettyiocp.channel.HandleChannel;
import io.github.nettyiocp.process.ChildProcess;
import io.github.nettyiocp.process.ChildProcessBuilder;
import io.github.nettyiocp.process.JobLimits;
import io.github.nettyiocp.testsuite.host.AnotherJvm;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What another JVM does for {@link OtherJvmsOnWindowsTest}. */
public final class OtherJvm {

    private static final int ATTEMPTS = 12;

    private OtherJvm() {
    }

    /** The command that starts such a JVM. */
    static List<String> command(String... arguments) {
        List<String> command = AnotherJvm.command("--enable-native-access=ALL-UNNAMED",
                "-Dcheckout=" + System.getProperty("checkout"), "-cp", System.getProperty("java.class.path"),
                OtherJvm.class.getName());
        command.addAll(List.of(arguments));
        return command;
    }

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        try {
            switch (arguments[0]) {
                case "parent" -> beParent(out);
                case "inherit" -> inherit();
                case "echo" -> echo(Long.parseLong(arguments[1]));
                default -> throw new IllegalArgumentException(arguments[0]);
            }
        } catch (Throwable cause) {
            cause.printStackTrace(out);
            System.exit(9);
        }
    }

    /** Starts a family that is to end with this process, says who it is, and does nothing more. */
    private static void beParent(PrintStream out) throws Exception {
        IocpEventLoopGroup group = new IocpEventLoopGroup(1);
        TcpRecorder output = new TcpRecorder();
        ChildProcess child = new ChildProcessBuilder(ChildFixture.command("family", "forever")).stdout(output)
                .ownJob(new JobLimits().killOnClose(true)).start(group.next()).sync().getNow();
        while (!text(output).contains("here")) {
            Thread.sleep(10);
        }
        String grandchild = text(output).lines().filter(line -> line.startsWith("started ")).findFirst().orElseThrow();
        out.println("pids " + child.pid() + ' ' + grandchild.substring("started ".length()).trim());
        Thread.sleep(Long.MAX_VALUE);
    }

    /** Gives a child the streams of this process: it writes to both outputs and echoes the input. */
    private static void inherit() throws Exception {
        IocpEventLoopGroup group = new IocpEventLoopGroup(1);
        ChildProcess child = new ChildProcessBuilder(
                ChildFixture.command("script", "out:1000", "err:2000", "echo", "exit:7")).inheritIO()
                .start(group.next()).sync().getNow();
        System.exit(child.exit().sync().getNow());
    }

    private static String text(TcpRecorder output) {
        return new String(output.received(), StandardCharsets.UTF_8);
    }

    /** Gives back what comes through an end of a pipe that was inherited, until it ends. */
    private static void echo(long handle) throws Exception {
        IocpEventLoopGroup group = new IocpEventLoopGroup(1);
        HandleChannel channel = null;
        for (int attempt = 0; channel == null; attempt++) {
            if (attempt == ATTEMPTS) {
                throw new IllegalStateException("handle " + handle + " is not overlapped");
            }
            channel = adopt(group, handle);
        }
        WindowsCalls.closeHandle(handle);
        channel.closeFuture().sync();
        System.exit(5);
    }

    /** {@code null} if it has to be tried again: on a busy machine the first look at a handle can take too long. */
    private static HandleChannel adopt(IocpEventLoopGroup group, long handle) throws Exception {
        HandleChannel channel = new HandleChannel(WindowsCalls.duplicate(handle));
        channel.pipeline().addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                context.writeAndFlush(message);
            }
        });
        ChannelFuture registered = group.register(channel).await();
        if (registered.cause() instanceof NotOverlappedException) {
            return null;
        }
        registered.sync();
        return channel;
    }
}
