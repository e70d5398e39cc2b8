/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.process;

import io.github.nettyiocp.internal.Win32;

/**
 * A child that runs, before a loop looks after it.
 *
 * @param process its handle
 * @param id its process id
 * @param standard our ends of its pipes; its own handles are closed
 * @param console its pseudo console; {@code null} if it has none
 */
record Launched(long process, long id, StandardHandles standard, PseudoConsole console) {

    /** Nobody can look after it: ends it, and leaves nothing. */
    void discard(Win32 win32) {
        win32.terminateProcess(process, ChildProcess.KILLED);
        win32.closeHandle(process);
        standard.close();
        if (console != null) {
            console.close();
        }
    }
}
