/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/** The pipeline of a random program's server: takes children in, and does what the dice say in each callback. */
abstract class ServerOracle extends ChannelDuplexHandler {

    private static final double CHANCE_TO_ACT = 0.03;

    private final StreamProgram<?> program;
    private final LifeCycle life;
    private boolean closedByProgram;
    private boolean closedForcibly;

    ServerOracle(StreamProgram<?> program) {
        this.program = program;
        life = new LifeCycle(program.kernel, "server");
    }

    /** Makes an oracle for a connection that was accepted. */
    abstract ChannelOracle child(Channel child);

    /** The program closes the server now. */
    void closing() {
    }

    final boolean isClosedByProgram() {
        return closedByProgram;
    }

    /** When the loops have ended. */
    final void checkAtEnd() {
        life.ended(closedForcibly);
    }

    @Override
    public void channelRegistered(ChannelHandlerContext ctx) {
        life.registered();
        act(ctx, "channelRegistered");
    }

    @Override
    public void channelUnregistered(ChannelHandlerContext ctx) {
        life.unregistered();
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        life.active();
        // Follows what the head of the pipeline does.
        ctx.fireChannelActive();
        act(ctx, "channelActive");
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        life.inactive(closedByProgram);
        if (!closedByProgram && !program.isShuttingDown()) {
            program.fail("the server closed itself");
        }
        act(ctx, "channelInactive");
    }

    @Override
    public void read(ChannelHandlerContext ctx) {
        life.readRequested();
        life.userCall(ctx::read);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        life.read(ctx.channel().config().isAutoRead());
        child((Channel) message).register(program.anyLoop()).addListener(registered -> {
            if (!registered.isSuccess()) {
                program.checkCause("a child's registration", registered.cause());
            }
        });
        act(ctx, "channelRead");
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        life.readComplete(ctx.channel().config().isAutoRead());
        act(ctx, "channelReadComplete");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!(cause instanceof TestException) && program.kernel.faults().failures() == 0) {
            program.fail("server: exceptionCaught", cause);
        }
    }

    private void act(ChannelHandlerContext ctx, String where) {
        if (program.wildness() == 0 || program.isQuiet() || !program.dice.chance(CHANCE_TO_ACT)) {
            return;
        }
        Channel server = ctx.channel();
        switch (program.dice.below(6)) {
            case 0:
                program.kernel.log("the server is closed in %s", where);
                close(server, program.dice.chance(0.5));
                break;
            case 1:
                program.kernel.log("the server reads no more in %s", where);
                life.readNoLongerRequested();
                server.config().setAutoRead(false);
                readAgain(server);
                break;
            default:
                program.kernel.log("the server throws in %s", where);
                throw new TestException(where + " of the server");
        }
    }

    private void close(Channel server, boolean forcibly) {
        closedByProgram = true;
        closing();
        if (forcibly) {
            closedForcibly = true;
            server.unsafe().closeForcibly();
        }
        life.userCall(() -> program.promised("the server's close", server.close()));
    }

    private void readAgain(Channel server) {
        try {
            server.eventLoop().schedule(() -> {
                if (program.dice.chance(0.5)) {
                    server.read();
                }
                server.config().setAutoRead(true);
            }, program.dice.nanosBetween(1000, 500_000_000), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException ended) {
            program.kernel.log("the server's loop takes no tasks any more");
        }
    }
}
