/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import ch.qos.logback.classic.spi.ILoggingEvent;
import io.github.nettyiocp.channel.IocpChannelOption;
import io.github.nettyiocp.channel.ReceiveMode;
import io.github.nettyiocp.pipe.NamedPipeAddress;
import io.github.nettyiocp.pipe.NamedPipeChannel;
import io.github.nettyiocp.pipe.NamedPipeOption;
import io.github.nettyiocp.pipe.NamedPipeServerChannel;
import io.github.nettyiocp.pipe.PipeDirection;
import io.github.nettyiocp.pipe.PipeSecurity;
import io.github.nettyiocp.pipe.PipeType;
import io.github.nettyiocp.pipe.ServerVerification;
import io.github.nettyiocp.pipe.ServerVerificationException;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;

import java.io.IOException;
import java.net.ConnectException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A random program about named pipes, made by a seed: a server, clients, programs of other processes at either end,
 * handlers that do what the dice say, and shutdown at any moment.
 */
final class PipeProgram extends StreamProgram<PipeOracle> {

    private static final List<Theme<PipeOracle.Action>> THEMES = List.of(
            new Theme<>("reregister", List.of(PipeOracle.Action.REREGISTER, PipeOracle.Action.WRITE),
                    List.of(Faults.Kind.CANCEL_IS_SLOW, Faults.Kind.SLOW_COMPLETION)),
            new Theme<>("end while writing", List.of(PipeOracle.Action.CLOSE_FORCIBLY,
                    PipeOracle.Action.SHUTDOWN_OUTPUT, PipeOracle.Action.CLOSE, PipeOracle.Action.WRITE),
                    List.of(Faults.Kind.PEND_THOUGH_READY, Faults.Kind.SLOW_COMPLETION)),
            new Theme<>("reads on request", List.of(PipeOracle.Action.AUTO_READ_OFF, PipeOracle.Action.AUTO_READ_ON,
                    PipeOracle.Action.READ), List.of(Faults.Kind.PEND_THOUGH_READY)),
            new Theme<>("half closes", List.of(PipeOracle.Action.SHUTDOWN_INPUT, PipeOracle.Action.SHUTDOWN_OUTPUT,
                    PipeOracle.Action.SHUTDOWN, PipeOracle.Action.WRITE), List.of(Faults.Kind.CANCEL_IS_SLOW,
                    Faults.Kind.FLUSH_FAILS)),
            new Theme<>("disconnects", List.of(PipeOracle.Action.DISCONNECT, PipeOracle.Action.ABORT,
                    PipeOracle.Action.WRITE, PipeOracle.Action.CLOSE), List.of(Faults.Kind.QUERY_FAILS,
                    Faults.Kind.EXECUTOR_REFUSES)),
            new Theme<>("opening", List.of(PipeOracle.Action.CLOSE, PipeOracle.Action.CLOSE_LATER),
                    List.of(Faults.Kind.PIPE_OPEN_BLOCKS, Faults.Kind.PIPE_OPEN_BUSY, Faults.Kind.PIPE_OPEN_FAILS)),
            new Theme<>("listening", List.of(PipeOracle.Action.CLOSE, PipeOracle.Action.THROW),
                    List.of(Faults.Kind.LISTEN_FAILS, Faults.Kind.LISTEN_FAILS_LATER, Faults.Kind.PIPE_CREATE_FAILS,
                    Faults.Kind.WAIT_FAILS)),
            new Theme<>("wake ups", List.of(PipeOracle.Action.EXECUTE, PipeOracle.Action.CLOSE_LATER),
                    List.of(Faults.Kind.POST_REFUSED)));

    private static final String NAME = "random\\program";
    private static final String FAR = "far";
    private static final int FAR_PROCESS = 4300;
    private static final int STRANGER = 4400;
    private static final int MAX_PARTS = 3000;

    private final SimulatedProcess farProcess;
    private final SimulatedProcess stranger;
    private final List<PipePeerOracle> peers = new ArrayList<>();
    private final List<PipeOracle.Action> actions;
    private final int maxMessage;
    private final int inQuota;
    private final int outQuota;
    private final int farQuota;
    private final boolean messageType;
    private final boolean emptyMessages;
    private final PipeDirection direction;
    private final int maxInstances;
    private NamedPipeServerChannel server;
    private ServerOracle serverOracle;
    private int names;

    PipeProgram(long seed, Appendable trace) {
        super(seed, trace);
        if (dice.chance(0.25)) {
            kernel.withoutWaitPackets();
        }
        farProcess = kernel.startProcess(FAR_PROCESS, dice.chance(0.7) ? SimulatedProcess.ALICE
                : SimulatedProcess.BOB, 1);
        stranger = kernel.startProcess(STRANGER, SimulatedProcess.BOB, 2);
        messageType = dice.chance(0.5);
        maxMessage = dice.sizeBetween(1, 20_000);
        inQuota = dice.sizeBetween(1, 65537) - 1;
        outQuota = dice.sizeBetween(1, 65537) - 1;
        farQuota = dice.sizeBetween(1, 65537) - 1;
        emptyMessages = messageType && dice.chance(0.3);
        direction = dice.chance(0.8) ? PipeDirection.DUPLEX : dice.pick(PipeDirection.values());
        maxInstances = dice.chance(0.7) ? SimulatedPipe.UNLIMITED : dice.sizeBetween(1, 8);
        actions = chooseActions(PipeOracle.Action.values(), 0.3, THEMES);
    }

    @Override
    boolean isExpectedLog(ILoggingEvent event) {
        if (event.getFormattedMessage().startsWith("The executor for blocking calls refused to end an instance")) {
            kernel.leavesAnInstance();
        }
        return super.isExpectedLog(event);
    }

    // ---- what oracles ask

    int maxMessage() {
        return maxMessage;
    }

    /** So much that small messages and quotas don't make a program of millions of operations. */
    @Override
    int maxBytes() {
        int quota = Math.max(1, Math.min(farQuota, Math.min(inQuota, outQuota)));
        return Math.min(super.maxBytes(), MAX_PARTS * (messageType ? Math.min(maxMessage, quota) : quota));
    }

    /** Whether empty messages are messages as others; otherwise one is the end of a stream. */
    boolean hasEmptyMessages() {
        return emptyMessages;
    }

    /** Of the server's pipe. */
    PipeDirection direction() {
        return direction;
    }

    PipeOracle.Action pickAction() {
        return actions.isEmpty() ? null : actions.get(dice.below(actions.size()));
    }

    // ---- the program

    @Override
    void runAll() {
        // Less than Windows may take to give operations back would make loops end without them.
        long closeTimeout = dice.chance(0.7) ? 1000 : dice.between(500, 3000);
        try (SimulatedRuntime opened = startLoops(config -> config.closeTimeoutMillis(closeTimeout))) {
            runtime = opened;
            boolean served = dice.chance(0.8) && startServer();
            startFarServer();
            int clients = dice.sizeBetween(1, 8);
            for (int i = 0; i < clients; i++) {
                startClient(served);
            }
            runFor(dice.nanosBetween(1_000_000, 20_000_000_000L), true);
            kernel.check();
            if (dice.chance(0.7)) {
                checkQuiet();
            }
            end();
            checkNothingWasAborted();
            kernel.pipes().watchNoMore(NAME);
            kernel.check();
            opened.shutdown(0, dice.pick(new Integer[] { 0, 100, 5000 }));
            kernel.check();
            connections.forEach(PipeOracle::closeUnregistered);
            connections.forEach(PipeOracle::checkAtEnd);
            if (serverOracle != null) {
                serverOracle.closeUnregistered(server);
                serverOracle.checkAtEnd();
            }
            kernel.check();
        }
    }

    @Override
    boolean isServerStalled() {
        SimulatedPipe pipe = kernel.pipes().pipe(NAME);
        return server != null && server.isActive() && server.isRegistered() && server.config().isAutoRead()
                && (pipe == null || pipe.listening() == null && !pipe.isFull());
    }

    // ---- servers

    private boolean startServer() {
        server = runtime.pipeServer();
        serverOracle = new ServerOracle(this) {
            @Override
            ChannelOracle child(Channel child) {
                configure((NamedPipeChannel) child);
                return add("child", false, (NamedPipeChannel) child);
            }

            @Override
            boolean mayMove() {
                return true;
            }

            @Override
            void closing() {
                kernel.pipes().watchNoMore(NAME);
            }
        };
        server.config().setPipeType(messageType ? PipeType.MESSAGE : PipeType.BYTE).setReadMode(readMode(messageType))
                .setDirection(direction).setMaxInstances(maxInstances).setPostedInstances(dice.sizeBetween(1, 8))
                .setInQuota(inQuota).setOutQuota(outQuota)
                .setSecurity(dice.chance(0.5) ? PipeSecurity.currentUser() : PipeSecurity.authenticatedUsers());
        if (!bind(server, serverOracle, this::bindServer)) {
            return false;
        }
        int clients = dice.sizeBetween(1, 5) - 1;
        for (int i = 0; i < clients; i++) {
            startPeer();
        }
        if (dice.chance(0.3)) {
            kernel.schedule().after(dice.nanosBetween(1000, 1_000_000_000), this::tryToSquat);
        }
        return true;
    }

    private ChannelFuture bindServer() {
        ChannelFuture bound = server.bind(new NamedPipeAddress(NAME));
        if (bound.isSuccess()) {
            kernel.pipes().watch(NAME);
        }
        return bound;
    }

    /** Somebody else wants to have instances of the server's name. */
    private void tryToSquat() {
        if (server.isActive() && !serverOracle.isClosedByProgram() && !shuttingDown
                && SimulatedPipePeer.server(kernel, NAME, stranger, peer -> { }).maxInstances(maxInstances)
                .listen(1) == 0) {
            kernel.failed(new SimulationError("a stranger has an instance of the server's pipe"));
        }
    }

    private void startPeer() {
        PipePeerOracle oracle = new PipePeerOracle(this, true);
        peers.add(oracle);
        SimulatedPipePeer.Client client = SimulatedPipePeer.client(kernel, NAME).in(dice.chance(0.8)
                ? kernel.process() : stranger).patient(dice.nanosBetween(1, 1_000_000_000));
        if (messageType && dice.chance(0.5)) {
            client.messages();
        }
        // What a client may have of a pipe of one direction.
        client.access(SimulatedPipePeer.accessFor(direction != PipeDirection.OUTBOUND,
                direction != PipeDirection.INBOUND));
        client.open(oracle::begin);
    }

    private void startFarServer() {
        SimulatedPipePeer.Server far = SimulatedPipePeer.server(kernel, FAR, farProcess, peer -> {
            PipePeerOracle oracle = new PipePeerOracle(this, false);
            peers.add(oracle);
            oracle.begin(peer);
        }).quota(farQuota).descriptor(new SecurityDescriptor(null, null, null));
        if (messageType) {
            far.messages(dice.chance(0.5));
        }
        int instances = dice.between(1, 3);
        if (dice.chance(0.9)) {
            far.listen(instances);
        } else {
            kernel.schedule().after(dice.nanosBetween(1000, 3_000_000_000L), () -> far.listen(instances));
        }
        if (dice.chance(0.2)) {
            kernel.schedule().after(dice.nanosBetween(1000, 3_000_000_000L), far::close);
        }
    }

    private PipeType readMode(boolean messages) {
        return messages && dice.chance(0.5) ? PipeType.MESSAGE : PipeType.BYTE;
    }

    // ---- clients

    private void startClient(boolean served) {
        NamedPipeChannel channel = runtime.pipe();
        configure(channel);
        boolean far = !served || dice.chance(0.4);
        channel.config().setReadMode(readMode(messageType));
        if (!far) {
            channel.config().setDirection(direction);
        }
        if (dice.chance(0.5)) {
            channel.config().setServerVerification(ServerVerification.ownedByCurrentUser());
        }
        channel.config().setWaitForPipe(dice.chance(0.3));
        PipeOracle oracle = add("client", true, channel);
        String name = dice.chance(0.05) ? "nobody" : far ? FAR : NAME;
        oracle.register(anyLoop()).addListener(registered -> {
            if (!registered.isSuccess()) {
                checkCause("a registration", registered.cause());
                return;
            }
            channel.eventLoop().execute(() -> connect(oracle, name));
        });
    }

    private void connect(PipeOracle oracle, String name) {
        NamedPipeChannel channel = oracle.channel;
        if (!channel.isRegistered()) {
            return;
        }
        channel.config().setConnectTimeoutMillis(dice.between(1, 3000));
        ChannelFuture[] future = new ChannelFuture[1];
        oracle.life.userCall(() -> future[0] = oracle.promised("a connect",
                channel.connect(new NamedPipeAddress(name))));
        future[0].addListener(connected -> {
            kernel.log("connect: %s", connected.isSuccess() ? "ok" : connected.cause().getClass().getSimpleName());
            if (!connected.isSuccess()) {
                if (!oracle.isReregistering()) {
                    checkCause("a connect", connected.cause());
                    checkConnectFailure(connected.cause(), name, channel);
                }
            } else if (!channel.isActive() && channel.isOpen()) {
                kernel.failed(new SimulationError("connected, but not active"));
            } else if (isImpostor(channel, name)) {
                kernel.failed(new SimulationError("connected to a server of somebody else"));
            }
        });
        if (wildness > 0 && dice.chance(0.05)) {
            channel.eventLoop().schedule(() -> future[0].cancel(false), dice.nanosBetween(1000, 100_000_000),
                    TimeUnit.NANOSECONDS);
        }
    }

    private boolean isImpostor(NamedPipeChannel channel, String name) {
        return name.equals(FAR) && farProcess.user != SimulatedProcess.ALICE
                && !channel.config().getServerVerification().equals(ServerVerification.none());
    }

    /**
     * Without faults a connect finds no pipe, none that is free, or not the right one; any other failure is our own.
     */
    private void checkConnectFailure(Throwable cause, String name, NamedPipeChannel channel) {
        if (kernel.faults().failures() == 0 && cause instanceof IOException && !(cause instanceof ConnectException)
                && !(cause instanceof ClosedChannelException)
                // Who has sent the client away already can't be asked any more.
                && !(cause instanceof ServerVerificationException && (isImpostor(channel, name)
                || cause.getMessage().contains("is not known")))) {
            kernel.failed(new SimulationError("a connect fails by " + cause, cause));
        }
    }

    /** Makes an oracle for a channel and puts it into the pipeline. */
    private PipeOracle add(String kind, boolean client, NamedPipeChannel channel) {
        PipeOracle oracle = new PipeOracle(this, kind + ' ' + ++names, client, channel);
        connections.add(oracle);
        channel.pipeline().addLast(oracle);
        return oracle;
    }

    private void configure(NamedPipeChannel channel) {
        channel.config().setAllocator(runtime.allocator());
        channel.config().setAutoRead(!dice.chance(0.2));
        channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, dice.chance(0.5));
        channel.config().setOption(IocpChannelOption.SKIP_ON_SUCCESS, dice.chance(0.6));
        channel.config().setOption(IocpChannelOption.RECEIVE_MODE, dice.pick(ReceiveMode.values()));
        if (emptyMessages) {
            channel.config().setOption(NamedPipeOption.EMPTY_MESSAGE_IS_END, false);
        } else if (dice.chance(0.5)) {
            channel.config().setOption(NamedPipeOption.EMPTY_MESSAGE_IS_END, dice.chance(0.7));
        }
        if (dice.chance(0.5)) {
            channel.config().setRecvByteBufAllocator(new FixedRecvByteBufAllocator(dice.sizeBetween(1, 20_000))
                    .maxMessagesPerRead(dice.between(1, 16)));
        }
        if (dice.chance(0.3)) {
            int low = dice.sizeBetween(1, 1000);
            channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(low, low + dice.sizeBetween(1, 64_000)));
        }
        if (dice.chance(0.3)) {
            channel.config().setWriteSpinCount(dice.between(1, 4));
        }
    }
}
