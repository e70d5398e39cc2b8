/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.soak;

import io.github.nettyiocp.IocpMetrics;
import io.github.nettyiocp.testsuite.faults.FaultKind;
import io.netty.buffer.PoolArenaMetric;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.internal.PlatformDependent;

import java.io.File;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * Mixed load on faulty calls for as long as one says: {@code ./soak.sh MINUTES [SEED]}. Exits with 0 if every byte was
 * right and what the process holds is at the end what it was at the start, with 1 if not.
 */
public final class Soak {

    private static final int MOST_OPEN = 80;
    private static final int REPORT_SECONDS = 30;
    private static final int ARENAS = 4;
    private static final long MEBI = 1 << 20;
    /** A thread of the virtual machine that comes or goes has three descriptors under Wine. */
    private static final int HANDLES_TOLERATED = 6;
    /** The pools keep a chunk for each arena once they have it. */
    private static final long DIRECT_TOLERATED = 16 * MEBI;
    private static final long HEAP_TOLERATED = 8 * MEBI;

    private final Tally tally = new Tally();
    /** Without caches of threads, so that what is in use can be counted. */
    private final PooledByteBufAllocator allocator =
            new PooledByteBufAllocator(true, ARENAS, ARENAS, 8192, 9, 0, 0, false);
    private final EventLoopGroup nio = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Map<FaultKind, Long> faults = new EnumMap<>(FaultKind.class);
    private final SplittableRandom dice;
    private final long seed;
    private long stale;
    private int number;
    private long nextReport;
    private long started;

    private Soak(long seed) {
        this.seed = seed;
        dice = new SplittableRandom(seed);
    }

    public static void main(String[] arguments) throws Exception {
        double minutes = arguments.length > 0 ? Double.parseDouble(arguments[0]) : 1;
        long seed = arguments.length > 1 ? Long.parseLong(arguments[1]) : System.currentTimeMillis();
        System.out.println("SOAK of " + minutes + " minutes, seed " + seed);
        boolean passed;
        try {
            passed = new Soak(seed).run((long) (minutes * 60_000));
        } catch (Throwable cause) {
            cause.printStackTrace(System.out);
            passed = false;
        }
        System.out.println(passed ? "PASSED" : "FAILED");
        System.out.flush();
        Runtime.getRuntime().halt(passed ? 0 : 1);
    }

    private boolean run(long millis) throws InterruptedException {
        started = System.nanoTime();
        nextReport = Long.MAX_VALUE;
        // Loads classes, links functions and fills pools.
        for (int i = 0; i < 3; i++) {
            era(4000);
        }
        Footprint before = rest();
        System.out.println("START " + before);
        started = System.nanoTime();
        nextReport = started + TimeUnit.SECONDS.toNanos(REPORT_SECONDS);
        long deadline = started + TimeUnit.MILLISECONDS.toNanos(millis);
        while (deadline - System.nanoTime() > 0 && tally.failures.size() < 100) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            era(Math.min(left, 10_000 + dice.nextInt(50_000)));
        }
        Footprint after = rest();
        System.out.println("START " + before);
        System.out.println("END   " + after);
        System.out.println("TOTAL " + totals());
        System.out.println("FAULTS " + faults);
        compare(before, after);
        tally.failures.forEach(failure -> System.out.println("FAILED: " + failure));
        return tally.failures.isEmpty();
    }

    private void era(long millis) throws InterruptedException {
        Era era = new Era(tally, seed, number++, allocator, nio);
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        // The last part of some is calm: all connections come to their end before the groups do.
        long calm = dice.nextInt(3) == 0 ? deadline - TimeUnit.MILLISECONDS.toNanos(millis / 4) : Long.MAX_VALUE;
        while (deadline - System.nanoTime() > 0) {
            era.calm = System.nanoTime() >= calm;
            if (!era.calm && era.open.get() < 2 * MOST_OPEN) {
                era.connect();
            }
            if (!era.calm && dice.nextInt(8) == 0) {
                era.sendDatagrams();
            }
            if (!era.calm && dice.nextInt(8) == 0) {
                era.workOnFiles();
            }
            if (dice.nextInt(8) == 0) {
                Thread.sleep(era.open.get() < MOST_OPEN ? dice.nextInt(10) : dice.nextInt(50));
                era.sweep();
            }
            if (System.nanoTime() >= nextReport) {
                nextReport += TimeUnit.SECONDS.toNanos(REPORT_SECONDS);
                report(era);
            }
        }
        era.end();
        era.sweep();
        for (int i = 0; i < 100 && buffers() != 0; i++) {
            Thread.sleep(50);
        }
        if (buffers() != 0) {
            tally.fail(buffers() + " buffers are in use at the end of " + era);
        }
        stale += era.metrics().stalePackets();
        era.access.counts().forEach((kind, count) -> faults.merge(kind, count, Long::sum));
    }

    private void report(Era era) {
        Map<FaultKind, Long> injected = new EnumMap<>(faults);
        era.access.counts().forEach((kind, count) -> injected.merge(kind, count, Long::sum));
        IocpMetrics metrics = era.metrics();
        System.out.printf(Locale.ROOT, "%5d s  %s; open %d, outstanding %d, leaked %d, stale %d; %s; faults %s%n",
                TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - started), totals(), era.open.get(),
                metrics.outstanding(), metrics.leakedOperations(), stale + metrics.stalePackets(), footprint(false),
                injected);
    }

    private String totals() {
        return String.format(Locale.ROOT, "connections %d of %d attempts (%d whole, %d broken, %d refused),"
                + " %d MiB, writes %d (%d failed), datagrams %d (%d came back), operations of files %d (%d failed),"
                + " re-registered %d, eras %d, failures %d",
                tally.connections.sum(), tally.attempts.sum(), tally.whole.sum(), tally.broken.sum(),
                tally.refused.sum(), tally.bytes.sum() / MEBI, tally.writes.sum(), tally.failedWrites.sum(),
                tally.datagrams.sum(), tally.datagramsBack.sum(), tally.fileOperations.sum(),
                tally.failedFileOperations.sum(),
                tally.reregistered.sum(), tally.eras.sum(), tally.failures.size());
    }

    /** What the process holds once everything that ends by itself has ended. */
    private Footprint rest() throws InterruptedException {
        // Idle threads of the library for calls that block end after 10 seconds.
        Thread.sleep(12_000);
        Footprint least = footprint(true);
        for (int i = 0; i < 10; i++) {
            Thread.sleep(500);
            least = least.least(footprint(true));
        }
        return least;
    }

    private Footprint footprint(boolean collect) {
        if (collect) {
            System.gc();
        }
        String[] descriptors = new File("Z:\\proc\\self\\fd").list();
        Runtime runtime = Runtime.getRuntime();
        return new Footprint(descriptors == null ? -1 : descriptors.length, Thread.activeCount(),
                buffers(),
                PlatformDependent.usedDirectMemory(), runtime.totalMemory() - runtime.freeMemory());
    }

    private long buffers() {
        return active(allocator.metric().directArenas()) + active(allocator.metric().heapArenas());
    }

    private static long active(List<PoolArenaMetric> arenas) {
        return arenas.stream().mapToLong(PoolArenaMetric::numActiveAllocations).sum();
    }

    private void compare(Footprint before, Footprint after) {
        if (after.handles > before.handles + HANDLES_TOLERATED) {
            tally.fail("more handles than at the start");
        }
        if (after.buffers > before.buffers) {
            tally.fail("more buffers in use than at the start");
        }
        if (after.direct > before.direct + DIRECT_TOLERATED) {
            tally.fail("more direct memory than at the start");
        }
        if (after.heap > before.heap + HEAP_TOLERATED) {
            tally.fail("more heap in use than at the start");
        }
    }

    /**
     * What the process holds.
     *
     * @param handles descriptors of the Linux process
     * @param threads of Java
     * @param buffers of the allocator that are in use
     * @param direct memory that Netty allocated, the pools' unused parts included
     * @param heap bytes in use
     */
    private record Footprint(int handles, int threads, long buffers, long direct, long heap) {

        Footprint least(Footprint other) {
            return new Footprint(Math.min(handles, other.handles), Math.min(threads, other.threads),
                    Math.min(buffers, other.buffers), Math.min(direct, other.direct), Math.min(heap, other.heap));
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "handles %d, threads %d, buffers in use %d, direct %.1f MiB,"
                    + " heap %.1f MiB", handles, threads, buffers, (double) direct / MEBI, (double) heap / MEBI);
        }
    }
}
