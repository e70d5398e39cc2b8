/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import java.io.IOException;

/** Is told when the object of an {@link ObjectWait} is signalled. */
@FunctionalInterface
public interface ObjectWaitHandler {

    /**
     * The object was signalled. Called on the loop's thread, once for each {@link ObjectWait#arm()}; it may arm the
     * wait again.
     */
    void signalled(ObjectWait wait);

    /**
     * The wait can't go on, as when somebody else closed the object. Called on the loop's thread instead of
     * {@link #signalled}. By default the wait is closed.
     */
    default void failed(ObjectWait wait, IOException cause) {
        wait.close();
    }
}
