/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.internal.NativeWin32;
import io.github.nettyiocp.testsuite.peers.Peer;
import io.github.nettyiocp.testsuite.peers.PeerData;
import io.github.nettyiocp.testsuite.peers.Program;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

/** Netty's HTTP client with a server as Docker's Engine is one: net/http on go-winio. */
@Timeout(240)
class DockerOnWindowsTest {

    private static final boolean WINE = NativeWin32.ACCESS.ofThisThread().wineGetVersion() != 0;
    private static final int LARGE = 5_000_000;

    @ParameterizedTest
    @EnumSource
    void oneConnectionServesRequestAfterRequest(Transport transport) throws Exception {
        try (Engine engine = new Engine(transport)) {
            Connection connection = engine.connect();
            for (int i = 0; i < 20; i++) {
                assertThat(connection.get("/_ping")).isEqualTo("OK");
                assertThat(connection.get("/v1.51/version")).contains("\"ApiVersion\":\"1.51\"");
                assertThat(connection.get("/info")).contains("\"OSType\":\"windows\"", "\"Containers\":3");
            }
            connection.send(request(HttpMethod.GET, "/images/none/get"));
            assertThat(connection.response().status()).isEqualTo(HttpResponseStatus.NOT_FOUND);
            connection.body();
        }
    }

    @ParameterizedTest
    @EnumSource
    void manyConnectionsAreServedAtOnce(Transport transport) throws Exception {
        try (Engine engine = new Engine(transport)) {
            List<Connection> connections = new ArrayList<>();
            for (int i = 0; i < 32; i++) {
                connections.add(engine.connect());
            }
            for (Connection connection : connections) {
                connection.send(request(HttpMethod.GET, "/info"));
            }
            for (Connection connection : connections) {
                assertThat(connection.response().status()).isEqualTo(HttpResponseStatus.OK);
                assertThat(connection.text()).contains("\"Containers\":3");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aLargeChunkedAnswerArrivesWhole(Transport transport) throws Exception {
        try (Engine engine = new Engine(transport)) {
            Connection connection = engine.connect();
            connection.send(request(HttpMethod.GET, "/images/" + LARGE + "/get"));
            assertThat(HttpUtil.isTransferEncodingChunked(connection.response())).isTrue();
            assertThat(PeerData.sum(connection.body())).isEqualTo(PeerData.sum(LARGE, 1));
            assertThat(connection.get("/_ping")).isEqualTo("OK");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aLargeChunkedRequestArrivesWhole(Transport transport) throws Exception {
        try (Engine engine = new Engine(transport)) {
            Connection connection = engine.connect();
            DefaultHttpRequest request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/images/load");
            request.headers().set(HttpHeaderNames.HOST, "docker");
            HttpUtil.setTransferEncodingChunked(request, true);
            connection.send(request);
            byte[] data = PeerData.bytes(LARGE, 7);
            for (int offset = 0; offset < LARGE; offset += 50_000) {
                connection.send(new DefaultHttpContent(Unpooled.wrappedBuffer(data, offset, 50_000)));
            }
            connection.send(LastHttpContent.EMPTY_LAST_CONTENT);
            assertThat(connection.response().status()).isEqualTo(HttpResponseStatus.OK);
            assertThat(connection.text()).contains(String.join(" ", PeerData.sum(LARGE, 7)));
        }
    }

    @ParameterizedTest
    @EnumSource
    void eventsComeAsTheyHappenUntilTheClientLeaves(Transport transport) throws Exception {
        try (Engine engine = new Engine(transport)) {
            Connection connection = engine.connect();
            connection.send(request(HttpMethod.GET, "/events"));
            assertThat(connection.response().status()).isEqualTo(HttpResponseStatus.OK);
            StringBuilder events = new StringBuilder();
            while (!events.toString().contains("\"timeNano\":5")) {
                events.append(new String(connection.next(), StandardCharsets.UTF_8));
            }
            assertThat(events.toString().lines().limit(6)).allMatch(event -> event.startsWith("{\"Action\":\"start\""));
            connection.channel.close().sync();
            engine.peer.await("LEFT");
        }
    }

    @ParameterizedTest
    @EnumSource
    void anAnswerMayBeginLongBeforeItEnds(Transport transport) throws Exception {
        try (Engine engine = new Engine(transport)) {
            Connection waiting = engine.connect();
            waiting.send(request(HttpMethod.POST, "/containers/c1/wait"));
            assertThat(waiting.response().status()).isEqualTo(HttpResponseStatus.OK);
            Connection other = engine.connect();
            assertThat(other.get("/_ping")).isEqualTo("OK");
            assertThat(waiting.received).isEmpty();
            other.send(request(HttpMethod.POST, "/containers/c1/stop"));
            assertThat(other.response().status()).isEqualTo(HttpResponseStatus.NO_CONTENT);
            assertThat(waiting.text()).contains("\"StatusCode\":0");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aHijackedStreamGoesOnAfterItsInputWasHalfClosed(Transport transport) throws Exception {
        try (Engine engine = new Engine(transport)) {
            Connection connection = engine.connect();
            DefaultFullHttpRequest request = request(HttpMethod.POST, "/containers/c1/attach?stream=1&stdin=1");
            request.headers().set(HttpHeaderNames.CONNECTION, "Upgrade").set(HttpHeaderNames.UPGRADE, "tcp");
            connection.send(request);
            assertThat(connection.response().status().code()).isEqualTo(101);
            connection.channel.eventLoop().submit(() -> {
                connection.channel.pipeline().remove(HttpClientCodec.class);
            }).sync();
            byte[] input = PeerData.bytes(1_000_000, 3);
            // Less at first than fills the pipe, then all at once: the other side answers while it is written to.
            connection.send(Unpooled.wrappedBuffer(input, 0, 1000));
            connection.send(Unpooled.wrappedBuffer(input, 1000, input.length - 1000));
            ((DuplexChannel) connection.channel).shutdownOutput().sync();
            byte[] output = connection.rest();
            assertThat(output).startsWith(input);
            assertThat(new String(output, input.length, output.length - input.length, StandardCharsets.US_ASCII))
                    .isEqualTo("\nread 1000000 bytes, CRC-32 " + PeerData.sum(input).get(1) + '\n');
            engine.peer.await("END");
        }
    }

    @ParameterizedTest
    @EnumSource
    void anEngineThatDiesEndsItsConnections(Transport transport) throws Exception {
        try (Engine engine = new Engine(transport)) {
            Connection connection = engine.connect();
            connection.send(request(HttpMethod.POST, "/containers/c1/wait"));
            assertThat(connection.response().status()).isEqualTo(HttpResponseStatus.OK);
            engine.peer.kill();
            assertThat(connection.rest()).isEmpty();
            connection.channel.close().sync();
        }
    }

    @ParameterizedTest
    @EnumSource
    void anEngineThatDiesWhileItSendsEndsItsConnections(Transport transport) throws Exception {
        Assumptions.assumeFalse(transport == Transport.TCP && WINE, "Wine keeps the socket of a process that is "
                + "killed while it sends: in every third case no client sees an end, over the JDK's sockets neither");
        try (Engine engine = new Engine(transport)) {
            Connection connection = engine.connect();
            connection.send(request(HttpMethod.GET, "/images/100000000/get"));
            assertThat(connection.response().status()).isEqualTo(HttpResponseStatus.OK);
            connection.next();
            engine.peer.kill();
            assertThat(connection.rest().length).isLessThan(100_000_000);
            connection.channel.close().sync();
        }
    }

    private static DefaultFullHttpRequest request(HttpMethod method, String path) {
        DefaultFullHttpRequest request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, method, path);
        request.headers().set(HttpHeaderNames.HOST, "docker").set(HttpHeaderNames.CONTENT_LENGTH, 0);
        return request;
    }

    /** The peer, and clients of it; {@link #close()} looks for what was left over. */
    private static final class Engine implements AutoCloseable {

        final Peer peer;
        private final Transport transport;
        private final String name;
        private final IocpEventLoopGroup group = new IocpEventLoopGroup(2);
        private final List<Channel> channels = new ArrayList<>();

        Engine(Transport transport) throws Exception {
            this.transport = transport;
            name = transport.newPeerAddress();
            try {
                peer = Program.GO.serve(name, "docker", "type=message");
            } catch (Throwable failure) {
                group.shutdownGracefully(0, 10, TimeUnit.SECONDS);
                throw failure;
            }
        }

        Connection connect() throws InterruptedException {
            Connection connection = new Connection();
            connection.channel = new Bootstrap().group(group).channel(transport.client)
                    .option(ChannelOption.ALLOW_HALF_CLOSURE, true).handler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            channel.pipeline().addLast(new HttpClientCodec(), connection);
                        }
                    }).connect(transport.address(name, peer.values("LISTENING"))).sync().channel();
            channels.add(connection.channel);
            return connection;
        }

        @Override
        public void close() {
            try {
                for (Channel channel : channels) {
                    channel.close().syncUninterruptibly();
                }
                WindowsTestSupport.shutDown(group);
            } finally {
                peer.close();
            }
        }
    }

    /** A client's connection and what it received. */
    private static final class Connection extends ChannelInboundHandlerAdapter {

        private static final Object END = "end";

        final BlockingQueue<Object> received = new LinkedBlockingQueue<>();
        Channel channel;

        void send(Object message) {
            channel.writeAndFlush(message).addListener(written -> {
                if (!written.isSuccess()) {
                    received.add(written.cause());
                }
            });
        }

        /** The body of a successful answer. */
        String get(String path) throws InterruptedException {
            send(request(HttpMethod.GET, path));
            assertThat(response().status()).isEqualTo(HttpResponseStatus.OK);
            return text();
        }

        /** What came next, of this type. */
        private Object poll() throws InterruptedException {
            Object object = received.poll(60, TimeUnit.SECONDS);
            assertThat(object).as("something received").isNotNull();
            return object;
        }

        HttpResponse response() throws InterruptedException {
            Object object = poll();
            assertThat(object).isInstanceOf(HttpResponse.class);
            return (HttpResponse) object;
        }

        /** The next part of a body. */
        byte[] next() throws InterruptedException {
            Object object = poll();
            assertThat(object).isInstanceOf(byte[].class);
            return (byte[]) object;
        }

        /** All that is left of a body. */
        byte[] body() throws InterruptedException {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            for (Object part = poll(); part != LastHttpContent.EMPTY_LAST_CONTENT; part = poll()) {
                assertThat(part).isInstanceOf(byte[].class);
                body.writeBytes((byte[]) part);
            }
            return body.toByteArray();
        }

        String text() throws InterruptedException {
            return new String(body(), StandardCharsets.UTF_8);
        }

        /** All that comes until the end of the input. */
        byte[] rest() throws InterruptedException {
            ByteArrayOutputStream rest = new ByteArrayOutputStream();
            for (Object part = poll(); part != END; part = poll()) {
                if (part instanceof byte[] bytes) {
                    rest.writeBytes(bytes);
                }
            }
            return rest.toByteArray();
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (message instanceof HttpResponse response) {
                received.add(response);
            }
            if (message instanceof HttpContent content) {
                add(content.content());
                if (content instanceof LastHttpContent) {
                    received.add(LastHttpContent.EMPTY_LAST_CONTENT);
                }
            } else if (message instanceof ByteBuf buffer) {
                add(buffer);
            }
        }

        private void add(ByteBuf buffer) {
            if (buffer.isReadable()) {
                received.add(ByteBufUtil.getBytes(buffer));
            }
            buffer.release();
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof ChannelInputShutdownEvent) {
                received.add(END);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            received.add(END);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            received.add(cause);
        }
    }
}
