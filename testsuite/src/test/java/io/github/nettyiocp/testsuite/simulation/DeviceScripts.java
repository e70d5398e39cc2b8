/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.WinConst;

/** The {@linkplain ConformanceScript scripts} about mailslots, and what is no serial port and takes no request. */
final class DeviceScripts {

    private static final int SHARED = WinConst.FILE_SHARE_READ | WinConst.FILE_SHARE_WRITE;

    private DeviceScripts() {
    }

    static void messages(Win32Steps steps) {
        PipeSteps mailslot = steps.devices().pair("reader", "writer", 100);
        mailslot.read("first", "reader", 100);
        mailslot.writeAll("write", "writer", "one");
        steps.complete("first");
        steps.received("first");
        mailslot.writeAll("write two", "writer", "two");
        mailslot.writeAll("write three", "writer", "three");
        mailslot.readAll("second", "reader", 100);
        mailslot.readAll("third", "reader", 5);
        mailslot.writeAll("write nothing", "writer", "");
        mailslot.readAll("empty", "reader", 100);
        steps.poll(50);
    }

    static void names(Win32Steps steps) {
        DeviceSteps devices = steps.devices();
        devices.open("too early", "names", SHARED);
        devices.create("reader", "names", 100, -1);
        devices.create("second reader", "names", 100, -1);
        devices.create("other letters", "NAMES", 100, -1);
        devices.open("writer", "names", SHARED);
        devices.open("other letters", "Names", SHARED);
        devices.open("second writer", "names", SHARED);
        devices.open("unshared", "names", 0);
        steps.closeHandle("reader");
        devices.open("too late", "names", SHARED);
    }

    static void sizes(Win32Steps steps) {
        PipeSteps mailslot = steps.devices().pair("reader", "writer", 10);
        mailslot.writeAll("just right", "writer", "0123456789");
        mailslot.readAll("too small", "reader", 9);
        mailslot.readAll("large enough", "reader", 10);
        mailslot.read("too small and early", "reader", 2);
        mailslot.writeAll("write", "writer", "abc");
        steps.complete("too small and early");
        mailslot.readAll("stays", "reader", 10);
    }

    static void access(Win32Steps steps) {
        PipeSteps mailslot = steps.devices().pair("reader", "writer", 10);
        mailslot.writeAll("write by the reader", "reader", "x");
        mailslot.readAll("read by the writer", "writer", 10);
    }

    static void cancelAndClose(Win32Steps steps) {
        PipeSteps mailslot = steps.devices().pair("reader", "writer", 10);
        mailslot.read("cancelled", "reader", 10);
        steps.cancel("cancelled", "reader");
        steps.complete("cancelled");
        steps.cancel("cancelled", "reader");
        mailslot.read("closed", "reader", 10);
        steps.closeHandle("reader");
        steps.closeHandle("writer");
        steps.complete("closed");
    }

    static void timeout(Win32Steps steps) {
        steps.devices().create("reader", "timeout", 10, 50);
        steps.pipes().read("read", "reader", 10);
        steps.complete("read");
    }

    static void otherDevices(Win32Steps steps) {
        steps.devices().pair("reader", "writer", 10);
        steps.devices().commState("reader");
        steps.devices().setCommState("reader");
        steps.devices().commTimeouts("reader");
        steps.devices().control("request", "reader", 0x7fff0003);
        steps.poll(50);
    }
}
