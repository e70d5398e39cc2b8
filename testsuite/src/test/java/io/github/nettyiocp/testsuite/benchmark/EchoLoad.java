/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.benchmark;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/**
 * The load for {@link EchoServers}, on this machine's own JVM, so that it costs Wine nothing. The servers are measured
 * in turns, and the medians of the rounds are compared: only the ratio says something.
 *
 * <p>Arguments: the three ports that {@code EchoServers} prints, bytes a message, rounds, seconds a round.
 */
final class EchoLoad {

    private static final String[] NAMES = { "iocp", "nio" };

    private EchoLoad() {
    }

    public static void main(String[] args) throws Exception {
        int[] ports = { Integer.parseInt(args[0]), Integer.parseInt(args[1]) };
        int control = Integer.parseInt(args[2]);
        int bytes = Integer.parseInt(args[3]);
        int rounds = Integer.parseInt(args[4]);
        double seconds = Double.parseDouble(args[5]);
        for (int connections : new int[] { 1, 64 }) {
            double[][] rates = new double[2][rounds];
            double[] calls = new double[rounds];
            double[] batch = new double[rounds];
            double[] fairness = new double[rounds];
            for (int server = 0; server < 2; server++) {
                run(ports[server], connections, bytes, seconds);
            }
            for (int round = 0; round < rounds; round++) {
                counters(control);
                Result iocp = run(ports[0], connections, bytes, seconds);
                long[] counted = counters(control);
                rates[0][round] = iocp.total / seconds;
                calls[round] = (double) counted[0] / iocp.total;
                batch[round] = (double) (counted[2] + counted[3]) / counted[1];
                fairness[round] = iocp.fairness();
                rates[1][round] = run(ports[1], connections, bytes, seconds).total / seconds;
            }
            double[] medians = { median(rates[0]), median(rates[1]) };
            System.out.printf(Locale.ROOT, "%d bytes, %d connections: %s %.0f, %s %.0f round trips/s, ratio %.2f; iocp:"
                            + " %.3f native calls a round trip, %.2f completions a batch, worst/best connection %.2f%n",
                    bytes, connections, NAMES[0], medians[0], NAMES[1], medians[1], medians[0] / medians[1],
                    median(calls), median(batch), median(fairness));
        }
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static long[] counters(int port) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            String text = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            return Arrays.stream(text.trim().split(" ")).mapToLong(Long::parseLong).toArray();
        }
    }

    private record Result(long total, long[] each) {

        double fairness() {
            return (double) Arrays.stream(each).min().orElseThrow() / Arrays.stream(each).max().orElseThrow();
        }
    }

    private static Result run(int port, int connections, int bytes, double seconds) throws IOException {
        long[] each = new long[connections];
        try (Selector selector = Selector.open()) {
            SocketChannel[] channels = new SocketChannel[connections];
            ByteBuffer[] buffers = new ByteBuffer[connections];
            for (int i = 0; i < connections; i++) {
                channels[i] = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
                channels[i].setOption(StandardSocketOptions.TCP_NODELAY, true);
                channels[i].configureBlocking(false);
                channels[i].register(selector, SelectionKey.OP_READ, i);
                buffers[i] = ByteBuffer.allocateDirect(bytes);
                send(channels[i], buffers[i]);
            }
            long end = System.nanoTime() + (long) (seconds * 1e9);
            while (System.nanoTime() < end) {
                selector.select(key -> step(key, channels, buffers, each), 100);
            }
            for (SocketChannel channel : channels) {
                channel.close();
            }
        }
        return new Result(Arrays.stream(each).sum(), each);
    }

    private static void step(SelectionKey key, SocketChannel[] channels, ByteBuffer[] buffers, long[] each) {
        int i = (Integer) key.attachment();
        try {
            if (channels[i].read(buffers[i]) < 0) {
                throw new IOException("the server closed");
            }
            if (!buffers[i].hasRemaining()) {
                each[i]++;
                send(channels[i], buffers[i]);
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void send(SocketChannel channel, ByteBuffer buffer) throws IOException {
        buffer.clear();
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
        buffer.clear();
    }
}
