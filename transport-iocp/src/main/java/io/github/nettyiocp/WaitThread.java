/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.Win32Access;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;

/**
 * A thread that waits for up to 63 objects of any loops, and posts a packet for each that is signalled:
 * {@code WaitForMultipleObjects} takes 64, and the first tells the thread that there is something to do. Threads are
 * made as they are needed, and end when nobody needed them for ten seconds.
 */
final class WaitThread implements Runnable {

    private static final InternalLogger logger = InternalLoggerFactory.getInstance(WaitThread.class);
    private static final int MAX_WAITS = WinConst.MAXIMUM_WAIT_OBJECTS - 1;
    private static final int IDLE_MILLIS = 10_000;
    private static final int POST_AGAIN_MILLIS = 10;
    private static final int WAIT_AGAIN_MILLIS = 100;
    private static final List<WaitThread> THREADS = new ArrayList<>();

    private final Win32Access access;
    /** An auto-reset event: there are commands. */
    private final long control;
    /** With {@link #reserved}, guarded by the class. */
    private final Queue<Command> commands = new ArrayDeque<>();
    private int reserved;

    private final MemorySegment array = Arena.ofAuto().allocate((long) (MAX_WAITS + 1) * Long.BYTES, Long.BYTES);
    private final Wait[] waits = new Wait[MAX_WAITS + 1];
    private int count;

    private WaitThread(Win32Access access) throws IOException {
        this.access = access;
        Win32 win32 = access.ofThisThread();
        control = win32.createEvent(0, 0);
        if (control == 0) {
            throw new IOException("CreateEventW failed: error " + win32.lastError());
        }
        Memory.putLong(array.address(), control);
    }

    /** Reserves a place on a thread. */
    static WaitMechanism newWait(Win32Access access, Win32 win32, long object, CompletionKey key) throws IOException {
        synchronized (WaitThread.class) {
            for (WaitThread thread : THREADS) {
                if (thread.access == access && thread.reserved < MAX_WAITS) {
                    return thread.new Wait(win32, object, key);
                }
            }
            WaitThread thread = new WaitThread(access);
            try {
                access.startThread("iocp-wait", thread);
            } catch (Throwable noThread) {
                win32.closeHandle(thread.control);
                throw noThread;
            }
            THREADS.add(thread);
            return thread.new Wait(win32, object, key);
        }
    }

    @Override
    public void run() {
        Win32 win32 = access.ofThisThread();
        while (true) {
            int result = win32.waitForMultipleObjects(count + 1, array.address(), 0,
                    count == 0 ? IDLE_MILLIS : WinConst.INFINITE);
            if (result == WinError.WAIT_TIMEOUT) {
                if (endIfIdle(win32)) {
                    return;
                }
            } else if (result == WinConst.WAIT_OBJECT_0) {
                runCommands();
            } else if (result > WinConst.WAIT_OBJECT_0 && result <= WinConst.WAIT_OBJECT_0 + count) {
                Wait signalled = waits[result];
                remove(result);
                signalled.post(WaitMechanism.SIGNALLED, signalled.generation);
            } else {
                removeBroken(win32);
            }
        }
    }

    private boolean endIfIdle(Win32 win32) {
        synchronized (WaitThread.class) {
            if (reserved > 0 || !commands.isEmpty()) {
                return false;
            }
            THREADS.remove(this);
            win32.closeHandle(control);
            return true;
        }
    }

    private void runCommands() {
        while (true) {
            Command command;
            synchronized (WaitThread.class) {
                command = commands.poll();
            }
            if (command == null) {
                return;
            }
            Wait wait = command.target;
            if (command.arm) {
                waits[++count] = wait;
                Memory.putLong(array.address() + (long) count * Long.BYTES, wait.object);
            } else {
                int index = Arrays.asList(waits).indexOf(wait);
                if (index > 0) {
                    remove(index);
                }
                wait.post(WaitMechanism.DISARMED, 0);
            }
        }
    }

    private void remove(int index) {
        waits[index] = waits[count];
        waits[count] = null;
        Memory.putLong(array.address() + (long) index * Long.BYTES,
                Memory.getLong(array.address() + (long) count * Long.BYTES));
        count--;
    }

    /** Somebody closed one of the objects: the others must not suffer. Or Windows has no memory for a while. */
    private void removeBroken(Win32 win32) {
        int failure = win32.lastError();
        boolean found = false;
        for (int i = count; i > 0; i--) {
            Wait wait = waits[i];
            int result = win32.waitForSingleObject(wait.object, 0);
            if (result == WinConst.WAIT_OBJECT_0) {
                remove(i);
                wait.post(WaitMechanism.SIGNALLED, wait.generation);
            } else if (result == WinConst.WAIT_FAILED) {
                int error = win32.lastError();
                if (error == WinError.ERROR_INVALID_HANDLE || error == WinError.ERROR_ACCESS_DENIED) {
                    found = true;
                    remove(i);
                    wait.post(WaitMechanism.FAILED, error);
                }
            }
        }
        if (!found) {
            logger.warn("WaitForMultipleObjects failed for {} objects: error {}", count, failure);
            pause(win32);
        }
    }

    /** Meanwhile nobody is kept from ending a wait. */
    private void pause(Win32 win32) {
        int result = win32.waitForSingleObject(control, WAIT_AGAIN_MILLIS);
        if (result == WinConst.WAIT_OBJECT_0) {
            runCommands();
        } else if (result == WinConst.WAIT_FAILED) {
            pause(WAIT_AGAIN_MILLIS);
        }
    }

    private static void pause(int millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException ignore) {
            // Nobody has a reason to, and a wait must not be lost by it.
        }
    }

    /** Waits on the thread are changed by the thread alone. */
    private record Command(Wait target, boolean arm) {
    }

    /** A reserved place. */
    private final class Wait implements WaitMechanism {

        private final Win32 win32;
        private final long object;
        private final CompletionKey key;
        private volatile long generation;

        Wait(Win32 win32, long object, CompletionKey key) {
            this.win32 = win32;
            this.object = object;
            this.key = key;
            reserved++;
        }

        @Override
        public boolean arm(long newGeneration) throws IOException {
            generation = newGeneration;
            int result = win32.waitForSingleObject(object, 0);
            if (result == WinConst.WAIT_FAILED) {
                throw WaitMechanism.exception(object, NtStatus.ofError(win32.lastError()));
            }
            if (result == WinConst.WAIT_OBJECT_0) {
                return false;
            }
            command(true);
            return true;
        }

        @Override
        public boolean disarm() {
            command(false);
            return false;
        }

        private void command(boolean arm) {
            synchronized (WaitThread.class) {
                commands.add(new Command(this, arm));
            }
            int error = win32.setEvent(control);
            if (error != 0) {
                throw new IllegalStateException("SetEvent failed: error " + error);
            }
        }

        @Override
        public void close() {
            synchronized (WaitThread.class) {
                reserved--;
            }
        }

        /** Called on the thread. A packet that can't be queued for lack of memory is tried again: none may be lost. */
        void post(int event, long payload) {
            while (true) {
                try {
                    key.post(event, payload);
                    return;
                } catch (ClosedChannelException loopEnded) {
                    return;
                } catch (IOException noMemory) {
                    logger.warn("Cannot tell a loop that an object is signalled, trying again", noMemory);
                    pause(POST_AGAIN_MILLIS);
                }
            }
        }
    }
}
