/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.Win32Access;
import org.junit.jupiter.api.Test;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

class PipePairTest {

    private final List<Long> closed = new ArrayList<>();
    private final Win32Access access = new Win32Access() {
        @Override
        public Win32 newInstance() {
            return ofThisThread();
        }

        @Override
        public Win32 ofThisThread() {
            return (Win32) Proxy.newProxyInstance(Win32.class.getClassLoader(), new Class<?>[] { Win32.class },
                    (proxy, method, arguments) -> {
                        assertEquals("closeHandle", method.getName());
                        closed.add((Long) arguments[0]);
                        return 0;
                    });
        }
    };

    /** The channel's constructor refuses a handle of 0: it fails for whatever reason when both ends are there. */
    @Test
    void endsOfWhichNoChannelCanBeMadeAreBothClosed() {
        assertThrows(IllegalArgumentException.class,
                () -> PipePair.of(access, new PairEnds(0, 44), PipeDirection.DUPLEX));
        assertEquals(List.of(0L, 44L), closed);
    }

    @Test
    void endsThatNobodyTookAreClosedOnceWithThePair() {
        PipePair pair = PipePair.of(access, new PairEnds(40, 44), PipeDirection.DUPLEX);
        assertEquals(List.of(), closed);
        pair.close();
        pair.close();
        assertEquals(List.of(44L, 40L), closed);
    }
}
