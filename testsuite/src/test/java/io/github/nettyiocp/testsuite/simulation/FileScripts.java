/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.WinConst;

/** What scripts do with files; see {@link ConformanceScript}. */
final class FileScripts {

    private static final int NOW = WinConst.LOCKFILE_FAIL_IMMEDIATELY;
    private static final int EXCLUSIVE = WinConst.LOCKFILE_EXCLUSIVE_LOCK;

    private FileScripts() {
    }

    static void readAndWrite(Win32Steps steps) {
        FileSteps files = steps.files();
        files.open("file", "a", FileSteps.READ_WRITE, FileSteps.SHARED, WinConst.CREATE_NEW);
        files.open("again", "a", FileSteps.READ_WRITE, FileSteps.SHARED, WinConst.CREATE_NEW);
        steps.note("type", steps.win32().getFileType(steps.handle("file")));
        files.read("read of an empty file", "file", 0, 10);
        files.write("write", "file", 0, "hello, world");
        files.size("file");
        files.read("read", "file", 7, 5);
        files.read("read over the end", "file", 7, 100);
        files.read("read behind the end", "file", 12, 1);
        files.write("write behind the end", "file", 15, "!");
        files.read("read of a gap", "file", 14, 10);
        files.read("read of nothing", "file", 0, 0);
        files.read("read at a wrong position", "file", -5, 1);
        steps.call("FlushFileBuffers", steps.win32().flushFileBuffers(steps.handle("file")));
        files.open("reader", "a", WinConst.GENERIC_READ, FileSteps.SHARED, WinConst.OPEN_EXISTING);
        files.write("write of a reader", "reader", 0, "x");
        files.open("appender", "a", WinConst.FILE_APPEND_DATA | WinConst.SYNCHRONIZE, FileSteps.SHARED,
                WinConst.OPEN_EXISTING);
        files.write("append", "appender", 0, "?");
        files.read("read of an appender", "appender", 0, 1);
        files.read("end", "file", 15, 10);
    }

    static void sizes(Win32Steps steps) {
        FileSteps files = steps.files();
        files.open("file", "a", FileSteps.READ_WRITE, FileSteps.SHARED, WinConst.CREATE_NEW);
        files.sparse("file");
        files.resize("file", 20);
        files.size("file");
        files.write("write", "file", 18, "ab");
        files.read("read", "file", 18, 10);
        files.resize("file", 19);
        files.read("read of what is left", "file", 18, 10);
        files.resize("file", -1);
        files.open("reader", "a", WinConst.GENERIC_READ, FileSteps.SHARED, WinConst.OPEN_EXISTING);
        files.resize("reader", 5);
    }

    static void sharing(Win32Steps steps) {
        FileSteps files = steps.files();
        files.open("none", "a", WinConst.GENERIC_READ, FileSteps.SHARED, WinConst.OPEN_EXISTING);
        files.open("first", "a", FileSteps.READ_WRITE, WinConst.FILE_SHARE_READ | WinConst.FILE_SHARE_DELETE,
                WinConst.OPEN_ALWAYS);
        files.open("writer", "a", FileSteps.READ_WRITE, FileSteps.SHARED, WinConst.OPEN_EXISTING);
        files.open("reader", "a", WinConst.GENERIC_READ, FileSteps.SHARED, WinConst.OPEN_EXISTING);
        files.open("jealous reader", "a", WinConst.GENERIC_READ, WinConst.FILE_SHARE_READ | WinConst.FILE_SHARE_DELETE,
                WinConst.OPEN_EXISTING);
    }

    static void locks(Win32Steps steps) {
        FileSteps files = twoHandles(steps);
        files.lock("lock of a", "a", 0, 5, EXCLUSIVE);
        files.lock("try of b", "b", 4, 2, EXCLUSIVE | NOW);
        files.lock("try of b for reading", "b", 0, 1, NOW);
        files.lock("lock of b beside", "b", 5, 5, EXCLUSIVE | NOW);
        files.write("write into the lock", "b", 2, "x");
        files.read("read from the lock", "b", 2, 1);
        files.write("write of who has the lock", "a", 2, "y");
        files.unlock("a", 0, 4);
        files.unlock("a", 0, 5);
        files.lock("shared lock of a", "a", 0, 5, NOW);
        files.lock("shared lock of b", "b", 0, 5, NOW);
        files.lock("try of both", "b", 0, 5, EXCLUSIVE | NOW);
    }

    static void locksThatWait(Win32Steps steps) {
        FileSteps files = twoHandles(steps);
        files.lock("lock of a", "a", 0, 5, EXCLUSIVE);
        files.beginLock("b waits", "b", 0, 5, EXCLUSIVE);
        steps.poll(50);
        files.unlock("a", 0, 5);
        steps.complete("b waits");
        files.beginLock("a waits", "a", 0, 1, EXCLUSIVE);
        steps.cancel("a waits", "a");
        steps.complete("a waits");
        files.unlock("b", 0, 5);
        files.beginLock("a has it at once", "a", 0, 1, EXCLUSIVE);
        steps.complete("a has it at once");
    }

    private static FileSteps twoHandles(Win32Steps steps) {
        FileSteps files = steps.files();
        files.open("a", "a", FileSteps.READ_WRITE, FileSteps.SHARED, WinConst.CREATE_NEW);
        files.open("b", "a", FileSteps.READ_WRITE, FileSteps.SHARED, WinConst.OPEN_EXISTING);
        files.write("write", "a", 0, "0123456789");
        return files;
    }
}
