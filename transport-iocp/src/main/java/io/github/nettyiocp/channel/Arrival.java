/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import java.util.function.Consumer;

/**
 * What a blocking call gives to a loop. The loop takes it, or it is discarded: by who gave it up, or by the call that
 * came too late. That the loop has been told is not enough, since a loop that ends may forget what it was told.
 */
final class Arrival<T> {

    private final Consumer<? super T> discard;
    private T arrived;
    private boolean givenUp;

    /** @param discard frees what nobody takes, on any thread */
    Arrival(Consumer<? super T> discard) {
        this.discard = discard;
    }

    /** The call gave something; {@code false}, and it is discarded, if nobody wants it any more. */
    boolean arrives(T thing) {
        synchronized (this) {
            if (!givenUp) {
                arrived = thing;
                return true;
            }
        }
        discard.accept(thing);
        return false;
    }

    /** Takes what has arrived, once; {@code null} if nothing has, or it was given up. */
    synchronized T take() {
        T taken = arrived;
        arrived = null;
        return taken;
    }

    /** Discards what has arrived and was not taken, and what is still to come. Any thread, and again. */
    void giveUp() {
        T unwanted;
        synchronized (this) {
            givenUp = true;
            unwanted = take();
        }
        if (unwanted != null) {
            discard.accept(unwanted);
        }
    }
}
