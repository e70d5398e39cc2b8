/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.util.List;

/** Mutants of what is about pipes and other handles. */
final class PipeMutants {

    private static final String HANDLE = "channel/HandleChannel.java";
    private static final String SERVER = "pipe/NamedPipeServerChannel.java";
    private static final String INSTANCE = "pipe/PipeInstance.java";
    private static final String STRATEGY = "pipe/PipeStrategy.java";
    private static final String DRAIN = "pipe/PipeDrain.java";
    private static final String FACTORY = "pipe/PipeFactory.java";

    static final List<Mutant> ALL = List.of(
            new Mutant("a pipe that is opened when nobody waits for it stays open", HANDLE,
                    "new Arrival<>(this::close)", "new Arrival<>(unwanted -> { })"),
            new Mutant("a pipe whose server is not verified stays open", STRATEGY,
                    "        } catch (Throwable cause) {\n            win32.closeHandle(handle);",
                    "        } catch (Throwable cause) {"),
            new Mutant("the server is not verified", STRATEGY,
                    "            config.getServerVerification().check(win32, handle, address);\n", ""),
            new Mutant("a part of a message is handed on as a whole one", STRATEGY,
                    "&& !NtStatus.isSuccess(status) ? ReadOutcome.MESSAGE_PART",
                    "&& bytes < 0 ? ReadOutcome.MESSAGE_PART"),
            new Mutant("the handle that a flush has for itself is kept", DRAIN,
                    "        win32.closeHandle(own);\n        flushed(error);", "        flushed(error);"),
            new Mutant("the event of an instance is not closed", INSTANCE,
                    "        memory.release();\n        if (wait == null) {\n"
                            + "            access.ofThisThread().closeHandle(event);",
                    "        memory.release();\n        if (wait == null) {"),
            new Mutant("an instance that failed is not replaced", SERVER,
                    "                add();\n            }\n            instance.close();",
                    "                logger.debug(\"{}\", this);\n            }\n            instance.close();",
                    "                        NtStatus.ofError(error), local));\n            } else {\n"
                            + "                fill();",
                    "                        NtStatus.ofError(error), local));\n            } else {\n"
                            + "                logger.debug(\"{}\", this);"),
            new Mutant("an instance that failed closes the server", SERVER,
                    "boolean often = ++failures >= MAX_FAILURES;",
                    "boolean often = ++failures >= MAX_FAILURES;\n            unsafe().close(unsafe().voidPromise());"),
            new Mutant("an instance that failed is not closed", SERVER,
                    "            instance.close();\n            if (often) {", "            if (often) {"),
            new Mutant("a pipe that is full is asked for another instance all the time", SERVER,
                    "private static final long BUSY_MILLIS = 50;", "private static final long BUSY_MILLIS = 0;"),
            new Mutant("no instance follows one that got its client", SERVER,
                    "            PipeInstance instance = connected.poll();\n            fill();",
                    "            PipeInstance instance = connected.poll();"),
            new Mutant("a server that is closed leaves its instances listening", SERVER,
                    "                    if (instance.isAttached()) {\n                        instance.cancel();\n"
                            + "                    } else {",
                    "                    if (instance.isAttached()) {\n"
                            + "                        listening.remove(instance);\n                    } else {"),
            new Mutant("the name is not kept by the server itself", FACTORY,
                    "        if (guard != WinConst.INVALID_HANDLE_VALUE) {\n", "        if (guard == 0) {\n"));

    private PipeMutants() {
    }
}
