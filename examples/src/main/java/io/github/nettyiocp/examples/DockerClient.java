/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import io.github.nettyiocp.pipe.NamedPipeAddress;
import io.github.nettyiocp.pipe.NamedPipeChannel;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;

import java.io.IOException;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * One HTTP connection to a Docker Engine. Everything in here but the channel's class and the address is what it would
 * be over TCP. Requests are made one after the other.
 */
final class DockerClient extends SimpleChannelInboundHandler<HttpObject> implements AutoCloseable {

    private final Channel channel;
    /** Of the request under way. */
    private Consumer<String> parts;
    private CompletableFuture<Void> end;

    /**
     * Connects; while all instances of the pipe are busy, that waits for one.
     *
     * @throws ConnectException if there is no such pipe, or it may not be opened
     */
    DockerClient(EventLoopGroup group, NamedPipeAddress engine) throws ConnectException, InterruptedException {
        DockerClient client = this;
        channel = new Bootstrap().group(group).channel(NamedPipeChannel.class)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new HttpClientCodec(), client);
                    }
                }).connect(engine).sync().channel();
    }

    /** Asks for a path; completes with the body when all of it has come. */
    CompletableFuture<String> get(String path) {
        StringBuilder body = new StringBuilder();
        return stream(path, body::append).thenApply(end -> body.toString());
    }

    /** Asks for a path; the parts of the body are handed over, on the loop, as they come. */
    CompletableFuture<Void> stream(String path, Consumer<String> parts) {
        DefaultFullHttpRequest request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, path);
        // HTTP wants a host; a pipe has none.
        request.headers().set(HttpHeaderNames.HOST, "docker");
        CompletableFuture<Void> end = new CompletableFuture<>();
        channel.eventLoop().execute(() -> {
            this.parts = parts;
            this.end = end;
            channel.writeAndFlush(request).addListener(sent -> {
                if (!sent.isSuccess()) {
                    end.completeExceptionally(sent.cause());
                }
            });
        });
        return end;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
        if (message instanceof HttpResponse response && response.status().code() != 200) {
            end.completeExceptionally(new IOException("the engine answers " + response.status()));
        }
        if (message instanceof HttpContent content) {
            parts.accept(content.content().toString(StandardCharsets.UTF_8));
        }
        if (message instanceof LastHttpContent) {
            end.complete(null);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (end != null) {
            end.completeExceptionally(cause);
        }
        context.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (end != null) {
            end.completeExceptionally(new IOException("the engine closed the connection"));
        }
    }

    @Override
    public void close() {
        channel.close().syncUninterruptibly();
    }
}
