/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.channel.DeviceAddress;
import io.github.nettyiocp.channel.SerialStrategy;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A serial port with a far end that sends, makes wait, and may be unplugged. Both directions arrive in order, as soon
 * as the line carries them and not when a buffer is full; whoever closes can open the port again.
 */
final class SerialScenario implements DeviceProgram.Scenario {

    private static final String NAME = "COM7";
    private static final Integer[] BAUD_RATES = { 9600, 115_200, 1_000_000 };

    private final DeviceProgram program;
    private final Dice dice;
    private final SimulatedSerialPort port;
    private final int baudRate;
    private final int intervalMillis;
    private final Port line;
    private final List<ChannelFuture> written = new ArrayList<>();
    private boolean unplugged;
    private int queued;
    /** Bytes that the far end got, and that it sent while the port was open. */
    private int sent;
    private int arrived;
    private int delivered;

    SerialScenario(DeviceProgram program) {
        this.program = program;
        dice = program.dice;
        if (dice.chance(0.3)) {
            program.kernel.faults().with(Faults.Kind.COMM_STATE_FAILS, 0.3);
        }
        port = program.kernel.devices().add(NAME, new SimulatedSerialPort(program.kernel, this::farEndGets));
        baudRate = dice.pick(BAUD_RATES);
        intervalMillis = dice.sizeBetween(1, 50);
        line = new Port(new SerialStrategy().baudRate(baudRate).readIntervalMillis(intervalMillis)
                .flowControl(dice.pick(SerialStrategy.FlowControl.values())));
    }

    private static byte pattern(int position) {
        return (byte) (position * 7 + (position >> 8));
    }

    private static byte[] pattern(int from, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = pattern(from + i);
        }
        return bytes;
    }

    private final class Port extends DeviceProgram.Line {

        Port(SerialStrategy strategy) {
            program.super("port", strategy);
        }

        @Override
        boolean mayFailToConnect(Throwable cause) {
            return unplugged;
        }

        @Override
        boolean mayEnd() {
            return super.mayEnd() || unplugged;
        }

        @Override
        void received(Object message) {
            ByteBuf buffer = (ByteBuf) message;
            while (buffer.isReadable()) {
                if (delivered >= arrived || buffer.readByte() != pattern(delivered)) {
                    program.fail("a byte is wrong that was read at " + delivered + " of " + arrived, null);
                    return;
                }
                delivered++;
            }
        }

        void write() {
            if (!channel.isActive()) {
                return;
            }
            int length = dice.sizeBetween(1, baudRate / 200);
            byte[] bytes = pattern(queued, length);
            queued += length;
            int end = queued;
            ByteBuf buffer = dice.chance(0.3) ? Unpooled.wrappedBuffer(bytes)
                    : Unpooled.directBuffer(length).writeBytes(bytes);
            ChannelFuture future = channel.writeAndFlush(buffer);
            future.addListener(done -> {
                if (done.isSuccess() && sent < end) {
                    program.fail("a write succeeds before the line has its bytes: " + sent + " of " + end, null);
                }
                if (!done.isSuccess() && !program.isLegal(done.cause(), mayEnd())) {
                    program.fail("a write fails by " + done.cause(), done.cause());
                }
            });
            written.add(future);
            if (future.isDone() && future.cause() instanceof OutOfMemoryError) {
                // It was never queued.
                queued -= length;
            }
        }
    }

    private void farEndGets(byte[] bytes) {
        for (byte value : bytes) {
            if (value != pattern(sent)) {
                program.fail("the far end gets a wrong byte at " + sent, null);
                return;
            }
            sent++;
        }
        if (sent > queued) {
            program.fail("the far end gets more than was written", null);
        }
    }

    private void farEndSends(int length) {
        if (port.isOpen() && !unplugged) {
            byte[] bytes = pattern(arrived, length);
            arrived += length;
            port.arrive(bytes);
        }
    }

    @Override
    public void start(long nanos) {
        line.connect(new DeviceAddress(NAME));
        for (int n = dice.sizeBetween(1, 40); n > 0; n--) {
            program.at(nanos, line::write);
            program.at(nanos, line::act);
            program.elsewhere(nanos, () -> farEndSends(dice.sizeBetween(1, 5000)));
        }
        while (dice.chance(0.5)) {
            program.elsewhere(nanos, () -> port.hold(dice.chance(0.7)));
        }
        if (dice.chance(0.1)) {
            program.elsewhere(nanos, () -> {
                unplugged = true;
                port.unplug();
            });
        }
    }

    @Override
    public void beginQuiet() {
        port.hold(false);
        line.beginQuiet();
        // Some bytes, no full buffer: they are there when the interval is over.
        program.kernel.schedule().after(TimeUnit.SECONDS.toNanos(19), () -> farEndSends(10));
    }

    @Override
    public void checkQuiet() {
        if (unplugged) {
            if (line.channel.isActive()) {
                program.fail("doesn't notice that the port was unplugged", null);
            }
            return;
        }
        if (!line.isActive() || !line.channel.isActive()) {
            return;
        }
        if (delivered != arrived) {
            program.fail("of " + arrived + " bytes that came, " + delivered + " were delivered", null);
        }
        // A flush without memory ends the output, and the channel goes on.
        boolean outOfMemory = program.kernel.faults().injected(Faults.Kind.ALLOCATION_FAILS) > 0;
        if (sent != queued && !outOfMemory || !written.stream().allMatch(ChannelFuture::isDone)) {
            program.fail("of " + queued + " bytes that were written, " + sent + " were sent", null);
        }
        if (port.baudRate() != baudRate) {
            program.fail("the port has " + port.baudRate() + " baud", null);
        }
    }

    @Override
    public void close() {
        if (dice.chance(0.3)) {
            // Somebody is to write to a port that has it wait, and closes.
            port.hold(true);
            program.loop().execute(line::write);
        }
        line.close();
    }

    @Override
    public boolean isClosed() {
        // The next program can open the port.
        return line.isClosed() && !port.isOpen();
    }

    @Override
    public long closeMillis() {
        return 15_000;
    }

    @Override
    public void checkAtEnd() {
        line.checkAtEnd();
        if (!written.stream().allMatch(ChannelFuture::isDone)) {
            program.fail("a write never has an outcome", null);
        }
    }
}
