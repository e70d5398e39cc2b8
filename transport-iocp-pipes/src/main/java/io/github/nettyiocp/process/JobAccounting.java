/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.process;

import java.time.Duration;

/**
 * What the processes of a job object have used so far, those that have ended included.
 *
 * @param userTime of the CPU, in programs
 * @param kernelTime of the CPU, in the kernel
 * @param processes how many there were, with those that there are
 * @param activeProcesses how many there are
 * @param terminatedProcesses how many were ended because of a limit
 * @param bytesRead by their system calls; {@code -1} where this is not counted
 * @param bytesWritten by their system calls; {@code -1} where this is not counted
 * @param peakProcessMemory the most memory in bytes that one of them had at a time; 0 where this is not counted
 * @param peakJobMemory the most memory in bytes that they had together; 0 where this is not counted
 */
public record JobAccounting(Duration userTime, Duration kernelTime, int processes, int activeProcesses,
                            int terminatedProcesses, long bytesRead, long bytesWritten, long peakProcessMemory,
                            long peakJobMemory) {
}
