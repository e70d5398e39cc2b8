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
    private static final String STRATEGY = "pipe/PipeStrategy.java";
    private static final String DRAIN = "pipe/PipeDrain.java";

    static final List<Mutant> ALL = List.of(
            new Mutant("an open that is stuck is not cancelled", HANDLE,
                    "                nextAttempt.cancel(false);\n            }\n            cancelCall();",
                    "                nextAttempt.cancel(false);\n            }"),
            new Mutant("a pipe whose server is not verified stays open", STRATEGY,
                    "        } catch (Throwable cause) {\n            win32.closeHandle(handle);",
                    "        } catch (Throwable cause) {"),
            new Mutant("the server is not verified", STRATEGY,
                    "            config.getServerVerification().check(win32, handle, address);\n", ""),
            new Mutant("a part of a message is handed on as a whole one", STRATEGY,
                    "&& !NtStatus.isSuccess(status) ? ReadOutcome.MESSAGE_PART",
                    "&& bytes < 0 ? ReadOutcome.MESSAGE_PART"),
            new Mutant("the handle that a flush has for itself is kept", DRAIN,
                    "        win32.closeHandle(own);\n        flushed(error);", "        flushed(error);"));

    private PipeMutants() {
    }
}
