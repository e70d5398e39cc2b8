/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.process.ChildProcess;
import io.github.nettyiocp.process.ChildProcessBuilder;
import io.github.nettyiocp.process.JobLimits;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs a program and passes on what it writes, errors in red, and its exit code: {@code run-child PROGRAM
 * [ARGUMENT...]}. Without arguments it runs one that writes both ways. The child is in a job that ends with this
 * program, so that nothing of it is left behind, whatever it starts and however this program ends.
 */
public final class RunChildExample {

    private static final int SHUTDOWN_SECONDS = 20;
    private static final String RED = "\u001b[31m";
    private static final String PLAIN = "\u001b[0m";
    private static final List<String> DEMONSTRATION = List.of("cmd.exe", "/d", "/c",
            "echo This goes to the output& echo and this to the errors 1>&2& exit 3");

    private RunChildExample() {
    }

    /** Runs the program; ends with its exit code, or with 1 if it can't be run. */
    public static void main(String[] args) throws InterruptedException {
        ExampleRun.checkAvailable();
        IocpEventLoopGroup group = new IocpEventLoopGroup(1);
        int exitCode = 1;
        try {
            exitCode = run(group, args.length == 0 ? DEMONSTRATION : List.of(args));
        } catch (IOException | IllegalArgumentException cause) {
            System.err.println("Cannot run: " + cause.getMessage());
        } finally {
            group.shutdownGracefully(0, SHUTDOWN_SECONDS, TimeUnit.SECONDS).sync();
        }
        if (args.length == 0) {
            System.out.println("The exit code was " + exitCode);
            exitCode = 0;
        }
        System.exit(exitCode);
    }

    private static int run(IocpEventLoopGroup group, List<String> command) throws IOException, InterruptedException {
        ChildProcess child = new ChildProcessBuilder(command)
                .redirectInput(Redirect.INHERIT)
                .stdout(new Printer("", ""))
                .stderr(new Printer(RED, PLAIN))
                .ownJob(new JobLimits().killOnClose(true))
                .start(group.next()).sync().getNow();
        int exitCode = child.exit().sync().getNow();
        // The process has ended; what it wrote is still being read.
        child.stdout().closeFuture().sync();
        child.stderr().closeFuture().sync();
        return exitCode;
    }

    /** Prints what comes as it comes, in whatever encoding it is. */
    private static final class Printer extends ChannelInboundHandlerAdapter {

        private final String before;
        private final String after;

        Printer(String before, String after) {
            this.before = before;
            this.after = after;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) throws IOException {
            ByteBuf bytes = (ByteBuf) message;
            try {
                System.out.print(before);
                System.out.flush();
                bytes.readBytes(System.out, bytes.readableBytes());
                System.out.print(after);
                System.out.flush();
            } finally {
                bytes.release();
            }
        }
    }
}
