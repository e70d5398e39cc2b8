/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.CallCounts;
import io.github.nettyiocp.internal.Win32Access;
import io.github.nettyiocp.internal.WinConst;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Formatter;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * One simulated Windows with one process: its handles, memory, network and time. What it does follows from the seed
 * alone. Each loop gets a {@link SimulatedWin32} from {@link #access()}.
 *
 * <p>What the process must never do is a {@linkplain #violations() violation}; it is noted, with the stack that caused
 * it, and the run goes on as Windows would, so that the code under test can't swallow it. {@link #check()} throws the
 * first one with the last events. What ends a run at once is thrown as a {@link SimulationError}.
 *
 * <p>The lock of this object guards everything behind it.
 */
public final class SimulatedKernel implements AutoCloseable {

    /** The name of the machine. */
    static final String COMPUTER_NAME = "SIMULATED";

    private static final long FIRST_HANDLE = 0x100;
    private static final int PROCESS_ID = 4242;
    private static final int MAX_VIOLATIONS = 20;
    private static final int EMPTY_POLLS = 400;

    private final long seed;
    private final Faults faults;
    private final Dice dice;
    private final Schedule schedule = new Schedule();
    private final EventLog log = new EventLog(schedule);
    private final KernelMemory memory = new KernelMemory(this);
    private final SimulatedNetwork network;
    private final SimulatedDatagrams datagrams;
    private final SimulatedPipes pipes = new SimulatedPipes(this);
    private final SimulatedDirectories directories = new SimulatedDirectories(this);
    private final SimulatedFiles files = new SimulatedFiles(this);
    private final SimulatedDevices devices = new SimulatedDevices(this);
    private final SimulatedChildren children = new SimulatedChildren(this);
    private final ConsoleCalls consoles = new ConsoleCalls(this);
    private final SimulatedThreads threads = new SimulatedThreads(this);
    private final Map<Integer, SimulatedProcess> processes = new HashMap<>();
    private final SimulatedProcess process;
    private final Waiting waiting;
    private final Turns turns;
    private final Map<Long, SimulatedHandle> handles = new HashMap<>();
    private final ArrayDeque<Long> freeHandles = new ArrayDeque<>();
    private final Set<Thread> polling = new HashSet<>();
    private final List<SimulationError> violations = new ArrayList<>();
    private final SimulatedWin32.Access access = new SimulatedWin32.Access(this);
    private long nextHandle = FIRST_HANDLE;
    private int nextId;
    private int outstanding;
    private long operations;
    private long packets;
    private long calls;
    private int emptyPolls;
    private long lastPoll;
    private int closedInFlight;
    private boolean lastPollTimedOut;
    private int sendBufferSize = 65536;
    private int receiveBufferSize = 65536;
    private boolean ipv6 = true;
    private boolean tracing;
    private boolean mayBlock;
    private boolean waitPackets = true;
    private boolean layered;
    private boolean othersCloseHandles;
    private Predicate<SimulatedHandle> unwaitable = handle -> false;
    private boolean instanceLeft;
    private boolean writesLeft;

    /** A Windows where nothing goes wrong. */
    public SimulatedKernel(long seed) {
        this(seed, Faults.none());
    }

    public SimulatedKernel(long seed, Faults faults) {
        this(seed, faults, false);
    }

    private SimulatedKernel(long seed, Faults faults, boolean realTime) {
        this.seed = seed;
        this.faults = faults;
        dice = new Dice(seed * 31 + 1);
        network = new SimulatedNetwork(this, seed * 31 + 2);
        datagrams = new SimulatedDatagrams(this, seed * 31 + 4);
        process = startProcess(PROCESS_ID, SimulatedProcess.ALICE, 1);
        turns = realTime ? null : new Turns(this, seed * 31 + 3);
        waiting = realTime ? new RealTimeWaiting(this) : turns;
    }

    /**
     * A Windows for real threads, where the virtual time follows the real one and waiting is waiting: for tests of
     * races
     * between threads. Runs can't be repeated.
     */
    public static SimulatedKernel inRealTime(long seed, Faults faults) {
        return new SimulatedKernel(seed, faults, true);
    }

    // ---- settings

    /** The sizes of buffers that new sockets have. */
    public SimulatedKernel bufferSizes(int send, int receive) {
        sendBufferSize = send;
        receiveBufferSize = receive;
        return this;
    }

    /** Whether the machine has IPv6; it does by default. */
    public SimulatedKernel ipv6(boolean present) {
        ipv6 = present;
        return this;
    }

    /** Threads may take packets from ports and make blocking calls: for scripts that have one thread for everything. */
    public SimulatedKernel mayBlock() {
        mayBlock = true;
        return this;
    }

    /** From now on sockets are those of a provider whose handles are not the file system's: packets always come. */
    SimulatedKernel layeredProvider() {
        layered = true;
        return this;
    }

    boolean isLayeredProvider() {
        return layered;
    }

    /** A Windows without wait completion packets: threads wait. */
    SimulatedKernel withoutWaitPackets() {
        waitPackets = false;
        return this;
    }

    /** What is waited for may be closed by others than the code under test. */
    SimulatedKernel othersCloseHandles() {
        othersCloseHandles = true;
        return this;
    }

    /** From now on there is no waiting for these, as if others had closed them. */
    SimulatedKernel breakWaits(Predicate<SimulatedHandle> handles) {
        unwaitable = handles;
        return this;
    }

    boolean isExported(String function) {
        return waitPackets || !function.endsWith("WaitCompletionPacket");
    }

    /** Prints every event, and remembers where buffers were allocated. */
    public SimulatedKernel traceTo(Appendable target) {
        tracing = true;
        log.traceTo(target);
        return this;
    }

    boolean isTracing() {
        return tracing;
    }

    int sendBufferSize() {
        return sendBufferSize;
    }

    int receiveBufferSize() {
        return receiveBufferSize;
    }

    boolean hasIpv6() {
        return ipv6;
    }

    // ---- parts

    public Win32Access access() {
        return access;
    }

    public long seed() {
        return seed;
    }

    public Faults faults() {
        return faults;
    }

    public Schedule schedule() {
        return schedule;
    }

    public EventLog events() {
        return log;
    }

    public SimulatedNetwork network() {
        return network;
    }

    SimulatedDatagrams datagrams() {
        return datagrams;
    }

    SimulatedPipes pipes() {
        return pipes;
    }

    SimulatedDirectories directories() {
        return directories;
    }

    SimulatedFiles files() {
        return files;
    }

    SimulatedDevices devices() {
        return devices;
    }

    SimulatedChildren children() {
        return children;
    }

    ConsoleCalls consoles() {
        return consoles;
    }

    /** What the calling threads are and do. */
    SimulatedThreads threads() {
        return threads;
    }

    /** The process under test. */
    SimulatedProcess process() {
        return process;
    }

    /** A process; {@code null} if there is none of this id. */
    SimulatedProcess process(int id) {
        return processes.get(id);
    }

    /** Starts another process. */
    SimulatedProcess startProcess(int id, SimulatedProcess.User user, int session) {
        SimulatedProcess started = new SimulatedProcess(id, session, user);
        processes.put(id, started);
        return started;
    }

    /** How threads take turns; not there in real time. */
    public Turns turns() {
        return turns;
    }

    KernelMemory memory() {
        return memory;
    }

    Dice dice() {
        return dice;
    }

    int nextId() {
        return ++nextId;
    }

    /** Notes an event. */
    public void log(String format, Object... args) {
        synchronized (this) {
            log.add(format, args);
        }
    }

    // ---- calls

    /** Begins every simulated call: it takes a little time, in which things happen, and others may run before it. */
    void enter(boolean mayYield) {
        calls++;
        if (turns == null) {
            schedule.advanceTo(RealTimeWaiting.now());
            return;
        }
        if (mayYield) {
            waiting.mayYield();
        }
        schedule.advanceTo(schedule.now() + 50 + dice.below(2000));
    }

    /** Waits in virtual time, as {@code Sleep} does. */
    public void sleep(long nanos) {
        synchronized (this) {
            waiting.await(() -> false, schedule.now() + nanos);
        }
    }

    long readClock() {
        if (turns != null && turns.isHolder()) {
            schedule.tick();
        }
        return turns != null ? schedule.now() : RealTimeWaiting.now();
    }

    void changed() {
        waiting.changed();
    }

    boolean await(java.util.function.BooleanSupplier ready, long deadline) {
        return waiting.await(ready, deadline);
    }

    /** Notes that the thread takes packets from a port: it must not block elsewhere. */
    void polls() {
        polling.add(Thread.currentThread());
    }

    /** Whether the calling thread is a loop's. */
    boolean isLoop() {
        synchronized (this) {
            return !mayBlock && polling.contains(Thread.currentThread());
        }
    }

    void blockingCall(String what) {
        if (isLoop()) {
            violation("%s blocks a loop", what);
        }
    }

    void pollTimedOut(boolean timedOut) {
        lastPollTimedOut = timedOut;
    }

    /** Counts polls that found nothing and could not wait, with no other call in between: nobody does that for long. */
    void polled(boolean empty) {
        if (!empty || calls != lastPoll + 1) {
            emptyPolls = 0;
        }
        lastPoll = calls;
        if (empty && ++emptyPolls == EMPTY_POLLS) {
            violation("%d polls in succession did not wait and found nothing: the loop spins", emptyPolls);
        }
    }

    // ---- how long things take

    /** How long an operation takes that pends although it could be done. */
    long completionDelay() {
        return faults.dice().nanosBetween(500, 5_000_000);
    }

    long slowDelay() {
        return faults.dice().nanosBetween(1_000, 400_000_000);
    }

    // ---- handles

    /** Gives a handle a value: that of the handle which was closed last, if there is one. */
    long open(SimulatedHandle handle) {
        Long value = freeHandles.poll();
        if (value == null) {
            value = nextHandle;
            nextHandle += 4;
        }
        handle.value = value;
        handles.put(value, handle);
        return value;
    }

    /** What a handle leads to; {@code null}, and a violation, if it leads nowhere. */
    SimulatedHandle handle(long value, String function) {
        SimulatedHandle handle = handles.get(value);
        if (handle == null) {
            violation("%s with the handle 0x%x, which is not open", function, value);
        }
        return handle;
    }

    /** What is to be waited for. */
    SimulatedHandle waitable(long value, String function) {
        SimulatedHandle handle = othersCloseHandles ? handles.get(value) : handle(value, function);
        return handle == null || unwaitable.test(handle) ? null : handle;
    }

    /** A socket of any protocol. */
    SocketHandle anySocket(long value, String function) {
        SimulatedHandle handle = handle(value, function);
        if (handle != null && !(handle instanceof SocketHandle)) {
            violation("%s with %s, which is no socket", function, handle);
            return null;
        }
        return (SocketHandle) handle;
    }

    SimulatedSocket socket(long value, String function) {
        SocketHandle handle = anySocket(value, function);
        if (handle != null && !(handle instanceof SimulatedSocket)) {
            violation("%s with %s, which carries datagrams", function, handle);
            return null;
        }
        return (SimulatedSocket) handle;
    }

    SimulatedDatagramSocket datagramSocket(long value, String function) {
        SocketHandle handle = anySocket(value, function);
        if (handle != null && !(handle instanceof SimulatedDatagramSocket)) {
            violation("%s with %s, which carries a stream", function, handle);
            return null;
        }
        return (SimulatedDatagramSocket) handle;
    }

    SimulatedPipeHandle pipe(long value, String function) {
        SimulatedHandle handle = handle(value, function);
        if (handle != null && !(handle instanceof SimulatedPipeHandle)) {
            violation("%s with %s, which is no pipe", function, handle);
            return null;
        }
        return (SimulatedPipeHandle) handle;
    }

    SimulatedFileHandle file(long value, String function) {
        SimulatedHandle handle = handle(value, function);
        if (handle != null && !(handle instanceof SimulatedFileHandle)) {
            violation("%s with %s, which is no file", function, handle);
            return null;
        }
        return (SimulatedFileHandle) handle;
    }

    SimulatedPort port(long value, String function) {
        SimulatedHandle handle = handle(value, function);
        if (handle != null && !(handle instanceof SimulatedPort)) {
            violation("%s with %s, which is no port", function, handle);
            return null;
        }
        return (SimulatedPort) handle;
    }

    void closed(SimulatedHandle handle) {
        handles.remove(handle.value);
        freeHandles.push(handle.value);
        handle.value = 0;
    }

    /** Gives the object behind a handle another handle. */
    long duplicate(SimulatedHandle handle) {
        long first = handle.value;
        long second = open(handle);
        handle.value = first;
        return second;
    }

    /** Takes the value of a handle back; {@code true} if it was the last one of its object, in whatever process. */
    boolean closed(long value, SimulatedHandle handle) {
        handles.remove(value);
        freeHandles.push(value);
        for (Map.Entry<Long, SimulatedHandle> other : handles.entrySet()) {
            if (other.getValue() == handle) {
                handle.value = other.getKey();
                return false;
            }
        }
        handle.value = 0;
        return handle.heldByOthers == 0;
    }

    void socketClosed(SimulatedSocket closed) {
        for (SimulatedHandle handle : sortedHandles()) {
            if (handle instanceof SimulatedSocket) {
                ((SimulatedSocket) handle).abandonAccept(closed);
            }
        }
    }

    private List<SimulatedHandle> sortedHandles() {
        List<SimulatedHandle> sorted = new ArrayList<>(handles.values());
        sorted.sort((a, b) -> Integer.compare(a.id, b.id));
        return sorted;
    }

    /** How many handles are open. */
    public synchronized int openHandles() {
        return handles.size();
    }

    // ---- operations

    void operationStarted() {
        operations++;
        outstanding++;
    }

    void operationGivenBack() {
        outstanding--;
    }

    /** Operations whose packet was not handed out yet. */
    public synchronized int outstanding() {
        return outstanding;
    }

    /** Grows with each operation that is begun and each packet that is taken, by whatever thread. */
    synchronized long progress() {
        return operations + packets;
    }

    void packetTaken() {
        packets++;
    }

    /** All operations that were begun in the run. */
    public synchronized long operations() {
        return operations;
    }

    /** The calls of one function by all threads. */
    long calls(CallCounts.Function function) {
        return access.calls(function);
    }

    /** All calls that were made in the run. */
    public synchronized long calls() {
        return calls;
    }

    /** A connection was closed that had an operation in flight: its peer is reset and may lose data. */
    void closedInFlight(SimulatedHandle handle, boolean receive) {
        if (receive || faults.injected(Faults.Kind.CANCEL_IS_IGNORED) == 0) {
            // A send that can't be cancelled leaves no other way.
            closedInFlight++;
        }
        log.add(handle.kind() + " %d is closed with a " + (receive ? "receive" : "send") + " in flight", handle.id);
    }

    /** How many connections were closed with operations in flight, without being asked to by {@code SO_LINGER}. */
    public synchronized int closedInFlight() {
        return closedInFlight;
    }

    /** The socket behind a handle, {@code null} if it is none; for oracles. */
    synchronized SimulatedSocket socketBehind(long value) {
        return handles.get(value) instanceof SimulatedSocket socket ? socket : null;
    }

    /** The datagram socket behind a handle, {@code null} if it is none; for oracles. */
    synchronized SimulatedDatagramSocket datagramsBehind(long value) {
        return handles.get(value) instanceof SimulatedDatagramSocket socket ? socket : null;
    }

    /** What is behind a handle, {@code null} if it was closed; for oracles. */
    synchronized SimulatedHandle behind(long value) {
        return handles.get(value);
    }

    /** The operations begun since this time whose outcomes nobody has taken; for oracles. */
    synchronized List<SimulatedOperation> inFlightSince(SimulatedHandle handle, long nanos) {
        return memory.borrowers().filter(operation -> operation.handle == handle && operation.begun >= nanos).toList();
    }

    /** The end of a pipe behind a handle, {@code null} if it is none; for oracles. */
    synchronized PipeEnd pipeBehind(long value) {
        return handles.get(value) instanceof SimulatedPipeHandle pipe ? pipe.end : null;
    }

    /** The job behind a {@code JobObject}, {@code null} if it was closed; for oracles. */
    synchronized SimulatedJob jobBehind(Object job) {
        long value = Long.decode(job.toString().replaceAll(".*\\((.*)\\)", "$1"));
        return handles.get(value) instanceof SimulatedJob open ? open : null;
    }

    /** Whether the last poll of a port waited for its full time. */
    public synchronized boolean lastPollTimedOut() {
        return lastPollTimedOut;
    }

    // ---- violations and the end

    /** Notes that the process did what it must not do. */
    void violation(String format, Object... args) {
        String text = String.format(Locale.ROOT, format, args);
        log.add("VIOLATION: " + text.replace("%", "%%"));
        if (violations.size() < MAX_VIOLATIONS) {
            violations.add(new SimulationError(text));
        }
    }

    /** Notes an error of the run itself, or of an oracle. */
    public synchronized void failed(Throwable cause) {
        if (cause instanceof SimulationError && violations.contains(cause)) {
            return;
        }
        log.add("FAILED: %s", cause.toString());
        violations.add(cause instanceof SimulationError ? (SimulationError) cause
                : new SimulationError(String.valueOf(cause), cause));
    }

    /** What ends the run at once. */
    SimulationError fatal(String text) {
        SimulationError error = new SimulationError(text);
        failed(error);
        if (turns != null) {
            turns.endAll(error);
        }
        return error;
    }

    /** What the process did that it must not do, so far. */
    public synchronized List<SimulationError> violations() {
        return Collections.unmodifiableList(new ArrayList<>(violations));
    }

    /** Throws if there was a violation. */
    public synchronized void check() {
        if (!violations.isEmpty()) {
            throw report();
        }
    }

    /** The process said that it leaves an instance of a pipe to listen, with its event and its memory. */
    synchronized void leavesAnInstance() {
        instanceLeft = true;
    }

    /** A channel that closed after its loop keeps what was to be written: buffers, and regions with their files. */
    synchronized void leavesWhatWasToBeWritten() {
        writesLeft = true;
        LogOracle.buffersAreLost();
    }

    /** Checks that nothing is left at the end of a run: no operation, no memory, no handle. */
    public synchronized void checkNothingLeft() {
        for (SimulatedHandle handle : sortedHandles()) {
            boolean left = instanceLeft && handle instanceof SimulatedEvent
                    || writesLeft && handle instanceof SimulatedFileHandle;
            if (!left) {
                violation("%s was never closed", handle);
            }
        }
        children.checkAtEnd();
        consoles.checkAtEnd();
        memory.checkAtEnd(operation -> instanceLeft && operation.kind == SimulatedOperation.Kind.LISTEN, writesLeft);
        check();
    }

    private SimulationError report() {
        StringBuilder text = new StringBuilder(4096);
        SimulationError first = violations.get(0);
        try (Formatter formatter = new Formatter(text, Locale.ROOT)) {
            formatter.format("seed %d, at %,.3f us: %s%n", seed, (schedule.now() - Schedule.START) / 1000.0,
                    first.getMessage());
            for (SimulationError further : violations.subList(1, violations.size())) {
                formatter.format("and then: %s%n", further.getMessage());
            }
            formatter.format("faults %s, happened %s%nthe last events:%n", faults, faults.counts());
        }
        for (String line : log.last(60)) {
            text.append(line).append('\n');
        }
        return new SimulationError(text.toString(), first);
    }

    /** Gives the memory of the run back. Nothing of the run may be used after that. */
    @Override
    public synchronized void close() {
        memory.release();
    }

    static boolean isInfinite(int millis) {
        return millis == WinConst.INFINITE;
    }
}
