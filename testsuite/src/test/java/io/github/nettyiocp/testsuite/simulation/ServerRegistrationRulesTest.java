/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.channel.IocpServerSocketChannel;
import io.github.nettyiocp.pipe.NamedPipeAddress;
import io.github.nettyiocp.pipe.NamedPipeServerChannel;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** Servers that are deregistered, and registered again: of sockets with the same loop, of pipes with any. */
@Timeout(120)
class ServerRegistrationRulesTest {

    private static final String NAME = "moving";
    private static final NamedPipeAddress ADDRESS = new NamedPipeAddress(NAME);

    private final DirectedRun run = new DirectedRun(Faults.none(), 2, true);
    private final SimulatedKernel kernel = run.kernel;
    private final EventLoop first = run.runtime.loop(0);
    private final EventLoop second = run.runtime.loop(1);
    private EventRecorder events = new EventRecorder();
    private final List<SimulatedPipePeer> peers = new ArrayList<>();

    @AfterEach
    void end() {
        events.children().forEach(child -> child.unsafe().closeForcibly());
        peers.forEach(SimulatedPipePeer::close);
        run.close();
    }

    private NamedPipeServerChannel pipeServer(int posted) {
        NamedPipeServerChannel server = run.runtime.pipeServer();
        events = new EventRecorder();
        server.config().setPostedInstances(posted);
        server.pipeline().addLast(events);
        run.sync(first.register(server));
        run.sync(server.bind(ADDRESS));
        run.millis(5);
        return server;
    }

    private void dial() {
        peers.add(SimulatedPipePeer.client(kernel, NAME).patient(5_000_000_000L).open(opened -> { }));
    }

    private void deregister(Channel server) {
        run.sync(server.deregister());
        assertThat(events.events()).endsWith("unregistered");
    }

    private void untilChildren(int count) {
        run.until(count + " children", () -> events.children().size() == count);
    }

    @Test
    void aServerOfPipesGoesOnWithAnotherLoopAndHandsOutWhoCameMeanwhile() {
        NamedPipeServerChannel server = pipeServer(2);
        dial();
        untilChildren(1);
        deregister(server);
        dial();
        run.millis(50);
        assertThat(events.children()).hasSize(1);
        run.sync(second.register(server));
        untilChildren(2);
        dial();
        untilChildren(3);
        run.sync(server.close());
        assertThat(events.count("inactive")).isEqualTo(1);
    }

    @Test
    void aReadThatIsPendingOutlivesTheRegistrationOfAServerOfPipes() {
        NamedPipeServerChannel server = pipeServer(1);
        server.config().setAutoRead(false);
        run.millis(5);
        dial();
        run.millis(20);
        server.read();
        untilChildren(1);
        server.read();
        deregister(server);
        dial();
        run.sync(second.register(server));
        untilChildren(2);
    }

    @Test
    void nothingIsHandedOutByAServerOfPipesThatWasDeregisteredInTheReadLoop() {
        NamedPipeServerChannel server = pipeServer(3);
        server.config().setAutoRead(false);
        run.millis(5);
        for (int i = 0; i < 3; i++) {
            dial();
        }
        run.millis(20);
        ChannelFuture[] deregistered = new ChannelFuture[1];
        first.execute(() -> {
            server.read();
            deregistered[0] = server.deregister();
        });
        run.until("the deregistration", () -> deregistered[0] != null && deregistered[0].isDone());
        int before = events.children().size();
        int told = events.events().size();
        run.millis(50);
        assertThat(events.children()).hasSize(before);
        assertThat(events.events()).hasSize(told).endsWith("unregistered");
        run.sync(second.register(server));
        server.config().setAutoRead(true);
        untilChildren(3);
    }

    @Test
    void aServerOfPipesThatMovesWhileItBacksOffGoesOnAtOnce() {
        NamedPipeServerChannel server = pipeServerThatHasNoInstance();
        kernel.faults().with(Faults.Kind.PIPE_CREATE_FAILS, 0);
        deregister(server);
        run.sync(second.register(server));
        long start = run.now();
        dial();
        untilChildren(2);
        assertThat(run.millisSince(start)).isLessThan(500);
        // What the first loop was to do by then is done by nobody.
        run.millis(1500);
        assertThat(server.isActive()).isTrue();
    }

    @Test
    void anInstanceThatFailedIsClosedAlthoughItsServerWasDeregistered() {
        for (int moment = 0; moment < 30; moment++) {
            int handles = kernel.openHandles();
            NamedPipeServerChannel server = pipeServer(2);
            int listening = kernel.openHandles();
            kernel.faults().with(Faults.Kind.LISTEN_FAILS_LATER, 1);
            dial();
            run.kernel.sleep(moment * 200L);
            run.sync(server.deregister());
            kernel.faults().with(Faults.Kind.LISTEN_FAILS_LATER, 0);
            run.sync(second.register(server));
            peers.forEach(SimulatedPipePeer::close);
            events.children().forEach(child -> child.unsafe().closeForcibly());
            run.until("as many as before", () -> kernel.openHandles() == listening);
            run.sync(server.close());
            run.until("none", () -> kernel.openHandles() == handles);
        }
    }

    @Test
    void aCloseAndADeregistrationOfAServerOfPipesAreDoneBothInWhateverOrder() {
        for (boolean closeFirst : new boolean[] { true, false }) {
            for (boolean listening : new boolean[] { true, false }) {
                int handles = kernel.openHandles();
                NamedPipeServerChannel server = listening ? pipeServer(2) : pipeServerThatHasNoInstance();
                ChannelFuture[] futures = new ChannelFuture[2];
                long start = run.now();
                first.execute(() -> {
                    futures[0] = closeFirst ? server.close() : server.deregister();
                    futures[1] = closeFirst ? server.deregister() : server.close();
                });
                run.until("both", () -> futures[1] != null && futures[0].isSuccess() && futures[1].isSuccess());
                assertThat(run.millisSince(start)).isLessThan(500);
                assertThat(server.isOpen()).isFalse();
                assertThat(server.isRegistered()).isFalse();
                kernel.faults().with(Faults.Kind.PIPE_CREATE_FAILS, 0);
                events.children().forEach(child -> child.unsafe().closeForcibly());
                peers.forEach(SimulatedPipePeer::close);
                run.until("nothing is left", () -> kernel.openHandles() == handles);
                // A channel that has left its loop is not told of its close.
                assertThat(events.count("inactive")).isEqualTo(closeFirst ? 1 : 0);
                assertThat(events.count("unregistered")).isEqualTo(1);
            }
        }
    }

    private NamedPipeServerChannel pipeServerThatHasNoInstance() {
        NamedPipeServerChannel server = pipeServer(1);
        kernel.faults().with(Faults.Kind.PIPE_CREATE_FAILS, 1);
        dial();
        untilChildren(1);
        run.until("the failure", () -> events.saw("exception"));
        return server;
    }

    @Test
    void aServerOfPipesThatIsDeregisteredTwiceIsDeregisteredOnce() {
        NamedPipeServerChannel server = pipeServer(1);
        ChannelFuture[] futures = new ChannelFuture[2];
        first.execute(() -> {
            futures[0] = server.deregister();
            futures[1] = server.deregister();
        });
        run.until("both", () -> futures[1] != null && futures[0].isSuccess() && futures[1].isSuccess());
        assertThat(events.count("unregistered")).isEqualTo(1);
        run.sync(second.register(server));
        dial();
        untilChildren(1);
    }

    @Test
    void aReadThatIsPendingOutlivesTheRegistrationOfAServerOfSockets() {
        IocpServerSocketChannel server = run.server(events, 1);
        server.config().setAutoRead(false);
        run.millis(5);
        connect(server);
        run.millis(20);
        int before = events.children().size();
        connect(server);
        run.millis(20);
        kernel.faults().with(Faults.Kind.CANCEL_IS_SLOW, 1);
        ChannelFuture[] deregistered = new ChannelFuture[1];
        first.execute(() -> {
            deregistered[0] = server.deregister();
            server.read();
        });
        connect(server);
        run.until("the deregistration", () -> deregistered[0] != null && deregistered[0].isDone());
        assertThat(events.children()).hasSize(before);
        run.sync(first.register(server));
        untilChildren(before + 1);
    }

    @Test
    void aServerOfSocketsThatIsClosedByForceClosesWhomItHasNotHandedOut() {
        IocpServerSocketChannel server = run.server(events, 2);
        server.config().setAutoRead(false);
        run.millis(5);
        for (int i = 0; i < 3; i++) {
            connect(server);
        }
        run.millis(20);
        first.execute(server.unsafe()::closeForcibly);
        run.until("the close", () -> !server.isOpen());
        events.children().forEach(child -> child.unsafe().closeForcibly());
        run.until("two ports are left", () -> kernel.openHandles() == 2);
    }

    private void connect(IocpServerSocketChannel server) {
        SimulatedPeer.connect(kernel, server.localAddress().getPort(), peer -> { });
    }
}
