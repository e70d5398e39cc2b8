/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.SimulationAccess;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NativeWin32;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.pipe.NamedPipeChannel;
import io.github.nettyiocp.testsuite.faults.ForwardingWin32;
import io.github.nettyiocp.testsuite.faults.ForwardingWin32Access;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

import static org.assertj.core.api.Assertions.assertThat;

/** No handle that the channels of pipes make is inherited by a child process. */
@Timeout(180)
class PipeInheritanceOnWindowsTest {

    /** The real calls; asks Windows of each handle of a pipe, when it was just made, whether it is inheritable. */
    private static final class Watched extends ForwardingWin32Access {

        private final List<String> handles = new CopyOnWriteArrayList<>();

        @Override
        protected Win32 around(Win32 real) {
            return new ForwardingWin32(real) {
                @Override
                public int ntCreateNamedPipeFile(long handle, int access, long attributes, long ioStatusBlock,
                                                 int shareAccess, int disposition, int options, int pipeType,
                                                 int readMode, int completionMode, int maxInstances, int inQuota,
                                                 int outQuota, long defaultTimeout) {
                    int status = super.ntCreateNamedPipeFile(handle, access, attributes, ioStatusBlock, shareAccess,
                            disposition, options, pipeType, readMode, completionMode, maxInstances, inQuota, outQuota,
                            defaultTimeout);
                    if (!NtStatus.isError(status)) {
                        made("instance", Memory.getLong(handle));
                    }
                    return status;
                }

                @Override
                public long createFile(long name, int access, int shareMode, long security, int disposition,
                                       int flags) {
                    long handle = super.createFile(name, access, shareMode, security, disposition, flags);
                    if (handle != WinConst.INVALID_HANDLE_VALUE) {
                        made("client", handle);
                    }
                    return handle;
                }

                @Override
                public int duplicateHandle(long sourceProcess, long source, long targetProcess, long target,
                                           int access, int inherit, int options) {
                    int error = super.duplicateHandle(sourceProcess, source, targetProcess, target, access, inherit,
                            options);
                    if (error == 0 && real.getFileType(Memory.getLong(target)) == WinConst.FILE_TYPE_PIPE) {
                        made("duplicate", Memory.getLong(target));
                    }
                    return error;
                }

                private void made(String what, long handle) {
                    handles.add(what + (isInheritable(real, handle) ? ", inheritable" : ""));
                }
            };
        }
    }

    private static boolean isInheritable(Win32 win32, long handle) {
        try (Arena arena = Arena.ofConfined()) {
            long flags = arena.allocate(Integer.BYTES, Integer.BYTES).address();
            assertThat(win32.getHandleInformation(handle, flags)).isZero();
            return (Memory.getInt(flags) & WinConst.HANDLE_FLAG_INHERIT) != 0;
        }
    }

    @Test
    void noHandleOfAServerAClientOrADuplicateIsInheritable() throws Exception {
        Watched watched = new Watched();
        try (PipeFixture fixture = new PipeFixture(SimulationAccess.config(watched))) {
            fixture.serve(Map.of());
            NamedPipeChannel client = (NamedPipeChannel) fixture.dial(Map.of()).channel;
            NamedPipeChannel child = (NamedPipeChannel) fixture.accepted().channel;
            child.peer().sync();
            child.impersonateClient(() -> "").sync();
            client.peer().sync();
        }
        assertThat(watched.handles).contains("instance", "client", "duplicate")
                .allMatch(handle -> !handle.endsWith("inheritable"));
    }

    @Test
    void whatIsInheritableIsSeenByTheTest() throws Exception {
        Win32 win32 = NativeWin32.ACCESS.ofThisThread();
        try (RawPipe pipe = new RawPipe()) {
            long handle = pipe.instance(0, 0);
            assertThat(isInheritable(win32, handle)).isFalse();
            assertThat(win32.setHandleInformation(handle, WinConst.HANDLE_FLAG_INHERIT, WinConst.HANDLE_FLAG_INHERIT))
                    .isZero();
            assertThat(isInheritable(win32, handle)).isTrue();
        }
    }
}
