// Copyright 2026 The netty-iocp authors
//
// Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
// the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0

//go:build windows

package main

import (
	"io"
	"time"
)

// load does round trips on some connections for some time.
func load(pipe string, o options) {
	connections, size := o.number("connections", 1), o.number("bytes", 64)
	length := time.Duration(o.number("millis", 1000)) * time.Millisecond
	counts := make(chan int)
	start := make(chan time.Time)
	for i := 0; i < connections; i++ {
		conn := dial(pipe, o)
		go func() {
			message := data(size, 1)
			trips := 0
			for end := <-start; time.Now().Before(end); trips++ {
				_, err := conn.Write(message)
				check(err)
				_, err = io.ReadFull(conn, message)
				check(err)
			}
			check(conn.Close())
			counts <- trips
		}()
	}
	mark("CONNECTED")
	began := time.Now()
	for i := 0; i < connections; i++ {
		start <- began.Add(length)
	}
	total, worst, best := 0, int(^uint(0)>>1), 0
	for i := 0; i < connections; i++ {
		trips := <-counts
		total += trips
		worst = min(worst, trips)
		best = max(best, trips)
	}
	mark("TRIPS %d %d %d %d", total, time.Since(began).Microseconds(), worst, best)
}
