/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.ObjectWait;
import io.github.nettyiocp.ObjectWaitHandler;
import io.github.nettyiocp.internal.NativeWin32;
import io.github.nettyiocp.internal.Win32;
import io.netty.channel.IoEventLoop;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Waiting for objects on behalf of a loop. */
@Timeout(240)
class ObjectWaitOnWindowsTest {

    private static final int SYNCHRONIZE = 0x100000;

    private IocpEventLoopGroup group;

    @BeforeEach
    void start() {
        group = new IocpEventLoopGroup(1);
    }

    @AfterEach
    void end() throws Exception {
        WindowsTestSupport.shutDown(group);
    }

    private static Win32 win32() {
        return NativeWin32.ACCESS.ofThisThread();
    }

    private IoEventLoop loop() {
        return group.next();
    }

    private ObjectWait open(long object, ObjectWaitHandler handler) throws Exception {
        return ObjectWait.open(loop(), object, handler).sync().getNow();
    }

    private void arm(ObjectWait wait) throws Exception {
        loop().submit(() -> {
            wait.arm();
            return null;
        }).sync();
    }

    @Test
    void theHandlerIsCalledOnTheLoopOnceForEachArm() throws Exception {
        long event = win32().createEvent(0, 0);
        BlockingQueue<Boolean> signals = new LinkedBlockingQueue<>();
        ObjectWait wait = open(event, signalled -> signals.add(loop().inEventLoop()));
        for (int i = 0; i < 10; i++) {
            arm(wait);
            assertThat(signals.poll(50, TimeUnit.MILLISECONDS)).isNull();
            win32().setEvent(event);
            assertThat(signals.poll(60, TimeUnit.SECONDS)).isTrue();
        }
        win32().setEvent(event);
        assertThat(signals.poll(100, TimeUnit.MILLISECONDS)).isNull();
        wait.close().sync();
        assertThat(win32().closeHandle(event)).isZero();
    }

    @Test
    void anObjectThatIsSignalledAlreadyIsNoticed() throws Exception {
        long event = win32().createEvent(1, 1);
        BlockingQueue<Integer> signals = new LinkedBlockingQueue<>();
        ObjectWait wait = open(event, signalled -> signals.add(1));
        arm(wait);
        assertThat(signals.poll(60, TimeUnit.SECONDS)).isEqualTo(1);
        wait.close().sync();
        win32().closeHandle(event);
    }

    @Test
    void hundredsOfObjectsNeedAThreadForEach63AtMost() throws Exception {
        int count = 300;
        int threadsBefore = waitThreads();
        AtomicInteger signals = new AtomicInteger();
        List<Long> events = new ArrayList<>();
        List<ObjectWait> waits = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            events.add(win32().createEvent(1, 0));
            waits.add(open(events.get(i), signalled -> signals.incrementAndGet()));
            arm(waits.get(i));
        }
        assertThat(waitThreads() - threadsBefore).isLessThanOrEqualTo(count / 63 + 1);
        for (long event : events) {
            win32().setEvent(event);
        }
        WindowsTestSupport.await("all are signalled", () -> signals.get() == count);
        for (ObjectWait wait : waits) {
            wait.close().sync();
        }
        events.forEach(event -> assertThat(win32().closeHandle(event)).isZero());
    }

    private static int waitThreads() {
        return (int) Thread.getAllStackTraces().keySet().stream().filter(t -> t.getName().equals("iocp-wait")).count();
    }

    @Test
    void aWaitThatIsClosedWhileItIsArmedIsOverWhenItSaysSo() throws Exception {
        for (int i = 0; i < 200; i++) {
            long event = win32().createEvent(1, 0);
            AtomicInteger signals = new AtomicInteger();
            ObjectWait wait = open(event, signalled -> signals.incrementAndGet());
            arm(wait);
            if (i % 3 == 0) {
                win32().setEvent(event);
            }
            wait.close().sync();
            int seen = signals.get();
            assertThat(win32().closeHandle(event)).isZero();
            loop().submit(() -> { }).sync();
            assertThat(signals.get()).isEqualTo(seen);
        }
    }

    @Test
    void wrongUseIsRefusedAndOtherWaitsGoOn() throws Exception {
        long event = win32().createEvent(1, 0);
        BlockingQueue<Integer> signals = new LinkedBlockingQueue<>();
        ObjectWait wait = open(event, signalled -> signals.add(1));
        ObjectWait broken = open(0x7ffffff0, signalled -> signals.add(2));
        assertThatThrownBy(() -> arm(broken)).isInstanceOf(IOException.class);
        assertThatThrownBy(wait::arm).isInstanceOf(IllegalStateException.class);
        arm(wait);
        assertThatThrownBy(() -> arm(wait)).isInstanceOf(IllegalStateException.class);
        win32().setEvent(event);
        assertThat(signals.poll(60, TimeUnit.SECONDS)).isEqualTo(1);
        broken.close().sync();
        wait.close().sync();
        assertThatThrownBy(() -> arm(wait)).isInstanceOf(IllegalStateException.class);
        win32().closeHandle(event);
    }

    @Test
    void aLoopThatEndsClosesItsWaits() throws Exception {
        long event = win32().createEvent(1, 0);
        ObjectWait wait = open(event, signalled -> { });
        arm(wait);
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        assertThat(wait.closeFuture().await(60, TimeUnit.SECONDS)).isTrue();
        win32().closeHandle(event);
    }

    // ---- each kind of object

    private BlockingQueue<Integer> signalsOf(long object, int times) throws Exception {
        BlockingQueue<Integer> signals = new LinkedBlockingQueue<>();
        ObjectWait wait = open(object, new ObjectWaitHandler() {
            private int count;

            @Override
            public void signalled(ObjectWait signalled) {
                signals.add(++count);
                if (count < times) {
                    try {
                        signalled.arm();
                    } catch (IOException cause) {
                        failed(signalled, cause);
                    }
                }
            }
        });
        arm(wait);
        return signals;
    }

    @Test
    void theEndOfAProcessIsASignalAndItsExitCodeIsThereThen() throws Exception {
        Process process = new ProcessBuilder("cmd.exe", "/c", "exit 7").start();
        long handle = win32().openProcess(SYNCHRONIZE, 0, (int) process.pid());
        BlockingQueue<Integer> signals = signalsOf(handle, 1);
        assertThat(signals.poll(60, TimeUnit.SECONDS)).isEqualTo(1);
        assertThat(process.waitFor()).isEqualTo(7);
        WindowsCalls.closeHandle(handle);
    }

    @Test
    void aSemaphoreIsASignalForEachUnitAndEachTakesOne() throws Exception {
        long semaphore = WindowsCalls.createSemaphore(2, 10);
        BlockingQueue<Integer> signals = signalsOf(semaphore, 5);
        assertThat(signals.poll(60, TimeUnit.SECONDS)).isEqualTo(1);
        assertThat(signals.poll(60, TimeUnit.SECONDS)).isEqualTo(2);
        assertThat(signals.poll(100, TimeUnit.MILLISECONDS)).isNull();
        // It says how many units there were: all were taken.
        assertThat(WindowsCalls.releaseSemaphore(semaphore, 3)).isZero();
        for (int i = 3; i <= 5; i++) {
            assertThat(signals.poll(60, TimeUnit.SECONDS)).isEqualTo(i);
        }
        WindowsCalls.closeHandle(semaphore);
    }

    @Test
    void aTimerIsASignalForEachOfItsPeriods() throws Exception {
        long timer = WindowsCalls.createTimer();
        BlockingQueue<Integer> signals = signalsOf(timer, 3);
        assertThat(signals.poll(50, TimeUnit.MILLISECONDS)).isNull();
        WindowsCalls.setTimer(timer, 20, 20);
        for (int i = 1; i <= 3; i++) {
            assertThat(signals.poll(60, TimeUnit.SECONDS)).isEqualTo(i);
        }
        WindowsCalls.closeHandle(timer);
    }
}
