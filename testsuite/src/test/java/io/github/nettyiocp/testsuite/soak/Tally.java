/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.soak;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;

/** What a soak counts over all its eras, and what went wrong in it. */
final class Tally {

    final LongAdder attempts = new LongAdder();
    final LongAdder connections = new LongAdder();
    final LongAdder refused = new LongAdder();
    final LongAdder whole = new LongAdder();
    final LongAdder broken = new LongAdder();
    final LongAdder reregistered = new LongAdder();
    final LongAdder bytes = new LongAdder();
    final LongAdder writes = new LongAdder();
    final LongAdder failedWrites = new LongAdder();
    final LongAdder datagrams = new LongAdder();
    final LongAdder datagramsBack = new LongAdder();
    final LongAdder fileOperations = new LongAdder();
    final LongAdder failedFileOperations = new LongAdder();
    final LongAdder eras = new LongAdder();
    final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();

    void fail(String what) {
        if (failures.size() < 1000) {
            failures.add(what);
        }
        System.out.println("FAILURE " + what);
    }
}
