/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.pipe.NamedPipeAddress;
import io.github.nettyiocp.pipe.NamedPipeChannel;
import io.github.nettyiocp.pipe.NamedPipeServerChannel;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * HTTP/1.1 by a named pipe, as Docker's Engine speaks it: a server with Netty's ordinary HTTP codec, and a client that
 * makes several requests on one connection, one of them for an answer that comes bit by bit.
 */
public final class PipeHttpExample {

    private static final int LONGEST_BODY = 1 << 20;
    private static final int EVENTS = 5;
    private static final long EVENT_MILLIS = 100;
    private static final int TIMEOUT_SECONDS = 20;

    private PipeHttpExample() {
    }

    /** Runs the server and the client. The exit code is 1 if an answer isn't the expected one. */
    public static void main(String[] args) {
        ExampleRun.checkAvailable();
        EventLoopGroup group = new IocpEventLoopGroup();
        ExampleRun.run("HTTP by a named pipe", () -> run(group), group);
    }

    private static void run(EventLoopGroup group) throws Exception {
        Channel server = new ServerBootstrap().group(group).channel(NamedPipeServerChannel.class)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new HttpServerCodec(), new HttpObjectAggregator(LONGEST_BODY),
                                new Service());
                    }
                }).bind(NamedPipeAddress.random("netty-iocp-http-")).sync().channel();
        System.out.println("Server:  " + server.localAddress() + '\n');

        Client client = new Client();
        Channel channel = new Bootstrap().group(group).channel(NamedPipeChannel.class)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new HttpClientCodec(), client);
                    }
                }).connect(server.localAddress()).sync().channel();

        client.request(channel, HttpMethod.GET, "/info", Unpooled.EMPTY_BUFFER);
        client.expect(HttpResponseStatus.OK, text("{\"pipe\":\"" + name(server) + "\"}"));

        byte[] body = new byte[LONGEST_BODY];
        new Random(1).nextBytes(body);
        client.request(channel, HttpMethod.POST, "/echo", Unpooled.wrappedBuffer(body));
        client.expect(HttpResponseStatus.OK, body);

        client.request(channel, HttpMethod.GET, "/events", Unpooled.EMPTY_BUFFER);
        client.expect(HttpResponseStatus.OK, text("event 1\nevent 2\nevent 3\nevent 4\nevent 5\n"));

        client.request(channel, HttpMethod.GET, "/nothing", Unpooled.EMPTY_BUFFER);
        client.expect(HttpResponseStatus.NOT_FOUND, text(""));

        channel.close().sync();
        server.close().sync();
        System.out.println("\nAll four answers on one connection were as expected.");
    }

    private static String name(Channel server) {
        return ((NamedPipeAddress) server.localAddress()).name();
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** What the server answers. Nothing in it knows of pipes but the line that prints the name. */
    private static final class Service extends SimpleChannelInboundHandler<FullHttpRequest> {

        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
            switch (request.uri()) {
                case "/info" -> answer(context, HttpResponseStatus.OK,
                        Unpooled.copiedBuffer("{\"pipe\":\"" + name(context.channel()) + "\"}",
                                StandardCharsets.US_ASCII));
                case "/echo" -> answer(context, HttpResponseStatus.OK, request.content().retain());
                case "/events" -> events(context);
                default -> answer(context, HttpResponseStatus.NOT_FOUND, Unpooled.EMPTY_BUFFER);
            }
        }

        private static void answer(ChannelHandlerContext context, HttpResponseStatus status, ByteBuf body) {
            FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, body);
            HttpUtil.setContentLength(response, body.readableBytes());
            context.writeAndFlush(response);
        }

        /** An answer in chunks, one every {@link #EVENT_MILLIS}. */
        private static void events(ChannelHandlerContext context) {
            HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
            HttpUtil.setTransferEncodingChunked(response, true);
            context.writeAndFlush(response);
            for (int i = 1; i <= EVENTS; i++) {
                String event = "event " + i + '\n';
                context.executor().schedule(() -> context.writeAndFlush(new DefaultHttpContent(
                        Unpooled.copiedBuffer(event, StandardCharsets.US_ASCII))), i * EVENT_MILLIS,
                        TimeUnit.MILLISECONDS);
            }
            context.executor().schedule(() -> context.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT),
                    (EVENTS + 1) * EVENT_MILLIS, TimeUnit.MILLISECONDS);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }

    /** Makes a request and collects what comes. */
    private static final class Client extends SimpleChannelInboundHandler<HttpObject> {

        /** An answer, complete, and in how many pieces its body came. */
        private record Answer(HttpResponseStatus status, byte[] body, int pieces) {
        }

        private final BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
        private HttpResponseStatus status;
        private ByteBuf body = Unpooled.buffer();
        private int pieces;

        void request(Channel channel, HttpMethod method, String path, ByteBuf content) {
            System.out.print("  " + method + ' ' + path);
            FullHttpRequest request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, method, path, content);
            request.headers().set(HttpHeaderNames.HOST, "pipe");
            HttpUtil.setContentLength(request, content.readableBytes());
            channel.writeAndFlush(request);
        }

        void expect(HttpResponseStatus status, byte[] body) throws Exception {
            Answer answer = answers.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            if (answer == null) {
                throw new EOFException("no answer for " + TIMEOUT_SECONDS + " s");
            }
            System.out.printf(":  %s, %,d bytes in %d pieces%n", answer.status, answer.body.length, answer.pieces);
            if (!answer.status.equals(status) || !Arrays.equals(answer.body, body)) {
                throw new IOException("not the expected answer");
            }
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, HttpObject part) {
            if (part instanceof HttpResponse response) {
                status = response.status();
            }
            if (part instanceof HttpContent content) {
                if (content.content().isReadable()) {
                    body.writeBytes(content.content());
                    pieces++;
                }
                if (part instanceof LastHttpContent) {
                    answers.add(new Answer(status, ByteBufUtil.getBytes(body), pieces));
                    body.clear();
                    pieces = 0;
                }
            }
        }
    }
}
