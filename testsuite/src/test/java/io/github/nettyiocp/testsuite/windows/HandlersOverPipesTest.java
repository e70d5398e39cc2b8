/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.pipe.NamedPipeAddress;
import io.github.nettyiocp.pipe.NamedPipeChannel;
import io.github.nettyiocp.pipe.NamedPipeOption;
import io.github.nettyiocp.pipe.NamedPipeServerChannel;
import io.github.nettyiocp.pipe.PipeType;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.codec.compression.JdkZlibDecoder;
import io.netty.handler.codec.compression.JdkZlibEncoder;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpChunkedInput;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.string.StringDecoder;
import io.netty.handler.codec.string.StringEncoder;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.stream.ChunkedStream;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.netty.handler.timeout.IdleState;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.handler.timeout.ReadTimeoutException;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.handler.traffic.ChannelTrafficShapingHandler;
import io.netty.handler.traffic.GlobalTrafficShapingHandler;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Promise;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.ByteArrayInputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

import static io.netty.channel.ChannelFutureListener.FIRE_EXCEPTION_ON_FAILURE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

/** Netty's own handlers and codecs work over pipes as they do over sockets. */
@Timeout(240)
class HandlersOverPipesTest {

    private final IocpEventLoopGroup group = new IocpEventLoopGroup(2);
    private final List<Channel> channels = new CopyOnWriteArrayList<>();

    /** What a client received, as it came, and what went wrong. */
    private final BlockingQueue<Object> received = new LinkedBlockingQueue<>();

    // ---- TLS

    @ParameterizedTest
    @EnumSource
    void tlsOfTheJdk(PipeType type) throws Exception {
        echoOverTls(type, SslProvider.JDK);
    }

    @ParameterizedTest
    @EnumSource
    void tlsOfBoringSsl(PipeType type) throws Exception {
        OpenSsl.ensureAvailability();
        echoOverTls(type, SslProvider.OPENSSL);
    }

    private void echoOverTls(PipeType type, SslProvider provider) throws Exception {
        X509Bundle certificate = new CertificateBuilder().ecp256().subject("cn=localhost")
                .setIsCertificateAuthority(true).buildSelfSigned();
        SslContext server = SslContextBuilder.forServer(certificate.toKeyManagerFactory()).sslProvider(provider)
                .build();
        SslContext client = SslContextBuilder.forClient().sslProvider(provider)
                .trustManager(certificate.toTrustManagerFactory()).endpointIdentificationAlgorithm(null).build();
        Channel channel = connect(type,
                pipeline -> pipeline.addLast(server.newHandler(pipeline.channel().alloc()), new Echo()),
                pipeline -> pipeline.addLast(client.newHandler(pipeline.channel().alloc()), new Receiver()));
        assertThat(channel.pipeline().get(SslHandler.class).handshakeFuture().sync().isSuccess()).isTrue();
        byte[] sent = random(5_000_000);
        channel.writeAndFlush(Unpooled.wrappedBuffer(sent)).sync();
        assertThat(receive(sent.length)).isEqualTo(sent);
        channel.pipeline().get(SslHandler.class).closeOutbound().sync();
        assertThat(next(SslCloseCompletionEvent.class).isSuccess()).as("the server said farewell too").isTrue();
        channel.closeFuture().sync();
    }

    // ---- HTTP/1.1

    @ParameterizedTest
    @EnumSource
    void httpWithManyRequestsOnOneConnection(PipeType type) throws Exception {
        Channel channel = connect(type,
                pipeline -> pipeline.addLast(new HttpServerCodec(), new HttpObjectAggregator(2_000_000),
                        new HttpEcho()),
                pipeline -> pipeline.addLast(new HttpClientCodec(), new HttpObjectAggregator(2_000_000),
                        new Receiver()));
        Random random = new Random(1);
        for (int i = 0; i < 50; i++) {
            byte[] body = random(random.nextInt(i == 49 ? 1_000_000 : 10_000));
            FullHttpRequest request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/" + i,
                    Unpooled.wrappedBuffer(body));
            request.headers().set(HttpHeaderNames.HOST, "pipe");
            HttpUtil.setContentLength(request, body.length);
            channel.writeAndFlush(request);
            FullHttpResponse response = next(FullHttpResponse.class);
            assertThat(response.status()).isEqualTo(HttpResponseStatus.OK);
            assertThat(response.headers().get("uri")).isEqualTo("/" + i);
            assertThat(ByteBufUtil.getBytes(response.content())).isEqualTo(body);
            response.release();
        }
    }

    @ParameterizedTest
    @EnumSource
    void httpWithAChunkedResponseOfAStream(PipeType type) throws Exception {
        byte[] body = random(3_000_000);
        Channel channel = connect(type,
                pipeline -> pipeline.addLast(new HttpServerCodec(), new HttpObjectAggregator(1_000),
                        new ChunkedWriteHandler(), new SimpleChannelInboundHandler<FullHttpRequest>() {
                            @Override
                            protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
                                var response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
                                HttpUtil.setTransferEncodingChunked(response, true);
                                context.write(response);
                                context.writeAndFlush(new HttpChunkedInput(
                                        new ChunkedStream(new ByteArrayInputStream(body), 30_000)));
                            }
                        }),
                pipeline -> pipeline.addLast(new HttpClientCodec(), new HttpObjectAggregator(4_000_000),
                        new Receiver()));
        channel.writeAndFlush(new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/"));
        FullHttpResponse response = next(FullHttpResponse.class);
        assertThat(ByteBufUtil.getBytes(response.content())).isEqualTo(body);
        response.release();
    }

    /** Answers with the request's body and, as a header, its path. */
    private static final class HttpEcho extends SimpleChannelInboundHandler<FullHttpRequest> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
            FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK,
                    request.content().retain());
            response.headers().set("uri", request.uri());
            HttpUtil.setContentLength(response, response.content().readableBytes());
            context.writeAndFlush(response);
        }
    }

    // ---- HTTP/2

    @ParameterizedTest
    @EnumSource
    void http2WithManyStreamsAtOnce(PipeType type) throws Exception {
        Channel channel = connect(type,
                pipeline -> pipeline.addLast(Http2FrameCodecBuilder.forServer().build(),
                        new Http2MultiplexHandler(initializer(stream -> stream.addLast(new Http2Echo())))),
                pipeline -> pipeline.addLast(Http2FrameCodecBuilder.forClient().build(),
                        new Http2MultiplexHandler(new ChannelInboundHandlerAdapter())));
        List<byte[]> bodies = new ArrayList<>();
        List<Promise<byte[]>> answers = new ArrayList<>();
        AtomicLong progress = new AtomicLong();
        for (int i = 0; i < 20; i++) {
            byte[] body = random(300_000);              // more than the windows of a stream and of the connection
            bodies.add(body);
            Promise<byte[]> answer = channel.eventLoop().newPromise();
            answers.add(answer);
            Http2StreamChannel stream = new Http2StreamChannelBootstrap(channel)
                    .handler(new Http2Answer(answer, progress)).open().sync().getNow();
            stream.write(new DefaultHttp2HeadersFrame(new DefaultHttp2Headers().method("POST").path("/" + i)
                    .scheme("http").authority("pipe")));
            stream.writeAndFlush(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(body), true));
        }
        for (int i = 0; i < bodies.size(); i++) {
            assertThat(whileThereIsProgress(answers.get(i), progress)).isEqualTo(bodies.get(i));
        }
    }

    /** Waits as long as bytes come, however slowly; says what it looks like when none came for a minute. */
    private byte[] whileThereIsProgress(Promise<byte[]> answer, AtomicLong progress) throws Exception {
        long before;
        do {
            before = progress.get();
            if (answer.await(60, TimeUnit.SECONDS)) {
                return answer.get();
            }
        } while (progress.get() != before);
        throw new AssertionError("no byte for a minute after " + before + "; server: " + received + '\n'
                + Diagnosis.of(group, channels));
    }

    /** Sends back what it gets, frame by frame. The bytes are given back to the window when their echo was written. */
    private final class Http2Echo extends ChannelDuplexHandler {
        @Override
        public void channelRead(ChannelHandlerContext context, Object frame) {
            if (frame instanceof Http2HeadersFrame) {
                context.writeAndFlush(new DefaultHttp2HeadersFrame(new DefaultHttp2Headers().status("200")))
                        .addListener(FIRE_EXCEPTION_ON_FAILURE);
            } else if (frame instanceof Http2DataFrame data) {
                context.writeAndFlush(new DefaultHttp2DataFrame(data.content(), data.isEndStream()))
                        .addListener(FIRE_EXCEPTION_ON_FAILURE);
            } else {
                ReferenceCountUtil.release(frame);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            received.add(cause);
        }
    }

    private static final class Http2Answer extends ChannelInboundHandlerAdapter {
        private final Promise<byte[]> answer;
        private final AtomicLong progress;
        private final ByteBuf body = Unpooled.buffer();

        Http2Answer(Promise<byte[]> answer, AtomicLong progress) {
            this.answer = answer;
            this.progress = progress;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object frame) {
            if (frame instanceof Http2DataFrame data) {
                progress.addAndGet(data.content().readableBytes());
                body.writeBytes(data.content());
                if (data.isEndStream()) {
                    answer.setSuccess(ByteBufUtil.getBytes(body));
                }
            }
            ReferenceCountUtil.release(frame);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            answer.tryFailure(cause);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            answer.tryFailure(new IllegalStateException("the stream ended after " + body.readableBytes() + " bytes"));
        }
    }

    // ---- WebSocket

    @ParameterizedTest
    @EnumSource
    void webSocketWithFramesOfAllKindsAndItsOwnClose(PipeType type) throws Exception {
        WebSocketClientProtocolConfig config = WebSocketClientProtocolConfig.newBuilder()
                .webSocketUri(URI.create("ws://pipe/socket")).maxFramePayloadLength(100_000)
                .dropPongFrames(false).handleCloseFrames(false).build();
        Channel channel = connect(type,
                pipeline -> pipeline.addLast(new HttpServerCodec(), new HttpObjectAggregator(10_000),
                        new WebSocketServerProtocolHandler(WebSocketServerProtocolConfig.newBuilder()
                                .websocketPath("/socket").decoderConfig(WebSocketDecoderConfig.newBuilder()
                                        .maxFramePayloadLength(100_000).build()).build()),
                        new WebSocketFrameAggregator(1_000_000), new SimpleChannelInboundHandler<WebSocketFrame>() {
                            @Override
                            protected void channelRead0(ChannelHandlerContext context, WebSocketFrame frame) {
                                context.writeAndFlush(frame.retain());
                            }
                        }),
                pipeline -> pipeline.addLast(new HttpClientCodec(), new HttpObjectAggregator(10_000),
                        new WebSocketClientProtocolHandler(config), new Receiver()));
        next(WebSocketClientProtocolHandler.ClientHandshakeStateEvent.class);
        assertThat(next(WebSocketClientProtocolHandler.ClientHandshakeStateEvent.class))
                .isEqualTo(WebSocketClientProtocolHandler.ClientHandshakeStateEvent.HANDSHAKE_COMPLETE);

        channel.writeAndFlush(new TextWebSocketFrame("pipe \u2194 pipe"));
        TextWebSocketFrame text = next(TextWebSocketFrame.class);
        assertThat(text.text()).isEqualTo("pipe \u2194 pipe");
        text.release();

        byte[] data = random(100_000);
        channel.write(new BinaryWebSocketFrame(false, 0, Unpooled.wrappedBuffer(data, 0, 60_000)));
        channel.write(new PingWebSocketFrame(Unpooled.copiedBuffer("there?", UTF_8)));
        channel.writeAndFlush(new ContinuationWebSocketFrame(true, 0, Unpooled.wrappedBuffer(data, 60_000, 40_000)));
        PongWebSocketFrame pong = next(PongWebSocketFrame.class);
        assertThat(pong.content().toString(UTF_8)).isEqualTo("there?");
        pong.release();
        BinaryWebSocketFrame binary = next(BinaryWebSocketFrame.class);
        assertThat(ByteBufUtil.getBytes(binary.content())).isEqualTo(data);
        binary.release();

        channel.writeAndFlush(new CloseWebSocketFrame(1000, "done"));
        CloseWebSocketFrame close = next(CloseWebSocketFrame.class);
        assertThat(close.reasonText()).isEqualTo("done");
        close.release();
        channel.closeFuture().sync();
    }

    // ---- frames

    @ParameterizedTest
    @EnumSource
    void linesHoweverTheyAreCut(PipeType type) throws Exception {
        Channel channel = connect(type,
                pipeline -> pipeline.addLast(new LineBasedFrameDecoder(10_000), new StringDecoder(UTF_8),
                        new StringEncoder(UTF_8), new SimpleChannelInboundHandler<String>() {
                            @Override
                            protected void channelRead0(ChannelHandlerContext context, String line) {
                                context.writeAndFlush(line + '\n');
                            }
                        }),
                pipeline -> pipeline.addLast(new LineBasedFrameDecoder(10_000), new StringDecoder(UTF_8),
                        new Receiver()));
        Random random = new Random(2);
        List<String> lines = new ArrayList<>();
        ByteBuf all = Unpooled.buffer();
        for (int i = 0; i < 500; i++) {
            String line = "line " + i + " \u00e4".repeat(random.nextInt(500));
            lines.add(line);
            all.writeBytes((line + (random.nextBoolean() ? "\r\n" : "\n")).getBytes(UTF_8));
        }
        while (all.isReadable()) {
            int part = Math.min(1 + random.nextInt(3_000), all.readableBytes());
            channel.writeAndFlush(all.readRetainedSlice(part));
        }
        all.release();
        for (String line : lines) {
            assertThat(next(String.class)).isEqualTo(line);
        }
    }

    @ParameterizedTest
    @EnumSource
    void framesWithALengthBeforeThem(PipeType type) throws Exception {
        Channel channel = connect(type,
                pipeline -> pipeline.addLast(new LengthFieldBasedFrameDecoder(1_000_000, 0, 4, 0, 4),
                        new LengthFieldPrepender(4), new Echo()),
                pipeline -> pipeline.addLast(new LengthFieldBasedFrameDecoder(1_000_000, 0, 4, 0, 4),
                        new LengthFieldPrepender(4), new Receiver()));
        Random random = new Random(3);
        List<byte[]> frames = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            byte[] frame = random(i % 50 == 0 ? 900_000 : random.nextInt(5_000));
            frames.add(frame);
            channel.writeAndFlush(Unpooled.wrappedBuffer(frame));
        }
        for (byte[] frame : frames) {
            ByteBuf answer = next(ByteBuf.class);
            assertThat(ByteBufUtil.getBytes(answer)).isEqualTo(frame);
            answer.release();
        }
    }

    @ParameterizedTest
    @EnumSource
    void compressionWithFramesInside(PipeType type) throws Exception {
        Channel channel = connect(type,
                pipeline -> pipeline.addLast(new JdkZlibEncoder(), new JdkZlibDecoder(0), new Echo()),
                pipeline -> pipeline.addLast(new JdkZlibEncoder(), new JdkZlibDecoder(0), new Receiver()));
        byte[] sent = new byte[2_000_000];
        System.arraycopy(random(200_000), 0, sent, 900_000, 200_000);
        channel.writeAndFlush(Unpooled.wrappedBuffer(sent));
        // The end of a compressed stream comes with the close.
        channel.pipeline().get(JdkZlibEncoder.class).close().sync();
        assertThat(receive(sent.length)).isEqualTo(sent);
    }

    // ---- time

    @ParameterizedTest
    @EnumSource
    void idleStatesAreSeenOfReadsAndOfWrites(PipeType type) throws Exception {
        BlockingQueue<IdleState> idle = new LinkedBlockingQueue<>();
        Channel channel = connect(type, pipeline -> pipeline.addLast(new Echo()),
                pipeline -> pipeline.addLast(new IdleStateHandler(200, 200, 200, TimeUnit.MILLISECONDS),
                        new ChannelInboundHandlerAdapter() {
                            @Override
                            public void userEventTriggered(ChannelHandlerContext context, Object event) {
                                if (event instanceof IdleStateEvent idleEvent) {
                                    idle.add(idleEvent.state());
                                }
                            }
                        }, new Receiver()));
        assertThat(List.of(idle.take(), idle.take(), idle.take())).containsExactlyInAnyOrder(IdleState.values());
        channel.writeAndFlush(Unpooled.copiedBuffer("still there", UTF_8)).sync();
        assertThat(receive(11)).isEqualTo("still there".getBytes(UTF_8));
        assertThat(channel.isActive()).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void aReadTimeoutClosesThePipe(PipeType type) throws Exception {
        Channel channel = connect(type, pipeline -> pipeline.addLast(new ChannelInboundHandlerAdapter()),
                pipeline -> pipeline.addLast(new ReadTimeoutHandler(300, TimeUnit.MILLISECONDS), new Receiver()));
        assertThat(next(Throwable.class)).isInstanceOf(ReadTimeoutException.class);
        channel.closeFuture().sync();
    }

    // ---- flow

    @ParameterizedTest
    @EnumSource
    void aShapedChannelLosesNothingAndCountsAll(PipeType type) throws Exception {
        var shaping = new ChannelTrafficShapingHandler(4_000_000, 4_000_000, 100);
        Channel channel = connect(type, pipeline -> pipeline.addLast(new Echo()),
                pipeline -> pipeline.addLast(shaping, new Receiver()));
        byte[] sent = random(2_000_000);
        for (int from = 0; from < sent.length; from += 50_000) {
            channel.write(Unpooled.wrappedBuffer(sent, from, 50_000));
        }
        channel.flush();
        assertThat(receive(sent.length)).isEqualTo(sent);
        assertThat(shaping.trafficCounter().cumulativeWrittenBytes()).isEqualTo(sent.length);
        assertThat(shaping.trafficCounter().cumulativeReadBytes()).isEqualTo(sent.length);
    }

    @ParameterizedTest
    @EnumSource
    void oneShaperForAllChannelsOfAServer(PipeType type) throws Exception {
        var shaping = new GlobalTrafficShapingHandler(group.next(), 4_000_000, 4_000_000, 100);
        try {
            Channel server = server(type, pipeline -> pipeline.addLast(shaping, new Echo()));
            List<Receiver> receivers = new ArrayList<>();
            List<Channel> clients = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                Receiver receiver = new Receiver(new LinkedBlockingQueue<>());
                receivers.add(receiver);
                clients.add(client(server, pipeline -> pipeline.addLast(receiver)));
            }
            byte[] sent = random(500_000);
            clients.forEach(client -> client.writeAndFlush(Unpooled.wrappedBuffer(sent)));
            for (Receiver receiver : receivers) {
                assertThat(receive(receiver.received, sent.length)).isEqualTo(sent);
            }
            assertThat(shaping.trafficCounter().cumulativeReadBytes()).isEqualTo(4L * sent.length);
        } finally {
            shaping.release();
        }
    }

    @ParameterizedTest
    @EnumSource
    void waterMarksHoldAFastWriterBack(PipeType type) throws Exception {
        AtomicBoolean reads = new AtomicBoolean();
        AtomicInteger changes = new AtomicInteger();
        BlockingQueue<Object> atServer = new LinkedBlockingQueue<>();
        Channel[] accepted = new Channel[1];
        Channel server = server(type, pipeline -> {
            accepted[0] = pipeline.channel();
            pipeline.channel().config().setAutoRead(reads.get());
            pipeline.addLast(new Receiver(atServer));
        });
        Channel channel = client(server, pipeline -> pipeline.addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelWritabilityChanged(ChannelHandlerContext context) {
                changes.incrementAndGet();
            }
        }));
        channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(100_000, 400_000));

        byte[] part = random(50_000);
        int parts = 0;
        while (channel.isWritable() && parts < 1_000) {
            channel.writeAndFlush(Unpooled.wrappedBuffer(part));
            parts++;
            channel.eventLoop().submit(() -> { }).sync();
        }
        assertThat(channel.isWritable()).as("after %d parts that nobody read", parts).isFalse();

        WindowsTestSupport.await("the channel is accepted", () -> accepted[0] != null);
        accepted[0].config().setAutoRead(true);
        WindowsTestSupport.await("the channel is writable again", channel::isWritable);
        byte[] all = receive(atServer, parts * part.length);
        for (int i = 0; i < parts; i++) {
            assertThat(Arrays.equals(all, i * part.length, (i + 1) * part.length, part, 0, part.length))
                    .as("part " + i).isTrue();
        }
        WindowsTestSupport.await("both changes were told", () -> changes.get() == 2);
    }

    // ---- ends and helpers

    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.writeAndFlush(message);
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof SslCloseCompletionEvent) {
                context.close();
            }
        }
    }

    /** Keeps what comes, events and exceptions too. */
    private final class Receiver extends ChannelInboundHandlerAdapter {
        private final BlockingQueue<Object> received;

        Receiver() {
            this(HandlersOverPipesTest.this.received);
        }

        Receiver(BlockingQueue<Object> received) {
            this.received = received;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            received.add(message);
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof WebSocketClientProtocolHandler.ClientHandshakeStateEvent
                    || event instanceof SslCloseCompletionEvent) {
                received.add(event);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            received.add(cause);
        }
    }

    private <T> T next(Class<T> expected) throws InterruptedException {
        Object next = received.poll(60, TimeUnit.SECONDS);
        assertThat(next).isInstanceOf(expected);
        return expected.cast(next);
    }

    private byte[] receive(int length) throws InterruptedException {
        return receive(received, length);
    }

    private static byte[] receive(BlockingQueue<Object> from, int length) throws InterruptedException {
        byte[] all = new byte[length];
        for (int at = 0; at < length;) {
            Object next = from.poll(60, TimeUnit.SECONDS);
            assertThat(next).as("after %d of %d bytes", at, length).isInstanceOf(ByteBuf.class);
            ByteBuf part = (ByteBuf) next;
            assertThat(part.readableBytes()).isLessThanOrEqualTo(length - at);
            int bytes = part.readableBytes();
            part.readBytes(all, at, bytes).release();
            at += bytes;
        }
        return all;
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private Channel connect(PipeType type, Consumer<ChannelPipeline> server, Consumer<ChannelPipeline> client)
            throws InterruptedException {
        return client(server(type, server), client);
    }

    private static ChannelInitializer<Channel> initializer(Consumer<ChannelPipeline> initialize) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                initialize.accept(channel.pipeline());
            }
        };
    }

    private Channel server(PipeType type, Consumer<ChannelPipeline> initialize) throws InterruptedException {
        Channel server = new ServerBootstrap().group(group).channel(NamedPipeServerChannel.class)
                .option(NamedPipeOption.PIPE_TYPE, type)
                .childHandler(initializer(pipeline -> {
                    channels.add(pipeline.channel());
                    initialize.accept(pipeline);
                })).bind(NamedPipeAddress.random()).sync().channel();
        channels.add(server);
        return server;
    }

    private Channel client(Channel server, Consumer<ChannelPipeline> initialize) throws InterruptedException {
        Channel client = new Bootstrap().group(group).channel(NamedPipeChannel.class)
                .handler(initializer(initialize)).connect(server.localAddress()).sync().channel();
        channels.add(client);
        return client;
    }

    @AfterEach
    void endAll() throws InterruptedException {
        for (Channel channel : channels) {
            channel.close().sync();
        }
        WindowsTestSupport.shutDown(group);
        assertThat(received).as("what nobody asked for").isEmpty();
    }
}
