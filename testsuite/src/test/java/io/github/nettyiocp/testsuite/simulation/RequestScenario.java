/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.channel.DeviceAddress;
import io.github.nettyiocp.channel.DeviceStrategy;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.Future;

import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Requests to a device, many at a time. Each has one outcome, the answer that belongs to it or a reason; nothing of it
 * stays behind, neither its memory nor, once it was cancelled, the request.
 */
final class RequestScenario implements DeviceProgram.Scenario {

    private static final String NAME = "Device";
    private static final byte[] SIGNAL = { 1, 2, 3, 4, 5 };
    private static final Integer[] CODES = { SimulatedDevice.ECHO, SimulatedDevice.WAIT, SimulatedDevice.REFUSED,
            SimulatedDevice.FAILS, 0x7fff0003 };

    private final DeviceProgram program;
    private final Dice dice;
    private final SimulatedDevice device;
    private final DeviceStrategy strategy = new DeviceStrategy();
    private final Client client;
    private final List<Request> requests = new ArrayList<>();

    RequestScenario(DeviceProgram program) {
        this.program = program;
        dice = program.dice;
        device = program.kernel.devices().add(NAME, new SimulatedDevice(program.kernel));
        client = new Client();
    }

    private final class Client extends DeviceProgram.Line {

        Client() {
            program.super("client", strategy);
        }

        @Override
        void received(Object message) {
            program.fail("a device is read that takes requests only", null);
        }
    }

    private final class Request {
        private final int code = dice.pick(CODES);
        private final byte[] question = new byte[dice.sizeBetween(1, 300)];
        private final int room = dice.chance(0.2) ? 0 : dice.sizeBetween(1, 400);
        private final ByteBuf input;
        private final Future<ByteBuf> answer;
        private boolean cancelled;
        private int outcomes;

        Request() {
            Arrays.fill(question, (byte) dice.below(256));
            program.kernel.faults().suspend();
            input = dice.chance(0.2) ? null : dice.chance(0.3) ? Unpooled.wrappedBuffer(question)
                    : program.allocator().directBuffer(1000).writeByte(0).skipBytes(1).writeBytes(question);
            program.kernel.faults().resume();
            answer = strategy.control(code, input, room);
            answer.addListener(done -> ended());
        }

        private void ended() {
            if (++outcomes > 1) {
                program.fail("a request is done twice", null);
            }
            if (!answer.isSuccess()) {
                Throwable cause = answer.cause();
                boolean expected = cancelled || client.mayEnd() || cause instanceof ClosedChannelException
                        && !client.isActive() || code != SimulatedDevice.ECHO && code != SimulatedDevice.WAIT;
                if (!program.isLegal(cause, expected)) {
                    program.fail("a request fails by " + cause, cause);
                }
                return;
            }
            byte[] expected = code == SimulatedDevice.WAIT ? SIGNAL : input == null ? new byte[0] : question;
            ByteBuf bytes = answer.getNow();
            if (!Arrays.equals(ByteBufUtil.getBytes(bytes), Arrays.copyOf(expected, Math.min(expected.length, room)))
                    || code != SimulatedDevice.ECHO && code != SimulatedDevice.WAIT) {
                program.fail("a request has an answer that is not its own", null);
            }
            bytes.release();
        }

        void cancel() {
            cancelled = true;
            answer.cancel(false);
        }
    }

    @Override
    public void start(long nanos) {
        client.connect(new DeviceAddress(NAME));
        for (int n = dice.sizeBetween(1, 80); n > 0; n--) {
            program.at(nanos, () -> {
                if (client.channel.isRegistered()) {
                    requests.add(new Request());
                }
            });
        }
        for (int n = dice.sizeBetween(1, 10); n > 0; n--) {
            program.elsewhere(nanos, () -> device.signal(SIGNAL));
            program.at(nanos, client::act);
            program.at(nanos, () -> {
                if (!requests.isEmpty()) {
                    requests.get(dice.below(requests.size())).cancel();
                }
            });
        }
    }

    @Override
    public void beginQuiet() {
        client.beginQuiet();
        if (dice.chance(0.5)) {
            // Whoever is cancelled needs no signal.
            requests.forEach(request -> program.loop().execute(request::cancel));
        } else {
            program.kernel.schedule().after(1_000_000_000, () -> device.signal(SIGNAL));
        }
    }

    @Override
    public void checkQuiet() {
        for (Request request : requests) {
            if (!request.answer.isDone()) {
                program.fail("a request is never done", null);
            }
        }
        if (device.waiting() > 0 && program.kernel.faults().injected(Faults.Kind.CANCEL_IS_IGNORED) == 0) {
            program.fail("the device works on requests that were cancelled", null);
        }
    }

    @Override
    public void close() {
        client.close();
    }

    @Override
    public boolean isClosed() {
        return client.isClosed() && !device.isOpen();
    }

    @Override
    public long closeMillis() {
        return 1000;
    }

    @Override
    public void checkAtEnd() {
        client.checkAtEnd();
        for (Request request : requests) {
            if (!request.answer.isDone()) {
                program.fail("a request never has an outcome", null);
            } else if (request.outcomes == 0) {
                request.ended();
            }
            if (request.input != null && request.input.refCnt() != 0) {
                program.fail("what was asked is never released", null);
            }
        }
    }
}
