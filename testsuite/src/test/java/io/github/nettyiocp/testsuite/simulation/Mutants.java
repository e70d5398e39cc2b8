/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.util.ArrayList;
import java.util.List;

/** Realistic bugs, each of which random programs must find. */
final class Mutants {

    private static final String OVERLAPPED = "Overlapped.java";
    private static final String COMPLETION = "Completion.java";
    private static final String HANDLER = "IocpIoHandler.java";
    private static final String WAKE_UP = "WakeUp.java";
    private static final String CHANNEL = "channel/AbstractIocpChannel.java";
    private static final String STREAM = "channel/AbstractIocpStreamChannel.java";
    private static final String SOCKET = "channel/IocpSocketChannel.java";
    private static final String SERVER = "channel/IocpServerSocketChannel.java";
    private static final String FILE = "channel/OverlappedFile.java";
    private static final String FILE_OPERATION = "channel/FileOperation.java";
    private static final String FILE_PROMISE = "channel/FilePromise.java";
    private static final String REGIONS = "channel/RegionReader.java";
    private static final String TRANSMISSION = "channel/Transmission.java";
    private static final String SLOTS = "channel/TransmitSlots.java";
    private static final String DATAGRAMS = "channel/IocpDatagramChannel.java";
    private static final String DATAGRAM_SLOT = "channel/DatagramSlot.java";
    private static final String MULTICAST = "channel/Multicast.java";
    private static final String DATAGRAM_READER = "channel/DatagramReader.java";
    private static final String WIN_SOCKET = "channel/WinSocket.java";
    private static final String WATCH = "channel/DirectoryWatchChannel.java";
    private static final String CHANGES = "channel/DirectoryChanges.java";

    static final List<Mutant> ALL = List.of(
            new Mutant("a packet is expected where none comes", COMPLETION,
                    "return skipOnSuccess ? SUCCESS : SUCCESS_PENDING;", "return SUCCESS_PENDING;"),
            new Mutant("no packet is expected where one comes", COMPLETION,
                    "return skipOnSuccess ? SUCCESS : SUCCESS_PENDING;", "return SUCCESS;"),
            new Mutant("skip-on-success is assumed but not set", HANDLER,
                    "(skipOnSuccess ? WinConst.FILE_SKIP_COMPLETION_PORT_ON_SUCCESS : 0)", "0"),
            new Mutant("the provider of sockets is not asked whether successes can be skipped",
                    "internal/ExtensionFunctions.java",
                    "return error == 0\n                    && (Memory", "return error == 0 || (Memory"),
            new Mutant("an operation that ends at once stays counted as outstanding", OVERLAPPED,
                    "loop.operationEnded(binding);\n        loop.inlineCompletion();", "loop.inlineCompletion();"),
            new Mutant("the generation of a packet is not checked", OVERLAPPED,
                    "&& address() == address;", "&& address != 0;"),
            new Mutant("the slot is used again when a cancel was requested", OVERLAPPED,
                    "return state == IN_FLIGHT && binding.cancel(address());",
                    "if (state == IN_FLIGHT && binding.cancel(address())) { state = IDLE; return true; }\n"
                            + "        return false;"),
            new Mutant("the flag of the wake-up is not cleared when its packet comes", WAKE_UP,
                    "void dequeued() {\n        queued.set(false);", "void dequeued() {"),
            new Mutant("the flag of the wake-up is not cleared when the post failed", WAKE_UP,
                    "        if (error != 0) {\n            queued.set(false);\n        }\n", ""),
            new Mutant("each wake-up posts a packet", WAKE_UP,
                    "|| !queued.compareAndSet(false, true)", ""),
            new Mutant("milliseconds are rounded down", HANDLER,
                    " + (nanos % NANOS_PER_MILLI == 0 ? 0 : 1)", ""),
            new Mutant("the loop looks each millisecond whether there is something", HANDLER,
                    "return (int) Math.min(millis, Integer.MAX_VALUE);", "return (int) Math.min(millis, 1);"),
            new Mutant("the loop blocks although something is ready", HANDLER,
                    "if (!ready.isEmpty() || !context.canBlock()) {", "if (!context.canBlock()) {"),
            new Mutant("the end doesn't drain", HANDLER,
                    "private boolean drain() {",
                            "private boolean drain() {\n        if (port != null) { return true; }"),
            new Mutant("close doesn't wait for the last packet", CHANNEL,
                    "private void endIfDrained() {\n            if (binding != null && binding.outstanding() > 0) {",
                    "private void endIfDrained() {\n            if (binding != null && binding.outstanding() > 99) {"),
            new Mutant("the registration is cancelled before the last packet", CHANNEL,
                    "if (registration != null && (binding == null || binding.outstanding() == 0)) {",
                    "if (registration != null) {",
                    "private void endIfDrained() {\n            if (binding != null && binding.outstanding() > 0) {",
                    "private void endIfDrained() {\n            if (binding != null && binding.outstanding() > 0\n"
                            + "                    && ending != End.DEREGISTER) {"),
            new Mutant("a connect that a close overtakes has no outcome", STREAM,
                    "connect.tryFailure(new ClosedChannelException());", "connect.isDone();"),
            new Mutant("a deregistration that a close overtakes has no outcome", CHANNEL,
                    "eventLoop().execute(promise::trySuccess);", "eventLoop().execute(promise::isDone);"),
            new Mutant("close doesn't cancel the receive", STREAM,
                    "void cancelWaiting() {\n        if (readOperation != null) {",
                    "void cancelWaiting() {\n        if (readOperation == null) {"),
            new Mutant("the receive buffer is released at close", STREAM,
                    "protected void doClose() throws Exception {\n        releaseKept();",
                    "protected void doClose() throws Exception {\n        releaseKept();\n"
                            + "        ReferenceCountUtil.release(readBuffer);"),
            new Mutant("the buffers of a write in flight are not retained", STREAM,
                    "inFlight[i] = buffers.buffer(i).retain();", "inFlight[i] = buffers.buffer(i);",
                    "            inFlight[i].release();\n", ""),
            new Mutant("promises complete at the submit", STREAM,
                    "                retain(buffers);\n", "                retain(buffers);\n"
                            + "                if (regions.chunk() == null) { outbound.removeBytes(1); }\n"),
            new Mutant("data is delivered that nobody asked for", STREAM,
                    "if (!readPending && !readingOn || isEnding() || inputShutdown) {",
                    "if (isEnding() || inputShutdown) {"),
            new Mutant("data that wins against a cancel is dropped", STREAM,
                    "        } else {\n            kept = message;\n        }",
                    "        } else if (isEnding()) {\n            message.release();\n        } else {\n"
                            + "            kept = message;\n        }"),
            new Mutant("a receive is posted only with a read pending", STREAM,
                    "return canRead() && isActive() && !isEnding() && !inputShutdown",
                    "return isActive() && (readPending || config().isAutoRead()) && !isEnding() && !inputShutdown"),
            new Mutant("a receive is posted over data that is kept", STREAM,
                    "        if (kept == null) {\n            postRead();\n        } else if (",
                            "        postRead();\n        if (",
                    "&& kept == null && readOperation != null", "&& readOperation != null"),
            new Mutant("the end comes before the data", STREAM,
                    "            deliver(message);\n        } while (readOn());",
                    "            if (inputEndFollows()) { message.release(); return; }\n            deliver(message);\n"
                            + "        } while (readOn());",
                    "    private void keep(ReferenceCounted message) {",
                    "    private boolean inputEndFollows() {\n"
                            + "        if (!readOperation.isInFlight() && readLoopOpen) {\n"
                            + "            completeReadLoop();\n            inputEnded();\n            return true;\n"
                            + "        }\n        return false;\n    }\n\n"
                            + "    private void keep(ReferenceCounted message) {"),
            new Mutant("channelReadComplete is forgotten at the end of the input", STREAM,
                    "        completeReadLoop();\n        if (outcome == ReadOutcome.END) {",
                    "        if (outcome == ReadOutcome.END) {"),
            new Mutant("channelReadComplete is forgotten when the next receive pends", STREAM,
                    "            completeReadLoop();\n            recvBufAllocHandle().reset(config());",
                    "            recvBufAllocHandle().reset(config());"),
            new Mutant("a second write is started while one is in flight", STREAM,
                    "                    && (writeOperation == null || !writeOperation.isInFlight())) {",
                    "                    ) {"),
            new Mutant("a write that fails late is repeated", STREAM,
                    "if (success || !current) {\n            unsafe.flush0();",
                    "if (success || !current || retryWithLess(status)) {\n            unsafe.flush0();"),
            new Mutant("a handler that hears of a reset sends what failed again", STREAM,
                    "        completingWrite = true;\n        try {\n            readFailed(reset);",
                    "        try {\n            readFailed(reset);"),
            new Mutant("SO_UPDATE_CONNECT_CONTEXT is forgotten", SOCKET,
                    "socket.set(WinConst.SOL_SOCKET, WinConst.SO_UPDATE_CONNECT_CONTEXT, 0, 0);", ""),
            new Mutant("the socket is not bound before ConnectEx", SOCKET,
                    "            socket.bind(new InetSocketAddress(0), false);\n", ""),
            new Mutant("the name of a connect is freed at once", SOCKET,
                    "connectOperation.own(name);", "",
                    "name.memoryAddress(), length, 0, 0, transferred, overlapped));",
                    "name.memoryAddress(), length, 0, 0, transferred, overlapped));\n        name.release();"),
            new Mutant("a connect that lost against close is not noticed", SOCKET,
                    "firstBytesFrom = null;\n        if (!isConnecting()) {",
                    "firstBytesFrom = null;\n        if (requestedRemote() == null) {"),
            new Mutant("SO_UPDATE_ACCEPT_CONTEXT is forgotten", SERVER,
                    "int error = win32.setsockopt(handle, WinConst.SOL_SOCKET, WinConst.SO_UPDATE_ACCEPT_CONTEXT,"
                            + " scratch,\n"
                            + "                        Long.BYTES);", "int error = 0;"),
            new Mutant("an accept error closes the server", SERVER,
                    "if (++failures < MAX_FAILURES) {", "unsafe().close(unsafe().voidPromise());\n"
                            + "        if (++failures < MAX_FAILURES) {"),
            new Mutant("an accept that failed is not posted again", SERVER,
                    "if (++failures < MAX_FAILURES) {\n            post();", "if (++failures < MAX_FAILURES) {"),
            new Mutant("the socket of a failed accept is not closed", SERVER,
                    "            } else {\n                win32().closesocket(handle);\n            }",
                            "            }"),
            new Mutant("connections that nobody was told of are not closed", SERVER,
                    "child.unsafe().closeForcibly();", "child.isOpen();"),
            new Mutant("the memory of an accept is freed while it is in flight", SERVER,
                    "if (released && !operation.isInFlight() && addresses.refCnt() > 0) {",
                    "if (released && addresses.refCnt() > 0) {"),
            new Mutant("a socket is closed twice", WIN_SOCKET,
                    "            if (closed) {\n                return;\n            }\n            closed = true;",
                    "            closed = true;"),
            new Mutant("a region is not retained while it is read", REGIONS,
                    "this.region = region.retain();", "this.region = region;",
                    "            } finally {\n                region.release();\n            }", "            }"),
            new Mutant("what was read for nobody is kept", REGIONS,
                    "            abandoned = true;\n            if (buffer != null) {",
                    "            abandoned = true;\n            if (false) {"),
            new Mutant("what is read after a region was given up is kept", REGIONS,
                    "if (target != null && (cause != null || abandoned)) {",
                    "if (target != null && cause != null) {"),
            new Mutant("nobody is told that a region was read", REGIONS,
                    "loop.execute(() -> channel.regionRead(region));", "loop.execute(() -> { });"),
            new Mutant("a region ends when its last byte was read", REGIONS,
                    "        return lastChunk;", "        return read == null || read.isLast();"),
            new Mutant("the chunk of a region that failed is kept", STREAM,
                    "        if (outbound != null && (!current || !success)) {\n            regions.release();",
                    "        if (outbound != null && (!current || !success)) {",
                    "        releaseKept();\n        regions.release();", "        releaseKept();"),

            new Mutant("each transmission begins where its region does", TRANSMISSION,
                    "OVERLAPPED_OFFSET, region.position() + region.transferred());",
                    "OVERLAPPED_OFFSET, region.position());"),
            new Mutant("a third transmission waits for two", SLOTS,
                    "taken.getAndUpdate(n -> n < limit ? n + 1 : n) < limit", "taken.getAndIncrement() >= 0"),
            new Mutant("the bytes of a transmission that ended at once aren't told", TRANSMISSION,
                    "        Memory.putInt(transferred, length);\n", ""),

            new Mutant("an overflow of a directory's buffer is not told", WATCH,
                    "changes.rescan(DirectoryEvent.Reason.OVERFLOW);", "firing = true;"),
            new Mutant("that a directory's buffer was full is taken for the end", WATCH,
                    "if (error == WinError.ERROR_NOTIFY_ENUM_DIR) {", "if (error == -1) {"),
            new Mutant("the old name is forgotten between two packets", CHANGES,
                    "        int entry = 0;\n", "        int entry = 0;\n        oldPath = null;\n"),
            new Mutant("an old name without a new one is not told", WATCH,
                    "                renameIsLate = true;\n                deliver();\n", ""),
            new Mutant("changes that are kept are not retained", WATCH,
                    "keep(buffer.retain(), operation.transferred());", "keep(buffer, operation.transferred());"),
            new Mutant("changes that come with a deregistration are dropped", WATCH,
                    "        if (isClosing()) {\n            return;\n        }\n        if (!NtStatus",
                    "        if (isEnding()) {\n            return;\n        }\n        if (!NtStatus"),
            new Mutant("changes are told that nobody asked for", WATCH,
                    "if (readPending && !isEnding()) {", "readPending = true;\n        if (!isEnding()) {"),
            new Mutant("a read that somebody cancelled is not posted again", WATCH,
                    "            // Cancelled by somebody who cancels everything on the file object.\n"
                            + "            postNext();\n", ""),
            new Mutant("the buffer of changes is not aligned", WATCH,
                    "return buffer.memoryAddress() + ALIGNMENT - 1 & -ALIGNMENT;",
                    "return buffer.memoryAddress() + 1;"),
            new Mutant("a large buffer is not given up on a network path", WATCH,
                    "error == WinError.ERROR_INVALID_PARAMETER && bufferSize > MAX_NETWORK_BUFFER",
                    "error == WinError.ERROR_INVALID_PARAMETER && bufferSize < 0"),
            new Mutant("a directory that comes after its connect was given up is not closed", WATCH,
                    "new Arrival<>(this::closeHandle)", "new Arrival<>(unwanted -> { })"),

            new Mutant("the buffer of a file's operation is not retained", FILE_OPERATION,
                    "memory = user.retain();", "memory = user;"),
            new Mutant("the end of a file is an error", FILE_OPERATION,
                    "error == WinError.ERROR_HANDLE_EOF || ", ""),
            new Mutant("closing a file leaves who waits for a lock", FILE,
                    "waiting.forEach(FileOperation::cancel);", ""),
            new Mutant("a write that makes a file longer is made on the loop", FILE,
                    " || position + length > knownSize", ""),
            new Mutant("a file is closed while another thread uses it", FILE,
                    "            handle.retain();\n", "            handle.touch();\n",
                    "        } finally {\n            handle.release();\n            if (after != null) {",
                    "        } finally {\n            if (after != null) {"),
            new Mutant("a file's future is cancelled although Windows has the buffer", FILE_PROMISE,
                    "            cancelRequested = true;\n", "            cancelRequested = true;\n"
                            + "            super.cancel(false);\n"),
            new Mutant("the address of a sender is freed while its receive is in flight", DATAGRAM_SLOT,
                    "        if (ended && !operation.isInFlight() && memory.refCnt() > 0) {",
                    "        if (ended && memory.refCnt() > 0) {"),
            new Mutant("receives are handed out in the wrong order", DATAGRAM_READER,
                    "                posted.add(receive);",
                    "                posted.addFirst(receive);"),
            new Mutant("unconnected channels are told of ports without listener", DATAGRAM_READER,
                    "            return channel.isConnected();\n        }\n        int error",
                    "            return true;\n        }\n        int error"),
            new Mutant("what others sent before a connect is delivered", DATAGRAMS,
                    "        reader.dropOthers();",
                    ""),
            new Mutant("a datagram is delivered that nobody asked for", DATAGRAM_READER,
                    "            readPending = false;\n            channel.pipeline().fireChannelRead",
                    "            channel.pipeline().fireChannelRead"),
            new Mutant("the part of a truncated datagram is delivered as a whole", DATAGRAM_READER,
                    "        if (NtStatus.isSuccess(status)) {\n            InetSocketAddress sender",
                    "        if (!NtStatus.isError(status)) {\n            InetSocketAddress sender"),
            new Mutant("what a source sends stays blocked when its group was left", MULTICAST,
                    "                blocked.removeIf(membership::isOfGroup);", ""),
            new Mutant("a group is joined for all sources beside one", MULTICAST,
                    "other.isOfGroup(membership) && (source == null || other.source == null)", "false"),
            new Mutant("what went with the connect is sent again", SOCKET,
                    "            firstBytes.removeBytes(operation.transferred());", ""));

    private Mutants() {
    }

    /** These, and those of pipes, of devices and of processes. */
    static List<Mutant> all() {
        List<Mutant> all = new ArrayList<>(ALL);
        all.addAll(PipeMutants.ALL);
        all.addAll(DeviceMutants.ALL);
        all.addAll(ProcessMutants.ALL);
        return all;
    }

    static Mutant named(String name) {
        return all().stream().filter(mutant -> mutant.name().equals(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no mutant is named \"" + name + '"'));
    }
}
