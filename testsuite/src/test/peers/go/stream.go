// Copyright 2026 The netty-iocp authors
//
// Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
// the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0

//go:build windows

package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net"

	"golang.org/x/sys/windows"
)

// xorshift is the generator of all peers: the same seed gives the same bytes in each of them.
type xorshift uint32

func (x *xorshift) next() uint32 {
	*x ^= *x << 13
	*x ^= *x >> 17
	*x ^= *x << 5
	return uint32(*x)
}

func data(size int, seed int) []byte {
	random := xorshift(seed)
	bytes := make([]byte, (size+3)/4*4)
	for i := 0; i < len(bytes); i += 4 {
		binary.LittleEndian.PutUint32(bytes[i:], random.next())
	}
	return bytes[:size]
}

// die ends the process as a crash does: nothing is closed, flushed or said.
func die() {
	mark("DYING")
	_ = windows.TerminateProcess(windows.CurrentProcess(), 9)
}

// echo sends back what comes, until it ends.
func echo(conn net.Conn, o options) {
	buffer := make([]byte, o.number("buffer", 65536))
	echoed, dieAfter := 0, o.number("die-after", -1)
	for {
		n, err := conn.Read(buffer)
		if n > 0 {
			_, err = conn.Write(buffer[:n])
			if err == nil {
				echoed += n
			}
		}
		if dieAfter >= 0 && echoed >= dieAfter {
			die()
		}
		if err == io.EOF {
			mark("END")
			break
		}
		if err != nil {
			mark("BROKEN %v", err)
			break
		}
	}
	check(conn.Close())
	mark("CLOSED %d", echoed)
}

// transfer sends and receives at the same time.
func transfer(conn net.Conn, o options) {
	if _, server := o["clients"]; !server {
		mark("CONNECTED")
	}
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		send(conn, o)
	}()
	receive(conn, o)
	<-sent
	check(conn.Close())
	mark("CLOSED")
}

func send(conn net.Conn, o options) {
	all := data(o.number("send", 0), o.number("seed", 1))
	sizes := xorshift(o.number("seed", 1) + 1)
	dieAfter, largest := o.number("die-after-sent", -1), o.number("largest", 65536)
	for sent := 0; sent < len(all); {
		size := min(1+int(sizes.next()%uint32(largest)), len(all)-sent)
		if _, err := conn.Write(all[sent : sent+size]); err != nil {
			mark("BROKEN %v", err)
			return
		}
		sent += size
		if dieAfter >= 0 && sent >= dieAfter {
			die()
		}
	}
	mark("SENT %d %08x", len(all), crc32.ChecksumIEEE(all))
	if o.text("end", "close") == "half" {
		half, ok := conn.(interface{ CloseWrite() error })
		if !ok {
			check(errors.New("this pipe has no CloseWrite"))
		}
		check(half.CloseWrite())
		mark("HALF-CLOSED")
	}
}

// receive takes as many bytes as are asked for, or all until the end.
func receive(conn net.Conn, o options) {
	expected, dieAfter := o.number("receive", -1), o.number("die-after", -1)
	buffer := make([]byte, o.number("buffer", 65536))
	sum, received := crc32.NewIEEE(), 0
	for expected < 0 || received < expected {
		n, err := conn.Read(buffer)
		_, _ = sum.Write(buffer[:n])
		received += n
		if dieAfter >= 0 && received >= dieAfter {
			die()
		}
		if err == io.EOF {
			mark("END")
			break
		}
		if err != nil {
			mark("BROKEN %v", err)
			break
		}
	}
	mark("RECEIVED %d %08x", received, sum.Sum32())
}

// exchange sends pieces and waits for each to come back.
func exchange(conn net.Conn, o options) {
	mark("CONNECTED")
	all := data(o.number("send", 0), o.number("seed", 1))
	sizes := xorshift(o.number("seed", 1) + 1)
	dieAfter, largest := o.number("die-after-sent", -1), o.number("largest", 65536)
	answer := make([]byte, largest)
	for sent := 0; sent < len(all); {
		size := min(1+int(sizes.next()%uint32(largest)), len(all)-sent)
		_, err := conn.Write(all[sent : sent+size])
		check(err)
		_, err = io.ReadFull(conn, answer[:size])
		check(err)
		if !bytes.Equal(answer[:size], all[sent:sent+size]) {
			check(fmt.Errorf("what came back differs after byte %d", sent))
		}
		sent += size
		if dieAfter >= 0 && sent >= dieAfter {
			die()
		}
	}
	mark("SENT %d %08x", len(all), crc32.ChecksumIEEE(all))
	mark("RECEIVED %d %08x", len(all), crc32.ChecksumIEEE(all))
	check(conn.Close())
	mark("CLOSED")
}
