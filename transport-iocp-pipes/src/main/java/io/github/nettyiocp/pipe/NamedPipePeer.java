/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

/**
 * Who is at the other end of a pipe, as far as Windows tells.
 *
 * <p>Of a client, its server learns the user from Windows itself: it is the one in whose name the pipe was opened, and
 * can be relied on. All else is information only, for logs: process ids are given to other processes when one has
 * ended, an end of a pipe can be passed on to other processes, and a process id can be forged. A client that must know
 * its server asks for it when it connects, with {@link ServerVerification}.
 *
 * @param processId    the process that opened the client's end, or that made the server's; {@code -1} if Windows
 *                     doesn't tell, meaningless for another machine ({@code GetNamedPipeClientProcessId}, {@code
 *                     GetNamedPipeServerProcessId})
 * @param sessionId    the Terminal Services session of that process; {@code -1} if Windows doesn't tell ({@code
 *                     GetNamedPipeClientSessionId}, {@code GetNamedPipeServerSessionId})
 * @param userSid      the security identifier of the user. Of a client: in whose name it connected ({@code
 *                     ImpersonateNamedPipeClient}); {@code null} if it connected anonymously, or without an
 *                     impersonation level and nothing was read from it yet. Of a server: as whom its process runs
 *                     ({@code OpenProcessToken}); {@code null} if this process may not ask, or the other has ended
 * @param userName     the user's name {@code DOMAIN\name} ({@code LookupAccountSidW}); {@code null} if there is no
 *                     {@code userSid}, or no name is found for it
 * @param computerName the machine of a client on another one ({@code GetNamedPipeClientComputerNameW}); {@code null}
 *                     for this one, and for a server, whose address says it
 */
public record NamedPipePeer(long processId, int sessionId, String userSid, String userName, String computerName) {
}
