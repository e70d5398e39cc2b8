/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.process;

import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;

import java.lang.foreign.Arena;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Finds a program's file as {@code CreateProcessW} does, with one difference: the current directory is searched only if
 * the name says so, for example {@code .\tool}. A program that somebody left lying there is not started by accident.
 *
 * <p>A name without a separator is looked for in the directory of this process' own program, Windows' system directory,
 * Windows' directory and the directories of {@code PATH}. Relative directories in {@code PATH} are left out.
 */
final class ProgramSearch {

    private static final int MAX_UNITS = 32768;
    private static final Pattern ABSOLUTE = Pattern.compile("([A-Za-z]:\\\\|\\\\\\\\).*", Pattern.DOTALL);

    private final Win32 win32;

    ProgramSearch(Win32 win32) {
        this.win32 = win32;
    }

    /**
     * The full path of a program.
     *
     * @param searchPath directories, with semicolons between them; {@code null} for none
     */
    String find(String program, String searchPath) throws NoSuchFileException {
        if (program.isEmpty() || program.indexOf('\0') >= 0 || program.indexOf('"') >= 0) {
            throw new IllegalArgumentException("not the name of a program: \"" + program + '"');
        }
        String name = program.replace('/', '\\');
        List<String> paths = name.indexOf('\\') >= 0 || name.indexOf(':') >= 0
                ? List.of(absolute(name)) : inDirectories(name, searchPath);
        for (String path : paths) {
            String found = file(path);
            if (found != null) {
                return found;
            }
        }
        throw new NoSuchFileException(program, null, "no such program");
    }

    private static String absolute(String path) {
        return ABSOLUTE.matcher(path).matches() ? path : Path.of(path).toAbsolutePath().toString();
    }

    private List<String> inDirectories(String name, String searchPath) {
        List<String> directories = new ArrayList<>();
        directories.add(parent(text((buffer, size) -> win32.getModuleFileName(0, buffer, size))));
        String system = text(win32::getSystemDirectory);
        directories.add(system);
        directories.add(parent(system));
        if (searchPath != null) {
            for (String directory : searchPath.split(";")) {
                directories.add(directory.replace("\"", ""));
            }
        }
        return directories.stream().filter(directory -> ABSOLUTE.matcher(directory).matches())
                .map(directory -> directory.endsWith("\\") ? directory + name : directory + '\\' + name).toList();
    }

    /** The file of this name, or of this name and {@code .exe}; {@code null} if there is neither. */
    private String file(String path) {
        boolean extension = path.indexOf('.', path.lastIndexOf('\\') + 1) >= 0;
        return extension && isFile(path) ? path : isFile(path + ".exe") ? path + ".exe" : null;
    }

    private boolean isFile(String path) {
        int attributes = attributes(win32, path);
        return attributes != WinConst.INVALID_FILE_ATTRIBUTES
                && (attributes & WinConst.FILE_ATTRIBUTE_DIRECTORY) == 0;
    }

    /** {@code INVALID_FILE_ATTRIBUTES} if there is nothing of this name. */
    static int attributes(Win32 win32, String path) {
        try (Arena arena = Arena.ofConfined()) {
            return win32.getFileAttributes(Wide.string(arena, path));
        }
    }

    /** Windows writes a text of so many units to a buffer. */
    @FunctionalInterface
    private interface Text {
        int get(long buffer, int size);
    }

    private static String text(Text function) {
        try (Arena arena = Arena.ofConfined()) {
            long buffer = arena.allocate(MAX_UNITS * 2L, 2).address();
            int length = function.get(buffer, MAX_UNITS);
            return length <= 0 || length >= MAX_UNITS ? "" : Wide.string(buffer, length);
        }
    }

    private static String parent(String path) {
        return path.substring(0, Math.max(0, path.lastIndexOf('\\')));
    }
}
