/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.internal;

import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Windows' tables, for tests of what only asks for texts and translations. Every other call fails the test. */
final class FakeWin32 {

    private FakeWin32() {
    }

    /**
     * @param texts    what {@code FormatMessageW} says of an error, in French if it begins with "fr:", else in English
     * @param statuses what {@code RtlNtStatusToDosError} says of a status
     */
    static Win32 ofTables(Map<Integer, String> texts, Map<Integer, Integer> statuses) {
        return (Win32) Proxy.newProxyInstance(Win32.class.getClassLoader(), new Class<?>[] { Win32.class },
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "formatMessage" -> format(texts.get(arguments[1]), (int) arguments[2], (long) arguments[3]);
                    case "rtlNtStatusToDosError" ->
                            statuses.getOrDefault(arguments[0], WinError.ERROR_MR_MID_NOT_FOUND);
                    default -> throw new AssertionError("unexpected call: " + method);
                });
    }

    private static int format(String text, int language, long buffer) {
        boolean french = text != null && text.startsWith("fr:");
        if (text == null || french == (language == WinConst.LANGUAGE_ENGLISH_US)) {
            return 0;
        }
        byte[] units = (text + "\r\n").getBytes(StandardCharsets.UTF_16LE);
        Memory.putBytes(buffer, units);
        return units.length / 2;
    }
}
