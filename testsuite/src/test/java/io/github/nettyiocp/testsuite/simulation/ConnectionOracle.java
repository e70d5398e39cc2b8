/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.channel.IocpFileRegion;
import io.github.nettyiocp.channel.IocpSocketChannel;
import io.github.nettyiocp.channel.SimulatedChannels;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelOption;

import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;

/** One production channel of a random program: a TCP connection. */
final class ConnectionOracle extends StreamOracle {

    /** How a side ends its stream when it has sent everything. */
    enum Ending { NOTHING, SHUTDOWN_OUTPUT, CLOSE, RESET }

    /** What a handler may do in a callback. */
    enum Action {
        THROW, CLOSE, CLOSE_LATER, CLOSE_FORCIBLY, DISCONNECT, REREGISTER, WRITE, FLUSH, AUTO_READ_OFF, AUTO_READ_ON,
                READ,
        SHUTDOWN_OUTPUT, SHUTDOWN_INPUT, SHUTDOWN, LINGER, OPTIONS, EXECUTE
    }

    private final TcpProgram program;
    final IocpSocketChannel channel;
    private Ending ending;
    private TcpEndpoint end;
    private StreamCheck check;
    private boolean lingering;

    ConnectionOracle(TcpProgram program, String name, boolean client, IocpSocketChannel channel) {
        super(program, name, client, channel);
        this.program = program;
        this.channel = channel;
    }

    // ---- the connection

    @Override
    long handle() {
        return channel.socket();
    }

    @Override
    int connected() {
        SimulatedSocket socket = kernel.socketBehind(channel.socket());
        end = socket == null ? null : socket.end();
        if (end != null && (!end.local.equals(channel.localAddress()) || !end.remote.equals(channel.remoteAddress()))
                && !end.isBroken()) {
            fail("has the addresses " + channel.localAddress() + " and " + channel.remoteAddress());
        }
        int key = client ? channel.localAddress().getPort() : channel.remoteAddress().getPort();
        check = new StreamCheck(kernel, name, key, !client);
        return key;
    }

    @Override
    void read(Object message) {
        ByteBuf buffer = (ByteBuf) message;
        kernel.log("%s reads %d bytes at %d", name, buffer.readableBytes(), check.position());
        if (!buffer.isReadable()) {
            fail("an empty buffer was read");
        }
        check.bytes(ByteBufUtil.getBytes(buffer));
    }

    @Override
    long delivered() {
        return check == null ? 0 : check.position();
    }

    @Override
    boolean hasConnection() {
        return end != null;
    }

    @Override
    boolean isBroken() {
        return end.isBroken();
    }

    @Override
    long totalTaken() {
        return end.totalTaken();
    }

    @Override
    long totalAccepted() {
        return end.totalSent();
    }

    @Override
    boolean isLegal(Throwable cause) {
        return isLegalAnywhere(cause);
    }

    @Override
    Object message(int length) {
        return buffer(length);
    }

    @Override
    Object otherMessage(int length) {
        if (length == 0) {
            return null;
        }
        // The loop that has to read itself, because the executor refuses, waits for the file: no rule for that.
        return channel.isRegistered() && kernel.faults().probability(Faults.Kind.EXECUTOR_REFUSES) == 0
                && dice.chance(0.5) ? region(length)
                : new GeneratedRegion(kernel, key(), client, queued(), length, dice.sizeBetween(1, 70_000));
    }

    /** The next bytes in a file of their own; perhaps it has shrunk. */
    private IocpFileRegion region(int length) {
        String file = "region " + kernel.nextId();
        long position = dice.chance(0.3) ? (5L << 30) + dice.below(1000) : dice.below(10_000);
        int there = kernel.faults().happens(Faults.Kind.REGION_FAILS) ? dice.below(length) : length;
        SimulatedFileHandle handle = kernel.files().temporary(file);
        handle.file.write(position, Pattern.bytes(key(), client, queued(), there));
        return SimulatedChannels.region(channel, kernel.open(handle), Path.of(file), position, length);
    }

    // ---- the end

    @Override
    void drawEnding() {
        ending = dice.pick(Ending.values());
    }

    @Override
    void end() {
        switch (ending) {
            case SHUTDOWN_OUTPUT:
                promised("shutdownOutput", channel.shutdownOutput()).addListener(done -> {
                    if (!done.isSuccess() && !isLegal(done.cause())) {
                        kernel.failed(new SimulationError(name + ": shutdownOutput fails by " + done.cause(),
                                done.cause()));
                    }
                });
                break;
            case CLOSE:
                close();
                break;
            case RESET:
                setLinger(0);
                close();
                break;
            default:
                break;
        }
    }

    @Override
    boolean isOverThough() {
        return ended && ending == Ending.NOTHING && life.isInputShutdown();
    }

    @Override
    boolean mayCloseSlowly() {
        return lingering;
    }

    // ---- what the dice say

    @Override
    boolean actAtRandom(String where) {
        Action action = program.pickAction();
        if (action == null || action == Action.THROW && where.equals("write promise")) {
            return false;
        }
        kernel.log("%s in " + where + ": %s", name, action.name());
        perform(action, where);
        return true;
    }

    private void perform(Action action, String where) {
        switch (action) {
            case THROW:
                throwException(where);
                break;
            case CLOSE:
                close();
                break;
            case CLOSE_LATER:
                closeLater();
                break;
            case CLOSE_FORCIBLY:
                closeForcibly();
                break;
            case DISCONNECT:
                watchClose(channel::disconnect);
                break;
            case REREGISTER:
                reregister();
                break;
            case WRITE:
                if (channel.isActive()) {
                    write();
                }
                break;
            case FLUSH:
                flush();
                break;
            case AUTO_READ_OFF:
                autoReadOff();
                break;
            case AUTO_READ_ON:
                channel.config().setAutoRead(true);
                break;
            case READ:
                channel.read();
                break;
            case SHUTDOWN_OUTPUT:
                ended = true;
                promised("shutdownOutput", channel.shutdownOutput());
                break;
            case SHUTDOWN_INPUT:
                shutdownInput();
                break;
            case SHUTDOWN:
                ended = true;
                inputShutdownRequested = true;
                promised("shutdown", channel.shutdown());
                break;
            case LINGER:
                setLinger(dice.between(-1, 2));
                break;
            case OPTIONS:
                setOptions();
                break;
            default:
                writeInATask();
                break;
        }
    }

    private void shutdownInput() {
        inputShutdownRequested = true;
        promised("shutdownInput", channel.shutdownInput()).addListener(done -> {
            if (done.isSuccess()) {
                life.inputShutdownByUser();
            }
        });
    }

    private void setLinger(int seconds) {
        try {
            channel.config().setSoLinger(seconds);
            lingering |= seconds > 0;
            if (seconds == 0) {
                program.abortsAreExpected();
            }
        } catch (RuntimeException e) {
            checkOptionFailure(e);
        }
    }

    private void setOptions() {
        try {
            switch (dice.below(6)) {
                case 0:
                    channel.config().setTcpNoDelay(dice.chance(0.5));
                    break;
                case 1:
                    channel.config().setSendBufferSize(dice.sizeBetween(1, 100_000));
                    break;
                case 2:
                    channel.config().setReceiveBufferSize(dice.sizeBetween(100, 100_000));
                    break;
                case 3:
                    channel.config().setWriteSpinCount(dice.between(1, 16));
                    break;
                case 4:
                    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, dice.chance(0.5));
                    break;
                default:
                    channel.config().setKeepAlive(dice.chance(0.5));
                    break;
            }
        } catch (RuntimeException e) {
            checkOptionFailure(e);
        }
    }

    private void checkOptionFailure(RuntimeException e) {
        if (channel.isOpen() && kernel.faults().injected(Faults.Kind.OPTION_FAILS) == 0
                && !(e.getCause() instanceof ClosedChannelException) && (end == null || !end.isBroken())) {
            kernel.failed(new SimulationError(name + ": an option can't be set: " + e, e));
        }
    }

    // ---- what must be true when nothing moves any more

    @Override
    void checkStill(boolean wantsData) {
        if (end.isVanished()) {
            return;
        }
        boolean allDelivered = delivered() == end.totalReceived();
        if (wantsData && !allDelivered && !life.isInputShutdown() && !inputShutdownRequested && !end.isBroken()) {
            fail("stalled: " + delivered() + " bytes were delivered of " + end.totalReceived() + " that came");
        }
        boolean over = end.isBroken() || end.isFinReceived() && allDelivered;
        if (over && delivered() == end.totalTaken() && !life.isInputShutdown() && !inputShutdownRequested
                && !isExceptionSeen()) {
            fail("the end of the input was not noticed");
        }
        if (hasWrites() && end.unsent() == 0 && !hasWriteFailed() && !end.isBroken()
                && channel.unsafe().outboundBuffer() != null && channel.unsafe().outboundBuffer().size() > 0) {
            fail("stalled: writes are pending although Windows has room");
        }
    }
}
