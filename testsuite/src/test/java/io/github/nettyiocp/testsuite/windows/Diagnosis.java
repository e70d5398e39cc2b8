/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.pipe.NamedPipeChannel;
import io.netty.channel.AbstractChannel;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2Stream;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What a test prints when something does not come for which it waited: why it doesn't is seldom to be seen twice. */
final class Diagnosis {

    private static final long ANSWER_SECONDS = 10;

    private Diagnosis() {
    }

    /** The state of channels, of their loops and of all threads, for a message. */
    static String of(IocpEventLoopGroup group, List<Channel> channels) throws InterruptedException {
        StringBuilder text = new StringBuilder();
        text.append("loops: ").append(group.metrics()).append('\n');
        for (Channel channel : channels) {
            text.append(answer(channel)).append('\n');
        }
        Thread.getAllStackTraces().forEach((thread, stack) -> {
            text.append(thread).append(' ').append(thread.getState()).append('\n');
            Arrays.stream(stack).forEach(frame -> text.append("    at ").append(frame).append('\n'));
        });
        return text.toString();
    }

    /** As the channel's loop sees it; a loop that doesn't answer is a part of the diagnosis. */
    private static String answer(Channel channel) throws InterruptedException {
        if (!channel.isRegistered()) {
            return channel + " is not registered";
        }
        try {
            return channel.eventLoop().submit(() -> state(channel)).get(ANSWER_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException silent) {
            return "THE LOOP DOES NOT ANSWER: " + state(channel);
        } catch (ExecutionException failed) {
            return channel + ": " + failed.getCause();
        }
    }

    private static String state(Channel channel) {
        StringBuilder text = new StringBuilder().append(channel);
        ChannelOutboundBuffer outbound = channel.unsafe().outboundBuffer();
        if (outbound != null) {
            text.append("\n  outbound: ").append(outbound.size()).append(" messages flushed, ")
                    .append(outbound.totalPendingWriteBytes()).append(" bytes pending, writable ")
                    .append(outbound.isWritable()).append(", first ").append(outbound.current());
        }
        if (channel instanceof NamedPipeChannel && channel.eventLoop().inEventLoop()) {
            text.append("\n  unread in Windows: ").append(((NamedPipeChannel) channel).available());
        }
        Http2FrameCodec http2 = channel.pipeline().get(Http2FrameCodec.class);
        if (http2 != null) {
            http2(http2.connection(), text);
        }
        for (Class<?> type = channel.getClass(); type != AbstractChannel.class; type = type.getSuperclass()) {
            fields(channel, type, text);
        }
        return text.toString();
    }

    private static void http2(Http2Connection connection, StringBuilder text) {
        stream(connection, connection.connectionStream(), text);
        try {
            connection.forEachActiveStream(stream -> {
                stream(connection, stream, text);
                return true;
            });
        } catch (Http2Exception e) {
            text.append("\n  ").append(e);
        }
    }

    private static void stream(Http2Connection connection, Http2Stream stream, StringBuilder text) {
        var local = connection.local().flowController();
        var remote = connection.remote().flowController();
        text.append("\n  HTTP/2 stream ").append(stream.id()).append(' ').append(stream.state())
                .append(": receives ").append(local.windowSize(stream)).append(" (unconsumed ")
                .append(local.unconsumedBytes(stream)).append("), sends ").append(remote.windowSize(stream))
                .append(", queued ").append(remote.hasFlowControlled(stream));
    }

    private static void fields(Channel channel, Class<?> type, StringBuilder text) {
        text.append("\n  ").append(type.getSimpleName()).append(':');
        for (Field field : type.getDeclaredFields()) {
            if (!Modifier.isStatic(field.getModifiers())) {
                Object value;
                try {
                    field.setAccessible(true);
                    value = field.get(channel);
                } catch (ReflectiveOperationException e) {
                    value = e;
                }
                text.append(' ').append(field.getName()).append('=').append(
                        value instanceof Object[] ? Arrays.toString((Object[]) value) : value);
            }
        }
    }
}
