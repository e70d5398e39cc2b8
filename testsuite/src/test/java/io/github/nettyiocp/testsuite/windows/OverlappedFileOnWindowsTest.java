/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.windows;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.channel.OverlappedFile;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.DELETE_ON_CLOSE;
import static java.nio.file.StandardOpenOption.DSYNC;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.SPARSE;
import static java.nio.file.StandardOpenOption.SYNC;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Files on the loop, compared with {@code FileChannel} on the same machine. */
@Timeout(240)
class OverlappedFileOnWindowsTest {

    private static final int SECONDS = 60;

    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
    private final List<OverlappedFile> files = new ArrayList<>();
    private IocpEventLoopGroup group;
    private Path directory;

    /** Where the files are. */
    enum Place {
        /** The temporary folder; under Wine drive C. */
        TEMPORARY,
        /** The folder of the build; under Wine drive Z. */
        BUILD;

        Path folder() throws IOException {
            return this == TEMPORARY ? Files.createTempDirectory("files")
                    : Files.createTempDirectory(Path.of("target").toAbsolutePath(), "files");
        }
    }

    @BeforeEach
    void makeFolder() throws IOException {
        group = new IocpEventLoopGroup(1);
        directory = Place.TEMPORARY.folder();
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        for (OverlappedFile file : files) {
            assertThat(file.close().await(SECONDS, TimeUnit.SECONDS)).as("closed: " + file).isTrue();
            assertThat(file.closeFuture().cause()).isNull();
        }
        WindowsTestSupport.shutDown(group);
        assertThat(allocator.metric().usedDirectMemory()).isZero();
        assertThat(allocator.metric().usedHeapMemory()).isZero();
        // What is open could not be deleted.
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path dir, IOException failure) throws IOException {
                Files.delete(dir);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private IoEventLoop loop() {
        return group.next();
    }

    private OverlappedFile open(Path path, OpenOption... options) throws InterruptedException {
        OverlappedFile file = get(OverlappedFile.open(loop(), path, options));
        files.add(file);
        return file;
    }

    private static <V> V get(Future<V> future) throws InterruptedException {
        assertThat(future.await(SECONDS, TimeUnit.SECONDS)).as("done").isTrue();
        if (!future.isSuccess()) {
            throw new AssertionError(future.cause());
        }
        return future.getNow();
    }

    private static Throwable cause(Future<?> future) throws InterruptedException {
        assertThat(future.await(SECONDS, TimeUnit.SECONDS)).as("done").isTrue();
        return future.cause();
    }

    private byte[] read(OverlappedFile file, long position, int length) throws InterruptedException {
        ByteBuf buffer = allocator.directBuffer(length);
        int read = get(file.read(buffer, position));
        assertThat(buffer.readableBytes()).isEqualTo(Math.max(0, read));
        byte[] bytes = read < 0 ? null : ByteBufUtil.getBytes(buffer);
        buffer.release();
        return bytes;
    }

    private void write(OverlappedFile file, long position, byte[] bytes) throws InterruptedException {
        ByteBuf buffer = allocator.directBuffer(bytes.length).writeBytes(bytes);
        assertThat(get(file.write(buffer, position))).isEqualTo(bytes.length);
        assertThat(buffer.isReadable()).isFalse();
        assertThat(buffer.release()).isTrue();
    }

    private static byte[] random(int length) {
        byte[] data = new byte[length];
        new Random(length).nextBytes(data);
        return data;
    }

    @ParameterizedTest
    @EnumSource
    void manyOperationsAtATimeReadAndWriteWhereTheyWereTold(Place place) throws Exception {
        Path folder = place.folder();
        Path path = folder.resolve("data");
        byte[] data = random(2 << 20);
        int part = 10_007;
        OverlappedFile file = open(path, CREATE_NEW, READ, WRITE);
        List<Integer> order = new ArrayList<>();
        for (int from = 0; from < data.length; from += part) {
            order.add(from);
        }
        java.util.Collections.shuffle(order, new Random(1));
        List<Future<Integer>> futures = new ArrayList<>();
        List<ByteBuf> buffers = new ArrayList<>();
        for (int from : order) {
            ByteBuf buffer = buffer(buffers.size(), Arrays.copyOfRange(data, from, Math.min(data.length, from + part)));
            buffers.add(buffer);
            futures.add(file.write(buffer, from));
        }
        for (Future<Integer> future : futures) {
            get(future);
        }
        assertThat(Files.readAllBytes(path)).isEqualTo(data);
        futures.clear();
        for (ByteBuf buffer : buffers) {
            assertThat(buffer.isReadable()).isFalse();
            buffer.clear();
        }
        for (int i = 0; i < order.size(); i++) {
            ByteBuf buffer = buffers.get(i);
            futures.add(file.read(buffer.capacity() == part ? buffer : buffer.capacity(Math.min(part,
                    data.length - order.get(i))), order.get(i)));
        }
        for (int i = 0; i < order.size(); i++) {
            int length = Math.min(part, data.length - order.get(i));
            assertThat(get(futures.get(i))).isEqualTo(length);
            assertThat(ByteBufUtil.getBytes(buffers.get(i))).isEqualTo(Arrays.copyOfRange(data, order.get(i),
                    order.get(i) + length));
            assertThat(buffers.get(i).release()).isTrue();
        }
        get(file.close());
        Files.delete(path);
        Files.delete(folder);
    }

    /** Of all kinds, so that each is read into and written from. */
    private ByteBuf buffer(int i, byte[] bytes) {
        return switch (i % 3) {
            case 0 -> allocator.directBuffer(bytes.length).writeBytes(bytes);
            case 1 -> allocator.heapBuffer(bytes.length).writeBytes(bytes);
            default -> allocator.compositeBuffer().addComponents(true,
                    allocator.directBuffer(bytes.length / 2).writeBytes(bytes, 0, bytes.length / 2),
                    allocator.heapBuffer(bytes.length - bytes.length / 2).writeBytes(bytes, bytes.length / 2,
                            bytes.length - bytes.length / 2));
        };
    }

    @Test
    void theEndIsMinusOneAndWhatLiesBeforeItIsReadInPart() throws Exception {
        Path path = Files.write(directory.resolve("data"), random(100));
        OverlappedFile file = open(path);
        assertThat(read(file, 90, 20)).isEqualTo(Arrays.copyOfRange(random(100), 90, 100));
        assertThat(read(file, 100, 20)).isNull();
        assertThat(read(file, 5000, 20)).isNull();
        assertThat(read(file, 5L << 32, 20)).isNull();
        assertThat(get(file.size())).isEqualTo(100);
        ByteBuf full = allocator.directBuffer(4).writeInt(1);
        assertThat(get(file.read(full.asReadOnly(), 0))).isZero();
        full.release();
        OverlappedFile empty = open(directory.resolve("empty"), CREATE, READ, WRITE);
        assertThat(read(empty, 0, 1)).isNull();
        assertThat(get(empty.write(Unpooled.EMPTY_BUFFER, 10))).isZero();
        assertThat(get(empty.size())).isZero();
    }

    @Test
    void whatLiesBehindFourGibibytesIsWrittenAndRead() throws Exception {
        long position = (4L << 30) + 4097;
        OverlappedFile file = open(directory.resolve("large"), CREATE_NEW, SPARSE, READ, WRITE);
        write(file, position, random(5000));
        assertThat(get(file.size())).isEqualTo(position + 5000);
        assertThat(read(file, position, 6000)).isEqualTo(random(5000));
        // Not longer any more, thus on the loop.
        write(file, position + 1000, new byte[2000]);
        assertThat(read(file, position + 900, 200)).startsWith(Arrays.copyOfRange(random(5000), 900, 1000))
                .endsWith(new byte[100]);
        assertThat(read(file, 1L << 30, 10)).isEqualTo(new byte[10]);
        try (FileChannel channel = FileChannel.open(file.path())) {
            ByteBuffer seen = ByteBuffer.allocate(1000);
            channel.read(seen, position);
            assertThat(seen.array()).isEqualTo(Arrays.copyOf(random(5000), 1000));
        }
    }

    @Test
    void appendedBytesComeToTheEndInTheOrderOfTheirFutures() throws Exception {
        Path path = Files.write(directory.resolve("log"), new byte[] { 1, 2 });
        OverlappedFile appending = open(path, APPEND);
        assertThat(get(appending.append(Unpooled.wrappedBuffer(new byte[] { 3 })))).isEqualTo(1);
        assertThat(get(appending.write(Unpooled.wrappedBuffer(new byte[] { 4 }), 0))).isEqualTo(1);
        OverlappedFile writing = open(path, WRITE);
        assertThat(get(writing.append(Unpooled.wrappedBuffer(new byte[] { 5 })))).isEqualTo(1);
        assertThat(get(appending.append(Unpooled.wrappedBuffer(new byte[] { 6 })))).isEqualTo(1);
        assertThat(Files.readAllBytes(path)).containsExactly(1, 2, 3, 4, 5, 6);
        assertThat(cause(appending.read(Unpooled.directBuffer(1), 0)))
                .isInstanceOf(NonReadableChannelException.class);
    }

    @Test
    void aFileIsMadeShorterAndNeverLonger() throws Exception {
        Path path = Files.write(directory.resolve("data"), random(1000));
        OverlappedFile file = open(path, READ, WRITE);
        get(file.truncate(2000));
        assertThat(get(file.size())).isEqualTo(1000);
        get(file.truncate(10));
        assertThat(get(file.size())).isEqualTo(10);
        write(file, 20, new byte[] { 9 });
        assertThat(read(file, 10, 100)).isEqualTo(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9 });
        get(file.flush());
        get(open(path).flush());
        assertThat(cause(open(path).truncate(1))).isInstanceOf(NonWritableChannelException.class);
    }

    static Stream<List<StandardOpenOption>> options() {
        return Stream.of(List.of(), List.of(READ), List.of(WRITE), List.of(READ, WRITE), List.of(APPEND),
                List.of(READ, CREATE), List.of(WRITE, CREATE), List.of(WRITE, CREATE_NEW), List.of(APPEND, CREATE),
                List.of(WRITE, TRUNCATE_EXISTING), List.of(WRITE, CREATE, TRUNCATE_EXISTING),
                List.of(READ, TRUNCATE_EXISTING), List.of(WRITE, CREATE_NEW, TRUNCATE_EXISTING),
                List.of(READ, APPEND), List.of(APPEND, TRUNCATE_EXISTING), List.of(WRITE, DELETE_ON_CLOSE),
                List.of(WRITE, CREATE, DSYNC), List.of(WRITE, CREATE, SYNC), List.of(WRITE, CREATE_NEW, SPARSE));
    }

    @ParameterizedTest
    @MethodSource("options")
    void optionsMeanWhatTheyMeanToFileChannel(List<StandardOpenOption> options) throws Exception {
        OpenOption[] array = options.toArray(new OpenOption[0]);
        for (boolean there : new boolean[] { true, false }) {
            String ours = outcome(there, path -> {
                OverlappedFile file = get0(OverlappedFile.open(loop(), path, array));
                ByteBuf buffer = Unpooled.directBuffer(2).writeShort(0x0708);
                try {
                    get0(file.write(buffer, 1));
                } catch (NonWritableChannelException readOnly) {
                    return "read only";
                } finally {
                    buffer.release();
                    get(file.close());
                }
                return "written";
            });
            String theirs = outcome(there, path -> {
                try (FileChannel channel = FileChannel.open(path, array)) {
                    channel.write(ByteBuffer.wrap(new byte[] { 7, 8 }), options.contains(APPEND)
                            ? channel.size() : 1);
                } catch (NonWritableChannelException readOnly) {
                    return "read only";
                }
                return "written";
            });
            assertThat(ours).isEqualTo(theirs);
        }
    }

    /** Something that is done with a path. */
    private interface Attempt {
        String with(Path path) throws Exception;
    }

    private static <V> V get0(Future<V> future) throws Exception {
        assertThat(future.await(SECONDS, TimeUnit.SECONDS)).as("done").isTrue();
        if (future.cause() instanceof Exception) {
            throw (Exception) future.cause();
        }
        return future.getNow();
    }

    private String outcome(boolean there, Attempt attempt) throws IOException {
        Path path = directory.resolve("some file");
        Files.deleteIfExists(path);
        if (there) {
            Files.write(path, new byte[] { 1, 2, 3, 4 });
        }
        String outcome;
        try {
            outcome = attempt.with(path);
        } catch (Exception e) {
            outcome = e.getClass().getName();
        }
        return outcome + (Files.exists(path) ? Arrays.toString(Files.readAllBytes(path)) : "");
    }

    @Test
    void whatCannotBeOpenedFailsAsItDoesWithFileChannel() throws Exception {
        Path readOnly = Files.write(directory.resolve("read only"), new byte[1]);
        Files.setAttribute(readOnly, "dos:readonly", true);
        try {
            sameFailure(directory.resolve("missing"));
            sameFailure(directory.resolve("no folder").resolve("missing"));
            sameFailure(readOnly, WRITE);
            sameFailure(readOnly, WRITE, CREATE_NEW);
        } finally {
            Files.setAttribute(readOnly, "dos:readonly", false);
        }
    }

    @Test
    void aFolderIsNoFile() throws Exception {
        // Wine opens it, for FileChannel too; then it is refused here.
        for (OpenOption option : new OpenOption[] { READ, WRITE }) {
            assertThat(cause(OverlappedFile.open(loop(), directory, option))).isInstanceOf(FileSystemException.class)
                    .hasMessageContaining(directory.toString());
        }
    }

    private void sameFailure(Path path, OpenOption... options) throws Exception {
        Future<OverlappedFile> opened = OverlappedFile.open(loop(), path, options);
        Throwable ours = cause(opened);
        Throwable theirs = null;
        try {
            FileChannel.open(path, options).close();
        } catch (IOException e) {
            theirs = e;
        }
        if (theirs == null) {
            // Wine as root may write what is read-only.
            assertThat(ours).isNull();
            get(opened.getNow().close());
        } else {
            assertThat(ours).isExactlyInstanceOf(theirs.getClass());
            assertThat(ours.getMessage()).contains(path.toString()).contains("CreateFileW");
        }
    }

    @Test
    void argumentsThatCanNeverBeRightAreThrown() throws Exception {
        Path path = directory.resolve("data");
        assertThatThrownBy(() -> OverlappedFile.open(loop(), path, READ, APPEND))
                .isInstanceOf(IllegalArgumentException.class).hasMessage("READ + APPEND not allowed");
        assertThatThrownBy(() -> OverlappedFile.open(loop(), path, java.nio.file.LinkOption.NOFOLLOW_LINKS))
                .isInstanceOf(UnsupportedOperationException.class).hasMessageContaining("NOFOLLOW_LINKS");
        OverlappedFile file = open(path, CREATE, READ, WRITE);
        assertThatThrownBy(() -> file.read(Unpooled.EMPTY_BUFFER, -1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> file.write(Unpooled.EMPTY_BUFFER, -1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> file.truncate(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> file.lock(0, 0, true)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aFileThatIsClosedRefuses() throws Exception {
        OverlappedFile file = open(directory.resolve("data"), CREATE, READ, WRITE);
        get(file.close());
        assertThat(file.isOpen()).isFalse();
        assertThat(file.close()).isSameAs(file.closeFuture());
        ByteBuf buffer = allocator.directBuffer(10).writeInt(1);
        assertThat(cause(file.read(buffer, 0))).isInstanceOf(ClosedChannelException.class);
        assertThat(cause(file.write(buffer, 0))).isInstanceOf(ClosedChannelException.class);
        assertThat(cause(file.size())).isInstanceOf(ClosedChannelException.class);
        assertThat(cause(file.truncate(0))).isInstanceOf(ClosedChannelException.class);
        assertThat(cause(file.flush())).isInstanceOf(ClosedChannelException.class);
        assertThat(cause(file.lock(0, 1, true))).isInstanceOf(ClosedChannelException.class);
        assertThat(buffer.refCnt()).isEqualTo(1);
        buffer.release();
    }

    @Test
    void closingWaitsForWhatIsInFlight() throws Exception {
        Path path = directory.resolve("data");
        byte[] data = random(1 << 20);
        OverlappedFile file = open(path, CREATE, READ, WRITE);
        ByteBuf first = allocator.directBuffer(data.length).writeBytes(data);
        Future<Integer> longer = file.write(first, 0);
        Future<Void> closed = file.close();
        get(closed);
        assertThat(get(longer)).isEqualTo(data.length);
        first.release();
        assertThat(Files.readAllBytes(path)).isEqualTo(data);
        OverlappedFile again = open(path, READ, WRITE);
        ByteBuf target = allocator.directBuffer(data.length);
        Future<Integer> read = again.read(target, 0);
        get(again.close());
        assertThat(get(read)).isEqualTo(data.length);
        assertThat(ByteBufUtil.getBytes(target)).isEqualTo(data);
        target.release();
    }

    @Test
    void aLockKeepsOthersOutUntilItIsReleased() throws Exception {
        Path path = Files.write(directory.resolve("data"), new byte[100]);
        OverlappedFile file = open(path, READ, WRITE);
        OverlappedFile other = open(path, READ, WRITE);
        OverlappedFile.Lock lock = get(file.lock(10, 10, false));
        assertThat(get(other.tryLock(15, 10, true))).isNull();
        assertThat(get(other.tryLock(20, 10, false))).isNotNull();
        try (FileChannel channel = FileChannel.open(path, READ, WRITE)) {
            assertThat(channel.tryLock(0, 11, false)).isNull();
            get(lock.release());
            get(lock.release());
            assertThat(channel.tryLock(0, 11, false)).isNotNull();
        }
        OverlappedFile.Lock shared = get(file.lock(50, Long.MAX_VALUE - 50, true));
        OverlappedFile.Lock too = get(other.lock(60, 1, true));
        assertThat(get(other.tryLock(60, 1, false))).isNull();
        assertThat(too.isShared() && too.size() == 1 && too.position() == 60).isTrue();
        get(shared.release());
    }

    @Test
    void aLockIsWaitedForUntilTheOtherReleasesIt() throws Exception {
        Assumptions.assumeFalse(RawPipe.WINE,
                "Wine 10 does not complete a LockFileEx that has to wait");
        Path path = Files.write(directory.resolve("data"), new byte[100]);
        OverlappedFile file = open(path, READ, WRITE);
        OverlappedFile other = open(path, READ, WRITE);
        OverlappedFile.Lock lock = get(file.lock(10, 10, false));
        Future<OverlappedFile.Lock> waits = other.lock(0, 20, false);
        Future<OverlappedFile.Lock> cancelled = other.lock(5, 20, true);
        assertThat(waits.await(300)).isFalse();
        assertThat(cancelled.cancel(false)).isTrue();
        assertThat(cause(cancelled)).isInstanceOf(CancellationException.class);
        get(lock.release());
        get(waits);
        Future<OverlappedFile.Lock> closed = file.lock(0, 20, false);
        get(file.close());
        assertThat(cause(closed)).isInstanceOf(IOException.class);
    }

    @Test
    void aFutureThatIsCancelledEndsAndTheFileGoesOn() throws Exception {
        Path path = Files.write(directory.resolve("data"), random(1 << 20));
        OverlappedFile file = open(path, READ, WRITE);
        for (int i = 0; i < 50; i++) {
            ByteBuf buffer = allocator.directBuffer(1 << 16);
            Future<Integer> read = file.read(buffer, i * 1000L);
            read.cancel(false);
            Throwable failure = cause(read);
            if (failure == null) {
                assertThat(ByteBufUtil.getBytes(buffer)).isEqualTo(Arrays.copyOfRange(random(1 << 20), i * 1000,
                        i * 1000 + (1 << 16)));
            } else {
                assertThat(failure).isInstanceOf(CancellationException.class);
                assertThat(read.isCancelled()).isTrue();
            }
            assertThat(buffer.release()).isTrue();
        }
        assertThat(read(file, 0, 100)).isEqualTo(Arrays.copyOf(random(1 << 20), 100));
    }

    @Test
    void aLoopThatShutsDownClosesItsFiles() throws Exception {
        OverlappedFile file = open(directory.resolve("data"), CREATE, READ, WRITE);
        Future<Integer> write = file.write(Unpooled.wrappedBuffer(random(1 << 20)), 0);
        assertThat(group.shutdownGracefully(0, 15, TimeUnit.SECONDS).await(SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(file.closeFuture().await(SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(write.await(SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(cause(file.size())).isInstanceOf(ClosedChannelException.class);
    }

    @Test
    void aLoopOfAnotherKindIsRefused() throws Exception {
        assertThatThrownBy(() -> OverlappedFile.open(null, directory)).isInstanceOf(NullPointerException.class);
        var nio = new io.netty.channel.MultiThreadIoEventLoopGroup(1, io.netty.channel.nio.NioIoHandler.newFactory());
        try {
            assertThat(cause(OverlappedFile.open(nio.next(), directory.resolve("data"), CREATE, WRITE)))
                    .isInstanceOf(IllegalArgumentException.class);
        } finally {
            nio.shutdownGracefully(0, 15, TimeUnit.SECONDS);
        }
    }
}
