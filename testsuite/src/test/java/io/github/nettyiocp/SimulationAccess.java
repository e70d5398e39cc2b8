/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import io.github.nettyiocp.internal.Win32Access;

/** Lets tests of other packages give a loop other calls than the real ones. */
public final class SimulationAccess {

    private SimulationAccess() {
    }

    /** Default settings of a loop that makes its calls through {@code access}. */
    public static IocpIoHandlerConfig config(Win32Access access) {
        return new IocpIoHandlerConfig().win32Access(access);
    }
}
