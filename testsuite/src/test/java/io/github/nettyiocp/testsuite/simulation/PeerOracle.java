/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.net.InetSocketAddress;

/** A scripted peer of a random program: sends a pattern, reads at its own pace, ends as the dice say. */
final class PeerOracle {

    /** How it ends. */
    enum Ending { NOTHING, SHUTDOWN_OUTPUT, CLOSE, RESET, VANISH }

    /** How somebody goes who has not sent everything. */
    private static final Ending[] GOING = { Ending.CLOSE, Ending.RESET, Ending.VANISH };
    private static final double CHANCE_TO_GO = 0.01;

    private final TcpProgram program;
    private final SimulatedPeer peer;
    private final boolean client;
    private final Dice dice;
    private final Ending ending;
    private final int toSend;
    private int key;
    private int sent;
    private StreamCheck check;

    /** Connects. */
    PeerOracle(TcpProgram program, InetSocketAddress to) {
        this.program = program;
        client = true;
        dice = program.dice();
        ending = dice.pick(Ending.values());
        toSend = dice.sizeBetween(1, program.maxBytes()) - 1;
        peer = SimulatedPeer.connect(program.kernel(), to, connected -> begin(connected));
        peer.readTo(bytes -> check.bytes(bytes));
    }

    /** Was connected to. */
    PeerOracle(TcpProgram program, SimulatedPeer accepted, boolean client) {
        this.program = program;
        this.client = client;
        peer = accepted;
        dice = program.dice();
        ending = dice.pick(Ending.values());
        toSend = dice.sizeBetween(1, program.maxBytes()) - 1;
        peer.readTo(bytes -> check.bytes(bytes));
        begin(accepted);
    }

    private void begin(SimulatedPeer connected) {
        key = client ? connected.localAddress().getPort() : connected.remoteAddress().getPort();
        check = new StreamCheck(program.kernel(), "a peer", key, !client);
        if (dice.chance(0.3)) {
            connected.readSlowly(dice.sizeBetween(1, 10_000), dice.nanosBetween(1000, 30_000_000));
        }
        connected.after(dice.nanosBetween(100, 10_000_000), () -> step(connected));
    }

    private void step(SimulatedPeer connected) {
        if (dice.chance(CHANCE_TO_GO)) {
            end(connected, dice.pick(GOING));
            return;
        }
        int length = Math.min(toSend - sent, dice.sizeBetween(1, 5000));
        if (length > 0) {
            connected.send(Pattern.bytes(key, client, sent, length));
            sent += length;
        }
        if (sent < toSend) {
            connected.after(dice.nanosBetween(100, 20_000_000), () -> step(connected));
            return;
        }
        if (dice.chance(0.4)) {
            // The end follows the last bytes so closely that both may be there when somebody looks.
            end(connected, ending);
        } else {
            connected.after(dice.nanosBetween(100, 200_000_000), () -> end(connected, ending));
        }
    }

    private static void end(SimulatedPeer connected, Ending how) {
        switch (how) {
            case SHUTDOWN_OUTPUT:
                connected.shutdownOutput();
                break;
            case CLOSE:
                connected.close();
                break;
            case RESET:
                connected.reset();
                break;
            case VANISH:
                connected.vanish();
                break;
            default:
                break;
        }
    }
}
