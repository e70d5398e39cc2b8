/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import com.sun.management.ThreadMXBean;
import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.IocpMetrics;
import io.github.nettyiocp.testsuite.windows.TcpFixture.Mode;
import io.github.nettyiocp.testsuite.windows.TcpFixture.Server;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.util.ResourceLeakDetector;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.DataInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

import static io.github.nettyiocp.testsuite.windows.WindowsTestSupport.print;
import static org.assertj.core.api.Assertions.assertThat;

/** What can be counted on any machine: calls, bytes allocated, how evenly connections are served. */
@Timeout(240)
class TcpFiguresOnWindowsTest {

    private static final int MESSAGE = 64;
    private static final Map<ChannelOption<?>, Object> POOLED =
            Map.of(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT);

    /** A client that waits for each answer. */
    private static void echo(Socket socket, DataInputStream in, byte[] message) throws IOException {
        socket.getOutputStream().write(message);
        in.readFully(message);
    }

    @ParameterizedTest
    @ValueSource(ints = { 1, 64 })
    void anEchoOfTheServerTakesTwoCallsAndItsShareOfAWait(int connections) throws Exception {
        try (TcpFixture fixture = new TcpFixture(Mode.DEFAULT, 1)) {
            Server server = fixture.server(fixture.group, Map.of(), POOLED, new LoopOnWindowsTest.Echo());
            List<Client> clients = clients(fixture, server, connections);
            int warmUp = connections == 1 ? 300 : 20;
            int rounds = connections == 1 ? 1000 : 40;
            roundTrips(clients, warmUp);
            IocpMetrics before = fixture.group.metrics();
            roundTrips(clients, rounds);
            IocpMetrics counted = fixture.group.metrics().minus(before);
            long trips = (long) rounds * connections;
            double calls = (double) counted.totalCalls() / trips;
            double waits = counted.calls("GetQueuedCompletionStatusEx");
            double batch = (counted.completions() + counted.wakeUps()) / waits;
            print("%d connections: %.3f calls a round trip, limit %.3f; %.2f completions a wait; %s", connections,
                    calls, 2 + 1 / batch, batch, counted.calls());
            // The wait that ends after the last snapshot, and those that found less than a message.
            assertThat(calls).isLessThanOrEqualTo(2 + 1 / batch + 0.05);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = { "DEFAULT", "ZERO_BYTE", "NO_SKIP" })
    void theLoopAllocatesNextToNothingInSteadyState(Mode mode) throws Exception {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        ResourceLeakDetector.Level level = ResourceLeakDetector.getLevel();
        // It samples buffers, which costs an object each.
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
        try (TcpFixture fixture = new TcpFixture(mode, 1)) {
            Server server = fixture.server(fixture.group, Map.of(), POOLED, new LoopOnWindowsTest.Echo());
            List<Client> clients = clients(fixture, server, 1);
            long loop = fixture.group.submit(() -> Thread.currentThread().threadId()).sync().getNow();
            int rounds = 1000;
            double best = Double.MAX_VALUE;
            // The linker's own code and Netty's are interpreted at first; wait for the compiler.
            for (int attempt = 0; attempt < 12 && best > 0; attempt++) {
                long before = threads.getThreadAllocatedBytes(loop);
                roundTrips(clients, rounds);
                best = Math.min(best, (double) (threads.getThreadAllocatedBytes(loop) - before) / rounds);
            }
            print("%s: %.2f bytes allocated by the loop's thread a round trip", mode, best);
            assertThat(best).isLessThan(4);
        } finally {
            ResourceLeakDetector.setLevel(level);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = { 64 })
    void busyConnectionsAreServedEvenly(int connections) throws Exception {
        try (TcpFixture fixture = new TcpFixture(Mode.DEFAULT, 1)) {
            Server server = fixture.server(fixture.group, Map.of(), POOLED, new LoopOnWindowsTest.Echo());
            long[] served = new long[connections];
            // The clients are a loop of their own, which is as even itself.
            IocpEventLoopGroup load = new IocpEventLoopGroup(1);
            AtomicBoolean running = new AtomicBoolean(true);
            List<io.netty.channel.Channel> clients = new ArrayList<>();
            for (int i = 0; i < connections; i++) {
                int number = i;
                clients.add(new io.netty.bootstrap.Bootstrap().group(load)
                        .channel(io.github.nettyiocp.channel.IocpSocketChannel.class)
                        .handler(new io.netty.channel.SimpleChannelInboundHandler<io.netty.buffer.ByteBuf>() {
                            private int left = MESSAGE;

                            @Override
                            protected void channelRead0(io.netty.channel.ChannelHandlerContext context,
                                                        io.netty.buffer.ByteBuf message) {
                                left -= message.readableBytes();
                                if (left == 0 && running.get()) {
                                    served[number]++;
                                    left = MESSAGE;
                                    context.writeAndFlush(context.alloc().directBuffer(MESSAGE).writeZero(MESSAGE),
                                            context.voidPromise());
                                }
                            }
                        }).connect(server.address()).sync().channel());
            }
            for (io.netty.channel.Channel client : clients) {
                client.writeAndFlush(client.alloc().directBuffer(MESSAGE).writeZero(MESSAGE));
            }
            Thread.sleep(500);
            load.submit(() -> Arrays.fill(served, 0)).sync();
            Thread.sleep(2000);
            running.set(false);
            long[] counts = load.submit(() -> served.clone()).sync().getNow();
            WindowsTestSupport.shutDown(load);
            Arrays.sort(counts);
            double fairness = (double) counts[0] / counts[connections - 1];
            print("%d busy connections: worst %d, best %d round trips, fairness %.3f; %d round trips/s", connections,
                    counts[0], counts[connections - 1], fairness, Arrays.stream(counts).sum() / 2);
            assertThat(counts[0]).isPositive();
            assertThat(fairness).isGreaterThanOrEqualTo(0.5);
        }
    }

    private record Client(Socket socket, DataInputStream in) {
    }

    private static List<Client> clients(TcpFixture fixture, Server server, int count) throws Exception {
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Socket socket = fixture.socket(server.address());
            clients.add(new Client(socket, new DataInputStream(socket.getInputStream())));
            server.next();
        }
        return clients;
    }

    private static void roundTrips(List<Client> clients, int rounds) throws IOException {
        byte[] message = new byte[MESSAGE];
        for (int i = 0; i < rounds; i++) {
            if (clients.size() == 1) {
                echo(clients.get(0).socket, clients.get(0).in, message);
            } else {
                for (Client client : clients) {
                    client.socket.getOutputStream().write(message);
                }
                for (Client client : clients) {
                    client.in.readFully(message);
                }
            }
        }
    }
}
