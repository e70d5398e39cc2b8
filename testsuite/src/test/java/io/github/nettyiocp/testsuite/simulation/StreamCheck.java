/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

/** Checks what comes of a stream: its bytes, and where its messages end if it has some. */
final class StreamCheck {

    private final SimulatedKernel kernel;
    private final String name;
    private final int key;
    private final boolean fromClient;
    private final int maxMessage;
    private final boolean emptyMessages;
    private long position;
    private int message;
    private int inMessage;
    private boolean ended;

    /** A stream of bytes. */
    StreamCheck(SimulatedKernel kernel, String name, int key, boolean fromClient) {
        this(kernel, name, key, fromClient, 1, false);
    }

    /** A stream of messages, which may be read as bytes. */
    StreamCheck(SimulatedKernel kernel, String name, int key, boolean fromClient, int maxMessage,
                boolean emptyMessages) {
        this.kernel = kernel;
        this.name = name;
        this.key = key;
        this.fromClient = fromClient;
        this.maxMessage = maxMessage;
        this.emptyMessages = emptyMessages;
    }

    private void fail(String what) {
        kernel.failed(new SimulationError(name + ": " + what));
    }

    /** Some bytes, wherever they are in a message. */
    void bytes(byte[] bytes) {
        for (byte value : bytes) {
            if (value != Pattern.at(key, fromClient, position)) {
                fail("wrong byte at " + position + " of the stream");
                return;
            }
            position++;
        }
    }

    /** A message, or a part of one. */
    void part(byte[] bytes, boolean last) {
        int length = MessageSizes.of(key, fromClient, message, maxMessage, emptyMessages);
        if (ended) {
            fail("a message after the empty one that ended the stream");
        }
        if (bytes.length == 0 && last && length != 0 && inMessage == 0 && !emptyMessages) {
            ended = true;
            return;
        }
        inMessage += bytes.length;
        if (inMessage > length || last && inMessage < length || !last && inMessage == length
                || !last && bytes.length == 0) {
            fail("message " + message + " of " + length + " bytes has " + inMessage + " with a part that is "
                    + (last ? "the last" : "not the last"));
        }
        bytes(bytes);
        if (last) {
            message++;
            inMessage = 0;
        }
    }

    long position() {
        return position;
    }
}
