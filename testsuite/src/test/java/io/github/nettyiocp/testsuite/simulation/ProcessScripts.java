/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

/** {@link ConformanceScript}s on processes and jobs. */
final class ProcessScripts {

    private static final int ACTIVE_PROCESS_ZERO = 4;

    private ProcessScripts() {
    }

    static void ends(Win32Steps steps) {
        ProcessSteps processes = steps.processes();
        processes.start("child", null, "sleep:500", "exit:42");
        processes.exitCode("child");
        processes.await("child");
        processes.exitCode("child");
        processes.terminate("child", 1);
        processes.start("endless", null, "forever");
        processes.terminate("endless", 7);
        processes.await("endless");
        processes.exitCode("endless");
    }

    static void attributes(Win32Steps steps) {
        ProcessSteps processes = steps.processes();
        processes.job("job", 77);
        processes.attributes("job");
        processes.tell("job", 78);
    }

    static void messages(Win32Steps steps) {
        ProcessSteps processes = steps.processes();
        processes.job("job", 77);
        processes.counts("job");
        processes.start("child", "job", "sleep:100", "exit:3");
        processes.messages(ACTIVE_PROCESS_ZERO);
        processes.await("child");
        processes.exitCode("child");
        processes.counts("job");
    }

    static void suspended(Win32Steps steps) {
        ProcessSteps processes = steps.processes();
        processes.job("job", 77);
        processes.startSuspended("child", "exit:9");
        processes.exitCode("child");
        processes.assign("child", "job");
        processes.counts("job");
        processes.resume("child");
        processes.await("child");
        processes.exitCode("child");
        processes.emptied(ACTIVE_PROCESS_ZERO);
        processes.counts("job");
    }

    static void families(Win32Steps steps) {
        ProcessSteps processes = steps.processes();
        processes.job("job", 77);
        processes.start("child", "job", "start:forever", "exit:0");
        processes.await("child");
        processes.counts("job");
        processes.terminateJob("job", 5);
        // Wine tells the ends of no processes that were terminated so.
        processes.emptied(ACTIVE_PROCESS_ZERO);
        processes.counts("job");
    }

    static void console(Win32Steps steps) {
        PipeSteps pipes = steps.pipes();
        ProcessSteps processes = steps.processes();
        pipes.synchronousPair("keys", "input", 4096);
        pipes.synchronousPair("screen", "output", 65536);
        processes.console("none", "input", "output", 0, 25);
        processes.console("none", "input", "output", 80, 0);
        processes.console("console", "input", "output", 80, 25);
        steps.closeHandle("input");
        steps.closeHandle("output");
        processes.resize("console", 100, 30);
        processes.startOnConsole("child", "console", "exit:42");
        processes.await("child");
        processes.exitCode("child");
        processes.closeConsole("console");
        pipes.readToTheEnd("screen");
    }

    static void killOnClose(Win32Steps steps) {
        ProcessSteps processes = steps.processes();
        processes.job("job", 77);
        processes.killOnClose("job");
        processes.start("child", "job", "forever");
        steps.closeHandle("job");
        processes.await("child");
    }
}
