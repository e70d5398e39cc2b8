/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.WinConst;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The pipes of the machine, by their names: {@code npfs.sys}. Who may create instances and open them. */
final class SimulatedPipes {

    private static final int MAX_PATH = 256;

    /** What an instance is created with. {@code descriptor} is {@code null} for the default. */
    record Options(boolean first, int direction, boolean messageType, boolean readsMessages,
                   boolean rejectsRemoteClients, int maxInstances, int inboundQuota, int outboundQuota,
                   SecurityDescriptor descriptor) {
    }

    /** An end, or why there is none. */
    record Opened(int status, PipeEnd end) {

        static Opened failed(int status) {
            return new Opened(status, null);
        }
    }

    private final SimulatedKernel kernel;
    private final Map<String, SimulatedPipe> pipes = new HashMap<>();
    private final Set<String> watched = new HashSet<>();
    private final Set<String> detours = new HashSet<>();
    private Runnable beforeListen = () -> { };

    SimulatedPipes(SimulatedKernel kernel) {
        this.kernel = kernel;
    }

    // ---- names

    /** From now on a name leads elsewhere: to the null device. */
    void leadElsewhere(String name) {
        detours.add(name);
    }

    boolean leadsElsewhere(String name) {
        return detours.contains(name);
    }

    /** Where a path leads: the name of a pipe, and whether over the network. */
    record Path(String name, boolean remote, int status) {
    }

    /** Whether a path is one of a pipe, or of the folder of all pipes, on whatever machine. */
    static boolean isPipePath(String path) {
        String canonical = path.replace('/', '\\').toLowerCase(Locale.ROOT);
        return canonical.matches("\\\\\\\\[^\\\\]+\\\\pipe(\\\\.*)?") || canonical.startsWith("\\\\?\\pipe\\");
    }

    /** Takes a path apart, as Windows does before the driver sees it. */
    Path parse(String path) {
        String canonical = path.replace('/', '\\');
        if (canonical.length() > MAX_PATH) {
            return new Path(null, false, NtStatus.STATUS_OBJECT_NAME_INVALID);
        }
        int end = canonical.indexOf('\\', 2);
        String server = canonical.substring(2, end);
        String rest = canonical.length() > end + 6 ? canonical.substring(end + 6) : "";
        boolean remote = !server.equals(".") && !server.equals("?");
        String name = server.equals("?") ? rest : withoutDots(rest);
        int status = NtStatus.STATUS_SUCCESS;
        if (remote && !server.equalsIgnoreCase(SimulatedKernel.COMPUTER_NAME) && !server.equals("localhost")
                && !server.equals("127.0.0.1")) {
            status = NtStatus.STATUS_BAD_NETWORK_PATH;
        } else if (name.isEmpty() || name.startsWith("\\")) {
            status = NtStatus.STATUS_OBJECT_NAME_INVALID;
        }
        return new Path(name, remote, status);
    }

    /** Resolves "." and "..", and takes dots and spaces off the ends of the parts, as Windows does with any path. */
    private static String withoutDots(String name) {
        List<String> parts = new ArrayList<>();
        for (String part : name.split("\\\\", -1)) {
            if (part.equals(".")) {
                continue;
            }
            if (part.equals("..")) {
                if (!parts.isEmpty()) {
                    parts.remove(parts.size() - 1);
                }
                continue;
            }
            parts.add(part);
        }
        if (!parts.isEmpty()) {
            String last = parts.remove(parts.size() - 1);
            parts.add(last.replaceFirst("[. ]+$", ""));
        }
        return String.join("\\", parts);
    }

    private static String key(String name) {
        return name.toUpperCase(Locale.ROOT);
    }

    /** The pipe of this name; {@code null} if there is none. */
    SimulatedPipe pipe(String name) {
        return pipes.get(key(name));
    }

    /** Whether a part of the name, up to a backslash, is the name of a pipe. */
    private boolean goesThroughPipe(String name) {
        for (int i = name.indexOf('\\'); i >= 0; i = name.indexOf('\\', i + 1)) {
            if (pipe(name.substring(0, i)) != null) {
                return true;
            }
        }
        return false;
    }

    // ---- creating and opening

    /** From now on this happens between the making of an instance and its {@code ConnectNamedPipe}. */
    void beforeListen(Runnable action) {
        beforeListen = action;
    }

    /** An instance of the process under test is about to listen. */
    void listens() {
        beforeListen.run();
    }

    /** Creates an instance, and the pipe if there is none. The name is {@code null} for a pipe that has none. */
    Opened create(SimulatedProcess.Token token, String name, int desired, Options options) {
        int access = SecurityDescriptor.mapped(desired);
        if (options.readsMessages && !options.messageType) {
            return Opened.failed(NtStatus.STATUS_INVALID_PARAMETER);
        }
        SimulatedPipe pipe = name == null ? null : pipe(name);
        if (pipe != null) {
            int status = checkLaterInstance(pipe, token, access, options);
            if (status != NtStatus.STATUS_SUCCESS) {
                return Opened.failed(status);
            }
        } else {
            if (name != null && goesThroughPipe(name)) {
                return Opened.failed(NtStatus.STATUS_OBJECT_NAME_INVALID);
            }
            if (name != null && key(name).startsWith("PROTECTEDPREFIX\\") && !token.has(Sid.ADMINISTRATORS)) {
                return Opened.failed(NtStatus.STATUS_ACCESS_DENIED);
            }
            SecurityDescriptor descriptor = options.descriptor == null ? SecurityDescriptor.ofPipe(token)
                    : new SecurityDescriptor(options.descriptor.owner() == null ? token.defaultOwner()
                    : options.descriptor.owner(), options.descriptor.group(), options.descriptor.dacl());
            if (!token.mayOwn(descriptor.owner())) {
                return Opened.failed(DosErrors.STATUS_INVALID_OWNER);
            }
            pipe = new SimulatedPipe(this, name, options, descriptor, token.process());
            if (name != null) {
                pipes.put(key(name), pipe);
            }
        }
        return new Opened(NtStatus.STATUS_SUCCESS, pipe.add(kernel.nextId(), options, token.process(), access));
    }

    private static int checkLaterInstance(SimulatedPipe pipe, SimulatedProcess.Token token, int access,
                                          Options options) {
        // The rights count for whom the pipe belongs to, too; the descriptor is the one of the first instance.
        if (!pipe.descriptor.grants(token, access | WinConst.FILE_CREATE_PIPE_INSTANCE)) {
            return NtStatus.STATUS_ACCESS_DENIED;
        }
        if (pipe.isFull()) {
            return NtStatus.STATUS_INSTANCE_NOT_AVAILABLE;
        }
        return options.first || pipe.direction != options.direction || pipe.messageType != options.messageType
                || pipe.maxInstances != options.maxInstances ? NtStatus.STATUS_ACCESS_DENIED
                : NtStatus.STATUS_SUCCESS;
    }

    /** Opens the client's end of an instance that listens. */
    Opened open(SimulatedProcess.Token token, String name, int desired, PipeInstance.Qos qos) {
        SimulatedPipe pipe = pipe(name);
        if (pipe == null) {
            return Opened.failed(goesThroughPipe(name) ? NtStatus.STATUS_OBJECT_NAME_INVALID
                    : NtStatus.STATUS_OBJECT_NAME_NOT_FOUND);
        }
        return open(pipe, pipe.listening(), token, desired, qos);
    }

    /** Opens the client's end of this instance. */
    Opened open(SimulatedPipe pipe, PipeInstance instance, SimulatedProcess.Token token, int desired,
                PipeInstance.Qos qos) {
        int access = SecurityDescriptor.mapped(desired);
        if (token.remote() && pipe.rejectsRemoteClients
                || !pipe.descriptor.grants(token, access & ~WinConst.FILE_CREATE_PIPE_INSTANCE)
                || (access & WinConst.FILE_READ_DATA) != 0 && !pipe.carries(true)
                || (access & WinConst.FILE_WRITE_DATA) != 0 && !pipe.carries(false)) {
            return Opened.failed(NtStatus.STATUS_ACCESS_DENIED);
        }
        if (instance == null || instance.state() != PipeInstance.State.LISTENING) {
            return Opened.failed(NtStatus.STATUS_PIPE_NOT_AVAILABLE);
        }
        boolean transfers = (access & (WinConst.FILE_READ_DATA | WinConst.FILE_WRITE_DATA)) != 0;
        PipeEnd client = new PipeEnd(instance, false, token.process(), access, false);
        instance.connected(client, transfers && qos != null ? qos : PipeInstance.Qos.NONE, token);
        changed(pipe);
        return new Opened(NtStatus.STATUS_SUCCESS, client);
    }

    void remove(SimulatedPipe pipe) {
        if (pipe.name != null) {
            pipes.remove(key(pipe.name));
        }
    }

    // ---- who watches

    /** From now on it is a violation if no server has an end of this pipe open. */
    void watch(String name) {
        watched.add(key(name));
        checkWatched(name);
    }

    void watchNoMore(String name) {
        watched.remove(key(name));
    }

    /** Something changed that somebody may wait for. */
    void changed(SimulatedPipe pipe) {
        if (pipe.name != null) {
            checkWatched(pipe.name);
        }
        kernel.changed();
    }

    private void checkWatched(String name) {
        if (watched.contains(key(name)) && pipe(name) == null) {
            kernel.violation("the name %s is free although its server listens: anybody could take it", name);
        }
    }
}
