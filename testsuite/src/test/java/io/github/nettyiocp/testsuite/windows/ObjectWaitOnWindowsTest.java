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
@Timeout(60)
class ObjectWaitOnWindowsTest {

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
            assertThat(signals.poll(10, TimeUnit.SECONDS)).isTrue();
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
        assertThat(signals.poll(10, TimeUnit.SECONDS)).isEqualTo(1);
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
        assertThat(signals.poll(10, TimeUnit.SECONDS)).isEqualTo(1);
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
        assertThat(wait.closeFuture().await(5, TimeUnit.SECONDS)).isTrue();
        win32().closeHandle(event);
    }
}
