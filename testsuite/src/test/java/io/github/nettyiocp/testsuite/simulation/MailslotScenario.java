/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.channel.DeviceAddress;
import io.github.nettyiocp.channel.MailslotStrategy;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.DefaultByteBufHolder;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;

import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One reader of a mailslot, and writers: channels, and another program. Each message arrives whole, once, in its
 * writer's order, and what a writer was told to be written has arrived in the end.
 */
final class MailslotScenario implements DeviceProgram.Scenario {

    private static final String NAME = "mailslot\\random";
    private static final int HEADER = 8;
    private static final int OTHER_PROGRAM = 100;

    private final DeviceProgram program;
    private final Dice dice;
    private final int maxSize;
    private final Reader reader;
    private final List<Writer> writers = new ArrayList<>();
    private final Map<Integer, Integer> last = new HashMap<>();
    private final Set<Long> arrived = new HashSet<>();
    private final Set<Long> foreign = new HashSet<>();
    private int empty;
    private int emptyArrived;
    private int sequence;

    MailslotScenario(DeviceProgram program) {
        this.program = program;
        dice = program.dice;
        maxSize = dice.sizeBetween(HEADER, 3000);
        reader = new Reader();
    }

    private static byte[] message(int writer, int sequence, int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) sequence);
        ByteBuffer.wrap(bytes).putInt(writer).putInt(sequence);
        return bytes;
    }

    private static long id(int writer, int sequence) {
        return (long) writer << 32 | sequence;
    }

    private final class Reader extends DeviceProgram.Line {

        Reader() {
            program.super("reader", MailslotStrategy.server(maxSize));
        }

        @Override
        void received(Object received) {
            byte[] bytes = ByteBufUtil.getBytes((ByteBuf) received);
            if (bytes.length == 0) {
                emptyArrived++;
                return;
            }
            ByteBuffer header = ByteBuffer.wrap(bytes);
            int writer = header.getInt();
            int number = header.getInt();
            if (!Arrays.equals(bytes, message(writer, number, bytes.length))) {
                program.fail("a message arrives torn", null);
            }
            if (!arrived.add(id(writer, number)) || last.getOrDefault(writer, -1) > number) {
                program.fail("message " + number + " of writer " + writer + " arrives twice or late", null);
            }
            last.put(writer, number);
        }
    }

    private final class Writer extends DeviceProgram.Line {

        private final int number;
        private final List<ChannelFuture> written = new ArrayList<>();
        private final List<Long> ids = new ArrayList<>();
        private boolean wroteTooMuch;

        Writer(int number) {
            program.super("writer " + number, MailslotStrategy.client());
            this.number = number;
        }

        @Override
        boolean mayFailToConnect(Throwable cause) {
            return cause instanceof NoSuchFileException && !reader.isActive();
        }

        @Override
        boolean mayEnd() {
            // A write fails that is too long, or whose reader is gone.
            return super.mayEnd() || wroteTooMuch || !reader.isActive();
        }

        void write() {
            if (!channel.isOpen() || !channel.isRegistered()) {
                return;
            }
            if (dice.chance(0.1)) {
                empty++;
                written.add(channel.writeAndFlush(new DefaultByteBufHolder(Unpooled.EMPTY_BUFFER)));
                ids.add(-1L);
                return;
            }
            int length = dice.sizeBetween(HEADER, maxSize);
            if (dice.chance(program.wildness / 10)) {
                length = maxSize + dice.sizeBetween(1, 100);
                wroteTooMuch = true;
            }
            int id = ++sequence;
            byte[] bytes = message(number, id, length);
            boolean tooMuch = length > maxSize;
            ByteBuf buffer = dice.chance(0.3) ? Unpooled.wrappedBuffer(bytes)
                    : Unpooled.directBuffer(length).writeBytes(bytes);
            ChannelFuture future = dice.chance(0.7) ? channel.writeAndFlush(buffer) : channel.write(buffer);
            future.addListener(done -> {
                if (tooMuch && done.isSuccess() && reader.isActive()) {
                    program.fail(name + ": wrote more than the mailslot takes", null);
                }
            });
            written.add(future);
            ids.add(id(number, id));
        }

        @Override
        void received(Object message) {
            program.fail(name + ": read something", null);
        }

        @Override
        void beginQuiet() {
            super.beginQuiet();
            if (channel.isRegistered()) {
                program.loop().execute(channel::flush);
            }
        }

        int writtenEmpty() {
            int count = 0;
            for (int i = 0; i < written.size(); i++) {
                count += ids.get(i) < 0 && written.get(i).isSuccess() ? 1 : 0;
            }
            return count;
        }

        void checkArrived() {
            for (int i = 0; i < written.size(); i++) {
                if (!written.get(i).isDone() && channel.isRegistered()) {
                    program.fail(name + ": a write has no outcome", null);
                }
                if (written.get(i).isSuccess() && ids.get(i) >= 0 && !arrived.contains(ids.get(i))) {
                    program.fail(name + ": a message was written and never arrived", null);
                }
            }
        }
    }

    @Override
    public void start(long nanos) {
        DeviceAddress address = new DeviceAddress(NAME);
        reader.connect(address);
        int count = dice.sizeBetween(1, 5);
        for (int i = 0; i < count; i++) {
            Writer writer = new Writer(i);
            writers.add(writer);
            program.at(nanos / 10 + 1, () -> writer.connect(address));
            for (int n = dice.sizeBetween(1, 40); n > 0; n--) {
                program.at(nanos, writer::write);
            }
            program.at(nanos, writer::act);
        }
        for (int n = dice.sizeBetween(1, 20); n > 0; n--) {
            program.elsewhere(nanos, this::writeElsewhere);
            program.at(nanos, reader::act);
        }
    }

    private void writeElsewhere() {
        SimulatedMailslot mailslot = program.kernel.devices().mailslot(NAME);
        if (mailslot != null) {
            int id = ++sequence;
            mailslot.take(message(OTHER_PROGRAM, id, dice.sizeBetween(HEADER, maxSize)));
            foreign.add(id(OTHER_PROGRAM, id));
        }
    }

    @Override
    public void beginQuiet() {
        reader.beginQuiet();
        writers.forEach(Writer::beginQuiet);
    }

    @Override
    public void checkQuiet() {
        if (emptyArrived > empty) {
            program.fail("more empty messages arrive than were written", null);
        }
        if (reader.isActive() && reader.channel.isActive()) {
            writers.forEach(Writer::checkArrived);
            if (emptyArrived < writers.stream().mapToInt(Writer::writtenEmpty).sum()) {
                program.fail("an empty message was written and never arrived", null);
            }
            if (!arrived.containsAll(foreign)) {
                program.fail("a message of another program never arrived", null);
            }
        }
    }

    @Override
    public void close() {
        reader.close();
        writers.forEach(Writer::close);
    }

    @Override
    public boolean isClosed() {
        return reader.isClosed() && writers.stream().allMatch(Writer::isClosed)
                && program.kernel.devices().mailslot(NAME) == null;
    }

    @Override
    public long closeMillis() {
        return 1000;
    }

    @Override
    public void checkAtEnd() {
        reader.checkAtEnd();
        for (Writer writer : writers) {
            writer.checkAtEnd();
            if (!writer.written.stream().allMatch(ChannelFuture::isDone)) {
                program.fail(writer + ": a write never has an outcome", null);
            }
        }
    }
}
