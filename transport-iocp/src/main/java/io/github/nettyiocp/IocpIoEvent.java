/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import io.netty.channel.IoEvent;

/**
 * The outcome of one {@link Overlapped}. A loop has one event, which it fills anew for each completion: it is valid
 * during the call of {@link IocpIoHandle#handle} only.
 */
public final class IocpIoEvent implements IoEvent {

    private Overlapped overlapped;
    private int status;
    private int transferred;

    IocpIoEvent() {
    }

    IocpIoEvent set(Overlapped overlapped, int status, int transferred) {
        this.overlapped = overlapped;
        this.status = status;
        this.transferred = transferred;
        return this;
    }

    /** The operation that completed. It is idle again. */
    public Overlapped overlapped() {
        return overlapped;
    }

    /** The {@code NTSTATUS} of the outcome; see {@link CompletionHandler#completed}. */
    public int status() {
        return status;
    }

    /** The bytes transferred; {@code 0} with an error. */
    public int transferred() {
        return transferred;
    }

    @Override
    public String toString() {
        return "IocpIoEvent(" + overlapped + ", status 0x" + Integer.toHexString(status) + ", " + transferred
                + " bytes)";
    }
}
