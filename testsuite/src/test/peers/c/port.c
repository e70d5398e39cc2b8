/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */

/*
 * An echo server and a load, each of one thread on a completion port, with as few calls as there can be: what others
 * are measured against and with.
 */

#include "peer.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 64, INLINE = 8 };

struct connection;

struct operation {
    OVERLAPPED overlapped;
    struct connection *connection;
    void (*done)(struct connection *, DWORD error, DWORD bytes);
};

struct connection {
    HANDLE handle;
    struct operation read, write;
    char *buffer;
    DWORD size, received;
    BOOL writing;
    int trips;
};

static HANDLE port;

/* Calls that succeed at once post no packet. */
static void bind_to_port(HANDLE handle) {
    if (!port) {
        port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
        check(port != NULL, "CreateIoCompletionPort");
    }
    check(CreateIoCompletionPort(handle, port, 0, 0) == port, "CreateIoCompletionPort");
    UCHAR modes = FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE;
    check(SetFileCompletionNotificationModes(handle, modes), "SetFileCompletionNotificationModes");
}

/*
 * A read. If it succeeds at once its bytes are returned; after some such in a row the others have their turn first, and
 * the outcome comes as a packet. Returns 0 if a packet will come, or if the read failed, which failed tells.
 */
static DWORD read_next(struct connection *connection, char *buffer, DWORD size, int *in_row, BOOL *failed) {
    DWORD bytes;
    *failed = FALSE;
    if (!ReadFile(connection->handle, buffer, size, &bytes, &connection->read.overlapped)) {
        *failed = GetLastError() != ERROR_IO_PENDING;
        return 0;
    }
    if (++*in_row < INLINE) {
        return bytes;
    }
    check(PostQueuedCompletionStatus(port, bytes, 0, &connection->read.overlapped), "PostQueuedCompletionStatus");
    return 0;
}

static void dispatch(DWORD timeout) {
    static OVERLAPPED_ENTRY entries[BATCH];
    ULONG count;
    if (!GetQueuedCompletionStatusEx(port, entries, BATCH, &count, timeout, FALSE)) {
        check(GetLastError() == WAIT_TIMEOUT, "GetQueuedCompletionStatusEx");
        return;
    }
    for (ULONG i = 0; i < count; i++) {
        struct operation *operation = (struct operation *) entries[i].lpOverlapped;
        HANDLE handle = operation->connection->handle;
        DWORD bytes, error = 0;
        if (operation->overlapped.Internal != 0) {
            error = GetOverlappedResult(handle, &operation->overlapped, &bytes, FALSE) ? 0 : GetLastError();
        }
        operation->done(operation->connection, error, entries[i].dwNumberOfBytesTransferred);
    }
}

/* ---- The server ------------------------------------------------------------------------------------------------- */

static const char *server_pipe;

static void listen_again(struct connection *connection);
static void read_more(struct connection *connection);

static void end_connection(struct connection *connection) {
    CloseHandle(connection->handle);
    listen_again(connection);
}

static void echoed(struct connection *connection, DWORD error, DWORD bytes) {
    (void) bytes;
    if (error) {
        end_connection(connection);
    } else {
        read_more(connection);
    }
}

/* True if the write is done. */
static BOOL write_back(struct connection *connection, DWORD bytes) {
    connection->write.done = echoed;
    if (WriteFile(connection->handle, connection->buffer, bytes, NULL, &connection->write.overlapped)) {
        return TRUE;
    }
    if (GetLastError() != ERROR_IO_PENDING) {
        end_connection(connection);
    }
    return FALSE;
}

static void arrived(struct connection *connection, DWORD error, DWORD bytes) {
    if (error) {
        end_connection(connection);
    } else if (write_back(connection, bytes)) {
        read_more(connection);
    }
}

static void read_more(struct connection *connection) {
    BOOL failed;
    DWORD bytes;
    int in_row = 0;
    connection->read.done = arrived;
    do {
        bytes = read_next(connection, connection->buffer, connection->size, &in_row, &failed);
        if (failed) {
            end_connection(connection);
        }
    } while (bytes > 0 && write_back(connection, bytes));
}

static void accepted(struct connection *connection, DWORD error, DWORD bytes) {
    (void) bytes;
    if (error) {
        end_connection(connection);
    } else {
        read_more(connection);
    }
}

static void listen_on(struct connection *connection, BOOL first) {
    connection->handle = create_instance(server_pipe, TRUE, first);
    bind_to_port(connection->handle);
    connection->read.done = accepted;
    check(!ConnectNamedPipe(connection->handle, &connection->read.overlapped), "ConnectNamedPipe");
    if (GetLastError() == ERROR_PIPE_CONNECTED) {
        read_more(connection);
    } else if (GetLastError() != ERROR_IO_PENDING) {
        end_connection(connection);
    }
}

static void listen_again(struct connection *connection) {
    listen_on(connection, FALSE);
}

static struct connection *new_connections(int count, int size) {
    struct connection *connections = calloc(count, sizeof *connections);
    for (int i = 0; i < count; i++) {
        connections[i].read.connection = connections[i].write.connection = &connections[i];
        connections[i].size = size;
        connections[i].buffer = data(size, 1);
    }
    return connections;
}

void serve_echo_by_port(const char *pipe) {
    int count = number("instances", 80);
    struct connection *connections = new_connections(count, number("buffer", 65536));
    server_pipe = pipe;
    for (int i = 0; i < count; i++) {
        listen_on(&connections[i], i == 0);
    }
    mark("LISTENING");
    for (;;) {
        dispatch(INFINITE);
    }
}

/* ---- The load --------------------------------------------------------------------------------------------------- */

static void go_on(struct connection *connection);

static void sent(struct connection *connection, DWORD error, DWORD bytes) {
    (void) bytes;
    SetLastError(error);
    check(error == 0, "WriteFile");
    connection->writing = FALSE;
    /* The last write may end after the whole answer to it has come. */
    if (connection->received == connection->size) {
        go_on(connection);
    }
}

static void answered(struct connection *connection, DWORD error, DWORD bytes) {
    SetLastError(error);
    check(error == 0, "ReadFile");
    connection->received += bytes;
    go_on(connection);
}

static void send_message(struct connection *connection) {
    connection->received = 0;
    connection->write.done = sent;
    if (!WriteFile(connection->handle, connection->buffer, connection->size, NULL, &connection->write.overlapped)) {
        check(GetLastError() == ERROR_IO_PENDING, "WriteFile");
        connection->writing = TRUE;
    }
}

static void go_on(struct connection *connection) {
    static char answers[1 << 20];
    BOOL failed;
    DWORD bytes;
    int in_row = 0;
    connection->read.done = answered;
    do {
        if (connection->received == connection->size) {
            if (connection->writing) {
                return;
            }
            connection->trips++;
            send_message(connection);
        }
        DWORD size = min(connection->size - connection->received, sizeof answers);
        bytes = read_next(connection, answers, size, &in_row, &failed);
        check(!failed, "ReadFile");
        connection->received += bytes;
    } while (bytes > 0);
}

static double micros(void) {
    LARGE_INTEGER now, frequency;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&frequency);
    return (double) now.QuadPart * 1e6 / (double) frequency.QuadPart;
}

static double dispatch_until(double end) {
    double now;
    while ((now = micros()) < end) {
        dispatch(100);
    }
    return now;
}

void dial_load(const char *pipe) {
    int count = number("connections", 1), total = 0, worst = 1 << 30, best = 0;
    struct connection *connections = new_connections(count, number("bytes", 64));
    for (int i = 0; i < count; i++) {
        connections[i].handle = open_client(pipe, TRUE);
        bind_to_port(connections[i].handle);
    }
    mark("CONNECTED");
    double started = micros();
    for (int i = 0; i < count; i++) {
        send_message(&connections[i]);
        go_on(&connections[i]);
    }
    double began = dispatch_until(started + number("warmup", 0) * 1e3);
    for (int i = 0; i < count; i++) {
        connections[i].trips = 0;
    }
    double now = dispatch_until(began + number("millis", 1000) * 1e3);
    for (int i = 0; i < count; i++) {
        total += connections[i].trips;
        worst = min(worst, connections[i].trips);
        best = max(best, connections[i].trips);
    }
    mark("TRIPS %d %.0f %d %d", total, now - began, worst, best);
}
