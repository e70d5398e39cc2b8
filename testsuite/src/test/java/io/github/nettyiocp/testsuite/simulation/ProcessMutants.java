/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.util.List;

/** Mutants of what is about processes and jobs. */
final class ProcessMutants {

    private static final String CHILD = "process/ChildProcess.java";
    private static final String LAUNCHER = "process/Launcher.java";
    private static final String LAUNCHED = "process/Launched.java";
    private static final String JOB = "process/JobObject.java";

    static final List<Mutant> ALL = List.of(
            new Mutant("the handle of a child that has ended is kept", CHILD,
                    "            access.ofThisThread().closeHandle(process);\n            process = 0;",
                    "            process = 0;"),
            new Mutant("the exit is told when the child is killed", CHILD,
                    "        if (error != 0 && error != WinError.ERROR_ACCESS_DENIED) {",
                    "        exit.trySuccess(exitCode);\n"
                            + "        if (error != 0 && error != WinError.ERROR_ACCESS_DENIED) {"),
            new Mutant("a job of its own stays when nothing is left in it", CHILD,
                    "            ownJob.whenEmpty().addListener(empty -> ownJob.close());\n",
                    "            ownJob.whenEmpty();\n"),
            new Mutant("the console of a child that has ended stays", CHILD,
                    "            if (console != null) {\n                console.close();\n            }\n", ""),
            new Mutant("killing the tree kills the child alone", CHILD,
                    "        ownJob.terminate(KILLED);\n        kill();", "        kill();"),
            new Mutant("the thread of a child stays open", LAUNCHER,
                    "        } finally {\n            win32.closeHandle(thread);\n        }", "        }"),
            new Mutant("the ends that a child got stay open here", LAUNCHER,
                    "            Launched launched = create(program, line, standard, console);\n"
                            + "            standard.closeHandles();",
                    "            Launched launched = create(program, line, standard, console);"),
            new Mutant("a child that was created suspended is not resumed", LAUNCHER,
                    "                check(win32.resumeThread(thread), \"ResumeThread\");\n", ""),
            new Mutant("the job that a start has duplicated stays open", LAUNCHER,
                    "            if (job != 0) {\n                win32.closeHandle(job);\n            }", ""),
            new Mutant("a child that nobody looks after goes on", LAUNCHED,
                    "        win32.terminateProcess(process, ChildProcess.KILLED);\n", ""),
            new Mutant("that a job is empty is known by its message alone", JOB,
                    "        if (nextLook == null) {", "        if (waiting.isEmpty()) {"),
            new Mutant("a job is empty when its message says so", JOB,
                    "            if (isEmpty()) {\n                asked",
                    "            if (isEmpty() || !asked.isEmpty()) {\n                asked"));

    private ProcessMutants() {
    }
}
