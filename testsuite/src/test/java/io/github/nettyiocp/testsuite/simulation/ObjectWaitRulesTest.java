/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.ObjectWait;
import io.github.nettyiocp.ObjectWaitHandler;
import io.github.nettyiocp.internal.Win32;
import io.netty.channel.IoEventLoop;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Rules of waiting for objects, by wait completion packets and by threads. */
class ObjectWaitRulesTest {

    /** A Windows whose loop waits for events. */
    private static final class Waits implements AutoCloseable {
        final DirectedRun run;
        final Win32 win32;
        final List<Wait> waits = new ArrayList<>();

        Waits(boolean packets, Faults faults) {
            run = new DirectedRun(faults);
            win32 = run.kernel.access().ofThisThread();
            if (!packets) {
                run.kernel.withoutWaitPackets();
            }
        }

        Wait add(boolean manualReset) {
            run.kernel.faults().suspend();
            Wait wait = new Wait(this, manualReset);
            run.kernel.faults().resume();
            waits.add(wait);
            return wait;
        }

        int threads() {
            return run.kernel.turns().count("iocp-wait");
        }

        /** Checks that nothing is left, threads neither. */
        @Override
        public void close() {
            run.kernel.faults().suspend();
            waits.forEach(Wait::close);
            run.close();
        }
    }

    /** An event, and what is told of it. */
    private static final class Wait implements ObjectWaitHandler {
        private final Waits all;
        final long event;
        final ObjectWait wait;
        int signals;
        IOException failure;
        private boolean closedByOthers;

        Wait(Waits all, boolean manualReset) {
            this.all = all;
            event = all.win32.createEvent(manualReset ? 1 : 0, 0);
            wait = all.run.success(ObjectWait.open((IoEventLoop) all.run.loop(), event, this));
        }

        @Override
        public void signalled(ObjectWait source) {
            assertTrue(all.run.loop().inEventLoop());
            signals++;
        }

        @Override
        public void failed(ObjectWait source, IOException cause) {
            failure = cause;
        }

        Wait arm() {
            try {
                wait.arm();
                return this;
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        void set() {
            assertEquals(0, all.win32.setEvent(event));
        }

        void closeEvent() {
            closedByOthers = true;
            all.win32.closeHandle(event);
        }

        void close() {
            all.run.success(wait.close());
            if (!closedByOthers) {
                all.win32.closeHandle(event);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = { true, false })
    void eachArmTakesOneSignal(boolean packets) {
        try (Waits waits = new Waits(packets, Faults.none())) {
            Wait wait = waits.add(false);
            for (int i = 1; i <= 20; i++) {
                wait.arm();
                waits.run.millis(20);
                assertEquals(i - 1, wait.signals);
                wait.set();
                int expected = i;
                waits.run.until("a signal", () -> wait.signals == expected);
            }
            wait.set();
            waits.run.millis(20);
            assertEquals(20, wait.signals);
            // The signal of before, which nobody has taken.
            wait.arm();
            assertEquals(20, wait.signals, "told inside of arm()");
            waits.run.until("a signal", () -> wait.signals == 21);
        }
    }

    @Test
    void aThreadWaitsFor63Objects() {
        try (Waits waits = new Waits(false, Faults.none())) {
            for (int i = 0; i < 200; i++) {
                waits.add(true).arm();
            }
            assertEquals(4, waits.threads());
            for (int i = 199; i >= 0; i--) {
                waits.waits.get(i).set();
            }
            waits.run.until("all signals", () -> waits.waits.stream().allMatch(wait -> wait.signals == 1));
        }
    }

    @Test
    void threadsThatNobodyNeedsEndAndAreMadeAnew() {
        try (Waits waits = new Waits(false, Faults.none())) {
            for (int i = 1; i <= 3; i++) {
                Wait wait = waits.add(false).arm();
                assertEquals(1, waits.threads());
                waits.run.success(wait.wait.close());
                waits.run.millis(30_000);
                waits.run.until("the end of the thread", () -> waits.threads() == 0);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = { true, false })
    void aWaitThatIsClosedAtAnyMomentIsOverWhenItSaysSo(boolean packets) {
        for (int micros = 0; micros < 200; micros += 5) {
            for (boolean set : new boolean[] { true, false }) {
                try (Waits waits = new Waits(packets, Faults.none().with(Faults.Kind.SLOW_COMPLETION, 0.3)
                        .with(Faults.Kind.SHORT_BATCH, 0.5))) {
                    Wait wait = waits.add(true).arm();
                    if (set) {
                        wait.set();
                    }
                    waits.run.runtime.sleep(micros, TimeUnit.MICROSECONDS);
                    waits.run.success(wait.wait.close());
                    int told = wait.signals;
                    // A wait on a closed handle would be a violation.
                    wait.closeEvent();
                    waits.run.millis(1000);
                    assertEquals(told, wait.signals);
                }
            }
        }
    }

    @Test
    void anObjectThatOthersCloseIsToldAndHarmsNoOtherWait() {
        try (Waits waits = new Waits(false, Faults.none())) {
            waits.run.kernel.othersCloseHandles();
            Wait broken = waits.add(true).arm();
            Wait other = waits.add(false).arm();
            waits.run.millis(10);
            broken.closeEvent();
            // The thread looks at all of its objects when it has something to do.
            other.set();
            waits.run.until("both", () -> broken.failure != null && other.signals == 1);
            assertInstanceOf(ClosedChannelException.class, broken.failure);
            assertEquals(0, broken.signals);
            other.arm().set();
            waits.run.until("another signal", () -> other.signals == 2);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = { true, false })
    void anObjectThatIsNotOpenIsRefused(boolean packets) {
        try (Waits waits = new Waits(packets, Faults.none())) {
            waits.run.kernel.othersCloseHandles();
            Wait closed = waits.add(true);
            closed.closeEvent();
            try {
                closed.wait.arm();
                assertFalse(true, "armed");
            } catch (IOException expected) {
                assertFalse(closed.wait.isArmed());
            }
        }
    }

    @Test
    void noSignalIsLostWhateverFailsMeanwhile() {
        for (int round = 0; round < 20; round++) {
            try (Waits waits = new Waits(false, Faults.none().with(Faults.Kind.POST_REFUSED, 0.1))) {
                waits.run.expectLog("Cannot ");
                List<Wait> all = new ArrayList<>();
                for (int i = 0; i < 10; i++) {
                    all.add(waits.add(i % 2 == 0).arm());
                }
                for (Wait wait : all) {
                    waits.run.runtime.sleep(round, TimeUnit.MICROSECONDS);
                    wait.set();
                }
                waits.run.until("all signals", () -> all.stream().allMatch(wait -> wait.signals == 1));
            }
        }
    }

    @Test
    void waitsThatFailForAWhileAreMadeAgain() {
        try (Waits waits = new Waits(false, Faults.none())) {
            waits.run.expectLog("WaitForMultipleObjects failed");
            Wait first = waits.add(false).arm();
            Wait second = waits.add(false).arm();
            waits.run.millis(10);
            waits.run.kernel.faults().with(Faults.Kind.WAIT_FAILS, 0.5);
            for (int i = 0; i < 10; i++) {
                first.set();
                int expected = i + 1;
                waits.run.until("a signal or a failure", () -> first.signals + (first.failure != null ? 1 : 0)
                        >= expected);
                if (first.failure != null) {
                    break;
                }
                waits.run.kernel.faults().suspend();
                first.arm();
                waits.run.kernel.faults().resume();
            }
            waits.run.kernel.faults().with(Faults.Kind.WAIT_FAILS, 0);
            second.set();
            waits.run.until("the other", () -> second.signals == 1 || second.failure != null);
        }
    }

    @Test
    void aLoopThatEndsClosesItsWaits() {
        for (boolean packets : new boolean[] { true, false }) {
            Waits waits = new Waits(packets, Faults.none());
            List<Wait> all = new ArrayList<>();
            for (int i = 0; i < 70; i++) {
                all.add(waits.add(true).arm());
            }
            waits.run.runtime.shutdown(0, 5000);
            for (Wait wait : all) {
                assertTrue(wait.wait.closeFuture().isSuccess());
                waits.win32.closeHandle(wait.event);
            }
            waits.waits.clear();
            waits.close();
        }
    }
}
