/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.channel.DeviceAddress;
import io.github.nettyiocp.channel.HandleChannel;
import io.github.nettyiocp.channel.IocpChannelOption;
import io.github.nettyiocp.channel.ReceiveMode;
import io.github.nettyiocp.channel.SerialStrategy;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.CharsetUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Serial ports. Under Wine, any terminal is one; on Windows there is no port without hardware. */
@Timeout(240)
public class SerialOnWindowsTest {

    /** A file with the name of a port that echoes; under Wine, {@code src/test/peers/serial/line.py} makes both. */
    private static final String LINE = System.getProperty("serial.line");

    private final BlockingQueue<Object> events = new LinkedBlockingQueue<>();
    private IocpEventLoopGroup group;

    @BeforeEach
    void start() {
        group = new IocpEventLoopGroup(1);
    }

    @AfterEach
    void end() {
        WindowsTestSupport.shutDown(group);
    }

    private static DeviceAddress line(String suffix) throws IOException {
        Assumptions.assumeTrue(LINE != null, "no serial line: give the file of one by -Dserial.line");
        String port = Files.readString(Path.of(LINE + suffix));
        return new DeviceAddress(port.startsWith("/") ? "Z:" + port.replace('/', '\\') : port);
    }

    private ChannelFuture connect(DeviceAddress address, SerialStrategy strategy) {
        return new Bootstrap().group(group).channelFactory(() -> new HandleChannel(strategy))
                .option(IocpChannelOption.RECEIVE_MODE, ReceiveMode.ZERO_BYTE)
                .handler(new ChannelInboundHandlerAdapter() {
                    private final StringBuilder text = new StringBuilder();

                    @Override
                    public void channelRead(ChannelHandlerContext context, Object message) {
                        text.append(((ByteBuf) message).toString(CharsetUtil.US_ASCII));
                        ((ByteBuf) message).release();
                        for (int end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
                            events.add(text.substring(0, end));
                            text.delete(0, end + 1);
                        }
                    }

                    @Override
                    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                        events.add(cause);
                    }

                    @Override
                    public void channelInactive(ChannelHandlerContext context) {
                        events.add("inactive");
                    }
                }).connect(address);
    }

    private Object next() throws InterruptedException {
        Object event = events.poll(60, TimeUnit.SECONDS);
        assertThat(event).as("an event").isNotNull();
        return event;
    }

    private static void send(Channel channel, String text) throws InterruptedException {
        channel.writeAndFlush(Unpooled.copiedBuffer(text, CharsetUtil.US_ASCII)).sync();
    }

    @Test
    void bytesGoThereAndBackAtOnceThoughTheBufferIsNotFull() throws Exception {
        Channel channel = connect(line(""), new SerialStrategy().baudRate(115200)
                .parity(SerialStrategy.Parity.EVEN).stopBits(SerialStrategy.StopBits.TWO).dataBits(7)).sync().channel();
        for (int i = 0; i < 20; i++) {
            send(channel, "line " + i + '\n');
            assertThat(next()).isEqualTo("line " + i);
        }
        channel.close().sync();
        assertThat(next()).isEqualTo("inactive");
    }

    @Test
    void manyBytesArriveInOrder() throws Exception {
        Channel channel = connect(line(""), new SerialStrategy().readIntervalMillis(5)).sync().channel();
        char[] longLine = new char[300];
        for (int i = 0; i < 20; i++) {
            Arrays.fill(longLine, (char) ('a' + i % 26));
            channel.writeAndFlush(Unpooled.copiedBuffer(new String(longLine) + '\n', CharsetUtil.US_ASCII));
        }
        for (int i = 0; i < 20; i++) {
            Arrays.fill(longLine, (char) ('a' + i % 26));
            assertThat(next()).isEqualTo(new String(longLine));
        }
        channel.close().sync();
    }

    @Test
    void anIdleLineIsClosedAtOnce() throws Throwable {
        DeviceAddress address = line("");
        WindowsTestSupport.assertLeavesNoHandles(3, () -> {
            for (int i = 0; i < 10; i++) {
                Channel channel = connect(address, new SerialStrategy()).sync().channel();
                assertThat(channel.close().await(60_000)).isTrue();
            }
        });
    }

    @Test
    void aLineThatIsUnpluggedIsAnErrorAndTheEnd() throws Exception {
        Channel channel = connect(line("-unplug"), new SerialStrategy()).sync().channel();
        send(channel, "hello\n");
        assertThat(next()).isEqualTo("hello");
        Files.delete(Path.of(LINE + "-unplug"));
        assertThat(next()).isInstanceOf(IOException.class);
        assertThat(next()).isEqualTo("inactive");
        assertThat(channel.closeFuture().await(60_000)).isTrue();
    }

    @Test
    void theExampleHearsItsEcho() throws Exception {
        ExamplesOnWindowsTest.assertRuns("serial-echo", "  10 lines there and back in ", line("").path(), "115200",
                "ping");
    }

    @Test
    void aPortThatIsNotThereIsNoSuchFile() throws Exception {
        ChannelFuture connected = connect(new DeviceAddress("COM250"), new SerialStrategy()).await();
        assertThat(connected.cause()).isInstanceOf(NoSuchFileException.class).hasMessageContaining("COM250");
    }

    @Test
    void whatIsNoSerialPortIsRefused() throws Exception {
        Path file = Files.createTempFile("serial", "");
        ChannelFuture connected = connect(new DeviceAddress(file.toString()), new SerialStrategy()).await();
        assertThat(connected.cause()).isInstanceOf(IOException.class);
        Files.delete(file);
    }

    @Test
    void settingsThatCannotBeAreRefused() {
        assertThatThrownBy(() -> new SerialStrategy().baudRate(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new SerialStrategy().dataBits(9)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new SerialStrategy().parity(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> new DeviceAddress("")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new DeviceAddress("a\0b")).isInstanceOf(IllegalArgumentException.class);
        assertThat(new DeviceAddress("COM3")).hasToString("\\\\.\\COM3").isEqualTo(new DeviceAddress("com3"));
    }
}
