/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.netty;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.testsuite.transport.socket.AbstractSocketTest;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ImmediateEventExecutor;
import io.netty.util.concurrent.Promise;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * What Netty's SocketSslLargeCertificateTest does over NIO alone: TLS 1.3 by OpenSSL with certificates of clients of
 * about 16 KiB, which fill a record.
 */
@Timeout(240)
class IocpSocketSslLargeCertificateTest extends AbstractSocketTest {

    private static final String EXTENSION = "1.2.840.113635.100.6.2.1";
    private static final int MAX_CERTIFICATES = 32 * 1024;

    @Override
    protected List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> newFactories() {
        return IocpSocketTestPermutation.INSTANCE.socket();
    }

    /** All that Netty's test has, or the smallest, the largest and one between. */
    static IntStream sizes() {
        return Boolean.getBoolean("iocp.testsuite.all") ? IntStream.rangeClosed(16384 - 768, 16384)
                : IntStream.of(16384 - 768, 16384 - 391, 16384);
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void aHandshakeWithALargeCertificateSucceeds(int extensionSize, TestInfo info) throws Throwable {
        CertificateBuilder base = new CertificateBuilder().algorithm(CertificateBuilder.Algorithm.ecp256)
                .setKeyUsage(true, CertificateBuilder.KeyUsage.digitalSignature,
                        CertificateBuilder.KeyUsage.keyCertSign);
        X509Bundle root = base.copy().subject("cn=root.netty.io").setIsCertificateAuthority(true).buildSelfSigned();
        X509Bundle server = base.copy().subject("cn=localhost").addExtendedKeyUsageServerAuth().buildIssuedBy(root);
        byte[] extension = new byte[extensionSize];
        new Random(extensionSize).nextBytes(extension);
        X509Bundle client = base.copy().subject("cn=client").addExtendedKeyUsageClientAuth()
                .addExtensionOctetString(EXTENSION, false, extension).buildIssuedBy(root);
        SslContext serverContext = SslContextBuilder.forServer(server.toKeyManagerFactory())
                .sslProvider(SslProvider.OPENSSL).trustManager(root.toTrustManagerFactory()).protocols("TLSv1.3")
                .clientAuth(ClientAuth.REQUIRE)
                .option(OpenSslContextOption.MAX_CERTIFICATE_LIST_BYTES, MAX_CERTIFICATES).build();
        SslContext clientContext = SslContextBuilder.forClient().sslProvider(SslProvider.OPENSSL)
                .keyManager(client.toKeyManagerFactory()).trustManager(root.toTrustManagerFactory())
                .protocols("TLSv1.3").option(OpenSslContextOption.MAX_CERTIFICATE_LIST_BYTES, MAX_CERTIFICATES)
                .endpointIdentificationAlgorithm(null).build();
        try {
            run(info, (sb, cb) -> roundTrip(sb, cb, serverContext, clientContext));
        } finally {
            ReferenceCountUtil.release(serverContext);
            ReferenceCountUtil.release(clientContext);
        }
    }

    private static void roundTrip(ServerBootstrap sb, Bootstrap cb, SslContext serverContext,
                                  SslContext clientContext) throws Exception {
        Promise<Integer> came = ImmediateEventExecutor.INSTANCE.newPromise();
        Channel server = sb.childHandler(new ChannelInitializer<Channel>() {
            @Override
            protected void initChannel(Channel channel) {
                channel.pipeline().addLast(serverContext.newHandler(channel.alloc()), new FirstByte(came));
            }
        }).bind().sync().channel();
        Channel client = cb.handler(new ChannelInitializer<Channel>() {
            @Override
            protected void initChannel(Channel channel) {
                channel.pipeline().addLast(clientContext.newHandler(channel.alloc()),
                        new FirstByte(ImmediateEventExecutor.INSTANCE.newPromise()));
            }
        }).connect(server.localAddress()).sync().channel();
        client.writeAndFlush(Unpooled.buffer(1).writeByte(42)).sync();
        came.sync();
        client.close().sync();
        server.close().sync();
    }

    /** Waits for a byte, or the failure of the handshake. */
    private static final class FirstByte extends ChannelInboundHandlerAdapter {

        private final Promise<Integer> promise;

        FirstByte(Promise<Integer> promise) {
            this.promise = promise;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            promise.trySuccess((int) ((ByteBuf) message).readByte());
            ReferenceCountUtil.release(message);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            promise.tryFailure(cause);
            context.close();
        }
    }
}
