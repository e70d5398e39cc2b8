/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;

import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Small programs that run on the simulated Windows and on the real calls; see {@link Win32Steps}. What they say must be
 * the same, but for the {@link KnownDifference known differences}.
 */
public enum ConformanceScript {

    /** Posted packets come in order, with what was posted. */
    POSTED_PACKETS(steps -> {
        steps.poll(20);
        steps.call("post", steps.win32().postQueuedCompletionStatus(steps.port(), 11, 5, 0));
        steps.call("post", steps.win32().postQueuedCompletionStatus(steps.port(), 12, 6, 0));
        steps.poll(1000);
        steps.poll(20);
    }),

    /** A handle is associated once, and only if it is overlapped. */
    ASSOCIATION(steps -> {
        steps.unassociated("a", WinConst.AF_INET);
        steps.tryAssociate("a");
        steps.tryAssociate("a");
        long synchronous = steps.win32().wsaSocket(WinConst.AF_INET, WinConst.SOCK_STREAM, WinConst.IPPROTO_TCP, 0);
        steps.note("a synchronous handle is associated",
                steps.win32().createIoCompletionPort(synchronous, steps.port(), 1, 0) != 0);
        steps.call("why not", steps.win32().lastError());
        long status = steps.memory(16);
        long mode = steps.memory(8);
        steps.note("mode of the overlapped handle", steps.win32().ntQueryInformationFile(steps.handle("a"), status,
                mode, 4, WinConst.FILE_MODE_INFORMATION) == 0 ? isSynchronous(mode) : "no answer");
        steps.note("mode of the synchronous handle", steps.win32().ntQueryInformationFile(synchronous, status, mode, 4,
                WinConst.FILE_MODE_INFORMATION) == 0 ? isSynchronous(mode) : "no answer");
        steps.win32().closesocket(synchronous);
    }),

    /** What bind says. */
    BIND(steps -> {
        steps.socket("a", WinConst.AF_INET).localName("a");
        steps.set("a", WinConst.SOL_SOCKET, WinConst.SO_EXCLUSIVEADDRUSE, 1);
        steps.bindLoopback("a");
        steps.localName("a");
        steps.bind("a", steps.loopback(WinConst.AF_INET, 0));
        steps.socket("b", WinConst.AF_INET);
        steps.bind("b", steps.loopback(WinConst.AF_INET, steps.localPort("a")));
        steps.bind("b", steps.address(WinConst.AF_INET, 8, 8, 0));
        steps.bind("b", steps.loopback(WinConst.AF_INET6, 0));
        steps.listen("b", 5);
        steps.peerName("a");
    }),

    /** What sockets are before anybody sets an option, and after. */
    OPTIONS(steps -> {
        steps.socket("a", WinConst.AF_INET);
        int[] options = { WinConst.SO_REUSEADDR, WinConst.SO_EXCLUSIVEADDRUSE, WinConst.SO_KEEPALIVE,
                WinConst.SO_LINGER,
                WinConst.SO_ERROR, WinConst.SO_TYPE };
        for (int option : options) {
            steps.get("a", WinConst.SOL_SOCKET, option);
        }
        steps.get("a", WinConst.IPPROTO_TCP, WinConst.TCP_NODELAY);
        steps.get("a", WinConst.IPPROTO_TCP, WinConst.TCP_KEEPIDLE);
        steps.get("a", WinConst.IPPROTO_TCP, 12345);
        steps.set("a", WinConst.IPPROTO_TCP, WinConst.TCP_NODELAY, 1);
        steps.get("a", WinConst.IPPROTO_TCP, WinConst.TCP_NODELAY);
        steps.set("a", WinConst.SOL_SOCKET, WinConst.SO_KEEPALIVE, 1);
        steps.get("a", WinConst.SOL_SOCKET, WinConst.SO_KEEPALIVE);
        steps.set("a", WinConst.SOL_SOCKET, WinConst.SO_LINGER, (byte) 1, (byte) 0, (byte) 7, (byte) 0);
        steps.get("a", WinConst.SOL_SOCKET, WinConst.SO_LINGER);
        steps.set("a", WinConst.SOL_SOCKET, WinConst.SO_SNDBUF, 30000);
        steps.get("a", WinConst.SOL_SOCKET, WinConst.SO_SNDBUF);
        steps.set("a", WinConst.SOL_SOCKET, WinConst.SO_KEEPALIVE, (byte) 1);
        steps.set("a", WinConst.SOL_SOCKET, WinConst.SO_EXCLUSIVEADDRUSE, 1);
        steps.set("a", WinConst.SOL_SOCKET, WinConst.SO_REUSEADDR, 1);
        steps.socket("b", WinConst.AF_INET6);
        steps.get("b", WinConst.IPPROTO_IPV6, WinConst.IPV6_V6ONLY);
        steps.set("b", WinConst.IPPROTO_IPV6, WinConst.IPV6_V6ONLY, 0);
        steps.get("b", WinConst.IPPROTO_IPV6, WinConst.IPV6_V6ONLY);
    }),

    /** An accepted and a connected socket are complete only after their contexts were updated. */
    CONTEXTS(steps -> {
        steps.socket("listener", WinConst.AF_INET).bindLoopback("listener");
        steps.listen("listener", 5);
        steps.socket("server", WinConst.AF_INET).socket("client", WinConst.AF_INET);
        steps.accept("accept", "listener", "server");
        steps.bindAny("client");
        steps.connect("connect", "client", steps.loopback(WinConst.AF_INET, steps.localPort("listener")));
        steps.complete("connect");
        steps.complete("accept");
        steps.peerName("server");
        steps.localName("server");
        steps.peerName("client");
        steps.localName("client");
        steps.shutdown("server", WinConst.SD_SEND);
        steps.updateConnect("client");
        steps.updateAccept("server", "listener");
        steps.acceptedAddresses("accept", "listener");
        steps.peerName("server");
        steps.localName("server");
        steps.peerName("client");
        steps.localName("client");
    }),

    /** What connecting and accepting refuse. */
    REFUSED_STARTS(steps -> {
        steps.socket("a", WinConst.AF_INET).socket("b", WinConst.AF_INET);
        steps.connect("connect of an unbound socket", "a", steps.loopback(WinConst.AF_INET, 9));
        steps.accept("accept of a socket that doesn't listen", "a", "b");
        steps.receive("receive of an unconnected socket", "a", 10);
        steps.send("send of an unconnected socket", "a", "x");
        steps.shutdown("a", WinConst.SD_SEND);
        steps.updateConnect("a");
        steps.call("CancelIoEx", steps.win32().cancelIoEx(steps.handle("a"), 0));
        steps.bindAny("a");
        steps.connect("connect to an address of the wrong family", "a", steps.loopback(WinConst.AF_INET6, 9));
        steps.connection("client", "server");
        steps.connect("connect of a connected socket", "client", steps.loopback(WinConst.AF_INET, 9));
        steps.socket("listener", WinConst.AF_INET).bindLoopback("listener");
        steps.listen("listener", 5);
        steps.accept("accept with a connected socket", "listener", "server");
    }),

    /** Nobody listens there. */
    CONNECTION_REFUSED(steps -> {
        steps.socket("gone", WinConst.AF_INET).bindLoopback("gone");
        int port = steps.localPort("gone");
        steps.close("gone");
        steps.socket("a", WinConst.AF_INET).bindAny("a");
        steps.connect("connect", "a", steps.loopback(WinConst.AF_INET, port));
        steps.complete("connect");
        steps.updateConnect("a");
    }),

    /** Bytes go both ways, gathered and scattered. */
    ECHO(steps -> {
        steps.connection("client", "server");
        steps.receive("receive", "server", 100);
        steps.send("send", "client", "hello, ", "world");
        steps.complete("send");
        steps.complete("receive");
        steps.received("receive");
        steps.send("answer", "server", "0123456789");
        steps.complete("answer");
        steps.receive("scattered", "client", 4, 3, 100);
        steps.complete("scattered");
        steps.received("scattered");
        steps.send("nothing", "client", "");
        steps.complete("nothing");
    }),

    /** Windows sends parts of a file. */
    TRANSMIT_FILE(steps -> {
        steps.file("file", "0123456789");
        steps.socket("unconnected", WinConst.AF_INET);
        steps.transmit("transmission of an unconnected socket", "unconnected", "file", 0, 1);
        steps.connection("client", "server");
        steps.transmit("all of it", "client", "file", 0, 10);
        steps.complete("all of it");
        steps.receiveAll("receive", "server", 10);
        steps.transmit("the middle", "client", "file", 3, 4);
        steps.complete("the middle");
        steps.receive("receive the middle", "server", 100);
        steps.complete("receive the middle");
        steps.received("receive the middle");
        steps.shutdown("client", WinConst.SD_SEND);
        steps.transmit("after the end", "client", "file", 0, 1);
    }),

    /** A receive of no bytes tells that there are some. */
    ZERO_BYTE_RECEIVE(steps -> {
        steps.connection("client", "server");
        steps.receive("zero", "server", 0);
        steps.poll(50);
        steps.send("send", "client", "abc");
        steps.complete("zero");
        steps.receive("receive", "server", 100);
        steps.complete("receive");
        steps.received("receive");
        steps.shutdown("client", WinConst.SD_SEND);
        steps.receive("zero at the end", "server", 0);
        steps.complete("zero at the end");
        steps.receive("end", "server", 100);
        steps.complete("end");
    }),

    /** One direction ends, the other goes on. */
    HALF_CLOSE(steps -> {
        steps.connection("client", "server");
        steps.receive("receive", "server", 100);
        steps.shutdown("client", WinConst.SD_SEND);
        steps.complete("receive");
        steps.receive("receive again", "server", 100);
        steps.complete("receive again");
        steps.send("send of the one who shut down", "client", "x");
        steps.send("send", "server", "still here");
        steps.receive("receive of the other direction", "client", 100);
        steps.complete("receive of the other direction");
        steps.received("receive of the other direction");
        steps.shutdown("server", WinConst.SD_SEND);
        steps.receive("end of the other direction", "client", 100);
        steps.complete("end of the other direction");
    }),

    /** The other side resets. */
    RESET(steps -> {
        steps.connection("client", "server");
        steps.receive("receive", "server", 100);
        steps.abortive("client").close("client");
        steps.complete("receive");
        steps.send("send after the reset", "server", "x");
        steps.receive("receive after the reset", "server", 100);
        steps.peerName("server");
    }),

    /** The other side closes while a receive of its own is pending. */
    CLOSE_WITH_A_RECEIVE_PENDING(steps -> {
        steps.connection("client", "server");
        steps.receive("receive of the closer", "client", 100);
        steps.receive("receive", "server", 100);
        steps.close("client");
        steps.complete("receive of the closer");
        steps.complete("receive");
    }),

    /** The other side closes while bytes for it are unread. */
    CLOSE_WITH_UNREAD_BYTES(steps -> {
        steps.connection("client", "server");
        steps.send("send", "server", "never read");
        steps.complete("send");
        steps.receive("zero", "client", 0);
        steps.complete("zero");
        steps.receive("receive", "server", 100);
        steps.close("client");
        steps.complete("receive");
    }),

    /** What was sent before the close arrives, and then the end. */
    GRACEFUL_CLOSE(steps -> {
        steps.connection("client", "server");
        steps.send("send", "client", "good bye");
        steps.complete("send");
        steps.close("client");
        steps.receive("receive", "server", 100);
        steps.complete("receive");
        steps.received("receive");
        steps.receive("end", "server", 100);
        steps.complete("end");
    }),

    /** Cancelling a receive, and cancelling what isn't there. */
    CANCEL(steps -> {
        steps.connection("client", "server");
        steps.receive("receive", "server", 100);
        steps.cancel("receive", "server");
        steps.complete("receive");
        steps.cancel("receive", "server");
        steps.send("send", "client", "later");
        steps.receive("next receive", "server", 100);
        steps.complete("next receive");
        steps.received("next receive");
    }),

    /** A success that comes at once has a packet, unless it was agreed that it has none. */
    SKIP_ON_SUCCESS(steps -> {
        steps.connection("client", "server");
        steps.send("send", "client", "with a packet");
        steps.complete("send");
        steps.poll(50);
        steps.skipOnSuccess("client");
        steps.send("send that skips", "client", "without a packet");
        steps.note("it succeeds at once", steps.wasInline("send that skips"));
        steps.complete("send that skips");
        steps.poll(50);
        steps.call("unknown modes", steps.win32().setFileCompletionNotificationModes(steps.handle("client"), 64));
    }),

    /** Closing a listener ends its accepts. */
    CLOSE_OF_A_LISTENER(steps -> {
        steps.socket("listener", WinConst.AF_INET).bindLoopback("listener");
        steps.listen("listener", 5);
        for (String name : new String[] { "a", "b", "c" }) {
            steps.socket(name, WinConst.AF_INET);
            steps.accept("accept " + name, "listener", name);
        }
        steps.cancel("accept b", "listener");
        steps.complete("accept b");
        steps.close("listener");
        steps.complete("accept a");
        steps.complete("accept c");
    }),

    /** A socket of IPv6 that takes both families. */
    DUAL_STACK(steps -> {
        steps.socket("listener", WinConst.AF_INET6);
        steps.set("listener", WinConst.IPPROTO_IPV6, WinConst.IPV6_V6ONLY, 0);
        steps.bindAny("listener");
        steps.listen("listener", 5);
        steps.socket("four", WinConst.AF_INET6).socket("six", WinConst.AF_INET6);
        steps.accept("accept four", "listener", "four");
        steps.socket("client four", WinConst.AF_INET).bindAny("client four");
        steps.connect("connect four", "client four", steps.loopback(WinConst.AF_INET, steps.localPort("listener")));
        steps.complete("connect four");
        steps.complete("accept four");
        steps.acceptedAddresses("accept four", "listener");
        steps.accept("accept six", "listener", "six");
        steps.socket("client six", WinConst.AF_INET6).bindAny("client six");
        steps.connect("connect six", "client six", steps.loopback(WinConst.AF_INET6, steps.localPort("listener")));
        steps.complete("connect six");
        steps.complete("accept six");
        steps.acceptedAddresses("accept six", "listener");
    }),

    /** Who doesn't read stops who sends, at last. */
    BACK_PRESSURE(steps -> {
        steps.connection("client", "server");
        int sent = 0;
        while (steps.sendMuch("send " + sent, "client", 1 << 20) == 0 && sent < 64) {
            steps.complete("send " + sent++);
        }
        steps.record().clear();
        steps.note("a send pends at last", sent < 64);
        steps.poll(50);
        steps.receiveAll("receive", "server", (sent + 1) << 20);
        steps.record().removeIf(line -> line.startsWith("receive"));
        steps.call("what the send that pended says", steps.complete("send " + sent));
        steps.record().removeIf(line -> line.startsWith("send "));
    }),

    /** Nothing can be received after the input was shut down. */
    SHUTDOWN_OF_INPUT(steps -> {
        steps.connection("client", "server");
        steps.shutdown("server", WinConst.SD_RECEIVE);
        steps.receive("receive", "server", 100);
        steps.send("send", "server", "that still works");
        steps.receive("receive of the other", "client", 100);
        steps.complete("receive of the other");
    }),

    /** Bytes go both ways through a pipe. */
    PIPE_ECHO(PipeScripts::echo),

    /** Datagrams come whole, with their sender, empty ones too. */
    DATAGRAM_ECHO(DatagramScripts::echo),

    /** Datagrams come in order, to receives in order. */
    DATAGRAM_ORDER(DatagramScripts::order),

    /** What doesn't fit is lost, and the receive has a packet that says so. */
    DATAGRAM_TRUNCATION(DatagramScripts::truncation),

    /** A socket is bound by its first send. */
    DATAGRAM_UNBOUND(DatagramScripts::unbound),

    /** A connected socket hears its peer, may be connected to another, and be disconnected. */
    DATAGRAM_CONNECTED(DatagramScripts::connected),

    /** What sends and receives refuse. */
    DATAGRAM_REFUSED(DatagramScripts::refused),

    /** Nobody listens there. */
    DATAGRAM_UNREACHABLE(DatagramScripts::unreachable),

    /** Receives are cancelled one by one, and by the close. */
    DATAGRAM_CANCEL_AND_CLOSE(DatagramScripts::cancelAndClose),

    /** What datagram sockets are before anybody sets an option, and after. */
    DATAGRAM_OPTIONS(DatagramScripts::options),

    /** Groups are joined and left, sources blocked. */
    DATAGRAM_MULTICAST(DatagramScripts::multicast),

    /** The client is there before the server waits for it. */
    PIPE_CONNECTED_BEFORE(PipeScripts::connectedBefore),

    /** The client is gone before the server waits for it; the instance is used again. */
    PIPE_CLIENT_CAME_AND_LEFT(PipeScripts::clientCameAndLeft),

    /** What can be done in each state of an instance. */
    PIPE_STATES(PipeScripts::states),

    /** An instance that listens is disconnected. */
    PIPE_DISCONNECT_WHILE_LISTENING(PipeScripts::disconnectOfAListeningInstance),

    /** Events of both kinds. */
    EVENTS(PipeScripts::events),

    /** An instance waits with an event, and is associated when its client is there. */
    PIPE_CONNECT_BY_EVENT(PipeScripts::connectByEvent),

    /** What waits is cancelled, and nothing is lost by it. */
    PIPE_CANCEL(PipeScripts::cancelledConnect),

    /** What is a name, and what is the same. */
    PIPE_NAMES(PipeScripts::names),

    /** How many instances there may be, and that they are alike. */
    PIPE_INSTANCES(PipeScripts::instances),

    /** Who wants to be the first, and isn't. */
    PIPE_FIRST_INSTANCE(PipeScripts::firstInstance),

    /** Clients that find no instance free. */
    PIPE_BUSY(PipeScripts::busy),

    /** A name lives as long as an instance of it. */
    PIPE_NAME_OF_AN_ACCEPTED_INSTANCE(PipeScripts::nameOfAnAcceptedInstance),

    /** Pipes of one direction. */
    PIPE_DIRECTIONS(PipeScripts::directions),

    /** What a handle may be used for, by what it was opened for. */
    PIPE_ACCESS(PipeScripts::accesses),

    /** Messages arrive whole, in parts, and empty. */
    PIPE_MESSAGES(PipeScripts::messages),

    /** Reads without a buffer, which say that there is something. */
    PIPE_READS_OF_NOTHING(PipeScripts::readsOfNothing),

    /** Messages that are read as bytes. */
    PIPE_MESSAGES_AS_BYTES(PipeScripts::messagesAsBytes),

    /** A pipe of bytes has no messages. */
    PIPE_BYTES(PipeScripts::bytes),

    /** A write that has no room waits. */
    PIPE_QUOTA(PipeScripts::quota),

    /** What was written can be read after the close, then comes the end. */
    PIPE_CLOSE_KEEPS_WHAT_WAS_WRITTEN(PipeScripts::closeKeepsWhatWasWritten),

    /** What waits to be written is lost by a close. */
    PIPE_CLOSE_LOSES_WHAT_IS_BEING_WRITTEN(PipeScripts::closeLosesWhatIsBeingWritten),

    /** What pends on an end that is closed. */
    PIPE_CLOSE_WITH_A_READ_PENDING(PipeScripts::closeWithAReadPending),

    /** What pends when the other end is closed. */
    PIPE_CLOSE_OF_THE_READER(PipeScripts::closeOfTheReader),

    /** DisconnectNamedPipe loses what was not read. */
    PIPE_DISCONNECT_DROPS(PipeScripts::disconnectDrops),

    /** Successes that come at once have no packet where that was agreed. */
    PIPE_SKIP_ON_SUCCESS(PipeScripts::skipOnSuccess),

    /** What can be asked about a pipe. */
    PIPE_QUESTIONS(PipeScripts::questions),

    /** An end that is not overlapped. */
    PIPE_SYNCHRONOUS(PipeScripts::synchronous),

    /** A pair without a name. */
    PIPE_UNNAMED(PipeScripts::unnamed),

    /** Who a client is, by what it allowed. */
    PIPE_IMPERSONATION(PipeScripts::impersonation),

    /** Security descriptors. */
    PIPE_DESCRIPTORS(PipeScripts::descriptors),

    /** Files are read and written at positions. */
    FILE_READ_AND_WRITE(FileScripts::readAndWrite),

    /** Files get longer and shorter. */
    FILE_SIZES(FileScripts::sizes),

    /** Who else may open a file. */
    FILE_SHARING(FileScripts::sharing),

    /** Locks are given, refused and given back. */
    FILE_LOCKS(FileScripts::locks),

    /** Locks are waited for. */
    FILE_LOCKS_THAT_WAIT(FileScripts::locksThatWait, win32 -> win32.wineGetVersion() == 0 ? null
            : "packets of locks: Wine posts none"),

    /** Changes of a directory, also those between two calls. */
    DIRECTORY_CHANGES(DirectoryScripts::changes),

    /** The same with details. */
    DIRECTORY_DETAILS(DirectoryScripts::details, needs("kernel32.dll", "ReadDirectoryChangesExW")),

    /** Memory is reserved, committed in parts, and given back. */
    MEMORY(SystemScripts::memory),

    /** Copies of handles, and who inherits them. */
    HANDLES(SystemScripts::handles),

    /** Threads, and the end of what blocks them. */
    THREADS(SystemScripts::threads),

    /** What Windows says of itself. */
    VERSIONS(SystemScripts::versions),

    /** Names of accounts and machines. */
    NAMES(SystemScripts::names),

    /** A port waits for an event. */
    WAIT_PACKETS(SystemScripts::waitPackets, needs("ntdll.dll", "NtAssociateWaitCompletionPacket")),

    /** Messages of a mailslot, empty ones too. */
    MAILSLOT_MESSAGES(DeviceScripts::messages),

    /** Who finds a mailslot, and when. */
    MAILSLOT_NAMES(DeviceScripts::names),

    /** Messages that are larger than a read's buffer. */
    MAILSLOT_SIZES(DeviceScripts::sizes),

    /** What either end may not do. */
    MAILSLOT_ACCESS(DeviceScripts::access),

    /** A read of a mailslot that is cancelled, and one that a close finds. */
    MAILSLOT_CANCEL_AND_CLOSE(DeviceScripts::cancelAndClose),

    /** A read that waits for some time only. */
    MAILSLOT_TIMEOUT(DeviceScripts::timeout),

    /** Calls on what is another device. */
    OTHER_DEVICES(DeviceScripts::otherDevices),

    /** Changes while nobody reads. */
    DIRECTORY_BETWEEN(DirectoryScripts::between),

    /** Changes in a directory below. */
    DIRECTORY_SUBTREE(DirectoryScripts::subtree),

    /** More changes than fit in the kernel's buffer. */
    DIRECTORY_OVERFLOW(DirectoryScripts::overflow),

    /** A read that is cancelled, and one that a close finds. */
    DIRECTORY_CANCEL_AND_CLOSE(DirectoryScripts::cancelAndClose),

    /** The directory is deleted. */
    DIRECTORY_DELETED(DirectoryScripts::deleted),

    /** What is refused. */
    DIRECTORY_REFUSED(DirectoryScripts::refused),

    /** Arguments that no call takes. */
    WRONG_ARGUMENTS(steps -> {
        steps.connection("client", "server");
        steps.call("a poll for no entries", steps.win32().getQueuedCompletionStatusEx(steps.port(), steps.memory(32), 0,
                steps.memory(4), 0));
        long length = steps.memory(4);
        Memory.putInt(length, 3);
        steps.call("a name too short", steps.win32().getsockname(steps.handle("client"), steps.memory(64), length));
        steps.call("a shutdown of nothing known", steps.win32().shutdown(steps.handle("client"), 17));
        steps.call("an unknown ioctl", steps.win32().wsaIoctl(steps.handle("client"), 0x98FFFF01, 0, 0, 0, 0, length));
        steps.note("a family that isn't there", steps.win32().wsaSocket(99, 1, 6, 1));
        steps.call("why not", steps.win32().lastError());
        steps.note("cancelled", NtStatus.isError(NtStatus.STATUS_CANCELLED));
        steps.call("the error of a cancellation",
                steps.win32().rtlNtStatusToDosError(NtStatus.STATUS_CANCELLED) - WinError.ERROR_OPERATION_ABORTED);
    }),

    /** A console that is made, gets a process, and ends what it showed when it is closed. */
    CONSOLE(ProcessScripts::console, needs("kernel32.dll", "CreatePseudoConsole")),

    /** How processes end, and by which codes. */
    PROCESS_ENDS(ProcessScripts::ends),

    /** What a list of attributes takes, and that a job has one port. */
    PROCESS_ATTRIBUTES(ProcessScripts::attributes),

    /** What a job says of a process, and what it counts. */
    JOB_MESSAGES(ProcessScripts::messages),

    /** A process that is created suspended runs only when it is resumed, and may come into a job before. */
    JOB_OF_A_SUSPENDED_PROCESS(ProcessScripts::suspended),

    /** A process that a child left behind is in its job, and ends with that. */
    JOB_FAMILIES(ProcessScripts::families),

    /** A job that kills on close does. */
    JOB_KILL_ON_CLOSE(ProcessScripts::killOnClose);

    private final Consumer<Win32Steps> script;

    private final Function<Win32, String> missing;

    ConformanceScript(Consumer<Win32Steps> script) {
        this(script, win32 -> null);
    }

    ConformanceScript(Consumer<Win32Steps> script, Function<Win32, String> missing) {
        this.script = script;
        this.missing = missing;
    }

    /** What this Windows lacks of what the script needs; {@code null} for nothing. */
    public String missing(Win32 win32) {
        return missing.apply(win32);
    }

    private static Function<Win32, String> needs(String library, String function) {
        return win32 -> win32.isExported(library, function) ? null : function;
    }

    /** Runs it. */
    public void run(Win32Steps steps) {
        script.accept(steps);
    }

    private static boolean isSynchronous(long mode) {
        int synchronous = WinConst.FILE_SYNCHRONOUS_IO_ALERT | WinConst.FILE_SYNCHRONOUS_IO_NONALERT;
        return (Memory.getInt(mode) & synchronous) != 0;
    }
}
