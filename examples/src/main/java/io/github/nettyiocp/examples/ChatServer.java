/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import io.github.nettyiocp.pipe.NamedPipeAddress;
import io.github.nettyiocp.pipe.NamedPipeServerChannel;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.codec.string.StringDecoder;
import io.netty.handler.codec.string.StringEncoder;
import io.netty.util.concurrent.GlobalEventExecutor;

import java.nio.charset.StandardCharsets;

/** Sends what one member says to all. The first line of each is its nick. */
final class ChatServer extends SimpleChannelInboundHandler<String> {

    private static final int LONGEST_LINE = 1_000;

    private final ChannelGroup members;
    private String nick;

    private ChatServer(ChannelGroup members) {
        this.members = members;
    }

    static Channel start(EventLoopGroup group, NamedPipeAddress address) throws InterruptedException {
        ChannelGroup members = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
        return new ServerBootstrap().group(group).channel(NamedPipeServerChannel.class)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new LineBasedFrameDecoder(LONGEST_LINE),
                                new StringDecoder(StandardCharsets.UTF_8), new StringEncoder(StandardCharsets.UTF_8),
                                new ChatServer(members));
                    }
                }).bind(address).sync().channel();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, String line) {
        if (nick == null) {
            nick = line;
            members.add(context.channel());
            sendToAll("* " + nick + " came");
        } else {
            sendToAll(nick + ": " + line);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (nick != null) {
            sendToAll("* " + nick + " went");
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }

    private void sendToAll(String line) {
        members.writeAndFlush(line + '\n');
    }
}
