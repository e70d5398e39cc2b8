/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.channel.DirectoryAddress;
import io.github.nettyiocp.channel.DirectoryEvent;
import io.github.nettyiocp.channel.DirectoryEvent.Created;
import io.github.nettyiocp.channel.DirectoryEvent.Deleted;
import io.github.nettyiocp.channel.DirectoryEvent.Renamed;
import io.github.nettyiocp.channel.DirectoryEvent.Rescan;
import io.github.nettyiocp.channel.DirectoryWatchChannel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import static org.assertj.core.api.Assertions.assertThat;

/** What Wine doesn't show of directories that are watched. */
class DirectoryWatchTest {

    private static final Path PATH = Path.of("/watched");
    private static final Rescan RESCAN = new Rescan(PATH, DirectoryEvent.Reason.OVERFLOW);

    private final List<Object> events = new ArrayList<>();
    private SimulatedKernel kernel;
    private SimulatedRuntime runtime;
    private SimulatedDirectory directory;

    @AfterEach
    void end() {
        runtime.close();
    }

    private DirectoryWatchChannel watch(Faults faults, boolean remote, Consumer<DirectoryWatchChannel> configure) {
        kernel = new SimulatedKernel(1, faults);
        runtime = new SimulatedRuntime(kernel);
        directory = kernel.directories().make(PATH.toString(), remote, !remote);
        DirectoryWatchChannel channel = runtime.watch();
        configure.accept(channel);
        channel.pipeline().addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                events.add(message);
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                events.add(cause.getClass());
            }

            @Override
            public void channelInactive(ChannelHandlerContext context) {
                events.add("inactive");
            }
        });
        runtime.loop().register(channel);
        ChannelFuture connected = channel.connect(new DirectoryAddress(PATH));
        runtime.require("connected", connected::isSuccess);
        return channel;
    }

    private DirectoryWatchChannel watch(Faults faults) {
        return watch(faults, false, channel -> { });
    }

    private void later() {
        runtime.sleep(2, TimeUnit.SECONDS);
    }

    private static Path path(String name) {
        return PATH.resolve(name);
    }

    @Test
    void theNamesOfARenameAreOneEventAlsoWhenTheyComeInTwoPackets() {
        watch(Faults.none().with(Faults.Kind.RENAME_IN_TWO, 1));
        directory.create("old");
        later();
        directory.rename("old", "new");
        later();
        assertThat(events).containsExactly(new Created(PATH, path("old"), null),
                new Renamed(PATH, path("old"), path("new"), null));
    }

    @Test
    void anOldNameWithoutANewOneIsADeletionAfterAWhile() {
        watch(Faults.none());
        directory.create("old");
        later();
        directory.leave("old");
        later();
        assertThat(events).endsWith(new Deleted(PATH, path("old"), null));
    }

    @ParameterizedTest
    @ValueSource(doubles = { 0, 1 })
    void anOverflowIsARescanHoweverItIsTold(double atOnce) {
        DirectoryWatchChannel channel = watch(Faults.none().with(Faults.Kind.OVERFLOW_AT_ONCE, atOnce), false,
                made -> made.config().setBufferSize(1024).setAutoRead(false));
        for (int round = 0; round < 10; round++) {
            for (int i = 0; i < 200; i++) {
                directory.create(round + " file " + i);
            }
            later();
            assertThat(events).isEmpty();
            channel.read();
            later();
            assertThat(events).doesNotContain(RESCAN).isNotEmpty();
            events.clear();
            channel.read();
            later();
            assertThat(events).containsExactly(RESCAN);
            events.clear();
        }
    }

    /** The call of the next registration tells it, and a deregistration follows in the same task. */
    @Test
    void anOverflowThatIsToldBetweenTwoDeregistrationsIsARescan() {
        DirectoryWatchChannel channel = watch(Faults.none().with(Faults.Kind.OVERFLOW_AT_ONCE, 1), false,
                made -> made.config().setBufferSize(1024).setAutoRead(false));
        runtime.require("deregistered", channel.deregister()::isSuccess);
        for (int i = 0; i < 200; i++) {
            directory.create("file " + i);
        }
        ChannelFuture[] futures = new ChannelFuture[2];
        runtime.loop().execute(() -> {
            futures[0] = runtime.loop().register(channel);
            futures[1] = channel.deregister();
        });
        later();
        assertThat(futures).allMatch(ChannelFuture::isSuccess);
        assertThat(events).isEmpty();
        runtime.require("registered", runtime.loop().register(channel)::isSuccess);
        channel.read();
        later();
        assertThat(events).containsExactly(RESCAN);
    }

    @Test
    void aNetworkPathHasASmallerBufferAndNoDetails() {
        watch(Faults.none(), true, channel -> channel.config().setBufferSize(200_000).setDetails(true));
        directory.create("file");
        later();
        assertThat(events).containsExactly(new Created(PATH, path("file"), null));
    }

    @Test
    void aDirectoryThatIsDeletedEndsTheWatchAfterItsLastEvents() {
        DirectoryWatchChannel channel = watch(Faults.none());
        directory.create("file");
        later();
        events.clear();
        directory.deleteSelf();
        later();
        assertThat(events).containsExactly(new Deleted(PATH, path("file"), null), NoSuchFileException.class,
                "inactive");
        assertThat(channel.closeFuture().isDone()).isTrue();
    }

    @Test
    void whatIsCancelledByOthersIsReadAgain() {
        watch(Faults.none().with(Faults.Kind.NOTIFY_IS_CANCELLED, 1));
        for (int i = 0; i < 20; i++) {
            directory.create("file " + i);
            later();
        }
        assertThat(events).hasSize(20).hasOnlyElementsOfType(Created.class);
    }
}
