/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.CallCounts;
import io.github.nettyiocp.internal.CallCounts.Function;
import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.Win32Access;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The calls of {@link Win32} on a {@link SimulatedKernel}: decodes arguments, refuses what Windows refuses. */
final class SimulatedWin32 implements Win32 {

    private static final int STATUS_INFO_LENGTH_MISMATCH = 0xC0000004;
    private static final int ERROR_INVALID_FUNCTION = 1;
    private static final long TIMER_TICK_NANOS = 15_625_000;
    private static final int BUILD = 19045;

    private static final byte[] ACCEPT_EX = guid(0xb5367df1, 0xcbac, 0x11cf, 0x95, 0xca, 0x00, 0x80, 0x5f, 0x48, 0xa1,
            0x92);
    private static final byte[] CONNECT_EX = guid(0x25a207b9, 0xddf3, 0x4660, 0x8e, 0xe9, 0x76, 0xe5, 0x8c, 0x74, 0x06,
            0x3e);
    private static final byte[] GET_ACCEPT_EX_SOCKADDRS = guid(0xb5367df2, 0xcbac, 0x11cf, 0x95, 0xca, 0x00, 0x80,
            0x5f, 0x48, 0xa1, 0x92);

    private static final byte[] TRANSMIT_FILE = guid(0xb5367df0, 0xcbac, 0x11cf, 0x95, 0xca, 0x00, 0x80, 0x5f, 0x48,
            0xa1, 0x92);

    /** Pointers that can't be called and differ by function and family. */
    private static final long FUNCTIONS = 0x7ff0_0000_0000L;
    private static final int ACCEPT_EX_FUNCTION = 1;
    private static final int CONNECT_EX_FUNCTION = 2;
    private static final int GET_ACCEPT_EX_SOCKADDRS_FUNCTION = 3;
    private static final int TRANSMIT_FILE_FUNCTION = 4;

    /**
     * The calls in which another thread may get the baton. Not those that the production code makes while it holds a
     * lock
     * or a gate for which another thread may wait without a call: posts, and what is asked of a socket.
     */
    private static final Set<Function> YIELDING = EnumSet.of(Function.GetQueuedCompletionStatusEx, Function.WSARecv,
            Function.WSASend, Function.WSARecvFrom, Function.WSASendTo,
            Function.AcceptEx, Function.ConnectEx, Function.TransmitFile, Function.CancelIoEx, Function.closesocket,
            Function.WSASocketW, Function.CreateIoCompletionPort, Function.ReadFile, Function.WriteFile,
            Function.CreateFileW, Function.CreateNamedPipeW, Function.ConnectNamedPipe, Function.FlushFileBuffers,
            Function.DisconnectNamedPipe, Function.DeviceIoControl, Function.CreateProcessW);

    private static final Set<String> NOT_EXPORTED = Set.of("wine_get_version");

    private static final Map<Integer, Integer> DOS_ERRORS = Map.ofEntries(
            Map.entry(NtStatus.STATUS_SUCCESS, 0),
            Map.entry(NtStatus.STATUS_PENDING, WinError.ERROR_IO_PENDING),
            Map.entry(NtStatus.STATUS_CANCELLED, WinError.ERROR_OPERATION_ABORTED),
            Map.entry(NtStatus.STATUS_CONNECTION_RESET, WinError.ERROR_NETNAME_DELETED),
            Map.entry(NtStatus.STATUS_CONNECTION_DISCONNECTED, WinError.ERROR_NETNAME_DELETED),
            Map.entry(NtStatus.STATUS_REMOTE_DISCONNECT, WinError.ERROR_NETNAME_DELETED),
            Map.entry(NtStatus.STATUS_LOCAL_DISCONNECT, WinError.ERROR_NETNAME_DELETED),
            Map.entry(NtStatus.STATUS_CONNECTION_ABORTED, WinError.ERROR_CONNECTION_ABORTED),
            Map.entry(NtStatus.STATUS_CONNECTION_REFUSED, WinError.ERROR_CONNECTION_REFUSED),
            Map.entry(NtStatus.STATUS_IO_TIMEOUT, WinError.ERROR_SEM_TIMEOUT),
            Map.entry(NtStatus.STATUS_NETWORK_UNREACHABLE, WinError.ERROR_NETWORK_UNREACHABLE),
            Map.entry(NtStatus.STATUS_HOST_UNREACHABLE, WinError.ERROR_HOST_UNREACHABLE),
            Map.entry(NtStatus.STATUS_HOPLIMIT_EXCEEDED, WinError.ERROR_HOST_UNREACHABLE),
            Map.entry(NtStatus.STATUS_INSUFFICIENT_RESOURCES, WinError.ERROR_NO_SYSTEM_RESOURCES),
            Map.entry(NtStatus.STATUS_INVALID_HANDLE, WinError.ERROR_INVALID_HANDLE));

    private final SimulatedKernel kernel;
    private final CallCounts counts = new CallCounts();
    private final PipeCalls pipes;
    private final SecurityCalls security;
    private final ProcessCalls processes;
    private final JobCalls jobs;
    private int lastError;

    private SimulatedWin32(SimulatedKernel kernel) {
        this.kernel = kernel;
        pipes = new PipeCalls(kernel);
        security = new SecurityCalls(kernel);
        processes = new ProcessCalls(kernel);
        jobs = new JobCalls(kernel);
    }

    @Override
    public int lastError() {
        return lastError;
    }

    @Override
    public CallCounts counts() {
        return counts;
    }

    private void enter(Function function) {
        counts.count(function);
        kernel.enter(YIELDING.contains(function));
    }

    private int failed(int error) {
        if (error != 0) {
            lastError = error;
        }
        return error;
    }

    private long failed(long result, int error) {
        lastError = error;
        return result;
    }

    /** The handle that one of {@link #pipes} gave, or why it didn't. */
    private long orFailed(long handle) {
        return handle == WinConst.INVALID_HANDLE_VALUE ? failed(handle, pipes.error()) : handle;
    }

    private int failed(int result, int error) {
        lastError = error;
        return result;
    }

    /** Waits for one of several objects. */
    private int await(List<SimulatedWaitable> objects, int millis) {
        if (millis != 0) {
            kernel.blockingCall("a wait for objects");
            kernel.await(() -> objects.stream().anyMatch(SimulatedWaitable::isSignaled), deadline(millis));
        }
        for (int i = 0; i < objects.size(); i++) {
            if (objects.get(i).isSignaled()) {
                objects.get(i).satisfied();
                return WinConst.WAIT_OBJECT_0 + i;
            }
        }
        return WinError.WAIT_TIMEOUT;
    }

    private boolean isOver(long overlapped) {
        return (int) Memory.getLong(overlapped + Layout.OVERLAPPED_INTERNAL) != NtStatus.STATUS_PENDING;
    }

    // ---- memory

    @Override
    public long virtualAlloc(long address, long size, int allocationType, int protect) {
        synchronized (kernel) {
            enter(Function.VirtualAlloc);
            if (size <= 0 || protect != WinConst.PAGE_READWRITE) {
                return failed(0L, WinError.ERROR_INVALID_PARAMETER);
            }
            boolean commits = (allocationType & WinConst.MEM_COMMIT) != 0;
            if (commits && kernel.faults().happens(Faults.Kind.COMMIT_FAILS)) {
                return failed(0L, WinError.ERROR_NOT_ENOUGH_MEMORY);
            }
            if ((allocationType & WinConst.MEM_RESERVE) != 0 || address == 0) {
                KernelMemory.Block block = kernel.memory().allocate(size, "reserved memory of " + size + " bytes");
                block.committed = commits ? size : 0;
                return block.address;
            }
            KernelMemory.Block block = kernel.memory().blockAround(address);
            if (block == null || block.committed < 0 || block.isFreed()
                    || address + size > block.address + block.size) {
                kernel.violation("VirtualAlloc commits memory that was not reserved");
                return failed(0L, 487);
            }
            if (address > block.address + block.committed) {
                kernel.violation("VirtualAlloc commits with a gap, which is not simulated");
            }
            block.committed = Math.max(block.committed, address + size - block.address);
            return address;
        }
    }

    @Override
    public int virtualFree(long address, long size, int freeType) {
        synchronized (kernel) {
            enter(Function.VirtualFree);
            KernelMemory.Block block = kernel.memory().blockAt(address);
            if (block == null || block.committed < 0 || block.isFreed()) {
                kernel.violation("VirtualFree of memory that was not reserved");
                return failed(487);
            }
            if (freeType != WinConst.MEM_RELEASE || size != 0) {
                return failed(WinError.ERROR_INVALID_PARAMETER);
            }
            kernel.memory().free(block);
            return 0;
        }
    }

    // ---- completion ports and handles

    @Override
    public long createIoCompletionPort(long handle, long existingPort, long key, int concurrency) {
        synchronized (kernel) {
            enter(Function.CreateIoCompletionPort);
            if (handle == WinConst.INVALID_HANDLE_VALUE) {
                if (existingPort != 0) {
                    return failed(0L, WinError.ERROR_INVALID_PARAMETER);
                }
                SimulatedPort port = new SimulatedPort(kernel);
                kernel.log("port %d is created", port.id);
                return kernel.open(port);
            }
            SimulatedHandle object = kernel.handle(handle, "CreateIoCompletionPort");
            SimulatedPort port = kernel.port(existingPort, "CreateIoCompletionPort");
            if (object == null || port == null) {
                return failed(0L, WinError.ERROR_INVALID_HANDLE);
            }
            if (kernel.faults().happens(Faults.Kind.ASSOCIATE_FAILS)) {
                return failed(0L, WinError.ERROR_NOT_ENOUGH_MEMORY);
            }
            if (!object.associate(port, key)) {
                return failed(0L, WinError.ERROR_INVALID_PARAMETER);
            }
            kernel.log("%s %d is associated with port %d", object.kind(), object.id, port.id);
            return existingPort;
        }
    }

    @Override
    public int getQueuedCompletionStatusEx(long port, long entries, int count, long removed, int millis) {
        synchronized (kernel) {
            enter(Function.GetQueuedCompletionStatusEx);
            kernel.polls();
            if (kernel.threads().impersonated() != null) {
                kernel.violation("GetQueuedCompletionStatusEx while the thread impersonates a client");
            }
            SimulatedPort object = kernel.port(port, "GetQueuedCompletionStatusEx");
            if (object == null) {
                return failed(WinError.ERROR_INVALID_HANDLE);
            }
            if (count <= 0
                    || !kernel.memory().check(entries, (long) count * Layout.OVERLAPPED_ENTRY_SIZE, "the entries")
                    || !kernel.memory().check(removed, 4, "the number of entries")) {
                return failed(WinError.ERROR_INVALID_PARAMETER);
            }
            // Whoever reads more than he was given reads garbage.
            NativeMemory.fill(entries, (long) count * Layout.OVERLAPPED_ENTRY_SIZE, 0xCC);
            Memory.putInt(removed, count);
            if (kernel.faults().happens(Faults.Kind.POLL_FAILS)) {
                kernel.pollTimedOut(false);
                return failed(WinError.ERROR_NO_SYSTEM_RESOURCES);
            }
            boolean timedOut = false;
            if (object.isEmpty() && millis != 0) {
                timedOut = !kernel.await(() -> !object.isEmpty() || object.isClosed(), deadline(millis));
            }
            kernel.pollTimedOut(timedOut);
            object.dropAmbiguous();
            if (object.isClosed()) {
                return failed(WinError.ERROR_ABANDONED_WAIT_0);
            }
            kernel.polled(object.isEmpty() && millis == 0);
            if (kernel.faults().happens(Faults.Kind.FOREIGN_PACKET)) {
                object.queue(new SimulatedPort.Packet(kernel.faults().dice().number(), null,
                        0x7ff1_0000_0000L + kernel.faults().dice().below(1000) * 8L, 0, 17));
            }
            if (object.isEmpty()) {
                return failed(WinError.WAIT_TIMEOUT);
            }
            int most = Math.min(count, object.batch());
            if (most > 1 && kernel.faults().happens(Faults.Kind.SHORT_BATCH)) {
                most = kernel.faults().dice().between(1, most);
            }
            for (int i = 0; i < most; i++) {
                take(object.poll(), entries + (long) i * Layout.OVERLAPPED_ENTRY_SIZE);
                kernel.packetTaken();
            }
            Memory.putInt(removed, most);
            return 0;
        }
    }

    private long deadline(int millis) {
        if (SimulatedKernel.isInfinite(millis)) {
            return Long.MAX_VALUE;
        }
        long nanos = (millis & 0xffffffffL) * 1_000_000;
        if (kernel.faults().happens(Faults.Kind.EARLY_TIMEOUT)) {
            nanos -= Math.min(nanos, TIMER_TICK_NANOS) / 2;
        } else if (kernel.faults().happens(Faults.Kind.LATE_TIMEOUT)) {
            nanos += TIMER_TICK_NANOS;
        }
        return kernel.schedule().now() + nanos;
    }

    private static void take(SimulatedPort.Packet packet, long entry) {
        if (packet.operation != null) {
            packet.operation.giveBack(packet.status, packet.bytes);
        }
        Memory.putLong(entry + Layout.OVERLAPPED_ENTRY_KEY, packet.key);
        Memory.putLong(entry + Layout.OVERLAPPED_ENTRY_OVERLAPPED, packet.overlapped);
        Memory.putLong(entry + Layout.OVERLAPPED_ENTRY_INTERNAL, packet.status & 0xffffffffL);
        Memory.putInt(entry + Layout.OVERLAPPED_ENTRY_BYTES, packet.bytes);
    }

    @Override
    public int postQueuedCompletionStatus(long port, int bytes, long key, long overlapped) {
        synchronized (kernel) {
            enter(Function.PostQueuedCompletionStatus);
            SimulatedPort object = kernel.port(port, "PostQueuedCompletionStatus");
            if (object == null) {
                return failed(WinError.ERROR_INVALID_HANDLE);
            }
            if (kernel.faults().happens(Faults.Kind.POST_REFUSED)) {
                kernel.log("a post to port %d is refused", object.id);
                return failed(WinError.ERROR_NO_SYSTEM_RESOURCES);
            }
            if (key == 0 && overlapped == 0 && object.posted() > 0) {
                kernel.violation("a second wake-up is queued at %s", object);
            }
            object.queue(new SimulatedPort.Packet(key, null, overlapped, 0, bytes));
            return 0;
        }
    }

    @Override
    public int setFileCompletionNotificationModes(long handle, int flags) {
        synchronized (kernel) {
            enter(Function.SetFileCompletionNotificationModes);
            SimulatedHandle object = kernel.handle(handle, "SetFileCompletionNotificationModes");
            if (object == null) {
                return failed(WinError.ERROR_INVALID_HANDLE);
            }
            int known = WinConst.FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | WinConst.FILE_SKIP_SET_EVENT_ON_HANDLE;
            if ((flags & ~known) != 0) {
                return failed(WinError.ERROR_INVALID_PARAMETER);
            }
            if (kernel.faults().happens(Faults.Kind.MODES_FAIL)) {
                return failed(ERROR_INVALID_FUNCTION);
            }
            object.addModes(flags);
            return 0;
        }
    }

    @Override
    public int cancelIoEx(long handle, long overlapped) {
        synchronized (kernel) {
            enter(Function.CancelIoEx);
            SimulatedHandle object = kernel.handle(handle, "CancelIoEx");
            if (object == null) {
                return failed(WinError.ERROR_INVALID_HANDLE);
            }
            boolean found = object.cancel(overlapped);
            kernel.log("CancelIoEx on %s %d: %s", object.kind(), object.id, found);
            return found ? 0 : failed(WinError.ERROR_NOT_FOUND);
        }
    }

    @Override
    public int closeHandle(long handle) {
        synchronized (kernel) {
            enter(Function.CloseHandle);
            SimulatedHandle object = kernel.handle(handle, "CloseHandle");
            if (object == null) {
                return failed(WinError.ERROR_INVALID_HANDLE);
            }
            if (object instanceof SocketHandle) {
                kernel.violation("CloseHandle of a socket, which wants closesocket");
            }
            kernel.log("%s %d is closed", object.kind(), object.id);
            if (kernel.closed(handle, object)) {
                object.close();
            }
            return 0;
        }
    }

    @Override
    public int ntQueryInformationFile(long handle, long ioStatusBlock, long information, int length,
                                      int informationClass) {
        synchronized (kernel) {
            enter(Function.NtQueryInformationFile);
            SimulatedHandle object = kernel.handle(handle, "NtQueryInformationFile");
            if (object == null) {
                return NtStatus.STATUS_INVALID_HANDLE;
            }
            if (informationClass != WinConst.FILE_MODE_INFORMATION) {
                kernel.memory().check(ioStatusBlock, Layout.IO_STATUS_BLOCK_SIZE, "the IO_STATUS_BLOCK");
                return object.queryInformation(informationClass, information, length);
            }
            if (length < 4) {
                return STATUS_INFO_LENGTH_MISMATCH;
            }
            if (object instanceof SimulatedPort) {
                return 0xC0000024;
            }
            kernel.memory().check(ioStatusBlock, Layout.IO_STATUS_BLOCK_SIZE, "the IO_STATUS_BLOCK");
            kernel.memory().check(information, 4, "the FILE_MODE_INFORMATION");
            Memory.putInt(information, object.overlapped ? 0 : WinConst.FILE_SYNCHRONOUS_IO_NONALERT);
            Memory.putLong(ioStatusBlock, 0);
            Memory.putLong(ioStatusBlock + 8, 4);
            return NtStatus.STATUS_SUCCESS;
        }
    }

    // ---- processes and jobs

    @Override
    public int createProcess(long application, long commandLine, int inherit, int flags, long environment,
                             long directory, long startupInfo, long information) {
        synchronized (kernel) {
            enter(Function.CreateProcessW);
            return failed(processes.create(application, commandLine, inherit != 0, flags, environment, directory,
                    startupInfo, information));
        }
    }

    @Override
    public int initializeProcThreadAttributeList(long list, int count, int flags, long size) {
        synchronized (kernel) {
            enter(Function.InitializeProcThreadAttributeList);
            return failed(processes.initialize(list, count, flags, size));
        }
    }

    @Override
    public int updateProcThreadAttribute(long list, int flags, long attribute, long value, long size) {
        synchronized (kernel) {
            enter(Function.UpdateProcThreadAttribute);
            return failed(processes.update(list, flags, attribute, value, size));
        }
    }

    @Override
    public void deleteProcThreadAttributeList(long list) {
        synchronized (kernel) {
            enter(Function.DeleteProcThreadAttributeList);
            processes.delete(list);
        }
    }

    @Override
    public int getExitCodeProcess(long process, long exitCode) {
        synchronized (kernel) {
            enter(Function.GetExitCodeProcess);
            return failed(processes.exitCode(process, exitCode));
        }
    }

    @Override
    public int terminateProcess(long process, int exitCode) {
        synchronized (kernel) {
            enter(Function.TerminateProcess);
            return failed(processes.terminate(process, exitCode));
        }
    }

    @Override
    public int resumeThread(long thread) {
        synchronized (kernel) {
            enter(Function.ResumeThread);
            return failed(processes.resume(thread));
        }
    }

    @Override
    public long getStdHandle(int which) {
        synchronized (kernel) {
            enter(Function.GetStdHandle);
            return kernel.children().own[WinConst.STD_INPUT_HANDLE - which];
        }
    }

    @Override
    public long getConsoleWindow() {
        synchronized (kernel) {
            enter(Function.GetConsoleWindow);
            return 0;
        }
    }

    @Override
    public int getModuleFileName(long module, long name, int size) {
        synchronized (kernel) {
            enter(Function.GetModuleFileNameW);
            return processes.ownProgram(name, size);
        }
    }

    @Override
    public int getSystemDirectory(long name, int size) {
        synchronized (kernel) {
            enter(Function.GetSystemDirectoryW);
            return processes.systemDirectory(name, size);
        }
    }

    @Override
    public int getFileAttributes(long name) {
        synchronized (kernel) {
            enter(Function.GetFileAttributesW);
            int attributes = processes.fileAttributes(name);
            return attributes == WinConst.INVALID_FILE_ATTRIBUTES ? failed(attributes, WinError.ERROR_FILE_NOT_FOUND)
                    : attributes;
        }
    }

    @Override
    public long createJobObject(long security, long name) {
        synchronized (kernel) {
            enter(Function.CreateJobObjectW);
            long job = jobs.create(security, name);
            return job == 0 ? failed(0L, WinError.ERROR_NOT_ENOUGH_MEMORY) : job;
        }
    }

    @Override
    public int assignProcessToJobObject(long job, long process) {
        synchronized (kernel) {
            enter(Function.AssignProcessToJobObject);
            return failed(jobs.assign(job, process));
        }
    }

    @Override
    public int setInformationJobObject(long job, int informationClass, long information, int length) {
        synchronized (kernel) {
            enter(Function.SetInformationJobObject);
            return failed(jobs.set(job, informationClass, information, length));
        }
    }

    @Override
    public int queryInformationJobObject(long job, int informationClass, long information, int length, long needed) {
        synchronized (kernel) {
            enter(Function.QueryInformationJobObject);
            return failed(jobs.query(job, informationClass, information, length, needed));
        }
    }

    @Override
    public int terminateJobObject(long job, int exitCode) {
        synchronized (kernel) {
            enter(Function.TerminateJobObject);
            return failed(jobs.terminate(job, exitCode));
        }
    }

    @Override
    public int createPseudoConsole(int size, long input, long output, int flags, long console) {
        synchronized (kernel) {
            enter(Function.CreatePseudoConsole);
            return kernel.consoles().create(size, input, output, flags, console);
        }
    }

    @Override
    public int resizePseudoConsole(long console, int size) {
        synchronized (kernel) {
            enter(Function.ResizePseudoConsole);
            return kernel.consoles().resize(console, size);
        }
    }

    @Override
    public void closePseudoConsole(long console) {
        synchronized (kernel) {
            enter(Function.ClosePseudoConsole);
            kernel.consoles().close(console);
        }
    }

    // ---- sockets

    @Override
    public int wsaStartup(int versionRequested, long wsaData) {
        synchronized (kernel) {
            enter(Function.WSAStartup);
            return kernel.memory().check(wsaData, Layout.WSADATA_SIZE, "the WSADATA") ? 0 : failed(WinError.WSAEFAULT);
        }
    }

    @Override
    public long wsaSocket(int family, int type, int protocol, int flags) {
        synchronized (kernel) {
            enter(Function.WSASocketW);
            if (family != WinConst.AF_INET && (family != WinConst.AF_INET6 || !kernel.hasIpv6())) {
                return failed(WinConst.INVALID_SOCKET, WinError.WSAEAFNOSUPPORT);
            }
            boolean datagrams = type == WinConst.SOCK_DGRAM;
            if (!datagrams && type != WinConst.SOCK_STREAM
                    || protocol != (datagrams ? WinConst.IPPROTO_UDP : WinConst.IPPROTO_TCP) && protocol != 0) {
                return failed(WinConst.INVALID_SOCKET, WinError.WSAEPROTONOSUPPORT);
            }
            if (kernel.faults().happens(Faults.Kind.SOCKET_FAILS)) {
                return failed(WinConst.INVALID_SOCKET, kernel.faults().dice().chance(0.5) ? WinError.WSAEMFILE
                        : WinError.WSAENOBUFS);
            }
            boolean overlapped = (flags & WinConst.WSA_FLAG_OVERLAPPED) != 0;
            SocketHandle socket = datagrams ? new SimulatedDatagramSocket(kernel, family, overlapped)
                    : new SimulatedSocket(kernel, family, overlapped);
            kernel.log("socket %d is created", socket.id);
            return kernel.open(socket);
        }
    }

    @Override
    public int closesocket(long socket) {
        synchronized (kernel) {
            enter(Function.closesocket);
            SocketHandle object = kernel.anySocket(socket, "closesocket");
            if (object == null) {
                return failed(WinError.WSAENOTSOCK);
            }
            kernel.log("socket %d is closed", object.id);
            kernel.closed(object);
            object.close();
            return 0;
        }
    }

    @Override
    public int bind(long socket, long name, int nameLength) {
        synchronized (kernel) {
            enter(Function.bind);
            SocketHandle object = kernel.anySocket(socket, "bind");
            return failed(object == null ? WinError.WSAENOTSOCK : object.bind(name, nameLength));
        }
    }

    @Override
    public int listen(long socket, int backlog) {
        synchronized (kernel) {
            enter(Function.listen);
            SocketHandle object = kernel.anySocket(socket, "listen");
            return failed(object == null ? WinError.WSAENOTSOCK
                    : object instanceof SimulatedSocket stream ? stream.listen(backlog) : WinError.WSAEOPNOTSUPP);
        }
    }

    @Override
    public int shutdown(long socket, int how) {
        synchronized (kernel) {
            enter(Function.shutdown);
            SocketHandle object = kernel.anySocket(socket, "shutdown");
            if (object == null) {
                return failed(WinError.WSAENOTSOCK);
            }
            int error = object.shutdown(how);
            kernel.log("shutdown(%d) of socket %d: %d", how, object.id, error);
            return failed(error);
        }
    }

    @Override
    public int setsockopt(long socket, int level, int option, long value, int valueLength) {
        synchronized (kernel) {
            enter(Function.setsockopt);
            SocketHandle object = kernel.anySocket(socket, "setsockopt");
            if (object == null) {
                return failed(WinError.WSAENOTSOCK);
            }
            SimulatedSocket stream = object instanceof SimulatedSocket tcp ? tcp : null;
            if (level == WinConst.SOL_SOCKET && option == WinConst.SO_UPDATE_CONNECT_CONTEXT) {
                return failed(stream == null ? WinError.WSAENOPROTOOPT : stream.updateConnectContext());
            }
            if (valueLength <= 0 || !kernel.memory().check(value, valueLength, "the value of an option")) {
                return failed(WinError.WSAEFAULT);
            }
            if (level == WinConst.SOL_SOCKET && option == WinConst.SO_UPDATE_ACCEPT_CONTEXT) {
                return failed(stream == null ? WinError.WSAENOPROTOOPT
                        : updateAcceptContext(stream, value, valueLength));
            }
            if (kernel.faults().happens(Faults.Kind.OPTION_FAILS)) {
                return failed(WinError.WSAENOBUFS);
            }
            int error = object.setOption(level, option, NativeMemory.copy(value, valueLength));
            if (error == 0 && level == WinConst.SOL_SOCKET && option == WinConst.SO_RCVBUF && stream != null
                    && stream.end() != null) {
                stream.end().receiveLimit(stream.options.receiveBufferSize());
            }
            return failed(error);
        }
    }

    private int updateAcceptContext(SimulatedSocket socket, long value, int valueLength) {
        if (valueLength < 8) {
            return WinError.WSAEFAULT;
        }
        SimulatedSocket listening = kernel.socket(Memory.getLong(value), "SO_UPDATE_ACCEPT_CONTEXT");
        return listening == null ? WinError.WSAENOTSOCK : socket.updateAcceptContext(listening);
    }

    @Override
    public int getsockopt(long socket, int level, int option, long value, long valueLength) {
        synchronized (kernel) {
            enter(Function.getsockopt);
            SocketHandle object = kernel.anySocket(socket, "getsockopt");
            if (object == null) {
                return failed(WinError.WSAENOTSOCK);
            }
            byte[] bytes = object.options.get(level, option);
            if (bytes == null) {
                return failed(WinError.WSAENOPROTOOPT);
            }
            if (!kernel.memory().check(valueLength, 4, "the length of an option")
                    || Memory.getInt(valueLength) < bytes.length
                    || !kernel.memory().check(value, bytes.length, "the value of an option")) {
                return failed(WinError.WSAEFAULT);
            }
            Memory.putBytes(value, bytes);
            Memory.putInt(valueLength, bytes.length);
            return 0;
        }
    }

    @Override
    public int wsaIoctl(long socket, int code, long in, int inLength, long out, int outLength, long bytesReturned) {
        synchronized (kernel) {
            enter(Function.WSAIoctl);
            SocketHandle object = kernel.anySocket(socket, "WSAIoctl");
            if (object == null) {
                return failed(WinError.WSAENOTSOCK);
            }
            if (!kernel.memory().check(bytesReturned, 4, "the number of bytes returned")) {
                return failed(WinError.WSAEFAULT);
            }
            switch (code) {
                case WinConst.SIO_GET_EXTENSION_FUNCTION_POINTER:
                    return failed(extensionFunction(object, in, inLength, out, outLength, bytesReturned));
                case WinConst.SIO_TCP_INITIAL_RTO:
                    if (inLength < Layout.TCP_INITIAL_RTO_PARAMETERS_SIZE
                            || !kernel.memory().check(in, inLength, "TCP_INITIAL_RTO_PARAMETERS")) {
                        return failed(WinError.WSAEFAULT);
                    }
                    if ((Memory.getByte(in + Layout.TCP_INITIAL_RTO_PARAMETERS_MAX_SYN) & 0xff)
                            == WinConst.TCP_INITIAL_RTO_NO_SYN_RETRANSMISSIONS) {
                        object.options.noSynRetransmissions();
                    }
                    Memory.putInt(bytesReturned, 0);
                    return 0;
                default:
                    return failed(object.control(code, in, inLength));
            }
        }
    }

    private int extensionFunction(SocketHandle socket, long in, int inLength, long out, int outLength,
                                  long bytesReturned) {
        if (inLength < Layout.GUID_SIZE || outLength < 8 || !kernel.memory().check(in, Layout.GUID_SIZE, "a GUID")
                || !kernel.memory().check(out, 8, "a function pointer")) {
            return WinError.WSAEFAULT;
        }
        byte[] guid = NativeMemory.copy(in, Layout.GUID_SIZE);
        int function = Arrays.equals(guid, ACCEPT_EX) ? ACCEPT_EX_FUNCTION
                : Arrays.equals(guid, CONNECT_EX) ? CONNECT_EX_FUNCTION
                : Arrays.equals(guid, GET_ACCEPT_EX_SOCKADDRS) ? GET_ACCEPT_EX_SOCKADDRS_FUNCTION
                : Arrays.equals(guid, TRANSMIT_FILE) ? TRANSMIT_FILE_FUNCTION : 0;
        if (function == 0) {
            return WinError.WSAEINVAL;
        }
        Memory.putLong(out, pointer(function, socket.family));
        Memory.putInt(bytesReturned, 8);
        return 0;
    }

    private static long pointer(int function, int family) {
        return FUNCTIONS + family * 0x1000L + function * 0x10L;
    }

    private boolean isFunction(long pointer, int function, int family, String name) {
        if (pointer == pointer(function, family)) {
            return true;
        }
        kernel.violation("%s by a pointer that is not the one of this family's provider", name);
        return false;
    }

    @Override
    public int getsockname(long socket, long name, long nameLength) {
        synchronized (kernel) {
            enter(Function.getsockname);
            SocketHandle object = kernel.anySocket(socket, "getsockname");
            return failed(object == null ? WinError.WSAENOTSOCK : object.localName(name, nameLength));
        }
    }

    @Override
    public int getpeername(long socket, long name, long nameLength) {
        synchronized (kernel) {
            enter(Function.getpeername);
            SocketHandle object = kernel.anySocket(socket, "getpeername");
            return failed(object == null ? WinError.WSAENOTSOCK : object.peerName(name, nameLength));
        }
    }

    @Override
    public int wsaRecv(long socket, long buffers, int bufferCount, long bytes, long flags, long overlapped) {
        synchronized (kernel) {
            enter(Function.WSARecv);
            SocketHandle object = kernel.anySocket(socket, "WSARecv");
            if (object == null) {
                return failed(WinError.WSAENOTSOCK);
            }
            int error = object.receive(buffers, bufferCount, bytes, flags, overlapped);
            kernel.log("WSARecv on socket %d: %d", object.id, error);
            return failed(error);
        }
    }

    @Override
    public int connect(long socket, long name, int nameLength) {
        synchronized (kernel) {
            enter(Function.connect);
            SimulatedDatagramSocket object = kernel.datagramSocket(socket, "connect");
            if (object == null) {
                return failed(WinError.WSAENOTSOCK);
            }
            int error = object.connect(name, nameLength);
            kernel.log("connect of socket %d: %d", object.id, error);
            return failed(error);
        }
    }

    @Override
    public int wsaRecvFrom(long socket, long buffers, int bufferCount, long bytes, long flags, long from,
                           long fromLength, long overlapped) {
        synchronized (kernel) {
            enter(Function.WSARecvFrom);
            SimulatedDatagramSocket object = kernel.datagramSocket(socket, "WSARecvFrom");
            if (object == null) {
                return failed(WinError.WSAENOTSOCK);
            }
            int error = object.receiveFrom(buffers, bufferCount, bytes, flags, from, fromLength, overlapped);
            kernel.log("WSARecvFrom on socket %d: %d", object.id, error);
            return failed(error);
        }
    }

    @Override
    public int wsaSendTo(long socket, long buffers, int bufferCount, long bytes, int flags, long name, int nameLength,
                         long overlapped) {
        synchronized (kernel) {
            enter(Function.WSASendTo);
            SimulatedDatagramSocket object = kernel.datagramSocket(socket, "WSASendTo");
            if (object == null) {
                return failed(WinError.WSAENOTSOCK);
            }
            int error = object.sendTo(buffers, bufferCount, bytes, flags, name, nameLength, overlapped);
            kernel.log("WSASendTo on socket %d: %d", object.id, error);
            return failed(error);
        }
    }

    @Override
    public int wsaSend(long socket, long buffers, int bufferCount, long bytes, int flags, long overlapped) {
        synchronized (kernel) {
            enter(Function.WSASend);
            SocketHandle object = kernel.anySocket(socket, "WSASend");
            if (object == null) {
                return failed(WinError.WSAENOTSOCK);
            }
            int error = object.send(buffers, bufferCount, bytes, flags, overlapped);
            kernel.log("WSASend on socket %d: %d", object.id, error);
            return failed(error);
        }
    }

    @Override
    public int acceptEx(long function, long listenSocket, long acceptSocket, long output, int receiveLength,
                        int localLength, int remoteLength, long bytes, long overlapped) {
        synchronized (kernel) {
            enter(Function.AcceptEx);
            SimulatedSocket listening = kernel.socket(listenSocket, "AcceptEx");
            SimulatedSocket accepting = kernel.socket(acceptSocket, "AcceptEx");
            if (listening == null || accepting == null) {
                return failed(WinError.WSAENOTSOCK);
            }
            if (!isFunction(function, ACCEPT_EX_FUNCTION, listening.family, "AcceptEx")
                    || !kernel.memory().check(output, localLength + remoteLength, "the output buffer of AcceptEx")
                    || !kernel.memory().check(bytes, 4, "the number of bytes of AcceptEx")
                    || !kernel.memory().check(overlapped, Layout.OVERLAPPED_SIZE, "the OVERLAPPED of AcceptEx")) {
                return failed(WinError.WSAEFAULT);
            }
            int error = listening.accept(accepting, output, receiveLength, localLength, remoteLength, overlapped);
            kernel.log("AcceptEx on socket %d with socket %d: %d", listening.id, accepting.id, error);
            return failed(error);
        }
    }

    @Override
    public void getAcceptExSockaddrs(long function, long output, int receiveLength, int localLength, int remoteLength,
                                     long local, long localSize, long remote, long remoteSize) {
        synchronized (kernel) {
            enter(Function.GetAcceptExSockaddrs);
            if (function != pointer(GET_ACCEPT_EX_SOCKADDRS_FUNCTION, WinConst.AF_INET)
                    && function != pointer(GET_ACCEPT_EX_SOCKADDRS_FUNCTION, WinConst.AF_INET6)) {
                kernel.violation("GetAcceptExSockaddrs by an unknown pointer");
            }
            if (kernel.memory().check(output, localLength + remoteLength, "the output buffer of an accept")
                    && !AcceptOutput.parse(output, receiveLength, localLength, local, localSize, remote, remoteSize)) {
                kernel.violation("GetAcceptExSockaddrs of what is no output of an accept of these lengths");
            }
        }
    }

    @Override
    public int connectEx(long function, long socket, long name, int nameLength, long sendBuffer, int sendLength,
                         long bytes, long overlapped) {
        synchronized (kernel) {
            enter(Function.ConnectEx);
            SimulatedSocket object = kernel.socket(socket, "ConnectEx");
            if (object == null) {
                return failed(WinError.WSAENOTSOCK);
            }
            if (!isFunction(function, CONNECT_EX_FUNCTION, object.family, "ConnectEx")
                    || !kernel.memory().check(overlapped, Layout.OVERLAPPED_SIZE, "the OVERLAPPED of ConnectEx")) {
                return failed(WinError.WSAEFAULT);
            }
            int error = object.connect(name, nameLength, sendBuffer, sendLength, overlapped);
            kernel.log("ConnectEx on socket %d: %d", object.id, error);
            return failed(error);
        }
    }

    @Override
    public int transmitFile(long function, long socket, long file, int length, int bytesPerSend, long overlapped,
                            int flags) {
        synchronized (kernel) {
            enter(Function.TransmitFile);
            SimulatedSocket object = kernel.socket(socket, "TransmitFile");
            SimulatedFileHandle source = kernel.file(file, "TransmitFile");
            if (object == null || source == null) {
                return failed(object == null ? WinError.WSAENOTSOCK : WinError.ERROR_INVALID_HANDLE);
            }
            if (!isFunction(function, TRANSMIT_FILE_FUNCTION, object.family, "TransmitFile")
                    || !kernel.memory().check(overlapped, Layout.OVERLAPPED_SIZE, "the OVERLAPPED of TransmitFile")) {
                return failed(WinError.WSAEFAULT);
            }
            if (bytesPerSend != 0 || flags != 0) {
                throw notSimulated(Function.TransmitFile);
            }
            int error = object.transmit(source, length, overlapped);
            kernel.log("TransmitFile of %d bytes on socket %d: %d", length, object.id, error);
            return failed(error);
        }
    }

    // ---- the system

    @Override
    public int rtlGetVersion(long versionInformation) {
        synchronized (kernel) {
            enter(Function.RtlGetVersion);
            Memory.putInt(versionInformation + Layout.OSVERSIONINFOEXW_MAJOR, 10);
            Memory.putInt(versionInformation + Layout.OSVERSIONINFOEXW_MINOR, 0);
            Memory.putInt(versionInformation + Layout.OSVERSIONINFOEXW_BUILD, BUILD);
            Memory.putByte(versionInformation + Layout.OSVERSIONINFOEXW_PRODUCT_TYPE, WinConst.VER_NT_WORKSTATION);
            return NtStatus.STATUS_SUCCESS;
        }
    }

    @Override
    public long wineGetVersion() {
        counts.count(Function.wine_get_version);
        return 0;
    }

    @Override
    public int rtlNtStatusToDosError(int status) {
        counts.count(Function.RtlNtStatusToDosError);
        // ERROR_MR_MID_NOT_FOUND: what Windows says of a status that it doesn't know.
        return DOS_ERRORS.getOrDefault(status, DosErrors.of(status));
    }

    @Override
    public int formatMessage(int flags, int messageId, int languageId, long buffer, int size) {
        counts.count(Function.FormatMessageW);
        if (messageId == 317) {
            lastError = 317;
            return 0;
        }
        String text = String.format(Locale.ROOT, "Simulated message %d.\r\n", messageId);
        int length = Math.min(text.length(), size - 1);
        byte[] bytes = (text.substring(0, length) + '\0').getBytes(StandardCharsets.UTF_16LE);
        NativeMemory.write(buffer, bytes, 0, bytes.length);
        return length;
    }

    @Override
    public boolean isExported(String library, String function) {
        counts.count(Function.GetProcAddress);
        return !NOT_EXPORTED.contains(function) && kernel.isExported(function);
    }

    @Override
    public long createEvent(int manualReset, int initialState) {
        synchronized (kernel) {
            enter(Function.CreateEventW);
            if (kernel.faults().happens(Faults.Kind.WAIT_FAILS)) {
                return failed(0L, WinError.ERROR_NO_SYSTEM_RESOURCES);
            }
            return kernel.open(new SimulatedEvent(kernel, manualReset != 0, initialState != 0));
        }
    }

    @Override
    public int setEvent(long event) {
        synchronized (kernel) {
            enter(Function.SetEvent);
            if (!(kernel.handle(event, "SetEvent") instanceof SimulatedEvent object)) {
                return failed(WinError.ERROR_INVALID_HANDLE);
            }
            object.set();
            return 0;
        }
    }

    @Override
    public int resetEvent(long event) {
        synchronized (kernel) {
            enter(Function.ResetEvent);
            if (!(kernel.handle(event, "ResetEvent") instanceof SimulatedEvent object)) {
                return failed(WinError.ERROR_INVALID_HANDLE);
            }
            object.reset();
            return 0;
        }
    }

    @Override
    public int waitForMultipleObjects(int count, long handles, int waitAll, int millis) {
        synchronized (kernel) {
            enter(Function.WaitForMultipleObjects);
            if (count <= 0 || count > WinConst.MAXIMUM_WAIT_OBJECTS || waitAll != 0
                    || !kernel.memory().check(handles, 8L * count, "the handles to wait for")) {
                return failed(WinConst.WAIT_FAILED, WinError.ERROR_INVALID_PARAMETER);
            }
            if (kernel.faults().happens(Faults.Kind.WAIT_FAILS)) {
                return failed(WinConst.WAIT_FAILED, WinError.ERROR_NO_SYSTEM_RESOURCES);
            }
            List<SimulatedWaitable> objects = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                if (!(kernel.waitable(Memory.getLong(handles + 8L * i), "WaitForMultipleObjects")
                        instanceof SimulatedWaitable object)) {
                    return failed(WinConst.WAIT_FAILED, WinError.ERROR_INVALID_HANDLE);
                }
                objects.add(object);
            }
            return await(objects, millis);
        }
    }

    @Override
    public int waitForSingleObject(long handle, int millis) {
        synchronized (kernel) {
            enter(Function.WaitForSingleObject);
            if (millis == 0 && kernel.faults().happens(Faults.Kind.WAIT_FAILS)) {
                return failed(WinConst.WAIT_FAILED, WinError.ERROR_NO_SYSTEM_RESOURCES);
            }
            if (!(kernel.waitable(handle, "WaitForSingleObject") instanceof SimulatedWaitable object)) {
                return failed(WinConst.WAIT_FAILED, WinError.ERROR_INVALID_HANDLE);
            }
            return await(List.of(object), millis);
        }
    }

    @Override
    public int ntCreateWaitCompletionPacket(long packet, int access, long attributes) {
        synchronized (kernel) {
            enter(Function.NtCreateWaitCompletionPacket);
            if (attributes != 0 || !kernel.memory().check(packet, 8, "the handle")) {
                return NtStatus.STATUS_INVALID_PARAMETER;
            }
            if (kernel.faults().happens(Faults.Kind.WAIT_FAILS)) {
                return NtStatus.STATUS_INSUFFICIENT_RESOURCES;
            }
            Memory.putLong(packet, kernel.open(new SimulatedWaitPacket(kernel)));
            return NtStatus.STATUS_SUCCESS;
        }
    }

    @Override
    public int ntAssociateWaitCompletionPacket(long packet, long port, long object, long key, long apcContext,
                                               int ioStatus, long information, long alreadySignaled) {
        synchronized (kernel) {
            enter(Function.NtAssociateWaitCompletionPacket);
            if (!(kernel.handle(packet, "NtAssociateWaitCompletionPacket") instanceof SimulatedWaitPacket waiting)
                    || !(kernel.handle(port, "NtAssociateWaitCompletionPacket") instanceof SimulatedPort to)) {
                return NtStatus.STATUS_INVALID_HANDLE;
            }
            SimulatedHandle waitedFor = kernel.waitable(object, "NtAssociateWaitCompletionPacket");
            if (!(waitedFor instanceof SimulatedWaitable target)) {
                return waitedFor == null ? NtStatus.STATUS_INVALID_HANDLE : NtStatus.STATUS_OBJECT_TYPE_MISMATCH;
            }
            if (kernel.faults().happens(Faults.Kind.WAIT_FAILS)) {
                return NtStatus.STATUS_INSUFFICIENT_RESOURCES;
            }
            boolean already = target.isSignaled();
            int status = waiting.associate(to, target, key, apcContext, ioStatus, (int) information);
            if (status != NtStatus.STATUS_SUCCESS) {
                kernel.violation("%s is associated again before its packet was taken or cancelled", waiting);
            } else if (alreadySignaled != 0 && kernel.memory().check(alreadySignaled, 1, "a BOOLEAN")) {
                Memory.putByte(alreadySignaled, already ? 1 : 0);
            }
            return status;
        }
    }

    @Override
    public int ntCancelWaitCompletionPacket(long packet, int removeSignaledPacket) {
        synchronized (kernel) {
            enter(Function.NtCancelWaitCompletionPacket);
            if (!(kernel.handle(packet, "NtCancelWaitCompletionPacket") instanceof SimulatedWaitPacket waiting)) {
                return NtStatus.STATUS_INVALID_HANDLE;
            }
            return waiting.cancelWait(removeSignaledPacket != 0);
        }
    }

    @Override
    public long createFile(long name, int access, int shareMode, long security, int disposition, int flags) {
        synchronized (kernel) {
            enter(Function.CreateFileW);
            String path = PipeCalls.string(kernel, name);
            if (path == null) {
                return failed(WinConst.INVALID_HANDLE_VALUE, WinError.ERROR_NOACCESS);
            }
            if (SimulatedPipes.isPipePath(path)) {
                return orFailed(pipes.open(path, access, security, disposition, flags));
            }
            if (SimulatedDevices.isDevicePath(path)) {
                long opened = kernel.devices().open(path, access, shareMode, disposition, flags);
                return opened < 0 ? failed(WinConst.INVALID_HANDLE_VALUE, (int) -opened) : opened;
            }
            if ((flags & WinConst.FILE_FLAG_BACKUP_SEMANTICS) != 0) {
                long opened = kernel.directories().open(path, access, shareMode, disposition, flags);
                return opened < 0 ? failed(WinConst.INVALID_HANDLE_VALUE, (int) -opened) : opened;
            }
            if (security != 0) {
                throw notSimulated(Function.CreateFileW);
            }
            if (path.equalsIgnoreCase("NUL")) {
                return kernel.open(new SimulatedChildren.NullDevice(kernel));
            }
            SimulatedFiles.Opened opened = kernel.files().open(path, access, shareMode, disposition, flags);
            kernel.log("CreateFileW of a file: %d", opened.error());
            return opened.handle() == null ? failed(WinConst.INVALID_HANDLE_VALUE, opened.error())
                    : kernel.open(opened.handle());
        }
    }

    @Override
    public int readFile(long handle, long buffer, int length, long transferred, long overlapped) {
        synchronized (kernel) {
            enter(Function.ReadFile);
            SimulatedHandle object = kernel.handle(handle, "ReadFile");
            if (object == null) {
                return failed(WinError.ERROR_INVALID_HANDLE);
            }
            int error = object.read(buffer, length, transferred, overlapped);
            kernel.log("ReadFile on " + object.kind() + " %d: %d", object.id, error);
            return failed(error);
        }
    }

    @Override
    public int writeFile(long handle, long buffer, int length, long transferred, long overlapped) {
        synchronized (kernel) {
            enter(Function.WriteFile);
            SimulatedHandle object = kernel.handle(handle, "WriteFile");
            if (object == null) {
                return failed(WinError.ERROR_INVALID_HANDLE);
            }
            int error = object.write(buffer, length, transferred, overlapped);
            kernel.log("WriteFile of %d bytes to " + object.kind() + " %d: %d", length, object.id, error);
            return failed(error);
        }
    }

    @Override
    public int getOverlappedResult(long handle, long overlapped, long transferred, int wait) {
        synchronized (kernel) {
            enter(Function.GetOverlappedResult);
            SimulatedHandle object = kernel.handle(handle, "GetOverlappedResult");
            if (object == null) {
                return failed(WinError.ERROR_INVALID_HANDLE);
            }
            if (object.port() != null && (Memory.getLong(overlapped + Layout.OVERLAPPED_EVENT) & 1) == 0) {
                kernel.violation("GetOverlappedResult on %s, whose packets say it", object);
            }
            if (wait != 0) {
                kernel.blockingCall("GetOverlappedResult");
                kernel.await(() -> isOver(overlapped), Long.MAX_VALUE);
            }
            if (!isOver(overlapped)) {
                return failed(DosErrors.ERROR_IO_INCOMPLETE);
            }
            Memory.putInt(transferred, (int) Memory.getLong(overlapped + Layout.OVERLAPPED_INTERNAL_HIGH));
            return failed(rtlNtStatusToDosError((int) Memory.getLong(overlapped + Layout.OVERLAPPED_INTERNAL)));
        }
    }

    @Override
    public int deviceIoControl(long handle, int code, long in, int inLength, long out, int outLength, long transferred,
                               long overlapped) {
        synchronized (kernel) {
            enter(Function.DeviceIoControl);
            int error = kernel.devices().control(handle, code, in, inLength, out, outLength, transferred, overlapped);
            kernel.log("DeviceIoControl: %d", error);
            return failed(error);
        }
    }

    @Override
    public int flushFileBuffers(long handle) {
        synchronized (kernel) {
            enter(Function.FlushFileBuffers);
            SimulatedHandle object = kernel.handle(handle, "FlushFileBuffers");
            if (object == null) {
                return failed(WinError.ERROR_INVALID_HANDLE);
            }
            int error = object.flush();
            kernel.log("FlushFileBuffers of " + object.kind() + " %d: %d", object.id, error);
            return failed(error);
        }
    }

    @Override
    public int setFileInformationByHandle(long handle, int informationClass, long information, int length) {
        synchronized (kernel) {
            enter(Function.SetFileInformationByHandle);
            SimulatedFileHandle file = kernel.file(handle, "SetFileInformationByHandle");
            return failed(file == null ? WinError.ERROR_INVALID_HANDLE
                    : file.setInformation(informationClass, information, length));
        }
    }

    @Override
    public int lockFileEx(long handle, int flags, int lengthLow, int lengthHigh, long overlapped) {
        synchronized (kernel) {
            enter(Function.LockFileEx);
            SimulatedFileHandle file = kernel.file(handle, "LockFileEx");
            return failed(file == null ? WinError.ERROR_INVALID_HANDLE
                    : file.lock(flags, lengthLow & 0xffffffffL | (long) lengthHigh << 32, overlapped));
        }
    }

    @Override
    public int unlockFileEx(long handle, int lengthLow, int lengthHigh, long overlapped) {
        synchronized (kernel) {
            enter(Function.UnlockFileEx);
            SimulatedFileHandle file = kernel.file(handle, "UnlockFileEx");
            return failed(file == null ? WinError.ERROR_INVALID_HANDLE
                    : file.unlock(lengthLow & 0xffffffffL | (long) lengthHigh << 32, overlapped));
        }
    }

    @Override
    public int getFileType(long handle) {
        synchronized (kernel) {
            enter(Function.GetFileType);
            SimulatedHandle object = kernel.handle(handle, "GetFileType");
            if (object == null) {
                return failed(WinConst.FILE_TYPE_UNKNOWN, WinError.ERROR_INVALID_HANDLE);
            }
            return object.fileType();
        }
    }

    @Override
    public int duplicateHandle(long sourceProcess, long source, long targetProcess, long target, int access,
                               int inherit, int options) {
        synchronized (kernel) {
            enter(Function.DuplicateHandle);
            SimulatedHandle object = kernel.handle(source, "DuplicateHandle");
            if (object == null || !kernel.memory().check(target, 8, "the handle")) {
                return failed(WinError.ERROR_INVALID_HANDLE);
            }
            if (sourceProcess != -1 || targetProcess != -1 || (options & WinConst.DUPLICATE_SAME_ACCESS) == 0) {
                kernel.violation("DuplicateHandle to another process or for another access is not simulated");
                return failed(WinError.ERROR_INVALID_PARAMETER);
            }
            object.inheritable = inherit != 0;
            Memory.putLong(target, kernel.duplicate(object));
            if ((options & WinConst.DUPLICATE_CLOSE_SOURCE) != 0) {
                kernel.closed(source, object);
            }
            return 0;
        }
    }

    @Override
    public int setHandleInformation(long handle, int mask, int flags) {
        synchronized (kernel) {
            enter(Function.SetHandleInformation);
            SimulatedHandle object = kernel.handle(handle, "SetHandleInformation");
            if (object == null) {
                return failed(WinError.ERROR_INVALID_HANDLE);
            }
            if ((mask & ~WinConst.HANDLE_FLAG_INHERIT) != 0) {
                return failed(WinError.ERROR_INVALID_PARAMETER);
            }
            if (mask != 0) {
                object.inheritable = flags != 0;
            }
            return 0;
        }
    }

    @Override
    public int getHandleInformation(long handle, long flags) {
        synchronized (kernel) {
            enter(Function.GetHandleInformation);
            SimulatedHandle object = kernel.handle(handle, "GetHandleInformation");
            if (object == null) {
                return failed(WinError.ERROR_INVALID_HANDLE);
            }
            if (!kernel.memory().check(flags, Integer.BYTES, "the flags of a handle")) {
                return failed(WinError.ERROR_NOACCESS);
            }
            Memory.putInt(flags, object.inheritable ? WinConst.HANDLE_FLAG_INHERIT : 0);
            return 0;
        }
    }

    @Override
    public int getCurrentThreadId() {
        synchronized (kernel) {
            enter(Function.GetCurrentThreadId);
            return kernel.threads().id();
        }
    }

    @Override
    public long openThread(int access, int inherit, int threadId) {
        synchronized (kernel) {
            enter(Function.OpenThread);
            if (access != WinConst.THREAD_TERMINATE) {
                kernel.violation("a thread is opened for 0x%x, which is not simulated", access);
            }
            if (!kernel.threads().exists(threadId)) {
                return failed(0L, WinError.ERROR_INVALID_PARAMETER);
            }
            return kernel.open(new SimulatedThreads.ThreadHandle(kernel, threadId));
        }
    }

    @Override
    public int cancelSynchronousIo(long thread) {
        synchronized (kernel) {
            enter(Function.CancelSynchronousIo);
            if (!(kernel.handle(thread, "CancelSynchronousIo") instanceof SimulatedThreads.ThreadHandle object)) {
                return failed(WinError.ERROR_INVALID_HANDLE);
            }
            return kernel.threads().cancelBlocked(object.threadId) ? 0 : failed(WinError.ERROR_NOT_FOUND);
        }
    }

    @Override
    public long createNamedPipe(long name, int openMode, int pipeMode, int maxInstances, int outQuota, int inQuota,
                                int defaultTimeout, long security) {
        synchronized (kernel) {
            enter(Function.CreateNamedPipeW);
            return orFailed(pipes.create(name, openMode, pipeMode, maxInstances, outQuota, inQuota, defaultTimeout,
                    security));
        }
    }

    @Override
    public int connectNamedPipe(long pipe, long overlapped) {
        synchronized (kernel) {
            enter(Function.ConnectNamedPipe);
            SimulatedPipeHandle object = kernel.pipe(pipe, "ConnectNamedPipe");
            if (object == null) {
                return failed(WinError.ERROR_INVALID_HANDLE);
            }
            kernel.pipes().listens();
            int error = object.connect(overlapped);
            kernel.log("ConnectNamedPipe of server pipe %d: %d", object.id, error);
            return failed(error);
        }
    }

    @Override
    public int disconnectNamedPipe(long pipe) {
        synchronized (kernel) {
            enter(Function.DisconnectNamedPipe);
            SimulatedPipeHandle object = kernel.pipe(pipe, "DisconnectNamedPipe");
            if (object == null) {
                return failed(WinError.ERROR_INVALID_HANDLE);
            }
            kernel.log("DisconnectNamedPipe of server pipe %d", object.id);
            return failed(DosErrors.of(object.end.disconnect()));
        }
    }

    @Override
    public int setNamedPipeHandleState(long pipe, long mode, long maxCollectionCount, long collectDataTimeout) {
        synchronized (kernel) {
            enter(Function.SetNamedPipeHandleState);
            SimulatedPipeHandle object = kernel.pipe(pipe, "SetNamedPipeHandleState");
            if (object == null) {
                return failed(WinError.ERROR_INVALID_HANDLE);
            }
            return failed(object.setState(mode, maxCollectionCount, collectDataTimeout));
        }
    }

    @Override
    public int getNamedPipeHandleState(long pipe, long state, long instances, long maxCollectionCount,
                                       long collectDataTimeout, long userName, int userNameSize) {
        synchronized (kernel) {
            enter(Function.GetNamedPipeHandleStateW);
            SimulatedPipeHandle object = kernel.pipe(pipe, "GetNamedPipeHandleStateW");
            if (object == null) {
                return failed(WinError.ERROR_INVALID_HANDLE);
            }
            return failed(object.state(state, instances, maxCollectionCount, collectDataTimeout, userName));
        }
    }

    @Override
    public int getNamedPipeInfo(long pipe, long flags, long outQuota, long inQuota, long maxInstances) {
        synchronized (kernel) {
            enter(Function.GetNamedPipeInfo);
            SimulatedPipeHandle object = kernel.pipe(pipe, "GetNamedPipeInfo");
            if (object == null) {
                return failed(WinError.ERROR_INVALID_HANDLE);
            }
            return failed(object.info(flags, outQuota, inQuota, maxInstances));
        }
    }

    @Override
    public int peekNamedPipe(long pipe, long buffer, int size, long read, long available, long left) {
        synchronized (kernel) {
            enter(Function.PeekNamedPipe);
            SimulatedPipeHandle object = kernel.pipe(pipe, "PeekNamedPipe");
            if (object == null) {
                return failed(WinError.ERROR_INVALID_HANDLE);
            }
            return failed(object.peek(buffer, size, read, available, left));
        }
    }

    @Override
    public int getNamedPipeClientProcessId(long pipe, long id) {
        synchronized (kernel) {
            enter(Function.GetNamedPipeClientProcessId);
            SimulatedPipeHandle object = kernel.pipe(pipe, "GetNamedPipeClientProcessId");
            if (object == null) {
                return failed(WinError.ERROR_INVALID_HANDLE);
            }
            return failed(object.peerId(true, false, id));
        }
    }

    @Override
    public int getNamedPipeClientSessionId(long pipe, long id) {
        synchronized (kernel) {
            enter(Function.GetNamedPipeClientSessionId);
            SimulatedPipeHandle object = kernel.pipe(pipe, "GetNamedPipeClientSessionId");
            if (object == null) {
                return failed(WinError.ERROR_INVALID_HANDLE);
            }
            return failed(object.peerId(true, true, id));
        }
    }

    @Override
    public int getNamedPipeServerProcessId(long pipe, long id) {
        synchronized (kernel) {
            enter(Function.GetNamedPipeServerProcessId);
            SimulatedPipeHandle object = kernel.pipe(pipe, "GetNamedPipeServerProcessId");
            if (object == null) {
                return failed(WinError.ERROR_INVALID_HANDLE);
            }
            return failed(object.peerId(false, false, id));
        }
    }

    @Override
    public int getNamedPipeServerSessionId(long pipe, long id) {
        synchronized (kernel) {
            enter(Function.GetNamedPipeServerSessionId);
            SimulatedPipeHandle object = kernel.pipe(pipe, "GetNamedPipeServerSessionId");
            if (object == null) {
                return failed(WinError.ERROR_INVALID_HANDLE);
            }
            return failed(object.peerId(false, true, id));
        }
    }

    @Override
    public int getNamedPipeClientComputerName(long pipe, long name, int size) {
        synchronized (kernel) {
            enter(Function.GetNamedPipeClientComputerNameW);
            SimulatedPipeHandle object = kernel.pipe(pipe, "GetNamedPipeClientComputerNameW");
            if (object == null) {
                return failed(WinError.ERROR_INVALID_HANDLE);
            }
            return failed(object.clientComputer(name, size));
        }
    }

    @Override
    public int ntCreateNamedPipeFile(long handle, int access, long attributes, long ioStatusBlock, int shareAccess,
                                     int disposition, int options, int pipeType, int readMode, int completionMode,
                                     int maxInstances, int inQuota, int outQuota, long defaultTimeout) {
        synchronized (kernel) {
            enter(Function.NtCreateNamedPipeFile);
            return pipes.ntCreate(handle, access, attributes, ioStatusBlock, shareAccess, disposition, options,
                    pipeType, readMode, completionMode, maxInstances, inQuota, outQuota, defaultTimeout);
        }
    }

    @Override
    public int ntOpenFile(long handle, int access, long attributes, long ioStatusBlock, int shareAccess, int options) {
        synchronized (kernel) {
            enter(Function.NtOpenFile);
            return pipes.ntOpen(handle, access, attributes, ioStatusBlock, options);
        }
    }

    @Override
    public int convertStringSecurityDescriptorToSecurityDescriptor(long text, int revision, long descriptor,
                                                                   long size) {
        synchronized (kernel) {
            enter(Function.ConvertStringSecurityDescriptorToSecurityDescriptorW);
            return failed(security.parseDescriptor(text, revision, descriptor, size));
        }
    }

    @Override
    public int convertSecurityDescriptorToStringSecurityDescriptor(long descriptor, int revision, int information,
                                                                   long text, long length) {
        synchronized (kernel) {
            enter(Function.ConvertSecurityDescriptorToStringSecurityDescriptorW);
            return failed(security.formatDescriptor(descriptor, revision, information, text, length));
        }
    }

    @Override
    public int convertSidToStringSid(long sid, long text) {
        synchronized (kernel) {
            enter(Function.ConvertSidToStringSidW);
            return failed(security.formatSid(sid, text));
        }
    }

    @Override
    public int convertStringSidToSid(long text, long sid) {
        synchronized (kernel) {
            enter(Function.ConvertStringSidToSidW);
            return failed(security.parseSid(text, sid));
        }
    }

    @Override
    public int localFree(long memory) {
        synchronized (kernel) {
            enter(Function.LocalFree);
            return failed(security.localFree(memory));
        }
    }

    @Override
    public int getSecurityInfo(long handle, int objectType, int information, long owner, long group, long dacl,
                               long sacl, long descriptor) {
        synchronized (kernel) {
            enter(Function.GetSecurityInfo);
            return security.securityInfo(handle, objectType, information, owner, group, dacl, descriptor);
        }
    }

    @Override
    public int lookupAccountSid(long system, long sid, long name, long nameSize, long domain, long domainSize,
                                long use) {
        synchronized (kernel) {
            enter(Function.LookupAccountSidW);
            return failed(security.lookupAccount(system, sid, name, nameSize, domain, domainSize, use));
        }
    }

    @Override
    public long openProcess(int access, int inherit, int processId) {
        synchronized (kernel) {
            enter(Function.OpenProcess);
            long handle = security.openProcess(processId);
            return handle < 0 ? failed(0L, (int) -handle) : handle;
        }
    }

    @Override
    public int openProcessToken(long process, int access, long token) {
        synchronized (kernel) {
            enter(Function.OpenProcessToken);
            return failed(security.openProcessToken(process, access, token));
        }
    }

    @Override
    public int openThreadToken(long thread, int access, int openAsSelf, long token) {
        synchronized (kernel) {
            enter(Function.OpenThreadToken);
            return failed(security.openThreadToken(thread, access, openAsSelf != 0, token));
        }
    }

    @Override
    public int getTokenInformation(long token, int informationClass, long information, int length, long needed) {
        synchronized (kernel) {
            enter(Function.GetTokenInformation);
            return failed(security.tokenInformation(token, informationClass, information, length, needed));
        }
    }

    @Override
    public int processIdToSessionId(int processId, long sessionId) {
        synchronized (kernel) {
            enter(Function.ProcessIdToSessionId);
            return failed(security.sessionOf(processId, sessionId));
        }
    }

    @Override
    public int impersonateNamedPipeClient(long pipe) {
        synchronized (kernel) {
            enter(Function.ImpersonateNamedPipeClient);
            SimulatedPipeHandle object = kernel.pipe(pipe, "ImpersonateNamedPipeClient");
            if (object == null) {
                return failed(WinError.ERROR_INVALID_HANDLE);
            }
            return failed(security.impersonate(object));
        }
    }

    @Override
    public int revertToSelf() {
        synchronized (kernel) {
            enter(Function.RevertToSelf);
            kernel.threads().impersonate(null);
            return 0;
        }
    }

    @Override
    public int readDirectoryChanges(long directory, long buffer, int length, int subtree, int filter, long overlapped) {
        synchronized (kernel) {
            enter(Function.ReadDirectoryChangesW);
            return failed(kernel.directories().read(directory, buffer, length, subtree, filter, overlapped, false));
        }
    }

    @Override
    public int readDirectoryChangesEx(long directory, long buffer, int length, int subtree, int filter, long overlapped,
                                      int informationClass) {
        synchronized (kernel) {
            enter(Function.ReadDirectoryChangesExW);
            if (informationClass != WinConst.READ_DIRECTORY_NOTIFY_EXTENDED_INFORMATION) {
                return failed(WinError.ERROR_INVALID_PARAMETER);
            }
            return failed(kernel.directories().read(directory, buffer, length, subtree, filter, overlapped, true));
        }
    }

    @Override
    public int getFinalPathNameByHandle(long file, long path, int units, int flags) {
        synchronized (kernel) {
            enter(Function.GetFinalPathNameByHandleW);
            int result = kernel.directories().finalPath(file, path, units);
            return result < 0 ? failed(0, -result) : result;
        }
    }

    @Override
    public int ntCreateMailslotFile(long handle, int access, long attributes, long ioStatusBlock, int options,
                                    int quota, int maxMessageSize, long timeout) {
        synchronized (kernel) {
            enter(Function.NtCreateMailslotFile);
            return kernel.devices().createMailslot(handle, access, attributes, ioStatusBlock, options, maxMessageSize,
                    timeout);
        }
    }

    @Override
    public int getCommState(long port, long state) {
        synchronized (kernel) {
            enter(Function.GetCommState);
            return failed(kernel.devices().getCommState(port, state));
        }
    }

    @Override
    public int setCommState(long port, long state) {
        synchronized (kernel) {
            enter(Function.SetCommState);
            return failed(kernel.devices().setCommState(port, state));
        }
    }

    @Override
    public int setCommTimeouts(long port, long timeouts) {
        synchronized (kernel) {
            enter(Function.SetCommTimeouts);
            return failed(kernel.devices().setCommTimeouts(port, timeouts));
        }
    }

    private SimulationError notSimulated(Function function) {
        return new SimulationError(function + " is not simulated");
    }

    private static byte[] guid(int a, int b, int c, int... d) {
        byte[] bytes = new byte[Layout.GUID_SIZE];
        for (int i = 0; i < 4; i++) {
            bytes[i] = (byte) (a >>> 8 * i);
        }
        bytes[4] = (byte) b;
        bytes[5] = (byte) (b >>> 8);
        bytes[6] = (byte) c;
        bytes[7] = (byte) (c >>> 8);
        for (int i = 0; i < 8; i++) {
            bytes[8 + i] = (byte) d[i];
        }
        return bytes;
    }

    /** Gives each loop an instance, and each other thread one. */
    static final class Access implements Win32Access {

        private final SimulatedKernel kernel;
        /** Not a ThreadLocal: the threads of tests would keep what belongs to a kernel that is no more. */
        private final Map<Thread, Win32> instances = new ConcurrentHashMap<>();

        Access(SimulatedKernel kernel) {
            this.kernel = kernel;
        }

        SimulatedKernel kernel() {
            return kernel;
        }

        @Override
        public Win32 newInstance() {
            return new SimulatedWin32(kernel);
        }

        @Override
        public Win32 ofThisThread() {
            return instances.computeIfAbsent(Thread.currentThread(), thread -> new SimulatedWin32(kernel));
        }

        /** The calls of one function by all threads. */
        long calls(Function function) {
            return instances.values().stream().mapToLong(win32 -> win32.counts().get(function)).sum();
        }

        /** In virtual time, a thread that takes its turns. */
        @Override
        public Thread startThread(String name, Runnable task) {
            return kernel.turns() == null ? Win32Access.super.startThread(name, task)
                    : kernel.turns().spawn(name, task);
        }
    }
}
