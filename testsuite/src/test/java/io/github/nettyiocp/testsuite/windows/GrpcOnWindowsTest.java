/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.testsuite.peers.PeerData;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** gRPC of both sides on these channels, unchanged. */
@Timeout(240)
class GrpcOnWindowsTest {

    private static final int LARGE = 3_000_000;

    private static final MethodDescriptor<byte[], byte[]> ECHO = method(MethodType.UNARY, "Echo");
    private static final MethodDescriptor<byte[], byte[]> COUNT = method(MethodType.SERVER_STREAMING, "Count");
    private static final MethodDescriptor<byte[], byte[]> SUM = method(MethodType.CLIENT_STREAMING, "Sum");
    private static final MethodDescriptor<byte[], byte[]> CHAT = method(MethodType.BIDI_STREAMING, "Chat");
    /** Never answered. */
    private static final MethodDescriptor<byte[], byte[]> WAIT = method(MethodType.UNARY, "Wait");

    @ParameterizedTest
    @EnumSource
    void aUnaryCallIsAnswered(Transport transport) throws Exception {
        try (Fixture fixture = new Fixture(transport)) {
            for (int size : new int[] { 0, 1, 64, 16_384, 100_000, LARGE }) {
                byte[] request = PeerData.bytes(size, 1 + size);
                assertThat(fixture.call(ECHO, request)).isEqualTo(request);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void manyCallsAtOnceGetEachItsAnswer(Transport transport) throws Exception {
        try (Fixture fixture = new Fixture(transport)) {
            List<Future<byte[]>> answers = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                answers.add(ClientCalls.futureUnaryCall(fixture.channel.newCall(ECHO, CallOptions.DEFAULT),
                        PeerData.bytes(i * 100, 1 + i)));
            }
            for (int i = 0; i < answers.size(); i++) {
                assertThat(answers.get(i).get(60, TimeUnit.SECONDS)).isEqualTo(PeerData.bytes(i * 100, 1 + i));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aStreamOfAnswersComesInOrder(Transport transport) throws Exception {
        try (Fixture fixture = new Fixture(transport)) {
            Iterator<byte[]> answers = ClientCalls.blockingServerStreamingCall(fixture.channel, COUNT,
                    CallOptions.DEFAULT, new byte[1000]);
            for (int i = 0; i < 1000; i++) {
                assertThat(answers.next()).isEqualTo(PeerData.bytes(i, 1 + i));
            }
            assertThat(answers.hasNext()).isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aStreamOfRequestsHasOneAnswer(Transport transport) throws Exception {
        try (Fixture fixture = new Fixture(transport)) {
            Received answer = new Received();
            StreamObserver<byte[]> requests = ClientCalls.asyncClientStreamingCall(
                    fixture.channel.newCall(SUM, CallOptions.DEFAULT), answer);
            for (int i = 0; i < 100; i++) {
                requests.onNext(new byte[10_000 * (i % 3)]);
            }
            requests.onCompleted();
            answer.end.get(60, TimeUnit.SECONDS);
            assertThat(answer.messages).singleElement().isEqualTo(text(990_000));
        }
    }

    @ParameterizedTest
    @EnumSource
    void bothSidesStreamUntilTheClientHalfCloses(Transport transport) throws Exception {
        try (Fixture fixture = new Fixture(transport)) {
            Received answers = new Received();
            StreamObserver<byte[]> requests = ClientCalls.asyncBidiStreamingCall(
                    fixture.channel.newCall(CHAT, CallOptions.DEFAULT), answers);
            for (int i = 0; i < 100; i++) {
                byte[] request = PeerData.bytes(i * 997, 1 + i);
                requests.onNext(request);
                assertThat(answers.next()).isEqualTo(request);
            }
            requests.onCompleted();
            answers.end.get(60, TimeUnit.SECONDS);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aDeadlineEndsTheCallOnBothSides(Transport transport) throws Exception {
        try (Fixture fixture = new Fixture(transport)) {
            assertThatThrownBy(() -> ClientCalls.blockingUnaryCall(fixture.channel, WAIT,
                    CallOptions.DEFAULT.withDeadlineAfter(300, TimeUnit.MILLISECONDS), new byte[1]))
                    .isInstanceOfSatisfying(StatusRuntimeException.class, e ->
                            assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
            assertThat(fixture.cancelled.await(60, TimeUnit.SECONDS)).as("the server was told").isTrue();
            assertThat(fixture.call(ECHO, new byte[3])).isEqualTo(new byte[3]);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aCancellationEndsTheCallOnBothSides(Transport transport) throws Exception {
        try (Fixture fixture = new Fixture(transport)) {
            ClientCall<byte[], byte[]> call = fixture.channel.newCall(WAIT, CallOptions.DEFAULT);
            Received answers = new Received();
            ClientCalls.asyncUnaryCall(call, new byte[1], answers);
            assertThat(fixture.waiting.await(60, TimeUnit.SECONDS)).as("the server has the call").isTrue();
            call.cancel("no longer needed", null);
            assertThat(fixture.cancelled.await(60, TimeUnit.SECONDS)).as("the server was told").isTrue();
            assertThatThrownBy(() -> answers.end.get(60, TimeUnit.SECONDS)).cause()
                    .isInstanceOfSatisfying(StatusRuntimeException.class, e ->
                            assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.CANCELLED));
            assertThat(fixture.call(ECHO, new byte[3])).isEqualTo(new byte[3]);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aServerThatStopsEndsItsCallsAndIsUnavailableThen(Transport transport) throws Exception {
        try (Fixture fixture = new Fixture(transport)) {
            Received answers = new Received();
            ClientCalls.asyncUnaryCall(fixture.channel.newCall(WAIT, CallOptions.DEFAULT), new byte[1], answers);
            assertThat(fixture.waiting.await(60, TimeUnit.SECONDS)).as("the server has the call").isTrue();
            fixture.server.shutdownNow().awaitTermination(60, TimeUnit.SECONDS);
            // The reset of the stream, or the end of the connection: the client has its choice.
            assertThatThrownBy(() -> answers.end.get(60, TimeUnit.SECONDS)).cause()
                    .isInstanceOfSatisfying(StatusRuntimeException.class, e -> assertThat(e.getStatus().getCode())
                            .isIn(Status.Code.CANCELLED, Status.Code.UNAVAILABLE));
            assertThatThrownBy(() -> fixture.call(ECHO, new byte[1]))
                    .isInstanceOfSatisfying(StatusRuntimeException.class, e ->
                            assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
        }
    }

    private static MethodDescriptor<byte[], byte[]> method(MethodType type, String name) {
        return MethodDescriptor.<byte[], byte[]>newBuilder().setType(type)
                .setFullMethodName(MethodDescriptor.generateFullMethodName("test.Test", name))
                .setRequestMarshaller(new Bytes()).setResponseMarshaller(new Bytes()).build();
    }

    private static byte[] text(int number) {
        return Integer.toString(number).getBytes(StandardCharsets.US_ASCII);
    }

    /** Messages are bytes, so that no compiler of messages is needed. */
    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {

        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** What a call received, and its end. */
    private static final class Received implements StreamObserver<byte[]> {

        final BlockingQueue<byte[]> messages = new LinkedBlockingQueue<>();
        final CompletableFuture<Void> end = new CompletableFuture<>();

        byte[] next() throws InterruptedException {
            return messages.poll(60, TimeUnit.SECONDS);
        }

        @Override
        public void onNext(byte[] value) {
            messages.add(value);
        }

        @Override
        public void onError(Throwable t) {
            end.completeExceptionally(t);
        }

        @Override
        public void onCompleted() {
            end.complete(null);
        }
    }

    /** A server and a client's channel; {@link #close()} ends them and looks for what was left over. */
    private static final class Fixture implements AutoCloseable {

        final CountDownLatch waiting = new CountDownLatch(1);
        final CountDownLatch cancelled = new CountDownLatch(1);
        final IocpEventLoopGroup group = new IocpEventLoopGroup(2);
        final Server server;
        final ManagedChannel channel;

        Fixture(Transport transport) throws IOException {
            server = NettyServerBuilder.forAddress(transport.newAddress()).channelType(transport.server)
                    .bossEventLoopGroup(group).workerEventLoopGroup(group).addService(service()).build().start();
            channel = NettyChannelBuilder.forAddress(server.getListenSockets().get(0))
                    .channelType(transport.client, transport.address).eventLoopGroup(group)
                    .overrideAuthority("localhost").usePlaintext().build();
        }

        byte[] call(MethodDescriptor<byte[], byte[]> method, byte[] request) {
            return ClientCalls.blockingUnaryCall(channel, method,
                    CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS), request);
        }

        private ServerServiceDefinition service() {
            return ServerServiceDefinition.builder("test.Test")
                    .addMethod(ECHO, ServerCalls.asyncUnaryCall((request, answer) -> {
                        answer.onNext(request);
                        answer.onCompleted();
                    }))
                    .addMethod(COUNT, ServerCalls.asyncServerStreamingCall((request, answer) -> {
                        for (int i = 0; i < request.length; i++) {
                            answer.onNext(PeerData.bytes(i, 1 + i));
                        }
                        answer.onCompleted();
                    }))
                    .addMethod(SUM, ServerCalls.asyncClientStreamingCall(Sum::new))
                    .addMethod(CHAT, ServerCalls.asyncBidiStreamingCall(answer -> answer))
                    .addMethod(WAIT, ServerCalls.asyncUnaryCall((request, answer) -> {
                        ((ServerCallStreamObserver<byte[]>) answer).setOnCancelHandler(cancelled::countDown);
                        waiting.countDown();
                    })).build();
        }

        @Override
        public void close() {
            channel.shutdownNow();
            server.shutdownNow();
            try {
                assertThat(channel.awaitTermination(60, TimeUnit.SECONDS)).as("the client ended").isTrue();
                assertThat(server.awaitTermination(60, TimeUnit.SECONDS)).as("the server ended").isTrue();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
            WindowsTestSupport.shutDown(group);
        }
    }

    /** Answers with the number of bytes of all requests. */
    private static final class Sum implements StreamObserver<byte[]> {

        private final StreamObserver<byte[]> answer;
        private int bytes;

        Sum(StreamObserver<byte[]> answer) {
            this.answer = answer;
        }

        @Override
        public void onNext(byte[] value) {
            bytes += value.length;
        }

        @Override
        public void onError(Throwable t) {
            // The call was cancelled: nobody wants the answer.
        }

        @Override
        public void onCompleted() {
            answer.onNext(text(bytes));
            answer.onCompleted();
        }
    }
}
