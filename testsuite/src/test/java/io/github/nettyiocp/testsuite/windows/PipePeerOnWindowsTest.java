/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NativeWin32;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import io.github.nettyiocp.pipe.ClientNotIdentifiedException;
import io.github.nettyiocp.pipe.ImpersonationLevel;
import io.github.nettyiocp.pipe.NamedPipePeer;
import io.github.nettyiocp.pipe.PipeSecurity;
import io.github.nettyiocp.pipe.PipeSecurityAccess;
import io.netty.util.concurrent.DefaultEventExecutor;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Who is at the other end, and acting as the client. Under Wine every client can be impersonated, at any level and even
 * if there is none, and the thread then acts as the server's own user.
 */
class PipePeerOnWindowsTest {

    private static final String NO_LEVELS = "Wine doesn't look at a client's impersonation level";
    private static final String USER = PipeSecurity.currentUser().toString().replaceFirst("O:(S-1-[-0-9]+)D:.*", "$1");
    private static final long PROCESS = ProcessHandle.current().pid();

    private final RawPipe pipe = new RawPipe();
    private final EventExecutor loop = new DefaultEventExecutor();
    private final ExecutorService blocking = Executors.newSingleThreadExecutor();

    @AfterEach
    void close() throws Exception {
        pipe.close();
        blocking.shutdown();
        assertThat(blocking.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        loop.shutdownGracefully(0, 30, TimeUnit.SECONDS).sync();
    }

    @Test
    void aServerLearnsItsClientsProcessSessionAndUser() throws Exception {
        long server = connected(ImpersonationLevel.IDENTIFICATION);
        NamedPipePeer peer = PipeSecurityAccess.client(NativeWin32.ACCESS, blocking, loop, server).sync().getNow();
        assertThat(peer).isEqualTo(new NamedPipePeer(PROCESS, session(), USER, peer.userName(), null));
        assertThat(peer.userName()).matches(".+\\\\.+");
    }

    @Test
    void aClientLearnsItsServersProcessSessionAndUser() throws Exception {
        pipe.server(PipeSecurity.currentUser());
        long client = pipe.client(RawPipe.CLIENT_ACCESS, PipeSecurityAccess.flags(ImpersonationLevel.IDENTIFICATION));
        NamedPipePeer peer = PipeSecurityAccess.server(NativeWin32.ACCESS, blocking, loop, client).sync().getNow();
        assertThat(peer).isEqualTo(new NamedPipePeer(PROCESS, session(), USER, peer.userName(), null));
        assertThat(peer.userName()).matches(".+\\\\.+");
    }

    @Test
    void aClientInAnotherProcessIsKnownByIt() throws Exception {
        long server = pipe.server(PipeSecurity.currentUser());
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:-PrintWarnings", "-cp", System.getProperty("java.class.path"), Main.class.getName(), pipe.name)
                .redirectErrorStream(true).start();
        try {
            // The client says that it is there, and stays until its standard input ends.
            assertThat(process.inputReader().readLine()).isEqualTo("connected");
            pipe.read(server);
            NamedPipePeer peer = PipeSecurityAccess.client(NativeWin32.ACCESS, blocking, loop, server).sync().getNow();
            assertThat(peer.processId()).isEqualTo(process.pid()).isNotEqualTo(PROCESS);
            assertThat(peer.userSid()).isEqualTo(USER);
        } finally {
            process.getOutputStream().close();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    /** A client as other programs are: it says no level, and sends a byte. */
    public static final class Main {

        private Main() {
        }

        public static void main(String[] args) throws IOException {
            try (RandomAccessFile client = new RandomAccessFile(args[0], "rw")) {
                client.write(1);
                System.out.println("connected");
                System.in.read();
            }
        }
    }

    @Test
    void whoLooksAtAPeerDoesNotKeepItsPipeOpen() throws Exception {
        // The threads have handles of their own.
        blocking.submit(() -> { }).get();
        loop.submit(() -> { }).sync();
        int before = WindowsTestSupport.handles();
        long server = connected(ImpersonationLevel.IDENTIFICATION);
        for (int i = 0; i < 20; i++) {
            PipeSecurityAccess.client(NativeWin32.ACCESS, blocking, loop, server).sync();
            impersonate(server, () -> null).sync();
        }
        pipe.close();
        WindowsTestSupport.assertNoMoreHandlesThan(before, 2);
    }

    @Test
    void theTaskRunsAsTheClientAndTheThreadIsItsOwnAfterwards() throws Exception {
        long server = connected(ImpersonationLevel.IMPERSONATION);
        assertThat(blocking.submit(PipePeerOnWindowsTest::levelOfThread).get()).isEqualTo(-1);
        int level = impersonate(server, PipePeerOnWindowsTest::levelOfThread).sync().getNow();
        assertThat(level).isEqualTo(2);
        assertThat(blocking.submit(PipePeerOnWindowsTest::levelOfThread).get()).isEqualTo(-1);
    }

    @Test
    void theThreadIsItsOwnAlsoAfterATaskThatFailed() throws Exception {
        long server = connected(ImpersonationLevel.IDENTIFICATION);
        IOException failure = new IOException("no");
        Future<Object> future = impersonate(server, () -> {
            throw failure;
        }).await();
        assertThat(future.cause()).isSameAs(failure);
        assertThat(blocking.submit(PipePeerOnWindowsTest::levelOfThread).get()).isEqualTo(-1);
    }

    @Test
    void theServerGetsTheLevelThatTheClientChose() throws Exception {
        Assumptions.assumeFalse(RawPipe.WINE, NO_LEVELS);
        long server = connected(ImpersonationLevel.IDENTIFICATION);
        // Once before: at this level no class can be loaded.
        levelOfThread();
        assertThat(impersonate(server, PipePeerOnWindowsTest::levelOfThread).sync().getNow()).isEqualTo(1);
    }

    @Test
    void aServerCanDoNothingInTheNameOfAClientThatIsOnlyIdentified() throws Exception {
        Assumptions.assumeFalse(RawPipe.WINE, NO_LEVELS);
        File file = File.createTempFile("netty-iocp", null);
        file.deleteOnExit();
        new FileInputStream(file).close();
        long server = connected(ImpersonationLevel.IDENTIFICATION);
        Future<Object> future = impersonate(server, () -> {
            new FileInputStream(file).close();
            return null;
        }).await();
        assertThat(future.cause()).isInstanceOf(IOException.class);
    }

    @Test
    void anAnonymousClientStaysUnknown() throws Exception {
        Assumptions.assumeFalse(RawPipe.WINE, NO_LEVELS);
        long server = connected(ImpersonationLevel.ANONYMOUS);
        NamedPipePeer peer = PipeSecurityAccess.client(NativeWin32.ACCESS, blocking, loop, server).sync().getNow();
        assertThat(peer).isEqualTo(new NamedPipePeer(PROCESS, session(), null, null, null));
        assertThatThrownBy(() -> impersonate(server, () -> null).sync())
                .isInstanceOf(ClientNotIdentifiedException.class).hasMessageContaining("anonymously");
    }

    @Test
    void aClientWithoutALevelIsUnknownUntilSomethingWasRead() throws Exception {
        Assumptions.assumeFalse(RawPipe.WINE, "Wine lets a client be impersonated before anything was read");
        long server = pipe.server(PipeSecurity.currentUser());
        long client = pipe.client(RawPipe.CLIENT_ACCESS, 0);
        assertThatThrownBy(() -> impersonate(server, () -> null).sync())
                .isInstanceOf(ClientNotIdentifiedException.class).hasMessageContaining("nothing was read");
        pipe.transfer(client, server);
        impersonate(server, () -> null).sync();
    }

    @Test
    void whereThereIsNoClientNobodyIsImpersonated() throws Exception {
        Assumptions.assumeFalse(RawPipe.WINE, "Wine lets a client be impersonated that isn't there");
        long server = pipe.server(PipeSecurity.currentUser());
        assertThatThrownBy(() -> impersonate(server, () -> null).sync())
                .isInstanceOf(ClientNotIdentifiedException.class).hasMessageContaining("There is no client");
    }

    @Test
    void aLocalClientHasNoComputersName() throws Exception {
        long server = connected(ImpersonationLevel.IDENTIFICATION);
        try (Arena arena = Arena.ofConfined()) {
            int error = pipe.win32.getNamedPipeClientComputerName(server, arena.allocate(512, 2).address(), 512);
            assertThat(error).isEqualTo(RawPipe.WINE ? WinError.ERROR_PROC_NOT_FOUND : WinError.ERROR_PIPE_LOCAL);
        }
    }

    private <T> Future<T> impersonate(long server, Callable<T> task) {
        return PipeSecurityAccess.impersonate(NativeWin32.ACCESS, blocking, loop, server, task);
    }

    private long connected(ImpersonationLevel level) throws IOException {
        long server = pipe.server(PipeSecurity.currentUser());
        pipe.transfer(pipe.client(RawPipe.CLIENT_ACCESS, PipeSecurityAccess.flags(level)), server);
        return server;
    }

    /** The level at which this thread impersonates somebody; {@code -1} if it doesn't. */
    private static int levelOfThread() {
        Win32 win32 = NativeWin32.ACCESS.ofThisThread();
        try (Arena arena = Arena.ofConfined()) {
            long memory = arena.allocate(24, 8).address();
            int error = win32.openThreadToken(WinConst.CURRENT_THREAD, WinConst.TOKEN_QUERY, 1, memory);
            if (error != 0) {
                assertThat(error).isEqualTo(WinError.ERROR_NO_TOKEN);
                return -1;
            }
            long token = Memory.getLong(memory);
            assertThat(win32.getTokenInformation(token, WinConst.TOKEN_IMPERSONATION_LEVEL_CLASS, memory + 8, 4,
                    memory + 16)).isZero();
            win32.closeHandle(token);
            return Memory.getInt(memory + 8);
        }
    }

    private int session() {
        try (Arena arena = Arena.ofConfined()) {
            long session = arena.allocate(8, 8).address();
            assertThat(pipe.win32.processIdToSessionId((int) PROCESS, session)).isZero();
            return Memory.getInt(session);
        }
    }
}
