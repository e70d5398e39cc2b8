/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp;

import io.github.nettyiocp.internal.NativeWin32;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WindowsVersion;
import io.netty.util.internal.PlatformDependent;
import io.netty.util.internal.SystemPropertyUtil;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;

/**
 * Tells whether the IOCP transport can be used here: on 64-bit Windows 10, Windows Server 2016 or later, with native
 * access. {@code -Dio.netty.transport.noNative=true} switches it off.
 */
public final class Iocp {

    private static final InternalLogger logger = InternalLoggerFactory.getInstance(Iocp.class);

    private static final Throwable UNAVAILABILITY_CAUSE;
    private static final String FEATURES;

    static {
        Throwable cause = null;
        String features = "unavailable";
        if (SystemPropertyUtil.getBoolean("io.netty.transport.noNative", false)) {
            cause = new UnsupportedOperationException(
                    "native transports are switched off by -Dio.netty.transport.noNative=true");
        } else if (!PlatformDependent.isWindows()) {
            cause = new UnsupportedOperationException("I/O completion ports exist on Windows only; this is "
                    + SystemPropertyUtil.get("os.name") + ". Use NioIoHandler here");
        } else {
            try {
                features = probe();
            } catch (Throwable failure) {
                cause = explain(failure);
            }
        }
        UNAVAILABILITY_CAUSE = cause;
        FEATURES = features;
        if (cause == null) {
            logger.debug("IOCP transport: {}", features);
        } else {
            logger.debug("IOCP transport is not available", cause);
        }
    }

    private Iocp() {
    }

    /** Whether the transport can be used. */
    public static boolean isAvailable() {
        return UNAVAILABILITY_CAUSE == null;
    }

    /**
     * Does nothing if the transport can be used.
     *
     * @throws UnsatisfiedLinkError if not, with {@link #unavailabilityCause()} as its cause
     */
    public static void ensureAvailability() {
        if (UNAVAILABILITY_CAUSE != null) {
            throw (Error) new UnsatisfiedLinkError("the IOCP transport is not available: "
                    + UNAVAILABILITY_CAUSE.getMessage()).initCause(UNAVAILABILITY_CAUSE);
        }
    }

    /** Why the transport can't be used, and what to do about it; {@code null} if it can. */
    public static Throwable unavailabilityCause() {
        return UNAVAILABILITY_CAUSE;
    }

    /** What was found, for logs: the version of Windows, and of Wine where it is that. */
    public static String featureString() {
        return FEATURES;
    }

    /** Makes the calls that everything else rests on. */
    private static String probe() {
        Win32 win32 = NativeWin32.ACCESS.ofThisThread();
        WindowsVersion version = WindowsVersion.of(win32);
        if (version.major() < 10) {
            throw new UnsupportedOperationException("Windows 10 or Windows Server 2016 is needed; this is " + version);
        }
        long port = win32.createIoCompletionPort(WinConst.INVALID_HANDLE_VALUE, 0, 0, 1);
        if (port == 0) {
            throw new UnsupportedOperationException("CreateIoCompletionPort failed: error " + win32.lastError());
        }
        win32.closeHandle(port);
        return version.toString();
    }

    private static Throwable explain(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof IllegalCallerException) {
                return new UnsupportedOperationException("native access is denied. Start the JVM with"
                        + " --enable-native-access=" + (Iocp.class.getModule().isNamed()
                                ? Iocp.class.getModule().getName() : "ALL-UNNAMED"), failure);
            }
        }
        return failure;
    }
}
