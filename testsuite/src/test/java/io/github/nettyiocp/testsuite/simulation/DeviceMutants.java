/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.util.List;

/** Realistic bugs of serial ports, mailslots and devices. */
final class DeviceMutants {

    private static final String DEVICE = "channel/DeviceStrategy.java";
    private static final String SERIAL = "channel/SerialStrategy.java";
    private static final String MAILSLOT = "channel/MailslotStrategy.java";

    static final List<Mutant> ALL = List.of(
            new Mutant("a serial port is closed as a pipe is, when all was written", DEVICE,
                    "    @Override\n    protected boolean waitsWithoutBuffer() {",
                    "    @Override\n    protected boolean isPipe() {\n        return true;\n    }\n\n"
                            + "    @Override\n    protected boolean waitsWithoutBuffer() {"),
            new Mutant("a close isn't told that the last request has ended", DEVICE,
                    "operation = overlapped(this::completed);", "operation = binding().overlapped(this::completed);"),
            new Mutant("a close leaves its requests to the device", DEVICE,
                    "            operation.cancel();\n        }\n    }\n}",
                    "            operation.status();\n        }\n    }\n}"),
            new Mutant("a request goes on whose future was cancelled", DEVICE,
                    "if (done.isCancelled()) {", "if (done.isSuccess()) {"),
            new Mutant("an answer is kept that nobody takes", DEVICE,
                    "                if (!promise.trySuccess(answer)) {\n                    answer.release();\n"
                            + "                }", "                promise.trySuccess(answer);"),
            new Mutant("a serial port is read until the buffer is full", SERIAL,
                    "Memory.putInt(timeouts + Layout.COMMTIMEOUTS_READ_INTERVAL_TIMEOUT, readIntervalMillis);", ""),
            new Mutant("a serial port stays open that refuses its settings", SERIAL,
                    "            registration().win32Access().ofThisThread().closeHandle(handle);\n", ""),
            new Mutant("a message that is longer than the guess of the allocator can't be read", MAILSLOT,
                    "return Math.max(1, maxMessageSize);", "return 1;"),
            new Mutant("an empty message is taken for nothing", MAILSLOT,
                    "return ReadOutcome.DATA;", "return bytes == 0 ? ReadOutcome.NOTHING : ReadOutcome.DATA;"));

    private DeviceMutants() {
    }
}
