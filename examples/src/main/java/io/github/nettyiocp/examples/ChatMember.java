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
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.codec.string.StringDecoder;
import io.netty.handler.codec.string.StringEncoder;

import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** One end of the chat. */
final class ChatMember extends SimpleChannelInboundHandler<String> {

    private static final int LONGEST_LINE = 1_100;

    private final Consumer<String> listener;
    private final String nick;
    private final Channel channel;

    /** @param listener is called on the loop with each line that is heard */
    ChatMember(EventLoopGroup group, NamedPipeAddress server, String nick, Consumer<String> listener)
            throws InterruptedException {
        this.listener = listener;
        this.nick = nick;
        channel = new Bootstrap().group(group).channel(NamedPipeChannel.class)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new LineBasedFrameDecoder(LONGEST_LINE),
                                new StringDecoder(StandardCharsets.UTF_8), new StringEncoder(StandardCharsets.UTF_8),
                                ChatMember.this);
                    }
                }).connect(server).sync().channel();
        say(nick);
    }

    String nick() {
        return nick;
    }

    boolean isConnected() {
        return channel.isActive();
    }

    void say(String line) {
        channel.writeAndFlush(line + '\n');
    }

    void leave() {
        channel.close().syncUninterruptibly();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, String line) {
        listener.accept(line);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        listener.accept("* the chat is over");
    }
}
