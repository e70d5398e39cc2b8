/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

import io.github.nettyiocp.internal.Win32Access;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.util.concurrent.ImmediateEventExecutor;

import java.nio.file.Path;

/** Lets tests of other packages make channels that use other calls than the real ones. */
public final class SimulatedChannels {

    private SimulatedChannels() {
    }

    public static IocpSocketChannel socket(Win32Access access, SocketProtocolFamily family) {
        return new IocpSocketChannel(access, family);
    }

    public static IocpServerSocketChannel server(Win32Access access, SocketProtocolFamily family) {
        return new IocpServerSocketChannel(access, family);
    }

    /** A region of a file whose handle it owns, to write to a registered channel. */
    public static IocpFileRegion region(IocpSocketChannel channel, long file, Path path, long position, long count) {
        Win32Access access = channel.door().win32Access();
        return new IocpFileRegion(new FileHandle(file, path, access, channel.door().config(),
                ImmediateEventExecutor.INSTANCE.newPromise()), access, path, true, position, count);
    }

    public static IocpDatagramChannel datagram(Win32Access access, SocketProtocolFamily family) {
        return new IocpDatagramChannel(access, family);
    }
}
