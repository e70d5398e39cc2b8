/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.ObjectWait;
import io.github.nettyiocp.SimulationAccess;
import io.github.nettyiocp.channel.HandleChannel;
import io.github.nettyiocp.channel.OverlappedFile;
import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NativeWin32;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinError;
import io.github.nettyiocp.process.ChildProcess;
import io.github.nettyiocp.process.ChildProcessBuilder;
import io.github.nettyiocp.process.JobLimits;
import io.github.nettyiocp.process.JobObject;
import io.github.nettyiocp.testsuite.faults.ForwardingWin32;
import io.github.nettyiocp.testsuite.faults.ForwardingWin32Access;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Handles of ours that somebody else closes, by mistake. Which error comes is Windows' affair; everything has an
 * outcome, and whoever closes a handle twice does no harm to the one that has its number now.
 */
@Timeout(240)
class ClosedByOthersOnWindowsTest {

    private final Watching calls = new Watching();
    private final IocpEventLoopGroup group = new IocpEventLoopGroup(1, SimulationAccess.config(calls));

    /** Remembers handles, and which of them were closed. A number that others closed is closed by nobody else here. */
    private static final class Watching extends ForwardingWin32Access {
        private final List<Long> processes = new CopyOnWriteArrayList<>();
        private final List<Long> files = new CopyOnWriteArrayList<>();
        private final List<Long> jobs = new CopyOnWriteArrayList<>();
        private final List<Long> closed = new CopyOnWriteArrayList<>();
        private final List<Long> closedByOthers = new CopyOnWriteArrayList<>();
        /** Events. */
        private final List<Long> occupied = new ArrayList<>();

        void closeAsOthers(long handle) {
            closed.clear();
            closedByOthers.add(handle);
            assertThat(WindowsCalls.closeHandle(handle)).isZero();
        }

        /** The same, and sees to it that what is done with the number is done to nothing that matters. */
        void closeAndOccupy(long handle) {
            Win32 win32 = NativeWin32.ACCESS.ofThisThread();
            closeAsOthers(handle);
            for (int i = 0; i < 50 && !occupied.contains(handle); i++) {
                occupied.add(win32.createEvent(1, 0));
            }
        }

        void closeOccupied() {
            occupied.forEach(WindowsCalls::closeHandle);
        }

        @Override
        protected Win32 around(Win32 real) {
            return new ForwardingWin32(real) {
                @Override
                public int createProcess(long application, long commandLine, int inherit, int flags, long environment,
                                         long directory, long startupInfo, long information) {
                    int error = super.createProcess(application, commandLine, inherit, flags, environment, directory,
                            startupInfo, information);
                    processes.add(Memory.getLong(information + Layout.PROCESS_INFORMATION_PROCESS));
                    return error;
                }

                @Override
                public long createFile(long name, int access, int share, long security, int disposition, int flags) {
                    long handle = super.createFile(name, access, share, security, disposition, flags);
                    files.add(handle);
                    return handle;
                }

                @Override
                public long createJobObject(long attributes, long name) {
                    long job = super.createJobObject(attributes, name);
                    jobs.add(job);
                    return job;
                }

                @Override
                public int closeHandle(long handle) {
                    closed.add(handle);
                    return closedByOthers.contains(handle) ? WinError.ERROR_INVALID_HANDLE : super.closeHandle(handle);
                }
            };
        }
    }

    @AfterEach
    void end() {
        WindowsTestSupport.end(group);
        calls.closeOccupied();
    }

    private static <T> Future<T> done(Future<T> future) throws Exception {
        assertThat(future.await(60, TimeUnit.SECONDS)).as("an outcome").isTrue();
        return future;
    }

    private ChildProcess start(String... arguments) throws Exception {
        return done(new ChildProcessBuilder(ChildFixture.command(arguments)).start(group.next())).sync().getNow();
    }

    @Test
    void aProcessWhoseHandleIsClosedHasAnExitAndOthersGoOn() throws Exception {
        ChildProcess child = start("sleep", "1500");
        long process = calls.processes.get(0);
        calls.closeAsOthers(process);
        // Who waits has the process still, and is told of its end, but its code can't be asked for.
        if (!done(child.exit()).isSuccess()) {
            assertThat(child.exit().cause()).isInstanceOf(IOException.class);
            // The number may be that of another object by now.
            assertThat(calls.closed).doesNotContain(process);
        }
        assertThat(ChildFixture.exitCode(start("exit", "7"))).isEqualTo(7);
    }

    @Test
    void anObjectThatIsWaitedForHarmsNoOtherWait() throws Exception {
        long first = NativeWin32.ACCESS.ofThisThread().createEvent(1, 0);
        long second = NativeWin32.ACCESS.ofThisThread().createEvent(1, 0);
        ObjectWait broken = done(ObjectWait.open(group.next(), first, signalled -> { })).sync().getNow();
        CountDownLatch signalled = new CountDownLatch(1);
        ObjectWait other = done(ObjectWait.open(group.next(), second, source -> signalled.countDown())).sync().getNow();
        for (ObjectWait wait : List.of(broken, other)) {
            done(group.next().submit(() -> {
                wait.arm();
                return null;
            })).sync();
        }
        calls.closeAsOthers(first);
        NativeWin32.ACCESS.ofThisThread().setEvent(second);
        assertThat(signalled.await(60, TimeUnit.SECONDS)).isTrue();
        done(broken.close()).sync();
        done(other.close()).sync();
        WindowsCalls.closeHandle(second);
    }

    @Test
    void aChannelWhoseHandleIsClosedFailsItsWritesAndCloses() throws Exception {
        String name = "\\\\.\\pipe\\closed-by-others-" + ProcessHandle.current().pid() + '-' + System.nanoTime();
        long server = WindowsCalls.createNamedPipe(name, WindowsCalls.FILE_FLAG_OVERLAPPED);
        long client = WindowsCalls.createFile(name, 0xC0000000, 3, 0);
        HandleChannel channel = new HandleChannel(server);
        TcpRecorder recorder = new TcpRecorder();
        channel.pipeline().addLast(recorder);
        group.register(channel).sync();
        calls.closeAndOccupy(server);
        ChannelFuture written = channel.writeAndFlush(Unpooled.copiedBuffer(new byte[10]));
        assertThat(written.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(written.cause()).isInstanceOf(IOException.class);
        channel.close();
        assertThat(channel.closeFuture().await(60, TimeUnit.SECONDS)).isTrue();
        WindowsCalls.closeHandle(client);
    }

    @Test
    void aFileWhoseHandleIsClosedFailsItsOperationsAndItsClose() throws Exception {
        Path path = Files.createTempFile("closed by others", "");
        try {
            OverlappedFile file = done(OverlappedFile.open(group.next(), path, StandardOpenOption.READ,
                    StandardOpenOption.WRITE)).sync().getNow();
            calls.closeAndOccupy(calls.files.get(calls.files.size() - 1));
            ByteBuf buffer = Unpooled.directBuffer(100);
            assertThat(done(file.read(buffer, 0)).cause()).isInstanceOf(IOException.class);
            assertThat(done(file.write(buffer.writeInt(1), 0)).cause()).isInstanceOf(IOException.class);
            assertThat(done(file.size()).cause()).isInstanceOf(IOException.class);
            assertThat(done(file.flush()).cause()).isInstanceOf(IOException.class);
            assertThat(buffer.release()).isTrue();
            assertThat(done(file.close()).cause()).isInstanceOf(IOException.class);
        } finally {
            Files.delete(path);
        }
    }

    @Test
    void aJobWhoseHandleIsClosedFailsItsQuestionsAndCloses() throws Exception {
        JobObject job = done(JobObject.open(group.next(), new JobLimits(), (source, event, id) -> { })).sync()
                .getNow();
        calls.closeAndOccupy(calls.jobs.get(0));
        assertThatThrownBy(job::accounting).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> job.terminate(1)).isInstanceOf(IOException.class);
        job.close();
        done(job.closeFuture());
    }
}
