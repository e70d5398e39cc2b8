/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * What the transport knows of Windows, and nothing of Netty's channels. Not exported: other modules of this project use
 * it, programs don't.
 *
 * <ul>
 * <li>{@link io.github.nettyiocp.internal.Win32} is the list of the calls that we make. Its methods are thin: Windows'
 *     names, Windows' argument order, addresses and handles as {@code long}, an error code as the result.
 *     {@link io.github.nettyiocp.internal.NativeWin32} makes the calls; the test suite has a Windows of its own, which
 *     runs anywhere and is stricter than the real one.</li>
 * <li>{@link io.github.nettyiocp.internal.WinConst}, {@link io.github.nettyiocp.internal.WinError},
 *     {@link io.github.nettyiocp.internal.NtStatus} and {@link io.github.nettyiocp.internal.Layout} are what C has in
 *     header files. A test compares every number in them with what a C compiler made of the headers: whoever adds one
 *     adds it to {@code src/test/c/layout_probe.c} as well, or the build fails.</li>
 * <li>{@link io.github.nettyiocp.internal.StatusTable} says what a status means, for which kind of object, and which
 *     exception it is. It is the only place that does.</li>
 * <li>{@link io.github.nettyiocp.internal.SocketAddresses},
 *     {@link io.github.nettyiocp.internal.ExtensionFunctions} and
 *     {@link io.github.nettyiocp.internal.WindowsVersion} are small helpers on top of the calls.</li>
 * </ul>
 *
 * <p><strong>Ownership.</strong> This package owns no handle and no memory beyond a call, except the capture segment of
 * each {@code NativeWin32}. A pointer that is passed to an overlapped call belongs to the kernel until the packet of
 * the operation was dequeued, and it is the caller who keeps it in place until then.
 *
 * <p><strong>Threads.</strong> A {@code Win32} belongs to one thread at a time, since it has one place for the last
 * error: each loop has its own, other threads use {@code Win32Access.ofThisThread()}. Everything else here has no state
 * that changes, and may be used by any thread.
 */
package io.github.nettyiocp.internal;
