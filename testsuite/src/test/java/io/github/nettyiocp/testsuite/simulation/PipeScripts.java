/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;

/** The {@linkplain ConformanceScript scripts} about pipes and events. */
final class PipeScripts {

    private static final int MESSAGES = PipeSteps.MESSAGES;
    private static final int OVERLAPPED = WinConst.FILE_FLAG_OVERLAPPED;

    private PipeScripts() {
    }

    static void echo(Win32Steps steps) {
        PipeSteps pipes = steps.pipes().create("server", "echo");
        pipes.connect("connect", "server");
        pipes.open("client", "echo");
        steps.complete("connect");
        pipes.read("read", "server", 100);
        pipes.writeAll("write", "client", "hello");
        steps.complete("read");
        steps.received("read");
        pipes.writeAll("answer", "server", "0123456789");
        pipes.readAll("part", "client", 4);
        pipes.readAll("rest", "client", 100);
        steps.poll(50);
    }

    static void connectedBefore(Win32Steps steps) {
        PipeSteps pipes = steps.pipes().create("server", "before");
        pipes.open("client", "before");
        pipes.connect("connect", "server");
        pipes.connect("connect again", "server");
        pipes.writeAll("write", "client", "x");
        pipes.readAll("read", "server", 10);
        steps.poll(50);
    }

    static void clientCameAndLeft(Win32Steps steps) {
        PipeSteps pipes = steps.pipes().create("server", "left");
        pipes.open("client", "left");
        pipes.writeAll("write", "client", "parting words");
        steps.closeHandle("client");
        pipes.connect("connect", "server");
        pipes.read("nothing", "server", 0);
        steps.complete("nothing");
        pipes.readAll("read", "server", 100);
        pipes.readAll("read at the end", "server", 100);
        pipes.writeAll("write of the server", "server", "x");
        pipes.disconnect("server");
        pipes.connect("connect anew", "server");
        pipes.open("next client", "left");
        steps.complete("connect anew");
        pipes.writeAll("write of the next", "next client", "y");
        pipes.readAll("read of the next", "server", 100);
    }

    static void states(Win32Steps steps) {
        PipeSteps pipes = steps.pipes().create("server", "states");
        pipes.readAll("read of a listening instance", "server", 10);
        pipes.writeAll("write to a listening instance", "server", "x");
        pipes.connect("connect", "server");
        pipes.open("client that is sent away", "states");
        steps.complete("connect");
        pipes.disconnect("server");
        pipes.readAll("read of a disconnected instance", "server", 10);
        pipes.writeAll("write to a disconnected instance", "server", "x");
        pipes.disconnect("server");
        pipes.open("client", "states");
        pipes.connect("connect again", "server");
        pipes.open("client", "states");
        steps.complete("connect again");
        pipes.disconnect("server");
        pipes.readAll("read of a disconnected client", "client", 10);
        pipes.writeAll("write of a disconnected client", "client", "x");
        pipes.disconnect("client");
    }

    static void disconnectOfAListeningInstance(Win32Steps steps) {
        PipeSteps pipes = steps.pipes().create("server", "states");
        pipes.connect("connect", "server");
        pipes.disconnect("server");
        steps.closeHandle("server");
        steps.complete("connect");
    }

    static void events(Win32Steps steps) {
        PipeSteps pipes = steps.pipes().event("manual", true).event("automatic", false);
        pipes.isSignaled("manual");
        pipes.set("manual");
        pipes.isSignaled("manual");
        pipes.isSignaled("manual");
        pipes.reset("manual");
        pipes.isSignaled("manual");
        pipes.set("automatic");
        pipes.which("manual", "automatic");
        pipes.which("manual", "automatic");
        pipes.set("automatic");
        pipes.isSignaled("automatic");
        pipes.isSignaled("automatic");
    }

    static void connectByEvent(Win32Steps steps) {
        PipeSteps pipes = steps.pipes().event("event", true);
        pipes.create("server", "event", PipeSteps.DUPLEX, 0, 1, 4096);
        pipes.set("event");
        pipes.connectWithEvent("connect", "server", "event");
        pipes.isSignaled("event");
        pipes.result("connect", "server");
        pipes.open("client", "event");
        pipes.await("event");
        pipes.result("connect", "server");
        steps.tryAssociate("server");
        steps.poll(50);
        pipes.writeAll("write", "client", "x");
        pipes.readAll("read", "server", 10);
        pipes.readWithoutPacket("read without a packet", "server", "event", 10);
        pipes.isSignaled("event");
        pipes.writeAll("write again", "client", "yz");
        pipes.await("event");
        steps.poll(50);
        steps.operation("read without a packet").done(0, 2);
        steps.received("read without a packet");
    }

    static void cancelledConnect(Win32Steps steps) {
        PipeSteps pipes = steps.pipes().event("event", true);
        pipes.create("server", "cancelled", PipeSteps.DUPLEX, 0, 1, 4096);
        pipes.connectWithEvent("connect", "server", "event");
        steps.cancel("connect", "server");
        pipes.await("event");
        pipes.result("connect", "server");
        steps.cancel("connect", "server");
        steps.tryAssociate("server");
        pipes.connect("connect again", "server");
        steps.cancel("connect again", "server");
        steps.complete("connect again");
        // It still listens.
        pipes.open("client", "cancelled");
        pipes.connect("connect at last", "server");
        pipes.read("read", "server", 10);
        steps.cancel("read", "server");
        steps.complete("read");
        pipes.writeAll("write", "client", "later");
        pipes.readAll("read again", "server", 10);
    }

    static void names(Win32Steps steps) {
        PipeSteps pipes = steps.pipes();
        pipes.open("nobody", "names");
        pipes.create("server", "names");
        pipes.open("client", "NAMES");
        pipes.create("inner backslash", "sql\\query");
        pipes.open("client of the inner backslash", "sql\\query");
        pipes.create("no pipe", "\\\\.\\pip\\x", PipeSteps.DUPLEX, 0, 1, 4096);
        pipes.create("no name", "\\\\.\\pipe\\", PipeSteps.DUPLEX, 0, 1, 4096);
        pipes.create("other machine", "\\\\elsewhere\\pipe\\x", PipeSteps.DUPLEX, 0, 1, 4096);
        pipes.create("slashes", "//./pipe/netty-iocp-slashes", PipeSteps.DUPLEX, 0, 1, 4096);
        pipes.open("client of slashes", "\\\\.\\pipe\\netty-iocp-slashes");
    }

    static void instances(Win32Steps steps) {
        PipeSteps pipes = steps.pipes();
        int first = PipeSteps.DUPLEX | WinConst.FILE_FLAG_FIRST_PIPE_INSTANCE;
        pipes.create("none", "none", PipeSteps.DUPLEX, 0, 0, 4096);
        pipes.create("too many", "too many", PipeSteps.DUPLEX, 0, 256, 4096);
        pipes.create("one", "instances", first, 0, 2, 4096);
        pipes.create("another direction", "instances", WinConst.PIPE_ACCESS_INBOUND | OVERLAPPED, 0, 2, 4096);
        pipes.create("two", "instances", PipeSteps.DUPLEX, 0, 2, 4096);
        pipes.create("three", "instances", PipeSteps.DUPLEX, 0, 2, 4096);
        pipes.open("client one", "instances");
        pipes.open("client two", "instances");
        pipes.open("client three", "instances");
        pipes.state("one");
    }

    static void firstInstance(Win32Steps steps) {
        int first = PipeSteps.DUPLEX | WinConst.FILE_FLAG_FIRST_PIPE_INSTANCE;
        PipeSteps pipes = steps.pipes();
        pipes.create("one", "first", first, 0, 10, 4096);
        pipes.create("first again", "first", first, 0, 10, 4096);
        pipes.create("two", "first", PipeSteps.DUPLEX, 0, 10, 4096);
    }

    static void busy(Win32Steps steps) {
        PipeSteps pipes = steps.pipes();
        pipes.create("server", "busy", PipeSteps.DUPLEX, 0, 1, 4096);
        pipes.open("client", "busy");
        pipes.open("second", "busy");
        steps.closeHandle("client");
        // The instance waits for its server now.
        pipes.open("third", "busy");
        steps.closeHandle("server");
        pipes.open("fourth", "busy");
    }

    static void nameOfAnAcceptedInstance(Win32Steps steps) {
        PipeSteps pipes = steps.pipes();
        pipes.create("accepted", "living", PipeSteps.DUPLEX, 0, 10, 4096);
        pipes.create("listening", "living", PipeSteps.DUPLEX, 0, 10, 4096);
        pipes.open("client", "living");
        steps.closeHandle("listening");
        pipes.open("second", "living");
        steps.closeHandle("accepted");
        pipes.open("third", "living");
        // The client's end is still there.
        pipes.create("next", "living", PipeSteps.DUPLEX | WinConst.FILE_FLAG_FIRST_PIPE_INSTANCE, 0, 10, 4096);
        pipes.open("fourth", "living");
    }

    static void directions(Win32Steps steps) {
        PipeSteps pipes = steps.pipes();
        pipes.create("inbound", "in", WinConst.PIPE_ACCESS_INBOUND | OVERLAPPED, 0, 1, 4096);
        steps.associate("inbound");
        pipes.open("reader", "in", WinConst.GENERIC_READ, OVERLAPPED);
        pipes.open("writer", "in", WinConst.GENERIC_WRITE, OVERLAPPED);
        steps.associate("writer");
        pipes.writeAll("write of the writer", "writer", "one way");
        pipes.readAll("read of the writer", "writer", 10);
        pipes.writeAll("write of the server", "inbound", "x");
        pipes.readAll("read of the server", "inbound", 10);
        pipes.create("outbound", "out", WinConst.PIPE_ACCESS_OUTBOUND | OVERLAPPED, 0, 1, 4096);
        steps.associate("outbound");
        pipes.open("both", "out", PipeSteps.READ_WRITE, OVERLAPPED);
        pipes.open("reader", "out", WinConst.GENERIC_READ, OVERLAPPED);
        steps.associate("reader");
        pipes.writeAll("write of the outbound server", "outbound", "other way");
        pipes.readAll("read of the reader", "reader", 10);
    }

    static void accesses(Win32Steps steps) {
        PipeSteps pipes = steps.pipes();
        pipes.create("duplex", "duplex", PipeSteps.DUPLEX, MESSAGES, 1, 4096);
        pipes.create("inbound", "in", WinConst.PIPE_ACCESS_INBOUND | OVERLAPPED, MESSAGES, 1, 4096);
        pipes.create("outbound", "out", WinConst.PIPE_ACCESS_OUTBOUND | OVERLAPPED, MESSAGES, 1, 4096);
        pipes.open("exact", "duplex", WinConst.FILE_READ_DATA | WinConst.FILE_WRITE_DATA, OVERLAPPED);
        for (String pipe : new String[] { "duplex", "inbound", "outbound", "exact" }) {
            pipes.info(pipe);
            pipes.local(pipe);
            pipes.setMode(pipe, WinConst.PIPE_READMODE_MESSAGE);
            pipes.flush(pipe);
            pipes.owner(pipe, false);
        }
    }

    static void messages(Win32Steps steps) {
        PipeSteps pipes = steps.pipes().pair("server", "client", MESSAGES, 4096);
        pipes.setMode("client", WinConst.PIPE_READMODE_MESSAGE);
        pipes.writeAll("write", "server", "0123456789");
        pipes.writeAll("second write", "server", "abc");
        pipes.writeAll("empty write", "server", "");
        pipes.writeAll("fourth write", "server", "end");
        pipes.peek("client", 4, true);
        pipes.readAll("first part", "client", 4);
        pipes.peek("client", 100, true);
        pipes.readAll("second part", "client", 6);
        pipes.readAll("second message", "client", 100);
        pipes.readAll("empty message", "client", 100);
        pipes.readAll("fourth message", "client", 100);
        // Reads that wait.
        pipes.read("read", "client", 4);
        pipes.writeAll("long write", "server", "0123456789");
        steps.complete("read");
        steps.received("read");
        pipes.readAll("rest", "client", 100);
        pipes.read("read of the empty one", "client", 4);
        pipes.writeAll("empty write again", "server", "");
        steps.complete("read of the empty one");
    }

    static void readsOfNothing(Win32Steps steps) {
        PipeSteps pipes = steps.pipes().pair("server", "client", MESSAGES, 4096);
        pipes.setMode("client", WinConst.PIPE_READMODE_MESSAGE);
        pipes.read("read of nothing", "client", 0);
        pipes.writeAll("write", "server", "x");
        steps.complete("read of nothing");
        pipes.readAll("read of nothing with a message there", "client", 0);
        pipes.readAll("read of x", "client", 10);
        pipes.writeAll("empty write", "server", "");
        pipes.readAll("read of nothing with an empty message there", "client", 0);
        pipes.peek("client", 0, false);
        pipes.writeAll("next write", "server", "y");
        pipes.readAll("read of the next", "client", 10);
    }

    static void messagesAsBytes(Win32Steps steps) {
        PipeSteps pipes = steps.pipes().pair("server", "client", WinConst.PIPE_TYPE_MESSAGE, 4096);
        pipes.writeAll("write", "client", "0123");
        pipes.writeAll("empty write", "client", "");
        pipes.writeAll("second write", "client", "4567");
        pipes.readAll("read", "server", 6);
        pipes.readAll("rest", "server", 100);
        pipes.writeAll("empty write alone", "client", "");
        pipes.readAll("empty message", "server", 100);
        pipes.setMode("server", WinConst.PIPE_READMODE_MESSAGE);
        pipes.state("server");
        pipes.writeAll("write again", "client", "0123");
        pipes.writeAll("second write again", "client", "4567");
        pipes.readAll("message", "server", 100);
        pipes.setMode("server", WinConst.PIPE_READMODE_BYTE);
        pipes.readAll("bytes", "server", 100);
    }

    static void bytes(Win32Steps steps) {
        PipeSteps pipes = steps.pipes().pair("server", "client", 0, 4096);
        pipes.setMode("client", WinConst.PIPE_READMODE_MESSAGE);
        pipes.writeAll("empty write", "server", "");
        pipes.peek("client", 10, false);
        pipes.read("read of nothing", "client", 0);
        steps.poll(50);
        pipes.writeAll("write", "server", "abc");
        steps.complete("read of nothing");
        pipes.readAll("nothing again", "client", 0);
        pipes.peek("client", 2, false);
        pipes.readAll("read", "client", 100);
        pipes.peek("client", 0, false);
        pipes.read("waiting", "client", 10);
        pipes.writeAll("write while somebody waits", "server", "0123456789abc");
        steps.complete("waiting");
        steps.received("waiting");
        pipes.readAll("rest", "client", 100);
        pipes.create("wrong mode", "wrong", PipeSteps.DUPLEX, WinConst.PIPE_READMODE_MESSAGE, 1, 4096);
    }

    static void quota(Win32Steps steps) {
        PipeSteps pipes = steps.pipes().pair("server", "client", 0, 4096);
        pipes.write("big write", "server", "x".repeat(10_000));
        pipes.write("small write", "server", "y");
        steps.poll(50);
        pipes.local("server");
        pipes.peek("client", 0, false);
        pipes.read("first read", "client", 5_000);
        steps.complete("first read");
        steps.poll(50);
        pipes.read("second read", "client", 3_000);
        steps.complete("second read");
        steps.complete("big write");
        pipes.read("third read", "client", 10_000);
        steps.complete("third read");
        steps.complete("small write");
        pipes.write("another big write", "server", "z".repeat(10_000));
        steps.cancel("another big write", "server");
        steps.complete("another big write");
        pipes.peek("client", 0, false);
        pipes.local("server");
    }

    static void closeKeepsWhatWasWritten(Win32Steps steps) {
        PipeSteps pipes = steps.pipes().pair("server", "client", 0, 4096);
        pipes.writeAll("write", "server", "last words");
        steps.closeHandle("server");
        pipes.readAll("read", "client", 100);
        pipes.readAll("end", "client", 100);
        pipes.writeAll("write of the client", "client", "x");
        pipes.peek("client", 1, false);
        pipes.pair("server two", "client two", 0, 4096);
        pipes.read("waiting", "server two", 100);
        steps.closeHandle("client two");
        steps.complete("waiting");
        pipes.readAll("end of the server", "server two", 100);
        pipes.writeAll("write of the server", "server two", "x");
    }

    static void closeLosesWhatIsBeingWritten(Win32Steps steps) {
        PipeSteps pipes = steps.pipes().pair("server", "client", 0, 10);
        pipes.writeAll("write", "server", "0123");
        pipes.write("write that pends", "server", "456789abcdefghij");
        steps.closeHandle("server");
        steps.complete("write that pends");
        pipes.readAll("read", "client", 100);
        pipes.readAll("end", "client", 100);
    }

    static void closeWithAReadPending(Win32Steps steps) {
        PipeSteps pipes = steps.pipes().pair("server", "client", 0, 4096);
        pipes.read("read", "server", 100);
        steps.closeHandle("server");
        steps.complete("read");
        pipes.create("listening", "listening").connect("connect", "listening");
        steps.closeHandle("listening");
        steps.complete("connect");
    }

    static void closeOfTheReader(Win32Steps steps) {
        PipeSteps pipes = steps.pipes().pair("server", "client", 0, 10);
        pipes.write("write", "server", "0123456789abcdefghij");
        steps.closeHandle("client");
        steps.complete("write");
        pipes.flush("server");
        pipes.writeAll("next write", "server", "x");
    }

    static void disconnectDrops(Win32Steps steps) {
        PipeSteps pipes = steps.pipes().pair("server", "client", 0, 10);
        pipes.writeAll("write", "server", "unread");
        pipes.write("second write", "server", "0123456789abcdefghij");
        pipes.read("read", "server", 100);
        pipes.disconnect("server");
        steps.complete("second write");
        steps.complete("read");
        pipes.readAll("read of the client", "client", 100);
        pipes.peek("client", 1, false);
        pipes.flush("client");
        pipes.local("client");
        pipes.info("client");
        pipes.flush("server");
    }

    static void skipOnSuccess(Win32Steps steps) {
        PipeSteps pipes = steps.pipes().pair("server", "client", 0, 4096);
        pipes.writeAll("write", "client", "with a packet");
        steps.skipOnSuccess("client").skipOnSuccess("server");
        pipes.write("write that skips", "client", "without a packet");
        steps.note("it succeeds at once", steps.wasInline("write that skips"));
        steps.complete("write that skips");
        pipes.read("read that skips", "server", 100);
        steps.note("it succeeds at once", steps.wasInline("read that skips"));
        steps.complete("read that skips");
        steps.received("read that skips");
        steps.poll(50);
        pipes.read("read that waits", "server", 100);
        pipes.write("write", "client", "x");
        steps.complete("write");
        steps.complete("read that waits");
        steps.poll(50);
    }

    static void questions(Win32Steps steps) {
        PipeSteps pipes = steps.pipes().pair("server", "client", MESSAGES, 4096);
        for (String end : new String[] { "server", "client" }) {
            steps.note("type of " + end, steps.win32().getFileType(steps.handle(end)));
            pipes.info(end);
            pipes.state(end);
            pipes.local(end);
        }
        pipes.ids("server", "client");
        pipes.writeAll("write", "server", "abcdef");
        pipes.local("server");
        pipes.local("client");
        pipes.read("read", "server", 3000);
        pipes.local("client");
        pipes.setMode("client", 7);
        steps.call("FlushFileBuffers of the client", steps.win32().flushFileBuffers(steps.handle("client")));
    }

    static void synchronous(Win32Steps steps) {
        PipeSteps pipes = steps.pipes().create("server", "synchronous");
        pipes.open("client", "synchronous", PipeSteps.READ_WRITE, 0);
        steps.tryAssociate("client");
        pipes.writeSynchronously("client", "hello");
        pipes.readAll("read", "server", 100);
        pipes.writeAll("write", "server", "answer");
        pipes.readSynchronously("client", 100);
        steps.closeHandle("server");
        pipes.readSynchronously("client", 100);
        pipes.writeSynchronously("client", "x");
    }

    static void unnamed(Win32Steps steps) {
        PipeSteps pipes = steps.pipes();
        pipes.unnamed("server", "client");
        steps.tryAssociate("server");
        steps.tryAssociate("client");
        pipes.writeSynchronously("client", "hello");
        pipes.readAll("read", "server", 100);
        pipes.writeAll("write", "server", "answer");
        pipes.readSynchronously("client", 100);
        steps.closeHandle("client");
        pipes.readAll("end", "server", 100);
    }

    static void impersonation(Win32Steps steps) {
        PipeSteps pipes = steps.pipes();
        int[] levels = { 0, WinConst.SECURITY_SQOS_PRESENT | WinConst.SECURITY_ANONYMOUS,
                WinConst.SECURITY_SQOS_PRESENT | WinConst.SECURITY_IDENTIFICATION,
                WinConst.SECURITY_SQOS_PRESENT | WinConst.SECURITY_IMPERSONATION };
        for (int i = 0; i < levels.length; i++) {
            String server = "server " + i;
            pipes.create(server, "impersonation " + i);
            pipes.connect("connect " + i, server);
            pipes.open("client " + i, "impersonation " + i, PipeSteps.READ_WRITE, OVERLAPPED | levels[i]);
            steps.associate("client " + i);
            steps.complete("connect " + i);
            pipes.impersonate(server);
            pipes.writeAll("write " + i, "client " + i, "x");
            pipes.readAll("read " + i, server, 10);
            pipes.impersonate(server);
        }
        pipes.impersonate("client 1");
    }

    static void descriptors(Win32Steps steps) {
        PipeSteps pipes = steps.pipes();
        pipes.security("O:" + pipes.own() + "D:P(A;;GA;;;WD)");
        pipes.create("server", "descriptors", PipeSteps.DUPLEX, 0, 2, 4096);
        pipes.create("second", "descriptors", PipeSteps.DUPLEX, 0, 2, 4096);
        pipes.open("client", "descriptors", WinConst.FILE_READ_DATA | WinConst.READ_CONTROL, OVERLAPPED);
        pipes.owner("client", true);
        pipes.freeSecurity();
        pipes.security("nonsense");
        pipes.security("D:P(A;;GA;;;XX)");
        steps.call("LocalFree of nothing", steps.win32().localFree(0));
        steps.note("a handle that is none", steps.win32().openProcess(
                WinConst.PROCESS_QUERY_LIMITED_INFORMATION, 0, 3) == 0);
        steps.call("why", steps.win32().lastError() == WinError.ERROR_INVALID_PARAMETER ? 87 : 0);
    }
}
