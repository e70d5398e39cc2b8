// Copyright 2026 The netty-iocp authors
//
// Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
// the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0

//go:build windows

package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// occupyNameHolder makes a listener usable on Wine. go-winio makes an instance that no client can reach, because it was
// made without the rights to read and write, and that only holds the name. Wine lets clients connect to it, and the
// first one would wait there for ever.
func occupyNameHolder(pipe string) {
	if windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() != nil {
		return
	}
	// It stays open for as long as this process lives.
	_, err := os.OpenFile(pipe, os.O_RDWR, 0)
	check(err)
}
