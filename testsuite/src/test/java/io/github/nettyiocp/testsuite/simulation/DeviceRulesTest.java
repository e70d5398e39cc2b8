/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.channel.DeviceAddress;
import io.github.nettyiocp.channel.DeviceStrategy;
import io.github.nettyiocp.channel.HandleChannel;
import io.github.nettyiocp.channel.HandleStrategy;
import io.github.nettyiocp.channel.MailslotStrategy;
import io.github.nettyiocp.channel.SerialStrategy;
import io.github.nettyiocp.internal.Layout;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.DefaultByteBufHolder;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ConnectTimeoutException;
import io.netty.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Mailslots, serial ports and devices on the simulated Windows. */
@Timeout(60)
class DeviceRulesTest {

    private static final DeviceAddress MAILSLOT = new DeviceAddress("mailslot\\inbox");
    private static final DeviceAddress COM3 = new DeviceAddress("COM3");
    private static final DeviceAddress DEVICE = new DeviceAddress("MyDevice");
    private static final int OPERATIONS = 64;

    private final List<Object> events = new ArrayList<>();
    private final ByteArrayOutputStream farEnd = new ByteArrayOutputStream();
    private SimulatedKernel kernel;
    private SimulatedRuntime runtime;
    private SimulatedSerialPort port;
    private SimulatedDevice device;

    @AfterEach
    void end() {
        if (runtime != null) {
            runtime.close();
        }
    }

    private DeviceRulesTest windows(Faults faults) {
        kernel = new SimulatedKernel(1, faults);
        runtime = new SimulatedRuntime(kernel, 1, false, config -> config.maxOperations(OPERATIONS));
        port = kernel.devices().add("COM3", new SimulatedSerialPort(kernel, farEnd::writeBytes));
        device = kernel.devices().add("MyDevice", new SimulatedDevice(kernel));
        return this;
    }

    private HandleChannel channel(HandleStrategy strategy) {
        HandleChannel channel = new HandleChannel(strategy);
        channel.config().setAllocator(runtime.allocator());
        channel.pipeline().addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                events.add(((ByteBuf) message).toString(StandardCharsets.US_ASCII));
                ((ByteBuf) message).release();
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                events.add(cause);
            }

            @Override
            public void channelInactive(ChannelHandlerContext context) {
                events.add("inactive");
            }
        });
        runtime.loop().register(channel);
        return channel;
    }

    private HandleChannel connect(HandleStrategy strategy, DeviceAddress address) {
        HandleChannel channel = channel(strategy);
        ChannelFuture connected = channel.connect(address);
        runtime.require("connected", connected::isSuccess);
        return channel;
    }

    private Throwable refused(HandleStrategy strategy, DeviceAddress address) {
        HandleChannel channel = channel(strategy);
        ChannelFuture connected = channel.connect(address);
        runtime.require("an outcome", () -> connected.isDone() && channel.closeFuture().isDone());
        return connected.cause();
    }

    private void close(HandleChannel channel, long millis) {
        long start = kernel.schedule().now();
        ChannelFuture closed = channel.close();
        runtime.require("closed", closed::isDone);
        assertThat(TimeUnit.NANOSECONDS.toMillis(kernel.schedule().now() - start)).isLessThanOrEqualTo(millis);
    }

    private void millis(long millis) {
        runtime.sleep(millis, TimeUnit.MILLISECONDS);
    }

    private ByteBuf text(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
    }

    // ---- mailslots

    @Test
    void everyMessageOfAMailslotIsOneAndEmptyOnesAreToo() {
        windows(Faults.none());
        connect(MailslotStrategy.server(100), MAILSLOT);
        HandleChannel writer = connect(MailslotStrategy.client(), MAILSLOT);
        writer.write(text("one"));
        writer.write(text(""));
        writer.write(new DefaultByteBufHolder(text("")));
        writer.writeAndFlush(new DefaultByteBufHolder(text("two")));
        runtime.require("all messages", () -> events.size() == 3);
        assertThat(events).containsExactly("one", "", "two");
    }

    @Test
    void aMailslotHasOneReaderAndNoWriterBeforeIt() {
        windows(Faults.none());
        assertThat(refused(MailslotStrategy.client(), MAILSLOT)).isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("inbox");
        HandleChannel reader = connect(MailslotStrategy.server(100), MAILSLOT);
        assertThat(refused(MailslotStrategy.server(100), MAILSLOT)).isInstanceOf(FileAlreadyExistsException.class)
                .hasMessageContaining("inbox");
        close(reader, 0);
        connect(MailslotStrategy.server(100), MAILSLOT);
    }

    @Test
    void aMessageThatIsTooLongIsRefusedToItsWriterAlone() {
        windows(Faults.none());
        connect(MailslotStrategy.server(10), MAILSLOT);
        HandleChannel writer = connect(MailslotStrategy.client(), MAILSLOT);
        ChannelFuture written = writer.writeAndFlush(text("far too long for it"));
        runtime.require("refused", written::isDone);
        assertThat(written.cause()).isInstanceOf(IOException.class);
        connect(MailslotStrategy.client(), MAILSLOT).writeAndFlush(text("short"));
        runtime.require("the next message", () -> events.contains("short"));
    }

    // ---- serial ports

    @Test
    void aSerialPortHasItsSettingsBeforeAnythingIsRead() {
        windows(Faults.none());
        connect(new SerialStrategy().baudRate(115_200).dataBits(7).parity(SerialStrategy.Parity.EVEN)
                .stopBits(SerialStrategy.StopBits.TWO).flowControl(SerialStrategy.FlowControl.RTS_CTS), COM3);
        assertThat(port.baudRate()).isEqualTo(115_200);
        assertThat(port.state()[Layout.DCB_BYTE_SIZE]).isEqualTo((byte) 7);
        assertThat(port.state()[Layout.DCB_PARITY]).isEqualTo((byte) 2);
        assertThat(port.state()[Layout.DCB_STOP_BITS]).isEqualTo((byte) 2);
    }

    @ParameterizedTest
    @CsvSource({ "NONE, NONE, 0x1011", "NONE, ODD, 0x1013", "RTS_CTS, NONE, 0x2015", "DTR_DSR, MARK, 0x102B",
        "XON_XOFF, EVEN, 0x1313" })
    void aSerialPortHasItsFlowControl(SerialStrategy.FlowControl flowControl, SerialStrategy.Parity parity, int flags) {
        windows(Faults.none());
        connect(new SerialStrategy().flowControl(flowControl).parity(parity), COM3);
        assertThat(ByteBuffer.wrap(port.state()).order(ByteOrder.LITTLE_ENDIAN).getInt(Layout.DCB_FLAGS))
                .isEqualTo(flags);
        assertThat(port.state()[Layout.DCB_PARITY]).isEqualTo((byte) parity.ordinal());
        assertThat(port.state()[Layout.DCB_XON_CHAR]).isEqualTo((byte) 0x11);
        assertThat(port.state()[Layout.DCB_XOFF_CHAR]).isEqualTo((byte) 0x13);
    }

    @Test
    void bytesAreReadWhenTheLineIsQuietThoughTheBufferIsNotFull() {
        windows(Faults.none());
        connect(new SerialStrategy().readIntervalMillis(20), COM3);
        port.arrive(new byte[] { 'a', 'b' });
        millis(10);
        port.arrive(new byte[] { 'c' });
        millis(19);
        assertThat(events).isEmpty();
        millis(2);
        assertThat(events).containsExactly("abc");
    }

    @Test
    void aWriteSucceedsWhenItsLastByteIsOnTheLine() {
        windows(Faults.none());
        HandleChannel channel = connect(new SerialStrategy().baudRate(9600), COM3);
        ChannelFuture written = channel.writeAndFlush(Unpooled.directBuffer().writeZero(960));
        millis(990);
        assertThat(written.isDone()).isFalse();
        millis(20);
        assertThat(written.isSuccess()).isTrue();
        assertThat(farEnd.size()).isEqualTo(960);
    }

    /** The far end says for ever that it has to wait; a write that stayed would keep the port from everybody. */
    @ParameterizedTest
    @ValueSource(doubles = { 0, 1 })
    void aPortWhoseFarEndMakesWaitCanBeOpenedAgainAfterTheClose(double ignored) {
        windows(Faults.none().with(Faults.Kind.CANCEL_IS_IGNORED, ignored));
        HandleChannel channel = connect(new SerialStrategy().flowControl(SerialStrategy.FlowControl.RTS_CTS), COM3);
        port.hold(true);
        ChannelFuture written = channel.writeAndFlush(text("hello"));
        millis(100);
        close(channel, 15_000);
        assertThat(written.cause()).isInstanceOf(IOException.class);
        assertThat(port.isOpen()).isFalse();
        connect(new SerialStrategy(), COM3);
    }

    @Test
    void aPortThatIsUnpluggedIsAnErrorAndTheEnd() {
        for (int i = 0; i < 20; i++) {
            windows(Faults.none());
            events.clear();
            HandleChannel channel = connect(new SerialStrategy(), COM3);
            port.hold(true);
            ChannelFuture written = channel.writeAndFlush(text("hello"));
            millis(10);
            port.unplug();
            runtime.require("the end", () -> channel.closeFuture().isDone());
            assertThat(written.cause()).isInstanceOf(IOException.class);
            assertThat(events).hasSize(2).endsWith("inactive");
            assertThat(events.get(0)).isInstanceOf(IOException.class);
            assertThat(refused(new SerialStrategy(), COM3)).isInstanceOf(NoSuchFileException.class);
            runtime.close();
        }
        runtime = null;
    }

    @Test
    void aPortIsOpenOnce() {
        windows(Faults.none());
        connect(new SerialStrategy(), COM3);
        assertThat(refused(new SerialStrategy(), COM3)).isInstanceOf(AccessDeniedException.class)
                .hasMessageContaining("COM3");
    }

    @Test
    void settingsThatThePortRefusesAreToldAndThePortIsClosed() {
        windows(Faults.none());
        assertThat(refused(new SerialStrategy().dataBits(8).stopBits(SerialStrategy.StopBits.ONE_AND_A_HALF), COM3))
                .isInstanceOf(FileSystemException.class).hasMessageContaining("COM3");
        assertThat(port.isOpen()).isFalse();
    }

    @Test
    void whatIsNoSerialPortIsRefusedAndClosed() {
        windows(Faults.none());
        assertThat(refused(new SerialStrategy(), DEVICE)).isInstanceOf(FileSystemException.class)
                .hasMessageContaining("MyDevice");
        assertThat(device.isOpen()).isFalse();
    }

    @Test
    void anOpenThatTakesTooLongIsATimeoutAndLeavesNothing() {
        windows(Faults.none().with(Faults.Kind.DEVICE_OPEN_BLOCKS, 1));
        int late = 0;
        for (int i = 0; i < 30; i++) {
            HandleChannel channel = channel(new SerialStrategy());
            channel.config().setConnectTimeoutMillis(1);
            ChannelFuture connected = channel.connect(COM3);
            runtime.require("an outcome", connected::isDone);
            if (!connected.isSuccess()) {
                late++;
                assertThat(connected.cause()).isInstanceOf(ConnectTimeoutException.class);
            }
            close(channel, 1);
            millis(1000);
            assertThat(port.isOpen()).isFalse();
        }
        assertThat(late).isPositive();
    }

    // ---- devices

    private DeviceStrategy device(Faults faults) {
        windows(faults);
        DeviceStrategy strategy = new DeviceStrategy();
        connect(strategy, DEVICE);
        return strategy;
    }

    private <T> Future<T> done(Future<T> future) {
        runtime.require("an outcome", future::isDone);
        return future;
    }

    @Test
    void anAnswerIsWhatTheDriverWroteInWholeOrInPart() {
        DeviceStrategy strategy = device(Faults.none());
        for (int room : new int[] { 0, 3, 5, 100 }) {
            for (int i = 0; i < 5; i++) {
                ByteBuf answer = done(strategy.control(SimulatedDevice.ECHO, text("hello"), room)).getNow();
                assertThat(answer.toString(StandardCharsets.US_ASCII)).isEqualTo("hello".substring(0,
                        Math.min(5, room)));
                answer.release();
            }
        }
    }

    /** Of requests that were in flight nobody told the channel that they had ended. */
    @Test
    void aCloseEndsTheRequestsInFlightAndItselfAtOnce() {
        DeviceStrategy strategy = new DeviceStrategy();
        windows(Faults.none());
        HandleChannel channel = connect(strategy, DEVICE);
        List<Future<ByteBuf>> requests = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            requests.add(strategy.control(SimulatedDevice.WAIT, text("x"), 10));
        }
        millis(10);
        close(channel, 1);
        for (Future<ByteBuf> request : requests) {
            assertThat(request.cause()).isInstanceOf(ClosedChannelException.class);
        }
        assertThat(done(strategy.control(SimulatedDevice.WAIT, text("x"), 10)).cause())
                .isInstanceOf(ClosedChannelException.class);
    }

    @Test
    void aLoopThatShutsDownClosesADeviceWithRequestsInFlight() {
        DeviceStrategy strategy = new DeviceStrategy();
        windows(Faults.none());
        HandleChannel channel = connect(strategy, DEVICE);
        Future<ByteBuf> request = strategy.control(SimulatedDevice.WAIT, text("x"), 10);
        millis(10);
        runtime.shutdown(0, 5000);
        assertThat(channel.isOpen()).isFalse();
        assertThat(request.cause()).isInstanceOf(ClosedChannelException.class);
        assertThat(events).containsExactly("inactive");
    }

    @Test
    void aFutureThatIsCancelledEndsItsRequestAlone() {
        DeviceStrategy strategy = device(Faults.none());
        Future<ByteBuf> first = strategy.control(SimulatedDevice.WAIT, text("x"), 10);
        Future<ByteBuf> second = strategy.control(SimulatedDevice.WAIT, text("y"), 10);
        millis(10);
        assertThat(first.cancel(false)).isTrue();
        millis(10);
        assertThat(first.cause()).isInstanceOf(CancellationException.class);
        assertThat(device.waiting()).isEqualTo(1);
        device.signal(new byte[] { 7 });
        ByteBuf answer = done(second).getNow();
        assertThat(ByteBufUtil.getBytes(answer)).containsExactly(7);
        answer.release();
    }

    @Test
    void anAnswerThatWinsAgainstItsCancellationIsReleased() {
        DeviceStrategy strategy = device(Faults.none().with(Faults.Kind.CANCEL_IS_IGNORED, 1));
        Future<ByteBuf> request = strategy.control(SimulatedDevice.WAIT, text("x"), 10);
        millis(10);
        request.cancel(false);
        device.signal(new byte[] { 7 });
        millis(10);
        assertThat(request.isCancelled()).isTrue();
    }

    @Test
    void whatTheDriverRefusesFailsAloneAndReleasesWhatItWasGiven() {
        DeviceStrategy strategy = device(Faults.none());
        for (int code : new int[] { SimulatedDevice.REFUSED, SimulatedDevice.FAILS, 0x7fff0003 }) {
            ByteBuf input = text("x");
            assertThat(done(strategy.control(code, input, 10)).cause()).isInstanceOf(FileSystemException.class)
                    .hasMessageContaining("MyDevice");
            assertThat(input.refCnt()).isZero();
        }
        done(strategy.control(SimulatedDevice.ECHO, null, 10)).getNow().release();
    }

    @Test
    void aRequestWithoutASlotOrWithoutMemoryReleasesBothItsBuffers() {
        windows(Faults.none());
        DeviceStrategy strategy = new DeviceStrategy();
        connect(strategy, DEVICE);
        List<Future<ByteBuf>> requests = new ArrayList<>();
        ByteBuf last;
        do {
            last = Unpooled.directBuffer().writeByte(1);
            requests.add(strategy.control(SimulatedDevice.WAIT, last, 1));
        } while (requests.get(requests.size() - 1).cause() == null);
        assertThat(requests).hasSizeGreaterThan(OPERATIONS / 2);
        assertThat(last.refCnt()).isZero();
        kernel.faults().with(Faults.Kind.ALLOCATION_FAILS, 1);
        ByteBuf input = Unpooled.directBuffer().writeByte(1);
        requests.remove(0).cancel(false);
        millis(10);
        assertThat(done(strategy.control(SimulatedDevice.ECHO, input, 1)).cause()).isInstanceOf(Throwable.class);
        assertThat(input.refCnt()).isZero();
        kernel.faults().with(Faults.Kind.ALLOCATION_FAILS, 0);
        device.signal(new byte[] { 7 });
        millis(1000);
        requests.stream().filter(Future::isSuccess).forEach(request -> request.getNow().release());
    }

    /** Whether the driver has the memory of a call that threw can't be known: nobody gives it back. */
    @Test
    void aRequestWhoseCallThrowsFailsAndKeepsWhatTheDriverMayHave() {
        windows(Faults.none());
        LogOracle.listen(kernel, event -> event.getFormattedMessage().contains("did not come back"));
        try {
            DeviceStrategy strategy = new DeviceStrategy();
            HandleChannel channel = connect(strategy, DEVICE);
            channel.config().setAllocator(UnpooledByteBufAllocator.DEFAULT);
            ByteBuf input = Unpooled.directBuffer().writeByte(1);
            assertThat(done(strategy.control(SimulatedDevice.MISSING, input, 10)).cause())
                    .isInstanceOf(UnsatisfiedLinkError.class);
            assertThat(input.refCnt()).isEqualTo(1);
            runtime.shutdown(0, 100);
            assertThat(input.refCnt()).isEqualTo(1);
            kernel.check();
        } finally {
            LogOracle.listenNoMore();
            kernel.turns().finish();
            kernel.close();
            runtime = null;
        }
    }

    @Test
    void whoAsksADeviceThatIsNotRegisteredIsToldSo() {
        ByteBuf input = text("x");
        assertThatThrownBy(() -> new DeviceStrategy().control(1, input, 1))
                .isInstanceOf(IllegalStateException.class);
        assertThat(input.refCnt()).isZero();
        DeviceStrategy strategy = device(Faults.none());
        ByteBuf other = text("x");
        assertThatThrownBy(() -> strategy.control(1, other, -1)).isInstanceOf(IllegalArgumentException.class);
        assertThat(other.refCnt()).isZero();
    }
}
