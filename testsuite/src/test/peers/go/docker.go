// Copyright 2026 The netty-iocp authors
//
// Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
// the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0

//go:build windows

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// docker is a stand-in for Docker's Engine: the parts of its API that are hard on a transport, as the Engine does them,
// with or without the version before the path.
func docker() *http.Server {
	engine := &engine{stopped: map[string]chan struct{}{}}
	mux := http.NewServeMux()
	mux.HandleFunc("/_ping", engine.ping)
	mux.HandleFunc("/version", engine.version)
	mux.HandleFunc("/info", engine.info)
	mux.HandleFunc("/events", engine.events)
	mux.HandleFunc("/images/load", engine.load)
	mux.HandleFunc("/images/", engine.get)
	mux.HandleFunc("/containers/", engine.container)
	mux.HandleFunc("/exec/", engine.container)
	return &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if rest := strings.TrimPrefix(r.URL.Path, "/v"); rest != r.URL.Path && rest[0] >= '0' && rest[0] <= '9' {
				_, path, _ := strings.Cut(rest, "/")
				r.URL.Path = "/" + path
			}
			w.Header().Set("Api-Version", "1.51")
			w.Header().Set("Ostype", "windows")
			w.Header().Set("Server", "Docker/28.3.0 (windows)")
			mark("REQUEST %s %s", r.Method, r.URL.Path)
			mux.ServeHTTP(w, r)
			mark("ANSWERED %s %s", r.Method, r.URL.Path)
		}),
		ConnState: func(conn net.Conn, state http.ConnState) {
			if state == http.StateNew || state == http.StateClosed {
				mark("CONNECTION %s", state)
			}
		},
	}
}

type engine struct {
	mutex   sync.Mutex
	stopped map[string]chan struct{}
}

func (*engine) ping(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Length", "2")
	_, _ = io.WriteString(w, "OK")
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value)
}

func (*engine) version(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, map[string]any{"Version": "28.3.0", "ApiVersion": "1.51", "MinAPIVersion": "1.24", "Os": "windows",
		"Arch": "amd64", "KernelVersion": "10.0 19043", "Platform": map[string]string{"Name": "a stand-in"}})
}

func (*engine) info(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, map[string]any{"ID": "8f6ff3a5-9b0f-4a2c-bd3e-c62d3d1b5a77", "Containers": 3, "ContainersRunning": 1,
		"ContainersPaused": 0, "ContainersStopped": 2, "Images": 12, "Driver": "windowsfilter",
		"Name": "stand-in", "OperatingSystem": "Microsoft Windows", "OSType": "windows", "Architecture": "x86_64",
		"NCPU": 2, "MemTotal": 4294967296, "ServerVersion": "28.3.0"})
}

// events is a chunked answer without an end, unless one is asked for by "limit". What is sent is on its way at once.
func (*engine) events(w http.ResponseWriter, r *http.Request) {
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil {
		limit = -1
	}
	w.Header().Set("Content-Type", "application/json")
	flusher := w.(http.Flusher)
	flusher.Flush()
	encoder := json.NewEncoder(w)
	for i := 0; i != limit; i++ {
		if encoder.Encode(map[string]any{"Type": "container", "Action": "start", "timeNano": i}) != nil {
			return
		}
		flusher.Flush()
		select {
		case <-r.Context().Done():
			mark("LEFT %s", r.URL.Path)
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// load takes an upload of any size, which may be chunked, and tells its checksum.
func (*engine) load(w http.ResponseWriter, r *http.Request) {
	sum := crc32.NewIEEE()
	n, err := io.Copy(sum, r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeJSON(w, map[string]string{"stream": fmt.Sprintf("%d %08x", n, sum.Sum32())})
}

// get answers GET /images/BYTES/get with so many bytes, chunked.
func (*engine) get(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(r.URL.Path, "/")
	size, err := strconv.Atoi(parts[2])
	if err != nil {
		http.Error(w, `{"message":"No such image: `+parts[2]+`"}`, http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/x-tar")
	_, _ = w.Write(data(size, 1))
}

func (e *engine) container(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(r.URL.Path, "/")
	if len(parts) != 4 || r.Method != http.MethodPost {
		http.NotFound(w, r)
		return
	}
	switch parts[3] {
	case "attach", "start":
		attach(w, r)
	case "wait":
		// The status and the headers come at once, the rest when the container stops.
		w.Header().Set("Content-Type", "application/json")
		w.(http.Flusher).Flush()
		select {
		case <-e.stop(parts[2]):
			writeJSON(w, map[string]int{"StatusCode": 0})
		case <-r.Context().Done():
			mark("LEFT %s", r.URL.Path)
		}
	case "stop":
		close(e.stop(parts[2]))
		w.WriteHeader(http.StatusNoContent)
	default:
		http.NotFound(w, r)
	}
}

func (e *engine) stop(id string) chan struct{} {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.stopped[id] == nil {
		e.stopped[id] = make(chan struct{})
	}
	return e.stopped[id]
}

// attach takes the connection over from HTTP. The container is one that sends back what it reads, and when its standard
// input ends, a last line with a checksum; then it ends.
func attach(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	conn, stream, err := w.(http.Hijacker).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer conn.Close()
	if r.Header.Get("Upgrade") == "tcp" {
		_, _ = io.WriteString(conn, "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n"+
			"Connection: Upgrade\r\nUpgrade: tcp\r\nApi-Version: 1.51\r\n\r\n")
	} else {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n")
	}
	sum := crc32.NewIEEE()
	n, err := run(stream.Reader, conn, sum)
	if err != nil {
		mark("BROKEN %v", err)
		return
	}
	mark("END")
	_, _ = fmt.Fprintf(conn, "\nread %d bytes, CRC-32 %08x\n", n, sum.Sum32())
	// As the Engine does it when the container has ended.
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}

func run(in *bufio.Reader, out io.Writer, sum io.Writer) (int64, error) {
	return io.Copy(io.MultiWriter(out, sum), in)
}
