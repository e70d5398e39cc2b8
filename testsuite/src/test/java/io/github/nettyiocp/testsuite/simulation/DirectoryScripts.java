/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.WinConst;

/** The {@linkplain ConformanceScript scripts} about directories that are watched. */
final class DirectoryScripts {

    private static final int SIZE = 4096;

    private DirectoryScripts() {
    }

    static void changes(Win32Steps steps) {
        DirectorySteps directory = steps.directory().open("directory");
        directory.finalPath("directory");
        directory.read("first", "directory", SIZE, false);
        directory.create("a").changes("first");
        directory.rename("a", "b").read("second", "directory", SIZE, false);
        directory.changes("second");
        directory.read("third", "directory", SIZE, false);
        directory.delete("b").changes("third");
    }

    static void details(Win32Steps steps) {
        DirectorySteps directory = steps.directory().open("directory");
        directory.readDetails("first", "directory", SIZE);
        directory.create("a").details("first");
    }

    /** What happens between two reads is kept. */
    static void between(Win32Steps steps) {
        DirectorySteps directory = steps.directory().open("directory");
        directory.read("first", "directory", SIZE, false);
        directory.create("one").changes("first");
        directory.create("two", "three", "four").readAll("between", "directory", SIZE, 3);
    }

    /** Each handle has its own depth, as the first read says. */
    static void subtree(Win32Steps steps) {
        DirectorySteps directory = steps.directory().open("deep").open("flat");
        directory.read("deep read", "deep", SIZE, true);
        directory.read("flat read", "flat", SIZE, false);
        // Wine watches the subdirectories that it was told of since.
        directory.createDirectory("below").changes("deep read");
        directory.changes("flat read");
        directory.read("deep read", "deep", SIZE, true);
        directory.read("flat read", "flat", SIZE, false);
        directory.create("below\\a file").changes("deep read");
        directory.create("a file").changes("flat read");
    }

    /** The kernel's buffer has the size of the first read; what doesn't fit loses all. */
    static void overflow(Win32Steps steps) {
        DirectorySteps directory = steps.directory().open("directory");
        directory.read("first", "directory", 128, false);
        directory.create("one").changes("first");
        String[] names = new String[20];
        for (int i = 0; i < names.length; i++) {
            names[i] = "a file with a long name " + i;
        }
        directory.create(names).readAll("many", "directory", 128, names.length);
        directory.create("after").readAll("after", "directory", 128, 1);
    }

    static void cancelAndClose(Win32Steps steps) {
        DirectorySteps directory = steps.directory().open("directory");
        directory.read("cancelled", "directory", SIZE, false);
        steps.cancel("cancelled", "directory");
        steps.complete("cancelled");
        directory.create("meanwhile").readAll("after the cancellation", "directory", SIZE, 1);
        directory.read("closed", "directory", SIZE, false);
        steps.closeHandle("directory");
        steps.complete("closed");
    }

    static void deleted(Win32Steps steps) {
        DirectorySteps directory = steps.directory().open("directory");
        directory.read("read", "directory", SIZE, false, 0x1);
        directory.deleteSelf();
        steps.cancel("read", "directory");
        steps.complete("read");
    }

    static void refused(Win32Steps steps) {
        DirectorySteps directory = steps.directory();
        directory.openMissing("missing");
        directory.open("no right to list", WinConst.SYNCHRONIZE);
        directory.read("without the right", "no right to list", SIZE, false);
        directory.open("directory");
        directory.read("of no changes", "directory", SIZE, false, 0);
        steps.poll(50);
    }
}
