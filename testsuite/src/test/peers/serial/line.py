#!/usr/bin/env python3
# Copyright 2026 The netty-iocp authors
#
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
# the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
"""A serial line for Wine, which takes any terminal for a serial port: a pair of pseudo terminals with an echo.

usage: line.py FILE...   (SerialUnderWineTest starts it)

The name of a terminal is written to each FILE. A line is unplugged when its FILE is gone, or after ten minutes.
"""
import fcntl
import os
import pty
import select
import signal
import sys
import termios
import time
import tty



def line(file):
    # The terminal has a session of its own, or Wine's server would take it for its own and be hung up with it.
    os.setsid()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    ours, theirs = pty.openpty()
    tty.setraw(ours)
    tty.setraw(theirs)
    fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
    with open(file + ".new", "w") as out:
        out.write(os.ttyname(theirs))
    os.rename(file + ".new", file)
    end = time.monotonic() + 600
    while os.path.exists(file) and time.monotonic() < end:
        if select.select([ours], [], [], 0.05)[0]:
            data = os.read(ours, 65536)
            while data:
                data = data[os.write(ours, data):]


for name in sys.argv[1:]:
    if not os.fork():
        line(name)
        break
