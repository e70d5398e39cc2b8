/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

/** What a handler of a random program throws. */
final class TestException extends RuntimeException {

    private static final long serialVersionUID = 1;

    TestException(String where) {
        super("thrown on purpose in " + where, null, false, false);
    }
}
