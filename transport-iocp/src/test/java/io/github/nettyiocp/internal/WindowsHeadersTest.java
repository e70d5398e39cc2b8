/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.internal;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Compares the numbers that the Java code repeats from the headers of Windows with those headers, in two steps: Java
 * with {@code layout.golden}, anywhere, and {@code layout.golden} with the headers, where mingw-w64 is installed.
 *
 * <p>To add a constant, add a line to {@code src/test/c/layout_probe.c} and renew the golden file by the command in
 * that file's head.
 */
class WindowsHeadersTest {

    private static final String GOLDEN = "layout.golden";
    private static final List<Class<?>> CLASSES =
            List.of(Layout.class, WinConst.class, WinError.class, NtStatus.class);

    /** What the headers of mingw-w64 10 (Debian 12) lack, with the value in Microsoft's documentation. */
    private static final Map<String, Long> NOT_IN_HEADERS = Map.of(
            // "SOL_SOCKET Socket Options": Windows 10
            "WinConst.SO_REUSE_UNICASTPORT", 0x3007L,
            // "Winsock IOCTLs": _WSAIOW(IOC_VENDOR, 15)
            "WinConst.SIO_UDP_NETRESET", (long) 0x9800000F,
            // ws2ipdef.h of the Windows SDK: Windows 10 1703 and 1709
            "WinConst.TCP_KEEPIDLE", 3L,
            "WinConst.TCP_KEEPCNT", 16L,
            "WinConst.TCP_KEEPINTVL", 17L,
            // ntifs.h of the Windows Driver Kit
            "WinConst.FILE_PIPE_MESSAGE_TYPE", 1L,
            "WinConst.FILE_PIPE_REJECT_REMOTE_CLIENTS", 2L,
            "WinConst.FILE_PIPE_MESSAGE_MODE", 1L,
            "WinConst.FILE_PIPE_QUEUE_OPERATION", 0L,
            // READ_DIRECTORY_NOTIFY_INFORMATION_CLASS of "ReadDirectoryChangesExW": Windows 10 1709
            "WinConst.READ_DIRECTORY_NOTIFY_EXTENDED_INFORMATION", 2L);

    @Test
    void everyConstantHasTheValueOfTheHeaders() throws Exception {
        Map<String, Long> golden = golden();
        List<String> wrong = new ArrayList<>();
        constants().forEach((name, value) -> {
            Long expected = NOT_IN_HEADERS.containsKey(name) ? NOT_IN_HEADERS.get(name) : golden.get(name);
            if (expected == null) {
                wrong.add(name + " is not in layout_probe.c");
            } else if (expected.longValue() != value) {
                wrong.add(name + " is " + value + ", the headers say " + expected);
            }
        });
        assertTrue(wrong.isEmpty(), wrong::toString);
    }

    @Test
    void everyLineOfTheGoldenFileIsUsed() throws Exception {
        Map<String, Long> unused = golden();
        unused.keySet().removeAll(constants().keySet());
        assertEquals(Map.of(), unused);
    }

    @Test
    void whatTheHeadersLackIsNotInTheGoldenFile() throws Exception {
        Map<String, Long> golden = golden();
        golden.keySet().retainAll(NOT_IN_HEADERS.keySet());
        assertEquals(Map.of(), golden);
        assertTrue(constants().keySet().containsAll(NOT_IN_HEADERS.keySet()));
    }

    @Test
    void theGoldenFileIsWhatTheCompilerMakesOfTheHeaders() throws Exception {
        Path basedir = Path.of(System.getProperty("basedir", ".")).toAbsolutePath().normalize();
        Path source = basedir.resolve("src/test/c/layout_probe.c");
        Assumptions.assumeTrue(Files.exists(source), () -> "not run in the module's folder: no " + source);
        String compiler = compiler(basedir);
        Assumptions.assumeTrue(compiler != null,
                "no compiler for Windows: install gcc-mingw-w64-x86-64, or put x86_64-w64-mingw32-gcc on the PATH");

        Process process = new ProcessBuilder(compiler, "-D_WIN32_WINNT=0x0A00", "-O2", "-S", "-o", "-",
                source.toString()).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        process.getOutputStream().close();
        Map<String, Long> compiled = new LinkedHashMap<>();
        try (InputStream output = process.getInputStream()) {
            read(output, "->", compiled);
        }
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        Assumptions.assumeTrue(process.exitValue() != 127,
                "tools/mingw-gcc found no compiler: install gcc-mingw-w64-x86-64");
        assertEquals(0, process.exitValue());
        assertEquals(golden(), compiled);
    }

    /** The project's wrapper, or what is on the PATH; {@code null} if there is none. */
    private static String compiler(Path basedir) {
        if (File.separatorChar == '/') {
            for (Path folder = basedir; folder != null; folder = folder.getParent()) {
                Path wrapper = folder.resolve("tools/mingw-gcc");
                if (Files.isExecutable(wrapper)) {
                    return wrapper.toString();
                }
            }
        }
        String name = "x86_64-w64-mingw32-gcc" + (File.separatorChar == '/' ? "" : ".exe");
        String path = System.getenv("PATH");
        for (String folder : path == null ? new String[0] : path.split(File.pathSeparator)) {
            File file = new File(folder, name);
            if (file.canExecute()) {
                return file.getPath();
            }
        }
        return null;
    }

    private static Map<String, Long> golden() throws IOException {
        Map<String, Long> golden = new LinkedHashMap<>();
        try (InputStream resource = WindowsHeadersTest.class.getResourceAsStream(GOLDEN)) {
            assertNotNull(resource);
            read(resource, "", golden);
        }
        assertTrue(golden.size() > 200, () -> golden.size() + " lines");
        return golden;
    }

    private static void read(InputStream input, String prefix, Map<String, Long> lines) throws IOException {
        BufferedReader reader = new BufferedReader(new InputStreamReader(input, StandardCharsets.US_ASCII));
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            if (line.startsWith(prefix)) {
                String[] words = line.substring(prefix.length()).split(" ");
                assertEquals(2, words.length, line);
                assertNull(lines.put(words[0], Long.valueOf(words[1])), () -> words[0] + " is there twice");
            }
        }
    }

    private static Map<String, Long> constants() throws IllegalAccessException {
        Map<String, Long> constants = new TreeMap<>();
        for (Class<?> type : CLASSES) {
            for (Field field : type.getFields()) {
                assertTrue(Modifier.isStatic(field.getModifiers()) && Modifier.isFinal(field.getModifiers()));
                String name = type.getSimpleName() + '.' + field.getName();
                if (field.get(null) instanceof String guid) {
                    parts(name, UUID.fromString(guid), constants);
                } else {
                    constants.put(name, ((Number) field.get(null)).longValue());
                }
            }
        }
        return constants;
    }

    /** A GUID is three numbers and eight bytes, which are two numbers here. */
    private static void parts(String name, UUID guid, Map<String, Long> constants) {
        long high = guid.getMostSignificantBits();
        long low = guid.getLeastSignificantBits();
        constants.put(name + ".1", (long) (int) (high >> 32));
        constants.put(name + ".2", high >> 16 & 0xffff);
        constants.put(name + ".3", high & 0xffff);
        constants.put(name + ".4", (long) (int) (low >> 32));
        constants.put(name + ".5", (long) (int) low);
    }
}
