/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.pipe.NamedPipeChannel;
import io.github.nettyiocp.pipe.PipeDirection;
import io.github.nettyiocp.pipe.PipeMessage;
import io.github.nettyiocp.pipe.PipeType;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;

import java.nio.channels.ClosedChannelException;

/** One production channel of a random program: an end of a pipe. */
final class PipeOracle extends StreamOracle {

    /** How a side ends its stream when it has sent everything. */
    enum Ending { NOTHING, SHUTDOWN_OUTPUT, CLOSE, DISCONNECT, ABORT }

    /** What a handler may do in a callback. */
    enum Action {
        THROW, CLOSE, CLOSE_LATER, CLOSE_FORCIBLY, DISCONNECT, ABORT, REREGISTER, WRITE, FLUSH, AUTO_READ_OFF,
        AUTO_READ_ON, READ, SHUTDOWN_OUTPUT, SHUTDOWN_INPUT, SHUTDOWN, OPTIONS, EXECUTE, AVAILABLE
    }

    private final PipeProgram program;
    final NamedPipeChannel channel;
    private Ending ending;
    private PipeEnd end;
    private PipeInstance instance;
    private PipeQueue in;
    private PipeQueue out;
    private StreamCheck check;
    private int messages;
    private boolean emptyBuffer;
    private boolean cutOff;

    PipeOracle(PipeProgram program, String name, boolean client, NamedPipeChannel channel) {
        super(program, name, client, channel);
        this.program = program;
        this.channel = channel;
    }

    // ---- the connection

    @Override
    long handle() {
        return channel.handle();
    }

    @Override
    int connected() {
        end = kernel.pipeBehind(channel.handle());
        instance = end == null ? null : end.instance();
        if (instance == null) {
            return 0;
        }
        in = instance.readQueue(end);
        out = instance.writeQueue(end);
        if (channel.isServerEnd() == client || (channel.type() == PipeType.MESSAGE) != isMessageType()) {
            fail("takes itself for " + (channel.isServerEnd() ? "a server's" : "a client's") + " end of a pipe of "
                    + channel.type());
        }
        check = new StreamCheck(kernel, name, instance.id, !client, program.maxMessage(), program.hasEmptyMessages());
        return instance.id;
    }

    private boolean isMessageType() {
        return instance.pipe.messageType;
    }

    @Override
    boolean hasConnection() {
        return instance != null;
    }

    @Override
    boolean isBroken() {
        return end.instance() == null || instance.state() != PipeInstance.State.CONNECTED;
    }

    @Override
    long totalTaken() {
        return in.totalRead();
    }

    @Override
    long totalAccepted() {
        return out.totalAccepted();
    }

    @Override
    boolean isLegal(Throwable cause) {
        return isLegalAnywhere(cause) || cause instanceof UnsupportedOperationException && !mayWrite();
    }

    private boolean mayWrite() {
        return client ? channel.config().getDirection() != PipeDirection.OUTBOUND
                : program.direction() != PipeDirection.INBOUND;
    }

    // ---- reading

    @Override
    void read(Object message) {
        if (check == null) {
            fail("channelRead of a pipe that was disconnected before");
        } else if (message instanceof PipeMessage part) {
            kernel.log("%s reads %d bytes of a message", name, part.content().readableBytes());
            if (channel.config().getReadMode() != PipeType.MESSAGE) {
                fail("a message, although bytes are read");
            }
            check.part(ByteBufUtil.getBytes(part.content()), part.isLast());
        } else {
            ByteBuf buffer = (ByteBuf) message;
            kernel.log("%s reads %d bytes", name, buffer.readableBytes());
            if (!buffer.isReadable()) {
                fail("an empty buffer was read");
            }
            if (channel.config().getReadMode() == PipeType.MESSAGE) {
                fail("bytes, although messages are read");
            }
            check.bytes(ByteBufUtil.getBytes(buffer));
        }
    }

    @Override
    long delivered() {
        return check == null ? 0 : check.position();
    }

    // ---- writing

    @Override
    int nextLength(int most) {
        if (!isMessageType()) {
            return super.nextLength(most);
        }
        emptyBuffer = dice.chance(0.05);
        return emptyBuffer ? 0 : MessageSizes.of(key(), client, messages, program.maxMessage(),
                program.hasEmptyMessages());
    }

    @Override
    Object message(int length) {
        if (!isMessageType() || emptyBuffer) {
            return buffer(length);
        }
        messages++;
        if (length == 0) {
            return PipeMessage.empty();
        }
        ByteBuf content = (ByteBuf) buffer(length);
        if (dice.chance(0.5)) {
            return content;
        }
        PipeMessage message = PipeMessage.of(content);
        return dice.chance(0.5) ? message : message.duplicate();
    }

    @Override
    Object otherMessage(int length) {
        return length == 0 || isMessageType() ? null
                : new GeneratedRegion(kernel, key(), client, queued(), length, dice.sizeBetween(1, 70_000));
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
                shutdownOutput();
                break;
            case CLOSE:
                close();
                break;
            case DISCONNECT:
                disconnect();
                break;
            case ABORT:
                abort();
                break;
            default:
                break;
        }
    }

    private boolean hasOutputEnd() {
        return mayWrite() && channel.isActive() && channel.type() == PipeType.MESSAGE
                && channel.config().isEmptyMessageEnd();
    }

    /** Ends the output where that can be; elsewhere it is refused and does no harm. */
    private void shutdownOutput() {
        boolean possible = hasOutputEnd();
        ended |= possible;
        ChannelFuture future = promised("shutdownOutput", channel.shutdownOutput());
        if (instance != null) {
            future.addListener(done -> checkOutputEnd(possible, done.cause()));
        }
    }

    private void checkOutputEnd(boolean possible, Throwable cause) {
        if (cause == null ? !possible : possible ? !isLegal(cause)
                : !(cause instanceof UnsupportedOperationException) && !(cause instanceof ClosedChannelException)) {
            kernel.failed(new SimulationError(name + ": shutdownOutput " + (cause == null ? "succeeds"
                    : "fails by " + cause), cause));
        }
    }

    private void disconnect() {
        cutOff = true;
        watchClose(channel::disconnect);
    }

    private void abort() {
        cutOff = true;
        program.abortsAreExpected();
        watchClose(channel::abort);
    }

    @Override
    boolean isOverThough() {
        return ended && ending == Ending.NOTHING && life.isInputShutdown();
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
                disconnect();
                break;
            case ABORT:
                abort();
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
                channel.flush();
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
                shutdownOutput();
                break;
            case SHUTDOWN_INPUT:
                shutdownInput();
                break;
            case SHUTDOWN:
                ended |= hasOutputEnd();
                inputShutdownRequested = true;
                promised("shutdown", channel.shutdown());
                break;
            case OPTIONS:
                setOptions();
                break;
            case AVAILABLE:
                if (channel.isRegistered() && channel.available() < 0) {
                    fail("less than nothing is available");
                }
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

    private void setOptions() {
        if (dice.chance(0.5)) {
            channel.config().setWriteSpinCount(dice.between(1, 16));
        } else {
            channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, dice.chance(0.5));
        }
        channel.config().setOption(ChannelOption.SO_KEEPALIVE, true);
    }

    // ---- what must be true when nothing moves any more

    @Override
    void checkStill(boolean wantsData) {
        boolean gone = isBroken();
        boolean unread = end.instance() != null && !in.isEmpty();
        boolean canRead = instance.pipe.carries(client);
        if (canRead && wantsData && unread && !life.isInputShutdown() && !inputShutdownRequested) {
            fail("stalled: something was not delivered that came");
        }
        // An empty message may have come that nobody has read yet.
        boolean allRead = delivered() == in.totalRead() && (wantsData || !program.hasEmptyMessages());
        if (canRead && gone && !unread && allRead && !life.isInputShutdown() && !inputShutdownRequested
                && !isExceptionSeen()) {
            fail("the end of the input was not noticed");
        }
        if (hasWrites() && !gone && out.isEmpty() && !hasWriteFailed() && channel.unsafe().outboundBuffer() != null
                && channel.unsafe().outboundBuffer().size() > 0) {
            fail("stalled: writes are pending although Windows has room");
        }
    }

    @Override
    void checkAtEnd() {
        super.checkAtEnd();
        if (instance != null && !client && !cutOff && instance.lostByDisconnect() > 0) {
            fail(instance.lostByDisconnect() + " bytes were taken from the client that it had not read");
        }
    }
}
