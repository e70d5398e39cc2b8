// Copyright 2026 The netty-iocp authors
//
// Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
// the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0

//go:build windows

// A peer for the tests of named pipes, built on go-winio: a server or a client of one pipe. What it is told by its
// command line and what it prints is in ../README.md.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/Microsoft/go-winio"
	"golang.org/x/sys/windows"
)

// options are the NAME=VALUE arguments.
type options map[string]string

func (o options) text(name, otherwise string) string {
	if value, ok := o[name]; ok {
		return value
	}
	return otherwise
}

func (o options) number(name string, otherwise int) int {
	text, ok := o[name]
	if !ok {
		return otherwise
	}
	value, err := strconv.Atoi(text)
	check(err)
	return value
}

var printing sync.Mutex

// mark prints a line that a test waits for. Standard output has no buffer.
func mark(format string, values ...any) {
	printing.Lock()
	defer printing.Unlock()
	fmt.Printf(format+"\n", values...)
}

// check ends the process if something is not as it should be.
func check(err error) {
	if err != nil {
		mark("ERROR %v", err)
		os.Exit(1)
	}
}

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: peer serve|dial PIPE BEHAVIOUR [NAME=VALUE]...")
		os.Exit(2)
	}
	role, pipe, behaviour := os.Args[1], os.Args[2], os.Args[3]
	o := options{}
	for _, argument := range os.Args[4:] {
		name, value, _ := strings.Cut(argument, "=")
		o[name] = value
	}
	go endWithParent()
	switch role + " " + behaviour {
	case "serve echo":
		serve(listen(pipe, o), o, func(conn net.Conn) { echo(conn, o) })
	case "serve transfer":
		o["clients"] = o.text("clients", "1")
		serve(listen(pipe, o), o, func(conn net.Conn) { transfer(conn, o) })
	case "serve docker":
		check(docker().Serve(listen(pipe, o)))
	case "dial transfer":
		transfer(dial(pipe, o), o)
	case "dial exchange":
		exchange(dial(pipe, o), o)
	case "dial load":
		load(pipe, o)
	default:
		check(fmt.Errorf("cannot %s %s", role, behaviour))
	}
	mark("DONE")
}

// endWithParent ends this process when the one that started it is gone.
func endWithParent() {
	parent, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(os.Getppid()))
	if err != nil {
		return // Wine's processes that were started from Linux have none.
	}
	_, err = windows.WaitForSingleObject(parent, windows.INFINITE)
	check(err)
	os.Exit(3)
}

// listen makes a pipe, or where "tcp" is given for it, a TCP socket.
func listen(pipe string, o options) net.Listener {
	if pipe == "tcp" {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		check(err)
		mark("LISTENING %d", listener.Addr().(*net.TCPAddr).Port)
		return listener
	}
	listener, err := winio.ListenPipe(pipe, &winio.PipeConfig{
		MessageMode:        o.text("type", "byte") == "message",
		SecurityDescriptor: o.text("sddl", ""),
		InputBufferSize:    int32(o.number("quota", 65536)),
		OutputBufferSize:   int32(o.number("quota", 65536)),
	})
	check(err)
	occupyNameHolder(pipe)
	mark("LISTENING")
	return listener
}

func dial(pipe string, o options) net.Conn {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(o.number("timeout", 10000))*time.Millisecond)
	defer cancel()
	conn, err := winio.DialPipeContext(ctx, pipe)
	check(err)
	return conn
}

// serve handles clients, each in a goroutine, until as many as are asked for have come and gone.
func serve(listener net.Listener, o options, handle func(net.Conn)) {
	clients := o.number("clients", -1)
	var open sync.WaitGroup
	for accepted := 0; accepted != clients; accepted++ {
		conn, err := listener.Accept()
		check(err)
		mark("ACCEPTED")
		open.Add(1)
		go func() {
			defer open.Done()
			handle(conn)
		}()
	}
	open.Wait()
	check(listener.Close())
}
