/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

/**
 * A scripted program at one end of a pipe in a random program: sends a stream, reads at its own pace, goes when it
 * likes.
 */
final class PipePeerOracle {

    /** How it ends. */
    enum Ending { NOTHING, CLOSE_WHEN_SENT, CLOSE, EMPTY_MESSAGE, DISCONNECT }

    private final PipeProgram program;
    private final boolean client;
    private final Dice dice;
    private final Ending ending;
    private final int toSend;
    private final boolean fleeting;
    private SimulatedPipePeer peer;
    private int key;
    private int sent;
    private int messages;

    PipePeerOracle(PipeProgram program, boolean client) {
        this.program = program;
        this.client = client;
        dice = program.dice();
        ending = dice.pick(Ending.values());
        toSend = dice.sizeBetween(1, program.maxBytes()) - 1;
        fleeting = dice.chance(0.2);
    }

    /** It has an end of a pipe now. */
    void begin(SimulatedPipePeer connected) {
        peer = connected;
        PipeInstance instance = connected.end().instance();
        key = instance.id;
        StreamCheck check = new StreamCheck(program.kernel(), "a peer", key, !client, program.maxMessage(),
                program.hasEmptyMessages());
        boolean readsMessages = connected.end().readsMessages();
        connected.readTo((bytes, last) -> {
            if (readsMessages) {
                check.part(bytes, last);
            } else {
                check.bytes(bytes);
            }
        });
        if (dice.chance(0.3)) {
            connected.readSlowly(dice.sizeBetween(1, 10_000), dice.nanosBetween(1000, 30_000_000));
        }
        if (dice.chance(0.05)) {
            connected.stopReading();
        }
        if (fleeting) {
            // Comes and goes, at any step of the other side.
            connected.after(dice.nanosBetween(100, 2_000_000), connected::close);
        }
        if (instance.pipe.carries(!client)) {
            connected.after(dice.nanosBetween(100, 10_000_000), this::step);
        } else {
            connected.after(dice.nanosBetween(100, 200_000_000), this::end);
        }
    }

    private void step() {
        boolean messageType = peer.end().instance() != null && peer.end().instance().pipe.messageType;
        if (sent < toSend) {
            int length = messageType ? MessageSizes.of(key, client, messages++, program.maxMessage(),
                    program.hasEmptyMessages()) : Math.min(toSend - sent, dice.sizeBetween(1, 5000));
            peer.send(Pattern.bytes(key, client, sent, length));
            sent += length;
        }
        if (sent < toSend) {
            peer.after(dice.nanosBetween(100, 20_000_000), this::step);
        } else if (dice.chance(0.4)) {
            // The end follows the last bytes so closely that both may be there when somebody looks.
            end();
        } else {
            peer.after(dice.nanosBetween(100, 200_000_000), this::end);
        }
    }

    private void end() {
        switch (ending) {
            case CLOSE_WHEN_SENT:
                peer.closeWhenSent();
                break;
            case CLOSE:
                peer.close();
                break;
            case DISCONNECT:
                if (client) {
                    peer.close();
                } else {
                    peer.disconnect();
                }
                break;
            case EMPTY_MESSAGE:
                if (!program.hasEmptyMessages()) {
                    peer.send(new byte[0]);
                }
                break;
            default:
                break;
        }
    }

    /** Whether it has gone, or never came. */
    boolean isOver() {
        return peer == null || peer.isClosed();
    }
}
