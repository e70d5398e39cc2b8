/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.IocpIoHandlerConfig;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.pipe.ClientNotIdentifiedException;
import io.github.nettyiocp.pipe.ImpersonationLevel;
import io.github.nettyiocp.pipe.NamedPipeAddress;
import io.github.nettyiocp.pipe.NamedPipeChannel;
import io.github.nettyiocp.pipe.NamedPipeOption;
import io.github.nettyiocp.pipe.NamedPipePeer;
import io.github.nettyiocp.pipe.NamedPipeServerChannel;
import io.github.nettyiocp.pipe.PipeSecurity;
import io.github.nettyiocp.pipe.ServerVerification;
import io.github.nettyiocp.pipe.ServerVerificationException;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.util.CharsetUtil;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.nio.channels.NotYetConnectedException;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

/** What the options of pipe channels make of their security. The parts are tested one by one elsewhere. */
@Timeout(240)
class NamedPipeSecurityOnWindowsTest {

    private static final String USER = PipeSecurity.currentUser().toString().replaceFirst("O:(S-1-[-0-9]+)D:.*", "$1");
    private static final long PROCESS = ProcessHandle.current().pid();

    private final NamedPipeAddress address = NamedPipeAddress.random("test-");
    private final BlockingQueue<NamedPipeChannel> accepted = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
    private IocpEventLoopGroup group = new IocpEventLoopGroup(2);

    @AfterEach
    void end() {
        WindowsTestSupport.shutDown(group);
    }

    @Test
    void aServerIsForItsUserUnlessToldOtherwise() throws Exception {
        Channel server = bind(server());
        assertThat(descriptor()).isEqualTo(canonical(PipeSecurity.currentUser()));
        server.close().sync();
    }

    @Test
    void aServerIsForWhomItIsTold() throws Exception {
        for (PipeSecurity security : List.of(PipeSecurity.currentLogonSession(), PipeSecurity.administrators(),
                PipeSecurity.authenticatedUsers(), PipeSecurity.sddl("O:" + USER + "D:P(A;;FA;;;WD)"))) {
            Channel server = bind(server().option(NamedPipeOption.SECURITY, security));
            assertThat(descriptor()).isEqualTo(canonical(security));
            NamedPipeChannel client = connect(client());
            client.writeAndFlush(Unpooled.copiedBuffer("hello", CharsetUtil.UTF_8)).sync();
            assertThat(received.poll(60, TimeUnit.SECONDS)).isEqualTo("hello");
            client.close().sync();
            closeAccepted();
            server.close().sync();
        }
    }

    @Test
    void aClientThatDemandsItsUsersServerFindsIt() throws Exception {
        Channel server = bind(server());
        NamedPipeChannel client = connect(client().option(NamedPipeOption.SERVER_VERIFICATION,
                ServerVerification.ownedByCurrentUser().and(ServerVerification.process(PROCESS))));
        client.writeAndFlush(Unpooled.copiedBuffer("hello", CharsetUtil.UTF_8)).sync();
        assertThat(received.poll(60, TimeUnit.SECONDS)).isEqualTo("hello");
        client.close().sync();
        server.close().sync();
    }

    @Test
    void aClientSendsNothingToAServerThatIsNotWhoItDemands() throws Exception {
        Channel server = bind(server());
        ChannelFuture future = client().option(NamedPipeOption.SERVER_VERIFICATION,
                ServerVerification.ownedBy("S-1-5-18")).connect(address);
        future.channel().writeAndFlush(Unpooled.copiedBuffer("secret", CharsetUtil.UTF_8));
        assertThat(future.await(60_000)).isTrue();
        assertThat(future.cause()).isInstanceOf(ServerVerificationException.class)
                .hasMessageContaining(address.toString()).hasMessageContaining("not S-1-5-18");
        assertThat(future.channel().closeFuture().await(60_000)).isTrue();
        // The server saw a client that came and went, or didn't see it at all.
        NamedPipeChannel end = accepted.poll(1, TimeUnit.SECONDS);
        if (end != null) {
            assertThat(end.closeFuture().await(60_000)).isTrue();
        }
        assertThat(received).isEmpty();
        server.close().sync();
    }

    @Test
    void refusedServersCostNoHandles() throws Exception {
        Channel server = bind(server());
        Bootstrap client = client().option(NamedPipeOption.SERVER_VERIFICATION, ServerVerification.process(1));
        // The threads for blocking calls have handles of their own; there are 16 at most.
        for (int i = 0; i < 30; i++) {
            refuse(client);
        }
        closeAccepted();
        int before = WindowsTestSupport.handles();
        for (int i = 0; i < 50; i++) {
            refuse(client);
        }
        closeAccepted();
        WindowsTestSupport.assertNoMoreHandlesThan(before, 4);
        server.close().sync();
    }

    private void refuse(Bootstrap client) throws Exception {
        ChannelFuture future = client.connect(address).await();
        assertThat(future.cause()).isInstanceOf(ServerVerificationException.class);
        future.channel().closeFuture().sync();
    }

    @Test
    void bothEndsLearnWhoThePeerIs() throws Exception {
        Channel server = bind(server());
        NamedPipeChannel client = connect(client());
        NamedPipeChannel end = accepted.poll(60, TimeUnit.SECONDS);
        NamedPipePeer clientsPeer = client.peer().sync().getNow();
        NamedPipePeer serversPeer = end.peer().sync().getNow();
        assertThat(serversPeer.userSid()).isEqualTo(USER);
        assertThat(serversPeer.processId()).isEqualTo(PROCESS);
        assertThat(clientsPeer).isEqualTo(serversPeer);
        client.close().sync();
        server.close().sync();
    }

    @Test
    void aServerActsAsItsClientAndWhoIsNoneCannot() throws Exception {
        Channel server = bind(server());
        NamedPipeChannel client = connect(client().option(NamedPipeOption.IMPERSONATION_LEVEL,
                ImpersonationLevel.IMPERSONATION));
        NamedPipeChannel end = accepted.poll(60, TimeUnit.SECONDS);
        assertThat(end.impersonateClient(() -> "done").sync().getNow()).isEqualTo("done");
        IOException failure = new IOException("no");
        assertThat(end.impersonateClient(() -> {
            throw failure;
        }).await().cause()).isSameAs(failure);
        assertThat(client.impersonateClient(() -> "done").await().cause())
                .isInstanceOf(UnsupportedOperationException.class);
        client.close().sync();
        end.closeFuture().sync();
        assertThat(end.impersonateClient(() -> "done").await().cause()).isInstanceOf(NotYetConnectedException.class);
        assertThat(end.peer().await().cause()).isInstanceOf(NotYetConnectedException.class);
        server.close().sync();
    }

    @Test
    void anAnonymousClientIsNotActedFor() throws Exception {
        Assumptions.assumeFalse(RawPipe.WINE, "Wine doesn't look at a client's impersonation level");
        Channel server = bind(server());
        NamedPipeChannel client = connect(client().option(NamedPipeOption.IMPERSONATION_LEVEL,
                ImpersonationLevel.ANONYMOUS));
        NamedPipeChannel end = accepted.poll(60, TimeUnit.SECONDS);
        assertThat(end.impersonateClient(() -> "done").await().cause())
                .isInstanceOf(ClientNotIdentifiedException.class);
        assertThat(end.peer().sync().getNow().userSid()).isNull();
        client.close().sync();
        server.close().sync();
    }

    @Test
    void aTaskGoesOnWhenTheChannelIsClosedAndThePeerSeesTheEndAfterIt() throws Exception {
        Channel server = bind(server());
        NamedPipeChannel client = connect(client());
        NamedPipeChannel end = accepted.poll(60, TimeUnit.SECONDS);
        CountDownLatch began = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        Future<String> task = end.impersonateClient(() -> {
            began.countDown();
            mayEnd.await();
            return "done";
        });
        assertThat(began.await(60, TimeUnit.SECONDS)).isTrue();
        end.close().sync();
        assertThat(client.isActive()).isTrue();
        mayEnd.countDown();
        assertThat(task.sync().getNow()).isEqualTo("done");
        assertThat(client.closeFuture().await(60_000)).isTrue();
        server.close().sync();
    }

    @Test
    void threadsThatCannotBeSomebodyAloneAreRefused() throws Exception {
        WindowsTestSupport.shutDown(group);
        group = new IocpEventLoopGroup(1,
                new IocpIoHandlerConfig().blockingExecutor(task -> Thread.ofVirtual().start(task)));
        Channel server = bind(server());
        try (RawPipe client = new RawPipe(address.toString())) {
            client.client(RawPipe.CLIENT_ACCESS, WinConst.SECURITY_SQOS_PRESENT | WinConst.SECURITY_IDENTIFICATION);
            NamedPipeChannel end = accepted.poll(60, TimeUnit.SECONDS);
            assertThat(end.impersonateClient(() -> "done").await().cause()).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("virtual thread");
            end.close().sync();
        }
        server.close().sync();
    }

    private ServerBootstrap server() {
        return new ServerBootstrap().group(group).channel(NamedPipeServerChannel.class)
                .childHandler(new ChannelInitializer<NamedPipeChannel>() {
                    @Override
                    protected void initChannel(NamedPipeChannel channel) {
                        accepted.add(channel);
                        channel.pipeline().addLast(new ChannelInboundHandlerAdapter() {
                            @Override
                            public void channelRead(ChannelHandlerContext context, Object message) {
                                received.add(((ByteBuf) message).toString(CharsetUtil.UTF_8));
                                ReferenceCountUtil.release(message);
                            }
                        });
                    }
                });
    }

    private Channel bind(ServerBootstrap server) throws InterruptedException {
        return server.bind(address).sync().channel();
    }

    private Bootstrap client() {
        return new Bootstrap().group(group).channel(NamedPipeChannel.class).handler(new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                // What a client reads is none of these tests' business.
            }
        });
    }

    private NamedPipeChannel connect(Bootstrap client) throws InterruptedException {
        return (NamedPipeChannel) client.connect(address).sync().channel();
    }

    private void closeAccepted() throws InterruptedException {
        for (NamedPipeChannel end = accepted.poll(); end != null; end = accepted.poll()) {
            end.close().sync();
        }
    }

    /** What Windows says of the pipe to who connects. */
    private String descriptor() throws Exception {
        try (RawPipe client = new RawPipe(address.toString())) {
            String descriptor = client.descriptor(client.client(RawPipe.CLIENT_ACCESS | WinConst.READ_CONTROL,
                    WinConst.SECURITY_SQOS_PRESENT | WinConst.SECURITY_IDENTIFICATION));
            NamedPipeChannel end = accepted.poll(60, TimeUnit.SECONDS);
            end.close().sync();
            return descriptor;
        }
    }

    private static String canonical(PipeSecurity security) {
        try (RawPipe any = new RawPipe()) {
            return any.canonical(security.toString());
        }
    }
}
