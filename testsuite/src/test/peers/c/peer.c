/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */

/*
 * A peer for the tests of named pipes, on Windows' own functions: a server or a client of one pipe. What it is told by
 * its command line and what it prints is in ../README.md.
 *
 * With io=blocking the handle is a synchronous one, on which a write waits while a read does: such a peer sends first
 * and receives then. With io=overlapped a thread sends while another receives.
 */

#include "peer.h"

#include <sddl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tlhelp32.h>

static int option_count;
static char **options;

const char *text(const char *name, const char *otherwise) {
    size_t length = strlen(name);
    for (int i = 0; i < option_count; i++) {
        if (strncmp(options[i], name, length) == 0 && options[i][length] == '=') {
            return options[i] + length + 1;
        }
    }
    return otherwise;
}

int number(const char *name, int otherwise) {
    const char *value = text(name, NULL);
    return value ? atoi(value) : otherwise;
}

BOOL is(const char *name, const char *value) {
    return strcmp(text(name, ""), value) == 0;
}

static CRITICAL_SECTION printing;

void mark(const char *format, ...) {
    va_list values;
    va_start(values, format);
    EnterCriticalSection(&printing);
    vprintf(format, values);
    putchar('\n');
    fflush(stdout);
    LeaveCriticalSection(&printing);
    va_end(values);
}

void check(BOOL condition, const char *function) {
    if (!condition) {
        mark("ERROR %s %lu", function, GetLastError());
        exit(1);
    }
}

/* As a crash does: nothing is closed, flushed or said. */
static void die(void) {
    mark("DYING");
    TerminateProcess(GetCurrentProcess(), 9);
}

uint32_t next_random(uint32_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

char *data(int size, uint32_t seed) {
    uint32_t *words = malloc(size + 4);
    for (int i = 0; i < (size + 3) / 4; i++) {
        words[i] = next_random(&seed);
    }
    return (char *) words;
}

static uint32_t crc32(uint32_t crc, const char *bytes, int size) {
    static uint32_t table[256];
    if (table[1] == 0) {
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t value = i;
            for (int bit = 0; bit < 8; bit++) {
                value = value & 1 ? value >> 1 ^ 0xEDB88320 : value >> 1;
            }
            table[i] = value;
        }
    }
    crc = ~crc;
    for (int i = 0; i < size; i++) {
        crc = crc >> 8 ^ table[(crc ^ (unsigned char) bytes[i]) & 0xFF];
    }
    return ~crc;
}

/* ---- Handles --------------------------------------------------------------------------------------------------- */

HANDLE create_instance(const char *pipe, BOOL overlapped, BOOL first) {
    SECURITY_ATTRIBUTES security = { sizeof security, NULL, FALSE };
    const char *sddl = text("sddl", NULL);
    if (sddl) {
        BOOL converted = ConvertStringSecurityDescriptorToSecurityDescriptorA(sddl, SDDL_REVISION_1,
            &security.lpSecurityDescriptor, NULL);
        check(converted, "ConvertStringSecurityDescriptorToSecurityDescriptor");
    }
    HANDLE handle = CreateNamedPipeA(pipe,
        PIPE_ACCESS_DUPLEX | (overlapped ? FILE_FLAG_OVERLAPPED : 0) | (first ? FILE_FLAG_FIRST_PIPE_INSTANCE : 0),
        (is("type", "message") ? PIPE_TYPE_MESSAGE : PIPE_TYPE_BYTE)
            | (is("read", "message") ? PIPE_READMODE_MESSAGE : PIPE_READMODE_BYTE) | PIPE_REJECT_REMOTE_CLIENTS,
        PIPE_UNLIMITED_INSTANCES, number("quota", 65536), number("quota", 65536), 0, &security);
    check(handle != INVALID_HANDLE_VALUE, "CreateNamedPipe");
    LocalFree(security.lpSecurityDescriptor);
    return handle;
}

HANDLE open_client(const char *pipe, BOOL overlapped) {
    for (;;) {
        HANDLE handle = CreateFileA(pipe, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
            (overlapped ? FILE_FLAG_OVERLAPPED : 0) | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
        if (handle != INVALID_HANDLE_VALUE) {
            if (is("read", "message")) {
                DWORD mode = PIPE_READMODE_MESSAGE;
                check(SetNamedPipeHandleState(handle, &mode, NULL, NULL), "SetNamedPipeHandleState");
            }
            return handle;
        }
        check(GetLastError() == ERROR_PIPE_BUSY, "CreateFile");
        check(WaitNamedPipeA(pipe, number("timeout", 10000)), "WaitNamedPipe");
    }
}

static BOOL blocking(void) {
    return is("io", "blocking");
}

/* The outcome of a call on a handle of either kind: 0 or the last error. */
static DWORD outcome(HANDLE pipe, BOOL ok, OVERLAPPED *overlapped, DWORD *bytes) {
    if (overlapped && (ok || GetLastError() == ERROR_IO_PENDING || GetLastError() == ERROR_MORE_DATA)) {
        ok = GetOverlappedResult(pipe, overlapped, bytes, TRUE);
    }
    return ok ? 0 : GetLastError();
}

/* Each operation has an event of its own, because two of one handle may be under way. */
static OVERLAPPED *with_event(OVERLAPPED *overlapped) {
    if (blocking()) {
        return NULL;
    }
    static _Thread_local HANDLE event;
    if (!event) {
        event = CreateEvent(NULL, TRUE, FALSE, NULL);
    }
    memset(overlapped, 0, sizeof *overlapped);
    overlapped->hEvent = event;
    return overlapped;
}

static DWORD read_pipe(HANDLE pipe, char *buffer, int size, DWORD *bytes) {
    OVERLAPPED storage, *overlapped = with_event(&storage);
    *bytes = 0;
    BOOL ok = ReadFile(pipe, buffer, size, overlapped ? NULL : bytes, overlapped);
    return outcome(pipe, ok, overlapped, bytes);
}

static DWORD write_pipe(HANDLE pipe, const char *bytes, int size) {
    OVERLAPPED storage, *overlapped = with_event(&storage);
    DWORD written = 0;
    BOOL ok = WriteFile(pipe, bytes, size, overlapped ? NULL : &written, overlapped);
    DWORD error = outcome(pipe, ok, overlapped, &written);
    return error ? error : (int) written == size ? 0 : ERROR_WRITE_FAULT;
}

static void await_client(HANDLE pipe) {
    OVERLAPPED storage, *overlapped = with_event(&storage);
    DWORD ignored;
    DWORD error = outcome(pipe, ConnectNamedPipe(pipe, overlapped), overlapped, &ignored);
    check(error == 0 || error == ERROR_PIPE_CONNECTED, "ConnectNamedPipe");
}

static void finish(HANDLE pipe) {
    if (is("end", "disconnect")) {
        check(FlushFileBuffers(pipe), "FlushFileBuffers");
        mark("FLUSHED");
    }
    if (is("end", "disconnect") || is("end", "abort")) {
        check(DisconnectNamedPipe(pipe), "DisconnectNamedPipe");
        mark("DISCONNECTED");
    }
    check(CloseHandle(pipe), "CloseHandle");
}

/* ---- Behaviours ------------------------------------------------------------------------------------------------- */

static BOOL ended(DWORD error) {
    if (error == ERROR_BROKEN_PIPE || error == ERROR_PIPE_NOT_CONNECTED) {
        mark("END");
        return TRUE;
    }
    if (error && error != ERROR_MORE_DATA) {
        mark("BROKEN %lu", error);
        return TRUE;
    }
    return FALSE;
}

/* Reads the rest of a message, or some bytes; the buffer grows with the message. */
struct received {
    char *bytes;
    int size, capacity, fragments;
};

static DWORD receive_next(HANDLE pipe, struct received *received) {
    int step = number("buffer", 65536);
    DWORD error, bytes;
    received->size = received->fragments = 0;
    do {
        if (received->capacity - received->size < step) {
            received->capacity = 2 * received->capacity + step;
            received->bytes = realloc(received->bytes, received->capacity);
        }
        error = read_pipe(pipe, received->bytes + received->size, step, &bytes);
        received->size += (int) bytes;
        received->fragments++;
    } while (error == ERROR_MORE_DATA);
    return error;
}

/*
 * Sends back what comes; where messages are read, each as a message, also those that are empty. Otherwise empty=end
 * makes an empty message the end of the input, as it is for go-winio.
 */
static void echo(HANDLE pipe) {
    struct received received = { 0 };
    int echoed = 0, die_after = number("die-after", -1);
    for (;;) {
        DWORD error = receive_next(pipe, &received);
        if (ended(error)) {
            break;
        }
        if (received.size == 0 && !is("read", "message")) {
            mark("EMPTY");
            if (is("empty", "end")) {
                break;
            }
            continue;
        }
        error = write_pipe(pipe, received.bytes, received.size);
        if (error) {
            mark("BROKEN %lu", error);
            break;
        }
        echoed += received.size;
        if (die_after >= 0 && echoed >= die_after) {
            die();
        }
    }
    free(received.bytes);
    finish(pipe);
    mark("CLOSED %d", echoed);
}

static DWORD WINAPI send_all(void *pipe) {
    int size = number("send", 0), largest = number("largest", 65536), die_after = number("die-after-sent", -1);
    uint32_t seed = number("seed", 1), sizes = seed + 1;
    char *all = data(size, seed);
    for (int sent = 0; sent < size;) {
        int part = 1 + (int) (next_random(&sizes) % largest);
        part = min(part, size - sent);
        DWORD error = write_pipe(pipe, all + sent, part);
        if (error) {
            mark("BROKEN %lu", error);
            return error;
        }
        sent += part;
        if (die_after >= 0 && sent >= die_after) {
            die();
        }
    }
    mark("SENT %d %08x", size, crc32(0, all, size));
    if (is("end", "half")) {
        check(FlushFileBuffers(pipe), "FlushFileBuffers");
        check(write_pipe(pipe, all, 0) == 0, "WriteFile");
        mark("HALF-CLOSED");
    }
    free(all);
    return 0;
}

static void receive_all(HANDLE pipe) {
    int expected = number("receive", -1), die_after = number("die-after", -1), size = number("buffer", 65536);
    int received = 0;
    uint32_t sum = 0;
    char *buffer = malloc(size);
    while (expected < 0 || received < expected) {
        DWORD bytes;
        DWORD error = read_pipe(pipe, buffer, size, &bytes);
        sum = crc32(sum, buffer, (int) bytes);
        received += (int) bytes;
        if (die_after >= 0 && received >= die_after) {
            die();
        }
        if (ended(error)) {
            break;
        }
        if (bytes == 0) {
            mark("EMPTY");
            if (is("empty", "end")) {
                break;
            }
        }
    }
    free(buffer);
    mark("RECEIVED %d %08x", received, sum);
}

static void send_messages(HANDLE pipe) {
    uint32_t seed = number("seed", 1);
    const char *sizes = text("sizes", "");
    while (*sizes) {
        char *end;
        int size = (int) strtol(sizes, &end, 10);
        sizes = *end ? end + 1 : end;
        char *bytes = data(size, seed++);
        DWORD error = write_pipe(pipe, bytes, size);
        if (error) {
            mark("BROKEN %lu", error);
            return;
        }
        mark("WROTE %d %08x", size, crc32(0, bytes, size));
        free(bytes);
    }
}

static DWORD WINAPI send_messages_thread(void *pipe) {
    send_messages(pipe);
    return 0;
}

static void receive_messages(HANDLE pipe) {
    struct received received = { 0 };
    for (int i = 0, count = number("receive", -1); i != count; i++) {
        DWORD error = receive_next(pipe, &received);
        if (ended(error)) {
            break;
        }
        mark("MESSAGE %d %08x %d", received.size, crc32(0, received.bytes, received.size), received.fragments);
    }
    free(received.bytes);
}

/* Sends and receives: at the same time, or one after the other where the handle is synchronous. */
static void both_ways(HANDLE pipe, LPTHREAD_START_ROUTINE send, void (*receive)(HANDLE)) {
    if (blocking()) {
        send(pipe);
        receive(pipe);
    } else {
        HANDLE thread = CreateThread(NULL, 0, send, pipe, 0, NULL);
        check(thread != NULL, "CreateThread");
        receive(pipe);
        WaitForSingleObject(thread, INFINITE);
        CloseHandle(thread);
    }
    finish(pipe);
    mark("CLOSED");
}

static void transfer(HANDLE pipe) {
    both_ways(pipe, send_all, receive_all);
}

static void messages(HANDLE pipe) {
    both_ways(pipe, send_messages_thread, receive_messages);
}

/* Sends pieces and waits for each to come back. */
static void exchange(HANDLE pipe) {
    int size = number("send", 0), largest = number("largest", 65536), die_after = number("die-after-sent", -1);
    uint32_t seed = number("seed", 1), sizes = seed + 1, sum = 0;
    char *all = data(size, seed), *answer = malloc(largest);
    for (int sent = 0; sent < size;) {
        int part = 1 + (int) (next_random(&sizes) % largest);
        part = min(part, size - sent);
        SetLastError(write_pipe(pipe, all + sent, part));
        check(GetLastError() == 0, "WriteFile");
        for (int received = 0; received < part;) {
            DWORD bytes;
            SetLastError(read_pipe(pipe, answer, part - received, &bytes));
            check(GetLastError() == 0 || GetLastError() == ERROR_MORE_DATA, "ReadFile");
            sum = crc32(sum, answer, (int) bytes);
            received += (int) bytes;
        }
        sent += part;
        if (die_after >= 0 && sent >= die_after) {
            die();
        }
    }
    mark("SENT %d %08x", size, crc32(0, all, size));
    mark("RECEIVED %d %08x", size, sum);
    free(all);
    free(answer);
    finish(pipe);
    mark("CLOSED");
}

/* ---- Server and client ------------------------------------------------------------------------------------------ */

static void (*behaviour)(HANDLE);

static DWORD WINAPI serve_client(void *pipe) {
    behaviour(pipe);
    return 0;
}

/* A thread for each client; the next instance is there before one is handed out, so that the name never goes away. */
static void serve(const char *pipe, int clients) {
    HANDLE *threads = calloc(clients < 0 ? 1 : clients, sizeof *threads);
    HANDLE instance = create_instance(pipe, !blocking(), TRUE);
    mark("LISTENING");
    for (int accepted = 0; accepted != clients; accepted++) {
        await_client(instance);
        mark("ACCEPTED");
        HANDLE connected = instance;
        if (accepted + 1 != clients) {
            instance = create_instance(pipe, !blocking(), FALSE);
        }
        HANDLE thread = CreateThread(NULL, 0, serve_client, connected, 0, NULL);
        check(thread != NULL, "CreateThread");
        if (clients < 0) {
            CloseHandle(thread);
        } else {
            threads[accepted] = thread;
        }
    }
    for (int i = 0; i < clients; i++) {
        WaitForSingleObject(threads[i], INFINITE);
    }
}

static DWORD WINAPI end_with(void *parent) {
    WaitForSingleObject(parent, INFINITE);
    exit(3);
}

/* When the process that started this one is gone, it ends too. Wine's that were started from Linux have no parent. */
static void end_with_parent(void) {
    PROCESSENTRY32 entry = { .dwSize = sizeof entry };
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    for (BOOL more = Process32First(snapshot, &entry); more; more = Process32Next(snapshot, &entry)) {
        if (entry.th32ProcessID == GetCurrentProcessId()) {
            HANDLE parent = OpenProcess(SYNCHRONIZE, FALSE, entry.th32ParentProcessID);
            if (parent) {
                CloseHandle(CreateThread(NULL, 0, end_with, parent, 0, NULL));
            }
            break;
        }
    }
    CloseHandle(snapshot);
}

int main(int count, char **arguments) {
    if (count < 4) {
        fputs("usage: peer serve|dial PIPE BEHAVIOUR [NAME=VALUE]...\n", stderr);
        return 2;
    }
    BOOL server = strcmp(arguments[1], "serve") == 0;
    const char *pipe = arguments[2], *name = arguments[3];
    option_count = count - 4;
    options = arguments + 4;
    InitializeCriticalSection(&printing);
    crc32(0, "", 0);
    end_with_parent();

    if (strcmp(name, "echo") == 0 && server) {
        if (is("io", "port")) {
            serve_echo_by_port(pipe);
        }
        behaviour = echo;
        serve(pipe, number("clients", -1));
    } else if (strcmp(name, "load") == 0 && !server) {
        dial_load(pipe);
    } else {
        behaviour = strcmp(name, "transfer") == 0 ? transfer : strcmp(name, "messages") == 0 ? messages
            : strcmp(name, "exchange") == 0 && !server ? exchange : NULL;
        SetLastError(ERROR_INVALID_PARAMETER);
        check(behaviour != NULL, name);
        if (server) {
            serve(pipe, number("clients", 1));
        } else {
            HANDLE handle = open_client(pipe, !blocking());
            mark("CONNECTED");
            behaviour(handle);
        }
    }
    mark("DONE");
    return 0;
}
