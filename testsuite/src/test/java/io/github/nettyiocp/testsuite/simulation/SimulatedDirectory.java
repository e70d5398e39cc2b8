/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.WinConst;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A directory that other programs change, and who watches it. Names are relative to it; one with a backslash is of
 * something below a subdirectory.
 */
final class SimulatedDirectory {

    /** {@code FILE_NOTIFY_CHANGE_FILE_NAME} and {@code FILE_NOTIFY_CHANGE_LAST_WRITE}. */
    private static final int NAME = 0x1;
    private static final int LAST_WRITE = 0x10;

    final String path;
    /** On another machine: buffers are limited there. */
    final boolean remote;
    /** Whether the file system can tell more than names. */
    final boolean detailed;
    private final SimulatedKernel kernel;
    private final Set<String> names = new TreeSet<>();
    private final List<SimulatedDirectoryHandle> watchers = new ArrayList<>();
    private boolean deleted;

    SimulatedDirectory(SimulatedKernel kernel, String path, boolean remote, boolean detailed) {
        this.kernel = kernel;
        this.path = path;
        this.remote = remote;
        this.detailed = detailed;
    }

    /** What is in it now; with everything below if {@code subtree}. */
    Set<String> names(boolean subtree) {
        Set<String> seen = new TreeSet<>(names);
        if (!subtree) {
            seen.removeIf(SimulatedDirectory::isBelow);
        }
        return seen;
    }

    static boolean isBelow(String name) {
        return name.indexOf('\\') >= 0;
    }

    boolean isDeleted() {
        return deleted;
    }

    void watched(SimulatedDirectoryHandle handle) {
        watchers.add(handle);
    }

    void watchedNoMore(SimulatedDirectoryHandle handle) {
        watchers.remove(handle);
    }

    // ---- what other programs do

    void create(String name) {
        if (!deleted && names.add(name)) {
            report(WinConst.FILE_ACTION_ADDED, name, NAME);
        }
    }

    void modify(String name) {
        if (names.contains(name)) {
            report(WinConst.FILE_ACTION_MODIFIED, name, LAST_WRITE);
        }
    }

    void delete(String name) {
        if (names.remove(name)) {
            report(WinConst.FILE_ACTION_REMOVED, name, NAME);
        }
    }

    void rename(String name, String newName) {
        if (names.contains(name) && names.add(newName)) {
            names.remove(name);
            report(WinConst.FILE_ACTION_RENAMED_OLD_NAME, name, NAME);
            report(WinConst.FILE_ACTION_RENAMED_NEW_NAME, newName, NAME);
        }
    }

    /** What some file systems tell of a file that is moved away: its old name, and no new one. */
    void leave(String name) {
        if (names.remove(name)) {
            report(WinConst.FILE_ACTION_RENAMED_OLD_NAME, name, NAME);
        }
    }

    /** The directory itself is deleted, with everything in it. */
    void deleteSelf() {
        if (!deleted) {
            kernel.log("%s is deleted", path);
            for (String name : names(true)) {
                delete(name);
            }
            deleted = true;
            new ArrayList<>(watchers).forEach(SimulatedDirectoryHandle::directoryDeleted);
        }
    }

    private void report(int action, String name, int change) {
        for (SimulatedDirectoryHandle watcher : watchers) {
            watcher.changed(action, name, change);
        }
    }
}
