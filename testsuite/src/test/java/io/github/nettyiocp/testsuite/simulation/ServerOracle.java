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
import io.netty.channel.EventLoop;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/** The pipeline of a random program's server: takes children in, and does what the dice say in each callback. */
abstract class ServerOracle extends ChannelDuplexHandler {

    private static final double CHANCE_TO_ACT = 0.03;

    private final StreamProgram<?> program;
    private final LifeCycle life;
    private boolean closedByProgram;
    private boolean closedForcibly;
    private boolean reregistering;

    ServerOracle(StreamProgram<?> program) {
        this.program = program;
        life = new LifeCycle(program.kernel, "server");
    }

    /** Makes an oracle for a connection that was accepted. */
    abstract ChannelOracle child(Channel child);

    /** Whether the server may be registered with another loop than before. */
    boolean mayMove() {
        return false;
    }

    /** The program closes the server now. */
    void closing() {
    }

    final boolean isClosedByProgram() {
        return closedByProgram;
    }

    /** A server that was deregistered and not registered again belongs to no loop: its user closes it, anywhere. */
    final void closeUnregistered(Channel server) {
        if (server.isOpen() && !server.isRegistered()) {
            closedByProgram = true;
            closedForcibly = true;
            server.unsafe().close(server.voidPromise());
        }
    }

    /** When the loops have ended. */
    final void checkAtEnd() {
        // One that leaves its loop first isn't told that it was closed, by the end of the loop either.
        life.ended(closedForcibly || reregistering);
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
            case 2:
            case 3:
                reregister(server, where);
                break;
            default:
                program.kernel.log("the server throws in %s", where);
                throw new TestException(where + " of the server");
        }
    }

    private void close(Channel server, boolean forcibly) {
        closedByProgram = true;
        closing();
        // A server that leaves its loop first isn't told of its close.
        closedForcibly |= reregistering;
        if (forcibly && !reregistering) {
            closedForcibly = true;
            server.unsafe().closeForcibly();
        }
        life.userCall(() -> program.promised("the server's close", server.close()));
    }

    private void reregister(Channel server, String where) {
        if (reregistering || !server.isRegistered() || !server.isActive()) {
            return;
        }
        program.kernel.log("the server is deregistered in %s", where);
        reregistering = true;
        EventLoop loop = server.eventLoop();
        EventLoop next = mayMove() ? program.anyLoop() : loop;
        program.promised("the server's deregistration", server.deregister()).addListener(done -> {
            Runnable again = () -> registerAgain(server, next);
            if (program.dice.chance(0.5)) {
                loop.execute(again);
            } else {
                loop.schedule(again, program.dice.nanosBetween(1000, 50_000_000), TimeUnit.NANOSECONDS);
            }
        });
    }

    private void registerAgain(Channel server, EventLoop next) {
        if (!server.isOpen() || server.isRegistered() || program.isShuttingDown()) {
            return;
        }
        program.kernel.log("the server is registered again with %s", next);
        program.promised("the server's next registration", next.register(server)).addListener(registered -> {
            reregistering = false;
            if (!registered.isSuccess()) {
                program.checkCause("the server's next registration", registered.cause());
            }
        });
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
