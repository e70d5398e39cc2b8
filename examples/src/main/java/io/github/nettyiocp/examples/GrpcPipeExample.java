/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import io.github.nettyiocp.Iocp;
import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.pipe.NamedPipeAddress;
import io.github.nettyiocp.pipe.NamedPipeChannel;
import io.github.nettyiocp.pipe.NamedPipeServerChannel;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * A gRPC server and a client of it over a named pipe. Beside the channels' classes and the address, all is as over TCP;
 * services that are generated of {@code .proto} files work in the same way.
 */
public final class GrpcPipeExample {

    private static final int TIMEOUT_SECONDS = 20;

    private static final MethodDescriptor<String, String> GREET = method(MethodType.UNARY, "Greet");
    private static final MethodDescriptor<String, String> SPELL = method(MethodType.SERVER_STREAMING, "Spell");
    /** Takes as long as one waits for it. */
    private static final MethodDescriptor<String, String> THINK = method(MethodType.UNARY, "Think");

    private GrpcPipeExample() {
    }

    /** Runs both. The exit code is 1 if something fails. */
    public static void main(String[] args) {
        if (!Iocp.isAvailable()) {
            System.err.println("Cannot run: " + Iocp.unavailabilityCause().getMessage());
            System.exit(1);
        }
        IocpEventLoopGroup group = new IocpEventLoopGroup(2);
        int exitCode = 0;
        try {
            run(group);
        } catch (Exception cause) {
            System.err.println("FAILED: " + cause);
            cause.printStackTrace();
            exitCode = 1;
        } finally {
            group.shutdownGracefully(0, TIMEOUT_SECONDS, TimeUnit.SECONDS).syncUninterruptibly();
        }
        System.exit(exitCode);
    }

    private static void run(IocpEventLoopGroup group) throws Exception {
        NamedPipeAddress address = NamedPipeAddress.random("grpc-example-");
        Server server = NettyServerBuilder.forAddress(address).channelType(NamedPipeServerChannel.class)
                .bossEventLoopGroup(group).workerEventLoopGroup(group).addService(service()).build().start();
        ManagedChannel channel = NettyChannelBuilder.forAddress(address)
                .channelType(NamedPipeChannel.class, NamedPipeAddress.class).eventLoopGroup(group)
                // HTTP/2 wants a host; a pipe has none.
                .overrideAuthority("localhost").usePlaintext().build();
        System.out.println("gRPC over " + address);
        CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        try {
            System.out.println("  Greet:  " + ClientCalls.blockingUnaryCall(channel, GREET, options, "pipe"));
            System.out.println("  Spell:  " + String.join("-",
                    (Iterable<String>) () ->
                            ClientCalls.blockingServerStreamingCall(channel, SPELL, options, "Netty")));
            try {
                ClientCalls.blockingUnaryCall(channel, THINK,
                        CallOptions.DEFAULT.withDeadlineAfter(200, TimeUnit.MILLISECONDS), "");
                throw new IOException("Think has answered");
            } catch (StatusRuntimeException e) {
                System.out.println("  Think:  " + e.getStatus().getCode());
            }
        } finally {
            channel.shutdownNow().awaitTermination(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            server.shutdownNow().awaitTermination(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        }
    }

    private static ServerServiceDefinition service() {
        return ServerServiceDefinition.builder("example.Example")
                .addMethod(GREET, ServerCalls.asyncUnaryCall((name, answer) -> {
                    answer.onNext("Hello, " + name + '!');
                    answer.onCompleted();
                }))
                .addMethod(SPELL, ServerCalls.asyncServerStreamingCall((word, answer) -> {
                    word.chars().forEach(letter -> answer.onNext(Character.toString(letter)));
                    answer.onCompleted();
                }))
                .addMethod(THINK, ServerCalls.asyncUnaryCall((question, answer) -> {
                    // No answer: the client's deadline ends the call.
                })).build();
    }

    private static MethodDescriptor<String, String> method(MethodType type, String name) {
        return MethodDescriptor.<String, String>newBuilder().setType(type)
                .setFullMethodName(MethodDescriptor.generateFullMethodName("example.Example", name))
                .setRequestMarshaller(new Text()).setResponseMarshaller(new Text()).build();
    }

    /** Messages are texts here, so that no compiler of messages is needed. */
    private static final class Text implements MethodDescriptor.Marshaller<String> {

        @Override
        public InputStream stream(String value) {
            return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public String parse(InputStream stream) {
            try {
                return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
