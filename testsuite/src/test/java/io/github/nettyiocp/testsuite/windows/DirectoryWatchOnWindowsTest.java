/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.Binding;
import io.github.nettyiocp.HandleAlreadyBoundException;
import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.NotOverlappedException;
import io.github.nettyiocp.channel.DirectoryAddress;
import io.github.nettyiocp.channel.DirectoryEvent;
import io.github.nettyiocp.channel.DirectoryEvent.Created;
import io.github.nettyiocp.channel.DirectoryEvent.Deleted;
import io.github.nettyiocp.channel.DirectoryEvent.Modified;
import io.github.nettyiocp.channel.DirectoryEvent.Renamed;
import io.github.nettyiocp.channel.DirectoryEvent.Rescan;
import io.github.nettyiocp.channel.DirectoryWatchChannel;
import io.github.nettyiocp.channel.IocpChannelOption;
import io.github.nettyiocp.channel.WatchFilter;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Directories that are watched, of both of Wine's drives where this is Wine. The system property
 * {@code iocp.testsuite.load} multiplies how many files are made.
 */
@Timeout(240)
class DirectoryWatchOnWindowsTest {

    private static final int BACKUP_SEMANTICS = 0x02000000;
    private static final int OVERLAPPED = 0x40000000;
    private static final int LIST_DIRECTORY = 1;
    private static final int SYNCHRONIZE = 0x100000;
    private static final int WRITE_DATA = 2;
    private static final int DELETE = 0x10000;
    private static final int CREATE_NEW = 1;
    private static final int DELETE_ON_CLOSE = 0x04000000;
    private static final int LOAD = Integer.getInteger("iocp.testsuite.load", 1);
    private static final int ONE_BY_ONE = 50;
    private static final int FILES = 1000 * LOAD;
    private static final int FAST_FILES = 2000 * LOAD;

    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
    private final BlockingQueue<Object> events = new LinkedBlockingQueue<>();
    private IocpEventLoopGroup group;
    private Path directory;

    @BeforeEach
    void start() throws IOException {
        group = new IocpEventLoopGroup(1);
        directory = directoryOn("C");
    }

    @AfterEach
    void end() throws IOException {
        WindowsTestSupport.shutDown(group);
        assertThat(allocator.metric().usedDirectMemory()).as("bytes of buffers not released").isZero();
        delete(directory);
    }

    private static Path directoryOn(String drive) throws IOException {
        Path parent = drive.equals("C") ? Path.of(System.getProperty("java.io.tmpdir"))
                : Path.of("target").toAbsolutePath();
        return Files.createTempDirectory(Files.createDirectories(parent), "watch");
    }

    private static void delete(Path tree) throws IOException {
        if (Files.exists(tree)) {
            try (Stream<Path> paths = Files.walk(tree)) {
                for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(path);
                }
            }
        }
    }

    /** Puts what a channel tells in the queue. */
    private final class Recorder extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            events.add(message);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            events.add(cause);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            events.add("inactive");
        }
    }

    @SuppressWarnings("unchecked")
    private ChannelFuture connect(Path path, Map<ChannelOption<?>, Object> options) {
        Bootstrap bootstrap = new Bootstrap().group(group).channel(DirectoryWatchChannel.class)
                .option(ChannelOption.ALLOCATOR, allocator).handler(new Recorder());
        options.forEach((option, value) -> bootstrap.option((ChannelOption<Object>) option, value));
        return bootstrap.connect(new DirectoryAddress(path));
    }

    private DirectoryWatchChannel watch(Map<ChannelOption<?>, Object> options) throws InterruptedException {
        return (DirectoryWatchChannel) connect(directory, options).sync().channel();
    }

    /** The next event that isn't a modification, of which there may be any number. */
    private Object next() throws InterruptedException {
        Object event;
        do {
            event = events.poll(60, TimeUnit.SECONDS);
            assertThat(event).as("an event").isNotNull();
        } while (event instanceof Modified);
        return event;
    }

    private Path file(String name) {
        return directory.resolve(name);
    }

    // ---- what is told

    @ParameterizedTest
    @ValueSource(strings = { "C", "Z" })
    void whatIsCreatedModifiedRenamedAndDeletedIsToldInThatOrder(String drive) throws Exception {
        Path there = directoryOn(drive);
        Channel channel = connect(there, Map.of()).sync().channel();
        Path first = Files.createFile(there.resolve("first.txt"));
        assertThat(next()).isEqualTo(new Created(there, first, null));
        Files.writeString(first, "hello");
        assertThat(events.poll(60, TimeUnit.SECONDS)).isEqualTo(new Modified(there, first, null));
        Path second = Files.move(first, there.resolve("second.txt"));
        assertThat(next()).isEqualTo(new Renamed(there, first, second, null));
        Files.delete(second);
        assertThat(next()).isEqualTo(new Deleted(there, second, null));
        channel.close().sync();
        assertThat(next()).isEqualTo("inactive");
        delete(there);
    }

    @Test
    void whatIsBelowIsToldIfTheSubtreeIsWatched() throws Exception {
        watch(Map.of(IocpChannelOption.WATCH_SUBTREE, true));
        // Wine watches the subdirectories that it was told of since.
        Path below = directory;
        for (String name : new String[] { "a", "b", "c" }) {
            below = Files.createDirectory(below.resolve(name));
            assertThat(next()).isEqualTo(new Created(directory, below, null));
        }
        Path deep = Files.createFile(below.resolve("deep"));
        assertThat(next()).isEqualTo(new Created(directory, deep, null));
    }

    @Test
    void whatIsBelowIsNotToldIfTheSubtreeIsNotWatched() throws Exception {
        Path below = Files.createDirectories(file("a").resolve("b"));
        watch(Map.of());
        Files.createFile(below.resolve("deep"));
        Path here = Files.createFile(file("here"));
        assertThat(next()).isEqualTo(new Created(directory, here, null));
    }

    @Test
    void theFilterSaysWhichChangesAreTold() throws Exception {
        watch(Map.of(IocpChannelOption.WATCH_FILTER, Set.of(WatchFilter.DIRECTORY_NAME)));
        Files.createFile(file("a file"));
        Path made = Files.createDirectory(file("a directory"));
        assertThat(events.poll(60, TimeUnit.SECONDS)).isEqualTo(new Created(directory, made, null));
    }

    @Test
    void namesOfEveryOddKindArePaths() throws Exception {
        watch(Map.of());
        for (String name : new String[] { "a b", "%41&^!;,=(x)", "\u00e4\u00f6\u00fc \u4e2d\u6587 \ud83d\ude00",
                "x".repeat(200), ".hidden", "a..b" }) {
            Path path = Files.createFile(file(name));
            assertThat(next()).isEqualTo(new Created(directory, path, null));
        }
    }

    @Test
    void aDirectoryWithALongPathIsWatched() throws Exception {
        Path deep = directory;
        while (deep.toString().length() < 300) {
            deep = Files.createDirectory(deep.resolve("n".repeat(40)));
        }
        connect(deep, Map.of()).sync();
        Path path = Files.createFile(deep.resolve("file"));
        assertThat(next()).isEqualTo(new Created(deep, path, null));
    }

    @Test
    void eventsComeWithDetailsWhereWindowsHasThem() throws Exception {
        watch(Map.of(IocpChannelOption.WATCH_DETAILS, true));
        Path path = Files.createDirectory(file("made"));
        Created created = (Created) next();
        assertThat(created.path()).isEqualTo(path);
        if (!WindowsTestSupport.isWine()) {
            assertThat(created.details().isDirectory()).isTrue();
            assertThat(created.details().created()).isEqualTo(Files.readAttributes(path,
                    java.nio.file.attribute.BasicFileAttributes.class).creationTime());
        }
    }

    // ---- completeness

    @Test
    void aBufferThatWasTooSmallIsToldAsARescanAndTheWatchGoesOn() throws Exception {
        Channel channel = watch(Map.of(ChannelOption.AUTO_READ, false, IocpChannelOption.WATCH_BUFFER_SIZE, 1024));
        for (int i = 0; i < 300; i++) {
            Files.createFile(file("file-" + i));
        }
        channel.config().setAutoRead(true);
        Object event;
        do {
            event = next();
            assertThat(event).isInstanceOfAny(Created.class, Rescan.class);
        } while (event instanceof Created);
        assertThat(event).isEqualTo(new Rescan(directory, DirectoryEvent.Reason.OVERFLOW));
        Path later = Files.createFile(file("later"));
        while (!events.contains(new Created(directory, later, null))) {
            Thread.sleep(10);
        }
    }

    @Test
    void withAutoReadOffNothingIsFiredAndNothingIsLostThatFitsInTheBuffers() throws Exception {
        Channel channel = watch(Map.of(ChannelOption.AUTO_READ, false));
        for (int i = 0; i < 100; i++) {
            Files.createFile(file("file-" + i));
        }
        assertThat(events.poll(200, TimeUnit.MILLISECONDS)).isNull();
        channel.config().setAutoRead(true);
        for (int i = 0; i < 100; i++) {
            assertThat(next()).isEqualTo(new Created(directory, file("file-" + i), null));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = { "C", "Z" })
    void afterThousandsOfChangesThePictureOfTheDirectoryIsTheDirectory(String drive) throws Exception {
        Path there = directoryOn(drive);
        Channel channel = connect(there, Map.of()).sync().channel();
        Delays delays = new Delays();
        channel.pipeline().addFirst(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                if (message instanceof Created created) {
                    delays.told(created.path());
                }
                context.fireChannelRead(message);
            }
        });
        try (ServicePicture service = new ServicePicture(there)) {
            for (int i = 0; i < ONE_BY_ONE; i++) {
                Path path = create(there.resolve("alone-" + i), delays, service.delays);
                WindowsTestSupport.await("both tell of it", () -> delays.has(path) && service.delays.has(path));
            }
            double alone = delays.takeMedian();
            double aloneOfTheService = service.delays.takeMedian();

            long start = System.nanoTime();
            int changes = 0;
            for (int i = 0; i < FILES; i++) {
                Path path = create(there.resolve("file-" + i), delays, service.delays);
                changes += 2;
                switch (i % 3) {
                    case 0 -> Files.delete(path);
                    case 1 -> Files.move(path, there.resolve("renamed-" + i));
                    default -> changes--;
                }
            }
            Path last = Files.createFile(there.resolve("last"));
            double seconds = (System.nanoTime() - start) / 1e9;
            Picture picture = pictureUpTo(last);
            assertThat(picture.paths).isEqualTo(list(there));
            String result = service.result(last, picture.paths);
            WindowsTestSupport.print("drive %s: %d changes at %.0f a second, %s, a new file told after %.2f ms, one by"
                    + " one %.2f ms; the JDK's WatchService %s, after %.2f ms, one by one %.2f ms (medians)", drive,
                    changes, changes / seconds, picture, delays.takeMedian(), alone, result,
                    service.delays.takeMedian(), aloneOfTheService);
        }
        channel.close().sync();
        delete(there);
    }

    @ParameterizedTest
    @ValueSource(strings = { "C", "Z" })
    void thousandsOfChangesASecondLeaveNoWrongPicture(String drive) throws Exception {
        Path there = directoryOn(drive);
        Channel channel = connect(there, Map.of()).sync().channel();
        try (ServicePicture service = new ServicePicture(there)) {
            long start = System.nanoTime();
            int changes = changeFast(there);
            double seconds = (System.nanoTime() - start) / 1e9;
            Path last = Files.createFile(there.resolve("last"));
            Picture picture = pictureUpTo(last);
            assertThat(picture.paths).isEqualTo(list(there)).hasSize(FAST_FILES / 2 + 1);
            WindowsTestSupport.print("drive %s: %d changes at %.0f a second, %s; the JDK's WatchService %s", drive,
                    changes, changes / seconds, picture, service.result(last, picture.paths));
        }
        channel.close().sync();
        delete(there);
    }

    /** Makes files, half of them for a moment only, in the fewest calls that there are: two for a file. */
    private static int changeFast(Path there) {
        for (int i = 0; i < FAST_FILES; i++) {
            WindowsCalls.closeHandle(WindowsCalls.createFile(there.resolve("fast-" + i).toString(),
                    WRITE_DATA | DELETE, CREATE_NEW, i % 2 == 0 ? DELETE_ON_CLOSE : 0));
        }
        return FAST_FILES / 2 * 3;
    }

    /** What a program knows of a directory that listens to its changes. */
    private static final class Picture {

        final Set<Path> paths = new TreeSet<>();
        private int told;
        private int rescans;

        @Override
        public String toString() {
            return told + " events and " + rescans + " rescans, complete";
        }
    }

    private Picture pictureUpTo(Path last) throws Exception {
        Picture picture = new Picture();
        while (!picture.paths.contains(last)) {
            Object event = next();
            picture.told++;
            picture.rescans += event instanceof Rescan ? 1 : 0;
            apply(picture.paths, event);
        }
        return picture;
    }

    private static Path create(Path path, Delays... delays) throws IOException {
        for (Delays each : delays) {
            each.begin(path);
        }
        return Files.createFile(path);
    }

    /** How long after the making of a file somebody is told of it. */
    private static final class Delays {

        private final Map<Path, Long> begun = new ConcurrentHashMap<>();
        private final Map<Path, Long> nanos = new ConcurrentHashMap<>();

        void begin(Path path) {
            begun.put(path, System.nanoTime());
        }

        void told(Path path) {
            Long begin = begun.get(path);
            if (begin != null) {
                nanos.putIfAbsent(path, System.nanoTime() - begin);
            }
        }

        boolean has(Path path) {
            return nanos.containsKey(path);
        }

        /** In milliseconds, of what was told since the last time. */
        double takeMedian() {
            long[] sorted = nanos.values().stream().mapToLong(Long::longValue).sorted().toArray();
            nanos.clear();
            return sorted.length == 0 ? Double.NaN : sorted[sorted.length / 2] / 1e6;
        }
    }

    private static void apply(Set<Path> picture, Object event) throws IOException {
        switch (event) {
            case Created created -> picture.add(created.path());
            case Deleted deleted -> picture.remove(deleted.path());
            case Renamed renamed -> {
                picture.remove(renamed.oldPath());
                picture.add(renamed.path());
            }
            case Rescan rescan -> {
                picture.clear();
                picture.addAll(list(rescan.directory()));
            }
            default -> throw new AssertionError("unexpected: " + event);
        }
    }

    private static Set<Path> list(Path directory) throws IOException {
        try (Stream<Path> paths = Files.list(directory)) {
            return new TreeSet<>(paths.toList());
        }
    }

    /** What the JDK's service tells of the same changes. */
    private static final class ServicePicture implements AutoCloseable {

        private final Path directory;
        private final WatchService service;
        private final Set<Path> picture = new ConcurrentSkipListSet<>();
        private final AtomicInteger told = new AtomicInteger();
        private final AtomicInteger overflows = new AtomicInteger();
        final Delays delays = new Delays();

        ServicePicture(Path directory) throws IOException {
            this.directory = directory;
            service = directory.getFileSystem().newWatchService();
            directory.register(service, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_DELETE);
            Thread.ofPlatform().daemon().start(this::run);
        }

        private void run() {
            try {
                while (true) {
                    WatchKey key = service.take();
                    key.pollEvents().forEach(this::apply);
                    key.reset();
                }
            } catch (InterruptedException | ClosedWatchServiceException end) {
                // The test is over.
            }
        }

        private void apply(WatchEvent<?> event) {
            told.incrementAndGet();
            if (event.kind() == StandardWatchEventKinds.OVERFLOW) {
                overflows.incrementAndGet();
            } else if (event.kind() == StandardWatchEventKinds.ENTRY_CREATE) {
                Path path = directory.resolve((Path) event.context());
                picture.add(path);
                delays.told(path);
            } else {
                picture.remove(directory.resolve((Path) event.context()));
            }
        }

        String result(Path last, Set<Path> truth) throws InterruptedException {
            for (int i = 0; i < 200 && !picture.contains(last) && overflows.get() == 0; i++) {
                Thread.sleep(10);
            }
            return told + " events and " + overflows + " overflows, " + (picture.equals(truth) ? "complete"
                    : "its picture has " + picture.size() + " of " + truth.size() + " paths");
        }

        @Override
        public void close() throws IOException {
            service.close();
        }
    }

    @Test
    void nothingIsLostWhileTheChannelIsDeregisteredAndRegisteredAgain() throws Exception {
        DirectoryWatchChannel channel = watch(Map.of());
        for (int i = 0; i < 20; i++) {
            Path before = Files.createFile(file("before-" + i));
            channel.deregister().sync();
            Path between = Files.createFile(file("between-" + i));
            group.register(channel).sync();
            assertThat(next()).isEqualTo(new Created(directory, before, null));
            assertThat(next()).isEqualTo(new Created(directory, between, null));
        }
    }

    // ---- the directory itself

    @Test
    void aWatchedDirectoryThatIsRenamedIsWatchedOn() throws Exception {
        DirectoryWatchChannel channel = watch(Map.of());
        assertThat(Files.isSameFile(channel.currentPath().sync().getNow(), directory)).isTrue();
        Path renamed = Files.move(directory, directory.resolveSibling(directory.getFileName() + "-renamed"));
        try {
            Files.createFile(renamed.resolve("file"));
            assertThat(next()).isEqualTo(new Created(directory, file("file"), null));
            Path current = channel.currentPath().sync().getNow();
            if (!WindowsTestSupport.isWine()) {
                // Wine keeps the name that a handle was opened by.
                assertThat(Files.isSameFile(current, renamed)).isTrue();
            }
        } finally {
            delete(renamed);
        }
    }

    @Test
    void aWatchedDirectoryThatIsDeletedEndsTheWatch() throws Exception {
        Assumptions.assumeFalse(WindowsTestSupport.isWine(), "Wine doesn't tell that a watched directory was deleted");
        DirectoryWatchChannel channel = watch(Map.of());
        Files.delete(directory);
        assertThat(next()).isInstanceOf(NoSuchFileException.class);
        assertThat(next()).isEqualTo("inactive");
        channel.closeFuture().sync();
    }

    // ---- bad input

    @Test
    void aDirectoryThatIsMissingIsNoSuchFile() throws Exception {
        ChannelFuture connected = connect(file("missing"), Map.of()).await();
        assertThat(connected.cause()).isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining(file("missing").toString());
        assertThat(connected.channel().closeFuture().await(60_000)).isTrue();
    }

    @Test
    void aFileIsNoDirectory() throws Exception {
        Path file = Files.createFile(file("file"));
        assertThat(connect(file, Map.of()).await().cause()).isInstanceOf(NotDirectoryException.class)
                .hasMessageContaining(file.toString());
        Files.delete(file);
    }

    @Test
    void aDirectoryThatSomebodyHasForHimselfIsASharingViolation() throws Exception {
        long exclusive = WindowsCalls.createFileExclusively(directory.toString(), LIST_DIRECTORY | SYNCHRONIZE, 3,
                BACKUP_SEMANTICS);
        assertThat(connect(directory, Map.of()).await().cause()).isInstanceOf(FileSystemException.class)
                .hasMessageContaining("error 32");
        WindowsCalls.closeHandle(exclusive);
    }

    @Test
    void whatIsNoDirectoryAddressIsRefused() {
        Bootstrap bootstrap = new Bootstrap().group(group).channel(DirectoryWatchChannel.class)
                .handler(new Recorder());
        ChannelFuture connected = bootstrap.connect(new InetSocketAddress("127.0.0.1", 1));
        assertThat(connected.awaitUninterruptibly().cause()).isInstanceOf(UnsupportedAddressTypeException.class);
        connected.channel().close().syncUninterruptibly();
    }

    @Test
    void aSecondConnectAWriteAndABindAreRefusedAndHarmNothing() throws Exception {
        Channel channel = watch(Map.of());
        assertThatThrownBy(() -> channel.connect(new DirectoryAddress(directory)).sync())
                .isInstanceOf(AlreadyConnectedException.class);
        assertThatThrownBy(() -> channel.writeAndFlush(Unpooled.EMPTY_BUFFER).sync())
                .isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> group.register(new DirectoryWatchChannel()).sync().channel()
                .bind(new DirectoryAddress(directory)).sync()).isInstanceOf(UnsupportedOperationException.class);
        Path path = Files.createFile(file("still watched"));
        assertThat(next()).isEqualTo(new Created(directory, path, null));
    }

    @Test
    void optionsThatCannotBeAreRefused() {
        DirectoryWatchChannel channel = new DirectoryWatchChannel();
        assertThatThrownBy(() -> channel.config().setOption(IocpChannelOption.WATCH_BUFFER_SIZE, 100))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> channel.config().setOption(IocpChannelOption.WATCH_FILTER, Set.of()))
                .isInstanceOf(IllegalArgumentException.class);
        channel.config().setOption(IocpChannelOption.WATCH_SUBTREE, true);
        assertThat(channel.config().getOptions()).containsEntry(IocpChannelOption.WATCH_SUBTREE, true)
                .containsEntry(IocpChannelOption.WATCH_BUFFER_SIZE, 65536);
        group.register(channel).syncUninterruptibly();
        channel.close().syncUninterruptibly();
    }

    // ---- handles of others

    private long open(int flags) {
        return WindowsCalls.createFile(directory.toString(), LIST_DIRECTORY | SYNCHRONIZE, 3, BACKUP_SEMANTICS | flags);
    }

    private DirectoryWatchChannel adopted(long handle) {
        DirectoryWatchChannel channel = new DirectoryWatchChannel(handle, directory);
        channel.pipeline().addLast(new Recorder());
        channel.config().setAllocator(allocator);
        return channel;
    }

    @Test
    void anAdoptedHandleIsWatchedAndClosed() throws Exception {
        long handle = open(OVERLAPPED);
        DirectoryWatchChannel channel = adopted(handle);
        group.register(channel).sync();
        Path path = Files.createFile(file("file"));
        assertThat(next()).isEqualTo(new Created(directory, path, null));
        channel.close().sync();
        assertThat(WindowsCalls.isOpen(handle)).isFalse();
    }

    @Test
    void handlesThatCannotBeWatchedAreRefusedByTheRegistration() throws Exception {
        assertThatThrownBy(() -> group.register(adopted(open(0))).sync()).isInstanceOf(NotOverlappedException.class);
        long bound = open(OVERLAPPED);
        Binding binding = Binding.open(group.next(), bound).sync().getNow();
        assertThatThrownBy(() -> group.register(adopted(WindowsCalls.duplicate(bound))).sync())
                .isInstanceOf(HandleAlreadyBoundException.class);
        binding.close().sync();
        Path file = Files.createFile(file("file"));
        long ofAFile = WindowsCalls.createFile(file.toString(), LIST_DIRECTORY | SYNCHRONIZE, 3, OVERLAPPED);
        assertThatThrownBy(() -> group.register(adopted(ofAFile)).sync()).isInstanceOf(NotDirectoryException.class);
        long closed = open(OVERLAPPED);
        WindowsCalls.closeHandle(closed);
        assertThatThrownBy(() -> group.register(adopted(closed)).sync()).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> adopted(0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aHandleThatSomebodyElseClosesEndsTheWatch() throws Exception {
        long handle = open(OVERLAPPED);
        DirectoryWatchChannel channel = adopted(handle);
        group.register(channel).sync();
        WindowsCalls.closeHandle(handle);
        // The channel closes the number once more, whatever it is by then: so it shall be nobody else's.
        long decoy = WindowsCalls.createSemaphore(0, 1);
        assertThat(next()).isInstanceOf(FileSystemException.class);
        assertThat(next()).isEqualTo("inactive");
        assertThat(channel.closeFuture().await(60_000)).isTrue();
        if (decoy != handle) {
            WindowsCalls.closeHandle(decoy);
        }
    }

    // ---- close and cancel at each step

    @Test
    void aCloseAtAnyMomentLeavesNothing() throws Exception {
        int before = WindowsTestSupport.handles();
        for (int i = 0; i < 60; i++) {
            ChannelFuture connected = connect(directory, Map.of());
            switch (i % 5) {
                case 0 -> connected.channel().close();
                case 1 -> {
                    if (!connected.cancel(true)) {
                        connected.channel().close();
                    }
                }
                case 2 -> connected.sync().channel().close();
                case 3 -> {
                    connected.sync();
                    Files.writeString(file("changed"), "x".repeat(i));
                    connected.channel().eventLoop().execute(connected.channel().unsafe()::closeForcibly);
                    connected.channel().close();
                }
                default -> {
                    connected.sync().channel().deregister();
                    connected.channel().close();
                }
            }
            assertThat(connected.await(60_000)).isTrue();
            assertThat(connected.channel().closeFuture().await(20_000)).as("closed, way %d", i % 5).isTrue();
        }
        WindowsTestSupport.assertNoMoreHandlesThan(before, 2);
    }

    @Test
    void aHandlerMayCloseInTheMiddleOfManyEvents() throws Exception {
        DirectoryWatchChannel channel = watch(Map.of(ChannelOption.AUTO_READ, false));
        BlockingQueue<Object> told = new LinkedBlockingQueue<>();
        channel.pipeline().addFirst(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                told.add(message);
                context.close();
            }
        });
        for (int i = 0; i < 50; i++) {
            Files.createFile(file("file-" + i));
        }
        channel.read();
        channel.closeFuture().sync();
        assertThat(told).hasSize(1);
    }
}
