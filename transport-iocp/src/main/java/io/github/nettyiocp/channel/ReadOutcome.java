/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.channel;

/** What the outcome of a read means that did not fail. */
public enum ReadOutcome {

    /** Data; of a message its rest, or the whole of it. */
    DATA,

    /** The beginning or the middle of a message: more of it follows. */
    MESSAGE_PART,

    /** There is nothing more to read. */
    END,

    /** There was nothing to read this time. */
    NOTHING
}
