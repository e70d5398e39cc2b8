/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */

#ifndef PEER_H
#define PEER_H

#include <windows.h>
#include <stdint.h>

/* The NAME=VALUE arguments. */
const char *text(const char *name, const char *otherwise);
int number(const char *name, int otherwise);
BOOL is(const char *name, const char *value);

/* Prints a line that a test waits for. */
void mark(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends the process, if the condition doesn't hold, with the function's name and the last error. */
void check(BOOL condition, const char *function);

/* The generator of all peers: the same seed gives the same bytes in each of them. */
uint32_t next_random(uint32_t *state);
char *data(int size, uint32_t seed);

/* An instance of the pipe, made for the port or for one thread each direction or for one thread. */
HANDLE create_instance(const char *pipe, BOOL overlapped, BOOL first);

/* A client's end; waits while all instances are busy. */
HANDLE open_client(const char *pipe, BOOL overlapped);

/* port.c: an echo server and a load on a completion port, to measure with. */
void serve_echo_by_port(const char *pipe);
void dial_load(const char *pipe);

#endif
