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

// load does round trips on some connections for some time, and counts those after the warm-up.
func load(pipe string, o options) {
	connections, size := o.number("connections", 1), o.number("bytes", 64)
	warmup := time.Duration(o.number("warmup", 0)) * time.Millisecond
	length := time.Duration(o.number("millis", 1000)) * time.Millisecond
	counts := make(chan int)
	start := make(chan time.Time)
	for i := 0; i < connections; i++ {
		conn := dial(pipe, o)
		go func() {
			message := data(size, 1)
			trips := 0
			began := <-start
			end := began.Add(length)
			for now := time.Now(); now.Before(end); now = time.Now() {
				_, err := conn.Write(message)
				check(err)
				_, err = io.ReadFull(conn, message)
				check(err)
				if !now.Before(began) {
					trips++
				}
			}
			check(conn.Close())
			counts <- trips
		}()
	}
	mark("CONNECTED")
	began := time.Now().Add(warmup)
	for i := 0; i < connections; i++ {
		start <- began
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
