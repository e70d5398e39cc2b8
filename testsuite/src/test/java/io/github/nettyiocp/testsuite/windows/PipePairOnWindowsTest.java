/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NativeWin32;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.Win32Access;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import io.github.nettyiocp.pipe.PipeDirection;
import io.github.nettyiocp.pipe.PipePair;
import io.github.nettyiocp.pipe.PipePairAccess;
import io.github.nettyiocp.testsuite.faults.NamedPipesOnly;
import io.netty.buffer.Unpooled;
import io.netty.util.CharsetUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Pairs of ends, without a name and by one. */
@Timeout(120)
class PipePairOnWindowsTest {

    /** How the ends are made. */
    enum Way {

        WITHOUT_A_NAME(NativeWin32.ACCESS),
        BY_A_NAME(new NamedPipesOnly(NativeWin32.ACCESS, NtStatus.STATUS_NOT_IMPLEMENTED));

        private final Win32Access access;

        Way(Win32Access access) {
            this.access = access;
        }

        PipePair open(PipeDirection direction, boolean inheritable) throws IOException {
            return PipePairAccess.open(access, direction, inheritable);
        }
    }

    private final Win32 win32 = NativeWin32.ACCESS.ofThisThread();
    private final IocpEventLoopGroup group = new IocpEventLoopGroup(1);
    private final TcpRecorder recorder = new TcpRecorder();

    @AfterEach
    void end() {
        WindowsTestSupport.shutDown(group);
    }

    private void register(PipePair pair) throws InterruptedException {
        pair.channel().pipeline().addLast(recorder);
        group.register(pair.channel()).sync();
    }

    private int write(long handle, String text) {
        try (Arena arena = Arena.ofConfined()) {
            long written = arena.allocate(4, 4).address();
            byte[] bytes = text.getBytes(CharsetUtil.US_ASCII);
            long buffer = arena.allocate(bytes.length).address();
            Memory.putBytes(buffer, bytes);
            return win32.writeFile(handle, buffer, bytes.length, written, 0);
        }
    }

    private String read(long handle) {
        try (Arena arena = Arena.ofConfined()) {
            long count = arena.allocate(4, 4).address();
            long buffer = arena.allocate(100).address();
            assertThat(win32.readFile(handle, buffer, 100, count, 0)).isZero();
            byte[] bytes = new byte[Memory.getInt(count)];
            Memory.getBytes(buffer, bytes);
            return new String(bytes, CharsetUtil.US_ASCII);
        }
    }

    @ParameterizedTest
    @EnumSource
    void bothEndsReadAndWriteAndSeeTheEnd(Way way) throws Exception {
        PipePair pair = way.open(PipeDirection.DUPLEX, true);
        register(pair);
        long handle = pair.takeHandle();
        assertThat(write(handle, "to the channel")).isZero();
        assertThat(recorder.awaitBytes("to the channel".length())).asString().isEqualTo("to the channel");
        pair.channel().writeAndFlush(Unpooled.copiedBuffer("from the channel", CharsetUtil.US_ASCII)).sync();
        assertThat(read(handle)).isEqualTo("from the channel");
        assertThat(win32.closeHandle(handle)).isZero();
        recorder.awaitInactive();
        pair.close();
    }

    @ParameterizedTest
    @EnumSource
    void aChannelThatOnlyWritesIsReadAndNoticesTheEnd(Way way) throws Exception {
        PipePair pair = way.open(PipeDirection.OUTBOUND, false);
        register(pair);
        long handle = pair.takeHandle();
        pair.channel().writeAndFlush(Unpooled.copiedBuffer("out", CharsetUtil.US_ASCII)).sync();
        assertThat(read(handle)).isEqualTo("out");
        assertThat(write(handle, "not in")).isEqualTo(WinError.ERROR_ACCESS_DENIED);
        assertThat(win32.closeHandle(handle)).isZero();
        recorder.awaitInactive();
        pair.close();
    }

    @ParameterizedTest
    @EnumSource
    void aChannelThatOnlyReadsGetsWhatIsWritten(Way way) throws Exception {
        PipePair pair = way.open(PipeDirection.INBOUND, false);
        register(pair);
        long handle = pair.takeHandle();
        assertThat(write(handle, "in")).isZero();
        assertThat(recorder.awaitBytes(2)).asString().isEqualTo("in");
        assertThat(win32.closeHandle(handle)).isZero();
        recorder.awaitInactive();
        pair.close();
    }

    @ParameterizedTest
    @EnumSource
    void theHandleIsInheritedIfThatIsAskedFor(Way way) throws Exception {
        for (boolean inheritable : new boolean[] { true, false }) {
            PipePair pair = way.open(PipeDirection.DUPLEX, inheritable);
            long handle = pair.takeHandle();
            try (Arena arena = Arena.ofConfined()) {
                long flags = arena.allocate(4, 4).address();
                assertThat(win32.getHandleInformation(handle, flags)).isZero();
                assertThat((Memory.getInt(flags) & WinConst.HANDLE_FLAG_INHERIT) != 0).isEqualTo(inheritable);
            }
            win32.closeHandle(handle);
            pair.close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aPairThatIsNotUsedLeavesNothing(Way way) throws Exception {
        way.open(PipeDirection.DUPLEX, false).close();
        int before = WindowsTestSupport.handles();
        for (int i = 0; i < 50; i++) {
            way.open(PipeDirection.values()[i % 3], i % 2 == 0).close();
        }
        WindowsTestSupport.assertNoMoreHandlesThan(before, 2);
    }

    @ParameterizedTest
    @ValueSource(ints = { NtStatus.STATUS_NOT_IMPLEMENTED, NtStatus.STATUS_NOT_SUPPORTED,
            NtStatus.STATUS_INVALID_PARAMETER, NtStatus.STATUS_OBJECT_NAME_INVALID,
            NtStatus.STATUS_OBJECT_NAME_NOT_FOUND, NtStatus.STATUS_OBJECT_PATH_NOT_FOUND,
            NtStatus.STATUS_ACCESS_DENIED })
    void aWindowsThatMakesNoPipesWithoutANameIsGivenOne(int status) throws Exception {
        List<String> calls = new ArrayList<>();
        NamedPipesOnly windows = new NamedPipesOnly(NativeWin32.ACCESS, status) {
            @Override
            protected void beforeServer(long name) {
                calls.add("CreateNamedPipeW");
            }

            @Override
            protected void beforeClient(long name) {
                calls.add("CreateFileW");
            }
        };
        PipePairAccess.open(windows, PipeDirection.DUPLEX, false).close();
        assertThat(calls).containsExactly("CreateNamedPipeW", "CreateFileW");
    }

    @Test
    void aWindowsThatHasNoMemoryIsNotAskedTwice() {
        NamedPipesOnly windows = new NamedPipesOnly(NativeWin32.ACCESS, NtStatus.STATUS_INSUFFICIENT_RESOURCES) {
            @Override
            protected void beforeServer(long name) {
                throw new AssertionError("made by a name");
            }
        };
        assertThatThrownBy(() -> PipePairAccess.open(windows, PipeDirection.DUPLEX, false))
                .isInstanceOf(IOException.class).hasMessageContaining("NtCreateNamedPipeFile")
                .hasMessageContaining(Integer.toHexString(NtStatus.STATUS_INSUFFICIENT_RESOURCES));
    }

    /** Another client takes the place of the client's end. */
    @Test
    void aClientThatComesInBetweenIsFoundOutAndNothingIsLeft() throws Exception {
        List<Long> strangers = new ArrayList<>();
        NamedPipesOnly windows = new NamedPipesOnly(NativeWin32.ACCESS, NtStatus.STATUS_NOT_IMPLEMENTED) {
            @Override
            protected void beforeClient(long name) {
                strangers.add(open(name));
            }
        };
        assertThatThrownBy(() -> PipePairAccess.open(windows, PipeDirection.DUPLEX, false))
                .isInstanceOf(IOException.class).hasMessageContaining("CreateFileW, error 231");
        // The server's end is closed.
        assertThat(write(strangers.get(0), "x")).isIn(WinError.ERROR_NO_DATA, WinError.ERROR_BROKEN_PIPE);
        win32.closeHandle(strangers.get(0));
    }

    private long open(long name) {
        long handle = win32.createFile(name, WinConst.GENERIC_READ | WinConst.GENERIC_WRITE, 0, 0,
                WinConst.OPEN_EXISTING, 0);
        assertThat(handle).isNotEqualTo(WinConst.INVALID_HANDLE_VALUE);
        return handle;
    }

    @Test
    void theNameIsGoodForOneConnectionOnly() throws Exception {
        String[] name = new String[1];
        NamedPipesOnly windows = new NamedPipesOnly(NativeWin32.ACCESS, NtStatus.STATUS_NOT_IMPLEMENTED) {
            @Override
            protected void beforeServer(long address) {
                name[0] = text(address);
            }
        };
        PipePair pair = PipePairAccess.open(windows, PipeDirection.DUPLEX, false);
        assertThat(name[0]).matches("\\\\\\\\\\.\\\\pipe\\\\netty-[0-9a-f]{40}");
        try (RawPipe other = new RawPipe(name[0])) {
            assertThat(other.open(RawPipe.CLIENT_ACCESS, 0)).isEqualTo(WinConst.INVALID_HANDLE_VALUE);
            assertThat(win32.lastError()).isEqualTo(WinError.ERROR_PIPE_BUSY);
            assertThat(other.instance(0, 0)).isEqualTo(WinConst.INVALID_HANDLE_VALUE);
        }
        pair.close();
    }

    private static String text(long address) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; Memory.getShort(address + 2L * i) != 0; i++) {
            text.append((char) Memory.getShort(address + 2L * i));
        }
        return text.toString();
    }

    @ParameterizedTest
    @EnumSource
    void endsThatAreNotOfOneConnectionAreFoundOut(PipeDirection direction) {
        NamedPipesOnly windows = new NamedPipesOnly(NativeWin32.ACCESS, NtStatus.STATUS_NOT_IMPLEMENTED) {
            @Override
            protected void read(long buffer) {
                Memory.putByte(buffer, ~Memory.getByte(buffer));
            }
        };
        assertThatThrownBy(() -> PipePairAccess.open(windows, direction, false))
                .isInstanceOf(IOException.class).hasMessageContaining("somebody else has the other end");
    }

    @Test
    void anEndOfAnotherProcessIsFoundOut() {
        NamedPipesOnly windows = new NamedPipesOnly(NativeWin32.ACCESS, NtStatus.STATUS_NOT_IMPLEMENTED) {
            @Override
            protected int clientProcess(int id) {
                return id + 4;
            }
        };
        assertThatThrownBy(() -> PipePairAccess.open(windows, PipeDirection.DUPLEX, false))
                .isInstanceOf(IOException.class).hasMessageContaining("somebody else has the other end");
    }
}
