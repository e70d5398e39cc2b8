/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * The event loop of I/O completion ports, and the door to its port.
 *
 * <p>Windows tells of I/O that has ended, not of I/O that is possible: a program starts an operation by a call that
 * names an {@code OVERLAPPED} structure, and when the operation has ended, a packet with that structure's address comes
 * out of the completion port that the handle is associated with. Between the two, the structure and the buffers belong
 * to the kernel.
 *
 * <p>{@link io.github.nettyiocp.IocpIoHandler} makes a port for each Netty event loop, waits for packets and dispatches
 * them. {@link io.github.nettyiocp.IocpEventLoopGroup} is the group to use. The channels of
 * {@code io.github.nettyiocp.channel} stand on the same door that everybody can use:
 *
 * <ul>
 * <li>a {@link io.github.nettyiocp.Binding} is one handle and its association with the port;
 * <li>an {@link io.github.nettyiocp.Overlapped} is one operation on it, which is submitted and completes exactly once,
 *     on the loop;
 * <li>a {@link io.github.nettyiocp.CompletionKey} receives packets that no operation belongs to.
 * </ul>
 *
 * <p>Everything here belongs to the loop's thread except where it says otherwise.
 */
package io.github.nettyiocp;
