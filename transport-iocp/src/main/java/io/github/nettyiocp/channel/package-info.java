/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * Netty channels on I/O completion ports: TCP clients and servers, UDP.
 *
 * <p>A channel is built in layers. {@code AbstractIocpChannel} holds the {@link io.github.nettyiocp.Binding} and knows
 * how a channel registers, and how it ends: after the kernel gave everything back. {@code AbstractIocpStreamChannel} is
 * the engine of byte streams: one receive and one send in flight. The leaf classes make the calls of their kind of
 * handle. {@code WinSocket} makes the calls about a socket that don't wait.
 *
 * <p>All state of a channel belongs to its loop's thread; configs may be used from any thread.
 */
package io.github.nettyiocp.channel;
