/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.process;

import io.github.nettyiocp.IocpRegistration;
import io.github.nettyiocp.internal.LongPath;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.ObjectKind;
import io.github.nettyiocp.internal.Operation;
import io.github.nettyiocp.internal.StatusTable;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.pipe.NamedPipeChannel;
import io.github.nettyiocp.pipe.PipeDirection;
import io.github.nettyiocp.pipe.PipePair;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The standard input, output and error of a child that is about to be started: the child's handles, which are closed
 * here when it has its own, and the ends of pipes that stay with us.
 *
 * <p>None of the handles is inheritable until the moment of the start.
 */
final class StandardHandles implements AutoCloseable {

    static final int INPUT = 0;
    static final int OUTPUT = 1;
    static final int ERROR = 2;
    private static final int COUNT = 3;

    private static final int[] OWN = { WinConst.STD_INPUT_HANDLE, WinConst.STD_OUTPUT_HANDLE,
        WinConst.STD_ERROR_HANDLE };

    private final Win32 win32;
    /** {@code 0} where the child has none. */
    private final long[] handles = new long[COUNT];
    private final NamedPipeChannel[] channels = new NamedPipeChannel[COUNT];

    private StandardHandles(Win32 win32) {
        this.win32 = win32;
    }

    /**
     * Opens what the redirects say. Can block.
     *
     * @param redirects three; the last is {@code null} if the error goes where the output goes
     */
    static StandardHandles open(IocpRegistration loop, List<Redirect> redirects) throws IOException {
        StandardHandles opened = new StandardHandles(loop.win32Access().ofThisThread());
        try {
            for (int i = 0; i < COUNT; i++) {
                Redirect redirect = redirects.get(i);
                if (redirect != null) {
                    opened.open(loop, i, redirect);
                } else {
                    opened.handles[i] = opened.handles[OUTPUT];
                }
            }
            return opened;
        } catch (Throwable cause) {
            opened.close();
            throw cause;
        }
    }

    /** Those of a pseudo console: it reads {@link #INPUT} and writes {@link #OUTPUT}. */
    static StandardHandles ofConsole(IocpRegistration loop) throws IOException {
        return open(loop, Arrays.asList(Redirect.PIPE, Redirect.PIPE, null));
    }

    private void open(IocpRegistration loop, int which, Redirect redirect) throws IOException {
        if (redirect == Redirect.PIPE) {
            PipePair pair = PipePair.open(loop, which == INPUT ? PipeDirection.OUTBOUND : PipeDirection.INBOUND, false);
            handles[which] = pair.takeHandle();
            channels[which] = pair.channel();
        } else if (redirect == Redirect.INHERIT) {
            long own = win32.getStdHandle(OWN[which]);
            handles[which] = own == 0 || own == WinConst.INVALID_HANDLE_VALUE ? 0 : Inheritance.duplicate(win32, own);
        } else if (redirect == Redirect.DISCARD) {
            handles[which] = file("NUL", which == INPUT ? WinConst.GENERIC_READ : WinConst.GENERIC_WRITE,
                    WinConst.OPEN_EXISTING);
        } else {
            String file = redirect.file().getPath();
            handles[which] = switch (redirect.type()) {
                case READ -> file(file, WinConst.GENERIC_READ, WinConst.OPEN_EXISTING);
                case WRITE -> file(file, WinConst.GENERIC_WRITE, WinConst.CREATE_ALWAYS);
                // Without the right to write elsewhere, Windows appends.
                default -> file(file, WinConst.FILE_APPEND_DATA | WinConst.FILE_READ_ATTRIBUTES
                        | WinConst.FILE_WRITE_ATTRIBUTES | WinConst.SYNCHRONIZE, WinConst.OPEN_ALWAYS);
            };
        }
    }

    /** A synchronous handle, as programs expect it of their standard handles. */
    private long file(String path, int access, int disposition) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long handle = win32.createFile(Wide.string(arena, LongPath.of(path)), access,
                    WinConst.FILE_SHARE_READ | WinConst.FILE_SHARE_WRITE | WinConst.FILE_SHARE_DELETE, 0, disposition,
                    WinConst.FILE_ATTRIBUTE_NORMAL);
            if (handle == WinConst.INVALID_HANDLE_VALUE) {
                throw StatusTable.exception(win32, ObjectKind.FILE, Operation.OPEN,
                        NtStatus.ofError(win32.lastError()), path);
            }
            return handle;
        }
    }

    /** The child's handle; {@code 0} if it has none. */
    long handle(int which) {
        return handles[which];
    }

    /** Our end; {@code null} if it is no pipe. */
    NamedPipeChannel channel(int which) {
        return channels[which];
    }

    /** The child's handles, each once: Windows refuses a list with one twice. */
    List<Long> distinct() {
        List<Long> distinct = new ArrayList<>();
        for (long handle : handles) {
            if (handle != 0 && !distinct.contains(handle)) {
                distinct.add(handle);
            }
        }
        return distinct;
    }

    /** The child has its own now, or isn't started. */
    void closeHandles() {
        distinct().forEach(win32::closeHandle);
        Arrays.fill(handles, 0);
    }

    /** Closes everything; the channels if they were not registered. */
    @Override
    public void close() {
        closeHandles();
        for (NamedPipeChannel channel : channels) {
            if (channel != null && channel.isOpen() && !channel.isRegistered()) {
                channel.unsafe().closeForcibly();
            }
        }
    }
}
