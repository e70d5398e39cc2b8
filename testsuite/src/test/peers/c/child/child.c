/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */

/*
 * A child process for the tests of processes: child BEHAVIOUR [ARGUMENTS]. Texts are printed as the hexadecimal digits
 * of their UTF-16 units, so that nothing on the way can change them.
 */

#include <windows.h>
#include <shellapi.h>
#include <io.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

/* The runtime leaves * and ? alone. */
int _dowildcard = 0;

/* At once: each write wakes the reader. */
static void print_hex(const wchar_t *text) {
    static char digits[4 * 32768 + 2];
    char *end = digits;
    for (; *text; text++) {
        end += sprintf(end, "%04x", *text);
    }
    *end++ = '\n';
    fwrite(digits, 1, end - digits, stdout);
}

/* What the runtime made of the command line; and whether Windows makes the same of it. */
static int print_arguments(int count, wchar_t **arguments) {
    int others;
    wchar_t **other = CommandLineToArgvW(GetCommandLineW(), &others);
    int same = other && others == count;
    for (int i = 0; i < count; i++) {
        print_hex(arguments[i]);
        same = same && wcscmp(arguments[i], other[i]) == 0;
    }
    puts(same ? "same" : "different");
    return 0;
}

static void write_all(HANDLE to, const char *data, DWORD size) {
    while (size > 0) {
        DWORD written;
        if (!WriteFile(to, data, size, &written, NULL)) {
            exit(100);
        }
        data += written;
        size -= written;
    }
}

static int echo(HANDLE to) {
    static char buffer[65536];
    DWORD got;
    while (ReadFile(GetStdHandle(STD_INPUT_HANDLE), buffer, sizeof(buffer), &got, NULL) && got > 0) {
        write_all(to, buffer, got);
    }
    return 0;
}

static int flood(HANDLE to, long long size) {
    static char buffer[50000];
    for (long long sent = 0; sent < size;) {
        DWORD piece = size - sent < (long long) sizeof(buffer) ? (DWORD) (size - sent) : sizeof(buffer);
        for (DWORD i = 0; i < piece; i++) {
            buffer[i] = (char) ((sent + i) * 31 >> 3);
        }
        write_all(to, buffer, piece);
        sent += piece;
    }
    return 0;
}

/* Starts this program again, which inherits everything. 0 if that fails. */
static DWORD start_quietly(const wchar_t *behaviour, DWORD flags) {
    wchar_t program[MAX_PATH], line[2 * MAX_PATH];
    GetModuleFileNameW(NULL, program, MAX_PATH);
    swprintf(line, 2 * MAX_PATH, L"\"%ls\" %ls", program, behaviour);
    STARTUPINFOW startup = { .cb = sizeof(startup) };
    PROCESS_INFORMATION information;
    return CreateProcessW(program, line, NULL, NULL, TRUE, flags, NULL, NULL, &startup, &information)
        ? information.dwProcessId : 0;
}

static int start(const wchar_t *behaviour, DWORD flags) {
    DWORD id = start_quietly(behaviour, flags);
    if (id == 0) {
        printf("error %lu\n", GetLastError());
        return -1;
    }
    printf("started %lu\n", id);
    return 0;
}

/* Writes on the console, wherever the standard handles lead, what its size is. */
static int draw(void) {
    HANDLE console = CreateFileW(L"CONOUT$", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
        OPEN_EXISTING, 0, NULL);
    CONSOLE_SCREEN_BUFFER_INFO info;
    if (console == INVALID_HANDLE_VALUE || !GetConsoleScreenBufferInfo(console, &info)) {
        return 5;
    }
    wchar_t text[100];
    DWORD written;
    int length = swprintf(text, 100, L"console %dx%d", info.srWindow.Right - info.srWindow.Left + 1,
        info.srWindow.Bottom - info.srWindow.Top + 1);
    return WriteConsoleW(console, text, (DWORD) length, &written, NULL) ? 0 : 6;
}

/* Does what each argument says, one after another. Those of a child's child are separated by semicolons. */
static int script(int count, wchar_t **steps) {
    for (int i = 0; i < count; i++) {
        wchar_t *argument = wcschr(steps[i], L':');
        if (argument) {
            *argument++ = 0;
        }
        if (wcscmp(steps[i], L"sleep") == 0) {
            Sleep((DWORD) _wtoi(argument));
        } else if (wcscmp(steps[i], L"out") == 0) {
            flood(GetStdHandle(STD_OUTPUT_HANDLE), _wtoi64(argument));
        } else if (wcscmp(steps[i], L"err") == 0) {
            flood(GetStdHandle(STD_ERROR_HANDLE), _wtoi64(argument));
        } else if (wcscmp(steps[i], L"echo") == 0) {
            echo(GetStdHandle(STD_OUTPUT_HANDLE));
        } else if (wcscmp(steps[i], L"start") == 0) {
            wchar_t behaviour[MAX_PATH];
            swprintf(behaviour, MAX_PATH, L"script %ls", argument);
            for (wchar_t *c = behaviour; *c; c++) {
                *c = *c == L';' ? L' ' : *c;
            }
            start_quietly(behaviour, DETACHED_PROCESS);
        } else if (wcscmp(steps[i], L"exit") == 0) {
            return (int) wcstoul(argument, NULL, 10);
        } else if (wcscmp(steps[i], L"forever") == 0) {
            Sleep(INFINITE);
        }
    }
    return 0;
}

int wmain(int count, wchar_t **arguments) {
    _setmode(_fileno(stdout), _O_BINARY);
    setvbuf(stdout, NULL, _IONBF, 0);
    HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE), err = GetStdHandle(STD_ERROR_HANDLE);
    const wchar_t *behaviour = count > 1 ? arguments[1] : L"", *argument = count > 2 ? arguments[2] : L"";
    if (wcscmp(behaviour, L"script") == 0) {
        return script(count - 2, arguments + 2);
    } else if (wcscmp(behaviour, L"arguments") == 0) {
        return print_arguments(count, arguments);
    } else if (wcscmp(behaviour, L"echo") == 0) {
        return echo(out);
    } else if (wcscmp(behaviour, L"echo-error") == 0) {
        return echo(err);
    } else if (wcscmp(behaviour, L"exit") == 0) {
        return (int) wcstoul(argument, NULL, 10);
    } else if (wcscmp(behaviour, L"both") == 0) {
        for (int i = 0; i < 100; i++) {
            write_all(out, "o", 1);
            write_all(err, "e", 1);
        }
    } else if (wcscmp(behaviour, L"close-input") == 0) {
        CloseHandle(GetStdHandle(STD_INPUT_HANDLE));
        puts("closed");
        Sleep(INFINITE);
    } else if (wcscmp(behaviour, L"flood-error") == 0) {
        flood(err, _wtoi64(argument));
        puts("done");
    } else if (wcscmp(behaviour, L"flood") == 0) {
        flood(out, _wtoi64(argument));
    } else if (wcscmp(behaviour, L"forever") == 0) {
        puts("here");
        Sleep(INFINITE);
    } else if (wcscmp(behaviour, L"sleep") == 0) {
        Sleep((DWORD) _wtoi(argument));
        puts("slept");
    } else if (wcscmp(behaviour, L"parent") == 0) {
        /* Ends at once, its child goes on and holds the pipes. */
        return start(argument, 0) == 0 ? 3 : 4;
    } else if (wcscmp(behaviour, L"family") == 0) {
        /* Goes on, as its child does. */
        start(argument, 0);
        Sleep(INFINITE);
    } else if (wcscmp(behaviour, L"breakaway") == 0) {
        return start(argument, CREATE_BREAKAWAY_FROM_JOB) == 0 ? 3 : 4;
    } else if (wcscmp(behaviour, L"variable") == 0) {
        static wchar_t value[32768];
        if (GetEnvironmentVariableW(argument, value, 32768) == 0 && GetLastError() != ERROR_SUCCESS) {
            puts("none");
        } else {
            print_hex(value);
        }
    } else if (wcscmp(behaviour, L"directory") == 0) {
        wchar_t directory[MAX_PATH];
        GetCurrentDirectoryW(MAX_PATH, directory);
        print_hex(directory);
    } else if (wcscmp(behaviour, L"signal") == 0) {
        /* Events of the parent, by their numbers. */
        for (int i = 2; i < count; i++) {
            puts(SetEvent((HANDLE) (UINT_PTR) _wtoi64(arguments[i])) ? "signalled" : "refused");
        }
    } else if (wcscmp(behaviour, L"draw") == 0) {
        int drawn = draw();
        if (drawn != 0 || *argument == 0) {
            return drawn;
        }
        Sleep(INFINITE);
    } else if (wcscmp(behaviour, L"burn") == 0) {
        for (volatile int i = 0;; i++) {
        }
    } else if (wcscmp(behaviour, L"allocate") == 0) {
        puts(VirtualAlloc(NULL, (SIZE_T) _wtoi64(argument), MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE)
            ? "allocated" : "refused");
    } else if (wcscmp(behaviour, L"crash") == 0) {
        SetErrorMode(SEM_NOGPFAULTERRORBOX | SEM_FAILCRITICALERRORS);
        TerminateProcess(GetCurrentProcess(), (UINT) STATUS_ACCESS_VIOLATION);
    } else {
        fprintf(stderr, "child: no such behaviour\n");
        return 2;
    }
    return 0;
}
